//! seq.

use super::options::{Known, Options, Usage};
use super::printf::{self, Dialect, read_float};
use super::quote::quoted;
use super::{Call, Made, Tool, Words, run, text};
use crate::guest::program::Turn;

/// Bytes written in a turn.
const CHUNK_BYTES: usize = 16 * 1024;

/// How much longer writing numbers in a format takes than copying bytes: as much as it
/// takes here, so that a row without end does not keep others from their turn.
const FORMAT_COST: usize = 64;

/// Digits behind the point.
const PRECISION_MAX: usize = 64;

/// Numbers in a row.
#[derive(Clone, Debug)]
struct Seq {
    numbers: Numbers,
    separator: Vec<u8>,
    width: usize,
    is_first: bool,
}

#[derive(Clone, Debug)]
enum Numbers {
    Whole {
        next: i128,
        step: i128,
        last: i128,
        /// The last number that was written, where the next is the one after it.
        digits: Option<Vec<u8>>,
    },
    /// With a point, or in a format.
    Real {
        first: f64,
        step: f64,
        last: f64,
        index: u64,
        format: Vec<u8>,
    },
}

/// An operand, and how it was written.
#[derive(Clone, Copy, Debug)]
struct Operand {
    value: f64,
    whole: Option<i128>,
    precision: usize,
}

pub(super) fn seq(words: Words) -> Made {
    const KNOWN: Known = Known::letters("s:wf:")
        .names(&[("separator", b's'), ("equal-width", b'w'), ("format", b'f')])
        .operands_end_options();
    let options = options(&words, KNOWN)?;
    let wrong = |it: &[u8]| Usage::new(&words.name, &text!["invalid floating point argument: ", quoted(it)], 1);
    let read = |it: &Vec<u8>| operand(it).ok_or_else(|| wrong(it));
    if let Some(extra) = options.operands.get(3) {
        return Err(Usage::new(&words.name, &text!["extra operand ", quoted(extra)], 1));
    }
    let given = options
        .operands
        .iter()
        .map(read)
        .collect::<Result<Vec<Operand>, Usage>>()?;
    let one = Operand {
        value: 1.0,
        whole: Some(1),
        precision: 0,
    };
    let (first, step, last) = match given.as_slice() {
        [] => return Err(words.missing_operand(1)),
        [last] => (one, one, *last),
        [first, last] => (*first, one, *last),
        [first, step, last, ..] => (*first, *step, *last),
    };
    if step.value == 0.0 {
        let what = text!["invalid Zero increment value: ", quoted(&options.operands[1])];
        return Err(Usage::new(&words.name, &what, 1));
    }
    let precision = first.precision.max(step.precision);
    let format = options.value(b'f').map(<[u8]>::to_vec);
    if let Some(why) = format.as_deref().and_then(wrong_format) {
        return Err(Usage::plain(why, 1));
    }
    let width = match options.has(b'w') {
        true => [first, last]
            .map(|it| width(it, precision))
            .into_iter()
            .max()
            .unwrap_or(0),
        false => 0,
    };
    let whole = (first.whole, step.whole, last.whole, &format);
    let numbers = match whole {
        (Some(next), Some(step), Some(last), None) => Numbers::Whole {
            next,
            step,
            last,
            digits: None,
        },
        _ => Numbers::Real {
            first: first.value,
            step: step.value,
            last: last.value,
            index: 0,
            format: format.unwrap_or_else(|| format!("%0{width}.{precision}f").into_bytes()),
        },
    };
    let seq = Seq {
        numbers,
        separator: options.value(b's').unwrap_or(b"\n").to_vec(),
        width,
        is_first: true,
    };
    Ok(run(words.name, seq))
}

/// Options end at the first number, also at a negative one.
fn options(words: &Words, known: Known) -> Result<Options, Usage> {
    let is_number = |it: &Vec<u8>| matches!(it.as_slice(), [b'-', b'0'..=b'9' | b'.', ..]);
    let at = words
        .arguments
        .iter()
        .position(is_number)
        .unwrap_or(words.arguments.len());
    let (before, numbers) = words.arguments.split_at(at);
    let front = Words {
        name: words.name.clone(),
        arguments: before.to_vec(),
    };
    let mut options = front.options(known)?;
    options.operands.extend_from_slice(numbers);
    Ok(options)
}

fn operand(text: &[u8]) -> Option<Operand> {
    let (value, len) = read_float(text)?;
    if len != text.len() || value.is_nan() {
        return None;
    }
    let exponent = text
        .iter()
        .position(|it| matches!(it, b'e' | b'E'))
        .unwrap_or(text.len());
    let point = text[..exponent].iter().position(|it| *it == b'.');
    let behind = point.map_or(0, |at| exponent - at - 1) as i64;
    let shift: i64 = std::str::from_utf8(text.get(exponent + 1..).unwrap_or_default())
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(0);
    let precision = behind.saturating_sub(shift).clamp(0, PRECISION_MAX as i64) as usize;
    let is_exact = value.fract() == 0.0 && value.abs() < 9e15;
    let digits = std::str::from_utf8(text).ok()?;
    let whole = digits.trim_start_matches('+').parse().ok();
    Some(Operand {
        value,
        whole: whole.or((is_exact && precision == 0).then_some(value as i128)),
        precision,
    })
}

/// Columns of a number with so many digits behind its point.
fn width(number: Operand, precision: usize) -> usize {
    match number.whole.filter(|_| precision == 0) {
        Some(whole) => whole.to_string().len(),
        None => format!("{:.precision$}", number.value).len(),
    }
}

/// What is wrong with a format: it must have one conversion of a real number.
fn wrong_format(format: &[u8]) -> Option<Vec<u8>> {
    let mut conversions = 0;
    let mut rest = format;
    while let Some(at) = rest.iter().position(|it| *it == b'%') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(b"%") {
            rest = after;
            continue;
        }
        conversions += 1;
        let end = rest.iter().position(|it| !b"-+#0 '.123456789".contains(it));
        match end.map(|at| rest[at]) {
            None => return Some(text!["format ", quoted(format), " ends in %"]),
            Some(letter) if !b"efgaEFGA".contains(&letter) => {
                return Some(text![
                    "format ",
                    quoted(format),
                    " has unknown %",
                    [letter],
                    " directive"
                ]);
            }
            Some(_) => {}
        }
    }
    match conversions {
        0 => Some(text!["format ", quoted(format), " has no % directive"]),
        1 => None,
        _ => Some(text!["format ", quoted(format), " has too many % directives"]),
    }
}

/// Whether the digits of each number are those of the one before, counted up.
fn counts(first: i128, step: i128) -> bool {
    first >= 0 && step == 1
}

/// Digits that are one more.
fn count_up(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

impl Numbers {
    fn is_over(&self) -> bool {
        match self {
            Numbers::Whole { next, step, last, .. } if *step > 0 => next > last,
            Numbers::Whole { next, last, .. } => next < last,
            Numbers::Real { step, last, .. } if *step > 0.0 => self.value() > *last,
            Numbers::Real { last, .. } => self.value() < *last,
        }
    }

    fn value(&self) -> f64 {
        match self {
            Numbers::Whole { next, .. } => *next as f64,
            Numbers::Real { first, step, index, .. } => first + *index as f64 * step,
        }
    }

    fn take(&mut self, width: usize, is_first: bool, chunk: &mut Vec<u8>) {
        match self {
            Numbers::Whole { next, step, digits, .. } => {
                match digits.as_mut().filter(|_| !is_first) {
                    Some(digits) => count_up(digits),
                    None => *digits = counts(*next, *step).then(|| format!("{next:0width$}").into_bytes()),
                }
                match digits {
                    Some(digits) => chunk.extend_from_slice(digits),
                    None => chunk.extend_from_slice(format!("{next:0width$}").as_bytes()),
                }
                *next += *step;
            }
            Numbers::Real {
                first,
                step,
                index,
                format,
                ..
            } => {
                let value = *first + *index as f64 * *step;
                // The shortest text of a number is read back as the same number.
                let value = value.to_string().into_bytes();
                chunk.extend(printf::format(format, &[value], Dialect::Gnu).bytes);
                *index += 1;
            }
        }
    }

    fn cost(&self) -> usize {
        match self {
            Numbers::Whole { .. } => 0,
            Numbers::Real { .. } => FORMAT_COST,
        }
    }
}

impl Tool for Seq {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        let mut chunk = Vec::new();
        while !self.numbers.is_over() && chunk.len() < CHUNK_BYTES {
            let is_first = std::mem::replace(&mut self.is_first, false);
            if !is_first {
                chunk.extend_from_slice(&self.separator);
            }
            self.numbers.take(self.width, is_first, &mut chunk);
        }
        let is_over = self.numbers.is_over();
        if is_over && !self.is_first {
            chunk.push(b'\n');
        }
        call.sys.charge(self.numbers.cost() * chunk.len());
        call.out.write_to(1, chunk);
        if is_over { Turn::Exit(0) } else { Turn::Again }
    }
}
