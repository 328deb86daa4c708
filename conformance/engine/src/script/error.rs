//! What is wrong with a script, where, and what to write instead.

use std::fmt;

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

impl fmt::Display for ScriptError {
    /// For each mistake `file:line:column: what`, the line, a caret, and the cure.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mistake in &self.mistakes {
            write!(f, "{}:{mistake}", self.file)?;
        }
        Ok(())
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mistake {
            line,
            column,
            width,
            text,
            what,
            cure,
        } = self;
        let indent = " ".repeat(column.saturating_sub(1));
        writeln!(f, "{line}:{column}: {what}")?;
        writeln!(f, "{line:5} | {text}")?;
        writeln!(f, "      | {indent}{}", "^".repeat(*width))?;
        writeln!(f, "      = {cure}")
    }
}

impl std::error::Error for ScriptError {}
