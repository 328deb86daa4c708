//! A batch: some messages, and how the model gets them cut.

use super::mutate;
use super::request::{self, Scope};
use fastrand::Rng;

/// How many messages a batch has.
pub(super) const MESSAGES: usize = 50;

/// What one fresh agent is sent.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// In order, nothing between them.
    pub(super) messages: Vec<Vec<u8>>,
    /// Where the cuts begin that the model gets the same bytes in.
    pub(super) cuts: u64,
}

impl Batch {
    /// The batch of a number; the same for the same scope and seed.
    pub(super) fn of(scope: Scope<'_>, seed: u64, number: u64) -> Batch {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number));
        let cuts = rng.u64(..);
        let mut messages = Vec::with_capacity(MESSAGES);
        for _ in 0..MESSAGES {
            messages.push(message(scope, &mut rng));
        }
        Batch { messages, cuts }
    }

    /// All its bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.messages.concat()
    }
}

/// Half are requests as a client would send them, half have been tampered with.
/// What opens files or starts programs is never tampered with: a changed path
/// could be any path of this machine.
fn message(scope: Scope<'_>, rng: &mut Rng) -> Vec<u8> {
    if rng.bool() {
        return request::any(scope, rng);
    }
    let mut bytes = request::without_paths(scope, rng);
    for _ in 0..rng.usize(1..=3) {
        mutate::once(&mut bytes, rng);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use qga_fixtures::schema::Release;

    fn scope() -> Scope<'static> {
        let release = Release::find("7.2").unwrap();
        Scope { release, only: "" }
    }

    #[test]
    fn a_number_is_always_the_same_batch_and_another_is_another() {
        let bytes = |seed, number| Batch::of(scope(), seed, number).bytes();
        assert_eq!(bytes(1, 7), bytes(1, 7));
        assert_ne!(bytes(1, 7), bytes(1, 8));
        assert_ne!(bytes(1, 7), bytes(2, 7));
    }
}
