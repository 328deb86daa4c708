//! The arguments of a tool: options and operands.

use super::{Call, Tool, Words, text};
use crate::guest::program::Turn;

/// What a tool was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    given: Vec<(u8, Vec<u8>)>,
    /// What is no option.
    pub(crate) operands: Vec<Vec<u8>>,
}

/// Which options a tool has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// Letters; one with a colon behind it takes a value.
    pub(crate) letters: &'static str,
    /// Long names of letters.
    pub(crate) names: &'static [(&'static str, u8)],
    /// What comes after the first operand is no option.
    pub(crate) operands_end_options: bool,
    /// The status of a call that is wrong.
    pub(crate) wrong: u8,
}

impl Known {
    /// These letters, without long names.
    pub(crate) const fn letters(letters: &'static str) -> Known {
        Known {
            letters,
            names: &[],
            operands_end_options: false,
            wrong: 1,
        }
    }

    /// The same with long names.
    pub(crate) const fn names(self, names: &'static [(&'static str, u8)]) -> Known {
        Known { names, ..self }
    }

    /// The same with another status for a wrong call.
    pub(crate) const fn wrong(self, wrong: u8) -> Known {
        Known { wrong, ..self }
    }

    /// The same, where the first operand ends the options.
    pub(crate) const fn operands_end_options(self) -> Known {
        Known {
            operands_end_options: true,
            ..self
        }
    }

    /// Whether there is such a letter, and whether it takes a value.
    fn takes_value(&self, letter: u8) -> Option<bool> {
        let at = self.letters.bytes().position(|it| it == letter && letter != b':')?;
        Some(self.letters.as_bytes().get(at + 1) == Some(&b':'))
    }
}

/// A call that is wrong: what is said of it, and the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Without the tool's name.
    pub(crate) message: Vec<u8>,
    pub(crate) status: u8,
}

impl Tool for Usage {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        let message = std::mem::take(&mut self.message);
        call.complain(&message);
        Turn::Exit(self.status)
    }
}

impl Usage {
    /// A wrong call with a hint where to look.
    pub(crate) fn new(name: &[u8], what: &[u8], status: u8) -> Usage {
        let message = text![what, "\nTry '", name, " --help' for more information."];
        Usage { message, status }
    }

    /// A wrong call that only needs its reason.
    pub(crate) fn plain(message: Vec<u8>, status: u8) -> Usage {
        Usage { message, status }
    }
}

impl Words {
    /// Reads the arguments.
    pub(crate) fn options(&self, known: Known) -> Result<Options, Usage> {
        let mut options = Options::default();
        let mut rest = self.arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_slice() {
                b"--" => break,
                [b'-', b'-', name @ ..] => self.long(known, name, &mut rest, &mut options)?,
                [b'-', letters @ ..] if !letters.is_empty() => self.short(known, letters, &mut rest, &mut options)?,
                _ => {
                    options.operands.push(argument.clone());
                    if known.operands_end_options {
                        break;
                    }
                }
            }
        }
        options.operands.extend(rest.cloned());
        Ok(options)
    }

    fn short<'a>(
        &self,
        known: Known,
        letters: &[u8],
        rest: &mut impl Iterator<Item = &'a Vec<u8>>,
        options: &mut Options,
    ) -> Result<(), Usage> {
        for (at, &letter) in letters.iter().enumerate() {
            let wrong = |what: &str| Usage::new(&self.name, &text![what, " -- '", [letter], "'"], known.wrong);
            match known.takes_value(letter) {
                None => return Err(wrong("invalid option")),
                Some(false) => options.given.push((letter, Vec::new())),
                Some(true) => {
                    let value = match &letters[at + 1..] {
                        b"" => rest
                            .next()
                            .cloned()
                            .ok_or_else(|| wrong("option requires an argument"))?,
                        value => value.to_vec(),
                    };
                    options.given.push((letter, value));
                    break;
                }
            }
        }
        Ok(())
    }

    fn long<'a>(
        &self,
        known: Known,
        argument: &[u8],
        rest: &mut impl Iterator<Item = &'a Vec<u8>>,
        options: &mut Options,
    ) -> Result<(), Usage> {
        let end = argument.iter().position(|it| *it == b'=').unwrap_or(argument.len());
        let (name, value) = argument.split_at(end);
        let wrong = |what: Vec<u8>| Usage::new(&self.name, &what, known.wrong);
        let found = known.names.iter().find(|(it, _)| it.as_bytes() == name);
        let Some((_, letter)) = found else {
            return Err(wrong(text!["unrecognized option '--", name, "'"]));
        };
        let value = match (known.takes_value(*letter), value) {
            (Some(true), [b'=', value @ ..]) => value.to_vec(),
            (Some(true), _) => rest
                .next()
                .cloned()
                .ok_or_else(|| wrong(text!["option '--", name, "' requires an argument"]))?,
            (_, b"") => Vec::new(),
            _ => return Err(wrong(text!["option '--", name, "' doesn't allow an argument"])),
        };
        options.given.push((*letter, value));
        Ok(())
    }

    /// A call without the operand it needs.
    pub(crate) fn missing_operand(&self, status: u8) -> Usage {
        Usage::new(&self.name, b"missing operand", status)
    }
}

impl Options {
    /// Whether an option was given.
    pub(crate) fn has(&self, letter: u8) -> bool {
        self.given.iter().any(|(it, _)| *it == letter)
    }

    /// The value that was given last.
    pub(crate) fn value(&self, letter: u8) -> Option<&[u8]> {
        self.given
            .iter()
            .rev()
            .find(|(it, _)| *it == letter)
            .map(|(_, value)| value.as_slice())
    }

    /// The options in the order they were given.
    pub(crate) fn given(&self) -> &[(u8, Vec<u8>)] {
        &self.given
    }
}

/// A decimal number.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A number of bytes or lines with its unit, such as `2K`.
pub(crate) fn size(text: &[u8]) -> Option<u64> {
    const UNITS: [(&[u8], u64); 9] = [
        (b"", 1),
        (b"b", 512),
        (b"K", 1 << 10),
        (b"k", 1 << 10),
        (b"M", 1 << 20),
        (b"G", 1 << 30),
        (b"kB", 1000),
        (b"MB", 1_000_000),
        (b"GB", 1_000_000_000),
    ];
    with_unit(text, &UNITS)
}

/// A decimal number with one of the units behind it.
pub(crate) fn with_unit(text: &[u8], units: &[(&[u8], u64)]) -> Option<u64> {
    let digits = text.iter().position(|it| !it.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(it, _)| *it == unit)?;
    number(digits)?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = Known::letters("an:").names(&[("all", b'a'), ("lines", b'n')]);

    fn words(text: &str) -> Words {
        let arguments = text.split_whitespace().map(|it| it.as_bytes().to_vec()).collect();
        Words {
            name: b"tool".to_vec(),
            arguments,
        }
    }

    #[test]
    fn options_come_in_many_shapes() {
        for (text, all, lines, operands) in [
            ("", false, None, ""),
            ("-a x", true, None, "x"),
            ("-an5 x y", true, Some("5"), "x y"),
            ("x -n 5", false, Some("5"), "x"),
            ("-- -a", false, None, "-a"),
            ("--all --lines=7 -", true, Some("7"), "-"),
            ("--lines 7", false, Some("7"), ""),
        ] {
            let options = words(text).options(KNOWN).expect(text);
            let operands: Vec<_> = operands.split_whitespace().map(|it| it.as_bytes().to_vec()).collect();
            assert_eq!(
                (options.has(b'a'), options.value(b'n')),
                (all, lines.map(str::as_bytes)),
                "{text}"
            );
            assert_eq!(options.operands, operands, "{text}");
        }
    }

    #[test]
    fn wrong_options_are_told() {
        for (text, message) in [
            ("-z", "invalid option -- 'z'"),
            ("-n", "option requires an argument -- 'n'"),
            ("--zoo", "unrecognized option '--zoo'"),
            ("--all=1", "option '--all' doesn't allow an argument"),
            ("--lines", "option '--lines' requires an argument"),
        ] {
            let usage = words(text).options(KNOWN).expect_err(text);
            let expected = format!("{message}\nTry 'tool --help' for more information.");
            assert_eq!(usage.message, expected.as_bytes(), "{text}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("5", Some(5)),
            ("2K", Some(2048)),
            ("1M", Some(1 << 20)),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(size(text.as_bytes()), bytes);
        }
    }
}
