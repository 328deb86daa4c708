//! getopts.

use super::{Shell, Stop, fatal, text};
use crate::guest::tools::options::number;

impl Shell {
    /// `getopts`: the next option of the positional parameters, or of these words.
    pub(super) fn getopts(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let [known, variable, given @ ..] = words else {
            return fatal(b"getopts: Usage: getopts optstring var [arg...]".to_vec());
        };
        let parameters = if given.is_empty() {
            self.parameters.clone()
        } else {
            given.to_vec()
        };
        let index = self
            .variables
            .get(b"OPTIND")
            .and_then(number)
            .and_then(|it| usize::try_from(it).ok())
            .unwrap_or(1);
        let within = self
            .variables
            .get(b"_OPTPOS")
            .and_then(number)
            .and_then(|it| usize::try_from(it).ok())
            .unwrap_or(1);
        let word = parameters
            .get(index.saturating_sub(1))
            .filter(|it| it.len() > 1 && it[0] == b'-' && *it != b"--");
        let Some(word) = word else {
            let is_end = parameters.get(index.saturating_sub(1)).is_some_and(|it| it == b"--");
            self.set_option(variable, b"?", None, index + usize::from(is_end), 1)?;
            return Ok(1);
        };
        let letter = word.get(within).copied().unwrap_or(b'?');
        let at = known.iter().position(|it| *it == letter && letter != b':');
        let takes_value = at.is_some_and(|at| known.get(at + 1) == Some(&b':'));
        let rest = word.get(within + 1..).unwrap_or_default();
        let (value, next, position) = match (takes_value, rest) {
            (false, []) => (None, index + 1, 1),
            (false, _) => (None, index, within + 1),
            (true, []) => (parameters.get(index).cloned(), index + 2, 1),
            (true, rest) => (Some(rest.to_vec()), index + 1, 1),
        };
        let is_missing = takes_value && value.is_none();
        let shown = match (at, is_missing) {
            (None, _) => {
                self.complain_of_option(known, "Illegal option -", letter, "\n");
                b"?"
            }
            (_, true) => {
                self.complain_of_option(known, "No arg for -", letter, " option\n");
                b"?"
            }
            _ => &[letter],
        };
        self.set_option(variable, shown, value, next.min(parameters.len() + 1), position)?;
        Ok(0)
    }

    pub(super) fn complain_of_option(&mut self, known: &[u8], what: &str, letter: u8, end: &str) {
        if known.first() != Some(&b':') {
            self.out.write_to(2, text![what, [letter], end]);
        }
    }

    pub(super) fn set_option(
        &mut self,
        variable: &[u8],
        option: &[u8],
        value: Option<Vec<u8>>,
        index: usize,
        position: usize,
    ) -> Result<(), Stop> {
        self.set_variable(variable, option.to_vec())?;
        match value {
            Some(value) => self.set_variable(b"OPTARG", value)?,
            // What is not set need not be unset.
            None => drop(self.variables.unset(b"OPTARG")),
        }
        self.set_variable(b"OPTIND", index.to_string().into_bytes())?;
        self.set_variable(b"_OPTPOS", position.to_string().into_bytes())
    }
}
