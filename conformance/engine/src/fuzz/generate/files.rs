//! Sessions with open files, in legal and illegal orders: what is written is read
//! back, under any seeks, through several handles.

use super::requests;
use crate::fuzz::judge::fit;
use crate::fuzz::random::Random;
use crate::fuzz::scope::Scope;
use crate::fuzz::session::{Argument, Call, MISSING_FILE, Slot, Step};
use qga_fixtures::schema::{Command, Release};

/// The commands it needs.
pub(super) const ALL: [&str; 6] = [
    "guest-file-open",
    "guest-file-close",
    "guest-file-read",
    "guest-file-write",
    "guest-file-seek",
    "guest-file-flush",
];

/// The most handles of one session.
const HANDLES_MAX: usize = 3;
/// The most handles of one that has many.
const MANY: usize = 32;
/// The most calls between the first open and the closing at the end.
const CALLS_MAX: usize = 12;
/// The most bytes of one write, but for a few.
const BYTES_MAX: usize = 24;
/// The bytes of a long write: more than the buffers of the usual libraries.
const LONG: usize = 9000;

/// A place that takes more than 16 bits. What is written there makes a long file, so it
/// comes seldom.
const BEYOND: i64 = 70_000;
/// Places beyond 32 bits, at which some more bits end. Whether there is a last place, the
/// filesystem decides; what is written beyond it cannot be, and agents may even die of that.
const FAR: &[i64] = &[5 << 30, 1 << 32, 1 << 33, 5 << 33, (1 << 41) + 7, i64::MAX];
/// The least bytes of a file that is long from the start, and how many more it may have.
const LONG_FILE: usize = 70_000;
const LONGER_FILE: usize = 60_000;

/// Ways to open a file, those that make it known from the start first.
const MODES: &[&str] = &[
    "\"w+\"", "\"w\"", "\"w+b\"", "\"wb\"", "\"a\"", "\"a+\"", "\"r+\"", "\"r\"", "\"rb\"", "\"ab\"", "\"rb+\"",
    "\"a+b\"",
];
/// Modes that are none.
const NO_MODES: &[&str] = &["\"rz\"", "\"wx\"", "\"\"", "\"rw\"", "\"+r\""];
/// Modes with which nothing is known of the file but what is written.
const FRESH: usize = 4;
/// Numbers of bytes to read: negative, none, few, more than there are, too many.
const COUNTS: &[i64] = &[
    0,
    1,
    2,
    7,
    64,
    4095,
    4096,
    4097,
    65_536,
    1 << 20,
    -1,
    i64::MIN,
    i64::MAX,
];
/// The most bytes that one read may ask for, where there is a limit.
const READ_COUNT_MAX: u64 = 48 << 20;
/// Places to seek to.
const OFFSETS: &[i64] = &[0, 0, 0, 1, 2, 5, -1, -3, 20, 100, 4096, i64::MIN];

/// What a session has opened so far.
struct Desk<'s> {
    scope: &'s Scope,
    opened: Slot,
    /// The first file that it has made: of another nobody knows whether it is there.
    made: Option<u16>,
    closed: Vec<Slot>,
}

/// A session with open files. In the end it closes what it opened.
pub(super) fn session(scope: &Scope, random: &mut Random, steps: &mut Vec<Step>) {
    if random.one_in(60) {
        return many(random, steps);
    }
    if random.one_in(6) {
        return rounds(random, steps);
    }
    if random.one_in(1000) {
        return long(random, steps);
    }
    let mut desk = Desk {
        scope,
        opened: 0,
        made: None,
        closed: Vec::new(),
    };
    desk.open(random, steps);
    let calls = 2 + random.below(CALLS_MAX);
    for _ in 0..calls {
        desk.call(random, steps);
    }
    for slot in (0..desk.opened).filter(|it| !desk.closed.contains(it)) {
        steps.push(close(slot));
    }
    // A number that was a handle must be refused from now on.
    if random.one_in(3) {
        let slot = desk.any(random);
        steps.push(Step::Call(one(scope.release, random, slot)));
    }
}

/// One file opened many times, and closed as often.
fn many(random: &mut Random, steps: &mut Vec<Step>) {
    let count = Slot::try_from(MANY / 2 + random.below(MANY / 2 + 1)).unwrap_or_default();
    for slot in 0..count {
        steps.push(Step::Call(Call::open(0, "\"w\"").binding(slot)));
    }
    steps.extend((0..count).map(close));
}

/// One file opened again and again, in ways that empty it, keep it or add to it.
fn rounds(random: &mut Random, steps: &mut Vec<Step>) {
    let rounds = 2 + Slot::try_from(random.below(2)).unwrap_or_default();
    for slot in 0..=rounds {
        let mode = match slot {
            0 => "\"w\"",
            it if it == rounds => "\"r\"",
            _ => *random.pick(&["\"w\"", "\"a\"", "\"r+\"", "\"a\"", "\"w+\"", "\"rb+\""]),
        };
        steps.push(Step::Call(Call::open(0, mode).binding(slot)));
        if mode == "\"r\"" {
            steps.push(Step::Call(Call::with("guest-file-read", [handle(slot)])));
        } else if slot == 0 || !random.one_in(3) {
            steps.push(Step::Call(write(random, slot)));
        }
        if mode == "\"a\"" && random.one_in(2) {
            steps.push(Step::Call(to(slot, 0)));
            steps.push(Step::Call(write(random, slot)));
        }
        steps.push(close(slot));
    }
}

/// A file that is more than is usually read at a time, written and read whole.
fn long(random: &mut Random, steps: &mut Vec<Step>) {
    let length = LONG_FILE + random.below(LONGER_FILE);
    let data = ("buf-b64", Argument::Base64(random.bytes(length)));
    let count = [random.below(2 * length), 1 << 20][random.below(2)];
    let count = ("count", Argument::Int(i64::try_from(count).unwrap_or_default()));
    steps.push(Step::Call(Call::open(0, "\"w+\"").binding(0)));
    steps.push(Step::Call(Call::with("guest-file-write", [handle(0), data])));
    steps.push(Step::Call(to(0, 0)));
    steps.push(Step::Call(Call::with("guest-file-read", [handle(0), count])));
    steps.push(Step::Call(Call::with("guest-file-read", [handle(0)])));
    steps.push(close(0));
}

/// Far away, and back: nothing is written there.
fn far(random: &mut Random, slot: Slot, steps: &mut Vec<Step>) {
    steps.push(Step::Call(to(slot, *random.pick(FAR))));
    if random.one_in(2) {
        steps.push(Step::Call(Call::with("guest-file-read", [handle(slot)])));
    }
    steps.push(Step::Call(to(slot, 0)));
}

/// Goes to a place that is counted from the beginning.
fn to(slot: Slot, offset: i64) -> Call {
    Call::with(
        "guest-file-seek",
        [
            handle(slot),
            ("offset", Argument::Int(offset)),
            ("whence", Argument::Int(0)),
        ],
    )
}

impl Desk<'_> {
    fn any(&self, random: &mut Random) -> Slot {
        Slot::try_from(random.below(usize::from(self.opened))).unwrap_or_default()
    }

    fn open(&mut self, random: &mut Random, steps: &mut Vec<Step>) {
        let (file, mode) = match (random.below(20), self.made) {
            (0, _) => (MISSING_FILE, "\"r\""),
            (1, Some(file)) => (file, *random.pick(MODES)),
            (2, Some(file)) if random.one_in(3) => (file, *random.pick(NO_MODES)),
            _ => {
                self.made.get_or_insert(self.opened);
                (self.opened, MODES[random.below(FRESH)])
            }
        };
        let call = match mode {
            "\"r\"" if random.one_in(2) => Call::with("guest-file-open", [("path", Argument::File(file))]),
            mode => Call::open(file, mode),
        };
        steps.push(Step::Call(call.binding(self.opened)));
        self.opened += 1;
    }

    fn call(&mut self, random: &mut Random, steps: &mut Vec<Step>) {
        let slot = self.any(random);
        match random.below(30) {
            0..=2 if usize::from(self.opened) < HANDLES_MAX => self.open(random, steps),
            3 => {
                self.closed.push(slot);
                steps.push(close(slot));
            }
            4 => steps.push(Step::Call(self.spoilt(random, slot))),
            5 if random.one_in(2) => far(random, slot, steps),
            5 => steps.push(Step::Call(one_of_no_handle(self.scope.release, random))),
            // What most often shows something: go somewhere and look.
            6..=12 => {
                steps.push(Step::Call(seek(self.scope.release, random, slot, true)));
                steps.push(Step::Call(read(self.scope.release, random, slot)));
            }
            13..=17 => {
                steps.push(Step::Call(seek(self.scope.release, random, slot, false)));
                steps.push(Step::Call(write(random, slot)));
            }
            _ => steps.push(Step::Call(one(self.scope.release, random, slot))),
        }
    }

    /// A call on an open file with a mistake in it: nothing may change.
    fn spoilt(&self, random: &mut Random, slot: Slot) -> Call {
        let mut call = one(self.scope.release, random, slot);
        if let Some(command) = Command::find(&call.command) {
            requests::spoil(&mut call, command, self.scope.release, random);
        }
        call
    }
}

/// Closes what a slot holds.
pub(super) fn close(slot: Slot) -> Step {
    Step::Call(Call::with("guest-file-close", [handle(slot)]))
}

fn handle(slot: Slot) -> (&'static str, Argument) {
    ("handle", Argument::Slot(slot))
}

/// A call of any kind but open and close.
fn one(release: &'static Release, random: &mut Random, slot: Slot) -> Call {
    match random.below(8) {
        0..3 => write(random, slot),
        3..5 => read(release, random, slot),
        5 => Call::with("guest-file-flush", [handle(slot)]),
        _ => seek(release, random, slot, false),
    }
}

/// The same with a number that nobody was given.
fn one_of_no_handle(release: &'static Release, random: &mut Random) -> Call {
    let mut call = match random.one_in(4) {
        true => Call::with("guest-file-close", [handle(0)]),
        false => one(release, random, 0),
    };
    let numbers = [requests::NO_HANDLE, 0, -1, i64::MAX, i64::MIN];
    for (_, value) in call.arguments.iter_mut().flatten().filter(|(name, _)| name == "handle") {
        *value = Argument::Int(*random.pick(&numbers));
    }
    call
}

fn write(random: &mut Random, slot: Slot) -> Call {
    let length = match random.one_in(60) {
        true => LONG + random.below(BYTES_MAX),
        false => random.below(BYTES_MAX),
    };
    let data = ("buf-b64", Argument::Base64(random.bytes(length)));
    let length = i64::try_from(length).unwrap_or_default();
    match random.below(12) {
        0 => Call::with(
            "guest-file-write",
            [handle(slot), data, ("count", Argument::Int(length / 2))],
        ),
        1 => Call::with(
            "guest-file-write",
            [
                handle(slot),
                data,
                ("count", Argument::Int(*random.pick(&[length, length + 1, -1, 0]))),
            ],
        ),
        2 => Call::with(
            "guest-file-write",
            [
                handle(slot),
                (
                    "buf-b64",
                    Argument::Json((*random.pick(&["\"!\"", "\"YQ\"", "\"====\"", "\"\""])).into()),
                ),
            ],
        ),
        _ => Call::with("guest-file-write", [handle(slot), data]),
    }
}

fn read(release: &Release, random: &mut Random, slot: Slot) -> Call {
    let count = match random.below(8) {
        0..3 => return Call::with("guest-file-read", [handle(slot)]),
        3..6 => i64::try_from(random.below(2 * BYTES_MAX)).unwrap_or_default(),
        // Releases with a greater limit die of what the machine has not got in memory.
        _ => match *random.pick(COUNTS) {
            i64::MAX if release.read_count_max > READ_COUNT_MAX => 0,
            count => count,
        },
    };
    Call::with("guest-file-read", [handle(slot), ("count", Argument::Int(count))])
}

fn seek(release: &'static Release, random: &mut Random, slot: Slot, plainly: bool) -> Call {
    let offset = match plainly {
        true => i64::try_from(random.below(BYTES_MAX)).unwrap_or_default() * i64::from(!random.one_in(3)),
        false if random.one_in(60) => BEYOND,
        false => *random.pick(OFFSETS),
    };
    let whence = random.below(if plainly { 1 } else { 3 });
    let words = ["\"set\"", "\"cur\"", "\"end\""];
    let whence = match random.one_in(2) && fit::has_words("guest-file-seek", "whence", release) {
        true => Argument::Json(words[whence].into()),
        false if !plainly && random.one_in(20) => Argument::Int(3),
        false => Argument::Int(i64::try_from(whence).unwrap_or_default()),
    };
    Call::with(
        "guest-file-seek",
        [handle(slot), ("offset", Argument::Int(offset)), ("whence", whence)],
    )
}
