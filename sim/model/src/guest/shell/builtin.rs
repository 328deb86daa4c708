//! What the shell does itself.
//!
//! - `flow`: where to go on;
//! - `variable`, `getopts`: variables and parameters;
//! - `print`, `command`, `machine`: the rest.

mod command;
mod flow;
mod getopts;
mod machine;
mod print;
mod variable;

use super::command::Did;
use super::redirect::Saved;
use super::{Shell, Stop};
use crate::guest::process::sys::Sys;
use crate::guest::tools::text;

/// Commands whose mistakes end the shell, and whose assignments stay.
const SPECIAL: [&str; 16] = [
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "local", "readonly", "return", "set", "shift",
    "times", "trap", "unset",
];

/// The other commands of the shell's own.
const REGULAR: [&str; 16] = [
    "[", "cd", "command", "echo", "false", "getopts", "hash", "kill", "printf", "pwd", "read", "test", "true", "type",
    "umask", "wait",
];

/// The status of a command that is used wrongly.
const WRONG: u8 = 2;

pub(super) fn is_special(name: &[u8]) -> bool {
    SPECIAL.iter().any(|it| it.as_bytes() == name)
}

pub(super) fn is_builtin(name: &[u8]) -> bool {
    is_special(name) || REGULAR.iter().any(|it| it.as_bytes() == name)
}

fn fail<T>(message: Vec<u8>, status: u8) -> Result<T, Stop> {
    Err(Stop::Fail(message, status))
}

fn fatal<T>(message: Vec<u8>) -> Result<T, Stop> {
    Err(Stop::Fatal(message, WRONG))
}

impl Shell {
    /// Does what the first word says. `files` are what it was redirected from.
    pub(super) fn builtin(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        let (name, words) = words
            .split_first()
            .map_or((&b""[..], words), |(name, rest)| (name.as_slice(), rest));
        match name {
            b"break" | b"continue" => self.leave_loop(sys, name, words, files),
            b"return" => self.return_builtin(sys, words, files),
            b"exit" => self.exit(words),
            b"eval" => self.eval(words, files),
            b"." => self.source(sys, words, files),
            b"exec" => self.exec(sys, words, files),
            b"command" => self.command(sys, words, files),
            _ => self.plain(sys, name, words).map(Did::Status),
        }
    }

    /// Those that only have a status.
    fn plain(&mut self, sys: &mut Sys<'_>, name: &[u8], words: &[Vec<u8>]) -> Result<u8, Stop> {
        match name {
            b":" | b"true" | b"hash" => Ok(0),
            b"false" => Ok(1),
            b"export" => self.mark(words, b"export"),
            b"readonly" => self.mark(words, b"readonly"),
            b"set" => self.set(words),
            b"shift" => self.shift(words),
            b"times" => self.print(b"0m0.000000s 0m0.000000s\n0m0.000000s 0m0.000000s\n"),
            b"trap" => self.trap(sys, words),
            b"unset" => self.unset(words),
            b"cd" => self.cd(sys, words),
            b"echo" => self.echo(words),
            b"getopts" => self.getopts(words),
            b"kill" => self.kill(sys, words),
            b"local" => self.local(words),
            b"printf" => self.printf(words),
            b"pwd" => {
                let folder = self
                    .variables
                    .get(b"PWD")
                    .map_or_else(|| sys.working_folder(), <[u8]>::to_vec);
                self.print(&text![folder, "\n"])
            }
            b"read" => self.read(sys, words),
            b"type" => self.type_of(sys, words),
            b"umask" => self.umask(sys, words),
            b"wait" => self.wait_builtin(sys, words),
            _ => self.test(sys, name, words),
        }
    }

    fn print(&mut self, bytes: &[u8]) -> Result<u8, Stop> {
        self.out.write_to(1, bytes.to_vec());
        Ok(0)
    }
}
