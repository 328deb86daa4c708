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

mod arguments;
mod files;
pub mod fit;
mod freeze;
mod known;
mod machine;
mod narrow;
mod owed;
mod programs;
mod raw;
mod reading;
mod rules;
mod sound;
mod violation;

pub use known::KnownReplies;
pub(super) use machine::same_variable;
pub(super) use programs::{LOOKS, PASSWORD};
pub(super) use raw::is_same;
use rules::Results;
pub use rules::Rules;
pub use violation::{Expected, REFUSED, Violation};

use super::form::Form;
use super::property::Property;
use super::session::{Argument, Call, Session, Step};
use super::transcript::{End, Transcript};
use crate::pattern::{self, Variables};
use files::Files;
use freeze::Freeze;
use machine::Machine;
use programs::{Programs, file_of};
use qga_fixtures::schema::{COMMANDS, Command, CommandId, Presence, Release, RequestId};
use reading::Reading;
use serde_json::Value;
use std::collections::BTreeSet;
use violation::{Due, Fault};

/// The first thing in a transcript that the agent must not do. `known` are replies that
/// were right by the same rules.
pub fn judge(session: &Session, transcript: &Transcript, rules: &Rules, known: &mut KnownReplies) -> Option<Violation> {
    let mut judge = Judge {
        rules,
        known,
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
        // A machine that goes down takes its agent with it.
        if step.turns_off() && transcript.lines_of(at).len() == 0 {
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

/// A line is no reply.
fn unreadable(call: &Call, line: &[u8], why: &str) -> Fault {
    let wanted = reading::wanted(line).to_owned();
    let is_marked = call.command == "guest-sync-delimited" && line.starts_with(b"\xFF");
    Fault {
        property: Property::ReplyForm,
        expected: Expected::reply(is_marked, wanted),
        found: format!("{why}: {}", reading::shown(line)),
    }
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

/// Whether what comes in the place of replies is for something else since some step: after
/// bytes that the agent did not get over, and where 0xFF stands that no request asked for.
fn is_out_of_step(session: &Session, transcript: &Transcript) -> bool {
    let begins = |at: usize, step: &Step| match step {
        Step::Raw(_) => transcript.end_of(at) == End::Nothing,
        Step::Call(call) if call.command == "guest-sync-delimited" => false,
        Step::Call(_) => transcript.lines_of(at).next().is_some_and(|it| it.starts_with(&[0xFF])),
    };
    session.steps.iter().enumerate().any(|(at, step)| begins(at, step))
}

/// Whether the agent still answers after the last reply that was due.
fn ending(transcript: &Transcript) -> Option<Fault> {
    let fault = |property, found: String| {
        Some(Fault {
            property,
            expected: match property {
                // It may be for the sync that came with the requests.
                Property::Answers => Expected::Together,
                _ => Expected::Nothing,
            },
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

    /// Whether it sends the machine to sleep or down.
    fn turns_off(&self) -> bool {
        matches!(self, Step::Call(call) if call.turns_off())
    }
}

struct Judge<'r> {
    rules: &'r Rules,
    known: &'r mut KnownReplies,
    files: Files,
    programs: Programs,
    freeze: Freeze,
    machine: Machine,
}

impl Judge<'_> {
    /// Replies that are lost, and such that nobody asked for: what comes after them is
    /// taken for something else than it is, so they are looked for first.
    fn miscounted(&self, session: &Session, transcript: &Transcript) -> Option<Violation> {
        if session.steps.iter().any(Step::turns_off) || is_out_of_step(session, transcript) {
            return None;
        }
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
        let command = Command::find(&call.command)
            .filter(|it| it.presence(self.rules.release, self.rules.system) != Presence::Absent);
        let id = command.map(|it| it.id);
        let bare = Reading::at_a_glance(line);
        // What is read of a file is seldom as other replies were.
        let is_alike = bare.is_none() && id != Some(CommandId::GuestFileRead);
        let known = if is_alike { self.known.find(id, line) } else { None };
        let is_known = known.is_some();
        let reading = match known.or(bare).map_or_else(|| Reading::of(line), Ok) {
            Ok(reading) => reading,
            Err(why) => return Some(unreadable(call, line, &why)),
        };
        let due = self.due(call, command);
        let rules = self.rules;
        // What is not owed must not hide what the reply tells.
        let owed = |it: &Fault| rules.owes(it.property);
        let fault = self
            .form(call, &reading)
            .filter(owed)
            .or_else(|| self.outcome(due, command, &reading).filter(owed))
            .or_else(|| self.class(call, command, &reading).filter(owed))
            .or_else(|| self.result(command.filter(|_| !is_known), &reading).filter(owed))
            .or_else(|| {
                let command = command.filter(|it| !is_of_files(it));
                let fault = command.and_then(|_| self.machine.told(call, &reading, rules.level));
                fault.filter(owed)
            })
            .or_else(|| self.sound(command.filter(|_| !is_known), &reading).filter(owed))
            .or_else(|| self.told(call, command?, &reading));
        if fault.is_none() && !is_known && is_alike {
            self.known.keep(id, line, reading);
        }
        fault
    }

    /// What the reply tells that cannot be.
    fn sound(&self, command: Option<&'static Command>, reading: &Reading) -> Option<Fault> {
        let sound = self.rules.sound.of(command?, reading, self.rules.level);
        sound.or_else(|| self.listed(command?, reading.result()?))
    }

    /// A command that the agent listed at first must be in the list each time.
    fn listed(&self, command: &Command, result: &Value) -> Option<Fault> {
        let is_list = command.id == CommandId::GuestInfo && self.rules.lists;
        let list = result["supported_commands"].as_array().filter(|_| is_list)?;
        let names: BTreeSet<&str> = list.iter().filter_map(|it| it["name"].as_str()).collect();
        let mut offered = COMMANDS.iter().filter(|it| self.rules.is_offered(it));
        let missing = offered.find(|it| !names.contains(it.name))?.name;
        Some(Fault::reply(
            Property::Offered,
            format!("{{\"return\": {{\"supported_commands\": some({{\"name\": \"{missing}\", ...}}), ...}}, ...}}"),
            format!("{missing} is not in the list, and it was before"),
        ))
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
            return Some(Fault {
                property: Property::Sync,
                expected: Expected::reply(delimits, "obj".to_owned()),
                found: found.to_owned(),
            });
        }
        let echoes = self.rules.release.request_id == RequestId::Echoed;
        let echoes = echoes && self.rules.owes(Property::Id);
        if let (None, Some(given)) = (&call.id, reading.id())
            && echoes
        {
            return Some(Fault {
                property: Property::Id,
                expected: reading.expected("not({\"id\": _, ...})".to_owned()),
                found: format!("the id is {given}, and none was sent"),
            });
        }
        let id = call.id.as_ref().filter(|_| echoes)?;
        let id: Value = serde_json::from_str(id).unwrap_or_default();
        if reading.id() == Some(&id) {
            return None;
        }
        let expected = format!("{{\"id\": {id}, ...}}");
        let found = reading
            .id()
            .map_or("the reply has no id".to_owned(), |it| format!("the id is {it}"));
        Some(Fault {
            property: Property::Id,
            expected: reading.expected(expected),
            found,
        })
    }

    /// The class and the text of an error.
    fn class(&self, call: &Call, command: Option<&Command>, reading: &Reading) -> Option<Fault> {
        let error = reading.error().filter(|_| self.rules.owes(Property::Class))?;
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
        let (command, result) = (command?, reading.result()?);
        let Ok(Results { returned, reply }) = &self.rules.results[command.id as usize] else {
            return None;
        };
        if pattern::matches(returned, result, &Variables::new()).is_ok() {
            return None;
        }
        let whole = reading.whole();
        let Err(pattern::MatchError::Differs(miss)) = pattern::matches(reply, &whole, &Variables::new()) else {
            return None;
        };
        let found = format!("{}: expected {}, found {}", miss.pointer, miss.expected, miss.found);
        let narrow = narrow::narrow(reply, &whole, &miss.pointer);
        Some(Fault {
            property: Property::ResultForm,
            expected: reading.expected(pattern::print::flat(&narrow)),
            found,
        })
    }

    /// What the reply tells of the agent's state against what is known of it.
    fn told(&mut self, call: &Call, command: &'static Command, reading: &Reading) -> Option<Fault> {
        match command.id {
            CommandId::GuestSetUserPassword => {
                self.programs.password(call, reading);
                None
            }
            CommandId::GuestSync | CommandId::GuestSyncDelimited => sync(call, reading),
            CommandId::GuestExec | CommandId::GuestExecStatus => {
                let before = file_of(call).and_then(|it| self.files.content(it));
                let fault = self.programs.told(call, reading, before);
                if let Some(file) = file_of(call) {
                    self.files.is_written(file);
                }
                if let Some(file) = self.programs.left() {
                    self.files.is_left(file);
                }
                if let Some(name) = self.programs.node() {
                    self.machine.learn_node(name);
                }
                fault
            }
            _ if is_of_files(command) => self.files.told(call, command.id, reading),
            _ if command.name.starts_with("guest-fsfreeze-") => self.freeze.told(call, reading),
            CommandId::GuestInfo => self.freeze.listed(reading.result()?, self.rules.release),
            _ => None,
        }
    }
}

/// Whether a command is about open files, and nothing else of the machine.
fn is_of_files(command: &Command) -> bool {
    command.name.starts_with("guest-file-")
}

/// A sync returns the number that it was given.
fn sync(call: &Call, reading: &Reading) -> Option<Fault> {
    let id = match call.argument("id")? {
        Argument::Int(id) => *id,
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
