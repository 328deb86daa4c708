//! From what went to and fro to requests and replies.

use super::Redactor;
use super::show::line as line_of;
use crate::frame::reply;
use crate::pattern::{Pattern, Test};
use crate::run::{Fit, Kept, Line, Transcript, Turn};
use crate::script::{RecordKind, SCRATCH, Script, print_bytes, print_record};
use crate::verdict::Outcome;
use regex_lite::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::LazyLock;

/// The commands that a piece of a request names.
static EXECUTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["']execute["']\s*:\s*["']([A-Za-z0-9_-]+)["']"#).ok());

/// What an agent answered to a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses {
    /// The script's file.
    pub file: String,
    /// Its name in words.
    pub session: String,
    /// Requests and replies, in order.
    pub said: Vec<Said>,
    /// Turns that were too many to be kept.
    pub lost: usize,
    /// The replies that may not be recorded.
    pub refused: Vec<Refused>,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// What the script sent or did, as it stands there.
    Request(String),
    /// What the agent answered.
    Reply {
        /// The command that was asked, if the request names one.
        command: Option<String>,
        /// The answer.
        answer: Answer,
    },
}

/// A line of the agent.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A reply, redacted.
    Value {
        /// Whether 0xFF stood before it.
        sentinel: bool,
        /// The object.
        value: Value,
    },
    /// Bytes that are no reply, with escapes.
    Raw(String),
    /// Too many bytes to be kept.
    Digest {
        /// How many.
        length: usize,
        /// Their SHA-256.
        sha256: String,
    },
}

/// An error reply where the script expects none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The line of the script at which it came.
    pub line: u32,
    /// The reply, in one line.
    pub reply: String,
}

/// Requests and replies of a run that kept its replies: redacted, and with those
/// errors named that the script does not expect. One is expected where it met its
/// expectation and the claim over that was not found false.
pub fn responses(
    script: &Script,
    transcript: &Transcript,
    outcomes: &[Outcome],
    redactor: &Redactor,
    variables: &BTreeMap<String, String>,
) -> Responses {
    let mut builder = Builder {
        script,
        redactor,
        scratch: variables.get(SCRATCH).map(String::as_str),
        claims: claims(script),
        outcomes,
        pending: VecDeque::new(),
        command: None,
        answered: false,
        optional: optional_errors(script, transcript, outcomes),
        said: Vec::new(),
        refused: Vec::new(),
    };
    transcript.turns.iter().for_each(|it| builder.turn(it));
    Responses {
        file: script.file.clone(),
        session: script.name().to_owned(),
        said: builder.said,
        lost: transcript.lost,
        refused: builder.refused,
    }
}

struct Builder<'a> {
    script: &'a Script,
    redactor: &'a Redactor,
    scratch: Option<&'a str>,
    /// The claim of each record.
    claims: Vec<Option<usize>>,
    outcomes: &'a [Outcome],
    /// The commands that were asked and not answered yet.
    pending: VecDeque<Option<String>>,
    command: Option<String>,
    answered: bool,
    /// Errors that may come in other words than the script has.
    optional: usize,
    said: Vec<Said>,
    refused: Vec<Refused>,
}

impl Builder<'_> {
    fn turn(&mut self, turn: &Turn) {
        match turn {
            Turn::Record(at) => self.request(*at),
            Turn::Line(line) => self.reply(line),
        }
    }

    /// What is asked after an answer is a new question: what was not answered before
    /// will not be.
    fn request(&mut self, at: usize) {
        if std::mem::take(&mut self.answered) {
            self.pending.clear();
        }
        let kind = &self.script.records[at].kind;
        let text = print_record(kind);
        if !matches!(kind, RecordKind::Reopen) {
            self.pending.extend(commands(&text));
        }
        self.said.push(Said::Request(text));
    }

    fn reply(&mut self, line: &Line) {
        self.answered = true;
        if let Some(command) = self.pending.pop_front() {
            self.command = command;
        }
        let command = self.command.clone();
        let answer = self.answer(line, command.as_deref());
        self.said.push(Said::Reply { command, answer });
    }

    fn answer(&mut self, line: &Line, command: Option<&str>) -> Answer {
        let bytes = match &line.kept {
            Kept::Whole(bytes) => bytes,
            Kept::Digest { length, sha256 } => {
                return Answer::Digest {
                    length: *length,
                    sha256: sha256.clone(),
                };
            }
        };
        let Ok(reply) = reply::read(bytes) else {
            return Answer::Raw(print_bytes(bytes));
        };
        let value = self.redactor.redact(command, self.scratch, &reply.value);
        if reply.value.get("error").is_some() && !self.is_expected(line) {
            self.refused.push(Refused {
                line: self.line_of(line.record),
                reply: line_of(&value),
            });
        }
        Answer::Value {
            sentinel: reply.sentinel,
            value,
        }
    }

    fn is_expected(&mut self, line: &Line) -> bool {
        let outcome = self
            .claims
            .get(line.record)
            .copied()
            .flatten()
            .and_then(|it| self.outcomes.get(it));
        let holds = matches!(outcome, Some(Outcome::Passed | Outcome::Stale(_) | Outcome::NotOwed));
        if line.fit == Fit::Met {
            return holds;
        }
        let excused = line.fit == Fit::Stray && self.optional > 0;
        self.optional -= usize::from(excused);
        excused
    }

    fn line_of(&self, record: usize) -> u32 {
        let records = &self.script.records;
        records.get(record).or(records.last()).map_or(1, |it| it.place.line)
    }
}

/// The commands that a request names, in order; one that nobody knows if it names none.
fn commands(text: &str) -> Vec<Option<String>> {
    let found = EXECUTE.iter().flat_map(|it| it.captures_iter(text));
    let names: Vec<_> = found.map(|it| Some(it[1].to_owned())).collect();
    if names.is_empty() { vec![None] } else { names }
}

/// The claim that each record belongs to.
fn claims(script: &Script) -> Vec<Option<usize>> {
    let mut claim = None;
    let records = script.records.iter().map(|it| {
        if matches!(it.kind, RecordKind::Claim(_)) {
            claim = Some(claim.map_or(0, |it: usize| it + 1));
        }
        claim
    });
    records.collect()
}

/// How many errors were expected under claims that nobody owes here, and were not
/// met: an agent may say the same in words of its own.
fn optional_errors(script: &Script, transcript: &Transcript, outcomes: &[Outcome]) -> usize {
    let met: BTreeSet<usize> = transcript.turns.iter().filter_map(met).collect();
    let claims = claims(script);
    let is_optional = |at: usize| claims[at].is_some_and(|it| outcomes.get(it) == Some(&Outcome::NotOwed));
    let records = script.records.iter().enumerate();
    let unmet = records.filter(|(at, it)| wants_error(&it.kind) && is_optional(*at) && !met.contains(at));
    unmet.count()
}

fn met(turn: &Turn) -> Option<usize> {
    match turn {
        Turn::Line(line) if line.fit == Fit::Met => Some(line.record),
        _ => None,
    }
}

fn wants_error(kind: &RecordKind) -> bool {
    match kind {
        RecordKind::Reply(pattern) | RecordKind::SyncReply(pattern) => names_error(pattern),
        RecordKind::Raw(bytes) => String::from_utf8_lossy(bytes).contains("\"error\""),
        _ => false,
    }
}

fn names_error(pattern: &Pattern) -> bool {
    pattern.tests.iter().any(|test| match test {
        Test::Object { members, .. } => members.iter().any(|it| it.name == "error"),
        _ => false,
    })
}
