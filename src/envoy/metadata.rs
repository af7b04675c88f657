//! What Istio writes beside Envoy's own fields.

use std::borrow::Cow;

use crate::json::Node;

/// The Istio resource that something was made of: `metadata.filter_metadata.istio.config`, a Kubernetes path such as
/// `/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner<'t>(pub Cow<'t, str>);

impl<'t> Owner<'t> {
    /// The owner of the message that has this `metadata` field.
    pub fn of(message: Node<'t>) -> Option<Owner<'t>> {
        let config = message.path(&["metadata", "filter_metadata", "istio", "config"])?;
        // A value that is no string reads as an empty one, as istioctl has it.
        Some(Owner(config.str().unwrap_or_default()))
    }

    /// Its parts, when it is a path of Istio's.
    pub fn parts(&self) -> Option<OwnerParts<'_>> {
        let rest = self.0.strip_prefix("/apis/")?;
        let mut parts = rest.split('/');
        let (group, _version) = (parts.next()?, parts.next()?);
        let (namespaces, namespace, kind, name) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (namespaces == "namespaces" && parts.next().is_none()).then_some(OwnerParts {
            group,
            namespace,
            kind,
            name,
        })
    }
}

/// An owner's path taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerParts<'a> {
    /// `networking.istio.io`
    pub group: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// `virtual-service`, `destination-rule`
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl OwnerParts<'_> {
    /// The kind as Kubernetes spells it: `VirtualService`.
    pub fn kubernetes_kind(&self) -> String {
        self.kind
            .split('-')
            .map(|word| {
                let mut letters = word.chars();
                letters
                    .next()
                    .map(|it| it.to_ascii_uppercase())
                    .into_iter()
                    .chain(letters)
                    .collect::<String>()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_owner_apart() {
        let owner = Owner("/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews".into());
        let parts = owner.parts().unwrap();
        assert_eq!(
            (parts.kubernetes_kind().as_str(), parts.namespace, parts.name),
            ("VirtualService", "default", "reviews")
        );
        assert_eq!(Owner("/apis/x/v1/default/y/z".into()).parts(), None);
    }
}
