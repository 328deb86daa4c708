//! sleep.

use super::options::{Known, Usage};
use super::printf::read_float;
use super::quote::quoted;
use super::{Call, Made, Tool, Words, run, text};
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
    let wrong: Vec<_> = options.operands.iter().filter(|it| read_span(it).is_none()).collect();
    if let Some((last, others)) = wrong.split_last() {
        let what = |it: &[u8]| text!["invalid time interval ", quoted(it)];
        let said = others.iter().map(|it| text![what(it), "\n", words.name, ": "]);
        let said = [said.collect::<Vec<_>>().concat(), what(last)].concat();
        return Err(Usage::new(&words.name, &said, 1));
    }
    let spans = options.operands.iter().filter_map(|it| read_span(it));
    let span = spans.fold(Duration::ZERO, Duration::saturating_add);
    Ok(run(words.name, Sleep { span, until: None }))
}

/// A number of seconds, or of what the letter behind it says.
fn read_span(text: &[u8]) -> Option<Duration> {
    let (number, len) = read_float(text)?;
    let factor = match &text[len..] {
        b"" | b"s" => 1.0,
        b"m" => 60.0,
        b"h" => 3600.0,
        b"d" => 86_400.0,
        _ => return None,
    };
    let is_span = number >= 0.0;
    is_span.then(|| Duration::from_secs_f64((number * factor).min(SLEEP_SECONDS_MAX)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units() {
        for (text, seconds) in [
            ("0.5", Some(0.5)),
            ("2", Some(2.0)),
            ("1m", Some(60.0)),
            ("1d", Some(86_400.0)),
            ("1e-1", Some(0.1)),
            ("-1", None),
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
