//! The command line of each release: what it prints and how it ends, as snapshots
//! to be reviewed, and held against every real agent that can be found.

use crate::program::command;
use crate::real::{self, Said};
use std::ffi::OsStr;
use std::path::Path;

/// Command lines that never lead to serving, at least in the releases that have
/// -D; `''` is an empty argument.
const LINES: [&str; 61] = [
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
    "-b help",
    "-b ? -x",
    "-a help",
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

/// Runs the simulator as a release, called by a program's name.
fn simulated(release: &str, program: &OsStr, line: &str, config: Option<&Path>) -> Said {
    let mut command = command();
    command.env("QGA_SIM_EMULATE", release);
    real::say(&mut command, program, line, config)
}

/// The newest release whole, another only where it differs from it.
fn transcript(release: &str, newest: Option<&str>) -> String {
    let program = OsStr::new("qemu-ga");
    let lines = LINES.iter().filter_map(|line| {
        let said = simulated(release, program, line, None);
        let known = newest.is_some_and(|newest| simulated(newest, program, line, None) == said);
        let Said { out, err, status } = said;
        (!known).then(|| format!("$ qemu-ga {line}\n{out}{err}[{status:?}]\n\n"))
    });
    lines.collect()
}

#[test]
fn each_kind_of_release_reads_its_command_line() {
    insta::assert_snapshot!("11.1", transcript("11.1", None));
    for name in ["7.2", "2.5"] {
        insta::assert_snapshot!(name, transcript(name, Some("11.1")));
    }
}

#[test]
fn real_agents_read_their_command_lines_so() {
    let folder = tempfile::tempdir().unwrap();
    for (program, release) in real::agents() {
        let name = program.as_os_str();
        for line in LINES {
            let simulated = simulated(release.name, name, line, None);
            real::say(&mut real::command(&program), name, line, None).must_be(simulated, release, line);
        }
        for (index, (text, line)) in CONFIGS.iter().enumerate() {
            let config = folder.path().join(index.to_string());
            std::fs::write(&config, text).unwrap();
            let simulated = simulated(release.name, name, line, Some(&config));
            let place = format!("{line} with {}", String::from_utf8_lossy(text));
            real::say(&mut real::command(&program), name, line, Some(&config)).must_be(simulated, release, &place);
        }
    }
}
