//! cat and tee.

use super::filter::{Filter, Flow, READ_BYTES, filter};
use super::options::Known;
use super::output::Output;
use super::quote::quoted_if_needed;
use super::{Call, Made, Tool, Words, run, text};
use crate::guest::fs::open::OpenFlags;
use crate::guest::program::{Fault, Turn};

/// Copies its inputs, with numbers before the lines if wanted.
#[derive(Clone, Debug)]
struct Cat {
    numbers: bool,
    line: u64,
    at_start: bool,
}

pub(super) fn cat(words: Words) -> Made {
    const KNOWN: Known = Known::letters("nu").names(&[("number", b'n')]);
    let options = words.options(KNOWN)?;
    let numbers = options.has(b'n');
    filter(
        words.name,
        options.operands,
        Cat {
            numbers,
            line: 0,
            at_start: true,
        },
    )
}

impl Filter for Cat {
    fn cannot_close(&self) -> Option<&'static str> {
        Some("closing standard input")
    }

    fn cost(&self) -> usize {
        if self.numbers { 4 } else { 0 }
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Output) -> Flow {
        if !self.numbers {
            out.write_to(1, bytes.to_vec());
            return Flow::More;
        }
        let mut numbered = Vec::new();
        for line in bytes.split_inclusive(|it| *it == b'\n') {
            if self.at_start {
                self.line += 1;
                numbered.extend_from_slice(format!("{:6}\t", self.line).as_bytes());
            }
            numbered.extend_from_slice(line);
            self.at_start = line.ends_with(b"\n");
        }
        out.write_to(1, numbered);
        Flow::More
    }
}

/// Copies its standard input to standard output and to files.
#[derive(Clone, Debug)]
struct Tee {
    files: Vec<Vec<u8>>,
    appends: bool,
    /// Descriptors that are open.
    open: Vec<u32>,
    status: u8,
}

pub(super) fn tee(words: Words) -> Made {
    let options = words.options(Known::letters("ai").names(&[("append", b'a')]))?;
    let mut files = options.operands.clone();
    files.reverse();
    let appends = options.has(b'a');
    Ok(run(
        words.name,
        Tee {
            files,
            appends,
            open: Vec::new(),
            status: 0,
        },
    ))
}

impl Tool for Tee {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        match self.files.last().cloned() {
            Some(file) => self.open(call, &file),
            None => self.copy(call),
        }
    }
}

impl Tee {
    fn open(&mut self, call: &mut Call<'_, '_>, file: &[u8]) -> Turn {
        let flags = OpenFlags {
            write: true,
            create: true,
            append: self.appends,
            truncate: !self.appends,
            ..OpenFlags::default()
        };
        match call.sys.open(file, flags, 0o666) {
            Ok(descriptor) => self.open.push(descriptor),
            Err(Fault::Wait(wait)) => return Turn::Wait(wait),
            Err(Fault::Errno(errno)) => {
                call.complain(&text![quoted_if_needed(file), ": ", errno.text()]);
                self.status = 1;
            }
        }
        self.files.pop();
        Turn::Again
    }

    fn copy(&mut self, call: &mut Call<'_, '_>) -> Turn {
        let mut bytes = Vec::new();
        match call.sys.read(0, READ_BYTES, &mut bytes) {
            Ok(0) => Turn::Exit(self.status),
            Ok(_) => {
                for descriptor in &self.open {
                    call.out.write_to(*descriptor, bytes.clone());
                }
                call.out.write_to(1, bytes);
                Turn::Again
            }
            Err(Fault::Wait(wait)) => Turn::Wait(wait),
            Err(Fault::Errno(errno)) => {
                call.complain(&text!["read error: ", errno.text()]);
                Turn::Exit(1)
            }
        }
    }
}
