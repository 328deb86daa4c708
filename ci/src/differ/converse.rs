//! What a client does with one side: the same with either.

use anyhow::Result;

use super::batch::{Batch, Message};
use super::transcript::{End, Line};
use crate::text::contains;

/// What is sent to hear that all before it was answered; nothing random looks like
/// its reply.
pub(super) const MARK: &[u8] =
    b"\xFF\n{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":8070450532247928}}\n";

/// The reply to it.
pub(super) const MARK_REPLY: &[u8] = b"\xFF{\"return\": 8070450532247928}\n";

/// How often a process is asked for that has not ended.
const POLLS_MAX: usize = 3_000;

/// What the reply to a request for a process has in it that has not ended.
const STILL_RUNNING: &[u8] = b"{\"return\": {\"exited\": false}}\n";

/// What asks for one stream of a program's output.
const ONE_STREAM: [&[u8]; 2] = [b"\"stdout\"", b"\"stderr\""];

/// How the reply begins to a request that started a process.
const STARTED: &[u8] = b"{\"return\": {\"pid\": ";

/// An agent and the connection to it.
pub(super) trait Side {
    /// Sends bytes that end with [`MARK`] and hears everything up to its reply.
    fn exchange(&mut self, bytes: &[u8]) -> Result<Heard>;

    /// Sends bytes and the end of the stream, hears everything until the agent
    /// closes the connection too, and makes a new one.
    fn hang_up(&mut self, bytes: &[u8]) -> Result<Heard>;

    /// Lets enough time pass for a program to end, if it need not be waited for.
    fn wait(&mut self);
}

/// What came back, and how it ended.
pub(super) struct Heard {
    /// Whole lines; the last may be cut.
    pub(super) lines: Vec<Line>,
    /// [`End::Answered`] if the conversation can go on.
    pub(super) end: End,
}

/// How often each process was asked for until it had ended.
pub(super) type Polls = Vec<usize>;

/// Has the whole conversation of a batch. Before each process is asked for, as many
/// lines are sent as the other side was sent in vain, which `polls` tells: releases
/// count lines.
pub(super) fn converse(side: &mut impl Side, batch: &Batch, polls: &Polls) -> Result<(Heard, Polls)> {
    let mut talk = Talk {
        side,
        wanted: polls.iter().copied(),
        polls: Polls::new(),
        unsent: Vec::new(),
        is_paced: false,
        heard: Heard {
            lines: Vec::new(),
            end: End::Answered,
        },
    };
    for message in &batch.messages {
        talk.act(message)?;
        if talk.heard.end != End::Answered {
            return Ok((talk.heard, talk.polls));
        }
    }
    talk.send()?;
    Ok((talk.heard, talk.polls))
}

struct Talk<'a, S, W> {
    side: &'a mut S,
    /// How often the other side was asked for the next processes.
    wanted: W,
    polls: Polls,
    unsent: Vec<u8>,
    /// Each message is sent alone, and the agent is given time after it.
    is_paced: bool,
    heard: Heard,
}

impl<S: Side, W: Iterator<Item = usize>> Talk<'_, S, W> {
    fn act(&mut self, message: &Message) -> Result<()> {
        match message {
            Message::Bytes(bytes) => self.take(bytes)?,
            Message::Poll(back) => self.poll(*back)?,
            Message::HangUp => {
                let bytes = std::mem::take(&mut self.unsent);
                let heard = self.side.hang_up(&bytes)?;
                self.keep(heard);
            }
        }
        Ok(())
    }

    /// Keeps bytes for the next time something is sent, unless it matters when the
    /// agent comes to do what it does between requests: some releases close a
    /// descriptor then that somebody else gets.
    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        if !self.is_paced && names_one_stream(bytes) {
            self.is_paced = true;
            self.send()?;
        }
        self.unsent.extend_from_slice(bytes);
        if self.is_paced && self.heard.end == End::Answered {
            self.send()?;
            self.side.wait();
        }
        Ok(())
    }

    /// Sends what was not sent yet, with a mark.
    fn send(&mut self) -> Result<()> {
        let bytes = [std::mem::take(&mut self.unsent).as_slice(), MARK].concat();
        let heard = self.side.exchange(&bytes)?;
        self.keep(heard);
        Ok(())
    }

    fn keep(&mut self, heard: Heard) {
        self.heard.lines.extend(heard.lines);
        self.heard.end = heard.end;
    }

    /// Asks for a process until it has ended; only the last replies are kept.
    fn poll(&mut self, back: usize) -> Result<()> {
        self.send()?;
        if self.heard.end != End::Answered {
            return Ok(());
        }
        let pid = self.started().rev().nth(back).unwrap_or_default();
        let request = format!("{{\"execute\": \"guest-exec-status\", \"arguments\": {{\"pid\": {pid}}}}}\n");
        let bytes = [request.as_bytes(), MARK].concat();
        let mut asked = 1;
        for _ in 1..self.wanted.next().unwrap_or_default() {
            self.side.exchange(&[b"\n", MARK].concat())?;
            asked += 1;
        }
        loop {
            self.side.wait();
            let heard = self.side.exchange(&bytes)?;
            let runs = heard.lines.first().is_some_and(|it| it.bytes == STILL_RUNNING);
            if !runs || asked == POLLS_MAX {
                self.polls.push(asked);
                self.keep(heard);
                return Ok(());
            }
            asked += 1;
        }
    }

    /// The numbers of the processes that were started.
    fn started(&self) -> impl DoubleEndedIterator<Item = u64> {
        let replies = self.heard.lines.iter().map(|it| it.bytes.as_slice());
        replies.filter(|it| contains(it, STARTED)).filter_map(number)
    }
}

/// Whether bytes may ask for one stream of a program's output.
pub(super) fn names_one_stream(bytes: &[u8]) -> bool {
    ONE_STREAM.iter().any(|it| contains(bytes, it))
}

/// The number in the reply of a process that was started.
fn number(line: &[u8]) -> Option<u64> {
    let at = line.windows(STARTED.len()).position(|it| it == STARTED)?;
    let digits = line[at + STARTED.len()..].iter().take_while(|it| it.is_ascii_digit());
    String::from_utf8(digits.copied().collect()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differ::transcript::lines;

    /// Answers with what is next on a list, whatever it is asked.
    struct Prepared {
        replies: Vec<&'static str>,
        sent: Vec<String>,
        waits: usize,
    }

    impl Side for Prepared {
        fn exchange(&mut self, bytes: &[u8]) -> Result<Heard> {
            let sent = bytes.strip_suffix(MARK).expect("a mark is sent");
            self.hang_up(sent)
        }

        fn hang_up(&mut self, bytes: &[u8]) -> Result<Heard> {
            self.sent.push(String::from_utf8_lossy(bytes).into_owned());
            let lines = lines(self.replies.remove(0).as_bytes());
            let end = if self.replies.is_empty() {
                End::Died
            } else {
                End::Answered
            };
            Ok(Heard { lines, end })
        }

        fn wait(&mut self) {
            self.waits += 1;
        }
    }

    #[test]
    fn a_process_is_asked_for_until_it_has_ended() {
        let mut side = Prepared {
            replies: vec![
                "{\"return\": {\"pid\": 41}}\n{\"return\": {\"pid\": 42}}\n",
                "of no interest\n",
                "{\"return\": {\"exited\": false}}\n",
                "{\"return\": {\"exited\": true}}\n",
                "over\n",
            ],
            sent: Vec::new(),
            waits: 0,
        };
        let batch = Batch {
            messages: vec![
                Message::Bytes(b"one".to_vec()),
                Message::Bytes(b"two".to_vec()),
                Message::Poll(1),
                Message::HangUp,
                Message::Bytes(b"never sent".to_vec()),
            ],
            cuts: 0,
        };
        let (heard, polls) = converse(&mut side, &batch, &vec![2]).unwrap();
        let status = "{\"execute\": \"guest-exec-status\", \"arguments\": {\"pid\": 41}}\n";
        assert_eq!(side.sent, ["onetwo", "\n", status, status, ""]);
        assert_eq!((side.waits, polls, heard.end), (2, vec![3], End::Died));
        let lines: Vec<_> = heard.lines.iter().map(ToString::to_string).collect();
        assert_eq!(lines[2..], ["{\"return\": {\"exited\": true}}\\n", "over\\n"]);
    }
}
