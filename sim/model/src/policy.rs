//! Which commands may be used: the block and allow lists, and the freeze.

use crate::message::CommandError;
use qga_fixtures::schema::{Command, ErrorName, Release};
use std::collections::BTreeSet;

/// The lists the agent was started with.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Commands that are refused.
    pub block: BTreeSet<String>,
    /// If given, every other command is refused.
    pub allow: Option<BTreeSet<String>>,
}

impl Policy {
    /// Whether the lists refuse a command. The block list wins.
    pub fn refuses(&self, command: &str) -> bool {
        self.block.contains(command) || self.allow.as_ref().is_some_and(|allow| !allow.contains(command))
    }

    /// Whether a command may run now, and if not the error that says so.
    pub(crate) fn gate(&self, release: &Release, command: &Command, frozen: bool) -> Result<(), CommandError> {
        let error = |name| Err(CommandError::new(name).with("command", command.name));
        let gated = frozen && release.freeze_gates_commands;
        if gated && command.works_frozen(release) && release.freeze_list_wins {
            return Ok(());
        }
        if self.refuses(command.name) {
            return error(ErrorName::CommandBlocked);
        }
        if gated && !command.works_frozen(release) {
            return error(ErrorName::CommandFrozen);
        }
        Ok(())
    }
}
