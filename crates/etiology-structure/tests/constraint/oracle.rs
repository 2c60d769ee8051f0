//! With the answers of a known graph, every variant returns exactly what theory says.

use etiology_graph::{NodeSet, Nodes, cpdag, skeleton};
use etiology_structure::{
    ColliderRule, ConflictPolicy, DSeparation, Knowledge, Mmpc, Pc, PcVariant, Separator,
};

use super::data::{differences, random_dag, tetrad_dag};

const RULES: [ColliderRule; 5] = [
    ColliderRule::SeparatingSet,
    ColliderRule::Conservative,
    ColliderRule::Majority,
    ColliderRule::MaxP,
    ColliderRule::DefiniteMaxP,
];

#[test]
fn pc_finds_the_cpdag_of_random_dags() {
    for seed in 0..60 {
        let dag = random_dag(4 + seed % 9, 1.0 + (seed % 4) as f64, seed as u64);
        let knowledge = Knowledge::none(dag.nodes().clone());
        let test = DSeparation::new(dag.clone());
        let expected = cpdag(&dag);
        for variant in [PcVariant::Stable, PcVariant::Original] {
            for separator in [Separator::First, Separator::LargestP, Separator::Union] {
                for rule in RULES {
                    // A union of separating sets need not separate, so a triple may be misjudged even by an oracle.
                    if separator == Separator::Union && rule == ColliderRule::SeparatingSet {
                        continue;
                    }
                    // With p-values of 0 and 1 alone the largest does not tell a set that separates from the empty one.
                    let pc = Pc::params()
                        .with_variant(variant)
                        .with_separator(separator)
                        .with_collider_rule(rule)
                        .with_conflict_policy(ConflictPolicy::Bidirected)
                        .with_orientation_depth(dag.len());
                    let found = pc.build().unwrap().learn(&test, &knowledge).unwrap();
                    let what = format!("seed {seed}, {variant:?}, {separator:?}, {rule:?}");
                    assert_eq!(differences(&found.graph, &expected), [""; 0], "{what}");
                    assert!(found.ambiguous.is_empty() && found.conflicts.is_empty(), "{what}");
                    assert!(found.report.is_complete(), "{what}");
                }
            }
        }
    }
}

#[test]
fn separators_separate() {
    let dag = random_dag(12, 2.5, 7);
    let test = DSeparation::new(dag.clone());
    let found = Pc::params().build().unwrap().learn(&test, &Knowledge::none(dag.nodes().clone())).unwrap();
    for a in 0..12 {
        for b in a + 1..12 {
            let set = found.separators.get(a, b);
            assert_eq!(set.is_none(), dag.adjacent(a, b));
            if let Some(set) = set {
                let set = NodeSet::from_nodes(12, set.iter().copied());
                assert!(etiology_graph::d_separated(&dag, a, b, &set));
            }
        }
    }
    let listed: Vec<(usize, usize)> = found.separators.iter().map(|(a, b, _)| (a, b)).collect();
    assert!(listed.is_sorted() && listed.len() == 66 - dag.edge_count());
}

#[test]
fn pc_finds_the_cpdag_of_reference_networks() {
    for network in
        ["asia", "cancer", "earthquake", "sachs", "survey", "child", "insurance", "alarm", "hailfinder"]
    {
        let path = format!(
            "data/causal-learn/tests/TestData/bnlearn_discrete_10000/truth_dag_graph/{network}.graph.txt"
        );
        let Some(dag) = tetrad_dag(&path) else { return };
        let test = DSeparation::new(dag.clone());
        let pc = Pc::params().build().unwrap();
        let found = pc.learn(&test, &Knowledge::none(dag.nodes().clone())).unwrap();
        assert_eq!(differences(&found.graph, &cpdag(&dag)), [""; 0], "{network}");
    }
}

#[test]
fn mmpc_finds_parents_and_children() {
    for seed in 0..30 {
        let dag = random_dag(9, 2.0, 100 + seed);
        let test = DSeparation::new(dag.clone());
        let mmpc = Mmpc::params().build().unwrap();
        let found = mmpc.learn(&test, &Knowledge::none(dag.nodes().clone())).unwrap();
        assert_eq!(found.adjacent, skeleton(&dag), "seed {seed}");
        assert!(found.report.is_complete());
    }
}

/// Without the symmetry correction a descendant can stay: T -> A -> B <- C -> A keeps B near T (Tsamardinos et al. 2006,
/// section 4.2).
#[test]
fn mmpc_symmetry_removes_what_one_side_keeps() {
    let dag = etiology_graph::Dag::from_edges(Nodes::numbered(4), [(0, 1), (1, 2), (3, 2), (3, 1)]).unwrap();
    let test = DSeparation::new(dag.clone());
    let knowledge = Knowledge::none(dag.nodes().clone());
    let one_sided = Mmpc::params().with_symmetry(false).build().unwrap().learn(&test, &knowledge).unwrap();
    let both = Mmpc::params().build().unwrap().learn(&test, &knowledge).unwrap();
    assert!(one_sided.adjacent[0].contains(2));
    assert_eq!(both.adjacent, skeleton(&dag));
}

#[test]
fn knowledge_orients_and_is_never_broken() {
    for seed in 0..40 {
        let dag = random_dag(8, 2.0, 300 + seed);
        let order = dag.topological_order();
        let tiers = [order[..3].to_vec(), order[3..6].to_vec(), order[6..].to_vec()];
        let knowledge = Knowledge::none(dag.nodes().clone()).tiers(&tiers).unwrap();
        let found = Pc::params().build().unwrap().learn(&DSeparation::new(dag.clone()), &knowledge).unwrap();
        // The MPDAG: the CPDAG with the arrows the tiers give.
        let expected = etiology_graph::add_background_knowledge(
            &cpdag(&dag),
            [],
            knowledge.forbidden().filter(|&(a, b)| dag.adjacent(a, b)),
        );
        assert_eq!(differences(&found.graph, &expected.unwrap()), [""; 0], "seed {seed}");
    }
}
