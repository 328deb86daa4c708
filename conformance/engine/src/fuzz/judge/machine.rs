//! What was done to a simulated machine, and must show when it is asked for.

use super::Fault;
use super::reading::Reading;
use crate::fuzz::property::Property;
use crate::fuzz::session::{Argument, Call};
use crate::pattern::{Variables, matches, parse};
use crate::script::Level;
use serde_json::Value;
use std::collections::BTreeMap;

/// How long after it was set the clock may be asked, in nanoseconds.
const CLOCK_GOES_ON: i64 = 3_600_000_000_000;

/// What was done, by the command that must show it: the last of each kind counts.
#[derive(Debug, Default)]
pub(super) struct Machine {
    due: Vec<Due>,
    /// Names that one command told, by the command that lists all of them.
    named: BTreeMap<&'static str, Vec<Value>>,
    /// What `uname -n` wrote.
    node: Option<String>,
    /// Whether the clocks, the hardware's too, were set.
    is_set: bool,
    /// What commands told that tell the same each time.
    same: BTreeMap<&'static str, Value>,
}

/// Commands that name some of a kind, where and by which member; and the command that lists
/// all, and the same of that.
type Place = (&'static str, &'static str, &'static str);
const ROUTES: Place = ("guest-network-get-route", "", "iface");
const INTERFACES: Place = ("guest-network-get-interfaces", "", "name");
const TRIMMED: Place = ("guest-fstrim", "/paths", "path");
const MOUNTED: Place = ("guest-get-fsinfo", "", "mountpoint");
const NAMED: &[(Place, Place)] = &[(ROUTES, INTERFACES), (TRIMMED, MOUNTED), (MOUNTED, TRIMMED)];

/// Commands that tell the same each time, as long as nobody changes the machine.
const SAME: &[&str] = &[
    "guest-get-osinfo",
    "guest-get-host-name",
    "guest-get-timezone",
    "guest-get-memory-block-info",
];

/// The variable of scripts that keeps what such a command told first.
pub(in crate::fuzz) fn same_variable(command: &str) -> Option<String> {
    let name = SAME.iter().find(|it| **it == command)?.strip_prefix("guest-get-")?;
    Some(name.replace('-', "_"))
}

/// The command that shows keys.
const KEYS: &str = "guest-ssh-get-authorized-keys";

/// No filesystem trims in pieces of 4 GiB by itself.
const FAR_MINIMUM: i64 = 1 << 32;

/// Zones differ from UTC by whole quarters of an hour, in seconds.
const QUARTER: i64 = 900;

#[derive(Debug)]
struct Due {
    /// The command that shows it.
    by: &'static str,
    /// Of what: a later one of the same takes its place.
    of: String,
    pattern: String,
    /// Whether something must be there: who has nothing of the kind may say so by an error.
    is_there: bool,
}

impl Machine {
    /// What a reply tells.
    pub(super) fn told(&mut self, call: &Call, reading: &Reading, level: Level) -> Option<Fault> {
        let fault = reading.result().and_then(|it| self.shows(call, it));
        self.forget_keys(call);
        for due in Due::of(call, reading.result()) {
            self.due.retain(|it| (it.by, &it.of) != (due.by, &due.of));
            if reading.result().is_some() {
                self.due.push(due);
            }
        }
        let result = reading.result()?;
        self.is_set |= call.command == "guest-set-time" && call.argument("time").is_some();
        let is_sound = level >= Property::Shape.level();
        let strange = || {
            self.differs(call, result)
                .or_else(|| self.lists(call, result))
                .or_else(|| self.host(call, result))
                .or_else(|| zone(call, result))
        };
        let fault = fault
            .or_else(|| counted(call, result))
            .or_else(|| strange().filter(|_| is_sound));
        self.name(call, result);
        if call.command == "guest-set-time" {
            self.same.remove("guest-get-timezone");
        }
        if let Some(name) = SAME.iter().find(|it| **it == call.command) {
            self.same.insert(name, result.clone());
        }
        fault
    }

    /// It was told otherwise before.
    fn differs(&self, call: &Call, result: &Value) -> Option<Fault> {
        let before = self.same.get(call.command.as_ref()).filter(|it| *it != result)?;
        let shorten = crate::pattern::shorten;
        Some(Fault::reply(
            Property::Same,
            format!("{{\"return\": ${}, ...}}", same_variable(&call.command)?),
            format!("{} is told where {} was", shorten(result), shorten(before)),
        ))
    }

    /// Keys are added: that there are no others is not so any more. If they take the place
    /// of those there were, nothing of what was done before counts.
    fn forget_keys(&mut self, call: &Call) {
        if call.command != "guest-ssh-add-authorized-keys" {
            return;
        }
        let user = json(call, "username").unwrap_or_default().to_string();
        let resets = call.argument("reset").is_some();
        self.due
            .retain(|it| it.by != KEYS || !it.of.starts_with(&user) || !(resets || it.of == user));
    }

    /// Keeps the names that a result tells.
    fn name(&mut self, call: &Call, result: &Value) {
        for ((_, at, member), (by, ..)) in NAMED.iter().filter(|it| it.0.0 == call.command) {
            let entries = result.pointer(at).and_then(Value::as_array).into_iter().flatten();
            let names = entries.filter_map(|it| it.get(member)).cloned().collect();
            self.named.insert(by, names);
        }
    }

    /// What another command named must be in the list.
    fn lists(&self, call: &Call, result: &Value) -> Option<Fault> {
        let (_, at, member) = NAMED.iter().map(|it| &it.1).find(|it| it.0 == call.command)?;
        let list = result.pointer(at)?.as_array()?;
        let listed: Vec<&Value> = list.iter().filter_map(|it| it.get(member)).collect();
        let missing = self
            .named
            .get(call.command.as_ref())?
            .iter()
            .find(|it| !listed.contains(it))?;
        Some(Fault::reply(
            Property::Shape,
            match at.strip_prefix('/') {
                None => format!("{{\"return\": some({{\"{member}\": {missing}, ...}}), ...}}"),
                Some(at) => format!("{{\"return\": {{\"{at}\": some({{\"{member}\": {missing}, ...}}), ...}}, ...}}"),
            },
            format!("{missing} is not in the list, and another command names it"),
        ))
    }

    /// The name that a program was told is that of the machine, with its domain or without.
    fn host(&self, call: &Call, result: &Value) -> Option<Fault> {
        let node = self.node.as_ref().filter(|_| call.command == "guest-get-host-name")?;
        let name = result["host-name"].as_str()?;
        let begins = |long: &str, short: &str| {
            long.strip_prefix(short)
                .is_some_and(|it| it.is_empty() || it.starts_with('.'))
        };
        (!begins(name, node) && !begins(node, name)).then(|| {
            Fault::reply(
                Property::Shape,
                format!(
                    "{{\"return\": {{\"host-name\": starts({}), ...}}, ...}}",
                    Value::from(node.as_str())
                ),
                format!("the name is {name:?}, and uname -n writes {node:?}"),
            )
        })
    }

    /// Whether a call sets the clock from that of the hardware, which was set before.
    pub(super) fn knows_time(&self, call: &Call) -> bool {
        call.argument("time").is_none() && self.is_set
    }

    /// What `uname -n` wrote.
    pub(super) fn learn_node(&mut self, name: String) {
        self.node = Some(name);
    }

    /// Whether a call asks for something that must be there.
    pub(super) fn must_show(&self, call: &Call) -> bool {
        let asked = self
            .due
            .iter()
            .filter(|it| it.by == call.command && it.is_asked_by(call));
        asked.into_iter().any(|it| it.is_there)
    }

    fn shows(&self, call: &Call, result: &Value) -> Option<Fault> {
        let due = self
            .due
            .iter()
            .filter(|it| it.by == call.command && it.is_asked_by(call));
        due.filter_map(|it| kept(&it.pattern, result)).next()
    }
}

/// A zone that no place has: the distance is told in another unit.
fn zone(call: &Call, result: &Value) -> Option<Fault> {
    let offset = result["offset"]
        .as_i64()
        .filter(|_| call.command == "guest-get-timezone")?;
    (offset % QUARTER != 0).then(|| {
        Fault::reply(
            Property::Shape,
            format!("{{\"return\": {{\"offset\": not({offset}), ...}}, ...}}"),
            format!("{offset} s are no whole quarters of an hour"),
        )
    })
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

/// Whether a trim may find no piece that is as great as it must be: some releases fail then.
pub(super) fn trims_too_little(call: &Call) -> bool {
    json(call, "minimum").is_some_and(|it| it.as_i64().is_none_or(|it| it >= FAR_MINIMUM))
}

/// Whether a call names processors or memory blocks.
pub(super) fn names_parts(call: &Call) -> bool {
    let of = |name: &str| json(call, name).is_some_and(|it| it.as_array().is_some_and(|it| !it.is_empty()));
    of("vcpus") || of("mem-blks")
}

/// What a command tells of each thing that it was given.
fn counted(call: &Call, result: &Value) -> Option<Fault> {
    match call.command.as_ref() {
        "guest-set-vcpus" if json(call, "vcpus")?.as_array()?.len() == 1 => kept("1", result),
        "guest-set-memory-blocks" => {
            let length = json(call, "mem-blks")?.as_array()?.len();
            kept(&format!("[{}]", vec!["_"; length].join(", ")), result)
        }
        "guest-fstrim" => trimmed(call, result),
        "guest-fsfreeze-freeze-list" if call.argument("mountpoints").is_some() => {
            let length = json(call, "mountpoints")?.as_array()?.len();
            kept(&length.to_string(), result)
        }
        _ => None,
    }
}

/// The least size of a trim: that of an earlier one is none of this one's, and a filesystem
/// may trim in greater pieces than it is asked to.
fn trimmed(call: &Call, result: &Value) -> Option<Fault> {
    let asked = json(call, "minimum").and_then(|it| it.as_i64()).unwrap_or(0);
    let most = match asked < FAR_MINIMUM {
        true => FAR_MINIMUM.to_string(),
        false => String::new(),
    };
    let pattern = format!("{{\"paths\"?: each({{\"minimum\"?: int({asked}..{most}), ...}}), ...}}");
    kept(&pattern, result)
}

fn json(call: &Call, name: &str) -> Option<Value> {
    match call.argument(name)? {
        Argument::Json(text) => serde_json::from_str(text).ok(),
        Argument::Int(number) => Some((*number).into()),
        _ => None,
    }
}

impl Due {
    /// What a call does that another command shows, if it succeeds. A later one about the
    /// same takes its place.
    fn of(call: &Call, result: Option<&Value>) -> Vec<Due> {
        match call.command.as_ref() {
            "guest-ssh-add-authorized-keys" => Due::of_keys(call, |it| format!("some({it})")),
            "guest-ssh-remove-authorized-keys" => Due::of_keys(call, |it| format!("not(some({it}))")),
            "guest-set-memory-blocks" => Due::of_blocks(call, result).unwrap_or_default(),
            _ => Due::of_one(call).into_iter().collect(),
        }
    }

    fn of_one(call: &Call) -> Option<Due> {
        match call.command.as_ref() {
            "guest-set-vcpus" => match &json(call, "vcpus")?.as_array()?[..] {
                [one] => Due::of_part(one, "guest-get-vcpus", "logical-id", ", \"can-offline\"?: true"),
                _ => None,
            },
            "guest-set-time" => {
                let time = json(call, "time")?.as_i64()?;
                Some(Due {
                    by: "guest-get-time",
                    of: String::new(),
                    pattern: format!("int({time}..{})", time.checked_add(CLOCK_GOES_ON)?),
                    is_there: true,
                })
            }
            _ => None,
        }
    }

    /// Of each block that the agent says was changed.
    fn of_blocks(call: &Call, result: Option<&Value>) -> Option<Vec<Due>> {
        let (asked, told) = (json(call, "mem-blks")?, result?.as_array()?);
        let is_done = |block: &&Value| {
            let mut of_block = told.iter().filter(|it| it["phys-index"] == block["phys-index"]);
            of_block.next().is_some_and(|it| it["response"] == "success")
        };
        let done = asked.as_array()?.iter().filter(is_done);
        let dues = done.filter_map(|it| Due::of_part(it, "guest-get-memory-blocks", "phys-index", ""));
        Some(dues.collect())
    }

    /// Of a part of the machine: whether it is in use, and `more` that must be so of it.
    fn of_part(part: &Value, by: &'static str, key: &str, more: &str) -> Option<Due> {
        let (key_of, online) = (part.get(key)?, part.get("online")?);
        Some(Due {
            by,
            of: key_of.to_string(),
            is_there: true,
            pattern: format!("some({{\"{key}\": {key_of}, \"online\": {online}{more}, ...}})"),
        })
    }

    /// Of each key; and, if they take the place of those there were, of all others.
    fn of_keys(call: &Call, pattern: impl Fn(&Value) -> String) -> Vec<Due> {
        let (user, keys) = (json(call, "username"), json(call, "keys"));
        let (Some(user), Some(Value::Array(keys))) = (user, keys) else {
            return Vec::new();
        };
        let due = |of: String, pattern: String| Due {
            by: KEYS,
            of,
            is_there: pattern.starts_with("some("),
            pattern: format!("{{\"keys\": {pattern}, ...}}"),
        };
        let each = keys.iter().map(|it| due(format!("{user}{it}"), pattern(it)));
        let mut dues: Vec<Due> = each.collect();
        if json(call, "reset") == Some(Value::Bool(true)) {
            let words: Vec<String> = keys.iter().map(Value::to_string).collect();
            dues.push(due(user.to_string(), format!("each({})", words.join(" | "))));
        }
        dues
    }

    fn is_asked_by(&self, call: &Call) -> bool {
        json(call, "username").is_none_or(|it| self.of.starts_with(&it.to_string()))
    }
}
