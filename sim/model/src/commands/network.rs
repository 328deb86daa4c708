//! Commands about the guest's network.

use crate::args::Args;
use crate::commands::stop::Stop;
use crate::guest::network::{Interface, Network, Route};
use crate::json::{Dict, Value};
use crate::state::State;
use core::net::IpAddr;
use qga_fixtures::schema::System;

pub(crate) fn get_interfaces(state: &mut State, _: &Args) -> Result<Value, Stop> {
    // Windows tells what went through an interface that has no address, too.
    let counts_all = state.system() == System::Windows;
    let interfaces = state.guest.network.interfaces.iter();
    Ok(interfaces.map(|it| interface(it, counts_all)).collect())
}

fn interface(it: &Interface, counts_all: bool) -> Value {
    let has_address = !it.addresses.is_empty();
    Dict::new()
        .with("name", it.name.get_ref().as_str())
        .with_some("hardware-address", it.hardware_address.as_deref())
        .with_some(
            "ip-addresses",
            has_address.then(|| it.addresses.iter().map(address).collect::<Value>()),
        )
        .with_some("statistics", (has_address || counts_all).then(|| statistics(it)))
        .into()
}

fn address(it: &Network) -> Value {
    Dict::new()
        .with("ip-address", it.address.to_string())
        .with("ip-address-type", if it.address.is_ipv4() { "ipv4" } else { "ipv6" })
        .with("prefix", u32::from(it.prefix))
        .into()
}

fn statistics(it: &Interface) -> Dict {
    let it = &it.statistics;
    Dict::new()
        .with("rx-bytes", it.rx_bytes)
        .with("rx-packets", it.rx_packets)
        .with("rx-errs", it.rx_errs)
        .with("rx-dropped", it.rx_dropped)
        .with("tx-bytes", it.tx_bytes)
        .with("tx-packets", it.tx_packets)
        .with("tx-errs", it.tx_errs)
        .with("tx-dropped", it.tx_dropped)
}

/// All routes of version 4, then all of version 6.
pub(crate) fn get_route(state: &mut State, _: &Args) -> Result<Value, Stop> {
    let routes = &state.guest.network.routes;
    let (old, new): (Vec<_>, Vec<_>) = routes.iter().partition(|it| it.destination.address.is_ipv4());
    Ok(old
        .into_iter()
        .map(route_4)
        .chain(new.into_iter().map(route_6))
        .collect())
}

/// What both versions have. The metric is told as a number with a sign.
fn route(it: &Route, version: i64) -> Dict {
    Dict::new()
        .with("iface", it.interface.get_ref().as_str())
        .with("destination", it.destination.address.to_string())
        .with("metric", it.metric.cast_signed())
        .with("refcnt", it.references)
        .with("use", it.uses)
        .with("version", version)
}

fn route_4(it: &Route) -> Value {
    let mask = IpAddr::from(it.destination.mask().to_be_bytes());
    route(it, 4)
        .with("gateway", gateway(it, "0.0.0.0"))
        .with("mask", mask.to_string())
        .with("flags", it.flags)
        .with("window", it.window)
        .with("mtu", it.mtu)
        .with("irtt", it.irtt)
        .into()
}

/// The lengths are strings, and the flags are widened as a number with a sign.
fn route_6(it: &Route) -> Value {
    let (source, length) = match &it.source {
        Some(source) => (source.address.to_string(), source.prefix),
        None => ("::".to_owned(), 0),
    };
    route(it, 6)
        .with("desprefixlen", it.destination.prefix.to_string())
        .with("source", source)
        .with("srcprefixlen", length.to_string())
        .with("nexthop", gateway(it, "::"))
        .with("flags", i64::from(it.flags.cast_signed()).cast_unsigned())
        .into()
}

fn gateway(it: &Route, none: &str) -> String {
    it.gateway
        .as_ref()
        .map_or_else(|| none.to_owned(), |it| it.get_ref().to_string())
}
