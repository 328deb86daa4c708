//! Tools of time: date and sleep.

use super::options::{Known, Usage};
use super::quote::quoted;
use super::{Call, Made, Tool, Words, once, run, text};
use crate::guest::fs::inode::Stamp;
use crate::guest::program::{Turn, Wait};
use crate::time::Time;
use std::time::Duration;

/// The longest sleep, in seconds.
const SLEEP_SECONDS_MAX: f64 = 1e9;

/// Waits.
#[derive(Clone, Debug)]
struct Sleep {
    span: Duration,
    until: Option<Time>,
}

pub(super) fn sleep(words: Words) -> Made {
    let options = words.options(Known::letters(""))?;
    if options.operands.is_empty() {
        return Err(words.missing_operand(1));
    }
    let mut span = Duration::ZERO;
    for operand in &options.operands {
        let wrong = || Usage::new(&words.name, &text!["invalid time interval ", quoted(operand)], 1);
        span = span.saturating_add(read_span(operand).ok_or_else(wrong)?);
    }
    Ok(run(words.name, Sleep { span, until: None }))
}

/// A number of seconds, or of what the letter behind it says.
fn read_span(text: &[u8]) -> Option<Duration> {
    if text == b"infinity" || text == b"inf" {
        return Some(Duration::from_secs_f64(SLEEP_SECONDS_MAX));
    }
    let (number, factor) = match text.split_last()? {
        (b's', number) => (number, 1.0),
        (b'm', number) => (number, 60.0),
        (b'h', number) => (number, 3600.0),
        (b'd', number) => (number, 86_400.0),
        _ => (text, 1.0),
    };
    if !number.iter().all(|it| it.is_ascii_digit() || *it == b'.') {
        return None;
    }
    let seconds: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    Some(Duration::from_secs_f64((seconds * factor).min(SLEEP_SECONDS_MAX)))
}

impl Tool for Sleep {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        let now = call.sys.now();
        let until = *self.until.get_or_insert(now + self.span);
        if now < until {
            Turn::Wait(Wait::Until(until))
        } else {
            Turn::Exit(0)
        }
    }
}

/// What date prints unless it is told how.
const USUAL: &[u8] = b"%a %b %e %H:%M:%S %Z %Y";

pub(super) fn date(words: Words) -> Made {
    const KNOWN: Known = Known::letters("uI").names(&[("utc", b'u'), ("iso-8601", b'I')]);
    let options = words.options(KNOWN)?;
    let format = match options.operands.as_slice() {
        [] if options.has(b'I') => b"%F".to_vec(),
        [] => USUAL.to_vec(),
        [format] if format.starts_with(b"+") => format[1..].to_vec(),
        [other, ..] => return Err(Usage::plain(text!["invalid date ", quoted(other)], 1)),
    };
    let is_utc = if options.has(b'u') { b"utc".to_vec() } else { Vec::new() };
    let arguments = vec![is_utc, format];
    once(Words { arguments, ..words }, |call, arguments| {
        let [is_utc, format] = arguments else { return 1 };
        let clock = &call.sys.guest.clock;
        let stamp = call.sys.guest.fs.clock();
        let date = match is_utc.is_empty() {
            true => Calendar::at(stamp, &clock.zone, clock.zone_offset).filled(format),
            false => Calendar::at(stamp, "UTC", 0).filled(format),
        };
        call.out.print(&text![date, "\n"]);
        0
    })
}

/// A moment as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar<'z> {
    stamp: Stamp,
    zone: &'z str,
    /// Seconds east of UTC.
    offset: i64,
    year: i64,
    /// From 1.
    month: usize,
    day: i64,
    /// From 1 January, from 1.
    day_of_year: i64,
    /// From Sunday.
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && year % 100 != 0 || year % 400 == 0
}

/// Days from 1 January 1970 to 1 January of a year.
fn days_before(year: i64) -> i64 {
    let before = year - 1;
    365 * (year - 1970) + (before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400)) - 477
}

impl Calendar<'_> {
    /// The moment of a stamp, in a time zone of this name, so many seconds east of
    /// UTC.
    pub(super) fn at(stamp: Stamp, zone: &str, offset: i64) -> Calendar<'_> {
        let seconds = stamp.div_euclid(1_000_000_000).saturating_add(offset);
        let (days, in_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let mut year = 1970 + days.div_euclid(366);
        while days_before(year + 1) <= days {
            year += 1;
        }
        let day_of_year = days - days_before(year) + 1;
        let (month, day) = month_and_day(year, day_of_year);
        Calendar {
            stamp,
            zone,
            offset,
            year,
            month,
            day,
            day_of_year,
            weekday: (days + 4).rem_euclid(7) as usize,
            hour: in_day / 3600,
            minute: in_day / 60 % 60,
            second: in_day % 60,
            nanosecond: stamp.rem_euclid(1_000_000_000),
        }
    }

    /// A format with the moment in it.
    pub(super) fn filled(&self, format: &[u8]) -> Vec<u8> {
        let mut filled = Vec::new();
        let mut rest = format;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match (first, after.split_first()) {
                (b'%', Some((letter, after))) => {
                    filled.extend(self.member(*letter));
                    rest = after;
                }
                _ => filled.push(*first),
            }
        }
        filled
    }

    fn member(&self, letter: u8) -> Vec<u8> {
        let month = MONTHS[self.month - 1];
        let weekday = WEEKDAYS[self.weekday];
        match letter {
            b'Y' => self.year.to_string(),
            b'y' => format!("{:02}", self.year.rem_euclid(100)),
            b'm' => format!("{:02}", self.month),
            b'd' => format!("{:02}", self.day),
            b'e' => format!("{:2}", self.day),
            b'j' => format!("{:03}", self.day_of_year),
            b'H' => format!("{:02}", self.hour),
            b'M' => format!("{:02}", self.minute),
            b'S' => format!("{:02}", self.second),
            b'N' => format!("{:09}", self.nanosecond),
            b's' => self.stamp.div_euclid(1_000_000_000).to_string(),
            b'B' => month.to_owned(),
            b'b' | b'h' => month[..3].to_owned(),
            b'A' => weekday.to_owned(),
            b'a' => weekday[..3].to_owned(),
            b'u' => (self.weekday + 6).rem_euclid(7).saturating_add(1).to_string(),
            b'w' => self.weekday.to_string(),
            b'Z' => self.zone.to_owned(),
            b'z' => {
                let (sign, minutes) = (if self.offset < 0 { '-' } else { '+' }, self.offset.abs() / 60);
                format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
            }
            b'n' => "\n".to_owned(),
            b't' => "\t".to_owned(),
            b'%' => "%".to_owned(),
            b'F' => return self.filled(b"%Y-%m-%d"),
            b'T' => return self.filled(b"%H:%M:%S"),
            b'R' => return self.filled(b"%H:%M"),
            b'D' => return self.filled(b"%m/%d/%y"),
            b'c' => return self.filled(b"%a %b %e %T %Y"),
            other => return text!["%", [other]],
        }
        .into_bytes()
    }
}

fn month_and_day(year: i64, day_of_year: i64) -> (usize, i64) {
    let february = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut day = day_of_year;
    for (month, length) in (1..).zip(lengths) {
        if day <= length {
            return (month, day);
        }
        day -= length;
    }
    (12, 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_dates() {
        for (seconds, date) in [
            (0, "Thu Jan  1 00:00:00 UTC 1970"),
            (951_782_399, "Mon Feb 28 23:59:59 UTC 2000"),
            (951_782_400, "Tue Feb 29 00:00:00 UTC 2000"),
            (1_700_000_000, "Tue Nov 14 22:13:20 UTC 2023"),
            (1_767_225_600, "Thu Jan  1 00:00:00 UTC 2026"),
            (-1, "Wed Dec 31 23:59:59 UTC 1969"),
        ] {
            let shown = Calendar::at(seconds * 1_000_000_000, "UTC", 0).filled(USUAL);
            assert_eq!(String::from_utf8_lossy(&shown), date);
        }
    }

    #[test]
    fn spans_have_units() {
        for (text, seconds) in [
            ("0.5", Some(0.5)),
            ("2", Some(2.0)),
            ("1m", Some(60.0)),
            ("1d", Some(86_400.0)),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(
                read_span(text.as_bytes()),
                seconds.map(Duration::from_secs_f64),
                "{text}"
            );
        }
    }
}
