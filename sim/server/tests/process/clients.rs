//! Several clients: who waits, who is served, and that none hurts another.

use crate::program::{Client, PING, PONG, Sim};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Memory the agent may have, whatever its clients do.
const RESIDENT_MAX: usize = 16 << 20;

/// Bytes of requests that nobody takes who is not answered.
const ENDLESS: usize = 1 << 30;

#[test]
fn the_others_wait_until_the_first_is_gone_and_are_then_served_in_order() {
    let sim = Sim::start("");
    let mut first = sim.connect();
    assert_eq!(first.ask(PING), PONG);
    let (mut second, mut third) = (sim.connect(), sim.connect());
    second.send(PING);
    third.send(PING);
    assert!(second.is_quiet() && third.is_quiet());
    assert_eq!(first.ask(PING), PONG);
    drop(first);
    assert_eq!(second.line(), PONG);
    assert!(third.is_quiet());
    drop(second);
    assert_eq!(third.line(), PONG);
}

#[test]
fn no_more_wait_than_at_the_real_agent_s_door() {
    use nix::errno::Errno;
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
    use std::os::fd::AsRawFd;
    let sim = Sim::start("");
    assert_eq!(sim.connect().ask(PING), PONG);
    let mut served = sim.connect();
    assert_eq!(served.ask(PING), PONG);
    let address = UnixAddr::new(&sim.path("socket")).unwrap();
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
            let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None).unwrap();
            let result = connect(socket.as_raw_fd(), &address);
            (socket, result)
        })
        .collect();
    let results: Vec<_> = waiting.iter().map(|(_, result)| *result).collect();
    assert_eq!(results, [Ok(()), Ok(()), Err(Errno::EAGAIN)]);
}

#[test]
fn a_slow_reader_loses_nothing_and_costs_no_memory() {
    let sim = Sim::start("");
    let mut client = sim.connect();
    let sent = send_until_it_blocks(&mut client.stream);
    assert!(sent > 1000, "only {sent} requests were taken");
    assert!(sim.resident() < RESIDENT_MAX, "{}", sim.resident());
    assert_eq!(client.finish().len(), sent * PONG.len());
}

/// Sends requests while there is room for them; gives the number of whole ones.
fn send_until_it_blocks(stream: &mut UnixStream) -> usize {
    stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let requests = PING.repeat(100);
    let mut sent = 0;
    while sent < ENDLESS {
        match stream.write(&requests.as_bytes()[sent % PING.len()..]) {
            Ok(count) => sent += count,
            Err(error) => {
                assert!(
                    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                    "{error}"
                );
                return sent / PING.len();
            }
        }
    }
    panic!("a client that reads nothing was read for ever");
}

#[test]
fn many_are_served_at_once_where_many_are_asked_for() {
    let sim = Sim::start("--clients many");
    let mut clients: Vec<Client> = (0..50).map(|_| sim.connect()).collect();
    for client in clients.iter_mut().rev() {
        assert_eq!(client.ask(PING), PONG);
    }
}

#[test]
fn a_client_among_many_that_never_reads_hurts_nobody() {
    let sim = Sim::start("--clients many");
    let mut deaf = sim.connect();
    send_until_it_blocks(&mut deaf.stream);
    let mut other = sim.connect();
    assert_eq!(other.ask(PING), PONG);
    assert!(sim.resident() < RESIDENT_MAX, "{}", sim.resident());
}

#[test]
fn clients_among_many_share_the_agent_and_not_the_parser() {
    let sim = Sim::start("--clients many");
    let (mut one, mut two) = (sim.connect(), sim.connect());
    one.send(r#"{"execute":"guest-"#);
    assert_eq!(two.ask(&crate::program::open("/tmp/a", "w")), "{\"return\": 1000}\n");
    let read = r#"file-read","arguments":{"handle":1000}}"#;
    assert!(one.ask(read).contains("Bad file descriptor"));
}

#[test]
fn garbage_without_end_is_answered_within_bounded_memory() {
    let sim = Sim::start("");
    let mut client = sim.connect();
    let mut reader = client.stream.try_clone().unwrap();
    let answers = std::thread::spawn(move || {
        let mut count = 0;
        let mut buffer = vec![0; 1 << 16];
        while let Ok(got @ 1..) = reader.read(&mut buffer) {
            count += got;
        }
        count
    });
    for byte in 0..=255 {
        client.send(vec![byte; 2_000]);
    }
    client.send("[".repeat(10_000));
    client.send("\u{1}");
    client.stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(answers.join().unwrap() > 10_000);
    assert!(sim.resident() < RESIDENT_MAX, "{}", sim.resident());
    assert_eq!(sim.connect().ask(PING), PONG);
}
