//! What was done to a simulated machine, and must show when it is asked for.

use super::Fault;
use super::reading::Reading;
use crate::fuzz::property::Property;
use crate::fuzz::session::{Argument, Call};
use crate::pattern::{Variables, matches, parse};
use serde_json::Value;

/// How long after it was set the clock may be asked, in nanoseconds.
const CLOCK_GOES_ON: i64 = 3_600_000_000_000;

/// What was done, by the command that must show it: the last of each kind counts.
#[derive(Debug, Default)]
pub(super) struct Machine {
    due: Vec<Due>,
}

#[derive(Debug)]
struct Due {
    /// The command that shows it.
    by: &'static str,
    /// Of what: a later one of the same takes its place.
    of: String,
    pattern: String,
}

impl Machine {
    /// What a reply tells.
    pub(super) fn told(&mut self, call: &Call, reading: &Reading) -> Option<Fault> {
        let fault = reading.result().and_then(|it| self.shows(call, it));
        if let Some(due) = Due::of(call) {
            self.due.retain(|it| (it.by, &it.of) != (due.by, &due.of));
            if reading.result().is_some() {
                self.due.push(due);
            }
        }
        fault.or_else(|| counted(call, reading.result()?))
    }

    fn shows(&self, call: &Call, result: &Value) -> Option<Fault> {
        let due = self
            .due
            .iter()
            .filter(|it| it.by == call.command && it.is_asked_by(call));
        due.filter_map(|it| kept(&it.pattern, result)).next()
    }
}

fn kept(pattern: &str, result: &Value) -> Option<Fault> {
    let wanted = parse(pattern).ok()?;
    let differs = matches(&wanted, result, &Variables::new()).is_err();
    differs.then(|| {
        let found = format!("it does not show: {}", crate::pattern::shorten(result));
        Fault::reply(Property::Kept, format!("{{\"return\": {pattern}, ...}}"), found)
    })
}

/// Whether a call is about what no machine has.
pub(super) fn is_absent(call: &Call) -> bool {
    let of = |name: &str| json(call, name).unwrap_or_default();
    match call.command.as_ref() {
        "guest-shutdown" => of("mode") == "no-such-mode",
        "guest-set-vcpus" => of("vcpus").pointer("/0/logical-id") == Some(&4095.into()),
        _ => of("username") == "no-such-user",
    }
}

/// What a command that was given a list of one counts.
fn counted(call: &Call, result: &Value) -> Option<Fault> {
    match call.command.as_ref() {
        "guest-set-vcpus" if json(call, "vcpus")?.as_array()?.len() == 1 => kept("1", result),
        "guest-fsfreeze-freeze-list" => {
            let length = json(call, "mountpoints")?.as_array()?.len();
            kept(&length.to_string(), result)
        }
        _ => None,
    }
}

fn json(call: &Call, name: &str) -> Option<Value> {
    match call.argument(name)? {
        Argument::Json(text) => serde_json::from_str(text).ok(),
        Argument::Int(number) => Some((*number).into()),
        _ => None,
    }
}

impl Due {
    /// What a call does that another command shows, if it succeeds.
    fn of(call: &Call) -> Option<Due> {
        match call.command.as_ref() {
            "guest-set-vcpus" => Due::of_list(json(call, "vcpus")?, "guest-get-vcpus", "logical-id"),
            "guest-set-memory-blocks" => Due::of_list(json(call, "mem-blks")?, "guest-get-memory-blocks", "phys-index"),
            "guest-set-time" => {
                let time = json(call, "time")?.as_i64()?;
                Some(Due {
                    by: "guest-get-time",
                    of: String::new(),
                    pattern: format!("int({time}..{})", time.checked_add(CLOCK_GOES_ON)?),
                })
            }
            "guest-ssh-add-authorized-keys" => Due::of_keys(call, |it| format!("some({it})")),
            "guest-ssh-remove-authorized-keys" => Due::of_keys(call, |it| format!("not(some({it}))")),
            _ => None,
        }
    }

    /// Of a list of one: what became of that.
    fn of_list(list: Value, by: &'static str, key: &str) -> Option<Due> {
        let [one] = &list.as_array()?[..] else { return None };
        let (key_of, online) = (one.get(key)?, one.get("online")?);
        Some(Due {
            by,
            of: key_of.to_string(),
            pattern: format!("some({{\"{key}\": {key_of}, \"online\": {online}, ...}})"),
        })
    }

    fn of_keys(call: &Call, pattern: impl Fn(&Value) -> String) -> Option<Due> {
        let keys = json(call, "keys")?;
        let [key] = &keys.as_array()?[..] else { return None };
        Some(Due {
            by: "guest-ssh-get-authorized-keys",
            of: format!("{}{key}", json(call, "username")?),
            pattern: format!("{{\"keys\": {}, ...}}", pattern(key)),
        })
    }

    fn is_asked_by(&self, call: &Call) -> bool {
        json(call, "username").is_none_or(|it| self.of.starts_with(&it.to_string()))
    }
}
