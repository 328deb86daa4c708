//! A script that ends with a sync: what it shows, and when it is not sent.

use crate::agent::{Act, config, run, say, say_after, words};
use qga_engine::script::Level;
use qga_engine::{ClosingSync, RunConfig};
use rstest::rstest;

const PING: &str = "must ABC-001 answer\n> {}\n< {\"return\": {}}\n";

fn closing(sync: ClosingSync) -> RunConfig {
    RunConfig {
        closing_sync: Some(sync),
        ..config(Level::Must)
    }
}

/// Answers the last sync as an agent should.
fn sync_reply(line: &str) -> Option<Vec<Act>> {
    let id: String = line
        .split("\"id\": ")
        .nth(1)?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let sentinel: &[u8] = if line.contains("-delimited") { b"\xFF" } else { b"" };
    let reply = format!("{{\"return\": {id}}}\n");
    Some(vec![Act::Say(0, [sentinel, reply.as_bytes()].concat())])
}

#[rstest]
#[case(ClosingSync::Delimited)]
#[case(ClosingSync::Plain)]
fn its_reply_ends_the_script_at_once(#[case] sync: ClosingSync) {
    let mut heard = Vec::new();
    let result = run(PING, closing(sync), |line| {
        heard.push(line.to_owned());
        sync_reply(line).unwrap_or_else(|| say("{\"return\": {}}"))
    });
    assert_eq!(words(&result), ["passed"]);
    assert!(result.took.is_zero(), "it took {:?}", result.took);
    assert_eq!(heard.len(), 2, "{heard:?}");
}

#[test]
fn what_comes_before_its_reply_was_not_asked_for() {
    let twice = || say_after(0, b"{\"return\": {}}\n{\"return\": {}}\n");
    let result = run(PING, closing(ClosingSync::Delimited), |line| {
        sync_reply(line).unwrap_or_else(twice)
    });
    assert!(words(&result)[0].contains("{\"return\": {}}"), "{:?}", words(&result));
}

#[test]
fn what_comes_with_its_reply_was_not_asked_for() {
    let result = run(PING, closing(ClosingSync::Delimited), |line| match sync_reply(line) {
        Some(_) => say_after(0, b"\xFF{\"return\": 20250729}\nmore\n"),
        None => say("{\"return\": {}}"),
    });
    assert!(words(&result)[0].contains("more"), "{:?}", words(&result));
}

#[test]
fn an_agent_that_does_not_answer_it_is_not_accused() {
    let result = run(PING, closing(ClosingSync::Delimited), |line| match sync_reply(line) {
        Some(_) => Vec::new(),
        None => say("{\"return\": {}}"),
    });
    assert_eq!(words(&result), ["passed"]);
    assert_eq!(result.took, config(Level::Must).timeout);
}

#[test]
fn a_slow_reply_is_waited_for() {
    let result = run(PING, closing(ClosingSync::Delimited), |line| match sync_reply(line) {
        Some(acts) => acts.into_iter().map(later).collect(),
        None => say("{\"return\": {}}"),
    });
    assert_eq!(words(&result), ["passed"]);
    assert_eq!(result.took.as_millis(), 400);
}

fn later(act: Act) -> Act {
    match act {
        Act::Say(_, bytes) => Act::Say(400, bytes),
        Act::Close(_) => Act::Close(400),
    }
}

#[rstest]
#[case::half_a_request("must ABC-001 answer\n>raw {}\\n{\n< {}\n")]
#[case::nothing_answered("must ABC-001 keep silent\n> {}\n<none 10ms\n")]
#[case::not_json("must ABC-001 answer\n> what\n< {}\n")]
fn it_is_not_sent_where_the_agent_may_be_in_mid_request(#[case] records: &str) {
    let expects = records.contains("< {}");
    let result = run(records, closing(ClosingSync::Delimited), |line| {
        assert!(sync_reply(line).is_none(), "the sync was sent: {line}");
        if expects { say("{}") } else { Vec::new() }
    });
    assert_eq!(words(&result), ["passed"]);
    assert!(result.took.as_millis() >= 50, "silence was waited for");
}
