//! Cases of every family. A case is a function of the seed, its number and what cases
//! may do; nothing else decides.

mod files;
mod freeze;
mod machine;
mod programs;
mod raw;
mod requests;

use super::property::Property;
use super::random::Random;
use super::scope::{Family, Scope};
use super::session::{Argument, Call, Session, Step, Word, merge};
use super::shrink::Shrink;
use proptest::prelude::Rng as _;
use proptest::strategy::{NewTree, Strategy};
use proptest::test_runner::TestRunner;
use qga_fixtures::schema::{COMMANDS, Command, Effect, Type};
use std::borrow::Cow;

/// How many cases go over one connection at a time. The more, the less waiting; the
/// fewer, the less to look through when something is wrong.
pub const CASES_OF_A_BATCH: u64 = 32;

pub use requests::is_reader;

/// What makes cases.
#[derive(Clone, Debug)]
pub struct Sessions {
    scope: Scope,
    /// The commands that can be called rightly, do no more than read, and need nothing.
    readers: Vec<&'static Command>,
    /// The commands that may be sent with a mistake in their arguments.
    flawed: Vec<&'static Command>,
    /// Commands that must be refused, as far as the agent's own word goes.
    refused: Vec<Word>,
    families: Vec<(usize, Family)>,
    weight: usize,
}

/// The smallest cases of bytes, for a parser alone: one to four of the tokens that cases of
/// bytes are made of, in place of what is in `bytes`. Says where they are cut.
pub fn few_tokens(seed: u64, number: u64, bytes: &mut Vec<u8>) -> usize {
    let mut random = Random::new(seed, number);
    raw::few_tokens(&mut random, bytes);
    random.below(bytes.len() + 1)
}

/// Names that no agent has; none is near to that of a harmful command.
const UNKNOWN: &[&str] = &[
    "guest-nope",
    "guest-pin",
    "guest-pingg",
    "Guest-Ping",
    "guest_ping",
    "ping",
    "query-version",
    "qmp_capabilities",
    "",
    "guest-",
    "*",
];

impl Sessions {
    /// Cases of a scope.
    pub fn new(scope: Scope) -> Sessions {
        let wanted = |it: &&Command| scope.is_wanted(it.name);
        let all = || COMMANDS.iter().filter(wanted);
        let readers = all()
            .filter(|it| scope.can_call(it) && requests::can_be_repeated(it))
            .collect::<Vec<_>>();
        let flawed = all()
            .filter(|it| scope.can_call(it) && requests::can_be_flawed(it, scope.release))
            .collect::<Vec<_>>();
        let absent = all().filter(|it| !scope.is_offered(it) && scope.is_allowed(it) && it.effect <= Effect::Exec);
        let absent = absent.map(|it| Cow::Borrowed(it.name));
        let unknown = UNKNOWN
            .iter()
            .filter(|_| scope.focus.is_empty())
            .map(|it| Cow::Borrowed(*it));
        let refused = absent.chain(unknown).collect::<Vec<_>>();
        let touches = |names: &[&str]| names.iter().any(|it| scope.is_wanted(it));
        let has_files = files::ALL.iter().all(|it| scope.has(it)) && touches(&files::ALL);
        let has_programs = programs::can_be_made(&scope) && touches(&programs::ALL);
        let has_freeze = freeze::ALL.iter().all(|it| scope.has(it)) && touches(&freeze::ALL);
        let families = [
            (300, Family::Requests, !readers.is_empty()),
            (60, Family::Written, scope.focus.is_empty() && scope.has("guest-ping")),
            (200, Family::Flawed, !flawed.is_empty()),
            (60, Family::Unknown, !refused.is_empty()),
            (300, Family::Raw, scope.resyncs && scope.focus.is_empty()),
            (200, Family::Files, has_files),
            (12, Family::Programs, has_programs),
            (12, Family::Freeze, has_freeze),
            (20, Family::Machine, machine::can_be_made(&scope)),
            (2, Family::Anew, scope.resyncs && scope.focus.is_empty()),
        ];
        let families: Vec<_> = families
            .into_iter()
            .filter(|it| it.2 && scope.family.is_none_or(|wanted| wanted == it.1))
            .map(|(weight, family, _)| (weight, family))
            .collect();
        Sessions {
            weight: families.iter().map(|it| it.0).sum(),
            families,
            readers,
            flawed,
            refused,
            scope,
        }
    }

    /// Whether nothing at all can be made.
    pub fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// How many outcomes there are to see: two of each command that can be called, and
    /// the refusal of those that the agent has not got.
    pub fn outcomes(&self) -> usize {
        let scope = &self.scope;
        let called = COMMANDS
            .iter()
            .filter(|it| scope.can_call(it) && scope.is_wanted(it.name));
        let refused = self.refused.iter().filter(|it| Command::find(it).is_some());
        2 * called.count() + refused.count()
    }

    /// What cases may do.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The case of that number.
    pub fn case(&self, seed: u64, number: u64) -> Session {
        let mut random = Random::new(seed, number);
        let mut left = random.below(self.weight);
        let family = self.families.iter().find(|(weight, _)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        });
        match family {
            Some((_, family)) => self.make(*family, &mut random),
            None => Session::default(),
        }
    }

    /// The cases of a batch: those that go together, merged, and each that must be
    /// alone. Beside each session stand the numbers of the cases of its steps.
    pub fn batch(&self, seed: u64, number: u64) -> Vec<(Session, Vec<u64>)> {
        let first = number * CASES_OF_A_BATCH;
        let (mut together, mut numbers, mut batches) = (Vec::new(), Vec::new(), Vec::new());
        for number in first..first + CASES_OF_A_BATCH {
            let case = self.case(seed, number);
            if case.is_exclusive() {
                let owners = vec![number; case.steps.len()];
                batches.push((case, owners));
            } else {
                together.push(case);
                numbers.push(number);
            }
        }
        let (merged, owners) = merge(together);
        batches.push((merged, owners.into_iter().map(|it| numbers[it]).collect()));
        batches
    }

    fn make(&self, family: Family, random: &mut Random) -> Session {
        let mut steps = Vec::new();
        match family {
            Family::Requests => requests::right(self, random, &mut steps),
            Family::Written => steps.push(Step::Call(requests::written(self, random))),
            Family::Machine => machine::session(&self.scope, random, &mut steps),
            Family::Flawed => steps.push(Step::Call(requests::flawed(self, random))),
            Family::Unknown => {
                let name = random.pick(&self.refused).clone();
                let given = name
                    .starts_with("guest-sync")
                    .then(|| vec![("id".into(), Argument::Int(7))]);
                steps.push(Step::Call(Call {
                    id: requests::id(random),
                    arguments: given,
                    ..Call::plain(name)
                }));
            }
            Family::Raw => steps.push(Step::Raw(raw::bytes(random))),
            Family::Files => files::session(&self.scope, random, &mut steps),
            Family::Programs => programs::session(&self.scope, random, &mut steps),
            Family::Freeze => freeze::session(self, random, &mut steps),
            Family::Anew => {
                let scope = &self.scope;
                if random.one_in(3) && scope.level >= Property::Joined.level() {
                    steps.push(Step::Raw(raw::halves(random)));
                    return Session { steps };
                }
                match random.below(3) {
                    0 if programs::can_be_made(scope) => programs::session(scope, random, &mut steps),
                    _ if scope.has("guest-file-open") => files::session(scope, random, &mut steps),
                    _ => {}
                }
                let at = random.below(steps.len() + 1);
                steps.insert(at, Step::Raw(raw::left_behind(random)));
            }
        }
        Session { steps }
    }
}

/// Cases for property tests: they shrink.
impl Strategy for Sessions {
    type Tree = Shrink;
    type Value = Session;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Sessions> {
        Ok(Shrink::new(self.case(runner.rng().next_u64(), 0)))
    }
}

/// A value that an argument may have, as far as its type goes; it does no harm.
fn sample(command: &Command, name: &str, kind: Type) -> Argument {
    match (name, kind) {
        ("path", _) if command.effect == Effect::Exec => Argument::Json("\"/bin/true\"".into()),
        ("path", _) => Argument::File(0),
        ("mode", Type::Str) => Argument::Json("\"w+\"".into()),
        ("handle" | "pid", _) => Argument::Int(requests::NO_HANDLE),
        ("buf-b64" | "input-data", _) => Argument::Base64(b"qga".to_vec()),
        (_, Type::Str) => Argument::Json("\"qga-fuzz\"".into()),
        (_, Type::Bool) => Argument::Json("true".into()),
        (_, Type::List(_)) => Argument::Json("[]".into()),
        (_, Type::Struct(_) | Type::Union(_)) => Argument::Json("{}".into()),
        (_, Type::Enum(it)) => Argument::Json(format!("\"{}\"", it.values.first().map_or("", |it| it.name)).into()),
        (_, Type::Alternate(it)) => it
            .branches
            .first()
            .map_or(Argument::Int(0), |it| sample(command, name, it.kind)),
        (_, Type::Int | Type::Number | Type::Uint64 | Type::Uint16) => Argument::Int(0),
    }
}
