//! Any resource of the capture by part of its name.

use super::protocol::{Hit, ResourceRef, Target};
use crate::capture::{Capture, DocumentId};
use crate::order::InOrder;

/// How well a name fits, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Whole,
    Start,
    /// At the start of a word in it.
    Word,
    Inside,
}

/// Proxies, then resources of every proxy's newest dump, whose name contains all the words, any case; best first.
pub fn search(capture: &Capture, text: &str, limit: u32) -> Vec<Hit> {
    let words: Vec<Vec<u8>> = text.split_whitespace().map(|word| word.to_lowercase().into_bytes()).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for (id, proxy) in capture.proxies() {
        if let Some(fit) = fit(proxy.identity.name().as_bytes(), &words) {
            hits.push((fit, None, proxy.identity.name().len(), Target::Proxy(id)));
        }
        let Some((document, found)) = proxy.dump.and_then(|id| Some((id, capture.document(id)?))) else {
            continue;
        };
        let Some(dump) = found.dump() else { continue };
        for (resource, it) in dump.all() {
            let name = it.name_span().of(&found.bytes);
            if let Some(fit) = fit(name, &words) {
                let target = Target::Resource(ResourceRef { document, resource });
                hits.push((fit, Some(it.kind), name.len(), target));
            }
        }
    }
    hits.order();
    hits.truncate(limit as usize);
    hits.into_iter().filter_map(|(_, kind, _, target)| hit(capture, kind, target)).collect()
}

fn hit(capture: &Capture, kind: Option<crate::envoy::Kind>, target: Target) -> Option<Hit> {
    let owner = |document: DocumentId| {
        capture.owner(document).and_then(|id| capture.proxy(id)).map(|it| it.identity.name().to_owned())
    };
    let (name, proxy) = match target {
        Target::Proxy(id) => {
            let identity = &capture.proxy(id)?.identity;
            (identity.name().to_owned(), identity.namespace.clone())
        }
        Target::Resource(id) => {
            let (document, resource) = super::resource(capture, id)?;
            (resource.name(&document.bytes).into_owned(), owner(id.document).unwrap_or_default())
        }
        Target::Document(id) | Target::Place(id, _) => {
            (capture.document(id)?.path.clone(), owner(id).unwrap_or_default())
        }
    };
    Some(Hit { target, name, kind, proxy })
}

/// How the worst of the words fits; none where one does not occur.
pub(super) fn fit(name: &[u8], words: &[Vec<u8>]) -> Option<Fit> {
    words.iter().map(|word| fit_of_word(name, word)).try_fold(Fit::Whole, |worst, fit| Some(worst.max(fit?)))
}

fn fit_of_word(name: &[u8], word: &[u8]) -> Option<Fit> {
    let mut best = None;
    for (at, window) in name.windows(word.len()).enumerate() {
        if !window.eq_ignore_ascii_case(word) {
            continue;
        }
        let fit = match at {
            0 if word.len() == name.len() => Fit::Whole,
            0 => Fit::Start,
            _ if !name[at - 1].is_ascii_alphanumeric() => Fit::Word,
            _ => Fit::Inside,
        };
        best = Some(best.map_or(fit, |best: Fit| best.min(fit)));
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_fits_come_first() {
        let words = |text: &str| text.split(' ').map(|it| it.as_bytes().to_vec()).collect::<Vec<_>>();
        let name = b"outbound|9080|v1|Reviews.default";
        assert!(fit(name, &words("reviews")) == Some(Fit::Word));
        assert!(fit(name, &words("out v1")) == Some(Fit::Word));
        assert!(fit(name, &words("views")) == Some(Fit::Inside));
        assert!(fit(b"9080", &words("9080")) == Some(Fit::Whole));
        assert!(fit(name, &words("out gone")).is_none());
    }
}
