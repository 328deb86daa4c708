//! How the targets read their choices off the front of an input.

use qga_fixtures::schema::{Evidence, RELEASES, Release};

/// The longest piece that bytes are cut into, if they are cut.
const PIECE_BYTES_MAX: usize = 16;

/// An input of a target that sends bytes: the release, how they are cut, and they.
pub(crate) struct Input<'i> {
    pub(crate) release: &'static Release,
    /// Bytes in each piece.
    pub(crate) piece: usize,
    pub(crate) bytes: &'i [u8],
}

impl<'i> Input<'i> {
    /// The first byte chooses the release, the second the cut. `None` if it is too short.
    pub(crate) fn of(input: &'i [u8]) -> Option<Input<'i>> {
        let [release, cut, bytes @ ..] = input else { return None };
        let releases = recorded();
        Some(Input {
            release: releases[usize::from(*release) % releases.len()],
            piece: 1 + usize::from(*cut) % PIECE_BYTES_MAX,
            bytes,
        })
    }
}

/// The releases whose bytes are known from running agents.
pub(crate) fn recorded() -> Vec<&'static Release> {
    RELEASES.iter().filter(|it| it.evidence == Evidence::Recorded).collect()
}

/// The bytes that the suite's scripts send, script by script, each before the choice
/// of some release and of cuts of one byte.
pub(crate) fn sent_by_the_suite() -> Vec<Vec<u8>> {
    let releases = recorded().len();
    let scripts = qga_fixtures::sessions().iter().enumerate();
    scripts
        .map(|(at, (_, text))| {
            let choice = u8::try_from(at % releases).unwrap_or_default();
            [vec![choice, 0], sent_by(text)].concat()
        })
        .collect()
}

/// What a script sends, as it stands there: variables keep their names.
fn sent_by(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in text.lines() {
        if let Some(raw) = line.strip_prefix(">raw") {
            bytes.extend(raw.trim_start().replace("\\xFF", "\u{FF}").chars().map(|it| it as u8));
        } else if let Some(request) = line.strip_prefix('>') {
            bytes.extend(request.trim_start().as_bytes());
            bytes.push(b'\n');
        }
    }
    bytes
}
