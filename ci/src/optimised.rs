//! What measures must itself be built with optimisation.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::root::root;

/// Builds the packages as they are released and gives the folder of their programs.
pub(crate) fn build(packages: &[&str]) -> Result<PathBuf> {
    let mut command = Command::new(cargo());
    command.current_dir(root()).args(["build", "--release", "--quiet"]);
    for package in packages {
        command.args(["--package", package]);
    }
    let status = command.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("cargo could not build {}", packages.join(" and "));
    }
    programs()
}

/// Runs the same command line again in this program's optimised build.
pub(crate) fn run_again(packages: &[&str]) -> Result<ExitCode> {
    let program = build(packages)?.join("ci");
    let status = Command::new(&program)
        .args(env::args_os().skip(1))
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let code = status.code().and_then(|it| u8::try_from(it).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The folder with the optimised programs, beside the one this program is in.
fn programs() -> Result<PathBuf> {
    let own = env::current_exe().context("cannot find this program's own file")?;
    let profiles = own
        .parent()
        .and_then(Path::parent)
        .context("this program was not built by cargo")?;
    Ok(profiles.join("release"))
}

/// The cargo that runs us, or the one on the path.
pub(crate) fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}
