//! Words of the language, and the one that was probably meant.

/// Words that only a header has.
pub(super) const HEADER_WORDS: [&str; 9] = [
    "session", "about", "since", "before", "os", "needs", "lacks", "effect", "guest",
];

/// Words that begin a record; `timeout` also stands in headers.
pub(super) const RECORD_WORDS: [&str; 16] = [
    "must", "should", "exact", "onlyif", ">", ">raw", "<", "<sync", "<also", "<again", "<raw", "<none", "<closed",
    "wait", "timeout", "reopen",
];

/// How long a word may be, in characters, for another to be looked for.
const WORD_CHARS_MAX: usize = 64;

/// The candidate that differs least from the word, if it differs little enough to
/// have been meant.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let length = word.chars().count();
    if length > WORD_CHARS_MAX {
        return None;
    }
    let allowed = (length / 3).clamp(1, 3);
    let near = candidates.into_iter().map(|it| (distance(word, it), it));
    let near = near.filter(|(far, it)| *far <= allowed && *far < it.chars().count());
    near.min_by_key(|(far, _)| *far).map(|(_, it)| it)
}

/// How many letters must be changed, added, removed or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let change = rows[i][j] + usize::from(a != b);
            let swapped = i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b;
            let swap = if swapped { rows[i - 1][j - 1] + 1 } else { usize::MAX };
            row.push(change.min(rows[i][j + 1] + 1).min(row[j] + 1).min(swap));
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant_is_found() {
        for (word, meant) in [
            ("mustt", Some("must")),
            ("msut", Some("must")),
            ("shuold", Some("should")),
            ("<snyc", Some("<sync")),
            (">row", Some(">raw")),
            ("time-out", Some("timeout")),
            ("reopn", Some("reopen")),
            ("expect", Some("exact")),
            ("banana", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, RECORD_WORDS), meant, "{word}");
        }
    }
}
