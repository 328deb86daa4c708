//! What was seen of the schema: for each command, whether it returned and whether it
//! was refused, and how often.

use super::session::{Session, Step, is_refusal};
use super::transcript::Transcript;
use qga_fixtures::schema::{COMMANDS, Command};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often each outcome was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Coverage {
    commands: BTreeMap<String, Count>,
}

/// How often a command returned and was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// It returned.
    pub returned: u64,
    /// It was refused.
    pub refused: u64,
}

impl Count {
    fn add(&mut self, other: &Count) {
        self.returned += other.returned;
        self.refused += other.refused;
    }

    /// How many of the two outcomes were seen.
    fn outcomes(&self) -> usize {
        usize::from(self.returned > 0) + usize::from(self.refused > 0)
    }
}

/// Counts by the places of commands in the table, while cases run.
#[derive(Clone, Debug)]
pub struct Tally {
    counts: Vec<Count>,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            counts: vec![Count::default(); COMMANDS.len()],
        }
    }
}

impl Tally {
    /// Counts what a transcript shows.
    pub fn add(&mut self, session: &Session, transcript: &Transcript) {
        for (at, step) in session.steps.iter().enumerate() {
            let Step::Call(call) = step else { continue };
            let Some(line) = transcript.lines_of(at).next() else {
                continue;
            };
            let Some(command) = Command::find(&call.command) else {
                continue;
            };
            let count = &mut self.counts[command.id as usize];
            match is_refusal(line) {
                true => count.refused += 1,
                false => count.returned += 1,
            }
        }
    }

    /// Adds another tally.
    pub fn join(&mut self, other: &Tally) {
        for (mine, its) in self.counts.iter_mut().zip(&other.counts) {
            mine.add(its);
        }
    }

    /// How many different outcomes were seen, of two for each command.
    pub fn outcomes(&self) -> usize {
        self.counts.iter().map(Count::outcomes).sum()
    }

    /// By the names of the commands.
    pub fn named(&self) -> Coverage {
        let commands = COMMANDS
            .iter()
            .map(|it| (it.name.to_owned(), self.counts[it.id as usize]));
        Coverage {
            commands: commands.filter(|(_, it)| *it != Count::default()).collect(),
        }
    }
}

impl Coverage {
    /// The counts by command.
    pub fn commands(&self) -> &BTreeMap<String, Count> {
        &self.commands
    }

    /// Adds what another machine saw.
    pub fn join(&mut self, other: &Coverage) {
        for (name, count) in &other.commands {
            self.commands.entry(name.clone()).or_default().add(count);
        }
    }

    /// How many different outcomes were seen, of two for each command.
    pub fn outcomes(&self) -> usize {
        self.commands.values().map(Count::outcomes).sum()
    }
}
