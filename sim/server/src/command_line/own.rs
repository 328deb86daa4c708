//! The simulator's own options: they choose the release, so they are read before
//! its option table is known. Each has a variable of the environment beside it;
//! the command line wins.

use super::getopt::{Item, Long, Reader, Takes};
use super::options::{self, Opt};
use crate::fault::Faults;
use qga_fixtures::schema::{RELEASES, Release};
use qga_model::deviation::Deviation;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

/// The release that is emulated if none is asked for.
pub const DEFAULT_RELEASE: &str = "7.2";
/// The guest that is simulated if none is asked for.
pub const DEFAULT_GUEST: &str = "default";

/// The value of `--deviate` that lists the names it takes.
const LIST_DEVIATIONS: &str = "help";

/// One of the simulator's own options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnOption {
    Emulate,
    Guest,
    Clients,
    Survive,
    Fault,
    Journal,
    Deviate,
}

/// What the simulator's own options ask for.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) release: &'static Release,
    /// The name of a built-in guest, or the path of an image.
    pub(crate) guest: OsString,
    pub(crate) clients: Clients,
    /// Live on where the real agent dies.
    pub(crate) survive: bool,
    pub(crate) faults: Faults,
    /// A file for what is asked and what happens.
    pub(crate) journal: Option<OsString>,
    pub(crate) deviate: Deviate,
}

/// What the agent is to do otherwise than it should.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Deviate {
    /// Nothing.
    #[default]
    Not,
    /// What there is is listed, and nothing else done.
    List,
    /// This.
    So(&'static Deviation),
}

/// How many clients are served at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clients {
    /// One, as the real agent does: the others wait.
    #[default]
    One,
    /// All, each on a channel of its own.
    Many,
}

/// A mistake in one of the simulator's own options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake(pub(crate) String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a variable of the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Reads the own options among `args`, which do not hold the program's name.
pub(crate) fn read(args: &[OsString], environment: Environment) -> Result<Own, Mistake> {
    let mut own = Own {
        release: Release::find(DEFAULT_RELEASE).ok_or_else(|| Mistake(String::from("the default release is gone")))?,
        guest: OsString::from(DEFAULT_GUEST),
        clients: Clients::One,
        survive: false,
        faults: Faults::default(),
        journal: None,
        deviate: Deviate::Not,
    };
    for option in OwnOption::ALL {
        if let Some(value) = environment(option.variable()).filter(|value| !value.is_empty()) {
            own.set(option, option.variable(), &value)?;
        }
    }
    let table = options::of_any_release(environment("POSIXLY_CORRECT").is_some());
    for item in Reader::new(&table, args) {
        match item {
            Item::Option(Opt::Own(option), value) => {
                own.set(
                    option,
                    &format!("--{}", option.name()),
                    &value.unwrap_or_else(|| OsString::from("true")),
                )?;
            }
            Item::Mistake(text) if OwnOption::is_named_in(&text) => {
                return Err(Mistake(String::from_utf8_lossy(&text).into_owned()));
            }
            _ => {}
        }
    }
    Ok(own)
}

impl Own {
    /// Sets an option that was given as `place`, an option or a variable.
    fn set(&mut self, option: OwnOption, place: &str, value: &OsStr) -> Result<(), Mistake> {
        let text = String::from_utf8_lossy(value.as_bytes());
        match option {
            OwnOption::Emulate => self.release = release(place, &text)?,
            OwnOption::Guest => self.guest = value.to_owned(),
            OwnOption::Clients => self.clients = clients(place, &text)?,
            OwnOption::Survive => self.survive = flag(place, &text)?,
            OwnOption::Journal => self.journal = Some(value.to_owned()),
            OwnOption::Deviate => self.deviate = deviate(place, &text)?,
            OwnOption::Fault => {
                let mut faults = text.split(',').filter(|fault| !fault.is_empty());
                faults
                    .try_for_each(|fault| self.faults.add(fault))
                    .map_err(|why| Mistake(format!("{place}: {why}")))?;
            }
        }
        Ok(())
    }
}

fn release(place: &str, text: &str) -> Result<&'static Release, Mistake> {
    Release::find(text).ok_or_else(|| {
        let names: Vec<&str> = RELEASES.iter().map(|it| it.name).collect();
        Mistake(format!(
            "{place}: no release is called '{text}'; there are {}",
            names.join(", ")
        ))
    })
}

fn deviate(place: &str, text: &str) -> Result<Deviate, Mistake> {
    if text == LIST_DEVIATIONS {
        return Ok(Deviate::List);
    }
    Deviation::named(text).map(Deviate::So).ok_or_else(|| {
        Mistake(format!(
            "{place}: no deviation is called '{text}'; '{LIST_DEVIATIONS}' lists those there are"
        ))
    })
}

fn clients(place: &str, text: &str) -> Result<Clients, Mistake> {
    match text {
        "one" => Ok(Clients::One),
        "many" => Ok(Clients::Many),
        _ => Err(Mistake(format!("{place}: '{text}' is neither 'one' nor 'many'"))),
    }
}

fn flag(place: &str, text: &str) -> Result<bool, Mistake> {
    match text {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(Mistake(format!("{place}: '{text}' is neither 'true' nor 'false'"))),
    }
}

impl OwnOption {
    pub(crate) const ALL: [OwnOption; 7] = [
        OwnOption::Emulate,
        OwnOption::Guest,
        OwnOption::Clients,
        OwnOption::Survive,
        OwnOption::Fault,
        OwnOption::Journal,
        OwnOption::Deviate,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            OwnOption::Emulate => "emulate",
            OwnOption::Guest => "guest",
            OwnOption::Clients => "clients",
            OwnOption::Survive => "survive",
            OwnOption::Fault => "fault",
            OwnOption::Journal => "journal",
            OwnOption::Deviate => "deviate",
        }
    }

    /// The variable of the environment beside it.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            OwnOption::Emulate => "QGA_SIM_EMULATE",
            OwnOption::Guest => "QGA_SIM_GUEST",
            OwnOption::Clients => "QGA_SIM_CLIENTS",
            OwnOption::Survive => "QGA_SIM_SURVIVE",
            OwnOption::Fault => "QGA_SIM_FAULT",
            OwnOption::Journal => "QGA_SIM_JOURNAL",
            OwnOption::Deviate => "QGA_SIM_DEVIATE",
        }
    }

    /// The long options. They must be written out, so that they take no short
    /// form of the release's own options away.
    pub(crate) fn longs() -> impl Iterator<Item = Long<Opt>> {
        OwnOption::ALL.into_iter().map(|option| Long {
            name: option.name(),
            takes: if option == OwnOption::Survive {
                Takes::Nothing
            } else {
                Takes::Value
            },
            option: Opt::Own(option),
            whole: true,
        })
    }

    fn is_named_in(mistake: &[u8]) -> bool {
        let mistake = String::from_utf8_lossy(mistake);
        OwnOption::ALL
            .iter()
            .any(|option| mistake.contains(&format!("'--{}'", option.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let environment = |name: &str| {
            variables
                .iter()
                .find(|(variable, _)| *variable == name)
                .map(|(_, value)| OsString::from(value))
        };
        let own = super::read(&args, &environment).map_err(|it| it.0)?;
        Ok(format!(
            "{} {} {:?} {}",
            own.release.name,
            own.guest.to_string_lossy(),
            own.clients,
            own.survive
        ))
    }

    #[test]
    fn the_command_line_wins_over_the_environment_and_both_over_the_default() {
        let variables = [
            ("QGA_SIM_EMULATE", "5.2"),
            ("QGA_SIM_SURVIVE", "1"),
            ("QGA_SIM_GUEST", ""),
        ];
        for (line, variables, expected) in [
            ("", &[][..], "7.2 default One false"),
            ("", &variables, "5.2 default One true"),
            ("--emulate 10.0 --clients=many", &variables, "10.0 default Many true"),
            (
                "-m unix-listen --emulate=0.15 -p x --guest a/b --survive",
                &[],
                "0.15 a/b One true",
            ),
            ("-p --emulate x -- --emulate 9.9", &[], "7.2 default One false"),
            ("--emulate 5.2 --emulate 7.2.22", &[], "7.2 default One false"),
        ] {
            assert_eq!(read(line, variables).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_mistake_names_its_place_and_the_cure() {
        for (line, variables, expected) in [
            ("--clients two", &[][..], "--clients: 'two' is neither 'one' nor 'many'"),
            (
                "",
                &[("QGA_SIM_CLIENTS", "x")][..],
                "QGA_SIM_CLIENTS: 'x' is neither 'one' nor 'many'",
            ),
            (
                "",
                &[("QGA_SIM_SURVIVE", "yes")],
                "QGA_SIM_SURVIVE: 'yes' is neither 'true' nor 'false'",
            ),
            ("--survive=1", &[], "option '--survive' doesn't allow an argument"),
            ("--emulate", &[], "option '--emulate' requires an argument"),
            (
                "--deviate nowise",
                &[],
                "--deviate: no deviation is called 'nowise'; 'help' lists those there are",
            ),
            (
                "--fault chunk=0",
                &[],
                "--fault: chunk: '0' is not a whole number above 0",
            ),
            (
                "--fault chunk=2",
                &[("QGA_SIM_FAULT", "stale-at-start,delay=1")],
                "QGA_SIM_FAULT: delay: '1' is not a time such as 50ms or 2s",
            ),
        ] {
            assert_eq!(read(line, variables), Err(expected.to_owned()), "{line}");
        }
        let unknown = read("--emulate 99", &[]).unwrap_err();
        assert!(
            unknown.starts_with("--emulate: no release is called '99'; there are 0.15, 1.0,"),
            "{unknown}"
        );
    }
}
