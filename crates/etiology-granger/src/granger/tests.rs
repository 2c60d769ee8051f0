use super::*;
use crate::testing::normals;
use crate::{Criterion, Nodes, Reference, Series, Trend};
use nalgebra::{DMatrix, DVector};

/// `a` acts on `b` after two rows, `b` on `c` after one; `d` apart.
fn chain(rows: usize, seed: u64) -> Series {
    let noise = normals(4 * rows, seed);
    let mut columns = vec![vec![0.0; rows]; 4];
    for t in 2..rows {
        let at = |series: usize, lag: usize| columns[series][t - lag];
        let now = [
            0.5 * at(0, 1),
            0.4 * at(1, 1) + 0.8 * at(0, 2),
            0.3 * at(2, 1) + 0.8 * at(1, 1),
            0.6 * at(3, 1),
        ];
        for (series, value) in now.into_iter().enumerate() {
            columns[series][t] = value + noise[4 * t + series];
        }
    }
    Series::new(Nodes::new(["a", "b", "c", "d"]).unwrap(), columns).unwrap()
}

/// Residual sum of squares of the effect on lags of some series, by QR of the rows.
fn residual_squares(series: &Series, effect: usize, lags: &[(usize, usize)], from: usize) -> f64 {
    let rows = series.rows() - from;
    let design = DMatrix::from_fn(rows, lags.len() + 1, |row, column| match lags.get(column) {
        Some(&(cause, lag)) => series.column(cause)[from + row - lag],
        None => 1.0,
    });
    let target = DVector::from_fn(rows, |row, _| series.column(effect)[from + row]);
    let q = design.qr().q();
    (&target - &q * q.tr_mul(&target)).norm_squared()
}

#[test]
fn every_pair_equals_two_regressions() {
    let series = chain(120, 1);
    for conditioning in [Conditioning::Pair, Conditioning::All] {
        for (order, extra) in [(1, 0), (3, 0), (2, 1), (1, 2)] {
            let scan = GrangerScan::new(order)
                .with_conditioning(conditioning)
                .with_extra_lags(extra)
                .with_statistic(TestStatistic::LikelihoodRatio);
            for pair in scan.run(&series).unwrap().pairs() {
                let members: Vec<usize> = match conditioning {
                    Conditioning::All => (0..4).collect(),
                    Conditioning::Pair => vec![pair.cause, pair.effect],
                };
                let total = order + extra;
                let full: Vec<(usize, usize)> =
                    members.iter().flat_map(|&s| (1..=total).map(move |lag| (s, lag))).collect();
                let without: Vec<(usize, usize)> =
                    full.iter().copied().filter(|&(s, lag)| s != pair.cause || lag > order).collect();
                let r0 = residual_squares(&series, pair.effect, &without, total);
                let r1 = residual_squares(&series, pair.effect, &full, total);
                let expected = (120 - total) as f64 * (r0 / r1).ln();
                let got = pair.result.clone().unwrap();
                assert!((got.value - expected).abs() < 1e-9 * expected.max(1.0), "{} {expected}", got.value);
                assert_eq!(
                    (got.reference, pair.lags.len()),
                    (Reference::ChiSquared { df: order as f64 }, order)
                );
            }
        }
    }
}

#[test]
fn with_one_lag_the_f_statistic_is_the_square_of_t() {
    for conditioning in [Conditioning::Pair, Conditioning::All] {
        let tests = GrangerScan::new(1).with_conditioning(conditioning).run(&chain(90, 2)).unwrap();
        for pair in tests.pairs() {
            let (t, f) = (pair.lags[0], pair.result.clone().unwrap());
            assert!(((t.coefficient / t.std_error).powi(2) - f.value).abs() < 1e-9 * f.value.max(1.0));
            assert!((t.p_value().unwrap() - f.p_value).abs() < 1e-10);
        }
    }
}

#[test]
fn the_chain_is_found_with_its_lags() {
    let tests = GrangerScan::new(3).with_alpha(0.01).unwrap().run(&chain(600, 3)).unwrap();
    let graph = tests.to_graph().unwrap();
    let found: Vec<_> = graph.summary().iter().map(|s| (s.cause, s.effect, s.strongest.lag.rows())).collect();
    assert_eq!(found, [(0, 1, 2), (1, 2, 1)]);
    let pairs: Vec<_> = tests.pairs().iter().map(|p| (p.cause, p.effect)).collect();
    assert_eq!(pairs[..4], [(0, 1), (0, 2), (0, 3), (1, 0)]);
    assert_eq!(pairs.len(), 12);
    // Pairwise, the end of the chain follows from its beginning as well.
    let pairwise = GrangerScan::new(3).with_conditioning(Conditioning::Pair).run(&chain(600, 3)).unwrap();
    assert!(pairwise.is_significant(&pairwise.pairs()[1]));
    let findings = tests.findings(&chain(600, 3)).unwrap();
    assert_eq!(findings.read, "Granger F given all other series, order 3, level 0.01 (Benjamini-Hochberg)");
    assert_eq!(findings.pairs.iter().filter(|pair| pair.linked).count(), 2);
}

#[test]
fn the_order_of_columns_and_their_units_do_not_matter() {
    let series = chain(150, 4);
    let turned = [2, 0, 3, 1];
    let scaled: Vec<Vec<f64>> = turned
        .iter()
        .zip([1e6, 1e-6, -3.0, 1.0])
        .map(|(&at, unit)| series.column(at).iter().map(|v| 7.0 * unit + unit * v).collect())
        .collect();
    let other = Series::new(Nodes::new(turned.map(|at| series.nodes().name(at))).unwrap(), scaled).unwrap();
    for conditioning in [Conditioning::Pair, Conditioning::All] {
        for rule in [OrderRule::MaxLag, OrderRule::By(Criterion::Aic)] {
            let scan = GrangerScan::new(4).with_conditioning(conditioning).with_order(rule);
            let (one, two) = (scan.run(&series).unwrap(), scan.run(&other).unwrap());
            for pair in two.pairs() {
                let (cause, effect) = (turned[pair.cause], turned[pair.effect]);
                let same = one.pairs().iter().find(|p| (p.cause, p.effect) == (cause, effect)).unwrap();
                let (a, b) = (pair.q_value.unwrap(), same.q_value.unwrap());
                assert!((a - b).abs() < 1e-8 * a, "{a} {b}");
                assert_eq!(
                    (pair.order, pair.strongest().unwrap().lag),
                    (same.order, same.strongest().unwrap().lag)
                );
            }
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let series = chain(200, 5);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            [Conditioning::Pair, Conditioning::All]
                .map(|given| GrangerScan::new(3).with_conditioning(given).run(&series).unwrap())
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn missing_values_cost_a_pair_only_its_own_rows() {
    let series = chain(200, 6);
    let mut columns = series.columns().to_vec();
    for row in (5..200).step_by(20) {
        columns[3][row] = f64::NAN;
    }
    let holed = Series::new(series.nodes().clone(), columns).unwrap();
    let scan = GrangerScan::new(2).with_conditioning(Conditioning::Pair).with_correction(Correction::None);
    let (holed, whole) = (scan.run(&holed).unwrap(), scan.run(&series).unwrap());
    for (a, b) in holed.pairs().iter().zip(whole.pairs()) {
        if a.cause == 3 || a.effect == 3 {
            assert_eq!(a.rows, 200 - 2 - 10 * 3);
        } else {
            assert_eq!(a.rows, 198);
            assert!((a.p_value().unwrap() - b.p_value().unwrap()).abs() < 1e-10);
        }
    }
}

#[test]
fn corrections_order_the_pairs_as_their_p_values() {
    let series = chain(150, 7);
    let q = |correction: Correction| -> Vec<f64> {
        let tests = GrangerScan::new(2).with_correction(correction).run(&series).unwrap();
        tests.pairs().iter().map(|pair| pair.q_value.unwrap()).collect()
    };
    let p = q(Correction::None);
    for (i, p) in p.iter().enumerate() {
        let of = |correction| q(correction)[i];
        assert!(*p <= of(Correction::BenjaminiHochberg));
        assert!(of(Correction::BenjaminiHochberg) <= of(Correction::BenjaminiYekutieli));
        assert!(of(Correction::BenjaminiHochberg) <= of(Correction::Holm));
    }
}

/// Nothing here may panic, give a NaN or a p-value of 0; what is expected of each pair is written beside it.
#[test]
fn hostile_series_get_a_reason_each() {
    let good = chain(100, 8);
    let (a, b) = (good.column(0).to_vec(), good.column(1).to_vec());
    let with = |third: Vec<f64>| {
        let rows = third.len();
        let cut = |column: &[f64]| column[..rows].to_vec();
        Series::new(Nodes::new(["a", "b", "odd"]).unwrap(), vec![cut(&a), cut(&b), third]).unwrap()
    };
    let line: Vec<f64> = (0..100).map(f64::from).collect();
    let wave: Vec<f64> = line.iter().map(|t| (t / 3.0).sin()).collect();
    let near: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a + 1e-9 * b).collect();
    let sum: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - 2.0 * b).collect();
    let late: Vec<f64> = std::iter::once(0.0).chain(a[..99].iter().copied()).collect();
    let walk: Vec<f64> = normals(100, 99)
        .iter()
        .scan(0.0, |sum, step| {
            *sum += step;
            Some(*sum)
        })
        .collect();
    let mut gaps = b.clone();
    gaps.iter_mut().step_by(2).for_each(|value| *value = f64::NAN);
    let mut step = vec![1.0; 100];
    step[99] = 2.0;
    let cases: Vec<(&str, Series, [&str; 2])> = vec![
        ("constant", with(vec![0.1; 100]), ["constant", "constant"]),
        ("all missing", with(vec![f64::NAN; 100]), ["0 rows", "0 rows"]),
        ("a line", with(line), ["combination", "combination|without error"]),
        ("a wave", with(wave), ["combination", "combination|without error"]),
        ("nearly a copy", with(near), ["combination|", "combination|"]),
        ("a copy", with(a.clone()), ["combination|", "combination|"]),
        ("a sum", with(sum), ["combination|", "combination|"]),
        ("a late copy", with(late), ["|combination", "combination|without error|"]),
        ("a random walk", with(walk), ["", ""]),
        ("gaps longer than the lag", with(gaps), ["0 rows", "0 rows"]),
        ("a step at the end", with(step), ["constant", "constant"]),
        ("too large to square", with(b.iter().map(|v| v * 1e200).collect()), ["too large", "too large"]),
        ("tiny", with(good.column(2).iter().map(|v| v * 1e-140).collect()), ["", ""]),
        ("short", with(b[..8].to_vec()), ["5 rows", "5 rows"]),
        ("one row", with(b[..1].to_vec()), ["0 rows", "0 rows"]),
        ("no row", with(vec![]), ["0 rows", "0 rows"]),
    ];
    for (name, series, expected) in cases {
        for conditioning in [Conditioning::Pair, Conditioning::All] {
            for rule in [OrderRule::MaxLag, OrderRule::By(Criterion::Bic)] {
                let scan = GrangerScan::new(3).with_conditioning(conditioning).with_order(rule);
                let tests = scan.run(&series).unwrap();
                assert_eq!(tests.pairs().len(), 6);
                for pair in tests.pairs() {
                    match &pair.result {
                        Ok(test) => {
                            assert!(
                                test.value.is_finite() && test.p_value > 0.0 && test.p_value <= 1.0,
                                "{name}"
                            );
                            assert!(pair.q_value.is_some_and(|q| q > 0.0 && q <= 1.0));
                            for effect in &pair.lags {
                                assert!(effect.coefficient.is_finite() && effect.std_error > 0.0, "{name}");
                            }
                        }
                        Err(why) => assert!(why.to_string().len() > 5 && pair.q_value.is_none()),
                    }
                }
                let told = |cause: usize, effect: usize| {
                    let pair = tests.pairs().iter().find(|p| (p.cause, p.effect) == (cause, effect)).unwrap();
                    pair.result.as_ref().err().map(ToString::to_string).unwrap_or_default()
                };
                if rule == OrderRule::MaxLag {
                    for (pair, words) in [(told(2, 1), expected[0]), (told(0, 2), expected[1])] {
                        let fits = words
                            .split('|')
                            .any(|word| if word.is_empty() { pair.is_empty() } else { pair.contains(word) });
                        assert!(fits, "{name} {conditioning:?}: `{pair}` instead of `{words}`");
                    }
                }
                tests.to_graph().unwrap();
                tests.findings(&series).unwrap();
            }
        }
    }
}

#[test]
fn a_duplicate_spoils_only_what_it_takes_part_in() {
    let series = chain(300, 9);
    let columns: Vec<Vec<f64>> = [0, 1, 0, 2].iter().map(|&at| series.column(at).to_vec()).collect();
    let twice = Series::new(Nodes::new(["a", "b", "copy", "c"]).unwrap(), columns).unwrap();
    let tests = GrangerScan::new(2).run(&twice).unwrap();
    for pair in tests.pairs() {
        let why = pair.result.as_ref().err().map(ToString::to_string);
        assert_eq!(why.is_some(), pair.cause == 0 || pair.cause == 2, "{pair:?}");
    }
    // The others are tested given one of the two.
    let once = GrangerScan::new(2).run(&twice.select(&[0, 1, 3])).unwrap();
    let pick = |tests: &GrangerTests, cause, effect| {
        tests
            .pairs()
            .iter()
            .find(|p| (p.cause, p.effect) == (cause, effect))
            .and_then(PairTest::p_value)
            .unwrap()
    };
    let (with, without) = (pick(&tests, 1, 3), pick(&once, 1, 2));
    assert!((with / without - 1.0).abs() < 1e-6, "{with} {without}");
}

#[test]
fn more_series_than_rows_are_refused_pair_by_pair() {
    let columns: Vec<Vec<f64>> = (0..40).map(|seed| normals(50, 100 + seed)).collect();
    let series = Series::new(Nodes::numbered(40), columns).unwrap();
    let tests = GrangerScan::new(2).run(&series).unwrap();
    assert_eq!(tests.pairs().len(), 40 * 39);
    let why = tests.pairs()[0].result.clone().unwrap_err().to_string();
    assert_eq!(why, "48 rows with an unbroken past, 82 needed");
    let pairwise = GrangerScan::new(2).with_conditioning(Conditioning::Pair).run(&series).unwrap();
    assert!(pairwise.pairs().iter().all(|pair| pair.result.is_ok()));
}

#[test]
fn odd_requests_are_refused_and_small_ones_answered() {
    let series = chain(50, 10);
    assert!(GrangerScan::new(0).run(&series).is_err());
    assert!(GrangerScan::new(1).with_alpha(f64::NAN).is_err());
    assert!(GrangerScan::new(3).run_moments(&series.moments(2).unwrap(), series.nodes()).is_err());
    assert!(GrangerScan::new(1).run_moments(&series.moments(2).unwrap(), &Nodes::numbered(3)).is_err());
    for width in [0, 1] {
        let few = series.select(&(0..width).collect::<Vec<_>>());
        for conditioning in [Conditioning::Pair, Conditioning::All] {
            let scan = GrangerScan::new(2).with_conditioning(conditioning);
            assert!(scan.run(&few).unwrap().pairs().is_empty());
            assert!(scan.with_order(OrderRule::By(Criterion::Bic)).run(&few).unwrap().pairs().is_empty());
        }
    }
    let var = crate::Var::from_series(&series, 2, Trend::Constant).unwrap();
    for (causes, effects) in [(&[][..], &[0][..]), (&[0], &[0]), (&[4], &[0]), (&[0, 0], &[1])] {
        assert!(var.causality(causes, effects, TestStatistic::F).is_err());
        assert!(var.instantaneous(causes, effects).is_err());
    }
    assert!(var.causality_of_lags(&[0], &[1], 3, TestStatistic::F).is_err());
}

#[test]
fn the_criterion_finds_the_order_of_each_pair() {
    let scan = GrangerScan::new(6).with_order(OrderRule::By(Criterion::Bic));
    let series = chain(2000, 11);
    let together = scan.run(&series).unwrap();
    assert!(together.pairs().iter().all(|pair| pair.order == 2));
    let apart = scan.with_conditioning(Conditioning::Pair).run(&series).unwrap();
    let order = |cause: usize, effect: usize| {
        apart.pairs().iter().find(|p| (p.cause, p.effect) == (cause, effect)).unwrap().order
    };
    assert_eq!((order(0, 1), order(1, 0), order(0, 3)), (2, 2, 1));
}

#[test]
fn toda_and_yamamoto_are_the_first_lags_of_a_longer_autoregression() {
    let series = chain(120, 12);
    let var = crate::Var::from_series(&series, 3, Trend::Constant).unwrap();
    for pair in GrangerScan::toda_yamamoto(2, 1).run(&series).unwrap().pairs() {
        let expected = var.causality_of_lags(&[pair.cause], &[pair.effect], 2, TestStatistic::Wald).unwrap();
        let got = pair.result.clone().unwrap();
        assert!((got.value - expected.value).abs() < 1e-9 * expected.value.max(1.0));
        assert_eq!(got.reference, expected.reference);
    }
}

#[test]
fn a_lag_beyond_the_data_costs_nothing() {
    let series = chain(60, 13);
    for lag in [20, 59, 60, 1_000_000_000, usize::MAX] {
        for conditioning in [Conditioning::Pair, Conditioning::All] {
            for rule in [OrderRule::MaxLag, OrderRule::By(Criterion::Bic)] {
                let scan = GrangerScan::new(lag).with_conditioning(conditioning).with_order(rule);
                if lag == 20 && rule != OrderRule::MaxLag {
                    assert!(scan.run(&series).unwrap().pairs().iter().all(|pair| pair.result.is_ok()));
                    continue;
                }
                let tests = scan.run(&series).unwrap();
                assert!(tests.pairs().len() == 12 && tests.pairs().iter().all(|pair| pair.result.is_err()));
                tests.findings(&series).unwrap();
            }
        }
    }
}

/// Whatever groups of series miss the same rows, each pair is as if it were alone.
#[test]
fn each_pair_reads_what_it_would_read_alone() {
    let columns: Vec<Vec<f64>> = (0..14).map(|seed| normals(120, 300 + seed)).collect();
    let mut holed = columns.clone();
    for (number, column) in holed.iter_mut().enumerate() {
        // Ten whole series, two that miss the same rows, two on their own.
        let hole = match number {
            10 | 11 => 30..34,
            12 => 70..71,
            13 => 0..9,
            _ => 0..0,
        };
        column[hole].fill(f64::NAN);
    }
    let series = Series::new(Nodes::numbered(14), holed).unwrap().with_starts(vec![50]);
    for rule in [OrderRule::MaxLag, OrderRule::By(Criterion::Aic)] {
        let scan = GrangerScan::new(3)
            .with_conditioning(Conditioning::Pair)
            .with_order(rule)
            .with_correction(Correction::None);
        let tests = scan.run(&series).unwrap();
        assert_eq!(tests.pairs().len(), 14 * 13);
        for pair in tests.pairs() {
            let alone = scan.run(&series.select(&[pair.cause, pair.effect])).unwrap();
            let alone = &alone.pairs()[0];
            assert_eq!((alone.rows, alone.order), (pair.rows, pair.order));
            let (a, b) = (alone.p_value().unwrap(), pair.p_value().unwrap());
            assert!((a - b).abs() < 1e-9 * a, "{a} {b}");
        }
    }
}
