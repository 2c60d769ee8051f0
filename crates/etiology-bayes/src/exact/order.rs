//! Elimination orders: which variable to sum out next.
//!
//! Finding the best order is NP-hard; greedy ones are close to it (Kjærulff 1990; Koller and Friedman 2009, section 9.4.3).
//! Three scores are tried - the number of fill-in edges, the same weighted by states, and the size of the cluster - and where
//! the best of them is still large, again with ties broken at random under a fixed seed. The order with the fewest cells over
//! all clusters wins. Deterministic. One pass is `O(n^2 + n d^2 w)` for `n` variables, `d` neighbours, `w = n / 64` words.

use etiology_graph::NodeSet;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What the next variable is chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderHeuristic {
    /// The fewest edges added among its neighbours (min-fill).
    MinFill,
    /// The same, each edge weighted by the product of the states of its ends (weighted min-fill).
    WeightedMinFill,
    /// The smallest cluster, in cells (min-weight).
    MinWeight,
    /// All three, and random ties where the best is large; the one with the fewest cells. The default.
    Best,
}

/// An order with the clusters it makes.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// Variables, the first to be eliminated first.
    pub(super) sequence: Vec<usize>,
    /// For each in turn, the variables it is joined to when it is eliminated.
    pub(super) neighbours: Vec<Vec<usize>>,
    /// Number of states per variable.
    pub(super) cards: Vec<usize>,
    /// Cells over all clusters.
    pub(super) cells: f64,
    /// Cells of the largest cluster.
    pub(super) largest: f64,
    /// Most neighbours.
    pub(super) width: usize,
}

/// A graph whose edges join variables that share a table.
#[derive(Debug, Clone)]
pub(super) struct Interactions {
    pub(super) cards: Vec<usize>,
    pub(super) adjacent: Vec<NodeSet>,
}

impl Interactions {
    pub(super) fn new(cards: Vec<usize>) -> Self {
        let adjacent = vec![NodeSet::new(cards.len()); cards.len()];
        Self { cards, adjacent }
    }

    /// Joins all of `vars` with each other.
    pub(super) fn join(&mut self, vars: &[usize]) {
        for (i, &a) in vars.iter().enumerate() {
            for &b in &vars[..i] {
                self.adjacent[a].insert(b);
                self.adjacent[b].insert(a);
            }
        }
    }

    /// An order by the heuristic in which the groups (a number per variable) follow each other, the lowest first.
    pub(super) fn order(&self, heuristic: OrderHeuristic, groups: &[u8]) -> Order {
        let all = [OrderHeuristic::MinFill, OrderHeuristic::WeightedMinFill, OrderHeuristic::MinWeight];
        if heuristic != OrderHeuristic::Best {
            return self.greedy(heuristic, groups, None);
        }
        let mut best = self.greedy(OrderHeuristic::MinFill, groups, None);
        let mut consider = |order: Order| {
            if order.cells < best.cells {
                best = order;
            }
            best.cells
        };
        let mut cells = f64::INFINITY;
        for other in &all[1..] {
            cells = consider(self.greedy(*other, groups, None));
        }
        // More tries where there is more to gain; one costs about as much as ten thousand cells.
        let tries: u64 = match cells {
            cells if cells < 3e5 => 0,
            cells if cells < 1e7 => 4,
            cells if cells < 1e8 => 16,
            _ => 64,
        };
        for seed in 0..tries {
            let heuristic =
                if seed % 2 == 0 { OrderHeuristic::WeightedMinFill } else { OrderHeuristic::MinFill };
            consider(self.greedy(heuristic, groups, Some(seed)));
        }
        best
    }

    fn greedy(&self, heuristic: OrderHeuristic, groups: &[u8], seed: Option<u64>) -> Order {
        let n = self.cards.len();
        let mut graph = self.clone();
        let mut random = seed.map(StdRng::seed_from_u64);
        let mut tie = vec![0_u32; n];
        if let Some(random) = &mut random {
            tie.iter_mut().for_each(|tie| *tie = random.random());
        }
        let mut score: Vec<f64> = (0..n).map(|v| graph.score(v, heuristic)).collect();
        let mut open: Vec<usize> = (0..n).collect();
        let mut order = Order {
            sequence: Vec::with_capacity(n),
            neighbours: Vec::with_capacity(n),
            cards: self.cards.clone(),
            cells: 0.0,
            largest: 0.0,
            width: 0,
        };
        let mut touched = NodeSet::new(n);
        while let Some(at) = (0..open.len()).min_by(|&a, &b| {
            let (a, b) = (open[a], open[b]);
            let by_score = groups[a].cmp(&groups[b]).then(score[a].total_cmp(&score[b]));
            by_score.then(tie[a].cmp(&tie[b])).then(a.cmp(&b))
        }) {
            let v = open.swap_remove(at);
            let neighbours: Vec<usize> = graph.adjacent[v].iter().collect();
            let cells = graph.cells(v);
            order.cells += cells;
            order.largest = order.largest.max(cells);
            order.width = order.width.max(neighbours.len());
            touched.clear();
            for &a in &neighbours {
                graph.adjacent[a].remove(v);
                touched.insert(a);
            }
            for (i, &a) in neighbours.iter().enumerate() {
                for &b in &neighbours[..i] {
                    if graph.adjacent[a].insert(b) {
                        graph.adjacent[b].insert(a);
                        // Those joined to both ends lack one edge less.
                        if heuristic != OrderHeuristic::MinWeight {
                            touched.union_with(&graph.adjacent[a].intersection(&graph.adjacent[b]));
                        }
                    }
                }
            }
            for u in &touched {
                score[u] = graph.score(u, heuristic);
            }
            order.sequence.push(v);
            order.neighbours.push(neighbours);
        }
        order
    }

    #[allow(clippy::cast_precision_loss)]
    fn cells(&self, v: usize) -> f64 {
        self.adjacent[v].iter().fold(self.cards[v] as f64, |cells, u| cells * self.cards[u] as f64)
    }

    #[allow(clippy::cast_precision_loss)]
    fn score(&self, v: usize, heuristic: OrderHeuristic) -> f64 {
        if heuristic == OrderHeuristic::MinWeight {
            return self.cells(v);
        }
        let around = &self.adjacent[v];
        let mut score = 0.0;
        for u in around {
            let missing = around.words().iter().zip(self.adjacent[u].words()).enumerate();
            for (word, (&near, &joined)) in missing {
                let mut bits = near & !joined;
                if heuristic == OrderHeuristic::MinFill {
                    score += f64::from(bits.count_ones());
                    continue;
                }
                while bits != 0 {
                    let other = word * 64 + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    if other != u {
                        score += (self.cards[u] * self.cards[other]) as f64;
                    }
                }
            }
            if heuristic == OrderHeuristic::MinFill {
                // Every variable lacks an edge to itself.
                score -= 1.0;
            }
        }
        score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(n: usize) -> Interactions {
        let mut graph = Interactions::new(vec![2; n]);
        for v in 0..n {
            graph.join(&[v, (v + 1) % n]);
        }
        graph
    }

    #[test]
    fn a_ring_has_width_two_and_a_tree_one() {
        for heuristic in [
            OrderHeuristic::MinFill,
            OrderHeuristic::WeightedMinFill,
            OrderHeuristic::MinWeight,
            OrderHeuristic::Best,
        ] {
            assert_eq!(ring(30).order(heuristic, &[0; 30]).width, 2, "{heuristic:?}");
            let mut tree = Interactions::new(vec![3; 31]);
            (1..31).for_each(|v| tree.join(&[v, (v - 1) / 2]));
            let order = tree.order(heuristic, &[0; 31]);
            assert_eq!((order.width, order.largest), (1, 9.0), "{heuristic:?}");
        }
    }

    #[test]
    fn later_groups_wait() {
        let mut groups = [0; 30];
        groups[3] = 1;
        groups[4] = 1;
        groups[9] = 2;
        let order = ring(30).order(OrderHeuristic::Best, &groups);
        assert_eq!(order.sequence[29], 9);
        assert!(order.sequence[27..29].contains(&3) && order.sequence[27..29].contains(&4));
    }
}
