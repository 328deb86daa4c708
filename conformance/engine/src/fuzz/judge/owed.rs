//! What must become of a call, as far as that is known, and whether it did.

use super::fit::{self, Fit};
use super::machine;
use super::reading::Reading;
use super::violation::{Due, Expected, Fault, REFUSED};
use super::{Judge, is_of_files};
use crate::fuzz::form::Form;
use crate::fuzz::property::Property;
use crate::fuzz::session::{Argument, Call, USER};
use qga_fixtures::schema::{
    ArgumentsNotObject, Command, CommandId, ControlMember, DuplicateKeys, Presence, Release, RequestId,
};

impl Judge<'_> {
    /// Whether a call must succeed, must be refused, or may do either.
    pub(super) fn due(&self, call: &Call, command: Option<&'static Command>) -> Due {
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
        let due = match fit::fit(call, command, rules.release) {
            Fit::Wrong(property) if rules.owes(property) => Due::Refusal(property),
            Fit::Wrong(_) | Fit::Unsure => Due::Either,
            Fit::Right if is_of_files(command) => self.files.due(call, command.id),
            Fit::Right if machine::is_absent(call) => Due::Refusal(Property::Works),
            Fit::Right => self.due_rightly(call, command),
        };
        match due {
            Due::Either => Due::Known,
            due => due,
        }
    }

    fn due_rightly(&self, call: &Call, command: &Command) -> Due {
        match command.id {
            CommandId::GuestExec | CommandId::GuestExecStatus => self.programs.due(call),
            CommandId::GuestFsfreezeThaw if self.freeze.is_frozen() == Some(true) => Due::Return(Property::Balance),
            CommandId::GuestFsfreezeFreeze | CommandId::GuestFsfreezeThaw => Due::Either,
            _ if call.turns_off() && !command.answers_success(self.rules.release) => {
                Due::Silence(command.id == CommandId::GuestShutdown)
            }
            CommandId::GuestSetTime if self.machine.knows_time(call) => Due::Return(Property::Kept),
            _ if self.machine.must_show(call) => Due::Return(Property::Kept),
            // Such are sent to machines alone of which this is known.
            CommandId::GuestFstrim if !machine::trims_too_little(call) => Due::Return(Property::Works),
            CommandId::GuestSshAddAuthorizedKeys if is_of_user(call) => Due::Return(Property::Works),
            CommandId::GuestSetVcpus | CommandId::GuestSetMemoryBlocks if machine::names_parts(call) => {
                Due::Return(Property::Works)
            }
            _ if crate::derive::is_plain(command) && self.rules.is_able(command) => Due::Return(Property::Works),
            _ => Due::Either,
        }
    }

    /// What is wrong with a reply's success or refusal.
    pub(super) fn outcome(&self, due: Due, command: Option<&Command>, reading: &Reading) -> Option<Fault> {
        // Who lists no commands has said of none that it is there.
        let is_excused = !self.rules.lists && reading.is_not_found();
        match (due, reading.result()) {
            (Due::Known | Due::Return(_) | Due::Refusal(_), None) if is_excused => None,
            (Due::Silence(is_down), Some(_)) => Some(Fault {
                property: Property::Silent,
                // One that sleeps is heard again after it.
                expected: if is_down { Expected::Silence } else { Expected::Closing },
                found: format!("it was answered: {}", reading.shown()),
            }),
            (Due::Silence(true), None) => Some(Fault {
                property: Property::Works,
                expected: Expected::Silence,
                found: format!("it was refused: {}", reading.shown()),
            }),
            (Due::Refusal(property), Some(_)) => Some(Fault {
                property,
                expected: match command.filter(|_| property == Property::Offered) {
                    Some(command) => Expected::Listed(command.name.to_owned()),
                    None => Expected::Reply(REFUSED.to_owned()),
                },
                found: format!("it was done: {}", reading.shown()),
            }),
            // Refused for another reason than the one there is, or none.
            (Due::Known | Due::Refusal(Property::Refuses | Property::Unexpected), None) if reading.is_not_found() => {
                let refused = "{\"error\": {\"class\": not(\"CommandNotFound\"), ...}, ...}";
                let either = format!("{{\"return\": _, ...}} | {refused}");
                Some(Fault::reply(
                    Property::Offered,
                    if due == Due::Known { &either } else { refused },
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

/// Whether a call is about the user that the simulated guest has.
fn is_of_user(call: &Call) -> bool {
    matches!(call.argument("username"), Some(Argument::Json(it)) if it == USER)
}
