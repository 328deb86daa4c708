//! The guest image of the machine that sessions were recorded on.

use qga_model::guest::Guest;

use super::machine::Unreplayable;
use super::recording::Session;
use super::zone;

/// The machine as far as sessions can see it, without the session's folder.
const MACHINE: &str = include_str!("machine.toml");

/// What only agents saw that ran on the machine itself.
const WHOLE_MACHINE: &str = include_str!("machine-whole.toml");

/// What only agents saw that ran in a private root.
const PRIVATE_ROOT: &str = include_str!("machine-private.toml");

/// The releases that came as packages. Builds of all others ran in a private root.
const PACKAGED: [&str; 4] = ["5.2", "7.2", "10.0", "11.1"];

/// The user that agents without rights ran as.
const NOBODY: u32 = 65534;

/// The variable that names the time zone.
const ZONE_VARIABLE: &str = "TZ";

/// The option that names the socket, and its long name.
const PATH_OPTION: (&str, &str) = ("-p", "--path");

/// The folder with the session's files: where its socket was.
pub(super) fn folder(session: &Session) -> Result<String, Unreplayable> {
    let path = option(&session.args, PATH_OPTION);
    let folder = path.and_then(|it| it.rsplit_once('/')).map(|(folder, _)| folder);
    let folder = folder.map(str::to_owned);
    folder.ok_or_else(|| Unreplayable("its arguments name no socket".to_owned()))
}

/// The value of an option in one of its four forms, as the last of them gives it.
fn option<'a>(arguments: &'a [String], (short, long): (&str, &str)) -> Option<&'a str> {
    let given = arguments.iter().enumerate().rev();
    given.into_iter().find_map(|(at, argument)| {
        if argument == short || argument == long {
            return arguments.get(at + 1).map(String::as_str);
        }
        let joined = argument.strip_prefix(long).and_then(|it| it.strip_prefix('='));
        joined.or_else(|| argument.strip_prefix(short))
    })
}

/// Whether the agent was allowed to do what it must not do to the machine itself.
fn is_private(session: &Session) -> bool {
    !session.args.iter().any(|it| it.contains("guest-shutdown"))
}

/// The machine before anything is set up.
pub(super) fn guest(session: &Session, folder: &str) -> Result<Guest, Unreplayable> {
    let user = match session.user {
        0 => "root",
        NOBODY => "nobody",
        other => return Err(Unreplayable(format!("its agent runs as user {other}"))),
    };
    let private = is_private(session);
    let zone = session.env.get(ZONE_VARIABLE).map_or("UTC", String::as_str);
    let has_places = PACKAGED.contains(&session.release.as_str());
    // Both were started through a loader, whose name is then the process's.
    let process = if has_places { "ld-linux-x86-64" } else { "ld.so" };
    let (zone_name, offset) = zone::of(zone, has_places);
    let image = [MACHINE, if private { PRIVATE_ROOT } else { WHOLE_MACHINE }].concat();
    let offset = offset.to_string();
    let places = [
        ("$USER", user),
        ("$WORK", if private { "/" } else { folder }),
        ("$FOLDER", folder),
        ("$PROCESS", process),
        ("$ZONE_VARIABLE", zone),
        ("$ZONE_NAME", &zone_name),
        ("$OFFSET", &offset),
    ];
    let image = places
        .iter()
        .fold(image, |image, (name, value)| image.replace(name, value));
    Guest::from_toml("machine.toml", &image).map_err(|error| Unreplayable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_found_in_each_of_its_forms() {
        for (arguments, path) in [
            ("-m unix-listen -p /a/sock", Some("/a/sock")),
            ("-p/a/sock -v", Some("/a/sock")),
            ("--path /a/sock", Some("/a/sock")),
            ("--path=/a/sock", Some("/a/sock")),
            ("-p /a/sock -p /b/sock", Some("/b/sock")),
            ("-m unix-listen", None),
            ("-p", None),
        ] {
            let arguments: Vec<_> = arguments.split(' ').map(str::to_owned).collect();
            assert_eq!(option(&arguments, PATH_OPTION).filter(|it| !it.is_empty()), path);
        }
    }
}
