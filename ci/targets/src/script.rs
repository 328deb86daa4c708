//! The script parser and its printer.

use qga_engine::script::parse_bytes;
use qga_engine::{parse, print};

pub(crate) fn run(input: &[u8]) {
    let script = match parse_bytes("fuzz.session", input) {
        Ok(script) => script,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let printed = print(&script);
    let again = parse("fuzz.session", &printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert_eq!(again, script, "{printed}");
    assert_eq!(print(&again), printed);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let scripts = qga_fixtures::sessions().iter();
    scripts.map(|(_, text)| text.as_bytes().to_vec()).collect()
}
