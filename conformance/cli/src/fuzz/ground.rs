//! The agent of a campaign, and what follows from what it is: which cases there may be, and
//! how it is judged.

use super::hunter::{Hunting, Other};
use super::survey::Survey;
use crate::exchange::Resync;
use crate::facts::Facts;
use crate::judge::Judge;
use crate::target::{DEFAULT_IMAGE, Target};
use qga_engine::RunConfig;
use qga_engine::fuzz::{Family, Rules, Scope};
use qga_fixtures::schema::Effect;
use std::collections::BTreeSet;
use tokio::sync::{OnceCell, watch};

/// The agent of a campaign: what it is, how it is judged, and what it is compared with.
#[derive(Debug)]
pub struct Ground {
    /// How it is started or reached.
    pub target: Target,
    /// How it is judged, and what may be done to it.
    pub config: RunConfig,
    /// The guest image of agents that are simulated.
    pub image: String,
    /// What it says of itself.
    pub facts: Facts,
    /// What it cannot do on its machine.
    pub survey: Survey,
    /// What its replies are compared with.
    pub other: Option<Other>,
    /// Only cases with these commands, and what they need; all if empty.
    pub focus: BTreeSet<&'static str>,
    /// Only cases of this family; all if `None`.
    pub family: Option<Family>,
    /// Becomes true when the program is asked to end.
    pub stop: watch::Receiver<bool>,
}

impl Ground {
    /// What cases may do.
    pub fn scope(&self) -> Scope {
        // Programs, and what there is of a machine to change, are those of the usual guest.
        let is_usual = self.image == DEFAULT_IMAGE;
        let mut allowed = self.config.allowed.clone();
        allowed.retain(|it| is_usual || *it != Effect::Exec);
        Scope {
            release: self.config.release,
            system: self.config.system,
            allowed,
            offered: self.facts.offered.clone(),
            focus: self.focus.clone(),
            family: self.family,
            // Files in a folder that only the agent sees could not be taken away again.
            has_scratch: self.target.has_scratch()
                && self.target.remote_scratch().is_none()
                && !self.survey.has_no_files,
            level: self.config.level,
            is_simulated: self.target.has_guest_images() && is_usual,
            starts_anew: self.target.is_fresh(),
            resyncs: self.resync() == Resync::Delimited,
        }
    }

    /// How it is brought in step. One that answers no sync owes the usual one.
    fn resync(&self) -> Resync {
        self.facts.resync.unwrap_or(Resync::Delimited)
    }

    pub(super) fn hunting(self) -> Hunting {
        let RunConfig {
            level, release, system, ..
        } = self.config;
        let (offered, lists) = (self.facts.offered.clone(), self.facts.listed.is_some());
        let rules = Rules::new(level, release, system).with(offered, lists, self.target.is_fresh());
        Hunting {
            rules: rules.unable(&self.survey.refused),
            resync: self.resync(),
            image: self.image,
            other: self.other,
            patience: self.config.timeout,
            right: OnceCell::new(),
            judge: Judge::new(self.target, self.config, self.facts, self.stop),
        }
    }
}
