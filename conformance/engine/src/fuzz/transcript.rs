//! What an agent answered to each step of a session.

/// Room that is made for the answer to a step, in bytes.
const USUAL_BYTES: usize = 64;

/// Why nothing more belongs to a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// It was not sent: a value it needs was never given, or the agent was gone.
    #[default]
    NotSent,
    /// All of it came.
    Complete,
    /// The agent said nothing, or not enough, and has answered what came after it or
    /// let the time pass.
    Nothing,
    /// The agent closed the channel.
    Closed,
    /// The agent said more than is read.
    Endless,
}

/// The answers to the steps of one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    bytes: Vec<u8>,
    /// Where each line stands in `bytes`, its LF included.
    lines: Vec<(usize, usize)>,
    answers: Vec<Answer>,
    /// What came after the last step, before the sync that ends the session: nobody
    /// asked for it.
    pub extra: Vec<Vec<u8>>,
    /// How the sync at the end was answered.
    pub end: End,
}

/// The lines of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Answer {
    from: usize,
    to: usize,
    /// Where the answers to the pieces begin, if there are some.
    again: Option<usize>,
    end: End,
}

impl Transcript {
    /// The empty transcript of a session with so many steps.
    pub fn new(steps: usize) -> Transcript {
        Transcript {
            bytes: Vec::with_capacity(steps * USUAL_BYTES),
            lines: Vec::with_capacity(steps),
            answers: vec![Answer::default(); steps],
            ..Transcript::default()
        }
    }

    /// A line came for a step. Lines of one step come one after the other.
    pub fn line(&mut self, step: usize, line: &[u8]) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(line);
        self.lines.push((begin, self.bytes.len()));
        let answer = &mut self.answers[step];
        if answer.from == answer.to {
            answer.from = self.lines.len() - 1;
        }
        answer.to = self.lines.len();
    }

    /// Forgets what came for a step: it is asked once more.
    pub fn forget(&mut self, step: usize) {
        self.answers[step] = Answer::default();
    }

    /// From here on the answers to the pieces of the step's bytes come.
    pub fn again(&mut self, step: usize) {
        let answer = &mut self.answers[step];
        if answer.from == answer.to {
            (answer.from, answer.to) = (self.lines.len(), self.lines.len());
        }
        answer.again = Some(answer.to);
    }

    /// Nothing more comes for the step.
    pub fn end(&mut self, step: usize, end: End) {
        self.answers[step].end = end;
    }

    /// How a step ended.
    pub fn end_of(&self, step: usize) -> End {
        self.answers[step].end
    }

    /// The lines of a step, the first time its bytes were sent.
    pub fn lines_of(&self, step: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        let answer = self.answers[step];
        self.between(answer.from, answer.again.unwrap_or(answer.to))
    }

    /// The lines that came when the bytes of the step were sent in pieces, if they were.
    pub fn lines_of_pieces(&self, step: usize) -> Option<impl ExactSizeIterator<Item = &[u8]>> {
        let answer = self.answers[step];
        answer.again.map(|again| self.between(again, answer.to))
    }

    fn between(&self, from: usize, to: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        self.lines[from..to].iter().map(|(from, to)| &self.bytes[*from..*to])
    }

    /// How many lines came.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_its_own_lines() {
        let mut transcript = Transcript::new(3);
        transcript.line(0, b"a\n");
        transcript.again(1);
        transcript.line(1, b"b\n");
        transcript.line(2, b"c\n");
        transcript.line(2, b"d\n");
        transcript.again(2);
        transcript.line(2, b"e\n");
        let lines = |step| transcript.lines_of(step).collect::<Vec<_>>().concat();
        assert_eq!([lines(0), lines(1), lines(2)], [&b"a\n"[..], b"", b"c\nd\n"]);
        let pieces = |step| {
            transcript
                .lines_of_pieces(step)
                .map(|it| it.collect::<Vec<_>>().concat())
        };
        assert_eq!(
            [pieces(0), pieces(1), pieces(2)],
            [None, Some(b"b\n".to_vec()), Some(b"e\n".to_vec())]
        );
    }
}
