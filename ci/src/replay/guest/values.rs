//! Values in replies that were the recorded machine's: what its clock said, and
//! names made at random.

use crate::text::position;

/// How far two clocks may be from each other that were set alike.
const APART_NANOSECONDS: u64 = 1_000_000_000;

/// The least reading of a clock: numbers below it are others.
const READING_MIN: u64 = 1_000_000_000_000_000_000;

/// What stands before the letters made at random for a file that is not yet
/// complete, and how many they are.
const UNFINISHED: (&[u8], usize) = (b"/sys/power/state.", 6);

/// The recorded reply with the model's reading of the clock, if they are near.
pub(super) fn clock(recorded: &[u8], model: &[u8]) -> Vec<u8> {
    match (reading(recorded), reading(model)) {
        (Some(then), Some(now)) if then.abs_diff(now) <= APART_NANOSECONDS => model.to_vec(),
        _ => recorded.to_vec(),
    }
}

fn reading(reply: &[u8]) -> Option<u64> {
    let number = reply.strip_prefix(b"{\"return\": ")?.strip_suffix(b"}\n")?;
    let number: u64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    Some(number).filter(|it| *it >= READING_MIN)
}

/// The recorded reply with the model's letters.
pub(super) fn unfinished(recorded: &[u8], model: &[u8]) -> Vec<u8> {
    let (before, count) = UNFINISHED;
    let mut reply = recorded.to_vec();
    let place = |bytes: &[u8]| position(bytes, before).map(|at| at + before.len());
    if let (Some(from), Some(to)) = (place(recorded), place(model))
        && let (Some(old), Some(new)) = (reply.get_mut(from..from + count), model.get(to..to + count))
        && old.iter().all(u8::is_ascii_alphanumeric)
    {
        old.copy_from_slice(new);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_the_same_within_a_second() {
        let reply = |number: u64| format!("{{\"return\": {number}}}\n").into_bytes();
        for (recorded, model, is_models) in [
            (1_700_000_000_013_788_000, 1_700_000_000_900_000_000, true),
            (1_700_000_000_013_788_000, 1_700_000_001_900_000_000, false),
            (1, 2, false),
        ] {
            let taken = clock(&reply(recorded), &reply(model));
            assert_eq!(taken == reply(model), is_models, "{recorded} {model}");
        }
    }

    #[test]
    fn only_the_letters_of_an_unfinished_file_are_taken_over() {
        let text = |letters: &str| format!("cannot create /sys/power/state.{letters}: no").into_bytes();
        assert_eq!(unfinished(&text("KG4DZ3"), &text("AAAAAA")), text("AAAAAA"));
        assert_eq!(unfinished(&text("KG 4D "), &text("AAAAAA")), text("KG 4D "));
        assert_eq!(unfinished(b"none", &text("AAAAAA")), b"none");
    }
}
