//! What a consumer of agents needs: which claims it relies on, and which commands.

use crate::facts::Facts;
use crate::selection::Chosen;
use qga_engine::report::{Lacking, Needs};
use qga_engine::script::{Claim, ClaimId, Level, Script};
use qga_fixtures::profile::{Profile, Use};
use qga_fixtures::schema::{COMMANDS, Presence, Release, System};
use std::collections::BTreeSet;

/// The agent whose consumers are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The release it is judged as.
    pub release: &'static Release,
    /// The system it runs on.
    pub system: System,
    /// What it says of itself.
    pub facts: &'a Facts,
}

/// What a consumer needs of an agent, of the claims that were chosen.
pub fn needs(profile: &Profile, chosen: &[Chosen], subject: Subject<'_>) -> Needs {
    let claims: BTreeSet<ClaimId> = chosen.iter().flat_map(|it| relied_on(profile, it)).collect();
    let (without, lacks) = lacking(profile, subject)
        .into_iter()
        .partition(|(_, optional)| *optional);
    let only = |list: Vec<(Lacking, bool)>| list.into_iter().map(|(it, _)| it).collect();
    Needs {
        profile: profile.name.to_owned(),
        lacks: only(lacks),
        without: only(without),
        claims: claims.into_iter().collect(),
    }
}

/// The scripts that show what a consumer relies on, for those claims alone.
pub fn choose(profile: &Profile, chosen: Vec<Chosen>) -> Vec<Chosen> {
    let narrowed = chosen.into_iter().map(|it| Chosen {
        claims: Some(relied_on(profile, &it)),
        ..it
    });
    narrowed
        .filter(|it| it.claims.as_ref().is_some_and(|claims| !claims.is_empty()))
        .collect()
}

/// The claims of a script, among those that it was chosen for, that a consumer relies on.
fn relied_on(profile: &Profile, chosen: &Chosen) -> BTreeSet<ClaimId> {
    let is_chosen = |id: &ClaimId| chosen.claims.as_ref().is_none_or(|it| it.contains(id));
    let claims = chosen.script.claims().map(|(_, claim)| claim);
    claims
        .filter(|it| is_chosen(&it.id) && relies_on(profile, &chosen.script, it))
        .map(|it| it.id.clone())
        .collect()
}

/// A consumer relies on what the schema says of the commands that it sends, and on what
/// is said to be for it or for the client through which it speaks. Nobody relies on texts.
fn relies_on(profile: &Profile, script: &Script, claim: &Claim) -> bool {
    if profile.every {
        return claim.level <= Level::Should;
    }
    let commands = script.commands();
    let is_own = !commands.is_empty() && commands.keys().all(|it| sends(profile, it));
    let is_named = |client: &str| {
        let source = claim.source.as_deref().unwrap_or_default();
        source.split(':').next() == Some(client)
    };
    (claim.level == Level::Must && is_own) || is_named(profile.name) || profile.through.iter().any(|it| is_named(it))
}

fn sends(profile: &Profile, command: &str) -> bool {
    profile.uses.iter().any(|it| it.commands.contains(&command))
}

/// Commands that the agent does not offer, and whether the consumer does without.
fn lacking(profile: &Profile, subject: Subject<'_>) -> Vec<(Lacking, bool)> {
    let Some(offered) = &subject.facts.offered else {
        return Vec::new();
    };
    let listed = subject.facts.listed.as_ref();
    let lacking = |command: &str, what: &str| Lacking {
        command: command.to_owned(),
        disabled: listed.is_some_and(|it| it.contains(command)),
        r#for: what.to_owned(),
    };
    let is_there = |command: &&str| offered.contains(*command);
    if profile.every {
        let works = COMMANDS
            .iter()
            .filter(|it| it.presence(subject.release, subject.system) == Presence::Works);
        let missing = works.map(|it| it.name).filter(|it| !is_there(it));
        return missing.map(|it| (lacking(it, "the release has it"), false)).collect();
    }
    let of_use = |it: &'static Use| {
        let missing = it.commands.iter().copied().filter(|it| !is_there(it));
        missing.map(move |command| (command, it))
    };
    let missing = profile.uses.iter().flat_map(of_use);
    missing
        .map(|(command, it)| (lacking(command, it.what), it.optional))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use qga_fixtures::profile::profiles;
    use rstest::rstest;

    fn suite() -> Vec<Chosen> {
        let suite = Catalogue::new().expect("a suite").suite;
        suite.into_iter().map(Chosen::whole).collect()
    }

    fn facts(offered: &[&str], listed: &[&str]) -> Facts {
        let set = |names: &[&str]| Some(names.iter().map(|it| (*it).to_owned()).collect());
        Facts {
            offered: set(offered),
            listed: set(listed),
            ..Facts::default()
        }
    }

    fn of(name: &str, facts: &Facts) -> Needs {
        let subject = Subject {
            release: Release::find("7.2").expect("a release"),
            system: System::Linux,
            facts,
        };
        needs(Profile::find(name).expect("a profile"), &suite(), subject)
    }

    #[test]
    fn what_is_missing_and_what_is_disabled_are_told_apart() {
        let sync = ["guest-sync", "guest-sync-delimited"];
        let needs = of(
            "core",
            &facts(&sync, &["guest-sync", "guest-sync-delimited", "guest-ping"]),
        );
        let lacks: Vec<_> = needs
            .lacks
            .iter()
            .map(|it| (it.command.as_str(), it.disabled))
            .collect();
        assert_eq!(lacks, [("guest-ping", true), ("guest-info", false)]);
        assert!(needs.without.is_empty());
    }

    #[test]
    fn a_consumer_does_without_what_is_optional() {
        let needs = of("kubevirt", &facts(&["guest-sync"], &[]));
        let has = |list: &[Lacking], name: &str| list.iter().any(|it| it.command == name);
        assert!(has(&needs.lacks, "guest-get-osinfo") && !has(&needs.lacks, "guest-exec"));
        assert!(has(&needs.without, "guest-exec") && !has(&needs.without, "guest-get-osinfo"));
    }

    #[rstest]
    #[case::own_command("libvirt", "SYNC-001", true)]
    #[case::named_in_the_source("libvirt", "ENV-001", true)]
    #[case::named_in_the_source_of_its_client("kubevirt", "ENV-001", true)]
    #[case::for_another_client("proxmox", "ENV-001", false)]
    #[case::not_sent_by_it("libvirt", "OPEN-001", false)]
    #[case::of_the_first_agent("seed", "OPEN-001", true)]
    #[case::a_text("full", "RESYNC-003", false)]
    #[case::whatever_there_is("full", "RESYNC-001", true)]
    fn a_consumer_relies_on_claims(#[case] profile: &str, #[case] id: &str, #[case] expected: bool) {
        let needs = of(profile, &Facts::default());
        assert_eq!(needs.claims.iter().any(|it| it.as_str() == id), expected);
    }

    #[test]
    fn every_profile_has_claims_and_chooses_them() {
        for profile in profiles() {
            let claims = of(profile.name, &Facts::default()).claims;
            let chosen = choose(profile, suite());
            let again: BTreeSet<_> = chosen
                .iter()
                .flat_map(|it| it.claims.clone().unwrap_or_default())
                .collect();
            assert!(claims.len() > 10, "{}: {}", profile.name, claims.len());
            assert!(again.iter().eq(&claims), "{}", profile.name);
        }
    }
}
