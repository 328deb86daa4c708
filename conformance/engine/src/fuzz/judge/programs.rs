//! What is known of programs that were started.

use super::reading::Reading;
use super::{Due, Fault};
use crate::fuzz::property::Property;
use crate::fuzz::session::{Argument, Call, Slot};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// What is known of programs that were started.
#[derive(Debug, Default)]
pub(super) struct Programs {
    started: BTreeMap<Slot, Program>,
}

#[derive(Debug)]
struct Program {
    status: i64,
    /// What it writes, if that is caught.
    output: Option<Vec<u8>>,
    /// It has told of its end.
    is_over: bool,
}

impl Programs {
    /// What must become of a right call.
    pub(super) fn due(&self, call: &Call) -> Due {
        if call.command == "guest-exec" {
            return Due::Return(Property::Works);
        }
        match call.argument("pid") {
            Some(Argument::Slot(slot)) => match self.started.get(slot) {
                Some(program) if program.is_over => Due::Refusal(Property::Forgotten),
                Some(_) => Due::Return(Property::Program),
                None => Due::Either,
            },
            Some(Argument::Int(_)) => Due::Refusal(Property::Program),
            _ => Due::Either,
        }
    }

    /// What a reply tells.
    pub(super) fn told(&mut self, call: &Call, reading: &Reading) -> Option<Fault> {
        let result = reading.result()?;
        if call.command == "guest-exec" {
            if let (Some(slot), Some(program)) = (call.binds, Program::of(call)) {
                self.started.insert(slot, program);
            }
            return None;
        }
        let Some(Argument::Slot(slot)) = call.argument("pid") else {
            return None;
        };
        let program = self.started.get_mut(slot)?;
        if result["exited"] != true {
            return call
                .polls
                .then(|| Fault::reply(Property::Program, program.pattern(), "the program does not end"));
        }
        program.is_over = true;
        let output = result["out-data"]
            .as_str()
            .map(|it| STANDARD.decode(it).unwrap_or_default());
        let wrote = output.unwrap_or_default();
        let is_right = result["exitcode"].as_i64() == Some(program.status)
            && program.output.as_ref().is_none_or(|it| *it == wrote);
        (!is_right).then(|| {
            let found = format!("it ended so: {}", reading.shown());
            Fault::reply(Property::Program, program.pattern(), found)
        })
    }
}

impl Program {
    /// What is known of a program of the list.
    fn of(call: &Call) -> Option<Program> {
        let Some(Argument::Json(path)) = call.argument("path") else {
            return None;
        };
        let input = match call.argument("input-data") {
            Some(Argument::Base64(bytes)) => bytes.clone(),
            _ => Vec::new(),
        };
        let words = call
            .argument("arg")
            .is_some_and(|it| *it != Argument::Json("[]".into()));
        let (status, output) = match path.as_ref() {
            "\"/bin/true\"" => (0, Vec::new()),
            "\"/bin/false\"" => (1, Vec::new()),
            "\"/bin/echo\"" if words => (0, b"one two\n".to_vec()),
            "\"/bin/echo\"" => (0, b"\n".to_vec()),
            "\"/bin/cat\"" if !words => (0, input),
            _ => return None,
        };
        let is_caught = call.argument("capture-output") == Some(&Argument::Json("true".into()));
        Some(Program {
            status,
            output: is_caught.then_some(output),
            is_over: false,
        })
    }

    fn pattern(&self) -> String {
        let output = match &self.output {
            Some(bytes) if !bytes.is_empty() => format!(", \"out-data\": \"{}\"", STANDARD.encode(bytes)),
            _ => String::new(),
        };
        format!(
            "{{\"return\": {{\"exited\": true, \"exitcode\": {}{output}, ...}}, ...}}",
            self.status
        )
    }
}
