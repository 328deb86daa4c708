//! Campaigns on agents that are right, and on such that are wrong in one thing: the
//! ones are not accused, and of the others a script of a few lines is made that shows
//! what is wrong.

mod common;

use common::{Elsewhere, Ended, run, script, start, wrong};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use qga_conformance::fuzz::hunter::{Hunter, Hunting};
use qga_conformance::fuzz::memory::WARM_REQUESTS;
use qga_conformance::judge::{self, Judge};
use qga_conformance::target::{DEFAULT_IMAGE, Kind, RunFolder, Spawn, Target, Template, adopt_orphans, find_release};
use qga_engine::RunConfig;
use qga_engine::fuzz::{Call, Rules, Session, Step};
use qga_engine::script::Level;
use qga_fixtures::schema::System;
use rstest::rstest;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;

/// The most lines of a script that shows one fault.
const LINES_MAX: usize = 8;

fn fuzz(target: &[&str], more: &[&str]) -> Ended {
    common::fuzz(&[target, more].concat())
}

#[rstest]
#[case::drops("drops-a-reply", "answers", &["--focus", "guest-get-host-name"])]
#[case::twice("answers-twice", "unasked", &[])]
#[case::sentinel("no-ff", "sync", &[])]
#[case::id("no-id", "id", &[])]
#[case::json("bad-json", "reply-form", &[])]
#[case::result("wrong-type", "result-form", &[])]
#[case::types("takes-wrong-types", "refuses", &[])]
#[case::unknown("knows-everything", "offered", &[])]
#[case::closed("takes-closed-handles", "closed", &[])]
#[case::position("one-off", "position", &[])]
#[case::output("loses-output", "program", &["--focus", "guest-exec"])]
#[case::deaf("ignores-ff", "recovers", &[])]
#[case::death("dies", "alive", &[])]
#[case::words("other-words", "bytes", &["--oracle", "model"])]
fn what_is_wrong_is_found_and_shown_by_a_script(#[case] kind: &str, #[case] property: &str, #[case] more: &[&str]) {
    let (command, out) = (wrong(kind), TempDir::new().expect("a folder"));
    let target = [
        "--spawn",
        &command,
        "--as",
        "7.2",
        "--level",
        "exact",
        "--timeout",
        "1s",
    ];
    let folder = out.path().display().to_string();
    let ended = fuzz(
        &target,
        &[&["--cases", cases(kind), "--jobs", "1", "--out", &folder], more].concat(),
    );
    assert_eq!(ended.code, Some(1), "{kind}: {}{}", ended.output, ended.errors);
    let (file, text) =
        finding(out.path(), property).unwrap_or_else(|| panic!("{kind}: no {property} in {}", ended.output));
    let lines = text.lines().filter(|it| !it.is_empty()).count();
    assert!(lines <= LINES_MAX, "{kind}: {text}");
    let again = run(&[&["run", &file], &target[..]].concat());
    assert_eq!(again.code, Some(1), "{kind}: {text}\n{}", again.output);
}

/// An agent that loses replies costs a second for each.
fn cases(kind: &str) -> &'static str {
    if kind == "drops-a-reply" { "64" } else { "4000" }
}

/// The script of a finding about a property: its file and what is in it.
fn finding(folder: &Path, property: &str) -> Option<(String, String)> {
    let files = fs::read_dir(folder).ok()?.flatten().map(|it| it.path());
    let mut named = files.filter(|it| {
        it.file_name()
            .is_some_and(|it| it.to_string_lossy().starts_with(&format!("{property}-")))
    });
    let file = named.next()?;
    Some((file.display().to_string(), fs::read_to_string(&file).ok()?))
}

#[test]
fn an_agent_that_grows_is_found() {
    let command = wrong("leaks");
    let target = ["--spawn", &command, "--as", "7.2", "--level", "exact"];
    let ended = fuzz(&target, &["--cases", "10000", "--jobs", "1"]);
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(ended.output.contains("FOUND  memory FUZZ-025"), "{}", ended.output);
}

#[test]
fn what_is_behind_a_socket_that_was_there_may_grow() {
    let agent = Elsewhere::start("leaks");
    let target = ["--target", &agent.target(), "--as", "7.2", "--level", "exact"];
    let ended = fuzz(&target, &["--cases", "10000"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_agent_is_warmed_up_anew() {
    let mut hunter = hunter(&wrong("leaks")).await;
    let warm_up = pings(WARM_REQUESTS);
    let mut growth = async |ends: bool, session: &Session| {
        if ends {
            hunter.end().await;
        }
        hunter.try_session(session).await.expect("an agent");
        hunter.growth()
    };
    assert_eq!(growth(false, &warm_up).await, None, "it is warm");
    assert!(growth(false, &warm_up).await.is_some(), "it has grown");
    let twice = pings(2 * WARM_REQUESTS);
    assert_eq!(growth(true, &twice).await, None, "the next one is warm");
}

fn pings(count: u64) -> Session {
    let steps = (0..count).map(|_| Step::Call(Call::plain("guest-ping")));
    Session { steps: steps.collect() }
}

/// Someone who tries sessions on agents of a command, as 7.2.
async fn hunter(command: &str) -> Hunter {
    adopt_orphans();
    let release = find_release("7.2").expect("a release");
    let target = Target {
        kind: Kind::Spawn(Spawn {
            template: Template::parse(command).expect("a good command"),
            release,
            folder: RunFolder::new(None).expect("a folder"),
            own_scratch: None,
        }),
        deviation: None,
        chunk: None,
        start_timeout: Duration::from_secs(5),
    };
    let config = RunConfig::new(Level::Exact, release);
    let patience = config.timeout;
    let facts = judge::ask(&target, DEFAULT_IMAGE, patience).await.expect("an agent");
    let rules = Rules::new(Level::Exact, release, System::Linux).with(facts.offered.clone(), true, true);
    let (_, stop) = watch::channel(false);
    Hunter::new(Arc::new(Hunting {
        resync: facts.resync.expect("it answers"),
        image: DEFAULT_IMAGE.to_owned(),
        rules,
        other: None,
        patience,
        judge: Judge::new(target, config, facts, stop),
        right: Default::default(),
    }))
}

#[rstest]
#[case::spawned(&["--cases", "4000"])]
#[case::compared(&["--cases", "4000", "--oracle", "model"])]
#[case::in_pieces(&["--cases", "1000", "--chunk", "3"])]
fn a_right_agent_behind_a_socket_is_not_accused(#[case] more: &[&str]) {
    let command = wrong("in-nothing");
    let ended = fuzz(
        &["--spawn", &command, "--as", "7.2", "--level", "exact", "--allow", "all"],
        more,
    );
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
}

#[rstest]
fn the_simulated_agent_of_every_release_is_not_accused() {
    for release in qga_fixtures::schema::RELEASES.iter() {
        let target = format!("builtin:{release}");
        let ended = fuzz(&["--target", &target, "--allow", "all"], &["--cases", "3000"]);
        assert_eq!(ended.code, Some(0), "{release}: {}{}", ended.output, ended.errors);
    }
}

#[test]
fn two_releases_differ_and_the_differences_are_told_by_command() {
    let ended = fuzz(
        &["--target", "builtin:7.2", "--level", "exact"],
        &["--cases", "3000", "--against", "builtin:2.5"],
    );
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(ended.output.contains("FOUND  bytes FUZZ-028"), "{}", ended.output);
}

/// What its machine cannot do is not held against an agent.
#[rstest]
#[case::no_processors("container")]
#[case::no_files("read-only")]
#[case::no_room("full-disk")]
#[case::another_system("windows")]
#[case::a_freeze_that_fails("broken-freeze")]
fn a_right_agent_on_an_odd_machine_is_not_accused(#[case] guest: &str) {
    let target = ["--target", "builtin:10.0", "--guest", guest, "--allow", "all"];
    let ended = fuzz(&target, &["--level", "exact", "--cases", "6000"]);
    assert_eq!(ended.code, Some(0), "{guest}: {}", ended.output);
}

#[test]
fn the_same_seed_gives_the_same_cases_however_many_jobs_there_are() {
    let coverage = |jobs: &str| {
        let ended = fuzz(
            &["--target", "builtin:10.0"],
            &["--cases", "2000", "--jobs", jobs, "--report", "json=-"],
        );
        let report: serde_json::Value = serde_json::from_str(&ended.output).expect("a report");
        (report["steps"].clone(), report["coverage"].clone())
    };
    assert_eq!(coverage("1"), coverage("3"));
}

#[test]
fn shards_are_the_whole_and_are_joined() {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let part = |shard: &[&str], name: &str| {
        let report = format!("json={}", file(name));
        let ended = fuzz(
            &["--target", "builtin:7.2"],
            &[&["--cases", "960", "--report", &report], shard].concat(),
        );
        assert_eq!(ended.code, Some(0), "{}", ended.output);
    };
    part(&[], "whole.json");
    part(&["--shard", "1/2"], "1.json");
    part(&["--shard", "2/2"], "2.json");
    let joined = format!("json={}", file("joined.json"));
    let merged = run(&["report", "merge", &file("1.json"), &file("2.json"), "--report", &joined]);
    assert_eq!(merged.code, Some(0), "{}{}", merged.output, merged.errors);
    let read = |name: &str| {
        serde_json::from_str::<serde_json::Value>(&fs::read_to_string(file(name)).expect("a file")).expect("a report")
    };
    let (whole, joined) = (read("whole.json"), read("joined.json"));
    for member in ["cases", "steps", "coverage"] {
        assert_eq!(whole[member], joined[member], "{member}");
    }
    let half = run(&["report", "merge", &file("1.json")]);
    assert_eq!(half.code, Some(2), "a shard is missing: {}", half.output);
}

#[test]
fn past_failures_are_replayed_first() {
    let folder = TempDir::new().expect("a folder");
    let text = |id| {
        format!(
            "session a ping\n\nmust    FUZZ-001  answer  [schema]\n>       {{\"execute\": \"guest-ping\"}}\n<       {{\"return\": {id}}}\n"
        )
    };
    script(folder.path(), "fixed.session", &text("{}"));
    let corpus = folder.path().display().to_string();
    let words = ["--cases", "32", "--corpus", &corpus];
    let ended = fuzz(&["--target", "builtin"], &words);
    assert_eq!(ended.code, Some(0), "{}", ended.output);
    assert!(
        ended.output.contains("FIXED  ") && ended.errors.contains("FIXED  "),
        "{}",
        ended.output
    );
    script(folder.path(), "failing.session", &text("7"));
    let ended = fuzz(&["--target", "builtin"], &words);
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(ended.output.contains("STILL FAILS  "), "{}", ended.output);
}

#[test]
fn scripts_of_the_corpus_that_an_interruption_kept_from_running_are_told_as_not_run() {
    let folder = TempDir::new().expect("a folder");
    let text = |wait: &str, reply: &str| {
        format!(
            "session a ping\n\n{wait}must    FUZZ-001  answer  [schema]\n>       {{\"execute\": \"guest-ping\"}}\n<       {{\"return\": {reply}}}\n"
        )
    };
    script(folder.path(), "a-failing.session", &text("", "7"));
    script(folder.path(), "b-waiting.session", &text("wait    50s\n", "{}"));
    script(folder.path(), "c-good.session", &text("", "{}"));
    let (corpus, report) = (folder.path().display().to_string(), folder.path().join("report.json"));
    let (agent, to) = (wrong("in-nothing"), format!("json={}", report.display()));
    let words = ["fuzz", "--seed", "1", "--as", "7.2", "--cases", "100000000"];
    let running = start(&[&words[..], &["--spawn", &agent, "--corpus", &corpus, "--report", &to]].concat());
    while !running.errors_so_far().contains("STILL FAILS") {
        sleep(Duration::from_millis(5));
    }
    kill(Pid::from_raw(running.number().cast_signed()), Signal::SIGINT).expect("it runs");
    let ended = running.wait();
    assert_eq!(ended.code, Some(130), "{}{}", ended.output, ended.errors);
    assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
    assert_eq!(ended.left, Vec::<u32>::new());
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(report).expect("a report")).expect("JSON");
    assert_eq!(report["cases"], 0);
    let told: Vec<&str> = ended.output.lines().filter(|it| it.contains(&corpus)).collect();
    let words: Vec<&str> = told.iter().filter_map(|it| it.split("  ").next()).collect();
    assert_eq!(words, ["STILL FAILS", "NOT RUN", "NOT RUN"], "{}", ended.output);
}

#[rstest]
#[case::nobody(&["--target", "unix:/nowhere/at/all"], 3, "cannot connect")]
#[case::focus(&["--focus", "guest-pig"], 2, "did you mean guest-ping?")]
#[case::not_allowed(&["--focus", "guest-file-read", "--allow", "none"], 2, "no case can be made")]
#[case::form(&["--report", "junit=-"], 2, "known are text, json")]
fn mistakes_are_told(#[case] words: &[&str], #[case] status: i32, #[case] message: &str) {
    let ended = fuzz(words, &["--cases", "32"]);
    assert_eq!(ended.code, Some(status), "{}", ended.errors);
    assert!(ended.errors.contains(message), "{}", ended.errors);
}
