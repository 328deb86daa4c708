//! Reads patterns.
//!
//! A pattern is JSON with holes, so its mistakes are mostly those of JSON: each is
//! named as what it is, and the cure is the text to write.

use super::{Fault, Kind, Member, Number, Pattern, Test, Text, string};
use crate::script::nearest;
use std::collections::BTreeSet;

/// How deep patterns may be nested.
pub const PATTERN_DEPTH_MAX: usize = 128;

const WORDS: [&str; 19] = [
    "null", "true", "false", "_", "int", "num", "str", "bool", "arr", "obj", "some", "each", "unique", "not", "starts",
    "ends", "has", "re", "b64",
];

const VALUES: &str =
    "write a JSON value, a word such as `int` or `str`, a test such as `has(\"…\")`, or a variable such as `$fh`";

/// Reads a pattern that is the whole of `text`.
///
/// # Errors
/// The first mistake; its places are bytes of `text`.
pub fn parse(text: &str) -> Result<Pattern, Fault> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let pattern = parser.pattern()?;
    parser.skip_blanks();
    match parser.rest() {
        "" => Ok(pattern),
        rest => Err(parser.after_the_end(rest)),
    }
}

/// Reads the `("…")` of a `b64` that ends before `at`; `Ok` has the string and the
/// place after the call.
pub(crate) fn base64_call(text: &str, at: usize) -> Result<(Text, usize), Fault> {
    let mut parser = Parser { text, at, depth: 0 };
    let argument = parser.argument("b64", true)?;
    Ok((argument, parser.at))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n']).len();
    }

    /// Takes `token`, and the blanks before it, if it comes next.
    fn eat(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let comes = self.rest().starts_with(token);
        if comes {
            self.at += token.len();
        }
        comes
    }

    /// A mistake at the next character.
    fn wrong(&self, what: impl Into<String>, cure: impl Into<String>) -> Fault {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        Fault::new(self.at, end, what, cure)
    }

    fn pattern(&mut self) -> Result<Pattern, Fault> {
        self.depth += 1;
        if self.depth > PATTERN_DEPTH_MAX {
            let what = format!("this is nested deeper than {PATTERN_DEPTH_MAX} levels");
            return Err(self.wrong(what, "write `_` for what lies deeper"));
        }
        let mut tests = vec![self.test()?];
        while self.eat("|") {
            tests.push(self.test()?);
        }
        let capture = self.capture()?;
        self.depth -= 1;
        Ok(Pattern { tests, capture })
    }

    fn capture(&mut self) -> Result<Option<String>, Fault> {
        self.skip_blanks();
        if self.word() != "as" {
            return Ok(None);
        }
        self.at += "as".len();
        self.skip_blanks();
        if self.peek() != Some('$') {
            return Err(self.wrong("`as` needs a variable", "write its name, as in `int as $fh`"));
        }
        self.variable().map(Some)
    }

    fn test(&mut self) -> Result<Test, Fault> {
        self.skip_blanks();
        match self.peek() {
            Some('{') => self.object(),
            Some('[') => self.array(),
            Some('"') => self.string(true).map(Test::Str),
            Some('$') => self.variable().map(Test::Var),
            Some('-' | '0'..='9') => self.number().map(Test::Number),
            Some('_') => self.call(),
            Some(it) if it.is_ascii_alphabetic() => self.call(),
            Some(_) => Err(self.no_value()),
            None => Err(self.wrong("a value is missing here", VALUES)),
        }
    }

    fn no_value(&self) -> Fault {
        match self.peek() {
            Some('\'') => self.wrong("single quotes do not hold a string", "write double quotes"),
            Some('}' | ']' | ',') => {
                let cure = format!("take the comma or bracket away, or {VALUES}");
                self.wrong("a value is missing here", cure)
            }
            Some('+' | '.') => self.wrong("no number begins so", "write it as JSON does, as `5` or `0.5`"),
            _ => self.wrong("no value begins so", VALUES),
        }
    }

    fn string(&mut self, variables: bool) -> Result<Text, Fault> {
        let (text, end) = string::read(self.text, self.at, variables)?;
        self.at = end;
        Ok(text)
    }

    fn variable(&mut self) -> Result<String, Fault> {
        let length = string::name_length(&self.text[self.at + 1..]);
        if length == 0 {
            return Err(self.wrong("`$` begins the name of a variable", "write a letter after it, as `$fh`"));
        }
        let start = self.at + 1;
        self.at = start + length;
        Ok(self.text[start..self.at].to_owned())
    }

    fn number(&mut self) -> Result<Number, Fault> {
        let start = self.at;
        self.at += number_length(self.rest());
        let text = &self.text[start..self.at];
        let bad_end = self
            .rest()
            .starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
        if bad_end || (self.rest().starts_with('.') && !self.rest().starts_with("..")) || !is_number(text) {
            let end = self.text[start..].find([' ', '\t', '\n', ',', ']', '}', ')', '|']);
            let end = end.map_or(self.text.len(), |it| start + it);
            let what = format!("`{}` is no JSON number", &self.text[start..end]);
            return Err(Fault::new(
                start,
                end,
                what,
                "write it as JSON does, as `-5`, `0.5` or `1e3`",
            ));
        }
        Ok(Number(text.to_owned()))
    }

    /// The word that comes next, perhaps empty.
    fn word(&self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
        &rest[..end.unwrap_or(rest.len())]
    }

    fn call(&mut self) -> Result<Test, Fault> {
        let word = self.word();
        if !WORDS.contains(&word) {
            return Err(self.unknown(word));
        }
        self.at += word.len();
        Ok(match word {
            "null" => Test::Null,
            "true" => Test::Bool(true),
            "false" => Test::Bool(false),
            "_" => Test::Kind(Kind::Any),
            "int" => return self.integer(),
            "num" => Test::Kind(Kind::Num),
            "str" => Test::Kind(Kind::Str),
            "bool" => Test::Kind(Kind::Bool),
            "arr" => Test::Kind(Kind::Arr),
            "obj" => Test::Kind(Kind::Obj),
            "some" => Test::Some(self.elements(word)?),
            "each" => Test::Each(self.elements(word)?),
            "not" => Test::Not(self.elements(word)?),
            "starts" => Test::Starts(self.argument(word, true)?),
            "ends" => Test::Ends(self.argument(word, true)?),
            "has" => Test::Has(self.argument(word, true)?),
            "unique" => Test::Unique(
                self.argument(word, false)?
                    .fill(&super::Variables::new())
                    .unwrap_or_default(),
            ),
            "re" => return self.expression(),
            _ => Test::Base64(self.argument(word, true)?),
        })
    }

    fn unknown(&self, word: &str) -> Fault {
        let end = self.at + word.len();
        let what = format!("`{word}` is no word of a pattern");
        let lower = word.to_ascii_lowercase();
        let cure = match (lower.as_str(), nearest(&lower, WORDS)) {
            ("none" | "nil" | "undefined", _) => "did you mean `null`?".to_owned(),
            (_, Some(word)) => format!("did you mean `{word}`?"),
            _ => format!("write a string in double quotes, or one of {}", WORDS.join(" ")),
        };
        Fault::new(self.at, end, what, cure)
    }

    /// What follows `int`: nothing, or a range.
    fn integer(&mut self) -> Result<Test, Fault> {
        if !self.eat("(") {
            return Ok(Test::Kind(Kind::Int));
        }
        let from = self.bound()?;
        if !self.eat("..") {
            return Err(self.wrong(
                "a range needs `..`",
                "write it as `int(1..)`, `int(..9)` or `int(1..9)`",
            ));
        }
        let to = self.bound()?;
        self.close(")", "int")?;
        Ok(Test::Range { from, to })
    }

    fn bound(&mut self) -> Result<Option<Number>, Fault> {
        self.skip_blanks();
        let start = self.at;
        if !matches!(self.peek(), Some('-' | '0'..='9')) {
            return Ok(None);
        }
        let number = self.number()?;
        match number.is_integer() {
            true => Ok(Some(number)),
            false => {
                let what = "the ends of a range are integers";
                Err(Fault::new(
                    start,
                    self.at,
                    what,
                    "write them without fraction and exponent",
                ))
            }
        }
    }

    fn close(&mut self, bracket: &str, word: &str) -> Result<(), Fault> {
        match self.eat(bracket) {
            true => Ok(()),
            false => Err(self.wrong(format!("`{word}(` is not closed"), format!("write `{bracket}` here"))),
        }
    }

    /// The `(P)` of `some`, `each` and `not`.
    fn elements(&mut self, word: &str) -> Result<Box<Pattern>, Fault> {
        if !self.eat("(") {
            let cure = format!("write `{word}(…)` with a pattern");
            return Err(self.wrong(format!("`{word}` needs a pattern in brackets"), cure));
        }
        let pattern = self.pattern()?;
        self.close(")", word)?;
        Ok(Box::new(pattern))
    }

    fn argument(&mut self, word: &str, variables: bool) -> Result<Text, Fault> {
        let cure = format!("write `{word}(\"…\")`");
        if !self.eat("(") {
            return Err(self.wrong(format!("`{word}` needs a string in brackets"), cure));
        }
        self.skip_blanks();
        if self.peek() != Some('"') {
            return Err(self.wrong(format!("`{word}` takes one string in double quotes"), cure));
        }
        let text = self.string(variables)?;
        self.close(")", word)?;
        Ok(text)
    }

    /// In a regular expression `$` is an end and no variable.
    fn expression(&mut self) -> Result<Test, Fault> {
        let start = self.at;
        let text = self.argument("re", false)?;
        let text = text.fill(&super::Variables::new()).unwrap_or_default();
        match regex_lite::Regex::new(&text) {
            Ok(_) => Ok(Test::Re(text)),
            Err(error) => {
                let what = format!("this is no regular expression: {error}");
                let cure = "write one without look-around and back-references, with `\\\\` for each `\\`";
                Err(Fault::new(start, self.at, what, cure))
            }
        }
    }

    fn object(&mut self) -> Result<Test, Fault> {
        let opening = self.at;
        self.at += 1;
        let mut members: Vec<Member> = Vec::new();
        let mut names = BTreeSet::new();
        let mut first = true;
        loop {
            if self.eat("}") {
                return Ok(Test::Object { members, open: false });
            }
            self.separator(opening, "}", first)?;
            if self.eat("...") {
                self.end_of_open(opening, "}")?;
                return Ok(Test::Object { members, open: true });
            }
            let member = self.member(&mut names)?;
            members.push(member);
            first = false;
        }
    }

    fn array(&mut self) -> Result<Test, Fault> {
        let opening = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            if self.eat("]") {
                return Ok(Test::Array { items, open: false });
            }
            self.separator(opening, "]", items.is_empty())?;
            if self.eat("...") {
                self.end_of_open(opening, "]")?;
                return Ok(Test::Array { items, open: true });
            }
            items.push(self.pattern()?);
        }
    }

    /// The comma before the next element; it may be left out before `...`.
    fn separator(&mut self, opening: usize, bracket: &str, first: bool) -> Result<(), Fault> {
        self.skip_blanks();
        if self.rest().is_empty() {
            return Err(self.never_closed(opening, bracket));
        }
        if first || self.rest().starts_with("...") {
            return Ok(());
        }
        let comma = self.at;
        if !self.eat(",") {
            let what = format!("`,` or `{bracket}` is missing here");
            return Err(self.wrong(
                what,
                format!("write `,` before a further element, or `{bracket}` to end"),
            ));
        }
        self.skip_blanks();
        match self.rest().starts_with(bracket) {
            true => Err(Fault::new(
                comma,
                comma + 1,
                "nothing follows this comma",
                "take it away",
            )),
            false => Ok(()),
        }
    }

    fn end_of_open(&mut self, opening: usize, bracket: &str) -> Result<(), Fault> {
        match self.eat(bracket) {
            true => Ok(()),
            false if self.rest().is_empty() => Err(self.never_closed(opening, bracket)),
            false => Err(self.wrong("`...` stands last", format!("write `{bracket}` after it"))),
        }
    }

    fn never_closed(&self, opening: usize, bracket: &str) -> Fault {
        let what = format!("this bracket is never closed: `{bracket}` is missing at the end");
        let cure = format!("write `{bracket}`; a line that continues the record begins with a blank");
        Fault::new(opening, opening + 1, what, cure)
    }

    fn member(&mut self, names: &mut BTreeSet<String>) -> Result<Member, Fault> {
        self.skip_blanks();
        let start = self.at;
        let name = self.name()?;
        if !names.insert(name.clone()) {
            let what = format!("the member \"{name}\" stands here twice");
            return Err(Fault::new(start, self.at, what, "take one away"));
        }
        let optional = self.eat("?");
        if !self.eat(":") {
            return Err(self.wrong("`:` is missing after a member's name", "write `\"name\": pattern`"));
        }
        let value = self.pattern()?;
        Ok(Member { name, optional, value })
    }

    fn name(&mut self) -> Result<String, Fault> {
        match self.peek() {
            Some('"') => {
                let text = self.string(false)?;
                Ok(text.fill(&super::Variables::new()).unwrap_or_default())
            }
            Some(it) if it.is_ascii_alphabetic() || it == '_' => {
                let word = self.word();
                let what = "the name of a member stands in double quotes";
                Err(Fault::new(
                    self.at,
                    self.at + word.len(),
                    what,
                    format!("write `\"{word}\"`"),
                ))
            }
            Some('\'') => Err(self.wrong("single quotes do not hold a string", "write double quotes")),
            _ => Err(self.wrong("the name of a member is missing here", "write it in double quotes")),
        }
    }

    fn after_the_end(&self, rest: &str) -> Fault {
        let end = self.at + rest.len();
        let what = "the pattern is over before this";
        let cure = match rest.chars().next() {
            Some('#') => "a comment stands on a line of its own that starts with `#`",
            Some('}' | ']') => "take the bracket away, or open it",
            _ => "take it away, or bring it inside the brackets",
        };
        Fault::new(self.at, end, what, cure)
    }
}

/// How many bytes at the start of `text` look like a number; `..` is a range.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = usize::from(text.starts_with('-'));
    while let Some(&it) = bytes.get(end) {
        let dot = it == b'.' && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        let sign = matches!(it, b'+' | b'-') && matches!(bytes[end - 1], b'e' | b'E');
        if !(it.is_ascii_digit() || dot || sign || matches!(it, b'e' | b'E')) {
            break;
        }
        end += 1;
    }
    end
}

fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}
