//! The numbers side by side, for people and for programs.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

use super::work::{Goal, Unit, Work};

/// All that was measured.
#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

/// One measurement of the three.
#[derive(Serialize)]
pub(super) struct Row {
    name: &'static str,
    unit: &'static str,
    floor: Option<f64>,
    simulator: Option<f64>,
    real: Option<f64>,
    goals: Vec<Verdict>,
    #[serde(skip)]
    kind: Unit,
}

/// A goal and what came of it; no `value` where a target was absent.
#[derive(Serialize)]
struct Verdict {
    goal: String,
    value: Option<f64>,
    reached: Option<bool>,
    /// The value is one of the row's numbers and need not be said again.
    #[serde(skip)]
    absolute: bool,
}

impl Row {
    /// The row of a measurement: floor, simulator, real agent.
    pub(super) fn of(work: &Work, numbers: [Option<f64>; 3]) -> Row {
        Row::new(work.name, work.unit, work.goals, numbers)
    }

    pub(super) fn new(name: &'static str, kind: Unit, goals: &[Goal], numbers: [Option<f64>; 3]) -> Row {
        let [floor, simulator, real] = numbers;
        Row {
            name,
            unit: kind.name(),
            floor,
            simulator,
            real,
            goals: goals.iter().map(|it| it.judge(numbers)).collect(),
            kind,
        }
    }
}

impl Goal {
    fn judge(self, [floor, simulator, real]: [Option<f64>; 3]) -> Verdict {
        let ratio = |a: Option<f64>, b: Option<f64>| Some(a? / b?);
        let (text, value, at_most, limit) = match self {
            Goal::AtMostOfFloor(limit) => ("of the floor", ratio(simulator, floor), true, limit),
            Goal::AtLeastOfFloor(limit) => ("of the floor", ratio(simulator, floor), false, limit),
            Goal::FasterThanReal(limit) => ("times faster than qemu-ga", ratio(real, simulator), false, limit),
            Goal::AtLeastOfReal(limit) => ("times qemu-ga", ratio(simulator, real), false, limit),
            Goal::AtMost(limit) => ("", simulator, true, limit),
            Goal::AtLeast(limit) => ("", simulator, false, limit),
            Goal::AtMostWithReal(limit) => ("with qemu-ga", real, true, limit),
        };
        let sign = if at_most { "≤" } else { "≥" };
        Verdict {
            goal: format!("{sign} {limit} {text}").trim_end().to_owned(),
            absolute: text.is_empty(),
            value,
            reached: value.map(|it| if at_most { it <= limit } else { it >= limit }),
        }
    }
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Micros => "µs",
            Unit::CpuMillis => "ms of CPU",
            Unit::Rate => "requests/s",
            Unit::Cases => "cases/s",
            Unit::Sessions => "sessions/s",
            Unit::Percent => "%",
            Unit::MegabytesPerSecond => "MB/s",
            Unit::Megabytes => "MB",
            Unit::Times => "times",
        }
    }

    fn digits(self) -> usize {
        match self {
            Unit::Rate | Unit::Cases | Unit::Sessions | Unit::Percent | Unit::MegabytesPerSecond => 0,
            Unit::Micros => 1,
            Unit::CpuMillis | Unit::Megabytes | Unit::Times => 2,
        }
    }
}

impl Table {
    /// Prints the table, or the same as JSON.
    pub(super) fn print(&self, json: bool) -> Result<()> {
        if json {
            println!("{}", serde_json::to_string_pretty(&self.rows)?);
        } else {
            print!("{}", self.text());
        }
        Ok(())
    }

    /// Whether a goal was measured and missed.
    pub(super) fn misses(&self) -> bool {
        let mut verdicts = self.rows.iter().flat_map(|it| &it.goals);
        verdicts.any(|it| it.reached == Some(false))
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let head = ["", "unit", "floor", "qga-sim", "qemu-ga", "goals"];
        line(&mut text, head.map(str::to_owned));
        for row in &self.rows {
            let number = |it: Option<f64>| it.map_or("-".to_owned(), |it| format!("{it:.*}", row.kind.digits()));
            line(
                &mut text,
                [
                    row.name.to_owned(),
                    row.unit.to_owned(),
                    number(row.floor),
                    number(row.simulator),
                    number(row.real),
                    row.goals.iter().map(Verdict::text).collect::<Vec<_>>().join(", "),
                ],
            );
        }
        let _ = writeln!(text, "\n{}", self.summary());
        text
    }

    fn summary(&self) -> String {
        let verdicts = || self.rows.iter().flat_map(|it| &it.goals).map(|it| it.reached);
        let count = |wanted| verdicts().filter(|it| *it == wanted).count();
        let (reached, missed, open) = (count(Some(true)), count(Some(false)), count(None));
        let open = if open > 0 {
            format!(", {open} not measured")
        } else {
            String::new()
        };
        format!(
            "{reached} goals reached, {missed} missed{open}; medians, client and server on one CPU, the suite on all"
        )
    }
}

fn line(text: &mut String, [name, unit, floor, simulator, real, goals]: [String; 6]) {
    let row = format!("{name:<34} {unit:<11} {floor:>10} {simulator:>10} {real:>10}   {goals}");
    let _ = writeln!(text, "{}", row.trim_end());
}

impl Verdict {
    fn text(&self) -> String {
        let mark = match self.reached {
            Some(true) => "reached",
            Some(false) => "MISSED",
            None => "not measured",
        };
        match self.value.filter(|_| !self.absolute) {
            Some(value) => format!("{value:.2} ({}: {mark})", self.goal),
            None => format!("({}: {mark})", self.goal),
        }
    }
}

/// The middle of the samples; nothing if there are none.
pub(super) fn median(mut samples: Vec<f64>) -> Option<f64> {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_a_sample_and_none_of_nothing() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(3.0));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn each_goal_compares_what_it_names() {
        let numbers = [Some(10.0), Some(11.0), Some(33.0)];
        let cases = [
            (Goal::AtMostOfFloor(1.1), 1.1, true),
            (Goal::AtMostOfFloor(1.0), 1.1, false),
            (Goal::AtLeastOfFloor(1.1), 1.1, true),
            (Goal::AtLeastOfFloor(1.2), 1.1, false),
            (Goal::FasterThanReal(2.9), 3.0, true),
            (Goal::FasterThanReal(3.1), 3.0, false),
            (Goal::AtLeastOfReal(0.3), 1.0 / 3.0, true),
            (Goal::AtLeastOfReal(0.4), 1.0 / 3.0, false),
            (Goal::AtMost(11.0), 11.0, true),
            (Goal::AtMost(10.0), 11.0, false),
            (Goal::AtLeast(11.0), 11.0, true),
            (Goal::AtLeast(12.0), 11.0, false),
            (Goal::AtMostWithReal(33.0), 33.0, true),
            (Goal::AtMostWithReal(32.0), 33.0, false),
        ];
        for (goal, value, reached) in cases {
            let verdict = goal.judge(numbers);
            assert_eq!(
                (verdict.value, verdict.reached),
                (Some(value), Some(reached)),
                "{goal:?}"
            );
        }
    }

    #[test]
    fn a_missing_target_leaves_its_goal_open() {
        let verdict = Goal::FasterThanReal(2.6).judge([Some(10.0), Some(10.0), None]);
        assert_eq!(verdict.text(), "(≥ 2.6 times faster than qemu-ga: not measured)");
    }

    #[test]
    fn only_a_goal_that_was_measured_is_missed() {
        for (simulator, missed) in [(None, false), (Some(2.0), false), (Some(4.0), true)] {
            let row = Row::new("size", Unit::Megabytes, &[Goal::AtMost(3.0)], [None, simulator, None]);
            assert_eq!(Table { rows: vec![row] }.misses(), missed, "{simulator:?}");
        }
    }

    #[test]
    fn the_table_reads_as_a_table() {
        let goals = [Goal::AtMostOfFloor(1.1), Goal::FasterThanReal(2.6)];
        let row = Row::new(
            "ping-pong, p50",
            Unit::Micros,
            &goals,
            [Some(10.0), Some(12.0), Some(36.0)],
        );
        insta::assert_snapshot!(Table { rows: vec![row] }.text(), @r"
                                           unit             floor    qga-sim    qemu-ga   goals
        ping-pong, p50                     µs                10.0       12.0       36.0   1.20 (≤ 1.1 of the floor: MISSED), 3.00 (≥ 2.6 times faster than qemu-ga: reached)

        1 goals reached, 1 missed; medians, client and server on one CPU, the suite on all
        ");
    }
}
