//! The engine's words in the user's language.

use xdscope::engine::protocol::{Dropped, Phase, Removed, SharePlace, Treated, Wrong};
use yew::AttrValue;

pub fn phase(phase: Phase) -> AttrValue {
    match phase {
        Phase::Collecting => tr!("share.collecting"),
        Phase::Writing => tr!("share.writing"),
        Phase::Checking => tr!("share.checking"),
    }
}

/// What a check found.
pub fn wrong(why: Wrong) -> AttrValue {
    match why {
        Wrong::Word => tr!("share.wrong.word"),
        Wrong::Name => tr!("share.wrong.name"),
        Wrong::Address => tr!("share.wrong.address"),
        Wrong::Secret => tr!("share.wrong.secret"),
        Wrong::Shape => tr!("share.wrong.shape"),
        Wrong::Unreadable => tr!("share.wrong.unreadable"),
        Wrong::Trace => tr!("share.wrong.trace"),
    }
}

/// What was removed by a rule.
pub fn removed(rule: Removed) -> AttrValue {
    match rule {
        Removed::Inline => tr!("share.removed.inline"),
        Removed::Code => tr!("share.removed.code"),
        Removed::Named => tr!("share.removed.named"),
        Removed::Header => tr!("share.removed.header"),
        Removed::Form => tr!("share.removed.form"),
        Removed::Sentence => tr!("share.removed.sentence"),
    }
}

/// What was done at a place.
pub fn done(place: &SharePlace) -> AttrValue {
    match (place.what, place.removed) {
        (_, Some(rule)) => removed(rule),
        (what, None) => treated(what),
    }
}

pub fn treated(what: Treated) -> AttrValue {
    match what {
        Treated::Removed => tr!("share.removed"),
        Treated::Replaced => tr!("share.replaced"),
        Treated::Lost => tr!("share.lost"),
        Treated::Kept => tr!("share.kept"),
    }
}

/// Why a document is not in the copy.
pub fn dropped(why: Dropped, unknown: bool) -> AttrValue {
    match why {
        Dropped::Kind if unknown => tr!("share.dropped.unknown"),
        Dropped::Kind => tr!("share.dropped.kind"),
        Dropped::NotRead => tr!("share.dropped.not_read"),
        Dropped::Json(at) => tr!("share.dropped.json", at = crate::words::number(at.into())),
        Dropped::Changed => tr!("share.dropped.changed"),
    }
}
