//! The reference of guest images, `fixtures/guests/README.md`, and the reader of
//! images know the same keys, and its example is an image.

use qga_fixtures::guests::GUESTS;
use qga_model::guest::Guest;
use std::collections::BTreeSet;

const REFERENCE: &str = include_str!("../../../fixtures/guests/README.md");
/// A key that no section has: the message about it lists those there are.
const UNKNOWN: &str = "zz-unknown";

#[test]
fn each_section_is_told_with_exactly_its_keys() {
    let sections = sections();
    assert!(sections.len() > 30, "{sections:?}");
    for (heading, told) in sections {
        assert_eq!(told, known(&probe(heading)), "{heading}");
    }
}

#[test]
fn each_section_is_told() {
    let told: BTreeSet<String> = sections()
        .iter()
        .map(|(heading, _)| heading.trim_matches(['[', ']']))
        .filter(|it| !it.contains('.'))
        .map(str::to_owned)
        .chain(["about".to_owned()])
        .collect();
    assert_eq!(told, known(&format!("{UNKNOWN} = 1\n")));
}

#[test]
fn the_example_is_an_image() {
    let (_, rest) = REFERENCE.split_once("```toml\n").expect("there is an example");
    let (example, _) = rest.split_once("```").expect("it ends");
    Guest::from_toml("example.toml", example).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn each_image_is_told() {
    for image in GUESTS {
        let name = image.file.trim_end_matches(".toml");
        let is_told = REFERENCE.contains(&format!("`{name}`")) || name.starts_with("broken-freeze");
        assert!(is_told, "{name}");
    }
}

/// The headings that name a section, and the keys of their tables.
fn sections() -> Vec<(&'static str, BTreeSet<String>)> {
    REFERENCE
        .split("\n## `")
        .skip(1)
        .filter_map(|it| it.split_once("`\n"))
        .filter(|(heading, _)| heading.starts_with('['))
        .map(|(heading, text)| (heading, keys(text)))
        .collect()
}

fn keys(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter_map(|it| it.strip_prefix("| `"));
    let firsts = rows.map(|it| it.split(" |").next().unwrap_or_default());
    firsts.flat_map(names).collect()
}

/// The words between backquotes.
fn names(text: &str) -> Vec<String> {
    text.split(',')
        .map(|it| it.trim().trim_matches('`').to_owned())
        .collect()
}

/// An image with an unknown key in this section; one within another has that before it.
fn probe(heading: &str) -> String {
    let outer = heading.trim_matches(['[', ']']).split_once('.');
    let outer = outer.map_or(String::new(), |(outer, _)| format!("[[{outer}]]\n"));
    format!("{outer}{heading}\n{UNKNOWN} = 1\n")
}

/// The keys that the reader names when it meets one that it does not know.
fn known(image: &str) -> BTreeSet<String> {
    let Err(error) = Guest::from_toml("probe.toml", image) else {
        panic!("the key is known");
    };
    assert!(error.what.contains(UNKNOWN), "{error}");
    let cure = error.cure.replace("` or `", "`, `");
    let list = cure.trim_start_matches("write ").trim_start_matches("one of ");
    names(list).into_iter().collect()
}
