//! The signals that tell the agent to end. Until it can serve they are held back,
//! so that none is lost and none ends it in the middle of its start.

use crate::log::Log;
use crate::shared_agent::SharedAgent;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal as Number};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use qga_fixtures::schema::{Release, SignalsWhenFrozen};
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

fn both() -> SigSet {
    SigSet::from_iter([Number::SIGTERM, Number::SIGINT])
}

/// Holds them back from now on.
pub(crate) fn hold() {
    // It can only fail for want of a valid argument.
    let _ = both().thread_block();
}

/// Waits for one that is held back; false if none comes in time.
pub(crate) fn arrives_within(span: Duration) -> bool {
    let arrived = || -> nix::Result<bool> {
        let signals = SignalFd::with_flags(&both(), SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let mut ready = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        Ok(poll(&mut ready, PollTimeout::try_from(span).unwrap_or(PollTimeout::MAX))? > 0)
    };
    arrived().unwrap_or(false)
}

/// The signals, watched.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Begins to watch them, inside a runtime; what was held back comes now.
    pub(crate) fn watch() -> io::Result<Signals> {
        let signals = Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        };
        both().thread_unblock()?;
        Ok(signals)
    }

    /// Waits for one that counts.
    pub(crate) async fn end(&mut self, release: &Release, agent: &SharedAgent, log: &Log) {
        loop {
            let number = tokio::select! {
                _ = self.terminate.recv() => Number::SIGTERM,
                _ = self.interrupt.recv() => Number::SIGINT,
            };
            let ignored = release.signals_when_frozen == SignalsWhenFrozen::Ignored;
            if !(ignored && agent.with(|agent| agent.is_frozen())) {
                log.debug(format!("received signal num {}, quitting", number as i32));
                return;
            }
        }
    }
}
