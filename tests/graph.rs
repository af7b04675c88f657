//! The graph: what it holds, how it is drawn, and what it does with odd dumps.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use xdscope::engine::Engine;
use xdscope::graph::words::English;
use xdscope::graph::{
    Ask, Focus, Graph, Index, Kind, Note, Source, Trees, Why, around, json, layout, mermaid, svg,
};
use xdscope::intake::{Limits, Unpack};

fn open(name: &str, bytes: Vec<u8>) -> Engine {
    let mut engine = Engine::default();
    for step in Unpack::new(name, bytes, Limits::default()) {
        engine.take(step);
    }
    engine.link();
    engine
}

fn fixture(name: &str) -> Engine {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    open(name, std::fs::read(path).unwrap())
}

fn sample() -> Engine {
    fixture("static/sample.tar.gz")
}

fn big() -> Engine {
    let path = format!("{}/tests/fixtures/istio/1.27/big.json.gz", env!("CARGO_MANIFEST_DIR"));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    open("big.json", bytes)
}

/// Hands the source of a proxy's dump to `with`.
fn proxy<T>(engine: &Engine, name: &str, with: impl FnOnce(&mut Source<'_>) -> T) -> T {
    let mut proxies = engine.capture().proxies();
    let (proxy, _) = proxies.find(|(_, it)| it.identity.name().contains(name)).unwrap();
    proxy_of(engine, proxy, with)
}

fn proxy_of<T>(
    engine: &Engine,
    proxy: xdscope::capture::ProxyId,
    with: impl FnOnce(&mut Source<'_>) -> T,
) -> T {
    let id = engine.capture().proxy(proxy).unwrap().dump.unwrap();
    let trees = Trees::new(engine.capture().document(id).unwrap()).unwrap();
    let mut index = Index::default();
    with(&mut Source::new(engine.capture(), id, &trees, &mut index).unwrap())
}

fn focused(source: &mut Source<'_>, focus: &str, ask: Ask) -> Graph {
    let focus = Focus::parse(focus).unwrap();
    let focus = source.named(&focus);
    around(source, &Ask { focus, ..ask })
}

fn whole(source: &mut Source<'_>, focus: &str) -> Graph {
    focused(source, focus, Ask { whole: true, most: usize::MAX, ..Ask::default() })
}

fn names(graph: &Graph, kind: Kind) -> Vec<&str> {
    graph.nodes.iter().filter(|it| it.kind == kind).map(|it| it.name.as_str()).collect()
}

/// A dump of sections, from short forms.
fn dump(sections: &[(&str, &str)]) -> Engine {
    let sections: Vec<String> = sections
        .iter()
        .map(|(kind, fields)| {
            format!(r#"{{"@type": "type.googleapis.com/envoy.admin.v3.{kind}ConfigDump", {fields}}}"#)
        })
        .collect();
    let text = format!(
        r#"{{"configs": [{{"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
        "bootstrap": {{"node": {{"id": "sidecar~10.0.0.1~it.there~there.svc.cluster.local"}}}}}}, {}]}}"#,
        sections.join(", ")
    );
    open("config_dump.json", text.into_bytes())
}

#[test]
fn leads_from_the_seeds_listener_to_the_endpoints_of_reviews() {
    let engine = sample();
    proxy(&engine, "productpage", |source| {
        let graph = whole(source, "host:reviews.default.svc.cluster.local:9080");
        assert_eq!(names(&graph, Kind::Listener), ["0.0.0.0_9080", "virtualOutbound"]);
        assert_eq!(names(&graph, Kind::RouteConfig), ["9080"]);
        assert_eq!(names(&graph, Kind::VirtualHost), ["reviews.default.svc.cluster.local:9080"]);
        assert_eq!(
            names(&graph, Kind::Route),
            ["jason", "canary", "canary", "old", "direct", "missing-subset", "default"]
        );
        assert_eq!(
            names(&graph, Kind::Endpoint),
            ["10.244.1.14:9080", "10.244.1.15:9080", "10.244.1.16:9080"]
        );
        // The same by a domain, by an endpoint, and back.
        assert_eq!(whole(source, "host:reviews"), graph);
        let up = whole(source, "endpoint:10.244.1.15:9080");
        assert!(
            names(&up, Kind::Route).contains(&"jason")
                && names(&up, Kind::Listener).contains(&"virtualOutbound")
        );
        assert!(!names(&up, Kind::VirtualHost).iter().any(|it| it.starts_with("ratings")));
    });
}

#[test]
fn every_edge_is_a_step_of_a_request_and_all_is_connected_to_the_focus() {
    let engine = sample();
    proxy(&engine, "productpage", |source| {
        for focus in ["host:reviews", "listener:0.0.0.0_9080", "route-config:80", "endpoint:10.244.1.14:9080"]
        {
            let graph = whole(source, focus);
            for edge in &graph.edges {
                let (from, to) = (&graph.nodes[edge.from as usize], &graph.nodes[edge.to as usize]);
                let handed = from.kind == Kind::Listener && to.kind == Kind::Listener;
                assert!(from.kind < to.kind || handed, "{focus}: {} to {}", from.id, to.id);
            }
            let mut seen: BTreeSet<u32> = graph.focus.iter().copied().collect();
            for down in [true, false] {
                let mut todo: Vec<u32> = graph.focus.clone();
                while let Some(at) = todo.pop() {
                    for edge in &graph.edges {
                        let (from, to) = if down { (edge.from, edge.to) } else { (edge.to, edge.from) };
                        if from == at && seen.insert(to) {
                            todo.push(to);
                        }
                    }
                }
            }
            assert_eq!(seen.len(), graph.nodes.len(), "{focus}: something is up or down from nowhere");
        }
    });
}

#[test]
fn what_is_folded_is_counted() {
    let engine = sample();
    proxy(&engine, "productpage", |source| {
        let counts = |graph: &Graph| {
            let mut out = BTreeMap::new();
            for node in &graph.nodes {
                *out.entry(node.kind).or_insert(0) += node.count;
            }
            out
        };
        for focus in ["listener:virtualOutbound", "route-config:9080", "cluster:PassthroughCluster"] {
            let all = whole(source, focus);
            assert!(all.nodes.iter().all(|it| it.count == 1 && !it.folded));
            for most in [60, 30, 20, 12] {
                let folded = focused(source, focus, Ask { whole: true, most, ..Ask::default() });
                assert_eq!(counts(&folded), counts(&all), "{focus} in {most} boxes");
                assert!(folded.nodes.len() <= all.nodes.len());
                let broken = |it: &Graph| {
                    it.nodes.iter().map(|it| it.broken_inside + u32::from(it.broken.is_some())).sum::<u32>()
                };
                assert_eq!(broken(&folded), broken(&all));
            }
        }
    });
}

#[test]
fn opening_a_group_shuffles_nothing() {
    let engine = sample();
    proxy(&engine, "productpage", |source| {
        let ask = Ask { most: 20, ..Ask::default() };
        let closed = focused(source, "listener:0.0.0.0_9080", ask.clone());
        let before = layout::layout(&closed);
        for group in closed.nodes.iter().filter(|it| it.folded) {
            let opened = vec![(group.id.clone(), 1)];
            let open = focused(source, "listener:0.0.0.0_9080", Ask { opened, ..ask.clone() });
            assert!(open.nodes.len() > closed.nodes.len(), "{}", group.id);
            let after = layout::layout(&open);
            let kept: Vec<(usize, usize)> = (0..closed.nodes.len())
                .filter_map(|at| Some((at, open.nodes.iter().position(|it| it.id == closed.nodes[at].id)?)))
                .collect();
            for (one, one_after) in &kept {
                for (other, other_after) in &kept {
                    let (a, b) = (before.boxes[*one], before.boxes[*other]);
                    let (c, d) = (after.boxes[*one_after], after.boxes[*other_after]);
                    if closed.nodes[*one].kind == closed.nodes[*other].kind && a.x == b.x && a.y < b.y {
                        assert!(c.y < d.y, "{} was above {}", closed.nodes[*one].id, closed.nodes[*other].id);
                    }
                }
            }
        }
    });
}

#[test]
fn broken_says_why_and_what_the_dump_does_not_tell_is_not_broken() {
    let listener = r#""dynamic_listeners": [{"name": "l", "active_state": {"listener": {"name": "l", "address":
        {"socket_address": {"address": "0.0.0.0", "port_value": 80}}, "filter_chains": [{"filters": [{"name": "h",
        "typed_config": {"@type": "t/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "rds": {"route_config_name": "gone"}}}]}, {"name": "here", "filters": [{"name": "h",
        "typed_config": {"@type": "t/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "rds": {"route_config_name": "there"}}}]}]}}, "error_state": {"details": "no such filter"}},
        {"name": "w", "warming_state": {"listener": {"name": "w"}}}]"#;
    let routes = r#""dynamic_route_configs": [{"route_config": {"name": "there", "virtual_hosts": [{"name": "v",
        "domains": ["v"], "routes": [{"name": "all", "match": {"prefix": "/"}, "route": {"cluster": "empty"}},
        {"match": {"path": "/x"}, "route": {"weighted_clusters": {"clusters": [{"name": "lost", "weight": 1},
        {"name": "late", "weight": 2}]}}}]}]}}]"#;
    let clusters = r#""dynamic_active_clusters": [{"cluster": {"name": "empty", "type": "EDS"}}],
        "dynamic_warming_clusters": [{"cluster": {"name": "late", "type": "EDS"}}]"#;
    let endpoints = r#""dynamic_endpoint_configs": [{"endpoint_config": {"cluster_name": "empty"}}]"#;
    let all = [("Listeners", listener), ("Routes", routes), ("Clusters", clusters), ("Endpoints", endpoints)];
    proxy(&dump(&all), "it", |source| {
        let graph = whole(source, "listener:l");
        let why = |name: &str| graph.nodes.iter().find(|it| it.name == name).unwrap().broken.clone();
        assert_eq!(why("l"), Some(Why::Rejected("no such filter".to_owned(), true)));
        assert_eq!(why("gone"), Some(Why::NoSuchRouteConfig));
        assert_eq!(why("empty"), Some(Why::NoEndpoints));
        assert_eq!(why("lost"), Some(Why::NoSuchCluster));
        assert_eq!(why("late"), Some(Why::Warming(false)));
        assert_eq!((why("there"), why("v"), why("all")), (None, None, None));
        assert_eq!(whole(source, "listener:w").nodes[0].broken, Some(Why::Warming(false)));
        let labels: Vec<String> = graph.edges.iter().filter_map(|it| Some(it.label?.to_string())).collect();
        assert_eq!(labels, ["66.7 %", "33.3 %"]);
        let shadowed = graph.nodes.iter().find(|it| it.title == "= /x").unwrap();
        assert!(shadowed.notes.contains(&Note::Shadowed("all".to_owned())));
        // What is missing can be asked about too; what nobody names cannot.
        assert_eq!(names(&whole(source, "cluster:lost"), Kind::Listener), ["l"]);
        assert_eq!(whole(source, "cluster:never").nodes.len(), 0);
        let near = source.nearest(&Focus::parse("route_config:thare").unwrap(), 1);
        assert_eq!(near, ["there"]);
    });
    for left_out in 1..all.len() {
        let some: Vec<_> =
            all.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, it)| *it).collect();
        proxy(&dump(&some), "it", |source| {
            let graph = whole(source, "listener:l");
            let absent = [Kind::Listener, Kind::RouteConfig, Kind::Cluster, Kind::Endpoint][left_out];
            assert_eq!(graph.absent, [absent]);
            let before = if absent == Kind::Endpoint { Kind::Cluster } else { absent };
            for node in graph.nodes.iter().filter(|it| it.kind == before) {
                assert!(
                    !matches!(
                        node.broken,
                        Some(Why::NoSuchCluster | Why::NoSuchRouteConfig | Why::NoEndpoints)
                    ) || absent == Kind::Endpoint && node.name == "lost",
                    "{node:?}"
                );
            }
            let unjudged = graph.nodes.iter().any(|it| it.notes.contains(&Note::NotJudged(absent)));
            assert!(unjudged, "{absent:?}");
        });
    }
}

#[test]
fn circles_end() {
    let clusters = r#""dynamic_active_clusters": [
        {"cluster": {"name": "a", "cluster_type": {"name": "envoy.clusters.aggregate", "typed_config": {"clusters": ["b", "c"]}}}},
        {"cluster": {"name": "b", "cluster_type": {"name": "envoy.clusters.aggregate", "typed_config": {"clusters": ["a", "b"]}}}},
        {"cluster": {"name": "c", "type": "STATIC", "load_assignment": {"cluster_name": "c", "endpoints": [{"lb_endpoints": [{"endpoint":
         {"address": {"envoy_internal_address": {"server_listener_name": "again", "endpoint_id": "1"}}}}]}]}}}]"#;
    let listener = r#""dynamic_listeners": [{"name": "again", "active_state": {"listener": {"name": "again", "internal_listener": {},
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config":
        {"@type": "t/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "cluster": "a"}}]}]}}}]"#;
    proxy(&dump(&[("Clusters", clusters), ("Listeners", listener)]), "it", |source| {
        for focus in ["cluster:a", "cluster:b", "cluster:c", "listener:again", "endpoint:envoy://again/1"] {
            let graph = whole(source, focus);
            assert_eq!(graph.nodes.len(), 6, "{focus}");
            check_drawing(&graph, focus);
        }
    });
}

/// A text of a picture: its box and itself.
struct Text {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
    text: String,
}

fn attribute(tag: &str, name: &str) -> Option<f32> {
    let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[from..].split('"').next()?.parse().ok()
}

/// All texts of an SVG of ours, each letter as wide as the widest that is usual.
fn texts(picture: &str) -> Vec<Text> {
    let tags = picture.lines().filter(|it| it.starts_with("<text"));
    tags.map(|tag| {
        let text = tag.split_once('>').unwrap().1.trim_end_matches("</text>").to_owned();
        let size = attribute(tag, "font-size").unwrap_or(11.0);
        let plain =
            text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&quot;", "\"");
        let width = layout::letters(&plain) as f32 * size * if size > 11.0 { 0.602 } else { 0.55 };
        let (x, y) = (attribute(tag, "x").unwrap(), attribute(tag, "y").unwrap());
        let left = if tag.contains("text-anchor=\"middle\"") { x - width / 2.0 } else { x };
        Text { left, right: left + width, top: y - size * 0.8, bottom: y + size * 0.25, text }
    })
    .collect()
}

/// Points of a path of ours.
fn points(d: &str) -> Vec<(f32, f32)> {
    let mut out = Vec::new();
    let mut at = (0.0, 0.0);
    let mut rest = d;
    while let Some(letter) = rest.chars().next() {
        let end = rest[1..].find(['M', 'L', 'C']).map_or(rest.len(), |it| it + 1);
        let numbers: Vec<f32> = rest[1..end].split_whitespace().map(|it| it.parse().unwrap()).collect();
        match (letter, numbers.as_slice()) {
            ('M', [x, y]) => at = (*x, *y),
            ('L', [x, y]) => {
                out.extend((0..=20).map(|step| {
                    let part = step as f32 / 20.0;
                    (at.0 + (x - at.0) * part, at.1 + (y - at.1) * part)
                }));
                at = (*x, *y);
            }
            ('C', [ax, ay, bx, by, x, y]) => {
                out.extend((0..=40).map(|step| {
                    let t = step as f32 / 40.0;
                    let one = |p0: f32, p1: f32, p2: f32, p3: f32| {
                        let u = 1.0 - t;
                        u * u * u * p0 + 3.0 * u * u * t * p1 + 3.0 * u * t * t * p2 + t * t * t * p3
                    };
                    (one(at.0, *ax, *bx, *x), one(at.1, *ay, *by, *y))
                }));
                at = (*x, *y);
            }
            other => panic!("{other:?} in {d}"),
        }
        rest = &rest[end..];
    }
    out
}

/// No two texts meet, no line crosses a text, and no text leaves the picture.
fn check_drawing(graph: &Graph, what: &str) {
    let placed = layout::layout(graph);
    let picture = svg::write(graph, &placed, &English, &svg::LIGHT);
    let texts = texts(&picture);
    assert!(texts.len() >= graph.nodes.len(), "{what}");
    for (at, one) in texts.iter().enumerate() {
        for other in &texts[at + 1..] {
            let apart = one.right <= other.left
                || other.right <= one.left
                || one.bottom <= other.top
                || other.bottom <= one.top;
            assert!(apart, "{what}: {:?} meets {:?}", one.text, other.text);
        }
        assert!(
            one.left >= 0.0 && one.right <= placed.width && one.bottom <= placed.height,
            "{what}: {:?}",
            one.text
        );
    }
    for path in picture.lines().filter(|it| it.starts_with("<path")) {
        let d = path.split('"').nth(1).unwrap();
        for (x, y) in points(d) {
            let crossed = texts.iter().find(|it| it.left < x && x < it.right && it.top < y && y < it.bottom);
            assert!(crossed.is_none(), "{what}: a line crosses {:?}", crossed.map(|it| &it.text));
            let inside = placed
                .boxes
                .iter()
                .any(|it| it.x + 0.6 < x && x < it.x + it.width - 0.6 && it.y < y && y < it.y + it.height);
            assert!(!inside, "{what}: a line runs through a box at {x} {y}");
        }
    }
}

#[test]
fn no_two_labels_overlap_and_no_edge_crosses_one_on_the_sample() {
    let engine = sample();
    for name in ["productpage", "ingressgateway", "payments"] {
        proxy(&engine, name, |source| {
            let mut foci = Vec::new();
            for kind in [Kind::Listener, Kind::RouteConfig, Kind::VirtualHost, Kind::Cluster] {
                let mut all = source.all_names(kind);
                all.dedup();
                foci.extend(all.into_iter().step_by(3).map(|(name, _)| format!("{}:{name}", kind.name())));
            }
            for focus in foci {
                let folded = focused(source, &focus, Ask { whole: true, ..Ask::default() });
                assert!(!folded.nodes.is_empty(), "{focus}");
                check_drawing(&folded, &format!("{name} {focus}"));
            }
            let everything = source.first();
            let everything =
                around(source, &Ask { focus: everything, whole: true, most: usize::MAX, ..Ask::default() });
            check_drawing(&everything, &format!("all of {name}"));
        });
    }
}

#[test]
fn twenty_foci_of_a_large_dump_are_readable_and_have_at_most_sixty_boxes() {
    let engine = big();
    proxy(&engine, "", |source| {
        let mut foci = vec!["cluster:outbound|8080||svc0003.team03.svc.cluster.local".to_owned()];
        let mut seed = 20_260_413_u64;
        for kind in [Kind::Listener, Kind::RouteConfig, Kind::VirtualHost, Kind::Cluster].repeat(5) {
            let all = source.all_names(kind);
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % all.len();
            foci.push(format!("{}:{}", kind.name(), all[at].0));
        }
        for focus in &foci {
            let graph = focused(source, focus, Ask::default());
            assert!((1..=60).contains(&graph.nodes.len()), "{focus}: {} boxes", graph.nodes.len());
            check_drawing(&graph, focus);
        }
    });
}

#[test]
fn writers_keep_what_a_name_may_hold() {
    let name = r#"a\"b<c>&#`\\d\u0001é"#;
    let clusters =
        format!(r#""dynamic_active_clusters": [{{"cluster": {{"name": "{name}", "type": "STATIC"}}}}]"#);
    proxy(&dump(&[("Clusters", &clusters)]), "it", |source| {
        let plain: String = serde_json::from_str(&format!("\"{name}\"")).unwrap();
        let graph = whole(source, &format!("cluster:{plain}"));
        assert_eq!(names(&graph, Kind::Cluster), [plain.as_str()]);
        let value: serde_json::Value = serde_json::from_str(&json::write(&graph, &English)).unwrap();
        assert_eq!(value["nodes"][0]["name"], plain.as_str());
        let picture = svg::write(&graph, &layout::layout(&graph), &English, &svg::DARK);
        assert!(picture.contains("a&quot;b&lt;c&gt;&amp;#`") && !picture.contains('\u{1}'));
        assert!(mermaid::write(&graph, &English).contains("[\"a#quot;b#lt;c#gt;#amp;#35;#96;"));
    });
}

#[test]
fn the_mesh_follows_an_edge_from_a_proxys_cluster_to_the_others_inbound_chain() {
    let engine = sample();
    let capture = engine.capture();
    let mesh = xdscope::graph::mesh::mesh(capture, &BTreeSet::new());
    let at = |id: &dyn Fn(&xdscope::graph::Node) -> bool| mesh.graph.nodes.iter().position(id).unwrap();
    let caller =
        at(&|it| it.kind == Kind::Proxy && it.name.starts_with("productpage") && it.id.starts_with("calls"));
    let service = at(&|it| it.kind == Kind::Service && it.name == "reviews.default.svc.cluster.local");
    let server =
        at(&|it| it.kind == Kind::Proxy && it.name.starts_with("reviews") && it.id.starts_with("serves"));
    let leads = |from: usize, to: usize| {
        mesh.graph.edges.iter().any(|it| (it.from as usize, it.to as usize) == (from, to))
    };
    assert!(leads(caller, service) && leads(service, server));
    let (proxy, door) = mesh.doors[server].unwrap();
    let door = door.unwrap();
    assert_eq!(capture.owner(door.resource.document), Some(proxy));
    proxy_of(&engine, proxy, |source| {
        let key = source.at(door.resource.resource, Some(door.at)).unwrap();
        let graph = around(source, &Ask { focus: vec![key], whole: true, ..Ask::default() });
        assert_eq!(names(&graph, Kind::Listener), ["virtualInbound"]);
        assert_eq!(names(&graph, Kind::Cluster), ["inbound|9080||"]);
    });
    // Nothing balances what goes to the address that the client asked for, so it lacks no endpoints.
    let outside = at(&|it| it.name == "*.wikipedia.org");
    assert_eq!(mesh.graph.nodes[outside].broken, None);
    assert!(mesh.graph.nodes[outside].notes.contains(&Note::OriginalDestination));
    check_drawing(&mesh.graph, "the mesh");
}
