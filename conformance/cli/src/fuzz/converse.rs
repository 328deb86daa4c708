//! A session on a channel. As much is sent at a time as can be: it is waited for a
//! reply only where the next request needs what it gives.
//!
//! What is due is known for each step: one line for a call, and for bytes of any kind
//! all lines up to the answer of the sync that is sent after them. The same kind of
//! sync ends the session, so that nothing is ever waited for in vain unless the agent
//! has stopped to answer.

use crate::exchange::Resync;
use crate::link::{Arrival, Flush, Link};
use memchr::memchr;
use memchr::memmem::Finder;
use qga_engine::fuzz::session::{self, Names, Slot};
use qga_engine::fuzz::{Call, End, Raw, Session, Step, Transcript};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

/// The longest line that is kept, in bytes.
const LINE_BYTES_MAX: usize = 8 << 20;
/// The most lines that are kept for one step.
const LINES_MAX: usize = 20_000;
/// The most bytes that are taken in one session: right answers to one are far fewer.
const SESSION_BYTES_MAX: usize = 64 << 20;
/// So many bytes without the end of a line are headway too: more of a long answer.
const HEADWAY_BYTES: usize = 4096;
/// Lines kept that nobody asked for.
const EXTRA_MAX: usize = 16;
/// The numbers of syncs begin here; cases use no number near it.
const FIRST_SYNC: u64 = 20_260_731_000_000;
/// What all of these numbers have in common.
static SYNC_DIGITS: LazyLock<Finder> = LazyLock::new(|| Finder::new(b"20260731"));
/// The longest answer to a sync, in bytes.
const SYNC_BYTES_MAX: usize = 256;
/// Whether there is but one CPU, for the agent and for this program. Where there are
/// more, others that want one would be let go first for nothing.
static SHARES_CPU: LazyLock<bool> = LazyLock::new(|| thread::available_parallelism().is_ok_and(|it| it.get() == 1));
/// The time between two questions about a program.
const POLL: Duration = Duration::from_millis(5);

/// How a session is put on a channel.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// The folder of the session's files, as the agent sees it.
    pub folder: &'a str,
    /// How long the agent may say nothing while something is due.
    pub patience: Duration,
    /// Which sync the agent knows.
    pub sync: Resync,
    /// How many answers may be due at a time: an agent that answers slowly, and all that
    /// came at once together, must not be taken for silent.
    pub window: usize,
}

/// What came of a session.
#[derive(Debug)]
pub struct Conversed {
    /// The agent's answers.
    pub transcript: Transcript,
    /// How long the agent was waited for.
    pub waited: Duration,
    /// The longest that it took to say more while something was due, on its own clock.
    pub longest: Duration,
    /// Whether the agent is in step and still there.
    pub in_step: bool,
}

/// Puts a session on a channel whose agent is in step.
pub async fn converse(link: &mut Link, session: &Session, manner: Manner<'_>) -> Conversed {
    let mut talk = Talk {
        link,
        manner,
        transcript: Transcript::new(session.steps.len()),
        slots: vec![None; usize::from(session.slots())],
        out: String::new(),
        due: VecDeque::new(),
        came: Vec::new(),
        received: 0,
        syncs: 0,
        failed: None,
        waited: Duration::ZERO,
        longest: Duration::ZERO,
    };
    for (at, step) in session.steps.iter().enumerate() {
        match step {
            Step::Call(call) => talk.call(at, call).await,
            Step::Raw(raw) => talk.raw(at, raw).await,
        }
        if talk.failed.is_some() {
            break;
        }
    }
    talk.finish().await;
    let in_step = talk.transcript.end == End::Complete && talk.transcript.extra.is_empty();
    Conversed {
        in_step,
        waited: talk.waited,
        longest: talk.longest,
        transcript: talk.transcript,
    }
}

struct Talk<'a> {
    link: &'a mut Link,
    manner: Manner<'a>,
    transcript: Transcript,
    slots: Vec<Option<String>>,
    /// What is to be sent with the next write, behind what the link has in its queue.
    out: String,
    due: VecDeque<Due>,
    /// The begin of a line.
    came: Vec<u8>,
    /// Bytes that came in this session.
    received: usize,
    syncs: u64,
    /// Why nothing more is sent.
    failed: Option<End>,
    waited: Duration,
    longest: Duration,
}

/// What is due next from the agent.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// One line for a call, and where the value it gives belongs.
    Reply { step: usize, binds: Option<Slot> },
    /// All lines up to the answer to the sync of that number.
    Sync { step: usize, number: u64, lines: usize },
    /// The answer to the sync of that number, and nothing before it.
    End { number: u64 },
}

struct Live<'t> {
    slots: &'t [Option<String>],
    folder: &'t str,
}

impl Names for Live<'_> {
    fn slot(&self, slot: Slot, out: &mut String) {
        if let Some(Some(value)) = self.slots.get(usize::from(slot)) {
            out.push_str(value);
        }
    }

    fn folder(&self, out: &mut String) {
        out.push_str(self.folder);
    }
}

impl Talk<'_> {
    async fn call(&mut self, at: usize, call: &Call) {
        if call.needs().any(|it| !self.is_known(it)) {
            self.settle().await;
            if self.failed.is_some() || call.needs().any(|it| !self.is_known(it)) {
                return;
            }
        }
        if self.due.len() >= self.manner.window {
            self.settle().await;
        }
        self.send(at, call);
        if call.polls {
            self.poll(at, call).await;
        }
    }

    fn send(&mut self, at: usize, call: &Call) {
        let names = Live {
            slots: &self.slots,
            folder: self.manner.folder,
        };
        call.write(&names, &mut self.out);
        self.out.push('\n');
        self.due.push_back(Due::Reply {
            step: at,
            binds: call.binds,
        });
    }

    /// Asks once more for as long as the program runs and the patience lasts.
    async fn poll(&mut self, at: usize, call: &Call) {
        let until = self.link.now() + self.manner.patience + session::PROGRAM_TIME;
        loop {
            self.settle().await;
            let runs = self.transcript.lines_of(at).next().is_some_and(session::is_running);
            if self.failed.is_some() || !runs || self.link.now() >= until {
                return;
            }
            let arrival = self.link.read(self.link.now() + POLL).await;
            self.arrived(arrival);
            self.transcript.forget(at);
            self.send(at, call);
        }
    }

    async fn raw(&mut self, at: usize, raw: &Raw) {
        if raw.reopens {
            self.settle().await;
        }
        let number = self.begin(at);
        self.queue(&raw.bytes);
        if raw.reopens && raw.cuts.is_empty() && !self.come_anew().await {
            return;
        }
        self.resync(number);
        if !raw.cuts.is_empty() {
            self.settle().await;
            self.transcript.again(at);
            let number = self.begin(at);
            for (at, piece) in raw.pieces().enumerate() {
                if raw.reopens && at > 0 && !self.come_anew().await {
                    return;
                }
                self.queue(piece);
                self.write().await;
            }
            self.resync(number);
        }
    }

    /// The client goes and comes anew: false if the agent is gone.
    async fn come_anew(&mut self) -> bool {
        self.write().await;
        if self.failed.is_none() && !self.link.reopen().await {
            self.failed = Some(End::Closed);
        }
        self.failed.is_none()
    }

    /// Bytes of a step begin, up to the sync of the number that it gives. It must be
    /// known before they are sent: the agent may answer while they are.
    fn begin(&mut self, step: usize) -> u64 {
        self.syncs += 1;
        let number = FIRST_SYNC + self.syncs;
        self.due.push_back(Due::Sync { step, number, lines: 0 });
        number
    }

    fn resync(&mut self, number: u64) {
        self.queue(&[0xFF]);
        self.sync(number);
    }

    /// Puts a sync in the queue.
    fn sync(&mut self, number: u64) {
        let name = match self.manner.sync {
            Resync::Delimited => "guest-sync-delimited",
            Resync::Sync => "guest-sync",
        };
        for part in ["{\"execute\": \"", name, "\", \"arguments\": {\"id\": "] {
            self.out.push_str(part);
        }
        writeln!(self.out, "{number}}}}}").expect("a string takes all");
    }

    async fn finish(&mut self) {
        if self.failed.is_none() {
            self.syncs += 1;
            let number = FIRST_SYNC + self.syncs;
            self.due.push_back(Due::End { number });
            self.sync(number);
            self.settle().await;
        }
        if let Some(why) = self.failed {
            self.give_up(why);
        }
    }

    /// Nothing more comes for all that is due.
    fn give_up(&mut self, why: End) {
        while let Some(due) = self.due.pop_front() {
            match due {
                Due::Reply { step, .. } | Due::Sync { step, .. } => self.transcript.end(step, why),
                Due::End { .. } => self.transcript.end = why,
            }
        }
        if self.transcript.end == End::NotSent {
            self.transcript.end = why;
        }
    }

    fn is_known(&self, slot: Slot) -> bool {
        self.slots.get(usize::from(slot)).is_some_and(Option::is_some)
    }

    /// Puts bytes in the queue that need not be text.
    fn queue(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.link.queue(self.out.as_bytes());
            self.link.queue(bytes);
            self.out.clear();
        }
    }

    /// Sends what is in the queue.
    async fn write(&mut self) {
        self.queue(&[]);
        while self.failed.is_none() {
            match self.link.flush(self.manner.patience).await {
                Flush::Sent => return,
                Flush::Bytes(bytes) => self.receive(&bytes),
                Flush::Stuck => return self.failed = Some(End::Closed),
            }
        }
    }

    /// Sends what is in the queue and waits for all that is due.
    async fn settle(&mut self) {
        self.write().await;
        let mut since = self.link.now();
        let mut headway = self.headway();
        while self.failed.is_none() && !self.due.is_empty() {
            if self.due.len() > 1 && *SHARES_CPU {
                // An agent that writes line by line would be interrupted for each of them.
                thread::yield_now();
            }
            let began = Instant::now();
            let arrival = self.link.read(since + self.manner.patience).await;
            self.waited += began.elapsed();
            if !self.arrived(arrival) {
                self.failed = self.failed.or(Some(End::Nothing));
            }
            if self.headway() != headway {
                headway = self.headway();
                self.longest = self.longest.max(self.link.now() - since);
                since = self.link.now();
            } else if self.link.now() >= since + self.manner.patience {
                self.failed = self.failed.or(Some(End::Nothing));
            }
        }
    }

    /// Changes when a line has come to its end, or a good part of a long one has come: a
    /// byte now and then is no answer.
    fn headway(&self) -> (usize, usize) {
        let open = self.came.len();
        (self.received - open, open / HEADWAY_BYTES)
    }

    /// False if nothing came.
    fn arrived(&mut self, arrival: Arrival) -> bool {
        match arrival {
            Arrival::Bytes(bytes) => self.receive(&bytes),
            Arrival::Closed => self.failed = Some(End::Closed),
            Arrival::Nothing => return false,
        }
        true
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.received += bytes.len();
        if self.received > SESSION_BYTES_MAX {
            return self.failed = Some(End::Endless);
        }
        let mut rest = bytes;
        while let Some(end) = memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            if self.came.is_empty() {
                self.line(line);
            } else {
                let mut whole = std::mem::take(&mut self.came);
                whole.extend_from_slice(line);
                self.line(&whole);
            }
        }
        self.came.extend_from_slice(rest);
        if self.came.len() > LINE_BYTES_MAX {
            self.failed = Some(End::Endless);
        }
    }

    /// A line came: it belongs to what is due next, unless it answers a sync. Then all
    /// that was due before the sync does not come any more: an agent answers in order.
    fn line(&mut self, line: &[u8]) {
        if let Some(at) = self.synced(line) {
            for due in self.due.drain(..at) {
                match due {
                    Due::Reply { step, .. } | Due::Sync { step, .. } => self.transcript.end(step, End::Nothing),
                    Due::End { .. } => {}
                }
            }
            match self.due.pop_front() {
                Some(Due::Sync { step, .. }) => self.transcript.end(step, End::Complete),
                _ => self.transcript.end = End::Complete,
            }
            return;
        }
        match self.due.front_mut() {
            Some(Due::Reply { step, binds }) => {
                if let Some(slot) = *binds {
                    self.slots[usize::from(slot)] = session::given(line).map(Cow::into_owned);
                }
                self.transcript.line(*step, line);
                self.transcript.end(*step, End::Complete);
                self.due.pop_front();
            }
            Some(Due::Sync { step, lines, .. }) if *lines < LINES_MAX => {
                *lines += 1;
                self.transcript.line(*step, line);
            }
            Some(Due::Sync { .. }) => self.failed = Some(End::Endless),
            Some(Due::End { .. }) | None if self.transcript.extra.len() < EXTRA_MAX => {
                self.transcript.extra.push(line.to_vec())
            }
            Some(Due::End { .. }) | None => self.failed = Some(End::Endless),
        }
    }

    /// Which of the syncs that are due the line answers.
    fn synced(&self, line: &[u8]) -> Option<usize> {
        let text = line.strip_prefix(&[0xFF]).unwrap_or(line);
        if text.len() > SYNC_BYTES_MAX || SYNC_DIGITS.find(text).is_none() {
            return None;
        }
        let number: u64 = session::given(text)?.parse().ok().filter(|it| *it > FIRST_SYNC)?;
        self.due.iter().position(|it| match it {
            Due::Sync { number: it, .. } | Due::End { number: it } => *it == number,
            Due::Reply { .. } => false,
        })
    }
}
