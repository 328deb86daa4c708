//! Steps whose work another step can do: two become one.

use crate::fuzz::session::{Argument, Call, Session, Slot, Step};

/// The most zeros that take the place of a seek, in bytes.
const ZEROS_MAX: i64 = 16 << 10;

/// The session without a step, whose work another one does; `None` if none can.
pub(super) fn fold(session: &Session, at: usize) -> Option<Session> {
    let Step::Call(call) = &session.steps[at] else {
        return None;
    };
    match call.command.as_ref() {
        "guest-file-seek" => seek_into_write(session, at, call),
        "guest-file-open" => open_into_open(session, at, call),
        "guest-file-close" => close_into_flush(session, at, call),
        _ => None,
    }
}

fn slot(call: &Call) -> Option<Slot> {
    match call.argument("handle")? {
        Argument::Slot(slot) => Some(*slot),
        _ => None,
    }
}

/// A seek beyond what there is, and a write: a write that begins with zeros.
fn seek_into_write(session: &Session, at: usize, seek: &Call) -> Option<Session> {
    let slot = slot(seek)?;
    let Some(Argument::Int(offset @ 1..=ZEROS_MAX)) = seek.argument("offset") else {
        return None;
    };
    let zeros = usize::try_from(*offset).ok()?;
    let mut steps = session.steps.clone();
    let write = steps[at..].iter_mut().find_map(|it| match it {
        Step::Call(call) if call.command == "guest-file-write" && self::slot(call) == Some(slot) => Some(call),
        _ => None,
    })?;
    for (_, value) in write.arguments.iter_mut().flatten() {
        if let Argument::Base64(bytes) = value {
            bytes.splice(0..0, std::iter::repeat_n(0, zeros));
        }
    }
    steps.remove(at);
    Some(Session { steps })
}

/// Another open of the same file, to look into it: the handle that was there before looks,
/// from where it stands or from the begin.
fn open_into_open(session: &Session, at: usize, open: &Call) -> Option<Session> {
    let path = open.argument("path")?;
    let (own, before) = (open.binds?, &session.steps[..at]);
    let other = before.iter().rev().find_map(|it| match it {
        Step::Call(call) if call.command == "guest-file-open" && call.argument("path") == Some(path) => call.binds,
        _ => None,
    })?;
    let mut steps = session.steps.clone();
    steps[at] = to_begin(other);
    for step in &mut steps[at..] {
        let Step::Call(call) = step else { continue };
        for (_, value) in call.arguments.iter_mut().flatten() {
            if *value == Argument::Slot(own) {
                *value = Argument::Slot(other);
            }
        }
    }
    for step in &mut steps[..at] {
        if matches!(step, Step::Call(call) if call.binds == Some(other)) {
            give(step, "mode", |mode| Argument::Json(reading(mode)));
        }
    }
    let is_close =
        |it: &Step| matches!(it, Step::Call(call) if call.command == "guest-file-close" && slot(call) == Some(other));
    if let Some(close) = steps[..at].iter().rposition(is_close) {
        steps.remove(close);
    }
    Some(Session { steps })
}

/// The file of a handle, as the call that opened it before names it: where that is, and
/// the name.
fn opening(steps: &[Step], slot: Slot) -> Option<(usize, Argument)> {
    let opens = |it: &Step| match it {
        Step::Call(call) if call.command == "guest-file-open" && call.binds == Some(slot) => {
            call.argument("path").cloned()
        }
        _ => None,
    };
    steps
        .iter()
        .enumerate()
        .rev()
        .find_map(|(at, it)| Some((at, opens(it)?)))
}

/// A close before another handle of the same file reads: the handle is flushed in its place,
/// goes back to the begin later, and reads itself.
fn close_into_flush(session: &Session, at: usize, close: &Call) -> Option<Session> {
    let own = slot(close)?;
    let mut steps = session.steps.clone();
    let (opened, path) = opening(&steps[..at], own)?;
    let readers: Vec<usize> = (at + 1..steps.len())
        .filter(|it| match &steps[*it] {
            Step::Call(call) if call.command == "guest-file-read" => {
                let of = slot(call).and_then(|it| opening(&session.steps, it));
                of.is_some_and(|(_, it)| it == path)
            }
            _ => false,
        })
        .collect();
    let first = *readers.first()?;
    for reader in readers {
        give(&mut steps[reader], "handle", |_| Argument::Slot(own));
    }
    give(&mut steps[opened], "mode", |mode| Argument::Json(reading(mode)));
    steps[at] = Step::Call(Call::with("guest-file-flush", [("handle", Argument::Slot(own))]));
    steps.insert(first, to_begin(own));
    Some(Session { steps })
}

/// Changes an argument of a call.
fn give(step: &mut Step, name: &str, change: impl Fn(&Argument) -> Argument) {
    if let Step::Call(call) = step {
        let arguments = call.arguments.iter_mut().flatten();
        for (_, value) in arguments.filter(|(it, _)| it == name) {
            *value = change(value);
        }
    }
}

fn to_begin(slot: Slot) -> Step {
    Step::Call(Call::with(
        "guest-file-seek",
        [
            ("handle", Argument::Slot(slot)),
            ("offset", Argument::Int(0)),
            ("whence", Argument::Int(0)),
        ],
    ))
}

/// A mode that can read too.
fn reading(mode: &Argument) -> crate::fuzz::session::Word {
    match mode {
        Argument::Json(text) if text == "\"w\"" || text == "\"wb\"" => "\"w+\"".into(),
        Argument::Json(text) if text == "\"a\"" || text == "\"ab\"" => "\"a+\"".into(),
        Argument::Json(text) => text.clone(),
        _ => "\"r\"".into(),
    }
}
