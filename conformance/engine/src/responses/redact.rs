//! What changes from run to run is put away: times, pids, addresses. What does so is
//! said by rules, which are data.

use super::member::{Members, Step};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use regex_lite::Regex;
use serde_json::Value;

/// The members that hold bytes in base64; text among them is shown as text.
const BASE64_MEMBERS: [&str; 3] = ["buf-b64", "out-data", "err-data"];
/// What text that was base64 begins with.
const DECODED: &str = "b64: ";
/// How deep a value is looked into; replies are not read deeper.
const DEPTH_MAX: usize = 128;

/// One rule: what is replaced, and by what.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The command whose replies are meant; with a `*` at its end all that begin so.
    pub command: String,
    /// The members that are meant.
    pub members: Members,
    /// What is replaced in a member that is a string; the whole member if `None`.
    pub text: Option<Regex>,
    /// What stands there instead.
    pub with: String,
}

/// All rules, and the folder of the script.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// The rules; of several that mean the same place each changes what the one before it left.
    pub rules: Vec<Rule>,
}

impl Rule {
    fn is_about(&self, command: Option<&str>) -> bool {
        match self.command.strip_suffix('*') {
            Some(prefix) => command.unwrap_or_default().starts_with(prefix),
            None => command == Some(self.command.as_str()),
        }
    }

    fn apply(&self, value: &mut Value) {
        match (&self.text, value) {
            (None, value) => *value = Value::from(self.with.as_str()),
            (Some(text), Value::String(string)) => *string = text.replace_all(string, self.with.as_str()).into_owned(),
            (Some(_), _) => {}
        }
    }
}

impl Redactor {
    /// A reply to a command, redacted: the scratch folder by its variable, base64 as
    /// text, the rules; members in the order of their names, so that an agent may
    /// send them in any.
    pub fn redact(&self, command: Option<&str>, scratch: Option<&str>, reply: &Value) -> Value {
        let rules = self.rules.iter().filter(|it| it.is_about(command)).collect();
        let work = Work { rules, scratch };
        work.value(reply, &mut Vec::new())
    }
}

/// The rules for one reply.
struct Work<'r> {
    rules: Vec<&'r Rule>,
    scratch: Option<&'r str>,
}

impl Work<'_> {
    fn value<'v>(&self, value: &'v Value, steps: &mut Vec<Step<'v>>) -> Value {
        let mut redacted = match value {
            _ if steps.len() >= DEPTH_MAX => value.clone(),
            Value::Object(members) => {
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by_key(|(name, _)| name.as_str());
                let members = sorted.into_iter().map(|(name, it)| {
                    let value = self.inside(it, Step::Member(name), steps);
                    (name.clone(), value)
                });
                Value::Object(members.collect())
            }
            Value::Array(items) => items.iter().map(|it| self.inside(it, Step::Element, steps)).collect(),
            Value::String(text) => Value::String(self.string(text, steps.last())),
            other => other.clone(),
        };
        for rule in self.rules.iter().filter(|it| it.members.has(steps)) {
            rule.apply(&mut redacted);
        }
        redacted
    }

    fn inside<'v>(&self, value: &'v Value, step: Step<'v>, steps: &mut Vec<Step<'v>>) -> Value {
        steps.push(step);
        let value = self.value(value, steps);
        steps.pop();
        value
    }

    fn string(&self, text: &str, place: Option<&Step<'_>>) -> String {
        let is_base64 = matches!(place, Some(Step::Member(name)) if BASE64_MEMBERS.contains(name));
        let decoded = is_base64.then(|| decoded(text)).flatten();
        let text = decoded.as_deref().unwrap_or(text);
        match self.scratch.filter(|it| !it.is_empty()) {
            Some(folder) => text.replace(folder, "$tmp"),
            None => text.to_owned(),
        }
    }
}

/// The text that base64 stands for; `None` if it stands for other bytes.
fn decoded(text: &str) -> Option<String> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    let plain = String::from_utf8(bytes).ok()?;
    let is_text = !plain.chars().any(|it| it.is_control() && !it.is_whitespace());
    is_text.then(|| format!("{DECODED}{plain}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn rule(command: &str, members: &str, text: Option<&str>, with: &str) -> Rule {
        Rule {
            command: command.to_owned(),
            members: Members::parse(members).expect("a pattern"),
            text: text.map(|it| Regex::new(it).expect("an expression")),
            with: with.to_owned(),
        }
    }

    #[rstest]
    #[case::a_number(rule("guest-exec", "return.pid", None, "[pid]"), json!({"return": {"pid": "[pid]"}}))]
    #[case::by_prefix(rule("guest-*", "**.pid", None, "[pid]"), json!({"return": {"pid": "[pid]"}}))]
    #[case::of_all(rule("*", "return", None, "[all]"), json!({"return": "[all]"}))]
    #[case::another_command(rule("guest-info", "**.pid", None, "[pid]"), json!({"return": {"pid": 12}}))]
    #[case::text_of_a_number(rule("*", "**", Some("1"), "x"), json!({"return": {"pid": 12}}))]
    fn members_are_replaced(#[case] rule: Rule, #[case] expected: Value) {
        let redactor = Redactor { rules: vec![rule] };
        let reply = json!({"return": {"pid": 12}});
        assert_eq!(redactor.redact(Some("guest-exec"), None, &reply), expected);
    }

    #[test]
    fn one_rule_goes_on_where_another_stopped() {
        let rules = vec![
            rule("*", "**", Some("[0-9]+"), "N"),
            rule("*", "**", Some("N N"), "two"),
        ];
        let reply = json!({"error": {"desc": "1 22 and 3"}});
        let redacted = Redactor { rules }.redact(None, None, &reply);
        assert_eq!(redacted, json!({"error": {"desc": "two and N"}}));
    }

    #[rstest]
    #[case::folder(json!({"desc": "no /tmp/qga-x/0/file"}), json!({"desc": "no $tmp/file"}))]
    #[case::text(json!({"out-data": "aGkK"}), json!({"out-data": "b64: hi\n"}))]
    #[case::folder_in_base64(json!({"out-data": BASE64_STANDARD.encode("/tmp/qga-x/0")}), json!({"out-data": "b64: $tmp"}))]
    #[case::bytes(json!({"buf-b64": "AAE="}), json!({"buf-b64": "AAE="}))]
    #[case::no_base64(json!({"buf-b64": "aGkK\n"}), json!({"buf-b64": "aGkK\n"}))]
    #[case::another_member(json!({"name": "aGkK"}), json!({"name": "aGkK"}))]
    fn folders_and_base64_are_readable(#[case] reply: Value, #[case] expected: Value) {
        assert_eq!(Redactor::default().redact(None, Some("/tmp/qga-x/0"), &reply), expected);
    }

    #[test]
    fn the_order_of_members_is_that_of_their_names() {
        let reply = json!({"return": {"b": 1, "a": {"d": 1, "c": 2}}, "id": 1});
        let redacted = Redactor::default().redact(None, None, &reply).to_string();
        assert_eq!(redacted, r#"{"id":1,"return":{"a":{"c":2,"d":1},"b":1}}"#);
    }
}
