//! Serial and virtio ports, with a pseudo-terminal in their place.

use crate::program::{PATIENCE, PING, PONG, command, eventually};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, SetArg, cfmakeraw, tcgetattr, tcsetattr};
use rstest::rstest;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::Child;

struct Port {
    master: PtyMaster,
    child: Child,
}

impl Port {
    /// A program on a new port. A virtio port carries bytes as they are from the
    /// start; a serial port must be set to by the program.
    fn open(method: &str) -> Port {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let mut settings = tcgetattr(&master).unwrap();
        if method == "virtio-serial" {
            cfmakeraw(&mut settings);
            tcsetattr(&master, SetArg::TCSANOW, &settings).unwrap();
        }
        let path = ptsname_r(&master).unwrap();
        let child = command().args(["-m", method, "-p", &path]).spawn().unwrap();
        eventually("the port is set", || {
            let flags = tcgetattr(&master).unwrap().local_flags;
            (!flags.intersects(LocalFlags::ECHO | LocalFlags::ICANON)).then_some(())
        });
        Port { master, child }
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut ready = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
            let patience = PollTimeout::try_from(PATIENCE).unwrap();
            assert_eq!(poll(&mut ready, patience), Ok(1), "nothing comes");
            let mut byte = [0];
            self.master.read_exact(&mut byte).unwrap();
            line.push(byte[0]);
        }
        String::from_utf8(line).unwrap()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[rstest]
#[case("isa-serial")]
#[case("virtio-serial")]
fn a_port_carries_requests_and_replies_as_they_are(#[case] method: &str) {
    let mut port = Port::open(method);
    for _ in 0..3 {
        port.master.write_all(PING.as_bytes()).unwrap();
        assert_eq!(port.line(), PONG);
    }
    let sync = b"\xff{\"execute\":\"guest-sync\",\"arguments\":{\"id\":7}}\n";
    port.master.write_all(sync).unwrap();
    assert!(port.line().contains("stray"));
    assert_eq!(port.line(), "{\"return\": 7}\n");
}
