//! What the shell does itself.

use super::command::Did;
use super::redirect::Saved;
use super::{Shell, Stop, lex, options};
use crate::guest::errno::Errno;
use crate::guest::fs::open::OpenFlags;
use crate::guest::process::Pid;
use crate::guest::process::signal;
use crate::guest::process::sys::{Reaped, Sys};
use crate::guest::program::{Fault, Wait};
use crate::guest::tools::options::number;
use crate::guest::tools::printf::{self, Escapes};
use crate::guest::tools::test::{self, Dialect};
use crate::guest::tools::text;

/// Commands whose mistakes end the shell, and whose assignments stay.
const SPECIAL: [&str; 15] = [
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times",
    "trap", "unset",
];

/// The other commands of the shell's own.
const REGULAR: [&str; 17] = [
    "[", "cd", "command", "echo", "false", "getopts", "hash", "kill", "local", "printf", "pwd", "read", "test", "true",
    "type", "umask", "wait",
];

/// Bytes of a script that is read into the shell.
const SCRIPT_BYTES_MAX: usize = 4 << 20;

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

    // ---- where to go on --------------------------------------------------------

    fn leave_loop(&mut self, sys: &mut Sys<'_>, name: &[u8], words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
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

    fn status_word(&self, name: &str, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let Some(word) = words.first() else {
            return Ok(self.status);
        };
        match number(word) {
            Some(number) => Ok((number & 0xFF) as u8),
            None => fatal(text![name, ": Illegal number: ", word]),
        }
    }

    fn return_builtin(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        let status = self.status_word("return", words)?;
        files.restore(sys);
        if !self.come_back_from_call(sys) {
            return Err(Stop::Exit(status));
        }
        self.status = status;
        self.check_status(sys);
        Ok(Did::Moved)
    }

    fn exit(&mut self, words: &[Vec<u8>]) -> Result<Did, Stop> {
        let status = match (words.first(), self.ending) {
            (None, Some(status)) => status,
            _ => self.status_word("exit", words)?,
        };
        Err(Stop::Exit(status))
    }

    fn eval(&mut self, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        let text = words.join(&b' ');
        let mut call = self.call_from_here();
        call.files = files;
        self.status = 0;
        self.call(call)?;
        self.run_text(text);
        Ok(Did::Moved)
    }

    /// `.`: runs a file as if it stood here.
    fn source(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        let Some(name) = words.first() else {
            return Ok(Did::Status(0));
        };
        let Some(path) = self.find_script(sys, name) else {
            return fatal(text![".: ", name, ": not found"]);
        };
        let script = read_file(sys, &path).map_err(|fault| match fault {
            Fault::Wait(wait) => Stop::Wait(wait),
            Fault::Errno(errno) => Stop::Fatal(
                text![".: cannot open ", path, ": ", super::redirect::open_error(errno)],
                WRONG,
            ),
        })?;
        let mut call = self.call_from_here();
        call.files = files;
        call.returns = true;
        self.status = 0;
        self.call(call)?;
        self.run_text(script);
        Ok(Did::Moved)
    }

    fn find_script(&self, sys: &mut Sys<'_>, name: &[u8]) -> Option<Vec<u8>> {
        if name.contains(&b'/') {
            return Some(name.to_vec());
        }
        let path = self.variables.get(b"PATH").unwrap_or_default();
        let mut all = crate::guest::process::search::candidates(path, name);
        all.find(|it| {
            sys.calls(|sys| sys.stat(it))
                .is_ok_and(|it| it.kind == crate::guest::fs::inode::Kind::File)
        })
    }

    fn exec(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
        if !words.is_empty() {
            return self.replace(sys, words);
        }
        files.forget(sys);
        self.done(1, 0, sys);
        Ok(Did::Moved)
    }

    /// `command`: tells what a command is, or runs it though a function has its name.
    fn command(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
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
            [name, ..] if is_builtin(name) => match self.builtin(sys, words, files) {
                Err(Stop::Fatal(message, status)) => Err(Stop::Fail(message, status)),
                other => other,
            },
            _ => self.start_command(sys, words, files),
        }
    }

    fn start_command(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>], files: Saved) -> Result<Did, Stop> {
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
    fn what_is(&self, sys: &mut Sys<'_>, name: &[u8]) -> Option<Vec<u8>> {
        if self.functions.contains_key(name) || is_builtin(name) {
            return Some(name.to_vec());
        }
        let path = self.path_of(sys, name)?;
        sys.calls(|sys| sys.check_program(&path)).is_ok().then_some(path)
    }

    fn type_of(&mut self, sys: &mut Sys<'_>, names: &[Vec<u8>]) -> Result<u8, Stop> {
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

    // ---- variables -------------------------------------------------------------

    fn mark(&mut self, words: &[Vec<u8>], name: &[u8]) -> Result<u8, Stop> {
        let exports = name == b"export";
        let words = words.strip_prefix(&[b"-p".to_vec()][..]).unwrap_or(words);
        if words.is_empty() {
            return self.list_marked(name, exports);
        }
        for word in words {
            let variable = self.assign_word(name, word)?;
            if exports {
                self.variables.export(&variable);
            } else {
                self.variables.make_readonly(&variable);
            }
        }
        Ok(0)
    }

    fn list_marked(&mut self, name: &[u8], exports: bool) -> Result<u8, Stop> {
        let mut lines = Vec::new();
        for (variable, value) in self.variables.list(exports, !exports) {
            lines.extend(text![name, " ", variable]);
            lines.extend(value.map_or_else(Vec::new, |it| text!["=", single_quoted(it)]));
            lines.push(b'\n');
        }
        self.print(&lines)
    }

    /// Sets what a word such as `a=b` says; the name of the variable.
    fn assign_word(&mut self, builtin: &[u8], word: &[u8]) -> Result<Vec<u8>, Stop> {
        let end = word.iter().position(|it| *it == b'=').unwrap_or(word.len());
        let (variable, value) = word.split_at(end);
        if !lex::is_variable(variable) {
            return fatal(text![builtin, ": ", variable, ": bad variable name"]);
        }
        if let Some(value) = value.strip_prefix(b"=") {
            self.set_variable(variable, value.to_vec())?;
        }
        Ok(variable.to_vec())
    }

    fn unset(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let (functions, names) = match words {
            [option, names @ ..] if option == b"-f" => (true, names),
            [option, names @ ..] if option == b"-v" => (false, names),
            names => (false, names),
        };
        for name in names {
            if functions {
                self.functions.remove(name);
            } else if !lex::is_variable(name) {
                return fatal(text!["unset: ", name, ": bad variable name"]);
            } else {
                self.variables
                    .unset(name)
                    .map_err(|why| Stop::Fatal(text!["unset: ", why], WRONG))?;
            }
        }
        Ok(0)
    }

    fn local(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        for word in words {
            let end = word.iter().position(|it| *it == b'=').unwrap_or(word.len());
            let former = self.variables.remember(&word[..end]);
            let Some(call) = self.frames.function() else {
                return fatal(b"local: not in a function".to_vec());
            };
            call.locals.push(former);
            self.assign_word(b"local", word)?;
        }
        Ok(0)
    }

    fn set(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        if words.is_empty() {
            let line =
                |(name, value): (&[u8], Option<&[u8]>)| value.map(|it| text![name, "=", single_quoted(it), "\n"]);
            let lines: Vec<_> = self.variables.list(false, false).into_iter().filter_map(line).collect();
            return self.print(&lines.concat());
        }
        let mut rest = words;
        while let Some((word, after)) = rest.split_first() {
            match word.as_slice() {
                b"--" => {
                    self.set_parameters(after.to_vec());
                    return Ok(0);
                }
                [sign @ (b'-' | b'+'), b'o'] => {
                    let (name, after) = after
                        .split_first()
                        .map_or((&b""[..], after), |(name, after)| (name, after));
                    if !options::set_named(&mut self.flags, name, *sign == b'-') {
                        return fatal(text!["set: Illegal option -o ", name]);
                    }
                    rest = after;
                    continue;
                }
                [sign @ (b'-' | b'+'), letters @ ..] if !letters.is_empty() => {
                    for letter in letters {
                        if !options::set_flag(&mut self.flags, *letter, *sign == b'-') {
                            return fatal(text!["set: Illegal option -", [*letter]]);
                        }
                    }
                }
                _ => {
                    self.set_parameters(rest.to_vec());
                    return Ok(0);
                }
            }
            rest = after;
        }
        Ok(0)
    }

    fn shift(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let count = match words.first() {
            None => 1,
            Some(word) => match number(word).and_then(|it| usize::try_from(it).ok()) {
                Some(count) => count,
                None => return fatal(text!["shift: Illegal number: ", word]),
            },
        };
        if count > self.parameters.len() {
            return fatal(b"shift: can't shift that many".to_vec());
        }
        self.parameters.drain(..count);
        Ok(0)
    }

    /// `getopts`: the next option of the positional parameters, or of these words.
    fn getopts(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let [known, variable, given @ ..] = words else {
            return fatal(b"getopts: Usage: getopts optstring var [arg...]".to_vec());
        };
        let parameters = if given.is_empty() {
            self.parameters.clone()
        } else {
            given.to_vec()
        };
        let index = self
            .variables
            .get(b"OPTIND")
            .and_then(number)
            .and_then(|it| usize::try_from(it).ok())
            .unwrap_or(1);
        let within = self
            .variables
            .get(b"_OPTPOS")
            .and_then(number)
            .and_then(|it| usize::try_from(it).ok())
            .unwrap_or(1);
        let word = parameters
            .get(index.saturating_sub(1))
            .filter(|it| it.len() > 1 && it[0] == b'-' && *it != b"--");
        let Some(word) = word else {
            let is_end = parameters.get(index.saturating_sub(1)).is_some_and(|it| it == b"--");
            self.set_option(variable, b"?", None, index + usize::from(is_end), 1)?;
            return Ok(1);
        };
        let letter = word.get(within).copied().unwrap_or(b'?');
        let at = known.iter().position(|it| *it == letter && letter != b':');
        let takes_value = at.is_some_and(|at| known.get(at + 1) == Some(&b':'));
        let rest = word.get(within + 1..).unwrap_or_default();
        let (value, next, position) = match (takes_value, rest) {
            (false, []) => (None, index + 1, 1),
            (false, _) => (None, index, within + 1),
            (true, []) => (parameters.get(index).cloned(), index + 2, 1),
            (true, rest) => (Some(rest.to_vec()), index + 1, 1),
        };
        let is_missing = takes_value && value.is_none();
        let shown = match (at, is_missing) {
            (None, _) => {
                self.complain_of_option(known, "Illegal option -", letter, "\n");
                b"?"
            }
            (_, true) => {
                self.complain_of_option(known, "No arg for -", letter, " option\n");
                b"?"
            }
            _ => &[letter],
        };
        self.set_option(variable, shown, value, next.min(parameters.len() + 1), position)?;
        Ok(0)
    }

    fn complain_of_option(&mut self, known: &[u8], what: &str, letter: u8, end: &str) {
        if known.first() != Some(&b':') {
            self.out.write_to(2, text![what, [letter], end]);
        }
    }

    fn set_option(
        &mut self,
        variable: &[u8],
        option: &[u8],
        value: Option<Vec<u8>>,
        index: usize,
        position: usize,
    ) -> Result<(), Stop> {
        self.set_variable(variable, option.to_vec())?;
        match value {
            Some(value) => self.set_variable(b"OPTARG", value)?,
            // What is not set need not be unset.
            None => drop(self.variables.unset(b"OPTARG")),
        }
        self.set_variable(b"OPTIND", index.to_string().into_bytes())?;
        self.set_variable(b"_OPTPOS", position.to_string().into_bytes())
    }

    // ---- output ----------------------------------------------------------------

    fn echo(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let (ends_line, words) = match words {
            [option, words @ ..] if option == b"-n" => (false, words),
            words => (true, words),
        };
        let (mut line, goes_on) = printf::unescape(&words.join(&b' '), Escapes::Echo);
        if ends_line && goes_on {
            line.push(b'\n');
        }
        self.print(&line)
    }

    fn printf(&mut self, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let words = words.strip_prefix(&[b"--".to_vec()][..]).unwrap_or(words);
        let Some((format, values)) = words.split_first() else {
            return fail(b"printf: usage: printf format [arg ...]".to_vec(), WRONG);
        };
        let printed = printf::format(format, values);
        let mut status = 0;
        for complaint in printed.complaints {
            status = if complaint.ends_with(b"directive") { WRONG } else { 1 };
            self.complain(&text!["printf: ", in_own_words(&complaint)]);
        }
        self.out.write_to(1, printed.bytes);
        Ok(status)
    }

    fn test(&mut self, sys: &mut Sys<'_>, name: &[u8], words: &[Vec<u8>]) -> Result<u8, Stop> {
        let words = match (name, words.split_last()) {
            (b"[", Some((last, words))) if last == b"]" => words,
            (b"[", _) => return fail(b"[: missing ]".to_vec(), WRONG),
            _ => words,
        };
        match test::evaluate(sys, words, Dialect::Shell) {
            Ok(holds) => Ok(u8::from(!holds)),
            Err(why) => fail(text![name, ": ", why], WRONG),
        }
    }

    // ---- the machine -----------------------------------------------------------

    fn cd(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let words = words.strip_prefix(&[b"--".to_vec()][..]).unwrap_or(words);
        let before = self.variables.get(b"PWD").unwrap_or_default().to_vec();
        let (target, prints) = match words.first().map(Vec::as_slice) {
            None => (self.variables.get(b"HOME").unwrap_or_default().to_vec(), false),
            Some(b"-") => (self.variables.get(b"OLDPWD").unwrap_or_default().to_vec(), true),
            Some(path) => (path.to_vec(), false),
        };
        if target.is_empty() {
            return Ok(0);
        }
        if sys.calls(|sys| sys.chdir(&target)).is_err() {
            return fail(text!["cd: can't cd to ", target], WRONG);
        }
        let folder = normal_path(&before, &target);
        if prints {
            self.print(&text![folder, "\n"])?;
        }
        self.set_variable(b"OLDPWD", before)?;
        self.set_variable(b"PWD", folder)?;
        self.variables.export(b"OLDPWD");
        self.variables.export(b"PWD");
        Ok(0)
    }

    fn umask(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let Some(word) = words.first() else {
            return self.print(format!("{:04o}\n", sys.umask()).as_bytes());
        };
        let text = std::str::from_utf8(word).unwrap_or_default();
        match u16::from_str_radix(text, 8) {
            Ok(umask) if umask <= 0o777 => {
                sys.set_umask(umask);
                Ok(0)
            }
            _ => fatal(text!["umask: Illegal number: ", word]),
        }
    }

    fn kill(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        if words.first().is_some_and(|it| it == b"-l") {
            let names: String = (1..=31).filter_map(signal::name).map(|it| format!("{it}\n")).collect();
            return self.print(names.as_bytes());
        }
        let read = crate::guest::tools::kill_words(words);
        let (signal, targets) = read.map_err(|why| Stop::Fail(text!["kill: ", why], WRONG))?;
        if targets.is_empty() {
            let usage = "Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]";
            return fail(text!["kill: ", usage], WRONG);
        }
        let mut status = 0;
        for target in targets {
            let Some(pid) = number(target).and_then(|it| u32::try_from(it).ok()) else {
                return fail(text!["kill: Illegal number: ", target], WRONG);
            };
            if let Err(errno) = sys.kill(Pid(pid), signal) {
                status = 1;
                self.complain(&text!["kill: ", errno.text(), "\n"]);
            }
        }
        Ok(status)
    }

    /// `wait`: for all children, or for these.
    fn wait_builtin(&mut self, sys: &mut Sys<'_>, words: &[Vec<u8>]) -> Result<u8, Stop> {
        let running: Vec<Pid> = self
            .children
            .iter()
            .filter(|(_, it)| it.is_none())
            .map(|(pid, _)| *pid)
            .collect();
        for pid in running {
            match sys.reap(pid) {
                Reaped::Running => {}
                Reaped::Ended(ending) => {
                    let before = self.status;
                    if words.is_empty() {
                        self.status = super::status_of(ending);
                    } else {
                        self.take_ending(ending);
                    }
                    self.children
                        .insert(pid, Some(std::mem::replace(&mut self.status, before)));
                }
                Reaped::Unknown => drop(self.children.remove(&pid)),
            }
        }
        let mut status = 0;
        let asked: Vec<Option<Pid>> = match words {
            [] => self.children.keys().copied().map(Some).collect(),
            _ => words
                .iter()
                .map(|it| number(it).and_then(|it| u32::try_from(it).ok()).map(Pid))
                .collect(),
        };
        for pid in asked {
            status = match pid.and_then(|it| self.children.get(&it)) {
                None => 127,
                // A signal that came meanwhile ends the wait.
                Some(None) => match self.caught.front() {
                    Some(signal) => return Ok(signal.wrapping_add(128)),
                    None => return Err(Stop::Wait(Wait::Child)),
                },
                Some(Some(status)) => *status,
            };
        }
        if words.is_empty() {
            self.children.clear();
            status = 0;
        }
        Ok(status)
    }
}

fn read_file(sys: &mut Sys<'_>, path: &[u8]) -> Result<Vec<u8>, Fault> {
    let descriptor = sys.open(path, OpenFlags::READ, 0)?;
    let mut script = Vec::new();
    let read = sys.read(descriptor, SCRIPT_BYTES_MAX, &mut script);
    sys.close(descriptor);
    read.map(|_| script)
}

/// A path made of where one is and where one goes, without `.` and `..`.
fn normal_path(from: &[u8], to: &[u8]) -> Vec<u8> {
    let whole = if to.starts_with(b"/") {
        to.to_vec()
    } else {
        text![from, "/", to]
    };
    let mut names: Vec<&[u8]> = Vec::new();
    for name in whole.split(|it| *it == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    text!["/", names.join(&b'/')]
}

/// A value in single quotes.
fn single_quoted(value: &[u8]) -> Vec<u8> {
    text![
        "'",
        value.split(|it| *it == b'\'').collect::<Vec<_>>().join(&b"'\"'\"'"[..]),
        "'"
    ]
}

/// What printf complains of, as this shell says it.
fn in_own_words(complaint: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(complaint);
    let text = text.replace("expected a numeric value", "expected numeric value");
    let text = text.replace("value not completely converted", "not completely converted");
    match text.strip_prefix('\'').and_then(|it| it.split_once("': ")) {
        Some((value, why)) => format!("{value}: {why}").into_bytes(),
        None => text.into_bytes(),
    }
}
