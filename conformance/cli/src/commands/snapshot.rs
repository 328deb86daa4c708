//! `snapshot`: every reply of an agent, kept in the files of insta and held against
//! those that were kept before.

mod file;

use crate::args::SnapshotArgs;
use crate::commands::run::{Order, block_on, conduct};
use crate::output;
use crate::paint;
use crate::redactions;
use crate::review::Review;
use crate::selection;
use crate::status::{FAILS, HOLDS, Problem, Status, UNREACHABLE};
use file::{Change, Snapshot};
use qga_engine::report::Report;
use qga_engine::responses::Responses;
use std::fmt::Write as _;
use std::sync::Arc;

/// How many replies that were refused are shown of a script.
const REFUSED_MAX: usize = 5;

/// Runs the scripts, keeps what is new and shows what changed.
///
/// # Errors
/// A word names nothing, a rule is wrong, the target cannot be reached, a file cannot
/// be read or written.
pub fn snapshot(args: &SnapshotArgs) -> Result<Status, Problem> {
    let review = Arc::new(Review::new(redactions::redactor(&args.redact)?));
    let (report, interrupted) = block_on(conduct(Order {
        named: &args.agent.named(),
        how: &args.how,
        name: args.agent.name.as_deref(),
        selection: selection::choose(&args.what)?,
        shard: None,
        review: Some(Arc::clone(&review)),
        list: None,
    }))?;
    if let Some(status) = interrupted {
        eprintln!("interrupted: no snapshot was written");
        return Ok(status);
    }
    let tally = keep(args, &report, &review.take())?;
    output::print(&paint::changes_if_wanted(&tally.text(args)))?;
    Ok(tally.status())
}

/// What became of the snapshots.
#[derive(Debug, Default)]
struct Tally {
    agent: String,
    new: usize,
    unchanged: usize,
    /// For each snapshot that changed, what changed.
    changed: Vec<String>,
    /// For each script with replies that may not be recorded, which.
    refused: Vec<String>,
    /// Scripts whose claims this agent cannot be put to.
    untested: usize,
    /// Scripts that could not be run, with the reason.
    troubles: Vec<String>,
}

fn keep(args: &SnapshotArgs, report: &Report, responses: &[Responses]) -> Result<Tally, Problem> {
    let mut tally = Tally {
        agent: report.agent.clone(),
        untested: report.scripts.len().saturating_sub(responses.len()),
        ..Tally::default()
    };
    for script in &report.scripts {
        if let Some(trouble) = &script.trouble {
            tally.untested -= 1;
            tally.troubles.push(format!("{}: {trouble}", script.file));
        }
    }
    for responses in responses {
        tally.add(args, responses)?;
    }
    Ok(tally)
}

impl Tally {
    /// An error that nobody expects is no reply to get used to: it is neither kept nor
    /// offered for review.
    fn add(&mut self, args: &SnapshotArgs, responses: &Responses) -> Result<(), Problem> {
        if !responses.refused.is_empty() {
            self.refused.push(refused(responses));
            return Ok(());
        }
        let snapshot = Snapshot::of(responses, &self.agent);
        match snapshot.keep(&args.dir)? {
            Change::New => self.new += 1,
            Change::None => self.unchanged += 1,
            Change::Shown(text) => self.changed.push(text),
        }
        Ok(())
    }

    fn text(&self, args: &SnapshotArgs) -> String {
        let mut text = String::new();
        for change in self.changed.iter().chain(&self.refused) {
            let _ = writeln!(text, "{change}");
        }
        for trouble in &self.troubles {
            let _ = writeln!(text, "not run: {trouble}");
        }
        let Tally { new, unchanged, .. } = self;
        let (changed, refused) = (self.changed.len(), self.refused.len());
        let _ = writeln!(
            text,
            "{}: {new} new, {unchanged} unchanged, {changed} changed, {refused} refused, {} not testable",
            self.agent, self.untested
        );
        if changed > 0 {
            let dir = args.dir.display();
            let _ = writeln!(
                text,
                "review them: cargo insta review, in the Cargo package that {dir} is in"
            );
        }
        text
    }

    fn status(&self) -> Status {
        match self {
            Tally { changed, refused, .. } if !changed.is_empty() || !refused.is_empty() => FAILS,
            Tally { troubles, .. } if !troubles.is_empty() => UNREACHABLE,
            _ => HOLDS,
        }
    }
}

fn refused(responses: &Responses) -> String {
    let mut text = format!(
        "refused: {} gets errors that it does not expect; run it to see why\n",
        responses.file
    );
    for refused in responses.refused.iter().take(REFUSED_MAX) {
        let _ = writeln!(text, "  line {}: {}", refused.line, refused.reply);
    }
    let more = responses.refused.len().saturating_sub(REFUSED_MAX);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more");
    }
    text
}
