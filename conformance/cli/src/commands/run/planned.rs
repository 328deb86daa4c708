//! `--plan`: what a run would do, without doing it. No target is opened: of the agent
//! nothing is known but what the command line says.

use super::{all, part, prepare, selected};
use crate::args::RunArgs;
use crate::facts::Facts;
use crate::output;
use crate::plan::Plan;
use crate::profile;
use crate::status::{HOLDS, Problem, Status};
use crate::target::{Named, Template};
use qga_engine::RunConfig;
use qga_fixtures::schema::System;

/// Prints what a run would do.
///
/// # Errors
/// A word names nothing, or a script does not parse.
pub(super) fn plan(args: &RunArgs) -> Result<Status, Problem> {
    let config = config(args)?;
    let mut chosen = all(selected(args)?, &config, &Facts::default())?;
    if let Some(profile) = args.profile {
        chosen = profile::choose(profile, chosen);
    }
    if let Some(shard) = part::shard(args)? {
        chosen = shard.take(chosen);
    }
    let head = format!(
        "{} would be judged as {} on {} at level {}. Nothing is started, asked or changed.",
        prepare::describe(args),
        config.release,
        config.system.name(),
        config.level
    );
    let scratch = match (&args.spawn, &args.target) {
        (None, Named::Builtin(_)) => {
            "$tmp is /tmp of the simulated guest: nothing of this machine is touched.".to_owned()
        }
        _ => format!(
            "$tmp stands for a folder that each script gets for itself, below {}, and that is removed after it.",
            args.scratch
                .as_ref()
                .map_or("a temporary folder".to_owned(), |it| it.display().to_string())
        ),
    };
    output::print(&Plan::of(&chosen, &config).text(&head, &scratch))?;
    Ok(HOLDS)
}

/// How scripts would be run. What only the agent could tell is taken as its release has it.
fn config(args: &RunArgs) -> Result<RunConfig, Problem> {
    let release = match (args.as_release, &args.spawn, &args.target) {
        (Some(release), ..) => release,
        (None, None, Named::Builtin(release)) => *release,
        _ => prepare::default_release()?,
    };
    let is_simulated = match (&args.spawn, &args.target) {
        (Some(template), _) => Template::knows_guests(template),
        (None, target) => matches!(target, Named::Builtin(_)),
    };
    Ok(RunConfig {
        allowed: args.allow.0.clone(),
        guest_images: is_simulated,
        system: args.os.unwrap_or(System::Linux),
        ..RunConfig::new(prepare::level(args), release)
    })
}
