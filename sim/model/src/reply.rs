//! Replies as the release's own bytes: one line, in the reference agent's order
//! of members.

use crate::json::{Dict, Value};
use crate::message::CommandError;
use qga_fixtures::schema::{ErrorForm, Release};

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
    error_object(release, error).write(release, out);
    out.extend_from_slice(b"}\n");
}

/// Writes a value as a reply of its own.
pub(crate) fn bare(release: &Release, value: &Value, out: &mut Vec<u8>) {
    value.write(release, out);
    out.push(b'\n');
}

fn error_object(release: &Release, error: &CommandError) -> Value {
    let object = Dict::new().with("class", error.class(release));
    let object = match release.error(error.name()).form {
        ErrorForm::Desc(_) => object.with("desc", error.desc(release)),
        ErrorForm::Data(pairs) => {
            let data = pairs
                .iter()
                .fold(Dict::new(), |data, (name, text)| data.with(name, error.fill(text)));
            object.with("data", data)
        }
    };
    object.into()
}
