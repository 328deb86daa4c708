//! Names in complaints, quoted as the shell could read them back.

use super::text;

/// A name in quotes.
pub(crate) fn quoted(name: &[u8]) -> Vec<u8> {
    if name.iter().any(|it| it.is_ascii_control() || !it.is_ascii()) {
        return with_escapes(name);
    }
    match name.contains(&b'\'') {
        false => text!["'", name, "'"],
        true if !name.iter().any(|it| b"\"$`\\!".contains(it)) => text!["\"", name, "\""],
        true => text![
            "'",
            name.split(|it| *it == b'\'').collect::<Vec<_>>().join(&b"'\\''"[..]),
            "'"
        ],
    }
}

/// A name, in quotes if the shell would need them.
pub(crate) fn quoted_if_needed(name: &[u8]) -> Vec<u8> {
    const SPECIAL: &[u8] = b" \t!\"$&'()*;<=>?[\\]^`{|}:";
    let is_special = |it: &u8| SPECIAL.contains(it) || it.is_ascii_control() || !it.is_ascii();
    let begins_special = matches!(name.first(), None | Some(b'#' | b'~'));
    if begins_special || name.iter().any(is_special) {
        quoted(name)
    } else {
        name.to_vec()
    }
}

/// Bytes that are no characters to print stand as escapes: `'a'$'\n''b'`.
fn with_escapes(name: &[u8]) -> Vec<u8> {
    let mut quoted = b"'".to_vec();
    let mut escapes = false;
    for &byte in name {
        let is_escaped = byte.is_ascii_control() || !byte.is_ascii();
        if is_escaped != escapes {
            quoted.extend_from_slice(if is_escaped { b"'$'" } else { b"''" });
            escapes = is_escaped;
        }
        match byte {
            b'\n' => quoted.extend_from_slice(b"\\n"),
            b'\t' => quoted.extend_from_slice(b"\\t"),
            b'\r' => quoted.extend_from_slice(b"\\r"),
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            _ if is_escaped => quoted.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
            _ => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_a_shell_reads_them() {
        for (name, always, if_needed) in [
            ("f/a", "'f/a'", "f/a"),
            ("a b", "'a b'", "'a b'"),
            ("", "''", "''"),
            ("it's", "\"it's\"", "\"it's\""),
            ("it's $x", "'it'\\''s $x'", "'it'\\''s $x'"),
            ("a\nb", "'a'$'\\n''b'", "'a'$'\\n''b'"),
        ] {
            assert_eq!(quoted(name.as_bytes()), always.as_bytes());
            assert_eq!(quoted_if_needed(name.as_bytes()), if_needed.as_bytes());
        }
    }
}
