//! The index of a config dump: which resources it holds, in which state, and where in its bytes.

use std::borrow::Cow;

use crate::instant::Instant;
use crate::json::{End, EntryId, Fault, Outline, Span, Tree, pluck, pluck_text, seek, unescape};
use crate::order::InOrder;

/// A resource of a dump, by its place in [`ConfigDump::resources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ResourceId(pub u32);

/// What a resource is, in the order in which a request meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `envoy.config.bootstrap.v3.Bootstrap`
    Bootstrap,
    /// `envoy.config.listener.v3.Listener`
    Listener,
    /// `envoy.config.route.v3.RouteConfiguration`
    Route,
    /// `envoy.config.route.v3.ScopedRouteConfiguration`
    ScopedRoute,
    /// `envoy.config.cluster.v3.Cluster`
    Cluster,
    /// `envoy.config.endpoint.v3.ClusterLoadAssignment`
    Endpoint,
    /// `envoy.extensions.transport_sockets.tls.v3.Secret`
    Secret,
    /// `envoy.config.core.v3.TypedExtensionConfig` (ECDS)
    Extension,
}

/// In which state Envoy holds a resource (envoy/admin/v3/config_dump_shared.proto).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// From the bootstrap.
    Static,
    /// From the control plane, in use.
    Active,
    /// From the control plane, not yet in use.
    Warming,
    /// Of a listener: on its way out.
    Draining,
    /// Of a listener: what Envoy refused.
    Error,
}

/// One resource of a dump.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Its state.
    pub state: State,
    /// Its name's bytes, escapes not resolved; empty where it has none.
    pub(super) name: Span,
    /// What the dump wraps it in: version, time, error.
    pub wrapper: Span,
    /// Where its own message begins; it ends at most where the wrapper ends. `None` for an error without a message.
    pub(super) body: Option<u32>,
    /// Whether the dump goes on after it: the last resource of a truncated dump is not whole.
    pub whole: bool,
}

/// A part of a dump that is not understood, kept raw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its bytes.
    pub span: Span,
    /// Its type's bytes; empty where it has none.
    pub(super) type_url: Span,
}

/// The index of a dump. Small beside the dump: some forty bytes a resource; names and messages stay in the bytes.
#[derive(Debug, Default)]
pub struct ConfigDump {
    pub(super) resources: Vec<Resource>,
    /// Sections that it stands for without having them.
    pub(super) stands_for: &'static [&'static str],
    /// The sections in the dump's order, also those without resources.
    pub sections: Vec<Section>,
}

/// The lists of a dump's sections: what they hold, in which state, in which field
/// (envoy/admin/v3/config_dump.proto).
const LISTS: [(&str, Kind, State, &str); 17] = [
    ("static_clusters", Kind::Cluster, State::Static, "cluster"),
    ("dynamic_active_clusters", Kind::Cluster, State::Active, "cluster"),
    ("dynamic_warming_clusters", Kind::Cluster, State::Warming, "cluster"),
    ("static_listeners", Kind::Listener, State::Static, "listener"),
    // Before Envoy 1.12 (envoy/admin/v2alpha/config_dump.proto).
    ("dynamic_active_listeners", Kind::Listener, State::Active, "listener"),
    ("dynamic_warming_listeners", Kind::Listener, State::Warming, "listener"),
    ("dynamic_draining_listeners", Kind::Listener, State::Draining, "listener"),
    ("static_route_configs", Kind::Route, State::Static, "route_config"),
    ("dynamic_route_configs", Kind::Route, State::Active, "route_config"),
    ("inline_scoped_route_configs", Kind::ScopedRoute, State::Static, ""),
    ("dynamic_scoped_route_configs", Kind::ScopedRoute, State::Active, ""),
    ("static_endpoint_configs", Kind::Endpoint, State::Static, "endpoint_config"),
    ("dynamic_endpoint_configs", Kind::Endpoint, State::Active, "endpoint_config"),
    ("static_secrets", Kind::Secret, State::Static, "secret"),
    ("dynamic_active_secrets", Kind::Secret, State::Active, "secret"),
    ("dynamic_warming_secrets", Kind::Secret, State::Warming, "secret"),
    ("ecds_filters", Kind::Extension, State::Active, "ecds_filter"),
];

/// What `?resource=` prints: each resource by itself, told by its type.
const SINGLES: [(&str, Kind, State, &str); 10] = [
    ("StaticCluster", Kind::Cluster, State::Static, "cluster"),
    ("DynamicCluster", Kind::Cluster, State::Active, "cluster"),
    ("StaticListener", Kind::Listener, State::Static, "listener"),
    ("StaticRouteConfig", Kind::Route, State::Static, "route_config"),
    ("DynamicRouteConfig", Kind::Route, State::Active, "route_config"),
    ("StaticEndpointConfig", Kind::Endpoint, State::Static, "endpoint_config"),
    ("DynamicEndpointConfig", Kind::Endpoint, State::Active, "endpoint_config"),
    ("StaticSecret", Kind::Secret, State::Static, "secret"),
    ("DynamicSecret", Kind::Secret, State::Active, "secret"),
    ("EcdsFilterConfig", Kind::Extension, State::Active, "ecds_filter"),
];

/// The states of a dynamic listener, and where each holds its message.
const LISTENER_STATES: [(&str, State, &str); 4] = [
    ("active_state", State::Active, "listener"),
    ("warming_state", State::Warming, "listener"),
    ("draining_state", State::Draining, "listener"),
    ("error_state", State::Error, "failed_configuration"),
];

impl ConfigDump {
    /// Indexes a dump: the whole of `/config_dump`, what `?resource=` or `?mask=` leave of it, one section by itself,
    /// or a bare array of them. Parts that are not understood stay in [`ConfigDump::sections`].
    pub fn read(bytes: &[u8], outline: &Outline) -> ConfigDump {
        let mut dump = ConfigDump::default();
        let Some(root) = outline.root() else { return dump };
        let sections: Vec<EntryId> = match outline.get(bytes, root, "configs") {
            Some(configs) => outline.children(configs).collect(),
            None if bytes.get(outline.entry(root).value.start as usize) == Some(&b'[') => {
                outline.children(root).collect()
            }
            None => vec![root],
        };
        let cut = if matches!(outline.end, End::Complete(_)) { u32::MAX } else { stop(outline, root) };
        for section in sections {
            dump.section(bytes, outline, section, cut);
        }
        dump.resources.order_by_key(|resource| resource.kind);
        dump
    }

    fn section(&mut self, bytes: &[u8], outline: &Outline, section: EntryId, cut: u32) {
        let span = outline.entry(section).value;
        let type_url = outline.get(bytes, section, "@type").map(|id| outline.entry(id).value);
        let type_url = type_url.map(|it| Span { start: it.start + 1, end: it.end - 1 }).unwrap_or_default();
        self.sections.push(Section { span, type_url });
        let short = last_part(type_url.of(bytes));
        if let Some(&(_, kind, state, field)) = SINGLES.iter().find(|(name, ..)| name.as_bytes() == short) {
            self.push(bytes, span, kind, state, field, cut);
            return;
        }
        if short == b"DynamicListener" {
            self.listener(bytes, span, cut);
            return;
        }
        for list in outline.children(section) {
            let entry = outline.entry(list);
            let key = entry.key.of(bytes);
            if crate::json::same_key(key, "bootstrap") {
                let resource = Resource {
                    kind: Kind::Bootstrap,
                    state: State::Static,
                    name: Span::default(),
                    wrapper: span,
                    body: Some(entry.value.start),
                    whole: entry.value.end < cut,
                };
                self.resources.push(resource);
            } else if crate::json::same_key(key, "dynamic_listeners") {
                for item in outline.children(list) {
                    self.listener(bytes, outline.entry(item).value, cut);
                }
            } else if let Some(&(_, kind, state, field)) =
                LISTS.iter().find(|(name, ..)| crate::json::same_key(key, name))
            {
                for item in outline.children(list) {
                    self.push(bytes, outline.entry(item).value, kind, state, field, cut);
                }
            }
        }
    }

    fn push(&mut self, bytes: &[u8], wrapper: Span, kind: Kind, state: State, field: &str, cut: u32) {
        let body = if field.is_empty() { Some(wrapper.start) } else { seek(bytes, wrapper, &[field]) };
        let name_field = if kind == Kind::Endpoint { "cluster_name" } else { "name" };
        let name = body
            .and_then(|start| pluck_text(bytes, Span { start, end: wrapper.end }, &[name_field]))
            .or_else(|| pluck_text(bytes, wrapper, &["name"]))
            .unwrap_or_default();
        self.resources.push(Resource { kind, state, name, wrapper, body, whole: wrapper.end < cut });
    }

    fn listener(&mut self, bytes: &[u8], wrapper: Span, cut: u32) {
        let name = pluck_text(bytes, wrapper, &["name"]).unwrap_or_default();
        for (key, state, field) in LISTENER_STATES {
            let Some(start) = seek(bytes, wrapper, &[key]) else { continue };
            let inner = Span { start, end: wrapper.end };
            let body = seek(bytes, inner, &[field]);
            let own = body.and_then(|start| pluck_text(bytes, Span { start, end: wrapper.end }, &["name"]));
            let name = if name.is_empty() { own.unwrap_or_default() } else { name };
            let whole = wrapper.end < cut;
            let wrapper = pluck(bytes, wrapper, &[key]).unwrap_or(inner);
            self.resources.push(Resource { kind: Kind::Listener, state, name, wrapper, body, whole });
        }
    }

    /// All resources of a kind, in the dump's order.
    pub fn of(&self, kind: Kind) -> impl DoubleEndedIterator<Item = (ResourceId, &Resource)> {
        let start = self.resources.partition_point(|resource| resource.kind < kind);
        let end = self.resources.partition_point(|resource| resource.kind <= kind);
        let numbered = self.resources[start..end].iter().enumerate();
        numbered.map(move |(index, resource)| (ResourceId(narrow(start + index)), resource))
    }

    /// All resources, sorted by kind, then in the dump's order.
    pub fn all(&self) -> impl Iterator<Item = (ResourceId, &Resource)> {
        self.resources.iter().enumerate().map(|(index, resource)| (ResourceId(narrow(index)), resource))
    }

    /// The resource itself; `None` for an id of another dump.
    pub fn get(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(id.0 as usize)
    }

    /// Whether the dump has a section whose type ends so (`EndpointsConfigDump`). A filtered dump lacks sections; a
    /// dump without `include_eds` lacks the endpoints'.
    pub fn has_section(&self, bytes: &[u8], name: &str) -> bool {
        self.stands_for.contains(&name)
            || self.sections.iter().any(|section| last_part(section.type_url.of(bytes)) == name.as_bytes())
    }

    /// The latest `last_updated` of the dump: when it was taken, or soon before. Linear in the bytes.
    pub fn updated(&self, bytes: &[u8]) -> Option<Instant> {
        ["last_updated\"", "lastUpdated\""].iter().filter_map(|key| latest(bytes, key)).max()
    }
}

/// Where a document that is not whole stopped being read.
pub(super) fn stop(outline: &Outline, root: EntryId) -> u32 {
    match outline.end {
        End::Complete(at) | End::TooMany(at) => at,
        End::Invalid(Fault { at, .. }) => at,
        End::Truncated => outline.entry(root).value.end,
    }
}

fn latest(bytes: &[u8], key: &str) -> Option<Instant> {
    memchr::memmem::find_iter(bytes, key)
        .filter_map(|at| {
            let rest = bytes.get(at + key.len()..)?.get(..48).or(bytes.get(at + key.len()..))?;
            let open = rest.iter().position(|&byte| byte == b'"')?;
            let text = &rest[open + 1..];
            let close = text.iter().position(|&byte| byte == b'"')?;
            Instant::parse(std::str::from_utf8(&text[..close]).ok()?)
        })
        .max()
}

/// What follows the last dot: the message of a type URL.
fn last_part(type_url: &[u8]) -> &[u8] {
    memchr::memrchr(b'.', type_url).map_or(type_url, |dot| &type_url[dot + 1..])
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Section {
    /// Its type, `type.googleapis.com/envoy.admin.v3.ClustersConfigDump`; empty where it has none.
    pub fn type_url<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        unescape(self.type_url.of(bytes))
    }
}

impl Resource {
    /// Its name.
    pub fn name<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        unescape(self.name.of(bytes))
    }

    /// The place of its name: the bytes between the quotes. Empty where it has none.
    pub fn name_span(&self) -> Span {
        self.name
    }

    /// Its message, parsed.
    ///
    /// # Errors
    /// Where it is no JSON, or cut off. A resource without a message (an error that names none) is an error at its
    /// wrapper.
    pub fn body<'b>(&self, bytes: &'b [u8]) -> Result<Tree<'b>, Fault> {
        Tree::parse(bytes, self.message())
    }

    /// Where its message is to be parsed; empty where there is none.
    pub fn message(&self) -> Span {
        Span { start: self.body.unwrap_or(self.wrapper.end), end: self.wrapper.end }
    }

    /// Where its message begins and, at most, ends; for plucking a field without parsing it. `None` without one.
    pub fn body_span(&self) -> Option<Span> {
        self.body.map(|start| Span { start, end: self.wrapper.end })
    }
}

impl Kind {
    /// All kinds, in order.
    pub const ALL: [Kind; 8] = [
        Kind::Bootstrap,
        Kind::Listener,
        Kind::Route,
        Kind::ScopedRoute,
        Kind::Cluster,
        Kind::Endpoint,
        Kind::Secret,
        Kind::Extension,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = r#"{"configs": [
      {"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", "bootstrap": {"node": {"id": "n"}},
       "last_updated": "2026-11-23T14:51:10Z"},
      {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
       "static_clusters": [{"cluster": {"name": "agent"}}],
       "dynamic_active_clusters": [{"version_info": "1", "cluster": {"@type": "C", "name": "a|b"},
          "last_updated": "2026-11-23T14:52:10Z"}],
       "dynamic_warming_clusters": [{"cluster": {"name": "late"}}]},
      {"@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump", "dynamicListeners": [
        {"name": "one", "active_state": {"listener": {"name": "one"}}, "error_state": {"details": "no"}}]},
      {"@type": "type.googleapis.com/acme.Unknown", "x": 1}]}"#;

    fn read(text: &str) -> (ConfigDump, Vec<String>) {
        let dump = ConfigDump::read(text.as_bytes(), &Outline::of(text.as_bytes(), 0));
        let list =
            dump.all().map(|(_, it)| format!("{:?} {:?} {}", it.kind, it.state, it.name(text.as_bytes())));
        let list = list.collect();
        (dump, list)
    }

    const ALL: [&str; 6] = [
        "Bootstrap Static ",
        "Listener Active one",
        "Listener Error one",
        "Cluster Static agent",
        "Cluster Active a|b",
        "Cluster Warming late",
    ];

    #[test]
    fn finds_resources_in_every_state() {
        let (dump, list) = read(DUMP);
        assert_eq!(list, ALL);
        assert_eq!(dump.sections.len(), 4);
        assert!(!dump.has_section(DUMP.as_bytes(), "EndpointsConfigDump"));
        assert_eq!(dump.updated(DUMP.as_bytes()), Instant::parse("2026-11-23T14:52:10Z"));
        let (_, cluster) = dump.of(Kind::Cluster).nth(1).unwrap();
        assert_eq!(cluster.body(DUMP.as_bytes()).unwrap().root().text("name").unwrap(), "a|b");
        let (_, error) = dump.of(Kind::Listener).nth(1).unwrap();
        assert!(error.body(DUMP.as_bytes()).is_err());
    }

    #[test]
    fn a_bare_array_and_one_section_are_dumps_too() {
        let start = DUMP.find('[').unwrap();
        assert_eq!(read(&DUMP[start..DUMP.len() - 1]).1, ALL);
        let (_, list) =
            read(r#"{"@type": "x.ClustersConfigDump", "static_clusters": [{"cluster": {"name": "a"}}]}"#);
        assert_eq!(list, ["Cluster Static a"]);
        let one = r#"{"configs": [{"@type": "t/envoy.admin.v3.ClustersConfigDump.DynamicCluster",
            "cluster": {"name": "a"}}, {"@type": "t/envoy.admin.v3.ListenersConfigDump.DynamicListener",
            "name": "b", "warming_state": {"listener": {}}}]}"#;
        assert_eq!(read(one).1, ["Listener Warming b", "Cluster Active a"]);
    }

    #[test]
    fn a_cut_anywhere_keeps_what_was_whole() {
        for end in 0..DUMP.len() {
            let (dump, list) = read(&DUMP[..end]);
            let whole = dump.all().filter(|(_, it)| it.whole).count();
            assert!(whole <= ALL.len() && list.len() <= ALL.len());
            for (_, resource) in dump.all().filter(|(_, it)| it.whole && it.state != State::Error) {
                assert!(resource.body(&DUMP.as_bytes()[..end]).is_ok(), "cut at {end}: {resource:?}");
            }
        }
        let (dump, _) = read(&DUMP[..DUMP.len() - 1]);
        assert_eq!(dump.all().filter(|(_, it)| it.whole).count(), ALL.len());
    }
}
