//! What becomes of the rest after something failed, and what is not tested at all.

use crate::agent::{Act, config, run, say, words};
use qga_engine::RunConfig;
use qga_engine::script::Level;
use qga_fixtures::schema::{Effect, Release, System};
use rstest::rstest;
use std::collections::BTreeSet;

const TWO: &str = "must ABC-001 answer a\n> a\n< {\"a\": 1}\n< {\"a\": 2}\nmust ABC-002 answer b\n> b\n< {\"b\": 1}\n";

#[test]
fn the_first_failure_of_a_claim_counts_and_the_next_claim_is_judged() {
    let agent = |line: &str| match line {
        "a" => say("{\"a\": 7}\n{\"a\": 8}"),
        _ => say("{\"b\": 1}"),
    };
    let result = run(TWO, config(Level::Must), agent);
    assert_eq!(words(&result), ["line 5: /a: expected 1, found 7", "passed"]);
}

#[test]
fn after_a_silence_nothing_more_is_reached() {
    let result = run(TWO, config(Level::Must), |_| vec![]);
    let why = "not reached: line 5 was not answered: no complete reply came in 10s";
    assert_eq!(words(&result), ["line 5: no complete reply came in 10s", why]);
    assert_eq!(result.took.as_secs(), 10);
}

#[test]
fn a_new_channel_gives_a_new_chance() {
    let records = TWO.replace("must ABC-002 answer b\n", "must ABC-002 answer b\nreopen\n");
    let result = run(&records, config(Level::Must), |line| match line {
        "a" => vec![Act::Close(0)],
        "b" => say("{\"b\": 1}"),
        _ => vec![],
    });
    assert_eq!(words(&result), ["line 5: the agent closed the channel", "passed"]);
}

#[test]
fn what_needs_a_value_that_nobody_gave_is_not_reached() {
    let records = "must ABC-001 give a handle\n> open\n< {\"return\": int as $fh}\n\
        must ABC-002 take it\n> use $fh\n< {}\n\
        must ABC-003 compare it\n> same\n< {\"return\": $fh}\n\
        must ABC-004 go on\n> ping\n< {}\n";
    let mut heard = Vec::new();
    let result = run(records, config(Level::Must), |line| {
        heard.push(line.to_owned());
        match line {
            "open" => say("{\"error\": {}}"),
            "same" => say("{\"return\": 1}"),
            _ => say("{}"),
        }
    });
    let why = "not reached: it needs `$fh`, which no reply gave";
    assert_eq!(
        words(&result),
        [
            "line 5: /return: expected int as $fh, found the error {}",
            why,
            why,
            "passed"
        ]
    );
    assert_eq!(heard, ["open", "same", "ping"]);
}

#[test]
fn the_time_of_a_script_is_limited() {
    let records = "must ABC-001 answer\n".to_owned() + &"> x\n< {}\n".repeat(10) + "must ABC-002 answer\n> x\n< {}\n";
    let result = run(&records, config(Level::Must), |_| {
        vec![Act::Say(9_000, b"{}\n".to_vec())]
    });
    let why = "line 17: the script's 60s were over";
    assert_eq!(words(&result)[0], why);
    assert!(words(&result)[1].starts_with("not reached: "));
    assert_eq!(result.took.as_secs(), 60);
}

#[test]
fn what_the_script_waits_by_itself_is_not_counted() {
    let records = "must ABC-001 answer\nwait 100s\n<none 100s\n> x\n< {}\n";
    let result = run(records, config(Level::Must), |_| say("{}"));
    assert_eq!(words(&result), ["passed"]);
    assert_eq!(result.took.as_secs(), 200);
}

fn release(name: &str) -> RunConfig {
    RunConfig::new(Level::Must, Release::find(name).expect("it is a release"))
}

#[rstest]
#[case(release("7.2"), ["passed", "not testable: release too new: needs one before 4.2"])]
#[case(release("4.2"), ["passed", "not testable: release too new: needs one before 4.2"])]
#[case(release("4.0"), ["not testable: release too old: needs 4.2 or later", "passed"])]
fn guards_choose_what_is_expected(#[case] config: RunConfig, #[case] outcomes: [&str; 2]) {
    let records = "must ABC-001 say new\nonlyif since 4.2\n> x\nonlyif since 4.2\n< {}\n\
        must ABC-002 say old\nonlyif before 4.2\n> x\nonlyif before 4.2\n< {}\n";
    assert_eq!(words(&run(records, config, |_| say("{}")))[..], outcomes);
}

#[test]
fn a_claim_is_judged_by_what_applies() {
    let records = "must ABC-001 answer\n> x\n< {}\nonlyif os windows\n<also {\"never\": 1}\n";
    assert_eq!(words(&run(records, config(Level::Must), |_| say("{}"))), ["passed"]);
}

fn allow(effects: &[Effect]) -> RunConfig {
    RunConfig {
        allowed: effects.iter().copied().collect(),
        ..config(Level::Must)
    }
}

fn offer(commands: &[&str]) -> RunConfig {
    let offered: BTreeSet<String> = commands.iter().map(|it| (*it).to_owned()).collect();
    RunConfig {
        offered: Some(offered),
        ..config(Level::Must)
    }
}

#[rstest]
#[case("", config(Level::Must), "passed")]
#[case(
    "since 8.0\n",
    config(Level::Must),
    "not testable: release too old: needs 8.0 or later"
)]
#[case(
    "before 7.2\n",
    config(Level::Must),
    "not testable: release too new: needs one before 7.2"
)]
#[case("os windows\n", config(Level::Must), "not testable: other system: needs windows")]
#[case("os windows\n", RunConfig { system: System::Windows, ..config(Level::Must) }, "passed")]
#[case("effect power\n", allow(&[Effect::Files]), "not testable: effect not allowed: power")]
#[case("effect none\n", allow(&[]), "not testable: effect not allowed: files")]
#[case("", allow(&[Effect::Files]), "passed")]
#[case("", offer(&["guest-file-open"]), "passed")]
#[case("", offer(&["guest-ping"]), "not testable: command not offered: guest-file-open")]
#[case("lacks guest-file-open\n", offer(&["guest-file-open"]), "not testable: command offered: guest-file-open")]
#[case("lacks guest-ping\n", offer(&["guest-file-open"]), "passed")]
#[case("needs guest-ping\n", offer(&["guest-file-open"]), "not testable: command not offered: guest-ping")]
#[case("guest windows\n", config(Level::Must), "passed")]
#[case("guest windows\n", RunConfig { guest_images: false, ..config(Level::Must) }, "not testable: guest image not available: windows")]
fn what_cannot_be_tested_is_never_sent(#[case] header: &str, #[case] config: RunConfig, #[case] outcome: &str) {
    use qga_engine::{Run, parse};
    let records = "must ABC-001 open\n> {\"execute\": \"guest-file-open\"}\n< {}\nexact ABC-002 x\n<also {}\n";
    let text = format!("session test\n{header}\n{records}");
    let script = parse("test.session", &text).unwrap_or_else(|error| panic!("{error}"));
    let mut sent = 0;
    let mut run = Run::new(&script, config);
    assert_eq!(run.obstacle().is_none(), outcome == "passed");
    crate::agent::drive(&mut run, usize::MAX, |_| {
        sent += 1;
        say("{}")
    });
    assert_eq!(words(&run.result()), [outcome, "not owed"]);
    assert_eq!(sent > 0, outcome == "passed");
}

#[test]
fn a_command_that_the_release_lacks_may_be_sent() {
    let records = "must ABC-001 refuse\n> {\"execute\": \"guest-get-load\"}\n< {\"error\": _}\n";
    let config = RunConfig {
        offered: Some(BTreeSet::new()),
        ..release("7.2")
    };
    assert_eq!(words(&run(records, config, |_| say("{\"error\": {}}"))), ["passed"]);
}
