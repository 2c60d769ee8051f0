//! Zhang's ten orientation rules for partial ancestral graphs (Zhang 2008, "On the completeness of orientation rules for
//! causal discovery in the presence of latent confounders and selection bias", Artificial Intelligence 172, section 3).
//!
//! A rule turns circles into tails or arrowheads and never touches a decided mark, so background knowledge that is put in
//! first stays. R1 to R4 need nothing but the colliders; R5 to R7 matter only under selection; R8 to R10 find the remaining
//! tails. They are applied in turn until none changes anything.

use std::collections::{BTreeMap, VecDeque};

use etiology_graph::{EdgeMarks, Mark, NodeSet, Pag};

/// The rules on one graph.
pub(super) struct Rules<'a> {
    pub(super) graph: &'a mut Pag,
    /// Whether the separating set of the ends of a discriminating path has its `b`: `None` when that is not known.
    pub(super) separates: &'a dyn Fn(&Discriminating) -> Option<bool>,
    /// Unshielded triples that imply nothing, `(a, b, c)` with `a < c`, sorted.
    pub(super) ambiguous: &'a [(usize, usize, usize)],
    /// Whether samples may have been selected (R5 to R7).
    pub(super) selection: bool,
    /// The longest path looked at, in edges.
    pub(super) max_path: usize,
}

/// A discriminating path `d, ..., a, b, c` for `b`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Discriminating {
    /// From `d` to `a`.
    pub(super) path: Vec<usize>,
    pub(super) b: usize,
    pub(super) c: usize,
}

impl Discriminating {
    /// The end that is not joined to `c`.
    pub(super) fn d(&self) -> Option<usize> {
        self.path.first().copied()
    }
}

impl Rules<'_> {
    /// Applies every rule until none changes anything.
    pub(super) fn close(&mut self) {
        loop {
            let mut changed = self.r1() | self.r2() | self.r3() | self.r4();
            if self.selection {
                changed |= self.r5() | self.r6_r7();
            }
            changed |= self.r8() | self.r9() | self.r10();
            if !changed {
                return;
            }
        }
    }

    fn is(&self, a: usize, b: usize, at_a: Option<Mark>, at_b: Option<Mark>) -> bool {
        let fits = |mark: Mark, wanted: Option<Mark>| wanted.is_none_or(|wanted| wanted == mark);
        self.graph.edge(a, b).is_some_and(|edge| fits(edge.at_a, at_a) && fits(edge.at_b, at_b))
    }

    /// Whether the mark at `b` of the edge between `a` and `b` is this one.
    fn at(&self, a: usize, b: usize, mark: Mark) -> bool {
        self.graph.mark(a, b) == Some(mark)
    }

    /// Decides a circle at `b` of the edge between `a` and `b`.
    fn decide(&mut self, a: usize, b: usize, mark: Mark) -> bool {
        let open = self.at(a, b, Mark::Circle);
        if open {
            self.graph.set_mark(a, b, mark);
        }
        open
    }

    /// Whether the ends of `a - b - c` are apart and the triple is not ambiguous.
    fn unshielded(&self, a: usize, b: usize, c: usize) -> bool {
        a != c
            && !self.graph.adjacent(a, c)
            && self.ambiguous.binary_search(&(a.min(c), b, a.max(c))).is_err()
    }

    fn neighbours(&self, v: usize) -> Vec<usize> {
        self.graph.adjacents(v).iter().collect()
    }

    /// Calls `rule(self, a, b)` for every ordered pair that is joined.
    fn each_edge(&mut self, mut rule: impl FnMut(&mut Self, usize, usize) -> bool) -> bool {
        let mut changed = false;
        for a in 0..self.graph.len() {
            for b in self.neighbours(a) {
                changed |= rule(self, a, b);
            }
        }
        changed
    }

    /// a *-> b o-* c, a and c apart: b --> c.
    fn r1(&mut self) -> bool {
        self.each_edge(|rules, b, c| {
            let into_b = |&a: &usize| rules.at(a, b, Mark::Arrow) && rules.unshielded(a, b, c);
            if !rules.at(c, b, Mark::Circle) || !rules.neighbours(b).iter().any(into_b) {
                return false;
            }
            rules.decide(c, b, Mark::Tail) | rules.decide(b, c, Mark::Arrow)
        })
    }

    /// a --> b *-> c or a *-> b --> c, with a *-o c: a *-> c.
    fn r2(&mut self) -> bool {
        let (tail, arrow) = (Some(Mark::Tail), Some(Mark::Arrow));
        self.each_edge(|rules, a, c| {
            let through = |&b: &usize| {
                rules.at(a, b, Mark::Arrow)
                    && rules.at(b, c, Mark::Arrow)
                    && (rules.is(a, b, tail, arrow) || rules.is(b, c, tail, arrow))
            };
            rules.at(a, c, Mark::Circle)
                && rules.neighbours(a).iter().any(through)
                && rules.decide(a, c, Mark::Arrow)
        })
    }

    /// a *-> b <-* c, a *-o d o-* c, a and c apart, d *-o b: d *-> b.
    fn r3(&mut self) -> bool {
        self.each_edge(|rules, d, b| {
            if !rules.at(d, b, Mark::Circle) {
                return false;
            }
            let side = |&a: &usize| rules.at(a, b, Mark::Arrow) && rules.at(a, d, Mark::Circle);
            let sides: Vec<usize> = rules.neighbours(d).into_iter().filter(side).collect();
            let apart = |&a: &usize| sides.iter().any(|&c| rules.unshielded(a, d, c));
            sides.iter().any(apart) && rules.decide(d, b, Mark::Arrow)
        })
    }

    /// A discriminating path d, ..., a, b, c for b with b o-* c: b --> c when b separates d and c, else a <-> b <-> c.
    fn r4(&mut self) -> bool {
        let mut changed = false;
        for found in self.discriminating_paths() {
            let Discriminating { path, b, c } = &found;
            let Some(&a) = path.last() else { continue };
            if !self.at(*c, *b, Mark::Circle) {
                continue;
            }
            match (self.separates)(&found) {
                Some(true) => {
                    changed |= self.decide(*c, *b, Mark::Tail) | self.decide(*b, *c, Mark::Arrow);
                }
                Some(false) => {
                    for (from, to) in [(a, *b), (*b, a), (*b, *c), (*c, *b)] {
                        changed |= self.decide(from, to, Mark::Arrow);
                    }
                }
                None => {}
            }
        }
        changed
    }

    /// For each `b o-* c`, and each `a` next to `b`, a shortest discriminating path that ends `a, b, c`.
    pub(super) fn discriminating_paths(&self) -> Vec<Discriminating> {
        let mut found = Vec::new();
        for b in 0..self.graph.len() {
            for c in self.neighbours(b) {
                if !self.at(c, b, Mark::Circle) {
                    continue;
                }
                found.extend(self.neighbours(b).into_iter().filter_map(|a| self.discriminating(a, b, c)));
            }
        }
        found
    }

    /// A shortest path from some `d` apart from `c`, through colliders that are parents of `c`, to `a`, `b`.
    fn discriminating(&self, a: usize, b: usize, c: usize) -> Option<Discriminating> {
        let parent_of_c = |v: usize| v != c && self.is(v, c, Some(Mark::Tail), Some(Mark::Arrow));
        if !parent_of_c(a) || !self.at(b, a, Mark::Arrow) {
            return None;
        }
        let mut previous: BTreeMap<usize, usize> = BTreeMap::from([(a, b)]);
        let mut queue = VecDeque::from([(a, 2)]);
        while let Some((v, length)) = queue.pop_front() {
            if length >= self.max_path {
                return None;
            }
            for w in self.neighbours(v) {
                // v is a collider on the path.
                if w == b || w == c || previous.contains_key(&w) || !self.at(w, v, Mark::Arrow) {
                    continue;
                }
                if !self.graph.adjacent(w, c) {
                    let mut path = vec![w, v];
                    while let Some(&next) = path.last().and_then(|last| previous.get(last)) {
                        if next == b {
                            break;
                        }
                        path.push(next);
                    }
                    return Some(Discriminating { path, b, c });
                }
                if parent_of_c(w) && self.at(v, w, Mark::Arrow) {
                    previous.insert(w, v);
                    queue.push_back((w, length + 1));
                }
            }
        }
        None
    }

    /// a o-o b and an uncovered path of circles a, c, ..., d, b with a, d and b, c apart: all of them undirected.
    fn r5(&mut self) -> bool {
        let circles = |rules: &Self, u: usize, v: usize| rules.graph.edge(u, v) == Some(EdgeMarks::UNDECIDED);
        self.each_edge(|rules, a, b| {
            if a > b || !circles(rules, a, b) {
                return false;
            }
            for c in rules.neighbours(a) {
                if c == b || !circles(rules, a, c) || !rules.unshielded(c, a, b) {
                    continue;
                }
                let path = rules.uncovered(a, c, b, circles);
                let Some(path) =
                    path.filter(|path| path.len() > 3 && rules.unshielded(a, b, path[path.len() - 2]))
                else {
                    continue;
                };
                rules.graph.set(a, b, EdgeMarks::UNDIRECTED);
                for pair in path.windows(2) {
                    rules.graph.set(pair[0], pair[1], EdgeMarks::UNDIRECTED);
                }
                return true;
            }
            false
        })
    }

    /// R6: a --- b o-* c: a tail at b. R7: a --o b o-* c, a and c apart: a tail at b.
    fn r6_r7(&mut self) -> bool {
        self.each_edge(|rules, b, c| {
            let reason = |&a: &usize| {
                a != c
                    && rules.at(b, a, Mark::Tail)
                    && (rules.at(a, b, Mark::Tail)
                        || rules.at(a, b, Mark::Circle) && rules.unshielded(a, b, c))
            };
            rules.at(c, b, Mark::Circle)
                && rules.neighbours(b).iter().any(reason)
                && rules.decide(c, b, Mark::Tail)
        })
    }

    /// a --> b --> c or a --o b --> c, with a o-> c: a --> c.
    fn r8(&mut self) -> bool {
        self.each_edge(|rules, a, c| {
            let through = |&b: &usize| {
                rules.at(b, a, Mark::Tail)
                    && !rules.at(a, b, Mark::Tail)
                    && rules.is(b, c, Some(Mark::Tail), Some(Mark::Arrow))
            };
            rules.is(a, c, Some(Mark::Circle), Some(Mark::Arrow))
                && rules.neighbours(a).iter().any(through)
                && rules.decide(c, a, Mark::Tail)
        })
    }

    /// a o-> c and an uncovered potentially directed path a, b, ..., c with b and c apart: a --> c.
    fn r9(&mut self) -> bool {
        self.each_edge(|rules, a, c| {
            let starts = |&b: &usize| {
                b != c
                    && possibly_directed(rules, a, b)
                    && rules.unshielded(b, a, c)
                    && rules.uncovered(a, b, c, possibly_directed).is_some()
            };
            rules.is(a, c, Some(Mark::Circle), Some(Mark::Arrow))
                && rules.neighbours(a).iter().any(starts)
                && rules.decide(c, a, Mark::Tail)
        })
    }

    /// a o-> c, b --> c <-- d, uncovered potentially directed paths from a to b and to d whose first nodes differ and are
    /// apart: a --> c.
    fn r10(&mut self) -> bool {
        self.each_edge(|rules, a, c| {
            if !rules.is(a, c, Some(Mark::Circle), Some(Mark::Arrow)) {
                return false;
            }
            let parents: Vec<usize> = rules
                .neighbours(c)
                .into_iter()
                .filter(|&b| b != a && rules.is(b, c, Some(Mark::Tail), Some(Mark::Arrow)))
                .collect();
            if parents.len() < 2 {
                return false;
            }
            let firsts =
                rules.neighbours(a).into_iter().filter(|&m| m != c && possibly_directed(rules, a, m));
            let reached: Vec<(usize, Vec<usize>)> = firsts
                .map(|m| {
                    let reaches = |&b: &usize| {
                        b == m || rules.uncovered_without(a, m, b, Some(c), possibly_directed).is_some()
                    };
                    (m, parents.iter().copied().filter(reaches).collect())
                })
                .collect();
            let pair = reached.iter().enumerate().any(|(i, (m, of_m))| {
                reached[i + 1..].iter().any(|(w, of_w)| {
                    rules.unshielded(*m, a, *w) && of_m.iter().any(|b| of_w.iter().any(|d| d != b))
                })
            });
            pair && rules.decide(c, a, Mark::Tail)
        })
    }

    fn uncovered(
        &self,
        from: usize,
        first: usize,
        to: usize,
        edge: impl Fn(&Self, usize, usize) -> bool,
    ) -> Option<Vec<usize>> {
        self.uncovered_without(from, first, to, None, edge)
    }

    /// A shortest path `from, first, ..., to` of edges of a kind in which every consecutive triple is unshielded.
    fn uncovered_without(
        &self,
        from: usize,
        first: usize,
        to: usize,
        avoid: Option<usize>,
        edge: impl Fn(&Self, usize, usize) -> bool,
    ) -> Option<Vec<usize>> {
        // Steps, not nodes, are visited once: whether a step can be taken depends on the one before.
        let mut steps: Vec<(usize, usize, usize)> = vec![(from, first, usize::MAX)];
        let mut seen: Vec<NodeSet> = vec![NodeSet::new(self.graph.len()); self.graph.len()];
        let mut next = 0;
        while let Some(&(u, v, _)) = steps.get(next) {
            for w in self.neighbours(v) {
                if w == from || Some(w) == avoid || !edge(self, v, w) || !self.unshielded(u, v, w) {
                    continue;
                }
                if w == to {
                    let mut path = vec![to, v];
                    let mut at = next;
                    while let Some(&(u, _, before)) = steps.get(at) {
                        path.push(u);
                        at = before;
                    }
                    path.reverse();
                    let distinct = NodeSet::from_nodes(self.graph.len(), path.iter().copied()).len();
                    return (distinct == path.len() && path.len() <= self.max_path.saturating_add(1))
                        .then_some(path);
                }
                if seen[v].insert(w) {
                    steps.push((v, w, next));
                }
            }
            next += 1;
        }
        None
    }
}

/// Whether the edge may be part of a directed path from `u` to `v`.
fn possibly_directed(rules: &Rules<'_>, u: usize, v: usize) -> bool {
    !rules.at(v, u, Mark::Arrow) && !rules.at(u, v, Mark::Tail)
}
