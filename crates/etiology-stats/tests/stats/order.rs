use crate::support::{MIXED, ODD, assert_close};
use etiology_stats::{MAD_TO_SIGMA, Scratch, iqr, mad, mad_about, median, quantile, quantiles, quartiles};
use proptest::prelude::*;

/// `numpy.quantile(x, q)`.
#[test]
fn quantiles_are_numpys() {
    let mixed = [
        (0.0, -9.75),
        (0.1, -2.775),
        (0.25, 0.925),
        (1.0 / 3.0, 2.2),
        (0.5, 3.75),
        (0.75, 6.5375),
        (0.9, 109.89999999999965),
        (0.99, 910.9900000000001),
        (1.0, 1000.0),
    ];
    let odd = [
        (0.05, 0.030700000000000005),
        (0.25, 0.15000000000000002),
        (0.5, 0.30000000000000004),
        (0.75, 1.2999999999999998),
        (0.95, 4.419999999999997),
    ];
    let mut scratch = Scratch::new();
    for (values, table) in [(&MIXED[..], &mixed[..]), (&ODD[..], &odd[..])] {
        for &(q, want) in table {
            assert_close(quantile(values, q, &mut scratch).unwrap(), want, 1e-15);
        }
        let qs: Vec<f64> = table.iter().rev().map(|&(q, _)| q).collect();
        let together = quantiles(values, &qs, &mut scratch).unwrap();
        let apart: Vec<f64> = qs.iter().map(|&q| quantile(values, q, &mut scratch).unwrap()).collect();
        assert_eq!(together, apart);
    }
}

/// `numpy.median`, `numpy.percentile` and `statsmodels.robust.mad(c=1)`.
#[test]
fn median_iqr_and_mad_are_numpys_and_statsmodels() {
    let mut scratch = Scratch::with_capacity(10);
    for (values, want_median, want_iqr, want_mad, want_scaled) in [
        (&MIXED[..], 3.75, 5.6125, 3.375, 5.003782487456407),
        (&ODD[..], 0.30000000000000004, 1.15, 0.29900000000000004, 0.44329806333317506),
    ] {
        assert_eq!(median(values, &mut scratch), Some(want_median));
        assert_close(iqr(values, &mut scratch).unwrap(), want_iqr, 1e-15);
        assert_eq!(mad(values, &mut scratch), Some(want_mad));
        assert_close(MAD_TO_SIGMA * want_mad, want_scaled, 1e-15);
        assert_eq!(mad_about(values, want_median, &mut scratch), Some(want_mad));
    }
}

#[test]
fn short_slices() {
    let mut scratch = Scratch::new();
    assert_eq!(quartiles(&[], &mut scratch), None);
    assert_eq!(median(&[], &mut scratch), None);
    assert_eq!(mad(&[], &mut scratch), None);
    assert_eq!(quantile(&[], 0.5, &mut scratch), None);
    assert_eq!(quantiles(&[], &[], &mut scratch), Some(vec![]));
    let one = quartiles(&[4.0], &mut scratch).unwrap();
    assert_eq!((one.q1, one.median, one.q3, one.iqr()), (4.0, 4.0, 4.0, 0.0));
    let two = quartiles(&[8.0, 4.0], &mut scratch).unwrap();
    assert_eq!((two.q1, two.median, two.q3), (5.0, 6.0, 7.0));
}

#[test]
fn a_level_that_is_not_a_probability_has_no_quantile() {
    let mut scratch = Scratch::new();
    for q in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert_eq!(quantile(&MIXED, q, &mut scratch), None);
        assert_eq!(quantiles(&MIXED, &[0.5, q], &mut scratch), None);
    }
}

#[test]
fn what_is_not_finite_takes_its_place_at_the_ends() {
    let mut scratch = Scratch::new();
    let values = [f64::NAN, 1.0, f64::NEG_INFINITY, 2.0, 3.0];
    assert_eq!(median(&values, &mut scratch), Some(2.0), "-inf, 1, 2, 3, NaN");
    assert_eq!(quantile(&values, 0.0, &mut scratch), Some(f64::NEG_INFINITY));
    assert!(quantile(&values, 1.0, &mut scratch).unwrap().is_nan());
    assert_eq!(median(&[f64::INFINITY; 4], &mut scratch), Some(f64::INFINITY));
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let mut scratch = Scratch::new();
    let ends = [f64::MIN, f64::MAX];
    assert_eq!(median(&ends, &mut scratch), Some(0.0));
    assert_close(quantile(&ends, 0.75, &mut scratch).unwrap(), f64::MAX / 2.0, 1e-12);
    assert_eq!(median(&[f64::MAX, f64::MAX], &mut scratch), Some(f64::MAX));
}

fn by_sorting(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = q * (sorted.len() - 1) as f64;
    let below = (0..sorted.len()).rev().find(|&rank| rank as f64 <= position).unwrap();
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * position.fract()
}

proptest! {
    #[test]
    fn selection_agrees_with_sorting(
        values in prop::collection::vec(prop_oneof![-1e6..1e6f64, (-3..3i32).prop_map(f64::from)], 1..300),
        qs in prop::collection::vec(0.0..=1.0f64, 0..6),
    ) {
        let mut scratch = Scratch::new();
        let got = quantiles(&values, &qs, &mut scratch).unwrap();
        for (got, q) in got.iter().zip(&qs) {
            let want = by_sorting(&values, *q);
            prop_assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{got} {want}");
        }
        let three = quartiles(&values, &mut scratch).unwrap();
        prop_assert_eq!(quantile(&values, 0.25, &mut scratch), Some(three.q1));
        prop_assert_eq!(median(&values, &mut scratch), Some(three.median));
        prop_assert_eq!(quantile(&values, 0.75, &mut scratch), Some(three.q3));
    }

    #[test]
    fn the_order_of_the_values_does_not_matter(mut values in prop::collection::vec(-1e3..1e3f64, 1..100)) {
        let mut scratch = Scratch::new();
        let before = (quartiles(&values, &mut scratch), mad(&values, &mut scratch));
        values.reverse();
        prop_assert_eq!((quartiles(&values, &mut scratch), mad(&values, &mut scratch)), before);
    }

    #[test]
    fn no_bit_pattern_panics(bits in prop::collection::vec(any::<u64>(), 0..50), q in any::<f64>()) {
        let values: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
        let mut scratch = Scratch::new();
        let _ = quantile(&values, q, &mut scratch);
        let _ = quartiles(&values, &mut scratch);
        let _ = mad(&values, &mut scratch);
    }
}
