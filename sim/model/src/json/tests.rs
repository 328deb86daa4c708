use proptest::prelude::*;
use qga_fixtures::schema::Release;

use super::*;

fn written(release: &str, value: impl Into<Value>) -> String {
    let mut out = Vec::new();
    value.into().write(Release::find(release).unwrap(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn spacing_and_scalars() {
    let value = Dict::new().with("a", vec![Value::Null, true.into(), false.into(), "x".into()]);
    assert_eq!(written("7.2", value), r#"{"a": [null, true, false, "x"]}"#);
    assert_eq!(written("7.2", Dict::new()), "{}");
    assert_eq!(written("7.2", Value::List(Vec::new())), "[]");
    for number in [0, -1, i64::MAX, i64::MIN, 1_000_000] {
        assert_eq!(written("7.2", number), number.to_string());
    }
    assert_eq!(written("7.2", u64::MAX), "18446744073709551615");
}

#[test]
fn members_come_in_the_order_of_the_hash_table() {
    let orders: [&[&str]; 6] = [
        &["return", "id", "error"],
        &["count", "buf-b64", "eof"],
        &["eof", "position"],
        &["class", "desc"],
        &["enabled", "name", "success-response"],
        &[
            "exitcode",
            "err-data",
            "out-data",
            "err-truncated",
            "signal",
            "out-truncated",
            "exited",
        ],
    ];
    for order in orders {
        let dict: Dict = order
            .iter()
            .rev()
            .map(|key| (Key::Borrowed(key.as_bytes()), Value::Null))
            .collect();
        let keys: Vec<&[u8]> = dict.in_hash_order().map(|(key, _)| key).collect();
        assert_eq!(keys, order.iter().map(|key| key.as_bytes()).collect::<Vec<_>>());
    }
}

#[test]
fn in_one_bucket_the_youngest_comes_first_and_a_new_value_changes_no_place() {
    // The second byte weighs 32 times the first: both keys have the same sum.
    let mut dict = Dict::new();
    dict.insert(&b"ab"[..], 1);
    dict.insert(&b"\x81a"[..], 2);
    assert_eq!(keys(&dict), [&b"\x81a"[..], b"ab"]);
    assert!(dict.insert(&b"ab"[..], 3));
    assert_eq!(keys(&dict), [&b"\x81a"[..], b"ab"]);
    assert_eq!(dict.get("ab"), Some(&Value::Int(3)));
}

fn keys(dict: &Dict) -> Vec<&[u8]> {
    dict.in_hash_order().map(|(key, _)| key).collect()
}

#[test]
fn strings_are_ascii() {
    let text = "\"\\/'\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}é€😀";
    assert_eq!(
        written("7.2", text),
        r#""\"\\/'\b\f\n\r\t\u0001\u001F\u007F\u00E9\u20AC\uD83D\uDE00""#
    );
    assert_eq!(
        written("1.4", text),
        "\"\\\"\\\\/'\\b\\f\\n\\r\\t\\u0001\\u001F\u{7f}\\u00E9\\u20AC\\u07D8\\uFFFF\""
    );
}

#[test]
fn bytes_that_are_no_character_are_replaced() {
    let cases: [(&[u8], &str, &str); 6] = [
        (b"\xC0\x80", "\\u0000", "\\u0000"),
        (b"a\x80\xBFb", "a\\uFFFD\\uFFFDb", "a\\uFFFF\\uFFFFb"),
        (b"\xE2\x82x", "\\uFFFDx", "\\uFFFF\\uFFFFx"),
        (b"\xED\xA0\xBD", "\\uFFFD", "\\uD83D"),
        (b"\xFF", "\\uFFFD", "\\uFFFF"),
        (b"end\0not", "end", "end"),
    ];
    for (bytes, strict, loose) in cases {
        assert_eq!(written("7.2", bytes), format!("\"{strict}\""), "{bytes:?}");
        assert_eq!(written("1.4", bytes), format!("\"{loose}\""), "{bytes:?}");
    }
}

#[test]
fn doubles_are_written_as_c_does() {
    for (number, six, seventeen) in [
        (0.1, "0.1", "0.10000000000000001"),
        (1.0 / 3.0, "0.333333", "0.33333333333333331"),
        (1.0, "1", "1"),
        (-0.0, "-0", "-0"),
        (100.0, "100", "100"),
        (1e-7, "0", "9.9999999999999995e-08"),
        (0.0001, "0.0001", "0.0001"),
        (1e16, "10000000000000000", "10000000000000000"),
        (1e17, "100000000000000000", "1e+17"),
        (1.5e300, &format!("{:.0}", 1.5e300), "1.5000000000000001e+300"),
        (f64::INFINITY, "inf", "inf"),
        (f64::NEG_INFINITY, "-inf", "-inf"),
    ] {
        assert_eq!(written("5.2", number), six);
        assert_eq!(written("7.2", number), seventeen);
    }
}

#[test]
fn a_dict_finds_members_whatever_their_number() {
    let key = |number: u64| number.to_string().into_bytes();
    let mut dict = Dict::new();
    for number in 0..1000 {
        assert!(!dict.insert(key(number), number));
    }
    for number in 0..1000 {
        assert!(dict.insert(key(number), number + 1));
        assert_eq!(dict.get(key(number)), Some(&Value::from(number + 1)));
    }
    assert_eq!(dict.len(), 1000);
    assert!(!dict.contains("1000"));
    assert_eq!(dict.take("5"), Some(Value::Int(6)));
    assert_eq!(dict.get("5"), Some(&Value::Null));
}

proptest! {
    #[test]
    fn every_double_reads_back(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        prop_assert_eq!(written("7.2", number).parse::<f64>().unwrap().to_bits(), bits);
    }

    #[test]
    fn whatever_is_written_is_ascii(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        for release in ["1.5", "7.2", "11.1"] {
            let text = written(release, &bytes[..]);
            prop_assert!(text.bytes().all(|byte| (0x20..0x7F).contains(&byte)), "{}", text);
            prop_assert!(serde_json::from_str::<String>(&text).is_ok(), "{}", text);
        }
    }
}

#[test]
fn a_long_string_is_written_as_a_short_one_is() {
    let window = super::write::SEARCHED_AT_ONCE;
    for at in [0, 1, window - 1, window, window + 1, 2 * window] {
        let before = "x".repeat(at);
        assert_eq!(written("7.2", before.as_str()), format!("\"{before}\""));
        assert_eq!(
            written("7.2", format!("{before}\"é\0y")),
            format!("\"{before}\\\"\\u00E9\"")
        );
    }
}

proptest! {
    #[test]
    fn base64_is_written_as_its_text_is(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = crate::base64::encode(&bytes);
        prop_assert_eq!(written("7.2", Value::Base64(bytes)), written("7.2", text));
    }
}
