//! The cases that are derived from the schema: the simulated agent passes them in every
//! release that was recorded, and a kept case is a script like any other.

mod common;

use common::run;
use qga_fixtures::schema::{Evidence, RELEASES};
use rstest::rstest;
use tempfile::TempDir;

#[test]
fn every_recorded_release_passes_its_own() {
    for release in RELEASES.iter().filter(|it| it.evidence == Evidence::Recorded) {
        let target = format!("builtin:{release}");
        let ended = run(&["run", "derived:", "--target", &target, "--allow", "all", "-q"]);
        let verdict = ended.output.lines().last().unwrap_or_default();
        assert!(
            verdict.starts_with("verdict: CONFORMS at exact"),
            "{release}: {}",
            ended.output
        );
        assert!(verdict.contains(" 0 not testable"), "{release}: {verdict}");
    }
}

#[rstest]
#[case::of_a_command(&["derived:guest-sync"], 8)]
#[case::of_a_kind(&["derived:guest-sync/types"], 1)]
#[case::of_a_claim(&["DSYNC-200"], 1)]
#[case::beside_others(&["derived:guest-sync/types", "SYNC-001"], 2)]
#[case::twice(&["derived:guest-sync/types", "derived:guest-sync/types"], 1)]
fn they_are_named_on_the_command_line(#[case] words: &[&str], #[case] scripts: usize) {
    let ended = run(&[&["run", "-q"], words].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let count = format!("({scripts} script{})", if scripts == 1 { "" } else { "s" });
    assert!(ended.output.trim_end().ends_with(&count), "{}", ended.output);
}

#[rstest]
#[case::no_such_command(&["run", "derived:guest-pong"], "did you mean guest-ping?")]
#[case::no_such_kind(&["run", "derived:guest-ping/typos"], "nothing called derived:guest-ping/typos is derived")]
#[case::not_in_this_release(&["run", "DGETLOAD-900", "--target", "builtin:5.2"], "for release 5.2 on linux")]
#[case::no_such_command_to_derive(&["derive", "guest-pong"], "no release has a command guest-pong")]
fn what_is_not_there_ends_with_2(#[case] words: &[&str], #[case] message: &str) {
    let ended = run(words);
    assert_eq!(ended.code, Some(2), "{}", ended.output);
    assert!(ended.errors.contains(message), "{}", ended.errors);
}

#[test]
fn they_can_be_left_out() {
    let ended = run(&["run", "--no-derived", "-q"]);
    assert!(!ended.output.contains("derived:"), "{}", ended.output);
    let whole = run(&["run", "-q"]);
    assert!(whole.output.contains("(derived:guest-ping/id)"), "{}", whole.output);
}

#[test]
fn a_kept_case_is_a_script_for_its_own_release() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().display().to_string();
    let kept = run(&[
        "derive",
        "--as",
        "10.0",
        "guest-file-seek",
        "guest-get-load",
        "--out",
        &path,
    ]);
    assert_eq!((kept.code, kept.output.as_str()), (Some(0), ""), "{}", kept.errors);
    assert_eq!(run(&["fmt", "--check", &path]).code, Some(0), "they are canonical");
    let own = run(&["run", &path, "--target", "builtin:10.0", "-q"]);
    assert!(own.output.contains("verdict: CONFORMS at exact"), "{}", own.output);
    let other = run(&["run", &path, "--target", "builtin:5.2", "-q"]);
    assert!(other.output.contains("NOTHING JUDGED"), "{}", other.output);
}

/// Case by case, what the schema says of a command, as a person reads it.
#[test]
fn a_command_in_print() {
    let printed = run(&["derive", "--as", "11.1", "guest-file-seek", "guest-set-vcpus"]);
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("derive", printed.output);
    });
}
