//! Whether a connected agent sees the same files as this program: only then can
//! scratch folders be made for it.

use crate::exchange::Exchange;
use crate::target::place::Passing;
use serde_json::{Value, json};
use std::fs;

/// The file by which it is seen.
const PROBE: &str = "probe";

/// Whether the agent can read what this program wrote to the folder.
pub async fn is_shared(exchange: &mut Exchange<'_>, folder: &Passing) -> bool {
    let path = folder.path().join(PROBE);
    let token = path.display().to_string();
    if fs::write(&path, &token).is_err() {
        return false;
    }
    let Some(handle) = returned(exchange, "guest-file-open", json!({"path": token, "mode": "r"})).await else {
        return false;
    };
    let read = returned(exchange, "guest-file-read", json!({"handle": handle})).await;
    returned(exchange, "guest-file-close", json!({"handle": handle})).await;
    // A folder of that random name with a file in it is nobody else's: how many
    // bytes the file has is proof enough that it is this one.
    read.is_some_and(|it| it["count"] == json!(token.len()))
}

async fn returned(exchange: &mut Exchange<'_>, command: &str, arguments: Value) -> Option<Value> {
    let mut reply = exchange
        .ask(&json!({"execute": command, "arguments": arguments}))
        .await
        .ok()?;
    reply.get_mut("return").map(Value::take)
}
