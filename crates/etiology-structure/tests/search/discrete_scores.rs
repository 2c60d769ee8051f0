//! Scores of bnlearn 5.2.1 on its own sample data and on samples of ALARM, and what every discrete score promises.

use etiology_graph::{Dag, Nodes};
use etiology_stats::{DiscreteColumn, DiscreteTable};
use etiology_structure::{DiscreteCriterion as By, DiscreteScore, Knowledge, LocalScore, Xges};
use proptest::prelude::*;
use statrs::function::gamma::ln_gamma;

use crate::data::{categories, model, random_table, truth};

const BIC: By = By::Bic { penalty: 1.0 };

fn assert_scores(table: &DiscreteTable, dag: &Dag, expected: &[(By, f64)]) {
    for &(criterion, value) in expected {
        let score = DiscreteScore::with(table, criterion).unwrap().total(dag);
        assert!((score - value).abs() < 1e-7, "{criterion:?}: {score} instead of {value}");
    }
}

#[test]
fn learning_test() {
    let Some(data) = categories("known/bnlearn_learning.test.csv") else { return };
    let dag = model(&data.nodes, "[A][C][F][B|A][D|A:C][E|B:F]");
    let expected = [
        (By::LogLikelihood, -23_832.131_772_074_1),
        (By::Aic, -23_873.131_772_074_1),
        (BIC, -24_006.734_232_498_2),
        (By::Ebic { gamma: 1.0 }, -24_024.651_827_190_4),
        (By::Bdeu { iss: 1.0 }, -24_028.094_778_353_5),
        (By::Bdeu { iss: 10.0 }, -23_967.649_625_401_1),
        (By::Bds { iss: 1.0 }, -24_028.094_778_353_5),
        (By::K2, -23_958.695_337_811_5),
    ];
    assert_scores(&data.table, &dag, &expected);
    // bnlearn 5.2.1 gives -23999.9686890988 for BDJ: for a node without parents it counts `r` imaginary rows and not the `r / 2`
    // that its prior of one half a level adds up to (`dpost` with `per_cell`).
    let n = 5_000.0;
    let slip: f64 = [3.0, 3.0, 2.0]
        .iter()
        .map(|&r| ln_gamma(r) - ln_gamma(r + n) - ln_gamma(0.5 * r) + ln_gamma(0.5 * r + n))
        .sum();
    assert_scores(&data.table, &dag, &[(By::Bdj, -23_999.968_689_098_8 - slip)]);
    // bnlearn approximates the regret of a multinomial; by the exact sums its values move by 1.1e-4 and 1.7e-5.
    for (criterion, approximate, exact) in [
        (By::Qnml, -23_964.143_162_222_4, -23_964.143_048_683_8),
        (By::Fnml, -23_968.610_021_813_4, -23_968.610_005_006_8),
    ] {
        let score = DiscreteScore::with(&data.table, criterion).unwrap().total(&dag);
        assert!((score - exact).abs() < 1e-7 && (score - approximate).abs() < 2e-4, "{criterion:?}: {score}");
    }
}

#[test]
fn asia() {
    let Some(data) = categories("known/bnlearn_asia.csv") else { return };
    let dag = model(&data.nodes, "[A][S][T|A][L|S][B|S][D|B:E][E|T:L][X|E]");
    let expected = [
        (By::LogLikelihood, -11_033.087_133_770_9),
        (By::Aic, -11_051.087_133_770_9),
        (BIC, -11_109.741_872_493_6),
        (By::Ebic { gamma: 1.0 }, -11_143.012_937_160_5),
        (By::Bdeu { iss: 1.0 }, -11_095.824_182_995_7),
        (By::Bdeu { iss: 10.0 }, -11_142.014_366_338_8),
        (By::K2, -11_110.151_719_274_1),
    ];
    assert_scores(&data.table, &dag, &expected);
    let reached = model(&data.nodes, "[A][S][T][L|S][B|S][E|T:L][X|E][D|B:E]");
    assert_scores(&data.table, &reached, &[(BIC, -11_107.293_309_393_5)]);
}

#[test]
fn alarm() {
    let Some(data) = categories("data/alarm_n5000.csv.gz") else { return };
    let dag = truth("data/alarm_n5000.json", &data.nodes).unwrap();
    let expected = [
        (By::LogLikelihood, -53_423.242_091_041_3),
        (By::Aic, -53_932.242_091_041_3),
        (BIC, -55_590.867_758_256_7),
        (By::Bdeu { iss: 1.0 }, -54_714.402_432_251_3),
        (By::Bdeu { iss: 10.0 }, -54_585.308_926_441),
        (By::K2, -54_815.751_702_391_8),
    ];
    assert_scores(&data.table, &dag, &expected);
}

const ALL: [By; 12] = [
    By::LogLikelihood,
    BIC,
    By::Bic { penalty: 2.0 },
    By::Aic,
    By::Ebic { gamma: 0.5 },
    By::Bdeu { iss: 1.0 },
    By::Bdeu { iss: 7.5 },
    By::Bds { iss: 1.0 },
    By::K2,
    By::Bdj,
    By::Fnml,
    By::Qnml,
];

fn graph(edges: &[(usize, usize)]) -> Dag {
    Dag::from_edges(Nodes::numbered(4), edges.iter().copied()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Equal to the last bit within a class for the score-equivalent ones, and other for K2.
    #[test]
    fn score_equivalence(seed in 0_u64..1_000, rows in 20_usize..400) {
        let table = random_table(rows, &[2, 3, 4, 2], seed);
        let chain = graph(&[(0, 1), (1, 2), (2, 3), (0, 2)]);
        let turned = graph(&[(2, 1), (1, 0), (2, 3), (2, 0)]);
        for criterion in ALL {
            let score = DiscreteScore::with(&table, criterion).unwrap();
            let (one, other) = (score.total(&chain), score.total(&turned));
            if criterion.is_score_equivalent() {
                prop_assert_eq!(one.to_bits(), other.to_bits(), "{:?}: {} {}", criterion, one, other);
            }
        }
        let k2 = DiscreteScore::with(&table, By::K2).unwrap();
        prop_assert!((k2.total(&chain) - k2.total(&turned)).abs() > 1e-9);
    }

    /// The same bits in any order of rows, and whether a parent comes last or not.
    #[test]
    fn order_does_not_matter(seed in 0_u64..1_000, rows in 1_usize..300) {
        let table = random_table(rows, &[3, 2, 5, 4], seed);
        let turned = DiscreteTable::new(
            table
                .columns()
                .iter()
                .map(|column| {
                    let codes = column.codes().iter().rev().copied().collect();
                    DiscreteColumn::new(codes, column.levels().clone()).unwrap()
                })
                .collect(),
        )
        .unwrap();
        for criterion in ALL {
            let (one, other) =
                (DiscreteScore::with(&table, criterion).unwrap(), DiscreteScore::with(&turned, criterion).unwrap());
            let (mut a, mut b) = (one.session(), other.session());
            let whole = a.local(3, &[0, 1, 2]);
            prop_assert_eq!(whole.to_bits(), b.local(3, &[0, 1, 2]).to_bits());
            let mut out = Vec::new();
            for (base, last) in [([1, 2], 0), ([0, 2], 1), ([0, 1], 2)] {
                a.with_each(3, &base, &[last], &mut out);
                prop_assert_eq!(out[0].to_bits(), whole.to_bits());
            }
        }
    }
}

/// BIC and BDeu of `b` given `a` by their formulas.
#[test]
fn formulas() {
    let codes = |codes: &[u16], levels: u16| {
        DiscreteColumn::new(codes.to_vec(), (0..levels).map(|l| l.to_string()).collect::<Vec<_>>()).unwrap()
    };
    let table = DiscreteTable::new(vec![codes(&[0, 0, 0, 1, 1], 2), codes(&[0, 1, 1, 2, 2], 3)]).unwrap();
    let bic = DiscreteScore::with(&table, BIC).unwrap().session().local(1, &[0]);
    let by_hand = (1.0_f64 / 3.0).ln() + 2.0 * (2.0_f64 / 3.0).ln() - 0.5 * 4.0 * 5.0_f64.ln();
    assert!((bic - by_hand).abs() < 1e-12);
    let bdeu = DiscreteScore::with(&table, By::Bdeu { iss: 6.0 }).unwrap().session().local(1, &[0]);
    // Prior 1 a cell and 3 a configuration: (1! 2! 2! / 5!) for each, with 3 and 2 rows.
    let by_hand = (2.0_f64 * 2.0 / 120.0).ln() + (2.0_f64 * 2.0 / 24.0).ln();
    assert!((bdeu - by_hand).abs() < 1e-12);
}

/// Each parent of three others adds ln((1/3) / (2/3)).
#[test]
fn expected_parents() {
    let table = random_table(100, &[2, 3, 2, 2], 1);
    let plain = DiscreteScore::with(&table, By::DEFAULT).unwrap();
    let sparse = plain.clone().with_expected_parents(1.0).unwrap();
    let (mut plain, mut sparse) = (plain.session(), sparse.session());
    for parents in [&[][..], &[1], &[1, 3], &[1, 2, 3]] {
        let expected = plain.local(0, parents) - parents.len() as f64 * 2.0_f64.ln();
        assert!((sparse.local(0, parents) - expected).abs() < 1e-9);
    }
    for bad in [0.0, 3.0, f64::NAN] {
        assert!(DiscreteScore::new(&table).unwrap().with_expected_parents(bad).is_err());
    }
}

/// The graph that XGES-0 finds on ALARM with the default score is two edges from the truth, within a second.
#[test]
fn alarm_is_found() {
    let Some(data) = categories("data/alarm_n5000.csv.gz") else { return };
    let truth = truth("data/alarm_n5000.json", &data.nodes).unwrap();
    let score = DiscreteScore::new(&data.table).unwrap();
    let known = Knowledge::none(data.nodes.clone());
    let found = Xges::new().with_extended_search(false).learn(&score, &known).unwrap();
    let shd = etiology_graph::shd(&etiology_graph::cpdag(&truth), &found.graph).unwrap();
    assert!(shd <= 2, "{shd}");
}

#[test]
fn bad_parameters_and_missing_values_are_refused() {
    let table = random_table(10, &[2, 2], 1);
    for criterion in [By::Bic { penalty: -1.0 }, By::Bdeu { iss: 0.0 }, By::Bds { iss: f64::NAN }] {
        assert!(DiscreteScore::with(&table, criterion).is_err());
    }
    let none = DiscreteTable::new(vec![DiscreteColumn::from_labels([]).unwrap()]).unwrap();
    assert!(DiscreteScore::new(&none).is_err());
    let holes = DiscreteTable::new(vec![DiscreteColumn::from_labels([Some("a"), None, Some("b")]).unwrap()]);
    let message = DiscreteScore::new(&holes.unwrap()).unwrap_err().to_string();
    assert!(message.contains("1 of the 3 values of column 0 are missing"), "{message}");
}

/// Node-average likelihood: the rows complete in a family stand for all.
#[test]
fn missing_values_scale_the_likelihood() {
    let labels = |text: &str| {
        DiscreteColumn::from_labels(text.split(' ').map(|cell| (cell != "?").then_some(cell))).unwrap()
    };
    let holes = DiscreteTable::new(vec![
        labels("a b a ? b a ? b"),
        labels("x y x x ? y y y"),
        labels("? ? ? ? ? ? ? ?"),
    ]);
    let full = DiscreteTable::new(vec![labels("a b a a b"), labels("x y x y y")]).unwrap();
    let holes = DiscreteScore::with(&holes.unwrap(), By::LogLikelihood).unwrap();
    let full = DiscreteScore::with(&full, By::LogLikelihood).unwrap();
    let scaled = full.session().local(1, &[0]) * 8.0 / 5.0;
    assert!((holes.session().local(1, &[0]) - scaled).abs() < 1e-9);
    assert!(holes.session().local(2, &[]).abs() < 1e-12);
    assert!(holes.session().local(2, &[0]) < -1e300);
    assert!(holes.session().local(0, &[2]) < -1e300);
}

/// One level, ten thousand levels, one row: finite or minus infinity, never NaN.
#[test]
fn degenerate_columns() {
    for rows in [1, 2, 30] {
        let table = random_table(rows, &[1, 2, 10_000, 60_000], 3);
        for criterion in ALL {
            let score = DiscreteScore::with(&table, criterion).unwrap();
            let mut session = score.session();
            for node in 0..4_usize {
                let others: Vec<usize> = (0..4).filter(|&other| other != node).collect();
                for parents in [&[][..], &others[..1], &others[1..2], &others[2..], &others[..]] {
                    let value = session.local(node, parents);
                    assert!(
                        value.is_finite() || value == f64::NEG_INFINITY,
                        "{criterion:?} {node} {parents:?}"
                    );
                }
            }
            assert!(
                session.local(0, &[1]) <= session.local(0, &[]) + 1e-9 && session.local(1, &[]).is_finite()
            );
        }
    }
}
