//! The command about devices and their drivers.

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::guest::devices::Driver;
use crate::json::{Dict, Value};
use crate::state::State;

pub(crate) fn get_devices(state: &mut State, _: &Args) -> Result<Value, Stop> {
    Ok(state.guest.drivers.iter().map(driver).collect())
}

fn driver(it: &Driver) -> Value {
    let id = |(vendor, device): (u16, u16)| {
        Dict::new()
            .with("type", "pci")
            .with("vendor-id", u32::from(vendor))
            .with("device-id", u32::from(device))
    };
    Dict::new()
        .with("driver-name", it.name.as_str())
        .with_some("driver-date", it.date)
        .with_some("driver-version", it.version.as_deref())
        .with_some("id", it.pci.map(id))
        .into()
}
