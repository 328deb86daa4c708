//! Reports of a run in which everything happens that can happen, reviewed as
//! snapshots; and the verdict's last line for each kind of outcome.

use crate::agent::{Act, config, drive, say, say_after};
use qga_engine::report::{REPORT_VERSION, Report, ScriptReport, Verdict, github, json, junit, tap, text};
use qga_engine::script::Level;
use qga_engine::suite::Suite;
use qga_engine::verdict::{Excuse, Outcome, Reason};
use qga_engine::{Run, RunConfig};
use qga_fixtures::schema::Effect;
use std::collections::BTreeSet;

const FRAMING: &str = "session answer on one line
must    FRAME-001  answer  [schema: guest-ping]
>       {\"execute\": \"guest-ping\"}
<       {\"return\": {}}
exact   FRAME-002  write it so  [recording]
>       {\"execute\": \"guest-ping\"}
<raw    {\"return\": {}}\\n
";

const INFO: &str = "session tell the version <of the agent>
must    INFO-001  tell a version & a list  [schema: guest-info]
>       {\"execute\": \"guest-info\"}
<       {\"return\": {\"version\": str as $version, \"supported_commands\": [{\"name\": \"guest-ping\"}, ...]}}
must    INFO-002  tell it again
>       $version
<       {\"return\": {}}
exact   INFO-003  tell it in bytes
onlyif  since 10.0
<also   {}
";

const POWER: &str = "session shut down
must    POWER-001  shut down  [schema: guest-shutdown]
>       {\"execute\": \"guest-shutdown\"}
<closed
";

const LONG: &str = "session answer at length
must    LONG-001  answer with zeros  [schema: guest-file-read]
>       zeros
<       {\"return\": re(\"^0+$\")}
must    LONG-002  be quiet
>       noise
<none   20ms
";

fn agent(line: &str) -> Vec<Act> {
    match line {
        "{\"execute\": \"guest-ping\"}" => say_after(2, b"{\"return\":{}}\n"),
        "{\"execute\": \"guest-info\"}" => {
            say("{\"return\": {\"version\": \"7\", \"supported_commands\": [{\"name\": \"a\\u0001/~\"}]}}")
        }
        "zeros" => say(&format!("{{\"return\": \"{}x\"}}", "0".repeat(5000))),
        _ => say_after(1, b"\xFF\x00]]>\n"),
    }
}

pub(crate) fn judged(level: Level, files: &[(&str, &str)]) -> Report {
    let suite = Suite::parse(files.iter().copied()).unwrap_or_else(|errors| panic!("{}", errors[0]));
    let config = RunConfig {
        allowed: BTreeSet::from([Effect::Files]),
        ..config(level)
    };
    let scripts = suite.scripts.iter().map(|script| {
        let mut run = Run::new(script, config.clone());
        drive(&mut run, usize::MAX, agent);
        ScriptReport::of_run(script, run.result())
    });
    Report {
        version: REPORT_VERSION,
        agent: "an agent".to_owned(),
        agent_version: Some("7.2.22".to_owned()),
        shards: None,
        needs: Vec::new(),
        target: "unix:/run/a b.sock".to_owned(),
        level,
        release: "7.2".to_owned(),
        system: "linux".to_owned(),
        again: "qga-conformance run --target 'unix:/run/a b.sock' --level exact".to_owned(),
        scripts: scripts.collect(),
    }
}

const SECOND: &str = "session answer a second time
must    SECOND-001  answer twice
>       {\"execute\": \"guest-ping\"}
<       {\"return\": 1}
must    SECOND-002  answer thrice
>       {\"execute\": \"guest-ping\"}
<       {\"return\": 2}
must    SECOND-003  answer after that
>       {\"execute\": \"guest-ping\"}
<       {\"return\": {}}
";

fn excuse() -> Excuse {
    Excuse {
        reason: "the parser counts from 0".to_owned(),
        link: Some("https://example.org/7".to_owned()),
        until: None,
    }
}

/// A failure that was known, one that went away, and a claim that was said to fail.
fn excused(mut script: ScriptReport) -> ScriptReport {
    for (at, claim) in script.claims.iter_mut().enumerate() {
        claim.outcome = match (at, claim.outcome.clone()) {
            (0, Outcome::Failed(failure)) => Outcome::Known(failure, excuse()),
            (1, Outcome::Failed(failure)) => Outcome::Unstable(failure),
            (2, Outcome::Passed) => Outcome::Stale(excuse()),
            (_, other) => panic!("unexpected: {other:?}"),
        };
    }
    script
}

pub(crate) fn everything() -> Report {
    let files = [
        ("frame/line.session", FRAMING),
        ("info.session", INFO),
        ("power.session", POWER),
        ("long.session", LONG),
    ];
    let mut report = judged(Level::Exact, &files);
    let second = judged(Level::Exact, &[("second.session", SECOND)]).scripts.remove(0);
    report.scripts.push(excused(second));
    let gone = POWER.replace("POWER-001", "POWER-002");
    let suite = Suite::parse([("gone.session", &*gone)]).expect("it is a script");
    report
        .scripts
        .push(ScriptReport::of_trouble(&suite.scripts[0], "no such socket"));
    report
}

#[test]
fn a_report_of_everything() {
    let report = everything();
    insta::with_settings!({snapshot_path => "../../../../snapshots/reports", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("text", text(&report));
        insta::assert_snapshot!("junit", junit(std::slice::from_ref(&report)));
        insta::assert_snapshot!("json", json(&report));
    });
}

#[test]
fn json_is_read_back() {
    let report = everything();
    let read: Report = serde_json::from_str(&json(&report)).expect("it was written so");
    assert_eq!(read, report);
}

#[test]
fn a_claim_in_json_is_never_passed_by_mistake() {
    for outcome in [
        "\"failed\"",
        "\"not-testable\"",
        "\"known\"",
        "\"known\", \"known\": {\"reason\": \"x\"}",
        "\"stale\"",
        "\"unstable\"",
        "\"passed\", \"known\": {\"reason\": \"x\"}",
        "\"passed\", \"reason\": {\"release-too-old\": \"8.0\"}",
    ] {
        let claim =
            format!("{{\"id\": \"A-001\", \"level\": \"must\", \"text\": \"\", \"line\": 1, \"outcome\": {outcome}}}");
        let claim: qga_engine::report::ClaimReport = serde_json::from_str(&claim).expect("it is a claim");
        assert!(matches!(claim.outcome, Outcome::NotReached(_)), "{outcome}");
    }
}

/// A report of claims with these outcomes, one script each.
fn report_of(outcomes: Vec<(&str, Outcome)>) -> Report {
    let mut report = judged(Level::Must, &[]);
    for (id, outcome) in outcomes {
        let text = format!("session x\n\nmust {id} x\n> x\n< _\n");
        let suite = Suite::parse([("x.session", &*text)]).expect("it is a script");
        let mut script = ScriptReport::of_trouble(&suite.scripts[0], "");
        script.trouble = None;
        script.claims[0].outcome = outcome;
        report.scripts.push(script);
    }
    report
}

/// What stands behind a known failure in its own script is no news; what was missed
/// anywhere else is.
#[test]
fn what_a_known_failure_hides_is_not_missed() {
    let lost = || Outcome::NotReached("line 4 was not answered".to_owned());
    let Outcome::Failed(failure) = everything().scripts[0].claims[1].outcome.clone() else {
        panic!("it should have failed");
    };
    let known = Outcome::Known(failure, excuse());
    let mut report = report_of(vec![("A-001", known), ("A-002", lost())]);
    let behind = report.scripts.pop().expect("two scripts");
    report.scripts[0].claims.extend(behind.claims);
    assert!(report.summary().is_good(), "{}", report.line());
    assert!(
        report.line().starts_with("verdict: FAILS AS KNOWN"),
        "{}",
        report.line()
    );
    assert!(tap(std::slice::from_ref(&report)).contains("A-002 must x (x.session) # TODO behind a known failure"));
    let junit = junit(std::slice::from_ref(&report));
    assert!(junit.contains("errors=\"0\" skipped=\"2\""), "{junit}");
    assert!(!github(std::slice::from_ref(&report)).contains("::error"));

    report.scripts.extend(report_of(vec![("A-002", lost())]).scripts);
    assert!(!report.summary().is_good(), "{}", report.line());
    assert!(report.line().starts_with("verdict: INCOMPLETE"), "{}", report.line());
    assert!(github(std::slice::from_ref(&report)).contains("::error"));
}

#[test]
fn the_last_line_says_what_is_missing() {
    let failed = || match &everything().scripts[0].claims[1].outcome {
        Outcome::Failed(failure) => Outcome::Failed(failure.clone()),
        other => panic!("it should have failed: {other:?}"),
    };
    let gap = || Outcome::NotTestable(Reason::effect(Effect::Power));
    let old = || Outcome::NotTestable(Reason::ReleaseTooOld("8.0".to_owned()));
    let lost = || Outcome::NotReached("x".to_owned());
    let pass = || Outcome::Passed;
    let (known, unstable) = match failed() {
        Outcome::Failed(it) => (Outcome::Known(it.clone(), excuse()), Outcome::Unstable(it)),
        other => panic!("it should have failed: {other:?}"),
    };
    let stale = || Outcome::Stale(excuse());
    for (outcomes, good, line) in [
        (
            vec![],
            true,
            "NOTHING JUDGED at must: 0 of 0 claims hold, 0 fail, 0 not reached, 0 not testable (0 scripts)",
        ),
        (
            vec![("A-001", pass())],
            true,
            "CONFORMS at must: 1 of 1 claims hold, 0 not testable (1 script)",
        ),
        (
            vec![("A-001", pass()), ("A-001", pass())],
            true,
            "CONFORMS at must: 1 of 1 claims hold, 0 not testable (2 scripts)",
        ),
        (
            vec![("A-001", pass()), ("A-001", failed())],
            false,
            "DOES NOT CONFORM at must: 0 of 1 claims hold, 1 fail, 0 not reached, 0 not testable (2 scripts)",
        ),
        (
            vec![("A-001", pass()), ("A-001", lost())],
            false,
            "INCOMPLETE at must: 0 of 1 claims hold, 0 fail, 1 not reached, 0 not testable (2 scripts)",
        ),
        (
            vec![("A-001", pass()), ("A-002", gap())],
            true,
            "INCOMPLETE at must: 1 of 2 claims hold, 0 fail, 0 not reached, 1 not testable (2 scripts)",
        ),
        (
            vec![("A-001", gap())],
            true,
            "NOTHING JUDGED at must: 0 of 1 claims hold, 0 fail, 0 not reached, 1 not testable (1 script)",
        ),
        (
            vec![("A-001", pass()), ("A-002", old())],
            true,
            "CONFORMS at must: 1 of 1 claims hold, 0 not testable, 1 for other releases or systems (2 scripts)",
        ),
        (
            vec![("A-001", old())],
            true,
            "NOTHING JUDGED at must: 0 of 0 claims hold, 0 fail, 0 not reached, 0 not testable, 1 for other releases or systems (1 script)",
        ),
        (
            vec![("A-001", known.clone()), ("A-002", pass())],
            true,
            "FAILS AS KNOWN at must: 1 of 2 claims hold, 0 fail, 0 not reached, 1 fail as known, 0 not testable (2 scripts)",
        ),
        (
            vec![("A-001", known.clone()), ("A-002", lost())],
            false,
            "INCOMPLETE at must: 0 of 2 claims hold, 0 fail, 1 not reached, 1 fail as known, 0 not testable (2 scripts)",
        ),
        (
            vec![("A-001", known.clone()), ("A-001", stale())],
            false,
            "STALE LIST at must: 0 of 1 claims hold, 0 fail, 0 not reached, 1 hold although listed to fail, 0 not testable (2 scripts)",
        ),
        (
            vec![("A-001", stale()), ("A-002", unstable.clone())],
            false,
            "UNSTABLE at must: 0 of 2 claims hold, 0 fail, 0 not reached, 1 unstable, 1 hold although listed to fail, 0 not testable (2 scripts)",
        ),
        (
            vec![("A-001", unstable), ("A-001", failed()), ("A-002", known)],
            false,
            "DOES NOT CONFORM at must: 0 of 2 claims hold, 1 fail, 0 not reached, 1 fail as known, 0 not testable (3 scripts)",
        ),
        (
            vec![("A-001", Outcome::NotOwed)],
            true,
            "NOTHING JUDGED at must: 0 of 0 claims hold, 0 fail, 0 not reached, 0 not testable (1 script)",
        ),
    ] {
        let report = report_of(outcomes);
        let last = text(&report).lines().last().map(str::to_owned);
        assert_eq!(last, Some(format!("verdict: {line}")));
        assert_eq!(report.summary().is_good(), good, "{line}");
    }
}

#[test]
fn a_target_that_is_not_there_never_conforms() {
    let suite = Suite::parse([("gone.session", POWER)]).expect("it is a script");
    let mut report = report_of(vec![("A-001", Outcome::Passed)]);
    report
        .scripts
        .push(ScriptReport::of_trouble(&suite.scripts[0], "no such socket"));
    assert_eq!(report.summary().verdict(), Verdict::Incomplete);
    assert!(!report.summary().is_good());
}
