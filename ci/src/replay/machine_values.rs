//! Values in replies that are the machine's and not the protocol's: process
//! numbers and clock readings.
//!
//! Those the model gives stand for those that were recorded, as far as both give
//! one in the same place.

use crate::text::contains;

/// A kind of reply with such a value, and what asks for it.
struct Kind {
    /// The request has this in it.
    request: &'static [u8],
    /// The reply begins so; a number follows.
    reply: &'static [u8],
}

/// A process that was started.
const PROCESS: Kind = Kind {
    request: b"guest-exec\"",
    reply: b"{\"return\": {\"pid\": ",
};

/// What the clock says.
const CLOCK: Kind = Kind {
    request: b"guest-get-time\"",
    reply: b"{\"return\": ",
};

/// What a request for a process looks like.
const STATUS: &[u8] = b"guest-exec-status";

/// A value as it was recorded, and the model's.
type Pair = (Vec<u8>, Vec<u8>);

/// The process numbers that stand for each other.
#[derive(Debug, Default)]
pub(super) struct Pids {
    pairs: Vec<Pair>,
}

impl Pids {
    /// A request with the model's number instead of the recorded one.
    pub(super) fn in_request(&self, request: Vec<u8>) -> Vec<u8> {
        if !contains(&request, STATUS) {
            return request;
        }
        // The latest first: a recorded number may have been used again.
        let known = self
            .pairs
            .iter()
            .rev()
            .find(|(recorded, _)| place_of(&request, recorded).is_some());
        match known {
            Some((recorded, model)) => replaced(&request, recorded, model),
            None => request,
        }
    }

    /// Recorded replies with the model's process numbers instead of their own.
    pub(super) fn in_reply_to_exec(&mut self, request: &[u8], recorded: &[u8], model: &[u8]) -> Vec<u8> {
        if !contains(request, PROCESS.request) {
            return recorded.to_vec();
        }
        let (replies, pairs) = exchanged(&PROCESS, b"", recorded, model);
        self.pairs.extend(pairs);
        replies
    }

    /// Recorded replies with the model's values instead of their own.
    pub(super) fn in_reply(&mut self, request: &[u8], recorded: &[u8], model: &[u8]) -> Vec<u8> {
        if contains(request, PROCESS.request) {
            return self.in_reply_to_exec(request, recorded, model);
        }
        if contains(request, CLOCK.request) {
            return exchanged(&CLOCK, request, recorded, model).0;
        }
        recorded.to_vec()
    }
}

/// The recorded lines with the model's numbers, and which became which. A number
/// that stands in `echoed` is the client's own and stays.
fn exchanged(kind: &Kind, echoed: &[u8], recorded: &[u8], model: &[u8]) -> (Vec<u8>, Vec<Pair>) {
    let own: Vec<_> = lines(model).map(|line| number_in(kind, line)).collect();
    let mut replies = Vec::with_capacity(recorded.len());
    let mut pairs = Vec::new();
    for (index, line) in lines(recorded).enumerate() {
        match (number_in(kind, line), own.get(index).copied().flatten()) {
            (Some(from), Some(to)) if place_of(echoed, from).is_none() => {
                pairs.push((from.to_vec(), to.to_vec()));
                replies.extend(replaced(line, from, to));
            }
            _ => replies.extend_from_slice(line),
        }
    }
    (replies, pairs)
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// The number that a reply line gives.
fn number_in<'a>(kind: &Kind, line: &'a [u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(kind.reply)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    Some(&rest[..end]).filter(|it| !it.is_empty())
}

/// Where a number stands as a whole one.
fn place_of(bytes: &[u8], number: &[u8]) -> Option<usize> {
    let is_digit = |at: Option<usize>| at.and_then(|it| bytes.get(it)).is_some_and(u8::is_ascii_digit);
    (0..=bytes.len().checked_sub(number.len())?).find(|at| {
        bytes[*at..].starts_with(number) && !is_digit(at.checked_sub(1)) && !is_digit(Some(at + number.len()))
    })
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    match place_of(bytes, from) {
        Some(at) => [&bytes[..at], to, &bytes[at + from.len()..]].concat(),
        None => bytes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXEC: &[u8] = b"{\"execute\": \"guest-exec\"}";
    const TIME: &[u8] = b"{\"execute\": \"guest-get-time\"}";

    #[test]
    fn a_recorded_process_becomes_the_models_from_then_on() {
        let mut pids = Pids::default();
        let reply = pids.in_reply(EXEC, b"{\"return\": {\"pid\": 811}}\n", b"{\"return\": {\"pid\": 2}}\n");
        assert_eq!(reply, b"{\"return\": {\"pid\": 2}}\n");
        let ask =
            |pid| format!("{{\"execute\": \"guest-exec-status\", \"arguments\": {{\"pid\": {pid}}}}}").into_bytes();
        assert_eq!(pids.in_request(ask(811)), ask(2));
        assert_eq!(pids.in_request(ask(8110)), ask(8110));
        assert_eq!(pids.in_request(b"811".to_vec()), b"811");
    }

    #[test]
    fn a_clock_reading_is_the_models() {
        let reply = Pids::default().in_reply(TIME, b"{\"return\": 17000}\n", b"{\"return\": 5000}\n");
        assert_eq!(reply, b"{\"return\": 5000}\n");
    }

    #[test]
    fn other_replies_stay_as_they_were() {
        let mut pids = Pids::default();
        for (request, recorded, model) in [
            (EXEC, &b"{\"return\": {}}\n"[..], &b"{\"return\": {\"pid\": 2}}\n"[..]),
            (EXEC, b"{\"return\": {\"pid\": 811}}\n", b"{\"error\": {}}\n"),
            (EXEC, b"", b"{\"return\": {\"pid\": 2}}\n"),
            (TIME, b"{\"return\": 17000}\n", b"{\"return\": {}}\n"),
            (
                b"{\"execute\": \"guest-sync\"}",
                b"{\"return\": 17000}\n",
                b"{\"return\": 5000}\n",
            ),
            (
                b"{\"execute\": \"guest-sync\", \"arguments\": {\"id\": 17}}{\"execute\": \"guest-get-time\"}",
                b"{\"return\": 17}\n",
                b"{\"return\": 5}\n",
            ),
        ] {
            assert_eq!(pids.in_reply(request, recorded, model), recorded);
        }
        assert!(pids.pairs.is_empty());
    }
}
