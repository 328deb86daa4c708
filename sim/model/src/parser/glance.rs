//! Objects that are plain and came whole, read in one go and without tokens.
//!
//! Nearly every request is one: printable ASCII without escapes, integers and words,
//! with nothing but spaces between. Every release reads these alike. Of all else nothing
//! is taken here: the lexer reads it from its beginning, so that whatever may be said of
//! it is said in one place. The lexer says nothing before it has come as far as this has,
//! so that no byte is looked at here twice.

use super::literal;
use crate::json::{Dict, Value, write};

/// What does not end within so many bytes is left to the lexer, which counts tokens and
/// their bytes.
const BYTES_MAX: usize = 64 << 10;

/// The same for objects and arrays that are open at a time.
const LEVELS_MAX: u32 = 8;

/// Room that is made for the members of an object; more make their own.
const USUAL_MEMBERS: usize = 4;

/// An integer of so many digits is in the range of `i64`.
const DIGITS_MAX: usize = 18;

/// The object at the front, and how many bytes it takes with the blanks before it.
pub(super) fn object(bytes: &[u8]) -> Option<(usize, Value)> {
    let bytes = &bytes[..bytes.len().min(BYTES_MAX)];
    let begin = bytes.iter().position(|it| !is_blank(*it))?;
    let mut glance = Glance { rest: &bytes[begin..] };
    glance.take(b'{')?;
    let object = glance.members(LEVELS_MAX)?;
    Some((bytes.len() - glance.rest.len(), object.into()))
}

/// Whether a byte may stand between tokens.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

struct Glance<'a> {
    rest: &'a [u8],
}

impl<'a> Glance<'a> {
    /// `levels`: so many objects and arrays may still be opened in it.
    fn value(&mut self, levels: u32) -> Option<Value> {
        match *self.rest.first()? {
            b'"' => Some(Value::Str(self.string()?.to_vec())),
            b'{' => {
                self.next()?;
                Some(Value::Dict(self.members(levels.checked_sub(1)?)?))
            }
            b'[' => {
                self.next()?;
                Some(Value::List(self.elements(levels.checked_sub(1)?)?))
            }
            b't' => self.word(b"true", true),
            b'f' => self.word(b"false", false),
            _ => self.integer(),
        }
    }

    /// What is in an object, up to its end. A key that comes again is left to the lexer,
    /// because releases differ in what they make of it.
    fn members(&mut self, levels: u32) -> Option<Dict> {
        if self.ends_with(b'}') {
            return Some(Dict::new());
        }
        let mut members = Dict::with_room(USUAL_MEMBERS);
        loop {
            let key = literal::name(self.string()?);
            self.spaces();
            self.take(b':')?;
            self.spaces();
            let value = self.value(levels)?;
            let came_before = members.insert(key, value);
            match self.goes_on(b'}')? {
                _ if came_before => return None,
                true => {}
                false => return Some(members),
            }
        }
    }

    /// What is in an array, up to its end.
    fn elements(&mut self, levels: u32) -> Option<Vec<Value>> {
        let mut elements = Vec::new();
        if self.ends_with(b']') {
            return Some(elements);
        }
        loop {
            elements.push(self.value(levels)?);
            if !self.goes_on(b']')? {
                return Some(elements);
            }
        }
    }

    /// Whether something comes after an element, which it then stands before.
    fn goes_on(&mut self, end: u8) -> Option<bool> {
        self.spaces();
        match self.next()? {
            b',' => {
                self.spaces();
                Some(true)
            }
            byte => (byte == end).then_some(false),
        }
    }

    /// Whether what has begun ends at once.
    fn ends_with(&mut self, end: u8) -> bool {
        self.spaces();
        self.take(end).is_some()
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let (text, rest) = self.rest.split_at(write::plain_prefix(self.rest));
        self.rest = rest;
        self.take(b'"')?;
        Some(text)
    }

    /// What may stand behind it is looked at by what comes next.
    fn word(&mut self, word: &[u8], stands_for: bool) -> Option<Value> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(Value::Bool(stands_for))
    }

    fn integer(&mut self) -> Option<Value> {
        let is_negative = self.take(b'-').is_some();
        let length = self.rest.iter().take_while(|it| it.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(length);
        match digits {
            [b'1'..=b'9', ..] if length <= DIGITS_MAX => {}
            b"0" if !is_negative => {}
            _ => return None,
        }
        self.rest = rest;
        let number = digits.iter().fold(0, |number, it| number * 10 + i64::from(it - b'0'));
        Some(Value::Int(if is_negative { -number } else { number }))
    }

    fn spaces(&mut self) {
        while let [b' ', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.rest.first() == Some(&byte)).then(|| self.rest = &self.rest[1..])
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn what_is_plain_is_taken() {
        for text in [
            r#"{"execute": "guest-ping"}"#,
            r#"{"execute":"guest-sync","arguments":{"id":-7}}"#,
            "\r\n \t{ \"a\" : [ 1 , true,false ] , \"b\" : { } , \"c\":[] }",
            r#"{"a": 0, "b": 999999999999999999, "c": -999999999999999999}"#,
        ] {
            let more = format!("{text}{text}\n");
            assert_eq!(object(more.as_bytes()).map(|it| it.0), Some(text.len()), "{text}");
        }
    }

    #[test]
    fn of_what_is_not_plain_nothing_is_taken() {
        for text in [
            "[]",
            r#"{"a": 1"#,
            r#"{"a"#,
            r#"{"a": 1, "a": 2}"#,
            r#"{"a": 1,}"#,
            r#"{"a" 1}"#,
            r#"{'a': 1}"#,
            r#"{"a": "\n"}"#,
            "{\"a\": \"\u{e9}\"}",
            "{\"a\": \"\x7f\"}",
            "{\"a\":\n1}",
            r#"{"a": null}"#,
            r#"{"a": truer}"#,
            r#"{"a": 1.5}"#,
            r#"{"a": 1e5}"#,
            r#"{"a": 01}"#,
            r#"{"a": -0}"#,
            r#"{"a": -}"#,
            r#"{"a": 1000000000000000000}"#,
            r#"{"a": [1}]"#,
            "\u{FF}{}",
        ] {
            assert_eq!(object(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_long_or_deep_is_left_to_the_lexer() {
        let long = |length: usize| format!("{{\"a\": \"{}\"}}", "x".repeat(length)).into_bytes();
        assert!(object(&long(BYTES_MAX - 9)).is_some());
        assert_eq!(object(&long(BYTES_MAX - 8)), None);
        let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels)).into_bytes();
        assert!(object(&deep(LEVELS_MAX as usize)).is_some());
        assert_eq!(object(&deep(LEVELS_MAX as usize + 1)), None);
    }
}
