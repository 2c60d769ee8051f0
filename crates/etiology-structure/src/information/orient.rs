//! Directions from three-point information, the surest first.
//!
//! An unshielded triple `x - z - y` with negative three-point information is a v-structure; one with positive information is none,
//! so an arrow into `z` goes on. With `I'` in nats over all rows, both arrowheads of a new v-structure have the probability
//! `(1 + e^I') / (1 + 3 e^I')`, and an arrowhead of probability `P` gives its neighbour
//! `P (1 / (1 + e^(-|I'|)) - 1/2) + 1/2` (Affeldt & Isambert 2015, section 3).

use etiology_graph::{NodeSet, Pdag, orient_by_meek};

use crate::{Knowledge, StructureError};

/// An unshielded triple, and its three-point information less complexity, in nats over all rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Triple {
    pub(super) x: usize,
    pub(super) z: usize,
    pub(super) y: usize,
    pub(super) information: f64,
}

/// What stands at an end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Open,
    Tail,
    /// An arrowhead, with its probability.
    Head(f64),
}

/// Ends by `(at, other)`: what stands at `at` on the edge to `other`.
struct Ends {
    p: usize,
    ends: Vec<End>,
    latent: bool,
}

impl Ends {
    fn at(&self, at: usize, other: usize) -> End {
        self.ends[at * self.p + other]
    }

    fn set(&mut self, at: usize, other: usize, end: End) {
        self.ends[at * self.p + other] = end;
    }

    /// Whether `from *-> to` may get its head: not against a tail, and without latent variables not against a head at the other
    /// end nor into a directed cycle.
    fn can_point(&self, from: usize, to: usize) -> bool {
        match (self.at(to, from), self.at(from, to)) {
            (End::Head(_), _) => true,
            (End::Tail, _) => false,
            (End::Open, End::Head(_)) => self.latent,
            (End::Open, _) => self.latent || !self.reaches(to, from),
        }
    }

    fn point(&mut self, from: usize, to: usize, probability: f64) {
        if self.at(to, from) == End::Open {
            self.set(to, from, End::Head(probability));
            if !self.latent {
                self.set(from, to, End::Tail);
            }
        }
    }

    fn is_directed(&self, from: usize, to: usize) -> bool {
        self.at(from, to) == End::Tail && matches!(self.at(to, from), End::Head(_))
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut seen = NodeSet::from_nodes(self.p, [from]);
        let mut stack = vec![from];
        while let Some(node) = stack.pop() {
            if node == to {
                return true;
            }
            stack.extend((0..self.p).filter(|&next| self.is_directed(node, next) && seen.insert(next)));
        }
        false
    }
}

/// What a triple would do now.
#[derive(Clone, Copy)]
struct Move {
    probability: f64,
    triple: Triple,
    /// `true`: arrowheads into `z`; `false`: the arrow at `z` from `x` goes on to `y`.
    collide: bool,
    /// Whether `x` and `y` change roles.
    swapped: bool,
}

/// Orients a skeleton.
///
/// # Errors
/// Never but for a defect in the graph's own rules.
pub(super) fn orient(
    adjacent: &[NodeSet],
    mut triples: Vec<Triple>,
    known: &Knowledge,
    latent: bool,
) -> Result<Pdag, StructureError> {
    let p = adjacent.len();
    let mut ends = Ends { p, ends: vec![End::Open; p * p], latent };
    apply_knowledge(adjacent, known, &mut ends);
    loop {
        let mut best: Option<Move> = None;
        for triple in &triples {
            if let Some(found) = proposal(triple, &ends)
                && best.is_none_or(|best| found.probability > best.probability)
            {
                best = Some(found);
            }
        }
        let Some(found) = best else { break };
        if !carry_out(found, &mut ends) {
            triples.retain(|triple| *triple != found.triple);
        }
    }
    let mut graph = graph(adjacent, &ends, known);
    if !latent {
        orient_by_meek(&mut graph);
    }
    Ok(graph)
}

fn apply_knowledge(adjacent: &[NodeSet], known: &Knowledge, ends: &mut Ends) {
    for (a, others) in adjacent.iter().enumerate() {
        for b in others {
            if known.requires(a, b) {
                ends.set(b, a, End::Head(1.0));
                ends.set(a, b, End::Tail);
            } else if !known.allows(a, b) && known.allows(b, a) {
                // a --> b is impossible, so whatever joins them has a head at a.
                ends.set(a, b, End::Head(1.0));
                if !ends.latent {
                    ends.set(b, a, End::Tail);
                }
            }
        }
    }
}

fn proposal(triple: &Triple, ends: &Ends) -> Option<Move> {
    let Triple { x, z, y, information } = *triple;
    let size = information.abs();
    let onward = |probability: f64| probability * (1.0 / (1.0 + (-size).exp()) - 0.5) + 0.5;
    let (from_x, from_y) = (ends.at(z, x), ends.at(z, y));
    let some = |probability: f64, collide, swapped| {
        (probability > 0.5).then_some(Move { probability, triple: *triple, collide, swapped })
    };
    if information < 0.0 {
        let e = information.exp();
        match (from_x, from_y) {
            (End::Open, End::Open) => some((1.0 + e) / (1.0 + 3.0 * e), true, false),
            (End::Head(known), End::Open) => some(onward(known), true, false),
            (End::Open, End::Head(known)) => some(onward(known), true, true),
            _ => None,
        }
    } else {
        match (from_x, from_y) {
            (End::Head(known), End::Open) => some(onward(known), false, false),
            (End::Open, End::Head(known)) => some(onward(known), false, true),
            _ => None,
        }
    }
}

/// Carries a move out; false when what is known already forbids it, so that it must not be proposed again.
fn carry_out(found: Move, ends: &mut Ends) -> bool {
    let Triple { x, z, y, .. } = found.triple;
    let (x, y) = if found.swapped { (y, x) } else { (x, y) };
    if found.collide {
        if !ends.can_point(x, z) || !ends.can_point(y, z) {
            return false;
        }
        ends.point(x, z, found.probability);
        // The first head may have closed the way for the second.
        if !ends.can_point(y, z) {
            return false;
        }
        ends.point(y, z, found.probability);
    } else {
        if !ends.can_point(z, y) || ends.at(y, z) == End::Tail {
            return false;
        }
        ends.point(z, y, found.probability);
        ends.set(z, y, End::Tail);
    }
    true
}

fn graph(adjacent: &[NodeSet], ends: &Ends, known: &Knowledge) -> Pdag {
    let mut graph = Pdag::empty(known.nodes().clone());
    for (a, others) in adjacent.iter().enumerate() {
        for b in others.iter().filter(|&b| b > a) {
            let is_head = |end: End| matches!(end, End::Head(_));
            match (is_head(ends.at(a, b)), is_head(ends.at(b, a))) {
                (true, true) => graph.set_bidirected(a, b),
                (true, false) => graph.set_directed(b, a),
                (false, true) => graph.set_directed(a, b),
                (false, false) => graph.set_undirected(a, b),
            }
        }
    }
    graph
}
