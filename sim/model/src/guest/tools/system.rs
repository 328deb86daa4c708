//! Tools that tell about the machine and who asks: id, whoami, uname, hostname,
//! pwd, sync, kill.

use super::options::{Known, Usage, number};
use super::quote::quoted;
use super::stat::{group_name, user_name};
use super::{Call, Made, Words, once, text};
use crate::guest::process::Pid;
use crate::guest::process::signal::{self, SIGTERM};

pub(super) fn pwd(words: Words) -> Made {
    once(words, |call, _| {
        let folder = call.sys.working_folder();
        call.out.print(&text![folder, "\n"]);
        0
    })
}

/// Nothing is ever kept back here.
pub(super) fn sync(words: Words) -> Made {
    once(words, |_, _| 0)
}

pub(super) fn whoami(words: Words) -> Made {
    once(words, |call, _| {
        let name = user_name(&call.sys.guest.accounts, call.sys.uid());
        call.out.print(&text![name, "\n"]);
        0
    })
}

pub(super) fn id(words: Words) -> Made {
    let options = words.options(Known::letters("ugGn").names(&[("user", b'u'), ("group", b'g'), ("name", b'n')]))?;
    if let Some(other) = options.operands.first() {
        return Err(Usage::plain(text![quoted(other), ": no such user"], 1));
    }
    once(words, |call, arguments| {
        let wants = |letter: u8| arguments.iter().any(|it| it.starts_with(b"-") && it.contains(&letter));
        let told = told(call, wants(b'u'), wants(b'g'), wants(b'G'), wants(b'n'));
        call.out.print(&text![told, "\n"]);
        0
    })
}

fn told(call: &Call<'_, '_>, user: bool, group: bool, groups: bool, names: bool) -> Vec<u8> {
    let accounts = &call.sys.guest.accounts;
    let (uid, gids) = (call.sys.uid(), call.sys.gids());
    let group_text = |gid: &u32| {
        if names {
            group_name(accounts, *gid)
        } else {
            gid.to_string().into_bytes()
        }
    };
    if user {
        return if names {
            user_name(accounts, uid)
        } else {
            uid.to_string().into_bytes()
        };
    }
    if group {
        return group_text(&gids[0]);
    }
    if groups {
        return gids.iter().map(group_text).collect::<Vec<_>>().join(&b' ');
    }
    let both = |gid: &u32| text![gid.to_string(), "(", group_name(accounts, *gid), ")"];
    let all = gids.iter().map(both).collect::<Vec<_>>().join(&b',');
    text![
        "uid=",
        uid.to_string(),
        "(",
        user_name(accounts, uid),
        ") gid=",
        both(&gids[0]),
        " groups=",
        all
    ]
}

pub(super) fn hostname(words: Words) -> Made {
    once(words, |call, _| {
        let name = call.sys.guest.about.host_name.clone();
        call.out.print(&text![name, "\n"]);
        0
    })
}

/// The letters of what uname tells, in the order in which it is told.
const UNAME: &[u8] = b"snrvmo";

pub(super) fn uname(words: Words) -> Made {
    words.options(Known::letters("asnrvmo"))?;
    once(words, |call, arguments| {
        let wants = |letter: u8| arguments.iter().any(|it| it.contains(&letter));
        let is_told = |letter: &u8| wants(b'a') || wants(*letter) || arguments.is_empty() && *letter == b's';
        let about = &call.sys.guest.about;
        let part = |letter: u8| match letter {
            b's' => "Linux",
            b'n' => &about.host_name,
            b'r' => &about.kernel_release,
            b'v' => &about.kernel_version,
            b'm' => &about.machine,
            _ => "GNU/Linux",
        };
        let parts: Vec<&str> = UNAME.iter().copied().filter(is_told).map(part).collect();
        let line = text![parts.join(" "), "\n"];
        call.out.print(&line);
        0
    })
}

/// How kill is called, as it says itself.
const KILL_USAGE: &str = "
Usage:
 kill [options] <pid> [...]

Options:
 <pid> [...]            send signal to every <pid> listed
 -<signal>, -s, --signal <signal>
                        specify the <signal> to be sent
 -q, --queue <value>    integer value to be sent with the signal
 -l, --list=[<signal>]  list all signal names, or convert one to a name
 -L, --table            list all signal names in a nice table

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see kill(1).
";

pub(super) fn kill(words: Words) -> Made {
    once(words, |call, arguments| {
        if let [list, name] = arguments
            && list == b"-l"
        {
            return list_signal(call, name);
        }
        let (signal, targets) = match kill_words(arguments) {
            Ok(it) => it,
            Err(name) => {
                call.complain(&text!["invalid argument ", name]);
                call.out.write_to(2, KILL_USAGE.into());
                return 1;
            }
        };
        if targets.is_empty() {
            call.out.write_to(2, KILL_USAGE.into());
            return 1;
        }
        let mut status = 0;
        for target in targets {
            let pid = number(target).and_then(|it| u32::try_from(it).ok()).map(Pid);
            let Some(pid) = pid else {
                call.complain(&text!["failed to parse argument: ", quoted(target)]);
                return 1;
            };
            if let Err(errno) = call.sys.kill(pid, signal) {
                call.complain(&text!["(", target, "): ", errno.text()]);
                status = 1;
            }
        }
        status
    })
}

/// Turns a signal's number into its name, or the name into the number.
fn list_signal(call: &mut Call<'_, '_>, name: &[u8]) -> u8 {
    let of_number = number(name)
        .and_then(|it| u8::try_from(it & 0x7f).ok())
        .and_then(signal::name);
    let shown = of_number
        .map(str::to_owned)
        .or_else(|| signal::number(name).map(|it| it.to_string()));
    match shown {
        Some(shown) => call.out.print(&text![shown, "\n"]),
        None => {
            call.complain(&text!["unknown signal name ", name]);
            return 1;
        }
    }
    0
}

/// The signal and the processes that the words name.
///
/// # Errors
/// What is no signal.
pub(crate) fn kill_words(arguments: &[Vec<u8>]) -> Result<(u8, &[Vec<u8>]), Vec<u8>> {
    let read = |name: &[u8]| signal::number(name).ok_or_else(|| name.to_vec());
    match arguments {
        [s, name, targets @ ..] if s == b"-s" || s == b"-n" => Ok((read(name)?, targets)),
        [dashes, targets @ ..] if dashes == b"--" => Ok((SIGTERM, targets)),
        [first, targets @ ..] if first.starts_with(b"-") && first.len() > 1 => Ok((read(&first[1..])?, targets)),
        targets => Ok((SIGTERM, targets)),
    }
}
