//! Max-min hill climbing against its parts and bnlearn's accuracy on ALARM.

use etiology_graph::{Nodes, compare, cpdag};
use etiology_stats::ContingencyTest;
use etiology_structure::{DiscreteCriterion, DiscreteScore, HillClimbing, Knowledge, Mmhc, Mmpc, TabuSearch};
use proptest::prelude::*;

use crate::data::{categories, keeps, random_knowledge, random_table, truth};

/// bnlearn 5.2.1's MMHC finds 32 edges, all true (skeleton F1 .8205), and ends 25 away from the CPDAG; directions depend on ties.
#[test]
fn alarm() {
    let Some(data) = categories("data/alarm_n5000.csv.gz") else { return };
    let truth = truth("data/alarm_n5000.json", &data.nodes).unwrap();
    let test = ContingencyTest::g_squared(&data.table).unwrap().with_rows_per_degree(5.0);
    let score = DiscreteScore::with(&data.table, DiscreteCriterion::Bic { penalty: 1.0 }).unwrap();
    let known = Knowledge::none(data.nodes.clone());
    let mmhc = Mmhc::new(Mmpc::params().with_alpha(0.05).build().unwrap());
    for mmhc in [mmhc.clone(), mmhc.with_tabu_search(TabuSearch::new().with_memory(100).with_patience(15))] {
        let found = mmhc.learn(&test, &score, &known).unwrap();
        let against = compare(&cpdag(&truth), &found.learned.class).unwrap();
        assert!(against.skeleton.precision() > 0.97, "{}", against.skeleton.precision());
        assert!(against.skeleton.f1() >= 0.8205, "{}", against.skeleton.f1());
        assert!(against.shd <= 30, "{}", against.shd);
        let joined = |a: usize, b: usize| {
            found.neighbours.adjacent[a].contains(b) || found.neighbours.adjacent[b].contains(a)
        };
        assert!(found.learned.graph.edges().all(|(a, b)| joined(a, b)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn knowledge_is_kept(seed in 0_u64..1_000, rows in 30_usize..300) {
        let table = random_table(rows, &[2, 3, 2, 3, 2, 2], seed);
        let test = ContingencyTest::g_squared(&table).unwrap();
        let score = DiscreteScore::new(&table).unwrap();
        let known = random_knowledge(6, seed);
        let mmhc = Mmhc::new(Mmpc::params().build().unwrap()).with_hill_climbing(HillClimbing::new());
        let found = mmhc.learn(&test, &score, &known).unwrap();
        prop_assert!(keeps(&known, &found.learned.graph));
    }
}

#[test]
fn other_widths_are_refused() {
    let (narrow, wide) = (random_table(30, &[2, 2], 1), random_table(30, &[2, 2, 2], 1));
    let test = ContingencyTest::g_squared(&narrow).unwrap();
    let score = DiscreteScore::new(&wide).unwrap();
    let mmhc = Mmhc::new(Mmpc::params().build().unwrap());
    for p in [2, 3] {
        assert!(mmhc.learn(&test, &score, &Knowledge::none(Nodes::numbered(p))).is_err());
    }
}
