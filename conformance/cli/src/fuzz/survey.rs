//! What an agent cannot do on its machine, though it has the commands: a container has no
//! processors to list, a full or read-only disk takes no files. It is asked once before the
//! cases, so that none of them holds against the agent what its machine is like.

use crate::exchange::{Exchange, Unanswered, is_unknown};
use crate::facts::Facts;
use crate::status::Problem;
use crate::target::{Target, makes_file};
use qga_engine::fuzz::{End, is_reader};
use qga_fixtures::schema::{COMMANDS, Effect};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// What an agent cannot do.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The commands without arguments that refused when they were first asked.
    pub refused: BTreeSet<&'static str>,
    /// Whether no file can be opened for writing where cases make theirs.
    pub has_no_files: bool,
    /// The command that it did not answer, and what it did: nothing more was asked.
    pub unanswered: Option<(&'static str, End)>,
}

/// Asks an agent, which has another guest than the usual one of this program.
///
/// # Errors
/// It cannot be started or reached.
pub async fn survey(
    target: &Target,
    image: &str,
    facts: &Facts,
    allowed: &BTreeSet<Effect>,
    patience: Duration,
) -> Result<Survey, Problem> {
    let mut survey = Survey::default();
    if facts.resync.is_none() {
        return Ok(survey);
    }
    let mut stage = target.open(image).await?;
    let scratch = stage.scratch.clone();
    let mut exchange = Exchange::new(&mut stage.link, patience);
    let is_offered = |name: &str| facts.offered.as_ref().is_none_or(|it| it.contains(name));
    for command in COMMANDS.iter().filter(|it| is_reader(it) && is_offered(it.name)) {
        match exchange.ask(&json!({"execute": command.name})).await {
            Ok(reply) if reply.get("error").is_some() && !is_unknown(&reply) => {
                survey.refused.insert(command.name);
            }
            Ok(_) => {}
            // The cases find out what is wrong with it, if it is there by then.
            Err(why) => {
                survey.unanswered = Some((command.name, end(why)));
                break;
            }
        }
    }
    let is_there = survey.unanswered.is_none();
    if let Some(folder) =
        scratch.filter(|_| is_there && allowed.contains(&Effect::Files) && is_offered("guest-file-open"))
    {
        survey.has_no_files = !makes_file(&mut exchange, &format!("{folder}/survey")).await;
    }
    stage.close().await;
    Ok(survey)
}

fn end(why: Unanswered) -> End {
    match why {
        Unanswered::Closed => End::Closed,
        Unanswered::Endless => End::Endless,
        Unanswered::Nothing | Unanswered::Unknown => End::Nothing,
    }
}
