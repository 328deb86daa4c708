//! `read`.

use super::{Shell, Stop, lex};
use crate::guest::process::sys::Sys;
use crate::guest::program::Fault;
use crate::guest::tools::text;

/// Bytes of a line that is read.
const LINE_BYTES_MAX: usize = 1 << 20;

impl Shell {
    /// Reads a line, byte by byte, and cuts it into variables. What comes after the
    /// line is left to whoever reads next.
    pub(super) fn read(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let mut names = words;
        let mut raw = false;
        while let Some((option, rest)) = names.split_first().filter(|(it, _)| it.first() == Some(&b'-')) {
            match option.as_slice() {
                b"-r" => raw = true,
                b"-p" => {
                    names = rest.get(1..).unwrap_or_default();
                    continue;
                }
                _ => return Err(Stop::Fail(text!["read: Illegal option ", option], 2)),
            }
            names = rest;
        }
        if let Some(name) = names.iter().find(|it| !lex::is_variable(it)) {
            return Err(Stop::Fail(text!["read: ", name, ": bad variable name"], 2));
        }
        if names.is_empty() {
            return Err(Stop::Fail(b"read: arg count".to_vec(), 2));
        }
        let is_whole = self.read_line(sys, raw)?;
        let line = std::mem::take(&mut self.partial);
        let values = self.cut(&line, names.len(), raw);
        for (name, value) in names.iter().zip(values) {
            self.set_variable(name, value)?;
        }
        Ok(u8::from(!is_whole))
    }

    /// Reads to the end of the line; whether there was one.
    fn read_line(&mut self, sys: &mut Sys<'_>, raw: bool) -> Result<bool, Stop> {
        loop {
            let before = self.partial.len();
            let read = match sys.read(0, 1, &mut self.partial) {
                Err(Fault::Wait(wait)) => return Err(Stop::Wait(wait)),
                Err(Fault::Errno(_)) => 0,
                Ok(count) => count,
            };
            if read == 0 || before >= LINE_BYTES_MAX {
                return Ok(false);
            }
            if self.partial[before] != b'\n' {
                continue;
            }
            self.partial.pop();
            if raw || !ends_with_escape(&self.partial) {
                return Ok(true);
            }
            self.partial.pop();
        }
    }

    /// Cuts a line into so many values; the last gets what is left.
    fn cut(&self, line: &[u8], count: usize, raw: bool) -> Vec<Vec<u8>> {
        let separators = self.variables.get(b"IFS").unwrap_or(b" \t\n");
        let is_blank = |it: u8| separators.contains(&it) && matches!(it, b' ' | b'\t' | b'\n');
        let mut rest = line;
        let mut values = Vec::new();
        while values.len() < count {
            let blanks = rest.iter().take_while(|it| is_blank(**it)).count();
            rest = &rest[blanks..];
            if values.len() + 1 == count {
                let end = rest.iter().rposition(|it| !is_blank(*it)).map_or(0, |at| at + 1);
                values.push(unescaped(&rest[..end], raw));
                break;
            }
            let end = end_of_value(rest, separators, raw);
            values.push(unescaped(&rest[..end], raw));
            rest = &rest[end..];
            let blanks = rest.iter().take_while(|it| is_blank(**it)).count();
            rest = &rest[blanks..];
            let has_separator = rest.first().is_some_and(|it| separators.contains(it) && !is_blank(*it));
            rest = &rest[usize::from(has_separator)..];
        }
        values
    }
}

fn ends_with_escape(line: &[u8]) -> bool {
    line.iter().rev().take_while(|it| **it == b'\\').count() % 2 == 1
}

/// Where a value ends: at a separator that is not escaped.
fn end_of_value(text: &[u8], separators: &[u8], raw: bool) -> usize {
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'\\' && !raw {
            at += 1;
        } else if separators.contains(&text[at]) {
            return at;
        }
        at += 1;
    }
    text.len()
}

fn unescaped(text: &[u8], raw: bool) -> Vec<u8> {
    if raw {
        return text.to_vec();
    }
    let mut escaped = false;
    let keeps = |byte: &u8| {
        escaped = *byte == b'\\' && !escaped;
        !escaped
    };
    text.iter().copied().filter(keeps).collect()
}
