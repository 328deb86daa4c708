//! "Did you mean": the known word that is most like one that is not known.

/// How alike two words must be, from 0 (nothing in common) to 1 (the same).
const LIKENESS_MIN: f64 = 0.7;

/// The known word most like `word`, if one is like it at all.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known
        .into_iter()
        .map(|it| (strsim::jaro_winkler(&word.to_lowercase(), &it.to_lowercase()), it));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= LIKENESS_MIN).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_understood_and_nonsense_is_not() {
        let known = ["socket", "state", "release"];
        assert_eq!(nearest("sokcet", known), Some("socket"));
        assert_eq!(nearest("State", known), Some("state"));
        assert_eq!(nearest("qqq", known), None);
        assert_eq!(nearest("state", []), None);
    }
}
