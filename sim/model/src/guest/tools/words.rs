//! Tools that only print words, or nothing: echo, printf, printenv, yes, true, false,
//! basename, dirname.

use super::options::Known;
use super::printf::{self, Dialect, Escapes};
use super::{Call, Made, Tool, Words, once, run, text};
use crate::guest::process::search::variable;
use crate::guest::program::Turn;

/// Bytes that tools without end write in a turn.
const CHUNK_BYTES: usize = 16 * 1024;

pub(super) fn yes_indeed(words: Words) -> Made {
    once(words, |_, _| 0)
}

pub(super) fn no(words: Words) -> Made {
    once(words, |_, _| 1)
}

pub(super) fn echo(words: Words) -> Made {
    once(words, |call, arguments| {
        let (options, rest) = echo_options(arguments);
        let mut line = rest.join(&b' ');
        if options.contains(&b'e') && !options.ends_with(b"E") {
            let (bytes, goes_on) = printf::unescape(&line, Escapes::Echo(Dialect::Gnu));
            line = bytes;
            if !goes_on {
                call.out.print(&line);
                return 0;
            }
        }
        if !options.contains(&b'n') {
            line.push(b'\n');
        }
        call.out.print(&line);
        0
    })
}

/// Options of echo are words of nothing but `e`, `E` and `n`; anything else is text.
fn echo_options(arguments: &[Vec<u8>]) -> (Vec<u8>, &[Vec<u8>]) {
    let is_option = |it: &&Vec<u8>| it.len() > 1 && it[0] == b'-' && it[1..].iter().all(|it| b"eEn".contains(it));
    let count = arguments.iter().take_while(is_option).count();
    let letters = arguments[..count].iter().flat_map(|it| it[1..].to_vec()).collect();
    (letters, &arguments[count..])
}

pub(super) fn printf(words: Words) -> Made {
    once(words, |call, arguments| {
        let arguments = arguments.strip_prefix(&[b"--".to_vec()][..]).unwrap_or(arguments);
        let Some((format, values)) = arguments.split_first() else {
            let name = call.name.to_vec();
            call.complain(&text!["missing operand\nTry '", name, " --help' for more information."]);
            return 1;
        };
        let printed = printf::format(format, values, Dialect::Gnu);
        let mut at = 0;
        for (complaint, place) in printed.complaints.iter().zip(&printed.places) {
            call.out.print(&printed.bytes[at..*place]);
            call.complain(complaint);
            at = *place;
        }
        call.out.print(&printed.bytes[at..]);
        if let Some(warning) = &printed.warning {
            call.complain(warning);
        }
        u8::from(!printed.complaints.is_empty())
    })
}

pub(super) fn printenv(words: Words) -> Made {
    once(words, |call, names| {
        let environment = call.sys.environment().to_vec();
        if names.is_empty() {
            environment.iter().for_each(|it| call.out.print(&text![it, "\n"]));
            return 0;
        }
        let mut status = 0;
        for name in names {
            match variable(&environment, name) {
                Some(value) => call.out.print(&text![value, "\n"]),
                None => status = 1,
            }
        }
        status
    })
}

/// The same line without end.
#[derive(Clone, Debug)]
struct Yes {
    lines: Vec<u8>,
}

pub(super) fn yes(words: Words) -> Made {
    let line = match words.arguments.as_slice() {
        [] => b"y\n".to_vec(),
        some => text![some.join(&b' '), "\n"],
    };
    let lines = line.repeat((CHUNK_BYTES / line.len()).max(1));
    Ok(run(words.name, Yes { lines }))
}

impl Tool for Yes {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        call.out.write_to(1, self.lines.clone());
        Turn::Again
    }
}

pub(super) fn basename(words: Words) -> Made {
    let options = words.options(Known::letters(""))?;
    let Some((path, rest)) = options.operands.split_first() else {
        return Err(words.missing_operand(1));
    };
    let name = last_name(path);
    let suffix = rest.first().map(Vec::as_slice).unwrap_or_default();
    let name = match name.strip_suffix(suffix) {
        Some(short) if !short.is_empty() => short,
        _ => name,
    };
    let arguments = vec![name.to_vec()];
    once(Words { arguments, ..words }, print_lines)
}

pub(super) fn dirname(words: Words) -> Made {
    let options = words.options(Known::letters(""))?;
    if options.operands.is_empty() {
        return Err(words.missing_operand(1));
    }
    let arguments = options.operands.iter().map(|it| folder_of(it).to_vec()).collect();
    once(Words { arguments, ..words }, print_lines)
}

fn print_lines(call: &mut Call<'_, '_>, lines: &[Vec<u8>]) -> u8 {
    lines.iter().for_each(|line| call.out.print(&text![line, "\n"]));
    0
}

fn without_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|it| *it != b'/').map_or(0, |at| at + 1);
    &path[..end]
}

/// The last name of a path.
pub(super) fn last_name(path: &[u8]) -> &[u8] {
    let path_without = without_slashes(path);
    if path_without.is_empty() && !path.is_empty() {
        return b"/";
    }
    path_without.rsplit(|it| *it == b'/').next().unwrap_or(path_without)
}

/// What leads to the last name of a path.
fn folder_of(path: &[u8]) -> &[u8] {
    let short = without_slashes(path);
    match short.iter().rposition(|it| *it == b'/') {
        None if short.is_empty() && !path.is_empty() => b"/",
        None => b".",
        Some(at) => match without_slashes(&short[..at]) {
            b"" => b"/",
            folder => folder,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_a_last_name_and_what_leads_there() {
        for (path, name, folder) in [
            ("/usr/bin/sort", "sort", "/usr/bin"),
            ("sort", "sort", "."),
            ("a/b/", "b", "a"),
            ("/a", "a", "/"),
            ("/", "/", "/"),
            ("//", "/", "/"),
            ("", "", "."),
            ("a//b", "b", "a"),
        ] {
            assert_eq!(
                (last_name(path.as_bytes()), folder_of(path.as_bytes())),
                (name.as_bytes(), folder.as_bytes())
            );
        }
    }
}
