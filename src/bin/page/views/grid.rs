//! Which rows of a long table are in sight, when each may have another height: those that were drawn are measured,
//! the others are taken to be as high as the measured ones are on average.

#[derive(Debug, Default)]
pub struct Heights {
    /// 0 where not measured.
    measured: Vec<f32>,
    sum: f64,
    count: u32,
    /// Where each row begins, and where the last ends.
    begins: Vec<f64>,
}

/// A row of one line.
const USUAL: f64 = 33.0;

impl Heights {
    /// Forgets all measures.
    pub fn reset(&mut self, rows: u32) {
        self.measured = vec![0.0; rows as usize];
        (self.sum, self.count) = (0.0, 0);
        self.lay_out();
    }

    /// Takes down heights; whether any was new.
    pub fn measure(&mut self, heights: impl Iterator<Item = (u32, f32)>) -> bool {
        let mut new = false;
        for (row, height) in heights {
            let Some(known) = self.measured.get_mut(row as usize) else { continue };
            if height > 0.0 && (*known - height).abs() > 0.5 {
                self.count += u32::from(*known == 0.0);
                self.sum += f64::from(height - *known);
                *known = height;
                new = true;
            }
        }
        if new {
            self.lay_out();
        }
        new
    }

    fn lay_out(&mut self) {
        let usual = if self.count == 0 { USUAL } else { self.sum / f64::from(self.count) };
        self.begins.clear();
        let mut at = 0.0;
        self.begins.push(at);
        for height in &self.measured {
            at += if *height > 0.0 { f64::from(*height) } else { usual };
            self.begins.push(at);
        }
    }

    pub fn begin(&self, row: u32) -> f64 {
        self.begins.get(row as usize).or(self.begins.last()).copied().unwrap_or(0.0)
    }

    pub fn total(&self) -> f64 {
        self.begins.last().copied().unwrap_or(0.0)
    }

    /// The row at that height.
    pub fn row_at(&self, y: f64) -> u32 {
        let rows = self.measured.len();
        let after = self.begins.partition_point(|begin| *begin <= y);
        u32::try_from(after.saturating_sub(1).min(rows.saturating_sub(1))).unwrap_or(0)
    }
}
