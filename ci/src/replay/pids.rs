//! Process numbers are the machine's and not the protocol's: the ones that were
//! recorded are told apart from the ones that the model gives.

use crate::text::contains;

/// What a reply with a process number looks like.
const REPLY: &[u8] = b"{\"return\": {\"pid\": ";

/// What a request for a process looks like.
const REQUEST: &[u8] = b"guest-exec-status";

/// Pairs of numbers that stand for the same process.
#[derive(Debug, Default)]
pub(super) struct Pids {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Pids {
    /// A request with the model's number instead of the recorded one.
    pub(super) fn in_request(&self, request: Vec<u8>) -> Vec<u8> {
        if !contains(&request, REQUEST) {
            return request;
        }
        // The latest first: a recorded number may have been used again.
        match self
            .pairs
            .iter()
            .rev()
            .find(|(recorded, _)| has_number(&request, recorded))
        {
            Some((recorded, model)) => replaced(&request, recorded, model),
            None => request,
        }
    }

    /// Recorded replies with the model's numbers instead of their own, as far as
    /// both start processes in the same places.
    pub(super) fn in_reply(&mut self, recorded: &[u8], model: &[u8]) -> Vec<u8> {
        let own: Vec<_> = lines(model).map(number_in).collect();
        let mut lined = Vec::with_capacity(recorded.len());
        for (index, line) in lines(recorded).enumerate() {
            match (number_in(line), own.get(index).copied().flatten()) {
                (Some(from), Some(to)) => {
                    self.pairs.push((from.to_vec(), to.to_vec()));
                    lined.extend(replaced(line, from, to));
                }
                _ => lined.extend_from_slice(line),
            }
        }
        lined
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// The process number that a reply line gives.
fn number_in(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(REPLY)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    Some(&rest[..end]).filter(|it| !it.is_empty())
}

fn has_number(bytes: &[u8], number: &[u8]) -> bool {
    place_of(bytes, number).is_some()
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

    #[test]
    fn a_recorded_number_becomes_the_models_from_then_on() {
        let mut pids = Pids::default();
        let reply = pids.in_reply(b"{\"return\": {\"pid\": 811}}\n", b"{\"return\": {\"pid\": 2}}\n");
        assert_eq!(reply, b"{\"return\": {\"pid\": 2}}\n");
        let ask =
            |pid| format!("{{\"execute\": \"guest-exec-status\", \"arguments\": {{\"pid\": {pid}}}}}\n").into_bytes();
        assert_eq!(pids.in_request(ask(811)), ask(2));
        assert_eq!(pids.in_request(ask(8110)), ask(8110));
        assert_eq!(
            pids.in_request(b"{\"execute\": \"guest-ping\", \"id\": 811}".to_vec())
                .last(),
            Some(&b'}')
        );
        assert_eq!(pids.in_request(b"811".to_vec()), b"811");
    }

    #[test]
    fn other_replies_stay_as_they_were() {
        let mut pids = Pids::default();
        for (recorded, model) in [
            (&b"{\"return\": {}}\n"[..], &b"{\"return\": {\"pid\": 2}}\n"[..]),
            (b"{\"return\": {\"pid\": 811}}\n", b"{\"error\": {}}\n"),
            (b"", b"{\"return\": {\"pid\": 2}}\n"),
        ] {
            assert_eq!(pids.in_reply(recorded, model), recorded);
        }
        assert!(pids.pairs.is_empty());
    }
}
