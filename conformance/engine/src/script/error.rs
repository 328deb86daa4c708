//! What is wrong with a script, where, and what to write instead.

use std::fmt;

/// How much of a line is shown around a mistake, in characters.
pub const SHOWN_CHARS_MAX: usize = 160;

/// All mistakes of one script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The name of the file.
    pub file: String,
    /// The mistakes, in the order of their places; never empty.
    pub mistakes: Vec<Mistake>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted in characters from 1.
    pub column: usize,
    /// How many characters are wrong, at least one.
    pub width: usize,
    /// The line itself.
    pub text: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub cure: String,
}

impl ScriptError {
    /// The mistakes of a file, sorted by place and each with its line.
    pub(super) fn new(file: &str, text: &str, mut mistakes: Vec<Mistake>) -> ScriptError {
        let lines: Vec<&str> = text.split('\n').collect();
        for mistake in &mut mistakes {
            let line = lines.get(mistake.line - 1).copied().unwrap_or("");
            mistake.text = line.trim_end_matches('\r').to_owned();
        }
        mistakes.sort_by_key(|it| (it.line, it.column));
        ScriptError {
            file: file.to_owned(),
            mistakes,
        }
    }
}

impl fmt::Display for ScriptError {
    /// For each mistake `file:line:column: what`, the line, a caret, and the cure.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.mistakes.iter().enumerate() {
            let gap = if at > 0 { "\n" } else { "" };
            write!(f, "{gap}{}:{mistake}", self.file)?;
        }
        Ok(())
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, column) = self.shown();
        let indent: String = text
            .chars()
            .take(column)
            .map(|it| if it == '\t' { '\t' } else { ' ' })
            .collect();
        let room = text.chars().count().saturating_sub(column).max(1);
        let carets = "^".repeat(self.width.min(room));
        writeln!(f, "{}:{}: {}", self.line, self.column, self.what)?;
        writeln!(f, "{:5} | {text}", self.line)?;
        writeln!(f, "      | {indent}{carets}")?;
        writeln!(f, "      = {}", self.cure)
    }
}

impl Mistake {
    /// The part of the line around the mistake, and the column in it counted from 0.
    fn shown(&self) -> (String, usize) {
        let visible = |it: char| if it.is_control() && it != '\t' { '\u{FFFD}' } else { it };
        let letters: Vec<char> = self.text.chars().map(visible).collect();
        let column = self.column - 1;
        if letters.len() <= SHOWN_CHARS_MAX {
            return (letters.into_iter().collect(), column);
        }
        let start = column.saturating_sub(SHOWN_CHARS_MAX / 2).min(letters.len());
        let end = (start + SHOWN_CHARS_MAX).min(letters.len());
        let left = if start > 0 { "…" } else { "" };
        let right = if end < letters.len() { "…" } else { "" };
        let middle: String = letters[start..end].iter().collect();
        (format!("{left}{middle}{right}"), column - start + left.chars().count())
    }
}

impl std::error::Error for ScriptError {}
