//! Reads a configuration file in the form GLib calls a key file, with its
//! messages: groups in brackets, `key=value` lines, comments after `#`.

use std::collections::BTreeMap;

/// A key file that was read: the last of several values of a key counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyFile {
    groups: BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>>,
}

/// What is wrong with a key file, in GLib's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake(pub(crate) String);

impl KeyFile {
    /// Reads a whole file.
    pub(crate) fn read(text: &[u8]) -> Result<KeyFile, Mistake> {
        let mut file = KeyFile::default();
        let mut group: Option<Vec<u8>> = None;
        for line in text.split(|byte| *byte == b'\n') {
            match Line::read(line)? {
                Line::Blank => {}
                Line::Group(name) => {
                    file.groups.entry(name.to_vec()).or_default();
                    group = Some(name.to_vec());
                }
                Line::Pair(key, value) => {
                    let Some(group) = &group else {
                        return Err(Mistake("Key file does not start with a group".to_owned()));
                    };
                    file.insert(group, key, value)?;
                }
            }
        }
        Ok(file)
    }

    fn insert(&mut self, group: &[u8], key: &[u8], value: &[u8]) -> Result<(), Mistake> {
        if key == b"Encoding" && !value.eq_ignore_ascii_case(b"UTF-8") {
            return Err(Mistake(format!(
                "Key file contains unsupported encoding “{}”",
                text(value)
            )));
        }
        let pairs = self.groups.entry(group.to_vec()).or_default();
        pairs.insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    /// The value of a key as it stands, or nothing if there is no such key.
    fn value(&self, group: &str, key: &str) -> Option<&[u8]> {
        Some(self.groups.get(group.as_bytes())?.get(key.as_bytes())?.as_slice())
    }

    /// Whether a key is there.
    pub(crate) fn has(&self, group: &str, key: &str) -> bool {
        self.value(group, key).is_some()
    }

    /// The value of a key as a string.
    pub(crate) fn string(&self, group: &str, key: &str) -> Result<Option<Vec<u8>>, Mistake> {
        let Some(value) = self.value(group, key) else {
            return Ok(None);
        };
        if std::str::from_utf8(value).is_err() {
            let value = text(value);
            return Err(Mistake(format!(
                "Key file contains key “{key}” with value “{value}” which is not UTF-8"
            )));
        }
        unescape(value).map(Some).ok_or_else(|| uninterpreted(key))
    }

    /// The value of a key as a truth value.
    pub(crate) fn boolean(&self, group: &str, key: &str) -> Result<Option<bool>, Mistake> {
        match self.value(group, key).map(<[u8]>::trim_ascii_end) {
            None => Ok(None),
            Some(b"true" | b"1") => Ok(Some(true)),
            Some(b"false" | b"0") => Ok(Some(false)),
            Some(_) => Err(uninterpreted(key)),
        }
    }
}

enum Line<'a> {
    Blank,
    Group(&'a [u8]),
    Pair(&'a [u8], &'a [u8]),
}

impl Line<'_> {
    fn read(line: &[u8]) -> Result<Line<'_>, Mistake> {
        let line = line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_start();
        match line.first() {
            None | Some(b'#') => return Ok(Line::Blank),
            Some(b'[') if line.trim_ascii_end().ends_with(b"]") => return Line::group(line),
            _ => {}
        }
        match line.iter().position(|byte| *byte == b'=') {
            None | Some(0) => {
                let line = text(line);
                Err(Mistake(format!(
                    "Key file contains line “{line}” which is not a key-value pair, group, or comment"
                )))
            }
            Some(at) => Line::pair(line[..at].trim_ascii_end(), line[at + 1..].trim_ascii_start()),
        }
    }

    fn group(line: &[u8]) -> Result<Line<'_>, Mistake> {
        let line = line.trim_ascii_end();
        let name = &line[1..line.len() - 1];
        let legal = !name.is_empty()
            && !name
                .iter()
                .any(|byte| matches!(byte, b'[' | b']') || byte.is_ascii_control());
        if legal {
            Ok(Line::Group(name))
        } else {
            Err(Mistake(format!("Invalid group name: {}", text(name))))
        }
    }

    fn pair<'a>(key: &'a [u8], value: &'a [u8]) -> Result<Line<'a>, Mistake> {
        // A key may end with a language in brackets; brackets elsewhere are refused.
        let name = key
            .strip_suffix(b"]")
            .and_then(|key| key.split(|byte| *byte == b'[').next());
        let legal = name.map_or(!key.contains(&b'['), |name| !name.is_empty());
        if legal {
            Ok(Line::Pair(key, value))
        } else {
            Err(Mistake(format!("Invalid key name: {}", text(key))))
        }
    }
}

fn uninterpreted(key: &str) -> Mistake {
    Mistake(format!(
        "Key file contains key “{key}” which has a value that cannot be interpreted."
    ))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A value without its escapes; nothing if there is an unknown one.
fn unescape(value: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = value.iter();
    let mut plain = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next()? {
                b's' => b' ',
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'\\' => b'\\',
                _ => return None,
            },
            byte => *byte,
        });
    }
    Some(plain)
}

/// A string as a key file writes it.
pub(crate) fn escape(plain: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(plain.len());
    let mut leading = true;
    for byte in plain {
        match byte {
            b' ' if leading => value.extend(b"\\s"),
            b'\t' if leading => value.extend(b"\\t"),
            b'\n' => value.extend(b"\\n"),
            b'\r' => value.extend(b"\\r"),
            b'\\' => value.extend(b"\\\\"),
            byte => value.push(*byte),
        }
        leading = leading && matches!(byte, b' ' | b'\t');
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &[u8], key: &str) -> Result<Option<String>, String> {
        let file = KeyFile::read(text).map_err(|it| it.0)?;
        let value = file.string("general", key).map_err(|it| it.0)?;
        Ok(value.map(|it| String::from_utf8(it).unwrap()))
    }

    #[test]
    fn values_are_read_as_glib_reads_them() {
        for (text, expected) in [
            ("[general]\npath=/a \n", Some("/a ")),
            ("[general]\r\npath=/a\r\n", Some("/a")),
            (
                "# c\n\n[general]\n  path = /x\npath=/y\n[general]\npath=/z\n",
                Some("/z"),
            ),
            ("[other]\npath=1\n[general]\n", None),
            ("[general]\npath=/a b\\tc\\sd\\\\", Some("/a b\tc d\\")),
            ("[general]\na b=x\npath[de]=y\n", None),
            ("[general]  \npath=", Some("")),
            ("", None),
        ] {
            assert_eq!(
                string(text.as_bytes(), "path"),
                Ok(expected.map(str::to_owned)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn mistakes_are_worded_as_glib_words_them() {
        for (text, expected) in [
            (&b"path=/a\n"[..], "Key file does not start with a group"),
            (
                b"xx\n",
                "Key file contains line “xx” which is not a key-value pair, group, or comment",
            ),
            (
                b"[general] x",
                "Key file contains line “[general] x” which is not a key-value pair, group, or comment",
            ),
            (
                b"[gen eral\n",
                "Key file contains line “[gen eral” which is not a key-value pair, group, or comment",
            ),
            (
                b"[general]\n=x",
                "Key file contains line “=x” which is not a key-value pair, group, or comment",
            ),
            (b"[gen[eral]\n", "Invalid group name: gen[eral"),
            (b"[]\n", "Invalid group name: "),
            (b"[general]\n[path]=/a\n", "Invalid key name: [path]"),
            (b"[general]\npa[th=/a\n", "Invalid key name: pa[th"),
            (
                b"[general]\npath=/a\\x",
                "Key file contains key “path” which has a value that cannot be interpreted.",
            ),
            (
                b"[general]\npath=/a\\",
                "Key file contains key “path” which has a value that cannot be interpreted.",
            ),
            (
                b"[general]\npath=\xff",
                "Key file contains key “path” with value “\u{FFFD}” which is not UTF-8",
            ),
            (
                b"[general]\nEncoding=latin1",
                "Key file contains unsupported encoding “latin1”",
            ),
        ] {
            assert_eq!(
                string(text, "path"),
                Err(expected.to_owned()),
                "{}",
                String::from_utf8_lossy(text)
            );
        }
    }

    #[test]
    fn only_four_words_are_truth_values() {
        for (value, expected) in [
            ("true", Some(true)),
            ("1", Some(true)),
            ("true ", Some(true)),
            ("false", Some(false)),
            ("0", Some(false)),
            ("yes", None),
            ("TRUE", None),
            ("1 x", None),
            ("", None),
        ] {
            let file = KeyFile::read(format!("[general]\nverbose={value}\n").as_bytes()).unwrap();
            let found = file.boolean("general", "verbose");
            assert_eq!(found.is_err(), expected.is_none(), "{value:?}");
            assert_eq!(found.ok().flatten(), expected, "{value:?}");
        }
    }

    #[test]
    fn what_is_escaped_reads_back() {
        for plain in ["", " a b", "\tx", "a\\b\nc", "a\tb "] {
            let text = [b"[general]\npath=", escape(plain.as_bytes()).as_slice(), b"\n"].concat();
            assert_eq!(string(&text, "path"), Ok(Some(plain.to_owned())), "{plain:?}");
        }
    }
}
