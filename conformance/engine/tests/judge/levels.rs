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
#[case(Level::Exact, vec![], ["passed", "line 8: no complete reply came in 10s", "passed"])]
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

/// What an agent owes at one level is judged alike at each: a reply that only a drop-in
/// copy gives, and that does not come, is not held against what every agent owes.
#[rstest]
#[case::reply(
    "<",
    r#"{"error": {"desc": "a", "class": str}}"#,
    "line 5: /error: expected {\"desc\": \"a\", \"class\": str}, found the success 7"
)]
#[case::bytes("<raw", "{\"error\"\\n", "line 5: byte 2")]
#[case::sync("<sync", "{\"return\": 6}", "line 5: ")]
fn a_missing_exact_reply_fails_no_weaker_claim(#[case] expect: &str, #[case] what: &str, #[case] failure: &str) {
    let records = format!(
        "exact ABC-001 say a first\n>raw b\\n\n{expect} {what}\n\
        must ABC-002 answer b\n< {{\"return\": 7}}\n\
        must ABC-003 answer c\n> c\n< {{\"return\": 8}}\n"
    );
    let agent = |line: &str| match line {
        "b" => say("{\"return\": 7}"),
        _ => say("{\"return\": 8}"),
    };
    for level in [Level::Must, Level::Exact] {
        let result = run(&records, config(level), agent);
        assert_eq!(words(&result)[1..], ["passed", "passed"], "{level}");
    }
    let exact = run(&records, config(Level::Exact), agent);
    assert!(words(&exact)[0].starts_with(failure), "{:?}", words(&exact));
}

/// It is passed by before weaker claims alone, and once.
#[test]
fn a_silent_agent_fails_the_weaker_claim_too() {
    let records = "exact ABC-001 say a\n> a\n< {}\n\
        exact ABC-002 say b\n> b\n< {}\n\
        must ABC-003 answer\n> c\n< {}\n";
    let result = run(records, config(Level::Exact), |_| vec![]);
    let late = "no complete reply came in 10s";
    let behind = format!("not reached: line 8 was not answered: {late}");
    assert_eq!(
        words(&result),
        [format!("line 5: {late}"), format!("line 8: {late}"), behind]
    );
}

/// It could do to another agent's machine what is right on a drop-in copy's alone.
#[test]
fn what_is_above_the_level_at_the_end_is_not_sent() {
    let records = "exact ABC-001 say a\n> a\n< {}\n\
        must ABC-002 answer\n> b\n< {}\n\
        exact ABC-003 do more\n> c\n< {}\n\
        should ABC-004 do still more\n> d\n< {}\n";
    for (level, sent) in [(Level::Must, "ab"), (Level::Should, "abcd"), (Level::Exact, "abcd")] {
        let mut heard = String::new();
        run(records, config(level), |line| {
            heard += line;
            say("{}")
        });
        assert_eq!(heard, sent, "{level}");
    }
}

/// The answer to a request is its answer, whatever an expectation above the level makes
/// of it: it is not laid on the next claim, nor on the last one.
#[rstest]
#[case("< {\"return\": 1}")]
#[case("<raw {\"return\": 1}\\n")]
fn another_answer_than_that_of_a_drop_in_copy_is_nobodys_fault(#[case] expected: &str) {
    let records = format!(
        "must ABC-001 answer\n> a\n< {{\"return\": 0}}\n\
        exact ABC-002 answer so\n> b\n{expected}\n\
        must ABC-003 answer\n> c\n< {{\"return\": 0}}\n"
    );
    let agent = |line: &str| match line {
        "b" => say("{\"error\": {\"class\": \"A\"}}"),
        _ => say("{\"return\": 0}"),
    };
    let must = words(&run(&records, config(Level::Must), agent));
    assert_eq!(must, ["passed", "not owed", "passed"]);
    let exact = words(&run(&records, config(Level::Exact), agent));
    assert_eq!((&*exact[0], &*exact[2]), ("passed", "passed"));
    assert_ne!(exact[1], "passed");
}

/// Nothing more is asked at the end, but what was asked is answered: a second answer that
/// only a drop-in copy must give is laid on nobody, whatever it is and if it is late.
#[rstest]
#[case::as_expected(0, "{\"error\": \"b\"}\n", "passed")]
#[case::late(280, "{\"error\": \"b\"}\n", "passed")]
#[case::another(0, "{\"error\": \"c\"}\n", "passed")]
#[case::none(0, "", "passed")]
#[case::one_too_many(0, "{\"error\": \"b\"}\n{\"return\": 0}\n", "failed")]
fn a_second_answer_at_the_end(#[case] delay: u64, #[case] second: &str, #[case] outcome: &str) {
    let records = "should ABC-001 answer a\n> a\n< {\"return\": 0}\n\
        exact ABC-002 and say b\n< {\"error\": \"b\"}\n";
    let mut told = say("{\"return\": 0}");
    told.extend(say_after(delay, second.as_bytes()));
    let found = words(&run(records, config(Level::Should), |_| told.clone()));
    assert_eq!(
        (found[0] == "passed", &*found[1]),
        (outcome == "passed", "not owed"),
        "{found:?}"
    );
}

/// The QMP specification lets servers add members to the envelope; those that mean
/// something to clients are looked at on every level.
#[rstest]
#[case("{\"return\": 0, \"took\": 5}", ["passed", "failed"])]
#[case("{\"return\": 0, \"error\": {}}", ["failed", "failed"])]
#[case("{\"return\": 0, \"id\": 1}", ["failed", "failed"])]
#[case("{\"return\": 0, \"event\": \"X\"}", ["failed", "failed"])]
fn members_beside_a_reply(#[case] reply: &str, #[case] outcomes: [&str; 2]) {
    for (level, outcome) in [("must", outcomes[0]), ("exact", outcomes[1])] {
        let records = format!("{level} ABC-001 answer\n> a\n< {{\"return\": 0}}\n");
        let found = words(&run(&records, config(Level::Exact), |_| say(reply)));
        assert_eq!(found[0] == "passed", outcome == "passed", "{level}: {found:?}");
    }
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

/// A new channel is a new chance, but not without end for an agent that never said a byte.
#[test]
fn an_agent_that_never_says_anything_is_given_up() {
    let records = (1..=5).map(|it| format!("must ABC-00{it} answer\n> a\n< {{}}\n"));
    let records = records.collect::<Vec<_>>().join("reopen\n");
    let outcomes = words(&run(&records, config(Level::Must), |_| vec![]));
    let missed: Vec<bool> = outcomes.iter().map(|it| it.starts_with("not reached")).collect();
    assert_eq!(missed, [false, false, true, true, true], "{outcomes:?}");
    let mut channels = 1;
    let late = run(&records, config(Level::Must), |line| match line {
        "reopen" => {
            channels += 1;
            vec![]
        }
        _ if channels == 1 => vec![],
        _ => say("{}"),
    });
    assert_eq!(words(&late)[1..], ["passed"; 4]);
}
