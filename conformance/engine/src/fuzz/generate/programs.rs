//! Sessions that run a program of a fixed list, and ask how it ended.

use super::{files, requests};
use crate::fuzz::judge::fit;
use crate::fuzz::random::Random;
use crate::fuzz::scope::Scope;
use crate::fuzz::session::{Argument, Call, LASTS, Slot, Step, Word};
use qga_fixtures::schema::System;

/// The commands it needs.
pub(super) const ALL: [&str; 2] = ["guest-exec", "guest-exec-status"];

/// Programs that read their input, write their arguments, and do nothing else: the
/// path and the arguments.
const PROGRAMS: &[(&str, &str)] = &[
    ("\"/bin/true\"", "[]"),
    ("\"/bin/false\"", "[]"),
    ("\"/bin/echo\"", "[\"one\", \"two\"]"),
    ("\"/bin/cat\"", "[]"),
    ("\"/bin/echo\"", "[\"one  two\", \"$HOME\"]"),
    ("\"/bin/sh\"", "[\"-c\", \"exit 255\"]"),
    ("\"/bin/sh\"", "[\"-c\", \"kill -9 $$\"]"),
    ("\"/bin/sh\"", BOTH_STREAMS),
    ("\"/bin/sh\"", "[\"-c\", \"echo a; sleep 0.02\"]"),
    ("\"/bin/sh\"", ECHOES_VARIABLE),
    ("\"/bin/uname\"", "[\"-n\"]"),
    ("\"/no-such-program\"", "[]"),
];
/// The bytes of a long input: more than is usually read at a time.
const LONG: usize = 5000;
/// The bytes of a very long one: more than a pipe holds.
const VERY_LONG: usize = 70_000;
/// What may be caught of a program, where there is a choice.
const CAUGHT: &[&str] = &["\"separated\"", "\"merged\"", "\"none\""];
/// What makes some agents unfit for more, if it is caught.
const CAUGHT_ALONE: &[&str] = &["\"stdout\"", "\"stderr\""];

/// Writes the variable that it is given.
const ECHOES_VARIABLE: &str = "[\"-c\", \"echo ${QGA}\"]";
/// Writes to both streams.
const BOTH_STREAMS: &str = "[\"-c\", \"echo a; echo b >&2\"]";
/// A line that adds to a file, and writes what is in it a little later: by then anybody
/// who does it twice has done so.
const ADDS: &str = "echo a >>\"$0\"; sleep 0.02; cat \"$0\"";

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
    let open = [("path", Argument::File(0)), ("mode", Argument::Json("\"w\"".into()))];
    let run = [
        ("path", Argument::Json("\"/bin/sh\"".into())),
        ("arg", Argument::Shell(ADDS, 0)),
        ("capture-output", Argument::Json("true".into())),
    ];
    steps.push(Step::Call(Call::with("guest-file-open", open).binding(0)));
    steps.push(Step::Call(Call::with("guest-exec", run).binding(1)));
    steps.push(end(1));
    steps.push(files::close(0));
}

/// A program that writes to both of its streams, of which one is caught.
fn one_stream(random: &mut Random, steps: &mut Vec<Step>) {
    let caught = Argument::Json((*random.pick(CAUGHT_ALONE)).into());
    let run = [
        ("path", Argument::Json("\"/bin/sh\"".into())),
        ("arg", Argument::Json(BOTH_STREAMS.into())),
        ("input-data", Argument::Base64(Vec::new())),
        ("capture-output", caught),
    ];
    steps.push(Step::Call(Call::with("guest-exec", run).binding(0)));
    steps.push(end(0));
}

/// A program that takes its time, asked about at once and at its end.
fn lasting(steps: &mut Vec<Step>) {
    let run = [
        ("path", Argument::Json("\"/bin/sh\"".into())),
        ("arg", Argument::Json(LASTS.into())),
    ];
    steps.push(Step::Call(Call::with("guest-exec", run).binding(0)));
    steps.push(Step::Call(status(Argument::Slot(0))));
    steps.push(end(0));
}

fn asks_name(step: &Step) -> bool {
    let uname = Argument::Json("\"/bin/uname\"".into());
    matches!(step, Step::Call(call) if call.argument("path") == Some(&uname))
}

fn start(scope: &Scope, random: &mut Random) -> Call {
    let (path, words) = *random.pick(PROGRAMS);
    let mut arguments: Vec<(Word, Argument)> = vec![("path".into(), Argument::Json(path.into()))];
    if words != "[]" || random.one_in(2) {
        arguments.push(("arg".into(), Argument::Json(words.into())));
    }
    if words == ECHOES_VARIABLE {
        arguments.push(("env".into(), Argument::Json("[\"A=b\", \"QGA=one two=3\"]".into())));
    }
    if path == "\"/bin/cat\"" || random.one_in(4) {
        let length = match random.below(36) {
            0 => VERY_LONG,
            1..6 => LONG,
            _ => random.below(40),
        };
        let bytes = (0..length).map(|_| random.byte()).collect();
        arguments.push(("input-data".into(), Argument::Base64(bytes)));
    }
    if !random.one_in(4) {
        let has_words = fit::has_words("guest-exec", "capture-output", scope.release);
        let caught = match has_words && random.one_in(2) {
            true => *random.pick(CAUGHT),
            false => "true",
        };
        arguments.push(("capture-output".into(), Argument::Json(caught.into())));
    }
    Call {
        arguments: Some(arguments),
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
