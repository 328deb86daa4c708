//! What commands return, member by member.

use super::calls::Call;
use super::refusal::REFUSED;
use super::shape::Shape;
use super::sheet::{Kind, Sheet};
use super::value::with_id;
use super::{Subject, calls};
use crate::script::Script;
use serde_json::Value;

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
    sheet.must(0, &format!("return from {command} what the schema says"));
    sheet.call(&call, None);
    sheet.answer(&reply(subject, &call, None, true));
    sheet.exact(
        1,
        &format!("return from {command} nothing that the schema does not know"),
    );
    sheet.also(&reply(subject, &call, None, false));
    if call.arguments.is_none() {
        sheet.must(2, &format!("take no arguments of {command} written as an empty object"));
        sheet.send(&format!("{{\"execute\": \"{command}\", \"arguments\": {{}}}}"));
        sheet.expect(&reply(subject, &call, None, true));
    }
    sheet.finish()
}

/// The pattern of the reply to a right call, with the id of its request if it has one.
pub(super) fn reply(subject: Subject, call: &Call, id: Option<&Value>, is_open: bool) -> String {
    let shape = Shape {
        release: subject.release(),
        system: subject.agent.system,
        is_open,
    };
    let result = shape.result(subject.command.returns_in(subject.release()));
    let success = with_id(&format!("{{\"return\": {result}}}"), id);
    match call.may_fail {
        true => format!("{success} | {}", with_id(REFUSED, id)),
        false => success,
    }
}
