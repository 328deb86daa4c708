//! Where clients come in: a socket, or memory.

use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

/// Bytes that a client in memory may be ahead of the agent, and the agent of it.
const MEMORY_BYTES_MAX: usize = 64 << 10;

/// How long to wait before clients are let in again after that failed, as it does
/// when there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A place where clients come in one after another.
pub(crate) trait Door {
    /// What connects a client.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next client; none will come any more if there is none.
    fn next(&mut self) -> impl Future<Output = Option<Self::Stream>> + Send;
}

impl Door for UnixListener {
    type Stream = UnixStream;

    async fn next(&mut self) -> Option<UnixStream> {
        loop {
            match self.accept().await {
                Ok((stream, _)) => return Some(stream),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

/// The clients' side of a door in memory.
#[derive(Debug)]
pub(crate) struct Memory {
    clients: mpsc::UnboundedSender<DuplexStream>,
}

/// The agent's side of it.
pub(crate) type MemoryDoor = mpsc::UnboundedReceiver<DuplexStream>;

impl Memory {
    pub(crate) fn new() -> (Memory, MemoryDoor) {
        let (clients, door) = mpsc::unbounded_channel();
        (Memory { clients }, door)
    }

    /// A client that waits at the door. It finds its stream closed if the agent
    /// is gone.
    pub(crate) fn connect(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(MEMORY_BYTES_MAX);
        let _ = self.clients.send(far);
        near
    }
}

impl Door for MemoryDoor {
    type Stream = DuplexStream;

    async fn next(&mut self) -> Option<DuplexStream> {
        self.recv().await
    }
}
