//! `--plan`: what a run would do, without doing it. No target is opened: of the agent
//! nothing is known but what the command line says.

use super::known::Expected;
use super::{all, part, prepare};
use crate::args::RunArgs;
use crate::facts::Facts;
use crate::output;
use crate::plan::Plan;
use crate::profile;
use crate::selection;
use crate::status::{HOLDS, Problem, Status};
use crate::target::Named;
use qga_engine::RunConfig;
use qga_fixtures::schema::System;

/// Prints what a run would do.
///
/// # Errors
/// A word names nothing, or a script does not parse.
pub(super) fn plan(args: &RunArgs) -> Result<Status, Problem> {
    let config = config(args)?;
    let selection = selection::choose(&args.what)?;
    // A mistake in the list is told before anything is done.
    Expected::read(args.known.as_deref(), &selection.chosen)?;
    let mut chosen = all(selection, &args.how, &config, &Facts::default())?;
    if let Some(profile) = args.profile {
        chosen = profile::choose(profile, chosen);
    }
    if let Some(shard) = part::shard(args.shard, args.shards)? {
        chosen = shard.take(chosen);
    }
    let head = format!(
        "{} would be judged as {} on {} at level {}. Nothing is started, asked or changed.",
        args.agent.named(),
        config.release,
        config.system.name(),
        config.level
    );
    let scratch = match args.agent.named() {
        Named::Builtin(_) => "$tmp is /tmp of the simulated guest: nothing of this machine is touched.".to_owned(),
        _ => format!(
            "$tmp stands for a folder that each script gets for itself, below {}, and that is removed after it.",
            args.how
                .scratch
                .as_ref()
                .map_or("a temporary folder".to_owned(), |it| it.display().to_string())
        ),
    };
    output::print(&Plan::of(&chosen, &config).text(&head, &scratch))?;
    Ok(HOLDS)
}

/// How scripts would be run. What only the agent could tell is taken as its release has it.
fn config(args: &RunArgs) -> Result<RunConfig, Problem> {
    let (named, how) = (args.agent.named(), args.how());
    let release = match (how.as_release, &named) {
        (Some(release), _) => release,
        (None, Named::Builtin(release)) => *release,
        _ => prepare::default_release()?,
    };
    let is_simulated = match &named {
        Named::Spawn(template) => template.knows_guests(),
        Named::Builtin(_) => true,
        Named::Unix(_) => false,
    };
    Ok(RunConfig {
        allowed: how.allow.0.clone(),
        guest_images: is_simulated,
        system: how.os.unwrap_or(System::Linux),
        ..RunConfig::new(prepare::level(&named, &how), release)
    })
}
