//! The words of pictures. The page has its own, in its user's language.

use super::{Kind, Node, Note, Why};

/// Says what a picture shows.
pub trait Words {
    /// The heading of a column.
    fn heading(&self, kind: Kind) -> String;
    /// So many of a kind.
    fn many(&self, kind: Kind, count: u32) -> String;
    /// A note; empty for one that needs no words.
    fn note(&self, note: &Note) -> String;
    /// What is wrong, and what it means.
    fn why(&self, why: &Why) -> String;
    /// That so many of those folded are broken.
    fn broken_inside(&self, count: u32) -> String;

    /// What a node is called.
    fn title(&self, node: &Node) -> String {
        if node.folded { self.many(node.kind, node.count) } else { node.title.clone() }
    }

    /// All of it in lines, its own name first: for writers that have room.
    fn text(&self, node: &Node) -> String {
        if node.folded {
            return [self.title(node), self.line(node)].join("\n").trim_end().to_owned();
        }
        let mut lines = vec![node.name.clone()];
        if node.kind == Kind::Listener || node.name.is_empty() {
            lines.push(node.title.clone());
        }
        lines.push(self.line(node));
        lines.retain(|line| !line.is_empty());
        lines.dedup();
        lines.join("\n")
    }

    /// The line below its title: what is wrong, else its notes.
    fn line(&self, node: &Node) -> String {
        self.notes(node).join(" · ")
    }

    /// What is wrong, else the notes, each by itself.
    fn notes(&self, node: &Node) -> Vec<String> {
        if let Some(why) = &node.broken {
            return vec![self.why(why)];
        }
        if node.broken_inside > 0 {
            return vec![self.broken_inside(node.broken_inside)];
        }
        let name = node.notes.contains(&Note::Name).then(|| node.name.clone());
        let notes = node.notes.iter().map(|note| self.note(note));
        name.into_iter().chain(notes).filter(|it| !it.is_empty()).collect()
    }
}

/// The words of the terminal.
pub struct English;

impl Words for English {
    fn heading(&self, kind: Kind) -> String {
        match kind {
            Kind::Listener => "Listener",
            Kind::FilterChain => "Filter chain",
            Kind::RouteConfig => "Route configuration",
            Kind::VirtualHost => "Virtual host",
            Kind::Route => "Route",
            Kind::Cluster => "Cluster",
            Kind::Endpoint => "Endpoint",
            Kind::Service => "Service",
            Kind::Proxy => "Proxy",
        }
        .to_owned()
    }

    fn many(&self, kind: Kind, count: u32) -> String {
        let what = match kind {
            Kind::Listener => "listeners",
            Kind::FilterChain => "filter chains",
            Kind::RouteConfig => "route configs",
            Kind::VirtualHost => "virtual hosts",
            Kind::Route => "routes",
            Kind::Cluster => "clusters",
            Kind::Endpoint => "endpoints",
            Kind::Service => "services",
            Kind::Proxy => "proxies",
        };
        format!("{count} {what}")
    }

    fn note(&self, note: &Note) -> String {
        match note {
            Note::Text(text) => text.clone(),
            Note::Name => String::new(),
            Note::Domains(1) => "1 domain".to_owned(),
            Note::Domains(count) => format!("{count} domains"),
            Note::VirtualHosts(1) => "1 virtual host".to_owned(),
            Note::VirtualHosts(count) => format!("{count} virtual hosts"),
            Note::MutualTls => "mTLS".to_owned(),
            Note::Tls => "TLS".to_owned(),
            Note::Default => "default".to_owned(),
            Note::Draining => "draining".to_owned(),
            Note::Health(health) => health.to_lowercase(),
            Note::Shadowed(by) => format!("never reached: {by} comes first"),
            Note::NotJudged(Kind::Endpoint) => "endpoints not in the dump".to_owned(),
            Note::NotJudged(_) => "section not in the dump".to_owned(),
            Note::ClusterHeader(header) => format!("cluster in header {header}"),
            Note::OriginalDestination => "original destination".to_owned(),
        }
    }

    fn why(&self, why: &Why) -> String {
        let used = |used: bool| if used { "; an older version is in use" } else { "" };
        match why {
            Why::NoSuchCluster => "no such cluster: 503 NC".to_owned(),
            Why::NoSuchRouteConfig => "no such route configuration: 404 NR".to_owned(),
            Why::NoSuchListener => "no such internal listener".to_owned(),
            Why::NoEndpoints => "no endpoints: 503 UH".to_owned(),
            Why::NoHealthyEndpoint => "no healthy endpoint".to_owned(),
            Why::Rejected(details, in_use) => format!("rejected{}: {details}", used(*in_use)),
            Why::Warming(in_use) => format!("warming{}", used(*in_use)),
            Why::SecretMissing(name) => format!("secret {name} is missing"),
            Why::SecretWarming(name) => format!("secret {name} has not arrived"),
            Why::NotRead => "could not be parsed".to_owned(),
        }
    }

    fn broken_inside(&self, count: u32) -> String {
        format!("{count} broken")
    }
}

/// What a node is called in English: it decides how wide its column is, in every language.
pub fn title(node: &Node) -> String {
    English.title(node)
}
