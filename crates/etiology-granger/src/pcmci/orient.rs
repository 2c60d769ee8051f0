//! Marks of edges within the row: colliders, then Meek's rules 1 to 3 with the arrow of time.
//!
//! Edges from the past are arrows from the start and serve as premises. All conclusions of a rule are drawn from one graph and
//! entered together; an edge that two of them would turn opposite ways becomes a conflict, from which nothing more follows. So
//! no order of the series reaches the result.

use std::collections::BTreeSet;

use super::lagged::Lagged;

/// How an unshielded triple `a - b - c`, with `b` and `c` in the row, is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TripleRule {
    /// A collider when `b` is not in the first set that separated `a` and `c`. No further tests; depends on the order of the
    /// series.
    SeparatingSet,
    /// Over all sets of neighbours within the row that separate `a` and `c`: a collider when none has `b`, a non-collider when
    /// all have, else ambiguous.
    Conservative,
    /// A collider when fewer than half of those sets have `b`, ambiguous at exactly half.
    #[default]
    Majority,
}

/// The edge of two series within the row, read from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Apart,
    Open,
    Out,
    In,
    Conflict,
}

/// An unshielded triple `end - middle - other`, whose second edge is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Triple {
    pub(super) end: Lagged,
    pub(super) middle: usize,
    pub(super) other: usize,
}

/// All edges into the row.
pub(super) struct Marks {
    width: usize,
    within: Vec<Within>,
    /// Causes in the past of each series.
    past: Vec<BTreeSet<Lagged>>,
}

impl Marks {
    /// Open edges within the row, and causes in the past of each series.
    pub(super) fn new(
        width: usize,
        open: impl IntoIterator<Item = (usize, usize)>,
        past: Vec<BTreeSet<Lagged>>,
    ) -> Self {
        let mut marks = Self { width, within: vec![Within::Apart; width * width], past };
        for (a, b) in open {
            marks.set(a, b, Within::Open, Within::Open);
        }
        marks
    }

    pub(super) fn within(&self, a: usize, b: usize) -> Within {
        self.within[a * self.width + b]
    }

    fn set(&mut self, a: usize, b: usize, forth: Within, back: Within) {
        self.within[a * self.width + b] = forth;
        self.within[b * self.width + a] = back;
    }

    /// The series joined to one within the row.
    pub(super) fn neighbours(&self, of: usize) -> Vec<usize> {
        (0..self.width).filter(|&v| self.within(v, of) != Within::Apart).collect()
    }

    fn adjacent(&self, end: Lagged, series: usize) -> bool {
        if end.lag.rows() == 0 {
            self.within(end.series, series) != Within::Apart
        } else {
            self.past[series].contains(&end)
        }
    }

    /// The triples `end - middle - other` with an open second edge and the ends apart, where the first edge is an arrow from the
    /// past or, within the row, one of these.
    fn triples(&self, first: &[Within]) -> Vec<Triple> {
        let mut triples = Vec::new();
        for other in 0..self.width {
            for middle in (0..self.width).filter(|&middle| self.within(middle, other) == Within::Open) {
                let present = (0..self.width)
                    .filter(|&end| end != other && first.contains(&self.within(end, middle)))
                    .map(|end| Lagged::new(end, 0));
                triples.extend(
                    present
                        .chain(self.past[middle].iter().copied())
                        .filter(|&end| !self.adjacent(end, other))
                        .map(|end| Triple { end, middle, other }),
                );
            }
        }
        triples
    }

    /// The triples that may be colliders.
    pub(super) fn unshielded(&self) -> Vec<Triple> {
        self.triples(&[Within::Open])
    }

    /// Makes colliders of triples.
    pub(super) fn orient_colliders<'a>(&mut self, colliders: impl IntoIterator<Item = &'a Triple>) {
        let mut arrows = BTreeSet::new();
        for triple in colliders {
            arrows.insert((triple.other, triple.middle));
            if triple.end.lag.rows() == 0 {
                arrows.insert((triple.end.series, triple.middle));
            }
        }
        self.turn(&arrows);
    }

    /// Applies the rules until none does; nothing is concluded from an ambiguous triple.
    pub(super) fn close(&mut self, ambiguous: &BTreeSet<Triple>) {
        loop {
            let chains = self.rule_1(ambiguous);
            self.turn(&chains);
            let cycles = self.rule_2();
            self.turn(&cycles);
            let double = self.rule_3();
            self.turn(&double);
            if chains.is_empty() && cycles.is_empty() && double.is_empty() {
                return;
            }
        }
    }

    fn turn(&mut self, arrows: &BTreeSet<(usize, usize)>) {
        for &(a, b) in arrows {
            if arrows.contains(&(b, a)) {
                self.set(a, b, Within::Conflict, Within::Conflict);
            } else {
                self.set(a, b, Within::Out, Within::In);
            }
        }
    }

    /// `end --> middle --- other`, ends apart: `middle --> other`.
    fn rule_1(&self, ambiguous: &BTreeSet<Triple>) -> BTreeSet<(usize, usize)> {
        let triples = self.triples(&[Within::Out]).into_iter();
        triples.filter(|triple| !ambiguous.contains(triple)).map(|t| (t.middle, t.other)).collect()
    }

    /// `a --> b --> c` and `a --- c`: `a --> c`.
    fn rule_2(&self) -> BTreeSet<(usize, usize)> {
        let through = |a: usize, c: usize| {
            (0..self.width).any(|b| self.within(a, b) == Within::Out && self.within(b, c) == Within::Out)
        };
        self.open().filter(|&(a, c)| through(a, c)).collect()
    }

    /// `a --- b --> d`, `a --- c --> d`, `a --- d`, `b` and `c` apart: `a --> d`.
    fn rule_3(&self) -> BTreeSet<(usize, usize)> {
        let doubly = |a: usize, d: usize| {
            let between: Vec<usize> = (0..self.width)
                .filter(|&b| self.within(a, b) == Within::Open && self.within(b, d) == Within::Out)
                .collect();
            between.iter().any(|&b| between.iter().any(|&c| b < c && self.within(b, c) == Within::Apart))
        };
        self.open().filter(|&(a, d)| doubly(a, d)).collect()
    }

    fn open(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.width)
            .flat_map(move |a| (0..self.width).map(move |b| (a, b)))
            .filter(|&(a, b)| self.within(a, b) == Within::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(width: usize, open: &[(usize, usize)], past: &[(Lagged, usize)]) -> Marks {
        let mut causes = vec![BTreeSet::new(); width];
        for &(cause, effect) in past {
            causes[effect].insert(cause);
        }
        Marks::new(width, open.iter().copied(), causes)
    }

    #[test]
    fn the_past_orients_a_chain() {
        // 0@-1 --> 0 --- 1 --- 2, where 0@-1 is apart from 1.
        let mut chain = marks(3, &[(0, 1), (1, 2)], &[(Lagged::new(0, 1), 0)]);
        chain.close(&BTreeSet::new());
        assert_eq!((chain.within(0, 1), chain.within(1, 2)), (Within::Out, Within::Out));
        let mut unsure = marks(3, &[(0, 1), (1, 2)], &[(Lagged::new(0, 1), 0)]);
        unsure.close(&BTreeSet::from([Triple { end: Lagged::new(0, 1), middle: 0, other: 1 }]));
        assert_eq!(unsure.within(0, 1), Within::Open);
    }

    #[test]
    fn opposed_colliders_conflict() {
        // 0 - 1 - 2 - 3 with colliders at 1 and at 2.
        let mut path = marks(4, &[(0, 1), (1, 2), (2, 3)], &[]);
        let colliders: Vec<Triple> = path.unshielded();
        assert_eq!(colliders.len(), 4);
        path.orient_colliders(&colliders);
        assert_eq!(path.within(1, 2), Within::Conflict);
        assert_eq!((path.within(0, 1), path.within(2, 3)), (Within::Out, Within::In));
        path.close(&BTreeSet::new());
        assert_eq!(path.within(1, 2), Within::Conflict);
    }

    #[test]
    fn cycles_and_double_paths_are_closed() {
        let mut triangle = marks(3, &[(0, 1), (1, 2), (0, 2)], &[]);
        triangle.turn(&BTreeSet::from([(0, 1), (1, 2)]));
        triangle.close(&BTreeSet::new());
        assert_eq!(triangle.within(0, 2), Within::Out);
        let mut kite = marks(4, &[(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)], &[]);
        kite.turn(&BTreeSet::from([(1, 3), (2, 3)]));
        kite.close(&BTreeSet::new());
        assert_eq!(kite.within(0, 3), Within::Out);
    }
}
