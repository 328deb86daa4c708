//! What is known of frozen filesystems.

use super::Fault;
use super::reading::Reading;
use crate::fuzz::property::Property;
use crate::fuzz::session::Call;
use qga_fixtures::schema::{Command, FreezeMemory, Release};
use serde_json::Value;

/// What is known of frozen filesystems.
#[derive(Debug)]
pub(super) struct Freeze {
    state: State,
    /// Whether something was refused since the state was last told.
    refused: bool,
    /// Whether a thaw counts what it thaws, and not what was once frozen.
    forgets: bool,
    /// How many a freeze of all froze.
    all: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unknown,
    Thawed,
    Frozen(Option<i64>),
}

impl Freeze {
    pub(super) fn new(is_fresh: bool, release: &Release) -> Freeze {
        let state = if is_fresh { State::Thawed } else { State::Unknown };
        Freeze {
            state,
            refused: false,
            forgets: release.freeze_memory == FreezeMemory::Marker,
            all: None,
        }
    }

    /// Whether filesystems are frozen; `None` if it is not known.
    pub(super) fn is_frozen(&self) -> Option<bool> {
        match self.state {
            State::Unknown => None,
            State::Thawed => Some(false),
            State::Frozen(_) => Some(true),
        }
    }

    /// A list of commands may not call one enabled that is refused while frozen.
    pub(super) fn listed(&self, result: &Value, release: &Release) -> Option<Fault> {
        let is_wrong = |it: &&str| Command::find(it).is_some_and(|it| !it.works_frozen(release));
        let list = result["supported_commands"]
            .as_array()
            .filter(|_| self.is_frozen() == Some(true))?;
        let enabled = list
            .iter()
            .filter(|it| it["enabled"] == true)
            .filter_map(|it| it["name"].as_str());
        let name = enabled
            .into_iter()
            .find(is_wrong)
            .filter(|_| release.freeze_gates_commands)?;
        let entry = format!("not(some({{\"name\": \"{name}\", \"enabled\": true, ...}}))");
        Some(Fault::reply(
            Property::Frozen,
            format!("{{\"return\": {{\"supported_commands\": {entry}, ...}}, ...}}"),
            format!("{name} is listed as enabled while filesystems are frozen"),
        ))
    }

    /// What the reply of a command about freezing tells.
    pub(super) fn told(&mut self, call: &Call, reading: &Reading) -> Option<Fault> {
        let Some(result) = reading.result() else {
            self.refused = true;
            // An agent that failed half way may hold some.
            if call.command == "guest-fsfreeze-thaw" || self.state == State::Thawed {
                self.state = State::Unknown;
            }
            return None;
        };
        match call.command.as_ref() {
            "guest-fsfreeze-freeze" => {
                let count = result.as_i64();
                if self.state == State::Thawed {
                    self.all = count;
                }
                // With nothing to freeze some agents hold themselves frozen, others do not.
                self.state = if count == Some(0) {
                    State::Unknown
                } else {
                    State::Frozen(count)
                };
                None
            }
            "guest-fsfreeze-freeze-list" => self.listed_frozen(call, result),
            "guest-fsfreeze-thaw" => self.thawed(result),
            "guest-fsfreeze-status" => self.status(result),
            _ => {
                self.state = State::Unknown;
                None
            }
        }
    }

    /// Filesystems of a list were frozen; without a list it is all of them.
    fn listed_frozen(&mut self, call: &Call, result: &Value) -> Option<Fault> {
        let before = std::mem::replace(&mut self.state, State::Unknown);
        let is_of_all = call.argument("mountpoints").is_none() && before == State::Thawed;
        let all = self.all.filter(|it| is_of_all && result.as_i64() != Some(*it))?;
        let found = format!("{all} filesystems were frozen when all were to be, and now {result}");
        Some(Fault::reply(Property::Same, "{\"return\": $frozen, ...}", found))
    }

    fn thawed(&mut self, result: &Value) -> Option<Fault> {
        let before = std::mem::replace(&mut self.state, State::Thawed);
        let (count, pattern) = match before {
            State::Frozen(Some(count)) => (count, "{\"return\": $frozen, ...}"),
            State::Thawed if self.forgets => (0, "{\"return\": 0, ...}"),
            _ => return None,
        };
        (result.as_i64() != Some(count)).then(|| {
            let found = format!("{count} filesystems were frozen, and {result} thawed");
            Fault::reply(Property::Balance, pattern, found)
        })
    }

    fn status(&mut self, result: &Value) -> Option<Fault> {
        let due = match self.state {
            State::Unknown => return None,
            State::Thawed => "thawed",
            State::Frozen(_) => "frozen",
        };
        let property = if self.refused {
            Property::Unchanged
        } else {
            Property::Balance
        };
        (result != due).then(|| {
            let found = format!("filesystems are {due}, and the status is {result}");
            Fault::reply(property, format!("{{\"return\": \"{due}\", ...}}"), found)
        })
    }
}
