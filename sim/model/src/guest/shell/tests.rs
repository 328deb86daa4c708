//! The shell against a table of command lines with what dash does with them.

use crate::guest::Guest;
use crate::guest::program::Ending;
use crate::time::Time;

/// A command line, and what comes of it.
struct Case {
    line: String,
    output: String,
    ending: Ending,
}

/// Reads a table: `$` and `>` begin the lines of a command, `|` those that it
/// prints, `|-` a last one without its end, `=` its status.
fn read(table: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let (mut line, mut output) = (String::new(), String::new());
    for text in table.lines() {
        match text.split_once(' ').unwrap_or((text, "")) {
            ("$", rest) => line = rest.to_owned(),
            (">", rest) => line = format!("{line}\n{rest}"),
            ("|", rest) => output = format!("{output}{rest}\n"),
            ("|-", rest) => output.push_str(rest),
            ("=", ending) => {
                let ending = match ending.strip_prefix("signal ") {
                    Some(signal) => Ending::Signalled(signal.parse().expect("a signal")),
                    None => Ending::Exited(ending.parse().expect("a status")),
                };
                let (line, output) = (std::mem::take(&mut line), std::mem::take(&mut output));
                cases.push(Case { line, output, ending });
            }
            _ => {}
        }
    }
    cases
}

/// The machine of the tables.
fn machine() -> Guest {
    Guest::from_toml("shell.toml", include_str!("tests/machine.toml")).expect("it is a machine")
}

fn hold(table: &str) {
    let mut different = Vec::new();
    let cases = read(table);
    for case in &cases {
        let child = machine()
            .shell(b"/tmp/work", case.line.as_bytes(), Time::ZERO)
            .expect("it starts");
        let output = String::from_utf8_lossy(&child.output).into_owned();
        if (&output, child.ending) != (&case.output, case.ending) {
            different.push(format!(
                "$ {}\n--- expected {:?}\n{}--- got {:?}\n{output}",
                case.line, case.ending, case.output, child.ending
            ));
        }
    }
    assert!(
        different.is_empty(),
        "{} of {}\n{}",
        different.len(),
        cases.len(),
        different.join("\n")
    );
}

#[test]
fn the_shell_does_as_dash_does() {
    hold(include_str!("tests/dash.txt"));
}

#[test]
fn the_tools_do_as_those_of_debian_do() {
    hold(include_str!("tests/tools.txt"));
}
