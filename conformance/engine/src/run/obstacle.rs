//! Whether a script can be put to the test at all, before anything is sent.

use super::RunConfig;
use crate::script::{Condition, FieldKind, RecordKind, SCRATCH, Script};
use crate::verdict::Reason;
use qga_fixtures::schema::{Command, Presence, System};

/// The commands that freeze.
const FREEZES: [&str; 2] = ["guest-fsfreeze-freeze", "guest-fsfreeze-freeze-list"];
const NOTHING_TO_FREEZE: &str = "freeze anything: the guest has no filesystem that can be frozen";

/// What is in the way of a script, first what no option of the run could change.
pub(super) fn obstacle(script: &Script, config: &RunConfig) -> Option<Reason> {
    agent(script, config)
        .or_else(|| programs(script, config))
        .or_else(|| target(script, config))
        .or_else(|| offer(script, config))
        .or_else(|| effect(script, config))
}

/// The header's release and system.
fn agent(script: &Script, config: &RunConfig) -> Option<Reason> {
    script.header.fields.iter().find_map(|it| {
        let condition = match it.kind {
            FieldKind::Since(version) => Condition::Since(version),
            FieldKind::Before(version) => Condition::Before(version),
            FieldKind::Os(system) => Condition::Os(system),
            _ => return None,
        };
        unmet(condition, config)
    })
}

/// Programs that Windows does not have.
fn programs(script: &Script, config: &RunConfig) -> Option<Reason> {
    let is_foreign = config.system == System::Windows && script.runs_posix_programs();
    is_foreign.then(|| Reason::system(System::Linux))
}

/// Why a condition does not hold, if it does not.
pub(super) fn unmet(condition: Condition, config: &RunConfig) -> Option<Reason> {
    let reason = match condition {
        Condition::Since(version) => Reason::ReleaseTooOld(version.to_string()),
        Condition::Before(version) => Reason::ReleaseTooNew(version.to_string()),
        Condition::Os(system) => Reason::system(system),
    };
    (!condition.holds(config.release, config.system)).then_some(reason)
}

fn target(script: &Script, config: &RunConfig) -> Option<Reason> {
    let image = script.guest().filter(|_| !config.guest_images);
    let reopens = script.records.iter().any(|it| it.kind == RecordKind::Reopen);
    let freezes = || script.commands().keys().any(|it| FREEZES.contains(it));
    let lacks_scratch = script.uses_scratch() && !config.variables.contains_key(SCRATCH);
    match image {
        Some(name) => Some(Reason::GuestImageNotAvailable(name.to_owned())),
        None if reopens && !config.reopens => Some(Reason::TargetCannot("open the channel again".to_owned())),
        None if !config.freezes && freezes() => Some(Reason::TargetCannot(NOTHING_TO_FREEZE.to_owned())),
        None if lacks_scratch => Some(Reason::TargetCannot("make a scratch folder".to_owned())),
        None => None,
    }
}

/// A command that the header needs must be offered, and one that it lacks must not.
/// One that is merely sent must be offered if the release does something with it;
/// else its refusal is the point, unless it is only this system that knows it not and
/// the script is for all.
fn offer(script: &Script, config: &RunConfig) -> Option<Reason> {
    let offered = config.offered.as_ref()?;
    let fields = || script.header.fields.iter().map(|it| &it.kind);
    let lacked = |name: &str| fields().any(|it| matches!(it, FieldKind::Lacks(lacked) if lacked == name));
    if let Some(name) = offered.iter().find(|it| lacked(it)) {
        return Some(Reason::CommandOffered(name.clone()));
    }
    let needed = fields().filter_map(|it| match it {
        FieldKind::Needs(name) => Some(name.as_str()),
        _ => None,
    });
    let works = |it: &Command| it.presence(config.release, config.system) == Presence::Works;
    let commands = script.commands();
    let sent = commands
        .values()
        .filter(|it| works(it) && !lacked(it.name))
        .map(|it| it.name);
    let missing = needed.chain(sent).find(|name| !offered.contains(*name));
    let foreign = || {
        let is_for_all = !fields().any(|it| matches!(it, FieldKind::Os(_)));
        let unknown = commands.values().filter(|it| !lacked(it.name) && !works(it));
        unknown.filter(|_| is_for_all).find_map(|it| home(it, config))
    };
    missing
        .map(|name| Reason::CommandNotOffered(name.to_owned()))
        .or_else(|| foreign().map(Reason::system))
}

/// A system on which the release does something with a command.
fn home(command: &Command, config: &RunConfig) -> Option<System> {
    let works = |it: &System| command.presence(config.release, *it) == Presence::Works;
    System::ALL.into_iter().find(works)
}

fn effect(script: &Script, config: &RunConfig) -> Option<Reason> {
    let effects = script.effects();
    let forbidden = effects.iter().rev().find(|it| !config.allowed.contains(it));
    forbidden.map(|it| Reason::effect(*it))
}
