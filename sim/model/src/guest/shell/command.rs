//! A command: its words are expanded, its files opened, and then it is a function,
//! something the shell does itself, or a program.

use super::code::{Op, Simple};
use super::frames::bytes_of;
use super::lex::Lexer;
use super::redirect::{self, File, Saved};
use super::variables::Former;
use super::{Doing, Shell, Stop, builtin};
use crate::guest::errno::Errno;
use crate::guest::fs::inode::Kind;
use crate::guest::process::Pid;
use crate::guest::process::search::candidates;
use crate::guest::process::sys::Sys;
use crate::guest::program::Turn;
use crate::guest::tools::{self, text};

/// What runs text that does not say what runs it.
const SHELL: &[u8] = b"/bin/sh";

/// The status of a command that is not found.
const NOT_FOUND: u8 = 127;

/// The status of a command that cannot be run.
const CANNOT_RUN: u8 = 126;

/// A command that is being run.
#[derive(Clone, Debug, Default)]
pub(super) struct Current {
    pub(super) words: Vec<Vec<u8>>,
    assignments: Vec<(Vec<u8>, Vec<u8>)>,
    files: Vec<File>,
    saved: Option<Saved>,
    /// Variables to be put back.
    formers: Option<Vec<Former>>,
    bytes: usize,
}

impl Current {
    /// Nothing but files that are to be put back.
    pub(super) fn of_files(saved: Saved) -> Current {
        Current {
            saved: Some(saved),
            ..Current::default()
        }
    }

    /// Bytes of its words.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What has come of something the shell does itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Did {
    /// It is done, with this status.
    Status(u8),
    /// The shell goes on elsewhere.
    Moved,
}

/// Where a program was found.
enum Program {
    Path(Vec<u8>),
    /// A tool that the machine need not have.
    Tool,
}

impl Shell {
    pub(super) fn simple(&mut self, sys: &mut Sys<'_>, simple: &Simple) -> Result<Turn, Stop> {
        self.line = simple.line;
        if self.current.is_none() {
            self.expand_command(sys, simple)?;
        }
        let Some(mut current) = self.current.take() else {
            return Ok(Turn::Again);
        };
        let done = self.run_command(sys, &mut current);
        if done.is_err() {
            // It is tried again, or given up; both need it.
            self.current = Some(current);
        }
        done
    }

    fn expand_command(&mut self, sys: &mut Sys<'_>, simple: &Simple) -> Result<(), Stop> {
        if self.memo.is_empty() {
            self.substituted = None;
        }
        let current = self.expanded(sys, |it| {
            let words = it.fields(&simple.words)?;
            let files = redirect::resolve(it, &simple.redirects)?;
            for (name, word) in &simple.assignments {
                let value = it.text(word)?;
                it.assigned.push((name.clone(), value));
            }
            let assignments = std::mem::take(&mut it.assigned);
            let bytes = bytes_of(&words) + it.size;
            Ok(Current {
                words,
                assignments,
                files,
                saved: None,
                formers: None,
                bytes,
            })
        })?;
        if self.flags.traces {
            self.trace(&current);
        }
        self.current = Some(Box::new(current));
        Ok(())
    }

    fn trace(&mut self, current: &Current) {
        let assignments = current.assignments.iter().map(|(name, value)| text![name, "=", value]);
        let parts: Vec<_> = assignments.chain(current.words.iter().cloned()).collect();
        self.out.write_to(2, text!["+ ", parts.join(&b' '), "\n"]);
    }

    fn run_command(&mut self, sys: &mut Sys<'_>, current: &mut Box<Current>) -> Result<Turn, Stop> {
        let name = current.words.first().cloned().unwrap_or_default();
        let is_special = builtin::is_special(&name);
        if current.saved.is_none() {
            match redirect::apply(sys, &current.files) {
                Ok(saved) => current.saved = Some(saved),
                Err((_, wait @ Stop::Wait(_))) => return Err(wait),
                Err((saved, stop)) => {
                    current.saved = Some(saved);
                    return Err(match stop {
                        // The shell cannot go on without the files of such a command.
                        Stop::Fail(message, status) if is_special => Stop::Fatal(message, status),
                        other => other,
                    });
                }
            }
        }
        if current.words.is_empty() {
            return self.assign(sys, current);
        }
        if !is_special && self.functions.contains_key(&name) {
            return self.call_function(current);
        }
        if builtin::is_builtin(&name) {
            return self.run_builtin(sys, current, name, is_special);
        }
        self.run_program(sys, current)
    }

    /// A command without words only sets variables.
    fn assign(&mut self, sys: &mut Sys<'_>, current: &mut Current) -> Result<Turn, Stop> {
        for (name, value) in std::mem::take(&mut current.assignments) {
            self.set_variable(&name, value)?;
        }
        if let Some(saved) = current.saved.take() {
            saved.restore(sys);
        }
        self.done(1, self.substituted.unwrap_or(0), sys);
        Ok(Turn::Again)
    }

    pub(super) fn set_variable(&mut self, name: &[u8], value: Vec<u8>) -> Result<(), Stop> {
        self.variables.set(name, value).map_err(|why| Stop::Fatal(why, 2))?;
        if self.flags.exports_all {
            self.variables.export(name);
        }
        Ok(())
    }

    /// Sets the command's variables for as long as it runs.
    fn assign_for_now(&mut self, current: &mut Current) -> Result<(), Stop> {
        if current.formers.is_some() {
            return Ok(());
        }
        let mut formers = Vec::new();
        for (name, value) in &current.assignments {
            formers.push(self.variables.remember(name));
            self.set_variable(name, value.clone())?;
            self.variables.export(name);
        }
        current.formers = Some(formers);
        Ok(())
    }

    fn call_function(&mut self, current: &mut Current) -> Result<Turn, Stop> {
        let name = current.words.remove(0);
        self.assign_for_now(current)?;
        let mut call = self.call_from_here();
        call.returns = true;
        call.locals = current.formers.take().unwrap_or_default();
        call.files = current.saved.take().unwrap_or_default();
        call.parameters = Some(self.set_parameters(std::mem::take(&mut current.words)));
        self.call(call)?;
        if let Some(function) = self.functions.get(&name) {
            (self.code, self.at, self.end) = (function.code.clone(), function.start, function.end);
        }
        Ok(Turn::Again)
    }

    fn run_builtin(
        &mut self,
        sys: &mut Sys<'_>,
        current: &mut Box<Current>,
        name: Vec<u8>,
        is_special: bool,
    ) -> Result<Turn, Stop> {
        if is_special {
            for (name, value) in std::mem::take(&mut current.assignments) {
                self.set_variable(&name, value)?;
            }
        } else {
            self.assign_for_now(current)?;
        }
        let files = current.saved.clone();
        let done = self.builtin(sys, &current.words, files.unwrap_or_default());
        match done.map_err(|stop| not_fatal(stop, is_special))? {
            Did::Status(status) => {
                self.current = Some(current.clone());
                self.doing = Doing::Drain { name, status, len: 1 };
            }
            Did::Moved => {}
        }
        Ok(Turn::Again)
    }

    /// What is left to do once a command has printed everything, or everything is said of
    /// why it cannot be run.
    pub(super) fn finish_command(&mut self, sys: &mut Sys<'_>, status: u8, len: usize) -> Result<Turn, Stop> {
        self.abandon_command(sys);
        self.done(len, status, sys);
        Ok(Turn::Again)
    }

    /// Puts back what a command has changed for itself.
    pub(super) fn abandon_command(&mut self, sys: &mut Sys<'_>) {
        let Some(current) = self.current.take() else { return };
        if let Some(saved) = current.saved {
            saved.restore(sys);
        }
        for former in current.formers.into_iter().flatten().rev() {
            self.variables.put_back(former);
        }
        sys.abandon_opening();
    }

    // ---- programs --------------------------------------------------------------

    fn run_program(&mut self, sys: &mut Sys<'_>, current: &mut Current) -> Result<Turn, Stop> {
        self.assign_for_now(current)?;
        sys.charge(self.variables.bytes());
        let environment = self.variables.environment();
        let path = self.variables.get(b"PATH").unwrap_or_default().to_vec();
        for former in current.formers.take().into_iter().flatten().rev() {
            self.variables.put_back(former);
        }
        let words = current.words.clone();
        let program = find(sys, &path, &words[0]).map_err(|errno| cannot_run(&words[0], errno))?;
        if self.is_last() {
            self.become_program(sys, program, words, environment)?;
            return Ok(Turn::Again);
        }
        let child = start(sys, program, &words, environment).map_err(|errno| cannot_run(&words[0], errno))?;
        if let Some(saved) = current.saved.take() {
            saved.restore(sys);
        }
        self.step(1);
        self.wait_for([child]);
        Ok(Turn::Again)
    }

    /// `exec`, with the words of a program.
    pub(super) fn replace(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<Did, Stop> {
        let path = self.variables.get(b"PATH").unwrap_or_default().to_vec();
        let environment = self.variables.environment();
        let found = find(sys, &path, &words[0]).map_err(|errno| cannot_run(&words[0], errno));
        let replaced = found.and_then(|it| self.become_program(sys, it, words.to_vec(), environment));
        match replaced {
            Ok(()) => Ok(Did::Moved),
            Err(Stop::Fail(message, status)) => Err(Stop::Fatal(text!["exec: ", message], status)),
            Err(other) => Err(other),
        }
    }

    fn become_program(
        &mut self,
        sys: &mut Sys<'_>,
        program: Program,
        words: Vec<Vec<u8>>,
        environment: Vec<Vec<u8>>,
    ) -> Result<(), Stop> {
        let name = words[0].clone();
        let path = match program {
            Program::Tool => {
                sys.become_tool(&name, words, environment);
                return Ok(());
            }
            Program::Path(path) => path,
        };
        match sys.exec(&path, words.clone(), environment.clone()) {
            Err(Errno::ENOEXEC) => sys.exec(SHELL, script_words(&path, &words), environment),
            done => done,
        }
        .map_err(|errno| cannot_run(&name, errno))
    }

    /// Whether nothing comes after the operation that is being run.
    fn is_last(&self) -> bool {
        let is_busy = !self.frames.is_empty() || self.ending.is_some() || !self.traps.is_empty();
        if is_busy || !self.may_be_replaced {
            return false;
        }
        let mut at = self.at + 1;
        while let Some(Op::Jump(len)) = self.code[..self.end].get(at) {
            at += len;
        }
        let source = self.source.as_ref();
        at >= self.end && source.is_none_or(|it| Lexer::new(&it.text, it.at, it.line).skip_to_end())
    }

    /// The path of a program, for whoever asks; a function or a command of the
    /// shell's own has none.
    pub(super) fn path_of(&self, sys: &mut Sys<'_>, name: &[u8]) -> Option<Vec<u8>> {
        let path = self.variables.get(b"PATH").unwrap_or_default();
        match find(sys, path, name) {
            Ok(Program::Path(path)) => Some(path),
            Ok(Program::Tool) => Some(name.to_vec()),
            Err(_) => None,
        }
    }
}

/// Finds a program.
fn find(sys: &mut Sys<'_>, path: &[u8], name: &[u8]) -> Result<Program, Errno> {
    if name.contains(&b'/') {
        return Ok(Program::Path(name.to_vec()));
    }
    let mut error = Errno::ENOENT;
    for candidate in candidates(path, name).filter(|_| !name.is_empty()) {
        match sys.calls(|sys| Ok((sys.stat(&candidate)?.kind, sys.check_program(&candidate)))) {
            Ok((Kind::File, Ok(()))) => return Ok(Program::Path(candidate)),
            Ok((Kind::File, Err(errno))) => error = errno,
            Ok(_) | Err(Errno::ENOENT | Errno::ENOTDIR) => {}
            Err(errno) => error = errno,
        }
    }
    let is_tool = sys.finds_all_tools() && tools::names().any(|it| it.as_bytes() == name);
    if is_tool { Ok(Program::Tool) } else { Err(error) }
}

fn start(sys: &mut Sys<'_>, program: Program, words: &[Vec<u8>], environment: Vec<Vec<u8>>) -> Result<Pid, Errno> {
    let path = match program {
        Program::Tool => return sys.spawn_tool(&words[0], words.to_vec(), environment),
        Program::Path(path) => path,
    };
    match sys.spawn(&path, words.to_vec(), environment.clone()) {
        Err(Errno::ENOEXEC) => sys.spawn(SHELL, script_words(&path, words), environment),
        done => done,
    }
}

fn script_words(path: &[u8], words: &[Vec<u8>]) -> Vec<Vec<u8>> {
    [SHELL.to_vec(), path.to_vec()]
        .into_iter()
        .chain(words.iter().skip(1).cloned())
        .collect()
}

/// The shell goes on after what commands of its own are used wrongly, but for a few.
fn not_fatal(stop: Stop, is_special: bool) -> Stop {
    match stop {
        Stop::Fatal(message, status) if !is_special => Stop::Fail(message, status),
        other => other,
    }
}

fn cannot_run(name: &[u8], errno: Errno) -> Stop {
    match errno {
        Errno::ENOENT | Errno::ENOTDIR => Stop::Fail(text![name, ": not found"], NOT_FOUND),
        Errno::EAGAIN => Stop::Fatal(b"Cannot fork".to_vec(), 2),
        errno => Stop::Fail(text![name, ": ", errno.text()], CANNOT_RUN),
    }
}
