//! Agents on other systems than Linux.

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
