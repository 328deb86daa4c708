//! `known`: the list of known failures, brought up to date.

use super::{report, run};
use crate::args::{KnownArgs, KnownCommand, RunArgs, UpdateArgs};
use crate::catalogue::Catalogue;
use crate::known::{self, Day, read, update};
use crate::output;
use crate::selection::{self, Chosen};
use crate::status::{HOLDS, Problem, Status};
use qga_engine::report::Report;
use std::fs;

/// Does what the command line asks with a list.
///
/// # Errors
/// The list or a report cannot be read, or the scripts cannot be run.
pub fn known(args: &KnownArgs) -> Result<Status, Problem> {
    match &args.what {
        KnownCommand::Update(args) => bring_up_to_date(args),
    }
}

fn bring_up_to_date(args: &UpdateArgs) -> Result<Status, Problem> {
    let catalogue = Catalogue::new()?;
    let text = match args.file.exists() {
        true => selection::text_of(&args.file, known::UTF8)?,
        false => String::new(),
    };
    let more: Vec<_> = selection::choose(&args.run.what)?.chosen;
    let more: Vec<_> = more
        .into_iter()
        .filter(|it| it.is_from_disk)
        .map(|it: Chosen| it.script)
        .collect();
    let name = args.file.display().to_string();
    let known = read(&name, &text, &catalogue, &more, Day::today())?;
    let reports = match args.from.is_empty() {
        true => match run_now(&args.run)? {
            (_, Some(interrupted)) => return Ok(interrupted),
            (report, None) => vec![report],
        },
        false => report::read(&args.from)?,
    };
    let updated = update(&text, &known, &reports, &catalogue.suite)?;
    if updated.text != text {
        fs::write(&args.file, &updated.text)
            .map_err(|error| Problem::usage(format!("cannot write {name}: {error}"), ""))?;
    }
    let lines: String = updated.changes.iter().map(|it| format!("{it}\n")).collect();
    output::print(&format!("{lines}{name}: {} changed\n", updated.changes.len()))?;
    Ok(HOLDS)
}

/// The run does not look at a list: what fails is what is asked for.
fn run_now(args: &RunArgs) -> Result<(Report, Option<Status>), Problem> {
    let args = RunArgs {
        known: None,
        ..args.clone()
    };
    run::report(&args)
}
