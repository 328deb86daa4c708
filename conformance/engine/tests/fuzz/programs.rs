//! What programs are told, how they end, and what they write.

use super::{ERROR, call, status, wrong};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qga_engine::fuzz::{Argument, Call, Property};
use qga_engine::script::Level;
use rstest::rstest;

const STARTED: &str = r#"{"return": {"pid": 7}}"#;

/// What is wrong with what is told of the end of a program.
fn ended(start: Call, told: &str, level: Level) -> Option<Property> {
    let told = format!("{{\"return\": {{\"exited\": true, {told}}}}}");
    wrong(vec![(start.binding(0), STARTED), (status(), &told)], level)
}

#[rstest]
#[case::status("exit 127", r#""exitcode": 127"#, None)]
#[case::another_status("exit 127", r#""exitcode": 1"#, Some(Property::Program))]
#[case::signal("ulimit -c 0 2>/dev/null; kill -34 \\u0024\\u0024", r#""signal": 34"#, None)]
#[case::no_signal(
    "ulimit -c 0 2>/dev/null; kill -34 \\u0024\\u0024",
    r#""signal": 0"#,
    Some(Property::Program)
)]
#[case::core(
    "ulimit -c 0 2>/dev/null; kill -6 \\u0024\\u0024",
    r#""signal": 134"#,
    Some(Property::Program)
)]
fn how_a_program_ends_is_told(#[case] line: &str, #[case] told: &str, #[case] found: Option<Property>) {
    let words = format!("[\"-c\", \"{line}\"]");
    let start = Call::with(
        "guest-exec",
        [
            ("path", Argument::Json("\"/bin/sh\"".into())),
            ("arg", Argument::Json(words.into())),
        ],
    );
    assert_eq!(ended(start, told, Level::Must), found);
}

#[rstest]
#[case::none("[]", "\n", None)]
#[case::some(r#"["wa  b", "w\u0024HOME"]"#, "wa  b w$HOME\n", None)]
#[case::a_dash(r#"["w", "--"]"#, "w --\n", None)]
#[case::no_dash(r#"["w", "--"]"#, "w \n", Some(Property::Program))]
fn words_come_as_they_are_given(#[case] words: &'static str, #[case] output: &str, #[case] found: Option<Property>) {
    let start = call(
        "guest-exec",
        &[("path", "\"/bin/echo\""), ("arg", words), ("capture-output", "true")],
    );
    let told = format!("\"exitcode\": 0, \"out-data\": \"{}\"", STANDARD.encode(output));
    assert_eq!(ended(start, &told, Level::Must), found);
}

#[rstest]
#[case::whole(9000, false, None)]
#[case::said_to_be_cut(9000, true, Some(Property::Program))]
#[case::cut(4096, true, None)]
#[case::cut_and_not_said(4096, false, Some(Property::Program))]
#[case::cut_short(100, true, Some(Property::Program))]
fn an_output_may_be_cut_if_that_is_said(#[case] told: usize, #[case] is_cut: bool, #[case] found: Option<Property>) {
    let input: Vec<u8> = (0..9000u32).map(|it| it.to_le_bytes()[0]).collect();
    let told = STANDARD.encode(&input[..told]);
    let start = Call::with(
        "guest-exec",
        [
            ("path", Argument::Json("\"/bin/cat\"".into())),
            ("input-data", Argument::Base64(input)),
            ("capture-output", Argument::Json("true".into())),
        ],
    );
    let told = format!("\"exitcode\": 0, \"out-data\": \"{told}\", \"out-truncated\": {is_cut}");
    assert_eq!(ended(start, &told, Level::Must), found);
}

/// A number that nobody was given, unless the agent happens to give it.
#[test]
fn a_number_may_be_that_of_a_program() {
    let start = call("guest-exec", &[("path", "\"/bin/true\"")]).binding(0);
    let ask = Call::with("guest-exec-status", [("pid", Argument::Int(1))]);
    let over = r#"{"return": {"exited": true, "exitcode": 0}}"#;
    let with = |pid: &'static str, told| wrong(vec![(start.clone(), pid), (ask.clone(), told)], Level::Exact);
    assert_eq!(with(r#"{"return": {"pid": 1}}"#, over), None);
    assert_eq!(with(STARTED, over), Some(Property::Program));
    assert_eq!(with(STARTED, ERROR), None);
}

/// Who has told of his end may give his number to another.
#[rstest]
#[case::given_again(7, r#"{"return": {"exited": false}}"#, None)]
#[case::nobody_has_it(8, r#"{"return": {"exited": false}}"#, Some(Property::Forgotten))]
#[case::forgotten(8, ERROR, None)]
fn a_number_may_come_again(#[case] next: u64, #[case] told: &str, #[case] found: Option<Property>) {
    let start = |slot| call("guest-exec", &[("path", "\"/bin/true\"")]).binding(slot);
    let over = r#"{"return": {"exited": true, "exitcode": 0}}"#;
    let next = format!("{{\"return\": {{\"pid\": {next}}}}}");
    let calls = vec![
        (start(0), STARTED),
        (status(), over),
        (start(1), next.as_str()),
        (status(), told),
    ];
    assert_eq!(wrong(calls, Level::Should), found);
}
