//! What commands return, member by member.

use super::shape::Shape;
use super::sheet::{Kind, Sheet};
use super::{Subject, calls};
use crate::script::Script;

const RESULT: Kind = Kind {
    name: "result",
    hundreds: 900,
};

/// The result of a right call against the schema. Members that the schema does not
/// know are no fault at `must`: a client passes them over.
pub(super) fn result(subject: Subject) -> Option<Script> {
    let call = calls::right(subject)?;
    let command = subject.command.name;
    let mut sheet = Sheet::new(subject, RESULT, &format!("what {command} returns"));
    let reply = |is_open| {
        let failure = r#" | {"error": {"class": str, ...}}"#;
        let failure = if call.may_fail { failure } else { "" };
        format!("{{\"return\": {}}}{failure}", returned(subject, is_open))
    };
    sheet.must(0, &format!("return from {command} what the schema says"));
    for (request, pattern) in &call.before {
        sheet.send(request);
        sheet.expect(pattern);
    }
    let arguments = call
        .arguments
        .map_or(String::new(), |it| format!(", \"arguments\": {it}"));
    sheet.send(&format!("{{\"execute\": \"{command}\"{arguments}}}"));
    if let Some(not_yet) = calls::not_yet(subject.command) {
        sheet.line("<again", not_yet);
    }
    sheet.line(calls::answer_word(subject.command), &reply(true));
    sheet.exact(
        1,
        &format!("return from {command} nothing that the schema does not know"),
    );
    sheet.also(&reply(false));
    if call.arguments.is_none() {
        sheet.must(2, &format!("take no arguments of {command} written as an empty object"));
        sheet.send(&format!("{{\"execute\": \"{command}\", \"arguments\": {{}}}}"));
        sheet.expect(&reply(true));
    }
    sheet.finish()
}

/// The pattern of what a command returns.
pub(super) fn returned(subject: Subject, is_open: bool) -> String {
    let shape = Shape {
        release: subject.release(),
        system: subject.agent.system,
        is_open,
    };
    shape.result(subject.command.returns_in(subject.release()))
}
