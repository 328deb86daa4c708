//! Agents on other machines than a server with Linux, and with fewer commands.

mod common;

use common::{Ended, example, run};
use rstest::rstest;

/// Judges an agent that is wrong in one thing, or right, in a guest image.
fn judge(kind: &str, image: &str, more: &[&str]) -> Ended {
    let program = example("wrong-agent").display().to_string();
    let spawn = format!("{} {kind} {{socket}} {image}", shell_words::quote(&program));
    let words = ["run", "--spawn", &spawn, "--as", "7.2", "--allow", "all", "-q"];
    run(&[&words, more].concat())
}

/// The verdict begins so, and nothing fails or is missed.
fn assert_right(ended: &Ended, verdict: &str) {
    let last = ended.output.lines().last().unwrap_or_default();
    assert!(last.starts_with(verdict), "{}", ended.output);
    assert!(last.contains(" 0 fail, 0 not reached"), "{}", ended.output);
    assert_eq!(ended.code, Some(0));
}

/// A right agent on Windows has no program of a POSIX system, no folder of one, and none
/// of the commands that only Linux knows.
#[test]
fn an_agent_on_windows_is_accused_of_nothing() {
    let ended = judge("right", "windows", &["--os", "windows", "--level", "exact"]);
    assert_right(&ended, "verdict: INCOMPLETE at exact: 10");
}

/// Freezing comes to nothing there, and is not held against the agent.
#[test]
fn an_agent_in_a_container_is_accused_of_nothing_it_cannot_freeze() {
    let ended = judge("right", "container", &["fsfreeze", "--level", "exact"]);
    assert_right(&ended, "verdict: INCOMPLETE at exact: ");
    let says_why = ended.output.contains("no filesystem that can be frozen");
    assert!(says_why, "{}", ended.output);
}

/// One that lists filesystems must freeze them.
#[test]
fn an_agent_that_lists_filesystems_and_freezes_none_is_wrong() {
    let ended = judge("freezes-nothing", "default", &["fsfreeze/cycle"]);
    assert_eq!(ended.code, Some(1), "{}", ended.output);
}

/// What it does not offer is not held against it, also where nothing lists what it does.
#[rstest]
#[case::no_list("without=guest-info,guest-exec")]
#[case::no_list_and_few("without=guest-info,guest-exec,guest-exec-status,guest-file-open,guest-fsfreeze-freeze")]
#[case::few("without=guest-exec,guest-file-open,guest-fsfreeze-thaw,guest-get-vcpus,guest-ping")]
fn an_agent_without_some_commands_is_accused_of_nothing(#[case] kind: &str) {
    for level in ["must", "should"] {
        let ended = judge(kind, "default", &["--level", level]);
        assert_right(&ended, &format!("verdict: INCOMPLETE at {level}: "));
    }
}
