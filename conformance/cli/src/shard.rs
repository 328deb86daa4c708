//! A run shared out to several machines: which part is this one's. Said on the
//! command line, or by the system that started the program.

use crate::status::Problem;
use std::fmt;
use std::num::NonZeroU32;

/// The most parts a run is cut into.
pub const SHARDS_MAX: u32 = 10_000;

/// Bazel's variables: the part's number from 0, how many there are, and a file that
/// a program touches to say that it knows of them.
const BAZEL: [&str; 3] = ["TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS", "TEST_SHARD_STATUS_FILE"];
/// The variable of an indexed job of Kubernetes: the part's number from 0. How many
/// there are it does not say.
const KUBERNETES: &str = "JOB_COMPLETION_INDEX";

/// One part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number, counted from 1.
    pub number: u32,
    /// How many parts there are.
    pub of: u32,
}

impl Shard {
    /// Reads `2/5`.
    ///
    /// # Errors
    /// A sentence that says what is wanted.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/').and_then(|(number, of)| {
            let number = number.trim().parse().ok()?;
            Some((number, of.trim().parse().ok()?))
        });
        let (number, of) = numbers.ok_or("the form is NUMBER/OF, such as 2/5")?;
        Shard::new(number, of)
    }

    fn new(number: u32, of: u32) -> Result<Shard, String> {
        if of == 0 || of > SHARDS_MAX {
            return Err(format!("a run is cut into 1 to {SHARDS_MAX} parts, and not {of}"));
        }
        if number == 0 || number > of {
            return Err(format!("there is no part {number} of {of}: they are counted from 1"));
        }
        Ok(Shard { number, of })
    }

    /// The part that the program's environment names, if it names one. `of` is how
    /// many parts there are, where the environment tells but the number.
    ///
    /// # Errors
    /// The environment contradicts itself, or tells too little.
    pub fn of_environment(
        variable: impl Fn(&str) -> Option<String>,
        of: Option<NonZeroU32>,
    ) -> Result<Option<Shard>, Problem> {
        let number = |name: &str| {
            let text = variable(name).filter(|it| !it.is_empty());
            text.map(|it| it.parse::<u32>().map_err(|_| wrong(name, &it)))
                .transpose()
        };
        let [index, total, _] = BAZEL;
        let shard = match (number(index)?, number(total)?, number(KUBERNETES)?, of) {
            (Some(index), Some(total), ..) => (index, total),
            (None, None, Some(index), Some(of)) => (index, of.get()),
            (None, None, _, None) => return Ok(None),
            (None, None, None, Some(of)) => return Err(nameless(of)),
            _ => return Err(half()),
        };
        let (index, of) = shard;
        let shard = Shard::new(index.saturating_add(1), of).map_err(|it| Problem::usage(it, ""))?;
        Ok(Some(shard))
    }

    /// Tells the system that started the program that its variables are known.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn acknowledge() -> Result<(), Problem> {
        let Some(path) = std::env::var_os(BAZEL[2]).filter(|it| !it.is_empty()) else {
            return Ok(());
        };
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        file.map(drop).map_err(|error| {
            let what = format!("cannot write {}, which {} names: {error}", path.display(), BAZEL[2]);
            Problem::usage(what, "")
        })
    }

    /// What belongs to this part: every so many, beginning with its number.
    pub fn take<T>(self, whole: Vec<T>) -> Vec<T> {
        let (first, step) = (self.number as usize - 1, self.of as usize);
        whole.into_iter().skip(first).step_by(step).collect()
    }
}

fn wrong(name: &str, text: &str) -> Problem {
    Problem::usage(format!("the variable {name} is `{text}` and no number"), "")
}

fn nameless(of: NonZeroU32) -> Problem {
    let what = format!("which of the {of} shards is this? {KUBERNETES} is not set");
    Problem::usage(what, "say --shard NUMBER/OF instead of --shards")
}

fn half() -> Problem {
    let what = format!("of {} and {} only one is set", BAZEL[0], BAZEL[1]);
    Problem::usage(what, "say --shard NUMBER/OF")
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::collections::BTreeSet;

    #[rstest]
    #[case("1/1", 1, 1)]
    #[case("2/5", 2, 5)]
    #[case("5/5", 5, 5)]
    fn shards_are_read(#[case] text: &str, #[case] number: u32, #[case] of: u32) {
        assert_eq!(Shard::parse(text), Ok(Shard { number, of }));
        assert_eq!(Shard { number, of }.to_string(), text);
    }

    #[rstest]
    #[case("2", "such as 2/5")]
    #[case("a/b", "such as 2/5")]
    #[case("0/5", "no part 0 of 5")]
    #[case("6/5", "no part 6 of 5")]
    #[case("1/0", "and not 0")]
    #[case("1/10001", "1 to 10000 parts")]
    #[case("-1/5", "such as 2/5")]
    fn other_shards_are_refused(#[case] text: &str, #[case] message: &str) {
        let error = Shard::parse(text).expect_err("no shard");
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn all_shards_together_are_the_whole_and_none_overlaps() {
        for scripts in 0..40u32 {
            for of in 1..=7 {
                let parts = (1..=of).map(|number| Shard { number, of }.take((0..scripts).collect()));
                let parts: Vec<Vec<u32>> = parts.collect();
                let all: BTreeSet<u32> = parts.iter().flatten().copied().collect();
                assert_eq!(all.len(), parts.iter().map(Vec::len).sum::<usize>());
                assert_eq!(all, (0..scripts).collect());
                let sizes = parts.iter().map(Vec::len);
                assert!(sizes.clone().max() <= sizes.min().map(|it| it + 1));
            }
        }
    }

    #[rstest]
    #[case::none(&[], None, Ok(None))]
    #[case::bazel(&[("TEST_SHARD_INDEX", "0"), ("TEST_TOTAL_SHARDS", "3")], None, Ok(Some((1, 3))))]
    #[case::bazel_first(&[("TEST_SHARD_INDEX", "2"), ("TEST_TOTAL_SHARDS", "3"), ("JOB_COMPLETION_INDEX", "0")], Some(9), Ok(Some((3, 3))))]
    #[case::kubernetes(&[("JOB_COMPLETION_INDEX", "4")], Some(5), Ok(Some((5, 5))))]
    #[case::kubernetes_without_a_total(&[("JOB_COMPLETION_INDEX", "4")], None, Ok(None))]
    #[case::a_total_alone(&[], Some(5), Err("which of the 5 shards"))]
    #[case::half(&[("TEST_SHARD_INDEX", "0")], None, Err("only one is set"))]
    #[case::half_and_kubernetes(&[("TEST_TOTAL_SHARDS", "3"), ("JOB_COMPLETION_INDEX", "0")], Some(3), Err("only one is set"))]
    #[case::too_large(&[("JOB_COMPLETION_INDEX", "5")], Some(5), Err("no part 6 of 5"))]
    #[case::no_number(&[("TEST_SHARD_INDEX", "x"), ("TEST_TOTAL_SHARDS", "3")], None, Err("is `x` and no number"))]
    #[case::overflow(&[("JOB_COMPLETION_INDEX", "4294967295")], Some(5), Err("no part 4294967295 of 5"))]
    fn the_environment_is_read(
        #[case] variables: &[(&str, &str)],
        #[case] of: Option<u32>,
        #[case] expected: Result<Option<(u32, u32)>, &str>,
    ) {
        let variable = |name: &str| {
            let known = variables.iter().find(|(it, _)| *it == name);
            known.map(|(_, value)| (*value).to_owned())
        };
        let found = Shard::of_environment(variable, of.and_then(NonZeroU32::new));
        match expected {
            Ok(shard) => assert_eq!(found, Ok(shard.map(|(number, of)| Shard { number, of }))),
            Err(message) => {
                let problem = found.expect_err("no shard");
                assert!(problem.what.contains(message), "{problem}");
            }
        }
    }
}
