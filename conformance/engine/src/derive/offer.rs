//! What guest-info lists against what the agent really answers.

use super::refusal::REFUSED;
use super::sheet::{Kind, Sheet};
use super::value::request;
use super::{Subject, calls};
use crate::script::{Level, Script};
use qga_fixtures::schema::{CommandList, Effect, ErrorName};

const KNOWN: Kind = Kind {
    name: "known",
    hundreds: 800,
};
const REFUSED_CASE: Kind = Kind {
    name: "refused",
    hundreds: 800,
};
/// The class of error that says that a command is not there.
const ABSENT: &str = "CommandNotFound";
/// Any answer but that the command is not there.
const NOT_UNKNOWN: &str = r#"{"return": _} | {"error": {"class": not("CommandNotFound" | "CommandDisabled"), ...}}"#;

/// What is listed as enabled is known.
pub(super) fn known(subject: Subject) -> Option<Script> {
    let command = subject.command.name;
    let mut sheet = Sheet::new(subject, KNOWN, &format!("{command} is listed and known"));
    if subject.release().command_list == CommandList::Absent {
        return None;
    }
    let probe = match subject.refused_arguments() {
        // All that can be wrong there is an argument too many, which not every agent
        // refuses: it would do what it is asked.
        Some(_) if subject.command.arguments.is_empty() && subject.command.effect != Effect::None => return None,
        Some(arguments) => request(command, Some(&arguments), None),
        None if subject.command.effect == Effect::None => request(command, calls::plain(subject)?.as_ref(), None),
        None => return None,
    };
    sheet.must(0, &format!("know {command} when it lists it as enabled"));
    sheet.send(r#"{"execute": "guest-info"}"#);
    sheet.expect(&listed(
        "some",
        &format!(r#"{{"name": "{command}", "enabled": true, ...}}"#),
    ));
    sheet.send(&probe);
    sheet.expect(NOT_UNKNOWN);
    sheet.finish()
}

/// What is not listed as enabled is refused. A command that only reads is called
/// rightly, any other with arguments that would be refused in any case.
pub(super) fn refused(subject: Subject) -> Option<Script> {
    let command = subject.command.name;
    let mut sheet = Sheet::new(subject, REFUSED_CASE, &format!("{command} is not offered"));
    sheet.header("lacks", command);
    sheet.must(2, &format!("refuse {command} when it does not list it as enabled"));
    if command != "guest-info" && subject.release().command_list != CommandList::Absent {
        sheet.send(r#"{"execute": "guest-info"}"#);
        sheet.expect(&listed(
            "each",
            &format!(r#"not({{"name": "{command}", "enabled": true, ...}})"#),
        ));
    }
    let arguments = calls::plain(subject).unwrap_or_else(|| subject.refused_arguments());
    sheet.send(&request(command, arguments.as_ref(), None));
    sheet.expect(REFUSED);
    if subject.release().error(ErrorName::CommandBlocked).class == ABSENT {
        let text = format!("refuse {command} as a command that it does not have");
        sheet.claim(
            Level::Should,
            3,
            &text,
            "libvirt: takes CommandNotFound for 'not supported' and goes on",
        );
        sheet.also(&format!(r#"{{"error": {{"class": "{ABSENT}", ...}}}}"#));
    }
    sheet.finish()
}

fn listed(quantity: &str, entry: &str) -> String {
    format!(r#"{{"return": {{"supported_commands": {quantity}({entry}), ...}}}}"#)
}
