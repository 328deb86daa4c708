//! Tools that run other programs: env and xargs.

use super::filter::READ_BYTES;
use super::options::{Known, Usage, number};
use super::quote::quoted;
use super::{Call, Made, Tool, Words, run, text};
use crate::guest::errno::Errno;
use crate::guest::process::Pid;
use crate::guest::process::search::{candidates, variable};
use crate::guest::process::sys::{Reaped, Sys};
use crate::guest::program::{Ending, Fault, Turn, Wait};

/// Where programs are searched for without a PATH.
const USUAL_PATH: &[u8] = b"/bin:/usr/bin";

/// Bytes of input that xargs makes arguments of.
const INPUT_BYTES_MAX: usize = 1 << 20;

/// Runs a program in another environment, or prints its own.
#[derive(Clone, Debug)]
struct Env {
    is_empty: bool,
    /// What ends a line.
    end: u8,
    folder: Option<Vec<u8>>,
    unset: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

pub(super) fn env(mut words: Words) -> Made {
    const KNOWN: Known = Known::letters("iu:0C:S:")
        .names(&[
            ("ignore-environment", b'i'),
            ("unset", b'u'),
            ("null", b'0'),
            ("chdir", b'C'),
            ("split-string", b'S'),
        ])
        .operands_end_options()
        .wrong(125);
    // A dash alone is `-i`.
    if let Some(dash) = words.arguments.first_mut().filter(|it| it.as_slice() == b"-") {
        *dash = b"-i".to_vec();
    }
    let mut options = words.options(KNOWN)?;
    if let Some(line) = options.value(b'S') {
        let parts = line.split(|it| matches!(it, b' ' | b'\t')).filter(|it| !it.is_empty());
        let parts: Vec<_> = parts.map(<[u8]>::to_vec).collect();
        options.operands.splice(0..0, parts);
    }
    if options.has(b'C') && options.operands.iter().all(|it| it.contains(&b'=')) {
        return Err(Usage::new(&words.name, b"must specify command with --chdir (-C)", 125));
    }
    let given = options.given().iter();
    let unset = given
        .filter(|(letter, _)| *letter == b'u')
        .map(|(_, name)| name.clone())
        .collect();
    let is_empty = options.has(b'i');
    Ok(run(
        words.name,
        Env {
            is_empty,
            end: if options.has(b'0') { 0 } else { b'\n' },
            folder: options.value(b'C').map(<[u8]>::to_vec),
            unset,
            words: options.operands,
        },
    ))
}

impl Tool for Env {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        let mut environment = if self.is_empty {
            Vec::new()
        } else {
            call.sys.environment().to_vec()
        };
        for name in &self.unset {
            environment.retain(|it| variable(std::slice::from_ref(it), name).is_none());
        }
        let sets = self.words.iter().take_while(|it| it.contains(&b'=')).count();
        for setting in &self.words[..sets] {
            set(&mut environment, setting);
        }
        let program = &self.words[sets..];
        if program.is_empty() {
            let lines = environment.iter().map(|it| text![it, [self.end]]);
            lines.for_each(|it| call.out.print(&it));
            return Turn::Exit(0);
        }
        if let Some(folder) = &self.folder
            && let Err(errno) = call.sys.calls(|sys| sys.chdir(folder))
        {
            let why = Errno::from(errno).text();
            call.complain(&text!["cannot change directory to ", quoted(folder), ": ", why]);
            return Turn::Exit(125);
        }
        match find_and(program, &environment, |path, words, environment| {
            call.sys.exec(path, words, environment)
        }) {
            Ok(()) => Turn::Again,
            Err(errno) => {
                call.complain(&text![quoted(&program[0]), ": ", errno.text()]);
                Turn::Exit(if errno == Errno::ENOENT { 127 } else { 126 })
            }
        }
    }
}

fn set(environment: &mut Vec<Vec<u8>>, setting: &[u8]) {
    let name = setting.split(|it| *it == b'=').next().unwrap_or(setting);
    let known = environment
        .iter_mut()
        .find(|it| variable(std::slice::from_ref(*it), name).is_some());
    match known {
        Some(known) => *known = setting.to_vec(),
        None => environment.push(setting.to_vec()),
    }
}

/// Does it with the first path of a program that can be.
fn find_and<T>(
    words: &[Vec<u8>],
    environment: &[Vec<u8>],
    mut act: impl FnMut(&[u8], Vec<Vec<u8>>, Vec<Vec<u8>>) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let name = words.first().map(Vec::as_slice).unwrap_or_default();
    let mut act = |path: &[u8]| act(path, words.to_vec(), environment.to_vec());
    if name.contains(&b'/') {
        return act(name);
    }
    let mut error = Errno::ENOENT;
    for path in candidates(variable(environment, b"PATH").unwrap_or(USUAL_PATH), name) {
        match act(&path) {
            Err(errno @ (Errno::EACCES | Errno::ENOENT | Errno::ENOTDIR)) => {
                if errno == Errno::EACCES {
                    error = errno;
                }
            }
            done => return done,
        }
    }
    Err(error)
}

/// Runs a program with the words it reads.
#[derive(Clone, Debug)]
struct Xargs {
    command: Vec<Vec<u8>>,
    per_run: usize,
    only_lines: bool,
    replace: Option<Vec<u8>>,
    input: Vec<u8>,
    /// What is left to be passed, once all is read.
    items: Option<Vec<Vec<u8>>>,
    child: Option<Pid>,
    status: u8,
}

pub(super) fn xargs(words: Words) -> Made {
    let known = Known::letters("n:I:0r").operands_end_options();
    let options = words.options(known)?;
    let per_run = match options.value(b'n') {
        None => usize::MAX,
        Some(value) => {
            let wrong = || Usage::plain(text!["invalid number for -n option: ", quoted(value)], 1);
            number(value)
                .filter(|it| *it > 0)
                .and_then(|it| usize::try_from(it).ok())
                .ok_or_else(wrong)?
        }
    };
    let mut command = options.operands.clone();
    if command.is_empty() {
        command.push(b"echo".to_vec());
    }
    let replace = options.value(b'I').map(<[u8]>::to_vec);
    let only_lines = replace.is_some() || options.has(b'0');
    let input = Vec::new();
    Ok(run(
        words.name,
        Xargs {
            command,
            per_run,
            only_lines,
            replace,
            input,
            items: None,
            child: None,
            status: 0,
        },
    ))
}

impl Tool for Xargs {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        if let Some(child) = self.child {
            return self.wait_for(call.sys, child);
        }
        match &mut self.items {
            None => self.read(call),
            Some(items) if items.is_empty() => Turn::Exit(self.status),
            Some(_) => self.run_next(call),
        }
    }

    fn memory_bytes(&self) -> usize {
        self.input.len() + self.items.as_ref().map_or(0, |it| it.len() * size_of::<Vec<u8>>())
    }
}

impl Xargs {
    fn read(&mut self, call: &mut Call<'_, '_>) -> Turn {
        match call.sys.read(0, READ_BYTES, &mut self.input) {
            Err(Fault::Wait(wait)) => return Turn::Wait(wait),
            Ok(count) if count > 0 && self.input.len() < INPUT_BYTES_MAX => {}
            _ => self.items = Some(self.split()),
        }
        Turn::Again
    }

    fn split(&mut self) -> Vec<Vec<u8>> {
        let input = std::mem::take(&mut self.input);
        let only_lines = self.only_lines;
        let ends = |byte: &u8| matches!(byte, b'\n' | 0) || !only_lines && matches!(byte, b' ' | b'\t');
        input
            .split(ends)
            .filter(|it| !it.is_empty())
            .map(<[u8]>::to_vec)
            .collect()
    }

    fn run_next(&mut self, call: &mut Call<'_, '_>) -> Turn {
        let items = self.items.get_or_insert_default();
        let count = if self.replace.is_some() {
            1
        } else {
            self.per_run.min(items.len())
        };
        let next: Vec<_> = items.drain(..count).collect();
        let words = match &self.replace {
            Some(mark) => self.command.iter().map(|word| replaced(word, mark, &next[0])).collect(),
            None => [self.command.clone(), next].concat(),
        };
        let environment = call.sys.environment().to_vec();
        match find_and(&words, &environment, |path, words, environment| {
            call.sys.spawn(path, words, environment)
        }) {
            Ok(child) => {
                self.child = Some(child);
                Turn::Again
            }
            Err(errno) => {
                call.complain(&text![self.command[0], ": ", errno.text()]);
                Turn::Exit(if errno == Errno::ENOENT { 127 } else { 126 })
            }
        }
    }

    fn wait_for(&mut self, sys: &mut Sys<'_>, child: Pid) -> Turn {
        match sys.reap(child) {
            Reaped::Running => return Turn::Wait(Wait::Child),
            Reaped::Ended(Ending::Exited(255)) => return Turn::Exit(124),
            Reaped::Ended(Ending::Signalled(_)) => return Turn::Exit(125),
            Reaped::Ended(Ending::Exited(0)) | Reaped::Unknown => {}
            Reaped::Ended(Ending::Exited(_)) => self.status = 123,
        }
        self.child = None;
        Turn::Again
    }
}

fn replaced(word: &[u8], mark: &[u8], by: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut rest = word;
    while let Some(at) = rest.windows(mark.len().max(1)).position(|it| it == mark) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(by);
        rest = &rest[at + mark.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}
