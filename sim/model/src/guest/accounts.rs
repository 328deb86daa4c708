//! The users and groups of the guest, and as whom a program runs.

use serde::Deserialize;
use toml::Spanned;

use super::image::Problem;
use super::image::repeat::{self, Repeat};

/// As whom a program runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Further groups.
    pub groups: Vec<u32>,
}

impl Credentials {
    /// Whether permissions do not bind it.
    pub fn is_superuser(&self) -> bool {
        self.uid == 0
    }

    /// Whether it belongs to a group.
    pub fn is_in(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

/// A user: `[[user]]` of an image.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    /// Login name.
    pub name: String,
    /// Number.
    pub uid: u32,
    /// Number of the main group; as `uid` if left out.
    pub gid: Option<u32>,
    /// Numbers of further groups.
    #[serde(default)]
    pub groups: Vec<u32>,
    /// Full name.
    #[serde(default)]
    pub gecos: String,
    /// Home folder.
    #[serde(default = "root_folder")]
    pub home: String,
    /// Shell.
    #[serde(default = "no_shell")]
    pub shell: String,
    /// Instead of one: so many, with rising numbers, also in the place of `{n}`.
    count: Option<Spanned<u32>>,
}

impl Repeat for User {
    fn take_count(&mut self) -> Option<Spanned<u32>> {
        self.count.take()
    }

    fn number(&mut self, n: u32) {
        self.uid += n;
        repeat::put_number(&mut self.name, n);
        repeat::put_number(&mut self.home, n);
    }
}

/// A group: `[[group]]` of an image.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Group {
    /// Name.
    pub name: String,
    /// Number.
    pub gid: u32,
    /// Names of further members.
    #[serde(default)]
    pub members: Vec<String>,
}

fn root_folder() -> String {
    "/".to_owned()
}

fn no_shell() -> String {
    "/usr/sbin/nologin".to_owned()
}

/// The guest's user database.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    /// Users in the order of `/etc/passwd`.
    pub users: Vec<User>,
    /// Groups in the order of `/etc/group`.
    pub groups: Vec<Group>,
}

fn unknown<'a>(name: &Spanned<String>, what: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let known = known.collect::<Vec<_>>().join(", ");
    let cure = format!("add a [[{what}]], or name one of {known}");
    Problem::new(name.span(), format!("there is no {what} `{}`", name.get_ref()), cure)
}

impl User {
    fn superuser() -> User {
        User {
            name: "root".to_owned(),
            uid: 0,
            gid: None,
            groups: Vec::new(),
            gecos: "root".to_owned(),
            home: "/root".to_owned(),
            shell: "/bin/bash".to_owned(),
            count: None,
        }
    }

    /// Number of the main group.
    pub fn main_group(&self) -> u32 {
        self.gid.unwrap_or(self.uid)
    }

    /// As whom this user's programs run.
    pub fn credentials(&self) -> Credentials {
        Credentials {
            uid: self.uid,
            gid: self.main_group(),
            groups: self.groups.clone(),
        }
    }
}

impl Accounts {
    /// These users and groups, and the superuser if it is not among them.
    pub(crate) fn new(mut users: Vec<User>, mut groups: Vec<Group>) -> Accounts {
        if !users.iter().any(|it| it.uid == 0) {
            users.insert(0, User::superuser());
        }
        if !groups.iter().any(|it| it.gid == 0) {
            groups.insert(
                0,
                Group {
                    name: "root".to_owned(),
                    gid: 0,
                    members: Vec::new(),
                },
            );
        }
        Accounts { users, groups }
    }

    /// The user whose name stands in an image.
    pub(crate) fn user_at(&self, name: &Spanned<String>) -> Result<&User, Problem> {
        self.user(name.get_ref())
            .ok_or_else(|| unknown(name, "user", self.users.iter().map(|it| &*it.name)))
    }

    /// The group whose name stands in an image.
    pub(crate) fn group_at(&self, name: &Spanned<String>) -> Result<&Group, Problem> {
        self.group(name.get_ref())
            .ok_or_else(|| unknown(name, "group", self.groups.iter().map(|it| &*it.name)))
    }

    /// The user of a name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|it| it.name == name)
    }

    /// The group of a name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|it| it.name == name)
    }

    /// `/etc/passwd`.
    pub fn passwd(&self) -> String {
        let line = |it: &User| {
            let gid = it.main_group();
            format!("{}:x:{}:{gid}:{}:{}:{}\n", it.name, it.uid, it.gecos, it.home, it.shell)
        };
        self.users.iter().map(line).collect()
    }

    /// `/etc/group`.
    pub fn group_file(&self) -> String {
        let line = |it: &Group| format!("{}:x:{}:{}\n", it.name, it.gid, it.members.join(","));
        self.groups.iter().map(line).collect()
    }
}
