//! Bytes of any kind: the tokens that matter in any order, and requests that are cut,
//! spliced, repeated and interrupted. Nothing in them names a path or a command that
//! does anything.

use crate::fuzz::random::Random;
use crate::fuzz::session::Raw;

/// The most tokens of most cases, and of a few. What is wrong shows in few tokens, and
/// the fewer they are, the more cases there are.
const TOKENS_FEW: usize = 4;
const TOKENS_MAX: usize = 12;
/// The most requests of a few cases; others have one.
const REQUESTS_MAX: usize = 3;
/// One case in so many has many.
const MANY: usize = 6;
/// The most cuts.
const CUTS_MAX: usize = 4;
/// How deep brackets go in a case about depth: around the reference agent's limit.
const DEEP: usize = 1020;
/// They are much work for an agent, so they come seldom.
const DEEP_SELDOM: usize = 200;
/// The room that is made for the bytes of a case.
const USUAL_BYTES: usize = 128;

const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\"",
    b"'",
    b"\\",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"\0",
    b"\xFF",
    b"\xFE",
    b"{\"execute\": \"guest-ping\"}",
    b"{\"execute\": \"guest-ping\"}\n",
    b"{'execute': 'guest-ping'}\n",
    b"{\"execute\": \"guest-sync\", \"arguments\": {\"id\": 7}}\n",
    b"{\"execute\": \"guest-sync-delimited\", \"arguments\": {\"id\": 8}}\n",
    b"{\"execute\": \"guest-nope\"}\n",
    b"{\"execute\": \"guest-ping\", \"id\": 1}\n",
    b"{\"execute\"",
    b"\"execute\"",
    b"\"guest-ping\"",
    b"{}",
    b"[]",
    b"\"\"",
    b"\"a\"",
    b"0",
    b"-",
    b"1",
    b"-0",
    b"01",
    b"1.5",
    b"1e3",
    b"1e400",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"true",
    b"false",
    b"null",
    b"tru",
    b"nul",
    b"True",
    b"NaN",
    b"\"\\u0000\"",
    b"\"\\uD800\"",
    b"\"\\uD83D\\uDE00\"",
    b"\"\\x\"",
    b"\"\\u12",
    b"\"\xC3\xA9\"",
    b"\"\xC0\x80\"",
    b"\xC3",
    b"\x80",
    b"\xEF\xBB\xBF",
    b"//",
    b"/*",
    b"#",
    b"%d",
    b"\x7F",
    b"\x1B",
    b"\"\x01\"",
];

/// Requests whose answers are the same every time.
const REQUESTS: &[&[u8]] = &[
    b"{\"execute\": \"guest-ping\"}\n",
    b"{\"execute\":\"guest-sync\",\"arguments\":{\"id\":1795333843584}}\n",
    b"{\"execute\": \"guest-sync-delimited\", \"arguments\": {\"id\": -1}}\n",
    b"{\"arguments\": {}, \"execute\": \"guest-ping\"}\r\n",
    b"{\"execute\": \"guest-nope\", \"arguments\": {\"a\": [1, {\"b\": null}, \"\\u00e9\"]}}\n",
    b"{\"execute\": \"guest-ping\", \"id\": {\"a\": [true, 1.5]}}\n",
];

/// Bytes for one case.
pub(super) fn bytes(random: &mut Random) -> Raw {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    match random.below(10) {
        0..5 => tokens(random, &mut bytes),
        5..9 => spoilt(random, &mut bytes),
        _ if random.one_in(DEEP_SELDOM) => deep(random, &mut bytes),
        _ => {
            let length = random.below(24);
            bytes = random.bytes(length);
        }
    }
    let cuts = if random.one_in(4) {
        cuts(random, bytes.len())
    } else {
        Vec::new()
    };
    Raw {
        bytes,
        cuts,
        reopens: false,
    }
}

/// What a client leaves behind that goes in the middle of something.
pub(super) fn left_behind(random: &mut Random) -> Raw {
    let mut raw = bytes(random);
    if random.one_in(2) {
        let request = *random.pick(REQUESTS);
        raw.bytes = request[..random.below(request.len())].to_vec();
    }
    Raw {
        cuts: Vec::new(),
        reopens: true,
        ..raw
    }
}

/// A request whose second part comes from another client.
pub(super) fn halves(random: &mut Random) -> Raw {
    let bytes = random.pick::<&[u8]>(REQUESTS).to_vec();
    let cut = 1 + random.below(bytes.len() - 3);
    Raw {
        bytes,
        cuts: vec![cut],
        reopens: true,
    }
}

fn tokens(random: &mut Random, bytes: &mut Vec<u8>) {
    let most = if random.one_in(MANY) { TOKENS_MAX } else { TOKENS_FEW };
    some_tokens(random, most, bytes);
}

/// A few of the tokens that matter, in place of what is in `bytes`.
pub(super) fn few_tokens(random: &mut Random, bytes: &mut Vec<u8>) {
    bytes.clear();
    some_tokens(random, TOKENS_FEW, bytes);
}

fn some_tokens(random: &mut Random, most: usize, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(most) {
        bytes.extend_from_slice(random.pick::<&[u8]>(TOKENS));
    }
}

/// Requests, and then something done to them.
fn spoilt(random: &mut Random, bytes: &mut Vec<u8>) {
    let most = if random.one_in(MANY) { REQUESTS_MAX } else { 1 };
    for _ in 0..=random.below(most) {
        bytes.extend_from_slice(random.pick::<&[u8]>(REQUESTS));
    }
    for _ in 0..1 + random.below(2) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..(at + 1 + random.below(6)).min(bytes.len()))),
            2 => drop(bytes.splice(at..at, random.pick::<&[u8]>(TOKENS).iter().copied())),
            3 => bytes.insert(at, 0xFF),
            4 => {
                let piece = bytes[at..(at + 1 + random.below(30)).min(bytes.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
}

/// Brackets about as deep as they may be, closed or left open.
fn deep(random: &mut Random, bytes: &mut Vec<u8>) {
    let depth = DEEP + random.below(8);
    bytes.extend(std::iter::repeat_n(b'[', depth));
    if random.one_in(2) {
        bytes.extend(std::iter::repeat_n(b']', depth));
    }
}

/// Places at which bytes are cut, in order.
fn cuts(random: &mut Random, length: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = (0..1 + random.below(CUTS_MAX))
        .map(|_| random.below(length + 1))
        .collect();
    cuts.retain(|it| *it > 0 && *it < length);
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}
