//! FCI against the partial ancestral graph found by listing every member of the class.

use etiology_graph::{Dag, EdgeMarks, Mark, NodeSet, Nodes, Pag, dag_to_mag, is_mag, m_separated};
use etiology_structure::{Budget, ColliderRule, DSeparation, Fci, FciParams, Knowledge};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::data::random_dag;

/// The PAG by definition: the marks that all MAGs with the same m-separations share.
fn pag_by_force(mag: &Pag, selection: bool) -> Pag {
    let p = mag.len();
    let edges: Vec<(usize, usize)> = mag.edges().map(|(a, b, _)| (a.min(b), a.max(b))).collect();
    let kinds =
        [EdgeMarks::DIRECTED, EdgeMarks::DIRECTED.reversed(), EdgeMarks::BIDIRECTED, EdgeMarks::UNDIRECTED];
    let kinds = &kinds[..if selection { 4 } else { 3 }];
    let statements: Vec<(usize, usize, NodeSet, bool)> = (0..p)
        .flat_map(|a| (a + 1..p).map(move |b| (a, b)))
        .flat_map(|(a, b)| {
            (0..1_usize << p)
                .map(move |bits| NodeSet::from_nodes(p, (0..p).filter(|&v| bits >> v & 1 == 1)))
                .filter(move |set| !set.contains(a) && !set.contains(b))
                .map(move |set| (a, b, set))
        })
        .map(|(a, b, set)| {
            let separated = m_separated(mag, a, b, &set).unwrap();
            (a, b, set, separated)
        })
        .collect();
    let mut shared: Option<Pag> = None;
    for mut code in 0..kinds.len().pow(u32::try_from(edges.len()).unwrap()) {
        let mut candidate = Pag::empty(mag.nodes().clone());
        for &(a, b) in &edges {
            candidate.set(a, b, kinds[code % kinds.len()]);
            code /= kinds.len();
        }
        let agrees = |(a, b, set, separated): &(usize, usize, NodeSet, bool)| {
            m_separated(&candidate, *a, *b, set).unwrap() == *separated
        };
        if !is_mag(&candidate) || !statements.iter().all(agrees) {
            continue;
        }
        let Some(shared) = &mut shared else {
            shared = Some(candidate);
            continue;
        };
        for &(a, b) in &edges {
            for (a, b) in [(a, b), (b, a)] {
                if shared.mark(a, b) != candidate.mark(a, b) {
                    shared.set_mark(a, b, Mark::Circle);
                }
            }
        }
    }
    shared.unwrap()
}

pub(crate) fn text(graph: &Pag) -> Vec<String> {
    graph.edges().map(|(a, b, marks)| format!("{a} {marks} {b}")).collect()
}

#[test]
fn oracle_fci_is_sound_and_complete() {
    let mut tried = 0;
    for seed in 0..240 {
        let hidden = 2 + usize::from(seed % 2 == 1);
        let dag = random_dag(5 + hidden, 2.6, 900 + seed);
        let p = dag.len();
        let (latent, selected) = match seed % 3 {
            0 => (NodeSet::from_nodes(p, 0..hidden), NodeSet::new(p)),
            1 => (NodeSet::from_nodes(p, 1..hidden), NodeSet::from_nodes(p, [0])),
            _ => (NodeSet::from_nodes(p, 0..hidden), NodeSet::new(p)),
        };
        let mag = dag_to_mag(&dag, &latent, &selected);
        let selection = seed % 3 == 1;
        if mag.edge_count() > if selection { 5 } else { 6 } || mag.edge_count() < 3 {
            continue;
        }
        tried += 1;
        let expected = pag_by_force(&mag, selection);
        let test = DSeparation::with_hidden(dag.clone(), &latent, &selected);
        let knowledge = Knowledge::none(Nodes::numbered(mag.len()));
        for rule in [ColliderRule::SeparatingSet, ColliderRule::Conservative, ColliderRule::Majority] {
            let fci = Fci::params().with_selection(selection).with_collider_rule(rule).build().unwrap();
            let found = fci.learn(&test, &knowledge).unwrap();
            assert_eq!(text(&found.graph), text(&expected), "seed {seed}, {rule:?}, mag {:?}", text(&mag));
        }
    }
    println!("{tried} graphs");
    assert!(tried > 30);
}

/// Spirtes, Glymour and Scheines 2000, section 6.6: A <-> B, D <-> E, C --> B, C --> D, B --> E, D --> A. Only {B, C, D}
/// separates A and E, and C is joined to neither: the edge falls in the possible-d-sep step.
#[test]
fn possible_d_sep_is_needed() {
    let edges = [(5, 0), (5, 1), (6, 3), (6, 4), (2, 1), (2, 3), (1, 4), (3, 0)];
    let dag = Dag::from_edges(Nodes::numbered(7), edges).unwrap();
    let latent = NodeSet::from_nodes(7, [5, 6]);
    let mag = dag_to_mag(&dag, &latent, &NodeSet::new(7));
    let test = DSeparation::with_hidden(dag, &latent, &NodeSet::new(7));
    let learn = |search| {
        let fci = Fci::params().with_possible_d_sep(search).with_selection(false).build().unwrap();
        fci.learn(&test, &Knowledge::none(Nodes::numbered(5))).unwrap()
    };
    let (with, without) = (learn(true), learn(false));
    assert!(without.graph.adjacent(0, 4) && !with.graph.adjacent(0, 4));
    assert_eq!(with.separators.get(0, 4), Some(&[1, 2, 3][..]));
    assert_eq!(text(&with.graph), text(&pag_by_force(&mag, false)));
}

#[test]
fn every_decided_mark_is_the_mags() {
    for seed in 0..100 {
        // Four hidden roots with two children each over a sparse graph of six.
        let mut random = StdRng::seed_from_u64(seed);
        let mut dag = Dag::empty(Nodes::numbered(10));
        for from in 4..10 {
            for to in from + 1..10 {
                if random.random_bool(0.3) {
                    dag.insert(from, to).unwrap();
                }
            }
        }
        for hidden in 0..4 {
            for _ in 0..2 {
                dag.insert(hidden, random.random_range(4..10)).unwrap();
            }
        }
        let latent = NodeSet::from_nodes(10, 0..4);
        let mag = dag_to_mag(&dag, &latent, &NodeSet::new(10));
        let test = DSeparation::with_hidden(dag, &latent, &NodeSet::new(10));
        let knowledge = Knowledge::none(Nodes::numbered(6));
        let fci = Fci::params().with_selection(false).build().unwrap();
        let found = fci.learn(&test, &knowledge).unwrap().graph;
        assert_eq!(found.edge_count(), mag.edge_count(), "seed {seed}");
        // Every decided mark is the MAG's.
        for (a, b, _) in found.edges() {
            for (a, b) in [(a, b), (b, a)] {
                let mark = found.mark(a, b);
                assert!(mark == Some(Mark::Circle) || mark == mag.mark(a, b), "seed {seed}");
            }
        }
    }
}

/// Zhang 2008, figure 1 as commonly drawn: A --> C <-- B, C --> D gives A o-> C <-o B, C --> D.
#[test]
fn y_structure() {
    let dag = Dag::from_edges(Nodes::numbered(4), [(0, 2), (1, 2), (2, 3)]).unwrap();
    let test = DSeparation::new(dag.clone());
    let found = Fci::params().build().unwrap().learn(&test, &Knowledge::none(Nodes::numbered(4))).unwrap();
    assert_eq!(text(&found.graph), ["0 o-> 2", "1 o-> 2", "2 --> 3"]);
    let knowledge = Knowledge::none(Nodes::numbered(4)).require(0, 2).unwrap().forbid(1, 2).unwrap();
    let found = Fci::params().build().unwrap().learn(&test, &knowledge).unwrap();
    assert_eq!(text(&found.graph), ["0 --> 2", "1 <-> 2", "2 --> 3"]);
}

/// A cap on the sets or the paths leaves the edge of [`possible_d_sep_is_needed`] and says so; so does a budget of tests.
#[test]
fn limits_of_the_second_search_are_reported() {
    let edges = [(5, 0), (5, 1), (6, 3), (6, 4), (2, 1), (2, 3), (1, 4), (3, 0)];
    let dag = Dag::from_edges(Nodes::numbered(7), edges).unwrap();
    let test = DSeparation::with_hidden(dag, &NodeSet::from_nodes(7, [5, 6]), &NodeSet::new(7));
    let learn = |params: FciParams| {
        params
            .with_selection(false)
            .build()
            .unwrap()
            .learn(&test, &Knowledge::none(Nodes::numbered(5)))
            .unwrap()
    };
    let full = learn(Fci::params());
    assert!(full.report.is_complete() && !full.graph.adjacent(0, 4));
    let tests: u64 = full.report.tests.iter().sum();
    for most in 0..tests {
        let cut = learn(Fci::params().with_budget(Budget::unlimited().with_max_tests(most)));
        assert!(cut.report.tests.iter().sum::<u64>() <= most, "{most} of {tests}");
    }
    let few = Fci::params().with_budget(Budget::unlimited().with_max_tests(tests / 2));
    for params in [Fci::params().with_max_possible_d_sep(3), Fci::params().with_max_path_length(1), few] {
        let found = learn(params);
        assert!(found.graph.adjacent(0, 4));
        assert!(found.report.untested.iter().any(|edge| (edge.a, edge.b) == (0, 4)), "{:?}", found.report);
    }
    let wide = learn(Fci::params().with_max_possible_d_sep(4).with_max_path_length(3));
    assert_eq!(wide.graph, full.graph);
}
