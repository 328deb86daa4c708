//! From 3.1 to 10.0.

use super::*;

const NO_VALUE: &str = "! JSON parse error, expecting value";

#[test]
fn after_a_bad_byte_everything_is_skipped_up_to_a_new_beginning() {
    let stray_at = "! JSON parse error, stray '@'";
    let stray_ff = "! JSON parse error, stray '\\xff'";
    check(
        "7.2",
        &[
            (b"@@@ x\t1 {}", &[stray_at, "{}"]),
            (b"@@\n@@", &[stray_at, stray_at]),
            (b"@ ]{}", &[stray_at, NO_VALUE, "{}"]),
            (b"{\"execute\":@\"x\",1}", &[stray_at, NO_VALUE, "1", NO_VALUE]),
            (b"\xFF\xFF{}", &[stray_ff, stray_ff, "{}"]),
            (b"\"ab\x00\"", &["! JSON parse error, stray '\"ab'"]),
            (b"\"ab\nc", &["! JSON parse error, stray '\"ab\\n'"]),
            (b"-}{}", &["! JSON parse error, stray '-}'", "{}"]),
            (b"{\"a\":12\xFF{}", &[stray_ff, "{}"]),
        ],
    );
}

#[test]
fn the_first_complaint_is_made_at_the_end() {
    check(
        "7.2",
        &[
            (b"{\"a\" 1 , [ {", &[]),
            (b"{\"a\" 1 , [ { }]}", &["! JSON parse error, missing : in object pair"]),
            (
                b"{\"a\":[1 2],\"b\"}",
                &["! JSON parse error, expected separator in list"],
            ),
            (b"{\"a\":1 2}", &["! JSON parse error, expected separator in dict"]),
            (
                b"{\"a\":1]}",
                &["! JSON parse error, expected separator in dict", NO_VALUE],
            ),
            (b"{a:1}", &["! JSON parse error, invalid keyword 'a'"]),
            (b"{true:1}", &["! JSON parse error, key is not a string in object"]),
            (b"{[]:1}", &["! JSON parse error, key is not a string in object"]),
            (b"{[1 2]:1}", &["! JSON parse error, expected separator in list"]),
            (b"{,}", &[NO_VALUE]),
            (b"[1,]", &[NO_VALUE]),
            (b"{\"a\":1,\"\\u0061\":2}", &["! JSON parse error, duplicate key"]),
            (b"{\"a\" 1 \xFF", &["! JSON parse error, stray '\\xff'"]),
            (b"\"\\q\" ", &["! JSON parse error, invalid escape sequence in string"]),
        ],
    );
    check("3.1", &[(b"{\"a\":1,\"a\":2}", &[r#"{"a": 2}"#])]);
}

#[test]
fn strings_are_modified_utf_8() {
    let not_utf8: &[&str] = &["! JSON parse error, invalid UTF-8 sequence in string"];
    check(
        "7.2",
        &[
            (
                b"\"\xC3\xA9\xC0\x80\xF0\x9F\x98\x80\"",
                &[r#""\u00E9\u0000\uD83D\uDE00""#],
            ),
            (br#""\u0000\uD83D\ude00'\'""#, &[r#""\u0000\uD83D\uDE00''""#]),
            (b"\"\xC3\"", not_utf8),
            (b"\"\xC1\xBF\"", not_utf8),
            (b"\"\xED\xA0\x80\"", not_utf8),
            (b"\"\xEF\xBF\xBE\"", not_utf8),
            (b"\"\xF4\x90\x80\x80\"", not_utf8),
            (b"\"\xF8\x88\x80\x80\x80\"", not_utf8),
            (b"\"a\\n\x80\"", not_utf8),
        ],
    );
}

#[test]
fn an_escape_for_no_character_is_quoted() {
    let quoted: [(&str, &str); 8] = [
        (r#""\uD800""#, r"\uD800"),
        (r#""\uD800\u0041""#, r"\uD800"),
        (r#""\uDC00\uD800""#, r"\uDC00"),
        (r#""\uDBFF\uDFFF""#, r"\uDBFF\uDFFF"),
        (r#""\ufffe""#, r"\ufffe"),
        (r#""\u12G4""#, r"\u12G4"),
        (r#""\u12""#, r#"\u12""#),
        (r"'\u'", r"\u'"),
    ];
    for (sent, escape) in quoted {
        let expected = format!("! JSON parse error, {escape} is not a valid Unicode character");
        assert_eq!(frames("7.2", sent.as_bytes()), [expected]);
    }
}

#[test]
fn a_long_complaint_is_cut_but_not_a_stray_token() {
    let long = "x".repeat(2000);
    let keyword = frames("7.2", format!("{long} ").as_bytes());
    assert_eq!(keyword[0].len(), "! JSON parse error, ".len() + 1023);
    let stray = frames("7.2", format!("\"{long}\n").as_bytes());
    assert_eq!(stray[0], format!("! JSON parse error, stray '\"{long}\\n'"));
}

#[test]
fn closed_braces_are_overlooked_within_brackets_before_5_0() {
    let separator = "! JSON parse error, expected separator in list";
    check("4.2", &[(b"[1}}{}", &[]), (b"[1}}]{}", &[separator, "{}"])]);
    check("5.0", &[(b"[1}}{}", &[separator, NO_VALUE, "{}"])]);
}
