//! Ways for bytes to come in and go out. They never look at the bytes.

mod device;
mod unix;

pub(crate) use device::Device;

use crate::door::MemoryDoor;
use crate::os_error::reason;
use qga_fixtures::schema::Release;
use std::os::unix::net::UnixListener;
use std::path::Path;

/// An open way in.
#[derive(Debug)]
pub(crate) enum Transport {
    /// A socket that clients connect to.
    Listener(UnixListener),
    /// Clients of this program.
    Memory(MemoryDoor),
    /// A device that is there from the start, with one client for ever.
    Device(Device),
}

/// Why a transport cannot be opened: the lines of the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unopened(pub(crate) Vec<String>);

/// Opens the transport that a method and a path name; `backlog` is how many
/// clients may wait.
pub(crate) fn open(release: &Release, method: &[u8], path: &Path, backlog: i32) -> Result<Transport, Unopened> {
    let opened = match method {
        b"unix-listen" => unix::listen(path, backlog).map(Transport::Listener),
        b"virtio-serial" => Device::open_virtio(path)
            .map(Transport::Device)
            .map_err(|error| no_device(release, path, &error)),
        b"isa-serial" => Device::open_isa(path)
            .map(Transport::Device)
            .map_err(|error| no_device(release, path, &error)),
        b"vsock-listen" if release.vsock_method => Err(no_vsock(path)),
        _ => {
            let method = String::from_utf8_lossy(method);
            return Err(Unopened(vec![format!("unsupported channel method/type: {method}")]));
        }
    };
    opened.map_err(|why| {
        let mut lines = vec![why];
        if !release.open_error_names_path {
            lines.push("error opening channel".to_owned());
        }
        lines.push("failed to create guest agent channel".to_owned());
        Unopened(lines)
    })
}

/// No socket of that kind is made; an address that is none is told as always.
fn no_vsock(path: &Path) -> String {
    let address = path.to_string_lossy();
    match address.split_once(':') {
        Some((cid, port)) if !cid.is_empty() && !port.is_empty() => {
            "vsock-listen is not simulated; use unix-listen".to_owned()
        }
        _ => format!("error parsing address '{address}'"),
    }
}

fn no_device(release: &Release, path: &Path, error: &std::io::Error) -> String {
    let reason = reason(error);
    if release.open_error_names_path {
        format!("error opening channel '{}': {reason}", path.display())
    } else {
        format!("error opening channel: {reason}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(release: &str, method: &str, path: &Path) -> Vec<String> {
        open(Release::find(release).unwrap(), method.as_bytes(), path, 1)
            .unwrap_err()
            .0
    }

    #[test]
    fn what_cannot_be_opened_is_told_as_the_release_tells_it() {
        let missing = Path::new("/nonexistent/device");
        let lost = "No such file or directory";
        assert_eq!(
            lines("5.2", "virtio-serial", missing),
            [
                &format!("error opening channel: {lost}"),
                "error opening channel",
                "failed to create guest agent channel"
            ]
        );
        assert_eq!(
            lines("7.2", "isa-serial", missing),
            [
                &format!("error opening channel '/nonexistent/device': {lost}"),
                "failed to create guest agent channel"
            ]
        );
        assert_eq!(lines("7.2", "foo", missing), ["unsupported channel method/type: foo"]);
    }
}
