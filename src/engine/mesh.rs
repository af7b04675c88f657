//! The mesh's table: filtered, grouped, cut; and what is loudest of it.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::{Part, missing};
use super::protocol::{Mesh as Answer, MeshLine, MeshRow, MeshWindow, Named, Refusal};
use super::{cut, number};
use crate::capture::{Capture, ProxyId};
use crate::envoy::Identity;
use crate::instant::Instant;
use crate::istiod::{Status, types};
use crate::order::InOrder;
use crate::sync::{Mesh, Rejection, Row};

/// How many lines an answer has at most.
const MOST: usize = 120;
/// How many refusals are told by themselves, and how many proxies and resources of each are named.
const TOLD: usize = 5;
/// Values to choose from.
const CHOICES: usize = 500;
/// Bytes of Envoy's words; they may hold a whole configuration.
const WORDS: usize = 4_000;

/// The mesh, read once.
#[derive(Default)]
pub struct Cache {
    mesh: Option<Mesh>,
}

impl Cache {
    fn mesh(&mut self, capture: &Capture) -> &Mesh {
        self.mesh.get_or_insert_with(|| Mesh::of(capture))
    }

    /// A window of the table.
    pub fn window(&mut self, capture: &Capture, window: &MeshWindow) -> Answer {
        let mesh = self.mesh(capture);
        let groups = mesh.grouped(&window.filter, window.by);
        let matched = groups.iter().map(|it| it.1.len()).sum();
        let lines = matched + groups.iter().filter(|it| it.0.is_some()).count();
        let (offset, limit) = (window.offset as usize, (window.limit as usize).min(MOST));
        let all = groups.into_iter().flat_map(|(group, rows)| {
            let rows = rows.into_iter().map(|at| MeshLine::Row {
                at: number(at),
                standing: mesh.rows[at].standing(mesh.known),
                row: quiet(&mesh.rows[at]),
            });
            group.map(MeshLine::Group).into_iter().chain(rows)
        });
        let (refusals, all_refusals) = refusals(mesh);
        let some = |of: fn(&Row) -> &str| -> Vec<String> {
            let values: BTreeSet<&str> = mesh.rows.iter().map(of).filter(|it| !it.is_empty()).collect();
            values.into_iter().take(CHOICES).map(str::to_owned).collect()
        };
        let clusters: BTreeSet<&str> = mesh.rows.iter().map(|it| it.cluster.as_str()).collect();
        Answer {
            known: mesh.known,
            captured: mesh.captured,
            types: columns(&mesh.types),
            counts: mesh.counts(),
            refusals,
            all_refusals,
            counted: some_rows(mesh, |it| {
                it.rejected.iter().any(|it| matches!(it, Rejection::Counter { .. }))
            }),
            cut_off: some_rows(mesh, |it| it.says_connected == Some(false)),
            namespaces: some(|it| &it.namespace),
            versions: some(|it| &it.istio_version),
            istiods: some(|it| &it.istiod),
            clusters: number(clusters.iter().filter(|it| !it.is_empty()).count()),
            total: number(mesh.rows.len()),
            matched: number(matched),
            lines: number(lines),
            offset: window.offset,
            window: all.skip(offset).take(limit).collect(),
            missing: (!mesh.known).then(|| missing(Part::Syncz, &Identity::default())),
        }
    }

    /// A row with all that Envoy said. `None` where there is no such row.
    pub fn row(&mut self, capture: &Capture, at: u32) -> Option<MeshRow> {
        let mut row = self.mesh(capture).rows.get(at as usize)?.clone();
        for it in &mut row.types {
            it.error = cut(it.error.trim_end(), WORDS).to_owned();
        }
        row.rejected.truncate(TOLD);
        for it in &mut row.rejected {
            if let Rejection::Dump { details, .. } = it {
                *details = cut(details.trim_end(), WORDS).to_owned();
            }
        }
        Some(row)
    }

    /// What is known of a proxy by all control planes, and whether anything lists proxies.
    pub fn rows_of(&mut self, capture: &Capture, proxy: ProxyId) -> (bool, Vec<Row>) {
        let mesh = self.mesh(capture);
        let rows = mesh.rows.iter().filter(|it| it.proxy == Some(proxy));
        (mesh.known, rows.cloned().collect())
    }
}

/// A row without Envoy's words.
fn quiet(row: &Row) -> Row {
    let mut row = row.clone();
    row.types.iter_mut().for_each(|it| it.error.clear());
    row.rejected.retain(|it| matches!(it, Rejection::Counter { .. }));
    row.rejected.truncate(TOLD);
    row
}

/// Istio's five types, then what else pages speak of.
fn columns(seen: &[String]) -> Vec<(String, String)> {
    let core = [types::CLUSTER, types::LISTENER, types::ENDPOINT, types::ROUTE, types::EXTENSION];
    let others = seen.iter().map(String::as_str).filter(|it| !core.contains(it));
    core.into_iter().chain(others).map(|it| (it.to_owned(), short(it).to_owned())).collect()
}

/// A type without a name of its own is told by its message's.
fn short(type_url: &str) -> &str {
    let short = types::short(type_url);
    short.rsplit(['/', '.']).next().unwrap_or(short)
}

/// What Envoys refuse, by Envoy's words.
fn refusals(mesh: &Mesh) -> (Vec<Refusal>, u32) {
    let mut by_text: BTreeMap<(&str, &str), Refusal> = BTreeMap::new();
    for (at, row) in mesh.rows.iter().enumerate() {
        for (short, text, since) in refused(row) {
            let refusal = by_text.entry((short, text)).or_insert_with(|| Refusal {
                short: short.to_owned(),
                text: cut(text, WORDS).to_owned(),
                since: None,
                proxies: Vec::new(),
                total: 0,
                resources: Vec::new(),
            });
            refusal.since = refusal.since.into_iter().chain(since).min();
            refusal.total += 1;
            if refusal.proxies.len() < TOLD {
                refusal.proxies.push(named(at, row));
            }
            for it in row.rejected.iter().filter(|_| short == "LDS") {
                if let Rejection::Dump { place, name, .. } = it
                    && refusal.resources.len() < TOLD
                    && refusal.resources.iter().all(|known| known.1 != *name)
                {
                    refusal.resources.push((*place, name.clone()));
                }
            }
        }
    }
    let mut all: Vec<Refusal> = by_text.into_values().collect();
    let count = number(all.len());
    all.order_by_key(|it| std::cmp::Reverse(it.total));
    all.truncate(TOLD);
    (all, count)
}

/// What a row's Envoy refuses: the type, its words, since when.
fn refused(row: &Row) -> Vec<(&str, &str, Option<Instant>)> {
    let errors = row.types.iter().filter(|it| it.status == Status::Error);
    let mut list: Vec<_> = errors.map(|it| (short(&it.type_url), it.error.trim_end(), it.sent)).collect();
    for it in &row.rejected {
        if let Rejection::Dump { details, at, .. } = it {
            // The control plane has told the same already, unless its page has no words.
            match list.iter_mut().find(|it| it.0 == "LDS") {
                Some(told) if told.1.is_empty() => *told = ("LDS", details.trim_end(), *at),
                Some(_) => {}
                None => list.push(("LDS", details.trim_end(), *at)),
            }
        }
    }
    list
}

/// The first proxies of which that is true.
fn some_rows(mesh: &Mesh, is: fn(&Row) -> bool) -> Vec<Named> {
    let rows = mesh.rows.iter().enumerate().filter(|it| is(it.1));
    rows.take(TOLD).map(|(at, row)| named(at, row)).collect()
}

fn named(at: usize, row: &Row) -> Named {
    Named { at: number(at), proxy: row.proxy, name: row.name.clone() }
}
