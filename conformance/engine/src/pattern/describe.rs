//! What a person is told of values: short, whatever their size.

use serde_json::Value;
use std::io;

/// How much of a value is shown, in bytes.
pub const SHOWN_BYTES_MAX: usize = 240;

/// A value as JSON, cut off where it gets long.
pub fn shorten(value: &Value) -> String {
    let mut shown = Shown(Vec::new());
    // Writing ends with an error where enough was written: that is its purpose.
    let whole = serde_json::to_writer(&mut shown, value).is_ok();
    let text = String::from_utf8_lossy(&shown.0);
    match whole {
        true => text.into_owned(),
        false => format!("{}… ({})", text.trim_end_matches('\u{FFFD}'), size(value)),
    }
}

fn size(value: &Value) -> String {
    match value {
        Value::String(text) => format!("a string of {} bytes", text.len()),
        Value::Array(items) => format!("an array of {} elements", items.len()),
        Value::Object(members) => format!("an object of {} members", members.len()),
        _ => "cut off".to_owned(),
    }
}

struct Shown(Vec<u8>);

impl io::Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = SHOWN_BYTES_MAX - self.0.len();
        if left == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let taken = left.min(bytes.len());
        self.0.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn short_values_are_shown_whole_and_long_ones_with_their_size() {
        assert_eq!(shorten(&json!({"return": [1, "é"]})), r#"{"return":[1,"é"]}"#);
        let long = shorten(&json!("é".repeat(1000)));
        assert!(long.ends_with("é… (a string of 2000 bytes)"), "{long}");
        assert!(long.len() < SHOWN_BYTES_MAX + 50);
    }
}
