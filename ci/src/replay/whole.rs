//! Makes large bytes whole again of which only the first, the length and the
//! digest were recorded.
//!
//! They are always something short said many times; the digest tells whether the
//! guess was right.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The longest pattern that is looked for, in bytes.
const PERIOD_BYTES_MAX: usize = 512;

/// What may follow the repeated bytes inside a string of base64, before the
/// brackets close; an upper limit on the guesses is their number.
const MEMBERS_AFTER: &[&str] = &[
    "",
    ", \"capture-output\": true",
    ", \"capture-output\":true",
    ", \"id\": 1",
    ",\"id\":1",
];

/// The whole of `head` that has this length and digest, if it can be found.
pub(super) fn whole(head: &[u8], len: usize, sha256: &str) -> Option<Vec<u8>> {
    let found = |bytes: &Vec<u8>| digest(bytes) == sha256;
    repeated(head, len).filter(found).or_else(|| {
        let body = Body::of(head)?;
        body.endings(head)
            .into_iter()
            .filter_map(|ending| body.fill(head, len, &ending))
            .find(found)
    })
}

/// The digest as a recording writes it.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A whole request said again and again.
fn repeated(head: &[u8], len: usize) -> Option<Vec<u8>> {
    let period = (1..=PERIOD_BYTES_MAX.min(head.len() / 2)).find(|it| is_periodic(head, *it))?;
    Some(head[..period].iter().copied().cycle().take(len).collect())
}

fn is_periodic(bytes: &[u8], period: usize) -> bool {
    bytes[period..] == bytes[..bytes.len() - period]
}

/// Where in one request the repeated bytes begin, and how long their pattern is.
struct Body {
    start: usize,
    period: usize,
}

impl Body {
    fn of(head: &[u8]) -> Option<Body> {
        let starts = |period: usize| {
            let same = (period..head.len())
                .rev()
                .take_while(|at| head[*at] == head[at - period])
                .count();
            head.len() - same - period
        };
        (1..=PERIOD_BYTES_MAX)
            .filter(|period| head.len() > 2 * period)
            .map(|period| Body {
                start: starts(period),
                period,
            })
            .find(|body| body.start + head.len() / 2 < head.len())
    }

    fn fill(&self, head: &[u8], len: usize, ending: &[u8]) -> Option<Vec<u8>> {
        let body = len.checked_sub(self.start + ending.len())?;
        let pattern = &head[self.start..self.start + self.period];
        let mut bytes = head[..self.start].to_vec();
        bytes.extend(pattern.iter().cycle().take(body));
        bytes.extend_from_slice(ending);
        Some(bytes)
    }

    /// What may follow the body: the string's end, then all closing brackets.
    fn endings(&self, head: &[u8]) -> Vec<Vec<u8>> {
        let open = Open::of(head);
        let mut endings = Vec::new();
        for end in if open.in_string {
            self.string_ends(head)
        } else {
            vec![Vec::new(), head[self.start..=self.start].to_vec()]
        } {
            for member in MEMBERS_AFTER.iter().filter(|it| open.in_string || it.is_empty()) {
                for newline in ["\n", ""] {
                    endings.push([&end, member.as_bytes(), &open.closers, newline.as_bytes()].concat());
                }
            }
        }
        endings
    }

    /// The quote, or the rest of a base64 group and the quote.
    fn string_ends(&self, head: &[u8]) -> Vec<Vec<u8>> {
        let mut ends = vec![b"\"".to_vec()];
        let group = head
            .get(self.start..self.start + 4)
            .and_then(|it| STANDARD.decode(it).ok());
        for rest in group.iter().flat_map(|it| [&it[..1], &it[..2]]) {
            ends.push(format!("{}\"", STANDARD.encode(rest)).into_bytes());
        }
        ends
    }
}

/// What is open at the end of the head.
struct Open {
    in_string: bool,
    closers: Vec<u8>,
}

impl Open {
    fn of(head: &[u8]) -> Open {
        let mut open = Open {
            in_string: false,
            closers: Vec::new(),
        };
        for byte in head {
            match (open.in_string, byte) {
                (_, b'"') => open.in_string = !open.in_string,
                (false, b'{') => open.closers.push(b'}'),
                (false, b'[') => open.closers.push(b']'),
                (false, b'}' | b']') => drop(open.closers.pop()),
                _ => {}
            }
        }
        open.closers.reverse();
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovered(bytes: &[u8]) -> Option<Vec<u8>> {
        whole(&bytes[..2048.min(bytes.len())], bytes.len(), &digest(bytes))
    }

    #[test]
    fn repeated_requests_and_long_values_are_found_again() {
        let data = |len: usize| STANDARD.encode(vec![b'k'; len]);
        let cases = [
            "{\"execute\":\"guest-ping\"}\n".repeat(10_000),
            format!("{{\"execute\":\"guest-ping\",\"id\":\"{}\"}}\n", "x".repeat(1 << 20)),
            format!("{{\"execute\":\"guest-ping\",\"id\":\"{}\"}}", "z".repeat(70_000)),
            format!("{{\"execute\":\"guest-ping\",\"id\":[{}0]}}\n", "0,".repeat(99_999)),
            format!("{{\"a\": {{\"handle\": 6, \"buf-b64\": \"{}\"}}}}\n", data(300_000)),
            format!("{{\"a\": {{\"handle\": 6, \"buf-b64\": \"{}\"}}}}\n", data(300_001)),
            format!("{{\"a\": {{\"handle\": 6, \"buf-b64\": \"{}\"}}}}\n", data(300_002)),
            format!(
                "{{\"a\": {{\"input-data\": \"{}\", \"capture-output\": true}}}}\n",
                data(300_000)
            ),
        ];
        for case in cases {
            assert!(
                recovered(case.as_bytes()).as_deref() == Some(case.as_bytes()),
                "{}",
                &case[..60]
            );
        }
    }

    #[test]
    fn what_the_digest_does_not_confirm_is_not_taken() {
        let bytes = "{\"execute\":\"guest-ping\"}\n".repeat(1000).into_bytes();
        assert_eq!(whole(&bytes[..2048], bytes.len(), &digest(b"other")), None);
        let counted: String = (0..1000).map(|it| format!("{{\"id\":{it}}}\n")).collect();
        assert_eq!(recovered(counted.as_bytes()), None);
    }
}
