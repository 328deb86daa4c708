//! Where tokens begin, as release 11.1 counts it.

/// Where a token begins: line and column over the life of the agent, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// Counts lines and columns over the life of the agent.
///
/// The agent notes the next token's place when it is done with the one before,
/// one column after the byte it is at. That is one too far if this byte is not
/// part of what it is done with; and it notes nothing when it drops a token for
/// its length. Both shows in the places it reports.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// Bytes taken before this call.
    taken: u64,
    /// Lines ended, and the bytes taken up to the last end.
    lines: u64,
    line_begin: u64,
    /// The byte to come has already ended something else.
    looked_at: bool,
    /// The place of the token that was dropped and that the next byte seems to
    /// go on.
    stands: Option<Place>,
}

impl Position {
    /// The byte at an offset of this call begins a token: its place.
    pub(super) fn begin(&mut self, offset: usize) -> Place {
        let looked_at = u64::from(std::mem::take(&mut self.looked_at));
        self.stands.take().unwrap_or(Place {
            line: self.lines + 1,
            column: self.taken + offset as u64 - self.line_begin + 1 + looked_at,
        })
    }

    /// Blanks were passed.
    pub(super) fn pass_blanks(&mut self) {
        self.looked_at = false;
        self.stands = None;
    }

    /// The byte to come ended a token or a skipped run and is still to be taken.
    pub(super) fn look_at(&mut self) {
        self.looked_at = true;
    }

    /// A token was dropped for its length.
    pub(super) fn stand(&mut self, place: Place) {
        self.stands = Some(place);
    }

    /// A line ends before the byte at an offset of this call.
    pub(super) fn end_line(&mut self, offset: usize) {
        self.lines += 1;
        self.line_begin = self.taken + offset as u64;
    }

    /// The call is over and took so many bytes.
    pub(super) fn take(&mut self, bytes: usize) {
        self.taken += bytes as u64;
    }
}
