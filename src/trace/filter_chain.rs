//! Which filter chain of a listener takes a connection
//! (source/common/listener_manager/filter_chain_manager_impl.cc).
//!
//! Envoy narrows level by level and never goes back: once a level's best entry is chosen, only the chains below it are
//! left, and where a later level has none of them, the default filter chain is taken.

use core::net::IpAddr;
use std::borrow::Cow;

use ipnet::IpNet;

use super::address::{loopback, range};
use super::run::{Connection, Flow, Run, considered};
use super::step::{Considered, Miss, Outcome, StepKind, What, Why};
use crate::envoy::{CidrRange, FilterChain, FilterChainMatch, Listener};
use crate::json::Node;

/// A chain in the running, or why it is out of it.
struct Entry<'t> {
    chain: FilterChain<'t>,
    wants: Option<FilterChainMatch<'t>>,
    lost: Option<Why>,
}

/// Chooses the chain; ends with `filter_chain_not_found` where there is none.
pub(super) fn choose<'t>(run: &mut Run<'t, '_>, listener: Listener<'t>) -> Flow<FilterChain<'t>> {
    if let Some(matcher) = listener.filter_chain_matcher() {
        return by_matcher(run, listener, matcher);
    }
    let mut entries: Vec<Entry<'t>> = listener
        .filter_chains()
        .map(|chain| Entry { chain, wants: chain.filter_chain_match(), lost: None })
        .collect();
    narrow(&mut entries, &run.connection);
    let won = entries.iter().find(|it| it.lost.is_none()).map(|it| it.chain);
    let default = listener.default_filter_chain();
    let list = |_: &Run<'t, '_>| {
        let mut out: Vec<Considered> = entries.iter().map(|it| entry(it, won)).collect();
        if let Some(chain) = default {
            let taken = won.is_none();
            let why = if taken { Why::Taken } else { Why::Earlier };
            out.push(considered(name_of(chain), taken, why, Some(chain.0)));
        }
        out
    };
    let place = won.or(default).map_or(listener.0.span(), |it| it.0.span());
    run.step(StepKind::FilterChain, Some(place), true, list);
    if run.telling() {
        let misses = nearly(&entries, &run.connection);
        run.missed(StepKind::FilterChain, misses);
    }
    take(run, won.or(default))
}

fn take<'t>(run: &mut Run<'t, '_>, chain: Option<FilterChain<'t>>) -> Flow<FilterChain<'t>> {
    let Some(chain) = chain else {
        run.verdict.flags = "NR";
        return run.end_with(Outcome::NoFilterChain, "filter_chain_not_found");
    };
    run.verdict.filter_chain = Some(chain.name().into_owned()).filter(|it| !it.is_empty());
    Ok(chain)
}

fn name_of(chain: FilterChain<'_>) -> String {
    chain.name().into_owned()
}

fn entry(it: &Entry<'_>, won: Option<FilterChain<'_>>) -> Considered {
    let is_it = won.is_some_and(|won| won.0.span() == it.chain.0.span());
    let why = match &it.lost {
        Some(why) => why.clone(),
        None if is_it => Why::Taken,
        None => Why::Earlier,
    };
    considered(name_of(it.chain), is_it, why, Some(it.chain.0))
}

fn by_matcher<'t>(run: &mut Run<'t, '_>, listener: Listener<'t>, matcher: Node<'t>) -> Flow<FilterChain<'t>> {
    let result = super::matcher::evaluate(run, matcher, &super::matcher::Inputs::Connection);
    let name = match result {
        super::matcher::Found::Action(action) => {
            let any = action.get("typed_config").unwrap_or(action);
            Some(any.text("value").or_else(|| action.text("name")).unwrap_or_default().into_owned())
        }
        _ => None,
    };
    let certain = !matches!(result, super::matcher::Found::Unknown);
    // A name that no chain has is no chain; only a matcher without any match leaves it to the default chain.
    let found = name.as_deref().and_then(|name| listener.filter_chains().find(|it| it.name() == name));
    let won = if name.is_some() { found } else { listener.default_filter_chain() };
    run.step(StepKind::FilterChain, Some(matcher.span()), certain, |_| {
        let all = listener.all_filter_chains();
        all.map(|chain| {
            let is_it = won.is_some_and(|won| won.0.span() == chain.0.span());
            let why = if is_it {
                Why::Taken
            } else {
                Why::Differs(What::Matcher, name_of(chain), name.clone().unwrap_or_default())
            };
            considered(name_of(chain), is_it, why, Some(chain.0))
        })
        .collect()
    });
    take(run, won)
}

/// A level of the match: which of those still in the running stay.
type Level = fn(&mut [Entry<'_>], &Connection);

/// All levels, in Envoy's order.
const LEVELS: [Level; 9] = [
    destination_port,
    |entries, connection| {
        let local = connection.local.map(|(address, _)| address);
        ranges(entries, local, What::DestinationIp, |it| it.0.list("prefix_ranges").collect());
    },
    |entries, connection| server_name(entries, &connection.server_name),
    |entries, connection| {
        exact(entries, What::TransportProtocol, connection.transport, |it| match it.transport_protocol() {
            empty if empty.is_empty() => vec![],
            some => vec![some],
        });
    },
    |entries, connection| application_protocols(entries, &connection.protocols),
    |entries, connection| {
        ranges(entries, connection.direct_remote, What::DirectSourceIp, |it| {
            it.0.list("direct_source_prefix_ranges").collect()
        });
    },
    source_type,
    |entries, connection| {
        ranges(entries, connection.remote, What::SourceIp, |it| it.0.list("source_prefix_ranges").collect());
    },
    |entries, connection| {
        let port = connection.remote_port.to_string();
        exact(entries, What::SourcePort, &port, |it| {
            it.source_ports().map(|it| Cow::Owned(it.to_string())).collect()
        });
    },
];

fn narrow(entries: &mut [Entry<'_>], connection: &Connection) {
    for level in LEVELS {
        level(entries, connection);
    }
}

/// Chains that lost for one thing alone: judged by itself, without the others, each would be out for just that.
fn nearly(entries: &[Entry<'_>], connection: &Connection) -> Vec<Miss> {
    let mut out = Vec::new();
    for entry in entries.iter().filter(|it| it.lost.is_some()) {
        // A level at a time: what is asked of a chain there does not depend on the levels before it.
        let alone = |level: fn(&mut [Entry<'_>], &Connection)| -> Option<Why> {
            let mut alone = [Entry { chain: entry.chain, wants: entry.wants, lost: None }];
            level(&mut alone, connection);
            let [entry] = alone;
            entry.lost
        };
        let lacks: Vec<Why> = LEVELS.iter().filter_map(|level| alone(*level)).collect();
        if lacks.len() == 1 {
            let place = Some(entry.chain.0.span());
            out.push(Miss { kind: StepKind::FilterChain, name: name_of(entry.chain), lacks, place });
        }
    }
    out
}

/// Those still in the running.
fn left<'e, 't>(entries: &'e mut [Entry<'t>]) -> impl Iterator<Item = &'e mut Entry<'t>> {
    entries.iter_mut().filter(|it| it.lost.is_none())
}

/// A level whose best entry is an equal text, else no wish at all.
fn exact<'t>(
    entries: &mut [Entry<'t>],
    what: What,
    has: &str,
    wish: impl Fn(FilterChainMatch<'t>) -> Vec<Cow<'t, str>>,
) {
    let wishes = |it: &Entry<'t>| it.wants.map(&wish).unwrap_or_default();
    let hit = left(entries).any(|it| wishes(it).iter().any(|want| want == has));
    for it in left(entries) {
        let wants = wishes(it);
        let stays = if hit { wants.iter().any(|want| want == has) } else { wants.is_empty() };
        if !stays {
            it.lost = Some(less(what.clone(), &wants, has));
        }
    }
}

/// Why a chain lost: it wants something else, or wants nothing while another wants just this.
fn less(what: What, wants: &[Cow<'_, str>], has: &str) -> Why {
    let wants = if wants.is_empty() { "any".to_owned() } else { wants.join(", ") };
    Why::Differs(what, wants, has.to_owned())
}

fn destination_port(entries: &mut [Entry<'_>], connection: &Connection) {
    let has = connection.local.map_or(0, |(_, port)| port).to_string();
    exact(entries, What::DestinationPort, &has, |it| {
        it.destination_port().filter(|it| *it != 0).map(|it| Cow::Owned(it.to_string())).into_iter().collect()
    });
}

/// A level whose best entry is the narrowest range around an address. No wish is the range of everything.
fn ranges<'t>(
    entries: &mut [Entry<'t>],
    address: Option<IpAddr>,
    what: What,
    wish: impl Fn(FilterChainMatch<'t>) -> Vec<Node<'t>>,
) {
    let list = |it: &Entry<'t>| -> Vec<Node<'t>> { it.wants.map(&wish).unwrap_or_default() };
    if !left(entries).any(|it| !list(it).is_empty()) {
        return;
    }
    let nets = |it: &Entry<'t>| -> Vec<IpNet> {
        list(it)
            .into_iter()
            .filter_map(|it| range(CidrRange(it)))
            .filter(|net| address.is_some_and(|a| net.contains(&a)))
            .collect()
    };
    let best = left(entries).flat_map(|it| nets(it)).max_by_key(IpNet::prefix_len);
    let has = address.map_or_else(String::new, |it| it.to_string());
    for it in left(entries) {
        let stays = match best {
            Some(best) => nets(it).contains(&best) || best.prefix_len() == 0 && list(it).is_empty(),
            None => list(it).is_empty(),
        };
        if !stays {
            let wants: Vec<Cow<'_, str>> =
                list(it).into_iter().map(|it| Cow::Owned(CidrRange(it).to_string())).collect();
            it.lost = Some(less(what.clone(), &wants, &has));
        }
    }
}

/// The exact name, else the longest wildcard, else no wish.
fn server_name(entries: &mut [Entry<'_>], name: &str) {
    let wishes = |it: &Entry<'_>| -> Vec<String> {
        let names = it.wants.into_iter().flat_map(FilterChainMatch::server_names);
        // `*.example.com` is kept as `.example.com`.
        names.map(|it| it.strip_prefix('*').unwrap_or(&it).to_ascii_lowercase()).collect()
    };
    let mut keys: Vec<&str> = vec![name];
    let mut at = 1;
    while let Some(dot) = name.get(at..).and_then(|rest| rest.find('.')).map(|it| it + at) {
        if dot + 1 >= name.len() {
            break;
        }
        keys.push(&name[dot..]);
        at = dot + 1;
    }
    keys.retain(|key| !key.is_empty());
    let hit = keys.iter().find(|key| left(entries).any(|it| wishes(it).iter().any(|want| want == *key)));
    for it in left(entries) {
        let wants = wishes(it);
        let stays = match hit {
            Some(key) => wants.iter().any(|want| want == key),
            None => wants.is_empty(),
        };
        if !stays {
            let wants: Vec<Cow<'_, str>> =
                it.wants.into_iter().flat_map(FilterChainMatch::server_names).collect();
            it.lost = Some(less(What::ServerName, &wants, name));
        }
    }
}

/// The first of the client's protocols that any chain wants, else no wish.
fn application_protocols(entries: &mut [Entry<'_>], has: &[String]) {
    let wants = |it: &Entry<'_>, protocol: &str| {
        it.wants.is_some_and(|it| it.application_protocols().any(|want| want == protocol))
    };
    let hit = has.iter().find(|protocol| left(entries).any(|it| wants(it, protocol)));
    for it in left(entries) {
        let stays = match hit {
            Some(protocol) => wants(it, protocol),
            None => it.wants.is_none_or(|it| it.application_protocols().next().is_none()),
        };
        if !stays {
            let wants: Vec<Cow<'_, str>> =
                it.wants.into_iter().flat_map(FilterChainMatch::application_protocols).collect();
            it.lost = Some(less(What::ApplicationProtocols, &wants, &has.join(", ")));
        }
    }
}

/// From this machine or this address, else from outside, else any.
fn source_type(entries: &mut [Entry<'_>], connection: &Connection) {
    let own = connection.local.map(|(address, _)| address);
    let local = connection.remote.is_some_and(|it| loopback(it) || Some(it) == own);
    let has = if local { "SAME_IP_OR_LOOPBACK" } else { "EXTERNAL" };
    exact(entries, What::SourceType, has, |it| match it.source_type() {
        any if any == "ANY" => vec![],
        some => vec![some],
    });
}
