//! What is known of an agent, and what it owes.

use super::sound::Sound;
use crate::derive::shape::Shape;
use crate::fuzz::property::Property;
use crate::pattern::{self, Pattern};
use crate::script::Level;
use qga_fixtures::schema::{COMMANDS, Command, Presence, Release, System};
use std::collections::BTreeSet;

/// What is known of the agent, and what it owes.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The level at which it is judged.
    pub level: Level,
    /// The release it claims to be.
    pub release: &'static Release,
    /// The system it runs on.
    pub system: System,
    /// Whether it offers each command and has it enabled, by its place in the table.
    offered: Vec<bool>,
    /// Whether it says so itself, by guest-info.
    pub(super) lists: bool,
    /// Commands that it has and cannot do on its machine, by their places in the table.
    unable: Vec<bool>,
    /// Whether its state was known when the session began: nothing open, nothing frozen.
    pub is_fresh: bool,
    /// What each command returns, by its place in the table.
    pub(super) results: Vec<Result<Results, String>>,
    /// What cannot be told of any machine.
    pub(super) sound: Sound,
}

/// What a command returns.
#[derive(Clone, Debug)]
pub(super) struct Results {
    /// The pattern of what stands under `return`.
    pub(super) returned: Pattern,
    /// The pattern of the reply that it stands in, to tell what is wrong with one.
    pub(super) reply: Pattern,
}

impl Rules {
    /// The rules for an agent.
    pub fn new(level: Level, release: &'static Release, system: System) -> Rules {
        let shape = Shape {
            release,
            system,
            is_open: true,
        };
        let result = |command: &Command| {
            let returned = shape.result(command.returns_in(release));
            let reply = format!("{{\"return\": {returned}, ...}}");
            match (pattern::parse(&returned), pattern::parse(&reply)) {
                (Ok(returned), Ok(reply)) => Ok(Results { returned, reply }),
                _ => Err(reply),
            }
        };
        Rules {
            level,
            release,
            system,
            offered: COMMANDS
                .iter()
                .map(|it| it.presence(release, system) == Presence::Works)
                .collect(),
            lists: false,
            unable: vec![false; COMMANDS.len()],
            is_fresh: true,
            results: COMMANDS.iter().map(result).collect(),
            sound: Sound::new(),
        }
    }

    /// The same with what the agent says of itself: the commands that it offers and has
    /// enabled, if that is known; whether it says so by guest-info.
    pub fn with(self, offered: Option<BTreeSet<String>>, lists: bool, is_fresh: bool) -> Rules {
        let is_listed = |it: &Command| offered.as_ref().map(|offered| offered.contains(it.name));
        let offered = COMMANDS.iter().zip(&self.offered);
        Rules {
            offered: offered.map(|(it, usual)| is_listed(it).unwrap_or(*usual)).collect(),
            lists,
            is_fresh,
            ..self
        }
    }

    /// The same, and the agent cannot do these on its machine.
    pub fn unable(self, commands: &BTreeSet<&'static str>) -> Rules {
        Rules {
            unable: COMMANDS.iter().map(|it| commands.contains(it.name)).collect(),
            ..self
        }
    }

    /// Whether a property is owed at the level of these rules.
    pub fn owes(&self, property: Property) -> bool {
        property.level() <= self.level
    }

    pub(super) fn is_able(&self, command: &Command) -> bool {
        !self.unable[command.id as usize]
    }

    pub(super) fn is_offered(&self, command: &Command) -> bool {
        self.offered[command.id as usize]
    }
}
