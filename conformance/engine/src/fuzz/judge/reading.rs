//! A line read as a reply, as far as every reply has to be one.

use super::Expected;
use crate::frame::reply;
use crate::pattern::shorten;
use crate::script::print_bytes;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Bytes of a line that are shown.
const SHOWN_BYTES_MAX: usize = 160;

/// A reply: it has a return, or an error with a class.
#[derive(Debug)]
pub(super) struct Reading {
    /// Whether 0xFF stood before it.
    pub(super) sentinel: bool,
    /// All of it.
    pub(super) value: Cow<'static, Value>,
}

/// The most frequent reply: it is known without being read.
const EMPTY: &[u8] = b"{\"return\": {}}\n";
static EMPTY_VALUE: LazyLock<Value> = LazyLock::new(|| json!({"return": {}}));

impl Reading {
    /// Reads a line.
    pub(super) fn of(line: &[u8]) -> Result<Reading, String> {
        if line == EMPTY {
            return Ok(Reading {
                sentinel: false,
                value: Cow::Borrowed(&EMPTY_VALUE),
            });
        }
        let reply = reply::read(line).or_else(|error| reply::read(&without_infinity(line)).map_err(|_| error))?;
        let value = reply.value;
        match (value.get("return"), value.get("error")) {
            (Some(_), None) => {}
            (None, Some(error)) if error["class"].is_string() => {}
            (None, Some(_)) => return Err("its error has no class".to_owned()),
            (Some(_), Some(_)) => return Err("it has both a return and an error".to_owned()),
            (None, None) => return Err("it has neither a return nor an error".to_owned()),
        }
        Ok(Reading {
            sentinel: reply.sentinel,
            value: Cow::Owned(value),
        })
    }

    /// What it returns; `None` for an error.
    pub(super) fn result(&self) -> Option<&Value> {
        self.value.get("return")
    }

    /// Whether the agent says that it does not know the command, or that it is disabled.
    pub(super) fn is_not_found(&self) -> bool {
        self.value["error"]["class"] == "CommandNotFound" || self.value["error"]["class"] == "CommandDisabled"
    }

    /// A pattern that the reply should have matched, as a script's expectation.
    pub(super) fn expected(&self, pattern: String) -> Expected {
        Expected::reply(self.sentinel, pattern)
    }

    /// Its text, shortened.
    pub(super) fn shown(&self) -> String {
        shorten(&self.value)
    }
}

/// What stands before and behind the text of a common error.
const ERROR: (&[u8], &[u8]) = (b"{\"error\": {\"class\": \"GenericError\", \"desc\": \"", b"\"}}\n");

/// Whether a line is seen at a glance to be a reply in form: the empty one, or an error
/// with nothing but letters in its text. Of others it takes a reading to say.
pub(super) fn is_plain(line: &[u8]) -> bool {
    let text = || line.strip_prefix(ERROR.0)?.strip_suffix(ERROR.1);
    let is_letter = |it: &u8| matches!(it, b' '..=b'~') && !matches!(it, b'"' | b'\\');
    line == EMPTY || text().is_some_and(|it| it.iter().all(is_letter))
}

/// What a line should have matched that is no reply.
pub(super) fn wanted(line: &[u8]) -> &'static str {
    let value = reply::read(line).map(|it| it.value).unwrap_or_default();
    match (value.get("return"), value.get("error")) {
        (None, Some(_)) => super::REFUSED,
        (Some(_), Some(_)) => "not({\"return\": _, \"error\": _, ...})",
        (None, None) if value.is_object() => "{\"return\": _, ...} | {\"error\": obj, ...}",
        _ => "obj",
    }
}

/// The line with a number beyond a double in the place of `inf`. QEMU's agent echoes
/// such an id so, in every release that echoes ids; it is no JSON, and is known.
fn without_infinity(line: &[u8]) -> Vec<u8> {
    let text = line.iter().map(|it| char::from(*it)).collect::<String>();
    let text = text
        .replace(" inf", " 1e400")
        .replace("-inf", "-1e400")
        .replace("[inf", "[1e400");
    text.chars().map(|it| it as u8).collect()
}

/// A line as text, shortened.
pub(super) fn shown(line: &[u8]) -> String {
    let short = &line[..line.len().min(SHOWN_BYTES_MAX)];
    let more = if short.len() < line.len() { "…" } else { "" };
    format!("{}{more}", print_bytes(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_is_a_reply() {
        let error = |desc: &str| format!("{{\"error\": {{\"class\": \"GenericError\", \"desc\": \"{desc}\"}}}}\n");
        for (line, expected) in [
            ("{\"return\": {}}\n".to_owned(), true),
            (error("no, it's 'bad'"), true),
            (error(""), true),
            (error("a \" b"), false),
            (error("a \\\" b"), false),
            (error("a\tb"), false),
            (error("\u{e9}"), false),
            (error("x").replace('\n', ""), false),
            (error("x").replace("}}", "}}}"), false),
        ] {
            assert_eq!(is_plain(line.as_bytes()), expected, "{line}");
            assert!(
                !expected || Reading::of(line.as_bytes()).is_ok_and(|it| !it.sentinel),
                "{line}"
            );
        }
    }

    #[test]
    fn an_infinite_id_is_known_and_other_words_are_not() {
        for id in ["inf", "-inf", "[true, inf]", "[inf]"] {
            let line = format!("{{\"return\": {{}}, \"id\": {id}}}\n");
            assert!(Reading::of(line.as_bytes()).is_ok(), "{id}");
        }
        for id in ["nan", "infinity", "undefined"] {
            let line = format!("{{\"return\": {{}}, \"id\": {id}}}\n");
            assert!(Reading::of(line.as_bytes()).is_err(), "{id}");
        }
    }
}
