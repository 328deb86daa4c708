//! The transcripts of two agents, held against each other: the one that is judged and
//! the one that it should be like.

use super::judge::{Expected, REFUSED, Violation, is_same};
use super::property::Property;
use super::session::{Argument, Call, Session, Slot, Step, is_refusal, variable};
use super::transcript::{End, Transcript};
use crate::frame::reply;
use crate::script::{Level, print_bytes};
use qga_fixtures::schema::{Command, CommandId, Effect};
use serde_json::Value;
use std::collections::BTreeMap;

/// Every filesystem that is in use has a place there, in bytes.
const LAST_PLACE: u64 = 1 << 42;

/// How alike two agents must be, and what is their own.
#[derive(Clone, Debug)]
pub struct Likeness {
    /// The level: must compares success and failure, should values and classes, exact bytes.
    pub level: Level,
    /// The folder of the session's files, on the one and on the other agent's machine.
    pub folders: [String; 2],
    /// Whether both are on one machine, so that what they tell of it can be compared.
    pub same_machine: bool,
}

/// The first difference, told as a fault of the first agent.
pub fn compare(session: &Session, one: &Transcript, other: &Transcript, likeness: &Likeness) -> Option<Violation> {
    let mut comparison = Comparison {
        likeness,
        given: Vec::new(),
        programs: BTreeMap::new(),
        is_lost: false,
    };
    for (at, step) in session.steps.iter().enumerate() {
        let difference = comparison.step(step, at, one, other);
        if let Some(difference) = difference.filter(|it| it.property.level() <= likeness.level) {
            return Some(Violation {
                property: difference.property,
                step: at,
                command: step.name().to_owned(),
                member: difference.member,
                expected: difference.expected,
                found: difference.found,
            });
        }
    }
    None
}

struct Comparison<'l> {
    likeness: &'l Likeness,
    /// What each agent gave for a slot: handles and process numbers are its own.
    given: Vec<(u16, String, String)>,
    /// What is known of programs, by slot.
    programs: BTreeMap<Slot, Program>,
    /// Whether a file of the one agent stands where one of the other does not.
    is_lost: bool,
}

/// Which answers about a program can be compared.
#[derive(Clone, Copy, Debug, Default)]
struct Program {
    /// It writes the name of its machine.
    names: bool,
    /// It was asked about until it had ended.
    ended: bool,
    /// It was asked about while it may have run: whether it did is a matter of chance, and
    /// so is what comes of all that is asked of it later.
    unsure: bool,
}

struct Difference {
    property: Property,
    member: String,
    expected: Expected,
    found: String,
}

impl Difference {
    /// The same in that line of several that came for bytes.
    fn in_line<'l>(self, number: usize, others: impl Iterator<Item = &'l [u8]>) -> Difference {
        let expected = match self.expected {
            Expected::Reply(pattern) => Expected::Line(number, pattern),
            Expected::Bytes(_) => Expected::Bytes(others.take(number + 1).collect::<Vec<_>>().concat()),
            other => other,
        };
        Difference { expected, ..self }
    }
}

impl Comparison<'_> {
    fn step(&mut self, step: &Step, at: usize, one: &Transcript, other: &Transcript) -> Option<Difference> {
        let ends = (one.end_of(at), other.end_of(at));
        if ends.0 == End::NotSent || ends.1 == End::NotSent {
            return None;
        }
        // Which answers a client that goes does not take any more is a matter of chance.
        if matches!(step, Step::Raw(raw) if raw.reopens) {
            return None;
        }
        self.is_lost |= matches!(step, Step::Call(call) if is_far(call) && parts(one, other, at));
        if self.is_lost || matches!(step, Step::Call(call) if self.is_chance(call)) {
            return None;
        }
        let (lines, others) = (one.lines_of(at), other.lines_of(at));
        if lines.len() != others.len() || ends.0 != ends.1 {
            let found = format!(
                "{} lines came ({:?}), from the other agent {} ({:?})",
                lines.len(),
                ends.0,
                others.len(),
                ends.1
            );
            let expected = match step {
                Step::Call(_) => Expected::Reply("obj".to_owned()),
                Step::Raw(_) => Expected::Bytes(other.lines_of(at).collect::<Vec<_>>().concat()),
            };
            return Some(Difference {
                property: Property::Outcome,
                member: "lines".to_owned(),
                expected,
                found,
            });
        }
        let difference = lines.zip(others).enumerate().find_map(|(number, (line, other))| {
            let difference = self.line(step, line, other)?;
            Some((number, difference))
        });
        difference.map(|(number, it)| match step {
            Step::Call(_) => it,
            Step::Raw(_) => it.in_line(number, other.lines_of(at)),
        })
    }

    /// Whether what comes of a call tells nothing of likeness.
    fn is_chance(&mut self, call: &Call) -> bool {
        if let ("guest-exec", Some(slot)) = (call.command.as_ref(), call.binds) {
            let names = call.argument("path") == Some(&Argument::Json("\"/bin/uname\"".into()));
            let program = Program {
                names,
                ..Program::default()
            };
            self.programs.insert(slot, program);
            return false;
        }
        let Some(Argument::Slot(slot)) = call.argument("pid") else {
            return false;
        };
        let Some(program) = self.programs.get_mut(slot) else {
            return false;
        };
        program.unsure |= !call.polls && !program.ended;
        program.ended |= call.polls;
        program.unsure || (program.names && !self.likeness.same_machine)
    }

    fn line(&mut self, step: &Step, line: &[u8], other: &[u8]) -> Option<Difference> {
        self.remember(step, line, other);
        if is_same(line, other) {
            return None;
        }
        let (Ok(one), Ok(reference)) = (reply::read(line), reply::read(other)) else {
            return self.bytes(line, other);
        };
        let both_return = one.value.get("return").is_some() && reference.value.get("return").is_some();
        if is_own(step, both_return, self.likeness.same_machine) {
            return None;
        }
        self.outcome(&one.value, &reference.value)
            .or_else(|| self.value(&one.value, &reference.value, reference.sentinel))
            .or_else(|| self.bytes(line, other))
    }

    /// What each agent gave for a slot.
    fn remember(&mut self, step: &Step, line: &[u8], other: &[u8]) {
        let Step::Call(call) = step else { return };
        if let Some(slot) = call.binds
            && let (Some(one), Some(other)) = (super::session::given(line), super::session::given(other))
        {
            self.given.push((slot, one.into_owned(), other.into_owned()));
        }
    }

    fn outcome(&self, one: &Value, other: &Value) -> Option<Difference> {
        let expected = match (one.get("return"), other.get("return")) {
            (None, Some(_)) => "{\"return\": _, ...}",
            (Some(_), None) => REFUSED,
            _ => return None,
        };
        Some(Difference {
            property: Property::Outcome,
            member: String::new(),
            expected: Expected::Reply(expected.to_owned()),
            found: format!(
                "{}; the other agent: {}",
                crate::pattern::shorten(one),
                crate::pattern::shorten(other)
            ),
        })
    }

    fn value(&self, one: &Value, other: &Value, sentinel: bool) -> Option<Difference> {
        let pointer = match other.get("return") {
            Some(_) => differs(one, other, String::new())?,
            None if one["error"]["class"] != other["error"]["class"] => "/error/class".to_owned(),
            None => return None,
        };
        let pattern = match other.get("return") {
            Some(value) => format!("{{\"return\": {}, ...}}", self.named(&value.to_string())),
            None => format!("{{\"error\": {{\"class\": {}, ...}}, ...}}", other["error"]["class"]),
        };
        Some(Difference {
            property: Property::Value,
            found: self.found(one, other, &pointer),
            member: pointer,
            expected: if sentinel {
                Expected::SyncReply(pattern)
            } else {
                Expected::Reply(pattern)
            },
        })
    }

    /// The bytes, but for what is each agent's own.
    fn bytes(&self, line: &[u8], other: &[u8]) -> Option<Difference> {
        let (one, reference) = (String::from_utf8_lossy(line), String::from_utf8_lossy(other));
        let like = self.like(&one);
        if like == reference && std::str::from_utf8(line).is_ok() == std::str::from_utf8(other).is_ok() {
            return None;
        }
        let values = (reply::read(like.as_bytes()), reply::read(other));
        let (member, expected) = match values {
            (Ok(one), Ok(other)) if one.value != other.value && !other.sentinel => {
                let pointer = differs(&one.value, &other.value, String::new()).unwrap_or_default();
                (pointer, Expected::Reply(self.named(&other.value.to_string())))
            }
            _ => ("bytes".to_owned(), Expected::Bytes(other.to_vec())),
        };
        let found = format!("{}; the other agent: {}", print_bytes(line), print_bytes(other));
        Some(Difference {
            property: Property::Bytes,
            member,
            expected,
            found,
        })
    }

    /// A line of the first agent as the second would have it.
    fn like(&self, line: &str) -> String {
        let [folder, other] = &self.likeness.folders;
        let mut like = line.replace(folder.as_str(), other);
        for (_, one, other) in &self.given {
            like = like.replace(&format!("'{one}'"), &format!("'{other}'"));
        }
        like
    }

    /// A text of the second agent with variables in place of what is its own.
    fn named(&self, text: &str) -> String {
        let text = text.replace('$', "\\u0024");
        let mut named = text.replace(self.likeness.folders[1].as_str(), "$tmp");
        for (slot, _, other) in &self.given {
            named = named.replace(&format!("'{other}'"), &format!("'${}'", variable(*slot)));
        }
        named
    }

    fn found(&self, one: &Value, other: &Value, pointer: &str) -> String {
        let shown = |it: &Value| {
            it.pointer(pointer)
                .map_or("nothing".to_owned(), crate::pattern::shorten)
        };
        format!("{pointer} is {}; the other agent: {}", shown(one), shown(other))
    }
}

/// Whether a difference is each agent's own affair: what it tells of its machine and
/// itself, and the numbers that it gives.
fn is_own(step: &Step, both_return: bool, same_machine: bool) -> bool {
    let Step::Call(call) = step else { return false };
    if call.binds.is_some() && both_return {
        return true;
    }
    let Some(command) = Command::find(&call.command) else {
        return false;
    };
    let is_told = command.effect == Effect::None && command.arguments.is_empty();
    match command.id {
        CommandId::GuestPing | CommandId::GuestSync | CommandId::GuestSyncDelimited => false,
        CommandId::GuestFsfreezeStatus => false,
        // Time and counters go on between the one question and the other.
        _ if is_told && same_machine => both_return,
        CommandId::GuestInfo => both_return,
        _ => is_told,
    }
}

/// Whether a call goes to where the filesystem decides whether there is such a place.
fn is_far(call: &Call) -> bool {
    call.command == "guest-file-seek"
        && matches!(call.argument("offset"), Some(Argument::Int(offset)) if offset.unsigned_abs() > LAST_PLACE)
}

/// Whether the one agent did a step and the other refused.
fn parts(one: &Transcript, other: &Transcript, at: usize) -> bool {
    let refused = |it: &Transcript| it.lines_of(at).next().is_some_and(is_refusal);
    refused(one) != refused(other)
}

/// The pointer of the first difference.
fn differs(one: &Value, other: &Value, pointer: String) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let names = one.keys().chain(other.keys());
            let mut names = names.map(|name| (name, one.get(name), other.get(name)));
            names.find_map(|(name, one, other)| match (one, other) {
                (Some(one), Some(other)) => differs(one, other, format!("{pointer}/{name}")),
                _ => Some(format!("{pointer}/{name}")),
            })
        }
        _ => (one != other).then_some(pointer),
    }
}
