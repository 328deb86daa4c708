//! A line read as a reply, as far as every reply has to be one.

use super::Expected;
use crate::frame::reply;
use crate::pattern::shorten;
use crate::script::print_bytes;
use memchr::memchr2;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::sync::Arc;

/// Bytes of a line that are shown.
const SHOWN_BYTES_MAX: usize = 160;

/// A reply: it has a return, or an error with a class.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Whether 0xFF stood before it.
    pub(super) sentinel: bool,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    /// It returns this number or empty object, and has nothing else.
    Bare(Value),
    /// All of it.
    Whole(Arc<Value>),
}

/// The most frequent reply.
const EMPTY: &[u8] = b"{\"return\": {}}\n";

impl Reading {
    /// Reads a line.
    pub(super) fn of(line: &[u8]) -> Result<Reading, String> {
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
            body: Body::Whole(Arc::new(value)),
        })
    }

    /// Reads a line that returns nothing but a number or an empty object: they come often,
    /// and few numbers are as others were.
    pub(super) fn at_a_glance(line: &[u8]) -> Option<Reading> {
        let result = match line {
            EMPTY => Value::Object(Map::new()),
            _ => number(line)?.into(),
        };
        Some(Reading {
            sentinel: line.first() == Some(&reply::SENTINEL),
            body: Body::Bare(result),
        })
    }

    /// What it returns; `None` for an error.
    pub(super) fn result(&self) -> Option<&Value> {
        match &self.body {
            Body::Bare(result) => Some(result),
            Body::Whole(value) => value.get("return"),
        }
    }

    /// Its error.
    pub(super) fn error(&self) -> Option<&Value> {
        self.besides("error")
    }

    /// Its id.
    pub(super) fn id(&self) -> Option<&Value> {
        self.besides("id")
    }

    fn besides(&self, member: &str) -> Option<&Value> {
        match &self.body {
            Body::Bare(_) => None,
            Body::Whole(value) => value.get(member),
        }
    }

    /// All of it.
    pub(super) fn whole(&self) -> Cow<'_, Value> {
        match &self.body {
            Body::Bare(result) => Cow::Owned(json!({ "return": result })),
            Body::Whole(value) => Cow::Borrowed(value),
        }
    }

    /// Whether the agent says that it does not know the command, or that it is disabled.
    pub(super) fn is_not_found(&self) -> bool {
        let mut classes = ["CommandNotFound", "CommandDisabled"].into_iter();
        self.error().is_some_and(|it| classes.any(|class| it["class"] == class))
    }

    /// A pattern that the reply should have matched, as a script's expectation.
    pub(super) fn expected(&self, pattern: String) -> Expected {
        Expected::reply(self.sentinel, pattern)
    }

    /// Its text, shortened.
    pub(super) fn shown(&self) -> String {
        shorten(&self.whole())
    }
}

/// Whether a line is seen at a glance to be a reply in form: the empty one, a number,
/// or an error with nothing but texts of ASCII in it. Of others it takes a reading to say.
pub(super) fn is_plain(line: &[u8]) -> bool {
    line == EMPTY || plain_number(line).is_some() || is_plain_error(line).is_some()
}

/// The number of a line that is one and nothing else, as those with handles and the answers
/// to syncs are.
fn number(line: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(plain_number(line)?).ok()?;
    // Numbers keep their text: one with another text than its own is for others to read.
    text.parse().ok().filter(|_| text != "-0")
}

/// The digits of a number. Before the answer to guest-sync-delimited, which is one, 0xFF
/// may stand.
fn plain_number(line: &[u8]) -> Option<&[u8]> {
    let reply = line.strip_prefix(&[reply::SENTINEL]).unwrap_or(line);
    let number = reply.strip_prefix(b"{\"return\": ")?.strip_suffix(b"}\n")?;
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    let is_integer = digits == b"0" || (digits.first()? != &b'0' && digits.iter().all(u8::is_ascii_digit));
    is_integer.then_some(number)
}

fn is_plain_error(line: &[u8]) -> Option<()> {
    let texts = line.strip_prefix(b"{\"error\": {\"class\": ")?;
    let desc = after_text(texts)?.strip_prefix(b", \"desc\": ")?;
    (after_text(desc)? == b"}}\n").then_some(())
}

/// What stands behind a string of ASCII, if its escapes are those of JSON and none is
/// half of a character.
fn after_text(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line.strip_prefix(b"\"")?;
    loop {
        let (letters, behind) = rest.split_at(memchr2(b'"', b'\\', rest)?);
        // Without a branch for each: most texts are right to their end.
        if !letters.iter().fold(true, |are, it| are & matches!(it, b' '..=b'~')) {
            return None;
        }
        rest = match behind {
            [b'"', rest @ ..] => return Some(rest),
            [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => rest,
            [_, b'u', digits @ ..] => after_unit(digits)?,
            _ => return None,
        };
    }
}

/// What stands behind the four digits of a code unit that is a character by itself.
fn after_unit(digits: &[u8]) -> Option<&[u8]> {
    let (digits, rest) = digits.split_first_chunk::<4>()?;
    let is_half = matches!(digits, [b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..]);
    (digits.iter().all(u8::is_ascii_hexdigit) && !is_half).then_some(rest)
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
            ("{\"return\": 0}\n".to_owned(), true),
            ("{\"return\": -17}\n".to_owned(), true),
            ("{\"return\": 017}\n".to_owned(), false),
            ("{\"return\": -}\n".to_owned(), false),
            ("{\"return\": }\n".to_owned(), false),
            ("{\"return\": 1.5}\n".to_owned(), false),
            (error("x").replace("Generic", "Gen\"eric"), false),
            (error("no, it's 'bad'"), true),
            (error(""), true),
            (error("a \" b"), false),
            (error("a \\\" b"), true),
            (error("a \\u001f \\uFFFD \\/"), true),
            (error("a \\uD83D\\uDE00"), false),
            (error("a \\ud83d"), false),
            (error("a \\u12"), false),
            (error("a \\x"), false),
            (error("a \\"), false),
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
    fn what_is_read_at_a_glance_is_read_as_any_other_reply_is() {
        for (result, is_one) in [
            ("{}", true),
            ("{ }", false),
            ("null", false),
            ("0", true),
            ("-17", true),
            ("9223372036854775807", true),
            ("-0", false),
            ("1.0", false),
            ("9223372036854775808", false),
        ] {
            for begin in [&b"{\"return\": "[..], b"\xFF{\"return\": "] {
                let line = [begin, result.as_bytes(), b"}\n"].concat();
                let (quick, reading) = (Reading::at_a_glance(&line), Reading::of(&line).expect("a reply"));
                // No empty object comes behind 0xFF.
                let is_one = is_one && (result != "{}" || line[0] != reply::SENTINEL);
                assert_eq!(quick.is_some(), is_one, "{result}");
                if let Some(quick) = quick {
                    assert_eq!((quick.sentinel, quick.whole()), (reading.sentinel, reading.whole()));
                }
            }
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
