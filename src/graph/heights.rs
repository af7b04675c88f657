//! Heights in columns whose order is given: neighbours as near to each other as the order lets them.

/// Something in a column.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Its middle.
    pub middle: f32,
    /// Its height.
    pub height: f32,
    /// Least room between it and its neighbours.
    pub gap: f32,
}

impl Item {
    pub fn new(height: f32, gap: f32) -> Item {
        Item { middle: 0.0, height, gap }
    }
}

/// How often the columns look at each other. More changes little.
const ROUNDS: usize = 10;

/// Sets the middles. `joins`, by column: which item of the column before is joined to which of this one.
pub fn settle(columns: &mut [Vec<Item>], joins: &[Vec<(usize, usize)>]) {
    for column in columns.iter_mut() {
        let wanted = vec![None; column.len()];
        spread(column, &wanted);
    }
    for round in 0..ROUNDS {
        for at in 1..columns.len() {
            pull(columns, joins, at, true);
        }
        // The last word is the left's, for there it is read from.
        if round + 1 < ROUNDS {
            for at in (0..columns.len().saturating_sub(1)).rev() {
                pull(columns, joins, at, false);
            }
        }
    }
    let top = columns.iter().flatten().map(|it| it.middle - it.height / 2.0).fold(f32::INFINITY, f32::min);
    for item in columns.iter_mut().flatten() {
        item.middle -= top;
    }
}

/// Moves a column's items towards those that they are joined to on one side.
fn pull(columns: &mut [Vec<Item>], joins: &[Vec<(usize, usize)>], at: usize, left: bool) {
    let side = if left { at - 1 } else { at + 1 };
    let mut sums = vec![(0.0_f32, 0_u32); columns[at].len()];
    for &(before, here) in &joins[at.max(side)] {
        let (mine, other) = if left { (here, before) } else { (before, here) };
        sums[mine].0 += columns[side][other].middle;
        sums[mine].1 += 1;
    }
    let wanted: Vec<Option<f32>> =
        sums.iter().map(|(sum, count)| (*count > 0).then(|| sum / *count as f32)).collect();
    spread(&mut columns[at], &wanted);
}

/// The heights nearest to the wanted ones (least squares) at which nothing overlaps and the order stays: pooling of
/// adjacent violators. Items that want nothing stay where they are.
fn spread(column: &mut [Item], wanted: &[Option<f32>]) {
    // By item: how far it must be from the first one at least. What is left is a sequence that must not fall.
    let mut offsets = Vec::with_capacity(column.len());
    let mut offset = 0.0;
    for (at, item) in column.iter().enumerate() {
        if at > 0 {
            let before = column[at - 1];
            offset += (before.height + item.height) / 2.0 + before.gap.max(item.gap);
        }
        offsets.push(offset);
    }
    // Blocks: sum of wishes, their weight, how many items.
    let mut blocks: Vec<(f32, f32, usize)> = Vec::new();
    for (at, item) in column.iter().enumerate() {
        // What nobody is joined to on that side gives way.
        let (wish, weight) = wanted[at].map_or((item.middle, 0.01), |it| (it, 1.0));
        let mut block = ((wish - offsets[at]) * weight, weight, 1);
        while let Some(last) = blocks.last() {
            if last.0 / last.1 < block.0 / block.1 {
                break;
            }
            block = (block.0 + last.0, block.1 + last.1, block.2 + last.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let mut at = 0;
    for (sum, weight, count) in blocks {
        for _ in 0..count {
            column[at].middle = sum / weight + offsets[at];
            at += 1;
        }
    }
}
