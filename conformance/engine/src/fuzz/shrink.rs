//! A session that violates something, made smaller: proptest's `ValueTree`.
//!
//! `simplify` says that the present session still violates it and asks for a smaller
//! one, `complicate` that it does not. Runs of steps go first, the longest first, then
//! what is in each step, then a step whose work another can do. Each answer is used, so
//! nothing is tried twice in a row.

mod fold;

use super::form::Form;
use super::session::{Argument, Call, Raw, Session, Step, Word};
use proptest::strategy::ValueTree;
use qga_fixtures::schema::{Command, Effect};

/// A session and the way to smaller ones.
#[derive(Clone, Debug)]
pub struct Shrink {
    /// The smallest that is known to violate it.
    best: Session,
    /// What is tried.
    tried: Session,
    stage: Stage,
    /// Whether anything became smaller since the first stage began.
    progress: bool,
}

/// What is tried next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Leave out so many steps from that one on.
    Steps { length: usize, at: usize },
    /// The simpler forms of that step, from that number on.
    Forms { step: usize, form: usize },
    /// Fold that step into the one that does its work.
    Folds { step: usize },
    /// There is nothing smaller.
    Done,
}

impl Shrink {
    /// The tree of a session that violates something.
    pub fn new(session: Session) -> Shrink {
        Shrink {
            tried: session.clone(),
            stage: Shrink::first(&session),
            best: session,
            progress: false,
        }
    }

    /// The smallest session that is known to violate it.
    pub fn best(&self) -> &Session {
        &self.best
    }

    fn first(session: &Session) -> Stage {
        match session.steps.len() {
            0 => Stage::Done,
            steps => Stage::Steps {
                length: steps.div_ceil(2),
                at: 0,
            },
        }
    }

    /// The next session to try; false if there is none.
    fn next(&mut self) -> bool {
        loop {
            match self.stage {
                Stage::Steps { length, at } => match without(&self.best, at, length) {
                    Some(session) => {
                        self.stage = Stage::Steps {
                            length,
                            at: at + length,
                        };
                        self.tried = session;
                        return true;
                    }
                    None if length > 1 => {
                        self.stage = Stage::Steps {
                            length: length / 2,
                            at: 0,
                        }
                    }
                    None => self.stage = Stage::Forms { step: 0, form: 0 },
                },
                Stage::Forms { step, form } => match self.best.steps.get(step).map(|it| simpler(it, form)) {
                    Some(Some(simple)) => {
                        self.stage = Stage::Forms { step, form: form + 1 };
                        self.tried = self.best.clone();
                        self.tried.steps[step] = simple;
                        return true;
                    }
                    Some(None) => {
                        self.stage = Stage::Forms {
                            step: step + 1,
                            form: 0,
                        }
                    }
                    None => self.stage = Stage::Folds { step: 0 },
                },
                Stage::Folds { step } if step < self.best.steps.len() => {
                    self.stage = Stage::Folds { step: step + 1 };
                    if let Some(session) = fold::fold(&self.best, step) {
                        self.tried = session;
                        return true;
                    }
                }
                Stage::Folds { .. } if std::mem::take(&mut self.progress) => self.stage = Shrink::first(&self.best),
                Stage::Folds { .. } => self.stage = Stage::Done,
                Stage::Done => {
                    self.tried = self.best.clone();
                    return false;
                }
            }
        }
    }

    /// What was tried violates it: go on from there, at the same place.
    fn keep(&mut self) {
        self.stage = match self.stage {
            Stage::Steps { length, at } => Stage::Steps {
                length,
                at: at.saturating_sub(length),
            },
            Stage::Forms { step, form } => Stage::Forms {
                step,
                form: form.saturating_sub(1),
            },
            Stage::Folds { step } => Stage::Folds {
                step: step.saturating_sub(1),
            },
            Stage::Done => Stage::Done,
        };
        self.progress |= self.best != self.tried;
        self.best = self.tried.clone();
    }
}

impl ValueTree for Shrink {
    type Value = Session;

    fn current(&self) -> Session {
        self.tried.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.tried != self.best {
            self.keep();
        }
        self.next()
    }

    fn complicate(&mut self) -> bool {
        self.next()
    }
}

/// The session without some steps; `None` behind its end.
fn without(session: &Session, at: usize, length: usize) -> Option<Session> {
    if at >= session.steps.len() {
        return None;
    }
    let steps = session.steps.iter().enumerate();
    let kept = steps.filter(|(number, _)| !(at..at + length).contains(number));
    Some(Session {
        steps: kept.map(|(_, it)| it.clone()).collect(),
    })
}

/// The simpler form of a step with that number.
fn simpler(step: &Step, form: usize) -> Option<Step> {
    match step {
        Step::Call(call) => simpler_calls(call).into_iter().nth(form).map(Step::Call),
        Step::Raw(raw) => simpler_raw(raw, form).map(Step::Raw),
    }
}

/// Whether a request for a command may be changed. One that is refused for its mistake,
/// and does harm without it, may not.
fn can_be_changed(command: &str) -> bool {
    Command::find(command).is_none_or(|it| it.effect <= Effect::Exec && it.silent_since.is_none())
}

fn simpler_calls(call: &Call) -> Vec<Call> {
    if !can_be_changed(&call.command) {
        return Vec::new();
    }
    let mut forms = Vec::new();
    let mut add = |change: &dyn Fn(&mut Call)| {
        let mut simple = call.clone();
        change(&mut simple);
        forms.push(simple);
    };
    if call.form != Form::Plain {
        add(&|it| it.form = Form::Plain);
    }
    if call.id.is_some() {
        add(&|it| it.id = None);
        if call.id.as_deref() != Some("7") {
            add(&|it| it.id = Some("7".into()));
        }
    }
    let arguments = call.arguments.as_deref().unwrap_or_default();
    if call.arguments.is_some() && arguments.is_empty() {
        add(&|it| it.arguments = None);
    }
    for (at, (_, value)) in arguments.iter().enumerate() {
        add(&|it| drop(it.arguments.get_or_insert_default().remove(at)));
        for simple in simpler_values(value) {
            add(&|it| it.arguments.get_or_insert_default()[at].1 = simple.clone());
        }
    }
    forms
}

fn simpler_values(value: &Argument) -> Vec<Argument> {
    match value {
        Argument::Int(number) => {
            // By halves and less: one by one would never come to an end.
            let smaller = [0, 1, number / 2, number - number / 4, number - number / 16];
            let closer = smaller
                .into_iter()
                .filter(|it| it.unsigned_abs() < number.unsigned_abs());
            closer.map(Argument::Int).collect()
        }
        Argument::Base64(bytes) if *bytes == b"a" => vec![Argument::Base64(Vec::new())],
        Argument::Base64(bytes) if bytes.is_empty() => Vec::new(),
        Argument::Base64(bytes) => {
            let half = bytes[..bytes.len() / 2].to_vec();
            let less = bytes[..bytes.len() - 1].to_vec();
            let letters = vec![b'a'; bytes.len()];
            let shorter = [Vec::new(), b"a".to_vec(), half, less];
            let changed = (letters != *bytes).then_some(letters);
            shorter
                .into_iter()
                .chain(changed)
                .filter(|it| it != bytes)
                .map(Argument::Base64)
                .collect()
        }
        Argument::Json(text) => simpler_json(text)
            .into_iter()
            .map(|it| Argument::Json(it.into()))
            .collect(),
        Argument::Slot(_) | Argument::File(_) | Argument::Shell(..) => Vec::new(),
    }
}

/// Words that say the same in fewer letters.
fn simpler_json(text: &Word) -> Vec<&'static str> {
    match text.as_ref() {
        "\"w+b\"" | "\"wb\"" | "\"a+\"" | "\"r+\"" => vec!["\"w+\"", "\"w\""],
        "\"w+\"" => vec!["\"w\""],
        _ => Vec::new(),
    }
}

fn simpler_raw(raw: &Raw, form: usize) -> Option<Raw> {
    let mut forms = raw.cuts.len();
    if form < forms {
        let mut simple = raw.clone();
        simple.cuts.remove(form);
        return Some(simple);
    }
    if raw.reopens {
        if form == forms {
            return Some(Raw {
                reopens: false,
                ..raw.clone()
            });
        }
        forms += 1;
    }
    let mut form = form - forms;
    let mut length = raw.bytes.len().div_ceil(2);
    while length > 0 {
        let places = raw.bytes.len().div_ceil(length);
        if form < places {
            return Some(cut_out(raw, form * length, length));
        }
        form -= places;
        length /= 2;
    }
    None
}

/// Without so many bytes from there on; cuts move with the bytes.
fn cut_out(raw: &Raw, at: usize, length: usize) -> Raw {
    let end = (at + length).min(raw.bytes.len());
    let mut bytes = raw.bytes.clone();
    bytes.drain(at..end);
    let moved = raw
        .cuts
        .iter()
        .map(|it| if *it >= end { it - (end - at) } else { (*it).min(at) });
    let mut cuts: Vec<usize> = moved.filter(|it| *it > 0 && *it < bytes.len()).collect();
    cuts.dedup();
    Raw {
        bytes,
        cuts,
        reopens: raw.reopens,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest session that still does, and how often it was asked.
    fn smallest(session: Session, does: impl Fn(&Session) -> bool) -> (Session, usize) {
        let mut tree = Shrink::new(session);
        let mut asked = 0;
        let mut more = tree.simplify();
        while more {
            asked += 1;
            more = if does(&tree.current()) {
                tree.simplify()
            } else {
                tree.complicate()
            };
        }
        (tree.best().clone(), asked)
    }

    fn calls(names: &[&'static str]) -> Session {
        Session {
            steps: names.iter().map(|it| Step::Call(Call::plain(*it))).collect(),
        }
    }

    #[test]
    fn only_the_steps_that_matter_are_left() {
        let names: Vec<&'static str> = (0..200)
            .map(|it| match it {
                37 => "one",
                150 => "two",
                _ => "x",
            })
            .collect();
        let has = |session: &Session, name| session.steps.iter().any(|it| it.name() == name);
        let (least, asked) = smallest(calls(&names), |it| has(it, "one") && has(it, "two"));
        assert_eq!(least, calls(&["one", "two"]));
        assert!(asked < 100, "{asked}");
    }

    #[test]
    fn the_mistake_of_a_harmful_request_is_never_taken_away() {
        for name in [
            "guest-shutdown",
            "guest-set-time",
            "guest-suspend-ram",
            "guest-fsfreeze-freeze",
        ] {
            let call = Call {
                arguments: Some(vec![("x".into(), Argument::Int(1))]),
                ..Call::plain(name)
            };
            let session = Session {
                steps: vec![Step::Call(call)],
            };
            let (least, _) = smallest(session.clone(), |it| !it.steps.is_empty());
            assert_eq!(least, session, "{name}");
        }
    }

    #[test]
    fn what_is_in_a_step_becomes_simple() {
        let call = Call {
            id: Some("[7, \"x\"]".into()),
            ..Call::with(
                "guest-file-write",
                [
                    ("buf-b64", Argument::Base64(vec![9; 500])),
                    ("count", Argument::Int(-77)),
                ],
            )
        };
        let is_long = |session: &Session| {
            session.steps.iter().any(|it| matches!(it, Step::Call(call) if matches!(call.argument("buf-b64"), Some(Argument::Base64(it)) if it.len() >= 3)))
        };
        let (least, asked) = smallest(
            Session {
                steps: vec![Step::Call(call)],
            },
            is_long,
        );
        let expected = Call::with("guest-file-write", [("buf-b64", Argument::Base64(b"aaa".to_vec()))]);
        assert_eq!(least.steps, [Step::Call(expected)]);
        assert!(asked < 100, "{asked}");
    }

    #[test]
    fn a_seek_before_a_write_becomes_zeros() {
        let handle = || ("handle", Argument::Slot(0));
        let write = |bytes: &[u8]| {
            Step::Call(Call::with(
                "guest-file-write",
                [handle(), ("buf-b64", Argument::Base64(bytes.to_vec()))],
            ))
        };
        let seek = Step::Call(Call::with(
            "guest-file-seek",
            [handle(), ("offset", Argument::Int(3)), ("whence", Argument::Int(0))],
        ));
        let contents = |session: &Session| {
            let (mut content, mut at) = (Vec::new(), 0);
            for step in &session.steps {
                let Step::Call(call) = step else { continue };
                if call.argument("handle").is_none()
                    || (call.argument("offset").is_some() && call.argument("whence").is_none())
                {
                    continue;
                }
                match (call.argument("offset"), call.argument("buf-b64")) {
                    (Some(Argument::Int(offset)), _) => at = usize::try_from(*offset).unwrap_or_default(),
                    (_, Some(Argument::Base64(bytes))) => {
                        content.resize(at, 0);
                        content.extend(bytes);
                    }
                    _ => {}
                }
            }
            content
        };
        let session = Session {
            steps: vec![seek, write(b"xyz")],
        };
        let (least, _) = smallest(session, |it| contents(it) == b"\0\0\0xyz");
        assert_eq!(least.steps, [write(b"\0\0\0xyz")]);
    }

    #[test]
    fn a_handle_that_is_flushed_reads_what_another_spoils() {
        let handle = |slot| ("handle", Argument::Slot(slot));
        let open = |mode, slot| Step::Call(Call::open(0, mode).binding(slot));
        let call = |name, slot| Step::Call(Call::with(name, [handle(slot)]));
        let data = ("buf-b64", Argument::Base64(b"a".to_vec()));
        let write = Step::Call(Call::with("guest-file-write", [handle(0), data]));
        let session = Session {
            steps: vec![
                open("\"w\"", 0),
                write.clone(),
                call("guest-file-close", 0),
                open("\"r+\"", 1),
                call("guest-file-read", 1),
            ],
        };
        // What is written is settled, then somebody opens the file, and a handle that may
        // reads it from the begin.
        let is_seen = |session: &Session| {
            let find = |test: &dyn Fn(&Step) -> bool| session.steps.iter().position(test);
            let is = |it: &Step, name: &str, slot| {
                it.name() == name && matches!(it, Step::Call(call) if slot_of(call) == Some(slot))
            };
            let settled = find(&|it| is(it, "guest-file-flush", 0) || is(it, "guest-file-close", 0));
            let opened = find(&|it| *it == open("\"r+\"", 1));
            let own = find(&|it| is(it, "guest-file-read", 0));
            let back = find(&|it| is(it, "guest-file-seek", 0));
            let other = find(&|it| is(it, "guest-file-read", 1));
            let reads = other.is_some() || (own.is_some() && back < own && back.is_some());
            let bound = find(&|it| *it == open("\"w\"", 0) || *it == open("\"w+\"", 0));
            bound.is_some() && find(&|it| *it == write).is_some() && settled.is_some() && settled < opened && reads
        };
        let (least, _) = smallest(session, is_seen);
        let names: Vec<&str> = least.steps.iter().map(Step::name).collect();
        assert!(!names.contains(&"guest-file-close"), "{names:?}");
        assert_eq!(names.last(), Some(&"guest-file-read"));
    }

    fn slot_of(call: &Call) -> Option<u16> {
        call.needs().next()
    }

    #[test]
    fn bytes_become_those_that_matter() {
        let raw = Raw {
            bytes: b"{\"execute\": \"guest-ping\"}\n{\xFF}".to_vec(),
            cuts: vec![3, 9],
            reopens: true,
        };
        let (least, _) = smallest(
            Session {
                steps: vec![Step::Raw(raw)],
            },
            |it| matches!(&it.steps[..], [Step::Raw(raw)] if raw.bytes.contains(&0xFF)),
        );
        assert_eq!(
            least.steps,
            [Step::Raw(Raw {
                bytes: vec![0xFF],
                ..Raw::default()
            })]
        );
    }
}
