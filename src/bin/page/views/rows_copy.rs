//! Copying a table: all of its matching rows, asked for piece by piece.

use xdscope::engine::protocol::{Answer, Row, TextRef};
use yew::prelude::*;

use super::super::table_copy::{self, Format};
use super::{Msg, Rows};
use crate::outward;

/// As many as an answer may have.
const PIECE: u32 = 200;

/// What has come so far.
pub struct Copying {
    format: Format,
    rows: Vec<Row>,
}

impl Rows {
    pub fn copy(&mut self, ctx: &Context<Self>, format: Format) {
        self.copied = None;
        if format == Format::Istioctl {
            let props = ctx.props();
            let (table, only) = (props.view.table, props.view.only);
            let of = TextRef::Istioctl { proxy: props.proxy, table, only, legacy: self.print == Some(true) };
            return outward::copy_of(&self.page, of, ctx.link().callback(Msg::Copied));
        }
        self.copying = Some(Copying { format, rows: Vec::new() });
        self.fetch(ctx, 0);
    }

    fn fetch(&mut self, ctx: &Context<Self>, offset: u32) {
        let query = self.query(ctx, offset, PIECE);
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
            // What was asked for is not there (any more).
            _ => {
                ctx.link().send_message(Msg::Copied(false));
                return;
            }
        };
        match (next, &self.head) {
            (Some(next), _) => {
                self.copying = Some(copying);
                self.fetch(ctx, next);
            }
            (None, Some(head)) => {
                let text = outward::written(|| table_copy::text(copying.format, &head.shown, &copying.rows));
                outward::copy(&self.page, text, ctx.link().callback(Msg::Copied));
            }
            (None, None) => ctx.link().send_message(Msg::Copied(false)),
        }
    }
}
