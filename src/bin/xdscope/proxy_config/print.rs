//! Each table: opened, filtered, printed.

use std::io::Write;

use xdscope::engine::Engine;
use xdscope::json::Tree;
use xdscope::tables::all::{self, AllFilter};
use xdscope::tables::cluster::{self, ClusterFilter};
use xdscope::tables::endpoint::{self, EndpointFilter};
use xdscope::tables::listener::{self, ListenerFilter};
use xdscope::tables::{Trouble, bootstrap, ecds, eds, legacy, output, root_ca, route, secret, waypoint};

use super::opened::Opened;
use super::{
    AllArgs, BootstrapArgs, ClusterArgs, EcdsArgs, EndpointArgs, ListenerArgs, Output, RootcaArgs, RouteArgs,
    SecretArgs, Source,
};
use crate::choose::{self, CLUSTERS, CONFIG_DUMP, EDS};
use crate::fail::Failure;

type Done = Result<(), Failure>;

fn failure(of: &Opened<'_>, trouble: &Trouble) -> Failure {
    match trouble {
        Trouble::Lack(lack) => of.lack(lack),
        Trouble::Fault(_) => of.failure(trouble),
    }
}

fn open(source: &Source) -> Result<Engine, Failure> {
    crate::open::open(&source.file)
}

pub fn cluster(args: &ClusterArgs, out: &mut impl Write) -> Done {
    let engine = open(&args.common.source)?;
    let of = Opened::choose(engine.capture(), &args.common.source)?;
    let filter = ClusterFilter {
        fqdn: args.flags.fqdn.clone(),
        direction: args.flags.direction.clone(),
        subset: args.flags.subset.clone(),
        port: args.port,
    };
    let text = match args.common.output.format() {
        None => {
            let rows = of.rows(cluster::rows(of.dump, &filter))?;
            if args.legacy { legacy::clusters(&rows) } else { cluster::text(&rows, false) }
        }
        Some(format) => output::list(&of.rows(cluster::print(of.dump, &filter, format))?, format),
    };
    Ok(out.write_all(text.as_bytes())?)
}

pub fn listener(args: &ListenerArgs, out: &mut impl Write) -> Done {
    let engine = open(&args.common.source)?;
    let of = Opened::choose(engine.capture(), &args.common.source)?;
    let filter = ListenerFilter {
        address: args.flags.address.clone(),
        port: args.port,
        listener_type: args.flags.listener_type.clone(),
    };
    let text = match args.common.output.format() {
        // As in istioctl, whatever else is asked for.
        _ if args.waypoint => waypoint::text(&of.rows(waypoint::rows(of.dump))?),
        None if args.legacy => legacy::listeners(&of.rows(legacy::listener_rows(of.dump, &filter))?),
        None => listener::text(&of.rows(listener::rows(of.dump, &filter))?, args.flags.verbose, false),
        Some(format) => output::list(&of.rows(listener::print(of.dump, &filter, format))?, format),
    };
    Ok(out.write_all(text.as_bytes())?)
}

pub fn route(args: &RouteArgs, out: &mut impl Write) -> Done {
    let engine = open(&args.common.source)?;
    let of = Opened::choose(engine.capture(), &args.common.source)?;
    let text = match args.common.output.format() {
        None => route::text(&of.rows(route::rows(of.dump, &args.name))?, args.verbose, false),
        Some(format) => output::list(&of.rows(route::print(of.dump, &args.name, format))?, format),
    };
    Ok(out.write_all(text.as_bytes())?)
}

fn endpoint_filter(args: &EndpointArgs) -> EndpointFilter {
    EndpointFilter {
        address: args.address.clone(),
        port: args.port,
        cluster: args.cluster.clone(),
        status: args.status.clone(),
    }
}

pub fn eds(args: &EndpointArgs, out: &mut impl Write) -> Done {
    let source = &args.common.source;
    let engine = open(source)?;
    let document = choose::document(engine.capture(), &source.file, source.proxy.as_deref(), &EDS)?;
    let of = Opened::of(document, source)?;
    of.remark_without_endpoints();
    print_eds(&of, args, out)
}

fn print_eds(of: &Opened<'_>, args: &EndpointArgs, out: &mut impl Write) -> Done {
    let filter = endpoint_filter(args);
    let text = match args.common.output.format() {
        None => eds::text(&of.rows(Ok(eds::rows(of.dump, &filter)))?, false),
        Some(format) => output::list(&of.rows(Ok(eds::print(of.dump, &filter, format)))?, format),
    };
    Ok(out.write_all(text.as_bytes())?)
}

pub fn endpoint(args: &EndpointArgs, out: &mut impl Write) -> Done {
    let source = &args.common.source;
    let engine = open(source)?;
    let document = choose::document(engine.capture(), &source.file, source.proxy.as_deref(), &CLUSTERS)?;
    let filter = endpoint_filter(args);
    let format = args.common.output.format();
    if document.dump().is_some() {
        let of = Opened::of(document, source)?;
        of.remark_without_endpoints();
        if format.is_some() {
            return print_eds(&of, args, out);
        }
        let rows = of.rows(Ok(endpoint::rows_of_dump(of.dump, &filter)))?;
        return Ok(out.write_all(endpoint::text(&rows).as_bytes())?);
    }
    let path = source.file.display();
    let text = match (document.root(), format) {
        (Some(root), _) => {
            let tree = Tree::parse(&document.bytes, root).map_err(|fault| {
                Failure::Input(format!("{path}: {fault}; the clusters page is not whole"))
            })?;
            match format {
                None => endpoint::text(&endpoint::rows(tree.root(), &filter)),
                Some(format) => output::list(&endpoint::print(tree.root(), &filter, format), format),
            }
        }
        (None, None) => {
            let page = String::from_utf8_lossy(&document.bytes);
            endpoint::text(&endpoint::rows_of_text(&page, &filter))
        }
        (None, Some(_)) => {
            let command = choose::collect(document.identity.as_ref(), &CLUSTERS);
            return Err(Failure::Input(format!(
                "{path}: a clusters page as text has no JSON; collect {command}"
            )));
        }
    };
    Ok(out.write_all(text.as_bytes())?)
}

pub fn bootstrap(args: &BootstrapArgs, out: &mut impl Write) -> Done {
    let engine = open(&args.source)?;
    let of = Opened::choose(engine.capture(), &args.source)?;
    let text = match args.output.format() {
        None => bootstrap::text(of.dump),
        Some(format) => bootstrap::print(of.dump, format),
    };
    Ok(out.write_all(text.map_err(|trouble| failure(&of, &trouble))?.as_bytes())?)
}

pub fn ecds(args: &EcdsArgs, out: &mut impl Write) -> Done {
    let engine = open(&args.common.source)?;
    let of = Opened::choose(engine.capture(), &args.common.source)?;
    let text = match args.common.output.format() {
        None => ecds::text(&of.rows(ecds::rows(of.dump))?),
        Some(format) => ecds::join(&of.rows(ecds::print(of.dump, format))?, format),
    };
    Ok(out.write_all(text.as_bytes())?)
}

pub fn secret(args: &SecretArgs, out: &mut impl Write) -> Done {
    let engine = open(&args.common.source)?;
    let of = Opened::choose(engine.capture(), &args.common.source)?;
    let text = match args.common.output.format() {
        None => {
            let now = choose::now(args.now.as_deref(), engine.capture())?;
            secret::text(&of.rows(secret::rows(of.dump, now))?, false)
        }
        Some(format) => secret::print(of.dump, format).map_err(|trouble| failure(&of, &trouble))?,
    };
    Ok(out.write_all(text.as_bytes())?)
}

/// istioctl's own words; that there is nothing in common is an error there too.
pub fn rootca_compare(args: &RootcaArgs, out: &mut impl Write) -> Done {
    let engine = crate::open::open(&args.file)?;
    let find = |name: &str| {
        let source = Source { file: args.file.clone(), proxy: Some(name.to_owned()) };
        let of = Opened::choose(engine.capture(), &source)?;
        let found = root_ca::certificates(of.dump).map_err(|trouble| failure(&of, &trouble))?;
        Ok::<_, Failure>((of.name(), found))
    };
    let ((one, first), (other, second)) = (find(&args.one)?, find(&args.other)?);
    let both = format!("Both [{one}] and [{other}] have the");
    if !root_ca::in_common(&first, &second) {
        return Err(Failure::Input(format!(
            "{both} non identical ROOTCA, theoretically the connectivity between them is unavailable"
        )));
    }
    Ok(writeln!(out, "{both} identical ROOTCA, theoretically the connectivity between them is available")?)
}

pub fn all(args: &AllArgs, out: &mut impl Write) -> Done {
    let source = &args.common.source;
    let engine = open(source)?;
    let document = choose::document(engine.capture(), &source.file, source.proxy.as_deref(), &CONFIG_DUMP)?;
    if args.common.output == Output::Json {
        // The dump as it was sent.
        out.write_all(&document.bytes)?;
        return Ok(out.write_all(b"\n")?);
    }
    let of = Opened::of(document, source)?;
    if let Some(format) = args.common.output.format() {
        let root = document.root().unwrap_or_default();
        let tree = Tree::parse(&document.bytes, root).map_err(|fault| of.failure(fault))?;
        return Ok(out.write_all(output::message(tree.root(), format).as_bytes())?);
    }
    let filter = AllFilter {
        cluster: ClusterFilter {
            fqdn: args.clusters.fqdn.clone(),
            direction: args.clusters.direction.clone(),
            subset: args.clusters.subset.clone(),
            port: args.port,
        },
        listener: ListenerFilter {
            address: args.listeners.address.clone(),
            port: args.port,
            listener_type: args.listeners.listener_type.clone(),
        },
        route: args.name.clone(),
        endpoint: EndpointFilter {
            address: args.listeners.address.clone(),
            port: args.port,
            ..EndpointFilter::default()
        },
        verbose: args.listeners.verbose,
        with_headers: args.with_headers,
    };
    let now = choose::now(args.now.as_deref(), engine.capture())?;
    let all = all::text(of.dump, &filter, now);
    of.remark(&all.unread);
    for lack in &all.lacks {
        eprintln!("xdscope: {}", of.lack(lack));
    }
    if let Some(fault) = all.fault {
        eprintln!("xdscope: {}", of.failure(format_args!("the bootstrap was not read: {fault}")));
    }
    of.remark_without_endpoints();
    Ok(out.write_all(all.text.as_bytes())?)
}
