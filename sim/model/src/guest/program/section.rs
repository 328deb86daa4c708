//! `[[program]]` and `[[tools]]` of an image: what there is to run.
//!
//! A program is listed once for each way it behaves; the first row counts whose
//! arguments fit. Tools are the shell and the common utilities, which work on the
//! machine's own files; an image says where they are.

use base64_simd::STANDARD;
use serde::Deserialize;
use toml::Spanned;

use super::Ending;
use super::load::binary;
use super::scripted::{Behaviour, Pattern, Programs};
use crate::guest::fs::section::Placing;
use crate::guest::image::{Problem, Span};
use crate::guest::process::signal;
use crate::guest::tools;

/// `[[program]]`: what a program does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ProgramSection {
    /// Where it is, as an absolute path.
    path: Spanned<String>,
    /// The arguments this row is for: `*` is any one, `...` at the end any number.
    /// Any at all if left out.
    arguments: Option<Vec<String>>,
    /// What it writes to standard output.
    #[serde(default)]
    stdout: String,
    /// The same in base64, for bytes that are no text.
    stdout_base64: Option<Spanned<String>>,
    /// What it writes to standard error.
    #[serde(default)]
    stderr: String,
    /// The same in base64.
    stderr_base64: Option<Spanned<String>>,
    /// Its exit status; 0 if left out.
    status: Option<u8>,
    /// The signal that ends it instead, such as `"KILL"`.
    signal: Option<Spanned<String>>,
    /// How long it runs.
    duration: Option<Span>,
    /// How long something that it leaves running holds its output after its end.
    holds_output: Option<Span>,
    /// It reads its input to the end first.
    #[serde(default)]
    reads_input: bool,
}

/// `[[tools]]`: where tools are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolsSection {
    /// An absolute path.
    folder: Spanned<String>,
    /// Their names; all there are if left out.
    names: Option<Vec<Spanned<String>>>,
}

impl ProgramSection {
    /// Puts the program where it belongs.
    pub(crate) fn place(&self, files: &mut Placing<'_>, programs: &mut Programs) -> Result<(), Problem> {
        let behaviour = self.behaviour()?;
        let name = self.path.get_ref().as_bytes();
        if !programs.contains_key(name) {
            files.program(&self.path, &binary(self.path.get_ref()))?;
        }
        programs.entry(name.to_vec()).or_default().behaviours.push(behaviour);
        Ok(())
    }

    fn behaviour(&self) -> Result<Behaviour, Problem> {
        let patterns = self
            .arguments
            .as_ref()
            .map(|it| it.iter().map(|it| Pattern::read(it)).collect());
        Ok(Behaviour {
            arguments: patterns,
            reads_input: self.reads_input,
            stdout: bytes(&self.stdout, self.stdout_base64.as_ref())?,
            stderr: bytes(&self.stderr, self.stderr_base64.as_ref())?,
            duration: self.duration.unwrap_or_default().0,
            ending: self.ending()?,
            holds_output: self.holds_output.unwrap_or_default().0,
        })
    }

    fn ending(&self) -> Result<Ending, Problem> {
        let Some(signal) = &self.signal else {
            return Ok(Ending::Exited(self.status.unwrap_or(0)));
        };
        let problem = |what: String| Problem::new(signal.span(), what, "name one such as \"KILL\", and no status");
        if self.status.is_some() {
            return Err(problem("a program ends with a status or by a signal".to_owned()));
        }
        match signal::number(signal.get_ref().as_bytes()) {
            Some(number) if signal::ends(number) => Ok(Ending::Signalled(number)),
            _ => Err(problem(format!(
                "`{}` is no signal that ends a program",
                signal.get_ref()
            ))),
        }
    }
}

fn bytes(text: &str, base64: Option<&Spanned<String>>) -> Result<Vec<u8>, Problem> {
    let Some(base64) = base64 else { return Ok(text.into()) };
    let problem = |what| Problem::new(base64.span(), what, "write text, or base64 with its padding");
    if !text.is_empty() {
        return Err(problem("an output is given twice"));
    }
    STANDARD
        .decode_to_vec(base64.get_ref())
        .map_err(|_| problem("this is no base64"))
}

impl ToolsSection {
    /// Puts the tools where they belong.
    pub(crate) fn place(&self, files: &mut Placing<'_>) -> Result<(), Problem> {
        match &self.names {
            Some(names) => names.iter().try_for_each(|it| self.put_named(files, it)),
            None => tools::names().try_for_each(|it| self.put(files, &self.folder, it)),
        }
    }

    fn put_named(&self, files: &mut Placing<'_>, name: &Spanned<String>) -> Result<(), Problem> {
        if !tools::names().any(|it| it == name.get_ref()) {
            let known = tools::names().collect::<Vec<_>>().join(", ");
            let what = format!("there is no tool `{}`", name.get_ref());
            return Err(Problem::new(name.span(), what, format!("name one of {known}")));
        }
        self.put(files, name, name.get_ref())
    }

    fn put(&self, files: &mut Placing<'_>, entry: &Spanned<String>, name: &str) -> Result<(), Problem> {
        let path = format!("{}/{name}", self.folder.get_ref());
        files.program(&Spanned::new(entry.span(), path), &binary(name))
    }
}
