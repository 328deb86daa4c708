//! Reads scripts: goes through the entries, keeps order between header, guards and
//! records, and collects every mistake rather than the first.

use super::error::{Mistake, ScriptError};
use super::lines::{self, Entry};
use super::words::{HEADER_WORDS, RECORD_WORDS, nearest};
use super::{Field, Guard, Header, Place, Record, RecordKind, Script, Trivia, check, header, record};

/// Reads a script. `file` is the name that errors and reports call it by.
///
/// # Errors
/// Every mistake in the text, each with its place and what to write instead.
pub fn parse(file: &str, text: &str) -> Result<Script, ScriptError> {
    let cut = lines::cut(text);
    let mut parser = Parser {
        mistakes: cut.mistakes,
        ..Parser::default()
    };
    for entry in cut.entries {
        parser.entry(entry);
    }
    parser.end();
    let (script, mut mistakes) = parser.finish(file, cut.after);
    if mistakes.is_empty() {
        mistakes = check::mistakes(&script, text);
    }
    match mistakes.is_empty() {
        true => Ok(script),
        false => Err(ScriptError::new(file, text, mistakes)),
    }
}

/// Reads a script from the bytes of its file.
///
/// # Errors
/// As [`parse`]; and bytes that are no UTF-8.
pub fn parse_bytes(file: &str, bytes: &[u8]) -> Result<Script, ScriptError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(file, text),
        Err(error) => {
            let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or("");
            let line = good.rsplit('\n').next().unwrap_or("");
            let mistake = Mistake {
                line: good.matches('\n').count() + 1,
                column: line.chars().count() + 1,
                width: 1,
                text: String::new(),
                what: format!("the byte 0x{:02X} is no UTF-8 here", bytes[error.valid_up_to()]),
                cure: "save the file as UTF-8; write a single byte as `\\x` and two digits in `>raw` or `<raw`"
                    .to_owned(),
            };
            let text = String::from_utf8_lossy(bytes);
            Err(ScriptError::new(file, &text, vec![mistake]))
        }
    }
}

#[derive(Default)]
struct Parser {
    mistakes: Vec<Mistake>,
    fields: Vec<Field>,
    records: Vec<Record>,
    guard: Option<(Vec<Trivia>, Guard)>,
    in_records: bool,
    named: bool,
}

impl Parser {
    fn entry(&mut self, entry: Entry) {
        let is_record = RECORD_WORDS.contains(&entry.word) && (self.in_records || entry.word != "timeout");
        if is_record {
            self.record(entry);
        } else if entry.word == "timeout" || HEADER_WORDS.contains(&entry.word) {
            self.field(entry);
        } else {
            self.mistakes.push(unknown(&entry, self.in_records));
        }
    }

    fn field(&mut self, entry: Entry) {
        if self.in_records {
            return self.mistakes.push(late(&entry));
        }
        self.begins_with_session(&entry);
        match header::field(&entry) {
            Err(mistake) => self.mistakes.push(mistake),
            Ok(kind) if self.fields.iter().any(|it| it.kind.excludes(&kind)) => {
                self.mistakes.push(at_word(
                    &entry,
                    "this stands in the header twice",
                    "take one of the two away",
                ));
            }
            Ok(kind) => self.fields.push(Field {
                before: comments(entry.before),
                place: entry.place,
                kind,
            }),
        }
    }

    fn begins_with_session(&mut self, entry: &Entry) {
        if !self.named && entry.word != "session" {
            let cure = "write `session` and the script's name in words above this";
            self.mistakes
                .push(at_word(entry, "a script begins with `session`", cure));
        }
        self.named = true;
    }

    fn record(&mut self, entry: Entry) {
        self.begins_with_session(&entry);
        self.in_records = true;
        if entry.word == "onlyif" {
            return self.guard(entry);
        }
        let guard = self.guard.take();
        if let (Some((_, guard)), "must" | "should" | "exact") = (&guard, entry.word) {
            self.mistakes.push(useless_guard(guard.place));
        }
        match record::record(&entry) {
            Err(mistake) => self.mistakes.push(mistake),
            Ok(kind) => self.push(entry, guard, kind),
        }
    }

    fn push(&mut self, entry: Entry, guard: Option<(Vec<Trivia>, Guard)>, kind: RecordKind) {
        let (mut before, guard) = match guard {
            None => (entry.before, None),
            Some((before, guard)) => {
                let after = comments(entry.before);
                (before, Some(Guard { after, ..guard }))
            }
        };
        if self.records.is_empty() {
            before = without_first_blank(before);
        }
        self.records.push(Record {
            before,
            guard,
            place: entry.place,
            kind,
        });
    }

    fn guard(&mut self, entry: Entry) {
        if let Some((_, guard)) = self.guard.take() {
            self.mistakes.push(useless_guard(guard.place));
        }
        match record::condition(&entry.body) {
            Err(mistake) => self.mistakes.push(mistake),
            Ok(condition) => {
                let guard = Guard {
                    place: entry.place,
                    condition,
                    after: Vec::new(),
                };
                self.guard = Some((entry.before, guard));
            }
        }
    }

    fn end(&mut self) {
        if let Some((_, guard)) = self.guard.take() {
            self.mistakes.push(useless_guard(guard.place));
        }
        if !self.named && self.mistakes.is_empty() {
            let start = Place { line: 1, column: 1 };
            let cure = "begin with `session` and the script's name in words";
            self.mistakes.push(at(start, 1, "the script is empty", cure));
        }
    }

    fn finish(mut self, file: &str, after: Vec<Trivia>) -> (Script, Vec<Mistake>) {
        self.fields.sort_by_key(|it| it.kind.rank());
        let script = Script {
            file: file.to_owned(),
            header: Header { fields: self.fields },
            records: self.records,
            after,
        };
        (script, self.mistakes)
    }
}

/// Blank lines in a header, and between a guard and its record, have no meaning
/// that a canonical text would keep.
fn comments(trivia: Vec<Trivia>) -> Vec<Trivia> {
    trivia.into_iter().filter(|it| *it != Trivia::Blank).collect()
}

/// The blank line between header and records is always there.
fn without_first_blank(mut trivia: Vec<Trivia>) -> Vec<Trivia> {
    if trivia.first() == Some(&Trivia::Blank) {
        trivia.remove(0);
    }
    trivia
}

fn at(place: Place, width: usize, what: &str, cure: &str) -> Mistake {
    Mistake {
        line: place.line as usize,
        column: place.column as usize,
        width,
        text: String::new(),
        what: what.to_owned(),
        cure: cure.to_owned(),
    }
}

fn at_word(entry: &Entry, what: &str, cure: &str) -> Mistake {
    at(entry.place, entry.word.chars().count(), what, cure)
}

fn useless_guard(place: Place) -> Mistake {
    let cure = "write it directly above what it guards; what follows a claim needs a guard each";
    at(
        place,
        "onlyif".len(),
        "no record that sends, expects or waits follows this guard",
        cure,
    )
}

fn late(entry: &Entry) -> Mistake {
    let what = format!("`{}` belongs to the header", entry.word);
    let cure = match entry.word {
        "since" | "before" | "os" => format!(
            "write it above the first record, or `onlyif {}` for the next record alone",
            entry.word
        ),
        _ => "write it above the first record".to_owned(),
    };
    at_word(entry, &what, &cure)
}

fn unknown(entry: &Entry, in_records: bool) -> Mistake {
    let word = entry.word;
    let header: &[&str] = if in_records { &[] } else { &HEADER_WORDS };
    let cure = match nearest(word, header.iter().chain(&RECORD_WORDS).copied()) {
        Some(word) => format!("did you mean `{word}`?"),
        None if word.starts_with('>') => "write `>`, a blank, and the text to send".to_owned(),
        None if word.starts_with('<') => "write `<`, a blank, and what the reply must be".to_owned(),
        None => format!("a line begins with a blank, `#`, or one of {}", RECORD_WORDS.join(" ")),
    };
    at_word(entry, &format!("no record begins with `{word}`"), &cure)
}
