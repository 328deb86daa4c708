//! Variables and parameters: export, readonly, unset, local, set, shift.

use super::{Shell, Stop, WRONG, fatal, text};
use crate::guest::shell::{lex, options};
use crate::guest::tools::options::number;

impl Shell {
    pub(super) fn mark(&mut self, words: &[Vec<u8>], name: &[u8]) -> Result<u8, Stop> {
        let exports = name == b"export";
        let words = words.strip_prefix(&[b"-p".to_vec()][..]).unwrap_or(words);
        if words.is_empty() {
            return self.list_marked(name, exports);
        }
        for word in words {
            let variable = self.assign_word(name, word)?;
            if exports {
                self.variables.export(&variable);
            } else {
                self.variables.make_readonly(&variable);
            }
        }
        Ok(0)
    }

    pub(super) fn list_marked(&mut self, name: &[u8], exports: bool) -> Result<u8, Stop> {
        let mut lines = Vec::new();
        for (variable, value) in self.variables.list(exports, !exports) {
            lines.extend(text![name, " ", variable]);
            lines.extend(value.map_or_else(Vec::new, |it| text!["=", single_quoted(it)]));
            lines.push(b'\n');
        }
        self.print(&lines)
    }

    /// Sets what a word such as `a=b` says; the name of the variable.
    pub(super) fn assign_word(&mut self, builtin: &[u8], word: &[u8]) -> Result<Vec<u8>, Stop> {
        let end = word.iter().position(|it| *it == b'=').unwrap_or(word.len());
        let (variable, value) = word.split_at(end);
        if !lex::is_variable(variable) {
            return fatal(text![builtin, bad_name(variable)]);
        }
        if let Some(value) = value.strip_prefix(b"=") {
            self.set_variable(variable, value.to_vec())?;
        }
        Ok(variable.to_vec())
    }

    pub(super) fn unset(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let (functions, names) = match words {
            [option, names @ ..] if option == b"-f" => (true, names),
            [option, names @ ..] if option == b"-v" => (false, names),
            names => (false, names),
        };
        for name in names {
            if functions {
                self.functions.remove(name);
            } else if !lex::is_variable(name) {
                return fatal(text!["unset", bad_name(name)]);
            } else {
                self.variables
                    .unset(name)
                    .map_err(|why| Stop::Fatal(text!["unset: ", why], WRONG))?;
            }
        }
        Ok(0)
    }

    pub(super) fn local(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        for word in words {
            let end = word.iter().position(|it| *it == b'=').unwrap_or(word.len());
            let former = self.variables.remember(&word[..end]);
            let Some(call) = self.frames.function() else {
                return fatal(b"local: not in a function".to_vec());
            };
            call.locals.push(former);
            self.assign_word(b"local", word)?;
        }
        Ok(0)
    }

    pub(super) fn set(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        if words.is_empty() {
            let line =
                |(name, value): (&[u8], Option<&[u8]>)| value.map(|it| text![name, "=", single_quoted(it), "\n"]);
            let lines: Vec<_> = self.variables.list(false, false).into_iter().filter_map(line).collect();
            return self.print(&lines.concat());
        }
        let mut rest = words;
        while let Some((word, after)) = rest.split_first() {
            match word.as_slice() {
                b"--" => {
                    self.set_parameters(after.to_vec());
                    return Ok(0);
                }
                [sign @ (b'-' | b'+'), b'o'] => {
                    let (name, after) = after
                        .split_first()
                        .map_or((&b""[..], after), |(name, after)| (name, after));
                    if !options::set_named(&mut self.flags, name, *sign == b'-') {
                        return fatal(text!["set: Illegal option -o ", name]);
                    }
                    rest = after;
                    continue;
                }
                [sign @ (b'-' | b'+'), letters @ ..] if !letters.is_empty() => {
                    for letter in letters {
                        if !options::set_flag(&mut self.flags, *letter, *sign == b'-') {
                            return fatal(text!["set: Illegal option -", [*letter]]);
                        }
                    }
                }
                _ => {
                    self.set_parameters(rest.to_vec());
                    return Ok(0);
                }
            }
            rest = after;
        }
        Ok(0)
    }

    pub(super) fn shift(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let count = match words.first() {
            None => 1,
            Some(word) => match number(word).and_then(|it| usize::try_from(it).ok()) {
                Some(count) => count,
                None => return fatal(text!["shift: Illegal number: ", word]),
            },
        };
        if count > self.parameters.len() {
            return fatal(b"shift: can't shift that many".to_vec());
        }
        self.parameters.drain(..count);
        Ok(0)
    }
}

/// A value in single quotes.
fn single_quoted(value: &[u8]) -> Vec<u8> {
    text![
        "'",
        value.split(|it| *it == b'\'').collect::<Vec<_>>().join(&b"'\"'\"'"[..]),
        "'"
    ]
}

/// What is said of a word that is no variable: it may have been meant as an option.
fn bad_name(word: &[u8]) -> Vec<u8> {
    match word {
        [b'-', letter, ..] => text![": Illegal option -", [*letter]],
        _ => text![": ", word, ": bad variable name"],
    }
}
