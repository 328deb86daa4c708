//! Guest images: those that come with the simulator, and mistakes in others.

use super::{create_flags, errno};
use qga_model::guest::Guest;
use qga_model::guest::errno::Errno::*;

/// What follows the root's `[[mount]]` and its `at`, and how the complaint begins.
const MISTAKES: &[(&str, &str)] = &[
    (
        "size = \"20 GB\"\n",
        "3:8: invalid value: string \"20 GB\"; write a number of bytes, or a string such as \"20 GiB\" (B, KiB, MiB, GiB, TiB)",
    ),
    ("size = -1\n", "3:8: a size cannot be negative; write 0 or more"),
    (
        "size = 99999999999999999999\n",
        "3:8: this integer is too large; write one of 64 bits",
    ),
    (
        "size = 1979-05-27\n",
        "3:8: no image has dates; write a number or a string",
    ),
    ("device = 3\n", "3:10: invalid type: integer `3`; write a string"),
    (
        "free = \"2 GiB\"\n",
        "3:8: 2147483648 bytes cannot be free: the image's files leave 1073733632; lower it, or make the filesystem larger",
    ),
    ("read_only = true\n", "3:1: unknown field `read_only`; write one of"),
    (
        "fails = { freeze = \"EWHAT\" }\n",
        "3:20: unknown error `EWHAT`; write a name such as \"EIO\" or \"EACCES\"",
    ),
    (
        "[[mount]]\nat = \"data\"\n",
        "4:6: this is no mount point; give an absolute path without a slash at its end",
    ),
    (
        "[[mount]]\nat = \"/data/\"\n",
        "4:6: this is no mount point; give an absolute path without a slash at its end",
    ),
    (
        "[[mount]]\nat = \"/b\"\nbind = \"/a\"\n",
        "5:8: nothing can be mounted with /a: No such file or directory; mount what leads there first, and name folders that exist",
    ),
    ("[[file]]\n", "3:1: missing field `path`; add it to this section"),
    (
        "[[file]]\npath = \"f\"\n",
        "4:8: this path is not absolute; begin it with a slash",
    ),
    (
        "[[file]]\npath = \"/f\"\nmode = 644\n",
        "5:8: `644` is no set of permissions; write them in octal, such as 0o644, up to 0o7777",
    ),
    (
        "[[file]]\npath = \"/f\"\nmode = 0o17777\n",
        "5:8: `0o17777` is no set of permissions; write them in octal, such as 0o644, up to 0o7777",
    ),
    (
        "[[file]]\npath = \"/f\"\nowner = \"who\"\n",
        "5:9: there is no user `who`; add a [[user]], or name one of root",
    ),
    (
        "[[file]]\npath = \"/f\"\ngroup = \"who\"\n",
        "5:9: there is no group `who`; add a [[group]], or name one of root",
    ),
    (
        "[[file]]\npath = \"/f\"\n[[file]]\npath = \"/f\"\n",
        "6:8: /f cannot be made: File exists; list it once",
    ),
    (
        "[[file]]\npath = \"/f\"\n[[file]]\npath = \"/f/g\"\n",
        "6:8: /f/g cannot be made: Not a directory; let its parents be folders, or links to folders",
    ),
    (
        "size = 4096\n[[file]]\npath = \"/f\"\ncontent = \"x\"\n[[file]]\npath = \"/g\"\ncontent = \"x\"\n",
        "8:8: /g cannot be made: No space left on device; make its filesystem larger",
    ),
    (
        "[[device]]\npath = \"/x\"\nkind = \"disk\"\n",
        "5:8: unknown variant `disk`; write one of `null`, `zero`, `full`, `random`, `absent`",
    ),
    (
        "[[device]]\npath = \"/x\"\nkind = 3\n",
        "5:8: this is no word; write a string",
    ),
    (
        "[[fifo]]\npath = \"/p\"\ncontent = \"x\"\n",
        "5:11: the fifo cannot hold this; give it a reader or a writer, and at most 64 KiB",
    ),
    (
        "[agent]\nuser = \"who\"\n",
        "4:8: there is no user `who`; add a [[user]], or name one of root",
    ),
    (
        "[agent]\nfolder = \"/w\"\n",
        "4:10: the agent cannot work in this folder; name a folder of this image that its user may enter",
    ),
    ("[agent\n", "3:7: "),
    ("[gadget]\n", "3:2: unknown field `gadget`; write one of"),
];

#[test]
fn mistakes_show_the_place_and_the_cure() {
    let root = "[[mount]]\nat = \"/\"\n";
    for (more, message) in MISTAKES {
        let error = Guest::from_toml("my.toml", &format!("{root}{more}")).expect_err(more);
        let shown = error.to_string();
        assert!(shown.starts_with(&format!("my.toml:{message}")), "{more}\n{shown}");
        assert!(!error.cure.is_empty(), "{shown}");
    }
}

#[test]
fn an_image_begins_with_the_root() {
    for (text, message) in [
        (
            "",
            "x:1:1: there is no root filesystem; begin with a [[mount]] at = \"/\"",
        ),
        (
            "[[mount]]\nat = \"/data\"\n",
            "x:2:6: the first mount is not the root; begin with a [[mount]] at = \"/\"",
        ),
    ] {
        let error = Guest::from_toml("x", text).expect_err(text);
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn the_default_machine_is_what_it_says() {
    let mut guest = Guest::default();
    let mut agent = guest.start_agent().expect("it starts");
    let mut sys = guest.fs.calls(&mut agent);
    for (path, head) in [
        ("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12"),
        ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
        ("/etc/group", "root:x:0:\n"),
        ("/etc/hostname", "guest\n"),
        ("/etc/mtab", "/dev/vda2 / ext4 rw,relatime,errors=remount-ro 0 0\n"),
    ] {
        let content = sys.read_file(path.as_bytes()).expect(path);
        assert!(
            content.starts_with(head.as_bytes()),
            "{path}: {}",
            String::from_utf8_lossy(&content)
        );
    }
    assert_eq!(sys.stat(b"/tmp").map(|it| it.mode), Ok(0o1777));
}

#[test]
fn the_broken_machines_are_broken_as_their_names_say() {
    let mut guest = Guest::named("full-disk").expect("it comes with the simulator");
    let mut agent = guest.start_agent().expect("it starts");
    let mut sys = guest.fs.calls(&mut agent);
    let fd = sys
        .open(b"/srv/new", create_flags(), 0o666)
        .expect("there are inodes left");
    assert_eq!(errno(sys.write(fd, b"x")), ENOSPC);

    let mut guest = Guest::named("read-only").expect("it comes with the simulator");
    let mut agent = guest.start_agent().expect("it starts");
    let opened = guest.fs.calls(&mut agent).open(b"/etc/new", create_flags(), 0o666);
    assert_eq!(errno(opened), EROFS);
}
