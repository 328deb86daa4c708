//! Sessions that run a program of a fixed list, and ask how it ended.

use super::{files, requests};
use crate::fuzz::judge::fit;
use crate::fuzz::lines;
use crate::fuzz::random::Random;
use crate::fuzz::scope::Scope;
use crate::fuzz::session::{Argument, Call, Slot, Step, Word};
use qga_fixtures::schema::System;

/// The commands it needs.
pub(super) const ALL: [&str; 2] = ["guest-exec", "guest-exec-status"];

const SHELL: &str = "/bin/sh";
const CAT: &str = "/bin/cat";
/// How programs end themselves, the usual ways and those where notations end.
const STATUSES: &[u8] = &[1, 2, 3, 100, 126, 127, 128, 255];
/// What a program is ended by, everywhere, and on Linux alone: that one has no name.
const SIGNALS: &[u8] = &[6, 9, 11, 15];
const UNNAMED_SIGNAL: u8 = 34;
/// Parts of what programs are told: no option of `echo` can be made of them.
const PARTS: &[&str] = &[
    "a", "one", "0", " ", "  ", "$HOME", "*", "'", "\"", "#", ";", "\u{e9}", "=",
];
/// Numbers of words and of variables: few, and more than would fill small tables.
const COUNTS: &[usize] = &[0, 1, 2, 3, 9, 20, 70, 130];
/// The bytes of a long word, variable or input: more than is usually read at a time.
const LONG: usize = 5000;
/// The bytes of a very long input: more than a pipe holds.
const VERY_LONG: usize = 70_000;
/// The bytes of one that is beyond a megabyte, and how seldom that comes.
const BEYOND_MEGABYTE: usize = 1_100_000;
const BEYOND_MEGABYTE_IN: usize = 80;
/// What may be caught of a program, where there is a choice.
const CAUGHT: &[&str] = &["\"separated\"", "\"merged\"", "\"none\""];
/// What makes some agents unfit for more, if it is caught.
const CAUGHT_ALONE: &[&str] = &["\"stdout\"", "\"stderr\""];

/// Whether programs can be run and asked about.
pub(super) fn can_be_made(scope: &Scope) -> bool {
    ALL.iter().all(|it| scope.has(it)) && scope.system != System::Windows
}

/// One or two programs, or one that leaves something in a file.
pub(super) fn session(scope: &Scope, random: &mut Random, steps: &mut Vec<Step>) {
    if random.one_in(8) && scope.has("guest-file-open") {
        return adding(steps);
    }
    let has_words = fit::has_words("guest-exec", "capture-output", scope.release);
    if random.one_in(24) && has_words && scope.starts_anew {
        return one_stream(random, steps);
    }
    if random.one_in(150) {
        return lasting(steps);
    }
    let count = 1 + Slot::from(random.one_in(4));
    for slot in 0..count {
        steps.push(Step::Call(start(scope, random).binding(slot)));
    }
    // As it is while it may still run.
    if random.one_in(3) {
        steps.push(Step::Call(status(Argument::Slot(0))));
    }
    for slot in (0..count).rev() {
        steps.push(end(slot));
        if random.one_in(2) {
            steps.push(Step::Call(status(Argument::Slot(slot))));
        }
    }
    if scope.has("guest-get-host-name") && steps.iter().any(asks_name) {
        steps.push(Step::Call(Call::plain("guest-get-host-name")));
    }
    if random.one_in(3) {
        steps.push(Step::Call(status(Argument::Int(*random.pick(&[
            requests::NO_HANDLE,
            0,
            -1,
            1,
        ])))));
    }
}

/// A program that adds to an empty file, and what is in the file soon after that.
fn adding(steps: &mut Vec<Step>) {
    let run = [
        path(SHELL),
        ("arg", Argument::Shell(lines::ADDS, 0)),
        ("capture-output", Argument::Json("true".into())),
    ];
    steps.push(Step::Call(Call::open(0, "\"w\"").binding(0)));
    steps.push(Step::Call(Call::with("guest-exec", run).binding(1)));
    steps.push(end(1));
    steps.push(files::close(0));
}

/// A program that writes to both of its streams, of which one is caught.
fn one_stream(random: &mut Random, steps: &mut Vec<Step>) {
    let caught = Argument::Json((*random.pick(CAUGHT_ALONE)).into());
    let run = [
        path(SHELL),
        ("arg", Argument::Json(lines::shell(lines::BOTH_STREAMS))),
        ("input-data", Argument::Base64(Vec::new())),
        ("capture-output", caught),
    ];
    steps.push(Step::Call(Call::with("guest-exec", run).binding(0)));
    steps.push(end(0));
}

/// A program that takes its time, asked about at once and at its end.
fn lasting(steps: &mut Vec<Step>) {
    let run = [path(SHELL), ("arg", Argument::Json(lines::shell(lines::LASTS)))];
    steps.push(Step::Call(Call::with("guest-exec", run).binding(0)));
    steps.push(Step::Call(status(Argument::Slot(0))));
    steps.push(end(0));
}

fn asks_name(step: &Step) -> bool {
    let (name, uname) = path("/bin/uname");
    matches!(step, Step::Call(call) if call.argument(name) == Some(&uname))
}

/// The program to run.
fn path(path: &str) -> (&'static str, Argument) {
    ("path", Argument::Json(Word::Owned(format!("\"{path}\""))))
}

/// A program that reads its input, writes its arguments, and does nothing else: its path
/// and its arguments.
fn program(scope: &Scope, random: &mut Random) -> (&'static str, Vec<String>) {
    let line = match random.below(14) {
        0 => return ("/bin/true", Vec::new()),
        1 => return ("/bin/false", Vec::new()),
        2 | 3 => return ("/bin/echo", words(random)),
        4 | 5 => return (CAT, Vec::new()),
        6 => return ("/bin/uname", vec!["-n".to_owned()]),
        7 => return ("/no-such-program", Vec::new()),
        8 => lines::exit(*random.pick(STATUSES)),
        9 if scope.system == System::Linux && random.one_in(3) => lines::kill(UNNAMED_SIGNAL),
        9 => lines::kill(*random.pick(SIGNALS)),
        10 => lines::BOTH_STREAMS.to_owned(),
        11 => lines::SOON.to_owned(),
        12 => lines::ERRORS.to_owned(),
        _ => lines::ECHOES.to_owned(),
    };
    (SHELL, vec!["-c".to_owned(), line])
}

/// What a program is told.
fn words(random: &mut Random) -> Vec<String> {
    let count = *random.pick(COUNTS);
    let mut words: Vec<String> = (0..count).map(|_| word(random)).collect();
    match words.last_mut() {
        Some(last) if random.one_in(6) => *last = "--".to_owned(),
        Some(last) if random.one_in(6) => *last = "w".repeat(LONG),
        _ => {}
    }
    words
}

/// A few parts behind a letter.
fn word(random: &mut Random) -> String {
    let parts = (0..random.below(4)).map(|_| *random.pick(PARTS));
    ["w"].into_iter().chain(parts).collect()
}

/// The variables of a program, the one that it writes last.
fn variables(random: &mut Random) -> Vec<String> {
    let count = *random.pick(COUNTS);
    let value = match random.one_in(6) {
        true => "v".repeat(LONG),
        false => word(random),
    };
    let others = (0..count).map(|at| format!("V{at}={at}"));
    others.chain([format!("{}{value}", lines::VARIABLE)]).collect()
}

/// A list of texts. Scripts read a dollar sign as the begin of a variable.
fn texts(texts: &[String]) -> Argument {
    let list = serde_json::Value::from(texts).to_string();
    Argument::Json(Word::Owned(list.replace('$', "\\u0024")))
}

fn input(random: &mut Random) -> Argument {
    let length = match random.below(36) {
        _ if random.one_in(BEYOND_MEGABYTE_IN) => BEYOND_MEGABYTE,
        0 => VERY_LONG,
        1..6 => LONG,
        _ => random.below(40),
    };
    Argument::Base64(random.bytes(length))
}

fn start(scope: &Scope, random: &mut Random) -> Call {
    let (program, words) = program(scope, random);
    let is_line = |line: &str| words.last().is_some_and(|it| it == line);
    let mut arguments = vec![path(program)];
    if !words.is_empty() || random.one_in(2) {
        arguments.push(("arg", texts(&words)));
    }
    if is_line(lines::ECHOES) && !random.one_in(3) {
        arguments.push(("env", texts(&variables(random))));
    }
    if program == CAT || is_line(lines::ERRORS) || random.one_in(4) {
        arguments.push(("input-data", input(random)));
    }
    if !random.one_in(4) {
        let has_words = fit::has_words("guest-exec", "capture-output", scope.release);
        let caught = match has_words && random.one_in(2) {
            true => *random.pick(CAUGHT),
            false => "true",
        };
        arguments.push(("capture-output", Argument::Json(caught.into())));
    }
    let arguments = arguments.into_iter().map(|(name, value)| (Word::Borrowed(name), value));
    Call {
        arguments: Some(arguments.collect()),
        ..Call::plain("guest-exec")
    }
}

/// How a program of a slot ended: it is asked about until it has.
pub(super) fn end(slot: Slot) -> Step {
    Step::Call(Call {
        polls: true,
        ..status(Argument::Slot(slot))
    })
}

fn status(pid: Argument) -> Call {
    Call::with("guest-exec-status", [("pid", pid)])
}
