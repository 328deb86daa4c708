//! Agents that are broken in every way there is: the run ends in its time, with
//! the right status, with little memory, and leaves nothing behind.

mod common;

use common::{Ended, hostile, run};
use rstest::rstest;
use std::time::Duration;

/// What a run may take of memory, in KiB.
const MEMORY_KIB_MAX: u64 = 200 * 1024;

fn judge(kind: &str, more: &[&str]) -> Ended {
    let command = hostile(kind);
    let mut words = vec![
        "run",
        "--spawn",
        &command,
        "--timeout",
        "400ms",
        "--start-timeout",
        "500ms",
    ];
    words.extend(more);
    let ended = run(&words);
    assert_eq!(ended.left, Vec::<u32>::new(), "{kind} left processes behind");
    assert!(ended.litter.is_empty(), "{kind} left files behind: {:?}", ended.litter);
    assert!(
        ended.memory_kib < MEMORY_KIB_MAX,
        "{kind} took {} KiB",
        ended.memory_kib
    );
    ended
}

/// What is connected to gets a verdict: its claims fail.
#[rstest]
#[case::never_accepts("never-accepts")]
#[case::silent("silent")]
#[case::closes("closes-at-once")]
#[case::closes_in_mid_reply("closes-in-mid-reply")]
#[case::dies("dies-on-the-first-byte")]
#[case::endless("endless-without-a-line-end")]
#[case::endless_replies("endless-replies")]
#[case::brackets("million-brackets")]
#[case::deep_reply("deep-reply")]
#[case::long_number("long-number")]
#[case::small_objects("many-small-objects")]
#[case::members("many-members")]
#[case::long_strings("many-long-strings")]
#[case::half_closes("half-closes")]
#[case::bad_bytes("nuls-and-bad-utf8")]
#[case::dribbles("one-byte-every-two-seconds")]
#[case::never_reads("never-reads")]
fn an_agent_that_talks_nonsense_fails(#[case] kind: &str) {
    let ended = judge(kind, &["sync/echo", "info", "--as", "7.2"]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.output, ended.errors);
    assert!(
        ended.output.contains("verdict: DOES NOT CONFORM at must: 0 of "),
        "{}",
        ended.output
    );
    assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
}

/// Replies that nobody asked for are laid on the claim that is judged, also where it is
/// judged alone.
#[test]
fn a_claim_by_itself_does_not_hold_in_a_flood() {
    let ended = judge("endless-replies", &["PING-001", "--as", "7.2"]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.output, ended.errors);
    assert!(ended.output.contains("0 of 1 claims hold, 1 fail"), "{}", ended.output);
}

/// What cannot be connected to is not judged.
#[rstest]
#[case::ends("exits-before-listening", "it ended before it listened")]
#[case::never_listens("never-listens", "it did not listen on {socket} within 500ms")]
fn an_agent_that_is_not_there_is_not_judged(#[case] kind: &str, #[case] message: &str) {
    let ended = judge(kind, &["sync"]);
    assert_eq!(ended.code, Some(3), "{}", ended.errors);
    assert!(ended.errors.contains(message), "{}", ended.errors);
    assert_eq!(ended.output, "", "there is no verdict");
    assert!(ended.took < Duration::from_secs(10), "{:?}", ended.took);
}

/// What only behaves badly beside the protocol is judged by the protocol alone.
#[rstest]
#[case::loud("floods-stderr")]
#[case::deaf_to_signals("ignores-sigterm")]
#[case::parent("leaves-children")]
#[case::daemon("daemonises")]
fn bad_manners_are_no_failure(#[case] kind: &str) {
    let ended = judge(kind, &["SYNC-001", "--timeout", "5s"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    assert!(
        ended.output.contains("verdict: CONFORMS at must: 1 of 1 claims hold"),
        "{}",
        ended.output
    );
    assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
}

/// The whole suite is not waited for, claim by claim, on an agent that says nothing.
#[test]
fn a_mute_agent_is_given_up() {
    let ended = judge("silent", &["--jobs", "2"]);
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(
        ended
            .errors
            .contains("note: the agent answers neither guest-sync nor guest-sync-delimited")
    );
    assert!(ended.output.contains("given up: in "), "{}", ended.output);
    assert!(ended.took < Duration::from_secs(30), "{:?}", ended.took);
}

/// Nor do many of them at a time take more than one.
#[test]
fn endless_lines_of_many_agents_do_not_fill_the_memory() {
    let ended = judge("gigabyte-line", &["--jobs", "8", "--timeout", "5s"]);
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(ended.output.contains("bytes came without an end"), "{}", ended.output);
}

/// A failure tells how the agent died, and of what.
#[test]
fn the_last_words_of_an_agent_are_shown() {
    let ended = judge("dies-on-the-first-byte", &["sync/echo", "--as", "7.2"]);
    assert!(
        ended
            .output
            .contains("agent     it ended by itself (signal: 6 (SIGABRT)"),
        "{}",
        ended.output
    );
    assert!(
        ended.output.contains("  | that was too much for me"),
        "{}",
        ended.output
    );
}
