//! The channel between a run and the agent it judges: a socket in real time, or
//! the simulated agent in virtual time.

use crate::target::{InProcess, Socket};
use qga_engine::Time;
use std::time::Duration;

/// A channel to an agent.
#[derive(Debug)]
pub enum Link {
    /// The simulated agent inside this program.
    InProcess(Box<InProcess>),
    /// An agent behind a unix socket.
    Socket(Box<Socket>),
}

/// What came of waiting for the agent.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It said this.
    Bytes(Vec<u8>),
    /// It closed the channel. Said once; from then on nothing comes.
    Closed,
    /// Nothing, until the time was over.
    Nothing,
}

/// What came of sending.
#[derive(Debug, PartialEq, Eq)]
pub enum Flush {
    /// All is sent.
    Sent,
    /// The agent said this, and there is more to send.
    Bytes(Vec<u8>),
    /// The agent takes no more, or has closed the channel: the rest is dropped.
    Stuck,
}

impl Link {
    /// The time on the link's own clock.
    pub fn now(&self) -> Time {
        match self {
            Link::InProcess(link) => link.now(),
            Link::Socket(link) => link.now(),
        }
    }

    /// Puts bytes in the queue of those to send.
    pub fn queue(&mut self, bytes: &[u8]) {
        match self {
            Link::InProcess(link) => link.queue(bytes),
            Link::Socket(link) => link.queue(bytes),
        }
    }

    /// Sends from the queue. Ends when it is empty, when the agent says something
    /// meanwhile, or when for `patience` it takes nothing.
    pub async fn flush(&mut self, patience: Duration) -> Flush {
        match self {
            Link::InProcess(link) => link.flush(),
            Link::Socket(link) => link.flush(patience).await,
        }
    }

    /// Waits until the agent says something, but no longer than `until`.
    pub async fn read(&mut self, until: Time) -> Arrival {
        match self {
            Link::InProcess(link) => link.read(until),
            Link::Socket(link) => link.read(until).await,
        }
    }

    /// The number of the process at the other end, if it is one of this machine.
    pub fn peer(&self) -> Option<i32> {
        match self {
            Link::InProcess(_) => None,
            Link::Socket(link) => link.peer(),
        }
    }

    /// Closes the channel, of which the agent may read what was sent to the end, and opens it
    /// again. False if the agent is not there any more.
    pub async fn reopen(&mut self) -> bool {
        match self {
            Link::InProcess(link) => link.reopen(),
            Link::Socket(link) => link.reopen().await,
        }
    }
}
