//! command and type.

use super::{Did, Saved, Shell, Stop, Sys, fail, is_builtin, is_special, text};
use crate::guest::errno::Errno;

impl Shell {
    /// `command`: tells what a command is, or runs it though a function has its name.
    pub(super) fn command(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        match words {
            [option, names @ ..] if option == b"-v" || option == b"-V" => {
                let Some(name) = names.first() else {
                    return Ok(Did::Status(0));
                };
                let Some(what) = self.what_is(sys, name) else {
                    return Ok(Did::Status(127));
                };
                self.print(&text![what, "\n"]).map(Did::Status)
            }
            [option, rest @ ..] if option == b"-p" => self.command(sys, rest, files),
            [] => Ok(Did::Status(0)),
            // A program that was to take the place of the shell: there is no way back.
            [name, ..] if name == b"exec" => match self.builtin(sys, words, files) {
                Err(Stop::Fatal(message, status)) => {
                    self.complain(&message);
                    Err(Stop::Exit(status))
                }
                other => other,
            },
            [name, ..] if is_builtin(name) => self.builtin(sys, words, files),
            _ => self.start_command(sys, words, files),
        }
    }

    pub(super) fn start_command(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        let environment = self.variables.environment();
        let Some(path) = self.path_of(sys, &words[0]) else {
            return fail(text![words[0], ": not found"], 127);
        };
        let child = match sys.spawn(&path, words.to_vec(), environment) {
            Ok(child) => child,
            Err(Errno::ENOENT) => return fail(text![words[0], ": not found"], 127),
            Err(errno) => return fail(text![words[0], ": ", errno.text()], 126),
        };
        files.restore(sys);
        self.step(1);
        self.wait_for([child]);
        Ok(Did::Moved)
    }

    /// What `command -v` prints of a name.
    pub(super) fn what_is(&self, sys: &mut Sys<'_>, name: &[u8]) -> Option<Vec<u8>> {
        if self.functions.contains_key(name) || is_builtin(name) {
            return Some(name.to_vec());
        }
        let path = self.path_of(sys, name)?;
        sys.calls(|sys| sys.check_program(&path)).is_ok().then_some(path)
    }

    pub(super) fn type_of(&mut self, sys: &mut Sys<'_>, names: &[Vec<u8>]) -> Result<u8, Stop> {
        let mut status = 0;
        for name in names {
            let kind = match self.what_is(sys, name) {
                _ if self.functions.contains_key(name) => b" is a shell function".to_vec(),
                _ if is_special(name) => b" is a special shell builtin".to_vec(),
                _ if is_builtin(name) => b" is a shell builtin".to_vec(),
                Some(path) => text![" is ", path],
                None => {
                    status = 127;
                    b": not found".to_vec()
                }
            };
            self.out.write_to(1, text![name, kind, "\n"]);
        }
        Ok(status)
    }
}
