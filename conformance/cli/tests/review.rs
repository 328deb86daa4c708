//! `snapshot` and `diff`: what is kept, what is refused, what is shown, and how they end.

mod common;

use common::{Ended, run, script};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A script whose error is expected, if the class is right.
fn error_script(class: &str) -> String {
    format!(
        "session an unknown command\n\nmust    OWN-001  refuse it\n>       {{\"execute\": \"guest-nope\"}}\n\
         <       {{\"error\": {{\"class\": \"{class}\", ...}}}}\n"
    )
}

fn snapshot(dir: &Path, words: &[&str]) -> Ended {
    let dir = dir.display().to_string();
    run(&[&["snapshot", "--dir", &dir, "-q"], words].concat())
}

#[test]
fn a_second_run_is_like_the_first_one() {
    let dir = TempDir::new().expect("a folder");
    let words = ["file", "exec", "derived:guest-file-read", "--allow", "files,exec"];
    let first = snapshot(dir.path(), &words);
    assert_eq!(first.code, Some(0), "{}{}", first.output, first.errors);
    assert!(
        first.output.contains(" new, 0 unchanged, 0 changed, 0 refused"),
        "{}",
        first.output
    );
    let second = snapshot(dir.path(), &words);
    assert_eq!(second.code, Some(0), "{}{}", second.output, second.errors);
    assert!(second.output.contains(": 0 new, "), "{}", second.output);
    assert!(second.output.contains(" 0 changed, 0 refused"), "{}", second.output);
    assert!(dir.path().join("derived/guest-file-read/result.snap").is_file());
}

#[test]
fn what_changed_is_shown_and_waits_for_review() {
    let dir = TempDir::new().expect("a folder");
    let kept = dir.path().join("derived/guest-sync/id.snap");
    let new = kept.with_extension("snap.new");
    assert_eq!(snapshot(dir.path(), &["derived:guest-sync/id"]).code, Some(0));
    let right = fs::read_to_string(&kept).expect("a snapshot");
    fs::write(&kept, right.replace("\"return\": 7", "\"return\": 8")).expect("it can be changed");

    let changed = snapshot(dir.path(), &["derived:guest-sync/id"]);
    assert_eq!(changed.code, Some(1), "{}", changed.output);
    assert!(changed.output.contains("\n-<       {"), "{}", changed.output);
    assert!(changed.output.contains("\n+<       {"), "{}", changed.output);
    assert_eq!(fs::read_to_string(&new).expect("it waits for review"), right);

    fs::rename(&new, &kept).expect("it is accepted");
    let accepted = snapshot(dir.path(), &["derived:guest-sync/id"]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.output);
    fs::write(&new, "old").expect("a pending snapshot");
    assert_eq!(snapshot(dir.path(), &["derived:guest-sync/id"]).code, Some(0));
    assert!(!new.exists(), "what is as it was waits no longer");
}

#[test]
fn an_error_is_kept_only_where_it_is_expected() {
    let folder = TempDir::new().expect("a folder");
    let good = script(folder.path(), "good.session", &error_script("CommandNotFound"));
    let bad = script(folder.path(), "bad.session", &error_script("GenericError"));
    let dir = folder.path().join("kept");
    let ended = snapshot(&dir, &[&good, &bad]);
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(
        ended.output.contains("1 new, 0 unchanged, 0 changed, 1 refused"),
        "{}",
        ended.output
    );
    assert!(ended.output.contains("refused: "), "{}", ended.output);
    assert!(
        ended
            .output
            .contains("  line 5: {\"error\": {\"class\": \"CommandNotFound\""),
        "{}",
        ended.output
    );
    let below = dir.join(folder.path().strip_prefix("/").expect("an absolute path"));
    assert!(below.join("good.snap").is_file());
    assert!(!below.join("bad.snap").exists() && !below.join("bad.snap.new").exists());
}

/// The file is held against itself by insta: it finds the text that stands in it.
#[test]
fn insta_reads_what_is_kept() {
    let dir = TempDir::new().expect("a folder");
    assert_eq!(snapshot(dir.path(), &["sync"]).code, Some(0));
    let entry = fs::read_dir(dir.path().join("sync"))
        .expect("snapshots")
        .flatten()
        .next();
    let path = entry.expect("a snapshot").path();
    let file = fs::read_to_string(&path).expect("it is text");
    let mut parts = file.splitn(3, "---\n");
    let (Some(""), Some(header), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
        panic!("a header between two fences: {file}")
    };
    let names: Vec<&str> = header
        .lines()
        .filter_map(|it| it.split_once(": "))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["source", "description", "expression"]);
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    insta::with_settings!({snapshot_path => path.parent().expect("a folder"), prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn rules_of_ones_own_are_added_and_their_mistakes_pointed_at() {
    let folder = TempDir::new().expect("a folder");
    let rules = folder.path().join("rules.toml");
    fs::write(
        &rules,
        "[[redact]]\ncommand = \"guest-info\"\nmember = \"return\"\nwith = \"[info]\"\n",
    )
    .expect("a file");
    let rules = rules.display().to_string();
    let dir = folder.path().join("kept");
    let words = ["derived:guest-info/result", "--redact", &rules];
    assert_eq!(snapshot(&dir, &words).code, Some(0));
    let kept = fs::read_to_string(dir.join("derived/guest-info/result.snap")).expect("a snapshot");
    assert!(kept.contains("<       {\"return\": \"[info]\"}"), "{kept}");

    fs::write(&rules, "[[redact]]\ncommand = \"guest-inof\"\nwith = \"x\"\n").expect("a file");
    let ended = snapshot(&dir, &words);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .errors
            .contains("rules.toml:2:11: no release has a command guest-inof"),
        "{}",
        ended.errors
    );
    assert!(ended.errors.contains("did you mean guest-info?"), "{}", ended.errors);
}

#[test]
fn a_target_that_is_not_there_is_told() {
    let dir = TempDir::new().expect("a folder");
    let gone = "unix:/nowhere/at/all";
    let quick = ["--start-timeout", "100ms"];
    assert_eq!(
        snapshot(dir.path(), &[&["sync", "--target", gone], &quick[..]].concat()).code,
        Some(3)
    );
    assert_eq!(
        run(&[&["diff", "builtin", gone, "sync", "-q"], &quick[..]].concat()).code,
        Some(3)
    );
}

#[test]
fn agents_that_are_alike_do_not_differ() {
    let ended = run(&["diff", "builtin:7.2", "builtin:7.2", "sync", "file/open", "-q"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    assert!(ended.output.contains("\nalike in "), "{}", ended.output);
}

#[test]
fn differences_stand_by_command_and_member() {
    let words = ["diff", "builtin:5.2", "builtin:10.0", "info", "-q", "--no-derived"];
    let ended = run(&words);
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(
        ended
            .output
            .starts_with("--- simulator 5.2 (builtin:5.2)\n+++ simulator 10.0 (builtin:10.0)\n"),
        "{}",
        ended.output
    );
    let version = "\nguest-info\n";
    assert!(ended.output.contains(version), "{}", ended.output);
    assert!(
        ended
            .output
            .contains("  return.version\n    - \"5.2.0\"\n    + \"10.0."),
        "{}",
        ended.output
    );
    assert!(
        ended
            .output
            .contains("only simulator 5.2 can be put to info/order-5.2.session"),
        "{}",
        ended.output
    );

    let ended = run(&[&words[..], &["--json"]].concat());
    assert_eq!(ended.code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&ended.output).expect("it is JSON");
    assert_eq!(json["version"], 1);
    let differences = json["differences"].as_array().expect("differences");
    let version = differences
        .iter()
        .find(|it| it["member"] == "return.version")
        .expect("the version differs");
    assert_eq!(
        (&version["command"], &version["left"]),
        (&"guest-info".into(), &"\"5.2.0\"".into())
    );
}
