//! The shell: a small, deterministic one that reads what the POSIX shell reads and
//! speaks as dash does.
//!
//! A script goes through these, one complete command after the other, so that what
//! stands before a mistake is run:
//!
//! - `lex` and `parse`: from bytes to `code`, a row of operations;
//! - `run`: the operations, one a turn;
//! - `expand`, with `pattern`, `glob` and `arithmetic`: from words to arguments;
//! - `command`, `redirect` and `builtin`: a command, its files, and what the shell
//!   does itself;
//! - `variables`.
//!
//! Left out: job control, aliases, history, and what only a terminal needs.

mod arithmetic;
mod builtin;
mod code;
mod command;
mod expand;
mod frames;
mod glob;
mod lex;
mod options;
mod parse;
mod pattern;
mod read;
mod redirect;
mod run;
mod trap;
mod variables;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::process::Pid;
use super::process::sys::Sys;
use super::program::{Ending, Fault, Program, Turn, Wait};
use super::tools::output::Output;
use super::tools::text;
use code::Code;
use command::Current;
use expand::Memo;
use frames::{Call, Frame, Frames, bytes_of};
use variables::Variables;

/// Functions and scripts that may run within each other.
const CALLS_MAX: usize = 1000;

/// The path of programs, where the environment has none.
const USUAL_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A shell that runs.
#[derive(Clone, Debug)]
struct Shell {
    /// What `$0` is, and what complaints begin with.
    name: Vec<u8>,
    variables: Variables,
    functions: BTreeMap<Vec<u8>, Function>,
    parameters: Vec<Vec<u8>>,
    parameters_bytes: usize,
    status: u8,
    /// What `$$` is, also in subshells.
    process: Option<Pid>,
    background: Option<Pid>,
    /// Children that nobody has waited for yet, with their end if they have one.
    children: BTreeMap<Pid, Option<u8>>,
    flags: Flags,
    /// The script, as far as it is not read yet.
    source: Option<Source>,
    code: Code,
    at: usize,
    end: usize,
    line: u32,
    frames: Frames,
    /// How many questions for a status it is in.
    tests: u32,
    traps: BTreeMap<u8, Vec<u8>>,
    caught: VecDeque<u8>,
    /// Signals that were ignored when it began; that stays so.
    ignored: BTreeSet<u8>,
    doing: Doing,
    /// The command that is being run.
    current: Option<Box<Current>>,
    /// What was expanded of the operation that is being run.
    memo: Memo,
    /// The status of the last command that was substituted.
    substituted: Option<u8>,
    /// What `read` has read of a line.
    partial: Vec<u8>,
    out: Output,
    /// The last command may take the shell's place.
    may_be_replaced: bool,
    /// It ends, once what is to be done at the end is done.
    ending: Option<u8>,
}

/// What `set` sets.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    exits_on_error: bool,
    no_unset: bool,
    traces: bool,
    no_glob: bool,
    exports_all: bool,
}

/// A function: a part of some code.
#[derive(Clone, Debug)]
struct Function {
    code: Code,
    start: usize,
    end: usize,
}

/// A script and how far it is read.
#[derive(Clone, Debug)]
struct Source {
    text: Arc<[u8]>,
    at: usize,
    line: u32,
}

/// What the shell does at the moment.
#[derive(Clone, Debug)]
enum Doing {
    /// The next operation.
    Next,
    /// It reads its script, from a file or from standard input.
    Load {
        file: Option<Vec<u8>>,
        reads: Option<u32>,
        script: Vec<u8>,
    },
    /// It reads what a command prints.
    Collect { child: Pid, reads: u32, bytes: Vec<u8> },
    /// It waits for the end of a command that was substituted.
    Substituted { child: Pid },
    /// It waits for children; the last one's status counts.
    Children { left: VecDeque<Pid>, last: Pid },
    /// It writes what a command of its own prints, or what is said of a failure; then the
    /// command is over, and so many operations are done.
    Drain { name: Vec<u8>, status: u8, len: usize },
    /// It writes what is said of its end.
    Leave { status: u8 },
}

/// Why an operation is not done.
#[derive(Clone, Debug)]
enum Stop {
    /// It must be done again when this has come.
    Wait(Wait),
    /// This must be run first, for its output.
    Run(Code),
    /// It failed: what is said of it, and the status. The script goes on.
    Fail(Vec<u8>, u8),
    /// It failed so that the shell ends.
    Fatal(Vec<u8>, u8),
    /// The shell ends.
    Exit(u8),
    /// There is no memory for it.
    NoMemory,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        match fault {
            Fault::Wait(wait) => Stop::Wait(wait),
            Fault::Errno(errno) => Stop::Fail(errno.text().into(), 2),
        }
    }
}

/// The shell, ready to run with these words; the first is what it is called.
pub(super) fn program(words: Vec<Vec<u8>>, environment: &[Vec<u8>]) -> Box<dyn Program> {
    Box::new(options::shell(words, environment))
}

impl Shell {
    fn new(name: Vec<u8>, environment: &[Vec<u8>]) -> Shell {
        let mut variables = Variables::of(environment);
        if variables.get(b"PATH").is_none() {
            // It is nobody's yet, so that it can be set.
            let _ = variables.set(b"PATH", USUAL_PATH.to_vec());
        }
        Shell {
            name,
            variables,
            functions: BTreeMap::new(),
            parameters: Vec::new(),
            parameters_bytes: 0,
            status: 0,
            process: None,
            background: None,
            children: BTreeMap::new(),
            flags: Flags::default(),
            source: None,
            code: Arc::from([]),
            at: 0,
            end: 0,
            line: 1,
            frames: Frames::default(),
            tests: 0,
            traps: BTreeMap::new(),
            caught: VecDeque::new(),
            ignored: BTreeSet::new(),
            doing: Doing::Next,
            current: None,
            memo: Memo::default(),
            substituted: None,
            partial: Vec::new(),
            out: Output::default(),
            may_be_replaced: false,
            ending: None,
        }
    }

    /// A shell like this one that runs the next operations and then ends.
    fn subshell(&self, start: usize, len: usize) -> Shell {
        Shell {
            functions: self.functions.clone(),
            children: BTreeMap::new(),
            source: None,
            code: self.code.clone(),
            at: start,
            end: start + len,
            frames: Frames::default(),
            traps: self
                .traps
                .iter()
                .filter(|(_, it)| it.is_empty())
                .map(|(it, _)| (*it, Vec::new()))
                .collect(),
            caught: VecDeque::new(),
            doing: Doing::Next,
            current: None,
            memo: Memo::default(),
            substituted: None,
            partial: Vec::new(),
            out: Output::default(),
            may_be_replaced: true,
            ..self.clone()
        }
    }

    /// A shell like this one that runs some code and then ends.
    fn subshell_of(&self, code: &Code) -> Shell {
        Shell {
            code: code.clone(),
            end: code.len(),
            ..self.subshell(0, 0)
        }
    }

    /// Replaces the positional parameters; gives back those that were.
    fn set_parameters(&mut self, parameters: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        self.parameters_bytes = bytes_of(&parameters);
        std::mem::replace(&mut self.parameters, parameters)
    }

    /// Says on standard error what is wrong.
    fn complain(&mut self, message: &[u8]) {
        let line = self.line.to_string();
        self.out.write_to(2, text![self.name, ": ", line, ": ", message, "\n"]);
    }
}

impl Program for Shell {
    fn turn(&mut self, sys: &mut Sys<'_>) -> Turn {
        self.begin(sys);
        self.take_signals(sys);
        match self.go_on(sys) {
            Ok(turn) => turn,
            Err(stop) => self.stop(sys, stop),
        }
    }

    fn duplicate(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }

    fn memory_bytes(&self) -> usize {
        let doing = match &self.doing {
            Doing::Collect { bytes, .. } => bytes.len(),
            Doing::Load { script, .. } => script.len(),
            _ => 0,
        };
        let words = self.parameters_bytes + self.current.as_ref().map_or(0, |it| it.bytes());
        let functions = self.functions.len() * size_of::<Function>();
        let kept = self.variables.bytes() + self.memo.bytes() + self.frames.bytes() + self.out.len();
        doing + words + functions + kept + self.partial.len()
    }
}

/// The status that stands for an end.
fn status_of(ending: Ending) -> u8 {
    match ending {
        Ending::Exited(status) => status,
        Ending::Signalled(signal) => signal.wrapping_add(128),
    }
}

#[cfg(test)]
mod tests;
