//! What went over the wire, as a person reads it.

use super::ScriptReport;
use crate::script::print_bytes;
use crate::wire::{Wire, WireKind};

/// How many bytes of an entry are shown at its beginning and, if it is longer, at its end.
const SHOWN_BYTES_MAX: (usize, usize) = (600, 120);

/// Everything that went over the wire while a script ran, without the times: the
/// same run gives the same text.
pub fn transcript(script: &ScriptReport) -> String {
    script.wire.iter().map(|it| line(it) + "\n").collect()
}

/// One entry on a line.
pub(super) fn line(entry: &Wire) -> String {
    match entry.kind {
        WireKind::Sent => format!("→ {}", bytes(entry)),
        WireKind::Received => format!("← {}", bytes(entry)),
        WireKind::Reopened => "  (the script closed the channel and opened it again)".to_owned(),
        WireKind::Closed => "  (the agent closed the channel)".to_owned(),
    }
}

/// The bytes with escapes; of many only the two ends, with how many there are.
fn bytes(entry: &Wire) -> String {
    let (head_max, tail_max) = SHOWN_BYTES_MAX;
    if entry.length() <= (head_max + tail_max) as u64 {
        let all = [&entry.head[..], &entry.tail[..]].concat();
        return print_bytes(&all);
    }
    let head = &entry.head[..entry.head.len().min(head_max)];
    let last = if entry.tail.is_empty() {
        &entry.head
    } else {
        &entry.tail
    };
    let tail = &last[last.len().saturating_sub(tail_max)..];
    let missing = entry.length() - (head.len() + tail.len()) as u64;
    format!(
        "{} … {missing} bytes left out … {}   ({} bytes)",
        print_bytes(head),
        print_bytes(tail),
        entry.length()
    )
}
