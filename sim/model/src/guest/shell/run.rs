//! The operations of a script, one a turn.

use std::collections::VecDeque;
use std::sync::Arc;

use super::code::{Code, Op, Redirect, Word};
use super::expand::{Expander, Halt, Special};
use super::lex::Lexer;
use super::pattern::Pattern;
use super::{Call, Doing, Frame, Function, Shell, Source, Stop, options, parse, status_of};
use crate::guest::errno::Errno;
use crate::guest::fs::open::OpenFlags;
use crate::guest::process::Pid;
use crate::guest::process::signal::{self, SIGKILL, SIGPIPE};
use crate::guest::process::sys::{Reaped, Sys};
use crate::guest::program::{Ending, Fault, Turn, Wait};
use crate::guest::tools::text;

/// Bytes read in a turn.
const READ_BYTES: usize = 64 * 1024;

/// Bytes of a script; what comes after them is not read.
const SCRIPT_BYTES_MAX: usize = 4 << 20;

/// Bytes that a substituted command may print.
const SUBSTITUTED_BYTES_MAX: usize = 4 << 20;

/// The signal of a key that interrupts.
const SIGINT: u8 = 2;

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
            Err(Fault::Errno(_)) => self.cannot_write(),
        }
        match std::mem::replace(&mut self.doing, Doing::Next) {
            Doing::Next => self.next(sys),
            Doing::Load { file, reads, script } => self.load(sys, file, reads, script),
            Doing::Collect { child, reads, bytes } => self.collect(sys, child, reads, bytes),
            Doing::Substituted { child } => self.substituted(sys, child),
            Doing::Children { left, last } => self.children(sys, left, last),
            Doing::Drain { status, .. } => self.finish_command(sys, status),
        }
    }

    /// What a command of its own printed cannot be written.
    fn cannot_write(&mut self) {
        let is_complaint = self.out.target() == Some(2);
        self.out.clear();
        if let Doing::Drain { name, status } = &mut self.doing {
            *status = 1;
            let complaint = text![name, ": ", name, ": I/O error"];
            if !is_complaint {
                self.complain(&complaint);
            }
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
                self.abandon_command(sys);
                self.done(1, status, sys);
            }
            Stop::Fatal(message, status) => {
                self.complain(&message);
                self.leave(sys, status);
            }
            Stop::Exit(status) => self.leave(sys, status),
            Stop::NoMemory => {
                // It may always signal itself.
                let _ = sys.kill(sys.pid(), SIGKILL);
            }
        }
        Turn::Again
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

    // ---- children --------------------------------------------------------------

    /// Runs some code for what it prints.
    fn substitute(&mut self, sys: &mut Sys<'_>, code: &Code) -> Result<(), Errno> {
        let (reads, writes) = sys.pipe()?;
        let child = sys.fork(Box::new(self.subshell_of(code)), &[(writes, 1)]);
        sys.close(writes);
        match child {
            Ok(child) => {
                self.doing = Doing::Collect {
                    child,
                    reads,
                    bytes: Vec::new(),
                }
            }
            Err(_) => {
                sys.close(reads);
            }
        }
        child.map(|_| ())
    }

    fn collect(&mut self, sys: &mut Sys<'_>, child: Pid, reads: u32, mut bytes: Vec<u8>) -> Result<Turn, Stop> {
        match sys.read(reads, READ_BYTES, &mut bytes) {
            Err(Fault::Wait(wait)) => {
                self.doing = Doing::Collect { child, reads, bytes };
                Err(Stop::Wait(wait))
            }
            Ok(count) if count > 0 => {
                if bytes.len() > SUBSTITUTED_BYTES_MAX {
                    return Err(Stop::NoMemory);
                }
                self.doing = Doing::Collect { child, reads, bytes };
                Ok(Turn::Again)
            }
            _ => {
                sys.close(reads);
                self.memo.push(bytes);
                self.doing = Doing::Substituted { child };
                Ok(Turn::Again)
            }
        }
    }

    fn substituted(&mut self, sys: &mut Sys<'_>, child: Pid) -> Result<Turn, Stop> {
        match sys.reap(child) {
            Reaped::Running => {
                self.doing = Doing::Substituted { child };
                Err(Stop::Wait(Wait::Child))
            }
            Reaped::Ended(ending) => {
                self.substituted = Some(status_of(ending));
                Ok(Turn::Again)
            }
            Reaped::Unknown => Ok(Turn::Again),
        }
    }

    /// Waits for children of an operation that is done but for its status.
    pub(super) fn wait_for(&mut self, children: impl Into<VecDeque<Pid>>) {
        let left = children.into();
        if let Some(last) = left.back().copied() {
            self.doing = Doing::Children { left, last };
        }
    }

    fn children(&mut self, sys: &mut Sys<'_>, mut left: VecDeque<Pid>, last: Pid) -> Result<Turn, Stop> {
        while let Some(child) = left.front().copied() {
            match sys.reap(child) {
                Reaped::Running => {
                    self.doing = Doing::Children { left, last };
                    return Err(Stop::Wait(Wait::Child));
                }
                Reaped::Ended(ending) if child == last => self.take_ending(ending),
                Reaped::Ended(_) | Reaped::Unknown => {}
            }
            left.pop_front();
        }
        self.check_status(sys);
        Ok(Turn::Again)
    }

    /// The status of a child that was waited for; its signal is told.
    pub(super) fn take_ending(&mut self, ending: Ending) {
        self.status = status_of(ending);
        if let Ending::Signalled(number) = ending
            && number != SIGINT
            && number != SIGPIPE
        {
            self.out.write_to(2, text![signal::sentence(number), "\n"]);
        }
    }

    // ---- operations ------------------------------------------------------------

    fn operation(&mut self, sys: &mut Sys<'_>) -> Result<Turn, Stop> {
        let code = self.code.clone();
        match &code[self.at] {
            Op::Simple(simple) => return self.simple(sys, simple),
            Op::Pipe { parts } => self.pipe(sys, parts)?,
            Op::Subshell { len } => self.start_subshell(sys, *len)?,
            Op::Background { len } => self.start_background(sys, *len)?,
            Op::Redirect { redirects, line, skip } => self.redirect_compound(sys, redirects, *line, *skip)?,
            Op::Restore => self.restore(sys),
            Op::Define { name, len } => self.define(name, *len),
            Op::For {
                name,
                words,
                line,
                exit,
            } => self.begin_for(sys, name, words.as_deref(), *line, *exit)?,
            Op::Case { word, line } => self.begin_case(sys, word, *line)?,
            Op::Match { patterns, line, skip } => self.match_case(sys, patterns, *line, *skip)?,
            Op::Next { exit } => self.next_value(*exit)?,
            op => self.control(op),
        }
        Ok(Turn::Again)
    }

    /// Operations that only move.
    fn control(&mut self, op: &Op) {
        match op {
            Op::Jump(len) => self.step(*len),
            Op::JumpBack(len) => self.at -= len,
            Op::JumpIfFailed(len) => self.step(if self.status == 0 { 1 } else { *len }),
            Op::JumpIfSucceeded(len) => self.step(if self.status == 0 { *len } else { 1 }),
            _ => {
                match op {
                    Op::Not => self.status = u8::from(self.status == 0),
                    Op::Succeed => self.status = 0,
                    Op::Test => self.tests += 1,
                    Op::Tested => self.tests -= 1,
                    Op::Loop { exit } => self.push_loop(*exit, Vec::new(), Vec::new()),
                    Op::Keep => self.keep_status(),
                    Op::EndLoop => self.end_loop(),
                    // Only the end of a case is left.
                    _ => {
                        self.frames.pop();
                    }
                }
                self.step(1);
            }
        }
    }

    fn push_loop(&mut self, exit: usize, name: Vec<u8>, values: Vec<Vec<u8>>) {
        let (top, end) = (self.at + 1, self.at + exit);
        self.frames.push(Frame::Loop {
            top,
            end,
            values: values.into(),
            name,
            status: 0,
            tests: self.tests,
        });
    }

    fn keep_status(&mut self) {
        if let Some(Frame::Loop { status, .. }) = self.frames.last_mut() {
            *status = self.status;
        }
    }

    fn end_loop(&mut self) {
        if let Some(Frame::Loop { status, .. }) = self.frames.pop() {
            self.status = status;
        }
    }

    /// `break` and `continue`, out of so many loops.
    pub(super) fn leave_loops(&mut self, sys: &mut Sys<'_>, mut count: usize, goes_on: bool) {
        let is_call = |it: &Frame| matches!(it, Frame::Call(_));
        let inner = self.frames.inner().take_while(|it| !is_call(it));
        let loops = inner.filter(|it| matches!(it, Frame::Loop { .. })).count();
        if loops == 0 {
            return self.step(1);
        }
        count = count.min(loops);
        while let Some(frame) = self.frames.pop() {
            match frame {
                Frame::Files(saved) => saved.restore(sys),
                Frame::Loop {
                    top,
                    end,
                    values,
                    name,
                    tests,
                    ..
                } => {
                    count -= 1;
                    if count > 0 {
                        continue;
                    }
                    self.tests = tests;
                    self.memo.clear();
                    self.at = if goes_on { top } else { end + 1 };
                    if goes_on {
                        self.frames.push(Frame::Loop {
                            top,
                            end,
                            values,
                            name,
                            status: 0,
                            tests,
                        });
                    }
                    return;
                }
                Frame::Case(_) | Frame::Call(_) => {}
            }
        }
    }

    fn next_value(&mut self, exit: usize) -> Result<(), Stop> {
        let Some(Frame::Loop { values, name, .. }) = self.frames.last_mut() else {
            self.step(exit);
            return Ok(());
        };
        match values.pop_front() {
            Some(value) => {
                let set = self.variables.set(name, value);
                set.map_err(|why| Stop::Fatal(why, WRONG))?;
                self.step(1);
            }
            None => self.step(exit),
        }
        Ok(())
    }

    fn define(&mut self, name: &[u8], len: usize) {
        let (start, end) = (self.at + 1, self.at + 1 + len);
        self.functions.insert(
            name.to_vec(),
            Function {
                code: self.code.clone(),
                start,
                end,
            },
        );
        self.status = 0;
        self.step(1 + len);
    }

    fn restore(&mut self, sys: &mut Sys<'_>) {
        if let Some(Frame::Files(saved)) = self.frames.pop() {
            saved.restore(sys);
        }
        self.step(1);
    }

    fn redirect_compound(
        &mut self,
        sys: &mut Sys<'_>,
        redirects: &[Redirect],
        line: u32,
        skip: usize,
    ) -> Result<(), Stop> {
        self.line = line;
        let files = self.expanded(sys, |it| super::redirect::resolve(it, redirects))?;
        match super::redirect::apply(sys, &files) {
            Ok(saved) => {
                self.frames.push(Frame::Files(saved));
                self.step(1);
                Ok(())
            }
            Err(Stop::Fail(message, status)) => {
                self.complain(&message);
                self.done(skip, status, sys);
                Ok(())
            }
            Err(other) => Err(other),
        }
    }

    fn begin_for(
        &mut self,
        sys: &mut Sys<'_>,
        name: &[u8],
        words: Option<&[Word]>,
        line: u32,
        exit: usize,
    ) -> Result<(), Stop> {
        self.line = line;
        let values = match words {
            Some(words) => self.expanded(sys, |it| it.fields(words))?,
            None => self.parameters.clone(),
        };
        self.push_loop(exit, name.to_vec(), values);
        self.step(1);
        Ok(())
    }

    fn begin_case(&mut self, sys: &mut Sys<'_>, word: &Word, line: u32) -> Result<(), Stop> {
        self.line = line;
        let value = self.expanded(sys, |it| it.text(word))?;
        self.frames.push(Frame::Case(value));
        self.step(1);
        Ok(())
    }

    fn match_case(&mut self, sys: &mut Sys<'_>, patterns: &[Word], line: u32, skip: usize) -> Result<(), Stop> {
        self.line = line;
        let Some(Frame::Case(value)) = self.frames.inner().next().cloned() else {
            return Ok(());
        };
        let fits = self.expanded(sys, |it| {
            for word in patterns {
                if Pattern::new(&it.pattern(word)?).fits(&value) {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        self.step(if fits { 1 } else { skip });
        Ok(())
    }

    fn pipe(&mut self, sys: &mut Sys<'_>, parts: &[usize]) -> Result<(), Stop> {
        let (mut children, mut input) = (VecDeque::new(), None);
        let mut start = self.at + 1;
        for (index, len) in parts.iter().enumerate() {
            let ends = if index + 1 < parts.len() {
                Some(sys.pipe().map_err(cannot_fork)?)
            } else {
                None
            };
            let mut moves = Vec::new();
            moves.extend(input.map(|it| (it, 0)));
            moves.extend(ends.map(|(_, writes)| (writes, 1)));
            let child = sys.fork(Box::new(self.subshell(start, *len)), &moves);
            for used in moves {
                sys.close(used.0);
            }
            children.push_back(child.map_err(cannot_fork)?);
            input = ends.map(|(reads, _)| reads);
            start += len;
        }
        self.step(start - self.at);
        self.wait_for(children);
        Ok(())
    }

    fn start_subshell(&mut self, sys: &mut Sys<'_>, len: usize) -> Result<(), Stop> {
        let child = sys
            .fork(Box::new(self.subshell(self.at + 1, len)), &[])
            .map_err(cannot_fork)?;
        self.step(1 + len);
        self.wait_for([child]);
        Ok(())
    }

    fn start_background(&mut self, sys: &mut Sys<'_>, len: usize) -> Result<(), Stop> {
        let nothing = sys.open_nothing().map_err(cannot_fork)?;
        let child = sys.fork(Box::new(self.subshell(self.at + 1, len)), &[(nothing, 0)]);
        sys.close(nothing);
        let child = child.map_err(cannot_fork)?;
        self.background = Some(child);
        self.children.insert(child, None);
        self.status = 0;
        self.step(1 + len);
        Ok(())
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

fn cannot_fork(_: Errno) -> Stop {
    Stop::Fatal(b"Cannot fork".to_vec(), WRONG)
}
