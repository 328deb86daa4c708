//! touch.

use super::create::make_file;
use super::date;
use super::each::each_of;
use super::options::{Known, Usage};
use super::quote::quoted;
use super::{Call, Made, OrSay, Trouble, Words, text};
use crate::guest::fs::inode::Stamp;

/// When a file is said to have been changed, and what is not made.
#[derive(Clone, Debug)]
struct Touching {
    when: When,
    only_existing: bool,
}

#[derive(Clone, Debug)]
enum When {
    Now,
    /// As people write it.
    Text(Vec<u8>),
    /// As another file.
    File(Vec<u8>),
}

pub(super) fn touch(words: Words) -> Made {
    const KNOWN: Known = Known::letters("camhd:t:r:").names(&[
        ("no-create", b'c'),
        ("date", b'd'),
        ("reference", b'r'),
        ("no-dereference", b'h'),
    ]);
    let options = words.options(KNOWN)?;
    if options.operands.is_empty() {
        return Err(Usage::new(&words.name, b"missing file operand", 1));
    }
    let when = match (options.value(b'd'), options.value(b't'), options.value(b'r')) {
        (Some(text), ..) => When::Text(text.to_vec()),
        (_, Some(digits), _) => {
            let wrong = || Usage::plain(text!["invalid date format ", quoted(digits)], 1);
            When::Text(date_in_digits(digits).ok_or_else(wrong)?)
        }
        (_, _, Some(path)) => When::File(path.to_vec()),
        _ => When::Now,
    };
    let only_existing = options.has(b'c');
    let touching = Touching { when, only_existing };
    each_of(words.name, touching, options.operands, |call, touching, path| {
        let when = moment(call, &touching.when)?;
        let exists = call.sys.calls(|sys| sys.stat(path)).is_ok();
        if !exists && touching.only_existing {
            return Ok(());
        }
        let made = if exists { Ok(()) } else { make_file(call, path) };
        let touched = made.and_then(|()| call.sys.calls(|sys| sys.set_modified(path, when)));
        touched.or_say(|why| text!["cannot touch ", quoted(path), ": ", why])
    })
}

fn moment(call: &mut Call<'_, '_>, when: &When) -> Result<Option<Stamp>, Trouble> {
    match when {
        When::Now => Ok(None),
        When::File(path) => {
            let stat = call.sys.calls(|sys| sys.stat(path));
            let stat = stat.or_say(|why| text!["failed to get attributes of ", quoted(path), ": ", why])?;
            Ok(Some(stat.modified))
        }
        When::Text(text) => {
            let (now, offset) = (call.sys.guest.fs.clock(), call.sys.guest.clock.zone_offset);
            let wrong = || Trouble::Say(text!["invalid date format ", quoted(text)]);
            date::read::read(text, now, offset).map(Some).ok_or_else(wrong)
        }
    }
}

/// `[[CC]YY]MMDDhhmm[.ss]` as other tools write it; without a year it is none.
fn date_in_digits(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let (digits, seconds) = text.split_once('.').unwrap_or((text, "00"));
    let all_digits = digits.bytes().chain(seconds.bytes()).all(|it| it.is_ascii_digit());
    let year = match digits.len() {
        12 => digits[..4].to_owned(),
        10 if &digits[..2] < "69" => format!("20{}", &digits[..2]),
        10 => format!("19{}", &digits[..2]),
        _ => return None,
    };
    let rest = &digits[digits.len() - 8..];
    let [month, day, hour, minute] = [0, 2, 4, 6].map(|at| &rest[at..at + 2]);
    let date = format!("{year}-{month}-{day} {hour}:{minute}:{seconds}");
    (all_digits && seconds.len() == 2).then(|| date.into_bytes())
}
