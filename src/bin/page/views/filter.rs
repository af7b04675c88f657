//! What the user wants to see of a table, and wanted when it was seen last.

use std::cell::RefCell;
use std::collections::BTreeMap;

use xdscope::engine::protocol::{Column, ProxyId, TableKind};

/// What the user wants to see of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub text: String,
    pub columns: BTreeMap<Column, String>,
    pub sort: Option<(Column, bool)>,
    /// Rows that are of little use to most, too.
    pub hidden: bool,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.columns.values().all(|text| text.trim().is_empty())
    }
}

/// A table of a capture.
pub type Key = (u32, ProxyId, TableKind);

thread_local! {
    /// Filters of tables seen before. They hold names, so they stay out of the address.
    static FILTERS: RefCell<BTreeMap<Key, Filter>> = const { RefCell::new(BTreeMap::new()) };
}

impl Filter {
    /// What was wanted of that table last.
    pub fn of(key: Key) -> Filter {
        FILTERS.with_borrow(|filters| filters.get(&key).cloned()).unwrap_or_default()
    }

    pub fn keep(&self, key: Key) {
        FILTERS.with_borrow_mut(|filters| filters.insert(key, self.clone()));
    }

    /// All rows again, in the same order.
    pub fn cleared(&self) -> Filter {
        Filter { sort: self.sort, hidden: self.hidden, ..Filter::default() }
    }
}
