//! Which hosts go elsewhere: of every virtual host of two dumps, one request is traced through both.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::number;
use super::protocol::{Elsewhere, End, HostChange};
use crate::capture::Document;
use crate::envoy::{Kind, RouteConfiguration, State};
use crate::order::InOrder;
use crate::trace::{Outcome, Request, Source, Tracer, Verdict, trace};

/// How many virtual hosts are asked for at most; the rest is said.
const MOST: usize = 4_000;
/// How many that changed are told.
const TOLD: usize = 100;

/// Asks both dumps for `/` of every host. `None` where one is no dump.
///
/// Of a virtual host, its first domain that is a name stands for all; the route configuration's name says for which
/// port it is (Istio, pilot/pkg/networking/core/httproute.go: `9080`, `host:9080`, `http.8080`). What is behind TLS has
/// no port of its own there and is left out.
pub fn elsewhere(left: &Document, right: &Document) -> Option<Elsewhere> {
    let (one, other) = (left.dump()?, right.dump()?);
    let sources = (Source::new(&left.bytes, one), Source::new(&right.bytes, other));
    let tracers = (Tracer::new(&sources.0, left.captured), Tracer::new(&sources.1, right.captured));
    let mut requests = BTreeMap::new();
    ask_for(left, &mut requests);
    ask_for(right, &mut requests);
    let all = requests.len();
    let mut found =
        Elsewhere { asked: 0, skipped: number(all.saturating_sub(MOST)), changed: 0, hosts: Vec::new() };
    for ((port, host), request) in requests.into_iter().take(MOST) {
        found.asked += 1;
        let ends = (
            end(&trace(&tracers.0, &request, false).verdict),
            end(&trace(&tracers.1, &request, false).verdict),
        );
        if ends.0 == ends.1 {
            continue;
        }
        found.changed += 1;
        if found.hosts.len() < TOLD {
            found.hosts.push(HostChange { host, port, left: ends.0, right: ends.1 });
        }
    }
    Some(found)
}

/// A request for each virtual host of a dump, by port and host.
fn ask_for(document: &Document, requests: &mut BTreeMap<(u16, String), Request>) {
    let Some(dump) = document.dump() else { return };
    for (_, resource) in dump.of(Kind::Route).filter(|it| matches!(it.1.state, State::Static | State::Active))
    {
        let Ok(tree) = resource.body(&document.bytes) else { continue };
        let config = RouteConfiguration(tree.root());
        let Some(port) = port_of(&config.name()) else { continue };
        for host in config.virtual_hosts() {
            let mut name = None;
            let mut address = None;
            for domain in host.domains() {
                let bare = without_port(&domain);
                match bare.parse::<IpAddr>() {
                    Ok(it) => address = address.or(Some(it)),
                    Err(_) if name.is_none() && !bare.contains('*') => name = Some(domain.into_owned()),
                    Err(_) => {}
                }
            }
            let Some(name) = name.or_else(|| address.map(|it| it.to_string())) else { continue };
            // Any address does for a listener that takes them all.
            let to = match address {
                Some(IpAddr::V6(it)) => format!("[{it}]:{port}"),
                Some(it) => format!("{it}:{port}"),
                None => format!("240.240.0.1:{port}"),
            };
            let request = Request {
                to,
                authority: Some(name.clone()),
                method: Some("GET".to_owned()),
                path: Some("/".to_owned()),
                ..Request::default()
            };
            requests.entry((port, name)).or_insert(request);
        }
    }
}

fn port_of(config: &str) -> Option<u16> {
    if config.starts_with("https.") {
        return None;
    }
    let last = config.rsplit([':', '.', '|']).find(|it| !it.is_empty())?;
    last.parse().ok().filter(|it| *it > 0)
}

fn without_port(domain: &str) -> &str {
    let domain = match domain.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => domain,
    };
    domain.trim_start_matches('[').trim_end_matches(']')
}

fn end(of: &Verdict) -> End {
    let mut clusters = of.clusters.clone();
    clusters.order();
    let outcome = match of.outcome {
        Outcome::Routed => String::new(),
        other => format!("{other:?}"),
    };
    End { clusters, status: of.status, flags: of.flags.to_owned(), outcome, location: of.location.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_configuration_is_of_a_port() {
        for (name, port) in [
            ("9080", Some(9080)),
            ("reviews.default.svc.cluster.local:9080", Some(9080)),
            ("http.8080", Some(8080)),
            ("https.443.https.gw.istio-system", None),
            ("InboundPassthroughClusterIpv4", None),
            ("inbound|9080||", Some(9080)),
        ] {
            assert_eq!(port_of(name), port, "{name}");
        }
        assert_eq!(
            (without_port("a:80"), without_port("[::1]:80"), without_port("::1")),
            ("a", "::1", "::1")
        );
    }
}
