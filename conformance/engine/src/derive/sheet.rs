//! A derived script while it is written.

use super::calls::{self, Call};
use super::value::{id_member, with_id};
use super::{PREFIX, Subject, family};
use crate::script::{Level, Script, parse, print};
use serde_json::Value;
use std::fmt::Write as _;

/// What a kind of case is called and where its claims are numbered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Its name in file names.
    pub(super) name: &'static str,
    /// The hundreds of its claims' numbers.
    pub(super) hundreds: u16,
}

/// A script that is being written. It is one when it claims something.
#[derive(Debug)]
pub(super) struct Sheet<'d> {
    subject: Subject<'d>,
    kind: Kind,
    text: String,
    claims: usize,
    /// What is done under the first claim, before anything else.
    first: Vec<(&'static str, &'static str)>,
}

impl<'d> Sheet<'d> {
    /// A script of that kind; `session` says what it is about.
    pub(super) fn new(subject: Subject<'d>, kind: Kind, session: &str) -> Sheet<'d> {
        let agent = subject.agent;
        let (release, system) = (agent.release, agent.system.name());
        let mut text = format!(
            "session {session}\nabout   Derived from the schema of release {release} on {system}.\nsince   {release}\n"
        );
        if let Some(next) = agent.next() {
            writeln!(text, "before  {next}").expect("a string takes all");
        }
        writeln!(text, "os      {system}").expect("a string takes all");
        Sheet {
            subject,
            kind,
            text,
            claims: 0,
            first: Vec::new(),
        }
    }

    /// As [`Sheet::new`], with requests before all others and patterns of their replies.
    pub(super) fn after(
        first: Vec<(&'static str, &'static str)>,
        subject: Subject<'d>,
        kind: Kind,
        session: &str,
    ) -> Sheet<'d> {
        Sheet {
            first,
            ..Sheet::new(subject, kind, session)
        }
    }

    /// A line of the header.
    pub(super) fn header(&mut self, word: &str, body: &str) {
        self.line(word, body);
    }

    /// A claim that the schema itself makes.
    pub(super) fn must(&mut self, number: u16, text: &str) {
        let source = format!("schema: {}", self.subject.command.name);
        self.claim(Level::Must, number, text, &source);
    }

    /// A claim about the reference agent's own words.
    pub(super) fn exact(&mut self, number: u16, text: &str) {
        self.claim(Level::Exact, number, text, "qemu-ga");
    }

    /// A claim of any level. The number is that within its kind.
    pub(super) fn claim(&mut self, level: Level, number: u16, text: &str, source: &str) {
        let (family, number) = (family(self.subject.command), self.kind.hundreds + number);
        self.claims += 1;
        self.text.push('\n');
        self.line(level.word(), &format!("{family}-{number:03}  {text}  [{source}]"));
        let first = std::mem::take(&mut self.first);
        self.exchanges(&first);
    }

    /// Requests and patterns of their replies.
    fn exchanges(&mut self, exchanges: &[(&str, &str)]) {
        for (request, pattern) in exchanges {
            self.send(request);
            self.expect(pattern);
        }
    }

    /// A right call with what comes before it, and with an id or none. It is asked once more
    /// while its result is not there.
    pub(super) fn call(&mut self, call: &Call, id: Option<&Value>) {
        self.exchanges(&call.before);
        let command = self.subject.command;
        let arguments = call
            .arguments
            .map_or(String::new(), |it| format!(", \"arguments\": {it}"));
        let id_member = id.map_or(String::new(), id_member);
        self.send(&format!("{{\"execute\": \"{}\"{arguments}{id_member}}}", command.name));
        if let Some(not_yet) = calls::not_yet(command) {
            self.line("<again", &with_id(not_yet, id));
        }
    }

    /// The reply to a right call.
    pub(super) fn answer(&mut self, pattern: &str) {
        self.line(calls::answer_word(self.subject.command), pattern);
    }

    /// A request.
    pub(super) fn send(&mut self, request: &str) {
        self.line(">", request);
    }

    /// The reply to it.
    pub(super) fn expect(&mut self, pattern: &str) {
        self.line("<", pattern);
    }

    /// The reply just taken, once more.
    pub(super) fn also(&mut self, pattern: &str) {
        self.line("<also", pattern);
    }

    /// A reply of which a claim above the level `must` says more: any object is taken.
    pub(super) fn exactly(&mut self, request: &str, pattern: &str) {
        self.send(request);
        self.expect("obj");
        self.also(pattern);
    }

    /// Any line.
    pub(super) fn line(&mut self, word: &str, body: &str) {
        writeln!(self.text, "{word:<7} {body}").expect("a string takes all");
    }

    /// The script in canonical form, if it claims anything.
    ///
    /// # Panics
    /// What was written is no script: a mistake of this module.
    pub(super) fn finish(self) -> Option<Script> {
        let file = format!("{PREFIX}{}/{}", self.subject.command.name, self.kind.name);
        let read =
            |text: &str| parse(&file, text).unwrap_or_else(|error| panic!("a derived script does not parse: {error}"));
        // Read a second time, so that the places are those of the canonical text.
        (self.claims > 0).then(|| read(&print(&read(&self.text))))
    }
}
