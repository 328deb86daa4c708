//! Tools that do one thing to each of their operands, one a turn.

use std::collections::VecDeque;
use std::fmt::Debug;

use super::options::Options;
use super::{Call, Made, Tool, Trouble, Words, run};
use crate::guest::program::Turn;

/// What is done to an operand. It must be such that it can be done again after it
/// had to wait.
pub(crate) type Act<O> = fn(&mut Call<'_, '_>, &O, &[u8]) -> Result<(), Trouble>;

/// A tool and the operands that are left.
#[derive(Clone, Debug)]
struct Each<O> {
    options: O,
    act: Act<O>,
    operands: VecDeque<Vec<u8>>,
    status: u8,
}

impl<O: Clone + Debug + Send + Sync + 'static> Tool for Each<O> {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        let Some(operand) = self.operands.front() else {
            return Turn::Exit(self.status);
        };
        match (self.act)(call, &self.options, operand) {
            Err(Trouble::Wait(wait)) => return Turn::Wait(wait),
            Err(Trouble::Say(complaint)) => {
                call.complain(&complaint);
                self.status = 1;
            }
            Err(Trouble::Fail) => self.status = 1,
            Ok(()) => {}
        }
        self.operands.pop_front();
        Turn::Again
    }
}

/// A tool that does this to each of these.
pub(crate) fn each_of<O: Clone + Debug + Send + Sync + 'static>(
    name: Vec<u8>,
    options: O,
    operands: Vec<Vec<u8>>,
    act: Act<O>,
) -> Made {
    let operands = operands.into();
    Ok(run(
        name,
        Each {
            options,
            act,
            operands,
            status: 0,
        },
    ))
}

/// A tool that does this to each of its operands, of which there must be one.
pub(crate) fn each(words: Words, options: Options, act: Act<Options>) -> Made {
    if options.operands.is_empty() {
        return Err(words.missing_operand(1));
    }
    let operands = options.operands.clone();
    each_of(words.name, options, operands, act)
}
