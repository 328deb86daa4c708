//! The arguments the shell is called with.

use std::sync::Arc;

use super::{Doing, Flags, Shell, Source};
use crate::guest::tools::text;

/// A shell that does what its words say; the first is what it is called.
///
/// `sh -c SCRIPT NAME PARAMETER…`, `sh FILE PARAMETER…`, `sh -s PARAMETER…` or `sh`.
pub(super) fn shell(words: Vec<Vec<u8>>, environment: &[Vec<u8>]) -> Shell {
    let mut words = words.into_iter();
    let name = words.next().unwrap_or_default();
    let mut shell = Shell::new(name, environment);
    let mut rest = words.peekable();
    let (mut has_script, mut reads_input) = (false, false);
    while let Some(option) = rest.next_if(|it| it.len() > 1 && matches!(it[0], b'-' | b'+')) {
        if option == b"--" {
            break;
        }
        for letter in &option[1..] {
            match letter {
                b'c' => has_script = true,
                b's' => reads_input = true,
                b'i' | b'l' | b'm' => {}
                b'o' => {
                    let name = rest.next().unwrap_or_default();
                    set_named(&mut shell.flags, &name, option[0] == b'-');
                }
                letter => {
                    if !set_flag(&mut shell.flags, *letter, option[0] == b'-') {
                        return refused(shell, &text!["Illegal option -", [*letter]]);
                    }
                }
            }
        }
    }
    if has_script {
        let Some(script) = rest.next() else {
            return refused(shell, b"-c requires an argument");
        };
        shell.source = Some(Source::of(script));
        shell.may_be_replaced = true;
        shell.name = rest.next().unwrap_or(shell.name);
    } else if let Some(file) = rest.next_if(|_| !reads_input) {
        shell.doing = Doing::Load {
            file: Some(file),
            reads: None,
            script: Vec::new(),
        };
    } else {
        shell.doing = Doing::Load {
            file: None,
            reads: Some(0),
            script: Vec::new(),
        };
    }
    shell.set_parameters(rest.collect());
    shell
}

/// A shell that only says why it does nothing.
fn refused(mut shell: Shell, why: &[u8]) -> Shell {
    shell.out.write_to(2, text![shell.name, ": 0: ", why, "\n"]);
    shell.ending = Some(2);
    shell.source = Some(Source::of(Vec::new()));
    shell
}

impl Source {
    /// A script that is there.
    pub(super) fn of(text: Vec<u8>) -> Source {
        Source {
            text: Arc::from(text),
            at: 0,
            line: 1,
        }
    }
}

/// Sets a flag by its letter; whether there is one.
pub(super) fn set_flag(flags: &mut Flags, letter: u8, value: bool) -> bool {
    match letter {
        b'e' => flags.exits_on_error = value,
        b'u' => flags.no_unset = value,
        b'x' => flags.traces = value,
        b'f' => flags.no_glob = value,
        b'a' => flags.exports_all = value,
        // These change nothing here.
        b'b' | b'h' | b'n' | b'v' | b'C' => {}
        _ => return false,
    }
    true
}

/// Sets a flag by its name; whether there is one.
pub(super) fn set_named(flags: &mut Flags, name: &[u8], value: bool) -> bool {
    match name {
        b"errexit" => set_flag(flags, b'e', value),
        b"nounset" => set_flag(flags, b'u', value),
        b"xtrace" => set_flag(flags, b'x', value),
        b"noglob" => set_flag(flags, b'f', value),
        b"allexport" => set_flag(flags, b'a', value),
        b"noclobber" | b"noexec" | b"verbose" | b"monitor" => true,
        _ => false,
    }
}

/// The letters of the flags that are set.
pub(super) fn letters(flags: Flags) -> Vec<u8> {
    let all = [
        (flags.exports_all, b'a'),
        (flags.exits_on_error, b'e'),
        (flags.no_glob, b'f'),
        (flags.no_unset, b'u'),
        (flags.traces, b'x'),
    ];
    all.into_iter()
        .filter(|(is_set, _)| *is_set)
        .map(|(_, letter)| letter)
        .collect()
}
