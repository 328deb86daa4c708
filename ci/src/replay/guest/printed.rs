//! What shell lines in the guest printed, held against the model's own shell.
//!
//! The recorded guest had the small tools of busybox, the model has those of GNU:
//! lines that only tell how a tool did its work are left out on both sides, and
//! complaints are held by their tool and the kernel's sentence.

use super::Held;
use super::machine::Machine;

/// Appended by whoever recorded: the line's status.
const STATUS: &str = "echo __RC=$?";

/// A line that kills the agent, which is then started again.
const KILLS_AGENT: &str = "kill -9 $(pidof agent)";

/// What lines ask for that no guest image has, and what that is.
const UNKNOWN: &[(&str, &str)] = &[
    ("dmesg", "what the kernel logs"),
    ("/var/log/", "what the agent logs"),
    ("/sys/", "what the kernel tells in /sys"),
    ("/proc/uptime", "what the kernel tells in /proc"),
    ("/proc/swaps", "what the kernel tells in /proc"),
    ("mount ", "filesystems that come and go"),
    ("pidof", "what processes are called"),
];

/// What begins a hash of a password, and what the model has in its place.
const HASHES: [&str; 2] = ["$6$", "$readable$"];

/// The shortest hash: shorter ones were given as they are.
const HASH_CHARACTERS_MIN: usize = 40;

/// Runs the line and holds what it prints.
pub(super) fn hold(machine: &mut Machine, line: &str, recorded: &str) -> Held {
    if line.contains(KILLS_AGENT) {
        machine.kill_agent();
        return Held::Unseen(format!("the agent is killed and starts again: {line}"));
    }
    let printed = machine.shell(&format!("{line}\n{STATUS}"));
    let Some(printed) = printed else {
        return Held::Different("shell", "runs".to_owned(), "no guest runs".to_owned());
    };
    if let Some((_, what)) = UNKNOWN.iter().find(|(part, _)| line.contains(part)) {
        return Held::Unseen((*what).to_owned());
    }
    let (recorded, model) = (levelled(recorded), levelled(&String::from_utf8_lossy(&printed.output)));
    if recorded == model {
        Held::Same
    } else {
        Held::Different("output", recorded, model)
    }
}

fn levelled(text: &str) -> String {
    let lines = text.lines().filter(|it| !is_about_work(it));
    lines.map(|line| format!("{}\n", complaint(&hash(line)))).collect()
}

/// Whether a line only tells how a tool or the shell did its work. The model's shell
/// has no job control.
fn is_about_work(line: &str) -> bool {
    let is_job = line.starts_with('[') && line.contains("Running") || line.ends_with("jobs: not found");
    let is_count = line.ends_with(" records in") || line.ends_with(" records out");
    is_job || is_count || line.contains(" copied, ") || line.ends_with(" 0.000000 seconds")
}

/// A line of the file of passwords without the hash, which is never the same.
fn hash(line: &str) -> String {
    let mut fields: Vec<&str> = line.split(':').collect();
    if let [_, password, ..] = fields.as_mut_slice() {
        let [salted, readable] = HASHES;
        let is_long = password.len() >= HASH_CHARACTERS_MIN;
        if password.starts_with(readable) || password.starts_with(salted) && is_long {
            *password = "(a hash)";
        }
    }
    fields.join(":")
}

/// A complaint without what lies between the tool's name and the kernel's sentence.
fn complaint(line: &str) -> String {
    const SENTENCES: [&str; 3] = ["No such file or directory", "Invalid argument", "Permission denied"];
    let sentence = SENTENCES.iter().find(|it| line.ends_with(**it));
    match (line.split_once(": "), sentence) {
        (Some((tool, _)), Some(sentence)) => format!("{tool}: … {sentence}"),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_say_in_their_own_way_is_levelled() {
        let hash = "x".repeat(86);
        for (recorded, model) in [
            ("1+0 records in\n1+0 records out\n0\n", "0\n"),
            (
                "mv: can't rename '/a': No such file or directory\n",
                "mv: cannot stat '/a': No such file or directory\n",
            ),
            (
                &format!("u:$6$salt${hash}:20779:0:99999:7:::\n"),
                "u:$readable$c2VjcmV0:20779:0:99999:7:::\n",
            ),
        ] {
            assert_eq!(levelled(recorded), levelled(model));
        }
    }

    #[test]
    fn what_is_said_stays() {
        for (recorded, model) in [
            ("0\n", "1\n"),
            ("mv: x: No such file or directory\n", "mv: x: Permission denied\n"),
            ("u:$6$x$abc:20779::\n", "u:!:20779::\n"),
            ("u:$6$x$abc:20779::\n", "u:$readable$YWJj:20779::\n"),
            ("hello\n", ""),
        ] {
            assert_ne!(levelled(recorded), levelled(model));
        }
    }
}
