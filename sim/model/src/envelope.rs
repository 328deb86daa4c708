//! From a JSON value to a request: which command, which arguments, which `id`.
//!
//! Nothing here knows a command; what differs between releases is read from the
//! release's row.

use crate::json::{Dict, Value};
use crate::message::CommandError;
use qga_fixtures::schema::{ArgumentsNotObject, ControlMember, ErrorName, LacksExecute, Release, RequestId};

/// A well-formed request for some command.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) command: Vec<u8>,
    pub(crate) arguments: Arguments,
    /// What to send back as `id`.
    pub(crate) id: Option<Value>,
}

/// What stood under `arguments`.
#[derive(Debug)]
pub(crate) enum Arguments {
    /// An object; the empty one where there was none.
    Given(Dict),
    /// Another type, in a release that dies of it once it looks.
    Fatal,
}

/// Why a value is no request.
#[derive(Debug)]
pub(crate) enum Rejected {
    /// Answered with an error.
    Error { id: Option<Value>, error: CommandError },
    /// Answered with the value itself.
    Echo(Value),
}

/// Takes the request out of a frame's value.
pub(crate) fn request(release: &Release, value: Value) -> Result<Request, Rejected> {
    let Value::Dict(mut members) = value else {
        return Err(Rejected::Error {
            id: None,
            error: CommandError::new(ErrorName::NotAnObject),
        });
    };
    let id = if release.request_id == RequestId::Echoed {
        members.take("id")
    } else {
        None
    };
    if release.lacks_execute == LacksExecute::First && !members.contains("execute") {
        return Err(without_execute(release, members, id));
    }
    if let Err(error) = check_members(release, &members) {
        return Err(Rejected::Error { id, error });
    }
    let arguments = arguments(release, members.take("arguments"));
    match members.take("execute") {
        Some(Value::Str(command)) => Ok(Request { command, arguments, id }),
        _ => Err(Rejected::Error {
            id,
            error: CommandError::new(ErrorName::LacksExecute),
        }),
    }
}

fn without_execute(release: &Release, members: Dict, id: Option<Value>) -> Rejected {
    if release.echoes_error_object && members.contains("error") {
        return Rejected::Echo(Value::Dict(members));
    }
    Rejected::Error {
        id,
        error: CommandError::new(ErrorName::LacksExecute),
    }
}

/// What is wrong with the first member, in the order the agent walks them, that
/// it does not take.
fn check_members(release: &Release, members: &Dict) -> Result<(), CommandError> {
    let check = |(name, value): (&[u8], &Value)| check_member(release, name, value);
    // Their order tells only which of several mistakes is named.
    match members.iter().try_for_each(check) {
        Ok(()) => Ok(()),
        Err(_) => members.in_hash_order().try_for_each(check),
    }
}

fn check_member(release: &Release, name: &[u8], value: &Value) -> Result<(), CommandError> {
    match name {
        b"execute" if !matches!(value, Value::Str(_)) => Err(CommandError::new(ErrorName::ExecuteNotAString)),
        b"execute" => Ok(()),
        b"arguments" => check_arguments(release, value),
        b"id" if release.request_id != RequestId::Refused => Ok(()),
        b"control" if release.control_member == ControlMember::Ignored => check_control(value),
        _ => Err(CommandError::new(ErrorName::UnexpectedMember).with("member", name)),
    }
}

fn check_arguments(release: &Release, value: &Value) -> Result<(), CommandError> {
    match (value, release.arguments_not_object) {
        (Value::Dict(_), _) | (_, ArgumentsNotObject::Ignored | ArgumentsNotObject::Fatal) => Ok(()),
        (_, ArgumentsNotObject::Refused) => Err(CommandError::new(ErrorName::ArgumentsNotAnObject)),
    }
}

fn check_control(value: &Value) -> Result<(), CommandError> {
    match value {
        Value::Dict(_) => Ok(()),
        _ => Err(CommandError::new(ErrorName::ControlNotAnObject)),
    }
}

fn arguments(release: &Release, value: Option<Value>) -> Arguments {
    match value {
        None => Arguments::Given(Dict::new()),
        Some(Value::Dict(members)) => Arguments::Given(members),
        Some(_) if release.arguments_not_object == ArgumentsNotObject::Fatal => Arguments::Fatal,
        Some(_) => Arguments::Given(Dict::new()),
    }
}
