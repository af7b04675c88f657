//! The order that Go's `sort.Slice` leaves, which is the order of istioctl's rows.
//!
//! Rows that compare as equal stay where this algorithm happens to put them, and istioctl's comparison of route names
//! is not even an order: so the same rows in the same place need the same algorithm. It is pattern-defeating
//! quicksort (Go, sort/zsortfunc.go; https://arxiv.org/abs/2106.05123) without its random numbers: every choice
//! follows from the length and the comparisons.

/// Below this length a plain insertion sort does it.
const SHORT: usize = 12;
/// From this length on, a pivot is the median of three medians, and nearly sorted ranges are finished by shifting.
const LONG: usize = 50;
/// How many elements a nearly sorted range may have out of order.
const SHIFTS: usize = 5;

/// Sorts as `sort.Slice` does.
pub fn sort_slice<T>(list: &mut [T], less: impl FnMut(&T, &T) -> bool) {
    let end = list.len();
    Sorter { list, less }.sort(0, end, bits(end));
}

/// How many bits a number has.
fn bits(number: usize) -> u32 {
    usize::BITS - number.leading_zeros()
}

/// What a pivot's neighbours say about the range.
#[derive(Clone, Copy, PartialEq)]
enum Hint {
    Increasing,
    Decreasing,
    Nothing,
}

struct Sorter<'l, T, F> {
    list: &'l mut [T],
    less: F,
}

impl<T, F: FnMut(&T, &T) -> bool> Sorter<'_, T, F> {
    fn less(&mut self, one: usize, other: usize) -> bool {
        (self.less)(&self.list[one], &self.list[other])
    }

    /// Sorts a range; after `limit` bad pivots by heap.
    fn sort(&mut self, mut start: usize, mut end: usize, mut limit: u32) {
        let mut balanced = true;
        let mut partitioned = true;
        loop {
            let length = end - start;
            if length <= SHORT {
                return self.insert(start, end);
            }
            if limit == 0 {
                return self.heap_sort(start, end);
            }
            if !balanced {
                self.break_patterns(start, length);
                limit -= 1;
            }
            let (mut pivot, mut hint) = self.pivot(start, length);
            if hint == Hint::Decreasing {
                self.list[start..end].reverse();
                pivot = end - 1 - (pivot - start);
                hint = Hint::Increasing;
            }
            if balanced && partitioned && hint == Hint::Increasing && self.finish(start, end) {
                return;
            }
            // Nothing here is less than what stands before the range; a pivot that is not greater has many equals.
            if start > 0 && !self.less(start - 1, pivot) {
                start = self.split_equal(start, end, pivot);
                continue;
            }
            let (middle, already) = self.split(start, end, pivot);
            partitioned = already;
            let (left, right) = (middle - start, end - middle);
            balanced = left.min(right) >= length / 8;
            if left < right {
                self.sort(start, middle, limit);
                start = middle + 1;
            } else {
                self.sort(middle + 1, end, limit);
                end = middle;
            }
        }
    }

    fn insert(&mut self, start: usize, end: usize) {
        for next in start + 1..end {
            self.sink(next, start);
        }
    }

    /// Moves an element down while it is less than its neighbour, not below `floor`.
    fn sink(&mut self, mut at: usize, floor: usize) {
        while at > floor && self.less(at, at - 1) {
            self.list.swap(at, at - 1);
            at -= 1;
        }
    }

    fn heap_sort(&mut self, start: usize, end: usize) {
        let length = end - start;
        for root in (0..=(length - 1) / 2).rev() {
            self.sift_down(root, length, start);
        }
        for last in (0..length).rev() {
            self.list.swap(start, start + last);
            self.sift_down(0, last, start);
        }
    }

    fn sift_down(&mut self, mut root: usize, length: usize, start: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= length {
                return;
            }
            if child + 1 < length && self.less(start + child, start + child + 1) {
                child += 1;
            }
            if !self.less(start + root, start + child) {
                return;
            }
            self.list.swap(start + root, start + child);
            root = child;
        }
    }

    /// Less than the pivot to its left, the rest to its right. Where it went, and whether nothing had to move.
    fn split(&mut self, start: usize, end: usize, pivot: usize) -> (usize, bool) {
        self.list.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        let mut moved = false;
        loop {
            while low <= high && self.less(low, start) {
                low += 1;
            }
            while low <= high && !self.less(high, start) {
                high -= 1;
            }
            if low > high {
                break;
            }
            self.list.swap(low, high);
            moved = true;
            low += 1;
            high -= 1;
        }
        self.list.swap(high, start);
        (high, !moved)
    }

    /// Equals of the pivot to the left; where the greater ones begin.
    fn split_equal(&mut self, start: usize, end: usize, pivot: usize) -> usize {
        self.list.swap(start, pivot);
        let (mut low, mut high) = (start + 1, end - 1);
        loop {
            while low <= high && !self.less(start, low) {
                low += 1;
            }
            while low <= high && self.less(start, high) {
                high -= 1;
            }
            if low > high {
                return low;
            }
            self.list.swap(low, high);
            low += 1;
            high -= 1;
        }
    }

    /// Sorts a range in which little is out of place; says whether that was so.
    fn finish(&mut self, start: usize, end: usize) -> bool {
        let mut at = start + 1;
        for _ in 0..SHIFTS {
            while at < end && !self.less(at, at - 1) {
                at += 1;
            }
            if at == end {
                return true;
            }
            if end - start < LONG {
                return false;
            }
            self.list.swap(at, at - 1);
            if at - start >= 2 {
                self.sink(at - 1, 0);
            }
            if end - at >= 2 {
                let mut up = at + 1;
                while up < end && self.less(up, up - 1) {
                    self.list.swap(up, up - 1);
                    up += 1;
                }
            }
        }
        false
    }

    /// Swaps three elements of the middle for others, chosen by a generator (xorshift) whose seed is the length.
    fn break_patterns(&mut self, start: usize, length: usize) {
        let mut random = length as u64;
        let mask = (1u64 << bits(length)) - 1;
        let middle = start + length / 4 * 2;
        for at in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = usize::try_from(random & mask).unwrap_or(0);
            if other >= length {
                other -= length;
            }
            self.list.swap(at, start + other);
        }
    }

    /// A pivot for a range longer than [`SHORT`].
    fn pivot(&mut self, start: usize, length: usize) -> (usize, Hint) {
        let quarter = length / 4;
        let mut swaps = 0;
        let mut picked = [start + quarter, start + quarter * 2, start + quarter * 3];
        if length >= LONG {
            picked = picked.map(|at| self.median([at - 1, at, at + 1], &mut swaps));
        }
        let pivot = self.median(picked, &mut swaps);
        let hint = match swaps {
            0 => Hint::Increasing,
            12 => Hint::Decreasing,
            _ => Hint::Nothing,
        };
        (pivot, hint)
    }

    fn median(&mut self, [mut low, mut middle, mut high]: [usize; 3], swaps: &mut u32) -> usize {
        let mut order = |one: &mut usize, other: &mut usize| {
            if (self.less)(&self.list[*other], &self.list[*one]) {
                *swaps += 1;
                std::mem::swap(one, other);
            }
        };
        order(&mut low, &mut middle);
        order(&mut middle, &mut high);
        order(&mut low, &mut middle);
        middle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    struct Row {
        key: usize,
        id: u64,
    }

    /// A list that depends on nothing but its parameters; Go made the same ones.
    fn list(n: usize, modulus: u64, shape: u64) -> Vec<Row> {
        let mut seed = n as u64 * 1_000_003 + modulus * 31 + shape;
        let row = |at: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = match shape {
                1 if at % 37 == 5 => 0,
                1 => at,
                2 => n - at,
                _ => ((seed >> 33) % modulus) as usize,
            };
            Row { key, id: at as u64 }
        };
        (0..n).map(row).collect()
    }

    /// Guards the place of equal rows. The number is what Go 1.26's `sort.Slice` makes of the same lists: short, long,
    /// sorted, reversed, full of equals, and compared by what is no order.
    #[test]
    fn leaves_the_order_that_go_leaves() {
        let mut hash: u64 = 14_695_981_039_346_656_037;
        let mut n = 0;
        while n < 700 {
            for modulus in [1, 2, 3, 7, 50, 1_000_000] {
                for shape in 0..4 {
                    let mut rows = list(n, modulus, shape);
                    sort_slice(&mut rows, |one, other| {
                        let alike = shape == 3 && (one.key.is_multiple_of(3) || other.key.is_multiple_of(3));
                        !alike && one.key < other.key
                    });
                    for row in rows {
                        hash = (hash ^ row.id).wrapping_mul(1_099_511_628_211);
                    }
                }
            }
            n += 1 + n / 40;
        }
        assert_eq!(hash, 8_487_216_621_318_047_895);
    }
}
