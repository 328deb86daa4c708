//! Days of the calendar, to compare.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY_SECONDS: u64 = 86_400;

/// A day: how many have gone by since the first of January 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// Today, in UTC.
    pub fn today() -> Day {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Day(i64::try_from(since.as_secs() / DAY_SECONDS).unwrap_or(i64::MAX))
    }

    /// Reads a day such as `2027-03-31`; `None` if there is none.
    pub fn parse(text: &str) -> Option<Day> {
        let is_shaped = text.len() == 10 && text.bytes().all(|it| it == b'-' || it.is_ascii_digit());
        let parts = text
            .split('-')
            .map(|it| it.parse::<i64>().ok())
            .collect::<Option<Vec<_>>>()?;
        let [year, month, day] = parts[..] else { return None };
        let is_day = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
        (is_shaped && is_day).then(|| Day(before_year(year) + before_month(year, month) + day - 1))
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn before_month(year: i64, month: i64) -> i64 {
    (1..month).map(|it| days_of(year, it)).sum()
}

/// Days from 1970 to the beginning of a year.
fn before_year(year: i64) -> i64 {
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    (year - 1970) * 365 + leaps(year - 1) - leaps(1969)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("1970-01-01", Some(0))]
    #[case("1969-12-31", Some(-1))]
    #[case("2000-03-01", Some(11_017))]
    #[case("2024-02-29", Some(19_782))]
    #[case("2023-02-29", None)]
    #[case("2027-13-01", None)]
    #[case("2027-00-10", None)]
    #[case("2027-3-1", None)]
    #[case("tomorrow", None)]
    #[case("", None)]
    fn days_are_read(#[case] text: &str, #[case] expected: Option<i64>) {
        assert_eq!(Day::parse(text), expected.map(Day));
    }

    #[test]
    fn today_is_between_the_ages() {
        let between = Day::parse("2024-01-01")..Day::parse("2424-01-01");
        assert!(between.contains(&Some(Day::today())));
    }
}
