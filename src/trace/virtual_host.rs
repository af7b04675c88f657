//! Which virtual host answers for an authority (source/common/router/config_impl.cc, RouteMatcher).

use std::collections::HashMap;

use super::run::{Run, considered};
use super::step::{Considered, StepKind, What, Why};
use crate::envoy::{RouteConfiguration, VirtualHost};
use crate::order::InOrder;

/// The domains of a route configuration, to be looked up. Virtual hosts are numbers: their places in the list.
pub(super) struct Domains {
    exact: HashMap<String, usize>,
    /// Longest first, without the star.
    suffixes: Vec<(String, usize)>,
    prefixes: Vec<(String, usize)>,
    any: Option<usize>,
    /// Hosts of the exact ones that have a port.
    with_port: HashMap<String, Vec<usize>>,
    /// All of them in lower case, in the order of the dump, and whether each is an address.
    all: Vec<(String, usize, bool)>,
}

/// A virtual host, and the domain of it that matched.
pub(super) struct Match<'t> {
    pub host: VirtualHost<'t>,
    pub domain: String,
}

impl Domains {
    /// Reads a route configuration's domains.
    pub fn of(routes: RouteConfiguration<'_>) -> Domains {
        let mut out = Domains {
            exact: HashMap::new(),
            suffixes: Vec::new(),
            prefixes: Vec::new(),
            any: None,
            with_port: HashMap::new(),
            all: Vec::new(),
        };
        for (index, host) in routes.virtual_hosts().enumerate() {
            for domain in host.domains() {
                let domain = domain.to_ascii_lowercase();
                let is_address = super::request::ip(&domain).is_some();
                out.all.push((domain.clone(), index, is_address));
                if domain == "*" {
                    out.any.get_or_insert(index);
                } else if let Some(suffix) = domain.strip_prefix('*') {
                    out.suffixes.push((suffix.to_owned(), index));
                } else if let Some(prefix) = domain.strip_suffix('*') {
                    out.prefixes.push((prefix.to_owned(), index));
                } else {
                    if let Some(at) = port_start(&domain) {
                        out.with_port.entry(domain[..at].to_owned()).or_default().push(index);
                    }
                    out.exact.entry(domain).or_insert(index);
                }
            }
        }
        for list in [&mut out.suffixes, &mut out.prefixes] {
            list.order_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        }
        out
    }

    /// The virtual host of an authority: the exact domain, the longest suffix, the longest prefix, `*`. A wildcard
    /// stands for at least one sign.
    pub fn find<'t>(&self, routes: RouteConfiguration<'t>, authority: &str) -> Option<Match<'t>> {
        let host =
            if routes.0.flag("ignore_port_in_host_matching") { without_port(authority) } else { authority };
        let host = host.to_ascii_lowercase();
        let made =
            |index: usize, domain: String| Some(Match { host: routes.virtual_hosts().nth(index)?, domain });
        // With nothing but `*` the authority is not even looked at.
        if let Some(index) = self.exact.get(&host) {
            return made(*index, host);
        }
        let longer = |text: &str| text.len() < host.len();
        let suffix = self.suffixes.iter().find(|(text, _)| longer(text) && host.ends_with(text.as_str()));
        if let Some((text, index)) = suffix {
            return made(*index, format!("*{text}"));
        }
        let prefix = self.prefixes.iter().find(|(text, _)| longer(text) && host.starts_with(text.as_str()));
        if let Some((text, index)) = prefix {
            return made(*index, format!("{text}*"));
        }
        made(self.any?, "*".to_owned())
    }

    /// The virtual hosts with a domain that is one of these names, with or without a port or a dot at its end, or a
    /// wildcard that `fits`; in order.
    pub fn meant<'t>(
        &self,
        routes: RouteConfiguration<'t>,
        names: &[String],
        fits: impl Fn(&str) -> bool,
    ) -> Vec<VirtualHost<'t>> {
        let mut found: Vec<usize> = Vec::new();
        for name in names.iter().map(|it| it.to_ascii_lowercase()) {
            for name in [format!("{name}."), name] {
                found.extend(self.exact.get(&name));
                found.extend(self.with_port.get(&name).into_iter().flatten());
            }
        }
        let wild = self.suffixes.iter().filter(|(text, _)| fits(&format!("*{}", without_port(text))));
        found.extend(wild.map(|(_, index)| index));
        if found.is_empty() {
            return Vec::new();
        }
        found.order();
        let all: Vec<VirtualHost<'t>> = routes.virtual_hosts().collect();
        found.dedup();
        found.into_iter().filter_map(|it| all.get(it).copied()).collect()
    }
}

/// Where the port of a host begins, its colon included (HeaderUtility::getPortStart).
pub(super) fn port_start(host: &str) -> Option<usize> {
    let colon = host.rfind(':')?;
    let bracket = host.rfind(']');
    (bracket.is_none_or(|it| it < colon)).then_some(colon)
}

fn without_port(host: &str) -> &str {
    port_start(host).map_or(host, |at| &host[..at])
}

/// How many virtual hosts a step lists.
const MOST: usize = 12;

/// Chooses the virtual host and notes it, with those whose domains are nearest.
pub(super) fn choose<'t>(
    run: &mut Run<'t, '_>,
    routes: RouteConfiguration<'t>,
    authority: &str,
) -> Option<VirtualHost<'t>> {
    let domains = run.tracer.domains(routes);
    let found = domains.find(routes, authority);
    let place = found.as_ref().map_or(routes.0.span(), |it| it.host.0.span());
    run.step(StepKind::VirtualHost, Some(place), true, |_| list(&domains, routes, found.as_ref(), authority));
    let found = found?;
    run.verdict.virtual_host = Some(found.host.name().into_owned());
    Some(found.host)
}

/// The one taken, then those whose domains share most with the authority.
fn list<'t>(
    domains: &Domains,
    routes: RouteConfiguration<'t>,
    found: Option<&Match<'t>>,
    authority: &str,
) -> Vec<Considered> {
    let mut out = Vec::new();
    if let Some(it) = found {
        let why = Why::Meets(What::Authority, it.domain.clone());
        out.push(considered(it.host.name().into_owned(), true, why, Some(it.host.0)));
    }
    let own = found.map(|it| it.host.0.span());
    let hosts: Vec<VirtualHost<'t>> = routes.virtual_hosts().collect();
    let is_address = super::request::ip(authority).is_some();
    let authority_lower = authority.to_ascii_lowercase();
    // A name is better compared with names; of equal domains of a host the last.
    let mut best: Vec<Option<((bool, usize), &str)>> = vec![None; hosts.len()];
    for (domain, host, address) in &domains.all {
        let score = (*address == is_address, alike(domain, &authority_lower));
        if let Some(known) = best.get_mut(*host)
            && known.is_none_or(|(known, _)| score >= known)
        {
            *known = Some((score, domain));
        }
    }
    let near = hosts.iter().zip(best).filter(|(it, _)| Some(it.0.span()) != own);
    let mut near: Vec<_> =
        near.filter_map(|(host, best)| best.map(|(score, it)| (score.1, it, host))).collect();
    near.order_by_key(|(score, ..)| std::cmp::Reverse(*score));
    for (_, domain, host) in near.into_iter().take(MOST) {
        let spelled = host.domains().find(|it| it.eq_ignore_ascii_case(domain)).unwrap_or_default();
        let why = Why::Differs(What::Authority, spelled.into_owned(), authority.to_owned());
        out.push(considered(host.name().into_owned(), false, why, Some(host.0)));
    }
    out
}

/// How much two hosts, both in lower case, have in common: signs at the start and at the end.
fn alike(domain: &str, authority: &str) -> usize {
    let front = domain.bytes().zip(authority.bytes()).take_while(|(one, other)| one == other).count();
    let back =
        domain.bytes().rev().zip(authority.bytes().rev()).take_while(|(one, other)| one == other).count();
    2 * front + back
}
