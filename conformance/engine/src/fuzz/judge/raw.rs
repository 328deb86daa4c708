//! The answers to bytes of any kind.

use super::Judge;
use super::reading::{self, Reading};
use super::violation::{Expected, Fault};
use crate::fuzz::property::Property;
use crate::fuzz::session::Raw;
use crate::fuzz::transcript::{End, Transcript};
use qga_fixtures::schema::{ArgumentsNotObject, LimitReached, Release};
use serde_json::Value;

/// Lines that may come before the answer to a sync for each byte before it, and
/// beyond them.
const LINES_PER_BYTE: usize = 1;
const LINES_BEYOND: usize = 4;
/// So many bytes may nest deeper than the reference agent goes.
const DEEP_BYTES: usize = 1024;

impl Judge<'_> {
    pub(super) fn raw(&mut self, raw: &Raw, transcript: &Transcript, at: usize) -> Option<Fault> {
        let recovered = |property, found: &str| {
            Some(Fault {
                property,
                expected: Expected::Recovery,
                found: found.to_owned(),
            })
        };
        match transcript.end_of(at) {
            End::NotSent => return None,
            End::Closed => return recovered(Property::Alive, "the agent closed the channel"),
            End::Nothing => return recovered(Property::Recovers, "the sync after 0xFF was not answered"),
            End::Endless => return recovered(Property::Recovers, "more lines came than there were bytes"),
            End::Complete => {}
        }
        if raw.reopens {
            self.files.reopened();
            self.programs.reopened();
        }
        let lines = transcript.lines_of(at);
        if lines.len() > raw.bytes.len() * LINES_PER_BYTE + LINES_BEYOND {
            return recovered(
                Property::Recovers,
                &format!("{} lines came for {} bytes", lines.len(), raw.bytes.len()),
            );
        }
        for (number, line) in lines.enumerate().filter(|(_, it)| !reading::is_plain(it)) {
            if self.known.find(None, line).is_some() {
                continue;
            }
            match Reading::of(line) {
                Err(why) => {
                    return Some(Fault {
                        property: Property::ReplyForm,
                        expected: Expected::Line(number, reading::wanted(line).to_owned()),
                        found: format!("{why}: {}", reading::shown(line)),
                    });
                }
                Ok(reading) if reading.sentinel && !reading.result().is_some_and(Value::is_number) => {
                    return Some(Fault {
                        property: Property::Sync,
                        expected: Expected::Unmarked(number),
                        found: format!("0xFF stands before {}", reading.shown()),
                    });
                }
                Ok(reading) => self.known.keep(None, line, reading),
            }
        }
        let property = if raw.reopens { Property::Joined } else { Property::Cut };
        cut(property, transcript, at)
    }
}

impl Raw {
    /// Whether old releases may die of it: of arguments that are no object, and of what
    /// is nested too deep.
    pub(super) fn is_deadly(&self, release: &Release) -> bool {
        let names_arguments = || self.bytes.windows(b"argument".len()).any(|it| it == b"argument");
        let is_deep = self.bytes.len() >= DEEP_BYTES;
        (release.arguments_not_object == ArgumentsNotObject::Fatal && names_arguments())
            || (release.limit_reached == LimitReached::Fatal && is_deep)
    }
}

/// The answers to the whole and to the pieces are the same.
fn cut(property: Property, transcript: &Transcript, at: usize) -> Option<Fault> {
    let (whole, pieces) = (transcript.lines_of(at), transcript.lines_of_pieces(at)?);
    if whole.len() == pieces.len() && whole.zip(pieces).all(|(one, other)| is_same(one, other)) {
        return None;
    }
    let whole: Vec<&[u8]> = transcript.lines_of(at).collect();
    let pieces: Vec<&[u8]> = transcript.lines_of_pieces(at)?.collect();
    let differs = whole.iter().zip(&pieces).position(|(one, other)| !is_same(one, other));
    let at = differs.unwrap_or(whole.len().min(pieces.len()));
    let shown = |lines: &[&[u8]]| lines.get(at).map_or("nothing".to_owned(), |it| reading::shown(it));
    Some(Fault {
        property,
        expected: Expected::Bytes(whole.concat()),
        found: format!(
            "sent whole, line {} was {}; sent in pieces, {}",
            at + 1,
            shown(&whole),
            shown(&pieces)
        ),
    })
}

/// Whether two lines are the same but for the line of the stream that an error names:
/// how many came before depends on the way, and what is asked how often.
pub(in crate::fuzz) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one == other || (without_line(one).is_some() && without_line(one) == without_line(other))
}

/// What stands behind the number of the line at the begin of an error's text.
fn without_line(reply: &[u8]) -> Option<&[u8]> {
    let begin = reply.windows(DESC.len()).position(|it| it == DESC)? + DESC.len();
    let length = reply[begin..].iter().take_while(|it| it.is_ascii_digit()).count();
    let rest = &reply[begin + length..];
    (length > 0 && rest.first() == Some(&b':')).then_some(rest)
}

/// What stands before an error's text.
const DESC: &[u8] = b"\"desc\": \"";

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn the_line_of_the_stream_is_no_difference_and_all_else_is() {
        let error = |desc: &str| format!("{{\"error\": {{\"class\": \"GenericError\", \"desc\": \"{desc}\"}}}}\n");
        let same = |one: &str, other: &str| is_same(error(one).as_bytes(), error(other).as_bytes());
        assert!(same("2:1: stray", "40:1: stray"));
        assert!(!same("2:1: stray", "2:2: stray"));
        assert!(!same("2:1: stray", "2:1: bad"));
        assert!(!same("stray", "bad"));
    }
}
