//! Language and theme: chosen by the browser, then by the user. With the columns of each table, which the user chooses,
//! and the switch for tickets, they are the only things that are kept between visits.

use xdscope::engine::protocol::{Column, TableKind};

use crate::browser;
use crate::link::slug;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    English,
    Chinese,
}

impl Lang {
    pub fn code(self) -> &'static str {
        match self {
            Lang::English => "en",
            Lang::Chinese => "zh",
        }
    }

    pub fn load() -> Self {
        let chosen = browser::kept("lang").or_else(|| browser::window().navigator().language());
        if chosen.is_some_and(|code| code.starts_with("zh")) { Lang::Chinese } else { Lang::English }
    }

    /// Makes it the language of all sentences.
    pub fn apply(self) {
        rust_i18n::set_locale(self.code());
        if let Some(root) = browser::root() {
            let _ = root.set_attribute("lang", if self == Lang::Chinese { "zh-CN" } else { "en" });
        }
    }

    pub fn keep(self) {
        browser::keep("lang", self.code());
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

impl Theme {
    pub fn load() -> Self {
        let dark = match browser::kept("theme").as_deref() {
            Some("dark") => true,
            Some("light") => false,
            _ => browser::prefers_dark(),
        };
        if dark { Theme::Dark } else { Theme::Light }
    }

    pub fn apply(self) {
        if let Some(root) = browser::root() {
            let _ = root.class_list().toggle_with_force("pf-v5-theme-dark", self == Theme::Dark);
        }
    }

    pub fn keep(self) {
        browser::keep("theme", if self == Theme::Dark { "dark" } else { "light" });
    }

    pub fn other(self) -> Self {
        match self {
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Light,
        }
    }
}

/// Whether what is copied and saved is for a ticket.
pub fn ticket() -> bool {
    browser::kept("ticket").as_deref() == Some("on")
}

/// Keeps that.
pub fn keep_ticket(on: bool) {
    browser::keep("ticket", if on { "on" } else { "off" });
}

/// The columns of a table that the user chose to see; none while nobody chose.
pub fn columns(table: TableKind) -> Option<Vec<Column>> {
    let kept = browser::kept(&format!("columns.{}", slug(table)))?;
    // A name of another version is passed over.
    let known = |name: &str| serde_json::from_value(serde_json::Value::String(name.to_owned())).ok();
    let columns: Vec<Column> = kept.split(',').filter_map(known).collect();
    (!columns.is_empty()).then_some(columns)
}

/// Keeps the names of the columns; those that a table has at first are not kept.
pub fn keep_columns(table: TableKind, columns: Option<&[Column]>) {
    let name = format!("columns.{}", slug(table));
    match columns {
        Some(columns) => {
            let names: Vec<String> = columns.iter().map(|it| column_name(*it)).collect();
            browser::keep(&name, &names.join(","));
        }
        None => browser::forget(&name),
    }
}

/// A column's name for machines: `virtual_host`.
pub fn column_name(column: Column) -> String {
    match serde_json::to_value(column) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
