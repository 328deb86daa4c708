//! Commands about disks and the filesystems on them.

use crate::args::Args;
use crate::commands::fsfreeze::mount_points;
use crate::commands::stop::Stop;
use crate::guest::disks::{Attachment, Bus, Disk, DiskStatistics, Disks, Health};
use crate::guest::errno::{Errno, SysError};
use crate::guest::fs::ioctl::IoctlError;
use crate::guest::mounts::{Filesystem, Mount};
use crate::json::{Dict, Value};
use crate::message::CommandError;
use crate::state::State;
use qga_fixtures::schema::{ErrorName, Release, System};

/// The filesystems on devices, the last mounted first.
pub(crate) fn get_fsinfo(state: &mut State, _: &Args) -> Result<Value, Stop> {
    if state.guest.mount_lines().is_none() {
        return Err(CommandError::new(ErrorName::MountsUnreadable).into());
    }
    let (guest, release) = (&state.guest, state.release);
    let mounts = guest.fs.mounts.mounts().rev();
    let filesystems = mounts.map(|(_, mount)| (mount, guest.fs.mounts.filesystem(mount.filesystem)));
    Ok(filesystems
        .filter(|(mount, it)| mount.drive.is_some() || it.device.starts_with('/') && it.number.0 != 0)
        .map(|(mount, it)| filesystem(release, &guest.disks, mount, it))
        .collect())
}

/// What is reserved for the superuser counts as absent, but for one member.
fn filesystem(release: &Release, disks: &Disks, mount: &Mount, it: &Filesystem) -> Value {
    let available = it.free_bytes().saturating_sub(it.capacity.reserved_bytes);
    let (name, mountpoint) = match &mount.drive {
        Some(drive) => (&it.device[..], drive.as_bytes()),
        None => (last_name(disks.kernel_name(&it.device)), &mount.at[..]),
    };
    Dict::new()
        .with("name", name)
        .with("mountpoint", mountpoint)
        .with("type", it.kind.as_str())
        .with("used-bytes", it.used_bytes())
        .with("total-bytes", it.used_bytes() + available)
        .with("total-bytes-privileged", it.capacity.bytes)
        .with("disk", disks_below(release, disks, mount, it))
        .into()
}

/// Where the filesystem's disks are attached. Windows names the whole disk, others
/// the part of it.
fn disks_below(release: &Release, disks: &Disks, mount: &Mount, it: &Filesystem) -> Value {
    let whole = |device| disks.of_device(device).map_or(device, |disk| disk.name.get_ref());
    let attached = disks.below(&it.device).into_iter();
    attached
        .filter_map(|(device, at)| match mount.drive {
            Some(_) => address(release, whole(device), at),
            None => address(release, device, at),
        })
        .collect()
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `None` for an attachment that the release does not know.
fn address(release: &Release, device: &str, it: &Attachment) -> Option<Value> {
    if it.kind == Bus::Nvme && !release.knows_nvme {
        return None;
    }
    let numbers = |names: [&'static str; 4], values: [i64; 4]| {
        names
            .into_iter()
            .zip(values)
            .fold(Dict::new(), |dict, (name, value)| dict.with(name, value))
    };
    let address = Dict::new()
        .with("pci-controller", numbers(["domain", "bus", "slot", "function"], it.pci))
        .with("bus-type", bus_word(it.kind))
        .with("bus", it.bus)
        .with("target", it.target)
        .with("unit", it.unit)
        .with_some("serial", it.serial.as_deref())
        .with("dev", device)
        .with_some(
            "ccw-address",
            it.ccw.map(|it| numbers(["cssid", "ssid", "subchno", "devno"], it)),
        );
    Some(address.into())
}

fn bus_word(bus: Bus) -> &'static str {
    match bus {
        Bus::Ide => "ide",
        Bus::Fdc => "fdc",
        Bus::Scsi => "scsi",
        Bus::Virtio => "virtio",
        Bus::Xen => "xen",
        Bus::Usb => "usb",
        Bus::Uml => "uml",
        Bus::Sata => "sata",
        Bus::Sd => "sd",
        Bus::Unknown => "unknown",
        Bus::Ieee1394 => "ieee1394",
        Bus::Ssa => "ssa",
        Bus::Fibre => "fibre",
        Bus::Raid => "raid",
        Bus::Iscsi => "iscsi",
        Bus::Sas => "sas",
        Bus::Mmc => "mmc",
        Bus::Virtual => "virtual",
        Bus::FileBackedVirtual => "file-backed-virtual",
        Bus::Nvme => "nvme",
    }
}

/// Each disk behind its partitions.
pub(crate) fn get_disks(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let (release, has_parts) = (state.release, state.system() == System::Linux);
    let disks = state.guest.disks.listed().iter();
    let shown = disks.filter(|it| it.size.is_none_or(|size| size.0 > 0));
    Ok(shown
        .flat_map(|it| {
            let partitions = it.partition.iter().filter(move |_| has_parts);
            let partitions = partitions.map(|part| partition(part.name.get_ref(), it));
            partitions.chain([disk(release, has_parts, it)])
        })
        .collect())
}

fn partition(name: &str, of: &Disk) -> Value {
    Dict::new()
        .with("name", name)
        .with("partition", true)
        .with("dependencies", vec![Value::from(of.name.get_ref().as_str())])
        .into()
}

fn disk(release: &Release, has_parts: bool, it: &Disk) -> Value {
    let name = it.name.get_ref().as_str();
    let made_of = || {
        it.made_of
            .iter()
            .map(|it| it.get_ref().as_str().into())
            .collect::<Value>()
    };
    Dict::new()
        .with("name", name)
        .with("partition", false)
        .with_some("dependencies", has_parts.then(made_of))
        .with_some("address", it.address.as_ref().and_then(|it| address(release, name, it)))
        .with_some("alias", it.alias.as_deref())
        .with_some("smart", it.health.as_ref().map(health))
        .into()
}

/// Counts of 128 bits, of which the machine fills the lower half.
fn health(it: &Health) -> Dict {
    Dict::new()
        .with("type", "nvme")
        .with("critical-warning", it.critical_warning)
        .with("temperature", it.temperature)
        .with("available-spare", it.available_spare)
        .with("available-spare-threshold", it.available_spare_threshold)
        .with("percentage-used", it.percentage_used)
        .with("data-units-read-lo", it.data_units_read)
        .with("data-units-read-hi", 0)
        .with("data-units-written-lo", it.data_units_written)
        .with("data-units-written-hi", 0)
        .with("host-read-commands-lo", it.host_read_commands)
        .with("host-read-commands-hi", 0)
        .with("host-write-commands-lo", it.host_write_commands)
        .with("host-write-commands-hi", 0)
        .with("controller-busy-time-lo", it.controller_busy_time)
        .with("controller-busy-time-hi", 0)
        .with("power-cycles-lo", it.power_cycles)
        .with("power-cycles-hi", 0)
        .with("power-on-hours-lo", it.power_on_hours)
        .with("power-on-hours-hi", 0)
        .with("unsafe-shutdowns-lo", it.unsafe_shutdowns)
        .with("unsafe-shutdowns-hi", 0)
        .with("media-errors-lo", it.media_errors)
        .with("media-errors-hi", 0)
        .with("number-of-error-log-entries-lo", it.number_of_error_log_entries)
        .with("number-of-error-log-entries-hi", 0)
}

/// Every device, each disk before its partitions, as the kernel lists them.
pub(crate) fn get_diskstats(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let disks = state.guest.disks.listed().iter();
    Ok(disks
        .flat_map(|it| {
            let partitions = it.partition.iter();
            let partitions = partitions.map(|it| device_statistics(it.name.get_ref(), it.number, &it.statistics));
            [device_statistics(it.name.get_ref(), it.number, &it.statistics)]
                .into_iter()
                .chain(partitions)
        })
        .collect())
}

fn device_statistics(name: &str, number: (u32, u32), it: &DiskStatistics) -> Value {
    let stats = Dict::new()
        .with("read-ios", it.read_ios)
        .with("read-merges", it.read_merges)
        .with("read-sectors", it.read_sectors)
        .with("read-ticks", it.read_ticks)
        .with("write-ios", it.write_ios)
        .with("write-merges", it.write_merges)
        .with("write-sectors", it.write_sectors)
        .with("write-ticks", it.write_ticks)
        .with("ios-pgr", it.ios_pgr)
        .with("total-ticks", it.total_ticks)
        .with("weight-ticks", it.weight_ticks)
        .with_some("discard-ios", it.discard_ios)
        .with_some("discard-merges", it.discard_merges)
        .with_some("discard-sectors", it.discard_sectors)
        .with_some("discard-ticks", it.discard_ticks)
        .with_some("flush-ios", it.flush_ios)
        .with_some("flush-ticks", it.flush_ticks);
    Dict::new()
        .with("name", last_name(name))
        .with("major", number.0)
        .with("minor", number.1)
        .with("stats", stats)
        .into()
}

/// Trims the filesystems, the last mounted first. One that cannot be trimmed is
/// told apart from the others, or ends the command in releases that tell nothing.
pub(crate) fn fstrim(state: &mut State, args: &Args) -> Result<Value, Stop> {
    let minimum = args.optional_int("minimum").unwrap_or_default();
    let mut mounts = mount_points(state)?;
    if state.release.trim_tells_each {
        mounts.reverse();
    }
    let mut results = Vec::new();
    for path in mounts {
        let trimmed = state
            .guest
            .fs
            .calls(&mut state.task)
            .trim(&path, minimum.cast_unsigned());
        match trimmed {
            Err(IoctlError::Open(SysError::Hangs(_))) => return Err(Stop::Hangs),
            Err(error) if !state.release.trim_tells_each => only_unexpected(&path, error)?,
            result => results.push(trim_result(state.guest.fs.mounts.told_as(&path), minimum, result)),
        }
    }
    Ok(Dict::new().with("paths", results).into())
}

fn trim_result(path: &[u8], minimum: i64, result: Result<u64, IoctlError>) -> Value {
    let told = Dict::new().with("path", path);
    let told = match result {
        Ok(bytes) => told.with("trimmed", bytes).with("minimum", minimum),
        Err(IoctlError::Ioctl(Errno::ENOTTY | Errno::EOPNOTSUPP)) => told.with("error", "trim not supported"),
        Err(IoctlError::Ioctl(errno)) => told.with("error", format!("failed to trim: {errno}")),
        Err(IoctlError::Open(error)) => told.with("error", format!("failed to open: {}", text_of(error))),
    };
    told.into()
}

/// The error of a filesystem that could be trimmed, and was not.
fn only_unexpected(path: &[u8], error: IoctlError) -> Result<(), CommandError> {
    let (name, strerror) = match error {
        IoctlError::Ioctl(Errno::ENOTTY | Errno::EOPNOTSUPP) => return Ok(()),
        IoctlError::Ioctl(errno) => (ErrorName::TrimFailed, errno.text()),
        IoctlError::Open(error) => (ErrorName::TrimOpenFailed, text_of(error)),
    };
    Err(CommandError::new(name).with("path", path).with("strerror", strerror))
}

fn text_of(error: SysError) -> &'static str {
    match error {
        SysError::Errno(errno) => errno.text(),
        SysError::Hangs(_) => "",
    }
}
