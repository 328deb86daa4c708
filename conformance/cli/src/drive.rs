//! Joins a run with a channel: does what the run demands and hands over what
//! comes. It must not look at the bytes.

use crate::aftermath::Handles;
use crate::link::{Arrival, Flush, Link};
use qga_engine::{Demand, Run, Time};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Bytes that an agent may say to one send before its run needs the permit for
/// more: there is one for all runs, or the endless lines of many agents at a time
/// would fill the memory. A value of a reply takes many times its bytes on the wire.
pub const ORDINARY_BYTES_MAX: usize = 64 << 10;

/// A run and its channel, joined.
#[derive(Debug)]
pub struct Driver<'a, 's> {
    run: &'a mut Run<'s>,
    link: &'a mut Link,
    /// How long the agent may take to take what is sent.
    patience: Duration,
    /// The permit for more than [`ORDINARY_BYTES_MAX`].
    more: &'a Semaphore,
    handles: Handles,
    /// Bytes that came since the last send.
    received: usize,
    permit: Option<SemaphorePermit<'a>>,
    /// How long other runs kept this one waiting for the permit: it is none of the
    /// agent's time.
    delay: Duration,
}

impl<'a, 's> Driver<'a, 's> {
    /// Joins a run and a channel. The agent may take `patience` to take what is sent;
    /// `more` has the one permit for more than [`ORDINARY_BYTES_MAX`].
    pub fn new(run: &'a mut Run<'s>, link: &'a mut Link, patience: Duration, more: &'a Semaphore) -> Self {
        Driver {
            run,
            link,
            patience,
            more,
            handles: Handles::default(),
            received: 0,
            permit: None,
            delay: Duration::ZERO,
        }
    }

    /// Drives the run to its end.
    pub async fn drive(&mut self) {
        loop {
            match self.run.poll(self.now()) {
                Demand::Send(bytes) => self.send(&bytes).await,
                Demand::Read { until } | Demand::Sleep { until } => match self.link.read(until + self.delay).await {
                    Arrival::Bytes(bytes) => self.receive(&bytes).await,
                    Arrival::Closed => self.run.handle_closed(self.now()),
                    Arrival::Nothing => {}
                },
                Demand::Reopen => {
                    if !self.link.reopen().await {
                        self.run.handle_closed(self.now());
                    }
                }
                Demand::Done => return,
            }
        }
    }

    /// What may be handles of files that were opened on the way.
    pub fn into_handles(self) -> Handles {
        self.handles
    }

    /// The time of the run.
    fn now(&self) -> Time {
        self.link.now() - self.delay
    }

    async fn send(&mut self, bytes: &[u8]) {
        (self.received, self.permit) = (0, None);
        self.handles.sent(bytes);
        self.link.queue(bytes);
        loop {
            match self.link.flush(self.patience).await {
                Flush::Sent => return,
                Flush::Bytes(bytes) => self.receive(&bytes).await,
                Flush::Stuck => return self.run.handle_closed(self.now()),
            }
        }
    }

    async fn receive(&mut self, bytes: &[u8]) {
        self.received += bytes.len();
        if self.received > ORDINARY_BYTES_MAX && self.permit.is_none() {
            let since = self.link.now();
            self.permit = self.more.acquire().await.ok();
            self.delay += self.link.now() - since;
        }
        self.handles.received(bytes);
        self.run.handle_bytes(self.now(), bytes);
    }
}
