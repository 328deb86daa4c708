//! Reads records.

use super::error::Mistake;
use super::lines::{Body, Entry, Piece};
use super::{Claim, ClaimId, Condition, Level, RecordKind, Template, bytes, nearest, template, value};
use crate::pattern::{self, Fault, Pattern};

/// Reads a record whose first word is one of a record, but no guard.
pub(super) fn record(entry: &Entry) -> Result<RecordKind, Mistake> {
    let body = &entry.body;
    Ok(match entry.word {
        "must" => RecordKind::Claim(claim(Level::Must, body)?),
        "should" => RecordKind::Claim(claim(Level::Should, body)?),
        "exact" => RecordKind::Claim(claim(Level::Exact, body)?),
        ">" => RecordKind::Send(send(body)?),
        ">raw" => RecordKind::SendRaw(raw(body)?),
        "<" => RecordKind::Reply(reply(body)?),
        "<sync" => RecordKind::SyncReply(reply(body)?),
        "<also" => RecordKind::Also(reply(body)?),
        "<again" => RecordKind::Again(reply(body)?),
        "<raw" => RecordKind::Raw(raw(body)?),
        "<none" => RecordKind::Silence(value::duration(body)?),
        "<closed" => body.nothing(entry.word).map(|()| RecordKind::Closed)?,
        "wait" => RecordKind::Wait(value::duration(body)?),
        "timeout" => RecordKind::Timeout(value::duration(body)?),
        _ => body.nothing(entry.word).map(|()| RecordKind::Reopen)?,
    })
}

const CLAIM: &str = "write `must ABC-001 what the agent must do [source]`";
const ID: &str = "write an uppercase word, a dash and three digits, as `SYNC-004`";

fn claim(level: Level, body: &Body) -> Result<Claim, Mistake> {
    let first = body.first("the claim is missing", CLAIM)?;
    let id = id(first)?;
    let words = body.words();
    let (text, source) = source(words[id.as_str().len()..].trim(), body)?;
    if text.is_empty() {
        return Err(first.whole_mistake("the claim says nothing", CLAIM));
    }
    Ok(Claim {
        level,
        id,
        text,
        source,
    })
}

fn id(line: Piece) -> Result<ClaimId, Mistake> {
    let end = line.text.find([' ', '\t']).unwrap_or(line.text.len());
    let word = &line.text[..end];
    ClaimId::new(word).ok_or_else(|| {
        let upper = word.to_ascii_uppercase();
        let cure = match ClaimId::new(&upper) {
            Some(upper) => format!("did you mean `{upper}`?"),
            None => ID.to_owned(),
        };
        line.mistake(&Fault::new(0, end, format!("`{word}` is no id of a claim"), cure))
    })
}

/// Parts the text of a claim from the source in brackets at its end.
fn source(words: &str, body: &Body) -> Result<(String, Option<String>), Mistake> {
    let Some((text, source)) = words.split_once('[') else {
        return match words.contains(']') {
            false => Ok((words.to_owned(), None)),
            true => Err(bracket_mistake(body, ']')),
        };
    };
    match source.strip_suffix(']').map(str::trim) {
        Some(source) if !source.is_empty() && !source.contains(['[', ']']) && !text.contains(']') => {
            Ok((text.trim().to_owned(), Some(source.to_owned())))
        }
        _ => Err(bracket_mistake(body, '[')),
    }
}

fn bracket_mistake(body: &Body, bracket: char) -> Mistake {
    let line = body.lines().find(|it| it.text.contains(bracket));
    let line = line.expect("the bracket stands on one of its lines");
    let at = line.text.find(bracket).unwrap_or(0);
    let what = "brackets in a claim hold its source, and that stands last";
    let cure = "write `[source]` once, at the end, and no other square bracket";
    line.mistake(&Fault::new(at, at + 1, what, cure))
}

fn send(body: &Body) -> Result<Template, Mistake> {
    template::parse(body.lines().map(|it| it.text)).map_err(|(at, fault)| {
        let line = body.lines().nth(at).expect("it was read");
        line.mistake(&fault)
    })
}

fn raw(body: &Body) -> Result<Vec<u8>, Mistake> {
    let line = body.first(
        "the bytes are missing",
        "write them, as `\\xFF` or `{\"execute\": \"gue`",
    )?;
    bytes::parse(line.text).map_err(|fault| line.mistake(&fault))
}

fn reply(body: &Body) -> Result<Pattern, Mistake> {
    body.first(
        "the pattern is missing",
        "write what the reply must be, as `{\"return\": {}}` or `_`",
    )?;
    let joined = body.joined();
    pattern::parse(&joined.text).map_err(|fault| joined.mistake(&fault))
}

const CONDITIONS: [&str; 3] = ["since", "before", "os"];
const GUARD: &str = "write `onlyif since 4.2`, `onlyif before 4.2` or `onlyif os linux`";

/// Reads the condition of an `onlyif`.
pub(super) fn condition(body: &Body) -> Result<Condition, Mistake> {
    body.first("the condition is missing", GUARD)?;
    let words: Vec<Piece> = body.lines().flat_map(Piece::split).collect();
    let [word, rest @ ..] = &words[..] else {
        return Err(body.missing("the condition is missing", GUARD));
    };
    if !CONDITIONS.contains(&word.text) {
        let cure = nearest(word.text, CONDITIONS).map(|it| format!("did you mean `{it}`?"));
        let what = format!("`{}` is no condition", word.text);
        return Err(word.whole_mistake(&what, &cure.unwrap_or(GUARD.to_owned())));
    }
    match (word.text, rest) {
        ("since", [version]) => value::version_in(*version).map(Condition::Since),
        ("before", [version]) => value::version_in(*version).map(Condition::Before),
        ("os", [system]) => value::system_in(*system).map(Condition::Os),
        (_, []) => Err(word.whole_mistake("the condition is not complete", GUARD)),
        (_, [_, more, ..]) => Err(more.whole_mistake("a guard has one condition", GUARD)),
        (_, [_]) => unreachable!("the three conditions were taken"),
    }
}
