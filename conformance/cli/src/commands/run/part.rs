//! What a report says of its run: the agent's name, and which part of the run it is.

use crate::facts::Facts;
use crate::shard::Shard;
use crate::status::Problem;
use crate::target::Named;
use qga_engine::report::Shards;
use std::num::NonZeroU32;

/// What the agent is called: as the command line says, or by its program and version.
pub(crate) fn agent_name(name: Option<&str>, named: &Named, facts: &Facts) -> String {
    let program = match (name, named) {
        (Some(name), _) => return name.to_owned(),
        (None, Named::Spawn(template)) => template.program().to_owned(),
        (None, Named::Unix(socket)) => socket.display().to_string(),
        (None, Named::Builtin(release)) => return format!("simulator {release}"),
    };
    match &facts.version {
        Some(version) => format!("{program} {version}"),
        None => program,
    }
}

/// The part that is asked for, by the command line or by the environment.
///
/// # Errors
/// The environment names none, and is asked for one, or contradicts itself.
pub(crate) fn shard(part: Option<Shard>, parts: Option<NonZeroU32>) -> Result<Option<Shard>, Problem> {
    Shard::acknowledge()?;
    match part {
        Some(shard) => Ok(Some(shard)),
        None => Shard::of_environment(|name| std::env::var(name).ok(), parts),
    }
}

/// The part as reports have it.
pub(crate) fn shards(shard: Option<Shard>) -> Option<Shards> {
    shard.map(|it| Shards {
        of: it.of,
        ran: vec![it.number],
    })
}
