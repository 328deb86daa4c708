//! A script as the shell runs it: a row of operations.
//!
//! Jumps are relative, so that pieces of code can be put together as they are.

use std::sync::{Arc, OnceLock};

/// Operations.
pub(super) type Code = Arc<[Op]>;

/// An operation.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// A command with its words.
    Simple(Arc<Simple>),
    /// Children run the next operations, so many each, joined by pipes.
    Pipe {
        parts: Vec<usize>,
    },
    /// A child runs the next operations.
    Subshell {
        len: usize,
    },
    /// A child runs the next operations, and nobody waits.
    Background {
        len: usize,
    },
    /// Files for the next operations; these are skipped if that fails.
    Redirect {
        redirects: Arc<[Redirect]>,
        line: u32,
        skip: usize,
    },
    /// The files that were before.
    Restore,
    /// The other status.
    Not,
    Jump(usize),
    JumpBack(usize),
    JumpIfFailed(usize),
    JumpIfSucceeded(usize),
    /// Status 0.
    Succeed,
    /// What fails until [`Op::Tested`] is asked for, and no reason to end.
    Test,
    Tested,
    /// A loop begins; it ends so many operations further on.
    Loop {
        exit: usize,
    },
    /// A loop over words begins.
    For {
        name: Vec<u8>,
        words: Option<Arc<[Word]>>,
        line: u32,
        exit: usize,
    },
    /// The next word of a loop; without one a jump.
    Next {
        exit: usize,
    },
    /// The status of a loop's body is that of the loop, for now.
    Keep,
    EndLoop,
    /// A word to be held against patterns.
    Case {
        word: Arc<Word>,
        line: u32,
    },
    /// Patterns; if none fits, a jump.
    Match {
        patterns: Arc<[Word]>,
        line: u32,
        skip: usize,
    },
    EndCase,
    /// The next operations are a function.
    Define {
        name: Vec<u8>,
        len: usize,
    },
}

/// A command.
#[derive(Clone, Debug, Default)]
pub(super) struct Simple {
    pub(super) assignments: Vec<(Vec<u8>, Word)>,
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
    pub(super) line: u32,
}

/// A word before its expansion.
pub(super) type Word = Vec<Piece>;

/// A part of a word.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text {
        bytes: Vec<u8>,
        quoted: bool,
    },
    Parameter {
        parameter: Arc<Parameter>,
        quoted: bool,
    },
    /// What a script prints.
    Command {
        code: Code,
        quoted: bool,
    },
    Arithmetic {
        expression: Word,
        quoted: bool,
    },
    /// The home folder of a user; of this one if there is no name.
    Tilde(Vec<u8>),
}

/// `$name` or `${name…}`.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: Vec<u8>,
    pub(super) change: Change,
}

/// What is made of a parameter.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Nothing,
    Length,
    /// `${name:-word}` and its like.
    Unless {
        what: Unless,
        empty_counts: bool,
        word: Word,
    },
    /// `${name#pattern}` and its like.
    Remove {
        at_end: bool,
        longest: bool,
        pattern: Word,
    },
    /// It cannot be understood.
    Bad,
}

/// What happens instead where a parameter is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unless {
    /// `-`: the word.
    Use,
    /// `=`: the word, which it becomes.
    Assign,
    /// `?`: an error.
    Fail,
    /// `+`: nothing; and where it is set, the word.
    Nothing,
}

/// A redirection of a descriptor.
#[derive(Clone, Debug)]
pub(super) struct Redirect {
    pub(super) descriptor: u32,
    pub(super) to: Target,
}

/// Where a descriptor is redirected to.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Read(Word),
    Write(Word),
    Append(Word),
    ReadWrite(Word),
    /// Another descriptor, or `-` for none.
    Duplicate(Word),
    /// The text that stands below; it is known when the line has been read.
    Here(Arc<OnceLock<Word>>),
}

/// The text of a word that nothing in it was quoted in or is to be expanded.
pub(super) fn plain(word: &Word) -> Option<&[u8]> {
    match word.as_slice() {
        [Piece::Text { bytes, quoted: false }] => Some(bytes),
        _ => None,
    }
}
