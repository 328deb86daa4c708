//! What a script says, as a tree.

use crate::pattern::{Pattern, Text};
use qga_fixtures::schema::{Effect, RELEASES, Release, System};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// One script: a session with an agent, and what it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// The name of its file, as errors and reports call it.
    pub file: String,
    /// What stands before the first record.
    pub header: Header,
    /// What is done and expected, in order.
    pub records: Vec<Record>,
    /// Comments after the last record.
    pub after: Vec<Trivia>,
}

/// What is said about the script as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The lines, in canonical order: the session's name first.
    pub fields: Vec<Field>,
}

/// One line of the header.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Comments and blank lines above it.
    pub before: Vec<Trivia>,
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub kind: FieldKind,
}

/// What a line of the header says.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldKind {
    /// `session`: the script's name, in words.
    Session(String),
    /// `about`: prose for the reader, line by line.
    About(Vec<String>),
    /// `since`: the first release it is meant for.
    Since(Version),
    /// `before`: the first release it is no longer meant for.
    Before(Version),
    /// `os`: the only system it is meant for.
    Os(System),
    /// `needs`: a command without which it cannot be run.
    Needs(String),
    /// `lacks`: a command that the agent must not offer, so that its refusal is seen.
    Lacks(String),
    /// `effect`: what it does to the guest.
    Effect(Effect),
    /// `guest`: the guest image it is run on.
    Guest(String),
    /// `timeout`: how long the agent may take for each expectation.
    Timeout(Duration),
}

/// One step of the session, with its guard.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Comments and blank lines above it.
    pub before: Vec<Trivia>,
    /// When it applies; always if `None`.
    pub guard: Option<Guard>,
    /// Where it stands.
    pub place: Place,
    /// What it does or expects.
    pub kind: RecordKind,
}

/// `onlyif`: the next record applies only to some agents.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    /// Where it stands.
    pub place: Place,
    /// To which agents it applies.
    pub condition: Condition,
    /// Comments and blank lines between it and its record.
    pub after: Vec<Trivia>,
}

/// A set of agents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// Those of a release and later.
    Since(Version),
    /// Those before a release.
    Before(Version),
    /// Those on a system.
    Os(System),
}

/// What a record does or expects.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordKind {
    /// What the records up to the next claim show.
    Claim(Claim),
    /// `>`: send this text, then LF.
    Send(Template),
    /// `>raw`: send exactly these bytes.
    SendRaw(Vec<u8>),
    /// `<`: the next reply, no 0xFF before it.
    Reply(Pattern),
    /// `<sync`: the next reply, 0xFF before it.
    SyncReply(Pattern),
    /// `<also`: the reply just taken, once more.
    Also(Pattern),
    /// `<again`: while the next reply is this, the last request is sent once more.
    Again(Pattern),
    /// `<raw`: exactly these bytes.
    Raw(Vec<u8>),
    /// `<none`: nothing comes for so long.
    Silence(Duration),
    /// `<closed`: the agent closes the channel.
    Closed,
    /// `wait`: do nothing for so long.
    Wait(Duration),
    /// `timeout`: from here on the agent may take so long for each expectation.
    Timeout(Duration),
    /// `reopen`: close the channel and open it again.
    Reopen,
}

/// A statement about the agent that the run finds true or false.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Who owes it.
    pub level: Level,
    /// Its name in the catalogue.
    pub id: ClaimId,
    /// The statement: what the agent must do.
    pub text: String,
    /// What the statement rests on.
    pub source: Option<String>,
}

/// Who owes a claim, weakest demand first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every agent: the contract of the published schema.
    #[default]
    Must,
    /// An agent that known clients rely on.
    Should,
    /// A drop-in copy: the very texts and bytes of the claimed release.
    Exact,
}

impl Level {
    /// Every level, weakest demand first.
    pub const ALL: [Level; 3] = [Level::Must, Level::Should, Level::Exact];

    /// The word that scripts and command lines use.
    pub fn word(self) -> &'static str {
        match self {
            Level::Must => "must",
            Level::Should => "should",
            Level::Exact => "exact",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The name of a claim: an uppercase word, a dash and three digits, as `SYNC-004`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimId(String);

impl ClaimId {
    /// The id, if the text has the form of one.
    pub fn new(text: &str) -> Option<ClaimId> {
        let (word, number) = text.rsplit_once('-')?;
        let word_is_good = word.starts_with(|it: char| it.is_ascii_uppercase())
            && word.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit());
        let number_is_good = number.len() == 3 && number.bytes().all(|it| it.is_ascii_digit());
        (word_is_good && number_is_good).then(|| ClaimId(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A release named in a script.
#[derive(Clone, Copy, Debug)]
pub struct Version(&'static Release);

impl Version {
    /// The release of that very name, as `7.2`.
    pub fn new(name: &str) -> Option<Version> {
        RELEASES.iter().find(|it| it.name == name).map(Version)
    }

    /// The release.
    pub fn release(self) -> &'static Release {
        self.0
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.0.since == other.0.since
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

/// Text to send, with holes to fill.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its lines in the script; they are sent as one, with a space between them.
    pub lines: Vec<Vec<TemplatePart>>,
}

/// A piece of a line of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// Sent as it stands.
    Text(String),
    /// The value of a variable: bare as JSON, inside a JSON string as its characters.
    Var(String),
    /// `b64("…")`: a JSON string that holds the text in base64.
    Base64(Text),
}

/// What stands between records and means nothing to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trivia {
    /// One or more blank lines.
    Blank,
    /// A line that starts with `#`, without the `#`.
    Comment(String),
}

/// Where something stands in its file. Two things that differ in their places
/// alone are equal: the place is no part of what a script says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted in characters from 1.
    pub column: u32,
}

impl PartialEq for Place {
    fn eq(&self, _: &Place) -> bool {
        true
    }
}

impl Script {
    /// The session's name, in words.
    pub fn name(&self) -> &str {
        let mut names = self.header.fields.iter().filter_map(|it| match &it.kind {
            FieldKind::Session(name) => Some(name.as_str()),
            _ => None,
        });
        names.next().unwrap_or("")
    }

    /// What its header tells the reader, in one line; empty if nothing.
    pub fn about(&self) -> String {
        let lines = self.header.fields.iter().filter_map(|it| match &it.kind {
            FieldKind::About(lines) => Some(lines.join(" ")),
            _ => None,
        });
        lines.collect::<Vec<_>>().join(" ")
    }

    /// The guest image it is run on, if it names one.
    pub fn guest(&self) -> Option<&str> {
        self.header.fields.iter().find_map(|it| match &it.kind {
            FieldKind::Guest(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// How long its header lets the agent take for each expectation.
    pub fn timeout(&self) -> Option<Duration> {
        self.header.fields.iter().find_map(|it| match it.kind {
            FieldKind::Timeout(duration) => Some(duration),
            _ => None,
        })
    }

    /// Its claims in order, each with the number of its record.
    pub fn claims(&self) -> impl Iterator<Item = (usize, &Claim)> {
        self.records.iter().enumerate().filter_map(|(at, it)| match &it.kind {
            RecordKind::Claim(claim) => Some((at, claim)),
            _ => None,
        })
    }
}

impl Condition {
    /// Whether an agent of that release on that system is meant.
    pub fn holds(self, release: &Release, system: System) -> bool {
        match self {
            Condition::Since(version) => release.is_at_least(version.release().since),
            Condition::Before(version) => !release.is_at_least(version.release().since),
            Condition::Os(os) => os == system,
        }
    }
}

impl RecordKind {
    /// Whether it is an expectation.
    pub fn is_expectation(&self) -> bool {
        match self {
            RecordKind::Reply(_)
            | RecordKind::SyncReply(_)
            | RecordKind::Also(_)
            | RecordKind::Raw(_)
            | RecordKind::Silence(_)
            | RecordKind::Closed => true,
            RecordKind::Claim(_)
            | RecordKind::Send(_)
            | RecordKind::SendRaw(_)
            | RecordKind::Again(_)
            | RecordKind::Wait(_)
            | RecordKind::Timeout(_)
            | RecordKind::Reopen => false,
        }
    }
}
