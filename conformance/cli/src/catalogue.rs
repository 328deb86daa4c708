//! Every claim there is: those of the suite inside this program, and those that are
//! derived from the schema.

use crate::status::Problem;
use crate::{derived, likeness, releases, selection};
use qga_engine::Script;
use qga_engine::script::ClaimId;
use std::collections::BTreeSet;

/// Every claim there is.
#[derive(Debug)]
pub struct Catalogue {
    /// The scripts that were written.
    pub suite: Vec<Script>,
}

impl Catalogue {
    /// The catalogue of this program.
    ///
    /// # Errors
    /// The suite does not parse.
    pub fn new() -> Result<Catalogue, Problem> {
        let chosen = selection::choose(&[])?.chosen;
        let suite = chosen.into_iter().map(|it| it.script).collect();
        Ok(Catalogue { suite })
    }

    /// Whether a claim has the id, in whatever release.
    pub fn knows(&self, id: &ClaimId) -> bool {
        self.showing(id).next().is_some() || !releases::of_derived(id).is_empty()
    }

    /// The scripts of the suite that show a claim.
    pub fn showing<'c>(&'c self, id: &'c ClaimId) -> impl Iterator<Item = &'c Script> {
        let shows = |it: &&Script| it.claims().any(|(_, claim)| claim.id == *id);
        self.suite.iter().filter(shows)
    }

    /// The id of a claim that is most like a word.
    pub fn nearest(&self, word: &str) -> Option<String> {
        let derived = derived::for_default().map(|it| it.scripts()).unwrap_or_default();
        let claims = self.suite.iter().chain(&derived).flat_map(Script::claims);
        let ids: BTreeSet<&str> = claims.map(|(_, claim)| claim.id.as_str()).collect();
        likeness::nearest(word, ids).map(str::to_owned)
    }
}
