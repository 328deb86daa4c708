//! To which releases a claim is put, and how that is said.

use qga_engine::Script;
use qga_engine::derive::{Derivation, command_of};
use qga_engine::script::ClaimId;
use qga_fixtures::schema::{RELEASES, System};
use std::collections::BTreeSet;

/// Those that some script puts the claim to.
pub fn of_written(scripts: &[(Script, usize)]) -> BTreeSet<usize> {
    places(|at| {
        scripts.iter().any(|(script, claim)| {
            let systems = script.system().map_or(System::ALL.to_vec(), |it| vec![it]);
            systems.iter().any(|it| script.puts(*claim, &RELEASES[at], *it))
        })
    })
}

/// Those for which it is derived, on some system.
pub fn of_derived(id: &ClaimId) -> BTreeSet<usize> {
    let Some(command) = command_of(id) else {
        return BTreeSet::new();
    };
    let derives = |at: usize, system| {
        let derivation = Derivation {
            release: &RELEASES[at],
            system,
            offered: None,
        };
        derivation
            .of(command)
            .iter()
            .any(|it| it.claims().any(|(_, claim)| claim.id == *id))
    };
    places(|at| System::ALL.into_iter().any(|system| derives(at, system)))
}

fn places(wanted: impl Fn(usize) -> bool) -> BTreeSet<usize> {
    (0..RELEASES.len()).filter(|at| wanted(*at)).collect()
}

/// The releases in words: `every release`, `3.1 and later`, `0.15 to 3.0, 5.0`.
pub fn in_words(places: &BTreeSet<usize>) -> String {
    let places: Vec<usize> = places.iter().copied().collect();
    let spans = places.chunk_by(|one, next| one + 1 == *next);
    let words: Vec<String> = spans.map(|span| span_in_words(span[0], span[span.len() - 1])).collect();
    words.join(", ")
}

fn span_in_words(first: usize, last: usize) -> String {
    let name = |at: usize| RELEASES[at].name;
    match (first, last + 1 == RELEASES.len()) {
        (0, true) => "every release".to_owned(),
        (_, true) if first == last => name(first).to_owned(),
        (_, true) => format!("{} and later", name(first)),
        _ if first == last => name(first).to_owned(),
        _ => format!("{} to {}", name(first), name(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::all(0..RELEASES.len(), "every release")]
    #[case::first(0..1, "0.15")]
    #[case::old(0..3, "0.15 to 1.0.50")]
    #[case::newest(RELEASES.len() - 1..RELEASES.len(), RELEASES[RELEASES.len() - 1].name)]
    fn releases_are_said_in_words(#[case] places: std::ops::Range<usize>, #[case] expected: &str) {
        assert_eq!(in_words(&places.collect()), expected);
    }

    #[test]
    fn gaps_are_said() {
        assert_eq!(in_words(&BTreeSet::from([0, 2])), "0.15, 1.0.50");
    }
}
