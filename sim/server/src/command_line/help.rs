//! `--help`: the emulated release's options, the simulator's own, the variables
//! of the environment, the exit statuses, and examples.

use super::own::{DEFAULT_GUEST, DEFAULT_RELEASE};
use crate::exit;
use crate::fault::KNOWN;
use qga_fixtures::schema::{BlockHelp, BlockOption, RELEASES, Release};
use qga_model::deviation::Deviation;
use std::ffi::OsStr;
use std::fmt::Write as _;

/// The whole text.
pub(crate) fn text(program: &OsStr, release: &Release) -> String {
    let program = program.to_string_lossy();
    let mut out = format!(
        "Usage: {program} [-m <method> -p <path>] [<options>]\n\
         qga-sim {}: a simulated QEMU guest agent, emulating release {}\n\
         (it says it is {}). Nothing a client sends touches this machine.\n",
        env!("CARGO_PKG_VERSION"),
        release.name,
        release.reports
    );
    section(
        &mut out,
        &format!("Options of qemu-ga {}", release.name),
        &release_rows(release),
    );
    section(
        &mut out,
        "Options of the simulator (to be written out; the command line wins over the variable)",
        &own_rows(),
    );
    let faults: Vec<Row> = KNOWN
        .iter()
        .map(|(name, value, about)| row(format!("{name}{value}"), *about))
        .collect();
    section(&mut out, "Faults (TIME is like 50ms or 2s)", &faults);
    section(&mut out, "Files and environment", &environment_rows(release));
    section(&mut out, "Exit status", &status_rows(release));
    out.push_str("\nExamples:\n");
    for example in [
        "-m unix-listen -p /tmp/qga.sock -t /tmp/qga-state",
        "-m unix-listen -p /tmp/qga.sock --emulate 10.0 --guest ./my-guest.toml",
        "-m unix-listen -p /tmp/qga.sock -b guest-exec,guest-shutdown --clients many",
    ] {
        writeln!(out, "  {program} {example}").expect("a string takes all");
    }
    out
}

type Row = (String, String);

fn row(left: impl Into<String>, right: impl Into<String>) -> Row {
    (left.into(), right.into())
}

/// Where the second column begins.
const INDENT: usize = 28;
/// How wide it is.
const WIDTH: usize = 54;

fn section(out: &mut String, title: &str, rows: &[Row]) {
    write!(out, "\n{title}:\n").expect("a string takes all");
    for (left, right) in rows {
        let mut left = format!("  {left}");
        if left.len() >= INDENT {
            writeln!(out, "{left}").expect("a string takes all");
            left.clear();
        }
        for line in right.split('\n') {
            writeln!(out, "{left:INDENT$}{line}").expect("a string takes all");
            left.clear();
        }
    }
}

fn release_rows(release: &Release) -> Vec<Row> {
    let serial = if release.serial_default_path {
        ", or /dev/ttyS0 for isa-serial"
    } else {
        ""
    };
    let mut rows = vec![
        row(
            "-m, --method=METHOD",
            "unix-listen, virtio-serial (the default) or isa-serial",
        ),
        row(
            "-p, --path=PATH",
            format!(
                "the socket to make or the device to open; without it\n/dev/virtio-ports/org.qemu.guest_agent.0 for\nvirtio-serial{serial}"
            ),
        ),
        row("-l, --logfile=PATH", "write the log there instead of to standard error"),
        row(
            "-f, --pidfile=PATH",
            "the pid file of -d; without it /var/run/qemu-ga.pid",
        ),
    ];
    if release.hook_option {
        rows.push(row(
            "-F, --fsfreeze-hook[=PATH]",
            "run a hook of the guest around a freeze; without PATH\n/etc/qemu/fsfreeze-hook. PATH must be attached",
        ));
    }
    if release.state_option {
        rows.push(row(
            "-t, --statedir=DIR",
            "keep what outlives the agent in DIR, which must exist;\nwithout it nothing is kept",
        ));
    }
    rows.extend(list_rows(release));
    if release.config_option {
        rows.push(row("-c, --config=PATH", "the configuration file, which must exist"));
    }
    if release.config_file {
        rows.push(row(
            "-D, --dump-conf",
            "print the settings as a configuration file and exit",
        ));
    }
    if release.retry_option {
        rows.push(row(
            "-r, --retry-path",
            "try again every 5 s to open a path that cannot be opened",
        ));
    }
    rows.extend([
        row("-d, --daemonize", "go into the background"),
        row("-v, --verbose", "log what is read and sent"),
        row("-V, --version", "print the emulated version and exit"),
        row("-h, --help", "print this and exit"),
    ]);
    rows
}

fn list_rows(release: &Release) -> Vec<Row> {
    let names = match release.block_option {
        BlockOption::None => return Vec::new(),
        BlockOption::Blacklist => "-b, --blacklist=LIST",
        BlockOption::BlockRpcs | BlockOption::BlockRpcsOrBlacklist => "-b, --block-rpcs=LIST",
    };
    let word = if release.block_help == BlockHelp::Help {
        "help"
    } else {
        "?"
    };
    let mut rows = vec![row(
        names,
        format!("commands to refuse, separated by commas, without\nblanks; \"{word}\" lists all commands"),
    )];
    if release.block_option == BlockOption::BlockRpcsOrBlacklist {
        rows.push(row("    --blacklist=LIST", "the same by its old name"));
    }
    if release.allow_option {
        rows.push(row("-a, --allow-rpcs=LIST", "refuse all commands but these"));
    }
    rows
}

/// Words in lines of the second column.
fn wrapped<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in words {
        column += word.len() + 1;
        let fits = column <= WIDTH;
        column = if fits { column } else { word.len() };
        text.push_str(if text.is_empty() {
            ""
        } else if fits {
            " "
        } else {
            "\n"
        });
        text.push_str(word);
    }
    text
}

fn own_rows() -> Vec<Row> {
    let releases = wrapped(RELEASES.iter().map(|it| it.name));
    let guests = wrapped(crate::guest::names());
    vec![
        row(
            "--emulate=RELEASE",
            format!(
                "which release to be; without it {DEFAULT_RELEASE}. One of\n{}\n[QGA_SIM_EMULATE]",
                releases
            ),
        ),
        row(
            "--guest=NAME|FILE",
            format!(
                "the guest: a built-in image, or a file in that form;\nwithout it {DEFAULT_GUEST}. Built in are\n{}\n[QGA_SIM_GUEST]",
                guests
            ),
        ),
        row(
            "--clients=one|many",
            "how many clients are served at a time; one, as the\nreal agent does, lets the others wait. [QGA_SIM_CLIENTS]",
        ),
        row(
            "--survive",
            "live on where the real agent dies of what a client\nsends. [QGA_SIM_SURVIVE=true]",
        ),
        row(
            "--journal=FILE",
            "write a line of JSON for each request and each event.\n[QGA_SIM_JOURNAL]",
        ),
        row(
            "--fault=FAULT[,FAULT]",
            "misbehave: see below. Can be given again.\n[QGA_SIM_FAULT]",
        ),
        row(
            "--deviate=NAME|help",
            "do one thing otherwise than the real agent, to try out\nwhat a client or a test makes of it; help lists them.\n[QGA_SIM_DEVIATE]",
        ),
    ]
}

/// Every deviation, a line each, and what there is to know of it.
pub(crate) fn deviations() -> String {
    let width = Deviation::all()
        .iter()
        .map(|it| it.name.len())
        .max()
        .unwrap_or_default();
    let mut out =
        String::from("Agents that are wrong in one way, and the claim of the conformance suite that catches each:\n");
    for it in Deviation::all().iter().filter(|it| !it.is_harmless()) {
        let claim = it.claim.as_deref().unwrap_or_default();
        writeln!(out, "  {:width$}  {:22}  {}{}", it.name, claim, it.about, shown_in(it)).expect("a string takes all");
    }
    out.push_str("\nAgents that are different and right:\n");
    for it in Deviation::all().iter().filter(|it| it.is_harmless()) {
        writeln!(out, "  {:width$}  {}{}", it.name, it.about, shown_in(it)).expect("a string takes all");
    }
    out
}

fn shown_in(deviation: &Deviation) -> String {
    let release = deviation.release.as_ref();
    release.map_or(String::new(), |it| format!(" (with --emulate {it})"))
}

fn environment_rows(release: &Release) -> Vec<Row> {
    let mut rows = Vec::new();
    if release.config_file {
        rows.push(row(
            "QGA_CONF",
            "the configuration file. /etc/qemu/qemu-ga.conf is not\nread: the machine's own agent may be set up there",
        ));
    }
    rows.push(row(
        "QGA_OS_RELEASE",
        "a file of the guest to read instead of its os-release",
    ));
    if release.state_option {
        rows.push(row("DIR/qga.state", "the counter of file handles"));
        rows.push(row("DIR/qga.state.isfrozen", "there while filesystems are frozen"));
    }
    rows.push(row(
        "PATH of unix-listen",
        "made for its owner alone; an old socket or file there\nis replaced, and it is not removed at the end",
    ));
    rows
}

fn status_rows(release: &Release) -> Vec<Row> {
    let start = release.start_failure_status;
    vec![
        row(
            exit::DONE.to_string(),
            "ended by SIGTERM or SIGINT, which are ignored while\nfilesystems are frozen; or printed what was asked for",
        ),
        row(
            exit::FAILED.to_string(),
            "a mistake in the options of qemu-ga or in the\nconfiguration file, or the channel cannot be opened",
        ),
        row(
            start.to_string(),
            format!(
                "the log file or the state folder cannot be used, as\nqemu-ga {} has it",
                release.name
            ),
        ),
        row(
            exit::USAGE.to_string(),
            "a mistake in an option or variable of the simulator, or\nin a guest image",
        ),
        row(
            exit::AGENT_DIED.to_string(),
            "the agent died of what a client sent, as the real one\ndoes there; --survive prevents it",
        ),
    ]
}
