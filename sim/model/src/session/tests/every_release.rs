//! What holds in every release, for all bytes.

use proptest::prelude::*;

use super::*;
use crate::json::Dict;

/// Pieces that mean something to some parser, one or more to a line.
const PIECES: &str = r#"{ } [ ] : , { } [ ] "a" "id" 'b' " ' \ "a\n" "\u00e9" "\ud800" '\\ \/ "\u12"
    0 -0 01 1.5 1e5 1e 5. - 18446744073709551616 true null tru %d %u %I64d % %l @ {} [] {"a":1} {"a" 1
    [[[[ ]]]] {"execute":"guest-ping"} {"a":[-7,true],"b":{"c":"","d":[]}} {"id":0,"id":1} "arguments" "execute": "0123456789012345678901234567890123456789""#;

/// Pieces that are no text, or blank.
const BYTES: &[&[u8]] = &[
    b" ",
    b"\n",
    b"\r\n",
    b"\t",
    b"\x00",
    b"\x01",
    b"\x7F",
    b"\x80",
    b"\xC0",
    b"\xF5",
    b"\xFE",
    b"\xFF",
    b"\"\xC3\xA9\"",
    b"\"\xC3\"",
];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = PIECES.split_whitespace().map(str::as_bytes).collect();
    let piece = prop_oneof![
        4 => prop::sample::select(words).prop_map(<[u8]>::to_vec),
        2 => prop::sample::select(BYTES).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

/// Frames of bytes that come in the given sizes, over and over.
fn feed_cut(session: &mut Session, bytes: &[u8], sizes: &[usize]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (part, after) = rest.split_at((*size).min(rest.len()));
        frames.extend(feed(session, part));
        rest = after;
    }
    frames
}

fn any_release() -> impl Strategy<Value = &'static Release> {
    (0..RELEASES.len()).prop_map(|at| &RELEASES[at])
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_frames(
        release in any_release(),
        bytes in bytes(),
        sizes in prop::collection::vec(1..9_usize, 1..8),
    ) {
        let whole = feed(&mut Session::new(release), &bytes);
        let cut = feed_cut(&mut Session::new(release), &bytes, &sizes);
        prop_assert_eq!(whole, cut);
    }

    #[test]
    fn after_0xff_the_next_request_is_read(release in any_release(), bytes in bytes()) {
        let mut session = Session::new(release);
        feed(&mut session, &bytes);
        let frames = feed(&mut session, &[b"\xFF", SYNC.as_bytes()].concat());
        let last = frames.last().map(|frame| show(release, frame));
        prop_assert_eq!(last.as_deref(), Some(SYNC_VALUE));
    }

    #[test]
    fn bytes_are_taken_to_the_last_and_give_few_frames(
        release in any_release(),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut session = Session::new(release);
        prop_assert!(feed(&mut session, &bytes).len() <= 2 * bytes.len());
        prop_assert_eq!(session.feed(b""), (0, None));
    }

    /// Reading turns the order within a bucket round, so that it takes two
    /// readings to get back to the same text.
    #[test]
    fn what_is_written_reads_the_same(release in any_release(), value in value()) {
        prop_assume!(release.null_is_a_value);
        let text = written(release, &value);
        let again = reread(release, &reread(release, &text));
        prop_assert_eq!(again, text);
    }
}

/// Reads a text and writes what was read.
fn reread(release: &'static Release, text: &str) -> String {
    let frames = feed(&mut Session::new(release), format!("{text} ").as_bytes());
    let shown: Vec<String> = frames.iter().map(|frame| show(release, frame)).collect();
    shown.concat()
}

/// Values that every release with `null` writes without loss.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e15..1e15).prop_map(|number: f64| Value::from(number.trunc() + 0.5)),
        "[ -~\t\n\u{e9}\u{20ac}]{0,40}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 40, 8, |inner| {
        let member = ("[a-z]{0,3}", inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..8).prop_map(Value::from),
            prop::collection::vec(member, 0..8).prop_map(|members| {
                let members = members.into_iter().map(|(key, value)| (key.into_bytes().into(), value));
                Value::from(members.collect::<Dict>())
            }),
        ]
    })
}

#[test]
fn a_value_ends_with_its_last_byte_or_the_byte_after_it() {
    for release in &RELEASES {
        let mut session = Session::new(release);
        assert_eq!(session.feed(b"{\"a\":[]}{").0, 8, "{release}");
        assert_eq!(session.feed(b"{}").0, 2, "{release}");
        assert_eq!(session.feed(b"42"), (2, None), "{release}");
        let frame = Frame::Value(Value::Int(42));
        assert_eq!(session.feed(b"}"), (0, Some(frame)), "{release}");
    }
}

#[test]
fn what_one_client_leaves_the_next_one_continues() {
    for release in &RELEASES {
        let mut session = Session::new(release);
        assert_eq!(feed(&mut session, b"{\"execute\":\"guest-pi"), []);
        let joined = feed(&mut session, b"ng\"}");
        let value = Dict::new().with("execute", "guest-ping");
        assert_eq!(joined, [Frame::Value(value.into())], "{release}");
    }
}
