//! Ways to write a request: such that say the same as the usual one, and such that are
//! no request of the protocol though they are JSON.

use super::property::Property;

/// How a request is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As everybody does.
    #[default]
    Plain,
    /// With tabs between the tokens.
    Tabs,
    /// With CR before LF.
    Returns,
    /// Over several lines.
    Lines,
    /// After empty lines.
    BlankLines,
    /// With another member before the command.
    CommandLast,
    /// With an escape for a letter of a key.
    Escaped,
    /// In a list.
    Listed,
    /// As a string.
    Text,
    /// With a member that no request has.
    Unknown,
    /// With the member of out-of-band execution.
    Control,
    /// With the command twice.
    Twice,
    /// With a list for arguments.
    ListOfArguments,
    /// With blanks around the command's name.
    Blanks,
}

impl Form {
    /// Those that say the same as the usual one.
    pub const SAME: &[Form] = &[
        Form::Tabs,
        Form::Returns,
        Form::Lines,
        Form::BlankLines,
        Form::CommandLast,
        Form::Escaped,
    ];
    /// Those that must be refused.
    pub const WRONG: &[Form] = &[
        Form::Listed,
        Form::Text,
        Form::Unknown,
        Form::Control,
        Form::Twice,
        Form::ListOfArguments,
        Form::Blanks,
    ];

    /// By what a request must be refused that is written so.
    pub fn refused_by(self) -> Option<Property> {
        match self {
            Form::Listed | Form::Text | Form::ListOfArguments | Form::Blanks => Some(Property::Envelope),
            Form::Unknown | Form::Control | Form::Twice => Some(Property::Members),
            _ => None,
        }
    }

    /// A plain request without arguments, written so.
    pub(super) fn of(self, plain: &str) -> String {
        let inner = plain
            .strip_prefix('{')
            .and_then(|it| it.strip_suffix('}'))
            .unwrap_or(plain);
        match self {
            Form::Plain => plain.to_owned(),
            Form::Tabs => plain.replace(": ", ":\t").replace(", ", ",\t"),
            Form::Returns => format!("{plain}\r"),
            Form::Lines => plain.replace(": ", ":\n").replace(", ", ",\n"),
            Form::BlankLines => format!("\n\n{plain}"),
            Form::CommandLast => format!("{{\"arguments\": {{}}, {inner}}}"),
            Form::Escaped => plain.replace("\"execute", "\"\\u0065xecute"),
            Form::Listed => format!("[{plain}]"),
            Form::Text => "\"guest-ping\"".to_owned(),
            Form::Unknown => format!("{{{inner}, \"x\": 1}}"),
            Form::Control => format!("{{{inner}, \"control\": {{}}}}"),
            Form::Twice => format!("{{\"execute\": \"guest-ping\", {inner}}}"),
            Form::ListOfArguments => format!("{{{inner}, \"arguments\": []}}"),
            Form::Blanks => plain.replace("guest-ping", " guest-ping "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: &str = r#"{"execute": "guest-ping"}"#;

    #[test]
    fn a_form_that_says_the_same_is_the_same_json_but_for_arguments() {
        let plain: serde_json::Value = serde_json::from_str(PING).expect("JSON");
        for form in Form::SAME {
            let mut read: serde_json::Value = serde_json::from_str(&form.of(PING)).expect("JSON");
            read.as_object_mut().expect("an object").remove("arguments");
            assert_eq!(read, plain, "{form:?}");
        }
    }

    #[test]
    fn a_form_that_is_refused_is_other_json() {
        for form in Form::WRONG {
            let text = form.of(PING);
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            assert!(text != PING && form.refused_by().is_some(), "{form:?}");
        }
    }
}
