//! The agent on its channels: the one place that knows a request's whole path.

use crate::args::{self, Args};
use crate::commands::stop::Stop;
use crate::commands::{exec, file, fsfreeze};
use crate::deviation::{self, Deviant};
use crate::envelope::{self, Arguments, Rejected, Request};
use crate::event::Event;
use crate::guest::Guest;
use crate::journal::{Asked, Journal};
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::reply::{self, SENTINEL};
use crate::session::{Frame, Session};
use crate::shape;
use crate::state::{Config, State};
use crate::state_dir::StateDir;
use crate::time::Time;
use qga_fixtures::schema::{Command, ErrorName, Presence, SilentSuccess};
use std::collections::{BTreeMap, VecDeque};

/// Bytes of replies that may wait for the client; at or above it the agent reads
/// nothing more, as the real one does while its writes block. A single reply may
/// go beyond.
pub const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// Room that is made for replies before there are any, at most.
const USUAL_OUTPUT_BYTES: usize = 16 << 10;

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
    /// A request that waits in the guest's kernel, and where it came from.
    hanging: Option<(ChannelId, Ready)>,
}

/// Why an agent does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The state file is no key file.
    UnreadableState,
    /// The state file cannot be written.
    UnwritableState,
    /// The guest has no such working folder.
    NoWorkingFolder,
}

impl Agent {
    /// Starts an agent in a guest, with the state an earlier one left behind.
    pub fn new(config: Config, mut guest: Guest, store: Box<dyn StateDir>) -> Result<Agent, StartError> {
        let task = guest.start_agent().map_err(|_| StartError::NoWorkingFolder)?;
        let journal = config.journal;
        let deviation = Deviant::new(config.deviation);
        let mut state = State {
            release: deviation.release(config.release),
            config,
            guest,
            task,
            store,
            files: file::OpenFiles::default(),
            executions: exec::Executions::default(),
            freeze: fsfreeze::FreezeState::default(),
            now: Time::ZERO,
            busy_until: None,
            is_asleep: false,
            delimit_next: false,
            death: None,
            events: VecDeque::new(),
            journal: journal.then(Journal::default),
            deviation,
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
            hanging: None,
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
        let (mut taken, before) = (0, output.len());
        self.state.deviation.begin(session);
        while self.state.is_ready() && self.hanging.is_none() && output.len() < OUTPUT_BYTES_MAX {
            let (eaten, frame) = self.state.deviation.feed(session, &bytes[taken..]);
            taken += eaten;
            let Some(frame) = frame else { break };
            self.hanging = answer(&mut self.state, frame, output).map(|ready| (channel, ready));
        }
        self.state.deviation.end(output, before);
        if self.state.death.is_some() { bytes.len() } else { taken }
    }

    /// Lets time pass: a child ends, a freeze reaches its limit, a request that
    /// waited in the kernel is tried again.
    pub fn handle_timeout(&mut self, now: Time) {
        self.state.now = self.state.now.max(now);
        self.state.guest.advance(self.state.now);
        if self.state.busy_until.is_some_and(|until| until <= self.state.now) {
            self.state.go_on();
        }
        fsfreeze::pass_time(&mut self.state);
        if let Some((channel, ready)) = self.hanging.take() {
            let mut lost = Vec::new();
            let output = self.channels.get_mut(&channel).map_or(&mut lost, |it| &mut it.output);
            let before = output.len();
            self.hanging = execute(&mut self.state, ready, output).map(|ready| (channel, ready));
            self.state.deviation.write(self.state.release, output, before);
        }
    }

    /// Wakes the machine from outside, as its power button would: whether it slept.
    pub fn wake(&mut self, now: Time) -> bool {
        self.handle_timeout(now);
        let slept = self.is_asleep();
        if slept {
            self.state.go_on();
        }
        slept
    }

    /// Whether the machine sleeps.
    pub fn is_asleep(&self) -> bool {
        self.state.is_asleep
    }

    /// The client went away: replies it did not take are lost, what the parser
    /// has read of an unfinished request stays.
    pub fn handle_disconnect(&mut self, channel: ChannelId) {
        if let Some(Channel { session, output }) = self.channels.get_mut(&channel) {
            let owes = !output.is_empty();
            output.clear();
            deviation::part(&mut self.state, session, owes);
        }
    }

    /// Replies for the client, as many as there are. While the agent waits for a
    /// child there are none.
    pub fn poll_transmit(&mut self, channel: ChannelId) -> Option<Vec<u8>> {
        let waiting = self.channels.get(&channel).map_or(0, |it| it.output.len());
        // It takes the place of what is given away: there will be about as much to say.
        let mut output = Vec::with_capacity(waiting.min(USUAL_OUTPUT_BYTES));
        self.transmit(channel, &mut output);
        (!output.is_empty()).then_some(output)
    }

    /// The same in place of what is in `output`, whose memory is used again.
    pub fn transmit(&mut self, channel: ChannelId, output: &mut Vec<u8>) {
        output.clear();
        if let Some(channel) = self.channels.get_mut(&channel)
            && self.state.busy_until.is_none()
        {
            std::mem::swap(&mut channel.output, output);
            if let Some(length) = self.state.deviation.piece(output.len()) {
                channel.output = output.split_off(length);
            }
        }
    }

    /// Whether the agent waits in the guest's kernel, for ever unless somebody
    /// changes the guest: call [`Agent::handle_timeout`] then.
    pub fn is_hanging(&self) -> bool {
        self.hanging.is_some()
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

    /// What clients have asked since the last call, oldest first; nothing unless
    /// [`Config::journal`] is set.
    pub fn poll_asked(&mut self) -> Option<Asked> {
        self.state.journal.as_mut()?.pop()
    }

    /// The errors that were answered since the last call, each once, in no order that
    /// means anything; nothing unless [`Config::journal`] is set.
    pub fn poll_refused(&mut self) -> Option<ErrorName> {
        self.state.journal.as_mut()?.pop_refused()
    }

    /// Why the agent died, if it did. A dead agent's channel is closed.
    pub fn death(&self) -> Option<&'static str> {
        self.state.death
    }

    /// Whether the agent waits for a child: it takes no bytes and gives no replies.
    pub fn is_busy(&self) -> bool {
        self.state.busy_until.is_some()
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
        exec::forget_all(&mut self.state);
        let State {
            mut guest, task, store, ..
        } = self.state;
        guest.end_task(task);
        (guest, store)
    }
}

/// One frame's whole way to its reply; the request that hangs, if it does.
fn answer(state: &mut State, frame: Frame, out: &mut Vec<u8>) -> Option<Ready> {
    let before = out.len();
    let frame = state.deviation.read(frame)?;
    let hanging = answer_frame(state, frame, out);
    state.deviation.write(state.release, out, before);
    hanging
}

fn answer_frame(state: &mut State, frame: Frame, out: &mut Vec<u8>) -> Option<Ready> {
    let value = match frame {
        Frame::Value(value) => value,
        Frame::Broken(error) => {
            refuse(state, &error, None, out);
            return None;
        }
        Frame::Fatal(why) => {
            state.die(why);
            return None;
        }
    };
    match envelope::request(state.release, value) {
        Ok(request) => {
            if let Some(journal) = &mut state.journal {
                journal.push(Asked::new(state.release, &request, out.len()));
            }
            return answer_request(state, request, out);
        }
        Err(Rejected::Error { id, error }) => refuse(state, &error, id.as_ref(), out),
        Err(Rejected::Echo(value)) => reply::bare(state.release, &value, out),
    }
    None
}

fn answer_request(state: &mut State, request: Request, out: &mut Vec<u8>) -> Option<Ready> {
    let Request { command, arguments, id } = request;
    match prepare(state, &command, arguments) {
        Ok((command, args)) => return execute(state, Ready { command, args, id }, out),
        Err(Stop::Dies(why)) => state.die(why),
        Err(Stop::Refused(error)) => refuse(state, &error, id.as_ref(), out),
        Err(Stop::Hangs) => unreachable!("nothing has run yet"),
    }
    None
}

/// A request whose command exists, may run, and has the arguments it takes.
struct Ready {
    command: &'static Command,
    args: Args,
    id: Option<Value>,
}

fn prepare(state: &State, name: &[u8], arguments: Arguments) -> Result<(&'static Command, Args), Stop> {
    let command = look_up(state, name)?;
    state.gate(command)?;
    let Arguments::Given(given) = arguments else {
        return Err(Stop::Dies("the arguments of a request are no object"));
    };
    let given = state.deviation.arguments(state.release, command, given);
    let args = args::check(state.release, command, given)?;
    if state.presence(command) == Presence::Refuses {
        return Err(CommandError::new(ErrorName::CommandUnsupported).into());
    }
    Ok((command, args))
}

/// Runs a command and writes its reply; gives the request back if it hangs.
fn execute(state: &mut State, ready: Ready, out: &mut Vec<u8>) -> Option<Ready> {
    let outcome = deviation::run(state, ready.command, &ready.args);
    let id = ready.id.as_ref();
    match outcome {
        Err(Stop::Hangs) => return Some(ready),
        Err(Stop::Dies(why)) => state.die(why),
        Err(Stop::Refused(error)) => refuse(state, &error, id, out),
        Ok(mut value) if answers_success(state, ready.command) => {
            match ready.command.returns_in(state.release) {
                Some(kind) => shape::fit(state.release, state.system(), kind, &mut value),
                None => value = Dict::new().into(),
            }
            if std::mem::take(&mut state.delimit_next) {
                out.push(SENTINEL);
            }
            reply::success(state.release, &value, id, out);
        }
        Ok(_) if state.release.silent_success == SilentSuccess::Dies => {
            state.die("a success that is not answered leaves no reply to send");
        }
        Ok(_) => {}
    }
    None
}

fn answers_success(state: &State, command: &Command) -> bool {
    let otherwise = state.deviation.answers(command);
    otherwise.unwrap_or_else(|| command.answers_success(state.release))
}

fn refuse(state: &mut State, error: &CommandError, id: Option<&Value>, out: &mut Vec<u8>) {
    if let Some(journal) = &mut state.journal {
        journal.refuse(error.name());
    }
    reply::failure(state.release, error, id, out);
}

fn look_up(state: &State, name: &[u8]) -> Result<&'static Command, CommandError> {
    let known = std::str::from_utf8(name).ok().and_then(Command::find);
    known
        .filter(|it| state.presence(it) != Presence::Absent)
        .ok_or_else(|| CommandError::new(ErrorName::CommandNotFound).with("command", name))
}

#[cfg(test)]
mod tests;
