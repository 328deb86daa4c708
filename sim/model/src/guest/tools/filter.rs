//! Tools that read their inputs from front to back, one after the other.

use std::collections::VecDeque;
use std::fmt::Debug;

use super::output::Output;
use super::quote::quoted_if_needed;
use super::{Call, Made, Tool, run, text};
use crate::guest::errno::Errno;
use crate::guest::fs::open::OpenFlags;
use crate::guest::program::{Fault, Turn};

/// Bytes read in a turn.
pub(crate) const READ_BYTES: usize = 64 * 1024;

/// The operand that stands for standard input.
pub(crate) const STANDARD_INPUT: &[u8] = b"-";

/// What a filter wants after some input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    More,
    /// Nothing more of this input.
    Enough,
}

/// What becomes of the inputs.
pub(crate) trait Filter: Clone + Debug + Send + Sync + 'static {
    /// Before anything is read, with the names of all inputs.
    fn prepare(&mut self, _call: &mut Call<'_, '_>, _inputs: &VecDeque<Vec<u8>>) {}

    /// An input begins.
    fn begin(&mut self, _name: &[u8], _out: &mut Output) {}

    /// Some of it.
    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow;

    /// It ends.
    fn end(&mut self, _name: &[u8], _out: &mut Output) {}

    /// All inputs have ended.
    fn finish(&mut self, _out: &mut Output) {}

    /// What is said of an input that cannot be opened.
    fn cannot_open(&self, name: &[u8], why: &str) -> Vec<u8> {
        text![quoted_if_needed(name), ": ", why]
    }

    /// What is said of an input that cannot be read.
    fn cannot_read(&self, name: &[u8], why: &str) -> Vec<u8> {
        text![quoted_if_needed(name), ": ", why]
    }

    /// What is said if standard input was read and is not there to be closed.
    fn cannot_close(&self) -> Option<&'static str> {
        None
    }

    /// The file that is written in the end instead of standard output.
    fn output_file(&self) -> Option<&[u8]> {
        None
    }

    /// What is wrong with all inputs together, said in the end.
    fn final_complaint(&self) -> Option<Vec<u8>> {
        None
    }

    /// Bytes it has read and keeps.
    fn memory_bytes(&self) -> usize {
        0
    }

    /// How much longer than copying it takes.
    fn cost(&self) -> usize {
        0
    }

    /// The status if nothing was wrong.
    fn status(&self) -> u8 {
        0
    }

    /// The status if something was wrong, and whether that ends it at once.
    fn failure(&self) -> (u8, bool) {
        (1, false)
    }
}

/// A filter and the inputs that are left.
#[derive(Clone, Debug)]
struct Filtering<F> {
    filter: F,
    inputs: VecDeque<Vec<u8>>,
    /// The descriptor that is read now.
    reads: Option<u32>,
    status: u8,
    is_prepared: bool,
    is_finished: bool,
    /// It was to read standard input and has none.
    lacks_stdin: bool,
}

/// A tool that reads these inputs; standard input if there are none.
pub(crate) fn filter<F: Filter>(name: Vec<u8>, inputs: Vec<Vec<u8>>, filter: F) -> Made {
    let mut inputs = VecDeque::from(inputs);
    if inputs.is_empty() {
        inputs.push_back(STANDARD_INPUT.to_vec());
    }
    let filtering = Filtering {
        filter,
        inputs,
        reads: None,
        status: 0,
        is_prepared: false,
        is_finished: false,
        lacks_stdin: false,
    };
    Ok(run(name, filtering))
}

impl<F: Filter> Tool for Filtering<F> {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        if !std::mem::replace(&mut self.is_prepared, true) {
            self.filter.prepare(call, &self.inputs);
        }
        let Some(name) = self.inputs.front().cloned() else {
            return self.finish(call);
        };
        let Some(descriptor) = self.reads else {
            return self.open(call, &name);
        };
        let mut bytes = Vec::new();
        match call.sys.read(descriptor, READ_BYTES, &mut bytes) {
            Err(Fault::Wait(wait)) => return Turn::Wait(wait),
            Err(Fault::Errno(errno)) => {
                let complaint = self.filter.cannot_read(&name, errno.text());
                self.lacks_stdin |= descriptor == 0 && !call.sys.is_open(0);
                self.fail(call, &complaint);
                self.close(call, &name);
            }
            Ok(0) => self.close(call, &name),
            Ok(count) => {
                call.sys.charge(count * self.filter.cost());
                if self.filter.feed(&bytes, call.out) == Flow::Enough {
                    self.close(call, &name);
                }
            }
        }
        Turn::Again
    }

    fn memory_bytes(&self) -> usize {
        self.filter.memory_bytes()
    }
}

impl<F: Filter> Filtering<F> {
    fn open(&mut self, call: &mut Call<'_, '_>, name: &[u8]) -> Turn {
        let opened = match name {
            STANDARD_INPUT => Ok(0),
            _ => call.sys.open(name, OpenFlags::READ, 0),
        };
        match opened {
            Ok(descriptor) => {
                self.reads = Some(descriptor);
                self.filter.begin(name, call.out);
            }
            Err(Fault::Wait(wait)) => return Turn::Wait(wait),
            Err(Fault::Errno(errno)) => {
                let complaint = self.filter.cannot_open(name, errno.text());
                self.inputs.pop_front();
                self.fail(call, &complaint);
            }
        }
        Turn::Again
    }

    fn fail(&mut self, call: &mut Call<'_, '_>, complaint: &[u8]) {
        call.complain(complaint);
        let (status, ends) = self.filter.failure();
        self.status = status;
        if ends {
            self.inputs.clear();
            self.is_finished = true;
        }
    }

    fn close(&mut self, call: &mut Call<'_, '_>, name: &[u8]) {
        if let Some(descriptor) = self.reads.take().filter(|it| *it != 0) {
            call.sys.close(descriptor);
        }
        self.inputs.pop_front();
        self.filter.end(name, call.out);
    }

    /// Opens the file that is written in the end; what to do if that is not done.
    fn open_output(&mut self, call: &mut Call<'_, '_>) -> Option<Turn> {
        let path = self.filter.output_file()?;
        let flags = OpenFlags {
            write: true,
            create: true,
            truncate: true,
            ..OpenFlags::default()
        };
        match call.sys.open(path, flags, 0o666) {
            Ok(descriptor) => {
                call.out.print_to(descriptor);
                None
            }
            Err(Fault::Wait(wait)) => Some(Turn::Wait(wait)),
            Err(Fault::Errno(errno)) => {
                let complaint = text!["open failed: ", quoted_if_needed(path), ": ", errno.text()];
                self.is_finished = true;
                self.fail(call, &complaint);
                Some(Turn::Again)
            }
        }
    }

    fn finish(&mut self, call: &mut Call<'_, '_>) -> Turn {
        if !self.is_finished {
            if let Some(turn) = self.open_output(call) {
                return turn;
            }
            self.is_finished = true;
            self.filter.finish(call.out);
            if let Some(complaint) = self.filter.final_complaint() {
                self.fail(call, &complaint);
            }
            if let Some(what) = self.filter.cannot_close().filter(|_| self.lacks_stdin) {
                call.complain(&text![what, ": ", Errno::EBADF.text()]);
            }
        }
        Turn::Exit(if self.status == 0 {
            self.filter.status()
        } else {
            self.status
        })
    }
}
