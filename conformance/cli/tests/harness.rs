//! The suite as tests of one's own: what `cargo test`, nextest and people at a
//! command line see of them.

mod common;

use common::{example, hostile};
use rstest::rstest;
use std::collections::BTreeSet;
use std::process::{Command, Output};

fn tests(words: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(example("own-tests"));
    for name in [
        "NEXTEST",
        "QGA_AGENT",
        "QGA_SHARD",
        "QGA_SHARDS",
        "TEST_SHARD_INDEX",
        "TEST_TOTAL_SHARDS",
    ] {
        command.env_remove(name);
    }
    command.args(words).envs(variables.iter().copied());
    command.output().expect("the tests run")
}

fn output(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The names that `--list` shows.
fn listed(words: &[&str], variables: &[(&str, &str)]) -> BTreeSet<String> {
    let ended = tests(&[&["--list", "--format", "terse"], words].concat(), variables);
    assert!(ended.status.success(), "{ended:?}");
    let text = output(&ended);
    let names = text
        .lines()
        .map(|it| it.strip_suffix(": test").expect("NAME: test").to_owned());
    names.collect()
}

#[test]
fn each_script_is_a_test() {
    let all = listed(&[], &[]);
    assert!(all.len() > 500, "{}", all.len());
    assert!(all.contains("sync/delimited-resync") || all.iter().any(|it| it.starts_with("sync/")));
    assert!(all.contains("derived:guest-ping/id"));
    let ignored = listed(&["--ignored"], &[]);
    assert!(!ignored.is_empty() && ignored.is_subset(&all));
    let exact = listed(&["--exact", "derived:guest-ping/id"], &[]);
    assert_eq!(exact, BTreeSet::from(["derived:guest-ping/id".to_owned()]));
}

#[test]
fn the_simulator_passes_and_reasons_are_said() {
    let ended = tests(&["shutdown", "--skip", "derived"], &[]);
    let text = output(&ended);
    assert!(ended.status.success(), "{text}");
    assert!(
        text.contains("ignored (not testable: effect not allowed: power)"),
        "{text}"
    );
    let ended = tests(&["sync"], &[]);
    let text = output(&ended);
    assert!(ended.status.success() && text.contains("test result: ok."), "{text}");
}

#[test]
fn an_agent_that_is_wrong_fails() {
    let ended = tests(&["derived:guest-ping"], &[("QGA_AGENT", &hostile("closes-at-once"))]);
    let text = output(&ended);
    assert!(!ended.status.success(), "{text}");
    assert!(
        text.contains("derived:guest-ping/") && text.contains("FAILED"),
        "{text}"
    );
    assert!(text.contains("DPING-") && text.contains("closed the channel"), "{text}");
}

#[test]
fn a_command_that_cannot_be_is_told() {
    let ended = tests(&[], &[("QGA_AGENT", "my-agent")]);
    assert_eq!(ended.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(errors.contains("it has no {socket}"), "{errors}");
}

/// Under nextest an ignored test is skipped, and fails if it is run all the same.
#[test]
fn nextest_skips_what_cannot_be_tested() {
    let ignored = listed(&["--ignored", "shutdown/powerdown"], &[("NEXTEST", "1")]);
    let one = ignored.first().expect("a script that shuts down");
    let ended = tests(&["--exact", one, "--nocapture", "--ignored"], &[("NEXTEST", "1")]);
    assert!(!ended.status.success(), "{ended:?}");
    assert!(output(&ended).contains("not testable: "), "{ended:?}");
}

#[rstest]
#[case::own(&[[("QGA_SHARD", "1/2"), ("QGA_SHARDS", "")], [("QGA_SHARD", "2/2"), ("QGA_SHARDS", "")]])]
#[case::bazel(&[[("TEST_SHARD_INDEX", "0"), ("TEST_TOTAL_SHARDS", "2")], [("TEST_SHARD_INDEX", "1"), ("TEST_TOTAL_SHARDS", "2")]])]
#[case::kubernetes(&[[("JOB_COMPLETION_INDEX", "0"), ("QGA_SHARDS", "2")], [("JOB_COMPLETION_INDEX", "1"), ("QGA_SHARDS", "2")]])]
fn shards_share_the_tests(#[case] shards: &[[(&str, &str); 2]]) {
    let parts: Vec<BTreeSet<String>> = shards.iter().map(|it| listed(&["file"], it)).collect();
    assert!(parts.iter().all(|it| !it.is_empty()) && parts[0].is_disjoint(&parts[1]));
    assert_eq!(&parts[0] | &parts[1], listed(&["file"], &[]));
}
