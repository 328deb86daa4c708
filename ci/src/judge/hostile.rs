//! Hostile agents: what the runner's own test of them says, case by case.

use std::process::Command;

use anyhow::{Context, Result};

use crate::programs::cargo;
use crate::root::root;

/// A hostile agent, and whether the runner survived it.
pub(super) struct Hostile {
    pub(super) name: String,
    pub(super) survived: bool,
}

/// Runs the test and reads how each case went.
pub(super) fn run() -> Result<Vec<Hostile>> {
    let output = Command::new(cargo())
        .args(["test", "--quiet", "-p", "qga-conformance", "--example", "hostile-agent"])
        .args(["--test", "hostile", "--", "--format", "pretty"])
        .current_dir(root())
        .output()
        .context("cannot start cargo")?;
    let found = cases(&String::from_utf8_lossy(&output.stdout));
    if found.is_empty() || (!output.status.success() && found.iter().all(|it| it.survived)) {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        found
            .is_empty()
            .then_some(())
            .context("the test of hostile agents was not run")?;
    }
    Ok(found)
}

/// `test group::case_01_silent ... ok`
fn cases(output: &str) -> Vec<Hostile> {
    let case = |line: &str| {
        let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let name = name.rsplit("::").next().unwrap_or(name);
        let name = name
            .trim_start_matches("case_")
            .trim_start_matches(|it: char| it.is_ascii_digit());
        Some(Hostile {
            name: name.trim_start_matches('_').replace('_', " "),
            survived: outcome.starts_with("ok"),
        })
    };
    output.lines().filter_map(case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_read_by_their_names() {
        let output = "running 2 tests\ntest nonsense::case_01_never_accepts ... ok\ntest a_mute_agent ... FAILED\n\n";
        let found: Vec<_> = cases(output).into_iter().map(|it| (it.name, it.survived)).collect();
        assert_eq!(
            found,
            [("never accepts".to_owned(), true), ("a mute agent".to_owned(), false)]
        );
    }
}
