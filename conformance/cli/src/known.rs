//! The list of failures that are known: a file, so that an agent that is not done yet
//! can be held to what it does already.
//!
//! ```toml
//! [[known]]
//! claim  = "FRAME-003"
//! reason = "the reader waits for a line end"
//! link   = "https://example.org/my-agent/issues/7"
//! until  = "2027-03-31"
//! ```

mod day;
mod read;
mod update;

pub use day::Day;
pub use read::read;
pub use update::{Updated, update};

use qga_engine::Script;
use qga_engine::report::{KnownFailure, Report, is_name_of};
use qga_engine::script::ClaimId;
use std::collections::BTreeSet;

/// What is to be done if the file is no text.
pub const UTF8: &str = "a list of known failures is TOML, and TOML is UTF-8";

/// What the file holds.
#[derive(Debug, Default)]
pub struct Known {
    /// Its entries, in order.
    pub entries: Vec<Entry>,
}

/// An entry and where it stands.
#[derive(Debug)]
pub struct Entry {
    /// What it says.
    pub known: KnownFailure,
    /// `FILE:LINE`.
    pub place: String,
    /// Whether its last day is over: it counts as not listed then.
    pub is_over: bool,
}

impl Known {
    /// The entries that count, as the engine has them.
    pub fn in_force(&self) -> Vec<KnownFailure> {
        let entries = self.entries.iter().filter(|it| !it.is_over);
        entries.map(|it| it.known.clone()).collect()
    }

    /// A sentence for each entry that is over and whose claim fails.
    pub fn warnings(&self, report: &Report) -> Vec<String> {
        let over = self.entries.iter().filter(|it| it.is_over);
        let fails = |entry: &&Entry| {
            let claims = report
                .scripts
                .iter()
                .flat_map(|it| it.claims.iter().map(move |claim| (it, claim)));
            let mut about = claims.filter(|(script, claim)| entry.known.is_about(script, claim));
            about.any(|(_, claim)| claim.outcome.failure().is_some())
        };
        over.filter(fails)
            .map(|it| {
                let until = it.known.excuse.until.as_deref().unwrap_or_default();
                format!(
                    "{}: excused until {until}, which is over: it counts as not listed",
                    it.place
                )
            })
            .collect()
    }

    /// Takes claims for stale that hold though they are listed: where every script that
    /// shows the claim is in the report, for another one may fail.
    pub fn find_stale(&self, report: &mut Report, suite: &[Script]) {
        let list = self.in_force();
        let ran: BTreeSet<String> = report.scripts.iter().map(|it| it.file.clone()).collect();
        let whole: Vec<&KnownFailure> = list.iter().filter(|it| is_whole(it, suite, &ran)).collect();
        report.find_stale(&whole);
    }
}

/// Whether all that an entry is about was run.
fn is_whole(known: &KnownFailure, suite: &[Script], ran: &BTreeSet<String>) -> bool {
    let about = suite.iter().filter(|script| {
        let is_named = known.script.as_ref().is_none_or(|it| is_name_of(it, &script.file));
        let shows = |id: &ClaimId| script.claims().any(|(_, claim)| claim.id == *id);
        is_named && known.claim.as_ref().is_none_or(shows)
    });
    about.into_iter().all(|it| ran.contains(&it.file))
}
