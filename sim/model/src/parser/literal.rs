//! One token into the value it stands for: strings, numbers and words.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use qga_fixtures::schema::{BigIntegers, COMMANDS, Parser, Release};

use crate::json::{Key, Value};
use crate::lexer::{Kind, Token};
use crate::scan;
use crate::utf8::{self, Letter};

/// Why a token is not the value it seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LiteralFlaw {
    /// A word other than those that are values.
    Keyword(Vec<u8>),
    /// A string is no UTF-8.
    Utf8,
    /// A string has an escape that does not exist.
    Escape,
    /// A string has an escape for what is no character: the escape as it came.
    NoCharacter(Vec<u8>),
}

/// The names of a request's members.
const REQUEST_KEYS: [&[u8]; 3] = [b"execute", b"arguments", b"id"];

/// The names that requests have and those of all arguments, by their lengths: few are of
/// one length.
static NAMES: LazyLock<Vec<Vec<&[u8]>>> = LazyLock::new(|| {
    let arguments = COMMANDS.iter().flat_map(|it| it.arguments).map(|it| it.name.as_bytes());
    let mut names: Vec<Vec<&[u8]>> = Vec::new();
    for name in REQUEST_KEYS.into_iter().chain(arguments) {
        names.resize(names.len().max(name.len() + 1), Vec::new());
        let same = &mut names[name.len()];
        if !same.contains(&name) {
            same.push(name);
        }
    }
    names
});

/// The value of a scalar token.
pub(super) fn value(token: &mut Token<'_>, release: &Release) -> Result<Value, LiteralFlaw> {
    match token.kind {
        Kind::Integer => Ok(integer(token.text(), release)),
        Kind::Float => Ok(double(token.text())),
        Kind::Keyword => keyword(token.text(), release),
        _ => string(token, release).map(Value::Str),
    }
}

/// The member name a string token stands for.
pub(super) fn key(token: &mut Token<'_>, release: &Release) -> Result<Key, LiteralFlaw> {
    let text = token.text();
    match known(&text[..text.len() - 1]) {
        Some(known) => Ok(Cow::Borrowed(known)),
        None => string(token, release).map(Cow::Owned),
    }
}

/// The member name that a plain text is.
pub(super) fn name(text: &[u8]) -> Key {
    known(text).map_or_else(|| Cow::Owned(text.to_vec()), Cow::Borrowed)
}

/// The same name as this program has it.
fn known(name: &[u8]) -> Option<&'static [u8]> {
    NAMES.get(name.len())?.iter().copied().find(|known| *known == name)
}

fn keyword(text: &[u8], release: &Release) -> Result<Value, LiteralFlaw> {
    match text {
        b"true" => Ok(Value::Bool(true)),
        b"false" => Ok(Value::Bool(false)),
        b"null" if release.null_is_a_value => Ok(Value::Null),
        _ => Err(LiteralFlaw::Keyword(text.to_vec())),
    }
}

fn integer(text: &[u8], release: &Release) -> Value {
    let digits = std::str::from_utf8(text).expect("the lexer let digits through only");
    if let Ok(number) = digits.parse() {
        return Value::Int(number);
    }
    match (release.big_integers, digits.parse()) {
        (BigIntegers::Clamped, _) if text[0] == b'-' => Value::Int(i64::MIN),
        (BigIntegers::Clamped, _) => Value::Int(i64::MAX),
        (BigIntegers::Unsigned, Ok(number)) => Value::UInt(number),
        (BigIntegers::Unsigned, Err(_)) | (BigIntegers::Double, _) => double(text),
    }
}

/// The nearest double; infinite if there is none.
fn double(text: &[u8]) -> Value {
    let digits = std::str::from_utf8(text).expect("the lexer let digits through only");
    Value::Double(digits.parse().expect("the lexer let numbers through only"))
}

fn string(token: &mut Token<'_>, release: &Release) -> Result<Vec<u8>, LiteralFlaw> {
    let mut bytes = token.take_text();
    match (token.kind, release.parser) {
        (Kind::PlainStr, _) => bytes.truncate(bytes.len() - 1),
        (kind, Parser::Bytewise) => unescape_unchecked(&mut bytes, kind == Kind::TurnedStr),
        (_, Parser::Resynchronising | Parser::Pushing) => unescape(&mut bytes)?,
    }
    Ok(bytes)
}

/// Replaces the escapes and cuts the closing quote, in place: an escape is never
/// shorter than what it stands for.
fn unescape(bytes: &mut Vec<u8>) -> Result<(), LiteralFlaw> {
    let end = bytes.len() - 1;
    let (mut from, mut to) = (0, 0);
    loop {
        let stop = next_escape(bytes, from, end);
        if !utf8::is_valid(&bytes[from..stop]) {
            return Err(LiteralFlaw::Utf8);
        }
        to = move_down(bytes, from..stop, to);
        if stop == end {
            bytes.truncate(to);
            return Ok(());
        }
        let (letter, length) = escape(&bytes[stop..])?;
        bytes[to..to + letter.as_bytes().len()].copy_from_slice(letter.as_bytes());
        to += letter.as_bytes().len();
        from = stop + length;
    }
}

/// The same for releases whose lexer let only good escapes through and that look
/// at nothing else. A turned string goes on to the next `'` or to its very end.
fn unescape_unchecked(bytes: &mut Vec<u8>, turned: bool) {
    let end = bytes.len() - usize::from(!turned);
    let (mut from, mut to) = (0, 0);
    loop {
        let stop = next_escape(bytes, from, end);
        if let Some(length) = quote_within(&bytes[from..stop]).filter(|_| turned) {
            to = move_down(bytes, from..from + length, to);
            break;
        }
        to = move_down(bytes, from..stop, to);
        if stop == end {
            break;
        }
        let (letter, length) = unchecked_escape(&bytes[stop..]);
        bytes[to..to + letter.as_bytes().len()].copy_from_slice(letter.as_bytes());
        to += letter.as_bytes().len();
        from = stop + length;
    }
    bytes.truncate(to);
}

fn next_escape(bytes: &[u8], from: usize, end: usize) -> usize {
    from + scan::prefix(&bytes[from..end], |byte| byte != b'\\')
}

fn quote_within(bytes: &[u8]) -> Option<usize> {
    let before = scan::prefix(bytes, |byte| byte != b'\'');
    (before < bytes.len()).then_some(before)
}

/// Moves a range to where it now belongs; the place after it.
fn move_down(bytes: &mut [u8], range: Range<usize>, to: usize) -> usize {
    let after = to + range.len();
    if range.start != to {
        bytes.copy_within(range, to);
    }
    after
}

/// The character an escape at the front stands for, and the escape's length.
fn escape(bytes: &[u8]) -> Result<(Letter, usize), LiteralFlaw> {
    if bytes[1] != b'u' {
        let letter = simple_escape(bytes[1]).ok_or(LiteralFlaw::Escape)?;
        return Ok((letter, 2));
    }
    let (code, length) = match unit(bytes) {
        Some(high @ 0xD800..0xDC00) if bytes[6..].starts_with(b"\\u") => match unit(&bytes[6..]) {
            Some(low @ 0xDC00..0xE000) => (Some(0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF)), 12),
            _ => (None, 6),
        },
        code => (code, 6),
    };
    match code.and_then(utf8::encode) {
        Some(letter) => Ok((letter, length)),
        None => Err(LiteralFlaw::NoCharacter(bytes[..bytes.len().min(length)].to_vec())),
    }
}

/// Surrogates stand each for themselves, and U+0000 for nothing.
fn unchecked_escape(bytes: &[u8]) -> (Letter, usize) {
    match simple_escape(bytes[1]) {
        Some(letter) => (letter, 2),
        None => (utf8::encode_unit(unit(bytes).unwrap_or(0)), 6),
    }
}

/// The four digits of a `\u` escape at the front.
fn unit(bytes: &[u8]) -> Option<u32> {
    bytes.get(2..6)?.iter().try_fold(0, |code, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(code << 4 | digit)
    })
}

fn simple_escape(letter: u8) -> Option<Letter> {
    let byte = match letter {
        b'"' | b'\'' | b'\\' | b'/' => letter,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    };
    Some(Letter::ascii(byte))
}
