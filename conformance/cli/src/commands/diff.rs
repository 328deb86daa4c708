//! `diff`: where two agents differ.

use crate::args::{DiffArgs, HowArgs};
use crate::commands::run::{Order, block_on, conduct};
use crate::output;
use crate::paint;
use crate::redactions;
use crate::review::Review;
use crate::selection::{self, Selection};
use crate::status::{FAILS, HOLDS, Problem, Status, UNREACHABLE};
use crate::target::Named;
use qga_engine::report::Report;
use qga_engine::responses::{Comparison, Redactor, Responses, Side, compare};
use std::sync::Arc;

/// Runs the scripts on two agents and shows where their replies differ.
///
/// # Errors
/// A word names nothing, a rule is wrong, a target cannot be reached.
pub fn diff(args: &DiffArgs) -> Result<Status, Problem> {
    let redactor = redactions::redactor(&args.redact)?;
    let selection = selection::choose(&args.what)?;
    let sides = block_on(async {
        let left = side(&args.left, &args.how, selection.clone(), redactor.clone()).await?;
        match left.status {
            Some(_) => Ok((left, None)),
            None => Ok((left, Some(side(&args.right, &args.how, selection, redactor).await?))),
        }
    })?;
    let (left, Some(right)) = sides else {
        return Ok(sides.0.status.unwrap_or(UNREACHABLE));
    };
    if let Some(status) = right.status {
        return Ok(status);
    }
    let comparison = compare(left.parts(), right.parts());
    show(&comparison, args.json)?;
    Ok(status(&comparison, &[&left.report, &right.report]))
}

/// What an agent answered.
struct Answered {
    report: Report,
    responses: Vec<Responses>,
    /// How the program ends if it was told to end early.
    status: Option<Status>,
}

impl Answered {
    fn parts(&self) -> (Side, &[Responses]) {
        let side = Side {
            agent: self.report.agent.clone(),
            target: self.report.target.clone(),
        };
        (side, &self.responses)
    }
}

async fn side(named: &Named, how: &HowArgs, selection: Selection, redactor: Redactor) -> Result<Answered, Problem> {
    let review = Arc::new(Review::new(redactor));
    let (report, status) = conduct(Order {
        named,
        how,
        name: None,
        selection,
        shard: None,
        review: Some(Arc::clone(&review)),
        list: None,
    })
    .await?;
    let responses = review.take();
    Ok(Answered {
        report,
        responses,
        status,
    })
}

fn show(comparison: &Comparison, json: bool) -> Result<(), Problem> {
    if json {
        let text = serde_json::to_string_pretty(comparison);
        let text = text.map_err(|error| Problem::usage(format!("cannot write the comparison: {error}"), ""))?;
        return output::print(&(text + "\n"));
    }
    output::print(&paint::changes_if_wanted(&comparison.text()))
}

/// Where nothing differs but some script could not be run, nothing is known of the whole.
fn status(comparison: &Comparison, reports: &[&Report]) -> Status {
    match comparison.differences.is_empty() {
        false => FAILS,
        true if reports.iter().any(|it| it.summary().troubles > 0) => UNREACHABLE,
        true => HOLDS,
    }
}
