//! What no single line shows: variables without a value, claims without evidence,
//! evidence without a claim.

use super::error::Mistake;
use super::{FieldKind, GIVEN_VARIABLES, Level, Place, Record, RecordKind, Script, Version, nearest};
use crate::pattern::{Pattern, Test, Text, name_length};
use std::collections::BTreeMap;

/// The mistakes of a script whose lines, those of `text`, are each right.
pub(super) fn mistakes(script: &Script, text: &str) -> Vec<Mistake> {
    let mut check = Check {
        lines: text.split('\n').collect(),
        known: GIVEN_VARIABLES
            .iter()
            .map(|it| ((*it).to_owned(), Level::Must))
            .collect(),
        ..Check::default()
    };
    check.header(script);
    for (record, level) in script.records.iter().zip(levels(script)) {
        check.level = level;
        check.record(record);
    }
    check.end_of_claim();
    if script.claims().next().is_none() {
        let cure = "write `must ABC-001 what the agent must do [source]` above the first expectation";
        check.wrong(
            Place { line: 1, column: 1 },
            "this script claims nothing".to_owned(),
            cure,
        );
    }
    check.found
}

/// For each record the level at which it is needed: that of the claim which the next
/// expectation, or the record itself, is there for.
fn levels(script: &Script) -> Vec<Level> {
    let mut level = Level::Exact;
    let claimed = script.records.iter().map(|record| {
        if let RecordKind::Claim(claim) = &record.kind {
            level = claim.level;
        }
        record.kind.is_expectation().then_some(level)
    });
    let mut levels: Vec<Option<Level>> = claimed.collect();
    let mut next = Level::Exact;
    for at in (0..levels.len()).rev() {
        next = *levels[at].get_or_insert(next);
    }
    levels.into_iter().flatten().collect()
}

#[derive(Default)]
struct Check<'t> {
    lines: Vec<&'t str>,
    found: Vec<Mistake>,
    /// The variables that have a value, and the level at which they surely have it.
    known: BTreeMap<String, Level>,
    /// The level at which the record is needed.
    level: Level,
    claim: Option<Place>,
    has_evidence: bool,
    has_reply: bool,
    /// Whether the record above is a request.
    follows_request: bool,
}

impl Check<'_> {
    /// A mistake of a whole record: its first word is shown.
    fn wrong(&mut self, place: Place, what: String, cure: &str) {
        let line = self.lines.get(place.line as usize - 1).copied().unwrap_or("");
        let word = line.split([' ', '\t']).next().unwrap_or("");
        self.wrong_at(place, word.chars().count().max(1), what, cure);
    }

    fn wrong_at(&mut self, place: Place, width: usize, what: String, cure: &str) {
        self.found.push(Mistake {
            line: place.line as usize,
            column: place.column as usize,
            width,
            text: String::new(),
            what,
            cure: cure.to_owned(),
        });
    }

    fn header(&mut self, script: &Script) {
        let mut since = None;
        for field in &script.header.fields {
            match field.kind {
                FieldKind::Since(version) => since = Some(version),
                FieldKind::Before(version)
                    if since.is_some_and(|it: Version| it.release().since >= version.release().since) =>
                {
                    let what = "no release is so new and so old at once".to_owned();
                    self.wrong(field.place, what, "write a later release after `before`");
                }
                _ => {}
            }
        }
    }

    fn record(&mut self, record: &Record) {
        let place = record.place;
        if record.kind.is_expectation() {
            self.expectation(place);
        }
        let follows_request = std::mem::replace(&mut self.follows_request, matches!(record.kind, RecordKind::Send(_)));
        match &record.kind {
            RecordKind::Claim(_) => {
                self.end_of_claim();
                self.claim = Some(place);
                self.has_evidence = false;
            }
            RecordKind::Send(template) => self.uses(place, template.variables()),
            RecordKind::Again(pattern) => self.again(place, pattern, follows_request),
            RecordKind::Reply(pattern) | RecordKind::SyncReply(pattern) => {
                self.has_reply = true;
                self.pattern(place, pattern);
            }
            RecordKind::Raw(_) => self.has_reply = true,
            RecordKind::Also(pattern) => self.also(place, pattern),
            RecordKind::Reopen => self.has_reply = false,
            _ => {}
        }
    }

    fn expectation(&mut self, place: Place) {
        self.has_evidence = true;
        if self.claim.is_none() {
            let cure = "write `must ABC-001 what the agent must do [source]` above it";
            self.wrong(place, "this expectation belongs to no claim".to_owned(), cure);
            self.claim = Some(place);
        }
    }

    fn end_of_claim(&mut self) {
        if let (Some(place), false) = (self.claim, self.has_evidence) {
            let cure = "write under it what shows it: `<`, `<sync`, `<also`, `<raw`, `<none` or `<closed`";
            self.wrong(place, "nothing under this claim shows it".to_owned(), cure);
        }
    }

    fn also(&mut self, place: Place, pattern: &Pattern) {
        if !self.has_reply {
            let cure = "write `<`, `<sync` or `<raw` for the reply first";
            self.wrong(
                place,
                "no reply was taken that could be looked at once more".to_owned(),
                cure,
            );
        }
        self.pattern(place, pattern);
    }

    /// What it takes from a reply is not there for what follows.
    fn again(&mut self, place: Place, pattern: &Pattern, follows_request: bool) {
        if !follows_request {
            let what = "there is no request that could be sent again".to_owned();
            self.wrong(
                place,
                what,
                "write it directly under the request, which begins with `>`",
            );
        }
        self.elements(place, pattern);
    }

    fn uses<'n>(&mut self, place: Place, names: impl Iterator<Item = &'n str>) {
        for name in names {
            if let Some(level) = self.known.get(name) {
                let level = *level;
                self.value_is_owed(place, name, level);
                continue;
            }
            let meant = nearest(name, self.known.keys().map(String::as_str));
            let cure = match meant {
                Some(meant) => format!("did you mean `${meant}`?"),
                None => {
                    format!("capture it before, as in `int as ${name}`; for a dollar sign in a string write `\\u0024`")
                }
            };
            let place = self.place_of(place, name);
            let what = format!("no variable `${name}` was captured above");
            self.wrong_at(place, name.len() + 1, what, &cure);
        }
    }

    /// What is only captured at a stronger level has no value where a weaker one is
    /// judged and the agent does not keep to the stronger.
    fn value_is_owed(&mut self, place: Place, name: &str, captured: Level) {
        if captured <= self.level {
            return;
        }
        let place = self.place_of(place, name);
        let what = format!(
            "`${name}` is captured under a claim at `{captured}`, and needed for one at `{}`",
            self.level
        );
        let cure =
            "an agent may conform at that level and never give it a value: capture it under a claim of that level";
        self.wrong_at(place, name.len() + 1, what, cure);
    }

    /// Where a record that begins at `start` first names the variable.
    fn place_of(&self, start: Place, name: &str) -> Place {
        let named = format!("${name}");
        for (line, text) in (start.line..).zip(&self.lines[start.line as usize - 1..]) {
            let mut found = text.match_indices(&named);
            if let Some((at, _)) = found.find(|(at, _)| name_length(&text[at + 1..]) == name.len()) {
                let column = text[..at].chars().count() + 1;
                return Place {
                    line,
                    column: u32::try_from(column).unwrap_or(u32::MAX),
                };
            }
        }
        start
    }

    fn pattern(&mut self, place: Place, pattern: &Pattern) {
        for test in &pattern.tests {
            self.test(place, test);
        }
        let Some(name) = &pattern.capture else { return };
        if GIVEN_VARIABLES.contains(&name.as_str()) {
            let what = format!("`${name}` is given and cannot be captured");
            self.wrong(place, what, "choose another name");
        }
        self.known.insert(name.clone(), self.level);
    }

    /// What `each` takes from one element, and `not` from none, is not there for what
    /// follows.
    fn elements(&mut self, place: Place, element: &Pattern) {
        let known = self.known.clone();
        self.pattern(place, element);
        self.known = known;
    }

    fn test(&mut self, place: Place, test: &Test) {
        match test {
            Test::Object { members, .. } => members.iter().for_each(|it| self.pattern(place, &it.value)),
            Test::Array { items, .. } => items.iter().for_each(|it| self.pattern(place, it)),
            Test::Some(element) => self.pattern(place, element),
            Test::Each(inner) | Test::Not(inner) => self.elements(place, inner),
            Test::Var(name) => self.uses(place, std::iter::once(name.as_str())),
            Test::Str(text) | Test::Starts(text) | Test::Ends(text) | Test::Has(text) | Test::Base64(text) => {
                self.uses(place, Text::variables(text));
            }
            Test::Null | Test::Bool(_) | Test::Number(_) | Test::Kind(_) | Test::Range { .. } => {}
            Test::Re(_) | Test::Unique(_) => {}
        }
    }
}
