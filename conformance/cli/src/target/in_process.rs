//! The channel to the simulated agent inside this program, in virtual time: the
//! clock jumps to the next thing that happens, so that waiting costs nothing.

use crate::link::{Arrival, Flush};
use qga_engine::Time;
use qga_model::agent::{Agent, ChannelId};
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// A channel to an agent that lives in this program.
pub struct InProcess {
    agent: Agent,
    now: Duration,
    chunk: usize,
    unsent: Vec<u8>,
    sent: usize,
    /// The agent has died, and this was said.
    closed_told: bool,
}

impl InProcess {
    /// A channel to `agent`, whose time begins now.
    pub fn new(agent: Agent, chunk: Option<NonZeroUsize>) -> InProcess {
        InProcess {
            agent,
            now: Duration::ZERO,
            chunk: chunk.map_or(usize::MAX, NonZeroUsize::get),
            unsent: Vec::new(),
            sent: 0,
            closed_told: false,
        }
    }

    /// The virtual time since the agent was started.
    pub fn now(&self) -> Time {
        Time::ZERO + self.now
    }

    /// The agent, to look at what it was asked and what it refused.
    pub fn agent_mut(&mut self) -> &mut Agent {
        &mut self.agent
    }

    /// Puts bytes in the queue of those to send.
    pub fn queue(&mut self, bytes: &[u8]) {
        self.unsent.drain(..std::mem::take(&mut self.sent));
        self.unsent.extend_from_slice(bytes);
    }

    /// Sends from the queue. What the agent does not take now waits, as in a socket's
    /// buffer, and it gets it while it is read.
    pub fn flush(&mut self) -> Flush {
        self.feed();
        Flush::Sent
    }

    /// What the agent says until then, or nothing.
    pub fn read(&mut self, until: Time) -> Arrival {
        let until = until - Time::ZERO;
        loop {
            // What is ready is said before anything more is done that takes time.
            if let Some(bytes) = self.transmit_fed() {
                return Arrival::Bytes(bytes);
            }
            if self.agent.death().is_some() && !std::mem::replace(&mut self.closed_told, true) {
                return Arrival::Closed;
            }
            if !self.pass_time(until) {
                return Arrival::Nothing;
            }
        }
    }

    /// Closes the channel and opens it again: what was sent is still read, as from
    /// a socket's buffer, but the answers to it are lost. False if the agent died.
    pub fn reopen(&mut self) -> bool {
        while self.sent < self.unsent.len() {
            self.feed();
            self.agent.handle_disconnect(ChannelId::FIRST);
            if self.sent < self.unsent.len() && !self.pass_time(Duration::MAX) {
                break;
            }
        }
        self.agent.handle_disconnect(ChannelId::FIRST);
        self.agent.death().is_none()
    }

    /// Goes to the next moment at which something happens. False if that is not
    /// before `until`: then it is `until` now.
    fn pass_time(&mut self, until: Duration) -> bool {
        let next = self
            .agent
            .poll_timeout()
            .map(|it| it.0)
            .filter(|it| *it > self.now && *it <= until);
        if next.is_none() && until == Duration::MAX {
            return false;
        }
        self.now = next.unwrap_or(self.now.max(until));
        self.agent.handle_timeout(self.model_now());
        next.is_some()
    }

    /// What the agent has to say; if it has nothing, after it was handed what it takes.
    fn transmit_fed(&mut self) -> Option<Vec<u8>> {
        let ready = self.agent.poll_transmit(ChannelId::FIRST);
        ready.or_else(|| {
            self.feed();
            self.agent.poll_transmit(ChannelId::FIRST)
        })
    }

    /// Hands the agent as much as it takes.
    fn feed(&mut self) {
        while self.sent < self.unsent.len() {
            let left = &self.unsent[self.sent..];
            let piece = &left[..left.len().min(self.chunk)];
            let taken = self.agent.handle_bytes(ChannelId::FIRST, self.model_now(), piece);
            self.sent += taken;
            if taken < piece.len() {
                return;
            }
        }
    }

    fn model_now(&self) -> qga_model::time::Time {
        qga_model::time::Time(self.now)
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::find_release;
    use qga_model::deviation::Deviation;
    use qga_model::guest::Guest;
    use qga_model::state::Config;
    use qga_model::state_dir::MemoryStateDir;
    use std::time::Instant;

    fn channel(chunk: Option<usize>) -> InProcess {
        channel_to(Config::new(find_release("7.2").expect("a release")), chunk)
    }

    fn channel_to(config: Config, chunk: Option<usize>) -> InProcess {
        let agent = Agent::new(config, Guest::default(), Box::new(MemoryStateDir::new())).expect("an agent");
        InProcess::new(agent, chunk.and_then(NonZeroUsize::new))
    }

    fn said(channel: &mut InProcess) -> Vec<u8> {
        let mut said = Vec::new();
        while let Arrival::Bytes(bytes) = channel.read(channel.now()) {
            said.extend(bytes);
        }
        said
    }

    #[test]
    fn waiting_costs_nothing() {
        let (mut channel, began) = (channel(None), Instant::now());
        let day = Duration::from_secs(86_400);
        assert_eq!(channel.read(channel.now() + day), Arrival::Nothing);
        assert_eq!(channel.now(), Time::ZERO + day);
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn the_cut_of_the_bytes_does_not_show() {
        let request =
            "{\"execute\": \"guest-info\"}{\"execute\": \"nope\"}\u{FF}{\"execute\": \"guest-ping\", \"id\": 1}";
        let answers = [None, Some(1), Some(7)].map(|chunk| {
            let mut channel = channel(chunk);
            channel.queue(request.as_bytes());
            assert_eq!(channel.flush(), Flush::Sent);
            said(&mut channel)
        });
        assert!(answers[0].ends_with(b"{\"return\": {}, \"id\": 1}\n"));
        assert!(answers.iter().all(|it| *it == answers[0]));
    }

    #[test]
    fn each_answer_comes_when_it_is_ready() {
        let config = Config {
            deviation: Deviation::named("slow"),
            ..Config::new(find_release("7.2").expect("a release"))
        };
        let mut channel = channel_to(config, None);
        channel.queue(&b"{\"execute\": \"guest-ping\"}\n".repeat(3));
        assert_eq!(channel.flush(), Flush::Sent);
        for ready in [300, 600, 900] {
            let until = Time::ZERO + Duration::from_secs(9);
            assert_eq!(channel.read(until), Arrival::Bytes(b"{\"return\": {}}\n".to_vec()));
            assert_eq!(channel.now(), Time::ZERO + Duration::from_millis(ready));
        }
    }

    #[test]
    fn a_new_client_finds_half_a_request_but_no_old_answers() {
        let mut channel = channel(None);
        channel.queue(b"{\"execute\": \"guest-ping\"}\n{\"execute\": \"guest-pi");
        assert!(channel.reopen());
        assert_eq!(said(&mut channel), b"");
        channel.queue(b"ng\", \"id\": 2}\n");
        assert_eq!(said(&mut channel), b"{\"return\": {}, \"id\": 2}\n");
    }
}
