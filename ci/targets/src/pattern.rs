//! The pattern parser, its printer, and matching.

use qga_engine::pattern::{Variables, matches, parse, print};
use serde_json::Value;

/// Parts the pattern from the JSON text that it is held against.
const APART: u8 = 0;

pub(crate) fn run(input: &[u8]) {
    let mut parts = input.splitn(2, |it| *it == APART);
    let [pattern, value] = [(); 2].map(|()| std::str::from_utf8(parts.next().unwrap_or_default()));
    let (Ok(text), Ok(value)) = (pattern, value) else {
        return;
    };
    let Ok(pattern) = parse(text) else { return };
    let printed = print::flat(&pattern);
    let again = parse(&printed).unwrap_or_else(|fault| panic!("{fault:?}\n{printed}"));
    assert_eq!(again, pattern, "{printed}");
    if let Ok(value) = serde_json::from_str::<Value>(value) {
        let of_the_text = matches(&pattern, &value, &Variables::new()).is_ok();
        let of_the_print = matches(&again, &value, &Variables::new()).is_ok();
        assert_eq!(of_the_text, of_the_print);
    }
}

/// The patterns of the suite, each against a value.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let lines = qga_fixtures::sessions().iter().flat_map(|(_, text)| text.lines());
    let patterns = lines.filter_map(|it| it.strip_prefix("<also ").or_else(|| it.strip_prefix("< ")));
    let mut patterns: Vec<&str> = patterns.map(str::trim).collect();
    patterns.sort_unstable();
    patterns.dedup();
    let with_value = |it: &str| [it.as_bytes(), &[APART], b"{\"return\": [1, \"a\"]}"].concat();
    patterns.into_iter().map(with_value).collect()
}
