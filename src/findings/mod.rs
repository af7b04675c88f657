#![doc = include_str!("README.md")]

mod ambient;
mod captured;
mod certs;
pub mod checks;
mod clusters;
mod conflicts;
mod egress;
mod finding;
mod found;
mod hosts;
mod limits;
mod listeners;
mod local;
mod mesh;
mod policy;
mod routes;
mod routing;
mod scaffolding;
mod secrets;
mod site;
mod suppress;
#[cfg(test)]
mod tests;
pub mod texts;
mod tls;
mod tokens;
mod traffic;
mod xds;

pub use checks::Family;
pub use finding::{Certainty, Evidence, Finding, Need, Response, Severity, Subject};
pub use suppress::Suppression;

use crate::capture::{Capture, DocumentId, Proxy, ProxyId};
use crate::envoy::{Kind, ResourceId};
use crate::instant::Instant;
use found::Found;
use mesh::Mesh;
use site::{Cx, Site};
use traffic::Traffic;

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// Errors first; what was not judged last.
    pub findings: Vec<Finding>,
    /// Checks with more findings than are listed, and how many more.
    pub left_out: Vec<(&'static str, u32)>,
}

/// All checks of a capture under way, in slices: it borrows nothing between two of them.
#[derive(Debug, Default)]
pub struct Run {
    now: Option<Instant>,
    phase: Phase,
    mesh: Mesh,
    found: Found,
    traffic: Traffic,
    /// What is judged: proxies, and the dumps of theirs.
    sites: Vec<(ProxyId, DocumentId)>,
}

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Pages,
    /// The next proxy to collect.
    Collect(u32),
    /// The next dump, and the next resource of it.
    Judge(usize, u32),
    /// The next proxy beside what control planes say of it.
    Beside(u32),
    Together,
    Done,
}

impl Run {
    /// All checks. `now`: when certificates have to be valid; the capture's own time where none is told.
    pub fn new(capture: &Capture, now: Option<Instant>) -> Run {
        Run { now: now.or_else(|| capture.captured()), ..Run::default() }
    }

    /// All checks at once.
    pub fn whole(capture: &Capture, now: Option<Instant>) -> Report {
        let mut run = Run::new(capture, now);
        while run.step(capture) {}
        run.finish()
    }

    /// Does a little more: a resource, or what one proxy's collection takes. Whether there is more to do. The capture
    /// must be the one that the run was begun with.
    pub fn step(&mut self, capture: &Capture) -> bool {
        match self.phase {
            Phase::Pages => {
                self.mesh.pages(capture);
                self.phase = Phase::Collect(0);
            }
            Phase::Collect(next) => {
                if capture.proxy(ProxyId(next)).is_some() {
                    self.mesh.collect(capture, ProxyId(next));
                    self.phase = Phase::Collect(next + 1);
                } else {
                    self.sites = sites(capture);
                    self.phase = Phase::Judge(0, 0);
                }
            }
            Phase::Judge(site, resource) => self.judge(capture, site, resource),
            Phase::Beside(next) => {
                let id = ProxyId(next);
                if let Some(proxy) = capture.proxy(id) {
                    let site = proxy.dump.and_then(|it| Site::of(capture, id, it));
                    xds::proxy(capture, &self.mesh, id, site.as_ref(), &mut self.found);
                    xds::planned(capture, &self.mesh, id, &mut self.found);
                    certs::held(capture, id, self.now, &mut self.found);
                    self.phase = Phase::Beside(next + 1);
                } else {
                    self.phase = Phase::Together;
                }
            }
            Phase::Together => {
                self.together(capture);
                self.phase = Phase::Done;
            }
            Phase::Done => return false,
        }
        true
    }

    /// What was found, when all is done.
    pub fn finish(mut self) -> Report {
        let findings = self.found.finish();
        Report { findings, left_out: self.found.left_out.into_iter().collect() }
    }

    fn judge(&mut self, capture: &Capture, index: usize, resource: u32) {
        let Some((id, document)) = self.sites.get(index).copied() else {
            self.phase = Phase::Beside(0);
            return;
        };
        let Some(site) = Site::of(capture, id, document) else {
            self.phase = Phase::Judge(index + 1, 0);
            return;
        };
        let mut cx = Cx {
            site: &site,
            mesh: &self.mesh,
            traffic: &mut self.traffic,
            found: &mut self.found,
            now: self.now,
        };
        let at = ResourceId(resource);
        let here = site.dump.get(at).map(|it| it.kind);
        let before = resource.checked_sub(1).and_then(|it| site.dump.get(ResourceId(it))).map(|it| it.kind);
        // Between the clusters and the secrets all that asks for a secret was read.
        let behind_clusters = |it: Option<Kind>| it.is_none_or(|it| it > Kind::Cluster);
        if behind_clusters(here) && before.is_none_or(|it| it <= Kind::Cluster) && !site.planned {
            secrets::missing(&mut cx);
            routing::warming(&mut cx);
            xds::no_listeners(&mut cx);
            egress::size(&mut cx);
        }
        let Some(kind) = here else {
            self.traffic = Traffic::default();
            self.phase = Phase::Judge(index + 1, 0);
            return;
        };
        one(&mut cx, at, kind);
        self.phase = Phase::Judge(index, resource + 1);
    }

    fn together(&mut self, capture: &Capture) {
        let (mesh, found) = (&self.mesh, &mut self.found);
        xds::stumbles(mesh, found);
        xds::workloads(found);
        xds::versions(mesh, found);
        tls::roots(mesh, found);
        egress::hidden(capture, mesh, found);
        egress::http_rules_on_tcp(capture, mesh, found);
        local::localhost_only(capture, mesh, found);
        ambient::ztunnels(capture, self.now, found);
        captured::documents(capture, found);
        captured::together(capture, found);
    }
}

/// One resource.
fn one(cx: &mut Cx<'_, '_>, id: ResourceId, kind: Kind) {
    let site = *cx.site;
    let Some(resource) = site.dump.get(id) else { return };
    if !matches!(kind, Kind::Listener | Kind::Route | Kind::Cluster | Kind::Secret) {
        return;
    }
    if kind == Kind::Listener
        && resource.state == crate::envoy::State::Error
        && resource.body_span().is_none()
    {
        return;
    }
    let Ok(tree) = resource.body(site.bytes) else {
        captured::unreadable(&site, id, cx.found);
        return;
    };
    match kind {
        Kind::Listener => listeners::listener(cx, id, tree.root()),
        Kind::Route => routes::route(cx, id, tree.root()),
        Kind::Cluster => clusters::cluster(cx, id, tree.root()),
        _ => secrets::secret(cx, id, tree.root()),
    }
}

/// The dumps to judge: of each proxy its Envoy's newest, and its control plane's.
fn sites(capture: &Capture) -> Vec<(ProxyId, DocumentId)> {
    let mut found = Vec::new();
    for (id, proxy) in capture.proxies() {
        found.extend(proxy.dump.map(|it| (id, it)));
        let planned = proxy.documents.iter().filter(|it| {
            capture
                .document(**it)
                .is_some_and(|it| it.kind == crate::intake::Kind::IstiodConfigDump && it.why.is_none())
        });
        found.extend(planned.max().map(|it| (id, *it)));
    }
    found
}

/// `POD.NAMESPACE`; the node id of an Envoy that Istio does not run.
pub fn proxy_name(of: &Proxy) -> String {
    match of.identity.namespace.as_str() {
        "" => of.identity.name().to_owned(),
        namespace => format!("{}.{namespace}", of.identity.name()),
    }
}

fn namespace(capture: &Capture, id: ProxyId) -> String {
    capture.proxy(id).map(|it| it.identity.namespace.clone()).unwrap_or_default()
}
