//! The report for CI systems that read JUnit's XML.

use super::heads::heads;
use super::{ClaimReport, Report, ScriptReport, failure};
use crate::verdict::Outcome;
use std::fmt::Write as _;

/// The report as JUnit XML: a suite for each script, a case for each claim that was
/// to be judged. What failed is a failure, what was not reached an error, what could
/// not be tested is skipped with its reason. Of several agents each has suites of its
/// own, with its name before the script's.
pub fn junit(reports: &[Report]) -> String {
    let heads = heads(reports);
    let scripts = || reports.iter().flat_map(|it| &it.scripts);
    let seconds: f64 = scripts().map(|it| it.took.as_secs_f64()).sum();
    let counts = scripts().map(Counts::of).fold(Counts::default(), Counts::plus);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let name = match reports {
        [report] => format!("{} at {}", report.target, report.level),
        _ => heads.join(", "),
    };
    line(
        &mut out,
        0,
        &format!("<testsuites name=\"{}\" {counts} time=\"{seconds:.6}\">", escape(&name)),
    );
    for (report, head) in reports.iter().zip(&heads) {
        for script in &report.scripts {
            let name = match reports {
                [_] => script.file.clone(),
                _ => format!("{head}: {}", script.file),
            };
            suite(&mut out, report, script, &escape(&name));
        }
    }
    line(&mut out, 0, "</testsuites>");
    out
}

fn line(out: &mut String, depth: usize, text: &str) {
    writeln!(out, "{:width$}{text}", "", width = 2 * depth).expect("a string takes all");
}

fn suite(out: &mut String, report: &Report, script: &ScriptReport, name: &str) {
    let counts = Counts::of(script);
    let seconds = script.took.as_secs_f64();
    line(
        out,
        1,
        &format!("<testsuite name=\"{name}\" {counts} time=\"{seconds:.6}\">"),
    );
    for claim in script.judged() {
        let what = escape(&format!("{} {}", claim.id, claim.text));
        let open = format!("<testcase classname=\"{name}\" name=\"{what}\"");
        case(out, report, script, claim, &open);
    }
    line(out, 1, "</testsuite>");
}

fn case(out: &mut String, report: &Report, script: &ScriptReport, claim: &ClaimReport, open: &str) {
    let inner = match &claim.outcome {
        Outcome::Passed | Outcome::NotOwed => return line(out, 2, &format!("{open}/>")),
        Outcome::Failed(what) => {
            let message = escape(&what.kind.to_string());
            let text = escape(&failure(report, script, claim, what));
            format!(
                "<failure message=\"{message}\" type=\"{}\">{text}</failure>",
                claim.level
            )
        }
        Outcome::Unstable(what) => {
            let message = escape(&format!("unstable: {}", what.kind));
            let text = escape(&failure(report, script, claim, what));
            format!("<failure message=\"{message}\" type=\"unstable\">{text}</failure>")
        }
        Outcome::Stale(excuse) => {
            let message = escape(&format!("it holds, but is listed as known to fail: {excuse}"));
            format!("<failure message=\"{message}\" type=\"stale\"/>")
        }
        Outcome::Known(_, excuse) => format!("<skipped message=\"known failure: {}\"/>", escape(&excuse.to_string())),
        Outcome::NotReached(why) if script.fails_as_known() => {
            let message = escape(&format!("behind a known failure: {why}"));
            format!("<skipped message=\"{message}\"/>")
        }
        Outcome::NotReached(why) => format!("<error message=\"not reached: {}\" type=\"not-reached\"/>", escape(why)),
        Outcome::NotTestable(reason) => format!("<skipped message=\"not testable: {}\"/>", escape(&reason.to_string())),
    };
    line(out, 2, &format!("{open}>"));
    line(out, 3, &inner);
    line(out, 2, "</testcase>");
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(script: &ScriptReport) -> Counts {
        let count = |is: fn(&Outcome) -> bool| script.judged().filter(|it| is(&it.outcome)).count();
        let missed = count(|it| matches!(it, Outcome::NotReached(_)));
        let (errors, behind_known) = if script.fails_as_known() {
            (0, missed)
        } else {
            (missed, 0)
        };
        Counts {
            tests: script.judged().count(),
            failures: count(|it| matches!(it, Outcome::Failed(_) | Outcome::Unstable(_) | Outcome::Stale(_))),
            errors,
            skipped: behind_known + count(|it| matches!(it, Outcome::NotTestable(_) | Outcome::Known(..))),
        }
    }

    fn plus(self, other: Counts) -> Counts {
        Counts {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts {
            tests,
            failures,
            errors,
            skipped,
        } = self;
        write!(
            f,
            "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\""
        )
    }
}

/// Text between tags and in attributes. What XML 1.0 cannot hold at all becomes the
/// replacement character.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
    out
}
