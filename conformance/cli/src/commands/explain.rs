//! `explain`: a claim, why it is made, and how the simulated agent meets it.

mod exchange;
mod show;

use crate::args::ExplainArgs;
use crate::catalogue::Catalogue;
use crate::output;
use crate::status::{HOLDS, Problem, Status};
use crate::{derived, releases};
use exchange::Shown;
use qga_engine::Script;
use qga_engine::derive::{Derivation, command_of};
use qga_engine::script::{Claim, ClaimId};
use qga_fixtures::schema::{RELEASES, System};
use std::collections::BTreeSet;
use tokio::runtime::Runtime;

/// A claim with all that is known of it.
struct Explained {
    claim: Claim,
    /// What it rests on: each of its scripts may say something else.
    sources: BTreeSet<String>,
    /// The scripts that show it, with the number of the claim in each.
    scripts: Vec<(Script, usize)>,
    is_derived: bool,
    /// The releases it is put to, by their place.
    releases: BTreeSet<usize>,
    /// How the simulated agent meets it; a sentence if it does not.
    shown: Result<Shown, String>,
}

/// Explains claims.
///
/// # Errors
/// No claim has the id.
pub fn explain(args: &ExplainArgs) -> Result<Status, Problem> {
    let runtime = Runtime::new().map_err(|error| Problem::usage(format!("cannot start: {error}"), ""))?;
    let catalogue = Catalogue::new()?;
    let explained = args.ids.iter().map(|id| runtime.block_on(one(args, &catalogue, id)));
    let explained = explained.collect::<Result<Vec<_>, Problem>>()?;
    output::print(&match args.json {
        true => show::json(&explained)?,
        false => show::text(&explained),
    })?;
    Ok(HOLDS)
}

async fn one(args: &ExplainArgs, catalogue: &Catalogue, word: &str) -> Result<Explained, Problem> {
    let id = ClaimId::new(&word.to_uppercase()).ok_or_else(|| unknown(word, catalogue))?;
    let written: Vec<_> = catalogue.suite.iter().filter_map(|it| showing(it, &id)).collect();
    let is_derived = written.is_empty();
    let scripts = if is_derived { derive(args, &id) } else { written };
    let Some((script, at)) = scripts.first() else {
        return Err(unknown(word, catalogue));
    };
    let (_, claim) = script.claims().nth(*at).expect("the script shows the claim");
    let sources = scripts.iter().flat_map(|(script, at)| script.claims().nth(*at));
    Ok(Explained {
        claim: claim.clone(),
        sources: sources.filter_map(|(_, it)| it.source.clone()).collect(),
        releases: match is_derived {
            true => releases::of_derived(&id),
            false => releases::of_written(&scripts),
        },
        shown: exchange::show(args, &scripts).await?,
        scripts,
        is_derived,
    })
}

/// A script that shows the claim, and the claim's number in it.
fn showing(script: &Script, id: &ClaimId) -> Option<(Script, usize)> {
    let at = script.claims().position(|(_, claim)| claim.id == *id)?;
    Some((script.clone(), at))
}

/// The derived script that shows the claim: of the release that was asked for, else of
/// the usual one, else of the newest that has it.
fn derive(args: &ExplainArgs, id: &ClaimId) -> Vec<(Script, usize)> {
    let Some(command) = command_of(id) else {
        return Vec::new();
    };
    let usual = derived::for_default().ok().map(|it| it.release);
    let releases = args.as_release.or(usual).into_iter().chain(RELEASES.iter().rev());
    let found = releases.flat_map(|release| {
        System::ALL.into_iter().flat_map(move |system| {
            let derivation = Derivation {
                release,
                system,
                offered: None,
            };
            derivation.of(command)
        })
    });
    found.filter_map(|it| showing(&it, id)).take(1).collect()
}

fn unknown(word: &str, catalogue: &Catalogue) -> Problem {
    let like = catalogue
        .nearest(word)
        .map_or(String::new(), |it| format!("did you mean {it}? "));
    Problem::usage(
        format!("no claim is called `{word}`"),
        format!("{like}qga-conformance list shows them all"),
    )
}
