//! date.

pub(super) mod read;

use super::calendar::Calendar;
use super::options::{Known, Usage};
use super::quote::quoted;
use super::{Call, Made, OrSay, Trouble, Words, text};
use crate::guest::fs::inode::Stamp;

/// What date prints unless it is told how.
const USUAL: &[u8] = b"%a %b %e %H:%M:%S %Z %Y";

/// As it is written in letters.
const LETTERS: &[u8] = b"%a, %d %b %Y %H:%M:%S %z";

/// How exactly a moment is told, and how.
type Exactness = (&'static str, &'static [u8]);

const ISO: [Exactness; 5] = [
    ("hours", b"%Y-%m-%dT%H%:z"),
    ("minutes", b"%Y-%m-%dT%H:%M%:z"),
    ("date", b"%Y-%m-%d"),
    ("seconds", b"%Y-%m-%dT%H:%M:%S%:z"),
    ("ns", b"%Y-%m-%dT%H:%M:%S,%N%:z"),
];

const RFC_3339: [Exactness; 3] = [
    ("date", b"%Y-%m-%d"),
    ("seconds", b"%Y-%m-%d %H:%M:%S%:z"),
    ("ns", b"%Y-%m-%d %H:%M:%S.%N%:z"),
];

/// Which moment is told, and how.
#[derive(Clone, Debug)]
struct Date {
    text: Option<Vec<u8>>,
    file: Option<Vec<u8>>,
    is_utc: bool,
    format: Vec<u8>,
}

pub(super) fn date(mut words: Words) -> Made {
    const KNOWN: Known = Known::letters("d:r:uI:RF:").names(&[
        ("date", b'd'),
        ("reference", b'r'),
        ("utc", b'u'),
        ("universal", b'u'),
        ("iso-8601", b'I'),
        ("rfc-email", b'R'),
        ("rfc-2822", b'R'),
        ("rfc-3339", b'F'),
    ]);
    // This option has a value only where it is joined to it.
    for word in &mut words.arguments {
        match word.as_slice() {
            b"-I" => *word = b"-Idate".to_vec(),
            b"--iso-8601" => *word = b"--iso-8601=date".to_vec(),
            _ => {}
        }
    }
    let options = words.options(KNOWN)?;
    let mut format = USUAL.to_vec();
    for (letter, value) in options.given() {
        format = match letter {
            b'I' => exactness(&words.name, value, "--iso-8601", &ISO)?,
            b'F' => exactness(&words.name, value, "--rfc-3339", &RFC_3339)?,
            b'R' => LETTERS.to_vec(),
            _ => format,
        };
    }
    match options.operands.as_slice() {
        [] => {}
        [_, extra, ..] => return Err(Usage::new(&words.name, &text!["extra operand ", quoted(extra)], 1)),
        [one] => match one.strip_prefix(b"+") {
            Some(given) => format = given.to_vec(),
            None if options.has(b'd') || options.has(b'r') => {
                let what = text!["the argument ", quoted(one), " lacks a leading '+';\n"];
                let why = "when using an option to specify date(s), any non-option\n\
                           argument must be a format string beginning with '+'";
                return Err(Usage::new(&words.name, &text![what, why], 1));
            }
            None => return Err(Usage::plain(text!["invalid date ", quoted(one)], 1)),
        },
    }
    let date = Date {
        text: options.value(b'd').map(<[u8]>::to_vec),
        file: options.value(b'r').map(<[u8]>::to_vec),
        is_utc: options.has(b'u'),
        format,
    };
    super::each::each_of(words.name, date, vec![Vec::new()], |call, date, _| tell(call, date))
}

fn exactness(name: &[u8], value: &[u8], option: &str, known: &[Exactness]) -> Result<Vec<u8>, Usage> {
    let found = known
        .iter()
        .find(|(it, _)| !value.is_empty() && it.as_bytes().starts_with(value));
    found.map(|(_, format)| format.to_vec()).ok_or_else(|| {
        let valid: String = known.iter().map(|(it, _)| format!("\n  - '{it}'")).collect();
        let what = text![
            "invalid argument ",
            quoted(value),
            " for '",
            option,
            "'\nValid arguments are:",
            valid
        ];
        Usage::new(name, &what, 1)
    })
}

fn tell(call: &mut Call<'_, '_>, date: &Date) -> Result<(), Trouble> {
    let (name, offset) = zone(call, date.is_utc);
    let stamp = moment(call, date, offset)?;
    let shown = Calendar::at(stamp, &name, offset).filled(&date.format);
    call.out.print(&text![shown, "\n"]);
    Ok(())
}

fn moment(call: &mut Call<'_, '_>, date: &Date, offset: i64) -> Result<Stamp, Trouble> {
    let now = call.sys.guest.fs.clock();
    if let Some(path) = &date.file {
        let stat = call.sys.calls(|sys| sys.stat(path));
        return Ok(stat.or_say(|why| text![path, ": ", why])?.modified);
    }
    match &date.text {
        None => Ok(now),
        Some(text) => {
            let wrong = || Trouble::Say(text!["invalid date ", quoted(text)]);
            read::read(text, now, offset).ok_or_else(wrong)
        }
    }
}

/// The name of the time zone, and how many seconds it is east of UTC: that of the
/// environment where it says it in full, such as `UTC+3`, or else the machine's.
fn zone(call: &mut Call<'_, '_>, is_utc: bool) -> (String, i64) {
    let variable = crate::guest::process::search::variable(call.sys.environment(), b"TZ");
    let clock = &call.sys.guest.clock;
    match variable {
        _ if is_utc => ("UTC".to_owned(), 0),
        None => (clock.zone.clone(), clock.zone_offset),
        Some(text) => zone_in(text).unwrap_or_else(|| (clock.zone.clone(), clock.zone_offset)),
    }
}

/// A name and the hours west of UTC.
fn zone_in(text: &[u8]) -> Option<(String, i64)> {
    let text = std::str::from_utf8(text).ok()?;
    let end = text.find(|it: char| !it.is_ascii_alphabetic()).unwrap_or(text.len());
    let (name, hours) = text.split_at(end);
    if name.len() < 3 {
        return matches!(text, "").then(|| ("UTC".to_owned(), 0));
    }
    if hours.is_empty() {
        return matches!(name, "UTC" | "GMT").then(|| (name.to_owned(), 0));
    }
    let (sign, digits) = match hours.strip_prefix('-') {
        Some(digits) => (1, digits),
        None => (-1, hours.trim_start_matches('+')),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
    Some((name.to_owned(), sign * seconds))
}
