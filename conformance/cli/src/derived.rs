//! Which of the cases that are derived from the schema are meant. They are derived
//! when the agent is known: its release, its system, and what it offers.

use crate::likeness;
use crate::selection::{self, Chosen};
use crate::status::Problem;
use crate::target::{DEFAULT_RELEASE, find_release};
use qga_engine::derive::{Derivation, PREFIX, command_of};
use qga_engine::script::ClaimId;
use qga_engine::suite::Suite;
use qga_fixtures::schema::{COMMANDS, Command, System};

/// Derived cases that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// All there are.
    All,
    /// Those that these words name.
    These(Vec<String>),
}

impl Wish {
    /// The cases for an agent.
    ///
    /// # Errors
    /// A word names nothing that is derived for this agent.
    pub fn fulfil(self, derivation: &Derivation) -> Result<Vec<Chosen>, Problem> {
        let words = match self {
            Wish::All => return Ok(derivation.scripts().into_iter().map(Chosen::whole).collect()),
            Wish::These(words) => words,
        };
        let mut chosen = selection::EachOnce::default();
        for word in words {
            let suite = Suite {
                scripts: scripts(derivation, &word),
            };
            let found = match word == PREFIX {
                true => suite.scripts.into_iter().map(Chosen::whole).collect(),
                false => selection::name(&suite, &word).map_err(|_| nothing(&word, derivation))?,
            };
            found.into_iter().for_each(|it| chosen.add(it));
        }
        Ok(chosen.scripts)
    }
}

/// The cases of the command that the word names, or of all.
fn scripts(derivation: &Derivation, word: &str) -> Vec<qga_engine::Script> {
    match command(word) {
        Some(command) => derivation.of(command),
        None => derivation.scripts(),
    }
}

fn nothing(word: &str, derivation: &Derivation) -> Problem {
    let Derivation { release, system, .. } = derivation;
    let what = format!(
        "nothing called {word} is derived for release {release} on {}",
        system.name()
    );
    Problem::usage(what, "qga-conformance derive --as RELEASE prints what there is")
}

/// Whether a word means derived cases.
///
/// # Errors
/// It begins like one that does, and names no command.
pub fn is_meant(word: &str) -> Result<bool, Problem> {
    let Some(rest) = word.strip_prefix(PREFIX) else {
        return Ok(command(word).is_some());
    };
    match rest.is_empty() || command(word).is_some() {
        true => Ok(true),
        false => Err(unknown(rest)),
    }
}

/// The command of a word such as `derived:guest-ping/id` or `DPING-700`.
fn command(word: &str) -> Option<&'static Command> {
    match word.strip_prefix(PREFIX) {
        Some(rest) => Command::find(rest.split('/').next().unwrap_or(rest)),
        None => command_of(&ClaimId::new(word)?),
    }
}

/// The complaint about a command that no release has.
pub fn unknown(name: &str) -> Problem {
    let like = likeness::nearest(name, COMMANDS.iter().map(|it| it.name));
    let cure = like.map_or(String::new(), |it| format!("did you mean {it}?"));
    Problem::usage(format!("no release has a command {name}"), cure)
}

/// What is derived where no agent is named: for the release of the agent inside.
///
/// # Errors
/// That release is not there.
pub fn for_default() -> Result<Derivation, Problem> {
    Ok(Derivation {
        release: find_release(DEFAULT_RELEASE).map_err(|it| Problem::usage(it, ""))?,
        system: System::Linux,
        offered: None,
    })
}
