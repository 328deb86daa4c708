//! Before 3.1.

use super::*;

#[test]
fn every_bad_byte_is_an_error_and_forgets_what_was_open() {
    let bad = "! JSONParsing";
    check(
        "1.0",
        &[
            (b"\xEF\xBB\xBF", &[bad, bad, bad]),
            (b"@\t@ {}", &[bad, bad, "{}"]),
            (b"[[{\xFF{}", &[bad, "{}"]),
            (b"{\"a\":12\xFF34}", &[bad, "34", bad]),
            (b"\"ab\xC0c\"\n\xFF", &[bad, "! invalid keyword `c'", bad]),
            (b"tru\x80e ", &[bad, "! invalid keyword `e'"]),
        ],
    );
    check(
        "2.12",
        &[(
            b"{\"execute\":@\"x\",1}",
            &[
                "! Invalid JSON syntax",
                "\"x\"",
                "! JSON parse error, expecting value",
                "1",
                "! JSON parse error, expecting value",
            ],
        )],
    );
}

#[test]
fn numbers_end_where_no_number_goes_on() {
    check(
        "1.5",
        &[
            (b"0 -0 10 1.50 1e2 ", &["0", "0", "10", "1.5", "100"]),
            (b"01 ", &["! Invalid JSON syntax"]),
            (b"0e1 ", &["0", "! JSON parse error, invalid keyword `e'", "1"]),
            (b"5. ", &["! Invalid JSON syntax"]),
            (b"--1 ", &["! Invalid JSON syntax", "1"]),
        ],
    );
}

#[test]
fn integers_beyond_63_bits_change_with_the_release() {
    let sent: &[u8] = b"9223372036854775808 18446744073709551616 -9223372036854775809 ";
    let clamped = ["9223372036854775807", "9223372036854775807", "-9223372036854775808"];
    let double = ["9223372036854775808", "18446744073709551616", "-9223372036854775808"];
    for (name, expected) in [("0.15", clamped), ("1.5", clamped), ("1.6", double), ("2.12", double)] {
        assert_eq!(frames(name, sent), expected, "{name}");
    }
    let kinds = |name| feed(&mut Session::new(release(name)), sent);
    assert!(matches!(kinds("1.6")[0], Frame::Value(Value::Double(_))));
    assert_eq!(kinds("2.10")[0], Frame::Value(Value::UInt(1 << 63)));
    assert!(matches!(kinds("2.10")[1], Frame::Value(Value::Double(_))));
}

#[test]
fn strings_take_nearly_any_byte_and_only_known_escapes() {
    check(
        "1.5",
        &[
            (b"\"\t\n\x01\x7F\"", &[r#""\t\n\u0001\u007F""#]),
            (b"'it\\'s' '\"'", &["\"it's\"", r#""\"""#]),
            (br#""\b\f\n\r\t\/\\\"\u00e9""#, &[r#""\b\f\n\r\t/\\\"\u00E9""#]),
            (br#""x\u0000y""#, &[r#""xy""#]),
            (br#""\ud83d\ude00""#, &[r#""\uFFFD\uFFFD""#]),
            (b"\"\\x41 ", &["! Invalid JSON syntax", "41"]),
            (b"\"\\u12g4 ", &["! Invalid JSON syntax", "4"]),
            (b"\"\x80\xED\xA0\x80\"", &[r#""\uFFFD\uFFFD""#]),
        ],
    );
    check("1.4", &[(br#""\ud83d\ude00""#, &[r#""\uD83D\uDE00""#])]);
}

#[test]
fn an_escape_turns_single_quotes_before_2_1() {
    check(
        "2.0",
        &[
            (br#"'a\\b"1 "#, &[r#""a\\b\"""#, "1"]),
            (br#"'a\/b'c" "#, &[r#""a/b""#]),
            (br#"'a\nb' "#, &[r#""a\nb""#]),
            (br#""a\\b" "#, &[r#""a\\b""#]),
        ],
    );
    check("2.1", &[(br"'a\\b' ", &[r#""a\\b""#])]);
}

#[test]
fn the_outermost_level_complains_at_the_end() {
    check(
        "1.0",
        &[
            (b"{\"a\":{\"b\" 1},\"c\":2}", &["! Missing value in dict"]),
            (b"[1,[2 3]]", &["! expecting value"]),
            (b"[1 2]", &["! expected separator in list"]),
            (b"{\"a\" 1}", &["! missing : in object pair"]),
            (b"{\"a\":1 \"b\":2}", &["! expected separator in dict"]),
            (b"{\"a\":nul}", &["! Missing value in dict"]),
            (b"{\"a\":}", &["! Missing value in dict"]),
            (b"{a:1}", &["! key is not a string in object"]),
            (b"{,}", &["! key is not a string in object"]),
            (b"{{\"a\":1}:1}", &["! key is not a string in object"]),
            (b"{[1 2]:1}", &["! key is not a string in object"]),
            (b"{\"a\":%d}", &["! Missing value in dict"]),
            (b"[,]", &["! expecting value"]),
            (b"{\"a\":1]}", &["! expected separator in dict", "! JSONParsing"]),
            (b"tru ", &["! invalid keyword `tru'"]),
        ],
    );
    check("2.5", &[(b"tru ", &["! JSON parse error, invalid keyword 'tru'"])]);
}

#[test]
fn a_delimiter_in_front_has_no_name_before_2_5() {
    check("1.0", &[(b", : ] }", &["! JSONParsing"; 4])]);
    let named = "! JSON parse error, expecting value";
    check(
        "2.5",
        &[(b", }", &[named, named]), (b"%d ", &["! Invalid JSON syntax"])],
    );
}

#[test]
fn directives_are_tokens() {
    const BAD: &str = "! Invalid JSON syntax";
    let keyword = "! JSON parse error, invalid keyword 'd'";
    check(
        "2.9",
        &[
            (b"%d%i%p%s%f", &[BAD; 5]),
            (b"%ld%lld%I64d", &[BAD; 3]),
            (b"%u1 ", &[BAD, "1"]),
            (b"%I65d ", &[BAD, keyword]),
            // Within brackets it is a byte that may not be there.
            (b"[%u1 ", &[BAD, "1"]),
        ],
    );
    // Within brackets it is a token that does not fit, and waits for the end.
    check("2.10", &[(b"[%u%lu%llu%I64u", &[])]);
}

#[test]
fn null_and_doubled_keys_change_with_the_release() {
    check("2.3", &[(b"null ", &["! JSON parse error, invalid keyword `null'"])]);
    check("2.4", &[(b"null ", &["null"])]);
    check("2.12", &[(b"{\"a\":1,\"b\":2,\"a\":3}", &[r#"{"a": 3, "b": 2}"#])]);
}
