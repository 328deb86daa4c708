//! The rules for what is put away in replies: files of TOML, mistakes pointed at.

use crate::likeness;
use crate::status::Problem;
use qga_engine::ScriptError;
use qga_engine::responses::{Members, Redactor, Rule};
use qga_engine::script::Mistake;
use qga_fixtures::schema::{COMMANDS, Command};
use regex_lite::Regex;
use serde::Deserialize;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;

/// What the rules that come with this program are called in errors.
const DEFAULT: &str = "redactions/default.toml";
/// The largest file of rules that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// What helps with a mistake of the form.
const FORM: &str = "a rule is [[redact]] with command, member, text and with: see snapshot --help";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    #[serde(default)]
    redact: Vec<Form>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    command: Option<Spanned<String>>,
    member: Option<Spanned<String>>,
    text: Option<Spanned<String>>,
    with: String,
}

/// A mistake, before its place is told in lines.
struct Wrong {
    span: Range<usize>,
    what: String,
    cure: String,
}

/// The rules that come with this program, and then those of the files.
///
/// # Errors
/// A file cannot be read, or a rule in it is wrong.
pub fn redactor(files: &[PathBuf]) -> Result<Redactor, Problem> {
    let mut rules = parse(DEFAULT, qga_fixtures::redactions())?;
    for file in files {
        rules.extend(parse(&file.display().to_string(), &read(file)?)?);
    }
    Ok(Redactor { rules })
}

fn read(file: &PathBuf) -> Result<String, Problem> {
    let unreadable = |why: String| Problem::usage(format!("cannot read {}: {why}", file.display()), "");
    let length = fs::metadata(file).map_err(|it| unreadable(it.to_string()))?.len();
    if length > FILE_BYTES_MAX {
        return Err(unreadable(format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    fs::read_to_string(file).map_err(|it| unreadable(it.to_string()))
}

fn parse(file: &str, text: &str) -> Result<Vec<Rule>, Problem> {
    let rules = toml::from_str::<Rules>(text).map_err(|error| {
        let wrong = Wrong {
            span: error.span().unwrap_or(0..0),
            what: error.message().trim().to_owned(),
            cure: FORM.to_owned(),
        };
        problem(file, text, vec![wrong])
    })?;
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for rule in rules.redact {
        match check(rule) {
            Ok(rule) => good.push(rule),
            Err(it) => wrong.push(it),
        }
    }
    match wrong.is_empty() {
        true => Ok(good),
        false => Err(problem(file, text, wrong)),
    }
}

fn check(form: Form) -> Result<Rule, Wrong> {
    let Form {
        command,
        member,
        text,
        with,
    } = form;
    if let Some(command) = &command {
        check_command(command)?;
    }
    let members = member.map_or(Ok(Members::all()), |it| {
        Members::parse(it.get_ref()).map_err(|what| {
            wrong(
                &it,
                what,
                "such as return.pid, return[].ip-addresses[].ip-address or **.pid",
            )
        })
    })?;
    let text = text.map(|it| {
        let error = |error: regex_lite::Error| {
            wrong(
                &it,
                format!("it is no regular expression: {error}"),
                "a dot, a bracket and the like is meant as such after a backslash",
            )
        };
        Regex::new(it.get_ref()).map_err(error)
    });
    Ok(Rule {
        command: command.map_or("*".to_owned(), Spanned::into_inner),
        members,
        text: text.transpose()?,
        with,
    })
}

/// A command that no release has may be an agent's own; one that is nearly known is a slip.
fn check_command(command: &Spanned<String>) -> Result<(), Wrong> {
    let name = command.get_ref();
    if name.trim_end_matches('*').contains('*') || name.is_empty() {
        let what = format!("`{name}` is no name of a command");
        return Err(wrong(command, what, "a * stands at the end, for any ending"));
    }
    if name.ends_with('*') || Command::find(name).is_some() {
        return Ok(());
    }
    match likeness::nearest(name, COMMANDS.iter().map(|it| it.name)) {
        Some(like) => {
            let what = format!("no release has a command {name}");
            Err(wrong(command, what, &format!("did you mean {like}?")))
        }
        None => Ok(()),
    }
}

fn wrong(place: &Spanned<String>, what: String, cure: &str) -> Wrong {
    Wrong {
        span: place.span(),
        what,
        cure: cure.to_owned(),
    }
}

fn problem(file: &str, text: &str, wrong: Vec<Wrong>) -> Problem {
    let error = ScriptError {
        file: file.to_owned(),
        mistakes: wrong.into_iter().map(|it| mistake(text, it)).collect(),
    };
    Problem::usage(format!("a rule for what is redacted is wrong\n{error}"), "")
}

fn mistake(text: &str, wrong: Wrong) -> Mistake {
    let start = wrong.span.start.min(text.len());
    let before = text.get(..start).unwrap_or_default();
    let (line, begin) = (
        before.matches('\n').count() + 1,
        before.rfind('\n').map_or(0, |it| it + 1),
    );
    let width = text
        .get(wrong.span)
        .map_or(1, |it| it.lines().next().unwrap_or_default().chars().count());
    Mistake {
        line,
        column: before[begin..].chars().count() + 1,
        width: width.max(1),
        text: text[begin..].lines().next().unwrap_or_default().to_owned(),
        what: wrong.what,
        cure: wrong.cure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_rules_that_come_with_the_program_are_right() {
        let rules = redactor(&[]).expect("good rules").rules;
        assert!(rules.len() > 10);
    }

    #[rstest]
    #[case::slip(
        "[[redact]]\ncommand = \"guest-exce\"\nwith = \"x\"",
        "f:2:11: no release has a command guest-exce",
        "did you mean guest-exec?"
    )]
    #[case::star(
        "[[redact]]\ncommand = \"*-info\"\nwith = \"x\"",
        "f:2:11: `*-info` is no name",
        "at the end"
    )]
    #[case::member(
        "[[redact]]\nmember = \"return[0]\"\nwith = \"x\"",
        "f:2:10: `return[0]` is no name of a member",
        "such as return.pid"
    )]
    #[case::expression(
        "[[redact]]\ntext = \"(\"\nwith = \"x\"",
        "f:2:8: it is no regular expression",
        "after a backslash"
    )]
    #[case::no_replacement(
        "\n[[redact]]\nmember = \"return\"",
        "f:2:1: missing field `with`",
        "a rule is [[redact]]"
    )]
    #[case::unknown(
        "[[redact]]\nmembers = \"return\"\nwith = \"x\"",
        "f:2:1: unknown field `members`",
        "a rule is [[redact]]"
    )]
    #[case::no_toml("[[redact]\n", "f:1:10: ", "a rule is [[redact]]")]
    fn mistakes_are_pointed_at(#[case] text: &str, #[case] what: &str, #[case] cure: &str) {
        let problem = parse("f", text).expect_err("a mistake");
        assert!(problem.what.contains(what), "{problem}");
        assert!(problem.what.contains(cure), "{problem}");
    }

    #[test]
    fn an_agents_own_commands_can_be_meant() {
        let text = "[[redact]]\ncommand = \"my-very-own\"\nwith = \"x\"";
        assert_eq!(parse("f", text).expect("a rule").len(), 1);
    }
}
