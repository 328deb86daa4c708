//! The command line is a contract: options, words, exit statuses and what is
//! written where.

mod common;

use common::{Ended, example, hostile, run, script, start};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use std::fs;
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

/// A script that every agent passes.
const GOOD: &str = "\
session an agent answers

must    OWN-001  answer guest-ping
>       {\"execute\": \"guest-ping\"}
<       {\"return\": {}}
";
/// The same with one expectation made wrong.
const WRONG: &str = "\
session an agent answers

must    OWN-001  answer guest-ping
>       {\"execute\": \"guest-ping\", \"id\": 7}
<       {\"return\": {}, \"id\": 8}
";

fn with_script(text: &str, more: &[&str]) -> Ended {
    let folder = TempDir::new().expect("a folder");
    let path = script(folder.path(), "own.session", text);
    run(&[&["run", &path], more].concat())
}

#[rstest]
#[case::program("help", &["--help"])]
#[case::run_short("help-run-short", &["run", "-h"])]
#[case::run_long("help-run", &["run", "--help"])]
#[case::fmt("help-fmt", &["fmt", "--help"])]
#[case::list("help-list", &["list", "--help"])]
#[case::derive("help-derive", &["derive", "--help"])]
#[case::snapshot("help-snapshot", &["snapshot", "--help"])]
#[case::diff("help-diff", &["diff", "--help"])]
#[case::explain("help-explain", &["explain", "--help"])]
#[case::known("help-known", &["known", "--help"])]
#[case::report("help-report", &["report", "--help"])]
#[case::report_merge("help-report-merge", &["report", "merge", "--help"])]
#[case::report_summary("help-report-summary", &["report", "summary", "--help"])]
fn help_teaches(#[case] name: &str, #[case] words: &[&str]) {
    let ended = run(words);
    assert_eq!(ended.code, Some(0));
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, ended.output);
    });
}

#[rstest]
#[case::nothing_asked(&[], "Usage: qga-conformance")]
#[case::no_such_command(&["rum"], "a similar subcommand exists: 'run'")]
#[case::no_such_option(&["run", "--tagret", "builtin"], "a similar argument exists: '--target'")]
#[case::no_such_target(&["run", "--target", "tcp:1"], "a target is builtin, builtin:RELEASE, unix:PATH or spawn:COMMAND")]
#[case::no_such_release(&["run", "--as", "7.3"], "there is no release 7.3: known are 0.15,")]
#[case::no_such_level(&["run", "--level", "exakt"], "did you mean exact?")]
#[case::no_such_effect(&["run", "--allow", "files,frezee"], "did you mean freeze?")]
#[case::no_such_format(&["run", "--report", "htm=x"], "did you mean html? known are text, json, junit, tap, github")]
#[case::no_such_shard(&["run", "--shard", "6/5"], "there is no part 6 of 5")]
#[case::shards_of_nobody(&["run", "--shards", "5"], "which of the 5 shards is this?")]
#[case::no_report(&["report", "merge", "/dev/null"], "cannot use /dev/null: it is no JSON report")]
#[case::no_such_report(&["report", "merge", "/nowhere.json"], "cannot read /nowhere.json: No such file")]
#[case::two_targets(&["run", "--target", "builtin", "--spawn", "x {socket}"], "cannot be used with")]
#[case::no_socket(&["run", "--spawn", "qemu-ga"], "it has no {socket}")]
#[case::no_chunk(&["run", "--chunk", "0"], "a whole number of 1 or more is wanted")]
#[case::no_jobs(&["run", "--jobs", "0"], "a whole number of 1 or more is wanted")]
#[case::no_unit(&["run", "--timeout", "5"], "such as 500ms or 5s")]
#[case::no_such_word(&["run", "SYNC-0O1"], "no script, folder or claim is called `SYNC-0O1`")]
#[case::no_such_word_to_list(&["list", "frameing"], "no script, folder or claim is called `frameing`")]
#[case::no_such_file(&["fmt", "/nowhere.session"], "cannot read /nowhere.session: No such file")]
#[case::no_script(&["run", "/proc/self/task"], "there is no script in /proc/self/task")]
#[case::unwritable_report(&["run", "SYNC-001", "--report", "json=/nowhere/report"], "cannot write the report /nowhere/report")]
fn a_mistake_ends_with_2_and_says_what_to_do(#[case] words: &[&str], #[case] message: &str) {
    let ended = run(words);
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(ended.errors.contains(message), "{}", ended.errors);
}

#[test]
fn a_script_that_does_not_parse_ends_with_2_and_is_shown() {
    let ended = with_script("session broken\n\nmust    OWN-001  be fine\n>>      {}\n", &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.errors.contains("own.session:4:1: "), "{}", ended.errors);
    assert!(
        ended.errors.contains(">>      {}"),
        "the line is shown: {}",
        ended.errors
    );
    assert_eq!(ended.output, "");
}

#[test]
fn a_script_with_an_unknown_guest_image_ends_with_2() {
    let ended = with_script(&GOOD.replace("answers\n", "answers\nguest   defualt\n"), &[]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.errors.contains("own.session: there is no guest image defualt"),
        "{}",
        ended.errors
    );
    assert!(ended.errors.contains("did you mean default?"), "{}", ended.errors);
}

#[rstest]
#[case::nobody_there(&["--target", "unix:/nowhere/socket"], "cannot connect to /nowhere/socket: No such file")]
#[case::no_socket(&["--target", "unix:/dev/null"], "cannot connect to /dev/null")]
#[case::no_program(&["--spawn", "/nowhere/agent {socket}"], "cannot run /nowhere/agent: No such file")]
fn a_target_that_is_not_there_ends_with_3(#[case] target: &[&str], #[case] message: &str) {
    let ended = with_script(GOOD, target);
    assert_eq!(ended.code, Some(3), "{}", ended.errors);
    assert!(ended.errors.contains(message), "{}", ended.errors);
    assert!(ended.errors.contains("help: "), "{}", ended.errors);
}

#[test]
fn a_socket_path_that_is_too_long_is_explained() {
    let target = format!("unix:/tmp/{}", "x".repeat(120));
    let ended = with_script(GOOD, &["--target", &target]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.errors.contains("at most 107 bytes"), "{}", ended.errors);
}

#[test]
fn what_holds_ends_with_0_and_what_fails_with_1() {
    let good = with_script(GOOD, &[]);
    assert_eq!(good.code, Some(0), "{}", good.errors);
    assert!(
        good.output
            .ends_with("verdict: CONFORMS at exact: 1 of 1 claims hold, 0 not testable (1 script)\n")
    );
    let wrong = with_script(WRONG, &[]);
    assert_eq!(wrong.code, Some(1), "{}", wrong.errors);
    assert!(
        wrong
            .output
            .contains("DOES NOT CONFORM at exact: 0 of 1 claims hold, 1 fail"),
        "{}",
        wrong.output
    );
}

#[test]
fn a_failure_tells_the_command_that_shows_it_again() {
    let folder = TempDir::new().expect("a folder");
    let path = script(folder.path(), "own.session", WRONG);
    let first = run(&[
        "run",
        &path,
        "--target",
        "builtin:10.0",
        "--level",
        "must",
        "--chunk",
        "3",
        "-q",
    ]);
    let again = first
        .output
        .lines()
        .find_map(|it| it.trim().strip_prefix("again"))
        .expect("a command");
    let words = shell_words::split(again.trim()).expect("it can be given to a shell");
    assert_eq!(words.first().map(String::as_str), Some("qga-conformance"));
    let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    assert_eq!(run(&words).output, first.output);
}

#[rstest]
#[case::virtual_time("builtin", "")]
#[case::real_time("spawn", "1")]
fn any_cut_gives_the_same_verdict(#[case] target: &str, #[case] _why: &str) {
    let spawn = hostile("good");
    let target = if target == "spawn" {
        ["--spawn", &spawn]
    } else {
        ["--target", target]
    };
    for (text, code) in [(GOOD, 0), (WRONG, 1)] {
        for chunk in ["1", "7", "1000000"] {
            let ended = with_script(text, &[target[0], target[1], "--chunk", chunk]);
            assert_eq!(ended.code, Some(code), "{chunk}: {}{}", ended.output, ended.errors);
        }
        assert_eq!(with_script(text, &target).code, Some(code));
    }
}

#[test]
fn a_claim_named_by_its_id_is_judged_alone() {
    let one = run(&["run", "SYNC-002"]);
    assert_eq!(one.code, Some(0), "{}", one.errors);
    assert!(one.output.contains("1 of 1 claims hold"), "{}", one.output);
    let two = run(&["run", "SYNC-002", "SYNC-001", "SYNC-002"]);
    assert!(
        two.output.contains("2 of 2 claims hold, 0 not testable (1 script)"),
        "{}",
        two.output
    );
    let all = run(&["run", "SYNC-002", "sync/echo"]);
    assert!(
        all.output.contains("3 of 3 claims hold, 0 not testable (1 script)"),
        "{}",
        all.output
    );
}

#[test]
fn reports_go_where_they_are_asked_to() {
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let to = |format: &str| format!("{format}={}", at(format).display());
    let ended = with_script(
        WRONG,
        &[
            "--report",
            &to("text"),
            "--report",
            &to("json"),
            "--report",
            &to("junit"),
            "--report",
            "json=-",
        ],
    );
    assert_eq!(ended.code, Some(1));
    let json = fs::read_to_string(at("json")).expect("a report");
    assert_eq!(ended.output, json, "standard output has the report alone");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["scripts"][0]["claims"][0]["id"], "OWN-001");
    let text = fs::read_to_string(at("text")).expect("a report");
    assert!(text.contains("verdict: DOES NOT CONFORM"));
    assert!(
        ended.errors.contains(&text),
        "the text is still seen, beside the report"
    );
    assert!(
        fs::read_to_string(at("junit"))
            .expect("a report")
            .contains("<testsuite")
    );
}

/// Nothing fails in it, but something the agent owes was not put to the test.
#[test]
fn what_was_not_reached_is_not_passed_over() {
    let script = "session s\n\nmust    OWN-002  close what was opened\n>       {\"execute\": \"guest-ping\"}\n\
        onlyif  before 1.0\n<       {\"return\": _ as $opened}\n>       {\"execute\": \"guest-sync\", \"arguments\": {\"id\": $opened}}\n\
        <       {\"return\": _}\n";
    let ended = with_script(script, &[]);
    assert!(ended.output.contains("NOT REACHED"), "{}", ended.output);
    assert!(ended.output.contains("verdict: INCOMPLETE"), "{}", ended.output);
    assert_eq!(ended.code, Some(1), "{}", ended.output);
}

#[test]
fn the_level_decides_what_is_judged() {
    let script = "session s\n\nexact   OWN-002  say it so\n>       {\"execute\": \"no-such-thing\"}\n<       {\"error\": {\"class\": \"Other\", \"desc\": str}}\n";
    assert_eq!(with_script(script, &["--level", "exact"]).code, Some(1));
    assert_eq!(with_script(script, &[]).code, Some(1), "builtin is judged at exact");
    let must = with_script(script, &["--level", "must"]);
    assert_eq!(must.code, Some(0), "{}", must.output);
    assert!(must.output.contains("NOTHING JUDGED"), "{}", must.output);
}

#[test]
fn what_is_not_allowed_is_not_run() {
    let script =
        "session s\n\nmust    OWN-003  thaw\n>       {\"execute\": \"guest-fsfreeze-thaw\"}\n<       {\"return\": 0}\n";
    let not = with_script(script, &[]);
    assert!(not.output.contains("not testable  OWN-003"), "{}", not.output);
    assert!(not.output.contains("effect not allowed: freeze"), "{}", not.output);
    let allowed = with_script(script, &["--allow", "freeze"]);
    assert!(allowed.output.contains("pass          OWN-003"), "{}", allowed.output);
}

#[rstest]
#[case::interrupt(Signal::SIGINT, 130)]
#[case::terminate(Signal::SIGTERM, 143)]
fn a_signal_ends_the_run_and_its_agents(#[case] signal: Signal, #[case] code: i32) {
    let spawn = hostile("silent");
    let running = start(&["run", "--spawn", &spawn, "--timeout", "60s", "--as", "7.2", "sync"]);
    let mark = running.folder.path().display().to_string();
    while common::alive(&mark).is_empty() {
        sleep(Duration::from_millis(5));
    }
    kill(Pid::from_raw(running.number().cast_signed()), signal).expect("it runs");
    let ended = running.wait();
    assert_eq!(ended.code, Some(code), "{}", ended.errors);
    assert!(ended.took < Duration::from_secs(10), "{:?}", ended.took);
    assert_eq!(ended.left, Vec::<u32>::new());
    assert!(ended.litter.is_empty(), "{:?}", ended.litter);
}

#[test]
fn scripts_are_formatted_and_checked() {
    let folder = TempDir::new().expect("a folder");
    let ugly = script(folder.path(), "ugly.session", &GOOD.replace("must    OWN", "must OWN"));
    let folder_name = folder.path().display().to_string();
    let check = run(&["fmt", "--check", &folder_name]);
    assert_eq!(check.code, Some(1), "{}", check.errors);
    assert!(
        check.errors.contains(&format!("not in canonical form: {ugly}")),
        "{}",
        check.errors
    );
    let fmt = run(&["fmt", &ugly]);
    assert_eq!(fmt.code, Some(0), "{}", fmt.errors);
    assert_eq!(fs::read_to_string(&ugly).expect("a script"), GOOD);
    assert_eq!(run(&["fmt", "--check", &folder_name]).code, Some(0));
    script(folder.path(), "broken.session", "sesion x\n");
    let broken = run(&["fmt", "--check", &folder_name]);
    assert_eq!(broken.code, Some(2));
    assert!(broken.errors.contains("broken.session:1:1"), "{}", broken.errors);
}

#[test]
fn scripts_and_claims_are_listed() {
    let text = run(&["list", "SYNC-001"]);
    assert_eq!(text.code, Some(0));
    assert!(
        text.output
            .starts_with("sync/echo.session  guest-sync gives its id back\n  SYNC-001    must   return")
    );
    assert!(text.output.ends_with("1 scripts, 1 claims\n"), "{}", text.output);
    let json = run(&["list", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json.output).expect("JSON");
    assert_eq!(value.as_array().map(Vec::len), Some(qga_fixtures::sessions().len()));
}

#[test]
fn the_suite_inside_runs_from_any_folder() {
    let ended = run(&["run", "--allow", "all", "-q"]);
    assert!(ended.output.contains("verdict: "), "{}", ended.errors);
    assert_eq!(ended.errors, "", "quiet is quiet");
}

/// An agent whose files are its own, and whose name says nothing of that.
#[test]
fn an_agent_that_does_not_see_this_machines_files_makes_them_in_its_own() {
    let program = example("wrong-agent").display().to_string();
    let spawn = format!("{} none {{socket}} default", shell_words::quote(&program));
    let ended = run(&["run", "--spawn", &spawn, "--as", "7.2", "-q", "file/seek", "file/write"]);
    assert_eq!(ended.code, Some(0), "{}", ended.output);
    assert!(ended.output.contains("CONFORMS"), "{}", ended.output);
}
