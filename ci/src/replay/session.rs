//! Replays one session: does what was done then, and compares what comes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::expected::{Difference, Expected};
use super::level::levelled;
use super::machine::{Machine, Unreplayable};
use super::machine_values::Pids;
use super::outcome::{Finding, Outcome};
use super::own_files::OwnFiles;
use super::recording::{Op, Session, Step};
use super::whole::whole;
use crate::text::shown;

/// How much of a request is shown beside a difference.
const SENT_SHOWN_BYTES: usize = 200;

/// A request of so many bytes a real agent may still have been reading when its
/// client took it to be quiet: deep nesting took early ones seconds.
const SLOW_BYTES: usize = 1000;

/// What a step came to that was not as recorded.
enum Trouble {
    Different { what: String, difference: Difference },
    Unreplayable(String),
}

impl From<Unreplayable> for Trouble {
    fn from(Unreplayable(why): Unreplayable) -> Trouble {
        Trouble::Unreplayable(why)
    }
}

/// Replays a session on the model of its release.
pub(super) fn replay(session: &Session) -> Outcome {
    let machine = match Machine::prepare(session) {
        Ok(machine) => machine,
        Err(Unreplayable(why)) => return Outcome::NotReplayable(why),
    };
    let mut replay = Replay {
        session,
        machine,
        pids: Pids::default(),
        sent: Vec::new(),
        own_files: OwnFiles::default(),
        excused: None,
        is_slow: false,
        late: BTreeMap::new(),
    };
    replay.run()
}

/// A session half replayed.
struct Replay<'a> {
    session: &'a Session,
    machine: Machine,
    pids: Pids,
    sent: Vec<u8>,
    own_files: OwnFiles,
    /// Why a reply could not be compared; all others were.
    excused: Option<String>,
    /// The agent was sent something that real ones took long to read, and has not
    /// been seen to be done with it.
    is_slow: bool,
    /// What the model has said to clients that did not listen long enough to hear
    /// it from the real agent: it must come with what they hear later.
    late: BTreeMap<u32, Vec<u8>>,
}

impl Replay<'_> {
    fn run(&mut self) -> Outcome {
        if let Err(trouble) = self.start() {
            return self.outcome(0, trouble);
        }
        for (index, step) in self.session.steps.iter().enumerate() {
            match self.step(index, step) {
                Err(Trouble::Different { .. }) if self.own_files.were_read(&self.sent) => {
                    self.excused = Some("it reads about its own process in /proc".to_owned());
                }
                Err(trouble) => return self.outcome(index, trouble),
                Ok(()) => {}
            }
        }
        match self.late.values().find(|it| !it.is_empty()) {
            None => self.excused.take().map_or(Outcome::Identical, Outcome::NotReplayable),
            // It did not end as it was told to: it was not done reading. One that dies
            // of itself before closes the connection, which is compared.
            Some(_) if self.session.exit != Some(0) => {
                Outcome::NotReplayable("the real agent was killed while it was still reading".to_owned())
            }
            Some(late) => self.outcome(self.session.steps.len(), never_heard(late)),
        }
    }

    fn start(&mut self) -> Result<(), Trouble> {
        let word = |failed| if failed { "failed" } else { "started" };
        same(
            "start",
            word(self.session.failed_to_start()),
            word(!self.machine.start()),
        )
    }

    fn outcome(&self, index: usize, trouble: Trouble) -> Outcome {
        match trouble {
            Trouble::Unreplayable(why) => Outcome::NotReplayable(why),
            Trouble::Different { what, difference } => Outcome::Different(self.finding(index, what, &difference)),
        }
    }

    fn finding(&self, index: usize, what: String, difference: &Difference) -> Finding {
        let missing = self.machine.missing();
        let missing = missing.map(|line| format!(", its shell calls what the guest does not have: {line}"));
        Finding {
            step: index + 1,
            what: format!("{what} at byte {}{}", difference.at, missing.unwrap_or_default()),
            recorded: shown(&difference.recorded),
            model: shown(&difference.model),
            sent: shown(&self.sent[self.sent.len().saturating_sub(SENT_SHOWN_BYTES)..]),
        }
    }

    fn step(&mut self, index: usize, step: &Step) -> Result<(), Trouble> {
        match step.op {
            Op::StartFailed => return Ok(()),
            Op::Connect => self.machine.with_wire(|wire| wire.connect(step.conn)),
            Op::Close => self.machine.with_wire(|wire| wire.close(step.conn)),
            Op::Sleep => self.machine.pass(Duration::from_secs_f64(step.secs)),
            Op::Shut => self.machine.with_wire(|wire| wire.finish(step.conn)),
            Op::Sig => {
                return same(
                    "exit",
                    format!("{:?}", step.exit),
                    format!("{:?}", self.machine.signal(step.sig)),
                );
            }
            Op::Restart => {
                let started = self.machine.restart();
                return same("start", format!("{:?}", step.started), format!("{:?}", Some(started)));
            }
            Op::Sh => {
                let printed = self.machine.shell(&step.cmd)?;
                return differs("output", Expected::Whole(step.out.clone()).differs(&printed));
            }
            Op::Send => {
                let bytes = self.bytes(step)?;
                self.machine.with_wire(|wire| wire.send(step.conn, &bytes));
            }
            Op::Recv => {}
        }
        self.compare(index, step)
    }

    /// What the step sends, with the model's process numbers.
    fn bytes(&mut self, step: &Step) -> Result<Vec<u8>, Trouble> {
        let bytes = match (step.send_len, &step.send_sha256) {
            (Some(len), Some(sha256)) => whole(&step.send, len, sha256)
                .ok_or_else(|| Trouble::Unreplayable("what it sends is recorded only in part".to_owned()))?,
            _ => step.send.clone(),
        };
        self.sent.clone_from(&bytes);
        self.is_slow |= bytes.len() >= SLOW_BYTES;
        Ok(self.pids.in_request(bytes))
    }

    fn compare(&mut self, index: usize, step: &Step) -> Result<(), Trouble> {
        let expected = Expected::of(step);
        let looks = !matches!(step.op, Op::Connect | Op::Close | Op::Sleep);
        if !looks || expected.is_empty() && self.is_read_later(index, step) {
            return Ok(());
        }
        let mut model = self.late.remove(&step.conn).unwrap_or_default();
        model.extend(self.machine.with_wire(|wire| wire.read(step.conn)));
        self.own_files.note(&self.sent, &model);
        let expected = match expected {
            Expected::Whole(recorded) => Expected::Whole(self.levelled(&recorded, &model)),
            ends @ Expected::Ends { .. } => ends,
        };
        match self.heard_of_slow(&expected, &model) {
            Some(heard) => drop(self.late.insert(step.conn, model.split_off(heard))),
            None => self.is_slow = false,
        }
        differs("reply", expected.differs(&model))?;
        let closed = self.machine.is_closed(step.conn);
        same("connection", closed_word(step.closed), closed_word(closed))
    }

    /// Recorded replies with the values of the model's machine.
    fn levelled(&mut self, recorded: &[u8], model: &[u8]) -> Vec<u8> {
        let recorded = self.pids.in_reply(&self.sent, recorded, model);
        levelled(&self.sent, &recorded, model)
    }

    /// How much of what the model says a client heard that stopped listening to a
    /// slow agent too early; nothing if that is not what happened.
    fn heard_of_slow(&self, expected: &Expected, model: &[u8]) -> Option<usize> {
        match expected {
            Expected::Whole(recorded) if self.is_slow && recorded.len() < model.len() => {
                model.starts_with(recorded).then_some(recorded.len())
            }
            _ => None,
        }
    }

    /// Whether the client did not look for a reply here: a recording shows that
    /// only by what the same client does next.
    fn is_read_later(&self, index: usize, step: &Step) -> bool {
        let later = self.session.steps[index + 1..].iter();
        let next = later
            .clone()
            .find(|it| it.conn == step.conn && !matches!(it.op, Op::Sleep | Op::Sh));
        step.op == Op::Send
            && next.is_some_and(|next| match next.op {
                Op::Shut | Op::Close | Op::Recv => true,
                Op::Send => next.send.is_empty(),
                _ => false,
            })
    }
}

/// What the model said and no client ever heard from the real agent.
fn never_heard(late: &[u8]) -> Trouble {
    Trouble::Different {
        what: "late reply".to_owned(),
        difference: Difference {
            model: late.to_vec(),
            ..Difference::default()
        },
    }
}

fn closed_word(closed: bool) -> &'static str {
    if closed { "closed" } else { "open" }
}

fn same(what: &str, recorded: impl AsRef<str>, model: impl AsRef<str>) -> Result<(), Trouble> {
    differs(
        what,
        Expected::Whole(recorded.as_ref().into()).differs(model.as_ref().as_bytes()),
    )
}

fn differs(what: &str, difference: Option<Difference>) -> Result<(), Trouble> {
    match difference {
        None => Ok(()),
        Some(difference) => Err(Trouble::Different {
            what: what.to_owned(),
            difference,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use rstest::rstest;
    use serde_json::json;

    const OPEN: &str = r#"{"execute": "guest-file-open", "arguments": {"path": "/proc/self/status"}}"#;
    const OPEN_OTHER: &str = r#"{"execute": "guest-file-open", "arguments": {"path": "/proc/version"}}"#;
    const READ: &str = r#"{"execute": "guest-file-read", "arguments": {"handle": 1000}}"#;
    const OPENED: &str = r#"{"return": 1000}"#;
    const PING: &str = r#"{"execute": "guest-ping"}"#;

    fn outcome(exit: i32, exchanges: &[(&str, &str)]) -> Outcome {
        let bytes = |text: &str| STANDARD.encode(format!("{text}\n").trim_start());
        let step = |(sent, received): &(&str, &str)| json!({"op": "send", "send_b64": bytes(&written_out(sent)), "recv_b64": bytes(received)});
        let steps: Vec<_> = exchanges.iter().map(step).collect();
        let session = json!({
            "name": "s", "topic": "t", "agent_version": "7.2.22", "exit": exit, "steps": steps,
            "args": ["-m", "unix-listen", "-p", "/s/sock", "-b", "guest-shutdown"],
        });
        let mut session: Session = serde_json::from_value(session).unwrap();
        session.release = "7.2".to_owned();
        replay(&session)
    }

    fn word(outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Identical => "identical",
            Outcome::Different(_) => "different",
            Outcome::NotReplayable(_) => "not replayable",
        }
    }

    #[rstest]
    #[case::alike(&[(OPEN, OPENED), (PING, r#"{"return": {}}"#)], "identical")]
    #[case::its_own(&[(OPEN, OPENED), (READ, r#"{"return": {"count": 3}}"#)], "not replayable")]
    #[case::beside_its_own(&[(OPEN, OPENED), (READ, r#"{"return": {"count": 3}}"#), (PING, r#"{"return": 7}"#)], "different")]
    #[case::before_its_own(&[(OPEN, r#"{"return": 7}"#), (READ, r#"{"return": {"count": 3}}"#)], "different")]
    #[case::other_file(&[(OPEN_OTHER, OPENED), (READ, r#"{"return": {"count": 3}}"#)], "different")]
    fn only_what_is_read_of_its_own_process_is_excused(#[case] exchanges: &[(&str, &str)], #[case] expected: &str) {
        assert_eq!(word(&outcome(0, exchanges)), expected);
    }

    /// Stand for so much that an agent took long to read it: a request, and none.
    const LONG: &str = "long";
    const BLANKS: &str = "blanks";

    fn written_out(sent: &str) -> String {
        match sent {
            LONG => format!(
                "{{\"execute\": \"guest-ping\", \"id\": {}1{}}}",
                "[".repeat(600),
                "]".repeat(600)
            ),
            BLANKS => " ".repeat(2000),
            _ => sent.to_owned(),
        }
    }

    #[rstest]
    #[case::killed_while_it_read(137, &[(LONG, "")], "not replayable")]
    #[case::ended_well(0, &[(LONG, "")], "different")]
    #[case::crashed_when_it_was_ended(139, &[(LONG, "")], "not replayable")]
    #[case::killed_when_it_was_quick(137, &[(PING, "")], "different")]
    #[case::killed_long_after(137, &[(BLANKS, ""), (PING, r#"{"return": {}}"#), (PING, "")], "different")]
    fn silence_is_excused_of_agents_that_were_killed_while_they_read(
        #[case] exit: i32,
        #[case] exchanges: &[(&str, &str)],
        #[case] expected: &str,
    ) {
        assert_eq!(word(&outcome(exit, exchanges)), expected);
    }
}
