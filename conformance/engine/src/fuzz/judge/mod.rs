//! A transcript held against what every agent owes.
//!
//! ```text
//! call ─▶ expect: must it succeed, be refused, or either? ─▶ reply ─▶ form, id, schema
//!          ▲ table, guest-info, fit, freeze, files, programs   └────▶ files, programs, freeze: what it tells
//! ```
//!
//! The judge follows the requests in the order in which they were sent, which is the
//! order in which an agent answers them. Where a right agent might do one thing or
//! another, it expects nothing.

mod files;
pub mod fit;
mod freeze;
mod machine;
mod narrow;
mod programs;
mod reading;
mod sound;

use super::form::Form;
use super::property::Property;
use super::session::{Call, Raw, Session, Step};
use super::transcript::{End, Transcript};
use crate::derive::shape::Shape;
use crate::pattern::{self, Pattern, Variables};
use crate::script::Level;
use files::Files;
use fit::Fit;
use freeze::Freeze;
use machine::Machine;
use programs::Programs;
use qga_fixtures::schema::{
    ArgumentsNotObject, COMMANDS, Command, CommandId, ControlMember, DuplicateKeys, LimitReached, Presence, Release,
    RequestId, System,
};
use reading::Reading;
use serde_json::Value;
use sound::Sound;
use std::collections::BTreeSet;

/// The pattern of any refusal.
pub const REFUSED: &str = r#"{"error": {"class": str, ...}, ...}"#;
/// Lines that may come before the answer to a sync for each byte before it, and
/// beyond them.
const LINES_PER_BYTE: usize = 1;
const LINES_BEYOND: usize = 4;
/// So many bytes may nest deeper than the reference agent goes.
const DEEP_BYTES: usize = 1024;

/// What is known of the agent, and what it owes.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The level at which it is judged.
    pub level: Level,
    /// The release it claims to be.
    pub release: &'static Release,
    /// The system it runs on.
    pub system: System,
    /// The commands it offers and has enabled; `None` if it does not say.
    pub offered: Option<BTreeSet<String>>,
    /// Whether its state was known when the session began: nothing open, nothing frozen.
    pub is_fresh: bool,
    /// What each command returns, by its place in the table.
    results: Vec<Result<Pattern, String>>,
    /// What cannot be told of any machine.
    sound: Sound,
}

/// What an agent did that it must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What it owes.
    pub property: Property,
    /// The step at which it showed; as many as there are if it showed after the last.
    pub step: usize,
    /// The command of that step, or `bytes`.
    pub command: String,
    /// The member of the reply that differs from another agent's; empty elsewhere.
    pub member: String,
    /// What was expected.
    pub expected: Expected,
    /// What was found, in words.
    pub found: String,
}

/// What was expected at a step, as a script can say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A reply of this pattern.
    Reply(String),
    /// A reply of this pattern after 0xFF.
    SyncReply(String),
    /// These very bytes.
    Bytes(Vec<u8>),
    /// A line of this pattern in the place of that line, of several.
    Line(usize, String),
    /// The command in guest-info's list of those that are enabled, if it is done.
    Listed(String),
    /// A line without 0xFF before it in the place of that line, of several.
    Unmarked(usize),
    /// The reply to a sync after the last step.
    Closing,
    /// All replies, however many requests come at once.
    Together,
    /// The reply to a sync after the bytes, 0xFF, and another client.
    Recovery,
    /// Nothing but what a script checks anyway.
    Nothing,
}

/// What must become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// It returns; that it must is this property.
    Return(Property),
    /// It is refused; that it must be is this property.
    Refusal(Property),
    /// Either.
    Either,
}

/// What a part of the judge has against a reply.
#[derive(Debug)]
struct Fault {
    property: Property,
    expected: Expected,
    found: String,
}

impl Rules {
    /// The rules for an agent.
    pub fn new(level: Level, release: &'static Release, system: System) -> Rules {
        let shape = Shape {
            release,
            system,
            is_open: true,
        };
        let result = |command: &Command| {
            let text = format!("{{\"return\": {}, ...}}", shape.result(command.returns_in(release)));
            pattern::parse(&text).map_err(|_| text)
        };
        Rules {
            level,
            release,
            system,
            offered: None,
            is_fresh: true,
            results: COMMANDS.iter().map(result).collect(),
            sound: Sound::new(),
        }
    }

    /// The same with what the agent says of itself.
    pub fn with(self, offered: Option<BTreeSet<String>>, is_fresh: bool) -> Rules {
        Rules {
            offered,
            is_fresh,
            ..self
        }
    }

    fn owes(&self, property: Property) -> bool {
        property.level() <= self.level
    }

    fn is_offered(&self, command: &Command) -> bool {
        let presence = command.presence(self.release, self.system);
        match &self.offered {
            Some(offered) => offered.contains(command.name),
            None => presence == Presence::Works,
        }
    }
}

/// The first thing in a transcript that the agent must not do.
pub fn judge(session: &Session, transcript: &Transcript, rules: &Rules) -> Option<Violation> {
    let mut judge = Judge {
        rules,
        files: Files::new(session.slots(), rules.release),
        programs: Programs::default(),
        freeze: Freeze::new(rules.is_fresh, rules.release),
        machine: Machine::default(),
    };
    if let Some(violation) = judge.miscounted(session, transcript) {
        return Some(violation);
    }
    for (at, step) in session.steps.iter().enumerate() {
        if step.is_deadly(rules.release) && transcript.end_of(at) == End::Closed {
            return None;
        }
        let (command, fault) = match step {
            Step::Call(call) => (call.command.as_ref(), judge.call(call, transcript, at)),
            Step::Raw(raw) => ("bytes", judge.raw(raw, transcript, at)),
        };
        if let Some(fault) = fault.filter(|it| rules.owes(it.property)) {
            return Some(fault.at(at, command));
        }
    }
    let last = session.steps.len();
    ending(transcript).map(|it| it.at(last, session.steps.last().map_or("", Step::name)))
}

/// What came after the last reply that was due.
fn unasked(transcript: &Transcript) -> Option<Fault> {
    let line = transcript.extra.first()?;
    if transcript.end != End::Complete {
        return Some(Fault {
            property: Property::Sync,
            expected: Expected::Closing,
            found: format!("a sync was answered by {}", reading::shown(line)),
        });
    }
    Some(Fault {
        property: Property::Unasked,
        expected: Expected::Nothing,
        found: format!("a line that nobody asked for came: {}", reading::shown(line)),
    })
}

/// Whether the agent still answers after the last reply that was due.
fn ending(transcript: &Transcript) -> Option<Fault> {
    let fault = |property, found: String| {
        Some(Fault {
            property,
            expected: Expected::Nothing,
            found,
        })
    };
    match transcript.end {
        End::Closed => fault(
            Property::Alive,
            "the agent closed the channel after the last reply".to_owned(),
        ),
        End::Nothing => fault(
            Property::Answers,
            "after the last reply the agent answered nothing more".to_owned(),
        ),
        End::Endless => fault(Property::Unasked, "the agent talks without end".to_owned()),
        End::Complete | End::NotSent => None,
    }
}

impl Step {
    /// The command of a call, or `bytes`.
    pub fn name(&self) -> &str {
        match self {
            Step::Call(call) => &call.command,
            Step::Raw(_) => "bytes",
        }
    }

    /// Whether old releases may die of it, and nothing after it is owed.
    fn is_deadly(&self, release: &Release) -> bool {
        matches!(self, Step::Raw(raw) if raw.is_deadly(release))
    }
}

impl Fault {
    fn at(self, step: usize, command: &str) -> Violation {
        Violation {
            property: self.property,
            step,
            command: command.to_owned(),
            member: String::new(),
            expected: self.expected,
            found: self.found,
        }
    }

    fn reply(property: Property, pattern: impl Into<String>, found: impl Into<String>) -> Fault {
        Fault {
            property,
            expected: Expected::Reply(pattern.into()),
            found: found.into(),
        }
    }
}

struct Judge<'r> {
    rules: &'r Rules,
    files: Files,
    programs: Programs,
    freeze: Freeze,
    machine: Machine,
}

impl Judge<'_> {
    /// Replies that are lost, and such that nobody asked for: what comes after them is
    /// taken for something else than it is, so they are looked for first.
    fn miscounted(&self, session: &Session, transcript: &Transcript) -> Option<Violation> {
        let lost = session.steps.iter().enumerate().find_map(|(at, step)| match step {
            Step::Call(call) if transcript.end_of(at) == End::Nothing => {
                Some(self.unanswered(call, End::Nothing)?.at(at, &call.command))
            }
            _ => None,
        });
        let last = session.steps.len();
        let extra = || unasked(transcript).map(|it| it.at(last, session.steps.last().map_or("", Step::name)));
        lost.or_else(extra)
    }

    fn call(&mut self, call: &Call, transcript: &Transcript, at: usize) -> Option<Fault> {
        let mut lines = transcript.lines_of(at);
        let Some(line) = lines.next() else {
            return self.unanswered(call, transcript.end_of(at));
        };
        let reading = match Reading::of(line) {
            Ok(reading) => reading,
            Err(why) => {
                let wanted = reading::wanted(line).to_owned();
                let is_marked = call.command == "guest-sync-delimited" && line.starts_with(b"\xFF");
                return Some(Fault {
                    property: Property::ReplyForm,
                    expected: if is_marked {
                        Expected::SyncReply(wanted)
                    } else {
                        Expected::Reply(wanted)
                    },
                    found: format!("{why}: {}", reading::shown(line)),
                });
            }
        };
        let command = Command::find(&call.command)
            .filter(|it| it.presence(self.rules.release, self.rules.system) != Presence::Absent);
        let due = self.due(call, command);
        let fault = self
            .form(call, &reading)
            .or_else(|| self.outcome(due, command, &reading))
            .or_else(|| self.class(call, command, &reading))
            .or_else(|| self.result(command, &reading));
        fault.or_else(|| self.told(call, command, &reading))
    }

    /// No line came for a call that was sent.
    fn unanswered(&self, call: &Call, end: End) -> Option<Fault> {
        let is_sure = call.form.refused_by().is_none_or(|it| self.rules.owes(it));
        let due = is_sure && Command::find(&call.command).is_none_or(|it| it.answers_success(self.rules.release));
        match end {
            End::NotSent => None,
            End::Closed => Some(Fault::reply(Property::Alive, "obj", "the agent closed the channel")),
            End::Nothing if due => Some(Fault {
                property: Property::Answers,
                expected: Expected::Together,
                found: "no reply came".to_owned(),
            }),
            End::Endless => Some(Fault::reply(Property::Answers, "obj", "a line without an end came")),
            End::Nothing | End::Complete => None,
        }
    }

    /// What the reply looks like, whatever was asked.
    fn form(&self, call: &Call, reading: &Reading) -> Option<Fault> {
        let delimits = call.command == "guest-sync-delimited" && reading.result().is_some();
        if reading.sentinel != delimits {
            let found = if delimits {
                "no 0xFF stands before the reply"
            } else {
                "0xFF stands before the reply"
            };
            let expected = if delimits {
                Expected::SyncReply("obj".to_owned())
            } else {
                Expected::Reply("obj".to_owned())
            };
            return Some(Fault {
                property: Property::Sync,
                expected,
                found: found.to_owned(),
            });
        }
        let echoes = self.rules.release.request_id == RequestId::Echoed;
        let echoes = echoes && self.rules.owes(Property::Id);
        if call.id.is_none() && echoes && reading.value.get("id").is_some() {
            return Some(Fault {
                property: Property::Id,
                expected: reading.expected("not({\"id\": _, ...})".to_owned()),
                found: format!("the id is {}, and none was sent", reading.value["id"]),
            });
        }
        let id = call.id.as_ref().filter(|_| echoes)?;
        let id: Value = serde_json::from_str(id).unwrap_or_default();
        if reading.value.get("id") == Some(&id) {
            return None;
        }
        let expected = format!("{{\"id\": {id}, ...}}");
        let found = reading
            .value
            .get("id")
            .map_or("the reply has no id".to_owned(), |it| format!("the id is {it}"));
        Some(Fault {
            property: Property::Id,
            expected: reading.expected(expected),
            found,
        })
    }

    /// Whether a call must succeed, must be refused, or may do either.
    fn due(&self, call: &Call, command: Option<&'static Command>) -> Due {
        let rules = self.rules;
        if let Some(property) = call.form.refused_by() {
            let is_refused = rules.owes(property) && call.form.is_refused(rules.release);
            return if is_refused {
                Due::Refusal(property)
            } else {
                Due::Either
            };
        }
        if call.id.is_some() && rules.release.request_id == RequestId::Refused {
            return Due::Either;
        }
        let Some(command) = command.filter(|it| rules.is_offered(it)) else {
            return Due::Refusal(Property::Offered);
        };
        if command.presence(rules.release, rules.system) != Presence::Works {
            return Due::Either;
        }
        match self.freeze.is_frozen() {
            Some(true) if !command.works_frozen(rules.release) => return Due::Refusal(Property::Frozen),
            None if !command.works_frozen(rules.release) => return Due::Either,
            _ => {}
        }
        match fit::fit(call, command, rules.release) {
            Fit::Wrong(property) if rules.owes(property) => Due::Refusal(property),
            Fit::Wrong(_) | Fit::Unsure => Due::Either,
            _ if machine::is_absent(call) => Due::Refusal(Property::Works),
            Fit::Right => self.due_rightly(call, command),
        }
    }

    fn due_rightly(&self, call: &Call, command: &Command) -> Due {
        match command.id {
            CommandId::GuestExec | CommandId::GuestExecStatus => self.programs.due(call),
            CommandId::GuestFsfreezeThaw if self.freeze.is_frozen() == Some(true) => Due::Return(Property::Balance),
            CommandId::GuestFsfreezeFreeze | CommandId::GuestFsfreezeThaw => Due::Either,
            _ if command.name.starts_with("guest-file-") => self.files.due(call),
            _ if crate::derive::is_plain(command) => Due::Return(Property::Works),
            _ => Due::Either,
        }
    }

    fn outcome(&self, due: Due, command: Option<&Command>, reading: &Reading) -> Option<Fault> {
        match (due, reading.result()) {
            (Due::Refusal(property), Some(_)) => Some(Fault {
                property,
                expected: match command.filter(|_| property == Property::Offered) {
                    Some(command) => Expected::Listed(command.name.to_owned()),
                    None => Expected::Reply(REFUSED.to_owned()),
                },
                found: format!("it was done: {}", reading.shown()),
            }),
            // Refused for another reason than the one there is.
            (Due::Refusal(Property::Refuses | Property::Unexpected), None) if reading.is_not_found() => {
                Some(Fault::reply(
                    Property::Offered,
                    "{\"error\": {\"class\": not(\"CommandNotFound\"), ...}, ...}",
                    format!("it is listed as enabled: {}", reading.shown()),
                ))
            }
            (Due::Return(property), None) => {
                let property = if reading.is_not_found() {
                    Property::Offered
                } else {
                    property
                };
                Some(Fault::reply(
                    property,
                    "{\"return\": _, ...}",
                    format!("it was refused: {}", reading.shown()),
                ))
            }
            _ => None,
        }
    }

    /// The class and the text of an error.
    fn class(&self, call: &Call, command: Option<&Command>, reading: &Reading) -> Option<Fault> {
        let error = reading
            .value
            .get("error")
            .filter(|_| self.rules.owes(Property::Class))?;
        // The first releases had data in its place.
        if error.get("data").is_none() && error["desc"].as_str().is_none_or(str::is_empty) {
            let expected = "{\"error\": {\"desc\": re(\".\"), ...}, ...}";
            return Some(Fault::reply(
                Property::Class,
                expected,
                format!("the error has no text: {error}"),
            ));
        }
        // A command that was never there: what else may be wrong with the request, it is not found.
        let is_unknown = command.is_none() && call.id.is_none() && call.form == Form::Plain;
        (is_unknown && error["class"] != "CommandNotFound").then(|| {
            let expected = "{\"error\": {\"class\": \"CommandNotFound\", ...}, ...}";
            Fault::reply(Property::Class, expected, format!("the class is {}", error["class"]))
        })
    }

    /// The result against the schema.
    fn result(&self, command: Option<&'static Command>, reading: &Reading) -> Option<Fault> {
        let command = command.filter(|_| reading.result().is_some())?;
        let Ok(wanted) = &self.rules.results[command.id as usize] else {
            return None;
        };
        let Err(pattern::MatchError::Differs(miss)) = pattern::matches(wanted, &reading.value, &Variables::new())
        else {
            return None;
        };
        let found = format!("{}: expected {}, found {}", miss.pointer, miss.expected, miss.found);
        let narrow = narrow::narrow(wanted, &reading.value, &miss.pointer);
        Some(Fault {
            property: Property::ResultForm,
            expected: reading.expected(pattern::print::flat(&narrow)),
            found,
        })
    }

    /// What the reply tells of the agent's state against what is known of it.
    fn told(&mut self, call: &Call, command: Option<&'static Command>, reading: &Reading) -> Option<Fault> {
        let command = command?;
        if let Some(fault) = self.machine.told(call, reading) {
            return Some(fault);
        }
        if let Some(fault) = self.rules.sound.of(command, reading, self.rules.level) {
            return Some(fault);
        }
        match command.id {
            CommandId::GuestSync | CommandId::GuestSyncDelimited => sync(call, reading),
            CommandId::GuestExec | CommandId::GuestExecStatus => self.programs.told(call, reading),
            _ if command.name.starts_with("guest-file-") => self.files.told(call, reading),
            _ if command.name.starts_with("guest-fsfreeze-") => self.freeze.told(call, reading),
            CommandId::GuestInfo => self.freeze.listed(reading.result()?, self.rules.release),
            _ => None,
        }
    }

    fn raw(&mut self, raw: &Raw, transcript: &Transcript, at: usize) -> Option<Fault> {
        let recovered = |property, found: &str| {
            Some(Fault {
                property,
                expected: Expected::Recovery,
                found: found.to_owned(),
            })
        };
        match transcript.end_of(at) {
            End::NotSent => return None,
            End::Closed => return recovered(Property::Alive, "the agent closed the channel"),
            End::Nothing => return recovered(Property::Recovers, "the sync after 0xFF was not answered"),
            End::Endless => return recovered(Property::Recovers, "more lines came than there were bytes"),
            End::Complete => {}
        }
        if raw.reopens {
            self.files.reopened();
        }
        let lines = transcript.lines_of(at);
        if lines.len() > raw.bytes.len() * LINES_PER_BYTE + LINES_BEYOND {
            return recovered(
                Property::Recovers,
                &format!("{} lines came for {} bytes", lines.len(), raw.bytes.len()),
            );
        }
        for (number, line) in lines.enumerate() {
            match Reading::of(line) {
                Err(why) => {
                    return Some(Fault {
                        property: Property::ReplyForm,
                        expected: Expected::Line(number, reading::wanted(line).to_owned()),
                        found: format!("{why}: {}", reading::shown(line)),
                    });
                }
                Ok(reading) if reading.sentinel && !reading.value["return"].is_number() => {
                    return Some(Fault {
                        property: Property::Sync,
                        expected: Expected::Unmarked(number),
                        found: format!("0xFF stands before {}", reading.shown()),
                    });
                }
                Ok(_) => {}
            }
        }
        cut(transcript, at)
    }
}

impl Form {
    /// Whether the release refuses a request that is written so.
    fn is_refused(self, release: &Release) -> bool {
        match self {
            Form::Control => release.control_member == ControlMember::Refused,
            Form::Twice => release.duplicate_keys == DuplicateKeys::Refused,
            Form::ListOfArguments => release.arguments_not_object == ArgumentsNotObject::Refused,
            _ => true,
        }
    }
}

impl Raw {
    /// Whether old releases may die of it: of arguments that are no object, and of what
    /// is nested too deep.
    fn is_deadly(&self, release: &Release) -> bool {
        let names_arguments = || self.bytes.windows(b"argument".len()).any(|it| it == b"argument");
        let is_deep = self.bytes.len() >= DEEP_BYTES;
        (release.arguments_not_object == ArgumentsNotObject::Fatal && names_arguments())
            || (release.limit_reached == LimitReached::Fatal && is_deep)
    }
}

/// A sync returns the number that it was given.
fn sync(call: &Call, reading: &Reading) -> Option<Fault> {
    let id = match call.argument("id")? {
        super::session::Argument::Int(id) => *id,
        _ => return None,
    };
    let result = reading.result()?;
    let is_same = result.as_i64() == Some(id);
    (!is_same).then(|| Fault {
        property: Property::Sync,
        expected: reading.expected(format!("{{\"return\": {id}, ...}}")),
        found: format!("{id} was sent, and {result} returned"),
    })
}

/// The answers to the whole and to the pieces are the same.
fn cut(transcript: &Transcript, at: usize) -> Option<Fault> {
    let whole: Vec<&[u8]> = transcript.lines_of(at).collect();
    let pieces: Vec<&[u8]> = transcript.lines_of_pieces(at)?.collect();
    if whole.len() == pieces.len() && whole.iter().zip(&pieces).all(|(one, other)| is_same(one, other)) {
        return None;
    }
    let differs = whole.iter().zip(&pieces).position(|(one, other)| !is_same(one, other));
    let at = differs.unwrap_or(whole.len().min(pieces.len()));
    let shown = |lines: &[&[u8]]| lines.get(at).map_or("nothing".to_owned(), |it| reading::shown(it));
    Some(Fault {
        property: Property::Cut,
        expected: Expected::Bytes(whole.concat()),
        found: format!(
            "sent whole, line {} was {}; sent in pieces, {}",
            at + 1,
            shown(&whole),
            shown(&pieces)
        ),
    })
}

/// Whether two lines are the same but for the line of the stream that an error names:
/// how many came before depends on the way, and what is asked how often.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one == other || (without_line(one).is_some() && without_line(one) == without_line(other))
}

/// What stands behind the number of the line at the begin of an error's text.
fn without_line(reply: &[u8]) -> Option<&[u8]> {
    let begin = reply.windows(DESC.len()).position(|it| it == DESC)? + DESC.len();
    let length = reply[begin..].iter().take_while(|it| it.is_ascii_digit()).count();
    let rest = &reply[begin + length..];
    (length > 0 && rest.first() == Some(&b':')).then_some(rest)
}

/// What stands before an error's text.
const DESC: &[u8] = b"\"desc\": \"";

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn the_line_of_the_stream_is_no_difference_and_all_else_is() {
        let error = |desc: &str| format!("{{\"error\": {{\"class\": \"GenericError\", \"desc\": \"{desc}\"}}}}\n");
        let same = |one: &str, other: &str| is_same(error(one).as_bytes(), error(other).as_bytes());
        assert!(same("2:1: stray", "40:1: stray"));
        assert!(!same("2:1: stray", "2:2: stray"));
        assert!(!same("2:1: stray", "2:1: bad"));
        assert!(!same("stray", "bad"));
    }
}
