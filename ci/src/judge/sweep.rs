//! What came of the generated agents.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use qga_engine::script::Level;
use serde::Deserialize;

use super::cases::Generated;

/// Agents that nothing could catch, each with the reason.
static EQUIVALENT: LazyLock<Vec<Equivalent>> =
    LazyLock::new(|| match toml::from_str::<File>(include_str!("equivalent.toml")) {
        Ok(file) => file.equivalent,
        Err(error) => panic!("equivalent.toml: {error}"),
    });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    equivalent: Vec<Equivalent>,
}

/// Agents that are as right as the one they were made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Equivalent {
    of: String,
    what: Vec<String>,
    why: String,
}

impl Equivalent {
    fn is(&self, name: &str) -> bool {
        let Some((command, what)) = name.split_once('/') else {
            return false;
        };
        let is_what = |it: &String| match it.strip_suffix('…') {
            Some(beginning) => what.starts_with(beginning),
            None => what == it,
        };
        (self.of == "*" || self.of == command) && self.what.iter().any(is_what)
    }
}

/// What became of all.
pub(super) struct Sweep {
    pub(super) found: Vec<Generated>,
    /// What the unchanged simulator is accused of.
    pub(super) right: Vec<String>,
}

impl Sweep {
    /// Whether all are caught that could be, and the one they were made of is not.
    pub(super) fn is_sound(&self) -> bool {
        self.right.is_empty() && self.survivors().next().is_none()
    }

    fn uncaught(&self) -> impl Iterator<Item = (&Generated, Option<&'static Equivalent>)> {
        let uncaught = self.found.iter().filter(|it| it.level.is_none());
        uncaught.map(|it| (it, EQUIVALENT.iter().find(|row| row.is(&it.deviation.name))))
    }

    fn survivors(&self) -> impl Iterator<Item = &Generated> {
        self.uncaught().filter(|(_, reason)| reason.is_none()).map(|(it, _)| it)
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (it, reason) in self.uncaught() {
            let name = &it.deviation.name;
            match (reason, it.shows) {
                (Some(reason), _) => writeln!(f, "  equivalent {name}: {}", reason.why)?,
                (None, true) => writeln!(f, "  SURVIVED   {name}: replies differ, and no claim says so")?,
                (None, false) => writeln!(f, "  UNSEEN     {name}: no script makes it show")?,
            }
        }
        let mut levels: BTreeMap<Level, usize> = BTreeMap::new();
        let caught: Vec<Level> = self.found.iter().filter_map(|it| it.level).collect();
        caught.iter().for_each(|it| *levels.entry(*it).or_default() += 1);
        let count = |level| levels.get(&level).copied().unwrap_or_default();
        let equivalent = self.uncaught().filter(|(_, reason)| reason.is_some()).count();
        writeln!(
            f,
            "\ngenerated {} of {} caught: {} at must, {} at should, {} at exact; {equivalent} are equivalent",
            caught.len(),
            self.found.len() - equivalent,
            count(Level::Must),
            count(Level::Should),
            count(Level::Exact),
        )?;
        writeln!(
            f,
            "right     {} false alarms on the simulator as it is",
            self.right.len()
        )?;
        self.right.iter().try_for_each(|it| writeln!(f, "{:12}{it}", ""))
    }
}
