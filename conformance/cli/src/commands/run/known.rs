//! The list of known failures of a run.

use crate::catalogue::Catalogue;
use crate::known::{self, Day, Known, read};
use crate::selection::{self, Chosen};
use crate::status::Problem;
use qga_engine::report::Report;
use std::path::Path;

/// The list, and what it needs to be held against a report.
pub(in crate::commands) struct Expected {
    known: Known,
    catalogue: Catalogue,
}

impl Expected {
    /// Reads the list; it is empty if none is named.
    ///
    /// # Errors
    /// It cannot be read, or something in it is wrong.
    pub(super) fn read(path: Option<&Path>, chosen: &[Chosen]) -> Result<Expected, Problem> {
        let catalogue = Catalogue::new()?;
        let more = chosen.iter().filter(|it| it.is_from_disk).map(|it| it.script.clone());
        let known = match path {
            Some(path) => {
                let text = selection::text_of(path, known::UTF8)?;
                let more: Vec<_> = more.collect();
                read(&path.display().to_string(), &text, &catalogue, &more, Day::today())?
            }
            None => Known::default(),
        };
        Ok(Expected { known, catalogue })
    }

    /// Takes failures that are listed for known.
    pub(super) fn excuse(&self, report: &mut Report) {
        report.excuse(&self.known.in_force());
    }

    /// Takes claims that hold though they are listed for stale, and says which entries
    /// are over.
    pub(super) fn conclude(&self, report: &mut Report) {
        self.known.find_stale(report, &self.catalogue.suite);
        for warning in self.known.warnings(report) {
            eprintln!("warning: {warning}");
        }
    }
}
