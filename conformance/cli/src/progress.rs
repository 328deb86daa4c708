//! What is seen while scripts run: one line that is rewritten on a terminal, a
//! line now and then elsewhere. It goes to the error stream, beside the report.

use qga_engine::report::ScriptReport;
use qga_engine::verdict::Outcome;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// The shortest time between two states of the line on a terminal.
const REDRAW: Duration = Duration::from_millis(100);
/// The shortest time between two lines elsewhere.
const LINE: Duration = Duration::from_secs(5);
/// Columns of a terminal that are used; a wider line would wrap and stay.
const COLUMNS_MAX: usize = 78;

/// A line about how far something is: rewritten on a terminal, a new one now and then
/// elsewhere.
#[derive(Debug)]
pub struct Line {
    form: Form,
    shown: Option<Instant>,
}

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    line: Line,
    began: Instant,
    count: Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Rewritten,
    Lines,
    None,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    scripts: usize,
    ended: usize,
    passed: usize,
    failed: usize,
}

impl Line {
    /// A line in the form that the error stream takes.
    pub fn new(quiet: bool) -> Line {
        let form = match (quiet, stderr().is_terminal()) {
            (true, _) => Form::None,
            (false, true) => Form::Rewritten,
            (false, false) => Form::Lines,
        };
        // The first plain line comes after a while, so that a short run has none.
        let shown = (form == Form::Lines).then(Instant::now);
        Line { form, shown }
    }

    /// Shows a text, if it is time for it.
    pub fn show(&mut self, text: impl FnOnce() -> String) {
        let wait = match self.form {
            Form::Rewritten => REDRAW,
            Form::Lines => LINE,
            Form::None => return,
        };
        if self.shown.is_some_and(|it| it.elapsed() < wait) {
            return;
        }
        self.shown = Some(Instant::now());
        let line: String = text().chars().take(COLUMNS_MAX).collect();
        match self.form {
            Form::Rewritten => write(&format!("\r\x1b[K{line}")),
            _ => write(&format!("{line}\n")),
        }
    }

    /// What it is about is over: the line goes.
    pub fn clear(&self) {
        if self.form == Form::Rewritten && self.shown.is_some() {
            write("\r\x1b[K");
        }
    }
}

impl Progress {
    /// The progress of a run of so many scripts, in the form the error stream takes.
    pub fn new(scripts: usize, quiet: bool) -> Progress {
        Progress {
            line: Line::new(quiet),
            began: Instant::now(),
            count: Count {
                scripts,
                ..Count::default()
            },
        }
    }

    /// A script begins.
    pub fn began(&mut self, file: &str) {
        self.show(Some(file));
    }

    /// A script has ended.
    pub fn ended(&mut self, report: &ScriptReport) {
        self.count.add(report);
        self.show(None);
    }

    /// Time passes.
    pub fn tick(&mut self) {
        self.show(None);
    }

    /// The run is over: the line goes.
    pub fn clear(&self) {
        self.line.clear();
    }

    fn show(&mut self, file: Option<&str>) {
        let (count, began) = (&self.count, self.began);
        self.line.show(|| count.line(began.elapsed(), file));
    }
}

impl Count {
    fn add(&mut self, report: &ScriptReport) {
        self.ended += 1;
        for claim in &report.claims {
            match claim.outcome {
                Outcome::Passed => self.passed += 1,
                Outcome::Failed(_) | Outcome::Unstable(_) => self.failed += 1,
                _ => {}
            }
        }
    }

    fn line(&self, since: Duration, file: Option<&str>) -> String {
        let Count {
            scripts,
            ended,
            passed,
            failed,
        } = self;
        let seconds = since.as_secs();
        let mut line = format!("{ended} of {scripts} scripts, {passed} claims passed, {failed} failed, {seconds} s");
        if let Some(file) = file {
            line = format!("{line}  {file}");
        }
        line.chars().take(COLUMNS_MAX).collect()
    }
}

/// A progress line that cannot be written is no reason to stop.
fn write(text: &str) {
    let mut stream = stderr().lock();
    let _ = stream.write_all(text.as_bytes());
    let _ = stream.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_the_run_is() {
        let count = Count {
            scripts: 124,
            ended: 57,
            passed: 231,
            failed: 1,
        };
        let line = count.line(Duration::from_millis(12_900), Some("framing/half-request.session"));
        assert_eq!(
            line,
            "57 of 124 scripts, 231 claims passed, 1 failed, 12 s  framing/half-request.ses"
        );
        assert_eq!(line.chars().count(), COLUMNS_MAX);
    }
}
