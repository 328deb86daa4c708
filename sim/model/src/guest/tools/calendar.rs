//! Moments as people write them.

use crate::guest::fs::inode::Stamp;

/// A moment as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar<'z> {
    stamp: Stamp,
    zone: &'z str,
    /// Seconds east of UTC.
    offset: i64,
    pub(super) year: i64,
    /// From 1.
    pub(super) month: usize,
    pub(super) day: i64,
    /// From 1 January, from 1.
    day_of_year: i64,
    /// From Sunday.
    weekday: usize,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) nanosecond: i64,
}

pub(super) const MONTHS: [&str; 12] = [
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

pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && year % 100 != 0 || year % 400 == 0
}

/// Days from 1 January 1970 to 1 January of a year.
pub(super) fn days_before(year: i64) -> i64 {
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
        while let Some(at) = rest.iter().position(|it| *it == b'%') {
            filled.extend_from_slice(&rest[..at]);
            let (field, after) = Field::read(&rest[at + 1..]);
            match after
                .split_first()
                .and_then(|(letter, after)| Some((self.shown(*letter, field)?, after)))
            {
                Some((shown, after)) => {
                    filled.extend(shown);
                    rest = after;
                }
                // What is no member stays.
                None => {
                    filled.push(b'%');
                    rest = &rest[at + 1..];
                }
            }
        }
        filled.extend_from_slice(rest);
        filled
    }

    fn shown(&self, letter: u8, field: Field) -> Option<Vec<u8>> {
        if let Some((number, width, pad)) = self.number(letter) {
            return Some(field.number(number, width, pad));
        }
        let text = match letter {
            b'z' => self.zone_shown(field.colons),
            b'N' => {
                let digits = format!("{:09}", self.nanosecond);
                let count = if field.width == 0 { 9 } else { field.width.min(9) };
                return Some(digits.as_bytes()[..count].to_vec());
            }
            _ => self.text(letter)?,
        };
        Some(field.text(text, letter))
    }

    /// A member that is a number: its value, width, and what it is filled with.
    fn number(&self, letter: u8) -> Option<(i64, usize, u8)> {
        let hour = (self.hour + 11).rem_euclid(12) + 1;
        let (week_year, week) = self.week();
        Some(match letter {
            b'C' => (self.year.div_euclid(100), 2, b'0'),
            b'd' => (self.day, 2, b'0'),
            b'e' => (self.day, 2, b' '),
            b'G' => (week_year, 4, b'0'),
            b'g' => (week_year.rem_euclid(100), 2, b'0'),
            b'H' => (self.hour, 2, b'0'),
            b'I' => (hour, 2, b'0'),
            b'j' => (self.day_of_year, 3, b'0'),
            b'k' => (self.hour, 2, b' '),
            b'l' => (hour, 2, b' '),
            b'M' => (self.minute, 2, b'0'),
            b'm' => (self.month as i64, 2, b'0'),
            b'q' => ((self.month as i64 - 1) / 3 + 1, 1, b'0'),
            b'S' => (self.second, 2, b'0'),
            b's' => (self.stamp.div_euclid(1_000_000_000), 1, b'0'),
            b'U' => ((self.day_of_year + 6 - self.weekday as i64) / 7, 2, b'0'),
            b'u' => ((self.weekday as i64 + 6).rem_euclid(7) + 1, 1, b'0'),
            b'V' => (week, 2, b'0'),
            b'W' => (
                (self.day_of_year + 6 - (self.weekday as i64 + 6).rem_euclid(7)) / 7,
                2,
                b'0',
            ),
            b'w' => (self.weekday as i64, 1, b'0'),
            b'Y' => (self.year, 4, b'0'),
            b'y' => (self.year.rem_euclid(100), 2, b'0'),
            _ => return None,
        })
    }

    /// The year and number of the week as ISO 8601 counts them.
    fn week(&self) -> (i64, i64) {
        let from_monday = (self.weekday as i64 + 6).rem_euclid(7);
        // The week belongs to the year of its Thursday.
        let thursday = self.day_of_year - from_monday + 3;
        let length = |year| if is_leap(year) { 366 } else { 365 };
        let (year, day) = match thursday {
            ..=0 => (self.year - 1, thursday + length(self.year - 1)),
            _ if thursday > length(self.year) => (self.year + 1, thursday - length(self.year)),
            _ => (self.year, thursday),
        };
        (year, (day - 1) / 7 + 1)
    }

    fn text(&self, letter: u8) -> Option<Vec<u8>> {
        let (month, weekday) = (MONTHS[self.month - 1], WEEKDAYS[self.weekday]);
        let half = if self.hour < 12 { "AM" } else { "PM" };
        let text = match letter {
            b'A' => weekday.to_owned(),
            b'a' => weekday[..3].to_owned(),
            b'B' => month.to_owned(),
            b'b' | b'h' => month[..3].to_owned(),
            b'n' => "\n".to_owned(),
            b'P' => half.to_lowercase(),
            b'p' => half.to_owned(),
            b't' => "\t".to_owned(),
            b'Z' => self.zone.to_owned(),
            b'%' => "%".to_owned(),
            b'c' => return Some(self.filled(b"%a %b %e %T %Y")),
            b'D' | b'x' => return Some(self.filled(b"%m/%d/%y")),
            b'F' => return Some(self.filled(b"%Y-%m-%d")),
            b'R' => return Some(self.filled(b"%H:%M")),
            b'r' => return Some(self.filled(b"%I:%M:%S %p")),
            b'T' | b'X' => return Some(self.filled(b"%H:%M:%S")),
            _ => return None,
        };
        Some(text.into_bytes())
    }

    fn zone_shown(&self, colons: usize) -> Vec<u8> {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let seconds = self.offset.abs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match (colons, minutes, seconds) {
            (0, ..) => format!("{sign}{hours:02}{minutes:02}"),
            (1, ..) => format!("{sign}{hours:02}:{minutes:02}"),
            (2, ..) => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
            (_, 0, 0) => format!("{sign}{hours:02}"),
            (_, _, 0) => format!("{sign}{hours:02}:{minutes:02}"),
            _ => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
        }
        .into_bytes()
    }
}

/// What stands between `%` and the letter of a member.
#[derive(Clone, Copy, Debug, Default)]
struct Field {
    /// `-` for nothing, `_` for blanks, `0`.
    pad: Option<u8>,
    upper: bool,
    swaps_case: bool,
    width: usize,
    colons: usize,
}

/// The widest member.
const WIDTH_MAX: usize = 4096;

impl Field {
    fn read(text: &[u8]) -> (Field, &[u8]) {
        let mut field = Field::default();
        let mut rest = text;
        while let Some((flag @ (b'-' | b'_' | b'0' | b'^' | b'#' | b'+'), after)) = rest.split_first() {
            match flag {
                b'^' => field.upper = true,
                b'#' => field.swaps_case = true,
                flag => field.pad = Some(*flag),
            }
            rest = after;
        }
        while let Some((digit @ b'0'..=b'9', after)) = rest.split_first() {
            field.width = (field.width * 10 + usize::from(digit - b'0')).min(WIDTH_MAX);
            rest = after;
        }
        field.colons = rest.iter().take(3).take_while(|it| **it == b':').count();
        rest = &rest[field.colons..];
        if let Some((b'E' | b'O', after)) = rest.split_first().filter(|(_, after)| !after.is_empty()) {
            rest = after;
        }
        // Colons have a meaning before `z` alone.
        let wrong = field.colons > 0 && rest.first() != Some(&b'z');
        if wrong { (field, &[]) } else { (field, rest) }
    }

    fn number(self, number: i64, width: usize, usual: u8) -> Vec<u8> {
        let pad = self.pad.unwrap_or(usual);
        let width = if self.width > 0 { self.width } else { width };
        match pad {
            b'-' => number.to_string(),
            b'_' | b' ' => format!("{number:width$}"),
            _ => format!("{number:0width$}"),
        }
        .into_bytes()
    }

    fn text(self, mut text: Vec<u8>, letter: u8) -> Vec<u8> {
        if self.upper || self.swaps_case && b"aAbBh".contains(&letter) {
            text.make_ascii_uppercase();
        } else if self.swaps_case && b"pZ".contains(&letter) {
            text.make_ascii_lowercase();
        }
        let pad = if self.pad == Some(b'0') { b'0' } else { b' ' };
        [vec![pad; self.width.saturating_sub(text.len())], text].concat()
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
            let shown = Calendar::at(seconds * 1_000_000_000, "UTC", 0).filled(b"%a %b %e %H:%M:%S %Z %Y");
            assert_eq!(String::from_utf8_lossy(&shown), date);
        }
    }

    #[test]
    fn members_have_flags_and_widths() {
        let moment = Calendar::at(1_700_000_000_000_000_000, "UTC", 0);
        for (format, shown) in [
            ("%-d %_d %03d %5Y", "14 14 014 02023"),
            ("%^a %#Z %p %P %I %l", "TUE utc PM pm 10 10"),
            ("%j %U %V %W %G %q", "318 46 46 46 2023 4"),
            ("%:z %::z %:::z %z", "+00:00 +00:00:00 +00 +0000"),
            ("%E %Q %", "%E %Q %"),
            ("%3N", "000"),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&moment.filled(format.as_bytes())),
                shown,
                "{format}"
            );
        }
    }
}
