//! What commands that change users and put the machine to sleep do and answer.

use qga_fixtures::schema::Release;
use qga_model::event::{Event, SuspendMode};
use qga_model::guest::Guest;
use qga_model::state_dir::MemoryStateDir;
use qga_model::time::Time;
use qga_model::{Agent, ChannelId, Config};
use std::time::Duration;

const MACHINE: &str = r#"
[[mount]]
at = "/"

[[user]]
name = "u"
uid = 1000
home = "/home/u"

[[user]]
name = "bob"
uid = 1001
home = "/home/bob"

[[folder]]
path = "/home/u"
owner = "u"

[[folder]]
path = "/home/bob"

[[file]]
path = "/etc/shadow"
content = """
root:*:19000:0:99999:7:::
u:!:19000:0:99999:7:::
"""
"#;

const CHPASSWD: &str = "[[file]]\npath = \"/usr/sbin/chpasswd\"\nmode = 0o755\ncontent = \"\"\n";

fn agent(release: &str, image: &str) -> Agent {
    let guest = Guest::from_toml("image.toml", image).unwrap_or_else(|error| panic!("{error}"));
    let release = Release::find(release).expect("the test names a release");
    Agent::new(Config::new(release), guest, Box::new(MemoryStateDir::new())).expect("it starts")
}

fn ask_at(agent: &mut Agent, now: Time, line: &str) -> String {
    let (command, arguments) = line.split_once(' ').unwrap_or((line, "{}"));
    let request = format!(r#"{{"execute": "{command}", "arguments": {arguments}}}"#);
    agent.handle_bytes(ChannelId::FIRST, now, request.as_bytes());
    let bytes = agent.poll_transmit(ChannelId::FIRST).unwrap_or_default();
    String::from_utf8(bytes).expect("it is text").trim_end().to_owned()
}

fn ask(agent: &mut Agent, line: &str) -> String {
    ask_at(agent, Time::ZERO, line)
}

fn error(desc: &str) -> String {
    format!(r#"{{"error": {{"class": "GenericError", "desc": "{desc}"}}}}"#)
}

const DONE: &str = r#"{"return": {}}"#;

/// Runs commands in turn on one machine, each with its reply.
fn converse(release: &str, image: &str, turns: &[(&str, &str)]) -> Agent {
    let mut agent = agent(release, image);
    for (line, reply) in turns {
        assert_eq!(ask(&mut agent, line), *reply, "{line} of {release}");
    }
    agent
}

/// A file's bytes, owner and permissions.
fn file(agent: &mut Agent, path: &str) -> (String, u32, u16) {
    let guest = agent.guest_mut();
    let mut task = guest.start_agent().expect("it starts");
    let mut sys = guest.fs.calls(&mut task);
    let bytes = sys.read_file(path.as_bytes()).unwrap_or_default();
    let stat = sys.stat(path.as_bytes()).expect("it is there");
    guest.end_task(task);
    (String::from_utf8(bytes).expect("it is text"), stat.uid, stat.mode)
}

fn password(user: &str, password: &str, crypted: &str) -> String {
    format!(r#"guest-set-user-password {{"username": "{user}", "password": "{password}", "crypted": {crypted}}}"#)
}

#[test]
fn passwords_are_refused_as_recorded() {
    let image = format!("{MACHINE}{CHPASSWD}");
    let missing = "child process has failed to set user password";
    let unknown = format!(
        r"{missing}: chpasswd: (user nobody2) pam_chauthtok() failed, error:\nUser not known to the underlying authentication module\nchpasswd: (line 1, user nobody2) password not changed\n"
    );
    let empty = format!(
        r"{missing}: No password has been supplied.\nNo password has been supplied.\nNo password has been supplied.\nchpasswd: (user u) pam_chauthtok() failed, error:\nAuthentication token manipulation error\nchpasswd: (line 1, user u) password not changed\n"
    );
    let cases: [(&str, &str, &str, &str); 6] = [
        (
            "u:v",
            "eA==",
            "forbidden characters in username",
            "forbidden characters in username",
        ),
        (
            r"u\nv",
            "eA==",
            "forbidden characters in username",
            "forbidden characters in username",
        ),
        (
            "u",
            "YQpi",
            "forbidden characters in raw password",
            "forbidden characters in raw password",
        ),
        (
            "u",
            "!!",
            "Base64 data contains invalid characters",
            "Base64 data contains invalid characters",
        ),
        ("nobody2", "eA==", missing, &unknown),
        ("u", "", missing, &empty),
    ];
    for (user, text, old, new) in cases {
        for (release, reply) in [("2.12", old), ("5.2", old), ("7.2", old), ("10.0", new), ("11.1", new)] {
            let mut agent = agent(release, &image);
            assert_eq!(
                ask(&mut agent, &password(user, text, "false")),
                error(reply),
                "{release}"
            );
            assert!(file(&mut agent, "/etc/shadow").0.contains("u:!:19000:"));
        }
    }
    let without = [
        ("2.12", "cannot find 'passwd' program in PATH".to_owned()),
        ("7.2", "cannot find 'passwd' program in PATH".to_owned()),
        (
            "11.1",
            format!(r"{missing}: failed to exec 'chpasswd': No such file or directory\n"),
        ),
    ];
    for (release, reply) in without {
        assert_eq!(
            ask(&mut agent(release, MACHINE), &password("u", "YQ==", "false")),
            error(&reply)
        );
    }
}

#[test]
fn a_password_that_is_set_stands_in_the_shadow_file() {
    let image = format!("{MACHINE}{CHPASSWD}");
    for release in ["2.3", "7.2", "11.1"] {
        let mut agent = converse(release, &image, &[(&password("u", "c2VjcmV0", "false"), DONE)]);
        let shadow = file(&mut agent, "/etc/shadow").0;
        let readable = "root:*:19000:0:99999:7:::\nu:$readable$c2VjcmV0:20454:0:99999:7:::\n";
        assert_eq!(shadow, readable, "{release}");
        ask(&mut agent, &password("u", "JDYkeCRhYmM=", "true"));
        ask(&mut agent, &password("bob", "eA==", "false"));
        let both = "root:*:19000:0:99999:7:::\nu:$6$x$abc:20454:0:99999:7:::\nbob:$readable$eA==:20454:0:99999:7:::\n";
        assert_eq!(file(&mut agent, "/etc/shadow").0, both, "{release}");
    }
}

#[test]
fn keys_are_added_told_backwards_and_removed() {
    let keys = |keys: &str| format!(r#"{{"return": {{"keys": [{keys}]}}}}"#);
    let get = r#"guest-ssh-get-authorized-keys {"username": "u"}"#;
    let add = |list: &str| format!(r#"guest-ssh-add-authorized-keys {{"username": "u", "keys": [{list}]}}"#);
    let missing = error(
        r"failed to read '/home/u/.ssh/authorized_keys': Failed to open file \u201C/home/u/.ssh/authorized_keys\u201D: No such file or directory",
    );
    for release in ["5.2", "7.2", "10.0", "11.1"] {
        let mut agent = converse(
            release,
            MACHINE,
            &[
                (get, &missing),
                (
                    r#"guest-ssh-remove-authorized-keys {"username": "u", "keys": ["k"]}"#,
                    DONE,
                ),
                (&add(r#""k1", "k2", "k1""#), DONE),
                (get, &keys(r#""k2", "k1""#)),
                (&add(r#""k2", "k3""#), DONE),
                (get, &keys(r#""k3", "k2", "k1""#)),
                (&add(r##""#k""##), &error("invalid OpenSSH public key: '#k'")),
                (&add(r#""k\nl""#), &error(r"invalid OpenSSH public key: 'k\nl'")),
                (
                    r#"guest-ssh-remove-authorized-keys {"username": "u", "keys": ["k2"]}"#,
                    DONE,
                ),
                (&add(r#""""#), DONE),
                (get, &keys(r#""k3", "k1""#)),
            ],
        );
        assert_eq!(
            file(&mut agent, "/home/u/.ssh/authorized_keys"),
            ("k1\nk3\n".to_owned(), 1000, 0o600),
            "{release}"
        );
        assert_eq!(file(&mut agent, "/home/u/.ssh").1, 1000);
        assert_eq!(file(&mut agent, "/home/u/.ssh").2, 0o700);
        let reset = r#"guest-ssh-add-authorized-keys {"username": "u", "keys": ["new"], "reset": true}"#;
        assert_eq!(ask(&mut agent, reset), DONE);
        assert_eq!(file(&mut agent, "/home/u/.ssh/authorized_keys").0, "new");
    }
}

#[test]
fn keys_of_users_who_are_unknown_or_do_not_own_their_home() {
    let add = r#"guest-ssh-add-authorized-keys {"username": "bob", "keys": ["k"]}"#;
    let denied = error("failed to create directory '/home/bob/.ssh': Permission denied");
    for (release, reply) in [("5.2", DONE), ("10.0", DONE), ("11.1", &denied)] {
        assert_eq!(ask(&mut agent(release, MACHINE), add), reply, "{release}");
        let unknown = r#"guest-ssh-get-authorized-keys {"username": "nosuch"}"#;
        let reply = error("failed to lookup user 'nosuch': Success");
        assert_eq!(ask(&mut agent(release, MACHINE), unknown), reply, "{release}");
    }
    let image = format!("{MACHINE}\n[agent]\nuser = \"bob\"\n");
    let get = r#"guest-ssh-get-authorized-keys {"username": "root"}"#;
    let reply = error("failed to set group for user 'root': Operation not permitted");
    assert_eq!(ask(&mut agent("11.1", &image), get), reply);
}

#[test]
fn a_machine_sleeps_until_something_wakes_it() {
    for (command, mode) in [("ram", SuspendMode::Ram), ("disk", SuspendMode::Disk)] {
        let mut agent = agent("7.2", MACHINE);
        assert_eq!(ask(&mut agent, &format!("guest-suspend-{command}")), "");
        assert_eq!(agent.poll_event(), Some(Event::Suspended(mode)));
        assert!(agent.is_busy());
        assert_eq!(ask(&mut agent, "guest-ping"), "");
        let awake = Time::ZERO + Duration::from_secs(1);
        assert_eq!(ask_at(&mut agent, awake, "guest-ping"), DONE);
    }
}

#[test]
fn a_machine_can_be_woken_from_outside() {
    let mut agent = agent("7.2", MACHINE);
    assert!(!agent.wake(Time::ZERO), "it was awake");
    ask(&mut agent, "guest-suspend-ram");
    assert!(agent.is_asleep());
    let early = Time::ZERO + Duration::from_millis(10);
    assert!(agent.wake(early));
    assert!(!agent.is_asleep() && !agent.is_busy());
    assert_eq!(ask_at(&mut agent, early, "guest-ping"), DONE);
}

#[test]
fn a_machine_that_cannot_sleep_says_so() {
    let unsupported = error("the requested suspend mode is not supported by the guest");
    let failed = error("child process has failed to suspend");
    let beside = error(
        r"suspend: cannot write to '/sys/power/state': Failed to create file \u201C/sys/power/state.AAAAAA\u201D: Permission denied",
    );
    let old = r#"{"error": {"class": "Unsupported", "data": {}}}"#;
    let (bare, failing) = ("[suspend]\nhelper = false\n", "[suspend]\nfails = true\n");
    let no_swap = "[suspend]\nrefused = [\"disk\"]\n";
    for (release, section, command, reply) in [
        ("1.1", "", "hybrid", old),
        ("1.5", "", "hybrid", &unsupported[..]),
        ("10.0", "", "hybrid", &unsupported),
        ("7.2", failing, "disk", &failed),
        ("7.2", no_swap, "disk", &failed),
        ("7.2", no_swap, "ram", ""),
        ("7.2", bare, "ram", ""),
        ("10.0", bare, "ram", &beside),
        ("11.1", failing, "disk", &beside),
    ] {
        let mut agent = agent(release, &format!("{MACHINE}{section}"));
        assert_eq!(
            ask(&mut agent, &format!("guest-suspend-{command}")),
            reply,
            "{release} {command}"
        );
        assert_eq!(agent.poll_event().is_some(), reply.is_empty());
    }
}

#[test]
fn keys_are_told_without_blanks_comments_and_empty_lines() {
    let file =
        "[[file]]\npath = \"/home/u/.ssh/authorized_keys\"\ncontent = \"k1\\n  k2 \\t\\n#c\\n\\n\\tk3\\r\\n  #d\"\n";
    let folder = "[[folder]]\npath = \"/home/u/.ssh/authorized_keys\"\n";
    let told = r#"{"return": {"keys": ["k3", "k2", "k1"]}}"#;
    let is_folder = error(
        r"failed to read '/home/u/.ssh/authorized_keys': Error reading file \u201C/home/u/.ssh/authorized_keys\u201D: Is a directory",
    );
    let get = r#"guest-ssh-get-authorized-keys {"username": "u"}"#;
    for release in ["5.2", "7.2", "11.1"] {
        for (section, reply) in [(file, told), (folder, &is_folder[..])] {
            let image = format!("{MACHINE}{section}");
            assert_eq!(ask(&mut agent(release, &image), get), reply, "{release}");
        }
    }
}
