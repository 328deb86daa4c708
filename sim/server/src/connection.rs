//! One client's connection: bytes from it to the agent and back.
//!
//! Nothing is read while a reply waits to be written or the agent is stuck, so a
//! slow client costs no memory and hurts nobody else.

use crate::fault::Faults;
use crate::log::Log;
use crate::serve::Served;
use crate::shared_agent::SharedAgent;
use qga_model::ChannelId;
use qga_model::journal::Asked;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

/// Bytes that are read at once at first.
const READ_BYTES_MIN: usize = 4 << 10;
/// Bytes that are read at once by a connection whose requests are large.
const READ_BYTES_MAX: usize = 256 << 10;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The client went away, and all it had asked is done.
    Closed,
    /// The agent died.
    Died,
}

/// A connection that is served.
pub(crate) struct Connection<'a, S> {
    agent: &'a SharedAgent,
    channel: ChannelId,
    log: &'a Log,
    faults: &'a Faults,
    stream: S,
    input: Input,
    /// Bytes of memory that are kept for replies.
    output_kept_max: usize,
    freed: watch::Receiver<()>,
    /// The client takes no replies any more; what it sent is still done.
    deaf: bool,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Connection<'a, S> {
    /// A connection on a channel that no other connection is on.
    pub(crate) fn new(served: &'a Served, channel: ChannelId, stream: S) -> Connection<'a, S> {
        Connection {
            agent: &served.agent,
            channel,
            log: &served.log,
            faults: served.faults.faults(),
            stream,
            input: Input::default(),
            output_kept_max: served.output_kept_max,
            freed: served.agent.freed(),
            deaf: false,
        }
    }

    /// Serves until the client goes away or the agent dies.
    pub(crate) async fn serve(mut self) -> Ended {
        let ended = self.run().await;
        self.agent.disconnect(self.channel);
        ended
    }

    async fn run(&mut self) -> Ended {
        let mut at_end = false;
        let mut output = Vec::new();
        loop {
            let turn = self.agent.turn(self.channel, self.input.pending(), &mut output);
            self.input.consume(turn.taken);
            self.answer(&output, &turn.asked).await;
            if output.capacity() > self.output_kept_max {
                output = Vec::new();
            }
            if turn.dead {
                return Ended::Died;
            }
            if turn.stuck {
                // The sender lives as long as the agent.
                let _ = self.freed.changed().await;
            } else if self.input.pending().is_empty() {
                if at_end {
                    return Ended::Closed;
                }
                at_end = !self.receive().await;
            }
        }
    }

    /// Reads once; false if there will be nothing more.
    async fn receive(&mut self) -> bool {
        let count = self.stream.read(self.input.room()).await.unwrap_or(0);
        self.input.fill(count);
        if self.log.is_verbose() {
            match count {
                0 => self.log.debug("received EOF"),
                _ => {
                    let head = format!("read data, count: {count}, data: ");
                    self.log.debug([head.as_bytes(), self.input.pending()].concat());
                }
            }
        }
        count > 0
    }

    /// Sends the replies; a command that is to hang holds them up from its own on.
    async fn answer(&mut self, mut output: &[u8], asked: &[Asked]) {
        let mut sent = 0;
        for asked in asked {
            if let Some(span) = self.faults.hang(&asked.command) {
                let before = asked.replies_before.saturating_sub(sent).min(output.len());
                let (now, later) = output.split_at(before);
                self.send(now).await;
                tokio::time::sleep(span).await;
                (output, sent) = (later, sent + before);
            }
        }
        self.send(output).await;
    }

    async fn send(&mut self, output: &[u8]) {
        if output.is_empty() {
            return;
        }
        if self.log.is_verbose() {
            for line in output.split_inclusive(|byte| *byte == b'\n') {
                self.log.debug(format!("sending data, count: {}", line.len()));
            }
        }
        if !self.deaf {
            self.deaf = self.stream.write_all(output).await.is_err();
        }
    }
}

/// Bytes that were read and not yet taken by the agent.
#[derive(Debug, Default)]
struct Input {
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
}

impl Input {
    fn pending(&self) -> &[u8] {
        &self.buffer[self.begin..self.end]
    }

    fn consume(&mut self, count: usize) {
        self.begin += count;
    }

    /// Room to read into, when all that was read is taken. It grows as long as
    /// reads fill it.
    fn room(&mut self) -> &mut [u8] {
        let size = self.buffer.len();
        if self.end == size && size < READ_BYTES_MAX {
            self.buffer = vec![0; (size * 4).clamp(READ_BYTES_MIN, READ_BYTES_MAX)];
        }
        (self.begin, self.end) = (0, 0);
        &mut self.buffer
    }

    fn fill(&mut self, count: usize) {
        self.end = count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_grows_only_while_reads_fill_it() {
        let mut input = Input::default();
        let mut sizes = Vec::new();
        for full in [true, true, false, true, true, true, true] {
            let size = input.room().len();
            sizes.push(size / 1024);
            input.fill(if full { size } else { 1 });
            input.consume(if full { size } else { 1 });
        }
        assert_eq!(sizes, [4, 16, 64, 64, 256, 256, 256]);
    }
}
