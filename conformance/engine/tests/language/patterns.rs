//! Patterns against values: what matches, and where what does not first differs.

use qga_engine::pattern::{MatchError, Unbound, Variables, matches, parse};
use rstest::rstest;
use serde_json::{Value, json};

fn hold(pattern: &str, value: &str) -> Result<Variables, MatchError> {
    let pattern = parse(pattern).unwrap_or_else(|fault| panic!("{fault:?}"));
    let value: Value = serde_json::from_str(value).expect("it is JSON");
    let variables = Variables::from([
        ("fh".to_owned(), json!(1000)),
        ("tmp".to_owned(), json!("/t\"mp")),
        ("obj".to_owned(), json!({"a": 1, "b": [1, 2.0]})),
    ]);
    matches(&pattern, &value, &variables)
}

#[rstest]
#[case("null", "null")]
#[case("true", "true")]
#[case("\"a\"", "\"a\"")]
#[case("\"\\u0061\"", "\"a\"")]
#[case("1", "1")]
#[case("18446744073709551615", "18446744073709551615")]
#[case("-9223372036854775808", "-9223372036854775808")]
#[case("1.0", "1.00")]
#[case("1e3", "1000.0")]
#[case("_", "{\"a\": [null]}")]
#[case("int", "123456789012345678901234567890")]
#[case("num", "1.5")]
#[case("num", "1")]
#[case("str", "\"\"")]
#[case("bool", "false")]
#[case("arr", "[1]")]
#[case("obj", "{}")]
#[case("int(1..3)", "1")]
#[case("int(1..3)", "3")]
#[case("int(..3)", "-123456789012345678901234567890")]
#[case("int(0..)", "18446744073709551616")]
#[case("int(..)", "0")]
#[case("starts(\"ab\")", "\"abc\"")]
#[case("ends(\"bc\")", "\"abc\"")]
#[case("has(\"b\")", "\"abc\"")]
#[case("has(\"$tmp/\")", "\"in /t\\\"mp/x\"")]
#[case("re(\"^[a-c]+$\")", "\"abc\"")]
#[case("re(\"b\")", "\"abc\"")]
#[case("b64(\"World!\\n\")", "\"V29ybGQhCg==\"")]
#[case("$fh", "1000")]
#[case("\"h$fh\"", "\"h1000\"")]
#[case("$obj", "{\"b\": [1, 2.0], \"a\": 1}")]
#[case("1 | \"a\" | null", "null")]
#[case("{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}")]
#[case("{\"a\": 1, ...}", "{\"b\": 2, \"a\": 1}")]
#[case("{\"a\": 1 ...}", "{\"b\": 2, \"a\": 1}")]
#[case("{...}", "{\"b\": 2}")]
#[case("{\"a\"?: 1}", "{}")]
#[case("{\"a\"?: 1}", "{\"a\": 1}")]
#[case("[1, 2]", "[1, 2]")]
#[case("[1, ...]", "[1, 2]")]
#[case("[1, ...]", "[1]")]
#[case("[...]", "[]")]
#[case("some(2)", "[1, 2, 3]")]
#[case("some({\"a\": int, ...})", "[null, {\"a\": \"x\"}, {\"b\": 2, \"a\": 1}]")]
#[case("{\"a\": some(\"x\" | int as $x), \"b\": $x}", "{\"a\": [null, 7, 8], \"b\": 7}")]
#[case("each(int)", "[1, 2, 3]")]
#[case("each(int | null)", "[1, null]")]
#[case("each(int)", "[]")]
#[case("each([int as $x, $x])", "[[1, 1], [2, 2]]")]
#[case("unique(\"a\")", "[{\"a\": 1}, {\"a\": \"1\"}, {\"b\": 1}, {\"b\": 1}, 7]")]
#[case("some(each(1))", "[[1, 2], [1, 1]]")]
#[case("not(1)", "2")]
#[case("not(1 | \"a\")", "\"b\"")]
#[case("not(str)", "1")]
#[case("not(not(1))", "1")]
#[case("each(not({\"a\": 1, ...}))", "[{\"a\": 2}, {\"b\": 1}]")]
#[case("{\"a\": int as $x, \"b\": $x}", "{\"b\": 7, \"a\": 7}")]
fn what_matches(#[case] pattern: &str, #[case] value: &str) {
    if let Err(error) = hold(pattern, value) {
        panic!("{pattern} should match {value}: {error:?}");
    }
}

#[rstest]
#[case("null", "0", "", "null", "0")]
#[case("true", "false", "", "true", "false")]
#[case("\"a\"", "\"A\"", "", "\"a\"", "\"A\"")]
#[case("1", "1.0", "", "1", "1.0")]
#[case("1", "\"1\"", "", "1", "\"1\"")]
#[case("1.0", "1", "", "1.0", "1")]
#[case("9007199254740993", "9007199254740992", "", "9007199254740993", "9007199254740992")]
#[case("int", "1.0", "", "int", "1.0")]
#[case("int", "1e3", "", "int", "1e+3")]
#[case("num", "\"1\"", "", "num", "\"1\"")]
#[case("str", "null", "", "str", "null")]
#[case("bool", "0", "", "bool", "0")]
#[case("arr", "{}", "", "arr", "{}")]
#[case("obj", "[]", "", "obj", "[]")]
#[case("int(1..3)", "0", "", "int(1..3)", "0")]
#[case("int(1..3)", "4", "", "int(1..3)", "4")]
#[case("int(1..3)", "2.0", "", "int(1..3)", "2.0")]
#[case("starts(\"b\")", "\"abc\"", "", "starts(\"b\")", "\"abc\"")]
#[case("ends(\"b\")", "\"abc\"", "", "ends(\"b\")", "\"abc\"")]
#[case("has(\"$tmp\")", "\"abc\"", "", "has(\"$tmp\") with \"/t\\\"mp\"", "\"abc\"")]
#[case("re(\"^b\")", "\"abc\"", "", "re(\"^b\")", "\"abc\"")]
#[case("b64(\"a\")", "\"YQ\"", "", "b64(\"a\"), which is \"YQ==\"", "\"YQ\"")]
#[case("$fh", "1000.0", "", "$fh, which is 1000", "1000.0")]
#[case(
    "$obj",
    "{\"a\": 1, \"b\": [1, 2]}",
    "",
    "$obj, which is {\"a\":1,\"b\":[1,2.0]}",
    "{\"a\":1,\"b\":[1,2]}"
)]
#[case("{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 2}}", "/a/b", "1", "2")]
#[case("{\"a\": {\"b\": 1}}", "{\"a\": {}}", "/a/b", "1", "nothing: it is absent")]
#[case("{\"a\": {}}", "{\"a\": {\"b\": 1}}", "/a/b", "no such member", "1")]
#[case("{\"a\"?: 1}", "{\"a\": null}", "/a", "1", "null")]
#[case("{\"x/~\": 1}", "{\"x/~\": 2}", "/x~1~0", "1", "2")]
#[case("[1, [2]]", "[1, [3]]", "/1/0", "2", "3")]
#[case("[1]", "[1, 2]", "/1", "the end after 1 elements", "2")]
#[case("[1, 2]", "[1]", "/1", "2", "nothing: it is absent")]
#[case("[1, 2, ...]", "[1]", "/1", "2", "nothing: it is absent")]
#[case("{\"a\": some(4)}", "{\"a\": [1, 2]}", "/a", "some(4)", "[1,2]")]
#[case("some(_)", "[]", "", "some(_)", "[]")]
#[case("some(1)", "{\"a\": 1}", "", "some(1)", "{\"a\":1}")]
#[case("each({\"a\": int})", "[{\"a\": 1}, {\"a\": \"x\"}]", "/1/a", "int", "\"x\"")]
#[case("each(1)", "1", "", "each(1)", "1")]
#[case(
    "unique(\"a\")",
    "[{\"a\": 1}, {\"a\": 2}, {\"a\": 1}]",
    "/2/a",
    "another value than in element 0",
    "1"
)]
#[case("unique(\"a\")", "{}", "", "unique(\"a\")", "{}")]
#[case("not(1)", "1", "", "not(1)", "1")]
#[case("{\"a\": not(str)}", "{\"a\": \"x\"}", "/a", "not(str)", "\"x\"")]
#[case(
    "each(not({\"a\": 1, ...}))",
    "[{\"a\": 2}, {\"a\": 1}]",
    "/1",
    "not({\"a\": 1, ...})",
    "{\"a\":1}"
)]
#[case("1 | 2", "3", "", "1 | 2", "3")]
#[case(
    "null | {\"a\": {\"b\": 1 | 2}} | {\"a\": 1}",
    "{\"a\": {\"b\": 3}}",
    "/a/b",
    "1 | 2",
    "3"
)]
#[case("{\"a\": [int] | [str], \"b\": 1}", "{\"a\": [\"x\"], \"b\": 2}", "/b", "1", "2")]
#[case("{\"a\": int as $x, \"b\": $x}", "{\"a\": 7, \"b\": 8}", "/b", "$x, which is 7", "8")]
fn what_does_not(
    #[case] pattern: &str,
    #[case] value: &str,
    #[case] pointer: &str,
    #[case] expected: &str,
    #[case] found: &str,
) {
    match hold(pattern, value) {
        Err(MatchError::Differs(it)) => {
            assert_eq!(
                (&*it.pointer, &*it.expected, &*it.found),
                (pointer, expected, found),
                "{pattern}"
            );
        }
        other => panic!("{pattern} should differ from {value}: {other:?}"),
    }
}

#[test]
fn variables_are_taken_only_by_what_matches() {
    let pattern = "{\"a\": {\"x\": int as $x, \"y\": 1} | {\"x\": _ as $z, ...} as $all}";
    let taken = hold(pattern, "{\"a\": {\"x\": 1, \"y\": 2}}").expect("the second way matches");
    let expected = [("all", json!({"x": 1, "y": 2})), ("z", json!(1))];
    assert_eq!(
        taken,
        Variables::from(expected.map(|(name, value)| (name.to_owned(), value)))
    );
}

#[test]
fn a_variable_without_a_value_is_no_difference() {
    for pattern in ["$no", "\"$no\"", "has(\"$no\")", "b64(\"$no\")", "{\"a\": $no}"] {
        let value = if pattern.starts_with('{') {
            "{\"a\": \"\"}"
        } else {
            "\"\""
        };
        assert_eq!(
            hold(pattern, value),
            Err(MatchError::Unbound(Unbound("no".to_owned()))),
            "{pattern}"
        );
    }
}

/// Alternatives inside alternatives, each failing only at its very end: the work
/// stays linear in the pattern.
#[test]
fn matching_takes_linear_time() {
    let (mut pattern, mut value) = ("0".to_owned(), "1".to_owned());
    for _ in 0..60 {
        pattern = format!("{{\"a\": {pattern}}} | 5");
        value = format!("{{\"a\": {value}}}");
    }
    assert!(hold(&pattern, &value).is_err());
    let wide = format!("[{}]", "{\"a\": 1 | 2 | 3} | {\"a\": 4 | 5}, ".repeat(2000) + "7");
    let items = format!("[{}]", "{\"a\": 5}, ".repeat(2000) + "8");
    assert!(hold(&wide, &items).is_err());
    let text = serde_json::to_string(&"a".repeat(100_000)).expect("it is text");
    assert!(hold("re(\"^(a*)*b$\")", &text).is_err());
}
