//! Agents on other machines than a server with Linux.

mod common;

use common::{example, run};

/// A right agent on Windows has no program of a POSIX system, no folder of one, and none
/// of the commands that only Linux knows.
#[test]
fn an_agent_on_windows_is_accused_of_nothing() {
    let program = example("wrong-agent").display().to_string();
    let spawn = format!("{} right {{socket}} windows", shell_words::quote(&program));
    let ended = run(&[
        "run", "--spawn", &spawn, "--os", "windows", "--as", "7.2", "--level", "exact", "--allow", "all", "-q",
    ]);
    let verdict = ended.output.lines().last().unwrap_or_default();
    assert!(
        verdict.starts_with("verdict: INCOMPLETE at exact: 9"),
        "{}",
        ended.output
    );
    assert!(verdict.contains(" 0 fail, 0 not reached"), "{}", ended.output);
    assert_eq!(ended.code, Some(0));
}

/// Freezing comes to nothing there, and is not held against the agent.
#[test]
fn an_agent_in_a_container_is_accused_of_nothing_it_cannot_freeze() {
    let program = example("wrong-agent").display().to_string();
    let spawn = format!("{} right {{socket}} container", shell_words::quote(&program));
    let ended = run(&[
        "run", "fsfreeze", "--spawn", &spawn, "--as", "7.2", "--allow", "all", "-q", "--level", "exact",
    ]);
    let verdict = ended.output.lines().last().unwrap_or_default();
    assert!(
        verdict.starts_with("verdict: INCOMPLETE at exact: "),
        "{}",
        ended.output
    );
    assert!(verdict.contains(" 0 fail, 0 not reached"), "{}", ended.output);
    assert!(
        ended.output.contains("no filesystem that can be frozen"),
        "{}",
        ended.output
    );
}

/// One that lists filesystems must freeze them.
#[test]
fn an_agent_that_lists_filesystems_and_freezes_none_is_wrong() {
    let program = example("wrong-agent").display().to_string();
    let spawn = format!("{} freezes-nothing {{socket}} default", shell_words::quote(&program));
    let ended = run(&[
        "run",
        "fsfreeze/cycle",
        "--spawn",
        &spawn,
        "--as",
        "7.2",
        "--allow",
        "all",
        "-q",
    ]);
    assert_eq!(ended.code, Some(1), "{}", ended.output);
}
