//! [`EdgeStrengths`]: how often each pair was joined over replicates, which pairs stand out, and the averaged network.

use etiology_graph::{EdgeMarks, GraphDocument, GraphEdge, Mark, NodeSet, Nodes, Pdag};

use crate::StructureError;

/// How often two variables were joined, and how. Shares of the replicates that did not fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdgeStrength {
    /// The smaller number.
    pub a: usize,
    /// The larger number.
    pub b: usize,
    /// Joined in any way.
    pub present: f64,
    /// `a --> b`.
    pub forward: f64,
    /// `b --> a`.
    pub backward: f64,
    /// `a <-> b`.
    pub bidirected: f64,
}

impl EdgeStrength {
    /// The share of `a --> b` among replicates with the edge; an edge without one direction counts half for either, as in
    /// bnlearn's `boot.strength`.
    #[must_use]
    pub fn direction(&self) -> f64 {
        let either = self.present - self.forward - self.backward;
        if self.present > 0.0 { (self.forward + either / 2.0) / self.present } else { 0.5 }
    }
}

/// The counts of a bootstrap.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeStrengths {
    nodes: Nodes,
    replicates: usize,
    failed: usize,
    first_failure: Option<StructureError>,
    /// Pairs joined at least once, by `(a, b)`.
    edges: Vec<EdgeStrength>,
}

/// Joined, forward, backward, bidirected.
type Counts = [u32; 4];

impl EdgeStrengths {
    pub(super) fn count(
        nodes: &Nodes,
        graphs: Vec<Result<GraphDocument, StructureError>>,
    ) -> Result<Self, StructureError> {
        let p = nodes.len();
        let mut counts = vec![Counts::default(); p * p];
        let (replicates, mut failed, mut first_failure) = (graphs.len(), 0, None);
        for graph in graphs {
            match graph {
                Ok(document) => {
                    for edge in &document.edges {
                        add(nodes, edge, &mut counts)?;
                    }
                }
                Err(error) => {
                    failed += 1;
                    first_failure.get_or_insert(error);
                }
            }
        }
        let worked = (replicates - failed) as f64;
        if failed == replicates
            && let Some(error) = first_failure
        {
            return Err(error);
        }
        let pairs = (0..p).flat_map(|a| (a + 1..p).map(move |b| (a, b)));
        let edges = pairs
            .filter(|&(a, b)| counts[a * p + b][0] > 0)
            .map(|(a, b)| {
                let [present, forward, backward, bidirected] =
                    counts[a * p + b].map(|count| f64::from(count) / worked);
                EdgeStrength { a, b, present, forward, backward, bidirected }
            })
            .collect();
        Ok(Self { nodes: nodes.clone(), replicates, failed, first_failure, edges })
    }

    /// The variables.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Number of replicates, the failed ones included.
    #[must_use]
    pub fn replicates(&self) -> usize {
        self.replicates
    }

    /// Number of replicates whose learner failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// Why the first of them failed.
    #[must_use]
    pub fn first_failure(&self) -> Option<&StructureError> {
        self.first_failure.as_ref()
    }

    /// Every pair that was joined at least once, by number.
    #[must_use]
    pub fn edges(&self) -> &[EdgeStrength] {
        &self.edges
    }

    fn edge(&self, a: usize, b: usize) -> Option<&EdgeStrength> {
        let pair = (a.min(b), a.max(b));
        let at = self.edges.binary_search_by_key(&pair, |edge| (edge.a, edge.b)).ok()?;
        self.edges.get(at)
    }

    /// The share of replicates in which the two were joined.
    #[must_use]
    pub fn strength(&self, a: usize, b: usize) -> f64 {
        self.edge(a, b).map_or(0.0, |edge| edge.present)
    }

    /// The share of `from --> to` among replicates that join the two; one half when none does.
    #[must_use]
    pub fn direction(&self, from: usize, to: usize) -> f64 {
        match self.edge(from, to) {
            Some(edge) if from < to => edge.direction(),
            Some(edge) => 1.0 - edge.direction(),
            None => 0.5,
        }
    }

    /// The threshold above which edges are significant (Scutari & Nagarajan, "Identifying significant edges in graphical
    /// models of molecular networks", Artificial Intelligence in Medicine 57, 2013, section 3), in the `L1` norm.
    ///
    /// Were the truth certain, a share `t` of all pairs would have strength 0 and the others strength 1. The estimate of `t`
    /// minimises the area between that distribution function and the observed `F`; `F` grows, so the minimum lies at
    /// `F(1/2)`, and the observed quantile there is the largest strength that is at most one half. A numerical minimiser may
    /// miss that exact point and land on the next strength.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.edges.iter().map(|edge| edge.present).filter(|&present| present <= 0.5).fold(0.0, f64::max)
    }

    /// The averaged network: the edges stronger than `threshold` (that of [`EdgeStrengths::threshold`] when `None`), in the
    /// direction of the majority, the strongest first. An edge without a majority, or one whose direction would close a cycle
    /// with stronger ones, is undirected; one that is bidirected in most replicates is bidirected.
    #[must_use]
    pub fn averaged(&self, threshold: Option<f64>) -> Pdag {
        let threshold = threshold.unwrap_or_else(|| self.threshold());
        let mut chosen: Vec<&EdgeStrength> =
            self.edges.iter().filter(|edge| edge.present > threshold).collect();
        let support = |edge: &EdgeStrength| edge.present * edge.direction().max(1.0 - edge.direction());
        chosen.sort_by(|x, y| {
            let by_strength = y.present.total_cmp(&x.present).then(support(y).total_cmp(&support(x)));
            by_strength.then((x.a, x.b).cmp(&(y.a, y.b)))
        });
        let mut graph = Pdag::empty(self.nodes.clone());
        for edge in chosen {
            let (a, b, direction) = (edge.a, edge.b, edge.direction());
            let (from, to) = if direction > 0.5 { (a, b) } else { (b, a) };
            if edge.bidirected > edge.present / 2.0 {
                graph.set_bidirected(a, b);
            } else if (direction - 0.5).abs() < 1e-12 || reaches(&graph, to, from) {
                graph.set_undirected(a, b);
            } else {
                graph.set_directed(from, to);
            }
        }
        graph
    }

    /// The averaged network with the strength of every edge.
    #[must_use]
    pub fn to_document(&self, threshold: Option<f64>) -> GraphDocument {
        let graph = self.averaged(threshold);
        let with_strength = |(a, b, marks): (usize, usize, EdgeMarks)| {
            let mut edge = GraphEdge::new(&self.nodes, a, b, marks);
            edge.strength = Some(self.strength(a, b));
            edge
        };
        GraphDocument {
            nodes: self.nodes.names().to_vec(),
            edges: graph.edges().map(with_strength).collect(),
        }
    }
}

fn add(nodes: &Nodes, edge: &GraphEdge, counts: &mut [Counts]) -> Result<(), StructureError> {
    let (a, b) = (nodes.require(&edge.a)?, nodes.require(&edge.b)?);
    let (low, high, marks) = if a < b { (a, b, edge.marks) } else { (b, a, edge.marks.reversed()) };
    let cell = &mut counts[low * nodes.len() + high];
    cell[0] += 1;
    match (marks.at_a, marks.at_b) {
        (Mark::Tail, Mark::Arrow) => cell[1] += 1,
        (Mark::Arrow, Mark::Tail) => cell[2] += 1,
        (Mark::Arrow, Mark::Arrow) => cell[3] += 1,
        _ => {}
    }
    Ok(())
}

fn reaches(graph: &Pdag, from: usize, to: usize) -> bool {
    let mut seen = NodeSet::from_nodes(graph.len(), [from]);
    let mut stack = vec![from];
    while let Some(node) = stack.pop() {
        if node == to {
            return true;
        }
        stack.extend(graph.children(node).iter().filter(|&next| seen.insert(next)));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strengths(shares: &[(usize, usize, f64)]) -> EdgeStrengths {
        let edge = |&(a, b, present): &(usize, usize, f64)| EdgeStrength {
            a,
            b,
            present,
            forward: present,
            backward: 0.0,
            bidirected: 0.0,
        };
        EdgeStrengths {
            nodes: Nodes::numbered(4),
            replicates: 1,
            failed: 0,
            first_failure: None,
            edges: shares.iter().map(edge).collect(),
        }
    }

    /// The worked example of Scutari & Nagarajan 2013, section 3: threshold .3921, three edges above it.
    #[test]
    fn the_threshold_of_the_paper() {
        let example = strengths(&[
            (0, 1, 0.0460),
            (0, 2, 0.2242),
            (0, 3, 0.3921),
            (1, 2, 0.7689),
            (1, 3, 0.8935),
            (2, 3, 0.9439),
        ]);
        assert_eq!(example.threshold().to_bits(), 0.3921_f64.to_bits());
        assert_eq!(example.averaged(None).edge_count(), 3);
        assert_eq!(example.averaged(Some(0.9)).edge_count(), 1);
        assert_eq!(strengths(&[(0, 1, 1.0), (0, 2, 0.6)]).threshold().to_bits(), 0);
    }

    /// The minimum of the area is where the closed form says it is.
    #[test]
    fn the_threshold_minimises_the_area() {
        let shares = [0.05, 0.1, 0.3, 0.48, 0.55, 0.9];
        let level = |x: f64| shares.iter().filter(|&&share| share <= x).count() as f64 / 6.0;
        let area = |t: f64| (0..1000).map(|i| (level((f64::from(i) + 0.5) / 1000.0) - t).abs()).sum::<f64>();
        let best = (0..=600).map(|k| f64::from(k) / 600.0).min_by(|a, b| area(*a).total_cmp(&area(*b)));
        assert!((best.unwrap() - level(0.5)).abs() < 2e-3);
    }

    #[test]
    fn cycles_are_left_undirected() {
        let mut around = strengths(&[(0, 1, 0.9), (0, 2, 0.7), (1, 2, 0.8)]);
        (around.edges[1].forward, around.edges[1].backward) = (0.0, 0.7);
        let graph = around.averaged(None);
        assert!(graph.has_directed(0, 1) && graph.has_directed(1, 2) && graph.has_undirected(0, 2));
        assert!((around.direction(2, 0) - 1.0).abs() < 1e-15 && (around.direction(0, 3) - 0.5).abs() < 1e-15);
    }
}
