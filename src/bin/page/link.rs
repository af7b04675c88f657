//! The page's links: `#/<mark>/p/3/routes/of/2.45/at/2.45.1033`. Positions, never names, for a link is copied into
//! chats and tickets. The mark says of which capture they are, so that none is guessed at.

use std::fmt;

use xdscope::engine::protocol::{
    Capture, DocumentId, GraphFocus, ProxyId, ResourceRef, Subject, TableKind, Target,
};

/// What the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The capture.
    Home,
    /// What is wrong; with one proxy alone.
    Findings(Option<ProxyId>),
    /// One of a proxy's, open in their list; by its place.
    Finding(ProxyId, u32),
    /// The graph of all proxies.
    Mesh,
    /// What was not read.
    NotRead,
    /// A control plane, by its place in the capture.
    ControlPlane(u32),
    /// A document, raw.
    Document(DocumentId),
    /// A document, raw, at a byte of it.
    Within(DocumentId, u32),
    /// A resource, wherever it stands, and which part of it (a byte of its document): the engine knows, and the page
    /// goes on to there.
    Resource(ResourceRef, Option<u32>),
    /// A proxy.
    Proxy(ProxyId, View),
    /// Two proxies beside each other, or the proxies of two captures.
    Compare(CompareView),
    /// A copy that can be sent.
    Share,
}

/// What is beside what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompareView {
    /// The mark of the second capture, where the right side is of that.
    pub second: Option<u32>,
    /// The two proxies; all without.
    pub pair: Option<(ProxyId, ProxyId)>,
    /// The resource that is open, by its place in the comparison.
    pub open: Option<u32>,
}

/// A tab of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Overview,
    Table(TableView),
    /// The graph, and around what.
    Graph(Option<GraphFocus>),
    /// A request's way; what it is taken from, where that is said.
    Trace(Option<Asked>),
    /// What its control plane holds, beside what it has.
    Sync(SyncView),
    /// A document of its; the first unless said.
    Raw(Option<DocumentId>),
}

/// What a request to trace is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A part of a resource takes it.
    Part(ResourceRef, Option<u32>),
    /// It stands in an access log: in which document, on which line of it, from 0.
    Line(DocumentId, u32),
}

/// What a control plane holds and what an Envoy has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncView {
    /// Which of the control planes that have a dump of the proxy.
    pub replica: u32,
    /// The resource that is open, by its place in the comparison.
    pub open: Option<u32>,
}

/// A table, and what of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableView {
    pub table: TableKind,
    /// The rows of this resource only.
    pub only: Option<ResourceRef>,
    /// What has its detail open, and which part of it.
    pub open: Option<(Subject, Option<u32>)>,
}

impl TableView {
    pub fn whole(table: TableKind) -> Self {
        TableView { table, only: None, open: None }
    }

    /// A resource in its table.
    pub fn of(table: TableKind, resource: ResourceRef) -> Self {
        TableView { table, only: Some(resource), open: Some((Subject::Resource(resource), None)) }
    }
}

/// The name of a table in links and test ids.
pub fn slug(table: TableKind) -> &'static str {
    match table {
        TableKind::Listeners => "listeners",
        TableKind::Routes => "routes",
        TableKind::Clusters => "clusters",
        TableKind::Endpoints => "endpoints",
        TableKind::Secrets => "secrets",
        TableKind::Rbac => "rbac",
        TableKind::Jwt => "jwt",
        TableKind::Filters => "filters",
        TableKind::Ecds => "ecds",
        TableKind::Telemetry => "telemetry",
        TableKind::Bootstrap => "bootstrap",
        TableKind::Workloads => "workloads",
        TableKind::Services => "services",
        TableKind::ZtunnelPolicies => "policies",
        TableKind::ZtunnelCertificates => "certificates",
        TableKind::Connections => "connections",
    }
}

impl From<Target> for Place {
    fn from(target: Target) -> Self {
        match target {
            Target::Proxy(proxy) => Place::Proxy(proxy, View::Overview),
            Target::Resource(resource) => Place::Resource(resource, None),
            Target::Document(document) => Place::Document(document),
            Target::Place(document, at) => Place::Within(document, at),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Home => Ok(()),
            Place::Findings(None) => f.write_str("/findings"),
            Place::Findings(Some(proxy)) => write!(f, "/findings/{}", proxy.0),
            Place::Finding(proxy, at) => write!(f, "/findings/{}/at/{at}", proxy.0),
            Place::Mesh => f.write_str("/mesh"),
            Place::NotRead => f.write_str("/not-read"),
            Place::Share => f.write_str("/share"),
            Place::ControlPlane(at) => write!(f, "/c/{at}"),
            Place::Document(document) => write!(f, "/d/{}", document.0),
            Place::Within(document, at) => write!(f, "/d/{}.{at}", document.0),
            Place::Resource(resource, at) => write!(f, "/r/{}", part(*resource, *at)),
            Place::Compare(view) => {
                match view.second {
                    Some(mark) => write!(f, "/x/{mark:06x}")?,
                    None => f.write_str("/x/-")?,
                }
                if let Some((left, right)) = view.pair {
                    write!(f, "/{}.{}", left.0, right.0)?;
                }
                view.open.map_or(Ok(()), |at| write!(f, "/at/{at}"))
            }
            Place::Proxy(proxy, view) => {
                write!(f, "/p/{}", proxy.0)?;
                match view {
                    View::Overview => Ok(()),
                    View::Graph(None) => f.write_str("/graph"),
                    View::Graph(Some(GraphFocus { resource, at })) => {
                        write!(f, "/graph/at/{}", part(*resource, *at))
                    }
                    View::Trace(None) => f.write_str("/trace"),
                    View::Trace(Some(Asked::Part(resource, at))) => {
                        write!(f, "/trace/of/{}", part(*resource, *at))
                    }
                    View::Trace(Some(Asked::Line(document, line))) => {
                        write!(f, "/trace/line/{}.{line}", document.0)
                    }
                    View::Sync(view) => {
                        f.write_str("/sync")?;
                        if view.replica > 0 {
                            write!(f, "/of/{}", view.replica)?;
                        }
                        view.open.map_or(Ok(()), |at| write!(f, "/at/{at}"))
                    }
                    View::Raw(None) => f.write_str("/raw"),
                    View::Raw(Some(document)) => write!(f, "/raw/{}", document.0),
                    View::Table(view) => {
                        write!(f, "/{}", slug(view.table))?;
                        if let Some(only) = view.only {
                            write!(f, "/of/{}", part(only, None))?;
                        }
                        let Some((of, at)) = view.open else { return Ok(()) };
                        match of {
                            Subject::Resource(resource) => write!(f, "/at/{}", part(resource, None))?,
                            Subject::Document(document) => write!(f, "/in/{}", document.0)?,
                        }
                        at.map_or(Ok(()), |at| write!(f, ".{at}"))
                    }
                }
            }
        }
    }
}

/// `2.45`, and `2.45.1033` for the part of it that begins at that byte.
fn part(resource: ResourceRef, at: Option<u32>) -> String {
    let at = at.map(|at| format!(".{at}")).unwrap_or_default();
    format!("{}.{}{at}", resource.document.0, resource.resource.0)
}

/// The address of a place in the capture with that mark.
pub fn address(mark: u32, place: Place) -> String {
    format!("#/{mark:06x}{place}")
}

/// Reads an address: the mark, and the place where it can be read.
pub fn parse(hash: &str) -> Option<(u32, Place)> {
    let mut steps = hash.strip_prefix("#/")?.split('/');
    let mark = u32::from_str_radix(steps.next()?, 16).ok()?;
    let place = match steps.next() {
        None | Some("") => Place::Home,
        Some("findings") => match (steps.next(), steps.next()) {
            (None, _) => Place::Findings(None),
            (Some(proxy), None) => Place::Findings(Some(ProxyId(proxy.parse().ok()?))),
            (Some(proxy), Some("at")) => {
                Place::Finding(ProxyId(proxy.parse().ok()?), steps.next()?.parse().ok()?)
            }
            _ => return None,
        },
        Some("mesh") => Place::Mesh,
        Some("not-read") => Place::NotRead,
        Some("share") => Place::Share,
        Some("c") => Place::ControlPlane(steps.next()?.parse().ok()?),
        Some("d") => match steps.next()?.split_once('.') {
            Some((document, at)) => Place::Within(DocumentId(document.parse().ok()?), at.parse().ok()?),
            None => Place::Document(DocumentId(hash.rsplit('/').next()?.parse().ok()?)),
        },
        Some("r") => {
            let (resource, at) = resource(steps.next()?)?;
            Place::Resource(resource, at)
        }
        Some("p") => {
            let proxy = ProxyId(steps.next()?.parse().ok()?);
            let view = match steps.next() {
                None => View::Overview,
                Some("graph") => View::Graph(match steps.next() {
                    None => None,
                    Some("at") => {
                        let (resource, at) = resource(steps.next()?)?;
                        Some(GraphFocus { resource, at })
                    }
                    Some(_) => return None,
                }),
                Some("trace") => View::Trace(match steps.next() {
                    None => None,
                    Some("of") => {
                        let (resource, at) = resource(steps.next()?)?;
                        Some(Asked::Part(resource, at))
                    }
                    Some("line") => {
                        let (document, line) = steps.next()?.split_once('.')?;
                        Some(Asked::Line(DocumentId(document.parse().ok()?), line.parse().ok()?))
                    }
                    Some(_) => return None,
                }),
                Some("sync") => {
                    let mut view = SyncView::default();
                    while let Some(step) = steps.next() {
                        match step {
                            "of" => view.replica = steps.next()?.parse().ok()?,
                            "at" => view.open = Some(steps.next()?.parse().ok()?),
                            _ => return None,
                        }
                    }
                    View::Sync(view)
                }
                Some("raw") => View::Raw(match steps.next() {
                    None => None,
                    Some(document) => Some(DocumentId(document.parse().ok()?)),
                }),
                Some(table) => {
                    let table = TableKind::ALL.into_iter().find(|it| slug(*it) == table)?;
                    let mut view = TableView::whole(table);
                    while let Some(step) = steps.next() {
                        match step {
                            "of" => view.only = Some(resource(steps.next()?)?.0),
                            "at" => {
                                let (of, at) = resource(steps.next()?)?;
                                view.open = Some((Subject::Resource(of), at));
                            }
                            "in" => {
                                let step = steps.next()?;
                                let (of, at) =
                                    step.split_once('.').map_or((step, None), |(of, at)| (of, Some(at)));
                                let at = match at {
                                    Some(at) => Some(at.parse().ok()?),
                                    None => None,
                                };
                                view.open = Some((Subject::Document(DocumentId(of.parse().ok()?)), at));
                            }
                            _ => return None,
                        }
                    }
                    View::Table(view)
                }
            };
            Place::Proxy(proxy, view)
        }
        Some("x") => Place::Compare(compared(steps)?),
        Some(_) => return None,
    };
    Some((mark, place))
}

fn compared<'s>(mut steps: impl Iterator<Item = &'s str>) -> Option<CompareView> {
    let second = match steps.next()? {
        "-" => None,
        mark => Some(u32::from_str_radix(mark, 16).ok()?),
    };
    let mut view = CompareView { second, pair: None, open: None };
    while let Some(step) = steps.next() {
        match (step, step.split_once('.')) {
            ("at", _) => view.open = Some(steps.next()?.parse().ok()?),
            (_, Some((left, right))) => {
                view.pair = Some((ProxyId(left.parse().ok()?), ProxyId(right.parse().ok()?)));
            }
            _ => return None,
        }
    }
    Some(view)
}

fn resource(text: &str) -> Option<(ResourceRef, Option<u32>)> {
    let mut numbers = text.split('.').map(|number| number.parse::<u32>().ok());
    let document = DocumentId(numbers.next()??);
    let resource = xdscope::envoy::ResourceId(numbers.next()??);
    let at = match numbers.next() {
        Some(at) => Some(at?),
        None => None,
    };
    Some((ResourceRef { document, resource }, at))
}

/// What tells a capture from another without saying anything of it: 24 bits of FNV-1a over the kinds and sizes of its
/// documents.
pub fn mark_of(capture: &Capture) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = capture.documents.iter().fold(0x811c_9dc5, |hash, document| {
        let hash = document.kind.bytes().fold(hash, step);
        document.bytes.to_le_bytes().into_iter().fold(hash, step)
    });
    hash & 0x00ff_ffff
}
