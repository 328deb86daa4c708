//! The whole agent in its guest.

use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::{Agent, ChannelId, Config, Time};

use crate::input::{Input, sent_by_the_suite};

/// The id of the sync that must be answered whatever came before.
const LAST_ID: i64 = 4_711_815;
/// What throws away whatever is half read, and asks for the answer.
const RECOVERY: &str = "\n{\"execute\": \"guest-sync\", \"arguments\": {\"id\": 4711815}}\n";
/// How often time is moved on before the agent is taken to wait for ever.
const WAITS_MAX: usize = 1000;

pub(crate) fn run(input: &[u8]) {
    let Some(input) = Input::of(input) else { return };
    let whole = Talk::new(&input).of([input.bytes].into_iter());
    let cut = Talk::new(&input).of(input.bytes.chunks(input.piece));
    assert_eq!(
        whole.as_ref().map(|it| it.escape_ascii().to_string()),
        cut.as_ref().map(|it| it.escape_ascii().to_string()),
        "{}: whole, and in pieces of {}",
        input.release,
        input.piece
    );
    if let Some(replies) = whole {
        check(&replies);
    }
}

/// Each reply is a line of ASCII behind at most one 0xFF, and the last is the sync's.
fn check(replies: &[u8]) {
    assert!(replies.ends_with(b"\n"), "the last reply has no end");
    let lines: Vec<&[u8]> = replies.split_inclusive(|it| *it == b'\n').collect();
    for line in &lines {
        let text = line.strip_prefix(b"\xFF").unwrap_or(line);
        let is_plain = |it: &u8| (b' '..=0x7F).contains(it) || *it == b'\n';
        assert!(
            text.iter().all(is_plain),
            "not a line of ASCII: {}",
            text.escape_ascii()
        );
    }
    let last: serde_json::Value = serde_json::from_slice(lines[lines.len() - 1]).expect("a sync's reply is JSON");
    assert_eq!(last["return"], LAST_ID);
}

/// One agent, and what it has said.
struct Talk {
    agent: Agent,
    replies: Vec<u8>,
    now: Time,
}

impl Talk {
    fn new(input: &Input) -> Talk {
        let guest = Guest::named("default").expect("it is built in");
        let store = Box::new(MemoryStateDir::new());
        Talk {
            agent: Agent::new(Config::new(input.release), guest, store).unwrap_or_else(|it| panic!("{it:?}")),
            replies: Vec::new(),
            now: Time::ZERO,
        }
    }

    /// What it says to these bytes and to the recovery; `None` if it dies, or waits in
    /// the guest's kernel, as the real one may.
    fn of<'b>(mut self, pieces: impl Iterator<Item = &'b [u8]>) -> Option<Vec<u8>> {
        for piece in pieces {
            self.say(piece)?;
        }
        self.say(b"\xFF")?;
        self.say(RECOVERY.as_bytes())?;
        Some(self.replies)
    }

    fn say(&mut self, mut bytes: &[u8]) -> Option<()> {
        for _ in 0..WAITS_MAX {
            let taken = self.agent.handle_bytes(ChannelId::FIRST, self.now, bytes);
            bytes = &bytes[taken..];
            self.replies
                .extend(self.agent.poll_transmit(ChannelId::FIRST).unwrap_or_default());
            if self.agent.death().is_some() || self.agent.is_hanging() {
                return None;
            }
            if bytes.is_empty() && !self.agent.is_busy() {
                return Some(());
            }
            if self.agent.is_busy() {
                self.now = self.agent.poll_timeout().unwrap_or(self.now);
                self.agent.handle_timeout(self.now);
            }
        }
        panic!("it waits for ever");
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    sent_by_the_suite()
}
