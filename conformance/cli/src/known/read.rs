//! Reads the list of known failures, and says where it is wrong.

use super::{Day, Entry, Known};
use crate::catalogue::Catalogue;
use crate::likeness;
use crate::status::Problem;
use qga_engine::Script;
use qga_engine::derive::PREFIX;
use qga_engine::report::{KnownFailure, is_name_of};
use qga_engine::script::ClaimId;
use qga_engine::verdict::Excuse;
use std::ops::Range;
use toml_edit::{Document, Item, Table, Value};

const TABLE: &str = "known";
const KEYS: [&str; 5] = ["claim", "script", "reason", "link", "until"];

/// Reads a list. `more` are scripts that are run besides those of the suite.
///
/// # Errors
/// Every mistake in it, each with its line.
pub fn read(file: &str, text: &str, catalogue: &Catalogue, more: &[Script], today: Day) -> Result<Known, Problem> {
    let document = Document::parse(text)
        .map_err(|error| Problem::usage(format!("{file} is no TOML: {}", error.to_string().trim_end()), ""))?;
    let mut reader = Reader {
        file,
        text,
        catalogue,
        more,
        today,
        mistakes: Vec::new(),
    };
    let known = reader.list(document.as_table());
    match reader.mistakes.is_empty() {
        true => Ok(known),
        false => Err(Problem::usage(
            reader.mistakes.join("\n"),
            "an entry is a table [[known]] with claim or script, reason, and perhaps link and until",
        )),
    }
}

struct Reader<'r> {
    file: &'r str,
    text: &'r str,
    catalogue: &'r Catalogue,
    more: &'r [Script],
    today: Day,
    mistakes: Vec<String>,
}

impl Reader<'_> {
    fn list(&mut self, table: &Table) -> Known {
        let mut entries = Vec::new();
        for (key, item) in table.iter() {
            match item.as_array_of_tables() {
                Some(tables) if key == TABLE => entries.extend(tables.iter().filter_map(|it| self.entry(it))),
                _ => self.say(span(table, key), &format!("`{key}` is not known here")),
            }
        }
        Known { entries }
    }

    fn entry(&mut self, table: &Table) -> Option<Entry> {
        let mistakes = self.mistakes.len();
        for (key, _) in table.iter().filter(|(key, _)| !KEYS.contains(key)) {
            self.say(span(table, key), &format!("`{key}` is not known in an entry"));
        }
        let claim = self.word(table, "claim");
        let script = self.word(table, "script");
        let known = KnownFailure {
            claim: claim.and_then(|it| self.claim(table, &it)),
            script: script.inspect(|it| self.script(table, it)),
            excuse: Excuse {
                reason: self.word(table, "reason").unwrap_or_default(),
                link: self.word(table, "link"),
                until: self.word(table, "until"),
            },
        };
        if known.claim.is_none() && known.script.is_none() && self.mistakes.len() == mistakes {
            self.say(table.span(), "an entry needs a claim or a script");
        }
        if known.excuse.reason.trim().is_empty() {
            self.say(table.span(), "an entry needs a reason");
        }
        let until = known.excuse.until.as_deref().map(|it| self.day(table, it));
        Some(Entry {
            place: self.place(table.span()),
            is_over: until.flatten().is_some_and(|it| it < self.today),
            known,
        })
    }

    /// A text; a day may also stand without quotes.
    fn word(&mut self, table: &Table, key: &str) -> Option<String> {
        match table.get(key)? {
            Item::Value(Value::String(text)) => Some(text.value().clone()),
            Item::Value(Value::Datetime(day)) if key == "until" => Some(day.value().to_string()),
            _ => {
                self.say(span(table, key), &format!("`{key}` is no text"));
                None
            }
        }
    }

    fn claim(&mut self, table: &Table, word: &str) -> Option<ClaimId> {
        let id = ClaimId::new(word).filter(|id| {
            let more = self.more.iter().flat_map(Script::claims);
            self.catalogue.knows(id) || more.into_iter().any(|(_, it)| it.id == *id)
        });
        if id.is_none() {
            let like = self.catalogue.nearest(word);
            let hint = like.map_or(String::new(), |it| format!("; did you mean {it}?"));
            self.say(span(table, "claim"), &format!("no claim is called {word}{hint}"));
        }
        id
    }

    fn script(&mut self, table: &Table, word: &str) {
        let files = || self.catalogue.suite.iter().chain(self.more).map(|it| it.file.as_str());
        if word.starts_with(PREFIX) || files().any(|it| is_name_of(word, it)) {
            return;
        }
        let hint = likeness::nearest(word, files()).map_or(String::new(), |it| format!("; did you mean {it}?"));
        self.say(span(table, "script"), &format!("no script is called {word}{hint}"));
    }

    fn day(&mut self, table: &Table, text: &str) -> Option<Day> {
        let day = Day::parse(text);
        if day.is_none() {
            self.say(span(table, "until"), &format!("{text} is no day such as 2027-03-31"));
        }
        day
    }

    fn say(&mut self, at: Option<Range<usize>>, what: &str) {
        let place = self.place(at);
        self.mistakes.push(format!("{place}: {what}"));
    }

    fn place(&self, at: Option<Range<usize>>) -> String {
        let before = self.text.get(..at.map_or(0, |it| it.start)).unwrap_or_default();
        format!("{}:{}", self.file, before.matches('\n').count() + 1)
    }
}

/// Where a key, or its value, stands.
fn span(table: &Table, key: &str) -> Option<Range<usize>> {
    let (key, item) = table.get_key_value(key)?;
    key.span().or(item.span())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn list(text: &str) -> Result<Known, Problem> {
        let catalogue = Catalogue::new().expect("a suite");
        read(
            "k.toml",
            text,
            &catalogue,
            &[],
            Day::parse("2026-06-15").expect("a day"),
        )
    }

    #[rstest]
    #[case::not_toml("[[known]\n", "k.toml is no TOML: ")]
    #[case::claim_unknown(
        "# x\n\n[[known]]\nclaim = \"SYNC-99\"\nreason = \"r\"\n",
        "k.toml:4: no claim is called SYNC-99; did you mean SYNC-"
    )]
    #[case::derived_unknown(
        "[[known]]\nclaim = \"DPING-101\"\nreason = \"r\"\n",
        "k.toml:2: no claim is called DPING-101"
    )]
    #[case::script_unknown(
        "[[known]]\nscript = \"sync/eco\"\nreason = \"r\"\n",
        "k.toml:2: no script is called sync/eco; did you mean sync/echo.session?"
    )]
    #[case::nothing_named("[[known]]\nreason = \"r\"\n", "k.toml:1: an entry needs a claim or a script")]
    #[case::no_reason("[[known]]\nclaim = \"SYNC-001\"\n", "k.toml:1: an entry needs a reason")]
    #[case::no_day(
        "[[known]]\nclaim = \"SYNC-001\"\nreason = \"r\"\nuntil = \"2026-02-30\"\n",
        "k.toml:4: 2026-02-30 is no day"
    )]
    #[case::no_text("[[known]]\nclaim = 7\nreason = \"r\"\n", "k.toml:2: `claim` is no text")]
    #[case::key_unknown(
        "[[known]]\nclaim = \"SYNC-001\"\nreason = \"r\"\nreasons = \"r\"\n",
        "k.toml:4: `reasons` is not known in an entry"
    )]
    #[case::table_unknown("[[knwon]]\nclaim = \"SYNC-001\"\n", "k.toml:1: `knwon` is not known here")]
    fn mistakes_are_placed(#[case] text: &str, #[case] expected: &str) {
        let problem = list(text).expect_err("a mistake");
        assert!(problem.what.starts_with(expected), "{problem}");
    }

    #[rstest]
    #[case::open("", false)]
    #[case::last_day("until = \"2026-06-15\"", false)]
    #[case::over("until = \"2026-06-14\"", true)]
    #[case::without_quotes("until = 2026-06-14", true)]
    fn an_entry_has_its_last_day(#[case] until: &str, #[case] is_over: bool) {
        let text = format!("[[known]]\nclaim = \"SYNC-001\"\nscript = \"sync/echo\"\nreason = \"r\"\n{until}\n");
        let known = list(&text).expect("a good list");
        assert_eq!((known.entries.len(), known.entries[0].is_over), (1, is_over));
        assert_eq!(known.in_force().len(), usize::from(!is_over));
    }

    #[test]
    fn derived_claims_and_an_empty_list_are_good() {
        let text = "[[known]]\nclaim = \"DFILEREAD-200\"\nreason = \"r\"\n[[known]]\nscript = \"derived:guest-ping/id\"\nreason = \"r\"\n";
        assert_eq!(list(text).expect("a good list").entries.len(), 2);
        assert!(list("# nothing yet\n").expect("a good list").entries.is_empty());
    }
}
