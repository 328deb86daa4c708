//! From words to what a command gets: parameters, commands, arithmetic, splitting,
//! names of files.
//!
//! What a command prints must be waited for. So an expansion that needs it gives
//! up, and begins anew once it is there: results are remembered in their order.

use super::code::{Change, Code, Parameter, Piece, Unless, Word};
use super::pattern::{Char, bytes, characters, is_pattern, without};
use super::variables::Variables;
use super::{Flags, arithmetic, glob};
use crate::guest::process::sys::Sys;
use crate::guest::tools::text;

/// Bytes that words may expand to.
const EXPANDED_BYTES_MAX: usize = 16 << 20;

/// What a field takes besides its text.
const FIELD_BYTES: usize = 32;

/// How much longer than copying a pattern takes.
const PATTERN_COST: usize = 8;

/// Why an expansion gave nothing.
#[derive(Clone, Debug)]
pub(super) enum Halt {
    /// This must be run first, and its output remembered.
    Run(Code),
    /// It cannot be expanded, and the shell ends.
    Error(Vec<u8>),
    /// There is no memory for it.
    TooLarge,
}

type Expanded<T> = Result<T, Halt>;

/// Results of what had to be run, in the order in which they are needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    results: Vec<Vec<u8>>,
    bytes: usize,
}

impl Memo {
    pub(super) fn push(&mut self, result: Vec<u8>) {
        self.bytes += result.len() + size_of::<Vec<u8>>();
        self.results.push(result);
    }

    pub(super) fn clear(&mut self) {
        self.results.clear();
        self.bytes = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What expansions work on.
pub(super) struct Expander<'a, 'b> {
    pub(super) sys: &'a mut Sys<'b>,
    pub(super) variables: &'a mut Variables,
    pub(super) parameters: &'a [Vec<u8>],
    /// The values of `$0`, `$?`, `$$`, `$!` and `$-`.
    pub(super) special: Special,
    pub(super) flags: Flags,
    /// Results in the order in which they are needed.
    pub(super) memo: &'a mut Memo,
    /// How many of them were used.
    pub(super) used: usize,
    /// Bytes that were expanded.
    pub(super) size: usize,
    /// Variables as they will be once the command's assignments are made.
    pub(super) assigned: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Parameters with a sign for a name.
#[derive(Clone, Debug)]
pub(super) struct Special {
    pub(super) name: Vec<u8>,
    pub(super) status: u8,
    pub(super) process: u32,
    pub(super) background: Option<u32>,
    pub(super) flags: Vec<u8>,
}

/// A value of a parameter.
enum Value {
    /// None if it is not set.
    One(Option<Vec<u8>>),
    /// `$@` and `$*`.
    All { joined: bool },
}

/// Fields that are being made.
#[derive(Debug, Default)]
struct Fields {
    done: Vec<Vec<Char>>,
    current: Option<Vec<Char>>,
    /// A blank ended a field, so that a separator after it ends none.
    after_blank: bool,
}

impl Fields {
    fn push(&mut self, characters: impl Iterator<Item = Char>) {
        self.after_blank = false;
        self.current.get_or_insert_default().extend(characters);
    }

    fn end(&mut self) {
        self.done.extend(self.current.take());
    }

    /// Adds a result that is cut at separators.
    fn push_split(&mut self, result: &[u8], separators: &[u8]) {
        for &byte in result {
            if !separators.contains(&byte) {
                self.push(std::iter::once(Char::from(byte)));
            } else if matches!(byte, b' ' | b'\t' | b'\n') {
                self.after_blank |= self.current.is_some();
                self.end();
            } else {
                if !self.after_blank {
                    self.current.get_or_insert_default();
                }
                self.end();
                self.after_blank = false;
            }
        }
    }
}

impl Expander<'_, '_> {
    /// The fields that words become.
    pub(super) fn fields(&mut self, words: &[Word]) -> Expanded<Vec<Vec<u8>>> {
        let mut all = Vec::new();
        for word in words {
            let mut fields = Fields::default();
            self.word(word, true, &mut fields)?;
            fields.end();
            self.count(fields.done.len() * FIELD_BYTES)?;
            for field in fields.done {
                self.file_names(field, &mut all);
            }
        }
        Ok(all)
    }

    fn file_names(&mut self, field: Vec<Char>, all: &mut Vec<Vec<u8>>) {
        if is_pattern(&field) && !self.flags.no_glob {
            let names = glob::names(self.sys, &field);
            if !names.is_empty() {
                return all.extend(names);
            }
        }
        all.push(bytes(&field));
    }

    /// The one text that a word becomes.
    pub(super) fn text(&mut self, word: &Word) -> Expanded<Vec<u8>> {
        self.pattern(word).map(|it| bytes(&it))
    }

    /// The pattern that a word becomes, with marks where it was quoted.
    pub(super) fn pattern(&mut self, word: &Word) -> Expanded<Vec<Char>> {
        let mut fields = Fields::default();
        self.word(word, false, &mut fields)?;
        fields.end();
        Ok(fields.done.join(&Char::from(b' ')))
    }

    fn word(&mut self, word: &Word, splits: bool, fields: &mut Fields) -> Expanded<()> {
        word.iter().try_for_each(|piece| self.piece(piece, splits, fields))
    }

    fn piece(&mut self, piece: &Piece, splits: bool, fields: &mut Fields) -> Expanded<()> {
        match piece {
            Piece::Text { bytes, quoted } => {
                self.count(bytes.len())?;
                fields.push(characters(bytes, *quoted));
            }
            Piece::Tilde(name) => {
                let home = self.home(name);
                fields.push(characters(&home, true));
            }
            Piece::Command { code, quoted } => {
                let output = self.remembered(code)?;
                self.put(&output, *quoted, splits, fields)?;
            }
            Piece::Arithmetic { expression, quoted } => {
                let value = self.arithmetic(expression)?;
                self.put(&value, *quoted, splits, fields)?;
            }
            Piece::Parameter { parameter, quoted } => self.parameter(parameter, *quoted, splits, fields)?,
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Expanded<()> {
        self.size += bytes;
        if self.size > EXPANDED_BYTES_MAX {
            Err(Halt::TooLarge)
        } else {
            Ok(())
        }
    }

    fn put(&mut self, result: &[u8], quoted: bool, splits: bool, fields: &mut Fields) -> Expanded<()> {
        self.count(result.len())?;
        if quoted || !splits {
            // Even nothing makes a field, if it was quoted.
            if quoted || !result.is_empty() {
                fields.push(characters(result, quoted));
            }
        } else {
            let separators = self.variables.get(b"IFS").unwrap_or(b" \t\n").to_vec();
            fields.push_split(result, &separators);
        }
        Ok(())
    }

    fn home(&mut self, name: &[u8]) -> Vec<u8> {
        if name.is_empty() {
            return self
                .variables
                .get(b"HOME")
                .map_or_else(|| b"~".to_vec(), <[u8]>::to_vec);
        }
        let user = std::str::from_utf8(name)
            .ok()
            .and_then(|it| self.sys.guest.accounts.user(it));
        user.map_or_else(|| text!["~", name], |it| it.home.clone().into_bytes())
    }

    // ---- what must be waited for ------------------------------------------------

    /// What a script prints, without the line ends behind it.
    fn remembered(&mut self, code: &Code) -> Expanded<Vec<u8>> {
        let Some(output) = self.memo.results.get(self.used) else {
            return Err(Halt::Run(code.clone()));
        };
        self.used += 1;
        let end = output.iter().rposition(|it| *it != b'\n').map_or(0, |at| at + 1);
        Ok(output[..end].iter().copied().filter(|it| *it != 0).collect())
    }

    /// The value of an expression. It is remembered, since it may have set variables.
    fn arithmetic(&mut self, expression: &Word) -> Expanded<Vec<u8>> {
        let expression = self.text(expression)?;
        if let Some(value) = self.memo.results.get(self.used) {
            self.used += 1;
            return Ok(value.clone());
        }
        let value = arithmetic::evaluate(&expression, self.variables).map_err(Halt::Error)?;
        self.used += 1;
        self.memo.push(value.to_string().into_bytes());
        Ok(value.to_string().into_bytes())
    }

    // ---- parameters ------------------------------------------------------------

    fn parameter(&mut self, it: &Parameter, quoted: bool, splits: bool, fields: &mut Fields) -> Expanded<()> {
        let value = self.value(&it.name);
        match &it.change {
            Change::Bad => Err(Halt::Error(b"Bad substitution".to_vec())),
            Change::Length => {
                let length = match value {
                    Value::One(value) => self.checked(&it.name, value)?.len(),
                    Value::All { .. } => self.parameters.len(),
                };
                self.put(length.to_string().as_bytes(), quoted, splits, fields)
            }
            Change::Nothing => self.put_value(&it.name, value, quoted, splits, fields),
            Change::Unless {
                what,
                empty_counts,
                word,
            } => {
                let is_there = match &value {
                    Value::One(value) => value.as_ref().is_some_and(|it| !(*empty_counts && it.is_empty())),
                    Value::All { .. } => !self.parameters.is_empty(),
                };
                match (what, is_there) {
                    (Unless::Nothing, true) => self.default(word, quoted, splits, fields),
                    (Unless::Nothing, false) => self.put(b"", quoted, splits, fields),
                    (_, true) => self.put_value(&it.name, value, quoted, splits, fields),
                    (Unless::Use, false) => self.default(word, quoted, splits, fields),
                    (Unless::Assign, false) => self.assign(&it.name, word, quoted, splits, fields),
                    (Unless::Fail, false) => self.fail(&it.name, word, *empty_counts),
                }
            }
            Change::Remove {
                at_end,
                longest,
                pattern,
            } => {
                let pattern = self.pattern(pattern)?;
                let value = match value {
                    Value::One(value) => self.checked(&it.name, value)?,
                    Value::All { .. } => self.parameters.join(&b' '),
                };
                self.sys.charge(PATTERN_COST * value.len());
                let left = without(&value, &pattern, *at_end, *longest).to_vec();
                self.put(&left, quoted, splits, fields)
            }
        }
    }

    /// The word that stands for a parameter. Its text is cut at separators as the
    /// parameter's value would have been.
    fn default(&mut self, word: &Word, quoted: bool, splits: bool, fields: &mut Fields) -> Expanded<()> {
        if quoted {
            fields.push(std::iter::empty());
        }
        for piece in word {
            match piece {
                Piece::Text { bytes, quoted: false } if !quoted => self.put(bytes, false, splits, fields)?,
                piece => self.piece(piece, splits && !quoted, fields)?,
            }
        }
        Ok(())
    }

    fn assign(&mut self, name: &[u8], word: &Word, quoted: bool, splits: bool, fields: &mut Fields) -> Expanded<()> {
        let value = self.text(word)?;
        if !super::lex::is_variable(name) {
            return Err(Halt::Error(text![name, ": bad variable name"]));
        }
        self.variables.set(name, value.clone()).map_err(Halt::Error)?;
        self.put(&value, quoted, splits, fields)
    }

    fn fail(&mut self, name: &[u8], word: &Word, empty_counts: bool) -> Expanded<()> {
        let why = match self.text(word)? {
            why if !why.is_empty() => why,
            _ if empty_counts => b"parameter not set or null".to_vec(),
            _ => b"parameter not set".to_vec(),
        };
        Err(Halt::Error(text![name, ": ", why]))
    }

    fn put_value(
        &mut self,
        name: &[u8],
        value: Value,
        quoted: bool,
        splits: bool,
        fields: &mut Fields,
    ) -> Expanded<()> {
        match value {
            Value::One(value) => {
                let value = self.checked(name, value)?;
                self.put(&value, quoted, splits, fields)
            }
            Value::All { joined } if quoted && joined || !splits => {
                let separator = match self.variables.get(b"IFS") {
                    None => vec![b' '],
                    Some(separators) => separators.iter().take(1).copied().collect(),
                };
                let separator = if joined { separator } else { vec![b' '] };
                let all = self.parameters.join(separator.as_slice());
                self.put(&all, quoted, splits, fields)
            }
            Value::All { .. } => self.put_each(quoted, fields),
        }
    }

    /// Each positional parameter as a field of its own.
    fn put_each(&mut self, quoted: bool, fields: &mut Fields) -> Expanded<()> {
        let parameters = self.parameters;
        for (index, parameter) in parameters.iter().enumerate() {
            if index > 0 {
                fields.end();
            }
            self.put(parameter, quoted, true, fields)?;
        }
        Ok(())
    }

    /// The value, or nothing where it is not set and need not be.
    fn checked(&self, name: &[u8], value: Option<Vec<u8>>) -> Expanded<Vec<u8>> {
        match value {
            None if self.flags.no_unset => Err(Halt::Error(text![name, ": parameter not set"])),
            value => Ok(value.unwrap_or_default()),
        }
    }

    fn value(&self, name: &[u8]) -> Value {
        let number = |number: u32| Some(number.to_string().into_bytes());
        let value = match name {
            b"@" => return Value::All { joined: false },
            b"*" => return Value::All { joined: true },
            b"#" => number(self.parameters.len() as u32),
            b"?" => number(u32::from(self.special.status)),
            b"$" => number(self.special.process),
            b"!" => self.special.background.and_then(number),
            b"-" => Some(self.special.flags.clone()),
            b"PPID" => number(self.sys.parent().0),
            _ if name.first().is_some_and(u8::is_ascii_digit) => self.positional(name),
            _ => self.variable(name).map(<[u8]>::to_vec),
        };
        Value::One(value)
    }

    fn variable(&self, name: &[u8]) -> Option<&[u8]> {
        let assigned = self.assigned.iter().rev().find(|(it, _)| it == name);
        assigned
            .map(|(_, value)| value.as_slice())
            .or_else(|| self.variables.get(name))
    }

    fn positional(&self, name: &[u8]) -> Option<Vec<u8>> {
        let index: usize = std::str::from_utf8(name).ok()?.parse().ok()?;
        match index.checked_sub(1) {
            None => Some(self.special.name.clone()),
            Some(index) => self.parameters.get(index).cloned(),
        }
    }
}
