//! Tests of everything at once: no answer depends on how nodes are numbered, and no graph is too small or too dense.

use proptest::prelude::*;

use crate::testing::any_dag;
use crate::*;

/// The DAG with node `v` called `order[v]`.
fn renumbered(dag: &Dag, order: &[usize]) -> Dag {
    let edges = dag.edges().map(|(a, b)| (order[a], order[b]));
    Dag::from_edges(Nodes::numbered(dag.len()), edges).unwrap()
}

fn renumbered_pdag(graph: &Pdag, order: &[usize]) -> Pdag {
    let mut turned = Pdag::empty(Nodes::numbered(graph.len()));
    graph.directed_edges().for_each(|(a, b)| turned.set_directed(order[a], order[b]));
    graph.undirected_edges().for_each(|(a, b)| turned.set_undirected(order[a], order[b]));
    turned
}

fn pair_and_order() -> impl proptest::strategy::Strategy<Value = (Dag, Dag, Vec<usize>)> {
    (any_dag(9), any_dag(9)).prop_flat_map(|(a, b)| {
        let p = a.len().max(b.len());
        let widen = |dag: &Dag| Dag::from_edges(Nodes::numbered(p), dag.edges()).unwrap();
        (Just(widen(&a)), Just(widen(&b)), Just((0..p).collect::<Vec<_>>()).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn numbering_changes_nothing((a, b, order) in pair_and_order()) {
        let p = a.len();
        let (a2, b2) = (renumbered(&a, &order), renumbered(&b, &order));
        let (class, class2) = (cpdag(&a), cpdag(&a2));
        prop_assert_eq!(&renumbered_pdag(&class, &order), &class2);
        prop_assert_eq!(class_size(&class), class_size(&class2));
        prop_assert_eq!(sid(&a, &b), sid(&a2, &b2));
        prop_assert_eq!(compare(&class, &cpdag(&b)), compare(&class2, &cpdag(&b2)));
        prop_assert_eq!(sid_bounds(&b, &class, 200), sid_bounds(&b2, &class2, 200));
        for by in [AdjustBy::Parents, AdjustBy::Ancestors, AdjustBy::Optimal] {
            let (one, two) = (identification_distance(&class, &cpdag(&b), by), identification_distance(&class2, &cpdag(&b2), by));
            prop_assert_eq!(one, two);
        }
        let to = |set: &NodeSet| NodeSet::from_nodes(p, set.iter().map(|v| order[v]));
        if p > 1 {
            let (one, two) = (Adjustment::new(&class, 0, 1).unwrap(), Adjustment::new(&class2, order[0], order[1]).unwrap());
            prop_assert_eq!(one.optimal().map(|set| to(&set)), two.optimal());
            prop_assert_eq!(one.canonical().map(|set| to(&set)), two.canonical());
            let mut sets: Vec<_> = one.all_minimal().map(|set| to(&set)).collect();
            let mut sets2: Vec<_> = two.all_minimal().collect();
            sets.sort();
            sets2.sort();
            prop_assert_eq!(sets, sets2);
        }
        let latent = NodeSet::from_nodes(p, [0]);
        let (mag, mag2) = (dag_to_mag(&a, &latent, &NodeSet::new(p)), dag_to_mag(&a2, &to(&latent), &NodeSet::new(p)));
        prop_assert_eq!(mag.edge_count(), mag2.edge_count());
    }
}

#[test]
fn no_nodes_and_one() {
    for p in [0, 1] {
        let dag = Dag::empty(Nodes::numbered(p));
        let class = cpdag(&dag);
        assert!(is_cpdag(&class) && is_mpdag(&class) && class.edge_count() == 0);
        assert_eq!(members(&class).unwrap().count(), 1);
        assert_eq!(class_size(&class), Ok(BigUint::from(1u32)));
        assert_eq!((sid(&dag, &dag), shd(&class, &class)), (Ok(0), Ok(0)));
        let distance = identification_distance(&class, &class, AdjustBy::Optimal).unwrap();
        assert_eq!((distance.mistakes, distance.pairs), (0, 0));
        assert!(distance.share() == 0.0 && is_mag(&Pag::empty(Nodes::numbered(p))));
        assert_eq!(dag_to_mag(&dag, &NodeSet::full(1), &NodeSet::new(1)).len(), 0);
        assert_eq!(GraphDocument::from_dot(&dag.to_document().to_dot()).unwrap().to_dag().unwrap().len(), p);
        assert!(
            d_separated(&dag, 5, 6, &NodeSet::full(9))
                && minimal_separator(&dag, 0, 0, &NodeSet::new(0), &NodeSet::new(0)).is_none()
        );
        assert!(moral_graph(&dag).iter().all(NodeSet::is_empty));
    }
}

/// Beyond one word of bits, and as dense as can be.
#[test]
fn complete_graph_of_130_nodes() {
    let p = 130;
    let edges = (0..p).flat_map(|b| (0..b).map(move |a| (a, b)));
    let dag = Dag::from_edges(Nodes::numbered(p), edges).unwrap();
    let class = cpdag(&dag);
    assert_eq!(class.undirected_edges().count(), p * (p - 1) / 2);
    let back: Vec<_> = dag.edges().map(|(a, b)| (b, a)).collect();
    let reversed = Dag::from_edges(Nodes::numbered(p), back).unwrap();
    assert!(markov_equivalent(&dag, &reversed));
    assert_eq!(sid(&dag, &reversed), Ok(p * (p - 1)));
    assert!(consistent_extension(&class).is_ok());
    let one = add_background_knowledge(&class, (1..p).map(|v| (v - 1, v)), []).unwrap();
    assert_eq!(one, Pdag::from_dag(&dag));
    let bounds = sid_bounds(&dag, &class, 2).unwrap_or(SidBounds { lower: 1, upper: 0, exact: true });
    assert!(!bounds.exact && bounds.lower <= bounds.upper);
}
