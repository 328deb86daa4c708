//! One line of an agent, read as a reply: a JSON object in UTF-8, perhaps with the
//! byte 0xFF before it, ended by LF.

use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The byte that marks the reply to guest-sync-delimited.
pub const SENTINEL: u8 = 0xFF;

/// How deep a reply may be nested to be read.
pub const REPLY_DEPTH_MAX: usize = 127;

/// How many values and names a reply may hold to be read: each takes memory, even
/// where it is two bytes on the wire.
pub const REPLY_VALUES_MAX: usize = 300_000;

/// A reply that is longer than so many bytes is long because of what a file or a program
/// holds, and has few values: many of middle size would fill the memory.
const LONG_BYTES: usize = 8 << 20;
const LONG_VALUES_MAX: usize = 256;

/// An object takes as much memory as so many other values.
const OBJECT_VALUES: usize = 2;

/// The members of a reply that mean something to a client. Others may be added, as the
/// QMP specification has it, and are not looked at.
const MEMBERS: [&str; 5] = ["return", "error", "id", "event", "QMP"];

/// A reply without the members that mean nothing to a client.
pub fn known_members(reply: &Value) -> Cow<'_, Value> {
    let is_known = |name: &String| MEMBERS.contains(&name.as_str());
    match reply {
        Value::Object(members) if answers(members) && !members.keys().all(is_known) => {
            let known = members.iter().filter(|(name, _)| is_known(name));
            Cow::Owned(known.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        _ => Cow::Borrowed(reply),
    }
}

fn answers(members: &Map<String, Value>) -> bool {
    ["return", "error"].iter().any(|it| members.contains_key(*it))
}

/// A reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Whether 0xFF stood before it.
    pub sentinel: bool,
    /// The object.
    pub value: Value,
}

/// Reads a line, with or without the LF at its end.
///
/// # Errors
/// A sentence that says why it is no reply.
pub fn read(line: &[u8]) -> Result<Reply, String> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let (sentinel, json) = match line.split_first() {
        Some((&SENTINEL, json)) => (true, json),
        _ => (false, line),
    };
    let text = std::str::from_utf8(json).map_err(|error| {
        let at = error.valid_up_to();
        format!(
            "it is no UTF-8: byte 0x{:02X} at offset {}",
            json[at],
            at + usize::from(sentinel)
        )
    })?;
    // What is shorter can neither be too deep nor hold too much.
    if text.len() > REPLY_DEPTH_MAX {
        check_size(text)?;
    }
    let value = serde_json::from_str(text).map_err(|error| format!("it is no JSON: {}", place(&error)))?;
    // Of members with one name the last alone is kept: then there are fewer than colons.
    if members(&value) != colons(text) {
        check_names(text)?;
    }
    match value {
        Value::Object(_) => Ok(Reply { sentinel, value }),
        _ => Err("it is JSON, but no object".to_owned()),
    }
}

/// The error's own words, with the column alone: a reply has but one line.
fn place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((what, _)) => format!("{what} at column {}", error.column()),
        None => text,
    }
}

/// Counts brackets and separators outside strings before any memory is spent.
fn check_size(text: &str) -> Result<(), String> {
    let (mut depth, mut values) = (0usize, 0usize);
    let values_max = if text.len() > LONG_BYTES {
        LONG_VALUES_MAX
    } else {
        REPLY_VALUES_MAX
    };
    for token in Tokens::new(text) {
        match token {
            Token::Mark(b'[') => depth += 1,
            Token::Mark(b'{') => {
                depth += 1;
                values += OBJECT_VALUES;
            }
            Token::Mark(b'}' | b']') => depth = depth.saturating_sub(1),
            Token::Mark(_) => values += 1,
            Token::String(_) => {}
        }
        if depth > REPLY_DEPTH_MAX {
            return Err(format!(
                "it is nested deeper than {REPLY_DEPTH_MAX} levels and not read"
            ));
        }
        if values > values_max {
            let length = text.len();
            return Err(format!(
                "it holds more than {values_max} values in {length} bytes and is not read"
            ));
        }
    }
    Ok(())
}

/// How many members all objects in a value have.
fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.len() + object.values().map(members).sum::<usize>(),
        Value::Array(elements) => elements.iter().map(members).sum(),
        _ => 0,
    }
}

/// How many colons a text has outside strings: one for each member of valid JSON.
fn colons(text: &str) -> usize {
    Tokens::new(text).filter(|it| matches!(it, Token::Mark(b':'))).count()
}

/// Finds a name that an object of valid JSON has twice, however it is escaped.
fn check_names(text: &str) -> Result<(), String> {
    let mut objects: Vec<Option<BTreeSet<Cow<'_, str>>>> = Vec::new();
    let mut name_is_due = false;
    for token in Tokens::new(text) {
        match token {
            Token::Mark(b'{') => objects.push(Some(BTreeSet::new())),
            Token::Mark(b'[') => objects.push(None),
            Token::Mark(b'}' | b']') => drop(objects.pop()),
            Token::Mark(_) => {}
            Token::String(quoted) => {
                if let (Some(Some(names)), true) = (objects.last_mut(), name_is_due)
                    && !names.insert(unquoted(quoted))
                {
                    return Err(format!("an object in it has the member {quoted} twice"));
                }
            }
        }
        name_is_due = matches!(token, Token::Mark(b'{' | b','));
    }
    Ok(())
}

/// The text of a valid string.
fn unquoted(quoted: &str) -> Cow<'_, str> {
    match quoted.contains('\\') {
        true => Cow::Owned(serde_json::from_str(quoted).unwrap_or_default()),
        false => Cow::Borrowed(&quoted[1..quoted.len() - 1]),
    }
}

#[derive(Clone, Copy)]
enum Token<'t> {
    /// One of `{ } [ ] , :`.
    Mark(u8),
    /// A string with its quotes.
    String(&'t str),
}

/// The strings of a JSON text and the marks between them, as far as the text goes.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    fn new(text: &'t str) -> Tokens<'t> {
        Tokens { text, at: 0 }
    }

    fn string(&mut self) -> Option<Token<'t>> {
        let (start, bytes) = (self.at, self.text.as_bytes());
        self.at += 1;
        loop {
            self.at += memchr::memchr2(b'"', b'\\', bytes.get(self.at..)?)?;
            match bytes[self.at] {
                b'"' => break,
                _ => self.at += 2,
            }
        }
        self.at += 1;
        Some(Token::String(&self.text[start..self.at]))
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b'"' => return self.string(),
                mark @ (b'{' | b'}' | b'[' | b']' | b',' | b':') => {
                    self.at += 1;
                    return Some(Token::Mark(mark));
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn replies_are_read() {
        let deep = format!("{}{}", "{\"a\":".repeat(126), "[]") + &"}".repeat(126);
        assert!(read(deep.as_bytes()).is_ok());
        for (line, sentinel, value) in [
            (&b"{\"return\": {}}\n"[..], false, json!({"return": {}})),
            (b"\xFF{\"return\": 7}\n", true, json!({"return": 7})),
            (b" {\"return\" :7 }\r\n", false, json!({"return": 7})),
            (
                b"{\"a\": {\"x\": 1}, \"b\": {\"x\": \"a\"}}",
                false,
                json!({"a": {"x": 1}, "b": {"x": "a"}}),
            ),
        ] {
            assert_eq!(read(line), Ok(Reply { sentinel, value }));
        }
        let big = read(b"{\"return\": 18446744073709551616}\n").expect("it is JSON");
        assert_eq!(big.value["return"].to_string(), "18446744073709551616");
    }

    #[test]
    fn what_is_no_reply_is_named() {
        let deep = "{\"a\":".repeat(1000);
        let many = format!("{{\"a\":[{}1]}}", "1,".repeat(REPLY_VALUES_MAX + 1));
        let objects = format!("{{\"a\":[{}1]}}", "{},".repeat(100_000));
        let long = format!("{{\"a\":[{}1]}}", format!("\"{}\",", "x".repeat(1 << 15)).repeat(257));
        for (line, why) in [
            (&b"\n"[..], "it is no JSON: EOF while parsing a value at column 0"),
            (
                b"{\"return\": {}",
                "it is no JSON: EOF while parsing an object at column 13",
            ),
            (b"{\"return\": inf}", "it is no JSON: expected value at column 12"),
            (b"{'return': 1}", "it is no JSON: key must be a string at column 2"),
            (b"{\"return\": 1} x", "it is no JSON: trailing characters at column 15"),
            (
                b"{\"return\": \"\\",
                "it is no JSON: EOF while parsing a string at column 13",
            ),
            (b"[]", "it is JSON, but no object"),
            (b"\xFF\xFF{}", "it is no UTF-8: byte 0xFF at offset 1"),
            (b"{\"return\": \"\xE9\"}", "it is no UTF-8: byte 0xE9 at offset 12"),
            (
                b"{\"a\": 1, \"\\u0061\": 2}",
                "an object in it has the member \"\\u0061\" twice",
            ),
            (
                b"{\"x\": [{\"a\": {}, \"a\": 2}]}",
                "an object in it has the member \"a\" twice",
            ),
            (deep.as_bytes(), "it is nested deeper than 127 levels and not read"),
            (
                many.as_bytes(),
                "it holds more than 300000 values in 600011 bytes and is not read",
            ),
            (
                objects.as_bytes(),
                "it holds more than 300000 values in 300009 bytes and is not read",
            ),
            (
                long.as_bytes(),
                "it holds more than 256 values in 8422156 bytes and is not read",
            ),
        ] {
            assert_eq!(read(line), Err(why.to_owned()));
        }
    }
}
