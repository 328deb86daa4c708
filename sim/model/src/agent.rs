//! The agent on its channels: the one place that knows a request's whole path.

use crate::args;
use crate::commands::{self, file, fsfreeze};
use crate::envelope::{self, Arguments, Rejected, Request};
use crate::event::Event;
use crate::guest::Guest;
use crate::json::Value;
use crate::message::CommandError;
use crate::reply::{self, SENTINEL};
use crate::session::{Frame, Session};
use crate::state::{Config, State};
use crate::state_dir::StateDir;
use crate::time::Time;
use qga_fixtures::schema::{Command, ErrorName, Presence};
use std::collections::{BTreeMap, VecDeque};

/// Bytes of replies that may wait for the client; at or above it the agent reads
/// nothing more, as the real one does while its writes block. A single reply may
/// go beyond.
pub const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// One way in and out of the agent: what the parser has read so far, and the
/// replies not yet taken. It outlives the clients that come and go on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChannelId(u32);

impl ChannelId {
    /// The channel every agent has.
    pub const FIRST: ChannelId = ChannelId(0);
}

struct Channel {
    session: Session,
    output: Vec<u8>,
}

/// The simulated agent. It performs no I/O and reads no clock.
pub struct Agent {
    state: State,
    channels: BTreeMap<ChannelId, Channel>,
}

/// Why an agent does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The state file is no key file.
    UnreadableState,
    /// The state file cannot be written.
    UnwritableState,
}

impl Agent {
    /// Starts an agent in a guest, with the state an earlier one left behind.
    pub fn new(config: Config, guest: Guest, store: Box<dyn StateDir>) -> Result<Agent, StartError> {
        let mut state = State {
            release: config.release,
            config,
            guest,
            store,
            files: file::OpenFiles::default(),
            freeze: fsfreeze::FreezeState::default(),
            now: Time::ZERO,
            busy_until: None,
            delimit_next: false,
            death: None,
            events: VecDeque::new(),
        };
        fsfreeze::restore(&mut state);
        file::restore(&mut state)?;
        let first = Channel {
            session: Session::new(state.release),
            output: Vec::new(),
        };
        Ok(Agent {
            state,
            channels: BTreeMap::from([(ChannelId::FIRST, first)]),
        })
    }

    /// Opens a further channel, for several clients at a time.
    pub fn open_channel(&mut self) -> ChannelId {
        let last = self.channels.keys().next_back().map_or(0, |id| id.0);
        let id = ChannelId(last + 1);
        self.channels.insert(
            id,
            Channel {
                session: Session::new(self.state.release),
                output: Vec::new(),
            },
        );
        id
    }

    /// Closes a channel that [`Agent::open_channel`] gave.
    pub fn close_channel(&mut self, channel: ChannelId) {
        if channel != ChannelId::FIRST {
            self.channels.remove(&channel);
        }
    }

    /// Takes bytes from a client and says how many it took.
    ///
    /// It takes fewer than given when the agent waits for a child (see
    /// [`Agent::poll_timeout`]) or its replies must first be taken (see
    /// [`OUTPUT_BYTES_MAX`]). A dead agent takes all and answers nothing.
    pub fn handle_bytes(&mut self, channel: ChannelId, now: Time, bytes: &[u8]) -> usize {
        self.handle_timeout(now);
        let Some(Channel { session, output }) = self.channels.get_mut(&channel) else {
            return bytes.len();
        };
        let mut taken = 0;
        while self.state.death.is_none() && self.state.busy_until.is_none() && output.len() < OUTPUT_BYTES_MAX {
            let (eaten, frame) = session.feed(&bytes[taken..]);
            taken += eaten;
            match frame {
                Some(frame) => answer(&mut self.state, frame, output),
                None => return taken,
            }
        }
        if self.state.death.is_some() { bytes.len() } else { taken }
    }

    /// Lets time pass: a child ends, a freeze reaches its limit.
    pub fn handle_timeout(&mut self, now: Time) {
        self.state.now = self.state.now.max(now);
        if self.state.busy_until.is_some_and(|until| until <= self.state.now) {
            self.state.busy_until = None;
        }
        fsfreeze::pass_time(&mut self.state);
    }

    /// The client went away: replies it did not take are lost, what the parser
    /// has read of an unfinished request stays.
    pub fn handle_disconnect(&mut self, channel: ChannelId) {
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.output.clear();
        }
    }

    /// Replies for the client, as many as there are. While the agent waits for a
    /// child there are none.
    pub fn poll_transmit(&mut self, channel: ChannelId) -> Option<Vec<u8>> {
        let channel = self.channels.get_mut(&channel)?;
        if self.state.busy_until.is_some() || channel.output.is_empty() {
            return None;
        }
        Some(std::mem::take(&mut channel.output))
    }

    /// When [`Agent::handle_timeout`] wants to be called next.
    pub fn poll_timeout(&self) -> Option<Time> {
        [self.state.busy_until, self.state.freeze.thaws_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// What happened since the last call, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.state.events.pop_front()
    }

    /// Why the agent died, if it did. A dead agent's channel is closed.
    pub fn death(&self) -> Option<&'static str> {
        self.state.death
    }

    /// Whether the agent holds filesystems frozen.
    pub fn is_frozen(&self) -> bool {
        self.state.freeze.is_frozen()
    }

    /// The guest, to look at.
    pub fn guest(&self) -> &Guest {
        &self.state.guest
    }

    /// The guest, to change behind the agent's back.
    pub fn guest_mut(&mut self) -> &mut Guest {
        &mut self.state.guest
    }

    /// Ends the agent as a signal would and gives back what outlives it.
    pub fn stop(mut self) -> (Guest, Box<dyn StateDir>) {
        file::close_all(&mut self.state);
        (self.state.guest, self.state.store)
    }
}

/// One frame's whole way to its reply.
fn answer(state: &mut State, frame: Frame, out: &mut Vec<u8>) {
    let value = match frame {
        Frame::Value(value) => value,
        Frame::Broken(error) => return reply::failure(state.release, &error, None, out),
        Frame::Fatal(why) => return state.die(why),
    };
    match envelope::request(state.release, value) {
        Ok(request) => answer_request(state, request, out),
        Err(Rejected::Error { id, error }) => reply::failure(state.release, &error, id.as_ref(), out),
        Err(Rejected::Echo(value)) => reply::bare(state.release, &value, out),
    }
}

fn answer_request(state: &mut State, request: Request, out: &mut Vec<u8>) {
    let Request { command, arguments, id } = request;
    let outcome = run(state, &command, arguments);
    if state.death.is_some() {
        return;
    }
    if std::mem::take(&mut state.delimit_next) {
        out.push(SENTINEL);
    }
    match outcome {
        Ok(Some(value)) => reply::success(state.release, &value, id.as_ref(), out),
        Ok(None) => {}
        Err(error) => reply::failure(state.release, &error, id.as_ref(), out),
    }
}

/// Runs a request; `None` is a success that this release does not answer.
fn run(state: &mut State, name: &[u8], arguments: Arguments) -> Result<Option<Value>, CommandError> {
    let command = look_up(state, name)?;
    state.gate(command)?;
    let handler = commands::handler(command.id).ok_or_else(|| not_found(name))?;
    let given = match arguments {
        Arguments::Given(given) => given,
        Arguments::Fatal => {
            state.die("arguments of a request are no object");
            return Ok(None);
        }
    };
    let args = args::check(state.release, command, given)?;
    if state.presence(command) == Presence::Refuses {
        return Err(CommandError::new(ErrorName::CommandUnsupported));
    }
    let value = handler(state, &args)?;
    Ok(command.answers_success(state.release).then_some(value))
}

fn look_up(state: &State, name: &[u8]) -> Result<&'static Command, CommandError> {
    state
        .commands()
        .find(|it| it.name.as_bytes() == name)
        .ok_or_else(|| not_found(name))
}

fn not_found(name: &[u8]) -> CommandError {
    CommandError::new(ErrorName::CommandNotFound).with("command", name)
}

#[cfg(test)]
mod tests;
