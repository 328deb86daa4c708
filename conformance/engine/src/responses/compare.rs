//! Where two agents differ, by command and member.

use super::show::line;
use super::{Answer, Responses, Said};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The version of the JSON form: it grows when a member changes its meaning or goes.
pub const COMPARISON_VERSION: u32 = 1;

/// The member by which the elements of an array are told apart.
const NAME: &str = "name";
/// What stands for the reply as a whole.
const WHOLE: &str = "(reply)";
/// The command of a request that names none.
const NO_COMMAND: &str = "(no command)";

/// An agent of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Side {
    /// What it is called.
    pub agent: String,
    /// The target, as on the command line.
    pub target: String,
}

/// Where two agents differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison {
    /// [`COMPARISON_VERSION`] of the program that wrote it.
    pub version: u32,
    /// The first agent.
    pub left: Side,
    /// The second agent.
    pub right: Side,
    /// How many replies stood beside each other.
    pub replies: usize,
    /// Where they differ, by command and member.
    pub differences: Vec<Difference>,
    /// Scripts that only one of them was put to, and so not compared.
    pub lone: Vec<Lone>,
}

/// One difference, and where it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// The command that was asked.
    pub command: String,
    /// The member of the reply.
    pub member: String,
    /// What the first agent says there, as JSON; nothing if it has no such member.
    pub left: Option<String>,
    /// What the second agent says there.
    pub right: Option<String>,
    /// The scripts that show it, each once.
    pub scripts: BTreeSet<String>,
}

/// A script that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lone {
    /// Its file.
    pub script: String,
    /// Whether the first agent has it; the second if not.
    pub is_left: bool,
}

/// Compares what two agents answered to the same scripts: replies to the same
/// request of a script, in the order in which they came.
pub fn compare(left: (Side, &[Responses]), right: (Side, &[Responses])) -> Comparison {
    let (lefts, rights) = (by_file(left.1), by_file(right.1));
    let mut found = Found::default();
    for (file, left) in &lefts {
        if let Some(right) = rights.get(file) {
            found.script(left, right);
        }
    }
    let lone = |these: &BTreeMap<&str, &Responses>, those: &BTreeMap<&str, &Responses>, is_left| {
        let alone = these.keys().filter(|it| !those.contains_key(**it));
        let lone = alone.map(|it| Lone {
            script: (*it).to_owned(),
            is_left,
        });
        lone.collect::<Vec<_>>()
    };
    Comparison {
        version: COMPARISON_VERSION,
        left: left.0,
        right: right.0,
        replies: found.replies,
        differences: found.differences(),
        lone: [lone(&lefts, &rights, true), lone(&rights, &lefts, false)].concat(),
    }
}

fn by_file(responses: &[Responses]) -> BTreeMap<&str, &Responses> {
    let answered = responses.iter().filter(|it| !it.is_empty());
    answered.map(|it| (it.file.as_str(), it)).collect()
}

/// A place, and what both agents say there.
type Key = (String, String, Option<String>, Option<String>);
/// A request, and the how manieth of that text in its script it is.
type Asked<'r> = (&'r str, usize);
/// The command that was asked, and the answer.
type Answered<'r> = (Option<&'r str>, &'r Answer);

#[derive(Default)]
struct Found {
    replies: usize,
    by_place: BTreeMap<Key, BTreeSet<String>>,
}

impl Found {
    fn script(&mut self, left: &Responses, right: &Responses) {
        let (lefts, rights) = (answers(left), answers(right));
        for (request, left_answers) in &lefts {
            let Some(right_answers) = rights.get(request) else {
                continue;
            };
            for at in 0..left_answers.len().max(right_answers.len()) {
                self.reply(&left.file, left_answers.get(at), right_answers.get(at));
            }
        }
    }

    fn reply(&mut self, file: &str, left: Option<&Answered<'_>>, right: Option<&Answered<'_>>) {
        self.replies += 1;
        let command = left.or(right).and_then(|it| it.0).unwrap_or(NO_COMMAND);
        let mut place = Place {
            found: self,
            command,
            file,
            path: String::new(),
        };
        match (left.map(|it| it.1), right.map(|it| it.1)) {
            (
                Some(Answer::Value {
                    sentinel: one,
                    value: left,
                }),
                Some(Answer::Value {
                    sentinel: other,
                    value: right,
                }),
            ) if one == other && is_error(left) == is_error(right) => {
                place.values(Some(left), Some(right));
            }
            (left, right) if left != right => place.differ(left.map(brief), right.map(brief)),
            _ => {}
        }
    }

    fn differences(self) -> Vec<Difference> {
        let differences = self
            .by_place
            .into_iter()
            .map(|((command, member, left, right), scripts)| Difference {
                command,
                member,
                left,
                right,
                scripts,
            });
        differences.collect()
    }
}

fn is_error(reply: &Value) -> bool {
    reply.get("error").is_some()
}

fn brief(answer: &Answer) -> String {
    match answer {
        Answer::Value { sentinel: false, value } => line(value),
        other => other.to_string(),
    }
}

/// The answers to each request of a script.
fn answers(responses: &Responses) -> BTreeMap<Asked<'_>, Vec<Answered<'_>>> {
    let mut answers: BTreeMap<Asked<'_>, Vec<Answered<'_>>> = BTreeMap::new();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut asked = ("", 0);
    for said in &responses.said {
        match said {
            Said::Request(text) => {
                let time = times.entry(text).or_default();
                *time += 1;
                asked = (text, *time);
                answers.entry(asked).or_default();
            }
            Said::Reply { command, answer } => {
                answers.entry(asked).or_default().push((command.as_deref(), answer));
            }
        }
    }
    answers
}

/// Where in a reply the comparison is.
struct Place<'f> {
    found: &'f mut Found,
    command: &'f str,
    file: &'f str,
    path: String,
}

impl Place<'_> {
    fn differ(&mut self, left: Option<String>, right: Option<String>) {
        let member = if self.path.is_empty() { WHOLE } else { &self.path };
        let key = (self.command.to_owned(), member.to_owned(), left, right);
        self.found.by_place.entry(key).or_default().insert(self.file.to_owned());
    }

    fn values(&mut self, left: Option<&Value>, right: Option<&Value>) {
        match (left, right) {
            (left, right) if left == right => {}
            (Some(Value::Object(one)), Some(Value::Object(other))) => {
                let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
                for name in names {
                    let dot = if self.path.is_empty() { "" } else { "." };
                    self.inside(&format!("{dot}{name}"), one.get(name), other.get(name));
                }
            }
            (Some(Value::Array(one)), Some(Value::Array(other))) => self.arrays(one, other),
            (left, right) => self.differ(left.map(line), right.map(line)),
        }
    }

    /// Elements that have names are held against those of the same name.
    fn arrays(&mut self, one: &[Value], other: &[Value]) {
        if let (Some(one), Some(other)) = (by_name(one), by_name(other)) {
            let names: BTreeSet<&str> = one.keys().chain(other.keys()).copied().collect();
            for name in names {
                self.inside(&format!("[{name}]"), one.get(name).copied(), other.get(name).copied());
            }
            return;
        }
        for at in 0..one.len().max(other.len()) {
            self.inside(&format!("[{at}]"), one.get(at), other.get(at));
        }
    }

    fn inside(&mut self, step: &str, left: Option<&Value>, right: Option<&Value>) {
        let length = self.path.len();
        self.path.push_str(step);
        self.values(left, right);
        self.path.truncate(length);
    }
}

/// The elements by their names, if each has one of its own.
fn by_name(items: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let named = items.iter().map(|it| Some((it.get(NAME)?.as_str()?, it)));
    let named: BTreeMap<&str, &Value> = named.collect::<Option<_>>()?;
    (named.len() == items.len()).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn responses(file: &str, replies: &[Value]) -> Responses {
        let mut said = vec![Said::Request("> ask".to_owned())];
        said.extend(replies.iter().map(|it| Said::Reply {
            command: Some("guest-x".to_owned()),
            answer: Answer::Value {
                sentinel: false,
                value: it.clone(),
            },
        }));
        Responses {
            file: file.to_owned(),
            session: String::new(),
            said,
            lost: 0,
            refused: Vec::new(),
        }
    }

    fn side(agent: &str) -> Side {
        Side {
            agent: agent.to_owned(),
            target: String::new(),
        }
    }

    /// What differs between two replies: the member, the left and the right.
    fn differences(left: Value, right: Value) -> Vec<(String, Option<String>, Option<String>)> {
        let (left, right) = ([responses("a", &[left])], [responses("a", &[right])]);
        let comparison = compare((side("l"), &left), (side("r"), &right));
        let differences = comparison.differences.into_iter();
        differences.map(|it| (it.member, it.left, it.right)).collect()
    }

    fn is(member: &str, left: Option<&str>, right: Option<&str>) -> (String, Option<String>, Option<String>) {
        (member.to_owned(), left.map(str::to_owned), right.map(str::to_owned))
    }

    #[test]
    fn members_are_named() {
        let found = differences(
            json!({"return": {"a": 1, "b": [1, 2], "c": {"d": true}}}),
            json!({"return": {"a": 1, "b": [1, 3, 4], "e": null}}),
        );
        let expected = [
            is("return.b[1]", Some("2"), Some("3")),
            is("return.b[2]", None, Some("4")),
            is("return.c", Some("{\"d\": true}"), None),
            is("return.e", None, Some("null")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn elements_with_names_are_found_wherever_they_stand() {
        let found = differences(
            json!({"return": [{"name": "a", "x": 1}, {"name": "b", "x": 1}]}),
            json!({"return": [{"name": "c", "x": 1}, {"name": "b", "x": 2}]}),
        );
        let expected = [
            is("return[a]", Some("{\"name\": \"a\", \"x\": 1}"), None),
            is("return[b].x", Some("1"), Some("2")),
            is("return[c]", None, Some("{\"name\": \"c\", \"x\": 1}")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn success_and_error_are_one_difference() {
        let found = differences(
            json!({"return": {}}),
            json!({"error": {"class": "GenericError", "desc": "no"}}),
        );
        let error = r#"{"error": {"class": "GenericError", "desc": "no"}}"#;
        assert_eq!(found, [is("(reply)", Some(r#"{"return": {}}"#), Some(error))]);
    }

    #[test]
    fn what_many_scripts_show_is_told_once() {
        let replies = |value: &str| [json!({"return": {"version": value}})];
        let left = ["a", "b"].map(|it| responses(it, &replies("1")));
        let right = ["a", "b"].map(|it| responses(it, &replies("2")));
        let comparison = compare((side("l"), &left), (side("r"), &right));
        let [difference] = &comparison.differences[..] else {
            panic!("one difference: {:?}", comparison.differences)
        };
        assert_eq!(difference.scripts, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        assert_eq!(comparison.replies, 2);
    }

    #[test]
    fn missing_replies_and_scripts_are_told() {
        let left = [
            responses("a", &[json!({"return": 1}), json!({"return": 2})]),
            responses("b", &[json!({})]),
        ];
        let right = [responses("a", &[json!({"return": 1})])];
        let comparison = compare((side("l"), &left), (side("r"), &right));
        let [difference] = &comparison.differences[..] else {
            panic!("one difference: {:?}", comparison.differences)
        };
        assert_eq!(
            (&difference.left, &difference.right),
            (&Some("{\"return\": 2}".to_owned()), &None)
        );
        assert_eq!(
            comparison.lone,
            [Lone {
                script: "b".to_owned(),
                is_left: true
            }]
        );
    }
}
