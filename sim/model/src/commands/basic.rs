//! Commands about the channel and the agent itself.

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::json::{Dict, Value};
use crate::state::State;
use qga_fixtures::schema::{Command, CommandList};

pub(crate) fn sync_delimited(state: &mut State, args: &Args) -> Result<Value, Stop> {
    state.delimit_next = true;
    sync(state, args)
}

pub(crate) fn sync(_: &mut State, args: &Args) -> Result<Value, Stop> {
    Ok(Value::Int(args.int("id")))
}

pub(crate) fn ping(_: &mut State, _: &Args) -> Result<Value, Stop> {
    Ok(Value::Dict(Dict::new()))
}

pub(crate) fn info(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let listed = state.release.command_list != CommandList::Absent;
    let info = Dict::new().with("version", state.release.reports);
    Ok(info
        .with_some("supported_commands", listed.then(|| command_list(state)))
        .into())
}

/// The commands, last registered first.
fn command_list(state: &State) -> Vec<Value> {
    let mut commands: Vec<&Command> = state.commands().collect();
    if state.release.command_list == CommandList::Alphabetical {
        commands.sort_by_key(|it| it.name);
    }
    commands.iter().rev().map(|command| describe(state, command)).collect()
}

fn describe(state: &State, command: &Command) -> Value {
    let answers = command.answers_success(state.release);
    let row = Dict::new()
        .with("enabled", state.gate(command).is_ok())
        .with("name", command.name);
    row.with("success-response", answers).into()
}
