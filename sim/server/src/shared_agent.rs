//! One agent, the real clock it lives by, and the wake-ups between its
//! connections and whoever watches it.

use crate::record::Record;
use qga_model::journal::{Asked, Journal};
use qga_model::{Agent, ChannelId, Event, Time};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, watch};

/// Events kept until somebody takes them; the oldest go first.
const EVENTS_MAX: usize = 1024;

/// An agent that several tasks drive.
pub(crate) struct SharedAgent {
    inner: Mutex<Inner>,
    /// Changed whenever the agent is free again.
    freed: watch::Sender<()>,
    /// The agent wants to be called at another time than before.
    timer: Notify,
    /// There are new events.
    happened: Notify,
}

struct Inner {
    agent: Agent,
    started: Instant,
    timeout: Option<Time>,
    events: VecDeque<Event>,
    journal: Journal,
    record: Option<Record>,
}

/// What came of giving bytes to the agent.
#[derive(Debug)]
pub(crate) struct Turn {
    /// How many bytes it took.
    pub(crate) taken: usize,
    /// It waits for a child or hangs in its kernel, and serves nobody.
    pub(crate) stuck: bool,
    /// It is dead: what it replied is the last.
    pub(crate) dead: bool,
    /// What it was asked, if it keeps a journal.
    pub(crate) asked: Vec<Asked>,
}

impl SharedAgent {
    /// Starts the clock. What is asked and what happens goes into the record too.
    pub(crate) fn new(agent: Agent, record: Option<Record>) -> SharedAgent {
        let inner = Inner {
            timeout: agent.poll_timeout(),
            agent,
            started: Instant::now(),
            events: VecDeque::new(),
            journal: Journal::default(),
            record,
        };
        SharedAgent {
            inner: Mutex::new(inner),
            freed: watch::Sender::new(()),
            timer: Notify::new(),
            happened: Notify::new(),
        }
    }

    /// Gives the agent bytes of a channel and takes its replies.
    pub(crate) fn turn(&self, channel: ChannelId, bytes: &[u8], output: &mut Vec<u8>) -> Turn {
        let mut inner = self.lock();
        let was_stuck = inner.is_stuck();
        let now = inner.now();
        let taken = inner.agent.handle_bytes(channel, now, bytes);
        inner.agent.transmit(channel, output);
        let turn = Turn {
            taken,
            stuck: inner.is_stuck(),
            dead: inner.agent.death().is_some(),
            asked: inner.take_asked(),
        };
        self.settle(&mut inner, was_stuck);
        turn
    }

    /// A channel's client went away.
    pub(crate) fn disconnect(&self, channel: ChannelId) {
        self.lock().agent.handle_disconnect(channel);
    }

    /// Opens a further channel.
    pub(crate) fn open_channel(&self) -> ChannelId {
        self.lock().agent.open_channel()
    }

    /// Closes it.
    pub(crate) fn close_channel(&self, channel: ChannelId) {
        self.lock().agent.close_channel(channel);
    }

    /// Tells when the agent is free again after it was busy.
    pub(crate) fn freed(&self) -> watch::Receiver<()> {
        self.freed.subscribe()
    }

    /// Why the agent died, if it did.
    pub(crate) fn death(&self) -> Option<&'static str> {
        self.lock().agent.death()
    }

    /// Looks at the agent, or changes it behind its clients' backs.
    pub(crate) fn with<R>(&self, look: impl FnOnce(&mut Agent) -> R) -> R {
        let mut inner = self.lock();
        let result = look(&mut inner.agent);
        self.pass_time(&mut inner);
        result
    }

    /// The next event; waits for it.
    pub(crate) async fn next_event(&self) -> Event {
        loop {
            let happened = self.happened.notified();
            if let Some(event) = self.take_event() {
                return event;
            }
            happened.await;
        }
    }

    /// The next event, if there is one.
    pub(crate) fn take_event(&self) -> Option<Event> {
        self.lock().events.pop_front()
    }

    /// The request that was made first and not taken yet, if a journal is kept.
    pub(crate) fn take_asked(&self) -> Option<Asked> {
        self.lock().journal.pop()
    }

    /// Tells the agent when its time has come, for ever.
    pub(crate) async fn keep_time(&self) {
        loop {
            let timer = self.timer.notified();
            let at = {
                let inner = self.lock();
                inner.timeout.map(|at| inner.started + at.0)
            };
            match at {
                None => timer.await,
                Some(at) => {
                    // Woken early, it looks again what the time is.
                    let _ = tokio::time::timeout_at(at.into(), timer).await;
                    self.pass_time(&mut self.lock());
                }
            }
        }
    }

    fn pass_time(&self, inner: &mut Inner) {
        let now = inner.now();
        let was_stuck = inner.is_stuck();
        inner.agent.handle_timeout(now);
        self.settle(inner, was_stuck);
    }

    /// Passes on what a call to the agent has changed; `was_stuck` is how it was
    /// before.
    fn settle(&self, inner: &mut Inner, was_stuck: bool) {
        if was_stuck && !inner.is_stuck() {
            self.freed.send_replace(());
        }
        let timeout = inner.agent.poll_timeout();
        if timeout != inner.timeout {
            inner.timeout = timeout;
            self.timer.notify_one();
        }
        while let Some(event) = inner.agent.poll_event() {
            if inner.events.len() == EVENTS_MAX {
                inner.events.pop_front();
            }
            if let Some(record) = &inner.record {
                record.event(&event);
            }
            inner.events.push_back(event);
            self.happened.notify_one();
        }
    }

    /// A panic elsewhere is reported there; the agent itself is whole.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn is_stuck(&self) -> bool {
        self.agent.is_busy() || self.agent.is_hanging()
    }

    /// Moves what was asked into the journal and the record.
    fn take_asked(&mut self) -> Vec<Asked> {
        let mut all = Vec::new();
        while let Some(asked) = self.agent.poll_asked() {
            if let Some(record) = &self.record {
                record.request(&asked);
            }
            self.journal.push(asked.clone());
            all.push(asked);
        }
        all
    }

    fn now(&self) -> Time {
        Time(self.started.elapsed())
    }
}
