//! echo, printf and test.

use super::{Shell, Stop, Sys, WRONG, fail, fatal, text};
use crate::guest::tools::printf::{self, Dialect::Shell as InShell, Escapes};
use crate::guest::tools::test::{self, Dialect};

impl Shell {
    pub(super) fn echo(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let (ends_line, words) = match words {
            [option, words @ ..] if option == b"-n" => (false, words),
            words => (true, words),
        };
        let (mut line, goes_on) = printf::unescape(&words.join(&b' '), Escapes::Echo(InShell));
        if ends_line && goes_on {
            line.push(b'\n');
        }
        self.print(&line)
    }

    pub(super) fn printf(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let words = match words {
            [dashes, words @ ..] if dashes == b"--" => words,
            [option, ..] if option.starts_with(b"-") && option.len() > 1 => {
                return fatal(text!["printf: Illegal option -", option[1..2]]);
            }
            words => words,
        };
        let Some((format, values)) = words.split_first() else {
            return fail(b"printf: usage: printf format [arg ...]".to_vec(), WRONG);
        };
        let printed = printf::format(format, values, InShell);
        let mut status = 0;
        for complaint in printed.complaints {
            status = if complaint.ends_with(b"directive") { WRONG } else { 1 };
            self.complain(&text!["printf: ", in_own_words(&complaint)]);
        }
        self.out.write_to(1, printed.bytes);
        Ok(status)
    }

    pub(super) fn test(&mut self, sys: &mut Sys<'_>, name: &[u8], words: &[Vec<u8>]) -> Result<u8, Stop> {
        let words = match (name, words.split_last()) {
            (b"[", Some((last, words))) if last == b"]" => words,
            (b"[", _) => return fail(b"[: missing ]".to_vec(), WRONG),
            _ => words,
        };
        match test::evaluate(sys, words, Dialect::Shell) {
            Ok(holds) => Ok(u8::from(!holds)),
            Err(why) => fail(text![name, ": ", why], WRONG),
        }
    }
}

/// What printf complains of, as this shell says it.
fn in_own_words(complaint: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(complaint);
    let text = text.replace("expected a numeric value", "expected numeric value");
    let text = text.replace("value not completely converted", "not completely converted");
    match text.strip_prefix('\'').and_then(|it| it.split_once("': ")) {
        Some((value, why)) => format!("{value}: {why}").into_bytes(),
        None => text.into_bytes(),
    }
}
