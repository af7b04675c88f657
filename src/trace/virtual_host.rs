//! Which virtual host answers for an authority (source/common/router/config_impl.cc, RouteMatcher).

use std::collections::HashMap;

use super::run::{Run, considered};
use super::step::{Considered, StepKind, What, Why};
use crate::envoy::{RouteConfiguration, VirtualHost};
use crate::order::InOrder;

/// The domains of a route configuration, to be looked up.
pub(super) struct Domains<'t> {
    hosts: Vec<VirtualHost<'t>>,
    exact: HashMap<String, usize>,
    /// Longest first, without the star.
    suffixes: Vec<(String, usize)>,
    prefixes: Vec<(String, usize)>,
    any: Option<usize>,
}

/// A virtual host, and the domain of it that matched.
pub(super) struct Match<'t> {
    pub host: VirtualHost<'t>,
    pub domain: String,
}

impl<'t> Domains<'t> {
    /// Reads a route configuration's domains.
    pub fn of(routes: RouteConfiguration<'t>) -> Domains<'t> {
        let mut out = Domains {
            hosts: routes.virtual_hosts().collect(),
            exact: HashMap::new(),
            suffixes: Vec::new(),
            prefixes: Vec::new(),
            any: None,
        };
        for (index, host) in out.hosts.iter().enumerate() {
            for domain in host.domains() {
                let domain = domain.to_ascii_lowercase();
                if domain == "*" {
                    out.any.get_or_insert(index);
                } else if let Some(suffix) = domain.strip_prefix('*') {
                    out.suffixes.push((suffix.to_owned(), index));
                } else if let Some(prefix) = domain.strip_suffix('*') {
                    out.prefixes.push((prefix.to_owned(), index));
                } else {
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
    pub fn find(&self, routes: RouteConfiguration<'t>, authority: &str) -> Option<Match<'t>> {
        let host =
            if routes.0.flag("ignore_port_in_host_matching") { without_port(authority) } else { authority };
        let host = host.to_ascii_lowercase();
        let made = |index: usize, domain: String| Some(Match { host: *self.hosts.get(index)?, domain });
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
    run.step(StepKind::VirtualHost, Some(place), true, |_| list(&domains, found.as_ref(), authority));
    let found = found?;
    run.verdict.virtual_host = Some(found.host.name().into_owned());
    Some(found.host)
}

/// The one taken, then those whose domains share most with the authority.
fn list<'t>(domains: &Domains<'t>, found: Option<&Match<'t>>, authority: &str) -> Vec<Considered> {
    let mut out = Vec::new();
    if let Some(it) = found {
        let why = Why::Meets(What::Authority, it.domain.clone());
        out.push(considered(it.host.name().into_owned(), true, why, Some(it.host.0)));
    }
    let own = found.map(|it| it.host.0.span());
    let others = domains.hosts.iter().filter(|it| Some(it.0.span()) != own);
    let mut near: Vec<_> = others
        .filter_map(|it| {
            // A name is better compared with names.
            let kind = |domain: &str| {
                super::request::ip(domain).is_some() == super::request::ip(authority).is_some()
            };
            let domains = it.domains().map(|domain| (kind(&domain), alike(&domain, authority), domain));
            domains
                .max_by_key(|(same, score, _)| (*same, *score))
                .map(|(_, score, domain)| (score, domain, it))
        })
        .collect();
    near.order_by_key(|(score, ..)| std::cmp::Reverse(*score));
    for (_, domain, host) in near.into_iter().take(MOST) {
        let why = Why::Differs(What::Authority, domain.into_owned(), authority.to_owned());
        out.push(considered(host.name().into_owned(), false, why, Some(host.0)));
    }
    out
}

/// How much two hosts have in common: signs at the start and at the end.
fn alike(domain: &str, authority: &str) -> usize {
    let (domain, authority) = (domain.to_ascii_lowercase(), authority.to_ascii_lowercase());
    let front = domain.bytes().zip(authority.bytes()).take_while(|(one, other)| one == other).count();
    let back =
        domain.bytes().rev().zip(authority.bytes().rev()).take_while(|(one, other)| one == other).count();
    2 * front + back
}
