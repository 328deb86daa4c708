//! Cuts a script into entries: a first word, and what follows it on its own line
//! and on the lines that continue it.

use super::error::Mistake;
use super::{Place, Trivia};
use crate::pattern::Fault;

/// One header line or record, unread.
pub(super) struct Entry<'t> {
    pub(super) before: Vec<Trivia>,
    pub(super) word: &'t str,
    pub(super) place: Place,
    pub(super) body: Body<'t>,
}

/// What follows the first word.
pub(super) struct Body<'t> {
    pieces: Vec<Piece<'t>>,
    /// Behind the first word, where the body is missing if there is none.
    begin: Place,
}

/// What stands on one line: from its first character that is no blank to its end.
#[derive(Clone, Copy)]
pub(super) struct Piece<'t> {
    pub(super) place: Place,
    pub(super) text: &'t str,
}

/// The entries of a text, what stands below the last, and what is wrong already.
pub(super) struct Cut<'t> {
    pub(super) entries: Vec<Entry<'t>>,
    pub(super) after: Vec<Trivia>,
    pub(super) mistakes: Vec<Mistake>,
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Whether what follows the word is exact bytes, which no line may continue.
fn is_raw(word: &str) -> bool {
    matches!(word, ">raw" | "<raw")
}

/// Cuts a text.
pub(super) fn cut(text: &str) -> Cut<'_> {
    let mut cut = Cut {
        entries: Vec::new(),
        after: Vec::new(),
        mistakes: Vec::new(),
    };
    for (at, line) in text.split('\n').enumerate() {
        let place = Place {
            line: u32::try_from(at + 1).unwrap_or(u32::MAX),
            column: 1,
        };
        let line = cut.clean(Piece { place, text: line });
        cut.line(line);
    }
    cut.after = without_outer_blanks(std::mem::take(&mut cut.after));
    cut
}

fn without_outer_blanks(mut trivia: Vec<Trivia>) -> Vec<Trivia> {
    while trivia.last() == Some(&Trivia::Blank) {
        trivia.pop();
    }
    trivia
}

impl<'t> Cut<'t> {
    /// Takes the CR off a line's end and complains of what cannot be seen.
    fn clean(&mut self, line: Piece<'t>) -> Piece<'t> {
        let bare = line.text.strip_suffix('\r').unwrap_or(line.text);
        let hidden = |it: char| (it.is_control() && it != '\t') || it == '\u{FEFF}';
        if let Some((at, it)) = bare.char_indices().find(|(_, it)| hidden(*it)) {
            let what = format!("the invisible character U+{:04X} stands here", u32::from(it));
            let cure = "take it away; in a string write it as `\\u` and four digits, in raw bytes as `\\x` and two";
            let fault = Fault::new(at, at + it.len_utf8(), what, cure);
            self.mistakes.push(line.mistake(&fault));
        } else if bare.len() < line.text.len() {
            let what = "this line ends in CR LF";
            let fault = Fault::new(bare.len(), bare.len(), what, "end the lines of a script in LF alone");
            self.mistakes.push(line.mistake(&fault));
        }
        Piece { text: bare, ..line }
    }

    fn line(&mut self, line: Piece<'t>) {
        if line.text.trim_matches(BLANKS).is_empty() {
            self.blank();
        } else if let Some(comment) = line.text.strip_prefix('#') {
            self.after.push(Trivia::Comment(comment.trim_end().to_owned()));
        } else if line.text.starts_with(BLANKS) {
            self.continuation(line.skip_blanks());
        } else {
            self.entry(line);
        }
    }

    fn blank(&mut self) {
        if self.after.last() != Some(&Trivia::Blank) {
            self.after.push(Trivia::Blank);
        }
    }

    fn entry(&mut self, line: Piece<'t>) {
        let end = line.text.find(BLANKS).unwrap_or(line.text.len());
        let rest = line.skip(end);
        let mut body = Body {
            pieces: Vec::new(),
            begin: rest.place,
        };
        let rest = rest.skip_blanks();
        if !rest.text.is_empty() {
            body.pieces.push(rest);
        }
        self.entries.push(Entry {
            before: std::mem::take(&mut self.after),
            word: &line.text[..end],
            place: line.place,
            body,
        });
    }

    /// Comments between the lines of a record are moved above it; blank lines go.
    fn continuation(&mut self, piece: Piece<'t>) {
        let Some(entry) = self.entries.last_mut() else {
            let cure = "begin with `session` and the script's name, in the first column";
            let what = "this line begins with a blank but continues nothing";
            return self.mistakes.push(piece.whole_mistake(what, cure));
        };
        if is_raw(entry.word) {
            let what = format!("`{}` cannot be continued on a second line", entry.word);
            let cure = "write all its bytes on one line, a line end as `\\n`";
            return self.mistakes.push(piece.whole_mistake(&what, cure));
        }
        let comments = std::mem::take(&mut self.after);
        entry
            .before
            .extend(comments.into_iter().filter(|it| *it != Trivia::Blank));
        entry.body.pieces.push(piece);
    }
}

impl<'t> Piece<'t> {
    /// What stands from a byte on.
    fn skip(self, at: usize) -> Piece<'t> {
        let skipped = u32::try_from(self.text[..at].chars().count()).unwrap_or(u32::MAX);
        let column = self.place.column.saturating_add(skipped);
        Piece {
            place: Place { column, ..self.place },
            text: &self.text[at..],
        }
    }

    fn skip_blanks(self) -> Piece<'t> {
        let blanks = self.text.len() - self.text.trim_start_matches(BLANKS).len();
        self.skip(blanks)
    }

    /// Its words.
    pub(super) fn split(self) -> Vec<Piece<'t>> {
        let mut words = Vec::new();
        let mut rest = self.skip_blanks();
        while !rest.text.is_empty() {
            let end = rest.text.find(BLANKS).unwrap_or(rest.text.len());
            words.push(Piece {
                text: &rest.text[..end],
                ..rest
            });
            rest = rest.skip(end).skip_blanks();
        }
        words
    }

    /// A mistake whose places are bytes of this piece.
    pub(super) fn mistake(self, fault: &Fault) -> Mistake {
        let start = self.skip(fault.at.min(self.text.len())).place;
        let wrong = self.text.get(fault.at..fault.end).unwrap_or("");
        Mistake {
            line: start.line as usize,
            column: start.column as usize,
            width: wrong.chars().count().max(1),
            text: String::new(),
            what: fault.what.clone(),
            cure: fault.cure.clone(),
        }
    }

    /// A mistake that is all of this piece.
    pub(super) fn whole_mistake(self, what: &str, cure: &str) -> Mistake {
        self.mistake(&Fault::new(0, self.text.trim_end().len(), what, cure))
    }
}

impl<'t> Body<'t> {
    /// Its lines, without blanks at their ends.
    pub(super) fn lines(&self) -> impl Iterator<Item = Piece<'t>> {
        self.pieces.iter().map(|it| Piece {
            text: it.text.trim_end_matches(BLANKS),
            ..*it
        })
    }

    /// Its words as one line of text.
    pub(super) fn words(&self) -> String {
        let words: Vec<&str> = self.pieces.iter().flat_map(|it| it.text.split_whitespace()).collect();
        words.join(" ")
    }

    /// A mistake at the place where the body should begin.
    pub(super) fn missing(&self, what: &str, cure: &str) -> Mistake {
        let at = Piece {
            place: self.begin,
            text: "",
        };
        at.mistake(&Fault::new(0, 0, what, cure))
    }

    /// Its first line, blanks at the end included.
    pub(super) fn first(&self, what: &str, cure: &str) -> Result<Piece<'t>, Mistake> {
        self.pieces.first().copied().ok_or_else(|| self.missing(what, cure))
    }

    /// Its only word.
    pub(super) fn word(&self, what: &str, cure: &str) -> Result<Piece<'t>, Mistake> {
        let mut lines = self.lines();
        let line = lines.next().ok_or_else(|| self.missing(what, cure))?;
        match (line.text.find(BLANKS), lines.next()) {
            (None, None) => Ok(line),
            (Some(end), _) => Err(line
                .skip(end)
                .skip_blanks()
                .whole_mistake("one word is enough here", cure)),
            (None, Some(next)) => Err(next.whole_mistake("one word is enough here", cure)),
        }
    }

    /// A mistake if anything follows the first word.
    pub(super) fn nothing(&self, word: &str) -> Result<(), Mistake> {
        match self.lines().next() {
            None => Ok(()),
            Some(line) => {
                let what = format!("nothing follows `{word}`");
                Err(line.whole_mistake(&what, "take this away"))
            }
        }
    }

    /// Its lines as one text, and how to find back.
    pub(super) fn joined(&self) -> Joined<'t> {
        let mut text = String::new();
        for (at, line) in self.lines().enumerate() {
            if at > 0 {
                text.push('\n');
            }
            text.push_str(line.text);
        }
        Joined {
            text,
            lines: self.lines().collect(),
        }
    }
}

/// The lines of a body as one text.
pub(super) struct Joined<'t> {
    pub(super) text: String,
    lines: Vec<Piece<'t>>,
}

impl Joined<'_> {
    /// A mistake whose places are bytes of the text.
    pub(super) fn mistake(&self, fault: &Fault) -> Mistake {
        let mut start = 0;
        for (at, line) in self.lines.iter().enumerate() {
            let end = start + line.text.len();
            if fault.at <= end || at + 1 == self.lines.len() {
                let moved = Fault {
                    at: fault.at.saturating_sub(start),
                    end: fault.end.min(end).saturating_sub(start),
                    ..fault.clone()
                };
                return line.mistake(&moved);
            }
            start = end + 1;
        }
        unreachable!("a body that is read has a line")
    }
}
