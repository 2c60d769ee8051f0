use crate::counts::{column, table};
use crate::oracle::{self, bnlearn_tests};
use crate::support::assert_close;
use etiology_stats::{
    ContingencyReference, ContingencyStatistic, ContingencyTest, Counter, DegreesOfFreedom, Determined,
    DiscreteColumn, DiscreteTable, IndependenceTest,
};

pub(crate) fn labels(path: &str) -> Option<(Vec<String>, DiscreteTable)> {
    let (names, columns) = oracle::table(path)?;
    let columns = columns
        .iter()
        .map(|column| DiscreteColumn::from_labels(column.iter().map(|label| Some(label.as_str()))).unwrap())
        .collect();
    Some((names, DiscreteTable::new(columns).unwrap()))
}

/// The example of `scipy.stats.chi2_contingency`: 10, 10, 20 against 20, 20, 20.
#[test]
fn scipys_contingency_example() {
    let counts = [(0, 0, 10), (0, 1, 10), (0, 2, 20), (1, 0, 20), (1, 1, 20), (1, 2, 20)];
    let rows = || counts.iter().flat_map(|&(x, y, count)| std::iter::repeat_n((x, y), count));
    let columns =
        vec![column(2, rows().map(|row| row.0).collect()), column(3, rows().map(|row| row.1).collect())];
    let table = DiscreteTable::new(columns).unwrap();
    for (test, statistic, p_value) in [
        (ContingencyTest::chi_squared(&table), 2.7777777777777777, 0.24935220877729614),
        (ContingencyTest::g_squared(&table), 2.768_858_761_678_132, 0.25046668010954165),
    ] {
        let got = test.unwrap().session().test(0, 1, &[]).unwrap();
        assert_close(got.statistic, statistic, 1e-12);
        assert_close(got.p_value, p_value, 1e-11);
        assert_eq!(got.df, Some(2.0));
    }
}

/// Columns whose tables have 10^8 cells and more.
#[test]
fn ten_thousand_levels() {
    let wide = table(7, 10_000, &[10_000, 10_000, 2, 3], 0.0);
    for statistic in [ContingencyStatistic::Pearson, ContingencyStatistic::LikelihoodRatio] {
        let test = ContingencyTest::new(&wide, statistic).unwrap();
        let mut session = test.session();
        for (x, y, given) in [(0, 1, &[][..]), (0, 1, &[2]), (2, 3, &[0]), (2, 3, &[0, 1]), (0, 2, &[1, 3])] {
            let result = session.test(x, y, given);
            assert!(result.is_none_or(|result| result.p_value.is_finite() && result.statistic >= 0.0));
        }
        assert!(session.test(0, 1, &[]).is_some());
    }
    let shrunk = ContingencyTest::new(&wide, ContingencyStatistic::Shrinkage).unwrap();
    assert!(shrunk.session().test(0, 1, &[]).is_none());
    assert!(shrunk.session().test(2, 3, &[]).is_some());
}

#[test]
fn bnlearns_discrete_tests() {
    let Some((names, table)) = labels("known/bnlearn_learning.test.csv") else { return };
    let mut compared = 0;
    for asked in bnlearn_tests("learning.test", &names) {
        let (statistic, degrees) = match asked.kind.as_str() {
            "x2" => (ContingencyStatistic::Pearson, DegreesOfFreedom::Nominal),
            "x2-adf" => (ContingencyStatistic::Pearson, DegreesOfFreedom::Observed),
            "mi" => (ContingencyStatistic::LikelihoodRatio, DegreesOfFreedom::Nominal),
            "mi-sh" => (ContingencyStatistic::Shrinkage, DegreesOfFreedom::Nominal),
            "mi-adf" => (ContingencyStatistic::LikelihoodRatio, DegreesOfFreedom::Observed),
            _ => continue,
        };
        let test = ContingencyTest::new(&table, statistic).unwrap().with_degrees(degrees);
        let got = test.session().test(asked.x, asked.y, &asked.given).unwrap();
        assert_close(got.statistic, asked.statistic, 1e-9);
        assert_eq!(got.df, asked.df);
        // p-values below the smallest normal number are 0 here.
        assert!((got.p_value - asked.p_value).abs() <= 1e-8 * asked.p_value + 1e-300);
        compared += 1;
    }
    assert_eq!(compared, 30);
}

/// pcalg 2.7-12's `gSquareDis` and `gSquareBin`.
#[test]
fn pcalgs_g_squared() {
    let g2 = |table: &DiscreteTable, x, y, given: &[usize]| {
        let test = ContingencyTest::g_squared(table).unwrap().with_degrees(DegreesOfFreedom::Nominal);
        test.session().test(x, y, given).unwrap().p_value
    };
    let Some((_, table)) = labels("known/pcalg_gmD.csv") else { return };
    assert_close(g2(&table, 0, 1, &[2]), 1.240455546321e-05, 1e-7);
    assert_close(g2(&table, 0, 4, &[]), 0.5073849473036, 1e-9);
    assert_close(g2(&table, 2, 3, &[1]), 0.8693817871083, 1e-9);
    assert_close(g2(&table, 1, 3, &[0, 2]), 4.490367727511e-63, 1e-7);
    let Some((_, table)) = labels("known/pcalg_gmB.csv") else { return };
    assert_close(g2(&table, 0, 2, &[]), 9.082947775756e-06, 1e-8);
    assert_close(g2(&table, 0, 2, &[1]), 0.8635110582419, 1e-9);
}

/// causal-learn 0.1.4.9's `chisq` and `gsq` on 5 000 samples of ALARM.
#[test]
fn causal_learns_discrete_tests() {
    let Some((names, table)) = labels("data/alarm_n5000.csv") else { return };
    let at = |name: &str| names.iter().position(|own| own == name).unwrap();
    let chi2 = ContingencyTest::chi_squared(&table).unwrap();
    let g2 = ContingencyTest::g_squared(&table).unwrap();
    let p = |test: &ContingencyTest, x, y, given: &[&str]| {
        let given: Vec<usize> = given.iter().map(|name| at(name)).collect();
        test.session().test(at(x), at(y), &given).unwrap().p_value
    };
    assert_close(p(&chi2, "BP", "HYP", &["CO"]), 0.012046974549982, 1e-9);
    assert_close(p(&g2, "BP", "HYP", &["CO"]), 0.012899251209757, 1e-9);
    assert_close(p(&chi2, "HRBP", "HREK", &["HR"]), 0.988579468903942, 1e-9);
    assert_close(p(&g2, "HRBP", "HREK", &["HR"]), 0.982137988300217, 1e-9);
    assert_close(p(&chi2, "FIO2", "ANES", &[]), 0.978379933731502, 1e-9);
}

/// Statistic, observed degrees and nonzero cells from [`etiology_stats::Contingency`] by the textbook formulas.
fn textbook(table: &DiscreteTable, x: usize, y: usize, given: &[usize]) -> (f64, f64, f64, f64) {
    let contingency = Counter::new(table).unwrap().session().contingency(x, y, given).unwrap();
    let width = contingency.y_levels();
    let (mut pearson, mut ratio, mut degrees, mut cells) = (0.0, 0.0, 0.0, 0.0);
    for stratum in contingency.strata() {
        let count = |at: usize| stratum.count((at / width) as u16, (at % width) as u16) as f64;
        let counts: Vec<f64> = (0..contingency.x_levels() * width).map(count).collect();
        let rows: Vec<f64> = counts.chunks(width).map(|row| row.iter().sum()).collect();
        let columns: Vec<f64> = (0..width).map(|j| counts.iter().skip(j).step_by(width).sum()).collect();
        let total: f64 = rows.iter().sum();
        let occurring = |sums: &[f64]| sums.iter().filter(|&&sum| sum > 0.0).count() as f64 - 1.0;
        degrees += occurring(&rows) * occurring(&columns);
        for (at, &count) in counts.iter().enumerate() {
            let expected = rows[at / width] * columns[at % width] / total;
            if expected > 0.0 {
                pearson += (count - expected).powi(2) / expected;
            }
            if count > 0.0 {
                ratio += 2.0 * count * (count / expected).ln();
                cells += 1.0;
            }
        }
    }
    (pearson, ratio, degrees, cells)
}

/// Bits, increments and sorting.
#[test]
fn every_path_agrees_with_the_textbook() {
    for missing in [0.0, 0.1] {
        let table = table(5, 400, &[2, 3, 2, 5, 60, 300, 300], missing);
        let tests = [ContingencyStatistic::Pearson, ContingencyStatistic::LikelihoodRatio]
            .map(|statistic| ContingencyTest::new(&table, statistic).unwrap());
        let mut sessions = tests.each_ref().map(IndependenceTest::session);
        for (x, y, given) in [
            (0, 1, &[][..]),
            (0, 1, &[2]),
            (0, 1, &[2, 3]),
            (1, 0, &[3, 2]),
            (1, 3, &[4]),
            (4, 5, &[]),
            (5, 6, &[]),
            (5, 6, &[0]),
            (5, 6, &[4, 0]),
            (3, 4, &[5]),
            (0, 2, &[5, 6]),
            (0, 6, &[2, 3]),
        ] {
            let (pearson, ratio, degrees, cells) = textbook(&table, x, y, given);
            for (session, want) in sessions.iter_mut().zip([pearson, ratio]) {
                match session.test(x, y, given) {
                    Some(got) => {
                        assert!((got.statistic - want).abs() <= 1e-9 * want.max(1.0), "{x} {y} {given:?}");
                        assert_eq!(got.df, Some(degrees));
                        for alpha in [0.01, 0.2, 0.6] {
                            assert_eq!(session.independent(x, y, given, alpha), Some(got.p_value > alpha));
                        }
                    }
                    None => assert_eq!(degrees, 0.0),
                }
            }
            let adapted = tests[1].clone().with_degrees(DegreesOfFreedom::NonzeroCells);
            let all: f64 = [x, y].iter().chain(given).map(|&c| table.cardinality(c) as f64).product();
            let spans = |c: usize| table.cardinality(c) as f64 - 1.0;
            let nominal =
                spans(x) * spans(y) * given.iter().map(|&c| table.cardinality(c) as f64).product::<f64>();
            let got = adapted.session().test(x, y, given).unwrap();
            assert_eq!(got.df, Some((nominal - (all - cells)).max(1.0)));
        }
    }
}

#[test]
fn what_the_data_cannot_judge_is_none() {
    let with_constant = DiscreteTable::new(vec![
        column(2, vec![0, 1, 0, 1, 1, 0]),
        column(2, vec![0, 1, 1, 1, 0, 0]),
        column(1, vec![0; 6]),
        column(3, vec![1; 6]),
        column(2, vec![DiscreteColumn::MISSING; 6]),
        column(0, vec![DiscreteColumn::MISSING; 6]),
    ])
    .unwrap();
    for statistic in [ContingencyStatistic::Pearson, ContingencyStatistic::LikelihoodRatio] {
        let test = ContingencyTest::new(&with_constant, statistic).unwrap();
        let mut session = test.session();
        for (x, y, given) in [
            (0, 2, &[][..]),
            (2, 0, &[1]),
            (0, 3, &[]),
            (0, 4, &[]),
            (0, 1, &[4]),
            (0, 5, &[]),
            (5, 0, &[1]),
            (0, 1, &[5]),
            (0, 0, &[]),
            (0, 1, &[1]),
            (0, 9, &[]),
            (0, 1, &[9]),
        ] {
            assert!(session.test(x, y, given).is_none(), "{x} {y} {given:?}");
            assert_eq!(session.independent(x, y, given, 0.01), None);
        }
        assert!(session.test(0, 1, &[2, 3]).is_some());
        let strict = test.clone().with_rows_per_degree(7.0);
        assert!(strict.session().test(0, 1, &[]).is_none());
    }
    for rows in 0..3 {
        let tiny = table(1, rows, &[2, 2, 2], 0.0);
        let result = ContingencyTest::g_squared(&tiny).unwrap().session().test(0, 1, &[2]);
        assert!(result.is_none_or(|result| result.p_value.is_finite()));
    }
}

/// Random, so only close: bnlearn's degrees of freedom from its own 100 permutations.
#[test]
fn semiparametric_tests_are_near_bnlearns() {
    let Some((names, table)) = labels("known/bnlearn_learning.test.csv") else { return };
    let reference = ContingencyReference::Semiparametric { permutations: 100, seed: 1 };
    for asked in bnlearn_tests("learning.test", &names) {
        let statistic = match asked.kind.as_str() {
            "sp-x2" => ContingencyStatistic::Pearson,
            "sp-mi" => ContingencyStatistic::LikelihoodRatio,
            _ => continue,
        };
        let test = ContingencyTest::new(&table, statistic).unwrap().with_reference(reference);
        let got = test.session().test(asked.x, asked.y, &asked.given).unwrap();
        assert_close(got.statistic, asked.statistic, 1e-9);
        assert!((got.p_value - asked.p_value).abs() < 0.12, "{} {}", got.p_value, asked.p_value);
    }
}

/// The same answer whatever was asked before, in whatever order of the pair and the set, dense or sparse.
#[test]
fn permutations_depend_on_the_question_alone() {
    let table = table(11, 300, &[3, 3, 2, 2, 90, 90], 0.05);
    let reference = ContingencyReference::Permutation { permutations: 99, seed: 5 };
    for statistic in [ContingencyStatistic::Pearson, ContingencyStatistic::LikelihoodRatio] {
        let test = ContingencyTest::new(&table, statistic).unwrap().with_reference(reference);
        let mut session = test.session();
        for (x, y, given, tenths) in [(0, 1, [2, 3], [3, 2]), (4, 5, [2, 3], [3, 2])] {
            let first = test.session().test(x, y, &given).unwrap();
            session.test(1, 2, &[3]);
            let again = session.test(y, x, &tenths).unwrap();
            assert_eq!(first.p_value, again.p_value);
            assert_close(again.statistic, first.statistic, 1e-10);
            assert!((0.01..=1.0).contains(&first.p_value));
        }
    }
}

/// A column that the set determines: no degrees of freedom, and nothing or independence as asked for, by any reference.
#[test]
fn a_determined_column() {
    let column = |codes: Vec<u16>| DiscreteColumn::new(codes, ["no".to_owned(), "yes".to_owned()]).unwrap();
    let x: Vec<u16> = (0..200).map(|i| u16::from(i % 3 == 0)).collect();
    let y: Vec<u16> = (0..200).map(|i| u16::from(i % 3 == 0 || i % 5 == 0)).collect();
    let table = DiscreteTable::new(vec![column(x.clone()), column(y), column(x)]).unwrap();
    let shuffled = ContingencyReference::Permutation { permutations: 19, seed: 1 };
    for reference in [ContingencyReference::ChiSquared, shuffled] {
        let test = ContingencyTest::g_squared(&table).unwrap().with_reference(reference);
        assert_eq!(test.session().test(0, 1, &[2]), None);
        assert_eq!(test.session().independent(0, 1, &[2], 0.05), None);
        let test = test.with_determined(Determined::Independent);
        let result = test.session().test(0, 1, &[2]).unwrap();
        assert_eq!((result.p_value, result.df), (1.0, Some(0.0)));
        assert_eq!(test.session().independent(0, 1, &[2], 0.05), Some(true));
        assert_eq!(test.session().independent(0, 1, &[], 0.05), Some(false));
        assert_eq!(test.session().test(0, 0, &[]), None);
    }
}
