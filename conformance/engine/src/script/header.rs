//! Reads the lines of a header.

use super::FieldKind;
use super::error::Mistake;
use super::lines::Entry;
use super::value;

/// Reads what a header line says.
pub(super) fn field(entry: &Entry) -> Result<FieldKind, Mistake> {
    let body = &entry.body;
    Ok(match entry.word {
        "session" => FieldKind::Session(session(entry)?),
        "about" => FieldKind::About(about(entry)?),
        "since" => FieldKind::Since(value::version(body)?),
        "before" => FieldKind::Before(value::version(body)?),
        "os" => FieldKind::Os(value::system(body)?),
        "needs" => FieldKind::Needs(value::command(body)?),
        "lacks" => FieldKind::Lacks(value::command(body)?),
        "effect" => FieldKind::Effect(value::effect(body)?),
        "guest" => FieldKind::Guest(guest(entry)?),
        _ => FieldKind::Timeout(value::duration(body)?),
    })
}

fn session(entry: &Entry) -> Result<String, Mistake> {
    let words = entry.body.words();
    match words.is_empty() {
        false => Ok(words),
        true => Err(entry.body.missing(
            "the session has no name",
            "write it in words, as `session file round trip`",
        )),
    }
}

fn about(entry: &Entry) -> Result<Vec<String>, Mistake> {
    let lines: Vec<String> = entry.body.lines().map(|it| it.text.to_owned()).collect();
    match lines.is_empty() {
        false => Ok(lines),
        true => Err(entry
            .body
            .missing("`about` says nothing", "write a sentence, or take the line away")),
    }
}

fn guest(entry: &Entry) -> Result<String, Mistake> {
    let word = entry.body.word(
        "the name of the guest image is missing",
        "write it, as `guest full-disk`",
    )?;
    Ok(word.text.to_owned())
}

impl FieldKind {
    /// Its place in a canonical header.
    pub(super) fn rank(&self) -> usize {
        match self {
            FieldKind::Session(_) => 0,
            FieldKind::About(_) => 1,
            FieldKind::Since(_) => 2,
            FieldKind::Before(_) => 3,
            FieldKind::Os(_) => 4,
            FieldKind::Needs(_) => 5,
            FieldKind::Lacks(_) => 6,
            FieldKind::Effect(_) => 7,
            FieldKind::Guest(_) => 8,
            FieldKind::Timeout(_) => 9,
        }
    }

    /// Whether two lines may not stand in one header.
    pub(super) fn excludes(&self, other: &FieldKind) -> bool {
        match self {
            FieldKind::Needs(_) | FieldKind::Lacks(_) | FieldKind::Effect(_) => self == other,
            _ => self.rank() == other.rank(),
        }
    }
}
