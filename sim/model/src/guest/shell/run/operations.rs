//! The operations of a script.

use super::WRONG;
use crate::guest::process::sys::Sys;
use crate::guest::program::Turn;
use crate::guest::shell::code::{Op, Redirect, Word};
use crate::guest::shell::command::Current;
use crate::guest::shell::frames::Frame;
use crate::guest::shell::pattern::Pattern;
use crate::guest::shell::{Function, Shell, Stop, redirect};

impl Shell {
    pub(super) fn operation(&mut self, sys: &mut Sys<'_>) -> Result<Turn, Stop> {
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
    pub(super) fn control(&mut self, op: &Op) {
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

    pub(super) fn push_loop(&mut self, exit: usize, name: Vec<u8>, values: Vec<Vec<u8>>) {
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

    pub(super) fn keep_status(&mut self) {
        if let Some(Frame::Loop { status, .. }) = self.frames.last_mut() {
            *status = self.status;
        }
    }

    pub(super) fn end_loop(&mut self) {
        if let Some(Frame::Loop { status, .. }) = self.frames.pop() {
            self.status = status;
        }
    }

    /// `break` and `continue`, out of so many loops.
    pub(in crate::guest::shell) fn leave_loops(&mut self, sys: &mut Sys<'_>, mut count: usize, goes_on: bool) {
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

    pub(super) fn next_value(&mut self, exit: usize) -> Result<(), Stop> {
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

    pub(super) fn define(&mut self, name: &[u8], len: usize) {
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

    pub(super) fn restore(&mut self, sys: &mut Sys<'_>) {
        if let Some(Frame::Files(saved)) = self.frames.pop() {
            saved.restore(sys);
        }
        self.step(1);
    }

    pub(super) fn redirect_compound(
        &mut self,
        sys: &mut Sys<'_>,
        redirects: &[Redirect],
        line: u32,
        skip: usize,
    ) -> Result<(), Stop> {
        self.line = line;
        let files = self.expanded(sys, |it| redirect::resolve(it, redirects))?;
        match redirect::apply(sys, &files) {
            Ok(saved) => {
                self.frames.push(Frame::Files(saved));
                self.step(1);
                Ok(())
            }
            Err((saved, Stop::Fail(message, status))) => {
                self.complain(&message);
                self.current = Some(Box::new(Current::of_files(saved)));
                self.fail(status, skip);
                Ok(())
            }
            Err((_, other)) => Err(other),
        }
    }

    pub(super) fn begin_for(
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

    pub(super) fn begin_case(&mut self, sys: &mut Sys<'_>, word: &Word, line: u32) -> Result<(), Stop> {
        self.line = line;
        let value = self.expanded(sys, |it| it.text(word))?;
        self.frames.push(Frame::Case(value));
        self.step(1);
        Ok(())
    }

    pub(super) fn match_case(
        &mut self,
        sys: &mut Sys<'_>,
        patterns: &[Word],
        line: u32,
        skip: usize,
    ) -> Result<(), Stop> {
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
}
