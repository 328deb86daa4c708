//! What is put right after a script, so that it leaves nothing behind in an agent
//! or a guest that live on: filesystems thawed, handles closed.

use crate::exchange::{Exchange, Resync};
use crate::link::Link;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Handles that are closed after a script, at most.
const HANDLES_MAX: usize = 256;
/// The longest reply that may hold a handle, in bytes: `{"return": N}` and an id.
const HANDLE_REPLY_BYTES_MAX: usize = 1024;
/// How long the agent may take for each answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The numbers an agent returned: among them are the handles that it handed out.
#[derive(Debug, Default)]
pub struct Handles {
    opens: bool,
    line: Vec<u8>,
    returned: BTreeSet<i64>,
}

impl Handles {
    /// Takes note of bytes for the agent.
    pub fn sent(&mut self, bytes: &[u8]) {
        self.opens |= contains(bytes, b"guest-file-open");
    }

    /// Takes note of bytes from the agent.
    pub fn received(&mut self, bytes: &[u8]) {
        if self.opens && self.returned.len() < HANDLES_MAX {
            bytes.iter().for_each(|it| self.take(*it));
        }
    }

    fn take(&mut self, byte: u8) {
        match byte {
            b'\n' => self.end_line(),
            0xFF => self.line.clear(),
            _ if self.line.len() <= HANDLE_REPLY_BYTES_MAX => self.line.push(byte),
            _ => {}
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let value: Value = serde_json::from_slice(&line).unwrap_or_default();
        if let Some(number) = value["return"].as_i64().filter(|_| self.returned.len() < HANDLES_MAX) {
            self.returned.insert(number);
        }
    }
}

/// Closes what may be a handle and, if the script froze, thaws. An agent that does
/// not answer is left as it is.
pub async fn put_right(link: &mut Link, handles: Handles, froze: bool, resync: Option<Resync>) {
    if handles.returned.is_empty() && !froze {
        return;
    }
    let Some(how) = resync else { return };
    let mut exchange = Exchange::new(link, PATIENCE);
    if exchange.resync(how).await.is_err() {
        return;
    }
    if froze && exchange.ask(&json!({"execute": "guest-fsfreeze-thaw"})).await.is_err() {
        return;
    }
    for handle in handles.returned {
        let close = json!({"execute": "guest-file-close", "arguments": {"handle": handle}});
        if exchange.ask(&close).await.is_err() {
            return;
        }
    }
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|it| it == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &[u8] = b"{\"execute\": \"guest-file-open\"}\n";

    fn returned(sent: &[u8], received: &[&[u8]]) -> Vec<i64> {
        let mut handles = Handles::default();
        handles.sent(sent);
        received.iter().for_each(|it| handles.received(it));
        handles.returned.into_iter().collect()
    }

    #[test]
    fn numbers_returned_after_an_open_are_handles() {
        let halves: [&[u8]; 2] = [b"{\"return\": 10", b"00}\n{\"return\": {}}\n{\"return\": 1001}\n"];
        assert_eq!(returned(OPEN, &halves), [1000, 1001]);
        assert_eq!(
            returned(b"{\"execute\": \"guest-sync\"}\n", &halves),
            [0; 0],
            "nothing was opened"
        );
        assert_eq!(returned(OPEN, &[b"rest\xFF{\"return\": 7}\n"]), [7]);
    }

    #[test]
    fn a_flood_is_not_kept() {
        let mut flood = vec![b'x'; 1 << 20];
        flood.extend((0..10_000).flat_map(|it| format!("\n{{\"return\": {it}}}").into_bytes()));
        assert_eq!(returned(OPEN, &[&flood]).len(), HANDLES_MAX);
    }
}
