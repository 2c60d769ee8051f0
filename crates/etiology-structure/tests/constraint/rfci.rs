//! RFCI: published graphs, soundness and its relation to FCI by d-separation, invariances, limits.

use etiology_graph::{Dag, Mark, NodeSet, Nodes, Pag, dag_to_mag};
use etiology_stats::IndependenceTest;
use etiology_stats::PartialCorrelationTest;
use etiology_structure::{
    Budget, ColliderRule, DSeparation, Fci, Knowledge, Rfci, RfciResult, StructureError,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::data::{fisher_z, numbers, sample, table};
use super::fci::text;

fn none(p: usize) -> Knowledge {
    Knowledge::none(Nodes::numbered(p))
}

fn rfci(test: &dyn IndependenceTest, selection: bool) -> RfciResult {
    let rfci = Rfci::params().with_selection(selection).build().unwrap();
    rfci.learn(test, &none(test.variables())).unwrap()
}

fn fci(test: &dyn IndependenceTest, selection: bool) -> Pag {
    let fci = Fci::params().with_selection(selection).build().unwrap();
    fci.learn(test, &none(test.variables())).unwrap().graph
}

/// An oracle for the DAG whose first nodes are hidden.
fn hidden(p: usize, latent: usize, edges: &[(usize, usize)]) -> DSeparation {
    let dag = Dag::from_edges(Nodes::numbered(p), edges.iter().copied()).unwrap();
    DSeparation::with_hidden(dag, &NodeSet::from_nodes(p, 0..latent), &NodeSet::new(p))
}

/// Zhang 2008, figure 6, with the graph that pcalg's manual states for it (page of `rfci`): B o-o C, B o-o D, C --> E <-- D.
#[test]
fn the_example_of_pcalgs_manual() {
    let test = hidden(5, 1, &[(0, 1), (0, 3), (1, 2), (2, 4), (3, 4)]);
    assert_eq!(text(&rfci(&test, true).graph), ["0 o-o 1", "0 o-o 2", "1 --> 3", "2 --> 3"]);
}

const PCALG_FIRST: [(usize, usize); 12] =
    [(3, 6), (3, 7), (2, 3), (2, 4), (2, 7), (4, 5), (4, 7), (6, 7), (0, 3), (0, 5), (1, 4), (1, 6)];

/// pcalg's test of its `rfci`, first graph: two hidden variables, six observed; FCI and RFCI agree.
#[test]
fn pcalgs_first_test() {
    let test = hidden(8, 2, &PCALG_FIRST);
    let found = rfci(&test, true);
    // X5 - X1 of the paper: separated by a set with neighbours of neither.
    assert_eq!(found.removed, [(3, 4)]);
    assert_eq!(text(&found.graph), text(&fci(&test, true)));
}

/// pcalg's test of its `rfci`, second graph: thirteen hidden variables, twelve observed, long discriminating paths.
#[test]
fn pcalgs_second_test() {
    let children: [&[usize]; 23] = [
        &[14, 18],
        &[16, 18],
        &[16, 24],
        &[18, 24],
        &[15, 25],
        &[17, 19],
        &[14, 19],
        &[14, 24],
        &[19, 20],
        &[20, 25],
        &[23, 25],
        &[22, 24],
        &[21, 23],
        &[],
        &[16, 17, 24],
        &[19, 25],
        &[18, 24, 25],
        &[21, 25],
        &[23, 24, 25],
        &[24],
        &[22, 25],
        &[25],
        &[24],
    ];
    let edges: Vec<(usize, usize)> =
        children.iter().enumerate().flat_map(|(from, to)| to.iter().map(move |to| (from, to - 1))).collect();
    let test = hidden(25, 13, &edges);
    let found = rfci(&test, true);
    assert_eq!(found.removed, [(4, 5)]);
    assert_eq!(text(&found.graph), text(&fci(&test, true)));
}

/// A, B, C, D, E are 2 to 6.
const NEEDS_POSSIBLE_D_SEP: [(usize, usize); 8] =
    [(0, 2), (0, 3), (1, 5), (1, 6), (4, 3), (4, 5), (3, 6), (5, 2)];

/// The graph of Spirtes, Glymour and Scheines on which possible d-separation is needed: RFCI keeps the edge A - E that FCI
/// removes, and everything it says of it is true of the MAG's ancestors.
#[test]
fn where_fci_removes_more() {
    let test = hidden(7, 2, &NEEDS_POSSIBLE_D_SEP);
    let found = rfci(&test, false);
    let shared = ["0 <-> 1", "3 --> 0", "2 o-> 1", "1 --> 4", "2 o-> 3", "3 <-> 4"];
    assert_eq!(text(&fci(&test, false)), shared);
    let mut more = shared.to_vec();
    more.insert(2, "0 <-> 4");
    assert_eq!(text(&found.graph), more);
    assert!(found.removed.is_empty() && found.report.is_complete());
}

/// A published graph on which the adjacency search leaves an edge too many, with random nodes and edges added. Its first two
/// nodes are hidden, and the last ones from the number returned on.
fn around_a_published_graph(random: &mut StdRng) -> (Dag, usize) {
    let (base, edges): (usize, &[(usize, usize)]) =
        if random.random_bool(0.5) { (8, &PCALG_FIRST) } else { (7, &NEEDS_POSSIBLE_D_SEP) };
    let (observed, roots) = (base + random.random_range(0..4), random.random_range(0..3));
    let mut dag = Dag::from_edges(Nodes::numbered(observed + roots), edges.iter().copied()).unwrap();
    for _ in 0..random.random_range(0..6) {
        let (from, to) = (random.random_range(2..observed), random.random_range(2..observed));
        // One that closes a cycle is refused.
        let _ = dag.insert(from, to);
    }
    for root in observed..observed + roots {
        for _ in 0..2 {
            dag.insert(root, random.random_range(2..observed)).unwrap();
        }
    }
    (dag, observed)
}

/// Whether every mark holds: an arrowhead at `b` of `a *-> b` says that `b` is an ancestor neither of `a` nor of the selection,
/// a tail that it is one of either.
fn is_sound(found: &Pag, dag: &Dag, observed: &[usize], selected: &NodeSet) -> bool {
    found.edges().all(|(a, b, _)| {
        [(a, b), (b, a)].iter().all(|&(a, b)| {
            let mut of = selected.clone();
            of.insert(observed[a]);
            let above = dag.ancestors_of(&of);
            match found.mark(a, b) {
                Some(Mark::Arrow) => !above.contains(observed[b]),
                Some(Mark::Tail) => above.contains(observed[b]),
                _ => true,
            }
        })
    })
}

/// Over random DAGs with hidden and selected variables: every mark is true, no edge of the MAG is missing, and where the edges
/// are the MAG's the answer is FCI's.
#[test]
fn sound_and_next_to_fci() {
    let (mut agree, mut more, mut removed, mut unsound) = (0, 0, 0, 0);
    for seed in 0..400_u64 {
        let mut random = StdRng::seed_from_u64(seed);
        let (dag, first_root) = around_a_published_graph(&mut random);
        let p = dag.len();
        let latent = NodeSet::from_nodes(p, (0..2).chain(first_root..p));
        let mut selected = NodeSet::new(p);
        let selection = seed % 4 == 3;
        if selection {
            // A leaf, or else nothing is selected.
            selected = NodeSet::from_nodes(p, (2..first_root).rev().find(|&v| dag.children(v).is_empty()));
        }
        let observed: Vec<usize> = (2..first_root).filter(|&v| !selected.contains(v)).collect();
        let test = DSeparation::with_hidden(dag.clone(), &latent, &selected);
        let found = rfci(&test, selection);
        assert!(is_sound(&found.graph, &dag, &observed, &selected), "seed {seed}: {:?}", text(&found.graph));
        let mag = dag_to_mag(&dag, &latent, &selected);
        assert!(mag.edges().all(|(a, b, _)| found.graph.adjacent(a, b)), "seed {seed}");
        let fci = fci(&test, selection);
        assert_eq!(fci.edge_count(), mag.edge_count(), "seed {seed}");
        removed += usize::from(!found.removed.is_empty());
        // The same rules without either's further tests.
        let bare = Fci::params().with_selection(selection).with_possible_d_sep(false).build().unwrap();
        let bare = bare.learn(&test, &none(test.variables())).unwrap().graph;
        unsound += usize::from(!is_sound(&bare, &dag, &observed, &selected));
        if found.graph.edge_count() == fci.edge_count() {
            agree += 1;
            assert_eq!(text(&found.graph), text(&fci), "seed {seed}");
        } else {
            more += 1;
        }
    }
    println!(
        "{agree} agree, {more} have more edges than FCI, {removed} lost edges to the tests of RFCI, {unsound} needed them"
    );
    assert!(agree > 200 && more > 40 && removed > 40 && unsound > 10);
}

/// The DAG with its nodes renamed by the order: node `order[i]` becomes `i`.
fn renamed(dag: &Dag, order: &[usize]) -> Dag {
    let place = |v: usize| order.iter().position(|&w| w == v).unwrap();
    Dag::from_edges(Nodes::numbered(dag.len()), dag.edges().map(|(a, b)| (place(a), place(b)))).unwrap()
}

#[test]
fn the_order_of_the_columns_does_not_matter_to_the_oracle() {
    let mut differ = 0;
    for seed in 0..300_u64 {
        let mut random = StdRng::seed_from_u64(seed);
        let (dag, first_root) = around_a_published_graph(&mut random);
        let p = dag.len();
        let mut order: Vec<usize> = (0..p).collect();
        order[2..first_root].reverse();
        order[2..first_root].rotate_left(random.random_range(0..3));
        let latent = NodeSet::from_nodes(p, (0..2).chain(first_root..p));
        let oracle = |dag: Dag| DSeparation::with_hidden(dag, &latent, &NodeSet::new(p));
        let (one, two) = (rfci(&oracle(dag.clone()), true), rfci(&oracle(renamed(&dag, &order)), true));
        let back = |v: usize| order[v + 2] - 2;
        let same = one.graph.edge_count() == two.graph.edge_count()
            && two.graph.edges().all(|(a, b, edge)| one.graph.edge(back(a), back(b)) == Some(edge));
        differ += usize::from(!same);
    }
    assert_eq!(differ, 0);
}

fn sampled(seed: u64, rows: usize) -> (Dag, PartialCorrelationTest) {
    let mut random = StdRng::seed_from_u64(seed);
    let (dag, first_root) = around_a_published_graph(&mut random);
    let columns = sample(&dag, rows, seed);
    (dag, fisher_z(&columns[2..first_root]))
}

#[test]
fn one_answer_on_any_number_of_threads() {
    for seed in 0..6 {
        let (_, test) = sampled(seed, 400);
        for rule in [ColliderRule::SeparatingSet, ColliderRule::Conservative, ColliderRule::Majority] {
            let rfci = Rfci::params().with_alpha(0.1).with_collider_rule(rule).build().unwrap();
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| rfci.learn(&test, &none(test.variables())).unwrap())
            };
            assert_eq!(on(1), on(3));
        }
    }
}

/// With samples of growing size the answer comes to that of the oracle.
#[test]
fn samples_come_to_the_oracles_answer() {
    let latent = NodeSet::from_nodes(8, 0..2);
    let dag = Dag::from_edges(Nodes::numbered(8), PCALG_FIRST).unwrap();
    let expected = rfci(&DSeparation::with_hidden(dag.clone(), &latent, &NodeSet::new(8)), true).graph;
    let right = |rows: usize| {
        let found = |seed| {
            let rfci = Rfci::params().with_alpha(0.001).build().unwrap();
            rfci.learn(&fisher_z(&sample(&dag, rows, seed)[2..]), &none(6)).unwrap().graph
        };
        let same =
            |graph: &Pag| expected.edges().filter(|&(a, b, edge)| graph.edge(a, b) == Some(edge)).count();
        (0..20).map(|seed| same(&found(seed))).sum::<usize>()
    };
    let (few, many) = (right(300), right(100_000));
    println!("of {} edges {few}, then {many} are right", 20 * expected.edge_count());
    assert!(many > few && many * 10 > 20 * expected.edge_count() * 7);
}

#[test]
fn budgets_hold_and_say_what_they_cut() {
    for seed in 0..8 {
        let (_, test) = sampled(seed, 3000);
        let p = test.variables();
        let full = Rfci::params().build().unwrap().learn(&test, &none(p)).unwrap();
        let made: u64 = full.report.tests.iter().sum();
        for most in [0, 1, 20, made / 2, made - 1] {
            let budget = Budget::unlimited().with_max_tests(most);
            let rfci = Rfci::params().with_budget(budget).build().unwrap();
            let found = rfci.learn(&test, &none(p)).unwrap();
            assert!(found.report.tests.iter().sum::<u64>() <= most, "seed {seed}");
            assert!(!found.report.is_complete(), "seed {seed}, {most} of {made}: {:?}", found.report);
        }
        let budget = Budget::unlimited().with_max_depth(1);
        let shallow = Rfci::params().with_budget(budget).build().unwrap().learn(&test, &none(p)).unwrap();
        assert!(shallow.report.tests.len() <= 2);
    }
}

#[test]
fn knowledge_is_strict() {
    for seed in 0..40_usize {
        let (_, test) = sampled(seed as u64, 200);
        let p = test.variables();
        let (a, b) = (seed % p, (seed + 2) % p);
        let knowledge = none(p)
            .require(a, b)
            .and_then(|known| known.forbid_within(&[(a + 1) % p, (b + 2) % p]))
            .and_then(|known| known.forbid(b, (b + 1) % p))
            .unwrap();
        let found = Rfci::params().with_alpha(0.1).build().unwrap().learn(&test, &knowledge).unwrap().graph;
        assert_eq!(found.mark(b, a), Some(Mark::Tail), "seed {seed}");
        assert_eq!(found.mark(a, b), Some(Mark::Arrow), "seed {seed}");
        assert!(!found.adjacent((a + 1) % p, (b + 2) % p));
        assert!(matches!(found.mark((b + 1) % p, b), None | Some(Mark::Arrow)), "seed {seed}");
    }
}

#[test]
fn wrong_parameters_and_widths_are_named() {
    assert!(matches!(
        Rfci::params().with_alpha(1.5).build(),
        Err(StructureError::Parameter { parameter: "alpha", .. })
    ));
    let rfci = Rfci::params().build().unwrap();
    let (_, test) = sampled(1, 30);
    assert!(matches!(rfci.learn(&test, &none(2)), Err(StructureError::Width { .. })));
    let empty = DSeparation::new(Dag::empty(Nodes::numbered(0)));
    assert!(matches!(rfci.learn(&empty, &none(0)), Err(StructureError::NoData { .. })));
}

/// antecedent 2.4.1's `RFCI(alpha=.01, fdr=False, max_cond_size=10)` on two simulated tables of which every fifth column is
/// hidden: `benches/peers/rfci_peer.py`. Every mark is equal.
#[test]
fn antecedent_agrees_on_simulated_data() {
    let cases = [
        (
            "lg_er_p20_n2000_s1",
            "X1 o-> X7, X2 o-o X12, X2 o-> X17, X3 o-> X11, X4 --> X8, X4 <-> X9, X4 <-> X11, X7 <-> X9, X7 <-> X11, \
             X8 --> X11, X8 <-> X17, X9 <-> X16, X9 <-> X17, X19 o-> X9, X11 <-> X16, X14 o-> X17",
        ),
        (
            "lg_sf_p20_n2000_s1",
            "X2 --> X1, X11 o-> X1, X2 <-> X13, X2 <-> X14, X2 <-> X16, X18 o-> X2, X7 --> X3, X8 --> X4, X9 --> X6, \
             X6 <-> X16, X8 --> X7, X7 --> X12, X7 --> X17, X8 <-> X13, X19 --> X8, X11 o-> X9, X17 --> X9, X13 <-> X16, \
             X18 o-> X13, X13 <-> X19, X14 <-> X19",
        ),
    ];
    for (data, expected) in cases {
        let Some((names, cells)) = table(&format!("oracles/causal/data/{data}.csv.gz")) else { return };
        let columns = numbers(&cells);
        let seen = || (0..names.len()).filter(|column| column % 5 != 4);
        let nodes = Nodes::new(seen().map(|column| names[column].clone())).unwrap();
        let test = fisher_z(&seen().map(|column| columns[column].clone()).collect::<Vec<_>>());
        let rfci = Rfci::params().build().unwrap();
        let found = rfci.learn(&test, &Knowledge::none(nodes.clone())).unwrap().graph;
        let edges = found.edges().map(|(a, b, edge)| format!("{} {edge} {}", nodes.name(a), nodes.name(b)));
        assert_eq!(edges.collect::<Vec<_>>().join(", "), expected, "{data}");
    }
}
