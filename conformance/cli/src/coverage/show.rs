//! The coverage in words, and as JSON.

use super::row::rows;
use super::{Coverage, Row};
use qga_engine::script::ClaimId;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Claims that are named in a line; of more the number is told.
const CLAIMS_MAX: usize = 6;

/// How a row stands.
enum Standing<'c> {
    /// These claims cover it.
    Covered(&'c BTreeSet<ClaimId>),
    /// No client can see it, for this reason.
    OutOfReach(&'static str),
    /// No claim covers it.
    Uncovered,
    /// It is said to be out of reach, and these claims cover it.
    Contradicted(&'c BTreeSet<ClaimId>),
}

fn standings(coverage: &Coverage) -> Vec<(Row, Standing<'_>)> {
    let stand = |(row, why): (Row, Option<&'static str>)| {
        let claims = coverage.get(&row).filter(|it| !it.is_empty());
        let standing = match (claims, why) {
            (Some(claims), None) => Standing::Covered(claims),
            (Some(claims), Some(_)) => Standing::Contradicted(claims),
            (None, Some(why)) => Standing::OutOfReach(why),
            (None, None) => Standing::Uncovered,
        };
        (row, standing)
    };
    rows().into_iter().map(stand).collect()
}

/// Each row with the claims that cover it, a line each, and at the end how many have
/// none; and whether each has one.
pub fn text(coverage: &Coverage) -> (String, bool) {
    let standings = standings(coverage);
    let (mut out, mut kind) = (String::new(), "");
    for (row, standing) in &standings {
        if kind != row.kind() {
            let blank = if kind.is_empty() { "" } else { "\n" };
            kind = row.kind();
            let _ = writeln!(out, "{blank}{kind}");
        }
        let since = row.since().map_or(String::new(), |it| format!(" since {it}"));
        let _ = writeln!(out, "  {:<44} {}", row.name() + &since, words(standing));
    }
    let count = |wanted: fn(&Standing<'_>) -> bool| standings.iter().filter(|(_, it)| wanted(it)).count();
    let covered = count(|it| matches!(it, Standing::Covered(_)));
    let out_of_reach = count(|it| matches!(it, Standing::OutOfReach(_)));
    let wrong = standings.len() - covered - out_of_reach;
    let _ = writeln!(
        out,
        "\n{} rows: {covered} covered, {out_of_reach} out of a client's reach, {} without a claim",
        standings.len(),
        if wrong == 0 {
            "none".to_owned()
        } else {
            wrong.to_string()
        }
    );
    (out, wrong == 0)
}

fn words(standing: &Standing<'_>) -> String {
    match standing {
        Standing::Covered(claims) => named(claims),
        Standing::OutOfReach(why) => format!("out of reach: {why}"),
        Standing::Uncovered => "WITHOUT A CLAIM".to_owned(),
        Standing::Contradicted(claims) => format!("SAID TO BE OUT OF REACH, covered by {}", named(claims)),
    }
}

fn named(claims: &BTreeSet<ClaimId>) -> String {
    let first: Vec<&str> = claims.iter().take(CLAIMS_MAX).map(ClaimId::as_str).collect();
    let more = claims.len().saturating_sub(CLAIMS_MAX);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    first.join(" ") + &more
}

/// An array with an object for each row; and whether each row has a claim.
pub fn json(coverage: &Coverage) -> (Value, bool) {
    let standings = standings(coverage);
    let is_whole = standings
        .iter()
        .all(|(_, it)| matches!(it, Standing::Covered(_) | Standing::OutOfReach(_)));
    let rows = standings.iter().map(|(row, standing)| {
        let mut object = json!({"kind": row.kind(), "row": row.name()});
        if let Some(since) = row.since() {
            object["since"] = since.into();
        }
        object["claims"] = match standing {
            Standing::Covered(claims) | Standing::Contradicted(claims) => claims.iter().map(ClaimId::as_str).collect(),
            Standing::OutOfReach(_) | Standing::Uncovered => json!([]),
        };
        if let Standing::OutOfReach(why) = standing {
            object["out-of-reach"] = (*why).into();
        }
        object
    });
    (rows.collect(), is_whole)
}
