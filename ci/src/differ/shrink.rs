//! Makes a batch on which the sides differ as small as it gets.

use anyhow::Result;

use super::Difference;
use super::batch::{Batch, Message};

/// How many smaller batches are tried at most.
const TRIES_MAX: usize = 3_000;

/// The smallest batch found that `differs`, and what the sides say to it.
pub(super) fn smallest(
    found: Difference,
    differs: impl FnMut(&Batch) -> Result<Option<Difference>>,
) -> Result<Difference> {
    let mut search = Search {
        best: found,
        differs,
        tries: 0,
    };
    search.drop_messages()?;
    loop {
        let before = search.size();
        for index in (0..search.best.batch.messages.len()).rev() {
            search.drop_bytes(index)?;
        }
        search.drop_messages()?;
        if search.size() == before || search.tries >= TRIES_MAX {
            return Ok(search.best);
        }
    }
}

struct Search<F> {
    best: Difference,
    differs: F,
    tries: usize,
}

impl<F: FnMut(&Batch) -> Result<Option<Difference>>> Search<F> {
    fn size(&self) -> usize {
        let messages = self.best.batch.messages.iter();
        messages.map(|it| it.bytes().map_or(1, <[u8]>::len)).sum()
    }

    /// Tries without runs of messages: half of them, a quarter, down to one.
    fn drop_messages(&mut self) -> Result<()> {
        let mut run = self.best.batch.messages.len().div_ceil(2);
        while run > 0 {
            let mut at = 0;
            while at < self.best.batch.messages.len() {
                let mut batch = self.best.batch.clone();
                let end = batch.messages.len().min(at + run);
                batch.messages.drain(at..end);
                at += if self.take_if_different(batch)? { 0 } else { run };
            }
            run /= 2;
        }
        Ok(())
    }

    /// Tries without runs of a message's bytes.
    fn drop_bytes(&mut self, index: usize) -> Result<()> {
        let mut run = self.len(index).div_ceil(2);
        while run > 0 {
            let mut at = 0;
            while at < self.len(index) {
                let mut batch = self.best.batch.clone();
                if let Message::Bytes(bytes) = &mut batch.messages[index] {
                    bytes.drain(at..bytes.len().min(at + run));
                }
                at += if self.take_if_different(batch)? { 0 } else { run };
            }
            run /= 2;
        }
        Ok(())
    }

    fn len(&self, index: usize) -> usize {
        self.best.batch.messages[index].bytes().map_or(0, <[u8]>::len)
    }

    fn take_if_different(&mut self, batch: Batch) -> Result<bool> {
        if self.tries >= TRIES_MAX || !batch.is_harmless() {
            return Ok(false);
        }
        self.tries += 1;
        let found = (self.differs)(&batch)?;
        let different = found.is_some();
        if let Some(found) = found {
            self.best = found;
        }
        Ok(different)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differ::transcript::Transcript;
    use crate::text::contains;

    fn bytes(text: &str) -> Message {
        Message::Bytes(text.as_bytes().to_vec())
    }

    fn batch(messages: &[&str]) -> Batch {
        Batch {
            messages: messages.iter().map(|it| bytes(it)).collect(),
            cuts: 0,
        }
    }

    fn difference(batch: &Batch) -> Difference {
        Difference {
            batch: batch.clone(),
            real: Transcript::default(),
            model: Transcript::default(),
        }
    }

    #[test]
    fn only_what_makes_the_difference_is_left() {
        let found = batch(&["{\"execute\":1}\n", "one X two", "nothing", "three Y", "{}"]);
        // Both letters are needed, in this order.
        let differs = |batch: &Batch| {
            let bytes = batch.bytes();
            let place = |letter| bytes.iter().position(|it| *it == letter);
            let both = place(b'X').zip(place(b'Y')).is_some_and(|(x, y)| x < y);
            Ok(both.then(|| difference(batch)))
        };
        let smallest = smallest(difference(&found), differs).unwrap();
        assert_eq!(smallest.batch.messages, [bytes("X"), bytes("Y")]);
    }

    #[test]
    fn what_could_do_harm_is_not_tried() {
        let found = batch(&["{\"path\":\"folder/a\"}"]);
        let differs = |batch: &Batch| {
            assert!(!contains(&batch.bytes(), b"\"/a"), "{batch:?}");
            Ok(contains(&batch.bytes(), b"/a\"").then(|| difference(batch)))
        };
        // A letter is left before the slash.
        assert_eq!(
            smallest(difference(&found), differs).unwrap().batch.bytes().len(),
            b"r/a\"".len()
        );
    }

    #[test]
    fn what_is_needed_whole_stays_whole() {
        let found = batch(&["abc", "def"]);
        let differs = |batch: &Batch| Ok((batch.messages == found.messages).then(|| difference(batch)));
        assert_eq!(
            smallest(difference(&found), differs).unwrap().batch.messages,
            found.messages
        );
    }
}
