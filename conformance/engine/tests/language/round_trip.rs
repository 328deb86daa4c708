//! Printing and parsing are inverse, and nothing makes the parser panic.

use crate::generate::{claim, pattern, script};
use proptest::prelude::*;
use qga_engine::pattern;
use qga_engine::script::{RecordKind, parse_bytes, print_record};
use qga_engine::{parse, print};

proptest! {
    #[test]
    fn a_script_is_read_as_it_was_printed(script in script()) {
        let text = print(&script);
        let read = parse("x.session", &text);
        prop_assert_eq!(read.as_ref(), Ok(&script), "{}", text);
        prop_assert_eq!(print(&script), text);
    }

    #[test]
    fn a_pattern_is_read_as_it_was_printed(written in pattern()) {
        let line = pattern::print::flat(&written);
        prop_assert_eq!(pattern::parse(&line), Ok(written.clone()), "{}", line);
        let lines = pattern::print::broken(&written, 8);
        prop_assert_eq!(pattern::parse(&lines), Ok(written), "{}", lines);
    }

    #[test]
    fn a_claim_is_read_as_it_was_printed(claim in claim()) {
        let line = print_record(&RecordKind::Claim(claim.clone()));
        let text = format!("session x\n\n{line}\n<closed\n");
        let script = parse("x", &text).unwrap_or_else(|error| panic!("{error}"));
        prop_assert_eq!(script.claims().map(|(_, it)| it).collect::<Vec<_>>(), [&claim]);
    }

    /// Whatever is changed in a script: it is refused with a message, or what was
    /// understood is what is printed.
    #[test]
    fn a_damaged_script_is_understood_or_refused(
        script in script(),
        at in any::<prop::sample::Index>(),
        length in 0..4usize,
        piece in "[ \\n\\t$\"{}\\[\\]|.,:<>#a-z0-9\\\\\u{7}é]{0,4}",
    ) {
        let text = print(&script);
        let letters: Vec<char> = text.chars().collect();
        let start = at.index(letters.len());
        let end = (start + length).min(letters.len());
        let damaged: String = letters[..start].iter().chain(&piece.chars().collect::<Vec<_>>()).chain(&letters[end..]).collect();
        match parse("x.session", &damaged) {
            Err(error) => prop_assert!(error.to_string().starts_with("x.session:")),
            Ok(script) => {
                let printed = print(&script);
                prop_assert_eq!(print(&script), printed.clone());
                prop_assert_eq!(parse("x.session", &printed), Ok(script), "{}", printed);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        if let Err(error) = parse_bytes("x", &bytes) {
            prop_assert!(!error.mistakes.is_empty());
            prop_assert!(error.to_string().starts_with("x:"));
        }
    }
}
