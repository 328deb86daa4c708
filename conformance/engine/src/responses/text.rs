//! A comparison as a person reads it.

use super::{Comparison, Difference, Side};
use std::fmt::Write as _;

/// Characters of a value that are shown.
const SHOWN_CHARS_MAX: usize = 400;
/// Scripts that are named of those that show a difference.
const SCRIPTS_MAX: usize = 3;

impl Comparison {
    /// The text: by command and member, what the first agent says after `-`, what the
    /// second says after `+`.
    pub fn text(&self) -> String {
        let mut out = format!("--- {}\n+++ {}\n", self.left, self.right);
        let mut place = ("", "");
        for difference in &self.differences {
            if place.0 != difference.command {
                let _ = writeln!(out, "\n{}", difference.command);
                place = (&difference.command, "");
            }
            if place.1 != difference.member {
                let _ = writeln!(out, "  {}", difference.member);
                place.1 = &difference.member;
            }
            out += &values(difference);
        }
        out += "\n";
        for (is_left, side) in [(true, &self.left), (false, &self.right)] {
            let lone: Vec<&str> = self
                .lone
                .iter()
                .filter(|it| it.is_left == is_left)
                .map(|it| it.script.as_str())
                .collect();
            if !lone.is_empty() {
                let _ = writeln!(
                    out,
                    "only {} can be put to {}",
                    side.agent,
                    named(lone.iter().copied(), lone.len())
                );
            }
        }
        out + &self.verdict()
    }

    fn verdict(&self) -> String {
        let (differences, replies) = (self.differences.len(), self.replies);
        match differences {
            0 => format!("alike in {replies} replies\n"),
            1 => format!("1 difference in {replies} replies\n"),
            _ => format!("{differences} differences in {replies} replies\n"),
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.agent, self.target)
    }
}

fn values(difference: &Difference) -> String {
    let value = |it: &Option<String>| it.as_deref().map_or("(nothing)".to_owned(), shown);
    let scripts = named(difference.scripts.iter().map(String::as_str), difference.scripts.len());
    format!(
        "    - {}\n    + {}\n      in {scripts}\n",
        value(&difference.left),
        value(&difference.right)
    )
}

fn shown(value: &str) -> String {
    let lines: Vec<&str> = value.lines().map(str::trim).collect();
    let value = lines.join(" ");
    match value.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value,
    }
}

/// Some of the scripts by name, and how many more there are.
fn named<'s>(scripts: impl Iterator<Item = &'s str>, count: usize) -> String {
    let names: Vec<&str> = scripts.take(SCRIPTS_MAX).collect();
    let more = count - names.len();
    let names = names.join(", ");
    if more > 0 {
        format!("{names} and {more} more")
    } else {
        names
    }
}
