//! Replies as the release's own bytes: one line, in the reference agent's order
//! of members.

use crate::json::{Dict, Value, write};
use crate::message::CommandError;
use qga_fixtures::schema::{ErrorForm, ErrorText, Release};

/// The byte before the reply to guest-sync-delimited.
pub(crate) const SENTINEL: u8 = 0xFF;

/// Writes `{"return": …}`, with the `id` behind it.
pub(crate) fn success(release: &Release, value: &Value, id: Option<&Value>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"return\": ");
    value.write(release, out);
    if let Some(id) = id {
        out.extend_from_slice(b", \"id\": ");
        id.write(release, out);
    }
    out.extend_from_slice(b"}\n");
}

/// Writes `{"error": {…}}`, with the `id` before it: members come in the order
/// of their names' hashes, and `id` lies between `return` and `error`.
pub(crate) fn failure(release: &Release, error: &CommandError, id: Option<&Value>, out: &mut Vec<u8>) {
    out.push(b'{');
    if let Some(id) = id {
        out.extend_from_slice(b"\"id\": ");
        id.write(release, out);
        out.extend_from_slice(b", ");
    }
    out.extend_from_slice(b"\"error\": ");
    error_object(release, error, out);
    out.extend_from_slice(b"}\n");
}

/// Writes a value as a reply of its own.
pub(crate) fn bare(release: &Release, value: &Value, out: &mut Vec<u8>) {
    value.write(release, out);
    out.push(b'\n');
}

/// Writes the class and what belongs to it, in the order of their hashes.
fn error_object(release: &Release, error: &CommandError, out: &mut Vec<u8>) {
    let ErrorText { class, form } = release.error(error.name());
    out.extend_from_slice(b"{\"class\": \"");
    out.extend_from_slice(class.as_bytes());
    out.push(b'"');
    match form {
        ErrorForm::Desc(template) => {
            out.extend_from_slice(b", \"desc\": ");
            desc(error, template, release, out);
        }
        ErrorForm::Data(pairs) => {
            out.extend_from_slice(b", \"data\": ");
            let data = pairs
                .iter()
                .fold(Dict::new(), |data, (name, text)| data.with(name, error.fill(text)));
            Value::from(data).write(release, out);
        }
    }
    out.push(b'}');
}

/// Writes a text. Most stand in the reply as they are: it is filled in where it is to be,
/// and what does not stand as it is, is written once more.
fn desc(error: &CommandError, template: &str, release: &Release, out: &mut Vec<u8>) {
    out.push(b'"');
    let begin = out.len();
    error.fill_into(template, out);
    let plain = begin + write::plain_prefix(&out[begin..]);
    if plain < out.len() {
        let rest = out.split_off(plain);
        write::text(&rest, release, out);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_an_error_come_in_the_order_of_their_hashes() {
        for others in ["desc", "data"] {
            let object = Dict::new().with(others, 1).with("class", 2);
            let names: Vec<_> = object.in_hash_order().map(|(name, _)| name.to_vec()).collect();
            assert_eq!(names, [b"class".to_vec(), others.as_bytes().to_vec()]);
        }
    }
}
