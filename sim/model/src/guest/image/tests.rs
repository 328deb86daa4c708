use super::*;
use crate::guest::fs::open::OpenFlags;

#[test]
fn the_default_machine_has_an_agent_that_can_work() {
    let mut guest = Guest::default();
    let mut agent = guest.start_agent().expect("it starts");
    let mut sys = guest.fs.calls(&mut agent);
    let new = OpenFlags {
        write: true,
        create: true,
        ..OpenFlags::default()
    };
    let fd = sys.open(b"/tmp/new", new, 0o666).expect("it opens");
    assert_eq!(fd.0, 6);
    assert_eq!(sys.write(fd, b"hello"), Ok(5));
    assert_eq!(sys.stat(b"/tmp/new").map(|it| (it.size, it.mode)), Ok((5, 0o644)));
    assert_eq!(sys.read_file(b"/tmp/new").as_deref(), Ok(&b"hello"[..]));
    guest.end_task(agent);
}
