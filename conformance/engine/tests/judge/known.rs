//! Known, stale and unstable failures: what makes of an outcome another one.

use qga_engine::parse;
use qga_engine::report::{KnownFailure, REPORT_VERSION, Report, ScriptReport, is_name_of};
use qga_engine::script::{ClaimId, Level};
use qga_engine::verdict::{Excuse, Failure, FailureKind, Outcome, RunResult};
use qga_engine::wire::{Wire, WireKind};
use rstest::rstest;
use std::time::Duration;

const SCRIPT: &str = "session s

must    OWN-001  one  [schema: guest-ping]
>       {\"execute\": \"guest-ping\"}
<       {\"return\": {}}

must    OWN-002  two  [schema: guest-ping]
>       {\"execute\": \"guest-ping\"}
<       {\"return\": {}}
";

fn failed() -> Outcome {
    Outcome::Failed(Box::new(Failure {
        line: 5,
        record: "<       {\"return\": {}}".to_owned(),
        kind: FailureKind::Closed,
        after: Duration::ZERO,
        wire_end: 1,
    }))
}

fn outcome(word: char) -> Outcome {
    match word {
        '+' => Outcome::Passed,
        '-' => failed(),
        '?' => Outcome::NotReached("gone".to_owned()),
        _ => Outcome::NotOwed,
    }
}

fn word(outcome: &Outcome) -> char {
    match outcome {
        Outcome::Passed => '+',
        Outcome::Failed(_) => '-',
        Outcome::Known(..) => 'k',
        Outcome::Stale(_) => 's',
        Outcome::Unstable(_) => 'u',
        Outcome::NotReached(_) => '?',
        _ => '.',
    }
}

fn script(file: &str, outcomes: &str) -> ScriptReport {
    let script = parse(file, SCRIPT).expect("a good script");
    let result = RunResult {
        outcomes: outcomes.chars().map(outcome).collect(),
        wire: vec![Wire::new(Duration::ZERO, WireKind::Sent, b"x")],
        took: Duration::from_secs(1),
    };
    ScriptReport::of_run(&script, result)
}

fn words(script: &ScriptReport) -> String {
    script.claims.iter().map(|it| word(&it.outcome)).collect()
}

fn known(claim: Option<&str>, script: Option<&str>) -> KnownFailure {
    KnownFailure {
        claim: claim.map(|it| ClaimId::new(it).expect("an id")),
        script: script.map(str::to_owned),
        excuse: Excuse {
            reason: "why".to_owned(),
            link: None,
            until: None,
        },
    }
}

/// Two scripts with the claims 1 and 2, and what the list makes of them.
#[rstest]
#[case::nothing_listed(None, None, "-+ -+", "-+ -+")]
#[case::a_claim_fails(Some("OWN-001"), None, "-- -+", "k- k+")]
#[case::a_claim_in_one_script(Some("OWN-001"), Some("a/one"), "-+ -+", "k+ -+")]
#[case::a_script(None, Some("a/one.session"), "-- -+", "kk -+")]
#[case::a_script_fails_in_part(None, Some("a/one"), "-+ ++", "k+ ++")]
#[case::a_claim_holds(Some("OWN-002"), None, "-+ -+", "-s -s")]
#[case::a_claim_holds_in_one_script_only(Some("OWN-001"), None, "-+ ++", "k+ ++")]
#[case::a_script_holds(None, Some("a/one"), "++ -+", "ss -+")]
#[case::not_come_to(Some("OWN-001"), None, "?+ ++", "?+ ++")]
#[case::not_owed(Some("OWN-001"), None, ".+ .+", ".+ .+")]
fn the_list_is_held_against_the_outcomes(
    #[case] claim: Option<&str>,
    #[case] listed: Option<&str>,
    #[case] outcomes: &str,
    #[case] expected: &str,
) {
    let scripts = outcomes.split(' ').zip(["a/one.session", "b/two.session"]);
    let mut report = Report {
        version: REPORT_VERSION,
        agent: String::new(),
        agent_version: None,
        target: String::new(),
        level: Level::Must,
        release: String::new(),
        system: String::new(),
        again: String::new(),
        shards: None,
        needs: Vec::new(),
        scripts: scripts.map(|(outcomes, file)| script(file, outcomes)).collect(),
    };
    let is_listed = claim.is_some() || listed.is_some();
    let list: Vec<KnownFailure> = is_listed.then(|| known(claim, listed)).into_iter().collect();
    report.excuse(&list);
    report.find_stale(&list.iter().collect::<Vec<_>>());
    let found: Vec<String> = report.scripts.iter().map(words).collect();
    assert_eq!(found.join(" "), expected);
}

#[rstest]
#[case::steady("-+", "-+", "-+")]
#[case::gone("-+", "++", "u+")]
#[case::new("-+", "--", "-u")]
#[case::never_passed("?+", "++", "?+")]
#[case::not_come_to("-+", "??", "-+")]
fn what_failed_once_is_unstable(#[case] first: &str, #[case] second: &str, #[case] expected: &str) {
    let joined = script("a.session", first).with_second_run(script("a.session", second));
    assert_eq!(words(&joined), expected);
    assert_eq!(joined.wire.len(), 3, "both logs, and a mark between them");
    let ends = joined
        .claims
        .iter()
        .filter_map(|it| it.outcome.failure())
        .map(|it| it.wire_end);
    assert!(ends.into_iter().all(|end| end == 1 || end == 3));
}

#[test]
fn a_second_run_without_an_agent_tells_nothing() {
    let parsed = parse("a.session", SCRIPT).expect("a good script");
    let second = ScriptReport::of_trouble(&parsed, "not there");
    let joined = script("a.session", "-+").with_second_run(second);
    assert_eq!((words(&joined).as_str(), joined.wire.len()), ("-+", 1));
}

#[test]
fn scripts_have_a_name_without_their_ending() {
    assert!(is_name_of("a/b", "a/b.session") && is_name_of("a/b.session", "a/b.session"));
    assert!(!is_name_of("b", "a/b.session") && !is_name_of("a/b", "a/b.txt"));
}
