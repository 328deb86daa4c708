//! A value as a person reads it: on one line where it is short, else member by member.

use serde_json::Value;

/// Columns that a value may take on one line.
const COLUMNS_MAX: usize = 96;

/// The value over as many lines as it takes; all but the first begin with `indent` spaces.
pub(super) fn show(value: &Value, indent: usize) -> String {
    let mut out = String::new();
    write(&mut out, value, indent, indent);
    out
}

/// The value on one line.
pub(super) fn line(value: &Value) -> String {
    let mut out = String::new();
    write_line(&mut out, value);
    out
}

/// `column` is where the value begins.
fn write(out: &mut String, value: &Value, indent: usize, column: usize) {
    let whole = line(value);
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, it)| (format!("{}: ", quoted(name)), it))
            .collect(),
        Value::Array(items) => items.iter().map(|it| (String::new(), it)).collect(),
        _ => Vec::new(),
    };
    if parts.is_empty() || column + whole.chars().count() <= COLUMNS_MAX {
        out.push_str(&whole);
        return;
    }
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    let inner = indent + 2;
    out.push(open);
    let last = parts.len() - 1;
    for (at, (name, part)) in parts.into_iter().enumerate() {
        out.push('\n');
        out.push_str(&" ".repeat(inner));
        out.push_str(&name);
        write(out, part, inner, inner + name.chars().count());
        out.push_str(if at < last { "," } else { "" });
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(close);
}

fn write_line(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            out.push('{');
            for (at, (name, it)) in members.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&quoted(name));
                out.push_str(": ");
                write_line(out, it);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, it) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write_line(out, it);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn quoted(name: &str) -> String {
    Value::from(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn short_values_stand_on_a_line_and_long_ones_do_not() {
        assert_eq!(
            show(&json!({"return": {"a": [1, {}, null]}}), 8),
            r#"{"return": {"a": [1, {}, null]}}"#
        );
        let long = json!({"return": [{"name": "x".repeat(60)}, {"name": "y".repeat(60)}], "id": 1});
        let lines: Vec<String> = show(&long, 2).lines().map(str::to_owned).collect();
        let (x, y) = ("x".repeat(60), "y".repeat(60));
        let expected = [
            "{".to_owned(),
            "    \"return\": [".to_owned(),
            format!("      {{\"name\": \"{x}\"}},"),
            format!("      {{\"name\": \"{y}\"}}"),
            "    ],".to_owned(),
            "    \"id\": 1".to_owned(),
            "  }".to_owned(),
        ];
        assert_eq!(lines, expected);
    }
}
