//! The longer texts of `--help`.

use crate::status;
use std::fmt::Write;

/// What `run -h` ends with.
pub const SHORT: &str = "--help says more, with examples and the exit statuses.";

/// What `fmt --help` ends with.
pub const FMT: &str = "\
Examples:
  qga-conformance fmt mine.session        write it in canonical form
  qga-conformance fmt --check sessions/   change nothing; 1 if a script would change";

/// What `list --help` ends with.
pub const LIST: &str = "\
Examples:
  qga-conformance list                 the whole suite
  qga-conformance list framing         one family
  qga-conformance list --json SYNC-004 the scripts that show a claim
  qga-conformance list --coverage      what of the schema the claims cover";

/// What `explain --help` ends with.
pub const EXPLAIN: &str = "\
Examples:
  qga-conformance explain SYNC-004               what it says, why, and the bytes
  qga-conformance explain --as 1.1 RESYNC-003    the bytes of an old release
  qga-conformance explain DFILEREAD-200          a claim that is derived from the schema";

/// What `known update --help` ends with.
pub const KNOWN_UPDATE: &str = "\
A claim that fails and is not listed is added; its reason says what was seen, and is for a
person to write. An entry whose claims hold is taken off. Everything else stays as it stands.

Examples:
  qga-conformance known update known.toml --from qga.json
      what the report of a run says
  qga-conformance known update known.toml --spawn 'my-agent {socket}'
      what a run finds now
  qga-conformance run --known known.toml --spawn 'my-agent {socket}'
      0 while nothing fails but what the list says";

/// What `derive --help` ends with.
pub const DERIVE: &str = "\
Each case is a script: what a right agent refuses, returns and lists, by the schema of one release. run has
them in it; here they can be read, kept and changed.

Examples:
  qga-conformance derive guest-file-seek              print them for the newest common release
  qga-conformance derive --as 10.0 --out cases        keep all of release 10.0 as files
  qga-conformance run derived:guest-file-seek         run them";

/// What `report merge --help` ends with.
pub const REPORT_MERGE: &str = "\
Reports of one agent (same name, target, release and level) become one, and a script that
two of them have counts once, with the worse outcome. Other agents stand side by side. If a
shard is missing, the reports are written all the same and the status is 2. Otherwise the
status is that of run. Reports of fuzz are parts of one campaign: one that is there twice, or
of another campaign, is refused with status 2.

Examples:
  qga-conformance report merge shard-*.json --report junit=qga.xml
      the shards of one run as a whole
  qga-conformance report merge 7.2.json 10.0.json mine.json --report html=matrix.html --exit-zero
      three agents side by side, on one page
  qga-conformance report merge qga.json --report badge=badge.json --report svg=badge.svg
      another form of one report";

/// What `report summary --help` ends with.
pub const REPORT_SUMMARY: &str = "\
Examples:
  qga-conformance run --spawn 'my-agent {socket}' --name my-agent --report json=qga.json
  qga-conformance report summary qga.json --url https://example.org/my-agent --date 2027-03-31";

const SNAPSHOT: &str = "\
The first run keeps, for each script, what it asks and every reply, as a file of insta. A later run
shows what changed, and leaves the new text beside the old one for `cargo insta review`, which
accepts or rejects it: it looks in the Cargo package that the folder is in. An error reply is kept only
where the script expects one and the claim holds.

What changes from run to run is put away by rules: times, pids, handles, addresses, counters. --redact
adds a file of them, in TOML:

  [[redact]]
  command = \"guest-get-host-name\"   # a * at the end stands for any ending; default \"*\"
  member = \"return.host-name\"       # [] for elements, * for any member, ** for any depth; default \"**\"
  with = \"[host]\"                   # what stands there instead

  [[redact]]
  text = \"/run/my-agent-[0-9]+\"     # only what a regular expression finds in a string
  with = \"[run]\"

The script's own folder is written $tmp, base64 of text as the text, and members stand in the order of
their names.

Examples:
  qga-conformance snapshot --dir snapshots --spawn 'my-agent {socket} {state}'
  cargo insta review

Exit status:
  0    every snapshot is new or unchanged
  1    some snapshot changed, or an error reply was refused
  2    the command line is wrong, or a file cannot be read or written
  3    the target could not be reached or started
";

/// What `snapshot --help` ends with.
pub fn snapshot() -> String {
    SNAPSHOT.trim_end().to_owned()
}

const DIFF: &str = "\
Both agents get the same scripts, each judged as the release it says it is, and replies to the same
request are held against each other, after what snapshot puts away. What many scripts show is told
once, with the scripts.

Examples:
  qga-conformance diff builtin:5.2 builtin:10.0 info
  qga-conformance diff builtin 'spawn:my-agent {socket} {state}' --allow files --json

Exit status:
  0    they answer alike
  1    they differ
  2    the command line or a script is wrong
  3    a target could not be reached or started
";

/// What `diff --help` ends with.
pub fn diff() -> String {
    DIFF.trim_end().to_owned()
}

const RUN_EXAMPLES: &str = "\
Examples:
  qga-conformance run
      the whole suite on the simulated agent inside this program
  qga-conformance run SYNC-004 framing
      one claim, and one family of scripts
  qga-conformance run --target builtin:10.0 mine.session
      a script of your own on the simulated agent of release 10.0
  qga-conformance run --spawn 'qemu-ga -m unix-listen -p {socket} -t {state}' --level exact
      QEMU's agent, started afresh for each script
  qga-conformance run --target unix:/run/vm/qga.sock --allow none --report junit=qga.xml
      the agent of a running guest through QEMU's end of its channel, read only
  qga-conformance run --spawn 'my-agent {socket}' --known known.toml
      0 while nothing fails but what the list says
  qga-conformance run --spawn 'my-agent {socket}' --profile libvirt
      what libvirt needs of it

An agent really does what scripts ask: on the machine on which it runs. Block what must not
happen there with the agent's own options, besides --allow.

Guest images: some scripts ask for a guest in a certain state, such as a full disk. The simulated
agent has them; so has a spawned one whose command has {guest} or starts a program named qga-sim
(which gets QGA_SIM_GUEST). On any other agent the claims of these scripts are not testable.
";

/// What `--help` of the program ends with.
pub fn program() -> String {
    format!(
        "{}\nSay 'qga-conformance run --help' for targets, levels and examples.",
        statuses()
    )
}

const FUZZ_EXAMPLES: &str = "\
Examples:
  qga-conformance fuzz --time 30s
      the simulated agent inside this program, for half a minute
  qga-conformance fuzz --spawn 'qemu-ga -m unix-listen -p {socket} -t {state}' --oracle model --level exact
      QEMU's agent, each reply compared byte for byte with the model of its release
  qga-conformance fuzz --spawn 'my-agent {socket}' --corpus failures --time 600s
      past failures first; new ones are added to the folder
  qga-conformance fuzz --seed 7 --cases 1000000 --shard 2/5 --report json=2.json
      the second of five parts of a campaign; `report merge` joins their reports

Cases make files in the scratch folder alone and run only /bin/true, /bin/false, /bin/echo,
/bin/cat, /bin/uname and a few fixed lines of /bin/sh; commands whose effect is not allowed are never sent. Each finding is made as small as it
can be on the live agent, and printed as a script that `run` fails on. See conformance/FUZZING.md.
";

/// What `fuzz --help` ends with.
pub fn fuzz() -> String {
    format!("{FUZZ_EXAMPLES}\n{}", statuses())
}

/// What `run --help` ends with.
pub fn run() -> String {
    format!("{RUN_EXAMPLES}\n{}", statuses())
}

fn statuses() -> String {
    let mut text = String::from("Exit status:\n");
    for status in status::ALL {
        let _ = writeln!(text, "  {:<3}  {}", status.code, status.meaning);
    }
    text
}
