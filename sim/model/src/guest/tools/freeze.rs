//! fsfreeze.

use super::options::{Known, Usage};
use super::{Call, Made, OrSay, Trouble, Words, text};
use crate::guest::fs::ioctl::IoctlError;
use crate::guest::program::Fault;

pub(super) fn fsfreeze(words: Words) -> Made {
    const KNOWN: Known = Known::letters("fu").names(&[("freeze", b'f'), ("unfreeze", b'u')]);
    let options = words.options(KNOWN)?;
    let thaws = match (options.has(b'f'), options.has(b'u')) {
        (true, false) => false,
        (false, true) => true,
        _ => return Err(Usage::plain(b"neither --freeze or --unfreeze specified".to_vec(), 1)),
    };
    if options.operands.is_empty() {
        return Err(Usage::plain(b"no filename specified".to_vec(), 1));
    }
    super::each::each_of(words.name, thaws, options.operands, freeze_or_thaw)
}

fn freeze_or_thaw(call: &mut Call<'_, '_>, thaws: &bool, path: &[u8]) -> Result<(), Trouble> {
    let (what, done) = match thaws {
        true => ("unfreeze failed", call.sys.calls(|sys| sys.thaw(path))),
        false => ("freeze failed", call.sys.calls(|sys| sys.freeze(path))),
    };
    match done {
        Ok(()) => {
            // Whoever waited for a thaw may go on.
            call.sys.guest.processes.look_again();
            Ok(())
        }
        Err(IoctlError::Open(error)) => Err(error).or_say(|why| text!["cannot open ", path, ": ", why]),
        Err(IoctlError::Ioctl(errno)) => Err(Fault::Errno(errno)).or_say(|why| text![path, ": ", what, ": ", why]),
    }
}
