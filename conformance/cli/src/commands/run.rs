//! `run`: scripts against an agent.

mod again;
mod known;
mod part;
mod planned;
mod prepare;
mod rerun;
mod signals;

use crate::args::RunArgs;
use crate::derived::Wish;
use crate::facts::Facts;
use crate::judge::Judge;
use crate::output;
use crate::profile::{self, Subject};
use crate::progress::Progress;
use crate::schedule::{self, News};
use crate::selection::{self, Chosen, Selection};
use crate::shard::Shard;
use crate::status::{FAILS, HOLDS, Problem, Status, UNREACHABLE};
use crate::target::{adopt_orphans, live};
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
    let shard = part::shard(args)?;
    let selection = selected(args)?;
    let expected = Expected::read(args.known.as_deref(), &selection.chosen)?;
    let runtime = Runtime::new().map_err(|error| Problem::usage(format!("cannot start: {error}"), ""))?;
    end_agents_on_panic();
    adopt_orphans();
    let outcome = runtime.block_on(judge(args, selection, shard, &expected));
    drop(runtime);
    live::end_all();
    outcome
}

/// What the command line names.
fn selected(args: &RunArgs) -> Result<Selection, Problem> {
    let mut selection = selection::choose(&args.what)?;
    if args.no_derived {
        selection.derived = Wish::These(Vec::new());
    }
    Ok(selection)
}

/// The report, and how the program ends if it was told to end early.
async fn judge(
    args: &RunArgs,
    selection: Selection,
    shard: Option<Shard>,
    expected: &Expected,
) -> Result<(Report, Option<Status>), Problem> {
    let signals = Signals::watch()?;
    let target = prepare::target(args)?;
    prepare::check_images(&target, &selection.chosen)?;
    let Prepared {
        target,
        config,
        facts,
        description,
    } = signals.or_stopped(prepare::prepare(args, target)).await?;
    let mut chosen = all(selection, &config, &facts)?;
    if let Some(profile) = args.profile {
        chosen = profile::choose(profile, chosen);
    }
    let needs = needs(args, &chosen, &config, &facts);
    if let Some(shard) = shard {
        chosen = shard.take(chosen);
    }
    let mut report = Report {
        version: REPORT_VERSION,
        agent: part::agent_name(args, &facts, config.release.name),
        agent_version: facts.version.clone(),
        shards: part::shards(shard),
        needs,
        target: description,
        level: config.level,
        release: config.release.name.to_owned(),
        system: config.system.name().to_owned(),
        again: again::command(args),
        scripts: Vec::new(),
    };
    let jobs = prepare::jobs(args);
    let mute = facts.silence.is_some();
    let judge = Arc::new(Judge::new(target, config, facts, signals.stop()));
    let news = schedule::begin(Arc::clone(&judge), chosen.clone(), jobs, mute);
    report.scripts = follow(news, &chosen, Progress::new(chosen.len(), args.quiet)).await;
    expected.excuse(&mut report);
    rerun::unexpected(&judge, &chosen, &mut report, args.quiet).await;
    expected.excuse(&mut report);
    expected.conclude(&mut report);
    Ok((report, signals.status()))
}

/// The scripts that were written, and then those that are derived for the agent.
fn all(selection: Selection, config: &RunConfig, facts: &Facts) -> Result<Vec<Chosen>, Problem> {
    let derivation = Derivation {
        release: config.release,
        system: config.system,
        offered: facts.offered.clone(),
    };
    let mut chosen = selection.chosen;
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
    let is_whole = args.what.is_empty() && !args.no_derived;
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
