//! What was received, held against what the model says.

use super::recording::Step;
use super::whole::digest;

/// Bytes that were recorded, whole or by their ends, length and digest.
#[derive(Debug)]
pub(super) enum Expected {
    /// All of them.
    Whole(Vec<u8>),
    /// Only what tells them apart from others.
    Ends {
        /// The first.
        head: Vec<u8>,
        /// The last.
        tail: Vec<u8>,
        /// How many.
        len: usize,
        /// The digest of all.
        sha256: Option<String>,
    },
}

/// Where bytes differ first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// Counted from 0.
    pub(super) at: usize,
    /// What was recorded there and somewhat around.
    pub(super) recorded: Vec<u8>,
    /// What the model says there.
    pub(super) model: Vec<u8>,
}

/// How many bytes around a difference are shown.
const AROUND_BYTES: usize = 120;

impl Expected {
    /// What a step received.
    pub(super) fn of(step: &Step) -> Expected {
        match step.recv_len {
            None => Expected::Whole(step.recv.clone()),
            Some(len) => Expected::Ends {
                head: step.recv.clone(),
                tail: step.recv_tail.clone(),
                len,
                sha256: step.recv_sha256.clone(),
            },
        }
    }

    /// Whether nothing was received.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Expected::Whole(bytes) if bytes.is_empty())
    }

    /// Where the model's bytes are others.
    pub(super) fn differs(&self, model: &[u8]) -> Option<Difference> {
        match self {
            Expected::Whole(bytes) => differ(bytes, model),
            Expected::Ends {
                head,
                tail,
                len,
                sha256,
            } => differ(head, &model[..model.len().min(head.len())])
                .or_else(|| differ_by_length(*len, model))
                .or_else(|| differ(tail, &model[model.len().saturating_sub(tail.len())..]))
                .or_else(|| differ_by_digest(sha256.as_deref()?, model)),
        }
    }
}

fn differ(recorded: &[u8], model: &[u8]) -> Option<Difference> {
    if recorded == model {
        return None;
    }
    let at = recorded.iter().zip(model).take_while(|(a, b)| a == b).count();
    let from = at.saturating_sub(AROUND_BYTES / 2);
    let part = |bytes: &[u8]| bytes[from..bytes.len().min(at + AROUND_BYTES)].to_vec();
    Some(Difference {
        at,
        recorded: part(recorded),
        model: part(model),
    })
}

fn differ_by_length(len: usize, model: &[u8]) -> Option<Difference> {
    (len != model.len()).then(|| Difference {
        at: len.min(model.len()),
        recorded: format!("({len} bytes)").into_bytes(),
        model: format!("({} bytes)", model.len()).into_bytes(),
    })
}

fn differ_by_digest(sha256: &str, model: &[u8]) -> Option<Difference> {
    let own = digest(model);
    (sha256 != own).then(|| Difference {
        at: 0,
        recorded: format!("(digest {sha256})").into_bytes(),
        model: format!("(digest {own})").into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_different_byte_is_found() {
        let cases: [(&[u8], &[u8], Option<usize>); 5] = [
            (b"", b"", None),
            (b"{}\n", b"{}\n", None),
            (b"{}\n", b"{ }\n", Some(1)),
            (b"{}\n", b"", Some(0)),
            (b"{}", b"{}\n", Some(2)),
        ];
        for (recorded, model, at) in cases {
            let found = Expected::Whole(recorded.to_vec()).differs(model);
            assert_eq!(found.map(|it| it.at), at, "{recorded:?} {model:?}");
        }
    }

    #[test]
    fn ends_length_and_digest_must_all_agree() {
        let bytes = vec![b'x'; 5000];
        let expected = |sha256: String, len| Expected::Ends {
            head: bytes[..100].to_vec(),
            tail: bytes[..10].to_vec(),
            len,
            sha256: Some(sha256),
        };
        let right = expected(digest(&bytes), 5000);
        assert_eq!(right.differs(&bytes), None);
        let mut changed = bytes.clone();
        for at in [0, 2500, 4999] {
            changed[at] = b'y';
            assert!(right.differs(&changed).is_some(), "{at}");
            changed[at] = b'x';
        }
        assert!(expected(digest(&bytes), 5001).differs(&bytes).is_some());
    }
}
