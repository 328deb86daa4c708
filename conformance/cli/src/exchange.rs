//! The runner's own conversation with an agent, beside the scripts: getting in
//! step with it, and asking it what it is.

use crate::link::{Arrival, Flush, Link};
use qga_engine::Time;
use serde_json::{Value, json};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The longest line that is looked at, in bytes. A longer one ends the exchange.
const LINE_BYTES_MAX: usize = 1 << 20;
/// Lines that are skipped on the way to the one that is waited for.
const LINES_MAX: usize = 10_000;

/// Why the agent did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// No answer came in time.
    Nothing,
    /// The agent closed the channel.
    Closed,
    /// It talks without end.
    Endless,
    /// It does not know the command.
    Unknown,
}

impl fmt::Display for Unanswered {
    /// A sentence without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unanswered::Nothing => "no answer came in time",
            Unanswered::Closed => "it closed the channel",
            Unanswered::Endless => "it talks without end",
            Unanswered::Unknown => "it does not know the command",
        })
    }
}

/// How an agent is brought back in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resync {
    /// With guest-sync-delimited: whatever stands before its reply, 0xFF ends it.
    Delimited,
    /// With guest-sync, where the agent does not know the other.
    Sync,
}

/// A conversation over a link.
#[derive(Debug)]
pub struct Exchange<'a> {
    link: &'a mut Link,
    came: Vec<u8>,
    /// How much of `came` was taken as lines.
    taken: usize,
    patience: Duration,
}

impl<'a> Exchange<'a> {
    /// A conversation in which each answer may take `patience`.
    pub fn new(link: &'a mut Link, patience: Duration) -> Exchange<'a> {
        Exchange {
            link,
            came: Vec::new(),
            taken: 0,
            patience,
        }
    }

    /// Throws away whatever an earlier client left behind, in either direction.
    ///
    /// # Errors
    /// The agent does not answer, not even to that.
    pub async fn resync(&mut self, how: Resync) -> Result<(), Unanswered> {
        let command = match how {
            Resync::Sync => "guest-sync",
            Resync::Delimited => "guest-sync-delimited",
        };
        let id = next_id();
        let request = format!("{{\"execute\": \"{command}\", \"arguments\": {{\"id\": {id}}}}}\n");
        let mut bytes = vec![0xFF];
        bytes.extend_from_slice(request.as_bytes());
        self.send(&bytes).await?;
        let until = self.link.now() + self.patience;
        for _ in 0..LINES_MAX {
            let reply = reply(&self.line(until).await?).unwrap_or_default();
            if reply["return"].as_u64() == Some(u64::from(id)) {
                return Ok(());
            }
            if is_unknown(&reply) {
                return Err(Unanswered::Unknown);
            }
        }
        Err(Unanswered::Endless)
    }

    /// Asks a question and returns the reply, whatever it says.
    ///
    /// # Errors
    /// The agent does not answer.
    pub async fn ask(&mut self, request: &Value) -> Result<Value, Unanswered> {
        self.send(format!("{request}\n").as_bytes()).await?;
        let until = self.link.now() + self.patience;
        for _ in 0..LINES_MAX {
            if let Some(reply) = reply(&self.line(until).await?) {
                return Ok(reply);
            }
        }
        Err(Unanswered::Endless)
    }

    /// Calls a command and gives what it returns; `None` if it is refused or not answered.
    pub async fn returned(&mut self, command: &str, arguments: Value) -> Option<Value> {
        let request = json!({"execute": command, "arguments": arguments});
        let mut reply = self.ask(&request).await.ok()?;
        reply.get_mut("return").map(Value::take)
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Unanswered> {
        self.link.queue(bytes);
        loop {
            match self.link.flush(self.patience).await {
                Flush::Sent => return Ok(()),
                Flush::Bytes(bytes) => self.add(&bytes),
                Flush::Stuck => return Err(Unanswered::Closed),
            };
            if self.came.len() > LINE_BYTES_MAX {
                return Err(Unanswered::Endless);
            }
        }
    }

    async fn line(&mut self, until: Time) -> Result<Vec<u8>, Unanswered> {
        let mut searched = self.taken;
        loop {
            if let Some(end) = self.came[searched..].iter().position(|it| *it == b'\n') {
                let line = self.came[self.taken..searched + end].to_vec();
                self.taken = searched + end + 1;
                return Ok(line);
            }
            if self.came.len() - self.taken > LINE_BYTES_MAX {
                return Err(Unanswered::Endless);
            }
            match self.link.read(until).await {
                Arrival::Bytes(bytes) => searched = self.add(&bytes),
                Arrival::Closed => return Err(Unanswered::Closed),
                Arrival::Nothing => return Err(Unanswered::Nothing),
            }
        }
    }

    /// Adds bytes after those not yet taken, and says where they begin.
    fn add(&mut self, bytes: &[u8]) -> usize {
        self.came.drain(..std::mem::take(&mut self.taken));
        self.came.extend_from_slice(bytes);
        self.came.len() - bytes.len()
    }
}

/// Whether a reply says that the agent does not know the command.
pub fn is_unknown(reply: &Value) -> bool {
    reply["error"]["class"] == "CommandNotFound"
}

/// The reply in a line; `None` if it is none. What stands before the last 0xFF
/// belongs to something that was cut off.
fn reply(line: &[u8]) -> Option<Value> {
    let text = line.rsplit(|it| *it == 0xFF).next()?;
    serde_json::from_slice::<Value>(text).ok().filter(Value::is_object)
}

/// A number that no earlier request of this program or another one is likely to
/// have used, within what a double can hold.
fn next_id() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    std::process::id().wrapping_mul(2_654_435_761).wrapping_add(count)
}
