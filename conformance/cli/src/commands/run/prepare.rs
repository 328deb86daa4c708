//! From the command line to a target that was asked what it is.

use crate::args::HowArgs;
use crate::exchange::{Exchange, Unanswered};
use crate::facts::Facts;
use crate::judge;
use crate::selection::Chosen;
use crate::status::Problem;
use crate::target::{
    self, DEFAULT_IMAGE, DEFAULT_RELEASE, Kind, Named, Numbered, Remote, RunFolder, Scratch, Spawn, Target,
};
use qga_engine::RunConfig;
use qga_engine::script::Level;
use qga_fixtures::schema::{Effect, RELEASES, Release};
use std::num::NonZeroUsize;
use std::path::Path;

/// Spawned agents at a time for each core: a script mostly waits for silence.
const SPAWNED_JOBS_PER_CORE: NonZeroUsize = NonZeroUsize::new(4).expect("four is not zero");
/// A whole script may take so many times what a reply may take, or a minute if that is longer.
const SCRIPT_TIMEOUTS: u32 = 12;
/// Where a connected agent is given files, unless the command line says another place.
const CONNECTED_SCRATCH: &str = "/tmp";

/// A target, what it is, and how scripts are run on it.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The target.
    pub target: Target,
    /// How scripts are run.
    pub config: RunConfig,
    /// What the agent says about itself.
    pub facts: Facts,
}

/// The target that the command line names.
///
/// # Errors
/// A folder for it cannot be made.
pub(crate) fn target(named: &Named, how: &HowArgs) -> Result<Target, Problem> {
    let kind = match named {
        Named::Spawn(template) => Kind::Spawn(Spawn {
            template: template.clone(),
            release: how.as_release.map_or_else(default_release, Ok)?,
            folder: RunFolder::new(how.scratch.as_deref())?,
            own_scratch: None,
        }),
        Named::Builtin(release) => Kind::Builtin(release),
        Named::Unix(socket) => Kind::Unix {
            socket: socket.clone(),
            scratch: None,
        },
    };
    Ok(Target {
        kind,
        deviation: None,
        chunk: how.chunk,
        start_timeout: how.start_timeout,
    })
}

/// Holds the guest images that scripts of the disk name against those there are.
///
/// # Errors
/// The target should have the image and has not.
pub(crate) fn check_images(target: &Target, chosen: &[Chosen]) -> Result<(), Problem> {
    for script in chosen.iter().filter(|it| it.is_from_disk).map(|it| &it.script) {
        if let Some(image) = script.guest() {
            target.system(image).map_err(|problem| Problem {
                what: format!("{}: {}", script.file, problem.what),
                ..problem
            })?;
        }
    }
    Ok(())
}

/// Asks the target what it is and settles how scripts are run on it.
///
/// # Errors
/// It cannot be started or reached.
pub(crate) async fn prepare(named: &Named, how: &HowArgs, mut target: Target) -> Result<Prepared, Problem> {
    let facts = ask(how, &mut target).await?;
    let release = match target.kind {
        Kind::Builtin(release) => how.as_release.unwrap_or(release),
        Kind::Unix { .. } | Kind::Spawn(_) => release(how, &facts)?,
    };
    let usual = RunConfig::new(level(named, how), release);
    let config = RunConfig {
        timeout: how.timeout,
        script_timeout: usual.script_timeout.max(how.timeout.saturating_mul(SCRIPT_TIMEOUTS)),
        allowed: how.allow.0.clone(),
        guest_images: target.has_guest_images(),
        system: how
            .os
            .or(target.system(DEFAULT_IMAGE)?)
            .unwrap_or(qga_fixtures::schema::System::Linux),
        ..usual
    };
    Ok(Prepared { target, config, facts })
}

/// How many scripts run at a time.
pub(crate) fn jobs(named: &Named, how: &HowArgs) -> NonZeroUsize {
    let one = NonZeroUsize::MIN;
    let cores = std::thread::available_parallelism().unwrap_or(one);
    match (how.jobs, named) {
        (Some(jobs), _) => jobs,
        (None, Named::Spawn(_)) => cores.saturating_mul(SPAWNED_JOBS_PER_CORE),
        (None, Named::Unix(_)) => one,
        (None, Named::Builtin(_)) => cores,
    }
}

/// An agent that is no part of this program is also asked whether it has something to
/// freeze, and where scripts can make files.
async fn ask(how: &HowArgs, target: &mut Target) -> Result<Facts, Problem> {
    if target.is_builtin() {
        return judge::ask(target, DEFAULT_IMAGE, how.timeout).await;
    }
    let mut stage = target.open(DEFAULT_IMAGE).await?;
    let mut facts = Facts::ask(&mut stage.link, how.timeout).await;
    let made = stage.scratch.clone();
    let mut exchange = Exchange::new(&mut stage.link, how.timeout);
    let may = |effect| facts.resync.is_some() && how.allow.0.contains(&effect);
    let (may_freeze, may_make_files) = (may(Effect::Freeze), may(Effect::Files));
    if may_freeze && !target.has_guest_images() {
        facts.try_to_freeze(&mut exchange).await;
    }
    if may_make_files {
        match (&mut target.kind, made) {
            (Kind::Unix { scratch, .. }, _) => *scratch = find_scratch(how, &mut exchange).await?,
            (Kind::Spawn(spawn), Some(made)) => spawn.own_scratch = target::own_scratch(&mut exchange, &made).await,
            (Kind::Spawn(_), None) | (Kind::Builtin(_), _) => {}
        }
    }
    stage.close().await;
    Ok(facts)
}

/// A folder that both sides see, else one that the agent makes, else none.
async fn find_scratch(how: &HowArgs, exchange: &mut Exchange<'_>) -> Result<Option<Scratch>, Problem> {
    let parent = how.scratch.as_deref().unwrap_or(Path::new(CONNECTED_SCRATCH));
    if parent.is_dir() {
        let folder = Numbered::in_folder(parent)?;
        if target::is_shared(exchange, &folder.next()?).await {
            return Ok(Some(Scratch::Shared(folder)));
        }
    }
    let remote = Remote::in_folder(&parent.display().to_string());
    if how.allow.0.contains(&Effect::Exec)
        && let Some(folder) = remote.make(exchange).await
    {
        Remote::remove(exchange, &folder).await;
        return Ok(Some(Scratch::Remote(remote)));
    }
    eprintln!(
        "note: the agent does not see {} of this machine and makes no folder in its own with guest-exec: \
         scripts that need a scratch folder are not testable",
        parent.display()
    );
    Ok(None)
}

/// The release an agent that is no part of this program is judged as: the one asked
/// for, else its own.
fn release(how: &HowArgs, facts: &Facts) -> Result<&'static Release, Problem> {
    if let Some(release) = how.as_release {
        return Ok(release);
    }
    if let Some(version) = &facts.version {
        if let Some(release) = Release::find(version) {
            return Ok(release);
        }
        let release = nearest(version).map_or_else(default_release, Ok)?;
        note(&format!(
            "guest-info says version {version}, which is not known here: judged as {release}"
        ));
        return Ok(release);
    }
    let release = default_release()?;
    let why = match facts.silence {
        Some(Unanswered::Nothing | Unanswered::Unknown) => {
            "the agent answers neither guest-sync nor guest-sync-delimited"
        }
        Some(Unanswered::Closed) => "the agent closed the channel before it answered anything",
        Some(Unanswered::Endless) => "the agent talks without end",
        None => "guest-info gives no version",
    };
    note(&format!("{why}: judged as {release}"));
    Ok(release)
}

fn note(text: &str) {
    eprintln!("note: {text}; --as RELEASE says otherwise");
}

/// The last known release that is not newer than the version.
fn nearest(version: &str) -> Option<&'static Release> {
    let numbers = |text: &str| {
        text.split('.')
            .map(|it| it.parse::<u32>().ok())
            .collect::<Option<Vec<_>>>()
    };
    let version = numbers(version)?;
    RELEASES
        .iter()
        .rev()
        .find(|it| numbers(it.name).is_some_and(|it| it <= version))
}

pub(super) fn default_release() -> Result<&'static Release, Problem> {
    target::find_release(DEFAULT_RELEASE).map_err(|error| Problem::usage(error, ""))
}

pub(crate) fn level(named: &Named, how: &HowArgs) -> Level {
    let usual = match named {
        Named::Builtin(_) => Level::Exact,
        Named::Unix(_) | Named::Spawn(_) => Level::Must,
    };
    how.level.unwrap_or(usual)
}
