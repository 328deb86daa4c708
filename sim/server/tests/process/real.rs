//! The real agents of this machine, and what a program says.
//!
//! They are only ever started in ways that cannot serve a client, and with all
//! that could hurt this machine blocked.

use crate::program::eventually;
use qga_fixtures::schema::Release;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What a real agent must not do to the machine it is tested on.
pub(crate) const BLOCKED: &str = "guest-shutdown,guest-suspend-disk,guest-suspend-ram,guest-suspend-hybrid,\
    guest-set-time,guest-set-user-password,guest-set-vcpus,guest-set-memory-blocks,guest-fstrim,\
    guest-fsfreeze-freeze,guest-fsfreeze-freeze-list,guest-ssh-add-authorized-keys,\
    guest-ssh-remove-authorized-keys";

/// The variable that names a folder of real agents, as `cargo ci agents` fills it.
const AGENTS_VARIABLE: &str = "QGA_AGENTS";
/// Where that command puts them unless told otherwise.
const AGENTS_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/agents");
/// Where Debian installs it.
const INSTALLED: &str = "/usr/sbin/qemu-ga";

/// The installed agent and the fetched ones, with their releases. Says so if
/// there are none.
pub(crate) fn agents() -> Vec<(PathBuf, &'static Release)> {
    let folder = std::env::var_os(AGENTS_VARIABLE).map_or_else(|| PathBuf::from(AGENTS_FOLDER), PathBuf::from);
    let folders = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let fetched = folders.map(|entry| entry.path().join("qemu-ga"));
    let programs = fetched.chain([PathBuf::from(INSTALLED)]);
    let found: Vec<_> = programs.filter_map(|it| Some((it.clone(), release(&it)?))).collect();
    if found.is_empty() {
        eprintln!("not tested: there is no {INSTALLED}, and no agent in ${AGENTS_VARIABLE}");
    }
    found
}

fn release(program: &Path) -> Option<&'static Release> {
    let out = command(program)
        .arg("-V")
        .env("QGA_CONF", "/nonexistent")
        .output()
        .ok()?;
    version(&String::from_utf8(out.stdout).ok()?)
}

/// The release of what -V prints.
fn version(out: &str) -> Option<&'static Release> {
    Release::find(out.strip_prefix("QEMU Guest Agent ")?.trim_end())
}

/// A real agent, still without arguments.
pub(crate) fn command(program: &Path) -> Command {
    Command::new(program)
}

/// What a program said: standard output, standard error and its exit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) status: Option<i32>,
}

/// Runs a program to its end, called by a name, with a line of arguments in which
/// `''` is an empty one.
pub(crate) fn say(command: &mut Command, name: &OsStr, line: &str, config: Option<&Path>) -> Said {
    let args = line
        .split(' ')
        .map(|word| OsString::from(if word == "''" { "" } else { word }));
    command.arg0(name).args(args).stdin(Stdio::null());
    command.env("QGA_CONF", config.unwrap_or(Path::new("/nonexistent")));
    let mut child = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let status = eventually("it ends", || child.0.try_wait().unwrap()).code();
    let text = |stream: &mut dyn Read| {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Said {
        out: text(&mut child.0.stdout.take().unwrap()),
        err: settled(&text(&mut child.0.stderr.take().unwrap())),
        status,
    }
}

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Standard error without what differs between two runs, or between two GLibs,
/// of which only the newer writes more than ASCII early on.
fn settled(text: &str) -> String {
    let text = text.replace(|letter: char| !letter.is_ascii(), "?");
    text.lines().map(|line| settled_line(line) + "\n").collect()
}

fn settled_line(line: &str) -> String {
    let stamped = line
        .split_once(": ")
        .filter(|(stamp, _)| stamp.chars().all(|it| it.is_ascii_digit() || it == '.'));
    if let Some((_, text)) = stamped {
        return format!("TIME: {}", without_suffix(text));
    }
    match (line.strip_prefix("** (process:"), line.split_once(" **: ")) {
        (Some(head), Some((_, tail))) => {
            let level = head
                .split([' ', ')'])
                .find(|word| word.chars().all(|it| it.is_ascii_uppercase()) && !word.is_empty());
            let text = tail.split_once(": ").map_or(tail, |(_, text)| text);
            format!("** (process:PID): {} **: TIME: {text}", level.unwrap_or_default())
        }
        _ => line.to_owned(),
    }
}

/// A line without the changing end of the name of a temporary file.
fn without_suffix(text: &str) -> String {
    match text
        .split_once("/qga.state.")
        .and_then(|(head, tail)| Some((head, tail.split_once('?')?.1)))
    {
        Some((head, tail)) => format!("{head}/qga.state.NEW?{tail}"),
        None => text.to_owned(),
    }
}

impl Said {
    /// Holds what a real agent said against what the simulator said. The third
    /// number of the version may be another.
    pub(crate) fn must_be(mut self, simulated: Said, release: &Release, place: &str) {
        if version(&self.out) == Some(release) {
            self.out.clone_from(&simulated.out);
        }
        assert_eq!(
            self, simulated,
            "the real {release}, on the left, and the simulator: {place}"
        );
    }
}
