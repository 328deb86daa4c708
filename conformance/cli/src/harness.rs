//! The suite in the tests of an agent of one's own: each script is one test, under
//! `cargo test` and under nextest.
//!
//! In `Cargo.toml` of the agent:
//!
//! ```toml
//! [dev-dependencies]
//! qga-conformance = "0.1"
//!
//! [[test]]
//! name = "conformance"
//! harness = false
//! ```
//!
//! and in `tests/conformance.rs`:
//!
//! ```no_run
//! use qga_conformance::harness::{Effect, Harness, Level};
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     let agent = option_env!("CARGO_BIN_EXE_my-agent").unwrap_or("my-agent");
//!     Harness::spawn(&format!("{agent} --socket {{socket}} --state {{state}}"))
//!         .level(Level::Must)
//!         .allow([Effect::Files, Effect::Exec])
//!         .main()
//! }
//! ```
//!
//! `cargo test --test conformance -- file` runs the scripts with `file` in their
//! names, `--list` lists them, `--skip`, `--exact` and `--test-threads` are those of
//! every other test. A script that cannot be put to this agent is ignored, with the
//! reason; under nextest it is skipped. A test fails if a claim fails or is not
//! reached, and says what `qga-conformance run` says of it.
//!
//! Under Bazel (`TEST_SHARD_INDEX`, `TEST_TOTAL_SHARDS`) and in an indexed job of
//! Kubernetes (`JOB_COMPLETION_INDEX`, with `QGA_SHARDS` for how many there are) only
//! the scripts of that part are tests, as with `qga-conformance run`; `QGA_SHARD=2/5`
//! says the part elsewhere.

mod verdict;

pub use qga_engine::script::Level;
pub use qga_fixtures::schema::Effect;

use crate::args::{Allowed, HowArgs};
use crate::commands::run::prepare::{self, Prepared};
use crate::commands::run::signals::Signals;
use crate::commands::run::{all, block_on};
use crate::judge::Judge;
use crate::selection::{self, Chosen};
use crate::shard::Shard;
use crate::status::Problem;
use crate::target::{Named, Template, find_release, parse_target};
use clap::{Args as _, FromArgMatches as _};
use libtest_mimic::{Arguments, Completion, Conclusion, Failed, Trial};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// The variable that names the part of the scripts that are tests.
const SHARD: &str = "QGA_SHARD";
/// The variable that says how many parts there are, where the system tells but the number.
const SHARDS: &str = "QGA_SHARDS";
/// What nextest sets in the tests that it starts: it knows no reason for an ignored
/// test, and takes one that ignores itself for one that passed.
const NEXTEST: &str = "NEXTEST";
/// The ending that scripts lose where they are tests.
const ENDING: &str = ".session";

/// The scripts of the suite as tests of one agent.
#[derive(Clone, Debug)]
pub struct Harness {
    named: Result<Named, String>,
    how: HowArgs,
    what: Vec<String>,
    mistake: Option<String>,
}

impl Harness {
    /// Tests of an agent that is started afresh for each script with this command:
    /// in its words `{socket}` is where it must listen, `{state}` an empty folder, as
    /// for `qga-conformance run --spawn`.
    pub fn spawn(command: &str) -> Harness {
        Harness::of(Template::parse(command).map(Named::Spawn))
    }

    /// Tests of a target as `qga-conformance run --target` takes it: `builtin:7.2`,
    /// `unix:PATH`.
    pub fn target(target: &str) -> Harness {
        Harness::of(parse_target(target))
    }

    fn of(named: Result<Named, String>) -> Harness {
        Harness {
            named,
            how: HowArgs::default(),
            what: Vec::new(),
            mistake: None,
        }
    }

    /// Judges claims up to this level; without it `must`, and `exact` for builtin.
    #[must_use]
    pub fn level(mut self, level: Level) -> Harness {
        self.how.level = Some(level);
        self
    }

    /// What scripts may do to the guest besides reading; without it files in a scratch
    /// folder and programs.
    #[must_use]
    pub fn allow(mut self, effects: impl IntoIterator<Item = Effect>) -> Harness {
        self.how.allow = Allowed(effects.into_iter().chain([Effect::None]).collect());
        self
    }

    /// Judges the agent as this release of QEMU's, whatever its guest-info says.
    #[must_use]
    pub fn judged_as(mut self, release: &str) -> Harness {
        match find_release(release) {
            Ok(release) => self.how.as_release = Some(release),
            Err(mistake) => self.mistake = Some(mistake),
        }
        self
    }

    /// Only these scripts: families, scripts, claims, files and folders, as for
    /// `qga-conformance run`. May be repeated.
    #[must_use]
    pub fn only<W: Into<String>>(mut self, what: impl IntoIterator<Item = W>) -> Harness {
        self.what.extend(what.into_iter().map(Into::into));
        self
    }

    /// How long the agent may take for each reply; without it five seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Harness {
        self.how.timeout = timeout;
        self
    }

    /// Where scripts make their files; without it in a temporary folder.
    #[must_use]
    pub fn scratch(mut self, folder: impl AsRef<Path>) -> Harness {
        self.how.scratch = Some(folder.as_ref().to_owned());
        self
    }

    /// Leaves out the cases that are derived from the schema.
    #[must_use]
    pub fn without_derived(mut self) -> Harness {
        self.how.no_derived = true;
        self
    }

    /// Runs the tests that the command line asks for, and says how the program ends.
    pub fn main(self) -> ExitCode {
        let arguments = Arguments::from_args();
        match self.run(arguments) {
            Ok(conclusion) => conclusion.exit_code(),
            Err(problem) => {
                eprintln!("{problem}");
                problem.status.into()
            }
        }
    }

    fn run(self, mut arguments: Arguments) -> Result<Conclusion, Problem> {
        let usage = |mistake: String| Problem::usage(mistake, "");
        let named = self.named.map_err(usage)?;
        if let Some(mistake) = self.mistake {
            return Err(usage(mistake));
        }
        if matches!(named, Named::Unix(_)) {
            // One agent answers one client at a time.
            arguments.test_threads = Some(1);
        }
        let (how, what) = (self.how, self.what);
        block_on(async move {
            let trials = trials(&named, &how, &what, &arguments).await?;
            let tests = tokio::task::spawn_blocking(move || libtest_mimic::run(&arguments, trials));
            tests
                .await
                .map_err(|error| usage(format!("the tests failed to run: {error}")))
        })
    }
}

impl Default for HowArgs {
    /// As on an empty command line.
    fn default() -> HowArgs {
        let empty = HowArgs::augment_args(clap::Command::new("how")).get_matches_from(["how"]);
        HowArgs::from_arg_matches(&empty).expect("every option has a default or may be absent")
    }
}

/// A test for each script that the command line asks for.
async fn trials(named: &Named, how: &HowArgs, what: &[String], asked: &Arguments) -> Result<Vec<Trial>, Problem> {
    let selection = selection::choose(what)?;
    let signals = Signals::watch()?;
    let target = prepare::target(named, how)?;
    prepare::check_images(&target, &selection.chosen)?;
    let Prepared { target, config, facts } = signals.or_stopped(prepare::prepare(named, how, target)).await?;
    let mut chosen = all(selection, how, &config, &facts)?;
    if let Some(shard) = shard()? {
        chosen = shard.take(chosen);
    }
    let judge = Arc::new(Judge::new(target, config, facts, signals.stop()));
    let mut trials = Vec::new();
    for chosen in chosen {
        let name = chosen.script.file.trim_end_matches(ENDING).to_owned();
        if is_asked_for(&name, asked) {
            trials.push(trial(name, chosen, &judge, asked).await?);
        }
    }
    Ok(trials)
}

/// The part that this process has.
fn shard() -> Result<Option<Shard>, Problem> {
    Shard::acknowledge()?;
    let variable = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty());
    if let Some(shard) = variable(SHARD) {
        let shard = Shard::parse(&shard).map_err(|it| Problem::usage(format!("the variable {SHARD}: {it}"), ""));
        return shard.map(Some);
    }
    let of = variable(SHARDS).map(|it| {
        let wrong = |_| Problem::usage(format!("the variable {SHARDS} is `{it}` and no number"), "");
        it.parse::<NonZeroU32>().map_err(wrong)
    });
    Shard::of_environment(variable, of.transpose()?)
}

/// Whether a test can be among those that run: what is not asked for is not looked at.
fn is_asked_for(name: &str, asked: &Arguments) -> bool {
    let fits = |filter: &str| {
        if asked.exact {
            name == filter
        } else {
            name.contains(filter)
        }
    };
    asked.filter.as_deref().is_none_or(fits) && !asked.skip.iter().any(|it| fits(it))
}

async fn trial(name: String, chosen: Chosen, judge: &Arc<Judge>, asked: &Arguments) -> Result<Trial, Problem> {
    let obstacle = judge.obstacle(&chosen.script).await?;
    let is_ignored = obstacle.is_some() && (asked.list || std::env::var_os(NEXTEST).is_some());
    let (judge, handle) = (Arc::clone(judge), Handle::current());
    let test = move || match obstacle {
        Some(reason) if is_ignored => Err(Failed::from(reason)),
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => verdict::completion(handle.block_on(judge.judge(&chosen)), &judge),
    };
    Ok(Trial::ignorable_test(name, test).with_ignored_flag(is_ignored))
}
