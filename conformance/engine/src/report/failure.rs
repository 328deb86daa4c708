//! One failure as a person reads it: the claim, what it rests on, the script's line,
//! where the reply first differs, the bytes both ways, and how to see it again.

use super::{ClaimReport, Report, ScriptReport};
use crate::script::print_bytes;
use crate::verdict::{Failure, FailureKind, Mismatch, byte};
use crate::wire::{Wire, WireKind};
use std::fmt::Write as _;

/// How many entries of the wire log are shown before a failure.
const ENTRIES_MAX: usize = 24;

/// How many bytes of an entry are shown at its beginning and, if it is longer, at its end.
const SHOWN_BYTES_MAX: (usize, usize) = (600, 120);

/// The text about a claim that failed, over several lines.
pub fn failure(report: &Report, script: &ScriptReport, claim: &ClaimReport, failure: &Failure) -> String {
    let mut out = format!("{} ({}): {}\n", claim.id, claim.level, claim.text);
    if let Some(source) = &claim.source {
        field(&mut out, "source", source);
    }
    field(&mut out, "script", &format!("{}:{}", script.file, failure.line));
    field(&mut out, "line", &failure.record);
    difference(&mut out, &failure.kind);
    wire(&mut out, script, failure);
    if let Some(obituary) = &script.obituary {
        field(&mut out, "agent", obituary);
    }
    field(&mut out, "again", &format!("{} {}", report.again, script.file));
    out
}

fn field(out: &mut String, name: &str, value: &str) {
    let mut lines = value.lines();
    writeln!(out, "    {name:<9} {}", lines.next().unwrap_or("")).expect("a string takes all");
    for line in lines {
        writeln!(out, "    {:9} {line}", "").expect("a string takes all");
    }
}

fn difference(out: &mut String, kind: &FailureKind) {
    match kind {
        FailureKind::Mismatch(Mismatch {
            pointer,
            expected,
            found,
        }) => {
            let place = if pointer.is_empty() {
                "(the whole reply)"
            } else {
                pointer
            };
            field(out, "at", place);
            field(out, "expected", expected);
            field(out, "found", found);
        }
        FailureKind::Bytes {
            offset,
            after,
            expected,
            found,
        } => {
            field(out, "at", &format!("byte {offset}, after {after}"));
            field(out, "expected", &byte(*expected));
            field(out, "found", &byte(*found));
        }
        other => field(out, "found", &other.to_string()),
    }
}

fn wire(out: &mut String, script: &ScriptReport, failure: &Failure) {
    let entries = &script.wire[..failure.wire_end.min(script.wire.len())];
    let skipped = entries.len().saturating_sub(ENTRIES_MAX);
    if skipped > 0 {
        field(out, "wire", &format!("({skipped} earlier entries)"));
    }
    for (at, entry) in entries[skipped..].iter().enumerate() {
        let name = if at + skipped == 0 { "wire" } else { "" };
        field(out, name, &wire_line(entry));
    }
    if entries.is_empty() {
        field(out, "wire", "(nothing went over it)");
    }
    field(
        out,
        "",
        &format!("{:>10}  ✗ here", seconds(failure.after.as_secs_f64())),
    );
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.3} s")
}

/// An entry of a wire log as a person reads it: its time, and the bytes.
pub fn wire_line(entry: &Wire) -> String {
    let what = match entry.kind {
        WireKind::Sent => format!("→ {}", bytes(entry)),
        WireKind::Received => format!("← {}", bytes(entry)),
        WireKind::Reopened => "  (the script closed the channel and opened it again)".to_owned(),
        WireKind::Closed => "  (the agent closed the channel)".to_owned(),
        WireKind::Again => "  (the script was run once more, alone)".to_owned(),
    };
    format!("{:>10}  {what}", seconds(entry.at.as_secs_f64()))
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
