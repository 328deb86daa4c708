//! Scripts of every form that can be parsed, made at random.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use qga_engine::pattern::{Kind, Member, Number, Pattern, Test, Text, TextPart};
use qga_engine::script::*;
use qga_fixtures::schema::{COMMANDS, Effect, RELEASES, System};
use std::time::Duration;

/// The variables that the first record of every script takes.
const NAMES: [&str; 3] = ["tmp", "a", "b_2"];

pub(crate) fn script() -> impl Strategy<Value = Script> {
    (header(), vec(records(), 0..8), trivia()).prop_map(|(header, records, after)| {
        let mut script = Script {
            file: "x.session".to_owned(),
            header,
            records: vec![claim_record("AAA-001"), first_reply()],
            after: end_without_blank(after),
        };
        script.records.extend(records.into_iter().flatten());
        script.records.push(always(RecordKind::Closed));
        script
    })
}

fn always(kind: RecordKind) -> Record {
    Record {
        before: Vec::new(),
        guard: None,
        place: Place::default(),
        kind,
    }
}

fn claim_record(id: &str) -> Record {
    always(RecordKind::Claim(Claim {
        level: Level::Must,
        id: ClaimId::new(id).expect("it is an id"),
        text: "take what the others need".to_owned(),
        source: None,
    }))
}

fn first_reply() -> Record {
    let take = |name: &str| Member {
        name: name.to_owned(),
        optional: false,
        value: Pattern {
            tests: vec![Test::Kind(Kind::Any)],
            capture: Some(name.to_owned()),
        },
    };
    let members = NAMES[1..].iter().map(|it| take(it)).collect();
    always(RecordKind::Reply(plain(Test::Object { members, open: true })))
}

fn plain(test: Test) -> Pattern {
    Pattern {
        tests: vec![test],
        capture: None,
    }
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Zäöü$<>#\"'{}.,]{1,8}( [a-zA-Z0-9#$<>.,-]{1,8}){0,6}"
}

fn trivia() -> impl Strategy<Value = Vec<Trivia>> {
    vec(prop_oneof![Just(Trivia::Blank), comment()], 0..4).prop_map(|mut it| {
        it.dedup_by(|a, b| *a == Trivia::Blank && *b == Trivia::Blank);
        it
    })
}

fn comment() -> impl Strategy<Value = Trivia> {
    "( [a-z<>$#\\[]{1,9}){0,3}".prop_map(Trivia::Comment)
}

fn comments() -> impl Strategy<Value = Vec<Trivia>> {
    vec(comment(), 0..3)
}

fn end_without_blank(mut trivia: Vec<Trivia>) -> Vec<Trivia> {
    while trivia.last() == Some(&Trivia::Blank) {
        trivia.pop();
    }
    trivia
}

fn version() -> impl Strategy<Value = Version> {
    select(&RELEASES[..]).prop_map(|it| Version::new(it.name).expect("it is a release"))
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![0..5000u64, (0..3600u64).prop_map(|it| it * 1000)].prop_map(Duration::from_millis)
}

/// The name, then some of the other lines in canonical order.
fn header() -> impl Strategy<Value = Header> {
    let needs = select(COMMANDS.iter().map(|it| it.name.to_owned()).collect::<Vec<_>>());
    let kinds = (
        words().prop_map(FieldKind::Session),
        option::of(vec(words(), 1..4).prop_map(FieldKind::About)),
        option::of(prop_oneof![
            version().prop_map(FieldKind::Since),
            version().prop_map(FieldKind::Before)
        ]),
        option::of(select(&System::ALL[..]).prop_map(FieldKind::Os)),
        option::of(prop_oneof![
            needs.clone().prop_map(FieldKind::Needs),
            needs.prop_map(FieldKind::Lacks)
        ]),
        option::of(select(&Effect::ALL[..]).prop_map(FieldKind::Effect)),
        option::of("[a-z-]{1,9}".prop_map(FieldKind::Guest)),
        option::of(duration().prop_map(FieldKind::Timeout)),
    );
    (kinds, vec(comments(), 8)).prop_map(|(kinds, comments)| {
        let (first, about, release, os, needs, effect, guest, timeout) = kinds;
        let kinds = [Some(first), about, release, os, needs, effect, guest, timeout];
        let fields = kinds.into_iter().flatten().zip(comments).map(|(kind, before)| Field {
            before,
            place: Place::default(),
            kind,
        });
        Header {
            fields: fields.collect(),
        }
    })
}

/// A record, or two that only stand together.
fn records() -> impl Strategy<Value = Vec<Record>> {
    let again = (template(), pattern())
        .prop_map(|(request, reply)| vec![always(RecordKind::Send(request)), always(RecordKind::Again(reply))]);
    prop_oneof![9 => record().prop_map(|it| vec![it]), 1 => again]
}

/// A record; a claim comes with an expectation of its own.
fn record() -> impl Strategy<Value = Record> {
    (trivia(), option::of(guard()), kind()).prop_map(|(before, guard, kind)| {
        let guard = guard.filter(|_| !matches!(kind, RecordKind::Claim(_)));
        Record {
            before,
            guard,
            place: Place::default(),
            kind,
        }
    })
}

fn guard() -> impl Strategy<Value = Guard> {
    let condition = prop_oneof![
        version().prop_map(Condition::Since),
        version().prop_map(Condition::Before),
        select(&System::ALL[..]).prop_map(Condition::Os),
    ];
    (condition, comments()).prop_map(|(condition, after)| Guard {
        place: Place::default(),
        condition,
        after,
    })
}

fn kind() -> impl Strategy<Value = RecordKind> {
    prop_oneof![
        3 => template().prop_map(RecordKind::Send),
        1 => vec(any::<u8>(), 1..20).prop_map(RecordKind::SendRaw),
        6 => pattern().prop_map(RecordKind::Reply),
        1 => pattern().prop_map(RecordKind::SyncReply),
        1 => pattern().prop_map(RecordKind::Also),
        1 => vec(any::<u8>(), 1..20).prop_map(RecordKind::Raw),
        1 => duration().prop_map(RecordKind::Silence),
        1 => Just(RecordKind::Closed),
        1 => duration().prop_map(RecordKind::Wait),
        1 => duration().prop_map(RecordKind::Timeout),
    ]
}

pub(crate) fn claim() -> impl Strategy<Value = Claim> {
    let text = "[a-z<>$#{}\"']{1,8}( [a-z0-9#.,]{1,8}){0,6}";
    let source = option::of("[a-z:]{1,8}( [a-z:,#]{1,8}){0,3}");
    (select(&Level::ALL[..]), "[A-Z][A-Z0-9]{0,7}-[0-9]{3}", text, source).prop_map(|(level, id, text, source)| Claim {
        level,
        id: ClaimId::new(&id).expect("it is an id"),
        text,
        source,
    })
}

fn name() -> impl Strategy<Value = String> {
    select(&NAMES[..]).prop_map(str::to_owned)
}

/// Characters of every kind, with those that need care more often.
fn literal() -> impl Strategy<Value = String> {
    vec(
        prop_oneof![
            select(&['$', '"', '\\', 'a', '_', '\n', '\0', ' ', '\u{7F}', '😀'][..]),
            any::<char>()
        ],
        1..6,
    )
    .prop_map(|it| it.into_iter().collect())
}

fn text() -> impl Strategy<Value = Text> {
    let part = prop_oneof![literal().prop_map(TextPart::Literal), name().prop_map(TextPart::Var)];
    vec(part, 0..4).prop_map(|mut parts| {
        let is_literal = |it: &TextPart| matches!(it, TextPart::Literal(_));
        parts.dedup_by(|a, b| is_literal(a) && is_literal(b));
        Text { parts }
    })
}

fn number() -> impl Strategy<Value = Number> {
    "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,3})?".prop_map(Number)
}

fn integer() -> impl Strategy<Value = Number> {
    "-?(0|[1-9][0-9]{0,24})".prop_map(Number)
}

fn scalar() -> impl Strategy<Value = Test> {
    let kinds = vec![
        Kind::Any,
        Kind::Int,
        Kind::Num,
        Kind::Str,
        Kind::Bool,
        Kind::Arr,
        Kind::Obj,
    ];
    let expressions = vec!["", "^a$", "a|b\"", "\\d+\\\\", "[^/]\\n", "$", "(?i)x"];
    prop_oneof![
        Just(Test::Null),
        any::<bool>().prop_map(Test::Bool),
        number().prop_map(Test::Number),
        text().prop_map(Test::Str),
        select(kinds).prop_map(Test::Kind),
        (option::of(integer()), option::of(integer())).prop_map(|(from, to)| Test::Range { from, to }),
        text().prop_map(Test::Starts),
        text().prop_map(Test::Ends),
        text().prop_map(Test::Has),
        text().prop_map(Test::Base64),
        select(expressions).prop_map(|it| Test::Re(it.to_owned())),
        name().prop_map(Test::Var),
    ]
}

pub(crate) fn pattern() -> impl Strategy<Value = Pattern> {
    let leaf = with_capture(scalar().boxed());
    leaf.prop_recursive(4, 40, 5, |inner| {
        let member = (any::<bool>(), inner.clone());
        let object = (btree_map("[a-z$\"\\\\]{0,12}", member, 0..5), any::<bool>()).prop_map(|(members, open)| {
            let members = members
                .into_iter()
                .map(|(name, (optional, value))| Member { name, optional, value });
            let members = members.collect();
            Test::Object { members, open }
        });
        let some = inner.clone().prop_map(|it| Test::Some(Box::new(it)));
        let not = inner.clone().prop_map(|it| Test::Not(Box::new(it)));
        let each = inner.clone().prop_map(|it| Test::Each(Box::new(it)));
        let array = (vec(inner, 0..5), any::<bool>()).prop_map(|(items, open)| Test::Array { items, open });
        let unique = select(&NAMES[..]).prop_map(|it| Test::Unique(str::to_owned(it)));
        with_capture(prop_oneof![object, array, some, each, unique, not, scalar()].boxed())
    })
}

fn with_capture(test: BoxedStrategy<Test>) -> BoxedStrategy<Pattern> {
    let capture = option::of(select(&NAMES[1..]).prop_map(str::to_owned));
    (vec(test, 1..3), capture)
        .prop_map(|(tests, capture)| Pattern { tests, capture })
        .boxed()
}

/// Pieces that begin and end with a mark, so that none runs into its neighbour.
fn template() -> impl Strategy<Value = Template> {
    let texts = vec![
        "{\"execute\": \"guest-ping\"}",
        ",",
        "{\"a\": [",
        "]}",
        "\"$\" \"b64(\" '\"'",
        "{\"a$\": \"\\\"\"}",
    ];
    let part = prop_oneof![
        3 => select(texts).prop_map(|it| TemplatePart::Text(it.to_owned())),
        1 => name().prop_map(TemplatePart::Var),
        1 => text().prop_map(TemplatePart::Base64),
    ];
    vec(vec(part, 1..4).prop_map(separated), 0..4).prop_map(|lines| Template { lines })
}

/// Two texts are one; nothing but text may stand directly behind a variable.
fn separated(parts: Vec<TemplatePart>) -> Vec<TemplatePart> {
    let mut line: Vec<TemplatePart> = Vec::new();
    for part in parts {
        match (line.last_mut(), part) {
            (Some(TemplatePart::Text(text)), TemplatePart::Text(more)) => text.push_str(&more),
            (Some(TemplatePart::Text(_)) | None, part) => line.push(part),
            (Some(_), part @ TemplatePart::Text(_)) => line.push(part),
            (Some(_), part) => line.extend([TemplatePart::Text(",".to_owned()), part]),
        }
    }
    line
}
