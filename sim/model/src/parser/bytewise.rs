//! The parser before 3.1. A broken value is reported when its brackets balance,
//! by its outermost level: each level's complaint replaces that of the level in it.

use qga_fixtures::schema::{ErrorName, KeywordQuotes, LimitReached, Nesting, Release, StrayDelimiter};

use super::literal::LiteralFlaw;
use super::tree::{Flaw, Outermost, Tree};
use super::{LEVELS_MAX, TOKENS_MAX, Totals, complaint};
use crate::json::Value;
use crate::lexer::{Kind, TOKEN_BYTES_MAX, Token};
use crate::message::CommandError;
use crate::session::Frame;

const RUNS_OUT_OF_TOKENS: &str = "the parser reads beyond the tokens of a value that breaks a limit";
const RUNS_OUT_OF_MEMORY: &str = "the tokens of a value take gigabytes of memory";

/// The parser of one channel.
#[derive(Debug)]
pub(crate) struct Bytewise {
    release: &'static Release,
    pub(super) totals: Totals,
    state: State,
    tree: Tree,
}

/// What has become of the current value.
#[derive(Debug)]
enum State {
    Incomplete,
    Complete(Value),
    Broken(CommandError),
}

impl Bytewise {
    pub(super) fn new(release: &'static Release) -> Bytewise {
        Bytewise {
            release,
            totals: Totals::default(),
            state: State::Incomplete,
            tree: Tree::new(release),
        }
    }

    pub(super) fn push(&mut self, token: &mut Token<'_>) -> Option<Frame> {
        if token.kind == Kind::Stray {
            self.reset();
            return Some(Frame::Broken(CommandError::new(ErrorName::InvalidSyntax)));
        }
        self.totals.nest(token.kind);
        self.totals.add(token);
        self.grow(token);
        if !self.totals.is_open() {
            return Some(self.finish());
        }
        self.breaks_limit().then(|| self.give_up())
    }

    fn grow(&mut self, token: &mut Token<'_>) {
        if !matches!(self.state, State::Incomplete) {
            return;
        }
        let kind = token.kind;
        match self.tree.push(token) {
            Ok(None) => {}
            Ok(Some(value)) => self.state = State::Complete(value),
            Err(flaw) => {
                self.state = State::Broken(self.error(&flaw, kind));
                self.tree.clear();
            }
        }
    }

    fn breaks_limit(&self) -> bool {
        let totals = &self.totals;
        let levels = match self.release.nesting {
            Nesting::Apart => totals.braces.max(totals.brackets),
            Nesting::Together => totals.braces + totals.brackets,
        };
        levels > LEVELS_MAX || totals.bytes > TOKEN_BYTES_MAX || totals.tokens > TOKENS_MAX
    }

    /// A limit is broken in the middle of a value.
    fn give_up(&mut self) -> Frame {
        let frame = match self.release.limit_reached {
            LimitReached::Refused => Frame::Broken(CommandError::new(ErrorName::InvalidSyntax)),
            _ if self.totals.tokens > TOKENS_MAX => Frame::Fatal(RUNS_OUT_OF_MEMORY),
            LimitReached::Fatal if matches!(self.state, State::Incomplete) => Frame::Fatal(RUNS_OUT_OF_TOKENS),
            LimitReached::Fatal | LimitReached::Parsed => return self.finish(),
        };
        self.reset();
        frame
    }

    /// The tokens of a value are together.
    fn finish(&mut self) -> Frame {
        let frame = match std::mem::replace(&mut self.state, State::Incomplete) {
            State::Complete(value) => Frame::Value(value),
            State::Broken(error) => Frame::Broken(error),
            State::Incomplete => Frame::Broken(self.error(&self.tree.end(), Kind::Overlong)),
        };
        self.reset();
        frame
    }

    fn reset(&mut self) {
        self.totals = Totals::default();
        self.state = State::Incomplete;
        self.tree.clear();
    }

    /// What the outermost level says about a token of a kind.
    fn error(&self, flaw: &Flaw, kind: Kind) -> CommandError {
        let own = !matches!(flaw, Flaw::NoValue | Flaw::Literal(_));
        match (self.tree.outermost(), self.tree.depth()) {
            (Some(_), 1) if own => complaint(self.text(flaw)),
            (Some(Outermost::Element), _) => complaint(b"expecting value"),
            (Some(Outermost::Key), _) => complaint(b"key is not a string in object"),
            (Some(Outermost::Member), _) => complaint(b"Missing value in dict"),
            (None, _) if self.says_nothing(flaw, kind) => CommandError::new(ErrorName::InvalidSyntax),
            (None, _) => complaint(self.text(flaw)),
        }
    }

    /// Whether a token that begins no value goes without a complaint.
    fn says_nothing(&self, flaw: &Flaw, kind: Kind) -> bool {
        let unnamed = self.release.stray_delimiter == StrayDelimiter::Unnamed || kind == Kind::Directive;
        *flaw == Flaw::NoValue && unnamed
    }

    fn text(&self, flaw: &Flaw) -> Vec<u8> {
        let text: &[u8] = match flaw {
            Flaw::NoValue => b"expecting value",
            Flaw::NoKey | Flaw::KeyNotString => b"key is not a string in object",
            Flaw::End => b"premature EOI",
            Flaw::NoColon => b"missing : in object pair",
            Flaw::NoDictSeparator => b"expected separator in dict",
            Flaw::NoListSeparator => b"expected separator in list",
            Flaw::DuplicateKey => b"duplicate key",
            Flaw::Literal(LiteralFlaw::Keyword(word)) => return self.keyword_text(word),
            Flaw::Literal(_) => b"invalid escape sequence in string",
        };
        text.to_vec()
    }

    fn keyword_text(&self, word: &[u8]) -> Vec<u8> {
        let before: &[u8] = match self.release.keyword_quotes {
            KeywordQuotes::Backquote => b"invalid keyword `",
            KeywordQuotes::Apostrophe => b"invalid keyword '",
        };
        [before, word, b"'"].concat()
    }
}
