//! Agents that make something else of the bytes they get.

use super::Memory;
use crate::message::CommandError;
use crate::session::{Frame, Session};
use qga_fixtures::schema::ErrorName;
use serde::Deserialize;

/// The byte that brings an agent back in step.
const RESYNC: u8 = 0xFF;
/// What an agent takes of a line that has a buffer of its own for lines.
const LINE_BYTES_MAX: usize = 4096;
/// Stands for a byte that is not understood.
const STRAY: u8 = b'?';

/// What is made of the bytes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Inlet {
    /// A request counts when its LF comes.
    NeedsLineFeed,
    /// An LF ends a request, whole or not.
    LineFeedForgets,
    /// What a write left unfinished is forgotten with the next.
    EachWriteAnew,
    /// What a write leaves unfinished is answered as a broken request.
    HalvesAnswered,
    /// Only the first request of a write is looked at.
    OneRequestAWrite,
    /// A line is cut where the buffer ends.
    ShortLines,
    /// An empty line is answered as a broken request.
    BlankLinesAnswered,
    ResyncIgnored,
    ResyncCloses,
    /// The byte after it goes too.
    ResyncEatsMore,
    /// It does not end a request that has begun, but breaks it.
    ResyncIsStray,
    /// Everything after it goes until the next LF.
    ResyncSkipsTheLine,
    TabsRefused,
    ReturnsRefused,
    /// The eighth bit is not looked at.
    SevenBits,
    /// A request that is broken ends the agent.
    DiesOfNonsense,
    /// A request that is broken makes it wait for ever.
    MuteAfterNonsense,
}

impl Inlet {
    pub(super) fn begin(self, session: &mut Session, memory: &mut Memory) {
        match self {
            Inlet::EachWriteAnew => forget(session),
            Inlet::OneRequestAWrite => memory.once = false,
            _ => {}
        }
    }

    pub(super) fn feed(self, session: &mut Session, memory: &mut Memory, bytes: &[u8]) -> (usize, Option<Frame>) {
        for (at, byte) in bytes.iter().enumerate() {
            let frame = self.byte(session, memory, *byte);
            let frame = frame.and_then(|it| self.frame(it, memory));
            if frame.is_some() {
                memory.line = 0;
                return (at + 1, frame);
            }
        }
        if self == Inlet::HalvesAnswered && memory.line > 0 {
            memory.line = 0;
            forget(session);
            return (bytes.len(), Some(nonsense()));
        }
        (bytes.len(), None)
    }

    fn byte(self, session: &mut Session, memory: &mut Memory, byte: u8) -> Option<Frame> {
        let mut give = |byte: u8| session.feed(&[byte]).1;
        let is_line_feed = byte == b'\n';
        memory.line = if is_line_feed { 0 } else { memory.line + 1 };
        match (self, byte) {
            (Inlet::NeedsLineFeed, _) => {
                let frame = give(byte);
                memory.frames.extend(frame);
                return is_line_feed.then(|| memory.frames.pop_front()).flatten();
            }
            (Inlet::LineFeedForgets, b'\n') => forget(session),
            (Inlet::BlankLinesAnswered, b'\n') if !std::mem::take(&mut memory.once) => return Some(nonsense()),
            (Inlet::BlankLinesAnswered, b'\n') => {}
            (Inlet::BlankLinesAnswered, _) => {
                memory.once = true;
                return give(byte);
            }
            (Inlet::ShortLines, _) if memory.line > LINE_BYTES_MAX => {}
            (Inlet::ResyncIgnored, RESYNC) => {}
            (Inlet::ResyncCloses, RESYNC) => return Some(Frame::Fatal("a byte that is no JSON")),
            (Inlet::ResyncEatsMore | Inlet::ResyncSkipsTheLine, RESYNC) => {
                memory.once = true;
                return give(byte);
            }
            (Inlet::ResyncEatsMore, _) if std::mem::take(&mut memory.once) => {}
            (Inlet::ResyncSkipsTheLine, _) if memory.once => memory.once = !is_line_feed,
            (Inlet::ResyncIsStray, RESYNC) => return give(STRAY),
            (Inlet::TabsRefused, b'\t') | (Inlet::ReturnsRefused, b'\r') => return give(STRAY),
            (Inlet::SevenBits, 0x80..=0xFE) => return give(byte & 0x7F),
            (Inlet::MuteAfterNonsense, _) if memory.once => {}
            _ => return give(byte),
        }
        None
    }

    fn frame(self, frame: Frame, memory: &mut Memory) -> Option<Frame> {
        match (self, frame) {
            (Inlet::OneRequestAWrite, frame) => (!std::mem::replace(&mut memory.once, true)).then_some(frame),
            (Inlet::DiesOfNonsense, Frame::Broken(_)) => Some(Frame::Fatal("a request that is broken")),
            (Inlet::MuteAfterNonsense, Frame::Broken(error)) => {
                memory.once = true;
                Some(Frame::Broken(error))
            }
            (_, frame) => Some(frame),
        }
    }
}

fn forget(session: &mut Session) {
    *session = Session::new(session.release());
}

fn nonsense() -> Frame {
    Frame::Broken(CommandError::new(ErrorName::ParseFailed).with("message", "an empty line"))
}
