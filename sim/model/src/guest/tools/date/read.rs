//! Moments as people write them, read: `2020-01-02 03:04:05`, `Jan 2 2020`, `@5`,
//! `yesterday`, `+2 days`.

use crate::guest::fs::inode::Stamp;
use crate::guest::tools::calendar::{Calendar, MONTHS, WEEKDAYS, days_before, is_leap};

const SECOND: i128 = 1_000_000_000;

/// Seconds that a stamp reaches to on both sides.
const SECONDS_MAX: i64 = 9_000_000_000;

/// What a text says, as far as it is read.
#[derive(Clone, Debug, Default)]
struct Moment {
    date: Option<[i64; 3]>,
    /// Nanoseconds of the day.
    time: Option<i128>,
    zone: Option<i64>,
    weekday: Option<(i64, i64)>,
    years: i64,
    months: i64,
    days: i64,
    nanoseconds: i128,
    /// Something was said that goes on from the hour that it is.
    is_from_now: bool,
}

/// The moment that a text says, seen at `now` so many seconds east of UTC.
pub(in crate::guest::tools) fn read(text: &[u8], now: Stamp, offset: i64) -> Option<Stamp> {
    let text = std::str::from_utf8(text).ok()?.trim().to_ascii_lowercase();
    if let Some(seconds) = text.strip_prefix('@') {
        return since_epoch(seconds);
    }
    let tokens = tokens(&text);
    let mut moment = Moment::default();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        rest = moment.take(rest)?;
    }
    moment.stamp(now, offset)
}

/// Seconds, with parts of them.
fn since_epoch(text: &str) -> Option<Stamp> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok().filter(|it: &i64| it.abs() <= SECONDS_MAX)?;
    let part = nanoseconds(fraction)?;
    let part = if whole.starts_with('-') { -part } else { part };
    i64::try_from(i128::from(seconds) * SECOND + part).ok()
}

/// Digits behind a point, as parts of a second.
fn nanoseconds(digits: &str) -> Option<i128> {
    if !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    format!("{:0<9}", digits.get(..9).unwrap_or(digits)).parse().ok()
}

/// Rows of letters, rows of digits, and signs.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |it: char| match it {
        _ if it.is_ascii_alphabetic() => 1,
        _ if it.is_ascii_digit() => 2,
        _ if it.is_ascii_whitespace() => 3,
        _ => 0,
    };
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match kind(first) {
            0 => first.len_utf8(),
            of => rest.find(|it| kind(it) != of).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(len);
        // Blanks part what would otherwise be one, and mean nothing else.
        if kind(first) != 3 {
            tokens.push(token);
        } else if !tokens.is_empty() {
            tokens.push(" ");
        }
        rest = after;
    }
    tokens
}

fn digits(token: &str) -> Option<i64> {
    let is_number = !token.is_empty() && token.len() < 10 && token.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| token.parse().ok()).flatten()
}

fn month(token: &str) -> Option<i64> {
    let is_named = |name: &&str| token.len() >= 3 && name.to_ascii_lowercase().starts_with(token);
    MONTHS.iter().position(is_named).map(|at| at as i64 + 1)
}

fn weekday(token: &str) -> Option<i64> {
    let is_named = |name: &&str| token.len() >= 3 && name.to_ascii_lowercase().starts_with(token);
    WEEKDAYS.iter().position(is_named).map(|at| at as i64)
}

impl Moment {
    /// Reads what comes next, and gives what is behind it.
    fn take<'t, 's>(&mut self, tokens: &'t [&'s str]) -> Option<&'t [&'s str]> {
        match tokens {
            [" " | ",", rest @ ..] => Some(rest),
            [year, "-", month, "-", day, rest @ ..] if year.len() == 4 => self.set_date([year, month, day], rest),
            [year, "/", month, "/", day, rest @ ..] if year.len() == 4 => self.set_date([year, month, day], rest),
            [month, "/", day, "/", year, rest @ ..] => self.set_date([year, month, day], rest),
            [digits, rest @ ..] if digits.len() == 8 && self.date.is_none() && is_number(digits) => {
                self.set_date([&digits[..4], &digits[4..6], &digits[6..]], rest)
            }
            [hour, ":", minute, rest @ ..] => self.take_time(hour, minute, rest),
            ["t", rest @ ..] if self.date.is_some() && self.time.is_none() => Some(rest),
            [name, rest @ ..] if month(name).is_some() => self.take_month_first(month(name)?, rest),
            [day, " ", name, rest @ ..] if digits(day).is_some() && month(name).is_some() => {
                self.take_day_first(digits(day)?, month(name)?, rest)
            }
            ["next", " ", name, rest @ ..] => self.step(1, name, rest),
            ["last", " ", name, rest @ ..] => self.step(-1, name, rest),
            ["+", count, rest @ ..] => self.take_count(digits(count)?, rest),
            ["-", count, rest @ ..] => self.take_count(-digits(count)?, rest),
            [count, rest @ ..] if digits(count).is_some() => self.take_count(digits(count)?, rest),
            [word, rest @ ..] => self.take_word(word, rest),
            [] => None,
        }
    }

    fn set_date<'t, 's>(&mut self, date: [&str; 3], rest: &'t [&'s str]) -> Option<&'t [&'s str]> {
        let [year, month, day] = date.map(digits);
        self.put_date(year?, month?, day?)?;
        Some(rest)
    }

    fn put_date(&mut self, year: i64, month: i64, day: i64) -> Option<()> {
        let is_right = self.date.is_none() && (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day);
        self.date = is_right.then_some([year, month, day]);
        self.date.map(drop)
    }

    /// `Jan 2 2020`; without a year it is found later.
    fn take_month_first<'t, 's>(&mut self, month: i64, tokens: &'t [&'s str]) -> Option<&'t [&'s str]> {
        match tokens {
            [" ", day, ",", " ", year, rest @ ..] | [" ", day, " ", year, rest @ ..]
                if year.len() == 4 && rest.first() != Some(&":") && digits(year).is_some() =>
            {
                self.put_date(digits(year)?, month, digits(day)?)?;
                Some(rest)
            }
            _ => None,
        }
    }

    fn take_day_first<'t, 's>(&mut self, day: i64, month: i64, tokens: &'t [&'s str]) -> Option<&'t [&'s str]> {
        match tokens {
            [" ", year, rest @ ..] if year.len() == 4 => {
                self.put_date(digits(year)?, month, day)?;
                Some(rest)
            }
            _ => None,
        }
    }

    fn take_time<'t, 's>(&mut self, hour: &str, minute: &str, tokens: &'t [&'s str]) -> Option<&'t [&'s str]> {
        let (mut hour, minute) = (digits(hour)?, digits(minute)?);
        let (second, mut rest) = match tokens {
            [":", second, rest @ ..] => (digits(second)?, rest),
            rest => (0, rest),
        };
        let mut part = 0;
        if let ["." | ",", digits, after @ ..] = rest {
            part = nanoseconds(digits)?;
            rest = after;
        }
        let half = match rest {
            [half @ ("am" | "pm"), ..] | [" ", half @ ("am" | "pm"), ..] => Some(*half == "pm"),
            _ => None,
        };
        if let Some(is_afternoon) = half {
            rest = &rest[1 + usize::from(rest[0] == " ")..];
            hour = (1..=12)
                .contains(&hour)
                .then_some(hour % 12 + if is_afternoon { 12 } else { 0 })?;
        }
        if let [sign @ ("+" | "-"), hours, after @ ..] = rest {
            (self.zone, rest) = zone(sign, hours, after)?;
        }
        let is_right =
            self.time.is_none() && (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
        let seconds = i128::from(hour * 3600 + minute * 60 + second);
        self.time = is_right.then_some(seconds * SECOND + part);
        self.time.map(|_| rest)
    }

    /// A number and its unit, as in `+2 days`.
    fn take_count<'t, 's>(&mut self, count: i64, tokens: &'t [&'s str]) -> Option<&'t [&'s str]> {
        match tokens {
            [" ", unit, rest @ ..] | [unit, rest @ ..] => self.step(count, unit, rest),
            [] => None,
        }
    }

    fn step<'t, 's>(&mut self, count: i64, unit: &str, rest: &'t [&'s str]) -> Option<&'t [&'s str]> {
        let (count, rest) = match rest {
            [" ", "ago", rest @ ..] => (-count, rest),
            rest => (count, rest),
        };
        self.is_from_now = true;
        match unit.strip_suffix('s').unwrap_or(unit) {
            "year" => self.years += count,
            "month" => self.months += count,
            "fortnight" => self.days += 14 * count,
            "week" => self.days += 7 * count,
            "day" => self.days += count,
            "hour" => self.nanoseconds += i128::from(count) * 3600 * SECOND,
            "minute" | "min" => self.nanoseconds += i128::from(count) * 60 * SECOND,
            "second" | "sec" => self.nanoseconds += i128::from(count) * SECOND,
            _ => {
                let day = weekday(unit)?;
                self.weekday = Some((day, count));
            }
        }
        Some(rest)
    }

    fn take_word<'t, 's>(&mut self, word: &str, rest: &'t [&'s str]) -> Option<&'t [&'s str]> {
        match word {
            "now" | "today" | "tomorrow" | "yesterday" => {
                self.is_from_now = true;
                self.days += i64::from(word == "tomorrow") - i64::from(word == "yesterday");
            }
            "midnight" if self.time.is_none() => self.time = Some(0),
            "noon" if self.time.is_none() => self.time = Some(12 * 3600 * SECOND),
            "z" | "utc" | "gmt" => self.zone = Some(0),
            _ => self.weekday = Some((weekday(word)?, 0)),
        }
        Some(rest)
    }

    /// The moment itself.
    fn stamp(&self, now: Stamp, offset: i64) -> Option<Stamp> {
        let offset = self.zone.unwrap_or(offset);
        let local = Calendar::at(now, "", offset);
        let [year, month, day] = self.date.unwrap_or([local.year, local.month as i64, local.day]);
        let of_now =
            i128::from(local.hour * 3600 + local.minute * 60 + local.second) * SECOND + i128::from(local.nanosecond);
        // A date alone begins at midnight; a step alone goes on from now.
        let is_dated = self.date.is_some() || self.weekday.is_some();
        let usual = if self.is_from_now && !is_dated { of_now } else { 0 };
        let time = self.time.unwrap_or(usual);
        let months = (year + self.years)
            .checked_mul(12)?
            .checked_add(month - 1 + self.months)?;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        if !(-10_000..=10_000).contains(&year) {
            return None;
        }
        let mut days = days_before(year) + (1..month).map(|it| month_days(year, it)).sum::<i64>() + day - 1 + self.days;
        if let Some((weekday, count)) = self.weekday {
            let ahead = (weekday - (days + 4)).rem_euclid(7);
            let weeks = if count > 0 && ahead > 0 { count - 1 } else { count };
            days += ahead + 7 * weeks;
        }
        let seconds = i128::from(days) * 86_400 - i128::from(offset);
        i64::try_from(seconds * SECOND + time + self.nanoseconds).ok()
    }
}

fn is_number(token: &str) -> bool {
    token.bytes().all(|it| it.is_ascii_digit())
}

/// `+02`, `+0200`, `+02:00` in seconds, and what is behind.
fn zone<'t, 's>(sign: &str, hours: &str, rest: &'t [&'s str]) -> Option<(Option<i64>, &'t [&'s str])> {
    let (hours, minutes, rest) = match (hours.len(), rest) {
        (1 | 2, [":", minutes, rest @ ..]) => (digits(hours)?, digits(minutes)?, rest),
        (1 | 2, rest) => (digits(hours)?, 0, rest),
        (4, rest) => (digits(&hours[..2])?, digits(&hours[2..])?, rest),
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    Some((Some(if sign == "-" { -seconds } else { seconds }), rest))
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sunday, 13 September 2020, 12:26:40.
    const NOW: Stamp = 1_600_000_000_000_000_000;

    #[test]
    fn moments_are_read() {
        for (text, seconds) in [
            ("@5", Some(5)),
            ("@-1", Some(-1)),
            ("2020-01-02", Some(1_577_923_200)),
            ("2020-01-02 03:04:05", Some(1_577_934_245)),
            ("2020-01-02T03:04:05Z", Some(1_577_934_245)),
            ("2020-01-02 03:04:05+02:00", Some(1_577_927_045)),
            ("Jan 2 2020", Some(1_577_923_200)),
            ("2 January 2020", Some(1_577_923_200)),
            ("1970-01-01 00:00:10 UTC", Some(10)),
            ("2020-01-31 +1 month", Some(1_583_107_200)),
            ("2020-01-02 yesterday", Some(1_577_836_800)),
            ("now", Some(1_600_000_000)),
            ("1 hour ago", Some(1_599_996_400)),
            ("tomorrow", Some(1_600_086_400)),
            ("next monday", Some(1_600_041_600)),
            ("12:34", Some(1_600_000_440)),
            ("", Some(1_599_955_200)),
            ("nonsense", None),
            ("2020-13-01", None),
            ("2020-01-01 25:00", None),
            ("@99999999999999999999", None),
        ] {
            let stamp = seconds.map(|it: i64| it * 1_000_000_000);
            assert_eq!(read(text.as_bytes(), NOW, 0), stamp, "{text}");
        }
    }
}
