//! The replies of an agent, kept while its scripts run.

use qga_engine::responses::{Redactor, Responses, responses};
use qga_engine::{Run, Script};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Keeps what an agent answers, redacted.
#[derive(Debug)]
pub struct Review {
    redactor: Redactor,
    kept: Mutex<BTreeMap<String, Responses>>,
}

impl Review {
    /// One that has kept nothing yet.
    pub fn new(redactor: Redactor) -> Review {
        Review {
            redactor,
            kept: Mutex::new(BTreeMap::new()),
        }
    }

    /// Keeps what was answered in a run; of several runs of a script the last one counts.
    pub fn keep(&self, script: &Script, run: &Run<'_>, variables: &BTreeMap<String, String>) {
        let Some(transcript) = run.transcript() else { return };
        let outcomes = run.result().outcomes;
        let responses = responses(script, transcript, &outcomes, &self.redactor, variables);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(script.file.clone(), responses);
    }

    /// What was kept, by the scripts' files.
    pub fn take(&self) -> Vec<Responses> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *kept).into_values().collect()
    }
}
