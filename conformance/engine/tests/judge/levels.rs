//! What is owed at which level, and what is taken although it is not owed.

use crate::agent::{Act, config, run, say, say_after, words};
use qga_engine::script::Level;
use rstest::rstest;

/// The agent may report the broken input as an error, or throw it away in silence.
const HALF_SENT: &str = "must SYNC-004 answer again\n\
    >raw {\"execute\": \"guest-in\n\
    <none 100ms\n\
    >raw \\xFF\n\
    exact SYNC-005 report the broken input\n\
    < {\"error\": {\"class\": \"GenericError\", \"desc\": has(\"JSON parse error\")}}\n\
    must SYNC-001 put 0xFF before the reply\n\
    > sync\n\
    <sync {\"return\": 7}\n";

const REPORT: &str = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error, stray\"}}";

fn half_sent(line: &str, report: Vec<Act>) -> Vec<Act> {
    match line {
        "sync" => say_after(0, b"\xFF{\"return\": 7}\n"),
        _ => report,
    }
}

#[rstest]
// An agent that reports, at once or late, and one that does not.
#[case(Level::Exact, say(REPORT), ["passed", "passed", "passed"])]
#[case(Level::Must, say(REPORT), ["passed", "not owed", "passed"])]
#[case(Level::Must, say_after(3000, format!("{REPORT}\n").as_bytes()), ["passed", "not owed", "passed"])]
#[case(Level::Must, vec![], ["passed", "not owed", "passed"])]
#[case(Level::Exact, vec![], ["passed", "line 8: no complete reply came in 10s", "not reached: line 8 was not answered: no complete reply came in 10s"])]
// Other words are left for the next expectation, which does not take them.
#[case(Level::Must, say("{\"error\": {}}"), ["passed", "not owed", "line 11: 0xFF is missing before the reply"])]
fn an_optional_report(#[case] level: Level, #[case] report: Vec<Act>, #[case] outcomes: [&str; 3]) {
    let result = run(HALF_SENT, config(level), |line| half_sent(line, report.clone()));
    assert_eq!(words(&result)[..], outcomes);
}

#[test]
fn a_silent_agent_is_waited_for_a_short_while_only() {
    let result = run(HALF_SENT, config(Level::Must), |line| half_sent(line, vec![]));
    assert!(result.took.as_millis() < 500, "{:?}", result.took);
}

#[test]
fn half_an_optional_reply_is_waited_for() {
    let late = vec![
        Act::Say(100, REPORT.as_bytes()[..20].to_vec()),
        Act::Say(4000, format!("{}\n", &REPORT[20..]).into_bytes()),
    ];
    let result = run(HALF_SENT, config(Level::Must), |line| half_sent(line, late.clone()));
    assert_eq!(words(&result), ["passed", "not owed", "passed"]);
}

/// A slow optional reply that the next, weaker expectation would take for its own:
/// each is given away once and none is missed.
#[test]
fn late_optional_replies_are_not_held_against_the_agent() {
    let records = "exact ABC-001 say a\n> a\n< {\"error\": \"a\"}\n\
        must ABC-002 answer b\n> b\n< {\"error\": str}\n\
        must ABC-003 answer c\n> c\n< {\"return\": {}}\n";
    for delay in [0, 200, 300, 2000] {
        let result = run(records, config(Level::Must), |line| match line {
            "a" => say_after(delay, b"{\"error\": \"a\"}\n"),
            "b" => say_after(delay, b"{\"error\": \"b\"}\n"),
            _ => say_after(delay, b"{\"return\": {}}\n"),
        });
        let b_is_met = words(&result)[1] == "passed";
        assert!(b_is_met, "{delay} ms: {:?}", words(&result));
    }
}

#[rstest]
#[case("<raw {\"error\": \"a\"}\\n", 0)]
#[case("<raw {\"error\": \"a\"}\\n", 2000)]
#[case("< {\"error\": \"a\"}", 2000)]
#[case("<sync {}", 0)]
#[case("<closed", 0)]
fn optional_expectations_of_every_kind_hold_nobody_up(#[case] optional: &str, #[case] delay: u64) {
    let records = format!("exact ABC-001 say a\n> a\n{optional}\nmust ABC-002 answer\n> b\n< {{\"return\": {{}}}}\n");
    let result = run(&records, config(Level::Must), |line| match (line, optional) {
        ("a", "<sync {}" | "<closed") => vec![],
        ("a", _) => say_after(delay, b"{\"error\": \"a\"}\n"),
        _ => say_after(delay, b"{\"return\": {}}\n"),
    });
    assert_eq!(words(&result), ["not owed", "passed"]);
}

#[test]
fn a_late_optional_reply_may_come_after_the_last_record() {
    let records = "must ABC-001 answer\n> b\n< {}\nexact ABC-002 say a\n> a\n< {\"a\": 1}\n";
    let agent = |line: &str| match line {
        "b" => say("{}"),
        _ => say_after(280, b"{\"a\": 1}\n"),
    };
    assert_eq!(words(&run(records, config(Level::Must), agent)), ["passed", "not owed"]);
}

#[test]
fn one_more_look_is_optional_too() {
    let records = "must ABC-001 refuse\n> x\n< {\"error\": {\"class\": str, \"desc\": str}}\n\
        exact ABC-002 refuse in these words\n<also {\"error\": {\"class\": _, \"desc\": \"no\"}}\n\
        must ABC-003 go on\n> y\n< {}\n";
    let agent = |line: &str| match line {
        "x" => say("{\"error\": {\"class\": \"A\", \"desc\": \"never\"}}"),
        _ => say("{}"),
    };
    assert_eq!(
        words(&run(records, config(Level::Must), agent)),
        ["passed", "not owed", "passed"]
    );
    let exact = words(&run(records, config(Level::Exact), agent));
    assert_eq!(exact[1], "line 7: /error/desc: expected \"no\", found \"never\"");
    assert_eq!((&*exact[0], &*exact[2]), ("passed", "passed"));
}
