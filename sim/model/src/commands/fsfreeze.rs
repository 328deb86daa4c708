//! Commands that freeze and thaw filesystems.

use crate::state::State;
use crate::time::Time;

/// What the agent remembers of a freeze.
#[derive(Debug, Default)]
pub(crate) struct FreezeState {}

impl FreezeState {
    pub(crate) fn is_frozen(&self) -> bool {
        false
    }

    pub(crate) fn thaws_at(&self) -> Option<Time> {
        None
    }
}

/// Takes up a freeze that an earlier agent left behind.
pub(crate) fn restore(_: &mut State) {}

/// Lets the guest's own limit on a freeze pass.
pub(crate) fn pass_time(_: &mut State) {}
