//! What bytes become, release by release. The tables are what recorded agents of
//! these releases answered, and what agents of 5.2, 7.2, 10.0 and 11.1 were asked.

mod bytewise;
mod every_release;
mod limits;
mod pushing;
mod resynchronising;

use qga_fixtures::schema::{ErrorForm, RELEASES};

use super::*;

/// A request that ends every parser's confusion once 0xFF has begun it.
const SYNC: &str = r#"{"execute":"guest-sync","arguments":{"id":7}}"#;
const SYNC_VALUE: &str = r#"{"execute": "guest-sync", "arguments": {"id": 7}}"#;

fn release(name: &str) -> &'static Release {
    Release::find(name).unwrap()
}

/// A frame in a form that is short to write down: the value as the release
/// writes it, `! ` and the error's text, or `dies`.
fn show(release: &Release, frame: &Frame) -> String {
    match frame {
        Frame::Value(value) => written(release, value),
        Frame::Broken(error) => format!("! {}", wording(release, error)),
        Frame::Fatal(_) => "dies".to_owned(),
    }
}

fn written(release: &Release, value: &Value) -> String {
    let mut out = Vec::new();
    value.write(release, &mut out);
    String::from_utf8(out).unwrap()
}

fn wording(release: &Release, error: &CommandError) -> String {
    let bytes = match release.error(error.name()).form {
        ErrorForm::Desc(_) => error.desc(release),
        ErrorForm::Data([]) => error.class(release).into(),
        ErrorForm::Data(pairs) => error.fill(pairs[0].1),
    };
    bytes.iter().map(printable).collect()
}

fn printable(byte: &u8) -> String {
    match byte {
        0x20..0x7F => char::from(*byte).to_string(),
        _ => byte.escape_ascii().to_string(),
    }
}

/// All frames of bytes that come at once.
fn feed(session: &mut Session, bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (taken, frame) = session.feed(rest);
        rest = &rest[taken..];
        frames.extend(frame);
    }
    frames
}

fn frames(name: &str, bytes: &[u8]) -> Vec<String> {
    let release = release(name);
    let frames = feed(&mut Session::new(release), bytes);
    frames.iter().map(|frame| show(release, frame)).collect()
}

type Case<'a> = (&'a [u8], &'a [&'a str]);

/// Each case begins with a fresh agent.
#[track_caller]
fn check(name: &str, cases: &[Case<'_>]) {
    for (sent, expected) in cases {
        let sent_text = sent.escape_ascii();
        assert_eq!(frames(name, sent), *expected, "{name}, sent {sent_text}");
    }
}
