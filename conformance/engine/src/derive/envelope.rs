//! The request's id, which a reply gives back whatever the command says.

use super::calls::Call;
use super::refusal::REFUSED;
use super::result::returned;
use super::sheet::{Kind, Sheet};
use super::value::{request, spaced};
use super::{Subject, calls};
use crate::script::{Level, Script};
use qga_fixtures::schema::RequestId;
use serde_json::{Value, json};

const ID: Kind = Kind {
    name: "id",
    hundreds: 700,
};
const SOURCE: &str = "document: QMP specification, a reply has its command's id";

/// An id of every JSON type, on a refusal and on a success.
pub(super) fn id(subject: Subject) -> Option<Script> {
    let command = subject.command.name;
    let mut sheet = Sheet::new(subject, ID, &format!("{command} with an id"));
    if subject.release().request_id != RequestId::Echoed {
        return None;
    }
    if let Some(arguments) = subject.refused_arguments() {
        sheet.claim(
            Level::Should,
            0,
            &format!("echo the id when it refuses {command}"),
            SOURCE,
        );
        for id in ids() {
            sheet.send(&request(command, Some(&arguments), Some(&id)));
            sheet.expect(&with_id(REFUSED, &id));
        }
    }
    if let Some(call) = calls::right(subject) {
        sheet.claim(
            Level::Should,
            2,
            &format!("echo the id beside what {command} returns"),
            SOURCE,
        );
        beside_a_result(subject, &call, &mut sheet);
    }
    sheet.finish()
}

/// A right call with an id, whose result is the one without; with an id of each type
/// where it can be repeated.
fn beside_a_result(subject: Subject, call: &Call, sheet: &mut Sheet) {
    let command = subject.command.name;
    for (request, pattern) in &call.before {
        sheet.send(request);
        sheet.expect(pattern);
    }
    let arguments = call
        .arguments
        .map_or(String::new(), |it| format!(", \"arguments\": {it}"));
    let [first, rest @ ..] = ids();
    sheet.send(&format!(
        "{{\"execute\": \"{command}\"{arguments}, \"id\": {}}}",
        spaced(&first)
    ));
    if let Some(not_yet) = calls::not_yet(subject.command) {
        sheet.line("<again", &with_id(not_yet, &first));
    }
    let returned = with_id(&format!("{{\"return\": {}}}", returned(subject, true)), &first);
    let failure = format!(" | {}", with_id(REFUSED, &first));
    let failure = if call.may_fail { &failure } else { "" };
    sheet.line(calls::answer_word(subject.command), &format!("{returned}{failure}"));
    let Some(arguments) = calls::plain(subject) else {
        return;
    };
    for id in rest {
        let pattern = with_id(r#"{"return": _}"#, &id);
        sheet.send(&request(command, arguments.as_ref(), Some(&id)));
        sheet.line(calls::answer_word(subject.command), &pattern);
    }
}

fn ids() -> [Value; 5] {
    [json!(7), json!("seven"), json!(true), json!([7, "x"]), json!({"n": 7})]
}

/// A pattern of a reply with the id beside what it has.
fn with_id(pattern: &str, id: &Value) -> String {
    let open = pattern.strip_suffix('}').unwrap_or(pattern);
    format!("{open}, \"id\": {}}}", spaced(id))
}
