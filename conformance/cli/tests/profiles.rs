//! `--profile` and `--plan`: what consumers need, and what a run would do.

mod common;

use common::{hostile, run};
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

fn consumers(words: &[&str]) -> (Option<i32>, Vec<Value>) {
    let ended = run(&[&["run", "--report", "json=-", "-q"], words].concat());
    let report: Value = serde_json::from_str(&ended.output).unwrap_or_else(|_| panic!("{}", ended.errors));
    (ended.code, report["consumers"].as_array().cloned().unwrap_or_default())
}

#[rstest]
#[case("seed")]
#[case("core")]
#[case("full")]
#[case("libvirt")]
#[case("kubevirt")]
#[case("proxmox")]
fn the_simulated_agent_satisfies_every_consumer(#[case] profile: &str) {
    let (code, consumers) = consumers(&["--profile", profile, "--allow", "all"]);
    assert_eq!(code, Some(0));
    assert_eq!(consumers.len(), 1);
    assert_eq!(
        (&consumers[0]["profile"], &consumers[0]["standing"]),
        (&profile.into(), &"satisfied".into())
    );
}

#[test]
fn what_an_old_agent_lacks_is_told() {
    let (code, consumers) = consumers(&["--profile", "kubevirt", "--allow", "all", "--target", "builtin:1.1"]);
    assert_eq!(code, Some(0), "what it has is right");
    assert_eq!(consumers[0]["standing"], "lacking");
    let lacks = consumers[0]["lacks"].as_array().expect("a list");
    assert!(
        lacks
            .iter()
            .any(|it| it["command"] == "guest-get-osinfo" && it["disabled"] == false),
        "{lacks:?}"
    );
}

#[test]
fn what_was_not_allowed_was_not_tested() {
    let (code, consumers) = consumers(&["--profile", "proxmox"]);
    assert_eq!(code, Some(0));
    assert_eq!(consumers[0]["standing"], "not-fully-tested");
    assert!(consumers[0]["not-tested"].as_u64() > Some(0));
}

/// The whole suite tells of all of them, in each form that a person reads.
#[test]
fn the_whole_suite_tells_of_every_consumer() {
    let folder = TempDir::new().expect("a folder");
    let paths = ["markdown", "html"].map(|it| folder.path().join(it).display().to_string());
    let ended = run(&[
        "run",
        "--allow",
        "all",
        "-q",
        "--report",
        &format!("markdown={}", paths[0]),
        "--report",
        &format!("html={}", paths[1]),
    ]);
    let texts = paths.map(|it| std::fs::read_to_string(it).expect("a report"));
    for profile in ["seed", "core", "full", "libvirt", "kubevirt", "proxmox"] {
        assert!(
            ended.output.contains(&format!("\n  {profile:<9} satisfied\n")),
            "{}",
            ended.output
        );
        assert!(texts[0].contains(&format!("| {profile} | satisfied |")), "{}", texts[0]);
        assert!(texts[1].contains(&format!("<dt>{profile}</dt><dd>satisfied</dd>")));
    }
    assert!(texts[1].contains("satisfies 6 of 6 consumers"));
}

#[test]
fn a_profile_that_is_not_there_is_a_mistake() {
    let ended = run(&["run", "--profile", "libvrt"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.errors.contains("did you mean libvirt?"), "{}", ended.errors);
}

#[test]
fn a_plan_starts_and_makes_nothing() {
    let folder = TempDir::new().expect("a folder");
    let trace = folder.path().join("started").display().to_string();
    let spawn = format!("sh -c 'touch {trace}; exec {}'", hostile("good").replace('\'', ""));
    let socket = format!("unix:{trace}.sock");
    for target in [["--spawn", &spawn], ["--target", &socket]] {
        let ended = run(&[&["run", "--plan"], &target[..]].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.errors);
        assert!(
            ended.output.contains("Nothing is started, asked or changed."),
            "{}",
            ended.output
        );
        assert!(
            ended.output.contains("\nnot run: effect not allowed: freeze\n"),
            "{}",
            ended.output
        );
        assert!(ended.output.contains("  touches   $tmp/"), "{}", ended.output);
        assert!(ended.litter.is_empty(), "{:?}", ended.litter);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn a_plan_follows_the_command_line() {
    let ended = run(&["run", "--plan", "--allow", "none", "--profile", "core"]);
    assert_eq!(ended.code, Some(0));
    assert!(
        ended
            .output
            .starts_with("builtin:7.2 would be judged as 7.2 on linux at level exact."),
        "{}",
        ended.output
    );
    assert!(ended.output.contains("  effect    reads only\n") && !ended.output.contains("  effect    files\n"));
}
