//! `fmt`: scripts in canonical form.

use crate::args::FmtArgs;
use crate::selection;
use crate::status::{FAILS, HOLDS, Problem, Status};
use std::fs;
use std::path::{Path, PathBuf};

/// Writes scripts in canonical form, or says which are not.
///
/// # Errors
/// A script cannot be read, does not parse or cannot be written. All that parse
/// are formatted all the same.
pub fn fmt(args: &FmtArgs) -> Result<Status, Problem> {
    let mut changed = Vec::new();
    let mut problems = Vec::new();
    for path in selection::files(&args.paths)? {
        match fmt_file(&path, args.check) {
            Ok(true) => changed.push(path),
            Ok(false) => {}
            Err(problem) => problems.push(problem.what),
        }
    }
    tell(&changed, args.check);
    match problems.is_empty() {
        false => Err(Problem::usage(problems.join("\n"), "")),
        true if args.check && !changed.is_empty() => Ok(FAILS),
        true => Ok(HOLDS),
    }
}

/// Whether the file was, or with `check` would be, changed.
fn fmt_file(path: &Path, check: bool) -> Result<bool, Problem> {
    let text = selection::text(path)?;
    let script = qga_engine::parse(&path.display().to_string(), &text);
    let script = script.map_err(|error| Problem::usage(error.to_string(), ""))?;
    let canonical = qga_engine::print(&script);
    if canonical == text {
        return Ok(false);
    }
    if !check {
        fs::write(path, canonical)
            .map_err(|error| Problem::usage(format!("cannot write {}: {error}", path.display()), ""))?;
    }
    Ok(true)
}

fn tell(changed: &[PathBuf], check: bool) {
    for path in changed {
        match check {
            true => eprintln!("not in canonical form: {}", path.display()),
            false => eprintln!("formatted {}", path.display()),
        }
    }
}
