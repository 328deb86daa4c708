//! `cargo ci matrix`: real agents and the simulator side by side on one page, opened
//! in a real browser as a person would.

mod browser;
mod checks;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use self::browser::Browser;
use crate::root::root;
use crate::{agents, programs, real};

/// Judge four real agents and the simulator, write the page of their matrix and open
/// it in a headless Chromium.
#[derive(Args)]
pub(crate) struct Options {
    /// Judge only the agent that is installed, beside simulated ones; fetch no other releases.
    #[arg(long)]
    installed: bool,
    /// Where to put the page and its reports.
    #[arg(long, value_name = "DIR", default_value = "target/matrix")]
    out: PathBuf,
    /// Look again at the page that is there, and judge nobody.
    #[arg(long)]
    again: bool,
    /// Write the page only.
    #[arg(long)]
    no_browser: bool,
}

/// What is said where no browser is.
const ABSENT: &str = "the page was not opened: chromium is not installed (apt-get install chromium)";
/// The page, below the folder.
const PAGE: &str = "report.html";
/// The reports from which it is made.
const REPORTS: &str = "report.json";
/// A page with failures: an old simulated agent judged as a new one.
const WRONG_PAGE: &str = "wrong.html";

/// Judges, writes and looks.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let out = root().join(&options.out);
    fs::create_dir_all(&out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    if !options.again {
        write(options, &out)?;
    }
    println!("{}", out.join(PAGE).display());
    if options.no_browser {
        return Ok(ExitCode::SUCCESS);
    }
    let Some(mut browser) = Browser::start()? else {
        if real::is_required() {
            bail!("{ABSENT}, and {} is set", real::REQUIRED);
        }
        println!("{ABSENT}");
        return Ok(ExitCode::SUCCESS);
    };
    let reports: Value = serde_json::from_str(&fs::read_to_string(out.join(REPORTS))?)?;
    checks::matrix(&mut browser, &out.join(PAGE), &reports, &out)?;
    checks::failures(&mut browser, &out.join(WRONG_PAGE), &out)?;
    Ok(ExitCode::SUCCESS)
}

/// Judges every agent and writes the pages.
fn write(options: &Options, out: &Path) -> Result<()> {
    let mut parts = Vec::new();
    for (at, words) in agents(options)?.iter().enumerate() {
        let part = out.join(format!("agent-{at}.json"));
        judge(words, &part)?;
        parts.push(part.display().to_string());
    }
    let format = |name: &str, file: &str| format!("{name}={}", out.join(file).display());
    let mut merge = vec!["report".to_owned(), "merge".to_owned(), "--exit-zero".to_owned()];
    merge.extend(parts);
    for report in [format("html", PAGE), format("json", REPORTS)] {
        merge.extend(["--report".to_owned(), report]);
    }
    suite(&merge)?;
    let wrong = [
        "--target",
        "builtin:5.2",
        "--as",
        "10.0",
        "--report",
        &format("html", WRONG_PAGE),
        "info",
        "os",
    ];
    judge(&wrong.map(str::to_owned), &out.join("wrong.json"))
}

/// For each agent the words that name it on the suite's command line.
fn agents(options: &Options) -> Result<Vec<Vec<String>>> {
    let spawn = |program: &Path, name: &str, release: &[&str]| {
        let command = real::spawn(program);
        let words = [&["--spawn", &command, "--name", name, "--level", "exact"], release].concat();
        words.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let simulator = |words: &[&str]| {
        [&["--allow", "all"], words]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let mut agents = vec![simulator(&[])];
    if options.installed {
        let program = real::installed().context("qemu-ga is not installed (apt-get install qemu-guest-agent)")?;
        agents.push(spawn(&program, "qemu-ga", &[]));
        agents.extend(["5.2", "10.0"].map(|it| simulator(&["--target", &format!("builtin:{it}")])));
        return Ok(agents);
    }
    for release in agents::releases() {
        let program = agents::default_dir().join(release).join("qemu-ga");
        if !program.is_file() {
            bail!("{} is missing: cargo ci agents", program.display());
        }
        agents.push(spawn(&program, &format!("qemu-ga {release}"), &["--as", release]));
    }
    Ok(agents)
}

/// Claims may fail: that is for the page to show.
fn judge(words: &[String], report: &Path) -> Result<()> {
    let report = format!("json={}", report.display());
    let run = ["run", "--quiet", "--report", &report].map(str::to_owned);
    suite(&[&run[..], words].concat())
}

fn suite(words: &[String]) -> Result<()> {
    let mut command = Command::new(programs::suite()?);
    command.current_dir(root()).args(words);
    let output = command.output().context("cannot start qga-conformance")?;
    match output.status.code() {
        Some(0 | 1) => Ok(()),
        _ => bail!(
            "qga-conformance {}: {}",
            words.join(" "),
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}
