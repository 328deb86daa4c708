//! The machine's network: interfaces with their addresses and counters, and the
//! kernel's routes.

use core::net::IpAddr;

use serde::Deserialize;
use toml::Spanned;

use super::image::Problem;
use super::image::repeat::{self, Repeat};

/// `[[interface]]` of an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Interface {
    /// Its name, such as `eth0`.
    pub name: Spanned<String>,
    /// Hardware address, such as `52:54:00:12:34:56`; some kinds have none.
    pub hardware_address: Option<String>,
    /// Addresses, those of version 4 first, as the kernel lists them.
    #[serde(default)]
    pub addresses: Vec<Network>,
    /// What went through it; nothing if left out.
    #[serde(default)]
    pub statistics: InterfaceStatistics,
    /// Instead of one: so many, with their number in the place of `{n}`.
    count: Option<Spanned<u32>>,
}

/// What went through an interface since the machine was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct InterfaceStatistics {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets received with an error.
    pub rx_errs: u64,
    /// Packets dropped after they were received.
    pub rx_dropped: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Packets that were not sent because of an error.
    pub tx_errs: u64,
    /// Packets dropped before they were sent.
    pub tx_dropped: u64,
}

/// An address with the length of its network's prefix: `192.0.2.2/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    /// The address.
    pub address: IpAddr,
    /// Bits of the prefix.
    pub prefix: u8,
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Network, String> {
        let network = || {
            let (address, prefix) = text.split_once('/')?;
            let (address, prefix) = (address.parse::<IpAddr>().ok()?, prefix.parse::<u8>().ok()?);
            let bits = if address.is_ipv4() { 32 } else { 128 };
            (prefix <= bits).then_some(Network { address, prefix })
        };
        network().ok_or_else(|| format!("`{text}` is no address, expected one such as \"192.0.2.2/24\" or \"::1/128\""))
    }
}

impl Network {
    /// The prefix as a mask, for version 4.
    pub fn mask(&self) -> u32 {
        u32::MAX
            .checked_shl(32 - u32::from(self.prefix.min(32)))
            .unwrap_or_default()
    }
}

/// `[[route]]` of an image: a line of the kernel's table of routes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Route {
    /// Name of the interface it leads to.
    pub interface: Spanned<String>,
    /// For which addresses.
    pub destination: Network,
    /// Through which host; none if left out.
    pub gateway: Option<Spanned<IpAddr>>,
    /// From which addresses, in version 6; all if left out.
    pub source: Option<Network>,
    /// Its cost.
    #[serde(default)]
    pub metric: u32,
    /// The kernel's flags: 1 is up, 2 has a gateway.
    #[serde(default = "up")]
    pub flags: u32,
    /// How often it is held.
    #[serde(default)]
    pub references: i32,
    /// How often it was used.
    #[serde(default)]
    pub uses: i32,
    /// Largest window of TCP, in version 4.
    #[serde(default)]
    pub window: i32,
    /// Largest packet, in version 4.
    #[serde(default)]
    pub mtu: i32,
    /// First round trip time of TCP, in version 4.
    #[serde(default)]
    pub irtt: i32,
}

fn up() -> u32 {
    1
}

impl Repeat for Interface {
    fn take_count(&mut self) -> Option<Spanned<u32>> {
        self.count.take()
    }

    fn number(&mut self, n: u32) {
        repeat::put_number_at(&mut self.name, n);
    }
}

/// Interfaces and routes, each in the order the kernel lists them.
#[derive(Clone, Debug, Default)]
pub struct NetworkState {
    /// Interfaces.
    pub interfaces: Vec<Interface>,
    /// Routes of both versions.
    pub routes: Vec<Route>,
}

impl NetworkState {
    pub(crate) fn new(interfaces: Vec<Interface>, routes: Vec<Route>) -> Result<NetworkState, Problem> {
        let interfaces = repeat::expand(interfaces)?;
        let places = repeat::places("interface", interfaces.iter().map(|it| &it.name))?;
        for route in &routes {
            if !places.contains_key(route.interface.get_ref()) {
                let what = format!("there is no interface `{}`", route.interface.get_ref());
                let cure = "add an [[interface]] of that name, or name one that is there";
                return Err(Problem::new(route.interface.span(), what, cure));
            }
            route.check_gateway()?;
        }
        Ok(NetworkState { interfaces, routes })
    }
}

impl Route {
    fn check_gateway(&self) -> Result<(), Problem> {
        match &self.gateway {
            Some(gateway) if gateway.get_ref().is_ipv4() != self.destination.address.is_ipv4() => {
                let what = format!("{} is of another version than the destination", gateway.get_ref());
                Err(Problem::new(gateway.span(), what, "name a gateway of the same version"))
            }
            _ => Ok(()),
        }
    }
}
