//! One step of the pipeline: a program that must end well.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::optimised::cargo;
use crate::real;
use crate::root::root;

/// A named step.
pub(super) struct Step {
    /// What a summary calls it.
    pub(super) name: String,
    what: What,
}

enum What {
    Run(PathBuf, Vec<String>),
    /// Something is missing, and this is said instead.
    Absent(String),
}

impl Step {
    /// Cargo with these arguments.
    pub(super) fn cargo(name: &str, arguments: &[&str]) -> Step {
        Step {
            name: name.to_owned(),
            what: What::Run(cargo(), arguments.iter().map(|it| (*it).to_owned()).collect()),
        }
    }

    /// The suite's program, built if need be.
    pub(super) fn suite(name: &str, arguments: &[&str]) -> Step {
        let program = ["run", "--quiet", "--package", "qga-conformance", "--"];
        Step::cargo(name, &[&program, arguments].concat())
    }

    /// Another command of this program.
    pub(super) fn own(name: &str, arguments: &[&str]) -> Step {
        Step::cargo(name, &[&["ci"], arguments].concat())
    }

    /// A step that cannot be done here.
    pub(super) fn absent(name: &str, why: &str) -> Step {
        Step {
            name: name.to_owned(),
            what: What::Absent(why.to_owned()),
        }
    }

    /// What is run, as one would type it.
    pub(super) fn shown(&self) -> String {
        match &self.what {
            What::Run(_, arguments) => format!("cargo {}", arguments.join(" ")),
            What::Absent(why) => why.clone(),
        }
    }

    /// Runs it; its output goes where this program's goes.
    pub(super) fn run(&self) -> Result<()> {
        match &self.what {
            What::Run(program, arguments) => run(program, arguments),
            What::Absent(why) if real::is_required() => bail!("{why}, and {} is set", real::REQUIRED),
            What::Absent(_) => Ok(()),
        }
    }
}

fn run(program: &PathBuf, arguments: &[String]) -> Result<()> {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if !status.success() {
        bail!("ended with {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_passes_if_its_program_does() {
        assert!(run(&"true".into(), &[]).is_ok());
        assert_eq!(
            run(&"false".into(), &[]).unwrap_err().to_string(),
            "ended with exit status: 1"
        );
        assert!(
            run(&"/no/such/program".into(), &[])
                .unwrap_err()
                .to_string()
                .starts_with("cannot start")
        );
    }

    #[test]
    fn a_step_is_shown_as_one_would_type_it() {
        assert_eq!(Step::own("recordings", &["replay"]).shown(), "cargo ci replay");
        assert_eq!(
            Step::suite("suite", &["run"]).shown(),
            "cargo run --quiet --package qga-conformance -- run"
        );
    }
}
