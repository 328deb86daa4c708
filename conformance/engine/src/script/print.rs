//! Writes scripts in their one canonical form: words in the first column, what
//! follows them from the ninth on, and the author's comments and blank lines kept.

use super::value::print_duration;
use super::{Claim, Condition, FieldKind, Record, RecordKind, Script, Trivia, print_bytes, template};
use crate::pattern::{Pattern, print::broken};
use std::fmt::Write as _;

/// The column where bodies begin, counted from 0.
const BODY_COLUMN: usize = 8;

/// The canonical text of a script, comments and blank lines included.
pub fn print(script: &Script) -> String {
    let mut out = String::new();
    for field in &script.header.fields {
        trivia(&field.before, &mut out);
        line(&mut out, &field_text(&field.kind));
    }
    if !script.records.is_empty() {
        line(&mut out, "");
    }
    for record in &script.records {
        trivia(&record.before, &mut out);
        guarded(record, &mut out);
    }
    trivia(&script.after, &mut out);
    out
}

/// The canonical text of one record, without guard and comments.
pub fn print_record(kind: &RecordKind) -> String {
    match kind {
        RecordKind::Claim(claim) => claim_text(claim),
        RecordKind::Send(it) => entry(">", &template::print(it, BODY_COLUMN)),
        RecordKind::SendRaw(bytes) => entry(">raw", &print_bytes(bytes)),
        RecordKind::Reply(pattern) => pattern_text("<", pattern),
        RecordKind::SyncReply(pattern) => pattern_text("<sync", pattern),
        RecordKind::Also(pattern) => pattern_text("<also", pattern),
        RecordKind::Again(pattern) => pattern_text("<again", pattern),
        RecordKind::Raw(bytes) => entry("<raw", &print_bytes(bytes)),
        RecordKind::Silence(it) => entry("<none", &print_duration(*it)),
        RecordKind::Closed => "<closed".to_owned(),
        RecordKind::Wait(it) => entry("wait", &print_duration(*it)),
        RecordKind::Timeout(it) => entry("timeout", &print_duration(*it)),
        RecordKind::Reopen => "reopen".to_owned(),
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn trivia(trivia: &[Trivia], out: &mut String) {
    for it in trivia {
        match it {
            Trivia::Blank => line(out, ""),
            Trivia::Comment(text) => line(out, &format!("#{text}")),
        }
    }
}

fn guarded(record: &Record, out: &mut String) {
    if let Some(guard) = &record.guard {
        line(out, &entry("onlyif", &condition(guard.condition)));
        trivia(&guard.after, out);
    }
    line(out, &print_record(&record.kind));
}

fn condition(condition: Condition) -> String {
    match condition {
        Condition::Since(version) => format!("since {version}"),
        Condition::Before(version) => format!("before {version}"),
        Condition::Os(system) => format!("os {}", system.name()),
    }
}

fn entry(word: &str, body: &str) -> String {
    match body.is_empty() {
        true => word.to_owned(),
        false => format!("{word:BODY_COLUMN$}{body}"),
    }
}

fn field_text(kind: &FieldKind) -> String {
    match kind {
        FieldKind::Session(name) => entry("session", name),
        FieldKind::About(lines) => entry("about", &lines.join(&format!("\n{:BODY_COLUMN$}", ""))),
        FieldKind::Since(version) => entry("since", &version.to_string()),
        FieldKind::Before(version) => entry("before", &version.to_string()),
        FieldKind::Os(system) => entry("os", system.name()),
        FieldKind::Needs(command) => entry("needs", command),
        FieldKind::Lacks(command) => entry("lacks", command),
        FieldKind::Effect(effect) => entry("effect", effect.name()),
        FieldKind::Guest(name) => entry("guest", name),
        FieldKind::Timeout(duration) => entry("timeout", &print_duration(*duration)),
    }
}

fn claim_text(claim: &Claim) -> String {
    let mut text = entry(claim.level.word(), &format!("{}  {}", claim.id, claim.text));
    if let Some(source) = &claim.source {
        write!(text, "  [{source}]").expect("a string takes all");
    }
    text
}

fn pattern_text(word: &str, pattern: &Pattern) -> String {
    entry(word, &broken(pattern, BODY_COLUMN))
}
