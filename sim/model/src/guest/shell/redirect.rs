//! Files that commands read from and write to instead.

use super::Stop;
use super::code::{Redirect, Target};
use super::expand::{Expander, Halt};
use crate::guest::errno::Errno;
use crate::guest::fs::open::OpenFlags;
use crate::guest::process::sys::Sys;
use crate::guest::program::Fault;
use crate::guest::tools::options::number;
use crate::guest::tools::text;

/// The lowest descriptor under which files are kept that will be put back.
const KEPT_FROM: u32 = 10;

/// The status of a command whose files are not to be had.
const FAILED: u8 = 2;

/// A redirection whose words are expanded.
#[derive(Clone, Debug)]
pub(super) enum File {
    Open {
        descriptor: u32,
        path: Vec<u8>,
        flags: OpenFlags,
    },
    Duplicate {
        descriptor: u32,
        from: Vec<u8>,
    },
    Text {
        descriptor: u32,
        text: Vec<u8>,
    },
}

/// Descriptors that were redirected, and where what they were is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Saved(Vec<(u32, Option<u32>)>);

/// Expands the words of redirections.
pub(super) fn resolve(expander: &mut Expander<'_, '_>, redirects: &[Redirect]) -> Result<Vec<File>, Halt> {
    redirects.iter().map(|it| resolve_one(expander, it)).collect()
}

fn resolve_one(expander: &mut Expander<'_, '_>, redirect: &Redirect) -> Result<File, Halt> {
    let descriptor = redirect.descriptor;
    let write = OpenFlags {
        write: true,
        create: true,
        ..OpenFlags::default()
    };
    let (word, flags) = match &redirect.to {
        Target::Read(word) => (word, OpenFlags::READ),
        Target::Write(word) => (
            word,
            OpenFlags {
                truncate: true,
                ..write
            },
        ),
        Target::Append(word) => (word, OpenFlags { append: true, ..write }),
        Target::ReadWrite(word) => (word, OpenFlags { read: true, ..write }),
        Target::Duplicate(word) => {
            return Ok(File::Duplicate {
                descriptor,
                from: expander.text(word)?,
            });
        }
        Target::Here(text) => {
            let text = text.get().map_or(Ok(Vec::new()), |it| expander.text(it))?;
            return Ok(File::Text { descriptor, text });
        }
    };
    Ok(File::Open {
        descriptor,
        path: expander.text(word)?,
        flags,
    })
}

/// Redirects; what was is kept. If it fails, what was redirected before stays so for what is
/// said of that; if it must wait, it is all to be done again.
pub(super) fn apply(sys: &mut Sys<'_>, files: &[File]) -> Result<Saved, (Saved, Stop)> {
    let mut saved = Saved::default();
    for file in files {
        match saved.redirect(sys, file) {
            Ok(()) => {}
            Err(wait @ Stop::Wait(_)) => {
                saved.restore(sys);
                return Err((Saved::default(), wait));
            }
            Err(stop) => return Err((saved, stop)),
        }
    }
    Ok(saved)
}

impl Saved {
    fn redirect(&mut self, sys: &mut Sys<'_>, file: &File) -> Result<(), Stop> {
        match file {
            File::Open {
                descriptor,
                path,
                flags,
            } => {
                let opened = sys
                    .open(path, *flags, 0o666)
                    .map_err(|fault| cannot_open(fault, path, flags.create))?;
                self.keep(sys, *descriptor, Some(opened));
                if opened != *descriptor {
                    sys.duplicate_to(opened, *descriptor);
                    sys.close(opened);
                }
                Ok(())
            }
            File::Text { descriptor, text } => {
                self.keep(sys, *descriptor, None);
                sys.give_text(*descriptor, text).map_err(|_| Stop::NoMemory)
            }
            File::Duplicate { descriptor, from } if from == b"-" => {
                self.keep(sys, *descriptor, None);
                sys.close(*descriptor);
                Ok(())
            }
            File::Duplicate { descriptor, from } => {
                let Some(source) = number(from).and_then(|it| u32::try_from(it).ok()) else {
                    return Err(Stop::Fatal(b"Syntax error: Bad fd number".to_vec(), FAILED));
                };
                if !sys.is_open(source) {
                    return Err(Stop::Fail(text![from, ": ", Errno::EBADF.text()], FAILED));
                }
                self.keep(sys, *descriptor, None);
                sys.duplicate_to(source, *descriptor);
                Ok(())
            }
        }
    }

    /// Keeps what a descriptor stands for, unless it is what was just opened.
    fn keep(&mut self, sys: &mut Sys<'_>, descriptor: u32, opened: Option<u32>) {
        if self.0.iter().any(|(it, _)| *it == descriptor) {
            return;
        }
        let kept = match opened == Some(descriptor) {
            true => None,
            false => sys.duplicate_for_keeping(descriptor, KEPT_FROM).ok(),
        };
        self.0.push((descriptor, kept));
    }

    /// Makes the descriptors what they were.
    pub(super) fn restore(self, sys: &mut Sys<'_>) {
        for (descriptor, kept) in self.0.into_iter().rev() {
            match kept {
                Some(kept) => {
                    sys.duplicate_to(kept, descriptor);
                    sys.close(kept);
                }
                None => {
                    sys.close(descriptor);
                }
            }
        }
    }

    /// Leaves the descriptors as they are.
    pub(super) fn forget(self, sys: &mut Sys<'_>) {
        for kept in self.0.into_iter().filter_map(|(_, kept)| kept) {
            sys.close(kept);
        }
    }
}

fn cannot_open(fault: Fault, path: &[u8], creates: bool) -> Stop {
    match fault {
        Fault::Wait(wait) => Stop::Wait(wait),
        Fault::Errno(errno) if creates => {
            let why = match errno {
                Errno::ENOENT | Errno::ENOTDIR => "Directory nonexistent",
                other => other.text(),
            };
            Stop::Fail(text!["cannot create ", path, ": ", why], FAILED)
        }
        Fault::Errno(errno) => Stop::Fail(text!["cannot open ", path, ": ", open_error(errno)], FAILED),
    }
}

/// What is said of a file that cannot be read.
pub(super) fn open_error(errno: Errno) -> &'static str {
    match errno {
        Errno::ENOENT | Errno::ENOTDIR => "No such file",
        other => other.text(),
    }
}
