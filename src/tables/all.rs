//! `istioctl proxy-config all` (istioctl/pkg/writer/envoy/configdump/configdump.go, `PrintFullSummary`).

use super::cluster::{self, ClusterFilter};
use super::endpoint::EndpointFilter;
use super::listener::{self, ListenerFilter};
use super::{Dump, Lack, Listing, Trouble, Unread, bootstrap, eds, route, secret};
use crate::instant::Instant;
use crate::json::Fault;

/// Which rows of which tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllFilter {
    /// Of clusters.
    pub cluster: ClusterFilter,
    /// Of listeners.
    pub listener: ListenerFilter,
    /// Of routes: the route configuration's name.
    pub route: String,
    /// Of endpoints.
    pub endpoint: EndpointFilter,
    /// A row for each filter chain and route, not only for each listener and route configuration.
    pub verbose: bool,
    /// A title above each table.
    pub with_headers: bool,
}

/// All tables.
#[derive(Clone, Debug, Default)]
pub struct All {
    /// As istioctl prints them. It stops at the first one that is not there; here the others follow.
    pub text: String,
    /// Resources without a row.
    pub unread: Vec<Unread>,
    /// Why tables are not there.
    pub lacks: Vec<Lack>,
    /// Where the bootstrap stopped being JSON.
    pub fault: Option<Fault>,
}

/// All tables of a dump.
pub fn text(dump: Dump<'_>, filter: &AllFilter, now: Instant) -> All {
    let mut all = All::default();
    let verbose = filter.verbose;
    let title = |all: &mut All, title: &str| {
        if !all.text.is_empty() {
            all.text.push('\n');
        }
        if filter.with_headers {
            all.text.push_str(&format!("------ {title} ------\n\n"));
        }
    };
    title(&mut all, "BOOTSTRAP INFO");
    match bootstrap::text(dump) {
        Ok(text) => all.text.push_str(&text),
        Err(Trouble::Lack(lack)) => all.lacks.push(lack),
        Err(Trouble::Fault(fault)) => all.fault = Some(fault),
    }
    title(&mut all, "CLUSTER INFO");
    all.add(cluster::rows(dump, &filter.cluster), |rows| cluster::text(rows, true));
    title(&mut all, "LISTENER INFO");
    all.add(listener::rows(dump, &filter.listener), |rows| listener::text(rows, verbose, true));
    title(&mut all, "ROUTE INFO");
    all.add(route::rows(dump, &filter.route), |rows| route::text(rows, verbose, true));
    title(&mut all, "SECRET INFO");
    all.add(secret::rows(dump, now), |rows| secret::text(rows, true));
    title(&mut all, "ENDPOINTS INFO");
    all.add(Ok(eds::rows(dump, &filter.endpoint)), |rows| eds::text(rows, true));
    all
}

impl All {
    fn add<R>(&mut self, table: Result<Listing<R>, Lack>, text: impl FnOnce(&[R]) -> String) {
        match table {
            Ok(listing) => {
                self.text.push_str(&text(&listing.rows));
                self.unread.extend(listing.unread);
            }
            Err(lack) => self.lacks.push(lack),
        }
    }
}
