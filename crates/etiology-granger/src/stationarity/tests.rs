use super::*;
use crate::testing::normals;
use crate::{Nodes, Untestable};

fn one(values: Vec<f64>) -> Series {
    Series::new(Nodes::new(["x"]).unwrap(), vec![values]).unwrap()
}

fn walk(rows: usize, seed: u64, persistence: f64) -> Vec<f64> {
    normals(rows, seed)
        .iter()
        .scan(0.0, |level, step| {
            *level = persistence * *level + step;
            Some(*level)
        })
        .collect()
}

/// The same regression by QR of the rows.
#[test]
fn adf_equals_the_regression_written_out() {
    let values = walk(60, 1, 0.9);
    for (regression, terms) in [
        (Deterministic::None, 0),
        (Deterministic::Constant, 1),
        (Deterministic::Linear, 2),
        (Deterministic::Quadratic, 3),
    ] {
        let lags = 2;
        let rows = values.len() - lags - 1;
        let design = nalgebra::DMatrix::from_fn(rows, terms + lags + 1, |row, column| {
            let row = row + lags;
            match column {
                c if c < terms => (row as f64 / 60.0).powi(i32::try_from(c).unwrap()),
                c if c < terms + lags => values[row - (c - terms)] - values[row - (c - terms) - 1],
                _ => values[row],
            }
        });
        let target = nalgebra::DVector::from_fn(rows, |row, _| values[row + lags + 1] - values[row + lags]);
        let qr = design.qr();
        let (q, r) = (qr.q(), qr.r());
        let solved = q.tr_mul(&target);
        let left = (&target - &q * &solved).norm_squared() / (rows - terms - lags - 1) as f64;
        let last = terms + lags;
        let expected = solved[last] / left.sqrt() * r[(last, last)].signum();
        let adf = Adf::new().with_regression(regression).with_lags(AdfLags::Fixed(lags));
        let got = adf.test(&one(values.clone()), 0).unwrap();
        assert!((got.statistic - expected).abs() < 1e-10, "{} {expected}", got.statistic);
        assert_eq!((got.rows, got.lags), (rows, lags));
    }
}

/// `MacKinnon` (2010), table 2, and the asymptotic quantiles by the p-value surface.
#[test]
fn p_values_at_the_critical_values() {
    for regression in
        [Deterministic::None, Deterministic::Constant, Deterministic::Linear, Deterministic::Quadratic]
    {
        let critical = mackinnon::critical(1_000_000_000, regression);
        for (value, level) in critical.iter().zip([0.01, 0.05, 0.1]) {
            assert!((mackinnon::p_value(*value, regression) - level).abs() < 0.002);
        }
        assert!(mackinnon::p_value(-1e9, regression) > 0.0);
        assert!(mackinnon::p_value(1e9, regression) <= 1.0);
    }
}

#[test]
fn walks_are_told_from_settled_series() {
    let rows = 400;
    let twice: Vec<f64> = walk(rows, 5, 1.0)
        .iter()
        .scan(0.0, |sum, step| {
            *sum += step;
            Some(*sum)
        })
        .collect();
    let columns = vec![walk(rows, 3, 0.5), walk(rows, 5, 1.0), twice, vec![1.0; rows]];
    let series = Series::new(Nodes::numbered(4), columns).unwrap();
    let report = StationarityReport::new(&series, 0.05).unwrap();
    let integration: Vec<usize> = report.entries().iter().map(|entry| entry.integration).collect();
    assert_eq!(integration, [0, 1, 2, 0]);
    let verdicts = [0, 1, 3].map(|at| report.entries()[at].verdict);
    assert_eq!(verdicts, [Verdict::Stationary, Verdict::UnitRoot, Verdict::Untested]);
    assert_eq!((report.max_integration(), report.integrated(1)), (2, vec![1]));
    assert!(StationarityReport::new(&series, 1.0).is_err());
}

/// Under a unit root ADF rejects at its level, and KPSS at its under stationarity.
#[test]
fn levels_hold() {
    let (runs, rows) = (1000, 150);
    let (mut adf, mut kpss) = (0, 0);
    for seed in 0..runs {
        let test = Adf::new().with_lags(AdfLags::Fixed(1)).test(&one(walk(rows, seed, 1.0)), 0).unwrap();
        adf += usize::from(test.p_value <= 0.05);
        let test =
            Kpss::new().with_lags(KpssLags::Fixed(3)).test(&one(normals(rows, 5000 + seed)), 0).unwrap();
        kpss += usize::from(test.p_value <= 0.05);
    }
    // 50 expected, standard deviation 6.9.
    assert!((30..=71).contains(&adf), "{adf}");
    assert!((30..=71).contains(&kpss), "{kpss}");
}

#[test]
fn only_the_longest_stretch_is_read() {
    let values = walk(100, 3, 0.5);
    let mut holed = values.clone();
    holed[20] = f64::NAN;
    let series = one(holed).with_starts(vec![90]);
    let expected = one(values[21..90].to_vec());
    assert_eq!(Adf::new().test(&series, 0), Adf::new().test(&expected, 0));
    assert_eq!(Kpss::new().test(&series, 0), Kpss::new().test(&expected, 0));
}

#[test]
fn hostile_series_get_a_reason() {
    let line: Vec<f64> = (0..50).map(f64::from).collect();
    let wave: Vec<f64> = line.iter().map(|t| (t / 2.0).sin()).collect();
    let large: Vec<f64> = normals(50, 1).iter().map(|v| v * 1e200).collect();
    let cases =
        [vec![], vec![1.0], vec![1.0, 2.0, 1.0], vec![0.1; 50], vec![f64::NAN; 50], line, wave, large];
    for values in cases {
        let series = one(values);
        let every = [
            AdfLags::Aic(None),
            AdfLags::Bic(None),
            AdfLags::Significant(None),
            AdfLags::Fixed(40),
            AdfLags::Fixed(0),
            AdfLags::Fixed(usize::MAX),
        ];
        for lags in every {
            match Adf::new().with_lags(lags).test(&series, 0) {
                Ok(test) => assert!(test.statistic.is_finite() && test.p_value > 0.0 && test.p_value <= 1.0),
                Err(why) => assert!(why.to_string().len() > 5),
            }
        }
        for trend in [false, true] {
            match Kpss::new().with_trend(trend).test(&series, 0) {
                Ok(test) => assert!(test.statistic.is_finite() && test.p_value > 0.0),
                Err(why) => assert!(why.to_string().len() > 5),
            }
        }
        StationarityReport::new(&series, 0.05).unwrap();
    }
    let settled = one(normals(50, 2));
    assert!(Kpss::new().with_lags(KpssLags::Fixed(usize::MAX)).test(&settled, 0).is_err());
    let line = one((0..50).map(f64::from).collect());
    assert!(matches!(Kpss::new().with_trend(true).test(&line, 0), Err(Untestable::Determined { .. })));
    assert!(matches!(Adf::new().test(&one(vec![2.0; 9]), 0), Err(Untestable::Constant { .. })));
    assert!(Adf::new().test(&one(vec![1.0; 9]), 7).is_err());
}
