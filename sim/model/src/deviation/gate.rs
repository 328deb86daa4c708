//! Agents that let commands through, or hold them back, where they should not.

use qga_fixtures::schema::Command;
use serde::Deserialize;

/// Which command, and what becomes of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Gate {
    /// It runs, frozen or not.
    Lets(String),
    /// It never runs.
    Holds(String),
    /// None but these runs.
    HoldsAllBut(Vec<String>),
}

impl Gate {
    pub(super) fn passes(&self, command: &Command) -> Option<bool> {
        match self {
            Gate::Lets(name) => (command.name == name).then_some(true),
            Gate::Holds(name) => (command.name == name).then_some(false),
            Gate::HoldsAllBut(names) => (!names.iter().any(|it| it == command.name)).then_some(false),
        }
    }
}
