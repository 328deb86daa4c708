//! What came of a session.

use serde::Serialize;

/// What came of replaying one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Every byte was the same.
    Identical,
    /// The first thing that was not.
    Different(Finding),
    /// It cannot be replayed or not be compared, and why.
    NotReplayable(String),
}

/// A difference and its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The step, counted from 1.
    pub(super) step: usize,
    /// What is different there.
    pub(super) what: String,
    /// What was recorded.
    pub(super) recorded: String,
    /// What the model says.
    pub(super) model: String,
    /// What had been sent last, its end if it is long.
    pub(super) sent: String,
}

/// Bytes as text on one line: what is printable as it is, the rest as escapes.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\x{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn bytes_are_shown_on_one_line() {
        assert_eq!(shown(b"{\"a\\\n\xFF\0\xC3"), "{\"a\\\\\\n\\xFF\\x00\\xC3");
    }
}
