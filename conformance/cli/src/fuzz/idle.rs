//! What of the allowed effects makes no cases with a target, and why: who allows
//! something relies on it that it is tried.

use super::ground::Ground;
use crate::target::DEFAULT_IMAGE;
use qga_engine::fuzz::{Family, Scope, Sessions};
use qga_fixtures::schema::{COMMANDS, Command, Effect, Presence, System};
use std::collections::BTreeSet;

/// A sentence for each reason why effects make no cases, without a full stop.
pub fn idle(ground: &Ground) -> Vec<String> {
    let scope = ground.scope();
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for effect in &ground.config.allowed {
        let Some(why) = is_idle(&scope, *effect).then(|| why(ground, &scope, *effect)) else {
            continue;
        };
        match reasons.iter_mut().find(|it| it.0 == why) {
            Some((_, effects)) => effects.push(effect.name()),
            None => reasons.push((why, vec![effect.name()])),
        }
    }
    let sentences = reasons.into_iter();
    sentences
        .map(|(why, effects)| format!("--allow {} makes no cases here: {why}", effects.join(",")))
        .collect()
}

/// Whether an effect makes no cases, though the release has commands for it that are
/// wanted.
fn is_idle(scope: &Scope, effect: Effect) -> bool {
    let Some(family) = family(effect) else {
        return false;
    };
    let alone = Scope {
        // What the campaign leaves out of what is allowed stays out.
        allowed: scope
            .allowed
            .iter()
            .copied()
            .filter(|it| [effect, Effect::None].contains(it))
            .collect(),
        focus: BTreeSet::new(),
        family: Some(family),
        ..scope.clone()
    };
    commands(scope, effect).any(|it| scope.is_wanted(it.name)) && Sessions::new(alone).is_empty()
}

/// The family of the cases that an effect makes.
fn family(effect: Effect) -> Option<Family> {
    match effect {
        Effect::None => None,
        Effect::Files => Some(Family::Files),
        Effect::Exec => Some(Family::Programs),
        Effect::Freeze => Some(Family::Freeze),
        Effect::Users | Effect::Clock | Effect::Power => Some(Family::Machine),
    }
}

/// The commands of the release that have an effect.
fn commands(scope: &Scope, effect: Effect) -> impl Iterator<Item = &'static Command> {
    let works = |it: &&Command| it.presence(scope.release, scope.system) == Presence::Works;
    COMMANDS.iter().filter(move |it| it.effect == effect).filter(works)
}

/// Why an effect makes no cases, and what to do about it.
fn why(ground: &Ground, scope: &Scope, effect: Effect) -> String {
    let is_usual = ground.image == DEFAULT_IMAGE;
    let changes_machine = family(effect) == Some(Family::Machine);
    if effect == Effect::Files && ground.survey.has_no_files {
        return "the agent opens no file for writing in the scratch folder; name another with --scratch".to_owned();
    }
    if effect == Effect::Files && !scope.has_scratch {
        return "no folder is known that the agent and this program both see; name one with --scratch".to_owned();
    }
    if changes_machine && is_usual && !scope.is_simulated {
        return "only a simulated guest is changed; the agent gets but requests that every right one refuses"
            .to_owned();
    }
    if (changes_machine || effect == Effect::Exec) && !is_usual {
        return "of programs and the machine the usual guest alone is known; leave --guest out".to_owned();
    }
    if effect == Effect::Exec && scope.system == System::Windows {
        return "no programs of Windows are known".to_owned();
    }
    let missing = commands(scope, effect).find(|it| !scope.is_offered(it));
    match missing {
        Some(command) => format!("the agent does not offer {}", command.name),
        None => "the agent does not offer the commands that cases are made of".to_owned(),
    }
}
