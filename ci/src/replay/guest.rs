//! Sessions that were recorded in virtual machines: where filesystems were really
//! frozen, machines switched off and put to sleep, clocks and passwords set.
//!
//! The machine was looked at from three sides, and the model is held against all:
//!
//! - requests and replies (`event`, `machine`), in the order and time they came;
//! - what was seen from outside (`observed`): that writers stood still, that QEMU
//!   went away, what QEMU's own monitor told;
//! - what shell lines in the guest printed (`printed`).
//!
//! Values that belong to the recorded machine are taken over by rules that name a
//! command, a member or a form of line; none names a session.

mod event;
mod machine;
mod observed;
mod printed;
mod values;

use std::collections::VecDeque;
use std::path::Path;

use anyhow::Result;

use self::event::{Event, Kind};
use self::machine::Machine;
use super::expected::{Difference, Expected};
use super::level::levelled;
use super::machine_values::Pids;
use super::outcome::{Finding, Outcome};
use crate::text::shown;

/// A recording in a virtual machine.
pub(super) struct Session {
    /// The file's name.
    pub(super) name: String,
    /// The release of the agent in it.
    pub(super) release: String,
    label: String,
    events: Vec<Event>,
}

/// What came of a session, and what was seen then and cannot be seen here.
pub(super) struct Replayed {
    pub(super) outcome: Outcome,
    pub(super) unseen: Vec<String>,
}

/// What an event came to.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    Same,
    /// What is different, as it was recorded, as it is here.
    Different(&'static str, String, String),
    /// It cannot be held against anything, and why.
    Unseen(String),
}

/// Reads a recording.
pub(super) fn read(path: &Path) -> Result<Session> {
    let events = event::read(path)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let label = event::label(&events).unwrap_or_else(|| name.clone());
    Ok(Session {
        release: machine::release_of(&label, &events).to_owned(),
        name,
        label,
        events,
    })
}

/// Replays a session on the model of its release.
pub(super) fn replay(session: &Session) -> Replayed {
    let mut unseen = Vec::new();
    let outcome = match Machine::start(&session.release, &session.label, &session.events) {
        Ok(machine) => Replay {
            machine,
            pids: Pids::default(),
            requests: VecDeque::new(),
        }
        .run(session, &mut unseen),
        Err(why) => Outcome::NotReplayable(why),
    };
    Replayed { outcome, unseen }
}

/// How many requests are remembered: so far replies were seen to lag behind.
const REQUESTS_KEPT: usize = 3;

/// A session half replayed.
struct Replay {
    machine: Machine,
    pids: Pids,
    /// The last requests: a reply may come after the next of them.
    requests: VecDeque<Vec<u8>>,
}

impl Replay {
    fn run(mut self, session: &Session, unseen: &mut Vec<String>) -> Outcome {
        for (index, event) in session.events.iter().enumerate() {
            match self.hold_in_time(event) {
                Held::Same => {}
                Held::Unseen(why) => unseen.push(why),
                Held::Different(what, recorded, model) => {
                    return Outcome::Different(self.finding(index, what, &recorded, &model));
                }
            }
        }
        match self.rest() {
            Held::Different(what, recorded, model) => {
                Outcome::Different(self.finding(session.events.len(), what, &recorded, &model))
            }
            Held::Same | Held::Unseen(_) => Outcome::Identical,
        }
    }

    fn finding(&self, index: usize, what: &str, recorded: &str, model: &str) -> Finding {
        const SENT_SHOWN_BYTES: usize = 200;
        let last = self.requests.back().map_or(&[][..], Vec::as_slice);
        let sent = &last[..last.len().min(SENT_SHOWN_BYTES)];
        Finding {
            step: index + 1,
            what: what.to_owned(),
            recorded: recorded.to_owned(),
            model: model.to_owned(),
            sent: shown(sent),
        }
    }

    /// What is done in the guest was seen when it was done, all else as it came.
    fn hold_in_time(&mut self, event: &Event) -> Held {
        if !matches!(event.kind, Kind::Shell { .. }) {
            self.machine.pass_to(event.time());
        }
        let held = self.hold(event);
        self.machine.pass_to(event.time());
        held
    }

    fn hold(&mut self, event: &Event) -> Held {
        match &event.kind {
            Kind::Request(bytes) => {
                let bytes = self.pids.in_request(bytes.clone());
                if self.requests.len() == REQUESTS_KEPT {
                    self.requests.pop_front();
                }
                self.requests.push_back(bytes.clone());
                self.machine.send(&bytes);
                Held::Same
            }
            Kind::Reply(bytes) => self.hold_reply(bytes),
            Kind::Shell { line, printed } => printed::hold(&mut self.machine, line, printed),
            Kind::Console(text) => observed::console(&mut self.machine, text),
            Kind::Seen(what) => observed::seen(&mut self.machine, what),
            Kind::Told(line) => observed::told(&mut self.machine, line),
            Kind::Monitor { command, reply } => observed::monitor(&mut self.machine, command, reply),
            Kind::About(_) => Held::Same,
        }
    }

    /// A reply must be what the agent says next; more may come with the next one.
    fn hold_reply(&mut self, recorded: &[u8]) -> Held {
        self.machine.wait_for_reply();
        let model = self.machine.said().to_vec();
        let asked: Vec<u8> = self.requests.iter().flatten().copied().collect();
        let recorded = self.pids.in_reply_to_exec(&asked, recorded, &model);
        let recorded = levelled(&asked, &recorded, &model);
        let recorded = values::unfinished(&values::clock(&recorded, &model), &model);
        let heard = recorded.len().min(model.len());
        match Expected::Whole(recorded).differs(&model[..heard]) {
            None => {
                self.machine.hear(heard);
                Held::Same
            }
            Some(difference) => reply_differs(&difference),
        }
    }

    /// What the model has said or done that nobody saw.
    fn rest(&mut self) -> Held {
        let late = self.machine.said();
        if !late.is_empty() {
            return Held::Different("late reply", String::new(), shown(late));
        }
        match self.machine.take_news() {
            Some(news) => Held::Different("event of QEMU", String::new(), news),
            None => Held::Same,
        }
    }
}

fn reply_differs(difference: &Difference) -> Held {
    Held::Different("reply", shown(&difference.recorded), shown(&difference.model))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::fs;

    fn outcome(lines: &str) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.jsonl");
        fs::write(&path, lines).unwrap();
        replay(&read(&path).unwrap()).outcome
    }

    /// Freezes, looks, thaws; switches off, and looks again.
    const SESSION: &str = r#"{"t": 0, "dir": "meta", "label": "ga72"}
{"t": 0, "dir": "req", "bytes": "{\"execute\": \"guest-fsfreeze-freeze\"}\n"}
{"t": 0.1, "dir": "rep", "bytes": "{\"return\": 2}\n"}
{"t": 1.1, "dir": "obs", "what": "guest writer completions on /mnt/a", "seconds": 1, "count": 0}
{"t": 1.2, "dir": "req", "bytes": "{\"execute\": \"guest-fsfreeze-thaw\"}\n"}
{"t": 1.3, "dir": "rep", "bytes": "{\"return\": 2}\n"}
{"t": 2.3, "dir": "obs", "what": "guest writer completions on /mnt/a", "seconds": 1, "count": 9}
{"t": 2.4, "dir": "obs", "guest_sh": "echo $((1 + 1))", "out": "2\n__RC=0\n"}
{"t": 2.5, "dir": "req", "bytes": "{\"execute\": \"guest-shutdown\"}\n"}
{"t": 4, "dir": "obs", "what": "EOF on host socket", "pending": ""}
{"t": 4, "dir": "qmp_event", "line": "{\"event\": \"SHUTDOWN\"}"}
{"t": 4, "dir": "qmp_event", "line": "EOF"}
{"t": 4, "dir": "obs", "what": "qemu process alive", "value": false}
{"t": 4, "dir": "obs", "console_tail": "SHUTDOWN argc=4 argv: /sbin/shutdown -h -P +0 hypervisor initiated shutdown ; fd0"}
"#;

    #[test]
    fn what_was_seen_is_seen_again() {
        assert_eq!(outcome(SESSION), Outcome::Identical);
    }

    #[rstest]
    #[case("return\\\": 2", "return\\\": 3", "reply")]
    #[case("\"count\": 0", "\"count\": 7", "writers")]
    #[case("\"count\": 9", "\"count\": 0", "writers")]
    #[case("2\\n__RC=0", "3\\n__RC=0", "output")]
    #[case("SHUTDOWN\\\"", "RESET\\\"", "event of QEMU")]
    #[case("-h -P", "-h -H", "shutdown program")]
    #[case("guest-shutdown", "guest-ping", "end of file")]
    fn what_was_seen_otherwise_is_found(#[case] from: &str, #[case] to: &str, #[case] what: &str) {
        let changed = SESSION.replacen(from, to, 1);
        assert_ne!(changed, SESSION);
        let Outcome::Different(finding) = outcome(&changed) else {
            panic!("nothing was found");
        };
        assert_eq!(finding.what, what);
    }

    #[test]
    fn a_machine_that_still_runs_is_not_gone() {
        let alive = SESSION.lines().take(8).collect::<Vec<_>>().join("\n");
        let gone = r#"{"t": 3, "dir": "obs", "what": "qemu process alive", "value": false}"#;
        assert_eq!(outcome(&alive), Outcome::Identical);
        assert!(matches!(outcome(&format!("{alive}\n{gone}")), Outcome::Different(_)));
    }

    #[test]
    fn a_reply_that_nobody_heard_is_found() {
        let lost = SESSION
            .lines()
            .filter(|it| !it.contains("return"))
            .collect::<Vec<_>>()
            .join("\n");
        assert!(matches!(outcome(&lost), Outcome::Different(_)));
    }

    #[rstest]
    #[case("ga52", "5.2")]
    #[case("ga72", "7.2")]
    #[case("ga1002", "10.0")]
    #[case("p10-reboot", "10.0")]
    #[case("m-halt", "7.2")]
    fn labels_name_releases(#[case] label: &str, #[case] release: &str) {
        assert_eq!(machine::release_of(label, &[]), release);
    }
}
