//! Which part of a drawing is in sight, and how large.

use xdscope::graph::layout::{HEAD, Rect};

/// A window over a drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Where the drawing's corner is, in pixels of the screen.
    pub x: f64,
    pub y: f64,
    /// How much it is enlarged.
    pub k: f64,
    /// The window's size.
    pub size: (f64, f64),
    /// The drawing's.
    pub drawing: (f64, f64),
}

impl Default for View {
    fn default() -> Self {
        View { x: 0.0, y: 0.0, k: 1.0, size: (0.0, 0.0), drawing: (0.0, 0.0) }
    }
}

/// Letters are readable down to here.
const READABLE: f64 = 0.75;
const SMALLEST: f64 = 0.15;
const LARGEST: f64 = 3.0;
/// Always in sight of the drawing.
const KEPT: f64 = 80.0;

impl View {
    pub fn transform(&self) -> String {
        format!("translate({:.2} {:.2}) scale({:.4})", self.x, self.y, self.k)
    }

    /// The headings go with the columns, and stay at the top.
    pub fn heads(&self) -> String {
        format!("translate({:.2} 0) scale({:.4})", self.x, self.k)
    }

    /// The first view: all of it where that is readable, else what is asked about.
    pub fn begin(&mut self, focus: Option<Rect>) {
        let all = (self.size.0 / self.drawing.0).min(self.size.1 / self.drawing.1);
        let wide = self.size.0 / self.drawing.0;
        self.k = if all >= READABLE { all.min(1.0) } else { wide.clamp(READABLE, 1.0) };
        let (wide, high) = (self.drawing.0 * self.k, self.drawing.1 * self.k);
        self.x = ((self.size.0 - wide) / 2.0).max(0.0);
        self.y = ((self.size.1 - high) / 2.0).clamp(0.0, 40.0);
        if let Some(focus) = focus {
            self.reveal(focus);
            if high > self.size.1 {
                self.y = self.size.1 / 2.0 - f64::from(focus.y + focus.height / 2.0) * self.k;
                self.y = self.y.clamp(self.size.1 - high, 0.0);
            }
        }
        self.keep();
    }

    /// All of it, however small.
    pub fn fit(&mut self) {
        let all = (self.size.0 / self.drawing.0.max(1.0)).min(self.size.1 / self.drawing.1.max(1.0));
        self.k = all.clamp(SMALLEST, 1.0);
        self.x = (self.size.0 - self.drawing.0 * self.k) / 2.0;
        self.y = ((self.size.1 - self.drawing.1 * self.k) / 2.0).max(0.0);
    }

    pub fn pan(&mut self, x: f64, y: f64) {
        self.x += x;
        self.y += y;
        self.keep();
    }

    /// Enlarges; the point at `at` of the window stays.
    pub fn zoom(&mut self, by: f64, at: (f64, f64)) {
        let k = (self.k * by).clamp(SMALLEST, LARGEST);
        let by = k / self.k;
        self.x = at.0 - (at.0 - self.x) * by;
        self.y = at.1 - (at.1 - self.y) * by;
        self.k = k;
        self.keep();
    }

    /// Moves as little as brings a box in sight.
    pub fn reveal(&mut self, it: Rect) {
        let room = 16.0;
        let (left, top) = (self.x + f64::from(it.x) * self.k, self.y + f64::from(it.y) * self.k);
        let (right, bottom) = (left + f64::from(it.width) * self.k, top + f64::from(it.height) * self.k);
        let into = |low: f64, high: f64, from: f64, to: f64| {
            if low < from {
                from - low
            } else if high > to {
                (to - high).max(from - low)
            } else {
                0.0
            }
        };
        let x = into(left, right, room, self.size.0 - room);
        let y = into(top, bottom, f64::from(HEAD) + 4.0, self.size.1 - room);
        self.pan(x, y);
    }

    /// Puts a point of the drawing in the middle.
    pub fn center(&mut self, x: f64, y: f64) {
        self.x = self.size.0 / 2.0 - x * self.k;
        self.y = self.size.1 / 2.0 - y * self.k;
        self.keep();
    }

    fn keep(&mut self) {
        let (wide, high) = (self.drawing.0 * self.k, self.drawing.1 * self.k);
        self.x = self.x.clamp(KEPT.min(self.size.0) - wide, (self.size.0 - KEPT).max(0.0));
        self.y = self.y.clamp(KEPT.min(self.size.1) - high, (self.size.1 - KEPT).max(0.0));
    }

    /// What is in sight, and a margin around it: left, top, right, bottom in the drawing's own pixels.
    pub fn sight(&self, margin: f64) -> (f64, f64, f64, f64) {
        let left = -self.x / self.k;
        let top = -self.y / self.k;
        let (wide, high) = (self.size.0 / self.k, self.size.1 / self.k);
        (left - margin, top - margin, left + wide + margin, top + high + margin)
    }

    pub fn sees_all(&self) -> bool {
        let (left, top, right, bottom) = self.sight(2.0);
        left <= 0.0 && top <= 0.0 && right >= self.drawing.0 && bottom >= self.drawing.1
    }

    pub fn map_scale(&self, most: (f64, f64)) -> f64 {
        (most.0 / self.drawing.0.max(1.0)).min(most.1 / self.drawing.1.max(1.0))
    }

    /// What is in sight, on the minimap: left, top, width, height.
    pub fn on_map(&self, most: (f64, f64)) -> (f64, f64, f64, f64) {
        let scale = self.map_scale(most);
        let (left, top, right, bottom) = self.sight(0.0);
        let (left, top) = (left.max(0.0), top.max(0.0));
        let (right, bottom) = (right.min(self.drawing.0), bottom.min(self.drawing.1));
        (left * scale, top * scale, (right - left).max(0.0) * scale, (bottom - top).max(0.0) * scale)
    }
}
