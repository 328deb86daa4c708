//! Agents that write their replies otherwise, and say the same.

use super::edit;
use crate::json::{Dict, Value};
use crate::reply::SENTINEL;
use crate::session::{Frame, Session};
use qga_fixtures::schema::Release;
use serde::Deserialize;

/// How replies are written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Style {
    Sorted,
    Backwards,
    /// No blanks between the tokens.
    Dense,
    /// Blanks and tabs wherever they may stand.
    Wide,
    BlanksBefore,
    BlanksBehind,
    CarriageReturn,
    /// Characters beyond ASCII are UTF-8.
    Utf8,
    /// Every letter is an escape.
    Escaped,
    /// Doubles have exponents.
    Exponents,
    /// Errors have other texts.
    OtherTexts,
    /// Every error is of the class GenericError.
    OneClass,
    /// Errors have a member more.
    ErrorsWithData,
    /// Every object in a result that has members has one more.
    ResultsWithMore,
    IdNotEchoed,
}

/// A reply that was written.
pub(super) struct Reply {
    pub(super) is_delimited: bool,
    pub(super) members: Dict,
}

/// The reply that bytes are.
pub(super) fn reply(release: &'static Release, bytes: &[u8]) -> Option<Reply> {
    let text = bytes.strip_prefix(&[SENTINEL]);
    let frame = Session::new(release).feed(text.unwrap_or(bytes)).1;
    let Some(Frame::Value(Value::Dict(members))) = frame else {
        return None;
    };
    Some(Reply {
        is_delimited: text.is_some(),
        members,
    })
}

impl Style {
    /// Writes the reply at the end of `out`, from `from` on, anew.
    pub(super) fn write(self, release: &'static Release, out: &mut Vec<u8>, from: usize) {
        let Some(Reply { is_delimited, members }) = reply(release, &out[from..]) else {
            return;
        };
        out.truncate(from);
        out.extend(is_delimited.then_some(SENTINEL));
        if self == Style::BlanksBefore {
            out.extend_from_slice(b" \t ");
        }
        self.value(release, &self.changed(members).into(), out);
        out.extend_from_slice(match self {
            Style::BlanksBehind => b" \t \n",
            Style::CarriageReturn => b"\r\n",
            _ => b"\n",
        });
    }

    fn changed(self, mut members: Dict) -> Dict {
        let error = members.get("error").and_then(Value::as_dict).cloned();
        match (self, error) {
            (Style::OtherTexts, Some(error)) => put(&mut members, error, "desc", "das ging schief".into()),
            (Style::OneClass, Some(error)) => put(&mut members, error, "class", "GenericError".into()),
            (Style::ErrorsWithData, Some(error)) => put(&mut members, error, "data", Dict::new().into()),
            (Style::ResultsWithMore, None) => {
                let result = members.get("return").cloned().unwrap_or(Value::Null);
                edit::put(&mut members, "return", with_more(result));
            }
            (Style::IdNotEchoed, _) => members.retain(|name, _| name != b"id"),
            _ => {}
        }
        members
    }

    fn value(self, release: &Release, value: &Value, out: &mut Vec<u8>) {
        match value {
            Value::List(items) => self.items(b"[]", items, out, |it, item, out| it.value(release, item, out)),
            Value::Dict(members) => {
                let members = self.order(members);
                self.items(b"{}", &members, out, |it, (name, value), out| {
                    it.text(release, name, out);
                    it.gap(out);
                    out.extend_from_slice(if it == Style::Dense { b":" } else { b": " });
                    it.value(release, value, out);
                });
            }
            Value::Str(text) => self.text(release, text, out),
            Value::Double(number) if self == Style::Exponents => {
                out.extend_from_slice(format!("{number:e}").as_bytes())
            }
            _ => value.write(release, out),
        }
    }

    fn order(self, members: &Dict) -> Vec<(&[u8], &Value)> {
        let mut order: Vec<_> = members.in_hash_order().collect();
        match self {
            Style::Sorted => order.sort_by_key(|(name, _)| *name),
            Style::Backwards => order.reverse(),
            _ => {}
        }
        order
    }

    fn items<T>(self, brackets: &[u8; 2], items: &[T], out: &mut Vec<u8>, each: impl Fn(Style, &T, &mut Vec<u8>)) {
        out.push(brackets[0]);
        for (at, item) in items.iter().enumerate() {
            self.gap(out);
            if at > 0 {
                out.extend_from_slice(if self == Style::Dense { b"," } else { b", " });
            }
            each(self, item, out);
        }
        self.gap(out);
        out.push(brackets[1]);
    }

    fn gap(self, out: &mut Vec<u8>) {
        if self == Style::Wide {
            out.extend_from_slice(b" \t  ");
        }
    }

    fn text(self, release: &Release, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Style::Utf8 => utf8(text, out),
            Style::Escaped => escaped(text, out),
            _ => Value::Str(text.to_vec()).write(release, out),
        }
    }
}

fn put(members: &mut Dict, mut error: Dict, name: &'static str, value: Value) {
    edit::put(&mut error, name, value);
    edit::put(members, "error", error.into());
}

fn with_more(value: Value) -> Value {
    match value {
        Value::Dict(members) if !members.is_empty() => {
            let members = members.into_iter().map(|(name, value)| (name, with_more(value)));
            members.collect::<Dict>().with("x-more", 1).into()
        }
        Value::List(items) => items.into_iter().map(with_more).collect(),
        value => value,
    }
}

/// The characters of a string, in which NUL is C0 80.
fn characters(text: &[u8]) -> String {
    let parts: Vec<_> = text.split(|it| *it == 0xC0).map(String::from_utf8_lossy).collect();
    parts.join("\0").replace("\0\u{FFFD}", "\0")
}

fn utf8(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for letter in characters(text).chars() {
        match letter {
            '"' | '\\' => out.extend([b'\\', letter as u8]),
            '\0'..' ' => out.extend(format!("\\u{:04x}", letter as u32).bytes()),
            _ => out.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    out.push(b'"');
}

fn escaped(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for unit in characters(text).encode_utf16() {
        out.extend(format!("\\u{unit:04x}").bytes());
    }
    out.push(b'"');
}
