//! Depth, tokens and bytes: what happens at the limit and one beyond it.

use super::*;
use crate::lexer::TOKEN_BYTES_MAX;
use crate::parser::{LEVELS_MAX, TOKENS_MAX};

const LEVELS: usize = LEVELS_MAX as usize;

fn nested(open: &str, depth: usize, close: &str) -> Vec<u8> {
    [open.repeat(depth), close.repeat(depth)].concat().into_bytes()
}

#[test]
fn as_many_levels_as_the_limit_are_read() {
    for release in &RELEASES {
        let frames = feed(&mut Session::new(release), &nested("[", LEVELS, "]"));
        assert!(matches!(frames[..], [Frame::Value(Value::List(_))]), "{release}");
    }
}

#[test]
fn one_level_more_is_each_generations_own_affair() {
    let limit = "! JSON nesting depth limit exceeded";
    for (name, first, count) in [
        ("1.0", "! expecting value", LEVELS + 2),
        ("1.1", "dies", LEVELS + 2),
        ("2.4", "dies", LEVELS + 2),
        ("2.5", "! Invalid JSON syntax", LEVELS + 2),
        ("3.1", limit, LEVELS + 2),
        ("10.0", limit, LEVELS + 2),
        ("11.1", limit, 1),
    ] {
        let frames = frames(name, &nested("[", LEVELS + 1, "]"));
        assert_eq!((frames[0].as_str(), frames.len()), (first, count), "{name}");
    }
    let frames = frames("1.0", &nested("{\"a\":", LEVELS + 1, ""));
    assert_eq!(frames[0], "! Missing value in dict");
}

#[test]
fn braces_and_brackets_are_counted_apart_before_2_5() {
    let open = ["[".repeat(LEVELS), "{\"a\":".repeat(LEVELS)].concat();
    let close = ["}".repeat(LEVELS), "]".repeat(LEVELS)].concat();
    let sent = [open, "1".to_owned(), close].concat().into_bytes();
    assert_eq!(frames("2.4", &sent).len(), 1);
    assert!(frames("2.5", &sent).len() > 1);
}

#[test]
fn a_broken_value_breaks_no_agent_at_the_limit() {
    let sent = [&b"[1 2"[..], &nested("[", LEVELS, "")].concat();
    assert_eq!(frames("2.4", &sent), ["! JSON parse error, expected separator in list"]);
    assert_eq!(frames("10.0", &sent), ["! JSON nesting depth limit exceeded"]);
    assert_eq!(frames("11.1", &sent), ["! 1:4: JSON parse error, expected ',' or ']'"]);
}

#[test]
fn tokens_are_counted() {
    let list = |tokens: usize| {
        let zeros = "0,".repeat((tokens - 3) / 2);
        format!("[{zeros}0]{{}}").into_bytes()
    };
    let most = TOKENS_MAX as usize - 1;
    for name in ["2.12", "7.2", "11.1"] {
        assert_eq!(frames(name, &list(most)).len(), 2, "{name}");
    }
    let limit = "! JSON token count limit exceeded";
    assert_eq!(frames("11.1", &list(most + 2)), [limit, "{}"]);
    let no_value = "! JSON parse error, expecting value";
    assert_eq!(frames("7.2", &list(most + 2)), [limit, "{}"]);
    assert_eq!(frames("7.2", &list(most + 4))[..3], [limit, "0", no_value]);
    assert_eq!(frames("2.4", &list(most + 4))[0], "dies");
}

#[test]
fn a_token_has_no_more_bytes_than_the_limit() {
    let string = |length: usize| [b"\"", &vec![b'x'; length][..], b"\" \n"].concat();
    let limit = "! JSON token size limit exceeded";
    // The quotes count, and the agent keeps one byte for itself.
    assert_ne!(frames("7.2", &string(TOKEN_BYTES_MAX - 3)), [limit]);
    assert_eq!(frames("7.2", &string(TOKEN_BYTES_MAX - 2)), [limit]);
    let open = ["\"", &"x".repeat(TOKEN_BYTES_MAX + 5), "\n"].concat();
    for (name, first, second) in [
        ("1.0", "! JSONParsing", "! invalid keyword `xxxxx'"),
        (
            "2.5",
            "! JSON parse error, expecting value",
            "! JSON parse error, invalid keyword 'xxxxx'",
        ),
        ("7.2", limit, "! JSON parse error, invalid keyword 'xxxxx'"),
        // The place is that of the string's beginning.
        ("11.1", limit, "! 1:1: JSON parse error, invalid keyword 'xxxxx'"),
    ] {
        assert_eq!(frames(name, open.as_bytes()), [first, second], "{name}");
    }
}

#[test]
fn blanks_are_a_token_before_3_1() {
    let mut sent = vec![b' '; TOKEN_BYTES_MAX + 2];
    sent.extend_from_slice(b"{}");
    assert_eq!(frames("3.0", &sent), ["! JSON parse error, expecting value", "{}"]);
    assert_eq!(frames("3.1", &sent), ["{}"]);
}

#[test]
fn no_more_than_a_token_is_held_back() {
    let part = vec![b'x'; 1 << 20];
    for name in ["1.0", "7.2", "11.1"] {
        let mut session = Session::new(release(name));
        feed(&mut session, b"[\"");
        for _ in 0..70 {
            feed(&mut session, &part);
            assert!(session.lexer.held() <= TOKEN_BYTES_MAX, "{name}");
        }
    }
}

/// Counted, not timed: how often bytes that are kept have to move for new ones.
#[test]
fn a_long_token_is_moved_about_once_however_it_is_cut() {
    const LENGTH: usize = 8 << 20;
    for piece in [1, 7, 4 << 10, 64 << 10] {
        let part = vec![b'x'; piece];
        let mut session = Session::new(release("10.0"));
        feed(&mut session, b"[\"");
        let (mut moved, mut room) = (0, 0);
        for _ in 0..LENGTH / piece {
            let held = session.lexer.held();
            session.feed(&part);
            if session.lexer.room() != room {
                moved += held;
                room = session.lexer.room();
            }
        }
        // Each time there is room for five times as much: all the moves together
        // are at most five quarters of the last.
        assert!(
            moved <= LENGTH / 4 * 5,
            "{moved} bytes were moved for pieces of {piece}"
        );
    }
}
