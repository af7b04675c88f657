//! Language and theme: chosen by the browser, then by the user, and the only things that are kept between visits.

use crate::browser;

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
