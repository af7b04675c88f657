//! Routes: which request goes where.

use std::borrow::Cow;

use super::{Extension, Owner, RouteMatch, text};
use crate::json::Node;

/// `envoy.config.route.v3.RouteConfiguration`
#[derive(Clone, Copy, Debug)]
pub struct RouteConfiguration<'t>(pub Node<'t>);

impl<'t> RouteConfiguration<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// Its virtual hosts.
    pub fn virtual_hosts(self) -> impl Iterator<Item = VirtualHost<'t>> + use<'t> {
        self.0.list("virtual_hosts").map(VirtualHost)
    }

    /// Where more virtual hosts come from.
    pub fn vhds(self) -> Option<Node<'t>> {
        self.0.get("vhds")
    }
}

/// `envoy.config.route.v3.VirtualHost`
#[derive(Clone, Copy, Debug)]
pub struct VirtualHost<'t>(pub Node<'t>);

impl<'t> VirtualHost<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// The hosts it answers for.
    pub fn domains(self) -> impl Iterator<Item = Cow<'t, str>> + use<'t> {
        self.0.list("domains").filter_map(Node::str)
    }

    /// Its routes: the first that matches is taken.
    pub fn routes(self) -> impl Iterator<Item = Route<'t>> + use<'t> {
        self.0.list("routes").map(Route)
    }

    /// The newer way to choose a route, instead of a list.
    pub fn matcher(self) -> Option<Node<'t>> {
        self.0.get("matcher")
    }
}

/// `envoy.config.route.v3.Route`
#[derive(Clone, Copy, Debug)]
pub struct Route<'t>(pub Node<'t>);

/// What a route does with a request.
#[derive(Clone, Copy, Debug)]
pub enum Action<'t> {
    /// Sends it to a cluster.
    Route(RouteAction<'t>),
    /// Sends the client elsewhere.
    Redirect(Redirect<'t>),
    /// Answers itself.
    DirectResponse(Node<'t>),
    /// Leaves it to the filters.
    FilterAction,
    /// Accepts it as a tunnel's end, for responses only.
    NonForwardingAction,
}

impl<'t> Route<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// What it takes.
    pub fn route_match(self) -> Option<RouteMatch<'t>> {
        self.0.get("match").map(RouteMatch)
    }

    /// What it does; `None` where that is missing or not known here.
    pub fn action(self) -> Option<Action<'t>> {
        let get = |key| self.0.get(key);
        get("route")
            .map(|it| Action::Route(RouteAction(it)))
            .or_else(|| get("redirect").map(|it| Action::Redirect(Redirect(it))))
            .or_else(|| get("direct_response").map(Action::DirectResponse))
            .or_else(|| get("filter_action").map(|_| Action::FilterAction))
            .or_else(|| get("non_forwarding_action").map(|_| Action::NonForwardingAction))
    }

    /// The VirtualService or HTTPRoute it was made of.
    pub fn owner(self) -> Option<Owner<'t>> {
        Owner::of(self.0)
    }

    /// Filters configured for this route, by the filter's name.
    pub fn typed_per_filter_config(self) -> impl Iterator<Item = (Cow<'t, str>, Node<'t>)> + use<'t> {
        let of = self.0.get("typed_per_filter_config").or_else(|| self.0.get("per_filter_config"));
        of.into_iter().flat_map(Node::entries)
    }
}

/// `envoy.config.route.v3.RouteAction`
#[derive(Clone, Copy, Debug)]
pub struct RouteAction<'t>(pub Node<'t>);

/// How a route names its cluster.
#[derive(Clone, Debug)]
pub enum ClusterSpecifier<'t> {
    /// By its name.
    Cluster(Cow<'t, str>),
    /// The value of a request header is its name.
    ClusterHeader(Cow<'t, str>),
    /// One of several.
    Weighted(Vec<WeightedCluster<'t>>),
    /// A plug-in says.
    Plugin(Extension<'t>),
}

/// One of several clusters of a route.
#[derive(Clone, Debug)]
pub struct WeightedCluster<'t> {
    /// Its name; empty where a header has it.
    pub name: Cow<'t, str>,
    /// The header that has its name; else empty.
    pub cluster_header: Cow<'t, str>,
    /// Its share of the sum of weights.
    pub weight: u64,
    /// The whole of it.
    pub node: Node<'t>,
}

impl<'t> RouteAction<'t> {
    /// Where requests go; `None` where it does not say.
    pub fn cluster_specifier(self) -> Option<ClusterSpecifier<'t>> {
        if let Some(name) = self.0.text("cluster") {
            return Some(ClusterSpecifier::Cluster(name));
        }
        if let Some(header) = self.0.text("cluster_header") {
            return Some(ClusterSpecifier::ClusterHeader(header));
        }
        if let Some(weighted) = self.0.get("weighted_clusters") {
            let clusters = weighted.list("clusters").map(|node| WeightedCluster {
                name: text(node, "name"),
                cluster_header: text(node, "cluster_header"),
                weight: node.number("weight").unwrap_or(0),
                node,
            });
            return Some(ClusterSpecifier::Weighted(clusters.collect()));
        }
        let plugin = self.0.get("inline_cluster_specifier_plugin").and_then(|it| it.get("extension"));
        if let Some(extension) = plugin {
            return Some(ClusterSpecifier::Plugin(Extension(extension)));
        }
        self.0.get("cluster_specifier_plugin").map(|_| ClusterSpecifier::Plugin(Extension(self.0)))
    }

    /// The whole request's time limit, as the dump spells it; Envoy's default is 15 s, `0s` is none.
    pub fn timeout(self) -> Option<Cow<'t, str>> {
        self.0.text("timeout")
    }

    /// When and how often it is tried again.
    pub fn retry_policy(self) -> Option<RetryPolicy<'t>> {
        self.0.get("retry_policy").map(RetryPolicy)
    }

    /// What the matched prefix becomes.
    pub fn prefix_rewrite(self) -> Option<Cow<'t, str>> {
        self.0.text("prefix_rewrite").filter(|it| !it.is_empty())
    }

    /// `regex_rewrite`: pattern and substitution.
    pub fn regex_rewrite(self) -> Option<(Cow<'t, str>, Cow<'t, str>)> {
        let rewrite = self.0.get("regex_rewrite")?;
        let pattern = rewrite.get("pattern").map(|it| text(it, "regex")).unwrap_or_default();
        Some((pattern, text(rewrite, "substitution")))
    }

    /// What the host becomes; v2 called it `host_rewrite`.
    pub fn host_rewrite_literal(self) -> Option<Cow<'t, str>> {
        self.0
            .text("host_rewrite_literal")
            .or_else(|| self.0.text("host_rewrite"))
            .filter(|it| !it.is_empty())
    }

    /// Clusters that get a copy of requests: their names and shares in percent, 100 where nothing is said.
    pub fn request_mirror_policies(self) -> impl Iterator<Item = (Cow<'t, str>, f64)> + use<'t> {
        self.0.list("request_mirror_policies").chain(self.0.get("request_mirror_policy")).map(|it| {
            let fraction = it.path(&["runtime_fraction", "default_value"]);
            (text(it, "cluster"), fraction.map_or(100.0, percent))
        })
    }
}

/// A `FractionalPercent` in percent.
pub fn percent(fraction: Node<'_>) -> f64 {
    let numerator = fraction.get("numerator").and_then(Node::f64).unwrap_or(0.0);
    match fraction.text("denominator").as_deref() {
        Some("TEN_THOUSAND") => numerator / 100.0,
        Some("MILLION") => numerator / 10_000.0,
        _ => numerator,
    }
}

/// `envoy.config.route.v3.RetryPolicy`
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy<'t>(pub Node<'t>);

impl<'t> RetryPolicy<'t> {
    /// On what, as a list with commas.
    pub fn retry_on(self) -> Cow<'t, str> {
        text(self.0, "retry_on")
    }

    /// How often; 1 where nothing is said.
    pub fn num_retries(self) -> u64 {
        self.0.number("num_retries").unwrap_or(1)
    }

    /// The time limit of each try.
    pub fn per_try_timeout(self) -> Option<Cow<'t, str>> {
        self.0.text("per_try_timeout")
    }
}

/// `envoy.config.route.v3.RedirectAction`
#[derive(Clone, Copy, Debug)]
pub struct Redirect<'t>(pub Node<'t>);

impl<'t> Redirect<'t> {
    /// The status: 301 where nothing is said.
    pub fn status(self) -> u16 {
        match self.0.text("response_code").as_deref() {
            Some("FOUND") => 302,
            Some("SEE_OTHER") => 303,
            Some("TEMPORARY_REDIRECT") => 307,
            Some("PERMANENT_REDIRECT") => 308,
            _ => 301,
        }
    }

    /// The scheme that replaces the request's.
    pub fn scheme(self) -> Option<Cow<'t, str>> {
        if self.0.flag("https_redirect") {
            return Some(Cow::Borrowed("https"));
        }
        self.0.text("scheme_redirect")
    }

    /// The host that replaces the request's.
    pub fn host(self) -> Option<Cow<'t, str>> {
        self.0.text("host_redirect").filter(|it| !it.is_empty())
    }

    /// The port that replaces the request's.
    pub fn port(self) -> Option<u64> {
        self.0.number("port_redirect").filter(|it| *it != 0)
    }

    /// The path that replaces the request's.
    pub fn path(self) -> Option<Cow<'t, str>> {
        self.0.text("path_redirect").filter(|it| !it.is_empty())
    }

    /// What replaces the matched prefix.
    pub fn prefix_rewrite(self) -> Option<Cow<'t, str>> {
        self.0.text("prefix_rewrite").filter(|it| !it.is_empty())
    }
}
