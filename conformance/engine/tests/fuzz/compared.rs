//! Two agents held against each other.

use super::ERROR;
use qga_engine::fuzz::judge::Expected;
use qga_engine::fuzz::{Argument, Call, End, Likeness, Property, Raw, Session, Step, Transcript, Violation, compare};
use qga_engine::script::Level;
use rstest::rstest;

/// How two agents differ that answer each step with these lines.
fn difference(steps: Vec<Step>, one: &[&[&str]], other: &[&[&str]]) -> Option<Violation> {
    let transcript = |answers: &[&[&str]]| {
        let mut transcript = Transcript::new(answers.len());
        for (at, lines) in answers.iter().enumerate() {
            lines
                .iter()
                .for_each(|it| transcript.line(at, format!("{it}\n").as_bytes()));
            transcript.end(at, End::Complete);
        }
        transcript.end = End::Complete;
        transcript
    };
    let likeness = Likeness {
        level: Level::Exact,
        folders: ["/a".to_owned(), "/b".to_owned()],
        same_machine: true,
    };
    compare(&Session { steps }, &transcript(one), &transcript(other), &likeness)
}

/// How far a file reaches, its filesystem decides: what comes after that is no likeness.
#[rstest]
#[case::far(i64::MAX, None)]
#[case::near(5 << 30, Some(Property::Outcome))]
fn how_far_a_file_reaches_is_not_compared(#[case] offset: i64, #[case] found: Option<Property>) {
    let seek = |offset| {
        let whence = ("whence", Argument::Int(0));
        let offset = ("offset", Argument::Int(offset));
        Step::Call(Call::with(
            "guest-file-seek",
            [("handle", Argument::Int(7)), offset, whence],
        ))
    };
    let told = r#"{"return": {"position": 0, "eof": false}}"#;
    let one: [&[&str]; 2] = [&[told], &[told]];
    let other: [&[&str]; 2] = [&[ERROR], &[ERROR]];
    let differs = difference(vec![seek(offset), seek(0)], &one, &other);
    assert_eq!(differs.map(|it| it.property), found);
}

/// The line of several that differs is the one that is expected otherwise.
#[test]
fn the_line_that_differs_is_told() {
    let raw = Step::Raw(Raw {
        bytes: b"]]".to_vec(),
        ..Raw::default()
    });
    let like = r#"{"error": {"class": "GenericError", "desc": "same"}}"#;
    let (one, other) = (
        r#"{"error": {"class": "GenericError", "desc": "a"}}"#,
        r#"{"error": {"class": "GenericError", "desc": "b"}}"#,
    );
    let found = difference(vec![raw], &[&[like, one]], &[&[like, other]]).expect("a difference");
    assert_eq!(found.property, Property::Bytes);
    assert!(matches!(found.expected, Expected::Line(1, _)), "{:?}", found.expected);
}
