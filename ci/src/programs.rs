//! The project's programs, built if need be.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::root::root;

/// Builds the packages as they are released and gives the folder of their programs.
pub(crate) fn build(packages: &[&str]) -> Result<PathBuf> {
    let named = packages.iter().flat_map(|it| ["--package", it]);
    run_cargo(
        &["build", "--release", "--quiet"]
            .into_iter()
            .chain(named)
            .collect::<Vec<_>>(),
    )?;
    optimised()
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

/// The suite's program, built from the sources as they are now, the way this one is.
///
/// All targets are built, as for the tests: for one package alone cargo would compile
/// its dependencies once more, with fewer of their features.
pub(crate) fn suite() -> Result<PathBuf> {
    const NAME: &str = "qga-conformance";
    if !cfg!(debug_assertions) {
        return Ok(build(&[NAME])?.join(NAME));
    }
    run_cargo(&["build", "--quiet", "--workspace", "--all-targets"])?;
    Ok(folder()?.join(NAME))
}

fn run_cargo(arguments: &[&str]) -> Result<()> {
    let status = Command::new(cargo()).current_dir(root()).args(arguments).status();
    if !status.context("cannot start cargo")?.success() {
        bail!("cargo {} failed", arguments.join(" "));
    }
    Ok(())
}

/// The folder this program is in.
pub(crate) fn folder() -> Result<PathBuf> {
    let own = env::current_exe().context("cannot find this program's own file")?;
    own.parent()
        .map(Path::to_owned)
        .context("this program was not built by cargo")
}

/// The folder with the optimised programs, beside the one this program is in.
fn optimised() -> Result<PathBuf> {
    let profiles = folder()?;
    let profiles = profiles.parent().context("this program was not built by cargo")?;
    Ok(profiles.join("release"))
}

/// The cargo that runs us, or the one on the path.
pub(crate) fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}
