//! `cargo ci fuzz`: coverage-guided fuzzing of the project's own code with cargo-fuzz.
//!
//! What is run and what must hold is said by the crate `ci/targets`; the programs are
//! those of `ci/fuzz`. Seeds are made from the fixtures; what was found interesting
//! stays below target/ for the next run, and what was a finding is kept by hand, in
//! `fixtures/fuzz/TARGET`, where the tests run it from then on.

mod seeds;
mod summary;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use qga_fuzz_targets::{TARGETS, Target};

use self::summary::Summary;
use crate::programs::cargo;
use crate::root::root;

/// The longest that one input may take before it is a finding, in seconds.
const INPUT_SECONDS_MAX: u32 = 10;
/// The most memory that a target may use, in MiB; more is a finding.
const MEMORY_MIB_MAX: u32 = 1024;

/// What is said where cargo-fuzz is missing.
pub(crate) const ABSENT: &str = "cargo-fuzz is not installed: cargo install --locked cargo-fuzz";

/// Fuzz the project's own readers and machines, guided by coverage.
#[derive(Args)]
pub(crate) struct Options {
    /// What to fuzz; everything if nothing is named. `--list` tells what there is.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each target is fuzzed, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    time: u64,
    /// Where the random numbers begin.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// List the targets and what must hold for them, and end.
    #[arg(long)]
    list: bool,
    /// Write each target's seeds to a folder of its name below this one, and end.
    #[arg(long, value_name = "DIR", conflicts_with = "list")]
    seeds: Option<PathBuf>,
}

/// Fuzzes one target after the other; a finding is a failure.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if options.list {
        TARGETS.iter().for_each(|it| println!("{:<9} {}", it.name, it.about));
        return Ok(ExitCode::SUCCESS);
    }
    let targets = options.targets()?;
    if let Some(folder) = &options.seeds {
        for target in targets {
            seeds::write(target, &folder.join(target.name))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    build()?;
    let mut total = Summary::default();
    let mut code = ExitCode::SUCCESS;
    for target in targets {
        let summary = fuzz(target, options)?;
        println!("{:<9} {summary}", target.name);
        if let Some(input) = &summary.finding {
            code = ExitCode::FAILURE;
            println!("{:<9} {}", "", kept(target, input));
        }
        total.add(&summary);
    }
    println!("{:<9} {total}", "all");
    Ok(code)
}

impl Options {
    fn targets(&self) -> Result<Vec<&'static Target>> {
        if self.targets.is_empty() {
            return Ok(TARGETS.iter().collect());
        }
        self.targets.iter().map(|it| find(it)).collect()
    }
}

fn find(name: &str) -> Result<&'static Target> {
    let known = || TARGETS.map(|it| it.name).join(", ");
    let found = TARGETS.iter().find(|it| it.name == name);
    found.with_context(|| format!("there is no target {name}: known are {}", known()))
}

/// What to do with a finding.
fn kept(target: &Target, input: &str) -> String {
    format!(
        "found {input}: keep it as fixtures/fuzz/{}/WHAT-IT-IS; `cargo test -p qga-fuzz-targets` shows it",
        target.name
    )
}

/// Cargo-fuzz on our programs. No sanitizer: there is no unsafe code to watch, and so
/// the ordinary toolchain will do.
fn cargo_fuzz(word: &str) -> Command {
    let mut command = Command::new(cargo());
    command
        .current_dir(root())
        .args(["fuzz", word, "--fuzz-dir", "ci/fuzz", "--sanitizer", "none"])
        .args(["--target-dir", "target/fuzz"]);
    command
}

/// Whether cargo-fuzz is installed.
pub(crate) fn is_possible() -> bool {
    let version = Command::new(cargo()).args(["fuzz", "--version"]).output();
    version.is_ok_and(|it| it.status.success())
}

fn build() -> Result<()> {
    if !is_possible() {
        bail!("{ABSENT}");
    }
    println!("building the targets with coverage: this takes minutes the first time");
    let status = cargo_fuzz("build").stderr(Stdio::inherit()).status();
    if !status.context("cannot start cargo")?.success() {
        bail!("the targets could not be built");
    }
    Ok(())
}

/// One target, from what earlier runs found interesting and from the seeds.
fn fuzz(target: &Target, options: &Options) -> Result<Summary> {
    let folder = |kind: &str| root().join("target/fuzz").join(kind).join(target.name);
    let (corpus, findings) = (folder("corpus"), folder("findings"));
    for it in [&corpus, &findings] {
        fs::create_dir_all(it).with_context(|| format!("cannot make the folder {}", it.display()))?;
    }
    let seeds = seeds::write(target, &folder("seeds"))?;
    let mut command = cargo_fuzz("run");
    command.arg(target.name).args([&corpus, &seeds]).arg("--");
    command.args(limits(target, options, &findings));
    let output = command.stdin(Stdio::null()).output().context("cannot start cargo")?;
    let log = String::from_utf8_lossy(&output.stderr);
    let summary = Summary::read(&log, Duration::from_secs(options.time));
    if !output.status.success() && summary.finding.is_none() {
        bail!("{} could not be fuzzed:\n{log}", target.name);
    }
    if summary.finding.is_some() {
        print!("{}", summary::end(&log));
    }
    Ok(summary)
}

/// What is said to libFuzzer.
fn limits(target: &Target, options: &Options, findings: &Path) -> Vec<String> {
    vec![
        format!("-max_total_time={}", options.time),
        format!("-max_len={}", target.input_bytes_max),
        format!("-seed={}", options.seed),
        format!("-timeout={INPUT_SECONDS_MAX}"),
        format!("-rss_limit_mb={MEMORY_MIB_MAX}"),
        format!("-artifact_prefix={}/", findings.display()),
        "-print_final_stats=1".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_its_program() {
        let manifest = fs::read_to_string(root().join("ci/fuzz/Cargo.toml")).unwrap();
        for target in &TARGETS {
            assert!(
                manifest.contains(&format!("name = \"{}\"", target.name)),
                "{}",
                target.name
            );
            let program = root().join(format!("ci/fuzz/fuzz_targets/{}.rs", target.name));
            let text = fs::read_to_string(program).unwrap();
            assert!(text.contains(&format!("run(\"{}\", input)", target.name)), "{text}");
        }
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    }

    #[test]
    fn a_target_that_is_not_there_is_told_with_those_that_are() {
        let error = find("wires").err().unwrap().to_string();
        assert_eq!(
            error,
            "there is no target wires: known are wire, agent, script, pattern, image, replies, settings"
        );
    }
}
