//! `xdscope proxy-config`: istioctl's tables, from files.

use std::io::Write;
use std::path::PathBuf;

use xdscope::capture::Document;
use xdscope::json::line_column;
use xdscope::tables::all::{self, AllFilter};
use xdscope::tables::cluster::{self, ClusterFilter};
use xdscope::tables::endpoint::{self, EndpointFilter};
use xdscope::tables::listener::{self, ListenerFilter};
use xdscope::tables::output::{self, Format};
use xdscope::tables::{Dump, Lack, Listing, Unread, bootstrap, ecds, eds, route, secret, waypoint};

use crate::choose::{self, CLUSTERS, CONFIG_DUMP};
use crate::fail::Failure;

/// An Envoy's configuration in tables, as istioctl prints them.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    table: Table,
}

#[derive(clap::Subcommand)]
enum Table {
    /// Everything.
    #[command(alias = "a")]
    All(AllArgs),
    /// What the Envoy was started with.
    #[command(alias = "b")]
    Bootstrap(BootstrapArgs),
    /// Clusters.
    #[command(aliases = ["clusters", "c"])]
    Cluster(ClusterArgs),
    /// Extensions that came by ECDS.
    #[command(alias = "ec")]
    Ecds(EcdsArgs),
    /// Endpoints, from a config dump.
    Eds(EndpointArgs),
    /// Endpoints, from a clusters page; from a config dump where there is none.
    #[command(aliases = ["endpoints", "ep"])]
    Endpoint(EndpointArgs),
    /// Listeners.
    #[command(aliases = ["listeners", "l"])]
    Listener(ListenerArgs),
    /// Routes.
    #[command(aliases = ["routes", "r"])]
    Route(RouteArgs),
    /// Certificates.
    #[command(aliases = ["secrets", "s"])]
    Secret(SecretArgs),
}

/// Where to read.
#[derive(clap::Args)]
pub struct Source {
    /// A document, a folder or an archive; `-` for standard input.
    #[arg(short, long, value_name = "PATH")]
    pub file: PathBuf,
    /// Which proxy, where there are several.
    #[arg(long, value_name = "POD[.NAMESPACE]")]
    pub proxy: Option<String>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Output {
    /// A table.
    Short,
    /// The resources as JSON.
    Json,
    /// The resources as YAML.
    Yaml,
}

impl Output {
    fn format(self) -> Option<Format> {
        match self {
            Output::Short => None,
            Output::Json => Some(Format::Json),
            Output::Yaml => Some(Format::Yaml),
        }
    }
}

/// Where to read, and how to print.
#[derive(clap::Args)]
struct Common {
    #[command(flatten)]
    source: Source,
    /// How to print.
    #[arg(short, long, value_enum, default_value = "short")]
    output: Output,
}

#[derive(clap::Args)]
struct ClusterFlags {
    /// Clusters with this in their name.
    #[arg(long, default_value = "")]
    fqdn: String,
    /// Clusters of this direction: inbound, outbound.
    #[arg(long, default_value = "")]
    direction: String,
    /// Clusters with this subset.
    #[arg(long, default_value = "")]
    subset: String,
}

#[derive(clap::Args)]
struct ClusterArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    flags: ClusterFlags,
    /// Clusters of this port.
    #[arg(long, default_value_t = 0)]
    port: u32,
}

#[derive(clap::Args)]
struct ListenerFlags {
    /// Listeners at this address.
    #[arg(long, default_value = "")]
    address: String,
    /// Listeners of this type: HTTP, TCP, HTTP+TCP, UNKNOWN.
    #[arg(long = "type", default_value = "")]
    listener_type: String,
    /// A row for each filter chain and route, not only for each listener and route configuration.
    #[arg(
        long, default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    verbose: bool,
}

#[derive(clap::Args)]
struct ListenerArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    flags: ListenerFlags,
    /// Listeners of this port.
    #[arg(long, default_value_t = 0)]
    port: u32,
    /// A waypoint's way through its filter chains.
    #[arg(long)]
    waypoint: bool,
}

#[derive(clap::Args)]
struct RouteArgs {
    #[command(flatten)]
    common: Common,
    /// The route configuration of this name.
    #[arg(long, default_value = "")]
    name: String,
    /// A row for each route, not only for each route configuration.
    #[arg(
        long, default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    verbose: bool,
}

#[derive(clap::Args)]
struct EndpointArgs {
    #[command(flatten)]
    common: Common,
    /// Endpoints at this address.
    #[arg(long, default_value = "")]
    address: String,
    /// Endpoints of this port.
    #[arg(long, default_value_t = 0)]
    port: u32,
    /// Endpoints of this cluster.
    #[arg(long, default_value = "")]
    cluster: String,
    /// Endpoints with this health.
    #[arg(long, default_value = "")]
    status: String,
}

#[derive(clap::Args)]
struct BootstrapArgs {
    #[command(flatten)]
    source: Source,
    /// How to print.
    #[arg(short, long, value_enum, default_value = "json")]
    output: Output,
}

#[derive(clap::Args)]
struct EcdsArgs {
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct SecretArgs {
    #[command(flatten)]
    common: Common,
    /// When certificates have to be valid: a time, or `clock`. Without it: when the dump was taken.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
}

#[derive(clap::Args)]
struct AllArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    clusters: ClusterFlags,
    #[command(flatten)]
    listeners: ListenerFlags,
    /// Clusters, listeners and endpoints of this port.
    #[arg(long, default_value_t = 0)]
    port: u32,
    /// The route configuration of this name.
    #[arg(long, default_value = "")]
    name: String,
    /// A title above each table.
    #[arg(long)]
    with_headers: bool,
    /// When certificates have to be valid: a time, or `clock`. Without it: when the dump was taken.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
}

/// # Errors
/// Where there is no such table.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    match &args.table {
        Table::All(args) => all(args, out),
        Table::Bootstrap(args) => bootstrap(args, out),
        Table::Cluster(args) => cluster(args, out),
        Table::Ecds(args) => ecds(args, out),
        Table::Eds(args) => eds(args, out),
        Table::Endpoint(args) => endpoint(args, out),
        Table::Listener(args) => listener(args, out),
        Table::Route(args) => route(args, out),
        Table::Secret(args) => secret(args, out),
    }
}

/// A config dump, and the path that errors name.
struct Opened<'c> {
    path: String,
    document: &'c Document,
    dump: Dump<'c>,
}

impl<'c> Opened<'c> {
    fn of(document: &'c Document, source: &Source) -> Result<Opened<'c>, Failure> {
        let path = source.file.display().to_string();
        let index = document.dump().ok_or_else(|| Failure::Input(format!("{path}: its config dump is empty")))?;
        Ok(Opened { path, document, dump: Dump { bytes: &document.bytes, index } })
    }

    /// A lack as an error that says what to do.
    fn lack(&self, lack: impl std::fmt::Display) -> Failure {
        let command = choose::collect(self.document.identity.as_ref(), &CONFIG_DUMP);
        Failure::Input(format!("{}: {lack}; collect the whole with: {command}", self.path))
    }

    /// The rows of a table, what is wrong with the rest as remarks.
    fn rows<R>(&self, table: Result<Listing<R>, Lack>) -> Result<Vec<R>, Failure> {
        let listing = table.map_err(|lack| self.lack(lack))?;
        self.remark(&listing.unread);
        Ok(listing.rows)
    }

    fn remark(&self, unread: &[Unread]) {
        for it in unread {
            let place = line_column(&self.document.bytes, it.fault.at);
            let name = if it.name.is_empty() { "a resource" } else { &it.name };
            eprintln!(
                "xdscope: {}: {name} was not read: {} at line {}, column {}",
                self.path, it.fault, place.line, place.column
            );
        }
        if let Some(partial) = &self.document.partial {
            eprintln!("xdscope: {}: {partial}", self.path);
        }
    }
}
