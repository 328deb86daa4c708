//! What is known of a claim, in words and as JSON.

use super::Explained;
use crate::releases;
use crate::status::Problem;
use qga_engine::report::wire_line;
use qga_engine::script::{Level, print_bytes};
use qga_engine::wire::{Wire, WireKind};
use qga_fixtures::schema::{Command, System};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Entries of the wire that are shown.
const ENTRIES_MAX: usize = 24;

pub(super) fn text(explained: &[Explained]) -> String {
    let texts: Vec<String> = explained.iter().map(one).collect();
    texts.join("\n")
}

fn one(it: &Explained) -> String {
    let mut out = format!("{}  {}: {}\n\n", it.claim.id, it.claim.level, it.claim.text);
    field(&mut out, "owed by", owed_by(it.claim.level));
    for source in &it.sources {
        field(&mut out, "source", source);
    }
    for reason in reasons(it) {
        field(&mut out, "reason", &reason);
    }
    field(&mut out, "releases", &releases::in_words(&it.releases));
    field(&mut out, "system", &systems(it));
    field(&mut out, "effect", &effects(it).join(", "));
    for (script, at) in &it.scripts {
        field(
            &mut out,
            "script",
            &format!("{}  {}", place(script, *at), script.name()),
        );
    }
    match &it.shown {
        Err(why) => field(&mut out, "reply", why),
        Ok(shown) => {
            let _ = writeln!(
                out,
                "\n  The simulated agent of {}, in {}:",
                shown.release, shown.script
            );
            for entry in shown.wire.iter().take(ENTRIES_MAX) {
                let _ = writeln!(out, "  {}", wire_line(entry));
            }
            let more = shown.wire.len().saturating_sub(ENTRIES_MAX);
            if more > 0 {
                let _ = writeln!(out, "  … {more} more");
            }
        }
    }
    out
}

fn field(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "  {name:<9} {value}");
}

fn owed_by(level: Level) -> &'static str {
    match level {
        Level::Must => "every agent: the published schema says so",
        Level::Should => "every agent that clients are to rely on as on QEMU's",
        Level::Exact => "a drop-in copy of QEMU's agent, to the byte",
    }
}

/// Why the claim is made: what the schema says of the command, and what its scripts say.
fn reasons(it: &Explained) -> Vec<String> {
    let commands = it.sources.iter().filter_map(|source| {
        let command = Command::find(source.strip_prefix("schema:")?.trim())?;
        Some(format!("{}: {}", command.name, command.about))
    });
    let mut reasons: Vec<String> = commands.collect();
    if it.is_derived {
        reasons
            .push("The case is derived from the schema of the release: what it says of arguments and results.".into());
    }
    let told: BTreeSet<String> = it.scripts.iter().map(|(script, _)| script.about()).collect();
    reasons.extend(told.into_iter().filter(|it| !it.is_empty()));
    reasons
}

fn systems(it: &Explained) -> String {
    let systems: BTreeSet<_> = it.scripts.iter().map(|(script, _)| script.system()).collect();
    if systems.contains(&None) {
        return "any".to_owned();
    }
    let names: Vec<&str> = systems.into_iter().flatten().map(System::name).collect();
    names.join(", ")
}

fn effects(it: &Explained) -> Vec<&'static str> {
    let effects: BTreeSet<_> = it.scripts.iter().flat_map(|(script, _)| script.effects()).collect();
    match effects.is_empty() {
        true => vec!["none"],
        false => effects.into_iter().map(|it| it.name()).collect(),
    }
}

fn place(script: &qga_engine::Script, at: usize) -> String {
    let line = script
        .claims()
        .nth(at)
        .map_or(0, |(at, _)| script.records[at].place.line);
    match line {
        0 => script.file.clone(),
        line => format!("{}:{line}", script.file),
    }
}

pub(super) fn json(explained: &[Explained]) -> Result<String, Problem> {
    let all: Vec<Value> = explained.iter().map(object).collect();
    Ok(format!("{:#}\n", Value::from(all)))
}

fn object(it: &Explained) -> Value {
    let scripts = it
        .scripts
        .iter()
        .map(|(script, at)| json!({"place": place(script, *at), "session": script.name(), "guest": script.guest()}));
    let mut object = json!({
        "id": it.claim.id, "level": it.claim.level, "text": it.claim.text, "sources": it.sources,
        "reasons": reasons(it), "releases": releases::in_words(&it.releases), "system": systems(it),
        "effects": effects(it), "derived": it.is_derived, "scripts": scripts.collect::<Vec<_>>(),
    });
    match &it.shown {
        Err(why) => object["not-shown"] = why.as_str().into(),
        Ok(shown) => {
            let wire: Vec<Value> = shown.wire.iter().map(entry).collect();
            object["exchange"] = json!({"release": shown.release.name, "script": shown.script, "wire": wire});
        }
    }
    object
}

fn entry(wire: &Wire) -> Value {
    let bytes = [&wire.head[..], &wire.tail[..]].concat();
    let mut entry = json!({"kind": wire.kind});
    if matches!(wire.kind, WireKind::Sent | WireKind::Received) {
        entry["bytes"] = print_bytes(&bytes).into();
    }
    if wire.missing > 0 {
        entry["missing"] = wire.missing.into();
    }
    entry
}
