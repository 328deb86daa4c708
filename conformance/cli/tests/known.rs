//! The list of known failures, from end to end: both directions, its last day, its
//! mistakes, and failures that go away.

mod common;

use common::{Ended, hostile, run, script};
use rstest::rstest;
use std::fs;
use tempfile::TempDir;

/// A script with a claim that the simulated agent fails, and one that it meets.
const SCRIPT: &str = "\
session what fails and what holds

must    OWN-001  echo another id
>       {\"execute\": \"guest-ping\", \"id\": 7}
<       {\"return\": {}, \"id\": 8}

must    OWN-002  echo the id
>       {\"execute\": \"guest-ping\", \"id\": 7}
<       {\"return\": {}, \"id\": 7}
";

fn with_list(list: &str) -> Ended {
    let folder = TempDir::new().expect("a folder");
    let path = script(folder.path(), "own.session", SCRIPT);
    let known = script(folder.path(), "known.toml", list);
    run(&["run", &path, "--known", &known])
}

#[rstest]
#[case::empty("# nothing\n", 1, "FAIL          OWN-001", "verdict: DOES NOT CONFORM")]
#[case::listed(
    "[[known]]\nclaim = \"OWN-001\"\nreason = \"ids are new here\"\n",
    0,
    "known failure OWN-001",
    "verdict: FAILS AS KNOWN"
)]
#[case::holds(
    "[[known]]\nclaim = \"OWN-001\"\nreason = \"r\"\n[[known]]\nclaim = \"OWN-002\"\nreason = \"r\"\n",
    1,
    "STALE         OWN-002",
    "verdict: STALE LIST"
)]
#[case::last_day_to_come(
    "[[known]]\nclaim = \"OWN-001\"\nreason = \"r\"\nuntil = \"9999-12-31\"\n",
    0,
    "known failure OWN-001",
    "verdict: FAILS AS KNOWN"
)]
#[case::over(
    "[[known]]\nclaim = \"OWN-001\"\nreason = \"r\"\nuntil = 2020-02-29\n",
    1,
    "FAIL          OWN-001",
    "verdict: DOES NOT CONFORM"
)]
fn the_list_decides(#[case] list: &str, #[case] code: i32, #[case] claim: &str, #[case] verdict: &str) {
    let ended = with_list(list);
    assert_eq!(ended.code, Some(code), "{}{}", ended.output, ended.errors);
    let claim = claim.to_lowercase();
    assert!(ended.output.to_lowercase().contains(&claim), "{}", ended.output);
    assert!(ended.output.contains(verdict), "{}", ended.output);
    let over = ended
        .errors
        .contains("known.toml:1: excused until 2020-02-29, which is over");
    assert_eq!(over, list.contains("2020"), "{}", ended.errors);
}

#[test]
fn a_mistake_in_the_list_is_placed() {
    let ended = with_list("[[known]]\nclaim = \"SYNC-01\"\nreason = \"r\"\n");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .errors
            .contains("known.toml:2: no claim is called SYNC-01; did you mean SYNC-0"),
        "{}",
        ended.errors
    );
}

/// An agent that, of the times it is started, is silent at those named.
fn silent_at(times: &str, folder: &TempDir) -> String {
    let count = folder.path().join("count");
    let choice = format!(
        "echo >> {count}; case $(wc -l < {count}) in {times}) kind=silent;; *) kind=good;; esac; exec {agent}",
        count = count.display(),
        agent = hostile("$kind")
            .replace("'$kind'", "$kind")
            .replace("{socket}", "\"$1\"")
    );
    format!("sh -c {} sh {{socket}}", shell_words::quote(&choice))
}

const PING: &str = "\
session an agent answers

must    OWN-001  answer guest-ping
>       {\"execute\": \"guest-ping\"}
<       {\"return\": {}}
";

/// The first time it is asked what it is, then come the script and its second run.
#[rstest]
#[case::never("9", 0, "verdict: CONFORMS at must: 1 of 1")]
#[case::once("2", 1, "verdict: UNSTABLE at must: 0 of 1")]
#[case::each_time("2|3", 1, "verdict: DOES NOT CONFORM at must: 0 of 1")]
fn what_fails_once_is_unstable_and_never_passed(#[case] times: &str, #[case] code: i32, #[case] verdict: &str) {
    let folder = TempDir::new().expect("a folder");
    let path = script(folder.path(), "own.session", PING);
    let agent = silent_at(times, &folder);
    let ended = run(&["run", &path, "--spawn", &agent, "--timeout", "400ms", "--as", "7.2"]);
    assert_eq!(ended.code, Some(code), "{}{}", ended.output, ended.errors);
    assert!(ended.output.contains(verdict), "{}", ended.output);
    let starts = fs::read_to_string(folder.path().join("count")).expect("it was started");
    assert_eq!(starts.lines().count(), 2 + usize::from(code == 1));
}

#[test]
fn a_list_is_brought_up_to_date_from_a_run_and_from_its_report() {
    let folder = TempDir::new().expect("a folder");
    let path = script(folder.path(), "own.session", SCRIPT);
    let list = "# Mine.\n\n[[known]]\nclaim = \"OWN-002\"\nreason = \"r\"\n";
    let [one, two] = ["one.toml", "two.toml"].map(|it| script(folder.path(), it, list));
    let report = folder.path().join("report.json").display().to_string();
    run(&["run", &path, "--report", &format!("json={report}"), "-q"]);
    for words in [
        vec!["known", "update", &one, &path, "-q"],
        vec!["known", "update", &two, &path, "--from", &report],
    ] {
        let ended = run(&words);
        assert_eq!(ended.code, Some(0), "{}", ended.errors);
        assert!(
            ended.output.contains("+ OWN-001 not looked at yet: "),
            "{}",
            ended.output
        );
    }
    let [one_text, two_text] = [&one, &two].map(|it| fs::read_to_string(it).expect("a list"));
    assert_eq!(one_text, two_text);
    assert!(
        one_text.starts_with("# Mine.\n") && one_text.contains("OWN-001"),
        "{one_text}"
    );
    // OWN-002 holds, but is shown by no script of the suite, so that nothing else can fail it.
    assert!(!one_text.contains("OWN-002"), "{one_text}");
    let ended = run(&["run", &path, "--known", &one]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
}

/// An agent that answers wrongly is not given up, however often it does so: what is
/// listed must not hide what comes later.
#[test]
fn many_known_failures_hide_no_other() {
    let folder = TempDir::new().expect("a folder");
    let mut list = String::new();
    for number in 1..=12 {
        let text = format!(
            "session {number}\n\nmust    OWN-{number:03}  answer\n>       {{\"execute\": \"guest-ping\"}}\n<       {{\"return\": 7}}\n"
        );
        script(folder.path(), &format!("{number:02}.session"), &text);
        if number < 12 {
            list += &format!("[[known]]\nclaim = \"OWN-{number:03}\"\nreason = \"r\"\n");
        }
    }
    let scripts = folder.path().display().to_string();
    let lists = TempDir::new().expect("a folder");
    let known = script(lists.path(), "known.toml", &list);
    let ended = run(&["run", &scripts, "--jobs", "1", "--known", &known]);
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(ended.output.contains("OWN-012 (must)"), "{}", ended.output);
}
