//! The command that sets a user's password.

use crate::args::Args;
use crate::commands::data;
use crate::commands::power::check_child;
use crate::commands::stop::Stop;
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use qga_fixtures::schema::{ErrorName, System};

/// Where the agent looks for the program that sets passwords.
const PROGRAMS: [&[u8]; 6] = [
    b"/usr/local/sbin/chpasswd",
    b"/usr/local/bin/chpasswd",
    b"/usr/sbin/chpasswd",
    b"/usr/bin/chpasswd",
    b"/sbin/chpasswd",
    b"/bin/chpasswd",
];

pub(crate) fn set_password(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let (user, crypted) = (args.text("username"), args.flag("crypted"));
    let password = data::decode(state.release, args.text("password"))?;
    if state.system() == System::Windows {
        refuse_crypted(crypted)?;
    } else {
        check_characters(user, &password)?;
        find_program(state)?;
    }
    let who = state.task.credentials.clone();
    let changed = state.guest.chpasswd(&who, user, &password, crypted, state.now);
    let child = changed.map_err(|_| Stop::Hangs)?;
    state.wait_for_child(child.duration);
    check_child(&child, "set user password")?;
    Ok(Dict::new().into())
}

/// The password ends at its first NUL, as every text in C does.
fn check_characters(user: &[u8], password: &[u8]) -> Result<(), CommandError> {
    let password = password.split(|byte| *byte == 0).next().unwrap_or_default();
    if password.contains(&b'\n') {
        return Err(CommandError::new(ErrorName::PasswordCharacters));
    }
    if user.iter().any(|byte| matches!(byte, b'\n' | b':')) {
        return Err(CommandError::new(ErrorName::UsernameCharacters));
    }
    Ok(())
}

fn find_program(state: &mut State) -> Result<(), CommandError> {
    let State { guest, task, .. } = state;
    if PROGRAMS.iter().any(|path| guest.check_program(task, path).is_ok()) {
        return Ok(());
    }
    Err(CommandError::new(ErrorName::PasswordProgramMissing))
}

fn refuse_crypted(crypted: bool) -> Result<(), CommandError> {
    if crypted {
        return Err(CommandError::new(ErrorName::CommandUnsupported));
    }
    Ok(())
}
