//! The recognisers, one file for each family of documents, and the order in which they are asked.

mod config_dump;
mod envoy;
mod istioctl;
mod istiod;
mod other;
pub(super) mod text;

use super::Kind;
use super::evidence::Evidence;

/// Says what a JSON document is when it finds its evidence among the shallow values.
type Recogniser = fn(Evidence<'_>) -> Option<Kind>;

/// The recognisers of JSON, asked in this order: those with the surest evidence (a `@type`, a root key that no other
/// page has) before those that go by the shape of an element.
pub(super) const JSON: &[Recogniser] = &[
    other::empty,
    config_dump::recognise,
    istiod::typed,
    envoy::admin_page,
    istiod::object,
    other::ztunnel,
    istioctl::object,
    envoy::bootstrap,
    other::kubernetes,
    istiod::array,
    istioctl::array,
    istiod::by_values,
];
