//! Arithmetic: `$((…))`.

use super::lex::{is_name, is_variable};
use super::variables::Variables;
use crate::guest::tools::text;

/// Parentheses and signs that may stand within each other.
const DEPTH_MAX: u32 = 100;

/// Binary operators by how strongly they bind, the weakest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Assignments, the longest first.
const ASSIGNMENTS: [&str; 11] = ["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=", "="];

/// Evaluates an expression.
///
/// # Errors
/// What is said of one that cannot be.
pub(super) fn evaluate(expression: &[u8], variables: &mut Variables) -> Result<i64, Vec<u8>> {
    let mut reader = Reader {
        text: expression,
        at: 0,
        variables,
        depth: 0,
        whole: expression,
    };
    let value = reader.assignment(true)?;
    reader.skip_blanks();
    if reader.at < reader.text.len() {
        return reader.error("expecting EOF");
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    variables: &'a mut Variables,
    depth: u32,
    whole: &'a [u8],
}

impl Reader<'_> {
    fn error<T>(&self, what: &str) -> Result<T, Vec<u8>> {
        Err(text!["arithmetic expression: ", what, ": \"", self.whole, "\""])
    }

    fn skip_blanks(&mut self) {
        while self
            .text
            .get(self.at)
            .is_some_and(|it| matches!(it, b' ' | b'\t' | b'\n'))
        {
            self.at += 1;
        }
    }

    fn rest(&mut self) -> &[u8] {
        self.skip_blanks();
        &self.text[self.at..]
    }

    fn take(&mut self, operator: &str) -> bool {
        let is_next = self.rest().starts_with(operator.as_bytes());
        self.at += if is_next { operator.len() } else { 0 };
        is_next
    }

    /// An expression; `counts` tells whether it is evaluated or only read.
    fn assignment(&mut self, counts: bool) -> Result<i64, Vec<u8>> {
        let start = self.at;
        let name = self.name();
        if let Some(name) = name.filter(|it| is_variable(it)) {
            let operator = ASSIGNMENTS.iter().find(|it| self.next_is_assignment(it)).copied();
            if let Some(operator) = operator {
                self.take(operator);
                let value = self.assignment(counts)?;
                return self.assign(&name, operator, value, counts);
            }
        }
        self.at = start;
        self.conditional(counts)
    }

    fn next_is_assignment(&mut self, operator: &str) -> bool {
        let rest = self.rest();
        rest.starts_with(operator.as_bytes()) && !(operator == "=" && rest.starts_with(b"=="))
    }

    fn assign(&mut self, name: &[u8], operator: &str, value: i64, counts: bool) -> Result<i64, Vec<u8>> {
        if !counts {
            return Ok(value);
        }
        let value = match operator.strip_suffix('=') {
            None | Some("") => value,
            Some(binary) => {
                let before = self.variable(name)?;
                self.apply(binary, before, value)?
            }
        };
        self.variables.set(name, value.to_string().into_bytes())?;
        Ok(value)
    }

    fn conditional(&mut self, counts: bool) -> Result<i64, Vec<u8>> {
        let condition = self.binary(0, counts)?;
        if !self.take("?") {
            return Ok(condition);
        }
        self.deeper(|it| {
            let then = it.assignment(counts && condition != 0)?;
            if !it.take(":") {
                return it.error("expecting ':'");
            }
            let otherwise = it.assignment(counts && condition == 0)?;
            Ok(if condition != 0 { then } else { otherwise })
        })
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Vec<u8>>) -> Result<T, Vec<u8>> {
        if self.depth >= DEPTH_MAX {
            return self.error("nesting too deep");
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn binary(&mut self, level: usize, counts: bool) -> Result<i64, Vec<u8>> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary(counts);
        };
        let mut value = self.binary(level + 1, counts)?;
        while let Some(operator) = operators.iter().find(|it| self.next_is_binary(it)).copied() {
            self.take(operator);
            let needs_right = match operator {
                "&&" => value != 0,
                "||" => value == 0,
                _ => true,
            };
            let right = self.binary(level + 1, counts && needs_right)?;
            if counts {
                value = self.apply(operator, value, right)?;
            }
        }
        Ok(value)
    }

    /// Whether this operator comes next, and no longer one that begins like it.
    fn next_is_binary(&mut self, operator: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(operator.as_bytes()) else {
            return false;
        };
        match (operator, after.first()) {
            ("|" | "&" | "<" | ">", Some(next)) if operator.as_bytes() == [*next] => false,
            ("==" | "!=" | "<=" | ">=" | "||" | "&&", _) => true,
            (_, Some(b'=')) => false,
            _ => true,
        }
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, Vec<u8>> {
        Ok(match operator {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(right as u32),
            ">>" => left.wrapping_shr(right as u32),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            _ if right == 0 => return self.error("division by zero"),
            "/" => left.wrapping_div(right),
            _ => left.wrapping_rem(right),
        })
    }

    fn unary(&mut self, counts: bool) -> Result<i64, Vec<u8>> {
        for operator in ["!", "~", "-", "+"] {
            if self.take(operator) {
                let value = self.deeper(|it| it.unary(counts))?;
                return Ok(match operator {
                    "!" => i64::from(value == 0),
                    "~" => !value,
                    "-" => value.wrapping_neg(),
                    _ => value,
                });
            }
        }
        if self.take("(") {
            let value = self.deeper(|it| it.assignment(counts))?;
            return if self.take(")") {
                Ok(value)
            } else {
                self.error("expecting ')'")
            };
        }
        match self.name() {
            Some(name) if is_variable(&name) => self.variable(&name),
            Some(digits) => match number(&digits) {
                Some(value) => Ok(value),
                None => self.error("expecting primary"),
            },
            None => self.error("expecting primary"),
        }
    }

    /// Letters and digits.
    fn name(&mut self) -> Option<Vec<u8>> {
        let rest = self.rest();
        let len = rest.iter().take_while(|it| is_name(**it)).count();
        let name = rest[..len].to_vec();
        self.at += len;
        (len > 0).then_some(name)
    }

    fn variable(&self, name: &[u8]) -> Result<i64, Vec<u8>> {
        let value = self.variables.get(name).unwrap_or_default().trim_ascii();
        if value.is_empty() {
            return Ok(0);
        }
        let (sign, digits) = match value.strip_prefix(b"-") {
            Some(digits) => (-1, digits),
            None => (1, value.strip_prefix(b"+").unwrap_or(value)),
        };
        number(digits)
            .map(|it| it.wrapping_mul(sign))
            .ok_or_else(|| text!["Illegal number: ", value])
    }
}

/// A number in base 8, 10 or 16.
fn number(text: &[u8]) -> Option<i64> {
    let (base, digits) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', digits @ ..] if !digits.is_empty() => (8, digits),
        digits => (10, digits),
    };
    let digits = std::str::from_utf8(digits).ok()?;
    let is_plain = !digits.is_empty() && digits.chars().all(|it| it.is_digit(base));
    is_plain.then(|| i64::from_str_radix(digits, base).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_values() {
        let mut variables = Variables::default();
        variables.set(b"x", b"7".to_vec()).expect("it can be set");
        for (expression, value) in [
            ("1+2*3", 7),
            ("(1+2)*3", 9),
            ("-x", -7),
            ("10 % 4 - 1", 1),
            ("1 << 4 | 1", 17),
            ("x > 6 && x < 8", 1),
            ("x == 7 ? 10 : 20", 10),
            ("0 && (y = 5)", 0),
            ("y", 0),
            ("z = x + 1", 8),
            ("z", 8),
            ("z += 2", 10),
            ("0x1f + 010", 39),
            ("!0 + ~0", 0),
            ("5 - 3 - 1", 1),
            ("2 != 3", 1),
            ("  7  ", 7),
            ("9223372036854775807 + 1", i64::MIN),
        ] {
            assert_eq!(
                evaluate(expression.as_bytes(), &mut variables),
                Ok(value),
                "{expression}"
            );
        }
    }

    #[test]
    fn what_is_no_expression_is_told() {
        let mut variables = Variables::default();
        variables.set(b"word", b"abc".to_vec()).expect("it can be set");
        for (expression, why) in [
            ("1/0", "arithmetic expression: division by zero: \"1/0\""),
            ("1+", "arithmetic expression: expecting primary: \"1+\""),
            ("x y", "arithmetic expression: expecting EOF: \"x y\""),
            ("(1", "arithmetic expression: expecting ')': \"(1\""),
            ("word", "Illegal number: abc"),
        ] {
            assert_eq!(
                evaluate(expression.as_bytes(), &mut variables),
                Err(why.into()),
                "{expression}"
            );
        }
        let deep = "(".repeat(10_000);
        assert!(evaluate(deep.as_bytes(), &mut variables).is_err());
    }
}
