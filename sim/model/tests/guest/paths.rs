//! From a path to a file: what open() and its relatives answer.

use super::{READ, build, create_flags, errno, machine, write_flags};
use qga_model::guest::errno::Errno::{self, *};
use qga_model::guest::errno::SysError;
use qga_model::guest::fs::inode::Kind;
use qga_model::guest::fs::open::OpenFlags;

/// Files of several owners, links of every kind, and things that are no files.
const TREE: &str = r#"
[[user]]
name = "user"
uid = 1000
[[user]]
name = "other"
uid = 1001
[[file]]
path = "/d/file"
content = "content"
[[file]]
path = "/d/secret"
mode = 0o600
[[file]]
path = "/d/readable"
mode = 0o444
[[folder]]
path = "/d/closed"
mode = 0o700
[[file]]
path = "/d/closed/inside"
[[folder]]
path = "/d/open"
mode = 0o777
[[folder]]
path = "/d/sticky"
mode = 0o1777
[[file]]
path = "/d/sticky/theirs"
mode = 0o666
owner = "other"
[[link]]
path = "/d/link"
target = "file"
[[link]]
path = "/d/up"
target = "../d/file"
[[link]]
path = "/d/dangling"
target = "/d/open/missing"
[[link]]
path = "/d/loop"
target = "loop"
[[link]]
path = "/d/folder-link"
target = "/d/open"
[[fifo]]
path = "/d/fifo"
[[fifo]]
path = "/d/read-by-others"
reader = true
[[socket]]
path = "/d/socket"
[[device]]
path = "/d/absent"
kind = "absent"
[[device]]
path = "/d/null"
kind = "null"
"#;

fn exclusive() -> OpenFlags {
    OpenFlags {
        exclusive: true,
        ..create_flags()
    }
}

fn open_as(user: &str, path: &str, flags: OpenFlags) -> Result<(), SysError> {
    let (mut guest, mut agent) = machine(&format!("{TREE}[agent]\nuser = \"{user}\"\n"));
    guest
        .fs
        .calls(&mut agent)
        .open(path.as_bytes(), flags, 0o666)
        .map(|_| ())
}

#[test]
fn the_superuser_opens_all_there_is_and_nothing_else() {
    let cases: [(&str, OpenFlags, Result<(), Errno>); 34] = [
        ("/d/file", READ, Ok(())),
        ("d/file", READ, Ok(())),
        ("//d/./../d//file", READ, Ok(())),
        ("/d/secret", write_flags(), Ok(())),
        ("/d/readable", write_flags(), Ok(())),
        ("/d/link", READ, Ok(())),
        ("/d/up", READ, Ok(())),
        ("/d", READ, Ok(())),
        ("/", READ, Ok(())),
        ("", READ, Err(ENOENT)),
        ("/d/missing", READ, Err(ENOENT)),
        ("/d/missing/file", create_flags(), Err(ENOENT)),
        ("/d/file/below", create_flags(), Err(ENOTDIR)),
        ("/d/file/", READ, Err(ENOTDIR)),
        ("/d/file/", create_flags(), Err(EISDIR)),
        ("/d/new/", create_flags(), Err(EISDIR)),
        ("/d", write_flags(), Err(EISDIR)),
        ("/d", create_flags(), Err(EISDIR)),
        ("/d/..", create_flags(), Err(EISDIR)),
        ("/d", exclusive(), Err(EEXIST)),
        ("/d/file", exclusive(), Err(EEXIST)),
        ("/d/dangling", READ, Err(ENOENT)),
        ("/d/dangling", exclusive(), Err(EEXIST)),
        ("/d/dangling", create_flags(), Ok(())),
        ("/d/folder-link/new", create_flags(), Ok(())),
        ("/d/loop", READ, Err(ELOOP)),
        ("/d/loop/x", READ, Err(ELOOP)),
        ("/d/fifo", READ, Ok(())),
        ("/d/fifo", write_flags(), Err(ENXIO)),
        ("/d/read-by-others", write_flags(), Ok(())),
        ("/d/socket", READ, Err(ENXIO)),
        ("/d/absent", READ, Err(ENXIO)),
        ("/d/null", write_flags(), Ok(())),
        ("/d/file\u{0}", READ, Err(ENOENT)),
    ];
    for (path, flags, expected) in cases {
        assert_eq!(
            open_as("root", path, flags),
            expected.map_err(SysError::from),
            "{path:?} {flags:?}"
        );
    }
}

#[test]
fn permissions_bind_everybody_else() {
    for (path, flags, expected) in [
        ("/d/file", READ, Ok(())),
        ("/d/file", write_flags(), Err(EACCES)),
        ("/d/secret", READ, Err(EACCES)),
        ("/d/readable", READ, Ok(())),
        ("/d/closed/inside", READ, Err(EACCES)),
        ("/d/closed/missing", READ, Err(EACCES)),
        ("/d/closed", READ, Err(EACCES)),
        ("/d/new", create_flags(), Err(EACCES)),
        ("/d/open/new", create_flags(), Ok(())),
        ("/d/sticky/theirs", write_flags(), Ok(())),
    ] {
        assert_eq!(
            open_as("user", path, flags),
            expected.map_err(SysError::from),
            "{path:?} {flags:?}"
        );
    }
}

#[test]
fn names_and_paths_may_be_only_so_long() {
    let name = |len: usize| format!("/d/{}", "n".repeat(len));
    let path = |len: usize| format!("{}/d/file", "/".repeat(len - 7));
    for (path, flags, expected) in [
        (name(255), create_flags(), Ok(())),
        (name(256), create_flags(), Err(ENAMETOOLONG)),
        (name(256) + "/x", READ, Err(ENAMETOOLONG)),
        (path(4095), READ, Ok(())),
        (path(4096), READ, Err(ENAMETOOLONG)),
    ] {
        assert_eq!(
            open_as("root", &path, flags),
            expected.map_err(SysError::from),
            "{}",
            path.len()
        );
    }
}

#[test]
fn forty_links_are_followed_and_no_more() {
    let link = |at: usize| format!("[[link]]\npath = \"/l{at}\"\ntarget = \"l{}\"\n", at + 1);
    let links: String = (1..=40).map(link).collect();
    let (mut guest, mut agent) = machine(&format!(
        "{links}[[file]]\npath = \"/l41\"\n[[link]]\npath = \"/l0\"\ntarget = \"l1\"\n"
    ));
    let mut sys = guest.fs.calls(&mut agent);
    assert!(sys.open(b"/l1", READ, 0).is_ok());
    assert_eq!(errno(sys.open(b"/l0", READ, 0)), ELOOP);
}

#[test]
fn sticky_folders_protect_what_is_in_them() {
    let protection = "[protection]\nsymlinks = true\nregular = true\n";
    let (mut guest, mut agent) = machine(&format!(
        "{TREE}{protection}[[link]]\npath = \"/d/sticky/link\"\ntarget = \"/d/file\"\n"
    ));
    let mut sys = guest.fs.calls(&mut agent);
    // The folder's owner and the link's are the superuser, so all may follow it.
    assert!(sys.open(b"/d/sticky/link", READ, 0).is_ok());
    sys.chown(b"/d/sticky/link", 1001, 1001).expect("it may");
    assert_eq!(errno(sys.open(b"/d/sticky/link", READ, 0)), EACCES);
    assert_eq!(errno(sys.open(b"/d/sticky/theirs", create_flags(), 0)), EACCES);
    assert!(sys.open(b"/d/sticky/theirs", write_flags(), 0).is_ok());
    sys.task.credentials.uid = 1000;
    assert_eq!(errno(sys.unlink(b"/d/sticky/theirs")), EPERM);
    assert_eq!(errno(sys.rename(b"/d/sticky/theirs", b"/d/open/mine")), EPERM);
}

#[test]
fn descriptors_are_the_lowest_free_and_run_out() {
    let (mut guest, mut agent) = machine("[agent]\nfirst-descriptor = 5\nopen-files = 8\n[[file]]\npath = \"/f\"\n");
    let mut sys = guest.fs.calls(&mut agent);
    let mut opened: Vec<_> = (0..3).map(|_| sys.open(b"/f", READ, 0).expect("it opens")).collect();
    assert_eq!(opened.iter().map(|it| it.0).collect::<Vec<_>>(), [5, 6, 7]);
    assert_eq!(sys.task.files.spare(), 0);
    assert_eq!(errno(sys.open(b"/f", READ, 0)), EMFILE);
    assert_eq!(errno(sys.open(b"/missing", READ, 0)), EMFILE);
    assert_eq!(errno(sys.open(b"", READ, 0)), ENOENT);
    sys.close(opened.remove(0)).expect("it closes");
    assert_eq!(sys.open(b"/f", READ, 0).map(|it| it.0), Ok(5));
}

#[test]
fn new_files_get_the_umask_and_the_owner() {
    let (mut guest, mut agent) = machine("[agent]\numask = 0o027\n");
    let mut sys = guest.fs.calls(&mut agent);
    sys.open(b"/new", create_flags(), 0o666).expect("it opens");
    let stat = sys.stat(b"/new").expect("it is there");
    assert_eq!((stat.mode, stat.uid, stat.kind), (0o640, 0, Kind::File));
}

#[test]
fn folders_are_made_moved_and_removed() {
    let (mut guest, mut agent) = machine("[[file]]\npath = \"/a/b/file\"\n[[folder]]\npath = \"/c\"\n");
    let mut sys = guest.fs.calls(&mut agent);
    assert_eq!(errno(sys.mkdir(b"/a/b", 0o755)), EEXIST);
    assert_eq!(errno(sys.rmdir(b"/a/b")), ENOTEMPTY);
    assert_eq!(errno(sys.rmdir(b"/a/b/file")), ENOTDIR);
    assert_eq!(errno(sys.rmdir(b"/a/b/.")), EINVAL);
    assert_eq!(errno(sys.rmdir(b"/")), EBUSY);
    assert_eq!(errno(sys.unlink(b"/a/b")), EISDIR);
    assert_eq!(errno(sys.rename(b"/a", b"/a/b/c")), EINVAL);
    assert_eq!(errno(sys.rename(b"/a/b", b"/a")), ENOTEMPTY);
    assert_eq!(errno(sys.rename(b"/a/b/file", b"/c")), EISDIR);
    assert_eq!(sys.rename(b"/a/b", b"/c"), Ok(()));
    assert_eq!(sys.list(b"/c"), Ok(vec![b"file".to_vec()]));
    assert_eq!(sys.stat(b"/c/../a/../c/file").map(|it| it.kind), Ok(Kind::File));
    assert_eq!(sys.list(b"/a"), Ok(Vec::new()));
}

#[test]
fn mounts_cover_what_is_beneath_and_are_left_upwards() {
    let (mut guest, mut agent) = build(
        r#"
[[mount]]
at = "/"
type = "ext4"
[[mount]]
at = "/data"
type = "xfs"
[[mount]]
at = "/data/deep"
type = "tmpfs"
[[mount]]
at = "/other"
bind = "/data"
[[file]]
path = "/data/file"
content = "seen twice"
[[file]]
path = "/data/deep/file"
"#,
    );
    let mut sys = guest.fs.calls(&mut agent);
    assert_eq!(sys.read_file(b"/other/file").as_deref(), Ok(&b"seen twice"[..]));
    assert_eq!(sys.read_file(b"/data/deep/../file").as_deref(), Ok(&b"seen twice"[..]));
    assert_eq!(sys.read_file(b"/other/../data/file").as_deref(), Ok(&b"seen twice"[..]));
    // The bind mount shows the folder that the other mount covers.
    assert_eq!(sys.list(b"/other/deep"), Ok(Vec::new()));
    assert_eq!(errno(sys.rename(b"/data/file", b"/file")), EXDEV);
    assert_eq!(errno(sys.rmdir(b"/data/deep")), EBUSY);
    let numbers = [&b"/"[..], b"/data", b"/data/deep", b"/other"].map(|it| sys.stat(it).map(|it| it.filesystem));
    assert_eq!(numbers[1], numbers[3]);
    assert_ne!(numbers[0], numbers[1]);
}

#[test]
fn a_removed_folder_that_is_worked_in_is_empty_for_good() {
    let (mut guest, mut agent) = machine("[[folder]]\npath = \"/w\"\n[agent]\nfolder = \"/w\"\n");
    let mut sys = guest.fs.calls(&mut agent);
    sys.rmdir(b"/w").expect("it is empty");
    assert_eq!(errno(sys.open(b"new", create_flags(), 0o666)), ENOENT);
    assert_eq!(sys.chdir(b"/"), Ok(()));
    assert!(sys.open(b"new", create_flags(), 0o666).is_ok());
}
