//! Lets clients in: one at a time as the real agent does, or many.

use crate::command_line::Clients;
use crate::connection::{Connection, Ended};
use crate::door::Door;
use crate::fault::{Active, RELAY_BYTES_MAX};
use crate::log::Log;
use crate::shared_agent::SharedAgent;
use crate::transport::{Device, Transport};
use qga_model::ChannelId;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Clients that may wait beside the one that is served, as the real agent has it
/// (the kernel lets in one more than the number).
const BACKLOG_ONE: i32 = 1;
/// Clients that may wait to be let in where many are served.
const BACKLOG_MANY: i32 = 128;
/// Clients that are served at a time where many are; more wait.
const CLIENTS_MAX: usize = 1024;

/// How long to wait before a device without a peer is looked at again.
const DEVICE_PAUSE: Duration = Duration::from_millis(100);

/// Clients that the kernel may keep waiting.
pub(crate) fn backlog(clients: Clients) -> i32 {
    match clients {
        Clients::One => BACKLOG_ONE,
        Clients::Many => BACKLOG_MANY,
    }
}

/// Bytes of memory that a connection keeps for replies where there is only one, so
/// that one large reply after another needs no new memory.
const OUTPUT_BYTES_KEPT_ONE: usize = 16 << 20;
/// The same where there may be many.
const OUTPUT_BYTES_KEPT_MANY: usize = 64 << 10;

/// Bytes of memory that a connection keeps for replies.
pub(crate) fn output_kept_max(clients: Clients) -> usize {
    match clients {
        Clients::One => OUTPUT_BYTES_KEPT_ONE,
        Clients::Many => OUTPUT_BYTES_KEPT_MANY,
    }
}

/// What is served to every client.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) agent: Arc<SharedAgent>,
    pub(crate) log: Arc<Log>,
    pub(crate) faults: Arc<Active>,
    /// Bytes of memory that a connection keeps for replies.
    pub(crate) output_kept_max: usize,
}

/// Serves whoever comes, until the agent dies or nobody can come any more.
pub(crate) async fn serve(served: Served, transport: Transport, clients: Clients) -> io::Result<()> {
    match transport {
        Transport::Device(device) => served.device(device).await?,
        Transport::Memory(door) => served.all(door, clients).await,
        Transport::Listener(listener) => {
            listener.set_nonblocking(true)?;
            served.all(UnixListener::from_std(listener)?, clients).await;
        }
    }
    Ok(())
}

impl Served {
    async fn all(self, door: impl Door, clients: Clients) {
        match clients {
            Clients::One => self.one_by_one(door).await,
            Clients::Many => self.many(door).await,
        }
    }

    async fn one_by_one(&self, mut door: impl Door) {
        while let Some(stream) = door.next().await {
            if self.client(ChannelId::FIRST, stream).await == Ended::Died {
                return;
            }
        }
    }

    /// Each client gets a channel of its own, which ends with it.
    async fn many(self, mut door: impl Door) {
        let places = Arc::new(Semaphore::new(CLIENTS_MAX));
        let mut connections = JoinSet::new();
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let stream = tokio::select! {
                stream = door.next() => stream,
                Some(ended) = connections.join_next() => match ended {
                    Ok(Ended::Died) => return,
                    _ => continue,
                },
            };
            let Some(stream) = stream else { return };
            let served = self.clone();
            connections.spawn(async move {
                let channel = served.agent.open_channel();
                let ended = served.client(channel, stream).await;
                served.agent.close_channel(channel);
                drop(place);
                ended
            });
        }
    }

    /// A device has no clients that come and go; when nobody is at its other end
    /// it is looked at again after a while.
    async fn device(&self, device: Device) -> io::Result<()> {
        let mut stream = device.watch()?;
        while self.client(ChannelId::FIRST, &mut stream).await == Ended::Closed {
            tokio::time::sleep(DEVICE_PAUSE).await;
        }
        Ok(())
    }

    async fn client(&self, channel: ChannelId, stream: impl AsyncRead + AsyncWrite + Unpin) -> Ended {
        if !self.faults.touch_bytes() {
            return Connection::new(self, channel, stream).serve().await;
        }
        let (near, far) = tokio::io::duplex(RELAY_BYTES_MAX);
        let connection = Connection::new(self, channel, near).serve();
        tokio::join!(connection, self.faults.relay(stream, far)).0
    }
}
