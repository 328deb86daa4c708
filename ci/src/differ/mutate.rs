//! Small damage to bytes.

use fastrand::Rng;

use super::value::{self, SHARP};

/// How many bytes are taken away or said twice at once, at most.
const RUN_BYTES_MAX: usize = 12;

/// Does one thing to the bytes that a broken client or line could do.
pub(super) fn once(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.usize(0..=bytes.len());
    let run = at..bytes.len().min(at + rng.usize(1..=RUN_BYTES_MAX));
    match rng.u32(0..9) {
        0 | 1 => bytes.insert(at, sharp(rng)),
        2 => drop(bytes.splice(run.start..bytes.len().min(at + 1), [sharp(rng)])),
        3 => drop(bytes.drain(run)),
        4 => {
            let again = bytes[run].to_vec();
            drop(bytes.splice(at..at, again));
        }
        5 => bytes.truncate(at),
        6 => drop(bytes.splice(at..at, value::any(rng))),
        7 => bytes.insert(at, 0xFF),
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << rng.u32(0..8);
            }
        }
    }
}

fn sharp(rng: &mut Rng) -> u8 {
    SHARP[rng.usize(0..SHARP.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_small_and_mostly_there() {
        let mut rng = Rng::with_seed(1);
        let whole = b"{\"execute\":\"guest-ping\"}\n".to_vec();
        let mut changed = 0;
        for _ in 0..1000 {
            let mut bytes = whole.clone();
            once(&mut bytes, &mut rng);
            changed += usize::from(bytes != whole);
            assert!(bytes.len() < 2000);
        }
        assert!(changed > 900, "{changed}");
    }

    #[test]
    fn nothing_at_all_can_be_damaged_too() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..1000 {
            once(&mut Vec::new(), &mut rng);
        }
    }
}
