//! Agents that forget, or do, too much when their client goes away.

use super::Act;
use crate::args::Args;
use crate::commands::{exec, fsfreeze};
use crate::json::Dict;
use crate::session::Session;
use crate::state::State;
use serde::Deserialize;

/// What happens then.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Parting {
    HalfRequestForgotten,
    FilesClosed,
    ProgramsForgotten,
    Thaws,
    /// It ends.
    Dies,
}

/// The client goes away.
pub(crate) fn part(state: &mut State, session: &mut Session) {
    let Some(Act::Parting(parting)) = state.deviation.act else {
        return;
    };
    match parting {
        Parting::HalfRequestForgotten => *session = Session::new(session.release()),
        Parting::FilesClosed => state.files.forget(),
        Parting::ProgramsForgotten => exec::forget_all(state),
        Parting::Thaws => drop(fsfreeze::thaw(state, &Args::of(Dict::new()))),
        Parting::Dies => state.die("its client has gone"),
    }
}
