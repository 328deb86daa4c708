//! What a machine says of itself at a moment, in replies of commands that describe
//! it: counters, sizes, and the order in which it lists its parts.
//!
//! Only the values of the members named here are levelled, and only where both
//! replies have a value of the same kind in the same place. All other bytes must be
//! the same.

use crate::text::contains;

/// Members whose values are the machine's.
struct Row {
    /// The command whose replies have them.
    command: &'static str,
    members: &'static [&'static str],
    /// Whether nothing at all on one side and something on the other is a difference.
    zero_counts: bool,
}

const ROWS: &[Row] = &[
    row(
        "guest-network-get-interfaces",
        &["rx-bytes", "rx-packets", "tx-bytes", "tx-packets"],
    ),
    row("guest-network-get-route", &["refcnt", "use"]),
    row(
        "guest-get-fsinfo",
        &["total-bytes", "total-bytes-privileged", "used-bytes"],
    ),
    row("guest-get-memory-blocks", &["phys-index"]),
    row(
        "guest-get-diskstats",
        &[
            "read-ios",
            "read-merges",
            "read-sectors",
            "read-ticks",
            "write-ios",
            "write-merges",
            "write-sectors",
            "write-ticks",
            "discard-ios",
            "discard-merges",
            "discard-sectors",
            "discard-ticks",
            "flush-ios",
            "flush-ticks",
            "ios-pgr",
            "total-ticks",
            "weight-ticks",
        ],
    ),
    row(
        "guest-get-cpustats",
        &[
            "user",
            "nice",
            "system",
            "idle",
            "iowait",
            "irq",
            "softirq",
            "steal",
            "guest",
            "guestnice",
        ],
    ),
    row("guest-get-load", &["load1m", "load5m", "load15m"]),
    Row {
        zero_counts: true,
        ..row("guest-fstrim", &["trimmed"])
    },
];

const fn row(command: &'static str, members: &'static [&'static str]) -> Row {
    Row {
        command,
        members,
        zero_counts: false,
    }
}

/// The recorded replies with the model's values where those are the machine's.
pub(super) fn levelled(request: &[u8], recorded: &[u8], model: &[u8]) -> Vec<u8> {
    let asked = |row: &&Row| contains(request, format!("\"{}\"", row.command).as_bytes());
    let rows: Vec<&Row> = ROWS.iter().filter(asked).collect();
    if rows.is_empty() {
        return recorded.to_vec();
    }
    let mut out = Vec::with_capacity(recorded.len());
    let (mut member, mut word) = (&b""[..], &b""[..]);
    let mut theirs = Tokens(model);
    for token in Tokens(recorded) {
        let other = theirs.next().unwrap_or_default();
        let is_machines = token != other && rows.iter().any(|row| row.levels(member, token, other));
        out.extend_from_slice(if is_machines { other } else { token });
        if token == b":" {
            member = word;
        }
        word = token;
    }
    out
}

impl Row {
    /// Whether these two are values of a member that is the machine's.
    fn levels(&self, member: &[u8], recorded: &[u8], model: &[u8]) -> bool {
        let name = member.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\""));
        let is_number = |token: &[u8]| matches!(token.first(), Some(b'-' | b'0'..=b'9'));
        let zeros = usize::from(recorded == b"0") + usize::from(model == b"0");
        self.members.iter().any(|it| Some(it.as_bytes()) == name)
            && is_number(recorded)
            && is_number(model)
            && !(self.zero_counts && zeros == 1)
    }
}

/// The strings, words and signs of JSON text, white space left in its place.
struct Tokens<'a>(&'a [u8]);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let length = match self.0.first()? {
            b'"' => string_length(self.0),
            byte if is_word(*byte) => self.0.iter().take_while(|it| is_word(**it)).count(),
            _ => 1,
        };
        let (token, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(token)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
}

fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &str, recorded: &str, model: &str, levelled_to: &str) {
        let request = format!("{{\"execute\": \"{command}\"}}\n");
        let result = levelled(request.as_bytes(), recorded.as_bytes(), model.as_bytes());
        assert_eq!(String::from_utf8_lossy(&result), levelled_to, "{command}");
    }

    #[test]
    fn only_the_machines_values_are_levelled() {
        let recorded = r#"[{"name": "vda", "stats": {"read-ios": 14, "write-ios": 0}, "minor": 1}]"#;
        let model = r#"[{"name": "vda", "stats": {"read-ios": 7, "write-ios": 3}, "minor": 2}]"#;
        let levelled_to = r#"[{"name": "vda", "stats": {"read-ios": 7, "write-ios": 3}, "minor": 1}]"#;
        check("guest-get-diskstats", recorded, model, levelled_to);
        check("guest-get-disks", recorded, model, recorded);
    }

    #[test]
    fn a_value_of_another_kind_or_in_another_place_is_not() {
        for model in [
            r#"{"return": {"load1m": "0.5"}}"#,
            r#"{"return": {"load1m": null}}"#,
            r#"{"return": {"load5m": 0.25, "load1m": 0.5}}"#,
            "",
        ] {
            let recorded = r#"{"return": {"load1m": 0.75}}"#;
            let request = b"{\"execute\": \"guest-get-load\"}\n";
            assert_ne!(
                levelled(request, recorded.as_bytes(), model.as_bytes()),
                model.as_bytes()
            );
        }
    }

    #[test]
    fn nothing_trimmed_is_not_something_trimmed() {
        let line = |trimmed: u32| format!("{{\"path\": \"/a\\\"\", \"trimmed\": {trimmed}}}");
        check("guest-fstrim", &line(7), &line(9), &line(9));
        check("guest-fstrim", &line(0), &line(9), &line(0));
        check("guest-fstrim", &line(7), &line(0), &line(7));
    }
}
