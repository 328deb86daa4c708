//! Clients before one agent, as a listening socket lets them in: one at a time,
//! the others wait.

use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};
use std::time::Duration;

use qga_model::agent::{Agent, ChannelId};
use qga_model::time::Time;

/// How long a client listens after the last byte until it calls it quiet.
const QUIET: Duration = Duration::from_millis(300);

/// How long it waits at most for an agent that is busy with a child.
const BUSY_MAX: Duration = Duration::from_secs(5);

/// The socket of a running agent, and time.
pub(super) struct Wire {
    agent: Agent,
    now: Time,
    clients: BTreeMap<u32, Client>,
    waiting: VecDeque<u32>,
    served: Option<u32>,
}

/// One end of a connection.
#[derive(Default)]
struct Client {
    /// Sent and not yet taken by the agent.
    outgoing: VecDeque<u8>,
    /// Sent by the agent and not yet read.
    incoming: Vec<u8>,
    /// It sends no more.
    finished: bool,
    /// It is gone and reads no more.
    gone: bool,
    /// The agent closed the connection.
    closed: bool,
}

impl Wire {
    /// The socket of an agent that has just started at `now`.
    pub(super) fn new(agent: Agent, now: Time) -> Wire {
        Wire {
            agent,
            now,
            clients: BTreeMap::new(),
            waiting: VecDeque::new(),
            served: None,
        }
    }

    /// A client connects, unless it is connected.
    pub(super) fn connect(&mut self, client: u32) {
        if let Entry::Vacant(place) = self.clients.entry(client) {
            place.insert(Client::default());
            self.waiting.push_back(client);
        }
        self.run();
    }

    /// A client sends, connecting first where needed.
    pub(super) fn send(&mut self, client: u32, bytes: &[u8]) {
        self.connect(client);
        if let Some(client) = self.clients.get_mut(&client) {
            client.outgoing.extend(bytes);
        }
        self.run();
    }

    /// A client says that it will send no more.
    pub(super) fn finish(&mut self, client: u32) {
        if let Some(client) = self.clients.get_mut(&client) {
            client.finished = true;
        }
        self.run();
    }

    /// A client goes away and leaves what it did not read.
    pub(super) fn close(&mut self, client: u32) {
        if let Some(client) = self.clients.get_mut(&client) {
            client.finished = true;
            client.gone = true;
        }
        self.run();
        self.clients.remove(&client);
    }

    /// All that a client gets until it is quiet.
    pub(super) fn read(&mut self, client: u32) -> Vec<u8> {
        self.wait_for_child();
        self.pass(QUIET);
        let client = self.clients.get_mut(&client);
        client.map(|it| std::mem::take(&mut it.incoming)).unwrap_or_default()
    }

    /// Whether the agent has closed a client's connection.
    pub(super) fn is_closed(&self, client: u32) -> bool {
        self.clients.get(&client).is_some_and(|it| it.closed)
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self.agent.poll_timeout().filter(|it| *it <= end) {
            self.now = self.now.max(next);
            self.agent.handle_timeout(self.now);
            self.run();
        }
        self.now = end;
        self.agent.handle_timeout(end);
        self.run();
    }

    fn wait_for_child(&mut self) {
        let until = self.now + BUSY_MAX;
        while let Some(next) = self.agent.poll_timeout().filter(|it| self.is_busy() && *it <= until) {
            self.pass(next.since(self.now));
        }
    }

    /// Whether a client waits for an agent that takes nothing.
    fn is_busy(&self) -> bool {
        let served = self.served.and_then(|it| self.clients.get(&it));
        self.agent.death().is_none() && served.is_some_and(|it| !it.outgoing.is_empty())
    }

    /// The time.
    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// The agent, to look at.
    pub(super) fn agent(&self) -> &Agent {
        &self.agent
    }

    /// The agent, to change its guest.
    pub(super) fn agent_mut(&mut self) -> &mut Agent {
        &mut self.agent
    }

    /// The agent without its clients.
    pub(super) fn into_agent(self) -> Agent {
        self.agent
    }

    /// Lets agent and clients do all they can do now.
    fn run(&mut self) {
        while self.agent.death().is_none() {
            if self.served.is_none() {
                self.served = self.next_client();
            }
            let Some(served) = self.served else { return };
            if !self.serve(served) {
                return;
            }
        }
        self.clients.values_mut().for_each(|it| it.closed = true);
    }

    /// The client that has waited longest and was not removed meanwhile.
    fn next_client(&mut self) -> Option<u32> {
        std::iter::from_fn(|| self.waiting.pop_front()).find(|it| self.clients.contains_key(it))
    }

    /// Moves bytes both ways; whether there may be more to do.
    fn serve(&mut self, served: u32) -> bool {
        let Some(client) = self.clients.get_mut(&served) else {
            self.release();
            return true;
        };
        let bytes = client.outgoing.make_contiguous();
        let taken = self.agent.handle_bytes(ChannelId::FIRST, self.now, bytes);
        client.outgoing.drain(..taken);
        let output = self.agent.poll_transmit(ChannelId::FIRST);
        let moved = taken > 0 || output.is_some();
        client.incoming.extend(output.unwrap_or_default());
        if client.finished && client.outgoing.is_empty() && !moved {
            client.closed = true;
            self.release();
            return true;
        }
        moved
    }

    /// The agent is done with the client it served.
    fn release(&mut self) {
        self.agent.handle_disconnect(ChannelId::FIRST);
        self.served = None;
    }
}
