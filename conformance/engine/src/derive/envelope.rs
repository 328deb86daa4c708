//! The request's id, which a reply gives back whatever the command says.

use super::calls::Call;
use super::refusal::REFUSED;
use super::result::reply;
use super::sheet::{Kind, Sheet};
use super::value::{request, with_id};
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
            sheet.expect(&with_id(REFUSED, Some(&id)));
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
    let [first, rest @ ..] = ids();
    sheet.call(call, Some(&first));
    sheet.answer(&reply(subject, call, Some(&first), true));
    let Some(arguments) = calls::plain(subject) else {
        return;
    };
    for id in rest {
        sheet.send(&request(subject.command.name, arguments.as_ref(), Some(&id)));
        sheet.answer(&with_id(r#"{"return": _}"#, Some(&id)));
    }
}

fn ids() -> [Value; 5] {
    [json!(7), json!("seven"), json!(true), json!([7, "x"]), json!({"n": 7})]
}
