//! The request's id, which a reply gives back whatever the command says.

use super::refusal::REFUSED;
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
    if let Some(arguments) = calls::plain(subject) {
        sheet.claim(
            Level::Should,
            2,
            &format!("echo the id beside what {command} returns"),
            SOURCE,
        );
        for id in ids() {
            let pattern = with_id(r#"{"return": _}"#, &id);
            sheet.send(&request(command, arguments.as_ref(), Some(&id)));
            sheet.line(calls::answer_word(subject.command), &pattern);
        }
    }
    sheet.finish()
}

fn ids() -> [Value; 5] {
    [json!(7), json!("seven"), json!(true), json!([7, "x"]), json!({"n": 7})]
}

/// A pattern of a reply with the id beside what it has.
fn with_id(pattern: &str, id: &Value) -> String {
    let open = pattern.strip_suffix('}').unwrap_or(pattern);
    format!("{open}, \"id\": {}}}", spaced(id))
}
