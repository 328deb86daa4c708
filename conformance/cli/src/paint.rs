//! Colour for the text report, where a person looks at it: on a terminal, unless
//! `NO_COLOR` is set or the terminal is dumb. It adds nothing but colour.

use std::env;
use std::io::IsTerminal;

const RESET: &str = "\x1b[0m";
const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const FAINT: &str = "\x1b[2m";

/// What lines of a report begin with, and how that is painted.
const BEGINNINGS: [(&str, &str); 15] = [
    ("pass ", GREEN),
    ("FAIL ", RED),
    ("NOT REACHED ", YELLOW),
    ("UNSTABLE ", RED),
    ("STALE ", RED),
    ("known failure ", YELLOW),
    ("not testable ", FAINT),
    ("for others ", FAINT),
    ("verdict: CONFORMS", GREEN),
    ("verdict: DOES NOT CONFORM", RED),
    ("verdict: UNSTABLE", RED),
    ("verdict: STALE LIST", RED),
    ("verdict: FAILS AS KNOWN", YELLOW),
    ("verdict: INCOMPLETE", YELLOW),
    ("verdict: NOTHING JUDGED", YELLOW),
];

/// Whether what goes to the stream is painted.
pub fn is_wanted(stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|it| !it.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|it| it == "dumb");
    stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// A report with its outcomes and its verdict painted.
pub fn paint(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

/// Text with changes, for standard output: lines that went or came are painted there
/// if it is a terminal.
pub fn changes_if_wanted(text: &str) -> String {
    match is_wanted(&std::io::stdout()) {
        true => text.split_inclusive('\n').map(change).collect(),
        false => text.to_owned(),
    }
}

fn change(line: &str) -> String {
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |it| (it, "\n"));
    let colour = match text.trim_start().as_bytes().first() {
        Some(b'-') => RED,
        Some(b'+') => GREEN,
        _ => return line.to_owned(),
    };
    format!("{colour}{text}{RESET}{end}")
}

fn line(line: &str) -> String {
    let known = BEGINNINGS.iter().find(|(beginning, _)| line.starts_with(beginning));
    known.map_or_else(
        || line.to_owned(),
        |(beginning, colour)| format!("{colour}{beginning}{RESET}{}", &line[beginning.len()..]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_at_the_beginning_are_painted() {
        let text = "pass          A-001  must   FAIL safely\n\nverdict: CONFORMS at must: 1 of 1";
        let painted = paint(text);
        assert_eq!(
            painted,
            format!(
                "{GREEN}pass {RESET}         A-001  must   FAIL safely\n\n{GREEN}verdict: CONFORMS{RESET} at must: 1 of 1"
            )
        );
        let plain = [RESET, GREEN].iter().fold(painted, |text, code| text.replace(code, ""));
        assert_eq!(plain, text, "nothing but colour is added");
    }
}
