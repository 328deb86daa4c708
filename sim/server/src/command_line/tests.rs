//! The command line of each release: what it prints and how it ends, as a
//! snapshot to be reviewed, and held against every real agent that can be found.

use super::*;
use crate::log;
use qga_fixtures::schema::RELEASES;
use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Command lines that never lead to serving, at least in the releases that have
/// -D; `''` is an empty argument.
const LINES: [&str; 58] = [
    "-V",
    "--version",
    "--vers",
    "-VV",
    "-Vx",
    "-xV",
    "-V -x",
    "-x",
    "-dx",
    "-W foo",
    "-:",
    "--bogus",
    "--bogus=3",
    "--ver",
    "--ver=1",
    "--p x",
    "--=x",
    "--version=3",
    "--verbose=1",
    "-m",
    "--method",
    "-D -l",
    "-x -b help",
    "-D -m foo",
    "-D -m unix-listen",
    "-D -m vsock-listen",
    "-D",
    "-D -m isa-serial",
    "-D -m foo -p x",
    "-D -m '' -p x",
    "-Dvrd",
    "-D -m unix-listen -p /a -b a,b -b c -v -r -d -l /x/y -f /p -F/h -t /s",
    "-D -m unix-listen -p /a --logfile=l --pidfile f --fsfreeze-hook=h --statedir s --verbose --retry --daemon",
    "-Dm unix-listen -p/a -Ff -ts",
    "-D -F",
    "-D -F /tmp/x",
    "-D --fsfreeze-hook /tmp/x",
    "-D -l '' -t '' -f '' -m '' -p ''",
    "-D -p one -p two",
    "-D extra",
    "extra -D more",
    "-D -- -x",
    "-D -",
    "-D -s foo",
    "-D --service foo",
    "-D -b ''",
    "-D -b , -b a, -b ,b",
    "-D -b help,x",
    "-D -b guest-ping,nothing",
    "-D --bl foo",
    "-D --bloc foo",
    "-D --blacklist foo",
    "-D --block-rpcs foo",
    "-D -b a;b\\t",
    "-D -a guest-ping,guest-info",
    "-D -a ''",
    "-D -c /nonexistent/qga.conf",
    "-V -c /nonexistent/qga.conf",
];

/// A configuration file and the command line it is read with.
const CONFIGS: [(&[u8], &str); 30] = [
    (b"", "-D"),
    (b"x", "-V"),
    (b"x", "-x"),
    (b"daemon=true\n", "-D"),
    (b"[gen eral\n", "-D"),
    (b"[other]\nfoo=1\n", "-D"),
    (
        b"[other]\nfoo=1\n[general]\nunknown=3\nlogfile=/l\nfsfreeze-hook=/h\n",
        "-D",
    ),
    (b"[general]\ndaemon=yes\n", "-D"),
    (b"[general]\ndaemon=1\nverbose=true\n", "-D"),
    (b"[general]\ndaemon=true \nverbose = 0\n", "-Dv"),
    (b"[general]\ndaemon=\n", "-D"),
    (b"[general]\nretry-path=x\n", "-D"),
    (b"[general]\nretry-path=1\n", "-D"),
    (b"[general]\nmethod=unix-listen\n", "-D"),
    (b"[general]\nmethod=\n", "-D"),
    (b"[general]\nmethod=unix-listen\npath=/a b\\tc\\sd\n", "-D"),
    (b"[general]\npath=/a\npidfile=/p\nstatedir=/s\n", "-D -p /b -t /t"),
    (b"[general]\npath=/a\\x\n", "-D"),
    (b"[general]\npath=/a \n[general]\npath= /b \n", "-D"),
    (b"[general]\npath=\xff\n", "-D"),
    (b"[general]\nstatedir=\n", "-D"),
    (b"[general]\nblock-rpcs=a,b\n", "-D -b c,d"),
    (b"[general]\nblacklist=a,b\n", "-D -b c,d"),
    (b"[general]\nblacklist=a,b\nblock-rpcs=x,y\n", "-D -b c,d"),
    (b"[general]\nallow-rpcs=a,b\n", "-D -b c,d"),
    (b"[general]\nblock-rpcs=a, b,,c\n", "-D"),
    (b"[general]\nblock-rpcs=help\n", "-D"),
    (b"[general]\n=x\n", "-D"),
    (b"[general]\npa[th=x\n", "-D"),
    (b"[general]\nEncoding=latin1\n", "-D"),
];

/// Standard output, standard error and the exit status; no status: it would serve.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    out: String,
    err: String,
    status: Option<u8>,
}

fn args(line: &str) -> Vec<OsString> {
    line.split(' ')
        .map(|word| OsString::from(if word == "''" { "" } else { word }))
        .collect()
}

fn simulated(release: &'static Release, program: &str, line: &str, config: Option<&Path>) -> Said {
    let environment = |name: &str| (name == CONFIG_VARIABLE).then(|| config.map(OsString::from)).flatten();
    let outcome = read(OsStr::new(program), &args(line), release, &environment);
    let (out, status) = match outcome.then {
        Then::Serve(_) => (Vec::new(), None),
        Then::End { print, status } => (print, Some(status)),
        Then::ListCommands => (b"(the list of commands)\n".to_vec(), Some(exit::DONE)),
    };
    let note = |note: &Note| String::from_utf8_lossy(&log::note(OsStr::new(program), note)).into_owned();
    Said {
        out: String::from_utf8_lossy(&out).into_owned(),
        err: settled(&outcome.notes.iter().map(note).collect::<String>()),
        status,
    }
}

/// Standard error without what differs between two runs, or between two GLibs,
/// of which only the newer writes more than ASCII here.
fn settled(text: &str) -> String {
    let text = text.replace(|letter: char| !letter.is_ascii(), "?");
    let line = |line: &str| match (line.strip_prefix("** (process:"), line.split_once(" **: ")) {
        (Some(rest), Some((_, tail))) => {
            let level = rest.split_once("): ").map_or("", |(_, level)| level);
            let level = level.split_once(' ').map_or(level, |(level, _)| level);
            format!(
                "** (process:PID): {level} **: TIME: {}\n",
                tail.split_once(": ").map_or(tail, |(_, text)| text)
            )
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// The newest release whole, another only where it differs from it.
fn transcript(release: &'static Release, newest: Option<&'static Release>) -> String {
    let shown = |line: &&&str| {
        newest
            .is_none_or(|newest| simulated(newest, "qemu-ga", line, None) != simulated(release, "qemu-ga", line, None))
    };
    let lines = LINES.iter().filter(shown).map(|line| {
        let said = simulated(release, "qemu-ga", line, None);
        let status = said.status.map_or("serves".to_owned(), |status| status.to_string());
        format!("$ qemu-ga {line}\n{}{}[{status}]\n\n", said.out, said.err)
    });
    lines.collect()
}

#[test]
fn each_kind_of_release_reads_its_command_line() {
    let newest = Release::find("11.1").unwrap();
    insta::assert_snapshot!("11.1", transcript(newest, None));
    for name in ["7.2", "5.2", "2.0", "1.0.50", "0.15"] {
        insta::assert_snapshot!(name, transcript(Release::find(name).unwrap(), Some(newest)));
    }
}

#[test]
fn a_failure_is_always_explained_and_these_lines_never_serve_where_there_is_a_dump() {
    for release in &RELEASES {
        for line in LINES {
            let said = simulated(release, "qemu-ga", line, None);
            assert!(
                said.status != Some(exit::FAILED) || !said.err.is_empty(),
                "{release}: {line}"
            );
            assert!(said.status.is_some() || !release.config_file, "{release}: {line}");
        }
    }
}

#[test]
fn a_configuration_file_comes_before_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("qga.conf");
    std::fs::write(
        &path,
        b"[general]\nmethod=unix-listen\npath=/a\nverbose=1\nblock-rpcs=a,b\n",
    )
    .unwrap();
    let environment = |name: &str| (name == CONFIG_VARIABLE).then(|| path.clone().into_os_string());
    let outcome = read(
        OsStr::new("x"),
        &args("-p /b -b c"),
        Release::find("7.2").unwrap(),
        &environment,
    );
    let Then::Serve(settings) = outcome.then else {
        panic!("it should serve")
    };
    assert_eq!(settings.path.as_deref(), Some(&b"/b"[..]));
    assert_eq!(settings.block.0, [b"b", b"a", b"c"]);
    assert!(settings.verbose && !settings.daemon);
}

#[test]
fn a_file_named_by_an_option_must_be_a_file() {
    let release = Release::find("10.0").unwrap();
    for (line, reason) in [
        (
            "-c /nonexistent/qga.conf",
            "/nonexistent/qga.conf, No such file or directory",
        ),
        ("-c /dev/null", "/dev/null, Not a regular file"),
    ] {
        let said = simulated(release, "qemu-ga", line, None);
        assert!(said.err.contains(reason), "{}", said.err);
        assert_eq!(said.status, Some(exit::FAILED));
    }
}

#[test]
fn help_names_all_there_is() {
    for (name, present, absent) in [
        (
            "0.15",
            &["--method", "--emulate", "QGA_SIM_GUEST", "134"][..],
            &["--statedir", "--dump-conf", "--block"][..],
        ),
        (
            "7.2",
            &["--block-rpcs", "--blacklist", "--dump-conf", "QGA_CONF"],
            &["--allow-rpcs", "--config"],
        ),
        (
            "10.0",
            &["--allow-rpcs", "--config", "--survive", "--clients"],
            &["--blacklist"],
        ),
    ] {
        let text = help::text(OsStr::new("qga-sim"), Release::find(name).unwrap());
        for word in present {
            assert!(text.contains(word), "{name}: {word}");
        }
        for word in absent {
            assert!(!text.contains(word), "{name}: {word}");
        }
        let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 90).collect();
        assert!(long.is_empty(), "{long:?}");
    }
}

/// The variable that names a folder of real agents, as `cargo ci agents` fills it.
const AGENTS_VARIABLE: &str = "QGA_AGENTS";

/// The real agents of this machine: the installed one and the fetched ones.
fn real_agents() -> BTreeMap<PathBuf, &'static Release> {
    let fetched = std::env::var_os(AGENTS_VARIABLE).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/agents"),
        PathBuf::from,
    );
    let folders = std::fs::read_dir(fetched)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let programs = folders
        .map(|folder| folder.join("qemu-ga"))
        .chain([PathBuf::from("/usr/sbin/qemu-ga")]);
    programs
        .filter_map(|program| Some((program.clone(), version(&program)?)))
        .collect()
}

fn version(program: &Path) -> Option<&'static Release> {
    let out = Command::new(program)
        .arg("-V")
        .env(CONFIG_VARIABLE, "/nonexistent")
        .output()
        .ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    Release::find(text.strip_prefix("QEMU Guest Agent ")?.trim_end())
}

/// Runs a real agent with a command line that only prints.
fn real(program: &Path, line: &str, config: Option<&Path>) -> Said {
    let mut command = Command::new(program);
    command.arg0(program).args(args(line)).stdin(Stdio::null());
    command.env(CONFIG_VARIABLE, config.unwrap_or(Path::new("/nonexistent")));
    let output = command.output().unwrap();
    Said {
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: settled(&String::from_utf8_lossy(&output.stderr)),
        status: output.status.code().and_then(|code| u8::try_from(code).ok()),
    }
}

/// A version is the release's own: the third number may be another.
fn same(mut real: Said, simulated: Said, release: &Release, line: &str, program: &Path) {
    if let Some(version) = real.out.strip_prefix("QEMU Guest Agent ") {
        assert_eq!(Release::find(version.trim_end()), Some(release));
        real.out.clone_from(&simulated.out);
    }
    assert_eq!(real, simulated, "{}: {line}", program.display());
}

#[test]
fn real_agents_say_the_same() {
    let agents = real_agents();
    if agents.is_empty() {
        eprintln!("not tested: there is no /usr/sbin/qemu-ga, and no agent in ${AGENTS_VARIABLE}");
    }
    let folder = tempfile::tempdir().unwrap();
    for (program, release) in agents {
        let name = program.to_str().unwrap();
        for line in LINES {
            same(
                real(&program, line, None),
                simulated(release, name, line, None),
                release,
                line,
                &program,
            );
        }
        for (index, (text, line)) in CONFIGS.iter().enumerate() {
            let config = folder.path().join(index.to_string());
            std::fs::write(&config, text).unwrap();
            let place = format!("{line} with {}", String::from_utf8_lossy(text));
            let simulated = simulated(release, name, line, Some(&config));
            same(
                real(&program, line, Some(&config)),
                simulated,
                release,
                &place,
                &program,
            );
        }
    }
}
