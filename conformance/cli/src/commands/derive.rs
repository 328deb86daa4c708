//! `derive`: the cases of the schema, printed or kept.

use crate::args::DeriveArgs;
use crate::derived;
use crate::output;
use crate::selection::ENDING;
use crate::status::{HOLDS, Problem, Status};
use qga_engine::Script;
use qga_engine::derive::{Derivation, PREFIX};
use qga_fixtures::schema::Command;
use std::fs;
use std::path::Path;

/// Prints the derived cases of commands, or writes them to a folder.
///
/// # Errors
/// No release has the command, or a file cannot be written.
pub fn derive(args: &DeriveArgs) -> Result<Status, Problem> {
    let derivation = Derivation {
        release: args.as_release,
        system: args.os,
        offered: None,
    };
    let scripts = scripts(&derivation, &args.commands)?;
    match &args.out {
        Some(folder) => keep(folder, &scripts)?,
        None => output::print(&printed(&scripts))?,
    }
    Ok(HOLDS)
}

fn scripts(derivation: &Derivation, names: &[String]) -> Result<Vec<Script>, Problem> {
    if names.is_empty() {
        return Ok(derivation.scripts());
    }
    let mut scripts = Vec::new();
    for name in names {
        let command = Command::find(name).ok_or_else(|| derived::unknown(name))?;
        scripts.extend(derivation.of(command));
    }
    Ok(scripts)
}

/// One after the other, each under its name.
fn printed(scripts: &[Script]) -> String {
    let texts = scripts
        .iter()
        .map(|it| format!("# {}\n{}", it.file, qga_engine::print(it)));
    texts.collect::<Vec<_>>().join("\n")
}

fn keep(folder: &Path, scripts: &[Script]) -> Result<(), Problem> {
    for script in scripts {
        let name = script.file.strip_prefix(PREFIX).unwrap_or(&script.file);
        let path = folder.join(name).with_extension(ENDING);
        let written = match path.parent() {
            Some(above) => fs::create_dir_all(above).and_then(|()| fs::write(&path, qga_engine::print(script))),
            None => fs::write(&path, qga_engine::print(script)),
        };
        written.map_err(|error| Problem::usage(format!("cannot write {}: {error}", path.display()), ""))?;
    }
    eprintln!("wrote {} scripts to {}", scripts.len(), folder.display());
    Ok(())
}
