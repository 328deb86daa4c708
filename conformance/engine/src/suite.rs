//! Many scripts: what they claim together, and which of them are asked for.

use crate::script::{Claim, ClaimId, Level, Mistake, Script, ScriptError, nearest, parse};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Scripts that belong together, in the order they were given.
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
        let (mut scripts, mut errors) = (Vec::new(), Vec::new());
        for (file, text) in files {
            match parse(file, text) {
                Ok(script) => scripts.push(script),
                Err(error) => errors.push(error),
            }
        }
        match errors.is_empty() {
            true => Suite::new(scripts),
            false => Err(errors),
        }
    }

    /// Joins scripts.
    ///
    /// # Errors
    /// Claims of one id that say different things.
    pub fn new(scripts: Vec<Script>) -> Result<Suite, Vec<ScriptError>> {
        let errors = contradictions(&scripts);
        match errors.is_empty() {
            true => Ok(Suite { scripts }),
            false => Err(errors),
        }
    }

    /// The scripts asked for: by file, with or without its ending, by folder, or by
    /// the id of a claim. All of them if nothing is asked for.
    ///
    /// # Errors
    /// For each word that names nothing, a sentence that says so.
    pub fn select(&self, words: &[String]) -> Result<Vec<&Script>, Vec<String>> {
        let names = |word: &str| self.scripts.iter().any(|it| is_named(it, word));
        let unknown: Vec<String> = words
            .iter()
            .filter(|it| !names(it))
            .map(|it| self.unknown(it))
            .collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let asked = |script: &&Script| words.is_empty() || words.iter().any(|it| is_named(script, it));
        Ok(self.scripts.iter().filter(asked).collect())
    }

    fn unknown(&self, word: &str) -> String {
        let mut known: BTreeSet<&str> = self.scripts.iter().flat_map(names).collect();
        known.extend(
            self.scripts
                .iter()
                .flat_map(|it| it.claims().map(|(_, claim)| claim.id.as_str())),
        );
        match nearest(word, known) {
            Some(meant) => format!("no script, folder or claim is called `{word}`; did you mean `{meant}`?"),
            None => format!("no script, folder or claim is called `{word}`"),
        }
    }

    /// What it holds, for a list.
    pub fn listing(&self) -> Vec<Listed<'_>> {
        self.scripts.iter().map(Listed::of).collect()
    }

    /// Each claim with the scripts that show it, by id.
    pub fn catalogue(&self) -> BTreeMap<&ClaimId, (&Claim, Vec<&Script>)> {
        let mut catalogue = BTreeMap::new();
        for script in &self.scripts {
            for (_, claim) in script.claims() {
                let (_, scripts) = catalogue.entry(&claim.id).or_insert((claim, Vec::new()));
                if !scripts.iter().any(|it: &&Script| it.file == script.file) {
                    scripts.push(script);
                }
            }
        }
        catalogue
    }
}

/// A script in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed<'s> {
    /// Its file.
    pub file: &'s str,
    /// Its name in words.
    pub session: &'s str,
    /// What it may do to the guest.
    pub effects: Vec<&'static str>,
    /// The commands it sends.
    pub commands: Vec<&'static str>,
    /// Its claims.
    pub claims: Vec<ListedClaim<'s>>,
}

/// A claim in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedClaim<'s> {
    /// Its name in the catalogue.
    pub id: &'s ClaimId,
    /// Who owes it.
    pub level: Level,
    /// The statement.
    pub text: &'s str,
    /// What it rests on.
    pub source: Option<&'s str>,
    /// The line where it stands.
    pub line: u32,
}

impl Listed<'_> {
    /// The entry of a script.
    pub fn of(script: &Script) -> Listed<'_> {
        let claims = script.claims().map(|(at, claim)| ListedClaim {
            id: &claim.id,
            level: claim.level,
            text: &claim.text,
            source: claim.source.as_deref(),
            line: script.records[at].place.line,
        });
        Listed {
            file: &script.file,
            session: script.name(),
            effects: script.effects().iter().map(|it| it.name()).collect(),
            commands: script.commands().into_keys().collect(),
            claims: claims.collect(),
        }
    }
}

/// The names a script goes by: its file, with and without its ending, and its folders.
fn names(script: &Script) -> impl Iterator<Item = &str> {
    let file = script.file.as_str();
    let stem = file.strip_suffix(".session").unwrap_or(file);
    let folders = file.match_indices('/').map(|(end, _)| &file[..end]);
    [file, stem].into_iter().chain(folders)
}

fn is_named(script: &Script, word: &str) -> bool {
    let path = word.strip_suffix('/').unwrap_or(word);
    names(script).any(|it| it == path) || script.claims().any(|(_, claim)| claim.id.as_str() == word)
}

/// Claims that share an id with an earlier one and differ from it.
fn contradictions(scripts: &[Script]) -> Vec<ScriptError> {
    let mut first: BTreeMap<&ClaimId, (&Script, &Claim, u32)> = BTreeMap::new();
    let mut errors = Vec::new();
    for script in scripts {
        let mut mistakes = Vec::new();
        for (at, claim) in script.claims() {
            let line = script.records[at].place.line;
            let (known_script, known, known_line) = *first.entry(&claim.id).or_insert((script, claim, line));
            if (known.level, &known.text) != (claim.level, &claim.text) {
                let place = format!("{}:{known_line}", known_script.file);
                mistakes.push(contradiction(claim, known, &place, line));
            }
        }
        if !mistakes.is_empty() {
            let file = script.file.clone();
            errors.push(ScriptError { file, mistakes });
        }
    }
    errors
}

fn contradiction(claim: &Claim, known: &Claim, place: &str, line: u32) -> Mistake {
    let Claim { level, id, text, .. } = known;
    Mistake {
        line: line as usize,
        column: 1,
        width: claim.level.word().len(),
        text: crate::script::print_record(&crate::script::RecordKind::Claim(claim.clone())),
        what: format!("`{id}` says something else at {place}: {level}, {text}"),
        cure: "choose another id, or write the same level and text".to_owned(),
    }
}
