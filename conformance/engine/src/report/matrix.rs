//! Claims by agents: what became of each claim, for every agent of a set of reports.

use super::{ClaimReport, Report, Weight};
use std::collections::BTreeMap;

/// Claims by agents, the claims in the order of their ids.
pub(super) struct Matrix<'r> {
    /// A row for each claim that some report knows.
    pub(super) rows: Vec<Row<'r>>,
}

/// What became of one claim.
pub(super) struct Row<'r> {
    /// The claim, as the first report that knows it has it.
    pub(super) claim: &'r ClaimReport,
    /// What became of it for each report; `None` where the report does not know it.
    pub(super) cells: Vec<Option<Weight>>,
}

impl<'r> Matrix<'r> {
    /// The matrix of reports.
    pub(super) fn of(reports: &'r [Report]) -> Matrix<'r> {
        let mut rows: BTreeMap<&str, Row<'r>> = BTreeMap::new();
        for (column, report) in reports.iter().enumerate() {
            for claim in report.scripts.iter().flat_map(|it| &it.claims) {
                let row = rows.entry(claim.id.as_str()).or_insert_with(|| Row {
                    claim,
                    cells: vec![None; reports.len()],
                });
                row.cells[column] = row.cells[column].max(Some(Weight::of(&claim.outcome)));
            }
        }
        Matrix {
            rows: rows.into_values().collect(),
        }
    }
}

impl Row<'_> {
    /// The part of the id before its number: `SYNC` of `SYNC-004`.
    pub(super) fn family(&self) -> &str {
        let id = self.claim.id.as_str();
        id.rsplit_once('-').map_or(id, |(family, _)| family)
    }
}
