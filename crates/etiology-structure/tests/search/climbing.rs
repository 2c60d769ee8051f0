//! Hill climbing and tabu search against bnlearn 5.2.1, brute force and their own promises.

use etiology_graph::{Dag, Nodes};
use etiology_structure::{
    DiscreteCriterion as By, DiscreteScore, HillClimbing, Knowledge, LearnedDag, LocalScore, StructureError,
    TabuSearch,
};
use proptest::prelude::*;

use crate::data::{categories, every_graph, keeps, model, random_knowledge, random_table};

const BIC: By = By::Bic { penalty: 1.0 };

type Learn = fn(&dyn LocalScore, &Knowledge) -> Result<LearnedDag, StructureError>;

const LEARNERS: [Learn; 3] = [
    |score, known| HillClimbing::new().learn(score, known),
    |score, known| HillClimbing::new().with_restarts(3).with_seed(7).learn(score, known),
    |score, known| TabuSearch::new().learn(score, known),
];

#[test]
fn learning_test_is_found() {
    let Some(data) = categories("known/bnlearn_learning.test.csv") else { return };
    let score = DiscreteScore::with(&data.table, BIC).unwrap();
    let known = Knowledge::none(data.nodes.clone());
    let truth = model(&data.nodes, "[A][C][F][B|A][D|A:C][E|B:F]");
    for learn in LEARNERS {
        let found = learn(&score, &known).unwrap();
        assert!((found.score - -24_006.734_232_498_2).abs() < 1e-7, "{}", found.score);
        assert_eq!(found.class, etiology_graph::cpdag(&truth));
    }
}

/// The scores and numbers of edges that bnlearn's hill climbing and tabu search reach; ties between the two directions of an
/// edge go the same way.
#[test]
fn optima_of_bnlearn() {
    for (file, edges, hill_climbing, tabu) in [
        ("known/bnlearn_asia.csv", (7, 7), -11_107.293_309_393_5, -11_107.293_309_393_5),
        ("data/alarm_n5000.csv.gz", (47, 46), -56_013.150_673_758_1, -56_006.500_371_221_4),
    ] {
        let Some(data) = categories(file) else { return };
        let score = DiscreteScore::with(&data.table, BIC).unwrap();
        let known = Knowledge::none(data.nodes.clone());
        let climbed = HillClimbing::new().learn(&score, &known).unwrap();
        let walked = TabuSearch::new().learn(&score, &known).unwrap();
        assert_eq!((climbed.graph.edge_count(), walked.graph.edge_count()), edges, "{file}");
        assert!((climbed.score - hill_climbing).abs() < 1e-7, "{file}: {}", climbed.score);
        assert!((walked.score - tabu).abs() < 1e-7, "{file}: {}", walked.score);
        let again = HillClimbing::new().with_restarts(5).learn(&score, &known).unwrap();
        assert!(again.score >= climbed.score && again.complete);
        assert!((score.total(&climbed.graph) - climbed.score).abs() < 1e-6);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// No single change improves what was found, tabu search with much patience finds the best graph of all, and knowledge is
    /// kept.
    #[test]
    fn optima_under_knowledge(seed in 0_u64..1_000, rows in 30_usize..300) {
        let table = random_table(rows, &[2, 3, 2, 3], seed);
        let score = DiscreteScore::with(&table, By::Bdeu { iss: 1.0 }).unwrap();
        let known = random_knowledge(4, seed);
        let graphs: Vec<Dag> = every_graph().into_iter().filter(|graph| keeps(&known, graph)).collect();
        let best = graphs.iter().map(|graph| score.total(graph)).fold(f64::NEG_INFINITY, f64::max);
        for learn in LEARNERS {
            let found = learn(&score, &known).unwrap();
            prop_assert!(keeps(&known, &found.graph));
            prop_assert!((score.total(&found.graph) - found.score).abs() < 1e-9 && found.score <= best + 1e-9);
            for other in graphs.iter().filter(|other| one_move_apart(&found.graph, other)) {
                prop_assert!(score.total(other) <= found.score + 1e-9);
            }
        }
        let walked = TabuSearch::new().with_memory(200).with_patience(200).learn(&score, &known).unwrap();
        prop_assert!(walked.score >= best - 1e-9, "{} below {}", walked.score, best);
    }

    #[test]
    fn limits_are_kept(seed in 0_u64..1_000, most in 0_usize..3) {
        let table = random_table(200, &[2, 3, 2, 3, 2, 2], seed);
        let score = DiscreteScore::with(&table, By::LogLikelihood).unwrap();
        let known = Knowledge::none(Nodes::numbered(6));
        let found = HillClimbing::new().with_max_parents(most).with_restarts(2).learn(&score, &known).unwrap();
        prop_assert!((0..6).all(|v| found.graph.parents(v).len() <= most));
        let skeleton: Vec<_> = (0..6_usize)
            .map(|v| etiology_graph::NodeSet::from_nodes(6, [v.wrapping_sub(1), v + 1]))
            .collect();
        let found = TabuSearch::new().with_skeleton(skeleton).learn(&score, &known).unwrap();
        prop_assert!(found.graph.edges().all(|(a, b)| a.abs_diff(b) == 1));
        let stopped = HillClimbing::new().with_max_moves(1).learn(&score, &known).unwrap();
        prop_assert!(!stopped.complete && stopped.graph.edge_count() == 1);
    }
}

fn one_move_apart(a: &Dag, b: &Dag) -> bool {
    let only = |x: &Dag, y: &Dag| x.edges().filter(|&(from, to)| !y.has_edge(from, to)).collect::<Vec<_>>();
    match (&only(a, b)[..], &only(b, a)[..]) {
        ([], [_]) | ([_], []) => true,
        ([x], [y]) => (x.1, x.0) == *y,
        _ => false,
    }
}

#[test]
fn same_bytes_on_any_number_of_threads() {
    let table = random_table(300, &[2, 3, 2, 4, 2, 3, 2, 2], 5);
    let score = DiscreteScore::new(&table).unwrap();
    let known = Knowledge::none(Nodes::numbered(8));
    for learn in LEARNERS {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| learn(&score, &known).unwrap())
        };
        assert_eq!(on(1), on(4));
    }
}

#[test]
fn contradictions_are_named() {
    let table = random_table(50, &[2, 2, 2], 2);
    let score = DiscreteScore::new(&table).unwrap();
    let known = Knowledge::none(Nodes::numbered(3)).forbid(0, 1).unwrap();
    let start = Dag::from_edges(Nodes::numbered(3), [(0, 1)]).unwrap();
    let message = HillClimbing::new().with_start(start).learn(&score, &known).unwrap_err().to_string();
    assert!(message.contains("`X1` --> `X2` is forbidden"), "{message}");
    assert!(TabuSearch::new().learn(&score, &Knowledge::none(Nodes::numbered(4))).is_err());
    let known = Knowledge::none(Nodes::numbered(3)).require(0, 2).unwrap().require(1, 2).unwrap();
    assert!(HillClimbing::new().with_max_parents(1).learn(&score, &known).is_err());
}

#[test]
fn degenerate_tables_give_graphs() {
    for levels in [&[1_u16, 1, 1][..], &[1, 2, 4_000, 900], &[2]] {
        for rows in [1, 2, 40] {
            let table = random_table(rows, levels, 4);
            let score = DiscreteScore::new(&table).unwrap();
            for learn in LEARNERS {
                let found = learn(&score, &Knowledge::none(Nodes::numbered(levels.len()))).unwrap();
                assert!(found.score.is_finite());
            }
        }
    }
}
