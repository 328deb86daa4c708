//! One step of the pipeline: a program that must end well.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::programs::{cargo, suite};
use crate::real;
use crate::root::root;

/// A named step.
pub(super) struct Step {
    /// What a summary calls it.
    pub(super) name: String,
    what: What,
}

enum What {
    Cargo(Vec<String>),
    Suite(Vec<String>),
    Own(Vec<String>),
    /// Something is missing, and this is said instead.
    Absent(String),
}

impl Step {
    /// Cargo with these arguments.
    pub(super) fn cargo(name: &str, arguments: &[&str]) -> Step {
        Step::new(name, What::Cargo(owned(arguments)))
    }

    /// The suite's program, built if need be.
    pub(super) fn suite(name: &str, arguments: &[&str]) -> Step {
        Step::new(name, What::Suite(owned(arguments)))
    }

    /// Another command of this program.
    pub(super) fn own(name: &str, arguments: &[&str]) -> Step {
        Step::new(name, What::Own(owned(arguments)))
    }

    /// A step that cannot be done here.
    pub(super) fn absent(name: &str, why: &str) -> Step {
        Step::new(name, What::Absent(why.to_owned()))
    }

    fn new(name: &str, what: What) -> Step {
        let name = name.to_owned();
        Step { name, what }
    }

    /// What is run, as one would type it.
    pub(super) fn shown(&self) -> String {
        match &self.what {
            What::Cargo(arguments) => format!("cargo {}", arguments.join(" ")),
            What::Suite(arguments) => format!("qga-conformance {}", arguments.join(" ")),
            What::Own(arguments) => format!("cargo ci {}", arguments.join(" ")),
            What::Absent(why) => why.clone(),
        }
    }

    /// Runs it; its output goes where this program's goes.
    pub(super) fn run(&self, programs: &Path) -> Result<()> {
        match &self.what {
            What::Cargo(arguments) => run(&cargo(), arguments),
            What::Suite(arguments) => run(&suite()?, arguments),
            What::Own(arguments) => run(&programs.join("ci"), arguments),
            What::Absent(why) if real::is_required() => bail!("{why}, and {} is set", real::REQUIRED),
            What::Absent(_) => Ok(()),
        }
    }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|it| (*it).to_owned()).collect()
}

fn run(program: &Path, arguments: &[String]) -> Result<()> {
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
        assert!(run("true".as_ref(), &[]).is_ok());
        assert_eq!(
            run("false".as_ref(), &[]).unwrap_err().to_string(),
            "ended with exit status: 1"
        );
        assert!(
            run("/no/such/program".as_ref(), &[])
                .unwrap_err()
                .to_string()
                .starts_with("cannot start")
        );
    }

    #[test]
    fn a_step_is_shown_as_one_would_type_it() {
        assert_eq!(Step::own("recordings", &["replay"]).shown(), "cargo ci replay");
        assert_eq!(Step::suite("suite", &["run"]).shown(), "qga-conformance run");
    }
}
