use super::*;
use rstest::rstest;

fn effects(words: &[Effect]) -> Allowed {
    Allowed(words.iter().copied().chain([Effect::None]).collect())
}

#[rstest]
#[case("5s", Duration::from_secs(5))]
#[case("500ms", Duration::from_millis(500))]
#[case("1ms", Duration::from_millis(1))]
fn durations_are_read(#[case] text: &str, #[case] expected: Duration) {
    assert_eq!(parse_duration(text), Ok(expected));
}

#[rstest]
#[case("5")]
#[case("0s")]
#[case("-1s")]
#[case("1.5s")]
#[case("5 s")]
#[case("s")]
#[case("")]
#[case("99999999999999999999s")]
#[case("5m")]
fn other_durations_are_refused(#[case] text: &str) {
    assert!(parse_duration(text).is_err_and(|it| it.contains("such as 500ms or 5s")));
}

#[rstest]
#[case("files,exec", effects(&[Effect::Files, Effect::Exec]))]
#[case("freeze", effects(&[Effect::Freeze]))]
#[case("none", effects(&[]))]
#[case("all", effects(&Effect::ALL))]
#[case("files, all", effects(&Effect::ALL))]
fn effects_are_read(#[case] text: &str, #[case] expected: Allowed) {
    assert_eq!(parse_allow(text), Ok(expected));
}

#[test]
fn effects_are_written_as_they_are_read() {
    assert_eq!(Allowed::default().to_string(), "files,exec");
    for text in ["none", "files,exec", "users,clock,freeze,power", "all"] {
        assert_eq!(parse_allow(text).map(|it| it.to_string()).as_deref(), Ok(text));
    }
}

#[rstest]
#[case(parse_allow("file").map(|_| ()), "did you mean files?")]
#[case(parse_allow("").map(|_| ()), "known are none, files, exec, users, clock, freeze, power, all")]
#[case(parse_level("exakt").map(|_| ()), "did you mean exact?")]
#[case(parse_level("all").map(|_| ()), "known are must, should, exact")]
#[case(parse_system("windoze").map(|_| ()), "did you mean windows?")]
#[case(parse_release("99").map(|_| ()), "known are 0.15, ")]
#[case(parse_report("xml=out").map(|_| ()), "known are text, json, junit")]
#[case(parse_report("json").map(|_| ()), "the form is FORMAT=PATH")]
#[case(parse_report("json=").map(|_| ()), "the form is FORMAT=PATH")]
fn a_wrong_word_is_answered_with_the_right_ones(#[case] result: Result<(), String>, #[case] message: &str) {
    assert!(result.as_ref().is_err_and(|it| it.contains(message)), "{result:?}");
}

#[rstest]
#[case("junit=a=b.xml", Format::Junit, Some("a=b.xml"))]
#[case("json=-", Format::Json, None)]
#[case("text=./out", Format::Text, Some("./out"))]
fn reports_are_read(#[case] text: &str, #[case] format: Format, #[case] path: Option<&str>) {
    assert_eq!(
        parse_report(text),
        Ok(ReportTo {
            format,
            path: path.map(PathBuf::from)
        })
    );
}
