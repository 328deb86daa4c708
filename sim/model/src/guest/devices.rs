//! The machine's devices and their drivers, which Windows tells of.

use serde::Deserialize;

/// `[[driver]]` of an image: a device with its driver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Driver {
    /// What the driver is called.
    pub name: String,
    /// When it was made: nanoseconds since 1970.
    pub date: Option<i64>,
    /// Its version.
    pub version: Option<String>,
    /// Vendor and device number on the PCI bus.
    pub pci: Option<(u16, u16)>,
}
