//! What is known of frozen filesystems.

use super::Fault;
use super::reading::Reading;
use crate::fuzz::property::Property;
use crate::fuzz::session::Call;
use serde_json::Value;

/// What is known of frozen filesystems.
#[derive(Debug)]
pub(super) struct Freeze {
    state: State,
    /// Whether something was refused since the state was last told.
    refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unknown,
    Thawed,
    Frozen(Option<i64>),
}

impl Freeze {
    pub(super) fn new(is_fresh: bool) -> Freeze {
        let state = if is_fresh { State::Thawed } else { State::Unknown };
        Freeze { state, refused: false }
    }

    /// Whether filesystems are frozen; `None` if it is not known.
    pub(super) fn is_frozen(&self) -> Option<bool> {
        match self.state {
            State::Unknown => None,
            State::Thawed => Some(false),
            State::Frozen(_) => Some(true),
        }
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
                // With nothing to freeze some agents hold themselves frozen, others do not.
                self.state = if count == Some(0) {
                    State::Unknown
                } else {
                    State::Frozen(count)
                };
                None
            }
            "guest-fsfreeze-thaw" => self.thawed(result),
            "guest-fsfreeze-status" => self.status(result),
            _ => {
                self.state = State::Unknown;
                None
            }
        }
    }

    fn thawed(&mut self, result: &Value) -> Option<Fault> {
        let before = std::mem::replace(&mut self.state, State::Thawed);
        let count = match before {
            State::Frozen(Some(count)) => count,
            _ => return None,
        };
        (result.as_i64() != Some(count)).then(|| {
            let found = format!("{count} filesystems were frozen, and {result} thawed");
            Fault::reply(Property::Balance, format!("{{\"return\": {count}, ...}}"), found)
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
