//! The catalogue of claims: what rests on what, and `explain`, `--profile` and `--plan`,
//! which show it.

mod common;

use common::run;
use qga_conformance::catalogue::Catalogue;
use qga_conformance::coverage::{Thoroughness, measure, text};
use qga_engine::derive::Derivation;
use qga_engine::script::{Claim, Level, Script};
use qga_fixtures::schema::{Command, Evidence, RELEASES, System};
use rstest::rstest;
use std::collections::{BTreeMap, BTreeSet};

/// Claims that there are at least.
const CLAIMS_MIN: usize = 400;

fn suite() -> Vec<Script> {
    Catalogue::new().expect("a suite").suite
}

fn derived_of_every_release() -> Vec<Script> {
    let recorded = RELEASES.iter().filter(|it| it.evidence == Evidence::Recorded);
    let scripts = recorded.flat_map(|release| {
        let derivation = Derivation {
            release,
            system: System::Linux,
            offered: None,
        };
        derivation.scripts()
    });
    scripts.collect()
}

/// The claims, by id: what each of its scripts says.
fn claims(scripts: &[Script]) -> BTreeMap<String, Vec<Claim>> {
    let mut claims: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
    for (_, claim) in scripts.iter().flat_map(Script::claims) {
        claims.entry(claim.id.to_string()).or_default().push(claim.clone());
    }
    claims
}

/// What is wrong with what a claim rests on. `must` rests on the schema of a command
/// there is, or on what it says of all; `should` on a client or a document, be it the
/// schema where it can be read in two ways; `exact` on a recorded agent.
fn wrong(claim: &Claim) -> Option<String> {
    let source = claim.source.as_deref().unwrap_or_default();
    let (head, rest) = source.split_once(':').unwrap_or((source, ""));
    let commands = rest.split([',', ' ']).filter(|it| it.starts_with("guest-"));
    let unknown = commands.into_iter().find(|it| Command::find(it).is_none());
    let is_agent = head == "qemu-ga" || head.starts_with("qemu-ga ");
    let is_good = match claim.level {
        Level::Must => head == "schema" && !rest.trim().is_empty() && unknown.is_none(),
        Level::Should => !is_agent && !rest.trim().is_empty() && unknown.is_none(),
        Level::Exact => is_agent || head.starts_with("recording") || head.starts_with("documents of "),
    };
    (!is_good).then(|| format!("{} ({}): [{source}]", claim.id, claim.level))
}

#[test]
fn every_claim_rests_on_what_its_level_demands() {
    let mut scripts = suite();
    scripts.extend(derived_of_every_release());
    let claims = claims(&scripts);
    let wrong: Vec<String> = claims.values().flatten().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(claims.len() >= CLAIMS_MIN, "{} claims", claims.len());
}

#[rstest]
#[case::no_schema("must    OWN-001  x  [qemu-ga]")]
#[case::no_command("must    OWN-001  x  [schema: guest-pong]")]
#[case::nothing("should  OWN-001  x")]
#[case::no_client("should  OWN-001  x  [qemu-ga 1.1]")]
#[case::schema_for_a_text("exact   OWN-001  x  [schema: guest-ping]")]
fn a_claim_that_rests_on_something_else_is_found(#[case] line: &str) {
    let text = format!("session s\n\n{line}\n>       {{\"execute\": \"guest-ping\"}}\n<       {{\"return\": {{}}}}\n");
    let script = qga_engine::parse("s.session", &text).expect("a good script");
    assert!(script.claims().all(|(_, claim)| wrong(claim).is_some()));
}

/// No written claim has the id of a derived one, and one id says one thing.
#[test]
fn an_id_says_one_thing() {
    let (written, derived) = (claims(&suite()), claims(&derived_of_every_release()));
    let both: Vec<_> = written.keys().filter(|it| derived.contains_key(*it)).collect();
    assert!(both.is_empty(), "{both:?}");
    for (id, claims) in written {
        let said: BTreeSet<_> = claims.iter().map(|it| (it.level, &it.text)).collect();
        assert_eq!(said.len(), 1, "{id}: {said:?}");
    }
}

/// Each row of the schema is covered by a claim, or no script can show it.
#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_the_schema_is_covered() {
    let coverage = measure(suite(), Thoroughness::Any)
        .await
        .expect("images that there are");
    let (text, _) = text(&coverage);
    let is_gap = |it: &&str| it.contains("WITHOUT A CLAIM") || it.contains("SAID TO BE");
    let gaps: Vec<&str> = text.lines().filter(is_gap).collect();
    assert!(gaps.is_empty(), "{gaps:#?}");
}

/// Without the scripts there are gaps, and they are told.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_script_covers_is_told() {
    let coverage = measure(suite().into_iter().take(20).collect(), Thoroughness::Any)
        .await
        .expect("images");
    let (text, is_whole) = text(&coverage);
    assert!(!is_whole && text.contains("WITHOUT A CLAIM"), "{text}");
}

#[rstest]
#[case::written(&["explain", "RESYNC-003"], "explain-written")]
#[case::of_an_old_release(&["explain", "resync-003", "--as", "1.1"], "explain-old")]
#[case::derived(&["explain", "DFILEREAD-100"], "explain-derived")]
#[case::json(&["explain", "--json", "PING-001"], "explain-json")]
fn a_claim_is_explained(#[case] words: &[&str], #[case] name: &str) {
    let ended = run(words);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, ended.output);
    });
}

#[test]
fn every_written_claim_can_be_shown_on_some_agent() {
    let written = claims(&suite());
    let mut words = vec!["explain", "--json"];
    words.extend(written.keys().map(String::as_str));
    let ended = run(&words);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let all: Vec<serde_json::Value> = serde_json::from_str(&ended.output).expect("an array");
    let not_shown = all
        .iter()
        .filter(|it| it["exchange"]["wire"].as_array().is_none_or(Vec::is_empty));
    let not_shown: Vec<_> = not_shown.map(|it| it["id"].to_string()).collect();
    assert!(not_shown.is_empty(), "{not_shown:?}");
    assert_eq!(all.len(), written.len());
}

#[test]
fn a_claim_that_is_not_there_is_a_mistake() {
    let ended = run(&["explain", "RESINC-003"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .errors
            .contains("no claim is called `RESINC-003`\n  help: did you mean RESYNC-0"),
        "{}",
        ended.errors
    );
}

/// Each claim that the table names is there.
#[test]
fn the_table_of_other_suites_names_claims_that_there_are() {
    let table = include_str!("../../COVERAGE.md");
    let known = claims(&[suite(), derived_of_every_release()].concat());
    let words = table.split(|it: char| !(it.is_ascii_alphanumeric() || it == '-'));
    let is_id = |it: &&str| qga_engine::script::ClaimId::new(it).is_some();
    let named: BTreeSet<&str> = words.filter(is_id).collect();
    let unknown: Vec<_> = named.iter().filter(|it| !known.contains_key(**it)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(named.len() > 100, "{} claims are named", named.len());
    let rows = table
        .lines()
        .filter(|it| it.starts_with("| ") && !it.starts_with("| ---"));
    let empty: Vec<&str> = rows.filter(|it| it.contains("|  |")).collect();
    assert!(empty.is_empty(), "{empty:?}");
}
