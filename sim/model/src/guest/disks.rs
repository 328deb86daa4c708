//! The machine's disks and their partitions: where they are attached, what was
//! read and written. What is on them is the filesystems' matter.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::image::repeat::{self, Repeat};
use super::image::{Problem, Size};

/// `[[disk]]` of an image: a disk, or a device the kernel makes of others.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Disk {
    /// Path of its device, such as `/dev/vda`.
    pub name: Spanned<String>,
    /// Major and minor number.
    #[serde(default)]
    pub number: (u32, u32),
    /// Size; one of size 0, such as an unused loop device, is no disk to speak of.
    pub size: Option<Size>,
    /// Where it is attached; nowhere if the kernel makes it of others.
    pub address: Option<Attachment>,
    /// The name people gave it.
    pub alias: Option<String>,
    /// The devices it is made of.
    #[serde(default)]
    pub made_of: Vec<Spanned<String>>,
    /// What was read and written.
    #[serde(default)]
    pub statistics: DiskStatistics,
    /// What it says of its health, if it is of the kind that says so.
    pub health: Option<Health>,
    /// Its partitions.
    #[serde(default)]
    pub partition: Vec<Partition>,
    /// Instead of one: so many, with their number in the place of `{n}`.
    count: Option<Spanned<u32>>,
}

/// `[[disk.partition]]` of an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Partition {
    /// Path of its device, such as `/dev/vda1`.
    pub name: Spanned<String>,
    /// Major and minor number.
    #[serde(default)]
    pub number: (u32, u32),
    /// What was read and written.
    #[serde(default)]
    pub statistics: DiskStatistics,
}

/// `disk.address`: where a disk is attached.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attachment {
    /// The kind of bus, as the schema names it.
    #[serde(rename = "type")]
    pub kind: Bus,
    /// Domain, bus, slot and function of the controller; -1 each if it is on no PCI bus.
    #[serde(default = "no_pci")]
    pub pci: [i64; 4],
    /// Bus of the controller.
    #[serde(default)]
    pub bus: i64,
    /// Target on the bus.
    #[serde(default)]
    pub target: i64,
    /// Unit of the target.
    #[serde(default)]
    pub unit: i64,
    /// Serial number.
    pub serial: Option<String>,
    /// Channel, subchannel set, subchannel and device number, on a mainframe.
    pub ccw: Option<[i64; 4]>,
}

fn no_pci() -> [i64; 4] {
    [-1; 4]
}

/// A kind of bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names the field uses")]
pub enum Bus {
    Ide,
    Fdc,
    Scsi,
    Virtio,
    Xen,
    Usb,
    Uml,
    Sata,
    Sd,
    Unknown,
    Ieee1394,
    Ssa,
    Fibre,
    Raid,
    Iscsi,
    Sas,
    Mmc,
    Virtual,
    FileBackedVirtual,
    Nvme,
}

/// What was read from a disk and written to it since the machine was started.
/// Sectors are 512 bytes, ticks milliseconds. Old kernels do not tell what was
/// discarded and flushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "three kinds of counts of the same five things")]
pub struct DiskStatistics {
    pub read_ios: u64,
    pub read_merges: u64,
    pub read_sectors: u64,
    pub read_ticks: u64,
    pub write_ios: u64,
    pub write_merges: u64,
    pub write_sectors: u64,
    pub write_ticks: u64,
    /// Requests in progress.
    pub ios_pgr: u64,
    /// Time with requests in progress.
    pub total_ticks: u64,
    /// The same, times their number.
    pub weight_ticks: u64,
    pub discard_ios: Option<u64>,
    pub discard_merges: Option<u64>,
    pub discard_sectors: Option<u64>,
    pub discard_ticks: Option<u64>,
    pub flush_ios: Option<u64>,
    pub flush_ticks: Option<u64>,
}

/// `disk.health`: what an NVMe disk says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Health {
    /// Bits of what is critical.
    pub critical_warning: i64,
    /// Kelvin.
    pub temperature: i64,
    /// Per cent of the spare left.
    pub available_spare: i64,
    /// Below so many per cent it warns.
    pub available_spare_threshold: i64,
    /// Per cent of its life.
    pub percentage_used: i64,
    /// Thousands of 512 bytes.
    pub data_units_read: u64,
    /// Thousands of 512 bytes.
    pub data_units_written: u64,
    /// Commands.
    pub host_read_commands: u64,
    /// Commands.
    pub host_write_commands: u64,
    /// Minutes.
    pub controller_busy_time: u64,
    /// How often it was switched on.
    pub power_cycles: u64,
    /// Hours.
    pub power_on_hours: u64,
    /// How often power went without warning.
    pub unsafe_shutdowns: u64,
    /// Errors of the medium.
    pub media_errors: u64,
    /// Entries of its log.
    pub number_of_error_log_entries: u64,
}

impl Repeat for Disk {
    fn take_count(&mut self) -> Option<Spanned<u32>> {
        self.count.take()
    }

    fn number(&mut self, n: u32) {
        repeat::put_number_at(&mut self.name, n);
        self.number.1 += n;
        for partition in &mut self.partition {
            repeat::put_number_at(&mut partition.name, n);
        }
        if let Some(serial) = self.address.as_mut().and_then(|it| it.serial.as_mut()) {
            repeat::put_number(serial, n);
        }
    }
}

/// Where devices made of others are found by the names people gave them.
const MAPPED: &str = "/dev/mapper/";

/// The disks, in the order the kernel lists them.
#[derive(Clone, Debug, Default)]
pub struct Disks {
    listed: Vec<Disk>,
    /// Place of the disk that a device, or its partition, belongs to.
    places: BTreeMap<String, usize>,
}

impl Disks {
    pub(crate) fn new(sections: Vec<Disk>) -> Result<Disks, Problem> {
        let listed = repeat::expand(sections)?;
        let names = |it: &'_ Disk| -> Vec<Spanned<String>> {
            let partitions = it.partition.iter().map(|it| it.name.clone());
            partitions.chain([it.name.clone()]).collect()
        };
        let all: Vec<Spanned<String>> = listed.iter().flat_map(names).collect();
        let known = repeat::places("device", all.iter())?;
        let mut places = BTreeMap::new();
        for (place, disk) in listed.iter().enumerate() {
            places.extend(names(disk).into_iter().map(|name| (name.into_inner(), place)));
            places.extend(disk.alias.iter().map(|alias| (format!("{MAPPED}{alias}"), place)));
        }
        for part in listed.iter().flat_map(|it| &it.made_of) {
            if !known.contains_key(part.get_ref()) {
                let what = format!("there is no disk or partition `{}`", part.get_ref());
                return Err(Problem::new(part.span(), what, "name a device of this image"));
            }
        }
        Ok(Disks { listed, places })
    }

    /// All of them.
    pub fn listed(&self) -> &[Disk] {
        &self.listed
    }

    /// The disk of a device: itself, or the one it is a partition of.
    pub fn of_device(&self, device: &str) -> Option<&Disk> {
        self.places.get(device).map(|place| &self.listed[*place])
    }

    /// The path by which the kernel knows a device.
    pub fn kernel_name<'a>(&'a self, device: &'a str) -> &'a str {
        match self.of_device(device) {
            Some(disk) if device.starts_with(MAPPED) => disk.name.get_ref(),
            _ => device,
        }
    }

    /// Where the disks below a device are attached, each with the path of the
    /// device that is on it.
    pub fn below<'a>(&'a self, device: &'a str) -> Vec<(&'a str, &'a Attachment)> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut ahead = vec![device];
        while let Some(device) = ahead.pop() {
            let Some(disk) = self.of_device(device).filter(|_| seen.insert(device)) else {
                continue;
            };
            match &disk.address {
                Some(address) => found.push((device, address)),
                None => ahead.extend(disk.made_of.iter().rev().map(|it| it.get_ref().as_str())),
            }
        }
        found
    }
}
