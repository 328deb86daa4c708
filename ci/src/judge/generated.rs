//! Wrong agents that nobody thought of: for each thing that the schema says of a
//! command, one that has it otherwise.
//!
//! They are rows of the same form as those of `fixtures/deviations`, and no claim is
//! named that must catch them: that some claim does is what is asked.

use anyhow::{Result, anyhow};
use qga_fixtures::schema::{Command, Member, Presence, Release, System, Type};
use qga_model::deviation::Deviation;

/// So many objects and lists within each other are walked.
const DEPTH_MAX: usize = 6;

/// The rows for a release.
pub(super) fn deviations(release: &'static Release) -> Result<Vec<&'static Deviation>> {
    let mut rows = Rows::default();
    for command in release.commands(System::Linux) {
        if command.presence(release, System::Linux) != Presence::Works {
            continue;
        }
        rows.command(release, command);
    }
    let parsed = Deviation::parse(&rows.text).map_err(|it| anyhow!("generated: {it}"))?;
    // They live as long as the program, as those that are embedded do.
    Ok(Box::leak(parsed.into_boxed_slice()).iter().collect())
}

/// Rows of a file of deviations.
#[derive(Default)]
struct Rows {
    text: String,
}

impl Rows {
    fn add(&mut self, release: &Release, name: &str, about: &str, does: &str) {
        self.text += &format!(
            "[[deviation]]\nname = '{name}'\nabout = '{about}'\nrelease = '{}'\nclaim = 'GENERATED-001'\ndoes = {does}\n",
            release.name
        );
    }

    fn command(&mut self, release: &'static Release, command: &'static Command) {
        self.conduct(release, command);
        for member in command.arguments_in(release) {
            for change in given(release, member.kind) {
                self.edit(release, command, ("arguments", "argument"), member.name, &change);
            }
        }
        let mut places = Vec::new();
        if let Some(kind) = command.returns_in(release) {
            places_of(release, kind, &mut Vec::new(), &mut places);
        }
        for (at, change) in places {
            self.edit(release, command, ("result", "result"), &at, &change);
        }
    }

    /// Agents that do something else with the command as a whole.
    fn conduct(&mut self, release: &'static Release, command: &'static Command) {
        let name = command.name;
        let kind = command.returns_in(release);
        let answer = kind.map_or("{}".to_owned(), |it| nothing(release, it));
        let one = |word| (word, format!("{{ conduct = {{ {word} = '{name}' }} }}"));
        let two = |word| (word, format!("{{ conduct = {{ {word} = ['{name}', '{answer}'] }} }}"));
        let gate = |word| (word, format!("{{ gate = {{ {word} = '{name}' }} }}"));
        let answers = command.answers_success(release);
        let works_frozen = command.works_frozen(release);
        let acts = [
            one("fails"),
            one("doubles"),
            two("forgives"),
            two("pretends"),
            one(if answers { "silent" } else { "speaks" }),
            gate(if works_frozen { "holds" } else { "lets" }),
        ];
        for (word, does) in acts {
            self.add(release, &format!("{name}/{word}"), &format!("{word} {name}"), &does);
        }
    }

    /// An agent that changes a value: of the arguments or of the result.
    fn edit(&mut self, release: &Release, command: &Command, (seam, noun): (&str, &str), at: &str, change: &str) {
        let name = command.name;
        let does = format!("{{ {seam} = [{{ of = '{name}', at = '{at}', change = {change} }}] }}");
        let plain = change.replace('\'', "");
        let about = format!("{name}: {plain} at the {noun} {at}");
        self.add(release, &format!("{name}/{noun}/{at}/{plain}"), &about, &does);
    }
}

/// The least value of a type, as JSON.
fn nothing(release: &Release, kind: Type) -> String {
    let object = |members: &[Member]| {
        let owed = members
            .iter()
            .filter(|it| it.optional_since.is_none() && release.has(it.since, it.until));
        let members: Vec<_> = owed
            .map(|it| format!("\"{}\": {}", it.name, nothing(release, it.kind)))
            .collect();
        format!("{{{}}}", members.join(", "))
    };
    match kind {
        Type::Int | Type::Uint64 | Type::Uint16 | Type::Number => "0".to_owned(),
        Type::Bool => "false".to_owned(),
        Type::Str => "\"\"".to_owned(),
        Type::List(_) => "[]".to_owned(),
        Type::Enum(it) => format!("\"{}\"", it.values.first().map_or("", |it| it.name)),
        Type::Struct(it) => object(it.members),
        Type::Alternate(_) | Type::Union(_) => "{}".to_owned(),
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|it| (*it).to_owned()).collect()
}

/// What can be wrong about an argument.
fn given(release: &Release, kind: Type) -> Vec<String> {
    let mut changes = words(&["'drop'"]);
    changes.extend(match kind {
        Type::Int | Type::Uint64 | Type::Uint16 => words(&["{ add = 1 }", "'negate'", "{ set = '0' }"]),
        Type::Bool => words(&["'negate'"]),
        Type::Str => words(&["{ set = '\"\"' }", "{ letters = 'capitals' }", "{ keep = 3 }"]),
        Type::List(_) => words(&["'empty'", "{ keep = 1 }", "'reverse'", "'repeat'"]),
        Type::Enum(it) => it
            .values
            .iter()
            .filter(|it| release.has(it.since, it.until))
            .map(|it| format!("{{ set = '\"{}\"' }}", it.name))
            .collect(),
        _ => Vec::new(),
    });
    changes
}

/// What can be wrong about a value that is returned.
fn told(release: &Release, kind: Type) -> Vec<String> {
    match kind {
        Type::Int | Type::Uint64 | Type::Uint16 | Type::Number => {
            words(&["'quote'", "{ add = 1 }", "'negate'", "{ set = '0' }", "{ set = '0.5' }"])
        }
        Type::Bool => words(&["'quote'", "'negate'", "{ set = 'true' }", "{ set = 'false' }"]),
        Type::Str => words(&[
            "{ set = '0' }",
            "{ set = '\"\"' }",
            "{ letters = 'capitals' }",
            "{ keep = 1 }",
            "'quote'",
        ]),
        Type::List(_) => words(&[
            "{ set = '{}' }",
            "'empty'",
            "{ keep = 1 }",
            "'repeat'",
            "{ append = 'null' }",
        ]),
        Type::Enum(it) => {
            let mut changes = words(&["{ set = '0' }", "{ set = '\"unheard-of\"' }"]);
            let values = it.values.iter().filter(|it| release.has(it.since, it.until));
            changes.extend(values.take(4).map(|it| format!("{{ set = '\"{}\"' }}", it.name)));
            changes
        }
        Type::Struct(_) | Type::Union(_) => words(&["{ set = '[]' }", "'empty'", "{ put = ['unheard-of', '1'] }"]),
        Type::Alternate(_) => words(&["{ set = '[]' }"]),
    }
}

fn places_of(release: &Release, kind: Type, path: &mut Vec<&'static str>, out: &mut Vec<(String, String)>) {
    let at = path.join(".");
    let mut add = |change: String| out.push((at.clone(), change));
    add("{ set = 'null' }".to_owned());
    if path.last().is_some_and(|it| *it != "*") {
        add("'drop'".to_owned());
    }
    told(release, kind).into_iter().for_each(&mut add);
    if path.len() >= DEPTH_MAX {
        return;
    }
    match kind {
        Type::List(of) => within(release, "*", *of, path, out),
        Type::Struct(it) => members(release, it.members, path, out),
        Type::Union(it) => {
            within(release, it.discriminator, it.values, path, out);
            for (_, branch) in it.branches {
                if let Type::Struct(branch) = branch {
                    members(release, branch.members, path, out);
                }
            }
        }
        _ => {}
    }
}

fn within(
    release: &Release,
    name: &'static str,
    kind: Type,
    path: &mut Vec<&'static str>,
    out: &mut Vec<(String, String)>,
) {
    path.push(name);
    places_of(release, kind, path, out);
    path.pop();
}

fn members(
    release: &Release,
    members: &'static [Member],
    path: &mut Vec<&'static str>,
    out: &mut Vec<(String, String)>,
) {
    let there: Vec<_> = members.iter().filter(|it| release.has(it.since, it.until)).collect();
    for pair in there.windows(2) {
        if std::mem::discriminant(&pair[0].kind) == std::mem::discriminant(&pair[1].kind) {
            let change = format!("{{ swap = ['{}', '{}'] }}", pair[0].name, pair[1].name);
            out.push((path.join("."), change));
        }
    }
    for member in there {
        within(release, member.name, member.kind, path, out);
    }
}
