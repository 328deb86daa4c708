//! What is put right after a script, so that it leaves nothing behind in an agent
//! or a guest that live on: filesystems thawed, handles closed.

use crate::exchange::{Exchange, Resync};
use crate::link::Link;
use crate::target::Remote;
use qga_engine::CLOSING_ID;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Handles that are closed after a script, at most.
const HANDLES_MAX: usize = 256;
/// The longest reply that may hold a handle, in bytes: `{"return": N}` and an id.
const HANDLE_REPLY_BYTES_MAX: usize = 1024;
/// How long the agent may take for each answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The longest request to close a handle that is understood, in bytes.
const CLOSE_BYTES_MAX: usize = 1024;

/// The numbers an agent returned: among them are the handles that it handed out.
///
/// A handle that the script itself asked to close is none of them any more, even if
/// that failed: a second close of such a one kills QEMU's own agent.
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
        if bytes.len() <= CLOSE_BYTES_MAX
            && let Some(handle) = closed_by(bytes)
        {
            self.returned.remove(&handle);
        }
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
        let number = value["return"].as_i64().filter(|it| *it != CLOSING_ID);
        if let Some(number) = number.filter(|_| self.returned.len() < HANDLES_MAX) {
            self.returned.insert(number);
        }
    }
}

/// What a script leaves behind.
#[derive(Debug, Default)]
pub struct Aftermath {
    /// Filesystems may be frozen.
    pub froze: bool,
    /// Files may be open.
    pub handles: Handles,
    /// The folder that the agent was asked to make.
    pub folder: Option<String>,
}

impl Aftermath {
    /// Puts it right. An agent that does not answer is left as it is.
    pub async fn put_right(self, link: &mut Link, resync: Option<Resync>) {
        let is_clean = !self.froze && self.handles.returned.is_empty() && self.folder.is_none();
        let Some(how) = resync.filter(|_| !is_clean) else {
            return;
        };
        if Exchange::new(link, PATIENCE).resync(how).await.is_err() {
            link.reopen().await;
            if Exchange::new(link, PATIENCE).resync(how).await.is_err() {
                return;
            }
        }
        let mut exchange = Exchange::new(link, PATIENCE);
        for request in self.requests() {
            // An answer that comes late must not be taken for the next one's.
            if exchange.ask(&request).await.is_err() && exchange.resync(how).await.is_err() {
                return;
            }
        }
        if let Some(folder) = self.folder {
            Remote::remove(&mut exchange, &folder).await;
        }
    }

    fn requests(&self) -> Vec<Value> {
        let thaw = self.froze.then(|| json!({"execute": "guest-fsfreeze-thaw"}));
        let close = |handle: &i64| json!({"execute": "guest-file-close", "arguments": {"handle": handle}});
        thaw.into_iter()
            .chain(self.handles.returned.iter().map(close))
            .collect()
    }
}

/// The handle that a request asks to close, if it is one that does.
fn closed_by(bytes: &[u8]) -> Option<i64> {
    let request: Value = serde_json::from_slice(bytes).ok()?;
    let closes = request["execute"] == "guest-file-close";
    request["arguments"]["handle"].as_i64().filter(|_| closes)
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
    fn what_a_script_closed_itself_is_not_closed_again() {
        let mut handles = Handles::default();
        handles.sent(OPEN);
        handles.received(b"{\"return\": 1000}\n{\"return\": 1001}\n");
        handles.sent(b"{\"execute\": \"guest-file-close\", \"arguments\": {\"handle\": 1000}}\n");
        handles.sent(b"{\"execute\": \"guest-file-flush\", \"arguments\": {\"handle\": 1001}}\n");
        handles.received(b"{\"error\": {}}\n");
        assert_eq!(handles.returned.into_iter().collect::<Vec<_>>(), [1001]);
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
