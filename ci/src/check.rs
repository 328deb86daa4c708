//! `cargo ci check`: the whole pipeline, here and on the server.
//!
//! Every step runs, also after one that failed: one run shows all that is wrong.

mod step;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Args;

use self::step::Step;
use crate::{agents, fuzz, programs, real};

/// Run the whole pipeline: formatting, lints, tests, the suite on the simulator,
/// on real agents and on wrong ones, recordings and random differences.
#[derive(Args)]
pub(crate) struct Options {
    /// Only steps with this in their name.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Judge only the agent that is installed; fetch no other releases.
    #[arg(long)]
    installed: bool,
}

/// What is said instead of a step that needs an agent.
const ABSENT: &str = "skipped: qemu-ga is not installed (apt-get install qemu-guest-agent)";

/// Runs the steps and prints how each went and how long it took.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let steps = steps(options);
    // Found out first: a step may build this program anew.
    let programs = programs::folder()?;
    let mut results = Vec::new();
    for step in steps.iter().filter(|it| it.name.contains(&options.only)) {
        println!("\n── {} ── {}", step.name, step.shown());
        let begin = Instant::now();
        let result = step.run(&programs);
        if let Err(error) = &result {
            println!("{}: {error:#}", step.name);
        }
        results.push((step.name.clone(), result.is_ok(), begin.elapsed()));
    }
    println!();
    for (name, passed, time) in &results {
        let word = if *passed { "passed" } else { "FAILED" };
        println!("{word}  {:>6.1} s  {name}", time.as_secs_f64());
    }
    let failed = results.iter().filter(|(_, passed, _)| !passed).count();
    let time: f64 = results.iter().map(|(.., time)| time.as_secs_f64()).sum();
    println!(
        "\n{} of {} steps passed in {time:.0} s",
        results.len() - failed,
        results.len()
    );
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn steps(options: &Options) -> Vec<Step> {
    let mut steps = vec![
        Step::cargo("formatting", &["fmt", "--all", "--check"]),
        Step::cargo(
            "lints",
            &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        ),
        Step::cargo("tests", &["test", "--workspace"]),
        Step::suite("the scripts' formatting", &["fmt", "--check", "fixtures/sessions"]),
        Step::suite("the suite on the simulator", &["run", "--allow", "all"]),
        Step::suite(
            "generated sessions on the simulator",
            &["fuzz", "--allow", "all", "--seed", "1", "--cases", "200000", "--quiet"],
        ),
        fuzzed(),
    ];
    steps.extend(installed());
    if !options.installed {
        steps.push(Step::own("real agents of other releases", &["agents"]));
        steps.extend(agents::releases().map(fetched));
    }
    steps.push(matrix(options));
    steps.push(Step::own(
        "the suite on wrong and harmless agents",
        &["judge", "--only", "wrong,harmless"],
    ));
    steps.push(Step::own("recordings", &["replay"]));
    steps.push(random_differences(options));
    steps.push(coverage_guided());
    steps
}

/// The suite on the machine's own agent, at every level: a weaker demand leaves out some
/// of what is asked, and must accuse no more than a stronger one. Without an agent the
/// step says so, and fails where one is required.
fn installed() -> Vec<Step> {
    const NAME: &str = "the suite on the installed qemu-ga";
    let Some(program) = real::installed() else {
        return vec![Step::absent(NAME, ABSENT)];
    };
    let levels = ["must", "should", "exact"];
    levels
        .map(|it| judge(format!("{NAME} at {it}"), &program, it, None))
        .into()
}

/// The page of all agents, opened in a browser.
fn matrix(options: &Options) -> Step {
    const NAME: &str = "the page of all agents in a browser";
    match (options.installed, real::installed()) {
        (false, _) => Step::own(NAME, &["matrix"]),
        (true, Some(_)) => Step::own(NAME, &["matrix", "--installed"]),
        (true, None) => Step::absent(NAME, ABSENT),
    }
}

/// Generated sessions on the machine's own agent, each reply compared with the model's.
fn fuzzed() -> Step {
    const NAME: &str = "generated sessions on the installed qemu-ga";
    let Some(program) = real::installed() else {
        return Step::absent(NAME, ABSENT);
    };
    let spawn = real::spawn(&program);
    let arguments = [
        "fuzz", "--spawn", &spawn, "--level", "exact", "--oracle", "model", "--seed", "1", "--cases", "10000",
        "--quiet",
    ];
    Step::suite(NAME, &arguments)
}

fn random_differences(options: &Options) -> Step {
    const NAME: &str = "random differences";
    match (options.installed, real::installed()) {
        (false, _) => Step::own(NAME, &["differ", "--release", "all"]),
        (true, Some(_)) => Step::own(NAME, &["differ"]),
        (true, None) => Step::absent(NAME, ABSENT),
    }
}

/// The project's own readers, each for a moment.
fn coverage_guided() -> Step {
    const NAME: &str = "fuzzing guided by coverage";
    match fuzz::is_possible() {
        true => Step::own(NAME, &["fuzz", "--time", "3"]),
        false => Step::absent(NAME, &format!("skipped: {}", fuzz::ABSENT)),
    }
}

fn fetched(release: &str) -> Step {
    let program = agents::default_dir().join(release).join("qemu-ga");
    judge(
        format!("the suite on qemu-ga {release}"),
        &program,
        "exact",
        Some(release),
    )
}

fn judge(name: String, program: &Path, level: &str, release: Option<&str>) -> Step {
    let spawn = real::spawn(program);
    let mut arguments = vec!["run", "--spawn", &spawn, "--level", level];
    arguments.extend(release.iter().flat_map(|it| ["--as", it]));
    Step::suite(&name, &arguments)
}
