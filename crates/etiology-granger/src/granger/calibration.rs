//! Do tests of independent series reject as often as they say?

use super::{Conditioning, Correction, GrangerScan, TestStatistic};
use crate::testing::normals;
use crate::{Nodes, Series};
use rayon::prelude::*;

/// Two independent autoregressions, each value missing with this chance.
#[derive(Clone, Copy)]
struct Null {
    rows: usize,
    persistence: f64,
    missing: f64,
}

impl Null {
    fn series(self, width: usize, seed: u64) -> Series {
        let burn = if self.persistence > 0.0 { 100 } else { 0 };
        let total = self.rows + burn;
        let columns = (0..width as u64)
            .map(|at| {
                let noise = normals(2 * total, seed * 8 + at);
                let mut level = 0.0;
                let values = noise[..total].iter().zip(&noise[total..]).map(|(step, luck)| {
                    level = self.persistence * level + step;
                    // The luck is normal: its sign-free quantile decides.
                    let lost = etiology_stats::normal_tail(*luck).unwrap() < self.missing;
                    if lost { f64::NAN } else { level }
                });
                values.skip(burn).collect()
            })
            .collect();
        Series::new(Nodes::numbered(width), columns).unwrap()
    }

    /// P-values of the first pair in many draws.
    fn p_values(self, runs: u64, scan: &GrangerScan, width: usize) -> Vec<f64> {
        let one = |seed: u64| scan.run(&self.series(width, seed)).unwrap().pairs()[0].p_value().unwrap();
        (0..runs).into_par_iter().map(one).collect()
    }
}

fn scan(order: usize, conditioning: Conditioning, statistic: TestStatistic) -> GrangerScan {
    GrangerScan::new(order)
        .with_conditioning(conditioning)
        .with_statistic(statistic)
        .with_correction(Correction::None)
}

fn share(p_values: &[f64], level: f64) -> f64 {
    p_values.iter().filter(|p| **p <= level).count() as f64 / p_values.len() as f64
}

/// Type I error within three and a half standard deviations at .01 and .05, and uniform over twenty bins.
fn assert_calibrated(p_values: &[f64], what: &str) {
    let runs = p_values.len() as f64;
    for level in [0.01_f64, 0.05] {
        let band = 3.5 * (level * (1.0 - level) / runs).sqrt();
        let got = share(p_values, level);
        assert!((got - level).abs() <= band, "{what}: {got} at {level} in {runs} runs");
    }
    let below = |bin: usize| p_values.iter().filter(|p| **p <= bin as f64 / 20.0).count() as f64;
    let bins: Vec<f64> = (0..20).map(|bin| below(bin + 1) - below(bin)).collect();
    let expected = runs / 20.0;
    let value = bins.iter().map(|count| (count - expected).powi(2) / expected).sum();
    let p = etiology_stats::chi_squared_tail(value, 19.0).unwrap();
    assert!(p > 1e-4, "{what}: p-values are not uniform, {p}: {bins:?}");
}

/// Persistent series need many rows, or a lag that is not tested.
fn nulls() -> [(Null, usize, usize); 5] {
    let null = |rows, persistence, missing| Null { rows, persistence, missing };
    [
        (null(150, 0.0, 0.0), 2, 0),
        (null(300, 0.95, 0.0), 1, 1),
        (null(1000, 0.95, 0.0), 5, 0),
        (null(1000, 0.0, 0.2), 2, 0),
        (null(1000, 0.95, 0.2), 2, 1),
    ]
}

fn check(runs: impl Fn(usize) -> u64) {
    for (null, order, extra) in nulls() {
        let scan = scan(order, Conditioning::Pair, TestStatistic::F).with_extra_lags(extra);
        let Null { rows, persistence, missing } = null;
        let what =
            format!("{rows} rows, persistence {persistence}, missing {missing}, order {order} + {extra}");
        assert_calibrated(&null.p_values(runs(rows), &scan, 2), &what);
    }
    let null = Null { rows: 150, persistence: 0.5, missing: 0.0 };
    let scan = scan(2, Conditioning::All, TestStatistic::F);
    assert_calibrated(&null.p_values(runs(1000), &scan, 4), "given two others");
}

#[test]
fn f_is_calibrated_without_an_effect() {
    check(|rows| if rows < 500 { 10_000 } else { 1500 });
}

#[test]
#[ignore = "the same in 10 000 draws each: half a minute"]
fn f_is_calibrated_in_ten_thousand_draws() {
    check(|_| 10_000);
}

/// The rates that [`TestStatistic`] states.
#[test]
fn the_asymptotic_statistics_reject_too_often_in_short_series() {
    let null = Null { rows: 100, persistence: 0.0, missing: 0.0 };
    let rate = |statistic| share(&null.p_values(3000, &scan(5, Conditioning::Pair, statistic), 2), 0.05);
    assert!(rate(TestStatistic::ChiSquared) > 0.075);
    assert!(rate(TestStatistic::LikelihoodRatio) > 0.06);
    assert!(rate(TestStatistic::F) < 0.0625);
}

/// Independent random walks: a plain test calls them causes of one another, that of Toda and Yamamoto does not.
#[test]
fn toda_and_yamamoto_hold_between_random_walks() {
    let null = Null { rows: 250, persistence: 1.0, missing: 0.0 };
    let plain = null.p_values(2000, &scan(1, Conditioning::Pair, TestStatistic::Wald), 2);
    let level = |scan: GrangerScan| {
        let scan = scan.with_conditioning(Conditioning::Pair).with_correction(Correction::None);
        null.p_values(2000, &scan, 2)
    };
    assert!(share(&plain, 0.05) > 0.1, "{}", share(&plain, 0.05));
    assert_calibrated(&level(GrangerScan::toda_yamamoto(1, 1)), "Toda-Yamamoto, order 1 + 1");
    assert_calibrated(&level(GrangerScan::toda_yamamoto(2, 1)), "Toda-Yamamoto, order 2 + 1");
}
