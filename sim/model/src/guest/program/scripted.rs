//! Programs whose doings an image lists: what they print, how they end, and when.

use std::collections::BTreeMap;

use super::{Ending, Fault, Program, Turn, Wait};
use crate::guest::process::sys::Sys;
use crate::guest::tools::output::Output;
use crate::time::Time;
use std::time::Duration;

/// Bytes read from the input in a turn.
const READ_BYTES: usize = 64 * 1024;

/// The status of a program that is given arguments no behaviour is listed for.
const NO_BEHAVIOUR: u8 = 125;

/// Programs by the name that their binary carries: the path of the first.
pub(crate) type Programs = BTreeMap<Vec<u8>, Scripted>;

/// A program: what it does, depending on its arguments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scripted {
    pub(super) behaviours: Vec<Behaviour>,
}

/// What a program does.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    /// The arguments it is meant for; `None` is any.
    pub(super) arguments: Option<Vec<Pattern>>,
    /// It reads its input to the end first.
    pub(super) reads_input: bool,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// How long it runs, once it has read and written.
    pub(super) duration: Duration,
    pub(super) ending: Ending,
    /// How long something that it leaves running holds its output.
    pub(super) holds_output: Duration,
}

/// An argument as an image writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// This very one.
    Exactly(Vec<u8>),
    /// `*`: any one.
    One,
    /// `...`: any number of them, at the end.
    Rest,
}

/// The program that a binary of this name stands for.
pub(crate) fn find<'a>(programs: &'a Programs, name: &[u8]) -> Option<&'a Scripted> {
    programs.get(name)
}

impl Pattern {
    pub(super) fn read(text: &str) -> Pattern {
        match text {
            "*" => Pattern::One,
            "..." => Pattern::Rest,
            _ => Pattern::Exactly(text.into()),
        }
    }
}

fn fits(patterns: &[Pattern], arguments: &[Vec<u8>]) -> bool {
    match (patterns.split_first(), arguments.split_first()) {
        (Some((Pattern::Rest, _)), _) | (None, None) => true,
        (Some((Pattern::One, patterns)), Some((_, arguments))) => fits(patterns, arguments),
        (Some((Pattern::Exactly(wanted), patterns)), Some((argument, arguments))) => {
            wanted == argument && fits(patterns, arguments)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

impl Scripted {
    /// The program as it runs with these words; the first is its own name.
    pub(crate) fn run(&self, words: &[Vec<u8>]) -> Box<dyn Program> {
        let arguments = words.get(1..).unwrap_or_default();
        let is_meant = |it: &&Behaviour| it.arguments.as_ref().is_none_or(|patterns| fits(patterns, arguments));
        let behaviour = self.behaviours.iter().find(is_meant).cloned();
        let behaviour = behaviour.unwrap_or_else(|| no_behaviour(words));
        Box::new(Running {
            behaviour,
            output: Output::default(),
            stage: Stage::Read,
        })
    }
}

/// What a program does for which the image lists nothing that fits.
fn no_behaviour(words: &[Vec<u8>]) -> Behaviour {
    let name = words.first().map(Vec::as_slice).unwrap_or_default();
    Behaviour {
        arguments: None,
        reads_input: false,
        stdout: Vec::new(),
        stderr: [name, b": the image lists nothing for these arguments\n"].concat(),
        duration: Duration::ZERO,
        ending: Ending::Exited(NO_BEHAVIOUR),
        holds_output: Duration::ZERO,
    }
}

/// A scripted program that runs.
#[derive(Clone, Debug)]
struct Running {
    behaviour: Behaviour,
    output: Output,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Read,
    Write,
    Run(Time),
    End,
}

impl Program for Running {
    fn turn(&mut self, sys: &mut Sys<'_>) -> Turn {
        match self.step(sys) {
            Ok(turn) => turn,
            Err(Fault::Wait(wait)) => Turn::Wait(wait),
            Err(Fault::Errno(_)) => Turn::Exit(1),
        }
    }

    fn duplicate(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

impl Running {
    fn step(&mut self, sys: &mut Sys<'_>) -> Result<Turn, Fault> {
        match self.stage {
            Stage::Read => {
                let reads = self.behaviour.reads_input && sys.is_open(0);
                if !reads || sys.read(0, READ_BYTES, &mut Vec::new())? == 0 {
                    self.output.write_to(1, std::mem::take(&mut self.behaviour.stdout));
                    self.output.write_to(2, std::mem::take(&mut self.behaviour.stderr));
                    self.stage = Stage::Write;
                }
                Ok(Turn::Again)
            }
            Stage::Write => {
                self.output.drain(sys)?;
                self.stage = Stage::Run(sys.now() + self.behaviour.duration);
                Ok(Turn::Again)
            }
            Stage::Run(until) if sys.now() < until => Ok(Turn::Wait(Wait::Until(until))),
            Stage::Run(_) => {
                self.stage = Stage::End;
                self.leave_holder(sys);
                Ok(Turn::Again)
            }
            Stage::End => Ok(self.end(sys)),
        }
    }

    /// Leaves something running that holds the output.
    fn leave_holder(&self, sys: &mut Sys<'_>) {
        if !self.behaviour.holds_output.is_zero() {
            let until = sys.now() + self.behaviour.holds_output;
            // Without room for one more process there is none.
            let _ = sys.fork(Box::new(Holder { until }), &[]);
        }
    }

    fn end(&self, sys: &mut Sys<'_>) -> Turn {
        match self.behaviour.ending {
            Ending::Exited(status) => Turn::Exit(status),
            Ending::Signalled(signal) => {
                // It may always signal itself.
                let _ = sys.kill(sys.pid(), signal);
                Turn::Again
            }
        }
    }
}

/// Something that does nothing but have open what it was given.
#[derive(Clone, Debug)]
struct Holder {
    until: Time,
}

impl Program for Holder {
    fn turn(&mut self, sys: &mut Sys<'_>) -> Turn {
        if sys.now() < self.until {
            Turn::Wait(Wait::Until(self.until))
        } else {
            Turn::Exit(0)
        }
    }

    fn duplicate(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_held_against_patterns() {
        for (patterns, arguments, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a b", "a b", true),
            ("a b", "a c", false),
            ("a b", "a", false),
            ("a *", "a x", true),
            ("*", "", false),
            ("a ...", "a", true),
            ("a ...", "a b c", true),
            ("...", "", true),
        ] {
            let patterns: Vec<_> = patterns.split_whitespace().map(Pattern::read).collect();
            let arguments: Vec<_> = arguments.split_whitespace().map(|it| it.as_bytes().to_vec()).collect();
            assert_eq!(fits(&patterns, &arguments), expected, "{patterns:?} {arguments:?}");
        }
    }
}
