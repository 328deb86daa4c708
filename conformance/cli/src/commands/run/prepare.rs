//! From the command line to a target that was asked what it is.

use crate::args::RunArgs;
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

/// The longest reply that is read, in bytes: what 48 MiB of a file, the most one
/// guest-file-read gives, are in base64, and the rest of the reply.
const REPLY_BYTES_MAX: usize = (64 << 20) + 4096;
/// Spawned agents at a time for each core: a script mostly waits for silence.
const SPAWNED_JOBS_PER_CORE: NonZeroUsize = NonZeroUsize::new(4).expect("four is not zero");
/// Where a connected agent is given files, unless the command line says another place.
const CONNECTED_SCRATCH: &str = "/tmp";

/// A target, what it is, and how scripts are run on it.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The target.
    pub target: Target,
    /// How scripts are run.
    pub config: RunConfig,
    /// What the agent says about itself.
    pub facts: Facts,
    /// The target as reports call it.
    pub description: String,
}

/// The target that the command line names.
///
/// # Errors
/// A folder for it cannot be made.
pub(super) fn target(args: &RunArgs) -> Result<Target, Problem> {
    let kind = match (&args.spawn, &args.target) {
        (Some(template), _) => Kind::Spawn(Spawn {
            template: template.clone(),
            release: args.as_release.map_or_else(default_release, Ok)?,
            folder: RunFolder::new(args.scratch.as_deref())?,
        }),
        (None, Named::Builtin(release)) => Kind::Builtin(release),
        (None, Named::Unix(socket)) => Kind::Unix {
            socket: socket.clone(),
            scratch: None,
        },
    };
    Ok(Target {
        kind,
        deviation: None,
        chunk: args.chunk,
        start_timeout: args.start_timeout,
    })
}

/// Holds the guest images that scripts of the disk name against those there are.
///
/// # Errors
/// The target should have the image and has not.
pub(super) fn check_images(target: &Target, chosen: &[Chosen]) -> Result<(), Problem> {
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
pub(super) async fn prepare(args: &RunArgs, mut target: Target) -> Result<Prepared, Problem> {
    let facts = ask(args, &mut target).await?;
    let release = match target.kind {
        Kind::Builtin(release) => args.as_release.unwrap_or(release),
        Kind::Unix { .. } | Kind::Spawn(_) => release(args, &facts)?,
    };
    let config = RunConfig {
        timeout: args.timeout,
        allowed: args.allow.0.clone(),
        guest_images: target.has_guest_images(),
        line_bytes_max: REPLY_BYTES_MAX,
        system: args
            .os
            .or(target.system(DEFAULT_IMAGE)?)
            .unwrap_or(qga_fixtures::schema::System::Linux),
        ..RunConfig::new(level(args), release)
    };
    let description = describe(args);
    Ok(Prepared {
        target,
        config,
        facts,
        description,
    })
}

/// How many scripts run at a time.
pub(super) fn jobs(args: &RunArgs) -> NonZeroUsize {
    let one = NonZeroUsize::MIN;
    let cores = std::thread::available_parallelism().unwrap_or(one);
    match (args.jobs, &args.spawn, &args.target) {
        (Some(jobs), ..) => jobs,
        (None, Some(_), _) => cores.saturating_mul(SPAWNED_JOBS_PER_CORE),
        (None, None, Named::Unix(_)) => one,
        (None, None, Named::Builtin(_)) => cores,
    }
}

/// A connected agent is also asked where scripts can make files.
async fn ask(args: &RunArgs, target: &mut Target) -> Result<Facts, Problem> {
    let Kind::Unix { .. } = target.kind else {
        return judge::ask(target, DEFAULT_IMAGE, args.timeout).await;
    };
    let mut stage = target.open(DEFAULT_IMAGE).await?;
    let facts = Facts::ask(&mut stage.link, args.timeout).await;
    let mut found = None;
    if facts.resync.is_some() && args.allow.0.contains(&Effect::Files) {
        found = find_scratch(args, &mut Exchange::new(&mut stage.link, args.timeout)).await?;
    }
    stage.close().await;
    if let Kind::Unix { scratch, .. } = &mut target.kind {
        *scratch = found;
    }
    Ok(facts)
}

/// A folder that both sides see, else one that the agent makes, else none.
async fn find_scratch(args: &RunArgs, exchange: &mut Exchange<'_>) -> Result<Option<Scratch>, Problem> {
    let parent = args.scratch.as_deref().unwrap_or(Path::new(CONNECTED_SCRATCH));
    if parent.is_dir() {
        let folder = Numbered::in_folder(parent)?;
        if target::is_shared(exchange, &folder.next()?).await {
            return Ok(Some(Scratch::Shared(folder)));
        }
    }
    let remote = Remote::in_folder(&parent.display().to_string());
    if args.allow.0.contains(&Effect::Exec)
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

/// The release the agent is judged as: the one asked for, else its own. Three
/// releases say the same version; the agent inside this program is known better.
fn release(args: &RunArgs, facts: &Facts) -> Result<&'static Release, Problem> {
    match (args.as_release, &args.spawn, &args.target) {
        (Some(release), ..) => return Ok(release),
        (None, None, Named::Builtin(release)) => return Ok(release),
        _ => {}
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

pub(super) fn level(args: &RunArgs) -> Level {
    let is_builtin = args.spawn.is_none() && matches!(args.target, Named::Builtin(_));
    let usual = match args.profile {
        _ if is_builtin => Level::Exact,
        Some(_) => Level::Should,
        None => Level::Must,
    };
    args.level.unwrap_or(usual)
}

pub(super) fn describe(args: &RunArgs) -> String {
    match (&args.spawn, &args.target) {
        (Some(template), _) => template.text().to_owned(),
        (None, Named::Unix(path)) => format!("unix:{}", path.display()),
        (None, Named::Builtin(release)) => format!("builtin:{release}"),
    }
}
