//! How campaigns of `fuzz` begin and end, what is told of them, and how their reports are
//! joined.

mod common;

use common::{Elsewhere, fuzz, run, script, start, wrong};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a report")).expect("JSON")
}

/// The names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = files.map(|it| it.file_name().display().to_string()).collect();
    names.sort();
    names
}

/// A script of a ping, with lines before its claim; the reply that it expects is right
/// if it is `{}`.
fn ping(head: &str, level: &str, reply: &str) -> String {
    format!(
        "session a ping\n{head}\n{level}    FUZZ-001  answer  [schema]\n>       {{\"execute\": \"guest-ping\"}}\n<       {{\"return\": {reply}}}\n"
    )
}

/// Why nobody can go on. Who dies may have let the next client in before.
const GONE: &str = "cannot connect";
const OUT_OF_STEP: &str = "does not get in step again";

#[rstest]
#[case::dies("dies", "alive", &[GONE, OUT_OF_STEP])]
#[case::hangs("hangs", "answers", &[OUT_OF_STEP])]
#[case::dies_late("dies-late", "alive", &[GONE, OUT_OF_STEP])]
#[case::hangs_late("hangs-late", "answers", &[OUT_OF_STEP])]
fn what_was_seen_of_an_agent_that_does_not_come_back_is_a_finding(
    #[case] kind: &str,
    #[case] property: &str,
    #[case] problems: &[&str],
) {
    let (agent, folder) = (Elsewhere::start(kind), TempDir::new().expect("a folder"));
    let (out, report) = (folder.path().join("out"), folder.path().join("report.json"));
    let (to, target) = (format!("json={}", report.display()), agent.target());
    let target = ["--target", &target, "--as", "7.2", "--allow", "none"];
    let how = ["--timeout", "500ms", "--start-timeout", "500ms", "--cases", "4000"];
    let out_words = ["--out", &out.display().to_string(), "--report", &to];
    let ended = fuzz(&[&target[..], &how, &out_words].concat());
    assert_eq!(ended.code, Some(1), "{}{}", ended.output, ended.errors);
    assert!(
        ended.output.contains(&format!("FOUND  {property} ")),
        "{}",
        ended.output
    );
    assert!(
        ended.output.contains("it could not be looked for again"),
        "{}",
        ended.output
    );
    let is_told = problems.iter().any(|it| ended.errors.contains(it));
    assert!(is_told, "{}", ended.errors);
    let report = json(&report);
    let finding = &report["findings"][0];
    assert_eq!(finding["certainty"], "seen");
    assert_eq!(report["cases"].as_u64() > Some(0), kind.ends_with("-late"), "{report}");
    let file = finding["file"].as_str().expect("a file");
    assert_eq!(fs::read_to_string(file).expect("a script"), finding["script"]);
    let again = run(&[
        "run",
        file,
        "--spawn",
        &wrong(kind),
        "--as",
        "7.2",
        "--timeout",
        "500ms",
    ]);
    assert_eq!(again.code, Some(1), "{}", again.output);
}

#[test]
fn what_ran_before_the_agent_was_gone_is_told() {
    let (agent, folder) = (Elsewhere::start("in-nothing"), TempDir::new().expect("a folder"));
    let report = folder.path().join("report.json");
    // It serves one client at a time.
    let words = [
        "--target",
        &agent.target(),
        "--as",
        "7.2",
        "--jobs",
        "2",
        "--timeout",
        "500ms",
        "--focus",
        "guest-ping",
    ];
    let to = format!("json={}", report.display());
    let ended = fuzz(&[&words[..], &["--cases", "100000000", "--report", &to]].concat());
    assert_eq!(ended.code, Some(3), "{}{}", ended.output, ended.errors);
    assert!(ended.output.contains("nothing found"), "{}", ended.output);
    assert!(ended.errors.contains("does not get in step again"), "{}", ended.errors);
    assert!(json(&report)["cases"].as_u64() > Some(0));
}

#[rstest]
#[case::no_shared_folder("unix", &["--allow", "files"], &["--allow files makes no cases here: no folder is known"])]
#[case::real_machine("unix", &["--allow", "users,clock,power"], &["--allow users,clock,power makes no cases here: only a simulated guest"])]
#[case::other_guest("builtin", &["--guest", "windows", "--allow", "exec,clock"], &["--allow exec,clock makes no cases here: of programs and the machine the usual guest"])]
#[case::not_offered("without=guest-exec", &["--allow", "exec"], &["--allow exec makes no cases here: the agent does not offer guest-exec"])]
#[case::half_offered("without=guest-fsfreeze-thaw", &["--allow", "freeze"], &["--allow freeze makes no cases here: the agent does not offer guest-fsfreeze-thaw"])]
#[case::two_reasons("without=guest-file-seek", &["--allow", "files,exec"], &["--allow files makes no cases here: the agent does not offer guest-file-seek"])]
#[case::all("builtin", &["--allow", "all"], &[])]
#[case::too_old("builtin:0.15", &["--allow", "exec"], &[])]
#[case::not_wanted("unix", &["--allow", "files", "--focus", "guest-ping"], &[])]
fn what_is_allowed_and_makes_no_cases_is_told(#[case] agent: &str, #[case] words: &[&str], #[case] notes: &[&str]) {
    let elsewhere = (agent == "unix").then(|| Elsewhere::start("in-nothing"));
    let target = match &elsewhere {
        Some(it) => it.target(),
        None if agent.starts_with("without") => format!("spawn:{}", wrong(agent)),
        None => agent.to_owned(),
    };
    let release: &[&str] = if agent.starts_with("builtin") {
        &[]
    } else {
        &["--as", "7.2"]
    };
    let ended = fuzz(&[&["--target", &target, "--cases", "32"], release, words].concat());
    let told: Vec<&str> = ended
        .errors
        .lines()
        .filter(|it| it.contains("makes no cases here"))
        .collect();
    assert_eq!(told.len(), notes.len(), "{}", ended.errors);
    for note in notes {
        assert!(told[0].starts_with(&format!("note: {note}")), "{}", ended.errors);
    }
}

#[rstest]
#[case::out_is_a_file("--out", "file")]
#[case::corpus_is_a_file("--corpus", "file")]
#[case::below_a_file("--out", "file/below")]
#[case::proc("--out", "/proc/x")]
fn folders_that_take_no_scripts_are_told_before_anything_is_started(#[case] option: &str, #[case] path: &str) {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("file"), "").expect("a file");
    let path = folder.path().join(path).display().to_string();
    let ended = fuzz(&["--spawn", "/nowhere/at/all {socket}", option, &path]);
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(ended.errors.contains(&path), "{}", ended.errors);
    assert!(!ended.errors.contains("seed"), "{}", ended.errors);
}

#[rstest]
#[case::empty("", "a.session")]
#[case::broken("session\n", "a.session:1")]
fn broken_scripts_of_the_corpus_are_told_before_anything_is_started(#[case] text: &str, #[case] place: &str) {
    let folder = TempDir::new().expect("a folder");
    script(folder.path(), "a.session", text);
    let ended = fuzz(&[
        "--spawn",
        "/nowhere/at/all {socket}",
        "--corpus",
        &folder.path().display().to_string(),
    ]);
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(ended.errors.contains(place), "{}", ended.errors);
}

#[test]
fn a_folder_that_nothing_is_written_to_is_not_made() {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().join("a/b").display().to_string();
    assert_eq!(fuzz(&["--cases", "32", "--out", &out]).code, Some(0));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn a_script_that_cannot_be_written_stops_nothing() {
    let out = TempDir::new().expect("a folder");
    let in_the_way = out.path().join("sync-guest-sync-delimited.session");
    fs::create_dir(&in_the_way).expect("a folder");
    let folder = out.path().display().to_string();
    let ended = fuzz(&[
        "--spawn",
        &wrong("no-ff"),
        "--as",
        "7.2",
        "--cases",
        "320",
        "--jobs",
        "1",
        "--out",
        &folder,
    ]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.output, ended.errors);
    assert!(ended.output.contains("FOUND  sync ") && ended.output.contains("  | session "));
    assert!(ended.output.contains("\n320 cases "), "{}", ended.output);
    let path = in_the_way.display().to_string();
    let told: Vec<&str> = ended.errors.lines().filter(|it| it.contains(&path)).collect();
    assert!(
        told.len() == 1 && told[0].starts_with("error: cannot write"),
        "{}",
        ended.errors
    );
    assert!(in_the_way.is_dir());
    let left = names(out.path());
    assert!(left.iter().all(|it| it.ends_with(".session")), "{left:?}");
}

#[rstest]
#[case::freeze("needs   guest-fsfreeze-freeze\n", "freeze", "must", &[], "effect not allowed: freeze")]
#[case::level("", "ping", "exact", &["--level", "must"], "its claims are above the level of the campaign")]
#[case::image("guest   nowhere\n", "ping", "must", &[], "there is no guest image nowhere")]
#[case::too_old("since   8.0\n", "ping", "must", &[], "release too old: needs 8.0 or later")]
fn scripts_of_the_corpus_that_cannot_be_tested_are_told_as_not_run(
    #[case] head: &str,
    #[case] what: &str,
    #[case] level: &str,
    #[case] words: &[&str],
    #[case] why: &str,
) {
    let folder = TempDir::new().expect("a folder");
    let text = ping(head, level, "7").replace(
        "guest-ping",
        if what == "freeze" {
            "guest-fsfreeze-freeze"
        } else {
            "guest-ping"
        },
    );
    let file = script(folder.path(), "a.session", &text);
    let corpus = folder.path().display().to_string();
    let ended = fuzz(&[&["--cases", "32", "--corpus", &corpus], words].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    let line = format!("NOT RUN  {file}: {why}");
    assert!(ended.output.contains(&line), "{}{}", ended.output, ended.errors);
    assert!(ended.errors.contains(&line), "{}", ended.errors);
}

#[test]
fn an_interrupted_campaign_says_so() {
    let folder = TempDir::new().expect("a folder");
    let report = folder.path().join("report.json");
    let to = format!("json={}", report.display());
    let running = start(&["fuzz", "--cases", "100000000", "--jobs", "1", "--report", &to]);
    while !running.errors_so_far().contains("seed ") {
        sleep(Duration::from_millis(5));
    }
    sleep(Duration::from_millis(300));
    kill(Pid::from_raw(running.number().cast_signed()), Signal::SIGINT).expect("it runs");
    let ended = running.wait();
    assert_eq!(ended.code, Some(130), "{}{}", ended.output, ended.errors);
    let report = json(&report);
    let line = format!("\ninterrupted after {} cases ", report["cases"]);
    assert!(ended.output.contains(&line), "{}", ended.output);
    assert_eq!(report["interrupted"], true);
}

#[test]
fn the_simulated_agent_is_called_by_the_release_that_runs() {
    let ended = fuzz(&["--target", "builtin:7.2", "--as", "10.0", "--cases", "32"]);
    assert!(
        ended.output.contains("simulator 7.2 judged as 10.0 at level exact"),
        "{}",
        ended.output
    );
}

/// Reports of parts of campaigns, by name.
fn parts(folder: &Path) -> impl Fn(&str) -> String {
    let file = |name: &str| folder.join(name).with_extension("json").display().to_string();
    for (name, words) in [
        ("whole", &["--cases", "64"][..]),
        ("1", &["--cases", "64", "--shard", "1/2"]),
        ("2", &["--cases", "64", "--shard", "2/2"]),
        ("third", &["--cases", "64", "--shard", "2/3"]),
        ("longer", &["--cases", "640", "--shard", "2/2"]),
        ("should", &["--cases", "64", "--shard", "2/2", "--level", "should"]),
        ("timed", &["--time", "10ms", "--shard", "2/2"]),
    ] {
        let report = format!("json={}", file(name));
        let ended = fuzz(&[&["--target", "builtin:7.2", "--report", &report], words].concat());
        assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    }
    fs::copy(file("1"), file("copy")).expect("a copy");
    let old = fs::read_to_string(file("2"))
        .expect("a report")
        .replace("  \"planned-cases\": 64,\n", "");
    fs::write(file("old"), old).expect("a report");
    fs::write(
        file("again"),
        fs::read_to_string(file("1"))
            .expect("a report")
            .replace("\"jobs\": ", "\"jobs\": 1"),
    )
    .expect("a report");
    move |name| folder_file(name, &file("x"))
}

fn folder_file(name: &str, like: &str) -> String {
    Path::new(like)
        .with_file_name(name)
        .with_extension("json")
        .display()
        .to_string()
}

#[test]
fn parts_are_joined_once_and_only_with_their_like() {
    let folder = TempDir::new().expect("a folder");
    let file = parts(folder.path());
    for (names, status, message) in [
        (&["1", "2"][..], 0, "all 2 parts"),
        (&["1", "old"], 0, "all 2 parts"),
        (&["1", "timed"], 0, "all 2 parts"),
        (&["1"], 2, "shards are missing: 2 of 2"),
        (&["1", "copy"], 2, "are the same report"),
        (&["1", "again"], 2, "both hold part 1 of 2"),
        (&["whole", "whole"], 2, "are the same report"),
        (
            &["whole", "1"],
            2,
            "the first holds the whole campaign, the second part 1 of 2",
        ),
        (&["1", "2", "whole"], 2, "the second the whole campaign"),
        (&["1", "longer"], 2, "cases planned 64 and 640"),
        (&["1", "third"], 2, "number of shards 2 and 3"),
        (&["1", "should"], 2, "level exact and should"),
    ] {
        let files: Vec<String> = names.iter().map(|it| file(it)).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let merged = run(&[&["report", "merge"], &files[..]].concat());
        let told = format!("{}{}", merged.output, merged.errors);
        assert_eq!(merged.code, Some(status), "{names:?}: {told}");
        assert!(told.contains(message), "{names:?}: {told}");
        if let (2, [.., one, other]) = (status, &files[..]) {
            assert!(told.contains(one) && told.contains(other), "{names:?}: {told}");
        }
    }
}
