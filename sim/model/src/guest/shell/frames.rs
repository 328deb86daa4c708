//! What the shell will come back to, and how much of its memory that takes.

use std::collections::VecDeque;

use super::Source;
use super::code::Code;
use super::redirect::Saved;
use super::variables::Former;

/// Something the shell will come back to.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    Loop {
        top: usize,
        end: usize,
        values: VecDeque<Vec<u8>>,
        name: Vec<u8>,
        status: u8,
        tests: u32,
    },
    /// Files to be put back.
    Files(Saved),
    /// A word to be held against patterns.
    Case(Vec<u8>),
    Call(Box<Call>),
}

/// Where a function or script was called.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) source: Option<Source>,
    pub(super) code: Code,
    pub(super) at: usize,
    pub(super) end: usize,
    /// The parameters that were, if it has its own.
    pub(super) parameters: Option<Vec<Vec<u8>>>,
    /// `return` ends it.
    pub(super) returns: bool,
    pub(super) locals: Vec<Former>,
    pub(super) files: Saved,
    pub(super) tests: u32,
    /// The status to go back to: of a trap.
    pub(super) status: Option<u8>,
}

impl Frame {
    fn bytes(&self) -> usize {
        match self {
            Frame::Loop { values, .. } => bytes_of(values),
            Frame::Files(_) => size_of::<Frame>(),
            Frame::Case(value) => value.len(),
            Frame::Call(call) => size_of::<Call>() + call.parameters.as_deref().map_or(0, bytes_of),
        }
    }
}

/// Bytes that words take.
pub(super) fn bytes_of<'w>(words: impl IntoIterator<Item = &'w Vec<u8>>) -> usize {
    words.into_iter().map(|it| it.len() + size_of::<Vec<u8>>()).sum()
}

/// All frames, the innermost last.
#[derive(Clone, Debug, Default)]
pub(super) struct Frames {
    stack: Vec<(Frame, usize)>,
    bytes: usize,
    calls: usize,
}

impl Frames {
    pub(super) fn push(&mut self, frame: Frame) {
        let bytes = frame.bytes();
        self.bytes += bytes;
        self.calls += usize::from(matches!(frame, Frame::Call(_)));
        self.stack.push((frame, bytes));
    }

    pub(super) fn pop(&mut self) -> Option<Frame> {
        let (frame, bytes) = self.stack.pop()?;
        self.bytes -= bytes;
        self.calls -= usize::from(matches!(frame, Frame::Call(_)));
        Some(frame)
    }

    pub(super) fn clear(&mut self) {
        *self = Frames::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut Frame> {
        self.stack.last_mut().map(|(frame, _)| frame)
    }

    /// The innermost first.
    pub(super) fn inner(&self) -> impl Iterator<Item = &Frame> {
        self.stack.iter().rev().map(|(frame, _)| frame)
    }

    /// The innermost function or script that `return` ends.
    pub(super) fn function(&mut self) -> Option<&mut Call> {
        self.stack.iter_mut().rev().find_map(|(frame, _)| match frame {
            Frame::Call(call) if call.returns => Some(&mut **call),
            _ => None,
        })
    }

    /// How many calls there are.
    pub(super) fn calls(&self) -> usize {
        self.calls
    }

    /// Bytes that they hold.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
