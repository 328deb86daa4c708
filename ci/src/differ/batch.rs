//! A batch: what a client does with a fresh agent, and how the model gets the bytes cut.

use std::fmt;

use super::converse::names_one_stream;
use super::harmless::{REACH_BYTES, is_harmless, is_harmless_behind};
use super::mutate;
use super::request::{Requests, Scope};
use crate::text::shown;
use fastrand::Rng;
use qga_fixtures::schema::ExecOtherStream;

/// How many messages a batch has.
pub(super) const MESSAGES: usize = 50;

/// What one fresh agent is sent.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// In order, nothing between them.
    pub(super) messages: Vec<Message>,
    /// Where the cuts begin that the model gets the same bytes in.
    pub(super) cuts: u64,
}

/// What a client does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// It sends these bytes.
    Bytes(Vec<u8>),
    /// It asks for a process until that has ended: for the one that was started
    /// last, or so many before it.
    Poll(usize),
    /// It sends no more, hears the rest, and comes back with a new connection.
    HangUp,
}

impl Batch {
    /// The batch of a number; the same for the same scope and seed.
    pub(super) fn of(scope: Scope<'_>, seed: u64, number: u64) -> Batch {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number));
        let cuts = rng.u64(..);
        let damage = Damage::ALL[rng.usize(0..Damage::ALL.len())];
        let mut requests = match damage {
            Damage::None => Requests::careful(scope),
            Damage::Mended | Damage::Wild => Requests::careless(scope),
        };
        let mut messages = Vec::with_capacity(MESSAGES);
        let mut end = Vec::new();
        while messages.len() < MESSAGES {
            let message = message(damage, &mut requests, &mut rng);
            let bytes = message.bytes().unwrap_or_default();
            if is_harmless_behind(&end, bytes) {
                end.extend_from_slice(bytes);
                end.drain(..end.len().saturating_sub(REACH_BYTES));
                messages.push(message);
            }
        }
        if scope.release.exec_other_stream == ExecOtherStream::DescriptorZero {
            stay(&mut messages);
        }
        Batch { messages, cuts }
    }

    /// Whether a real agent may be sent it.
    pub(super) fn is_harmless(&self) -> bool {
        is_harmless(&self.bytes())
    }

    /// All the bytes it sends of its own.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let bytes = self.messages.iter().filter_map(Message::bytes);
        bytes.flatten().copied().collect()
    }
}

impl Message {
    /// The bytes, if it is bytes.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Message::Bytes(bytes) => Some(bytes),
            Message::Poll(_) | Message::HangUp => None,
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Bytes(bytes) => f.write_str(&shown(bytes)),
            Message::Poll(back) => write!(f, "(polls the process started last but {back})"),
            Message::HangUp => f.write_str("(hangs up and comes back)"),
        }
    }
}

/// Has a client stay that once asked for one stream of a program's output: where the
/// agent closes its descriptor 0 then, a new connection would get the number.
fn stay(messages: &mut Vec<Message>) {
    let names_stream = |it: &Message| it.bytes().is_some_and(names_one_stream);
    let Some(from) = messages.iter().position(names_stream) else {
        return;
    };
    let later = messages.split_off(from);
    messages.extend(later.into_iter().filter(|it| *it != Message::HangUp));
}

/// How much of a batch is damaged.
#[derive(Clone, Copy)]
enum Damage {
    /// Nothing: all is JSON, so that much can be done with the same files.
    None,
    /// Some, and the client starts over after it, as careful ones do.
    Mended,
    /// Half of it, and whatever comes of it.
    Wild,
}

impl Damage {
    /// Half of the batches are not damaged.
    const ALL: [Damage; 4] = [Damage::None, Damage::None, Damage::Mended, Damage::Wild];

    /// What a client sends next.
    fn bytes(self, requests: &mut Requests<'_>, rng: &mut Rng) -> Vec<u8> {
        let mut bytes = requests.any(rng);
        match self {
            Damage::None => {
                while serde_json::from_slice::<serde_json::Value>(&bytes).is_err() {
                    bytes = requests.any(rng);
                }
            }
            Damage::Mended if rng.u32(0..4) == 0 => {
                tamper(&mut bytes, rng);
                bytes.extend_from_slice(START_OVER);
            }
            Damage::Wild if rng.bool() => tamper(&mut bytes, rng),
            Damage::Mended | Damage::Wild => {}
        }
        bytes
    }
}

/// The byte that makes an agent forget what it has read, and a line end.
const START_OVER: &[u8] = b"\xFF\n";

/// Mostly bytes; now and then a client waits for a program, or goes and comes back.
fn message(damage: Damage, requests: &mut Requests<'_>, rng: &mut Rng) -> Message {
    match rng.u32(0..200) {
        0..8 => Message::Poll(rng.usize(0..3)),
        8..10 => Message::HangUp,
        _ => Message::Bytes(damage.bytes(requests, rng)),
    }
}

fn tamper(bytes: &mut Vec<u8>, rng: &mut Rng) {
    for _ in 0..rng.usize(1..=3) {
        mutate::once(bytes, rng);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qga_fixtures::schema::Release;

    fn scope() -> Scope<'static> {
        let release = Release::find("7.2").unwrap();
        Scope { release, only: "" }
    }

    #[test]
    fn a_number_is_always_the_same_batch_and_another_is_another() {
        let messages = |seed, number| Batch::of(scope(), seed, number).messages;
        assert_eq!(messages(1, 7), messages(1, 7));
        assert_ne!(messages(1, 7), messages(1, 8));
        assert_ne!(messages(1, 7), messages(2, 7));
    }

    #[test]
    fn every_batch_is_harmless_and_has_everything_in_it_in_time() {
        let mut kinds = [0; 3];
        for number in 0..200 {
            let batch = Batch::of(scope(), 1, number);
            assert!(batch.is_harmless(), "batch {number}");
            for message in batch.messages {
                kinds[match message {
                    Message::Bytes(_) => 0,
                    Message::Poll(_) => 1,
                    Message::HangUp => 2,
                }] += 1;
            }
        }
        assert!(kinds.iter().all(|it| *it > 50), "{kinds:?}");
    }
}
