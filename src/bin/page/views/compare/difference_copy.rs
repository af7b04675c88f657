//! A difference as text: both names, the fields, then the lines as `diff -u` has them.

use wasm_bindgen_futures::spawn_local;
use xdscope::engine::protocol::{Answer, Beside, Change, Difference, Marked, Query};
use yew::prelude::*;

use super::super::super::strip::LIMIT;
use super::super::{Names, title};
use super::Props;
use crate::context::Page;
use crate::outward;
use crate::words;

/// Asks for all of it, window by window, and copies it.
pub fn copy(page: &Page, props: &Props, done: Callback<bool>) {
    let (page, props) = (page.clone(), props.clone());
    spawn_local(async move {
        let mut text = String::new();
        let mut offset = 0;
        loop {
            let query =
                Query::Difference { pair: props.pair, at: props.at, open: Vec::new(), offset, limit: LIMIT };
            let answer = page.client.answer(query).await;
            let Answer::Difference(found) = &*answer else { return done.emit(false) };
            text.push_str(&outward::written(|| {
                let mut text = String::new();
                if offset == 0 {
                    head(found, props.names, &mut text);
                }
                found.window.iter().for_each(|it| line(it, &mut text));
                text
            }));
            offset = found.offset.saturating_add(u32::try_from(found.window.len()).unwrap_or(u32::MAX));
            if offset >= found.lines || found.window.is_empty() {
                break;
            }
        }
        outward::copy(&page, text, done);
    });
}

fn head(found: &Difference, names: Names, out: &mut String) {
    let (left, right) = (names.left(), names.right());
    let what = title(found.line.section);
    out.push_str(&format!("{what} {}\n", found.line.name));
    for it in &found.fields {
        let value = |of: &Option<String>| of.clone().unwrap_or_else(|| "—".to_owned());
        let said = match it.change {
            Change::Moved { from, to } => tr!("compare.moved_to", from = from + 1, to = to + 1).to_string(),
            _ => format!("{left} {} · {right} {}", value(&it.left), value(&it.right)),
        };
        out.push_str(&format!("{}: {said}\n", it.path));
    }
    out.push_str(&format!("--- {left}\n+++ {right}\n"));
}

fn line(it: &Beside, out: &mut String) {
    let whole = |of: &Marked| of.pieces.iter().map(|it| it.1.as_str()).collect::<String>();
    match it {
        Beside::Fold { lines, .. } => {
            out.push_str(&format!(
                "@@ {} @@\n",
                tr!("compare.lines_same", n = words::number((*lines).into()))
            ));
        }
        Beside::Same(_, _, text) => out.push_str(&format!(" {text}\n")),
        Beside::Other { left, right } => {
            left.iter().for_each(|it| out.push_str(&format!("-{}\n", whole(it))));
            right.iter().for_each(|it| out.push_str(&format!("+{}\n", whole(it))));
        }
    }
}
