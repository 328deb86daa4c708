//! The form of a recording in a virtual machine: one event a line.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A line.
#[derive(Debug, Deserialize)]
struct Line {
    t: f64,
    dir: String,
    /// Each byte as the character of its number.
    bytes: Option<String>,
    label: Option<String>,
    transport: Option<String>,
    what: Option<String>,
    count: Option<u64>,
    value: Option<bool>,
    pending: Option<String>,
    guest_sh: Option<String>,
    #[serde(default)]
    out: String,
    console_tail: Option<String>,
    line: Option<String>,
    cmd: Option<String>,
    #[serde(default)]
    reply: String,
}

/// Something that happened.
#[derive(Debug)]
pub(super) struct Event {
    /// Seconds since the recording began.
    seconds: f64,
    pub(super) kind: Kind,
}

/// What happened.
#[derive(Debug)]
pub(super) enum Kind {
    /// What the recording is about: the machine's label.
    About(String),
    Request(Vec<u8>),
    Reply(Vec<u8>),
    /// A shell line in the guest, and what it printed.
    Shell {
        line: String,
        printed: String,
    },
    /// The end of what the guest's console showed.
    Console(String),
    /// Seen from outside.
    Seen(Seen),
    /// QEMU told of an event: its line of JSON, or `EOF`.
    Told(String),
    /// QEMU was asked on its monitor.
    Monitor {
        command: String,
        reply: String,
    },
}

/// Something seen from outside.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) what: String,
    pub(super) count: Option<u64>,
    pub(super) value: Option<bool>,
    /// What had been read of an unfinished line.
    pub(super) pending: String,
}

impl Event {
    pub(super) fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.max(0.0))
    }
}

/// The events of a file in its order.
pub(super) fn read(path: &Path) -> Result<Vec<Event>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let event = |(number, line): (usize, &str)| {
        let place = || format!("{}:{}", path.display(), number + 1);
        let line: Line = serde_json::from_str(line).with_context(place)?;
        let seconds = line.t;
        let kind = kind(line).with_context(place)?;
        Ok(Event { seconds, kind })
    };
    lines.map(event).collect()
}

fn kind(line: Line) -> Result<Kind> {
    Ok(match line.dir.as_str() {
        "meta" => Kind::About(line.label.or(line.transport).unwrap_or_default()),
        "req" => Kind::Request(latin_1(line.bytes)?),
        "rep" => Kind::Reply(latin_1(line.bytes)?),
        "qmp_event" => Kind::Told(line.line.context("an event without its line")?),
        "qmp" => Kind::Monitor {
            command: line.cmd.context("a question without its command")?,
            reply: line.reply,
        },
        "obs" => observation(line)?,
        other => bail!("`{other}` is no direction: expected meta, req, rep, obs, qmp or qmp_event"),
    })
}

fn observation(line: Line) -> Result<Kind> {
    if let Some(shell) = line.guest_sh {
        return Ok(Kind::Shell {
            line: shell,
            printed: line.out,
        });
    }
    if let Some(console) = line.console_tail {
        return Ok(Kind::Console(console));
    }
    Ok(Kind::Seen(Seen {
        what: line.what.context("an observation that does not say what was seen")?,
        count: line.count,
        value: line.value,
        pending: line.pending.unwrap_or_default(),
    }))
}

fn latin_1(text: Option<String>) -> Result<Vec<u8>> {
    let text = text.context("no bytes")?;
    let byte = |it: char| u8::try_from(it).with_context(|| format!("{it:?} is no byte"));
    text.chars().map(byte).collect()
}

/// The label of the machine that was recorded.
pub(super) fn label(events: &[Event]) -> Option<String> {
    events.iter().find_map(|it| match &it.kind {
        Kind::About(label) => Some(label.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Event>> {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), text)?;
        read(file.path())
    }

    #[test]
    fn an_event_is_read_with_its_time_and_bytes() {
        let text = "{\"t\": 1.5, \"dir\": \"rep\", \"bytes\": \"\u{ff}{}\\n\"}\n\n";
        let events = read_text(text).unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].time(), Duration::from_millis(1500));
        assert!(matches!(&events[0].kind, Kind::Reply(bytes) if bytes == b"\xff{}\n"));
    }

    #[test]
    fn a_broken_line_is_named_by_its_place() {
        for broken in [
            "{",
            r#"{"t": 0, "dir": "up"}"#,
            r#"{"t": 0, "dir": "req"}"#,
            r#"{"t": 0, "dir": "obs"}"#,
            r#"{"t": 0, "dir": "req", "bytes": "€"}"#,
        ] {
            let error = read_text(&format!("{{\"t\": 0, \"dir\": \"meta\"}}\n{broken}")).unwrap_err();
            assert!(error.to_string().ends_with(":2"), "{error}");
        }
    }
}
