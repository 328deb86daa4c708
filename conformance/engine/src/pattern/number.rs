//! Numbers as they are written: integers stay integers, of any size.

use super::Number;
use std::cmp::Ordering;

impl Number {
    /// Whether it is written without fraction and exponent.
    pub fn is_integer(&self) -> bool {
        is_integer(&self.0)
    }

    /// Whether the number written as `other` is the same: two integers by their
    /// value, two others by their double, and never one of each.
    pub fn equals(&self, other: &str) -> bool {
        match (is_integer(&self.0), is_integer(other)) {
            (true, true) => compare(&self.0, other) == Ordering::Equal,
            (false, false) => same_double(&self.0, other),
            _ => false,
        }
    }
}

/// Whether a JSON number is written without fraction and exponent.
pub(super) fn is_integer(text: &str) -> bool {
    !text.contains(['.', 'e', 'E'])
}

/// The order of two integers, however long they are.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Integer::read(left), Integer::read(right));
    match (left.negative, right.negative) {
        (false, false) => left.size().cmp(&right.size()),
        (true, true) => right.size().cmp(&left.size()),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

struct Integer<'a> {
    negative: bool,
    digits: &'a str,
}

impl Integer<'_> {
    /// JSON allows no leading zeros, so more digits are a greater number; zero has
    /// no sign.
    fn read(text: &str) -> Integer<'_> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        Integer {
            negative: text.starts_with('-') && digits != "0",
            digits,
        }
    }

    fn size(&self) -> (usize, &str) {
        (self.digits.len(), self.digits)
    }
}

/// Numbers beyond the doubles are the same only if they are written the same.
fn same_double(left: &str, right: &str) -> bool {
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(a), Ok(b)) if a.is_finite() && b.is_finite() => a == b,
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_compared_by_value_and_never_with_others() {
        let big = "18446744073709551615";
        for (left, right, same) in [
            ("1", "1", true),
            ("1", "2", false),
            ("1", "1.0", false),
            ("1.0", "1", false),
            ("1.0", "1e0", true),
            ("0.1", "0.10000000000000001", true),
            ("0.1", "0.2", false),
            ("-0", "0", true),
            (big, big, true),
            (big, "18446744073709551616", false),
            ("9007199254740993", "9007199254740992", false),
            ("1e400", "1e400", true),
            ("1e400", "1e401", false),
        ] {
            assert_eq!(Number(left.to_owned()).equals(right), same, "{left} and {right}");
        }
    }

    #[test]
    fn integers_have_an_order() {
        let order = ["-100", "-20", "-3", "0", "4", "30", "200", "18446744073709551616"];
        for (at, left) in order.iter().enumerate() {
            for (other, right) in order.iter().enumerate() {
                assert_eq!(compare(left, right), at.cmp(&other), "{left} and {right}");
            }
        }
    }
}
