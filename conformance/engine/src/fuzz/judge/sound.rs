//! What cannot be told of any machine, whatever machine it is.

use super::Fault;
use super::reading::Reading;
use crate::fuzz::property::Property;
use crate::pattern::{MatchError, Pattern, Variables, matches, parse};
use crate::script::Level;
use qga_fixtures::schema::{COMMANDS, Command};
use serde_json::Value;

/// A command, which property it is about, and the pattern of its result.
const SOUND: &[(&str, Property, &str)] = &[
    (
        "guest-info",
        Property::Sound,
        r#"{"supported_commands"?: unique("name"), ...}"#,
    ),
    (
        "guest-info",
        Property::Sound,
        r#"{"supported_commands"?: not(some({"name": "guest-ping", "success-response": false, ...})), ...}"#,
    ),
    ("guest-get-vcpus", Property::Sound, r#"unique("logical-id")"#),
    ("guest-get-vcpus", Property::Sound, r#"some({"online": true, ...})"#),
    (
        "guest-get-vcpus",
        Property::Sound,
        r#"each({"logical-id": int(0..), ...})"#,
    ),
    (
        "guest-get-vcpus",
        Property::Shape,
        r#"each({"can-offline": bool, ...})"#,
    ),
    ("guest-get-memory-blocks", Property::Sound, r#"unique("phys-index")"#),
    ("guest-network-get-interfaces", Property::Sound, r#"unique("name")"#),
    (
        "guest-network-get-interfaces",
        Property::Sound,
        r#"each({"ip-addresses"?: each({"ip-address-type": "ipv4", "ip-address": re("^[0-9.]+$"), ...} | {"ip-address-type": "ipv6", "ip-address": re(":"), ...}), ...})"#,
    ),
    (
        "guest-network-get-interfaces",
        Property::Sound,
        r#"each({"ip-addresses"?: each({"ip-address-type": "ipv4", "prefix": int(0..32), ...} | {"prefix": int(0..128), ...}), ...})"#,
    ),
    (
        "guest-network-get-interfaces",
        Property::Shape,
        r#"each({"hardware-address"?: re("^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*$"), ...})"#,
    ),
    ("guest-get-host-name", Property::Sound, r#"{"host-name": re("."), ...}"#),
    (
        "guest-get-users",
        Property::Sound,
        r#"unique("user") | some({"domain": str, ...})"#,
    ),
    (
        "guest-get-users",
        Property::Sound,
        r#"each({"login-time": not(int(100000000000..)), ...})"#,
    ),
    (
        "guest-get-osinfo",
        Property::Shape,
        r#"{"kernel-release"?: re("^[0-9]"), ...}"#,
    ),
    (
        "guest-get-disks",
        Property::Shape,
        r#"each({"partition": false, ...} | {"dependencies": [_, ...], ...})"#,
    ),
    (
        "guest-get-timezone",
        Property::Sound,
        r#"{"offset": int(-86400..86400), ...}"#,
    ),
    (
        "guest-fstrim",
        Property::Sound,
        r#"{"paths"?: each({"trimmed"?: int(0..), ...}), ...}"#,
    ),
    (
        "guest-fstrim",
        Property::Shape,
        r#"{"paths"?: each(not({"trimmed": _, "error": _, ...})), ...}"#,
    ),
    (
        "guest-set-memory-blocks",
        Property::Sound,
        r#"each(not({"response": "success", "error-code": _, ...}))"#,
    ),
    (
        "guest-get-memory-block-info",
        Property::Sound,
        r#"{"size": int(1..), ...}"#,
    ),
    (
        "guest-get-memory-block-info",
        Property::Shape,
        r#"{"size": int(1048576..), ...}"#,
    ),
];

/// A command that returns a list, and two numbers of each entry of which the first is
/// never the greater one.
const ORDERED: &[(&str, &str, &str)] = &[
    ("guest-get-fsinfo", "used-bytes", "total-bytes"),
    ("guest-get-fsinfo", "total-bytes", "total-bytes-privileged"),
];

/// The patterns by the places of their commands in the table.
#[derive(Clone, Debug)]
pub(super) struct Sound {
    patterns: Vec<Vec<(Property, &'static str, Pattern)>>,
}

impl Sound {
    pub(super) fn new() -> Sound {
        let of = |command: &Command| {
            let rows = SOUND.iter().filter(|(name, ..)| *name == command.name);
            rows.filter_map(|(_, property, text)| Some((*property, *text, parse(text).ok()?)))
                .collect()
        };
        Sound {
            patterns: COMMANDS.iter().map(of).collect(),
        }
    }

    /// What a result tells that cannot be.
    pub(super) fn of(&self, command: &Command, reading: &Reading, level: Level) -> Option<Fault> {
        let result = reading.result()?;
        let rows = &self.patterns[command.id as usize];
        let fault = rows.iter().find_map(|(property, text, pattern)| {
            let Err(MatchError::Differs(miss)) = matches(pattern, result, &Variables::new()) else {
                return None;
            };
            let found = format!("{}: expected {}, found {}", miss.pointer, miss.expected, miss.found);
            (property.level() <= level).then(|| Fault::reply(*property, format!("{{\"return\": {text}, ...}}"), found))
        });
        fault.or_else(|| disordered(command, result))
    }
}

/// An entry of which a part is greater than the whole.
fn disordered(command: &Command, result: &Value) -> Option<Fault> {
    let rows = ORDERED.iter().filter(|(name, ..)| *name == command.name);
    let entries = || result.as_array().into_iter().flatten();
    rows.flat_map(|(_, part, whole)| entries().map(move |it| (part, whole, it)))
        .find_map(|(part, whole, entry)| {
            let (less, more) = (entry[*whole].as_u64()?, entry[*part].as_u64()?);
            let pattern = format!(
                "{{\"{part}\": int({}..), \"{whole}\": int(..{less}), ...}}",
                less.checked_add(1)?
            );
            let fault = Fault::reply(
                Property::Sound,
                format!("{{\"return\": not(some({pattern})), ...}}"),
                format!("{part} is {more}, and {whole} {less}"),
            );
            (more > less).then_some(fault)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_pattern_of_a_command() {
        for (name, _, text) in SOUND {
            assert!(parse(text).is_ok(), "{text}");
            assert!(Command::find(name).is_some(), "{name}");
        }
    }
}
