//! From 11.1.

use super::*;

#[test]
fn the_first_complaint_is_made_at_once_and_the_rest_swallowed() {
    let no_colon = "! 1:6: JSON parse error, expecting ':'";
    check(
        "11.1",
        &[
            (b"{\"a\" 1 ", &[no_colon]),
            (b"{\"a\" 1 , [ {}] : \"b\"} {}", &[no_colon, "{}"]),
            (b"{\"a\" 1 ] {}", &[no_colon, "{}"]),
            (b"{\"a\" 1 \xFF{}", &[no_colon, "{}"]),
            (b"{\"a\" 1 @ {}", &[no_colon, "{}"]),
            (
                b"{\"x\":\"y\"]}",
                &[
                    "! 1:9: JSON parse error, expected ',' or '}'",
                    "! 1:10: JSON parse error, expecting value",
                ],
            ),
            (
                b": , {}",
                &[
                    "! 1:1: JSON parse error, expecting value",
                    "! 1:3: JSON parse error, expecting value",
                    "{}",
                ],
            ),
        ],
    );
}

#[test]
fn keys_are_looked_at_alone() {
    let key: &[&str] = &["! 1:2: JSON parse error, expecting key"];
    check(
        "11.1",
        &[
            (b"{,}", key),
            (b"{a:1}", key),
            (b"{1:2}", key),
            (b"{[]:1}", key),
            (b"{\"a\":1,}", &["! 1:8: JSON parse error, expecting key"]),
            (b"{\"a\":1 ,\"a\":2}", &["! 1:13: JSON parse error, duplicate key"]),
            (b"{\"a\":1 ,\"a\":{}}", &["! 1:14: JSON parse error, duplicate key"]),
            (
                b"{\"\x80\":1}",
                &["! 1:2: JSON parse error, invalid UTF-8 sequence in string"],
            ),
            (b"[1 2]", &["! 1:4: JSON parse error, expected ',' or ']'"]),
            (b"[,]", &["! 1:2: JSON parse error, expecting value"]),
        ],
    );
}

#[test]
fn places_are_counted_over_the_life_of_the_agent() {
    check(
        "11.1",
        &[
            (
                b"\n\n  {\"a\":\n   tru }\n {\"x\" 1}",
                &[
                    "! 4:4: JSON parse error, invalid keyword 'tru'",
                    "! 5:7: JSON parse error, expecting ':'",
                ],
            ),
            (
                b"\"ab\n]",
                &[
                    "! 1:1: JSON parse error, stray '\"ab\\n'",
                    "! 2:2: JSON parse error, expecting value",
                ],
            ),
        ],
    );
}

#[test]
fn a_byte_that_ended_something_else_is_counted_twice() {
    check(
        "11.1",
        &[
            (b"[1:2]", &["! 1:4: JSON parse error, expected ',' or ']'"]),
            (b"[1 :2]", &["! 1:4: JSON parse error, expected ',' or ']'"]),
            (b"[1\n:2]", &["! 2:1: JSON parse error, expected ',' or ']'"]),
            (
                b"\xFF\xFF\xFF",
                &[
                    "! 1:1: JSON parse error, stray '\\xff'",
                    "! 1:3: JSON parse error, stray '\\xff'",
                    "! 1:4: JSON parse error, stray '\\xff'",
                ],
            ),
        ],
    );
}

#[test]
fn every_long_complaint_is_cut() {
    let sent = ["\"", &"x".repeat(2000), "\n"].concat();
    let expected = format!("! 1:1: JSON parse error, stray '\"{}", "x".repeat(1015));
    assert_eq!(frames("11.1", sent.as_bytes()), [expected]);
}
