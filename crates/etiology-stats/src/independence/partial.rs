//! Partial correlations of many pairs given many small sets, from one correlation matrix.
//!
//! The rows of a Cholesky factor depend on the members of the set before them only, so the factor of the last set serves
//! the next one as far as the two begin alike, and so do the forward-solved rows of the pair. Learners walk through
//! subsets in lexicographic order, where usually only the last member changes: then a test costs one row of the factor
//! and one entry of either side, O(|S|^2 / 2), and allocates nothing. A set tested again with other pairs costs no factor
//! at all (the sharing of Zarebavani et al., "cuPC", IEEE TPDS 31, 2020). Sets of one and two have closed forms.

use super::DETERMINED;

/// A residual covariance and the residual variances of a pair, in units of the columns' variances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Residuals {
    pub(super) xy: f64,
    pub(super) xx: f64,
    pub(super) yy: f64,
}

impl Residuals {
    /// The partial correlation.
    pub(super) fn correlation(self) -> f64 {
        (self.xy / (self.xx.sqrt() * self.yy.sqrt())).clamp(-1.0, 1.0)
    }

    /// Whether the squared partial correlation stays within `bound`, without a root or a division.
    pub(super) fn within(self, bound: f64) -> bool {
        self.xy * self.xy <= bound * (self.xx * self.yy)
    }

    /// Refuses a pair of which one side is a linear combination of the set. NaN, the mark of a degenerate column, fails too.
    fn checked(self) -> Option<Self> {
        (self.xx > DETERMINED && self.yy > DETERMINED).then_some(self)
    }
}

/// One thread's partial correlations, with the factor of the last conditioning set.
#[derive(Debug)]
pub(super) struct Partials<'a> {
    /// Row-major and symmetric; NaN beside the diagonal of degenerate columns.
    correlation: &'a [f64],
    width: usize,
    given: Vec<usize>,
    /// Row i of the factor: i entries and the reciprocal of its diagonal, rows one after another.
    factor: Vec<f64>,
    left: Side,
    right: Side,
}

/// A column of the pair, forward-solved against the first `solved.len()` rows of the factor.
#[derive(Debug)]
struct Side {
    column: usize,
    solved: Vec<f64>,
}

impl<'a> Partials<'a> {
    /// `correlation` has `width * width` entries.
    pub(super) fn new(correlation: &'a [f64], width: usize) -> Self {
        let side = || Side { column: usize::MAX, solved: Vec::new() };
        Self { correlation, width, given: Vec::new(), factor: Vec::new(), left: side(), right: side() }
    }

    fn r(&self, row: usize, column: usize) -> f64 {
        self.correlation[row * self.width + column]
    }

    /// The residuals of `x` and `y` given a set; `None` for a number that is no column, a degenerate or a repeated one,
    /// and where the set or the pair is collinear.
    pub(super) fn residuals(&mut self, x: usize, y: usize, given: &[usize]) -> Option<Residuals> {
        let outside = |&column: &usize| column >= self.width;
        if outside(&x) || outside(&y) || x == y || given.iter().any(outside) {
            return None;
        }
        match *given {
            [] => Some(Residuals { xy: self.r(x, y), xx: 1.0, yy: 1.0 }).filter(|pair| !pair.xy.is_nan()),
            [z] => self.given_one(x, y, z),
            [z, w] => self.given_two(x, y, z, w),
            _ => self.given_many(x, y, given),
        }
    }

    fn given_one(&self, x: usize, y: usize, z: usize) -> Option<Residuals> {
        let (xz, yz) = (self.r(z, x), self.r(z, y));
        Residuals { xy: self.r(x, y) - xz * yz, xx: 1.0 - xz * xz, yy: 1.0 - yz * yz }.checked()
    }

    fn given_two(&self, x: usize, y: usize, z: usize, w: usize) -> Option<Residuals> {
        let (xz, xw, yz, yw, zw) = (self.r(z, x), self.r(w, x), self.r(z, y), self.r(w, y), self.r(z, w));
        let unexplained = 1.0 - zw * zw;
        if unexplained.is_nan() || unexplained <= DETERMINED {
            return None;
        }
        // Each side less its part along z, then less its part along what z leaves of w.
        let (xr, yr) = (xw - xz * zw, yw - yz * zw);
        let scale = 1.0 / unexplained;
        Residuals {
            xy: self.r(x, y) - xz * yz - xr * yr * scale,
            xx: 1.0 - xz * xz - xr * xr * scale,
            yy: 1.0 - yz * yz - yr * yr * scale,
        }
        .checked()
    }

    fn given_many(&mut self, x: usize, y: usize, given: &[usize]) -> Option<Residuals> {
        self.factor(given)?;
        if self.left.column == y || self.right.column == x {
            std::mem::swap(&mut self.left, &mut self.right);
        }
        for (side, column) in [(&mut self.left, x), (&mut self.right, y)] {
            if side.column != column {
                side.column = column;
                side.solved.clear();
            }
            let row = &self.correlation[column * self.width..(column + 1) * self.width];
            for at in side.solved.len()..given.len() {
                let next = eliminate(&self.factor, &side.solved, at, row[given[at]]);
                side.solved.push(next);
            }
        }
        let mut pair = Residuals { xy: self.r(x, y), xx: 1.0, yy: 1.0 };
        for (a, b) in self.left.solved.iter().zip(&self.right.solved) {
            pair.xy -= a * b;
            pair.xx -= a * a;
            pair.yy -= b * b;
        }
        pair.checked()
    }

    /// Brings the factor up to `given`, keeping the rows of the members both sets begin with.
    fn factor(&mut self, given: &[usize]) -> Option<()> {
        let common = self.given.iter().zip(given).take_while(|(a, b)| a == b).count();
        self.given.truncate(common);
        self.left.solved.truncate(common);
        self.right.solved.truncate(common);
        for at in common..given.len() {
            let start = start_of(at);
            self.factor.truncate(start);
            let row = &self.correlation[given[at] * self.width..(given[at] + 1) * self.width];
            let mut pivot = 1.0;
            for before in 0..at {
                let next = eliminate(&self.factor, &self.factor[start..], before, row[given[before]]);
                self.factor.push(next);
                pivot -= next * next;
            }
            if pivot.is_nan() || pivot <= DETERMINED {
                return None;
            }
            self.factor.push(1.0 / pivot.sqrt());
            self.given.push(given[at]);
        }
        Some(())
    }
}

/// Where row `at` of the packed factor begins.
fn start_of(at: usize) -> usize {
    at * (at + 1) / 2
}

/// One step of forward substitution: entry `at` of a solved row from the entries before it.
fn eliminate(factor: &[f64], solved: &[f64], at: usize, value: f64) -> f64 {
    let row = &factor[start_of(at)..=start_of(at) + at];
    let known: f64 = row[..at].iter().zip(solved).map(|(a, b)| a * b).sum();
    (value - known) * row[at]
}
