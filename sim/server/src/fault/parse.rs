//! Faults as they are written on the command line: `NAME` or `NAME=VALUE`.

use super::Faults;
use std::time::Duration;

/// Bytes of garbage unless told otherwise.
const GARBAGE_BYTES: usize = 64;
/// Bytes of garbage at most.
const GARBAGE_BYTES_MAX: u64 = 1 << 20;

/// Every fault: its name, the form of its value and what it does.
pub(crate) const KNOWN: [(&str, &str, &str); 12] = [
    (
        "silent-for",
        "=TIME",
        "what is sent in the first TIME is lost, as before a guest\nhas booted",
    ),
    ("deaf", "=COUNT", "the first COUNT connections are never answered"),
    (
        "close-at-start",
        "=COUNT",
        "the first COUNT connections are closed at once; deaf\nones come after them",
    ),
    (
        "garbage-at-start",
        "[=BYTES]",
        "each connection begins with a line of garbage",
    ),
    (
        "stale-at-start",
        "",
        "each connection begins with one reply and a half to a\nclient of long ago",
    ),
    ("delay", "=TIME", "each piece of a reply comes so much later"),
    ("chunk", "=BYTES", "replies come in pieces of so many bytes"),
    ("lose", "=COUNT", "one byte of the replies in COUNT is lost, by chance"),
    ("garble", "=COUNT", "one byte of the replies in COUNT has a bit turned"),
    (
        "drop-after",
        "=BYTES",
        "a connection closes after so many bytes of replies",
    ),
    (
        "hang",
        "=COMMAND[:TIME]",
        "a command is done and never answered, or TIME later",
    ),
    ("seed", "=NUMBER", "where chance begins; without it 0"),
];

impl Faults {
    /// Adds a fault. The error says what is wrong and what there is.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if !KNOWN.iter().any(|(known, ..)| *known == name) {
            let known: Vec<&str> = KNOWN.iter().map(|(known, ..)| *known).collect();
            return Err(format!("no fault is called '{name}'; there are {}", known.join(", ")));
        }
        self.set(name, value).map_err(|wanted| match value {
            Some(value) => format!("{name}: '{value}' is not {wanted}"),
            None => format!("{name} needs {wanted}: {name}=…"),
        })
    }

    /// The error is what the value should be.
    fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), &'static str> {
        match name {
            "silent-for" => self.silent_for = time(value)?,
            "deaf" => self.deaf = number(value)?,
            "close-at-start" => self.closed = number(value)?,
            "garbage-at-start" => self.garbage = garbage(value)?,
            "stale-at-start" => self.stale = nothing(value)?,
            "delay" => self.delay = time(value)?,
            "chunk" => self.chunk = Some(usize::try_from(positive(value)?).unwrap_or(usize::MAX)),
            "lose" => self.lose = Some(positive(value)?),
            "garble" => self.garble = Some(positive(value)?),
            "drop-after" => self.drop_after = Some(number(value)?),
            "hang" => self.hang.push(command(value)?),
            _ => self.seed = number(value)?,
        }
        Ok(())
    }
}

const NUMBER: &str = "a whole number";
const POSITIVE: &str = "a whole number above 0";
const TIME: &str = "a time such as 50ms or 2s";

fn number(value: Option<&str>) -> Result<u64, &'static str> {
    value.and_then(|it| it.parse().ok()).ok_or(NUMBER)
}

fn positive(value: Option<&str>) -> Result<u64, &'static str> {
    number(value).ok().filter(|number| *number > 0).ok_or(POSITIVE)
}

fn garbage(value: Option<&str>) -> Result<usize, &'static str> {
    match value {
        None => Ok(GARBAGE_BYTES),
        Some(_) => match positive(value)? {
            bytes @ ..=GARBAGE_BYTES_MAX => Ok(usize::try_from(bytes).unwrap_or(GARBAGE_BYTES)),
            _ => Err("a number of bytes up to 1048576"),
        },
    }
}

fn nothing(value: Option<&str>) -> Result<bool, &'static str> {
    if value.is_none() {
        Ok(true)
    } else {
        Err("wanted: it takes no value")
    }
}

fn time(value: Option<&str>) -> Result<Duration, &'static str> {
    let value = value.ok_or(TIME)?;
    let (digits, unit) = match value.strip_suffix("ms") {
        Some(digits) => (digits, Duration::from_millis(1)),
        None => (value.strip_suffix('s').ok_or(TIME)?, Duration::from_secs(1)),
    };
    digits
        .parse()
        .ok()
        .and_then(|count| unit.checked_mul(count))
        .ok_or(TIME)
}

fn command(value: Option<&str>) -> Result<(String, Option<Duration>), &'static str> {
    let value = value
        .filter(|it| !it.is_empty())
        .ok_or("a command such as guest-exec or guest-exec:5s")?;
    match value.split_once(':') {
        None => Ok((value.to_owned(), None)),
        Some((name, span)) => Ok((name.to_owned(), Some(time(Some(span))?))),
    }
}
