//! Carries bytes between a client and the agent, and does to them what was
//! ordered.

use super::{Active, Fate, Plan};
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, split};
use tokio::time::{sleep, sleep_until};

/// Bytes that are on their way at a time, in each direction.
pub(crate) const RELAY_BYTES_MAX: usize = 64 << 10;

/// What a reply and a half of long ago look like.
const STALE: &[u8] = b"{\"return\": {}}\n{\"return\": {\"pid\"";

impl Active {
    /// Carries bytes between a client and the agent until one of them is gone.
    pub(crate) async fn relay<S: AsyncRead + AsyncWrite + Unpin>(&self, client: S, agent: DuplexStream) {
        let plan = self.next();
        let (mut from_client, to_client) = split(client);
        let (from_agent, mut to_agent) = split(agent);
        if plan.fate == Fate::Closed {
            return;
        }
        let (fate, silent_until) = (plan.fate, plan.silent_until);
        let requests = async {
            let _ = carry_requests(&mut from_client, &mut to_agent, fate, silent_until).await;
            // What was asked is still answered.
            let _ = to_agent.shutdown().await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = requests => {}
            _ = plan.carry_replies(from_agent, to_client) => {}
        }
    }
}

/// Carries requests until the client sends no more.
async fn carry_requests(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    fate: Fate,
    silent_until: Instant,
) -> io::Result<()> {
    let mut buffer = vec![0; RELAY_BYTES_MAX];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        if fate == Fate::Served && Instant::now() >= silent_until {
            to.write_all(&buffer[..count]).await?;
        }
    }
}

impl Plan<'_> {
    /// Carries replies until there are no more, or the connection is to close.
    async fn carry_replies(
        mut self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        if self.fate == Fate::Served {
            sleep_until(self.silent_until.into()).await;
            to.write_all(&self.prologue()).await?;
        }
        let mut left = self.faults.drop_after.unwrap_or(u64::MAX);
        let mut buffer = vec![0; RELAY_BYTES_MAX];
        while left > 0 {
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                return to.shutdown().await;
            }
            let bytes = self.damaged(&buffer[..count]);
            let kept = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            left -= kept as u64;
            self.send(&bytes[..kept], &mut to).await?;
        }
        Ok(())
    }

    /// What comes before the first reply.
    fn prologue(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.faults.garbage > 0 {
            bytes.extend((0..self.faults.garbage).map(|_| self.random.byte()));
            bytes.push(b'\n');
        }
        if self.faults.stale {
            bytes.extend_from_slice(STALE);
        }
        bytes
    }

    fn damaged(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut kept = Vec::with_capacity(bytes.len());
        for byte in bytes {
            if self.faults.lose.is_some_and(|count| self.random.one_in(count)) {
                continue;
            }
            let garbled = self.faults.garble.is_some_and(|count| self.random.one_in(count));
            kept.push(if garbled {
                byte ^ (1 << (self.random.next() % 8))
            } else {
                *byte
            });
        }
        kept
    }

    async fn send(&self, bytes: &[u8], to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        for piece in bytes.chunks(self.faults.chunk.unwrap_or(RELAY_BYTES_MAX)) {
            if self.faults.delay > Duration::ZERO {
                sleep(self.faults.delay).await;
            }
            to.write_all(piece).await?;
            to.flush().await?;
        }
        Ok(())
    }
}
