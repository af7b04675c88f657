//! istioctl's tables, and the page's.

pub mod cell;
pub mod page;
