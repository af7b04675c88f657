//! The way of the request that was traced last, as places of the dump.

use xdscope::engine::protocol::{GraphFocus, ProxyId, StepKind};

use crate::context::Page;

/// Where a request went.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// What was taken at each step.
    pub places: Vec<GraphFocus>,
    /// The graph that shows what lost beside it.
    pub focus: GraphFocus,
}

/// The steps that are boxes of a graph; around the last of the first four stands what lost.
const MET: [StepKind; 7] = [
    StepKind::Listener,
    StepKind::FilterChain,
    StepKind::RouteConfiguration,
    StepKind::VirtualHost,
    StepKind::Route,
    StepKind::Cluster,
    StepKind::Endpoints,
];

/// The way of the last request through that proxy; `None` where none was traced.
pub fn way(page: &Page, proxy: ProxyId) -> Option<Way> {
    let traced = page.traced.as_ref().filter(|it| it.proxy == proxy)?;
    let mut places = Vec::new();
    let mut focus = None;
    for step in traced.steps.iter().filter(|it| MET.contains(&it.kind)) {
        for (resource, at) in step.considered.iter().filter(|it| it.won).filter_map(|it| it.at) {
            let place = GraphFocus { resource, at: Some(at) };
            if MET[..4].contains(&step.kind) {
                focus = Some(place);
            }
            places.push(place);
        }
    }
    Some(Way { places, focus: focus? })
}
