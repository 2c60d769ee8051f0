//! [`Miic`]: the skeleton by iterative collection of contributors, directions by three-point information.
//!
//! Every pair starts joined. An edge goes when the information of its ends, less its complexity, is not positive given the
//! contributors collected for it. The next contributor is the variable most likely to explain part of the edge: the rank is the
//! smaller of the probability that the three form no v-structure and that the edge is the weakest of the triangle. The edge of
//! the highest rank is treated first.

use std::collections::BTreeSet;

use etiology_frame::{Omission, Reason};
use etiology_graph::{GraphDocument, NodeSet, Nodes, Pdag};
use etiology_stats::{DiscreteColumn, DiscreteTable};
use rayon::prelude::*;

use super::counted::{Correction, Scratch, Strata, Within, information};
use super::orient::{Triple, orient};
use crate::{Knowledge, StructureError};

/// MIIC for categories.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_correction`](Self::with_correction) | [`Correction::Nml`] | what information is charged with |
/// | [`with_latent`](Self::with_latent) | false | let edges be `<->`, the sign of a hidden common cause |
/// | [`with_max_contributors`](Self::with_max_contributors) | none | the most an edge may collect |
/// | [`with_knowledge`](Self::with_knowledge) | none | required and forbidden edges and tiers, enforced strictly |
///
/// # Assumptions
/// Independent rows, faithfulness, no selection; no hidden common causes unless [`with_latent`](Self::with_latent). Rows with a
/// missing value are passed over.
///
/// # When not to use it
/// On few rows with many categories: the complexity then removes weak edges. There is no significance level to choose.
///
/// # Complexity
/// `O(p^2 n)` for the pairs and at most `O(p n)` for each contributor of an edge.
///
/// # References
/// Affeldt & Isambert, "Robust reconstruction of causal graphical models based on conditional 2-point and 3-point information",
/// UAI 2015; Verny, Sella, Affeldt, Singh & Isambert, "Learning causal networks with latent variables from multivariate
/// information in genomic data", `PLoS` Computational Biology 13, 2017.
#[derive(Debug, Clone, Default)]
pub struct Miic {
    correction: Correction,
    latent: bool,
    max_contributors: Option<usize>,
    knowledge: Option<Knowledge>,
}

/// An edge as the data speak for it.
#[derive(Debug, Clone, PartialEq)]
pub struct MiicEdge {
    /// The smaller number.
    pub a: usize,
    /// The larger number.
    pub b: usize,
    /// Information in nats over all rows, less its complexity, given the contributors.
    pub information: f64,
    /// What explains part of the information, in the order found.
    pub contributors: Vec<usize>,
}

/// What [`Miic`] learned.
#[derive(Debug, Clone, PartialEq)]
pub struct MiicModel {
    graph: Pdag,
    edges: Vec<MiicEdge>,
    left_out: Vec<Omission>,
    warnings: Vec<String>,
}

impl MiicModel {
    /// The graph: `-->`, `---` where the data do not decide, `<->` for a hidden common cause.
    #[must_use]
    pub fn graph(&self) -> &Pdag {
        &self.graph
    }

    /// The edges with their information, by pair.
    #[must_use]
    pub fn edges(&self) -> &[MiicEdge] {
        &self.edges
    }

    /// Variables that were left out, and why.
    #[must_use]
    pub fn left_out(&self) -> &[Omission] {
        &self.left_out
    }

    /// What else to know of the data.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The graph as a document; an edge's strength is its information.
    #[must_use]
    pub fn to_document(&self) -> GraphDocument {
        let mut document = self.graph.to_document();
        for (edge, own) in document.edges.iter_mut().zip(&self.edges) {
            edge.strength = Some(own.information);
        }
        document
    }
}

impl Miic {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What information is charged with.
    #[must_use]
    pub fn with_correction(mut self, correction: Correction) -> Self {
        self.correction = correction;
        self
    }

    /// Whether an edge may be the sign of a hidden common cause.
    #[must_use]
    pub fn with_latent(mut self, latent: bool) -> Self {
        self.latent = latent;
        self
    }

    /// The most contributors an edge may collect.
    #[must_use]
    pub fn with_max_contributors(mut self, most: usize) -> Self {
        self.max_contributors = Some(most);
        self
    }

    /// What is known of the edges.
    #[must_use]
    pub fn with_knowledge(mut self, knowledge: Knowledge) -> Self {
        self.knowledge = Some(knowledge);
        self
    }

    /// Learns from a table of categories.
    ///
    /// # Errors
    /// When names, table and knowledge disagree in number, no row is complete, or no column varies.
    pub fn learn(&self, nodes: &Nodes, table: &DiscreteTable) -> Result<MiicModel, StructureError> {
        let known = match &self.knowledge {
            Some(known) => known.clone(),
            None => Knowledge::none(nodes.clone()),
        };
        let data = Data::new(nodes, table, &known, self.correction)?;
        let skeleton = Skeleton::learn(&data, &known, self.max_contributors);
        let triples = skeleton.triples(&data, &known);
        let graph = orient(&skeleton.adjacent, triples, &known, self.latent)?;
        let mut edges: Vec<MiicEdge> =
            skeleton.edges.into_iter().filter(|edge| edge.stays).map(Edge::into_public).collect();
        edges.sort_by_key(|edge| (edge.a, edge.b));
        Ok(MiicModel { graph, edges, left_out: data.left_out, warnings: data.warnings })
    }
}

/// The complete rows of the columns.
struct Data {
    columns: Vec<Vec<u16>>,
    cardinality: Vec<usize>,
    varies: Vec<bool>,
    rows: usize,
    left_out: Vec<Omission>,
    warnings: Vec<String>,
    correction: Correction,
}

impl Data {
    fn new(
        nodes: &Nodes,
        table: &DiscreteTable,
        known: &Knowledge,
        correction: Correction,
    ) -> Result<Self, StructureError> {
        let width = |what, got| Err(StructureError::Width { what, expected: table.width(), got });
        if nodes.len() != table.width() {
            return width("the list of names", nodes.len());
        }
        if known.nodes().len() != table.width() {
            return width("the background knowledge", known.nodes().len());
        }
        let codes: Vec<&[u16]> = table.columns().iter().map(DiscreteColumn::codes).collect();
        let complete: Vec<usize> = (0..table.rows())
            .filter(|&row| codes.iter().all(|column| column[row] != DiscreteColumn::MISSING))
            .collect();
        if complete.is_empty() {
            let message =
                format!("none of the {} rows is complete; leave out the emptiest columns", table.rows());
            return Err(StructureError::NoData { message });
        }
        let columns: Vec<Vec<u16>> =
            codes.iter().map(|column| complete.iter().map(|&row| column[row]).collect()).collect();
        // Levels that no row has would only raise the complexity.
        let seen = |column: &Vec<u16>| column.iter().collect::<BTreeSet<_>>().len();
        let cardinality: Vec<usize> = columns.par_iter().map(seen).collect();
        let columns = columns.into_iter().map(dense).collect();
        let varies: Vec<bool> = cardinality.iter().map(|&levels| levels > 1).collect();
        if !varies.contains(&true) {
            let message = format!("none of the {} columns varies; give columns that do", table.width());
            return Err(StructureError::NoData { message });
        }
        let constant = (0..nodes.len()).filter(|&v| !varies[v]);
        let left_out = constant.map(|v| Omission::new(nodes.name(v), Reason::Constant)).collect();
        let dropped = table.rows() - complete.len();
        let warnings = if dropped > 0 {
            vec![format!("{dropped} of {} rows have missing values and were passed over", table.rows())]
        } else {
            Vec::new()
        };
        Ok(Self { columns, cardinality, varies, rows: complete.len(), left_out, warnings, correction })
    }

    fn split(&self, strata: &Strata, v: usize) -> Strata {
        strata.split(&self.columns[v], self.cardinality[v])
    }

    fn within<'a>(&'a self, v: usize, split: &'a Strata) -> Within<'a> {
        Within { codes: &self.columns[v], cardinality: self.cardinality[v], split }
    }

    /// `n I'(x; y | strata)`.
    fn information(&self, strata: &Strata, x: usize, y: usize, scratch: &mut Scratch) -> f64 {
        let (in_x, in_y) = (self.split(strata, x), self.split(strata, y));
        information(strata, &self.within(x, &in_x), &self.within(y, &in_y), scratch)
    }
}

/// Codes renumbered in order of the levels seen.
fn dense(column: Vec<u16>) -> Vec<u16> {
    let mut levels = column.clone();
    levels.sort_unstable();
    levels.dedup();
    let number = |code: u16| levels.binary_search(&code).ok().and_then(|i| u16::try_from(i).ok());
    column.into_iter().map(|code| number(code).unwrap_or(code)).collect()
}

/// A pair on the way.
struct Edge {
    a: usize,
    b: usize,
    stays: bool,
    required: bool,
    information: f64,
    contributors: Vec<usize>,
    /// Best next contributor, with its rank and the information it leaves.
    next: Option<Candidate>,
}

#[derive(Clone, Copy)]
struct Candidate {
    z: usize,
    rank: f64,
    information: f64,
}

impl Edge {
    fn into_public(self) -> MiicEdge {
        MiicEdge { a: self.a, b: self.b, information: self.information, contributors: self.contributors }
    }
}

struct Skeleton {
    edges: Vec<Edge>,
    adjacent: Vec<NodeSet>,
}

impl Skeleton {
    fn learn(data: &Data, known: &Knowledge, most: Option<usize>) -> Self {
        let p = data.columns.len();
        let whole = Strata::whole(data.rows);
        let splits: Vec<Strata> = (0..p).into_par_iter().map(|v| data.split(&whole, v)).collect();
        let pairs: Vec<(usize, usize)> = (0..p).flat_map(|a| (a + 1..p).map(move |b| (a, b))).collect();
        let mut edges: Vec<Edge> = pairs
            .into_par_iter()
            .map_init(
                || Scratch::new(data.correction),
                |scratch, (a, b)| {
                    let required = known.requires_adjacency(a, b);
                    let possible = data.varies[a] && data.varies[b] && known.allows_adjacency(a, b);
                    let (in_a, in_b) = (data.within(a, &splits[a]), data.within(b, &splits[b]));
                    let information = information(&whole, &in_a, &in_b, scratch);
                    let stays = required || possible && information > 0.0;
                    Edge { a, b, stays, required, information, contributors: Vec::new(), next: None }
                },
            )
            .collect();
        let mut adjacent = vec![NodeSet::new(p); p];
        for edge in edges.iter().filter(|edge| edge.stays) {
            adjacent[edge.a].insert(edge.b);
            adjacent[edge.b].insert(edge.a);
        }
        let alone: Vec<f64> = edges.iter().map(|edge| edge.information).collect();
        let most = most.unwrap_or(usize::MAX);
        if most > 0 {
            edges.par_iter_mut().filter(|edge| edge.stays && !edge.required).for_each_init(
                || Scratch::new(data.correction),
                |scratch, edge| {
                    edge.next = best_contributor(data, edge, Some(&alone), scratch);
                },
            );
        }
        let mut skeleton = Self { edges, adjacent };
        skeleton.collect(data, most);
        skeleton
    }

    /// Treats the edge of the highest rank until none is above one half.
    fn collect(&mut self, data: &Data, most: usize) {
        let mut scratch = Scratch::new(data.correction);
        loop {
            let ranked = self.edges.iter().enumerate().filter_map(|(i, edge)| Some((i, edge.next?)));
            let Some((i, next)) = ranked.max_by(|(i, x), (j, y)| x.rank.total_cmp(&y.rank).then(j.cmp(i)))
            else {
                return;
            };
            let edge = &mut self.edges[i];
            edge.contributors.push(next.z);
            edge.information = next.information;
            edge.next = None;
            let (a, b) = (edge.a, edge.b);
            if edge.information <= 0.0 {
                edge.stays = false;
                self.adjacent[a].remove(b);
                self.adjacent[b].remove(a);
            } else if edge.contributors.len() < most {
                edge.next = best_contributor(data, edge, None, &mut scratch);
            }
        }
    }

    /// The unshielded triples `x - z - y` with their three-point information given what separated `x` and `y`.
    fn triples(&self, data: &Data, known: &Knowledge) -> Vec<Triple> {
        let unjoined: Vec<&Edge> =
            self.edges.iter().filter(|edge| !edge.stays && known.allows_adjacency(edge.a, edge.b)).collect();
        unjoined
            .into_par_iter()
            .map_init(
                || Scratch::new(data.correction),
                |scratch, edge| {
                    let (x, y) = (edge.a, edge.b);
                    let middle = self.adjacent[x].intersection(&self.adjacent[y]);
                    let triple = |z: usize| {
                        let given = edge.contributors.iter().copied().filter(|&u| u != z);
                        let strata = given.fold(Strata::whole(data.rows), |strata, u| data.split(&strata, u));
                        let without = data.information(&strata, x, y, scratch);
                        let with = data.information(&data.split(&strata, z), x, y, scratch);
                        Triple { x, z, y, information: without - with }
                    };
                    middle.iter().map(triple).collect::<Vec<_>>()
                },
            )
            .flatten_iter()
            .collect()
    }
}

/// The variable that most likely explains part of the edge, with a rank above one half. `alone` holds the information of all
/// pairs where nothing is conditioned on. A probability that is known bounds the rank from above, so a hopeless candidate is left
/// before what is costly to count.
fn best_contributor(
    data: &Data,
    edge: &Edge,
    alone: Option<&[f64]>,
    scratch: &mut Scratch,
) -> Option<Candidate> {
    let (x, y, p) = (edge.a, edge.b, data.columns.len());
    let strata = edge.contributors.iter().fold(Strata::whole(data.rows), |strata, &u| data.split(&strata, u));
    let (in_x, in_y) = (data.split(&strata, x), data.split(&strata, y));
    let mut best: Option<Candidate> = None;
    for z in (0..p).filter(|z| data.varies[*z] && *z != x && *z != y && !edge.contributors.contains(z)) {
        let least = best.map_or(0.5, |best| best.rank);
        let in_z = if alone.is_none() { data.split(&strata, z) } else { Strata::whole(0) };
        let mut to = |v: usize, split: &Strata| match alone {
            Some(alone) => alone[pair(v, z, p)],
            None => information(&strata, &data.within(v, split), &data.within(z, &in_z), scratch),
        };
        let to_x = to(x, &in_x);
        if base_probability(edge.information, to_x, f64::INFINITY) <= least {
            continue;
        }
        let base = base_probability(edge.information, to_x, to(y, &in_y));
        if base <= least {
            continue;
        }
        let left = data.information(&data.split(&strata, z), x, y, scratch);
        let rank = base.min(1.0 / (1.0 + (left - edge.information).exp()));
        if rank > least {
            best = Some(Candidate { z, rank, information: left });
        }
    }
    best
}

/// The probability that `x - y` is the weakest edge of the triangle.
fn base_probability(edge: f64, to_x: f64, to_y: f64) -> f64 {
    1.0 / (1.0 + (edge - to_x).exp() + (edge - to_y).exp())
}

/// The place of a pair in row order of the upper triangle.
fn pair(a: usize, b: usize, p: usize) -> usize {
    let (low, high) = (a.min(b), a.max(b));
    low * (2 * p - low - 1) / 2 + high - low - 1
}
