//! Complete requests: right ones with edge values, and right ones but for a mistake.

use super::Sessions;
use crate::fuzz::form::Form;
use crate::fuzz::judge::fit;
use crate::fuzz::random::Random;
use crate::fuzz::session::{Argument, Call, Step, Word};
use qga_fixtures::schema::{ArgumentsNotObject, Command, CommandId, Effect, Release, Type};

/// A number that is no handle of any agent, and no process of this session.
pub(super) const NO_HANDLE: i64 = 1_795_333_904_000;

/// Numbers for a sync: those where types and notations end.
const NUMBERS: &[i64] = &[
    0,
    1,
    -1,
    7,
    255,
    65_536,
    2_147_483_647,
    2_147_483_648,
    4_294_967_295,
    4_294_967_296,
    9_007_199_254_740_993,
    i64::MAX,
    i64::MIN,
    -2_147_483_649,
];
/// Ids of every JSON type.
const IDS: &[&str] = &[
    "7",
    "-1",
    "\"seven\"",
    "true",
    "[7, \"x\"]",
    "{\"n\": 7}",
    "\"\"",
    "[]",
    "9223372036854775807",
    "\"\\u00e9\"",
    "\"7\"",
    "null",
    "\"\u{e9}\"",
    "9007199254740993",
    "1.5",
    "[[[[[[[[7]]]]]]]]",
    "{\"a\": {\"b\": [{\"c\": null}, \"\"]}}",
    "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
];
/// What a composed id has in it: words, numbers, and parts of strings.
const ATOMS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "7",
    "-1",
    "4294967296",
    "\"\"",
    "{}",
    "[]",
];
const LETTERS: &[&str] = &[
    "\\\\",
    "\\\"",
    "\\u0041",
    "\\n",
    "a",
    "Z",
    "0",
    " ",
    "  ",
    "\u{e9}",
    "\u{20ac}",
    "\u{1f600}",
    "\u{2028}",
    "\u{2029}",
    "/",
    "<",
    "%s",
];
/// The names of members of a composed id.
const MEMBERS: &[&str] = &["a", "b", "id", "null"];
/// The most entries of a list in a composed id.
const ENTRIES_MAX: usize = 40;
/// One value of each JSON type.
const VALUES: &[&str] = &["null", "true", "1", "1.5", "\"1\"", "[]", "{}"];
/// The most requests in a row.
const ROW_MAX: usize = 4;

/// Whether a command only reads, takes nothing, and can be called at any time; or gives
/// back what it is given.
pub(super) fn can_be_repeated(command: &Command) -> bool {
    matches!(command.id, CommandId::GuestSync | CommandId::GuestSyncDelimited) || is_reader(command)
}

/// Whether a command only reads, takes nothing, and can be called at any time.
pub fn is_reader(command: &Command) -> bool {
    command.effect == Effect::None
        && command.arguments.is_empty()
        && command.silent_since.is_none()
        && command.id != CommandId::GuestFsfreezeThaw
}

/// Whether a request for it may have a mistake that keeps every agent that is right
/// from doing anything.
pub(super) fn can_be_flawed(command: &Command, release: &Release) -> bool {
    let has_arguments = command.arguments_in(release).next().is_some();
    let is_harmful = command.effect > Effect::Exec || command.silent_since.is_some();
    has_arguments || (!is_harmful && fit::refuses_unexpected(command, release))
}

/// An id, in some of the cases.
pub(super) fn id(random: &mut Random) -> Option<Word> {
    if !random.one_in(3) {
        return None;
    }
    if !random.one_in(4) {
        return Some(Word::Borrowed(*random.pick(IDS)));
    }
    let mut composed = String::new();
    compose(random, 2, &mut composed);
    Some(Word::Owned(composed))
}

/// JSON of any kind, so many levels deep.
fn compose(random: &mut Random, levels: usize, out: &mut String) {
    match random.below(if levels == 0 { 4 } else { 6 }) {
        0 | 1 => out.push_str(random.pick::<&str>(ATOMS)),
        2 | 3 => {
            let letters: String = (0..random.below(8)).map(|_| *random.pick(LETTERS)).collect();
            out.push('"');
            out.push_str(&letters);
            out.push('"');
        }
        4 => {
            let count = if random.one_in(8) {
                random.below(ENTRIES_MAX)
            } else {
                random.below(4)
            };
            out.push('[');
            for at in 0..count {
                out.push_str(if at == 0 { "" } else { ", " });
                compose(random, levels - 1, out);
            }
            out.push(']');
        }
        _ => {
            out.push('{');
            for (at, name) in MEMBERS[..random.below(MEMBERS.len() + 1)].iter().enumerate() {
                out.push_str(if at == 0 { "\"" } else { ", \"" });
                out.push_str(name);
                out.push_str("\": ");
                compose(random, levels - 1, out);
            }
            out.push('}');
        }
    }
}

/// A few right requests in a row.
pub(super) fn right(sessions: &Sessions, random: &mut Random, steps: &mut Vec<Step>) {
    if random.one_in(40) {
        let command = *random.pick(&sessions.readers);
        return steps.extend((0..2).map(|_| Step::Call(read(command, random))));
    }
    let row = if random.one_in(2) { 1 } else { 1 + random.below(ROW_MAX) };
    steps.extend((0..row).map(|_| Step::Call(reader(sessions, random))));
}

/// A right request that only reads. Those that ask much of the machine come seldom.
pub(super) fn reader(sessions: &Sessions, random: &mut Random) -> Call {
    let is_cheap = |it: &&&Command| {
        matches!(
            it.id,
            CommandId::GuestSync | CommandId::GuestSyncDelimited | CommandId::GuestPing
        )
    };
    let command = match random.one_in(24) {
        true => *random.pick(&sessions.readers),
        false => {
            let cheap = sessions.readers.iter().filter(is_cheap);
            let at = random.below(cheap.clone().count());
            cheap
                .copied()
                .nth(at)
                .unwrap_or_else(|| *random.pick(&sessions.readers))
        }
    };
    read(command, random)
}

/// A right request of a command that only reads.
fn read(command: &'static Command, random: &mut Random) -> Call {
    let call = match command.arguments.is_empty() {
        true => Call {
            // None, or an object without members: the same.
            arguments: random.one_in(8).then(Vec::new),
            ..Call::plain(command.name)
        },
        false => Call::with(command.name, [("id", Argument::Int(number(random)))]),
    };
    Call { id: id(random), ..call }
}

/// A ping that is written otherwise, or is none.
pub(super) fn written(sessions: &Sessions, random: &mut Random) -> Call {
    let scope = &sessions.scope;
    // What need not be refused need not be answered either, and would hide what follows.
    let is_owed = |it: &&Form| {
        let is_deadly =
            **it == Form::ListOfArguments && scope.release.arguments_not_object == ArgumentsNotObject::Fatal;
        it.refused_by().is_some_and(|it| it.level() <= scope.level) && !is_deadly
    };
    let wrong: Vec<&Form> = Form::WRONG.iter().filter(is_owed).collect();
    let form = match random.one_in(2) || wrong.is_empty() {
        true => *random.pick(Form::SAME),
        false => **random.pick(&wrong),
    };
    Call {
        form,
        ..Call::plain("guest-ping")
    }
}

fn number(random: &mut Random) -> i64 {
    match random.one_in(2) {
        true => *random.pick(NUMBERS),
        false => i64::from(random.byte()) << random.below(50),
    }
}

/// A request that is right but for one mistake.
pub(super) fn flawed(sessions: &Sessions, random: &mut Random) -> Call {
    let command = *random.pick(&sessions.flawed);
    let release = sessions.scope.release;
    if random.one_in(8) && command.arguments_in(release).any(|it| !it.is_optional(release)) {
        return Call {
            id: id(random),
            ..Call::plain(command.name)
        };
    }
    let members = command.arguments_in(release);
    let given = members.filter(|it| !it.is_optional(release) || random.one_in(2));
    let arguments = given.map(|it| (Word::Borrowed(it.name), super::sample(command, it.name, it.kind)));
    let mut call = Call {
        arguments: Some(arguments.collect()),
        id: id(random),
        ..Call::plain(command.name)
    };
    spoil(&mut call, command, release, random);
    call
}

/// Puts a mistake into a call. A harmful one gets such alone as every agent refuses
/// that keeps to the schema.
pub(super) fn spoil(call: &mut Call, command: &Command, release: &'static Release, random: &mut Random) {
    let is_harmful = command.effect > Effect::Exec || command.silent_since.is_some();
    let members: Vec<_> = command.arguments_in(release).collect();
    let arguments = call.arguments.get_or_insert_default();
    if members.is_empty() || (!is_harmful && fit::refuses_unexpected(command, release) && random.one_in(6)) {
        arguments.push(("x".into(), Argument::Int(1)));
        return;
    }
    let member = *random.pick(&members);
    arguments.retain(|(name, _)| name != member.name);
    // Another spelling of its name is another name.
    if !member.is_optional(release) && random.one_in(8) {
        let value = super::sample(command, member.name, member.kind);
        arguments.push((member.name.to_ascii_uppercase().into(), value));
        return;
    }
    if !member.is_optional(release) && random.one_in(3) {
        return;
    }
    let is_sure = !member.is_optional(release) || !is_harmful;
    let wrong = wrong(member.kind, release, is_harmful, random);
    let wrong = if wrong == "null" && !is_sure {
        "{}".into()
    } else {
        wrong
    };
    arguments.push((member.name.into(), Argument::Json(wrong)));
}

/// JSON that does not belong where the type is wanted.
fn wrong(kind: Type, release: &Release, is_harmful: bool, random: &mut Random) -> Word {
    let is_word = matches!(kind, Type::Enum(_))
        || matches!(kind, Type::Alternate(it) if it.branches.iter().any(|it| matches!(it.kind, Type::Enum(_))));
    if is_word && random.one_in(2) {
        return Word::Borrowed(*random.pick(&["\"\"", "\"no-such-word\"", "\"x\"", "\"SET\""]));
    }
    if matches!(kind, Type::Int) && !is_harmful && fit::refuses_beyond(release) && random.one_in(4) {
        return Word::Borrowed(*random.pick(&["9223372036854775808", "-9223372036854775809"]));
    }
    let wrong: Vec<_> = VALUES.iter().filter(|it| !fit::takes(kind, fit::kind_of(it))).collect();
    Word::Borrowed(**random.pick(&wrong))
}
