//! The agent's parser of each release.

use qga_fixtures::schema::Release;
use qga_model::session::{Frame, Session};

use crate::input::{Input, sent_by_the_suite};

pub(crate) fn run(input: &[u8]) {
    let Some(Input { release, piece, bytes }) = Input::of(input) else {
        return;
    };
    let whole = frames(release, [bytes].into_iter());
    let cut = frames(release, bytes.chunks(piece));
    assert_eq!(whole, cut, "{release}: whole, and in pieces of {piece}");
}

/// All frames until the end, or until the agent dies.
fn frames<'b>(release: &'static Release, pieces: impl Iterator<Item = &'b [u8]>) -> Vec<Frame> {
    let mut session = Session::new(release);
    let mut frames = Vec::new();
    for mut piece in pieces {
        while !piece.is_empty() {
            let (taken, frame) = session.feed(piece);
            assert!(
                taken > 0 || frame.is_some(),
                "{release}: it takes nothing and says nothing"
            );
            piece = &piece[taken..];
            frames.extend(frame);
            if matches!(frames.last(), Some(Frame::Fatal(_))) {
                return frames;
            }
        }
    }
    frames
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    sent_by_the_suite()
}
