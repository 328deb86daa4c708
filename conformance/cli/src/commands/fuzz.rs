//! `fuzz`: a campaign against an agent, from the command line to the report.

use super::run::prepare::{self, Prepared};
use super::run::signals::Signals;
use super::run::{block_on, part};
use crate::args::{FuzzArgs, HowArgs, ReportTo};
use crate::facts::Facts;
use crate::fuzz::campaign::{Campaign, FINDINGS_MAX, Plan, State};
use crate::fuzz::corpus;
use crate::fuzz::ground::Ground;
use crate::fuzz::hunter::Other;
use crate::fuzz::idle::idle;
use crate::fuzz::survey::{self, Survey};
use crate::judge;
use crate::output;
use crate::progress::Line;
use crate::selection::Chosen;
use crate::shard::Shard;
use crate::status::{FAILS, HOLDS, Problem, Status};
use crate::target::{DEFAULT_IMAGE, Named, Target};
use qga_engine::RunConfig;
use qga_engine::fuzz::FuzzReport;
use qga_engine::fuzz::report::FUZZ_REPORT_VERSION;
use qga_engine::report::Format;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;

/// The cases of a campaign that is told no end.
const CASES: u64 = 100_000;
/// The time between two looks at the clock.
const TICK: Duration = Duration::from_millis(100);

/// How a campaign ended.
struct Ended {
    report: FuzzReport,
    /// How the program ends if it was interrupted.
    interrupted: Option<Status>,
    /// What went wrong meanwhile, but for the agent.
    problems: Vec<Problem>,
}

/// Runs a campaign and writes the reports.
///
/// # Errors
/// The command line is wrong, the target cannot be reached, a report cannot be written.
pub fn fuzz(args: &FuzzArgs) -> Result<Status, Problem> {
    let shard = part::shard(args.shard, args.shards)?;
    let past = args.corpus.as_deref().map_or(Ok(Vec::new()), corpus::read)?;
    out(args).map_or(Ok(()), corpus::check)?;
    let ended = block_on(campaign(args, shard, past))?;
    let written = write(&ended.report, &args.reports);
    for problem in &ended.problems {
        eprintln!("{problem}");
    }
    written?;
    let status = match ended.problems.first() {
        _ if !ended.report.is_clean() => FAILS,
        Some(problem) => problem.status,
        None => HOLDS,
    };
    Ok(ended.interrupted.unwrap_or(status))
}

async fn campaign(args: &FuzzArgs, shard: Option<Shard>, past: Vec<Chosen>) -> Result<Ended, Problem> {
    let signals = Signals::watch()?;
    let named = args.agent.named();
    let target = prepare::target(&named, &args.how)?;
    let prepared = signals.or_stopped(prepare::prepare(&named, &args.how, target)).await?;
    if prepared.facts.resync.is_none() {
        eprintln!("note: the agent answers neither guest-sync-delimited nor guest-sync: no case will find it in step");
    }
    let prepared = signals.or_stopped(in_guest(args, prepared)).await?;
    let seed = args.seed.unwrap_or_else(any_seed);
    eprintln!("seed {seed}");
    let other = signals.or_stopped(other(args, &prepared.config)).await?;
    let mut report = blank(args, &prepared, seed, shard);
    let Prepared { target, config, facts } = prepared;
    let survey = signals.or_stopped(survey(args, &target, &config, &facts)).await?;
    let ground = Ground {
        target,
        config,
        image: args.guest.clone(),
        facts,
        survey,
        other,
        focus: args.focus.iter().copied().collect(),
        family: None,
        stop: signals.stop(),
    };
    for sentence in idle(&ground) {
        eprintln!("note: {sentence}");
    }
    let campaign = Campaign::new(plan(args, seed, shard), ground)?;
    report.outcomes = campaign.sessions().outcomes();
    report.corpus = corpus::replay(campaign.judge(), &past, |it| eprintln!("{}", it.line())).await;
    let jobs = jobs(args);
    report.jobs = jobs.get() as u64;
    let campaign = Arc::new(campaign.from_now());
    if signals.status().is_none() {
        follow(&campaign, jobs, &signals, args.how.quiet).await;
    }
    let interrupted = signals.status();
    report.interrupted = interrupted.is_some();
    let problem = sum_up(&mut report, &campaign);
    let unwritten = unwritten(&campaign);
    // An agent that ended because it was asked to is no news.
    let problem = problem.filter(|_| interrupted.is_none());
    match problem {
        Some(problem) if report.is_empty() => Err(problem),
        _ => Ok(Ended {
            report,
            interrupted,
            problems: problem.into_iter().chain(unwritten).collect(),
        }),
    }
}

/// Where scripts of findings are written.
fn out(args: &FuzzArgs) -> Option<&Path> {
    args.out.as_deref().or(args.corpus.as_deref())
}

/// The scripts that could not be written, in one line.
fn unwritten(campaign: &Campaign) -> Option<Problem> {
    let seen = campaign.seen();
    let (path, why) = seen.unwritten.first_key_value()?;
    let more = match seen.unwritten.len() - 1 {
        0 => String::new(),
        more => format!(", nor {more} more"),
    };
    let what = format!(
        "cannot write {}{more}: {why}; what was found stands in the report",
        path.display()
    );
    Some(Problem::usage(what, ""))
}

/// A seed that nobody had before.
fn any_seed() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::from(since.subsec_nanos()) ^ since.as_secs().rotate_left(20) & 0xFFFF_FFFF
}

/// One agent per core, for those that are made for the campaign.
fn jobs(args: &FuzzArgs) -> NonZeroUsize {
    let one = NonZeroUsize::MIN;
    let is_shared = matches!(args.agent.named(), Named::Unix(_));
    let is_shared = is_shared || matches!(args.against, Some(Named::Unix(_)));
    match args.how.jobs {
        Some(jobs) => jobs,
        None if is_shared => one,
        None => std::thread::available_parallelism().unwrap_or(one),
    }
}

/// How many cases the campaign has, on all machines together.
fn cases(args: &FuzzArgs) -> Option<u64> {
    args.cases.map(Into::into).or(args.time.is_none().then_some(CASES))
}

fn plan(args: &FuzzArgs, seed: u64, shard: Option<Shard>) -> Plan {
    Plan {
        seed,
        cases: cases(args),
        time: args.time,
        shard,
        out: out(args).map(Path::to_owned),
        findings: args.findings.map_or(FINDINGS_MAX, NonZeroUsize::get),
    }
}

/// Another guest image than the usual one may have another system and other commands.
async fn in_guest(args: &FuzzArgs, mut prepared: Prepared) -> Result<Prepared, Problem> {
    let image = args.guest.as_str();
    if image == DEFAULT_IMAGE {
        return Ok(prepared);
    }
    if !prepared.target.has_guest_images() {
        let cure = "it is for the agent inside this program, and for a --spawn with {guest} or qga-sim";
        return Err(Problem::usage("--guest: this agent has no guest images", cure));
    }
    prepared.config.system = prepared.target.system(image)?.unwrap_or(prepared.config.system);
    prepared.facts = judge::ask(&prepared.target, image, args.how.timeout).await?;
    Ok(prepared)
}

/// What the agent cannot do on its machine; the usual guest of the simulated one can do all.
async fn survey(args: &FuzzArgs, target: &Target, config: &RunConfig, facts: &Facts) -> Result<Survey, Problem> {
    if args.guest == DEFAULT_IMAGE && target.has_guest_images() {
        return Ok(Survey::default());
    }
    survey::survey(target, &args.guest, facts, &config.allowed, args.how.timeout).await
}

/// The agent that replies are compared with.
async fn other(args: &FuzzArgs, config: &RunConfig) -> Result<Option<Other>, Problem> {
    let other = match (&args.oracle, &args.against) {
        (Some(_), _) => Named::Builtin(config.release),
        (None, Some(named)) => named.clone(),
        (None, None) => return Ok(None),
    };
    let is_simulated = matches!(other, Named::Builtin(_));
    let is_judged_simulated = matches!(args.agent.named(), Named::Builtin(_));
    let how = HowArgs {
        chunk: None,
        ..args.how.clone()
    };
    let target = prepare::target(&other, &how)?;
    let facts: Facts = judge::ask(&target, &args.guest, args.how.timeout).await?;
    let resync = facts
        .resync
        .ok_or_else(|| Problem::unreachable("the other agent does not answer", ""))?;
    let same_machine = is_simulated == is_judged_simulated;
    Ok(Some(Other {
        target,
        resync,
        same_machine,
    }))
}

fn blank(args: &FuzzArgs, prepared: &Prepared, seed: u64, shard: Option<Shard>) -> FuzzReport {
    let Prepared { config, facts, .. } = prepared;
    let named = args.agent.named();
    FuzzReport {
        fuzz_version: FUZZ_REPORT_VERSION,
        agent: part::agent_name(args.agent.name.as_deref(), &named, facts),
        agent_version: facts.version.clone(),
        target: named.to_string(),
        release: config.release.name.to_owned(),
        level: config.level,
        oracle: oracle(args, config),
        seed,
        shards: part::shards(shard),
        planned_cases: cases(args),
        interrupted: false,
        cases: 0,
        steps: 0,
        milliseconds: 0,
        waited_milliseconds: 0,
        jobs: 0,
        coverage: Default::default(),
        outcomes: 0,
        corpus: Vec::new(),
        findings: Vec::new(),
    }
}

fn oracle(args: &FuzzArgs, config: &RunConfig) -> Option<String> {
    match (&args.oracle, &args.against) {
        (Some(_), _) => Some(format!("the model of {}", config.release)),
        (None, Some(named)) => Some(named.to_string()),
        (None, None) => None,
    }
}

/// Runs the jobs and shows how far they are.
async fn follow(campaign: &Arc<Campaign>, jobs: NonZeroUsize, signals: &Signals, quiet: bool) {
    let mut working = JoinSet::new();
    for _ in 0..jobs.get() {
        working.spawn(Arc::clone(campaign).work());
    }
    let mut line = Line::new(quiet);
    let mut stop = signals.stop();
    loop {
        tokio::select! {
            ended = working.join_next() => if ended.is_none() { break },
            _ = stop.changed() => campaign.stop(),
            () = tokio::time::sleep(TICK) => line.show(|| progress(&campaign.state())),
        }
    }
    line.clear();
}

/// How far a campaign is: what matters most first, for a line may be cut off.
fn progress(state: &State) -> String {
    let rate = state.cases as f64 / state.since.as_secs_f64().max(0.001);
    let left = state
        .left
        .map_or(String::new(), |it| format!(", {} s left", it.as_secs()));
    format!(
        "{} cases{left}, {} found, {rate:.0} a second, {} outcomes",
        state.cases, state.findings, state.outcomes
    )
}

/// Puts into the report what came of the campaign; why a job could not go on.
fn sum_up(report: &mut FuzzReport, campaign: &Campaign) -> Option<Problem> {
    let mut seen = campaign.seen();
    report.cases = campaign.cases();
    report.steps = campaign.steps();
    report.milliseconds = millis(campaign.since());
    report.waited_milliseconds = millis(seen.waited);
    report.coverage = seen.tally.named();
    for finding in std::mem::take(&mut seen.findings) {
        report.add(finding);
    }
    seen.problem.take()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Writes the reports that were asked for, and the text for the person in front of it.
pub(super) fn write(report: &FuzzReport, wanted: &[ReportTo]) -> Result<(), Problem> {
    for ReportTo { format, path } in wanted {
        let text = match format {
            Format::Json => report.json(),
            _ => report.text(),
        };
        output::put(path.as_deref(), &text)?;
    }
    match wanted.iter().any(|it| it.path.is_none()) {
        true => eprint!("{}", report.text()),
        false => output::print(&report.text())?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_of_a_long_campaign_fits_a_terminal() {
        let state = State {
            cases: 1_234_567_890,
            outcomes: 88,
            findings: 31,
            since: Duration::from_secs(10_000),
            left: Some(Duration::from_secs(86_399)),
        };
        let line = progress(&state);
        assert_eq!(
            line,
            "1234567890 cases, 86399 s left, 31 found, 123457 a second, 88 outcomes"
        );
        assert!(line.len() < 78);
    }
}
