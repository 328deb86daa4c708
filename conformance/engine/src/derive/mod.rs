//! Cases that nobody wrote: for every command that a release has, what the schema
//! says of its arguments, its result, its place in guest-info and the request's id.
//!
//! Each case is a script like any other: it can be printed, kept and run. A script is
//! derived for one release on one system, and says so in its header, so that a kept
//! one never accuses another. There is one script for a command and a kind of
//! mistake, and a claim has the same id for every release.
//!
//! The id of a derived claim is `D`, the command's name in capitals without `guest-`
//! and dashes, and a number: its hundreds are the kind of the case, its last two
//! digits twice the place of the argument, and one more where texts are claimed.
//!
//! Nothing here runs anything. A case for a harmful command sends only what a right
//! agent refuses before it does anything, and counts with the command's own effect.

mod calls;
mod envelope;
mod mistakes;
mod offer;
mod place;
mod refusal;
mod result;
pub(crate) mod shape;
mod sheet;
mod value;

use crate::script::{ClaimId, Script};
use qga_fixtures::schema::{COMMANDS, Command, Presence, RELEASES, Release, System};
use std::collections::BTreeSet;

/// What the names of derived scripts begin with: `derived:guest-ping/id`.
pub const PREFIX: &str = "derived:";

/// The agent for which cases are derived, as far as it is known.
#[derive(Clone, Debug)]
pub struct Derivation {
    /// The release it claims to be.
    pub release: &'static Release,
    /// The system it runs on.
    pub system: System,
    /// The commands it offers and has enabled. If `None`, those of the release.
    pub offered: Option<BTreeSet<String>>,
}

/// A command for which cases are derived.
#[derive(Clone, Copy, Debug)]
struct Subject<'d> {
    agent: &'d Derivation,
    command: &'static Command,
}

impl Derivation {
    /// The cases of every command, in the order of the schema.
    pub fn scripts(&self) -> Vec<Script> {
        COMMANDS.iter().flat_map(|it| self.of(it)).collect()
    }

    /// The cases of a command. If the agent has not got it, that it refuses it.
    pub fn of(&self, command: &'static Command) -> Vec<Script> {
        let subject = Subject { agent: self, command };
        let presence = command.presence(self.release, self.system);
        match (subject.is_offered(), presence) {
            (true, Presence::Works) => subject.cases(),
            (true, _) => Vec::new(),
            (false, _) => offer::refused(subject).into_iter().collect(),
        }
    }

    /// The release after this one.
    fn next(&self) -> Option<&'static Release> {
        RELEASES.get(usize::from(self.release.since.0) + 1)
    }
}

impl Subject<'_> {
    fn cases(self) -> Vec<Script> {
        let kinds: [for<'d> fn(Subject<'d>) -> Option<Script>; 9] = [
            mistakes::missing,
            mistakes::types,
            mistakes::null,
            mistakes::unexpected,
            mistakes::limits,
            mistakes::words,
            envelope::id,
            offer::known,
            result::result,
        ];
        kinds.into_iter().filter_map(|kind| kind(self)).collect()
    }

    fn release(self) -> &'static Release {
        self.agent.release
    }

    fn is_offered(self) -> bool {
        match &self.agent.offered {
            Some(offered) => offered.contains(self.command.name),
            // A command that refuses everything is listed as enabled all the same.
            None => {
                let presence = self.command.presence(self.release(), self.agent.system);
                matches!(presence, Presence::Works | Presence::Refuses)
            }
        }
    }
}

/// Whether a command reads what every machine has, and takes nothing.
pub(crate) fn is_plain(command: &Command) -> bool {
    calls::is_plain(command)
}

/// The word of a command's derived claims: `DFILEOPEN` for guest-file-open.
pub fn family(command: &Command) -> String {
    let name = command.name.strip_prefix("guest-").unwrap_or(command.name);
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    "D".chars().chain(letters).map(|it| it.to_ascii_uppercase()).collect()
}

/// The command whose derived claims have ids like this one.
pub fn command_of(id: &ClaimId) -> Option<&'static Command> {
    let (word, _) = id.as_str().rsplit_once('-')?;
    COMMANDS.iter().find(|it| family(it) == word)
}
