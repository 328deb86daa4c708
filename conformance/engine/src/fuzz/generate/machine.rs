//! Sessions that change a simulated machine and look whether it has changed. No other
//! machine is sent any of this.

use super::programs;
use crate::fuzz::judge::{LOOKS, PASSWORD};
use crate::fuzz::random::Random;
use crate::fuzz::scope::Scope;
use crate::fuzz::session::{Argument, Call, Step, USER};

/// What is done, and the command that shows it; the last argument is left out if empty.
struct Change {
    command: &'static str,
    arguments: &'static [(&'static str, &'static str)],
    shown_by: Option<(&'static str, &'static [(&'static str, &'static str)])>,
}

const fn change(
    command: &'static str,
    arguments: &'static [(&'static str, &'static str)],
    shown_by: &'static str,
) -> Change {
    Change {
        command,
        arguments,
        shown_by: if shown_by.is_empty() {
            None
        } else {
            Some((shown_by, &[]))
        },
    }
}

const OF_USER: (&str, &str) = ("username", USER);

/// Processors that are set.
const fn processors(arguments: &'static [(&'static str, &'static str)]) -> Change {
    change("guest-set-vcpus", arguments, "guest-get-vcpus")
}

/// Memory blocks that are set.
const fn blocks(arguments: &'static [(&'static str, &'static str)]) -> Change {
    change("guest-set-memory-blocks", arguments, "guest-get-memory-blocks")
}

/// Keys of that user, and the command that shows them.
const fn keys(command: &'static str, arguments: &'static [(&'static str, &'static str)]) -> Change {
    Change {
        command,
        arguments,
        shown_by: Some(("guest-ssh-get-authorized-keys", &[OF_USER])),
    }
}

const ONE: (&str, &str) = ("keys", "[\"ssh-ed25519 AAAA one\"]");
const TWO: (&str, &str) = ("keys", "[\"ssh-ed25519 AAAA two\"]");
const BOTH: (&str, &str) = ("keys", "[\"ssh-ed25519 AAAA one\", \"ssh-ed25519 AAAA two\"]");
const RESET: (&str, &str) = ("reset", "true");

/// A hundred letters.
macro_rules! hundred {
    () => {
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    };
}
macro_rules! thousand {
    () => {
        concat!(
            hundred!(),
            hundred!(),
            hundred!(),
            hundred!(),
            hundred!(),
            hundred!(),
            hundred!(),
            hundred!(),
            hundred!(),
            hundred!()
        )
    };
}
/// A key that is longer than that of 8,192 bits.
const LONG: (&str, &str) = ("keys", concat!("[\"ssh-rsa ", thousand!(), thousand!(), " long\"]"));

const CHANGES: &[Change] = &[
    processors(&[("vcpus", "[{\"logical-id\": 1, \"online\": false}]")]),
    processors(&[("vcpus", "[{\"logical-id\": 1, \"online\": true}]")]),
    blocks(&[("mem-blks", "[{\"phys-index\": 3, \"online\": false}]")]),
    blocks(&[("mem-blks", "[{\"phys-index\": 3, \"online\": true}]")]),
    blocks(&[("mem-blks", "[{\"phys-index\": 1, \"online\": false}]")]),
    blocks(&[("mem-blks", "[{\"phys-index\": 1, \"online\": true}]")]),
    blocks(&[(
        "mem-blks",
        "[{\"phys-index\": 2, \"online\": false}, {\"phys-index\": 3, \"online\": false, \"can-offline\": true}]",
    )]),
    blocks(&[(
        "mem-blks",
        "[{\"phys-index\": 2, \"online\": true}, {\"phys-index\": 3, \"online\": true, \"can-offline\": true}]",
    )]),
    change("guest-set-time", &[("time", "1800000000000000000")], "guest-get-time"),
    change("guest-set-time", &[("time", "1700000000000000000")], "guest-get-time"),
    keys("guest-ssh-add-authorized-keys", &[OF_USER, ONE]),
    keys("guest-ssh-remove-authorized-keys", &[OF_USER, ONE]),
    keys("guest-ssh-add-authorized-keys", &[OF_USER, BOTH]),
    keys("guest-ssh-remove-authorized-keys", &[OF_USER, TWO]),
    keys("guest-ssh-add-authorized-keys", &[OF_USER, ONE]),
    keys("guest-ssh-add-authorized-keys", &[OF_USER, TWO]),
    keys("guest-ssh-add-authorized-keys", &[OF_USER, TWO]),
    keys("guest-ssh-add-authorized-keys", &[OF_USER, ONE, RESET]),
    keys("guest-ssh-add-authorized-keys", &[OF_USER, LONG]),
    keys("guest-ssh-remove-authorized-keys", &[OF_USER, LONG]),
    change("guest-fstrim", &[], "guest-get-fsinfo"),
    change("guest-fstrim", &[("minimum", "0")], ""),
    change("guest-fstrim", &[("minimum", "4294971392")], ""),
    change("guest-fstrim", &[], ""),
    // From the hardware's clock, which was set with the system's.
    change("guest-set-time", &[], "guest-get-time"),
];

/// Whether anything can be changed.
pub(super) fn can_be_made(scope: &Scope) -> bool {
    scope.is_simulated && CHANGES.iter().any(|it| scope.has(it.command))
}

/// A few changes, each looked at.
pub(super) fn session(scope: &Scope, random: &mut Random, steps: &mut Vec<Step>) {
    if random.one_in(40) && scope.starts_anew {
        let off = *random.pick(OFF);
        return steps.extend(scope.has(off.0).then(|| call(off.0, off.1)));
    }
    if random.one_in(16) && scope.has("guest-set-user-password") && programs::can_be_made(scope) {
        return password(random, steps);
    }
    let changes: Vec<&Change> = CHANGES.iter().filter(|it| scope.has(it.command)).collect();
    if random.one_in(4) {
        let absent: Vec<_> = ABSENT.iter().filter(|it| scope.has(it.0)).collect();
        if let Some((command, arguments)) = absent.get(random.below(absent.len())) {
            steps.push(call(command, arguments));
        }
    }
    if random.one_in(8) && scope.has("guest-fsfreeze-freeze-list") {
        freezes(random, steps);
    }
    let mut at = random.below(changes.len());
    for _ in 0..2 + random.below(3) {
        let change = changes[at];
        steps.push(call(change.command, change.arguments));
        if let Some((command, arguments)) = change.shown_by {
            steps.push(call(command, arguments));
        }
        // The next is most often the opposite of this.
        let other = (at ^ 1).min(changes.len() - 1);
        at = if random.one_in(3) {
            random.below(changes.len())
        } else {
            other
        };
    }
}

/// What turns the machine off, or sends it to sleep.
const OFF: &[(&str, &[(&str, &str)])] = &[
    ("guest-shutdown", &[]),
    ("guest-shutdown", &[("mode", "\"powerdown\"")]),
    ("guest-shutdown", &[("mode", "\"halt\"")]),
    ("guest-shutdown", &[("mode", "\"reboot\"")]),
    ("guest-suspend-ram", &[]),
];

/// A password, and a program that looks for it: one that is encrypted is kept as it is, and
/// one that is not must not be.
fn password(random: &mut Random, steps: &mut Vec<Step>) {
    let crypted = if random.one_in(2) { "true" } else { "false" };
    let set = [
        ("username", Argument::Json(USER.into())),
        ("password", Argument::Base64(PASSWORD.into())),
        ("crypted", Argument::Json(crypted.into())),
    ];
    let look = [
        ("path", Argument::Json("\"/bin/grep\"".into())),
        ("arg", Argument::Json(LOOKS.into())),
    ];
    steps.push(Step::Call(Call::with("guest-set-user-password", set)));
    steps.push(Step::Call(Call::with("guest-exec", look).binding(0)));
    steps.push(programs::end(0));
}

/// Some or all filesystems are frozen and thawed, up to three times.
fn freezes(random: &mut Random, steps: &mut Vec<Step>) {
    for _ in 0..1 + random.below(3) {
        let (command, list) = *random.pick(FREEZES);
        steps.push(call(command, list));
        steps.push(call("guest-fsfreeze-thaw", &[]));
    }
}

/// One change, or a list of filesystems to freeze.
pub(super) fn one(scope: &Scope, random: &mut Random) -> Step {
    let changes: Vec<&Change> = CHANGES.iter().filter(|it| scope.has(it.command)).collect();
    if changes.is_empty() || (random.one_in(6) && scope.has("guest-fsfreeze-freeze-list")) {
        return call("guest-fsfreeze-freeze-list", LIST);
    }
    let change = *random.pick(&changes);
    call(change.command, change.arguments)
}

/// What must be refused: it is about what the simulated machine has not got.
const ABSENT: &[(&str, &[(&str, &str)])] = &[
    (
        "guest-set-vcpus",
        &[("vcpus", "[{\"logical-id\": 4095, \"online\": true}]")],
    ),
    ("guest-shutdown", &[("mode", "\"no-such-mode\"")]),
    ("guest-ssh-get-authorized-keys", &[("username", "\"no-such-user\"")]),
    (
        "guest-ssh-add-authorized-keys",
        &[("username", "\"no-such-user\""), ONE],
    ),
    (
        "guest-set-user-password",
        &[
            ("username", "\"no-such-user\""),
            ("password", "\"cWdh\""),
            ("crypted", "false"),
        ],
    ),
];

const LIST: &[(&str, &str)] = &[("mountpoints", "[\"/\", \"/home\"]")];

/// Ways to freeze.
const FREEZES: &[(&str, &[(&str, &str)])] = &[
    ("guest-fsfreeze-freeze-list", LIST),
    ("guest-fsfreeze-freeze-list", &[]),
    ("guest-fsfreeze-freeze", &[]),
];

fn call(command: &'static str, arguments: &[(&'static str, &'static str)]) -> Step {
    Step::Call(Call::in_json(command, arguments))
}
