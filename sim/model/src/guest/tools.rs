//! The common utilities, as programs that work on the machine's own files.
//!
//! They do what everyday scripts ask of them, in the words of the GNU tools in the
//! C locale, and refuse options they do not know. Each is a [`Tool`]; [`Running`]
//! is what they have in common: a name for complaints and what is to be written.
//!
//! - [`options`], [`quote`], [`output`]: arguments, names in complaints, output;
//! - [`each`]: tools that do one thing to each operand;
//! - [`filter`]: tools that read their inputs from front to back;
//! - the rest: the tools, by family.

mod calendar;
mod cat;
mod copy;
mod create;
mod cut;
mod date;
mod dd;
pub(crate) mod each;
pub(crate) mod filter;
mod freeze;
mod grep;
mod head;
mod list;
pub(crate) mod mode;
mod od;
pub(crate) mod options;
pub(crate) mod output;
mod permit;
pub(crate) mod printf;
pub(crate) mod quote;
mod remove;
mod seq;
mod sleep;
mod sort;
mod stat;
mod system;
mod tail;
pub(crate) mod test;
mod touch;
mod tr;
mod uniq;
mod wc;
mod words;
mod wrap;

use std::fmt::Debug;

use super::process::sys::Sys;
use super::program::{Fault, Program, Turn, Wait};
use super::shell;
use options::Usage;
use output::Output;
pub(crate) use system::kill_words;

/// Joins parts of a text.
macro_rules! text {
    ($($part:expr),* $(,)?) => {{
        let mut text: Vec<u8> = Vec::new();
        $(text.extend_from_slice(AsRef::<[u8]>::as_ref(&$part));)*
        text
    }};
}
pub(crate) use text;

/// Whether a byte is in the class of a name such as `digit`.
pub(crate) fn class(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alpha" => u8::is_ascii_alphabetic,
        b"digit" => u8::is_ascii_digit,
        b"alnum" => u8::is_ascii_alphanumeric,
        b"upper" => u8::is_ascii_uppercase,
        b"lower" => u8::is_ascii_lowercase,
        b"space" => |it| matches!(it, b' ' | b'\t'..=b'\r'),
        b"blank" => |it| matches!(it, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"punct" => u8::is_ascii_punctuation,
        b"print" => |it| matches!(it, b' '..=b'~'),
        b"graph" => u8::is_ascii_graphic,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

/// What a tool is called with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    /// What it is called, as its complaints begin.
    pub(crate) name: Vec<u8>,
    pub(crate) arguments: Vec<Vec<u8>>,
}

type Made = Result<Box<dyn Program>, Usage>;

/// Makes a tool.
type Make = fn(Words) -> Made;

/// All tools but the shell.
const TOOLS: &[(&str, Make)] = &[
    ("[", test::bracket),
    ("basename", words::basename),
    ("cat", cat::cat),
    ("chmod", permit::chmod),
    ("chown", permit::chown),
    ("cp", copy::cp),
    ("cut", cut::cut),
    ("date", date::date),
    ("dd", dd::dd),
    ("dirname", words::dirname),
    ("echo", words::echo),
    ("env", wrap::env),
    ("false", words::no),
    ("fsfreeze", freeze::fsfreeze),
    ("grep", grep::grep),
    ("head", head::head),
    ("hostname", system::hostname),
    ("id", system::id),
    ("kill", system::kill),
    ("ln", create::ln),
    ("ls", list::ls),
    ("mkdir", create::mkdir),
    ("mkfifo", create::mkfifo),
    ("mknod", create::mknod),
    ("mv", copy::mv),
    ("od", od::od),
    ("printenv", words::printenv),
    ("printf", words::printf),
    ("pwd", system::pwd),
    ("readlink", stat::readlink),
    ("rm", remove::rm),
    ("rmdir", remove::rmdir),
    ("seq", seq::seq),
    ("sleep", sleep::sleep),
    ("sort", sort::sort),
    ("stat", stat::stat),
    ("sync", system::sync),
    ("tail", tail::tail),
    ("tee", cat::tee),
    ("test", test::test),
    ("touch", touch::touch),
    ("tr", tr::tr),
    ("true", words::yes_indeed),
    ("truncate", create::truncate),
    ("uname", system::uname),
    ("uniq", uniq::uniq),
    ("wc", wc::wc),
    ("whoami", system::whoami),
    ("xargs", wrap::xargs),
    ("yes", words::yes),
];

/// The name of the shell.
const SHELL: &str = "sh";

/// The names of all tools.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|(name, _)| *name).chain([SHELL])
}

/// The tool of a name, ready to run with these words; the first is what it is
/// called.
pub(crate) fn make(name: &[u8], words: Vec<Vec<u8>>, environment: &[Vec<u8>]) -> Option<Box<dyn Program>> {
    if name == SHELL.as_bytes() {
        return Some(shell::program(words, environment));
    }
    let (_, make) = TOOLS.iter().find(|(it, _)| it.as_bytes() == name)?;
    let mut arguments = words.into_iter();
    let name = arguments.next().unwrap_or_default();
    let words = Words {
        name: name.clone(),
        arguments: arguments.collect(),
    };
    Some(make(words).unwrap_or_else(|usage| run(name, usage)))
}

/// A utility.
pub(crate) trait Tool: Clone + Debug + Send + Sync + 'static {
    /// Does a little, once all that was to be written is written.
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn;

    /// Bytes it has read and keeps.
    fn memory_bytes(&self) -> usize {
        0
    }
}

/// What a tool works with.
pub(crate) struct Call<'a, 'b> {
    pub(crate) sys: &'a mut Sys<'b>,
    pub(crate) out: &'a mut Output,
    name: &'a [u8],
}

impl Call<'_, '_> {
    /// Says on standard error what went wrong, after what it has printed so far.
    pub(crate) fn complain(&mut self, message: &[u8]) {
        self.out.flush();
        self.out.write_to(2, text![self.name, ": ", message, "\n"]);
    }
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It must be done again when this has come.
    Wait(Wait),
    /// It failed, and this is to be said.
    Say(Vec<u8>),
    /// It failed, and there is nothing to say.
    Fail,
}

/// Turns an error into what is said of it.
pub(crate) trait OrSay<T> {
    /// `say` gets the system's sentence for the error.
    fn or_say(self, say: impl FnOnce(&'static str) -> Vec<u8>) -> Result<T, Trouble>;
}

impl<T, E: Into<Fault>> OrSay<T> for Result<T, E> {
    fn or_say(self, say: impl FnOnce(&'static str) -> Vec<u8>) -> Result<T, Trouble> {
        self.map_err(|error| match error.into() {
            Fault::Wait(wait) => Trouble::Wait(wait),
            Fault::Errno(errno) => Trouble::Say(say(errno.text())),
        })
    }
}

/// A tool that runs.
#[derive(Clone, Debug)]
struct Running<T> {
    name: Vec<u8>,
    tool: T,
    out: Output,
    ended: Option<u8>,
}

/// A tool, ready to run.
pub(crate) fn run<T: Tool>(name: Vec<u8>, tool: T) -> Box<dyn Program> {
    let out = Output::default();
    Box::new(Running {
        name,
        tool,
        out,
        ended: None,
    })
}

impl<T: Tool> Program for Running<T> {
    fn turn(&mut self, sys: &mut Sys<'_>) -> Turn {
        match self.out.drain(sys) {
            Ok(()) => {}
            Err(Fault::Wait(wait)) => return Turn::Wait(wait),
            Err(Fault::Errno(errno)) => return self.cannot_write(errno.text()),
        }
        if let Some(status) = self.ended {
            return Turn::Exit(status);
        }
        let mut call = Call {
            sys,
            out: &mut self.out,
            name: &self.name,
        };
        match self.tool.turn(&mut call) {
            Turn::Exit(status) => {
                self.ended = Some(status);
                self.out.flush();
                Turn::Again
            }
            turn => turn,
        }
    }

    fn duplicate(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }

    fn memory_bytes(&self) -> usize {
        self.tool.memory_bytes() + self.out.len()
    }
}

impl<T> Running<T> {
    /// Says that it cannot write, if that can be written.
    fn cannot_write(&mut self, why: &str) -> Turn {
        let complaint = text![self.name, ": write error: ", why, "\n"];
        let is_lost = self.out.target() == Some(2);
        self.out.clear();
        if !is_lost {
            self.out.write_to(2, complaint);
        }
        self.ended = Some(1);
        Turn::Again
    }
}

/// A tool that does all it does at once, and never waits.
#[derive(Clone, Debug)]
pub(crate) struct Once {
    act: fn(&mut Call<'_, '_>, &[Vec<u8>]) -> u8,
    arguments: Vec<Vec<u8>>,
}

impl Tool for Once {
    fn turn(&mut self, call: &mut Call<'_, '_>) -> Turn {
        Turn::Exit((self.act)(call, &self.arguments))
    }
}

/// A tool made of a function.
pub(crate) fn once(words: Words, act: fn(&mut Call<'_, '_>, &[Vec<u8>]) -> u8) -> Made {
    Ok(run(
        words.name,
        Once {
            act,
            arguments: words.arguments,
        },
    ))
}
