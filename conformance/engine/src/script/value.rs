//! Single words of header lines and records: releases, systems, effects, durations.

use super::error::Mistake;
use super::lines::{Body, Piece};
use super::{Version, nearest};
use qga_fixtures::schema::{COMMANDS, Command, Effect, RELEASES, System};
use std::time::Duration;

/// The longest duration a script may name.
pub const DURATION_MAX: Duration = Duration::from_secs(3600);

/// The value among `known` that the word stands for.
fn one_of<T: Copy>(piece: Piece, what: &str, known: &[T], name: fn(T) -> &'static str) -> Result<T, Mistake> {
    if let Some(found) = known.iter().find(|it| name(**it) == piece.text) {
        return Ok(*found);
    }
    let names: Vec<&'static str> = known.iter().map(|it| name(*it)).collect();
    let cure = match nearest(piece.text, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("write one of {}", names.join(" ")),
    };
    Err(piece.whole_mistake(&format!("`{}` is no {what}", piece.text), &cure))
}

pub(super) fn effect(body: &Body) -> Result<Effect, Mistake> {
    let cure = "write one of none files exec users clock freeze power";
    let word = body.word("the class of effects is missing", cure)?;
    one_of(word, "class of effects", &Effect::ALL, Effect::name)
}

pub(super) fn system(body: &Body) -> Result<System, Mistake> {
    system_in(body.word("the system is missing", "write linux, windows or bsd")?)
}

pub(super) fn system_in(word: Piece) -> Result<System, Mistake> {
    one_of(word, "system the agent is built for", &System::ALL, System::name)
}

pub(super) fn version(body: &Body) -> Result<Version, Mistake> {
    version_in(body.word("the release is missing", "write one such as `7.2`")?)
}

pub(super) fn version_in(word: Piece) -> Result<Version, Mistake> {
    Version::new(word.text).ok_or_else(|| {
        let names: Vec<&str> = RELEASES.iter().map(|it| it.name).collect();
        let cure = format!("write one of {}", names.join(" "));
        word.whole_mistake(&format!("no release `{}` is known", word.text), &cure)
    })
}

pub(super) fn command(body: &Body) -> Result<String, Mistake> {
    let word = body.word("the command is missing", "write its name, such as `guest-ping`")?;
    if Command::find(word.text).is_some() {
        return Ok(word.text.to_owned());
    }
    let cure = match nearest(word.text, COMMANDS.iter().map(|it| it.name)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "write a command of the schema, such as `guest-ping`".to_owned(),
    };
    Err(word.whole_mistake(&format!("no release has a command `{}`", word.text), &cure))
}

pub(super) fn duration(body: &Body) -> Result<Duration, Mistake> {
    let cure = "write a whole number and its unit, such as `100ms` or `2s`";
    let word = body.word("the duration is missing", cure)?;
    let (digits, milliseconds) = match word.text.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (word.text.strip_suffix('s').unwrap_or(""), 1000),
    };
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return Err(word.whole_mistake(&format!("`{}` is no duration", word.text), cure));
    }
    let total = digits.parse::<u64>().ok().and_then(|it| it.checked_mul(milliseconds));
    match total.map(Duration::from_millis) {
        Some(total) if total <= DURATION_MAX => Ok(total),
        _ => {
            let what = format!("`{}` is longer than an hour", word.text);
            Err(word.whole_mistake(&what, "write a shorter duration"))
        }
    }
}

/// A duration in its canonical form.
pub(super) fn print_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    match milliseconds % 1000 {
        0 if milliseconds > 0 => format!("{}s", milliseconds / 1000),
        _ => format!("{milliseconds}ms"),
    }
}
