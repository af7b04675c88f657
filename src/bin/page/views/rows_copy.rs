//! Copying a table: all of its matching rows, asked for piece by piece.

use xdscope::engine::protocol::{Answer, Query, Row, TextRef};
use yew::prelude::*;

use super::super::table_copy::{self, Format};
use super::{Msg, Rows};
use crate::browser;

/// As many as an answer may have.
const PIECE: u32 = 200;

/// What has come so far.
pub struct Copying {
    format: Format,
    rows: Vec<Row>,
    text: String,
}

impl Rows {
    pub fn copy(&mut self, ctx: &Context<Self>, format: Format) {
        self.copied = None;
        self.copying = Some(Copying { format, rows: Vec::new(), text: String::new() });
        self.fetch(ctx, format, 0);
    }

    fn fetch(&mut self, ctx: &Context<Self>, format: Format, offset: u32) {
        let query = match format {
            Format::Istioctl => {
                let props = ctx.props();
                let (table, only) = (props.view.table, props.view.only);
                let legacy = self.print == Some(true);
                Query::Text { of: TextRef::Istioctl { proxy: props.proxy, table, only, legacy }, offset }
            }
            _ => self.query(ctx, offset, PIECE),
        };
        self.fetching = Some(self.page.client.ask(query, ctx.link().callback(Msg::Piece)));
    }

    /// Takes what has come, and asks on or copies.
    pub fn piece(&mut self, ctx: &Context<Self>, answer: &Answer) {
        self.fetching = None;
        let Some(mut copying) = self.copying.take() else { return };
        let next = match answer {
            Answer::Table(table) => {
                copying.rows.extend(table.rows.iter().cloned());
                let next = table.offset.saturating_add(u32::try_from(table.rows.len()).unwrap_or(u32::MAX));
                (next < table.matched && !table.rows.is_empty()).then_some(next)
            }
            Answer::Text { text, next } => {
                copying.text.push_str(text);
                *next
            }
            // What was asked for is not there (any more).
            _ => {
                ctx.link().send_message(Msg::Copied(false));
                return;
            }
        };
        let format = copying.format;
        match (next, &self.head) {
            (Some(next), _) => {
                self.copying = Some(copying);
                self.fetch(ctx, format, next);
            }
            (None, Some(head)) if format != Format::Istioctl => {
                let text = table_copy::text(format, &head.shown, &copying.rows);
                browser::copy(&text, ctx.link().callback(Msg::Copied));
            }
            (None, _) => browser::copy(&copying.text, ctx.link().callback(Msg::Copied)),
        }
    }
}
