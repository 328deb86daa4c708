//! Derived scripts, for every release on every system: they are scripts, they harm
//! nobody, and a claim says the same whatever it was derived for.

use qga_engine::derive::{Derivation, command_of, family};
use qga_engine::script::{ClaimId, Level, RecordKind, Script, parse, print};
use qga_engine::verdict::Outcome;
use qga_engine::{Demand, Run, RunConfig, Time};
use qga_fixtures::schema::{COMMANDS, RELEASES, Release, System};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Every release on Linux, and the newest on the other systems.
static EVERYWHERE: LazyLock<Vec<(&Release, System, Vec<Script>)>> = LazyLock::new(|| {
    let newest = RELEASES.last().expect("there are releases");
    let linux = RELEASES.iter().map(|it| (it, System::Linux));
    let others = [System::Windows, System::Bsd].map(|it| (newest, it));
    let derived = linux.chain(others).map(|(release, system)| {
        let agent = Derivation {
            release,
            system,
            offered: None,
        };
        (release, system, agent.scripts())
    });
    derived.collect()
});

#[test]
fn they_are_canonical_and_say_where_each_line_stands() {
    for (release, system, scripts) in &*EVERYWHERE {
        let files: BTreeSet<&str> = scripts.iter().map(|it| it.file.as_str()).collect();
        assert_eq!(files.len(), scripts.len(), "{release} {system:?}: a name stands twice");
        for script in scripts {
            let text = print(script);
            let read = parse(&script.file, &text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(print(&read), text);
            let lines = |script: &Script| script.records.iter().map(|it| it.place.line).collect::<Vec<_>>();
            assert_eq!(lines(&read), lines(script), "{}", script.file);
        }
    }
}

#[test]
fn an_id_says_the_same_for_every_release() {
    let mut known: BTreeMap<ClaimId, (Level, String)> = BTreeMap::new();
    for (release, _, scripts) in &*EVERYWHERE {
        let mut here = BTreeSet::new();
        for script in scripts {
            for (_, claim) in script.claims() {
                assert!(here.insert(claim.id.clone()), "{release}: {} stands twice", claim.id);
                let said = (claim.level, claim.text.clone());
                let first = known.entry(claim.id.clone()).or_insert_with(|| said.clone());
                assert_eq!(*first, said, "{} for {release}", claim.id);
            }
        }
    }
    assert!(known.len() > 300, "only {} claims", known.len());
}

#[test]
fn an_id_names_its_command_and_no_other_script_uses_it() {
    let families: BTreeSet<String> = COMMANDS.iter().map(family).collect();
    assert_eq!(families.len(), COMMANDS.len());
    for (file, text) in qga_fixtures::sessions() {
        let script = parse(file, text).expect("the scripts of the suite parse");
        for (_, claim) in script.claims() {
            assert!(
                command_of(&claim.id).is_none(),
                "{file}: {} is the id of a derived claim",
                claim.id
            );
        }
    }
    let id = ClaimId::new("DFILEOPEN-100").expect("an id");
    assert_eq!(command_of(&id).map(|it| it.name), Some("guest-file-open"));
}

/// What a script sends to a command whose effect is more than a scratch folder and
/// programs is refused by a right agent before the command does anything.
#[test]
fn harmful_commands_get_only_what_is_refused() {
    use qga_fixtures::schema::Effect;
    for (release, system, scripts) in &*EVERYWHERE {
        for script in scripts
            .iter()
            .filter(|it| it.effects().iter().any(|it| *it > Effect::Exec))
        {
            let replies = script.records.iter().filter_map(|it| match &it.kind {
                RecordKind::Reply(pattern) | RecordKind::SyncReply(pattern) => {
                    Some(qga_engine::script::print_record(&RecordKind::Reply(pattern.clone())))
                }
                _ => None,
            });
            for reply in replies {
                let is_list = reply.contains("supported_commands");
                assert!(
                    is_list || reply.contains("error") || reply.ends_with(" obj"),
                    "{release} {system:?} {}: {reply}",
                    script.file
                );
            }
        }
    }
}

/// What becomes of the claims of the cases on an agent that says the same to everything.
fn on_an_agent_that_says(reply: &str) -> BTreeMap<String, Vec<(ClaimId, Outcome)>> {
    let release = Release::find("7.2").expect("it is known");
    let (_, _, scripts) = EVERYWHERE
        .iter()
        .find(|(it, ..)| it.since == release.since)
        .expect("it is there");
    let outcomes = scripts.iter().map(|script| {
        let mut run = Run::new(script, RunConfig::new(Level::Must, release));
        let mut now = Time::ZERO;
        loop {
            match run.poll(now) {
                Demand::Send(_) => run.handle_bytes(now, reply.as_bytes()),
                Demand::Read { until } | Demand::Sleep { until } => now = until,
                Demand::Reopen => {}
                Demand::Done => break,
            }
        }
        let claims = script.claims().map(|(_, it)| it.id.clone());
        (script.file.clone(), claims.zip(run.result().outcomes).collect())
    });
    outcomes.collect()
}

#[test]
fn an_agent_that_refuses_nothing_fails_and_so_does_one_that_does_nothing() {
    let fails = |outcomes: &[(ClaimId, Outcome)]| outcomes.iter().any(|(_, it)| matches!(it, Outcome::Failed(_)));
    for (file, outcomes) in on_an_agent_that_says("{\"return\": {}}\n") {
        let is_about_refusals = ["/missing", "/types", "/words"].iter().any(|it| file.ends_with(it));
        assert!(!is_about_refusals || fails(&outcomes), "{file}: {outcomes:?}");
    }
    for (file, outcomes) in on_an_agent_that_says("{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}}\n") {
        let is_about_doing = file.ends_with("/known") || file.ends_with("/result");
        let may_fail = file.contains("memory-block");
        assert!(
            !is_about_doing || may_fail && file.ends_with("/result") || fails(&outcomes),
            "{file}: {outcomes:?}"
        );
    }
}
