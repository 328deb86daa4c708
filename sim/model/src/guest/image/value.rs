//! Values of an image that TOML has no type for.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use toml::Spanned;

use super::Problem;
use crate::guest::errno::Errno;

/// A number of bytes: an integer, or a string such as `"20 GiB"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

/// Units of a size, with their bytes.
const UNITS: [(&str, u64); 5] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes, or a string such as \"20 GiB\" (B, KiB, MiB, GiB, TiB)")
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<Size, E> {
        u64::try_from(bytes)
            .map(Size)
            .map_err(|_| E::custom("a size cannot be negative, expected 0 or more"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        parse_size(text)
            .map(Size)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

fn parse_size(text: &str) -> Option<u64> {
    parse_with_unit(text, &UNITS)
}

/// A number with its unit, in the smallest unit.
fn parse_with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// A span of time, written as a string such as `"600 ms"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span(pub Duration);

/// Units of time, with their nanoseconds.
const TIME_UNITS: [(&str, u64); 5] = [
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        let text = String::deserialize(deserializer)?;
        let unknown = || {
            D::Error::custom(format!(
                "`{text}` is no span of time, expected one such as \"600 ms\" (us, ms, s, min, h)"
            ))
        };
        parse_with_unit(&text, &TIME_UNITS)
            .map(|it| Span(Duration::from_nanos(it)))
            .ok_or_else(unknown)
    }
}

/// Permission bits, written as an octal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Octal(i64);

impl Octal {
    /// The bits, if they are written in octal and there are such bits.
    pub fn check(value: &Spanned<Octal>, text: &str) -> Result<u16, Problem> {
        let written = text.get(value.span()).unwrap_or_default();
        let bits = u16::try_from(value.get_ref().0).ok().filter(|it| *it <= 0o7777);
        match bits {
            Some(bits) if written.starts_with("0o") => Ok(bits),
            _ => {
                let what = format!("`{written}` is no set of permissions");
                Err(Problem::new(
                    value.span(),
                    what,
                    "write them in octal, such as 0o644, up to 0o7777",
                ))
            }
        }
    }
}

/// An error of the kernel, written as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode(pub Errno);

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ErrorCode, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || {
            D::Error::custom(format!(
                "unknown error `{name}`, expected a name such as \"EIO\" or \"EACCES\""
            ))
        };
        Errno::find(&name).map(ErrorCode).ok_or_else(unknown)
    }
}
