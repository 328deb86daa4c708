//! Exact bytes, as `>raw` and `<raw` write them.

use crate::pattern::Fault;
use std::fmt::Write as _;

const ESCAPES: &str = "write `\\\\`, `\\n`, `\\r`, `\\t`, or `\\x` and two hexadecimal digits";

/// Reads bytes: characters stand for their UTF-8, escapes for what they say.
pub(crate) fn parse(text: &str) -> Result<Vec<u8>, Fault> {
    if let Some(last) = text.strip_suffix([' ', '\t']) {
        let what = "the bytes end in a blank that nobody can see";
        return Err(Fault::new(
            last.len(),
            text.len(),
            what,
            "write it as `\\x20`, a tab as `\\t`, or take it away",
        ));
    }
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let at = text.len() - rest.len();
        let length = match letter {
            '\\' => escape(text, at, &mut bytes)?,
            other => {
                bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                other.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Ok(bytes)
}

/// Reads the escape at `at`; `Ok` is its length in the text.
fn escape(text: &str, at: usize, bytes: &mut Vec<u8>) -> Result<usize, Fault> {
    let letter = text[at + 1..].chars().next();
    let byte = match letter {
        Some('\\') => b'\\',
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('x') => {
            bytes.push(hexadecimal(text, at)?);
            return Ok(4);
        }
        _ => {
            let end = at + 1 + letter.map_or(0, char::len_utf8);
            let what = format!("there is no escape `{}`", &text[at..end]);
            return Err(Fault::new(at, end, what, ESCAPES));
        }
    };
    bytes.push(byte);
    Ok(2)
}

fn hexadecimal(text: &str, at: usize) -> Result<u8, Fault> {
    let digits = text.get(at + 2..at + 4).unwrap_or("");
    let good = digits.bytes().all(|it| it.is_ascii_hexdigit());
    match u8::from_str_radix(digits, 16) {
        Ok(byte) if good && digits.len() == 2 => Ok(byte),
        _ => Err(Fault::new(at, at + 2, "`\\x` needs two hexadecimal digits", ESCAPES)),
    }
}

/// Writes bytes in their canonical form: ASCII as it is, everything else escaped,
/// and no blank at an end, where nobody would see it.
pub fn print_bytes(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let outer = at == 0 || at + 1 == bytes.len();
        match byte {
            b' ' if outer => out.push_str("\\x20"),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => out.push(char::from(*byte)),
            other => write!(out, "\\x{other:02X}").expect("a string takes all"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_read() {
        for (text, bytes) in [
            (r"\xFF", &b"\xFF"[..]),
            (r"\xff\x0a", b"\xFF\n"),
            (r"a\\b\n\r\tc", b"a\\b\n\r\tc"),
            ("é", "é".as_bytes()),
            (r#"{"execute": "guest-in"#, br#"{"execute": "guest-in"#),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn mistakes_are_found_where_they_are() {
        for (text, at, end) in [
            (r"ab\q", 2, 4),
            (r"ab\", 2, 3),
            (r"\xF", 0, 2),
            (r"\xFG", 0, 2),
            (r"\x+1", 0, 2),
            ("ab ", 2, 3),
            ("\\é", 0, 3),
        ] {
            let fault = parse(text).expect_err(text);
            assert_eq!((fault.at, fault.end), (at, end), "{text}: {fault:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(bytes: Vec<u8>) {
            let text = print_bytes(&bytes);
            prop_assert!(text.is_ascii());
            prop_assert_eq!(parse(&text), Ok(bytes));
        }
    }
}
