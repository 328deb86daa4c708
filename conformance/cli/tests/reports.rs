//! Reports as files: each form that a run can write, shards that are joined to the
//! whole, and agents side by side.

mod common;

use common::{Ended, run, script};
use rstest::rstest;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A claim that holds, and one that no agent keeps.
const MIXED: &str = "\
session an agent answers

must    OWN-001  answer guest-ping
>       {\"execute\": \"guest-ping\"}
<       {\"return\": {}}

must    OWN-002  answer otherwise
>       {\"execute\": \"guest-ping\"}
<       {\"return\": 1}
";

fn json(folder: &Path, name: &str, words: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let report = format!("json={}", path.display());
    let ended = run(&[&["run", "-q", "--report", &report], words].concat());
    assert!(matches!(ended.code, Some(0 | 1)), "{}", ended.errors);
    path
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("a report");
    serde_json::from_str(&text).expect("JSON")
}

/// A report without what differs between two runs of the same.
fn without_times(mut report: Value) -> Value {
    for script in report["scripts"].as_array_mut().expect("scripts") {
        script["took"] = Value::Null;
    }
    report
}

fn merge(files: &[PathBuf], words: &[&str]) -> Ended {
    let files: Vec<String> = files.iter().map(|it| it.display().to_string()).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    run(&[&["report", "merge"], &files[..], words].concat())
}

#[rstest]
#[case("tap", "TAP version 14\n1..2\nok 1 - OWN-001 must answer guest-ping")]
#[case("github", "::error file=")]
#[case("markdown", "## QGA conformance\n\n| agent |")]
#[case("summary", "## QGA conformance\n\n| agent |")]
#[case("html", "<!DOCTYPE html>\n<html lang=\"en\">")]
#[case("badge", "{\n  \"schemaVersion\": 1,")]
#[case("svg", "<svg xmlns=")]
fn each_form_can_be_written(#[case] format: &str, #[case] begins: &str) {
    let folder = TempDir::new().expect("a folder");
    let own = script(folder.path(), "own.session", MIXED);
    let path = folder.path().join("report");
    let to_file = run(&["run", &own, "--report", &format!("{format}={}", path.display())]);
    assert_eq!(to_file.code, Some(1), "{}", to_file.errors);
    let text = fs::read_to_string(&path).expect("a report");
    assert!(text.starts_with(begins), "{text}");
    let to_output = run(&["run", &own, "-q", "--report", &format!("{format}=-")]);
    assert!(to_output.output.starts_with(begins), "{}", to_output.output);
}

#[test]
fn all_shards_together_are_the_whole() {
    let folder = TempDir::new().expect("a folder");
    let words = ["sync", "framing", "channel"];
    let whole = json(folder.path(), "whole.json", &words);
    let shards: Vec<PathBuf> = (1..=3)
        .map(|it| {
            let shard = format!("{it}/3");
            let words = [&words[..], &["--shard", &shard]].concat();
            json(folder.path(), &format!("{it}.json"), &words)
        })
        .collect();
    let joined = folder.path().join("joined.json");
    let to = format!("json={}", joined.display());
    let ended = merge(
        &[shards[2].clone(), shards[0].clone(), shards[1].clone()],
        &["--report", &to],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let (mut joined, whole) = (without_times(read(&joined)), without_times(read(&whole)));
    assert_eq!(joined["shards"]["ran"], serde_json::json!([1, 2, 3]));
    joined.as_object_mut().expect("an object").remove("shards");
    assert_eq!(joined, whole);
}

#[test]
fn a_missing_shard_ends_with_2_after_the_reports_are_written() {
    let folder = TempDir::new().expect("a folder");
    let one = json(folder.path(), "1.json", &["sync", "--shard", "1/2"]);
    assert_eq!(read(&one)["verdict"], "incomplete");
    let path = folder.path().join("joined.tap");
    let ended = merge(&[one], &["--report", &format!("tap={}", path.display()), "--exit-zero"]);
    assert_eq!(ended.code, Some(2), "{}", ended.output);
    assert!(
        ended.errors.contains("shards are missing: 2 of 2 of simulator 7.2"),
        "{}",
        ended.errors
    );
    assert!(path.exists());
}

#[test]
fn agents_stand_side_by_side() {
    let folder = TempDir::new().expect("a folder");
    let own = script(folder.path(), "own.session", MIXED);
    let old = json(folder.path(), "old.json", &["sync", "--target", "builtin:2.0"]);
    let new = json(
        folder.path(),
        "new.json",
        &[&own, "--target", "builtin:10.0", "--name", "mine"],
    );
    let ended = merge(&[old.clone(), new.clone()], &["--report", "json=-"]);
    assert_eq!(ended.code, Some(1), "a claim fails: {}", ended.errors);
    let joined: Value = serde_json::from_str(&ended.output).expect("JSON");
    let names: Vec<&Value> = joined["reports"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| &it["agent"])
        .collect();
    assert_eq!(names, ["simulator 2.0", "mine"]);
    assert!(ended.errors.starts_with("simulator 2.0: verdict: "), "{}", ended.errors);
    assert_eq!(merge(&[old, new], &["--exit-zero"]).code, Some(0));
}

#[test]
fn a_statement_says_what_is_lacking() {
    let folder = TempDir::new().expect("a folder");
    let own = script(folder.path(), "own.session", MIXED);
    let report = json(folder.path(), "own.json", &[&own]).display().to_string();
    let words = [
        "report",
        "summary",
        &report,
        "--url",
        "https://example.org",
        "--date",
        "2027-03-31",
    ];
    let yaml = run(&words);
    assert_eq!(yaml.code, Some(0), "{}", yaml.errors);
    assert!(
        yaml.output.contains("  name: \"simulator 7.2\"\n  version: \"7.2.22\""),
        "{}",
        yaml.output
    );
    assert!(
        yaml.output.contains("\n    OWN-002: \"answer otherwise\"\n"),
        "{}",
        yaml.output
    );
    let path = folder.path().join("statement.json").display().to_string();
    let json = run(&[&words[..], &["--form", "json", "--output", &path]].concat());
    assert_eq!((json.code, json.output.as_str()), (Some(0), ""), "{}", json.errors);
    let statement = read(Path::new(&path));
    assert_eq!(statement["lacking"]["fail"]["OWN-002"], "answer otherwise");
    assert_eq!(statement["implementation"]["url"], "https://example.org");
}
