//! Sorting, compiled once.
//!
//! The standard library's sort is a few kilobytes for each type it sorts, and there are some fifty: a tenth of what a
//! reader of the page downloads. Here one copy sorts positions, and what is sorted follows them.

use std::cmp::Ordering;

/// The standard library's stable sorts, in one copy for all types.
///
/// It costs a call for each comparison and a list of positions: nothing beside comparing names. What sorts millions
/// of numbers had better use the standard library's own.
pub trait InOrder<T> {
    /// As `sort_by` does: equal elements stay in their order.
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// As `sort_by_key` does: equal elements stay in their order.
    fn order_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);

    /// As `sort` does: equal elements stay in their order.
    fn order(&mut self)
    where
        T: Ord;
}

impl<T> InOrder<T> for [T] {
    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let mut places = places(self.len(), &mut |one, other| compare(&self[one], &self[other]));
        for at in 0..places.len() {
            // What belongs here may have been swapped away: it is where the place that had it sent it.
            let mut from = places[at];
            while from < at {
                from = places[from];
            }
            places[at] = from;
            self.swap(at, from);
        }
    }

    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|one, other| key(one).cmp(&key(other)));
    }

    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }
}

/// The positions in their order. Not generic, that there is one copy of it.
fn places(length: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..length).collect();
    places.sort_by(|one, other| compare(*one, *other));
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::InOrder;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(list in proptest::collection::vec(0u8..16, 0..200)) {
            // The position tells equal elements apart.
            let list: Vec<(u8, usize)> = list.into_iter().zip(0..).collect();
            let (mut ours, mut theirs) = (list.clone(), list.clone());
            ours.order_by_key(|it| it.0);
            theirs.sort_by_key(|it| it.0);
            prop_assert_eq!(&ours, &theirs);
            ours.order_by(|one, other| other.0.cmp(&one.0));
            theirs.sort_by_key(|it| std::cmp::Reverse(it.0));
            prop_assert_eq!(&ours, &theirs);
            ours.order();
            theirs.sort();
            prop_assert_eq!(ours, theirs);
        }
    }

    /// Guards against following the whole of a long cycle for each element.
    #[test]
    fn takes_no_time_for_one_long_cycle() {
        let length = 300_000;
        let mut list: Vec<u32> = (1..length).chain([0]).collect();
        list.order();
        assert!(list.iter().copied().eq(0..length));
        let mut list: Vec<u32> = [length - 1].into_iter().chain(0..length - 1).collect();
        list.order();
        assert!(list.iter().copied().eq(0..length));
    }
}
