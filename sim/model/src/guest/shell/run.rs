//! A turn of the shell: what it does next, and what comes of it.
//!
//! - `operations`: the operations of a script;
//! - `children`: what it starts and waits for.

mod children;
mod operations;

use std::sync::Arc;

use super::expand::{Expander, Halt, Special};
use super::lex::Lexer;
use super::{Call, Doing, Frame, Shell, Source, Stop, options, parse};
use crate::guest::fs::open::OpenFlags;
use crate::guest::process::signal::SIGKILL;
use crate::guest::process::sys::Sys;
use crate::guest::program::{Fault, Turn};
use crate::guest::tools::text;

/// Bytes read in a turn.
const READ_BYTES: usize = 64 * 1024;

/// Bytes of a script; what comes after them is not read.
const SCRIPT_BYTES_MAX: usize = 4 << 20;

/// The status where no command can be made.
const WRONG: u8 = 2;

impl Shell {
    /// The first things, the first time.
    pub(super) fn begin(&mut self, sys: &mut Sys<'_>) {
        if self.process.is_some() {
            return;
        }
        self.process = Some(sys.pid());
        self.ignored = sys.ignored_signals();
        let here = sys.working_folder();
        let known = self.variables.get(b"PWD").map(<[u8]>::to_vec);
        let is_right = |sys: &mut Sys<'_>, path: &[u8]| {
            path.starts_with(b"/")
                && sys.calls(|sys| Some(sys.stat(path).ok()?.inode == sys.stat(b".").ok()?.inode)) == Some(true)
        };
        let folder = known.filter(|it| is_right(sys, it)).unwrap_or(here);
        // Nothing can be read-only yet.
        let _ = self.variables.set(b"PWD", folder);
        self.variables.export(b"PWD");
    }

    pub(super) fn go_on(&mut self, sys: &mut Sys<'_>) -> Result<Turn, Stop> {
        match self.out.drain(sys) {
            Ok(()) => {}
            Err(Fault::Wait(wait)) => return Err(Stop::Wait(wait)),
            Err(Fault::Errno(_)) => {
                self.cannot_write();
                return Ok(Turn::Again);
            }
        }
        match std::mem::replace(&mut self.doing, Doing::Next) {
            Doing::Next => self.next(sys),
            Doing::Load { file, reads, script } => self.load(sys, file, reads, script),
            Doing::Collect { child, reads, bytes } => self.collect(sys, child, reads, bytes),
            Doing::Substituted { child } => self.substituted(sys, child),
            Doing::Children { left, last } => self.children(sys, left, last),
            Doing::Drain { status, len, .. } => self.finish_command(sys, status, len),
            Doing::Leave { status } => {
                self.leave(sys, status);
                Ok(Turn::Again)
            }
        }
    }

    /// What a command of its own printed cannot be written.
    fn cannot_write(&mut self) {
        let is_complaint = self.out.target() == Some(2);
        self.out.clear();
        if let (false, Doing::Drain { name, status, .. }) = (is_complaint, &mut self.doing) {
            *status = 1;
            let complaint = text![name, ": ", name, ": I/O error"];
            self.complain(&complaint);
        }
    }

    pub(super) fn stop(&mut self, sys: &mut Sys<'_>, stop: Stop) -> Turn {
        match stop {
            Stop::Wait(wait) => return Turn::Wait(wait),
            Stop::Run(code) => {
                if self.substitute(sys, &code).is_err() {
                    self.complain(b"Cannot fork");
                    self.leave(sys, WRONG);
                }
            }
            Stop::Fail(message, status) => {
                if !message.is_empty() {
                    self.complain(&message);
                }
                self.fail(status, 1);
            }
            // It says so while the command's files are still in their places.
            Stop::Fatal(message, status) => {
                self.complain(&message);
                self.doing = Doing::Leave { status };
            }
            Stop::Exit(status) => self.doing = Doing::Leave { status },
            Stop::NoMemory => {
                // It may always signal itself.
                let _ = sys.kill(sys.pid(), SIGKILL);
            }
        }
        Turn::Again
    }

    /// A command has failed, and is over when what is said of that is written to where the
    /// command's files go.
    pub(super) fn fail(&mut self, status: u8, len: usize) {
        let name = Vec::new();
        self.doing = Doing::Drain { name, status, len };
    }

    /// An operation is done, with this status.
    pub(super) fn done(&mut self, len: usize, status: u8, sys: &mut Sys<'_>) {
        self.step(len);
        self.status = status;
        self.check_status(sys);
    }

    /// An operation is done.
    pub(super) fn step(&mut self, len: usize) {
        self.at += len;
        self.memo.clear();
    }

    pub(super) fn check_status(&mut self, sys: &mut Sys<'_>) {
        if self.flags.exits_on_error && self.status != 0 && self.tests == 0 {
            self.leave(sys, self.status);
        }
    }

    // ---- the script ------------------------------------------------------------

    fn load(
        &mut self,
        sys: &mut Sys<'_>,
        file: Option<Vec<u8>>,
        reads: Option<u32>,
        mut script: Vec<u8>,
    ) -> Result<Turn, Stop> {
        self.line = 0;
        let opened = match (&file, reads) {
            (_, Some(reads)) => Ok(reads),
            (Some(path), None) => sys.open(path, OpenFlags::READ, 0),
            (None, None) => Ok(0),
        };
        let step = opened.and_then(|reads| Ok((reads, sys.read(reads, READ_BYTES, &mut script)?)));
        match step {
            Err(Fault::Wait(wait)) => {
                self.doing = Doing::Load { file, reads, script };
                Err(Stop::Wait(wait))
            }
            Err(Fault::Errno(errno)) => {
                let name = file.unwrap_or_default();
                let why = super::redirect::open_error(errno);
                Err(Stop::Fatal(text!["cannot open ", name, ": ", why], WRONG))
            }
            Ok((reads, count)) if count > 0 && script.len() < SCRIPT_BYTES_MAX => {
                self.doing = Doing::Load {
                    file,
                    reads: Some(reads),
                    script,
                };
                Ok(Turn::Again)
            }
            Ok((reads, _)) => {
                if let Some(file) = file {
                    sys.close(reads);
                    self.name = file;
                }
                script.truncate(SCRIPT_BYTES_MAX);
                self.line = 1;
                self.source = Some(Source::of(script));
                Ok(Turn::Again)
            }
        }
    }

    fn next(&mut self, sys: &mut Sys<'_>) -> Result<Turn, Stop> {
        if self.run_trap() {
            return Ok(Turn::Again);
        }
        if self.at < self.end {
            return self.operation(sys);
        }
        match &self.source {
            Some(_) => self.read_command(sys),
            None => self.end_of_code(sys),
        }
    }

    /// The next command of the script.
    fn read_command(&mut self, sys: &mut Sys<'_>) -> Result<Turn, Stop> {
        let Some(source) = &mut self.source else {
            return Ok(Turn::Again);
        };
        let text = Arc::clone(&source.text);
        let mut lexer = Lexer::new(&text, source.at, source.line);
        let read = parse::next_command(&mut lexer);
        (source.at, source.line) = (lexer.at, lexer.line);
        match read {
            Ok(Some(code)) => {
                (self.at, self.end) = (0, code.len());
                self.code = code;
                Ok(Turn::Again)
            }
            Ok(None) => {
                self.source = None;
                self.end_of_code(sys)
            }
            Err(error) => {
                self.line = error.line;
                Err(Stop::Fatal(text!["Syntax error: ", error.what], WRONG))
            }
        }
    }

    /// A function, a script or the shell is at its end.
    fn end_of_code(&mut self, sys: &mut Sys<'_>) -> Result<Turn, Stop> {
        match self.frames.pop() {
            Some(Frame::Call(call)) => self.come_back(sys, *call),
            Some(_) => {}
            None => match self.ending {
                Some(status) => return Ok(Turn::Exit(status)),
                None => self.leave(sys, self.status),
            },
        }
        Ok(Turn::Again)
    }

    /// Goes back to where a call came from.
    fn come_back(&mut self, sys: &mut Sys<'_>, call: Call) {
        let Call {
            source,
            code,
            at,
            end,
            parameters,
            locals,
            files,
            tests,
            status,
            ..
        } = call;
        (self.source, self.code, self.at, self.end, self.tests) = (source, code, at, end, tests);
        if let Some(parameters) = parameters {
            self.set_parameters(parameters);
        }
        for former in locals.into_iter().rev() {
            self.variables.put_back(former);
        }
        files.restore(sys);
        self.status = status.unwrap_or(self.status);
        self.memo.clear();
    }

    /// Begins a call; what is to be run must be set then.
    pub(super) fn call(&mut self, call: Call) -> Result<(), Stop> {
        if self.frames.calls() >= super::CALLS_MAX {
            let what = format!("Maximum function recursion depth ({}) reached", super::CALLS_MAX);
            return Err(Stop::Fatal(what.into_bytes(), WRONG));
        }
        self.frames.push(Frame::Call(Box::new(call)));
        Ok(())
    }

    /// Where to come back to after the operation that is being run.
    pub(super) fn call_from_here(&mut self) -> Call {
        self.memo.clear();
        Call {
            source: self.source.take(),
            code: self.code.clone(),
            at: self.at + 1,
            end: self.end,
            parameters: None,
            returns: false,
            locals: Vec::new(),
            files: super::redirect::Saved::default(),
            tests: self.tests,
            status: None,
        }
    }

    /// Makes a text what is run next.
    pub(super) fn run_text(&mut self, text: Vec<u8>) {
        self.source = Some(Source::of(text));
        (self.at, self.end) = (0, 0);
    }

    /// Ends the shell, after what is to be done then.
    pub(super) fn leave(&mut self, sys: &mut Sys<'_>, status: u8) {
        self.abandon_command(sys);
        self.frames.clear();
        (self.at, self.end, self.tests) = (0, 0, 0);
        self.source = None;
        self.doing = Doing::Next;
        self.memo.clear();
        self.status = status;
        self.ending = Some(status);
        if let Some(trap) = self.traps.remove(&0).filter(|it| !it.is_empty()) {
            self.run_text(trap);
        }
    }

    /// `return`: whether there was something to return from.
    pub(super) fn come_back_from_call(&mut self, sys: &mut Sys<'_>) -> bool {
        if self.frames.function().is_none() {
            return false;
        }
        while let Some(frame) = self.frames.pop() {
            match frame {
                Frame::Call(call) => {
                    let ends = call.returns;
                    self.come_back(sys, *call);
                    if ends {
                        break;
                    }
                }
                Frame::Files(saved) => saved.restore(sys),
                Frame::Loop { .. } | Frame::Case(_) => {}
            }
        }
        true
    }

    /// Expands something; what must be run for that is run first.
    pub(super) fn expanded<T>(
        &mut self,
        sys: &mut Sys<'_>,
        expand: impl FnOnce(&mut Expander<'_, '_>) -> Result<T, Halt>,
    ) -> Result<T, Stop> {
        let special = Special {
            name: self.name.clone(),
            status: self.status,
            process: self.process.map_or(0, |it| it.0),
            background: self.background.map(|it| it.0),
            flags: options::letters(self.flags),
        };
        let mut expander = Expander {
            sys,
            variables: &mut self.variables,
            parameters: &self.parameters,
            special,
            flags: self.flags,
            memo: &mut self.memo,
            used: 0,
            size: 0,
            assigned: Vec::new(),
        };
        let expanded = expand(&mut expander);
        let size = expander.size;
        sys.charge(size);
        expanded.map_err(|halt| match halt {
            Halt::Run(code) => Stop::Run(code),
            Halt::Error(why) => Stop::Fatal(why, WRONG),
            Halt::TooLarge => Stop::NoMemory,
        })
    }
}
