//! Base64 as the agent reads and writes it.
//!
//! Writing is the usual alphabet with padding. Reading is lax, as GLib's decoder
//! is: four characters give three bytes, `=` counts as a character of value zero
//! wherever it stands, and what does not fill a group of four is dropped. What is
//! neither of the alphabet, nor `=`, nor a line feed, is foreign; releases differ
//! in what they make of it.

use base64_simd::STANDARD;

/// What becomes of foreign characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// They are skipped.
    Skip,
    /// They make the text invalid.
    Refuse,
}

/// Encodes bytes.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode_to_string(bytes)
}

/// Encodes bytes behind what is in `out`.
pub(crate) fn append(bytes: &[u8], out: &mut Vec<u8>) {
    STANDARD.encode_append(bytes, out);
}

/// How many characters so many bytes become.
pub(crate) fn encoded_length(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// Decodes a text; `None` if it has characters that are refused.
pub fn decode(text: &[u8], foreign: Foreign) -> Option<Vec<u8>> {
    // What is strictly right, as what clients send is, means the same to all.
    if let Ok(bytes) = STANDARD.decode_to_vec(text) {
        return Some(bytes);
    }
    let refused = foreign == Foreign::Refuse && has_foreign(text);
    (!refused).then(|| decode_groups(text))
}

fn has_foreign(text: &[u8]) -> bool {
    text.iter()
        .any(|&it| VALUES[usize::from(it)] == NO_VALUE && it != b'\n')
}

/// Marks a character that has no value.
const NO_VALUE: u8 = 0xFF;

/// The value of each character.
const VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NO_VALUE; 256];
    let mut value = 0;
    while value < alphabet.len() {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values[b'=' as usize] = 0;
    values
}

fn decode_groups(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = [0; 4];
    let mut filled = 0;
    for &character in text.iter().filter(|&&it| VALUES[usize::from(it)] != NO_VALUE) {
        group[filled] = character;
        filled = (filled + 1) % group.len();
        if filled == 0 {
            put_group(group, &mut bytes);
        }
    }
    bytes
}

/// A full group: its first byte always, the others unless `=` stands in their place.
fn put_group(group: [u8; 4], bytes: &mut Vec<u8>) {
    let bits = group
        .iter()
        .fold(0u32, |bits, &it| bits << 6 | u32::from(VALUES[usize::from(it)]));
    let [_, first, second, third] = bits.to_be_bytes();
    bytes.push(first);
    if group[2] != b'=' {
        bytes.push(second);
    }
    if group[3] != b'=' {
        bytes.push(third);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn odd_texts_decode_as_glib_decodes_them() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("YWJj", b"abc"),
            ("YQ==", b"a"),
            ("YQ", b""),
            ("YWJ", b""),
            ("YWJjZ", b"abc"),
            ("YQ==YQ==", b"aa"),
            ("====", b"\0"),
            ("YR==", b"a"),
            ("YWJj=", b"abc"),
            ("YW=j", b"a#"),
            ("=WJj", b"\x01bc"),
            ("Y W\nJ j", b"abc"),
            ("!!!", b""),
            ("Y\u{e9}WJj", b"abc"),
        ] {
            assert_eq!(decode(text.as_bytes(), Foreign::Skip).as_deref(), Some(bytes), "{text}");
        }
    }

    #[test]
    fn foreign_characters_are_refused_or_skipped() {
        for (text, foreign) in [
            ("YQ==\n", false),
            ("\n\n", false),
            ("Y Q", true),
            ("YQ-_", true),
            ("\r", true),
            ("\t", true),
        ] {
            assert!(decode(text.as_bytes(), Foreign::Skip).is_some(), "{text:?}");
            assert_eq!(decode(text.as_bytes(), Foreign::Refuse).is_none(), foreign, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = encode(&bytes);
            prop_assert_eq!(decode_groups(text.as_bytes()), &bytes[..]);
            prop_assert_eq!(decode(text.as_bytes(), Foreign::Refuse), Some(bytes));
        }

        #[test]
        fn both_ways_to_decode_agree(text in "[A-Za-z0-9+/=\n ]{0,40}") {
            prop_assert_eq!(decode(text.as_bytes(), Foreign::Skip), Some(decode_groups(text.as_bytes())));
        }
    }
}
