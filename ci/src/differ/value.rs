//! Random JSON text, mostly right and now and then not, in all the ways there are
//! to write the same.

use fastrand::Rng;

/// How deep values nest, apart from those that test the limit.
const DEPTH_MAX: usize = 3;

/// How many brackets may be open at once.
const DEEPEST: usize = 1024;

/// Bytes that mean something to a parser.
pub(super) const SHARP: &[u8] = b"{}[]:,\"'\\ \t\n\r\0\x01\x1B\x7F\x80\xC3\xED\xF5\xFE\xFF0-.eEtfn%@#";

/// Any value.
pub(super) fn any(rng: &mut Rng) -> Vec<u8> {
    nested(rng, 0)
}

fn nested(rng: &mut Rng, depth: usize) -> Vec<u8> {
    match rng.u32(0..100) {
        0..35 => number(rng),
        35..70 => string(rng),
        70..80 => one_of(rng, &[b"null", b"true", b"false", b"True", b"nul", b"NaN"]),
        80..90 if depth < DEPTH_MAX => array(rng, depth),
        90..100 if depth < DEPTH_MAX => object(rng, depth),
        _ => one_of(rng, &[b"{}", b"[]", b"\"\"", b"0"]),
    }
}

/// Brackets around the deepest nesting there may be, closed or left open.
pub(super) fn deep(rng: &mut Rng) -> Vec<u8> {
    let depth = rng.usize(DEEPEST - 3..DEEPEST + 4);
    let opened: Vec<_> = (0..depth).map(|_| rng.u32(0..20) > 0).collect();
    let mut text: Vec<u8> = Vec::new();
    for is_array in &opened {
        text.extend_from_slice(if *is_array { b"[" } else { b"{\"a\":" });
    }
    let closed = if rng.bool() { depth } else { rng.usize(0..=depth) };
    text.extend(number(rng));
    text.extend(
        opened
            .iter()
            .rev()
            .take(closed)
            .map(|is_array| if *is_array { b']' } else { b'}' }),
    );
    text
}

/// Bytes that are hardly JSON, of those that mean something to a parser.
pub(super) fn noise(rng: &mut Rng) -> Vec<u8> {
    (0..rng.usize(1..12))
        .map(|_| SHARP[rng.usize(0..SHARP.len())])
        .collect()
}

/// A number that ends where limits and formats end.
pub(super) fn number(rng: &mut Rng) -> Vec<u8> {
    const ODD: &[&[u8]] = &[
        b"-0",
        b"1.0",
        b"0.1",
        b"1e3",
        b"0e1",
        b"01",
        b"-",
        b"1.",
        b".5",
        b"+1",
        b"1e400",
        b"-1e400",
        b"1e-400",
        b"0.3333333333333333",
        b"1e16",
        b"1e17",
        b"9223372036854775807",
        b"9223372036854775808",
        b"-9223372036854775808",
        b"-9223372036854775809",
        b"18446744073709551615",
        b"18446744073709551616",
        b"4294967296",
        b"2147483648",
        b"1E3",
        b"1e+3",
        b"-1.5e-3",
        b"0.0",
        b"-0.0",
        b"-0e0",
        b"00",
        b"-01",
        b"1e",
        b"1e+",
        b"1.e1",
        b"0x10",
        b"1_0",
        b"Infinity",
        b"-Infinity",
        b"5e-324",
        b"2.2250738585072014e-308",
        b"1.7976931348623157e308",
        b"0.30000000000000004",
        b"123456789012345678901234567890",
        b"100000000000000000000e-18",
        b"9007199254740993",
        b"0.1e-5",
    ];
    match rng.u32(0..10) {
        0..5 => rng.i64(-5..20).to_string().into_bytes(),
        5..7 => one_of(rng, ODD),
        7 => rng.i64(..).to_string().into_bytes(),
        8 => (rng.f64() * 10f64.powi(rng.i32(-20..20))).to_string().into_bytes(),
        _ => format!("{:e}", rng.f64() * 1e5).into_bytes(),
    }
}

/// A string in either kind of quotes.
pub(super) fn string(rng: &mut Rng) -> Vec<u8> {
    let quote = if rng.u32(0..6) == 0 { b'\'' } else { b'"' };
    let mut text = vec![quote];
    for _ in 0..rng.usize(0..8) {
        text.extend(piece(rng));
    }
    text.push(quote);
    text
}

/// A piece of a string: text, an escape, or bytes that are not quite UTF-8.
fn piece(rng: &mut Rng) -> Vec<u8> {
    const ESCAPES: &[&[u8]] = &[
        b"\\n",
        b"\\\\",
        b"\\/",
        b"\\'",
        b"\\\"",
        b"\\b",
        b"\\u0000",
        b"\\u00e9",
        b"\\u007F",
        b"\\uD83D\\uDE00",
        b"\\uD800",
        b"\\uDC00",
        b"\\uFFFE",
        b"\\u12",
        b"\\x",
        b"\\u20AC",
        b"\\ud83d\\ude00",
        b"\\uDBFF\\uDFFF",
        b"\\uDBFF\\uDFFE",
        b"\\uDE00\\uD83D",
        b"\\uD83D\\u0041",
        b"\\uD83D\\n",
        b"\\uD83Dx",
        b"\\uFFFF",
        b"\\uFDD0",
        b"\\uFFFD",
        b"\\u0001",
        b"\\u001F",
        b"\\uGGGG",
        b"\\u",
        b"\\U0041",
        b"\\f",
        b"\\r",
        b"\\t",
        b"\\a",
        b"\\0",
    ];
    const ODD: &[&[u8]] = &[
        b"\x7F",
        b"\xC3\xA9",
        b"\xE2\x82\xAC",
        b"\xF0\x9F\x98\x80",
        b"\xC0\x80",
        b"\xC0\xAF",
        b"\xED\xA0\x80",
        b"\xEF\xBF\xBE",
        b"\x80",
        b"\xC3",
        b"\xF5",
        b"\xE2\x82",
        b"\xF4\x8F\xBF\xBF",
        b"\xF4\x8F\xBF\xBD",
        b"\xF4\x90\x80\x80",
        b"\xF0\x80\x80\x80",
        b"\xF0\x9F\x98",
        b"\xE0\x80\xAF",
        b"\xED\x9F\xBF",
        b"\xEF\xB7\x90",
        b"\xFE",
        b"\x1F",
        b"\x01",
        b"%d",
        b"\t",
        b"{",
        b"]",
        b"'",
    ];
    match rng.u32(0..10) {
        0..7 => vec![rng.alphanumeric() as u8],
        7..9 => one_of(rng, ESCAPES),
        _ => one_of(rng, ODD),
    }
}

fn array(rng: &mut Rng, depth: usize) -> Vec<u8> {
    let mut text = b"[".to_vec();
    for index in 0..rng.usize(0..4) {
        if index > 0 {
            text.extend(between(rng, b","));
        }
        text.extend(nested(rng, depth + 1));
    }
    text.push(b']');
    text
}

fn object(rng: &mut Rng, depth: usize) -> Vec<u8> {
    let members = (0..rng.usize(0..4))
        .map(|_| (string(rng), nested(rng, depth + 1)))
        .collect();
    joined(members, rng)
}

/// An object of members whose names are JSON text already.
pub(super) fn joined(members: Vec<(Vec<u8>, Vec<u8>)>, rng: &mut Rng) -> Vec<u8> {
    let mut text = b"{".to_vec();
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            text.extend(between(rng, b","));
        }
        text.extend(name);
        text.extend(between(rng, b":"));
        text.extend(value);
    }
    text.push(b'}');
    text
}

/// A separator with or without white space around it.
fn between(rng: &mut Rng, separator: &[u8]) -> Vec<u8> {
    const SPACES: &[&[u8]] = &[b"", b"", b" ", b"\n", b"\t", b"\r"];
    [&one_of(rng, SPACES), separator, &one_of(rng, &[b"", b" "])].concat()
}

/// One of several, as likely as the others.
pub(super) fn one_of(rng: &mut Rng, choices: &[&[u8]]) -> Vec<u8> {
    choices[rng.usize(0..choices.len())].to_vec()
}
