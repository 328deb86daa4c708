//! Where to go on: break, continue, return, exit, eval, `.` and exec.

use super::{Did, Saved, Shell, Stop, Sys, WRONG, fatal, text};
use crate::guest::fs::inode::Kind;
use crate::guest::fs::open::OpenFlags;
use crate::guest::process::search::candidates;
use crate::guest::program::Fault;
use crate::guest::shell::redirect::open_error;
use crate::guest::tools::options::number;

/// Bytes of a script that is read into the shell.
const SCRIPT_BYTES_MAX: usize = 4 << 20;

impl Shell {
    pub(super) fn leave_loop(
        &mut self,
        sys: &mut Sys<'_>,
        name: &[u8],
        words: &[Vec<u8>],
        files: Saved,
    ) -> Result<Did, Stop> {
        let count = match words.first() {
            None => 1,
            Some(word) => match number(word)
                .and_then(|it| usize::try_from(it).ok())
                .filter(|it| *it > 0)
            {
                Some(count) => count,
                None => return fatal(text![name, ": Illegal number: ", word]),
            },
        };
        files.restore(sys);
        self.status = 0;
        self.leave_loops(sys, count, name == b"continue");
        Ok(Did::Moved)
    }

    pub(super) fn status_word(&self, name: &str, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let Some(word) = words.first() else {
            return Ok(self.status);
        };
        match number(word) {
            Some(number) => Ok((number & 0xFF) as u8),
            None => fatal(text![name, ": Illegal number: ", word]),
        }
    }

    pub(super) fn return_builtin(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        let status = self.status_word("return", words)?;
        files.restore(sys);
        if !self.come_back_from_call(sys) {
            return Err(Stop::Exit(status));
        }
        self.status = status;
        self.check_status(sys);
        Ok(Did::Moved)
    }

    pub(super) fn exit(&mut self, words: &[Vec<u8>]) -> Result<Did, Stop> {
        let status = match (words.first(), self.ending) {
            (None, Some(status)) => status,
            _ => self.status_word("exit", words)?,
        };
        Err(Stop::Exit(status))
    }

    pub(super) fn eval(&mut self, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        let text = words.join(&b' ');
        let mut call = self.call_from_here();
        call.files = files;
        self.status = 0;
        self.call(call)?;
        self.run_text(text);
        Ok(Did::Moved)
    }

    /// `.`: runs a file as if it stood here.
    pub(super) fn source(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        let Some(name) = words.first() else {
            return Ok(Did::Status(0));
        };
        let Some(path) = self.find_script(sys, name) else {
            return fatal(text![".: ", name, ": not found"]);
        };
        let script = read_file(sys, &path).map_err(|fault| match fault {
            Fault::Wait(wait) => Stop::Wait(wait),
            Fault::Errno(errno) => Stop::Fatal(text![".: cannot open ", path, ": ", open_error(errno)], WRONG),
        })?;
        let mut call = self.call_from_here();
        call.files = files;
        call.returns = true;
        self.status = 0;
        self.call(call)?;
        self.run_text(script);
        Ok(Did::Moved)
    }

    pub(super) fn find_script(&self, sys: &mut Sys<'_>, name: &[u8]) -> Option<Vec<u8>> {
        if name.contains(&b'/') {
            return Some(name.to_vec());
        }
        let path = self.variables.get(b"PATH").unwrap_or_default();
        let mut all = candidates(path, name);
        all.find(|it| sys.calls(|sys| sys.stat(it)).is_ok_and(|it| it.kind == Kind::File))
    }

    pub(super) fn exec(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        if !words.is_empty() {
            return self.replace(sys, words);
        }
        files.forget(sys);
        self.done(1, 0, sys);
        Ok(Did::Moved)
    }
}

fn read_file(sys: &mut Sys<'_>, path: &[u8]) -> Result<Vec<u8>, Fault> {
    let descriptor = sys.open(path, OpenFlags::READ, 0)?;
    let mut script = Vec::new();
    let read = sys.read(descriptor, SCRIPT_BYTES_MAX, &mut script);
    sys.close(descriptor);
    read.map(|_| script)
}
