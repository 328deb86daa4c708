//! `report`: joins JSON reports and writes them in other forms. What stands in them
//! is the engine's.

mod campaigns;

use crate::args::{MergeArgs, ReportArgs, ReportCommand, ReportTo, StatementForm, SummaryArgs};
use crate::commands::run;
use crate::output;
use crate::status::{HOLDS, Problem, Status};
use qga_engine::report::{self, Format, Publisher, Report, Shards, Statement};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The largest report that is read, in bytes.
const REPORT_BYTES_MAX: u64 = 1 << 30;
/// The path that means standard input.
const STDIN: &str = "-";

/// Makes something of JSON reports.
///
/// # Errors
/// A report cannot be read or written, or shards are missing.
pub fn report(args: &ReportArgs) -> Result<Status, Problem> {
    match &args.what {
        ReportCommand::Merge(args) => merge(args),
        ReportCommand::Summary(args) => summary(args),
    }
}

fn merge(args: &MergeArgs) -> Result<Status, Problem> {
    if let Some(campaigns) = campaigns::read(&args.files)? {
        return campaigns::merge(campaigns, args);
    }
    let reports = read(&args.files)?;
    for ReportTo { format, path } in &args.reports {
        output::put(path.as_deref(), &format.write(&reports))?;
    }
    let verdicts: String = reports.iter().map(verdict).collect();
    match args.reports.iter().any(|it| it.path.is_none()) {
        true => eprint!("{verdicts}"),
        false => output::print(&verdicts)?,
    }
    check_shards(&reports)?;
    let statuses = reports.iter().map(run::status).filter(|it| *it != HOLDS);
    let worst = statuses.min_by_key(|it| it.code).unwrap_or(HOLDS);
    Ok(if args.exit_zero { HOLDS } else { worst })
}

fn verdict(report: &Report) -> String {
    format!("{}: {}\n", report.agent, report.line())
}

/// A part that is not there may have failed: whoever asked for the whole must know.
fn check_shards(reports: &[Report]) -> Result<(), Problem> {
    let missing = reports.iter().filter_map(|report| {
        let shards = report.shards.as_ref().filter(|it| !Shards::is_whole(it))?;
        let numbers: Vec<String> = shards.missing().iter().map(ToString::to_string).collect();
        Some(format!("{} of {} of {}", numbers.join(", "), shards.of, report.agent))
    });
    let missing: Vec<String> = missing.collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Problem::usage(
            format!("shards are missing: {}", missing.join("; ")),
            "merge the reports of all shards; those of one agent must have the same --name, target, release and level",
        )),
    }
}

fn summary(args: &SummaryArgs) -> Result<Status, Problem> {
    let publisher = Publisher {
        organization: args.organization.clone(),
        url: args.url.clone(),
        contact: args.contact.clone(),
        date: args.date.clone(),
    };
    let reports = read(&args.files)?;
    let statements: Vec<Statement> = reports.iter().map(|it| Statement::of(it, publisher.clone())).collect();
    let text = match (args.form, &statements[..]) {
        (StatementForm::Json, [statement]) => statement.json(),
        (StatementForm::Json, _) => format!("[\n{}]\n", joined(&statements, ",\n", Statement::json)),
        (StatementForm::Yaml, _) => joined(&statements, "---\n", Statement::yaml),
    };
    output::put(args.output.as_deref(), &text)?;
    Ok(HOLDS)
}

fn joined(statements: &[Statement], between: &str, form: fn(&Statement) -> String) -> String {
    let texts: Vec<String> = statements.iter().map(form).collect();
    texts.join(between)
}

/// Reads reports and joins those that belong together.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<Report>, Problem> {
    let mut reports = Vec::new();
    for file in files {
        let text = text(file)?;
        let read = report::read(&text).map_err(|why| {
            let cure = format!("write it with run --report {}=PATH", Format::Json);
            Problem::usage(format!("cannot use {}: {why}", file.display()), cure)
        })?;
        reports.extend(read);
    }
    Ok(report::merge(reports))
}

fn text(file: &Path) -> Result<String, Problem> {
    let unreadable = |error: io::Error| Problem::usage(format!("cannot read {}: {error}", file.display()), "");
    let source: Box<dyn Read> = if file == Path::new(STDIN) {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(unreadable)?)
    };
    let mut text = String::new();
    source
        .take(REPORT_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > REPORT_BYTES_MAX {
        let what = format!("{} has more than {REPORT_BYTES_MAX} bytes", file.display());
        return Err(Problem::usage(what, "is it a report at all?"));
    }
    Ok(text)
}
