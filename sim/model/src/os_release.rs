//! The agent's own way of reading an os-release file.

use std::collections::BTreeMap;

/// The keys and unquoted values of an os-release file; `None` if a line of it is
/// neither a comment nor a pair, which makes the agent ignore the whole file. The
/// last of several lines with one key counts.
pub(crate) fn parse(text: &[u8]) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let at = line.iter().position(|byte| *byte == b'=')?;
        found.insert(
            line[..at].trim_ascii_end().to_vec(),
            unquote(line[at + 1..].trim_ascii_start()),
        );
    }
    Some(found)
}

/// Only double quotes count as quotes; anything else ends at the first blank or
/// semicolon, single quotes and all.
fn unquote(value: &[u8]) -> Vec<u8> {
    match value.strip_prefix(b"\"") {
        Some(quoted) => unescape(value, quoted),
        None => {
            let end = value
                .iter()
                .position(|byte| matches!(byte, b' ' | b';'))
                .unwrap_or(value.len());
            value[..end].to_vec()
        }
    }
}

/// The agent shifts the text to the left in place. Where the closing quote is
/// missing, what stood at the end stays there.
fn unescape(whole: &[u8], quoted: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    loop {
        rest = match rest {
            [b'"', ..] => return out,
            [b'\\', special @ (b'$' | b'\'' | b'"' | b'\\' | b'`'), tail @ ..] => {
                out.push(*special);
                tail
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
            [] => {
                out.extend_from_slice(&whole[out.len()..]);
                return out;
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded of 2.12 to 11.1.
    #[test]
    fn values_are_unquoted_as_the_agent_does() {
        let cases = [
            ("debian", "debian"),
            ("\"Debian GNU/Linux\"", "Debian GNU/Linux"),
            ("'single q'", "'single"),
            ("a b;c", "a"),
            ("x;y", "x"),
            ("\"a\\\"b\\$c\\\\d\\`e\\n\"", "a\"b$c\\d`e\\n"),
            ("\"unterminated", "unterminatedd"),
            ("", ""),
        ];
        for (value, expected) in cases {
            assert_eq!(
                String::from_utf8(unquote(value.as_bytes())).unwrap(),
                expected,
                "{value}"
            );
        }
        assert_eq!(parse(b"not a key file\n"), None);
        assert_eq!(parse(b"# c\n\nID=a\nID=b\n").unwrap()[&b"ID".to_vec()], b"b");
    }
}
