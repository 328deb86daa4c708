//! `run`: scripts against an agent.

mod again;
mod known;
pub(crate) mod part;
mod planned;
pub(crate) mod prepare;
mod rerun;
pub(crate) mod signals;

use crate::args::{HowArgs, RunArgs};
use crate::facts::Facts;
use crate::judge::Judge;
use crate::output;
use crate::profile::{self, Subject};
use crate::progress::Progress;
use crate::review::Review;
use crate::schedule::{self, News};
use crate::selection::{self, Chosen, Selection};
use crate::shard::Shard;
use crate::status::{FAILS, HOLDS, Problem, Status, UNREACHABLE};
use crate::target::{Named, adopt_orphans, live};
use known::Expected;
use prepare::Prepared;
use qga_engine::RunConfig;
use qga_engine::derive::Derivation;
use qga_engine::report::{Needs, REPORT_VERSION, Report, ScriptReport, Summary};
use qga_fixtures::profile::profiles;
use signals::Signals;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;

/// The time between two looks at the clock while nothing happens.
const TICK: Duration = Duration::from_millis(200);

/// Runs scripts against an agent and writes the reports.
///
/// # Errors
/// A word names nothing, a script does not parse, the target cannot be reached, a
/// report cannot be written.
pub fn run(args: &RunArgs) -> Result<Status, Problem> {
    if args.plan {
        return planned::plan(args);
    }
    let (report, interrupted) = report(args)?;
    output::write(std::slice::from_ref(&report), &args.reports)?;
    Ok(interrupted.unwrap_or_else(|| status(&report)))
}

/// Runs scripts against an agent: the report, and how the program ends if it was told
/// to end early.
///
/// # Errors
/// As [`run`], but for the reports.
pub(super) fn report(args: &RunArgs) -> Result<(Report, Option<Status>), Problem> {
    let shard = part::shard(args.shard, args.shards)?;
    let selection = selection::choose(&args.what)?;
    let expected = Expected::read(args.known.as_deref(), &selection.chosen)?;
    block_on(conduct(Order {
        named: &args.agent.named(),
        how: &args.how(),
        name: args.agent.name.as_deref(),
        selection,
        shard,
        review: None,
        list: Some((args, &expected)),
    }))
}

/// What is asked of a run, but for what becomes of its report.
pub(super) struct Order<'a> {
    /// The agent.
    pub(super) named: &'a Named,
    /// How it is judged.
    pub(super) how: &'a HowArgs,
    /// What reports call it, if that is said.
    pub(super) name: Option<&'a str>,
    /// The scripts.
    pub(super) selection: Selection,
    /// The part of them that is run, if it is one part.
    pub(super) shard: Option<Shard>,
    /// Who keeps the replies, if they are wanted.
    pub(super) review: Option<Arc<Review>>,
    /// What `run` alone is told: its list of known failures and its profile.
    pub(super) list: Option<(&'a RunArgs, &'a Expected)>,
}

/// Does the work with agents, and leaves none behind.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let runtime = Runtime::new().map_err(|error| Problem::usage(format!("cannot start: {error}"), ""))?;
    end_agents_on_panic();
    adopt_orphans();
    let outcome = runtime.block_on(work);
    drop(runtime);
    live::end_all();
    outcome
}

/// Runs scripts: the report, and how the program ends if it was told to end early.
pub(super) async fn conduct(order: Order<'_>) -> Result<(Report, Option<Status>), Problem> {
    let Order { named, how, shard, .. } = order;
    let signals = Signals::watch()?;
    let target = prepare::target(named, how)?;
    prepare::check_images(&target, &order.selection.chosen)?;
    let Prepared {
        target,
        mut config,
        facts,
    } = signals.or_stopped(prepare::prepare(named, how, target)).await?;
    config.keep_replies = order.review.is_some();
    let mut chosen = all(order.selection, how, &config, &facts)?;
    let mut lacks = Vec::new();
    if let Some((args, _)) = order.list {
        if let Some(profile) = args.profile {
            chosen = profile::choose(profile, chosen);
        }
        lacks = needs(args, &chosen, &config, &facts);
    }
    if let Some(shard) = shard {
        chosen = shard.take(chosen);
    }
    let mut report = Report {
        version: REPORT_VERSION,
        agent: part::agent_name(order.name, named, &facts),
        agent_version: facts.version.clone(),
        shards: part::shards(shard),
        needs: lacks,
        target: named.to_string(),
        level: config.level,
        release: config.release.name.to_owned(),
        system: config.system.name().to_owned(),
        again: again::command(named, how, order.list.and_then(|(args, _)| args.known.as_deref())),
        scripts: Vec::new(),
    };
    let jobs = prepare::jobs(named, how);
    let mute = facts.silence.is_some();
    let judge = Arc::new(Judge::new(target, config, facts, signals.stop()).reviewed_by(order.review));
    let news = schedule::begin(Arc::clone(&judge), chosen.clone(), jobs, mute);
    report.scripts = follow(news, &chosen, Progress::new(chosen.len(), how.quiet)).await;
    if let Some((_, expected)) = order.list {
        expected.excuse(&mut report);
        rerun::unexpected(&judge, &chosen, &mut report, how.quiet).await;
        expected.excuse(&mut report);
        expected.conclude(&mut report);
    }
    Ok((report, signals.status()))
}

/// The scripts that were written, and then those that are derived for the agent.
pub(crate) fn all(
    selection: Selection,
    how: &HowArgs,
    config: &RunConfig,
    facts: &Facts,
) -> Result<Vec<Chosen>, Problem> {
    let derivation = Derivation {
        release: config.release,
        system: config.system,
        offered: facts.offered.clone(),
    };
    let mut chosen = selection.chosen;
    if how.no_derived {
        return Ok(chosen);
    }
    chosen.extend(selection.derived.fulfil(&derivation)?);
    Ok(chosen)
}

/// What consumers need: the one that is asked for, or all where everything is run.
fn needs(args: &RunArgs, chosen: &[Chosen], config: &RunConfig, facts: &Facts) -> Vec<Needs> {
    let subject = Subject {
        release: config.release,
        system: config.system,
        facts,
    };
    let is_whole = args.what.is_empty() && !args.how.no_derived;
    let profiles = profiles().iter().filter(|it| match args.profile {
        Some(asked) => asked.name == it.name,
        None => is_whole,
    });
    profiles.map(|it| profile::needs(it, chosen, subject)).collect()
}

/// Shows the news and collects the reports, in the order of the scripts.
async fn follow(mut news: UnboundedReceiver<News>, chosen: &[Chosen], mut progress: Progress) -> Vec<ScriptReport> {
    let mut reports: Vec<Option<ScriptReport>> = chosen.iter().map(|_| None).collect();
    loop {
        match tokio::time::timeout(TICK, news.recv()).await {
            Ok(Some(News::Began(number))) => progress.began(&chosen[number].script.file),
            Ok(Some(News::Ended(number, report))) => {
                progress.ended(&report);
                reports[number] = Some(report);
            }
            Ok(None) => break,
            Err(_) => progress.tick(),
        }
    }
    progress.clear();
    let lost = "this program failed while it ran the script";
    let reports = reports.into_iter().zip(chosen);
    reports
        .map(|(report, it)| report.unwrap_or_else(|| ScriptReport::of_trouble(&it.script, lost)))
        .collect()
}

/// How the program ends with such a report.
pub(super) fn status(report: &Report) -> Status {
    match report.summary() {
        Summary { fail: 1.., .. } | Summary { unstable: 1.., .. } | Summary { stale: 1.., .. } => FAILS,
        Summary { troubles: 1.., .. } => UNREACHABLE,
        it if it.missed() > 0 => FAILS,
        _ => HOLDS,
    }
}

/// A panic must not leave agents behind, even where it ends the program at once.
fn end_agents_on_panic() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        live::end_all_if_possible();
        tell(panic);
    }));
}
