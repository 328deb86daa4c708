//! Whether the agent is what its consumers need: what each lacks.

use super::{Report, Weight};
use crate::script::ClaimId;
use serde::{Deserialize, Serialize};

/// How many claims are named where a person reads of them.
const CLAIMS_MAX: usize = 8;

/// What a consumer needs of the agent: noted when the run was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Needs {
    /// The consumer, by the name of its profile.
    pub profile: String,
    /// Commands that it needs and the agent does not offer.
    pub lacks: Vec<Lacking>,
    /// Commands that it would use and does without.
    pub without: Vec<Lacking>,
    /// The claims that it relies on.
    pub claims: Vec<ClaimId>,
}

/// A command that is not offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lacking {
    /// The command.
    pub command: String,
    /// Whether the agent knows it and has it disabled, or has not got it.
    pub disabled: bool,
    /// What the consumer sends it for.
    pub r#for: String,
}

/// A consumer and how it fares with the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Consumer<'r> {
    /// The name of its profile.
    pub profile: &'r str,
    /// How it fares.
    pub standing: Standing,
    /// Commands that it needs and the agent does not offer.
    pub lacks: &'r [Lacking],
    /// Commands that it would use and does without.
    pub without: &'r [Lacking],
    /// Claims that it relies on and that do not hold.
    pub fails: Vec<&'r ClaimId>,
    /// How many claims that it relies on were not put to the test.
    pub not_tested: usize,
}

/// How a consumer fares with an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Every command is there, and every claim was tested and holds.
    Satisfied,
    /// Nothing is known to be lacking, but not everything was tested.
    NotFullyTested,
    /// A command is not there, or a claim fails.
    Lacking,
}

impl Report {
    /// How each consumer fares whose needs were noted.
    pub fn consumers(&self) -> Vec<Consumer<'_>> {
        let weights = self.weights();
        let weight = |id: &&ClaimId| weights.get(*id).copied();
        let fares = self.needs.iter().map(|needs| {
            let Needs { lacks, claims, .. } = needs;
            let not_tested = claims.iter().filter(|id| is_untested(weight(id))).count();
            let fails: Vec<&ClaimId> = claims.iter().filter(|id| fails(weight(id))).collect();
            let is_lacking = !fails.is_empty() || !lacks.is_empty();
            Consumer {
                profile: &needs.profile,
                standing: match (is_lacking, not_tested) {
                    (true, _) => Standing::Lacking,
                    (false, 0) => Standing::Satisfied,
                    (false, _) => Standing::NotFullyTested,
                },
                lacks: &needs.lacks,
                without: &needs.without,
                fails,
                not_tested,
            }
        });
        fares.collect()
    }
}

fn fails(weight: Option<Weight>) -> bool {
    match weight {
        Some(Weight::Fails | Weight::Unstable | Weight::Known | Weight::NotReached) => true,
        Some(Weight::Holds | Weight::Stale | Weight::ForOthers | Weight::NotTestable | Weight::AboveLevel) | None => {
            false
        }
    }
}

/// A claim for another release or system need not be tested.
fn is_untested(weight: Option<Weight>) -> bool {
    matches!(weight, None | Some(Weight::NotTestable | Weight::AboveLevel))
}

impl Consumer<'_> {
    /// How it fares, in words.
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        let alike = |one: &Lacking, other: &Lacking| (one.disabled, &one.r#for) == (other.disabled, &other.r#for);
        parts.extend(self.lacks.chunk_by(alike).map(lacks));
        let more = self.fails.len().saturating_sub(CLAIMS_MAX);
        let fails = self.fails.iter().take(CLAIMS_MAX);
        parts.extend(fails.map(|id| format!("{id} does not hold")));
        if more > 0 {
            parts.push(format!("{more} more claims do not hold"));
        }
        if self.not_tested > 0 {
            parts.push(format!(
                "{} not tested",
                super::summary::counted(self.not_tested, "claim")
            ));
        }
        if !self.without.is_empty() {
            let names: Vec<&str> = self.without.iter().map(|it| it.command.as_str()).collect();
            parts.push(format!("does without {}", names.join(", ")));
        }
        let head = match self.standing {
            Standing::Satisfied => "satisfied",
            Standing::NotFullyTested => "not fully tested",
            Standing::Lacking => "lacking",
        };
        match parts.is_empty() {
            true => head.to_owned(),
            false => format!("{head}: {}", parts.join("; ")),
        }
    }
}

/// Commands that are lacking in one way and for one purpose.
fn lacks(alike: &[Lacking]) -> String {
    let names: Vec<&str> = alike.iter().map(|it| it.command.as_str()).collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    let how = if alike[0].disabled { "disabled" } else { "missing" };
    format!("{} {are} {how} ({})", names.join(", "), alike[0].r#for)
}
