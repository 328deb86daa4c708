//! Agents that forget, or do, too much when their client goes away.

use super::Act;
use super::when::When;
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
    /// It ends if there are replies that nobody took.
    DiesOwing,
}

/// The client goes away; `owes` if it did not take all replies.
pub(crate) fn part(state: &mut State, session: &mut Session, owes: bool) {
    When::parted(&mut state.deviation.seen);
    let Some(Act::Parting(parting)) = state.deviation.act() else {
        return;
    };
    match parting {
        Parting::HalfRequestForgotten => *session = Session::new(session.release()),
        Parting::FilesClosed => state.files.forget(),
        Parting::ProgramsForgotten => exec::forget_all(state),
        Parting::Thaws => drop(fsfreeze::thaw(state, &Args::of(Dict::new()))),
        Parting::DiesOwing if !owes => {}
        Parting::Dies | Parting::DiesOwing => state.die("its client has gone"),
    }
}
