//! `istioctl proxy-config route` (istioctl/pkg/writer/envoy/configdump/route.go).

use super::output::{self, Format};
use super::route_text::{domains, management, path};
use super::sort::sort_slice;
use super::text::TextTable;
use super::{Dump, Lack, Listing, SHOWN};
use crate::envoy::{
    Action, ClusterSpecifier, Kind, Resource, ResourceId, Route, RouteConfiguration, VirtualHost,
};

/// A route configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRow {
    /// The resource.
    pub resource: ResourceId,
    /// Its name; routes that a listener brings along have none.
    pub name: String,
    /// Its virtual hosts.
    pub hosts: Vec<HostRow>,
}

/// A virtual host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRow {
    /// Its name.
    pub name: String,
    /// Its domains, shortened.
    pub domains: String,
    /// Its routes: those to PassthroughCluster are left out, and one that says 404 stands for none at all.
    pub routes: Vec<MatchRow>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchRow {
    /// What it wants of the path.
    pub matches: String,
    /// `name.namespace` of the VirtualService; empty without one.
    pub virtual_service: String,
}

/// The route configurations of a dump, those named by a number sorted by it. `name`: only those of this name, all
/// where empty.
///
/// # Errors
/// Where the dump has none.
pub fn rows(dump: Dump<'_>, name: &str) -> Result<Listing<RouteRow>, Lack> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource) in sorted(dump, name)? {
        match resource.body(dump.bytes) {
            Ok(tree) => listing.rows.push(row(id, RouteConfiguration(tree.root()))),
            Err(fault) => listing.unread.push(dump.unread((id, resource), fault)),
        }
    }
    Ok(listing)
}

fn sorted<'a>(dump: Dump<'a>, name: &str) -> Result<Vec<(ResourceId, &'a Resource)>, Lack> {
    let found = dump.required(Kind::Route, &SHOWN, "RoutesConfigDump", "routes")?;
    let numbered = found.into_iter().map(|it| (it.1.name(dump.bytes).parse::<i64>().ok(), it));
    let mut found: Vec<_> = numbered.collect();
    // No order: a name that is no number is neither less nor greater than any other.
    sort_slice(&mut found, |one, other| matches!((one.0, other.0), (Some(one), Some(other)) if one < other));
    let found = found.into_iter().map(|(_, it)| it);
    Ok(found.filter(|(_, it)| name.is_empty() || it.name(dump.bytes) == name).collect())
}

fn row(resource: ResourceId, of: RouteConfiguration<'_>) -> RouteRow {
    let hosts = of.virtual_hosts().map(|host| HostRow {
        name: host.name().into_owned(),
        domains: domains(host),
        routes: routes(host),
    });
    RouteRow { resource, name: of.name().into_owned(), hosts: hosts.collect() }
}

fn routes(host: VirtualHost<'_>) -> Vec<MatchRow> {
    if host.routes().next().is_none() {
        return vec![MatchRow { matches: "/*".to_owned(), virtual_service: "404".to_owned() }];
    }
    let shown = host.routes().filter(|it| !is_passthrough(*it));
    let row = |it: Route<'_>| MatchRow {
        matches: path(it.route_match()),
        virtual_service: management(it.owner().as_ref()),
    };
    shown.map(row).collect()
}

fn is_passthrough(route: Route<'_>) -> bool {
    let Some(Action::Route(action)) = route.action() else { return false };
    matches!(action.cluster_specifier(), Some(ClusterSpecifier::Cluster(name)) if name == "PassthroughCluster")
}

/// The table as istioctl prints it: a row a route, or a row a route configuration where not `verbose`. `named`: as a
/// part of `proxy-config all`.
pub fn text(rows: &[RouteRow], verbose: bool, named: bool) -> String {
    let titles: &[&str] = if verbose {
        &["NAME", "VHOST NAME", "DOMAINS", "MATCH", "VIRTUAL SERVICE"]
    } else {
        &["NAME", "VIRTUAL HOSTS"]
    };
    let mut table = TextTable::new(5, titles);
    for row in rows {
        let name = if named { format!("route/{}", row.name) } else { row.name.clone() };
        if !verbose {
            table.row([name, row.hosts.len().to_string()]);
            continue;
        }
        for host in &row.hosts {
            for route in &host.routes {
                table.row([
                    name.clone(),
                    host.name.clone(),
                    host.domains.clone(),
                    route.matches.clone(),
                    route.virtual_service.clone(),
                ]);
            }
        }
    }
    table.to_string()
}

/// The route configurations themselves.
///
/// # Errors
/// Where the dump has none.
pub fn print(dump: Dump<'_>, name: &str, format: Format) -> Result<Listing<String>, Lack> {
    Ok(output::resources(dump, sorted(dump, name)?.into_iter(), format))
}
