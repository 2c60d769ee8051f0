use crate::support::{MIXED, ODD, assert_close};
use etiology_stats::{mean, std_dev};
use proptest::prelude::*;

/// `numpy.mean` and `numpy.std`.
#[test]
fn mean_and_standard_deviation_are_numpys() {
    for (values, want_mean, population, sample) in [
        (&MIXED[..], 102.11, 299.3428676284103, 315.5350876773541),
        (&ODD[..], 1.243, 1.8390470358313296, 1.986397828566406),
    ] {
        assert_close(mean(values).unwrap(), want_mean, 1e-15);
        assert_close(std_dev(values, 0).unwrap(), population, 1e-14);
        assert_close(std_dev(values, 1).unwrap(), sample, 1e-14);
    }
}

/// The numerical test of NIST's `StRD` set `NumAcc4`, with certified values: mean 10000000.2, standard deviation 0.1.
#[test]
fn a_large_offset_costs_no_digits() {
    let mut values = vec![10_000_000.2];
    values.extend([10_000_000.1, 10_000_000.3].repeat(500));
    assert_close(mean(&values).unwrap(), 10_000_000.2, 1e-15);
    // The inputs themselves are rounded to 2e-9, that is 2e-8 of the deviation.
    assert_close(std_dev(&values, 1).unwrap(), 0.1, 2e-8);

    let values: Vec<f64> =
        (0..10_000).map(|i| 1e9 + if i % 2 == 0 { 1.0 } else { -1.0 } * 0.0009765625).collect();
    assert_eq!(mean(&values), Some(1e9));
    assert_close(std_dev(&values, 0).unwrap(), 0.0009765625, 1e-15);
}

#[test]
fn an_outlier_in_first_place_costs_no_digits() {
    let mut values = vec![1e12];
    values.extend((0..999).map(|i| f64::from(i % 2)));
    let (n, ones) = (1000.0, 499.0);
    let want = (1e12 + ones) / n;
    assert_close(mean(&values).unwrap(), want, 1e-15);
}

#[test]
fn a_constant_has_a_deviation_of_exactly_zero() {
    for value in [0.1, 1e9 / 3.0, -1e-300, f64::MAX, 5e-324] {
        for n in [1, 2, 7, 8, 9, 1000] {
            assert_eq!(mean(&vec![value; n]), Some(value));
            assert_eq!(std_dev(&vec![value; n], 0), Some(0.0));
        }
    }
}

#[test]
fn extremes_neither_overflow_nor_vanish() {
    assert_close(std_dev(&[1e300, -1e300], 0).unwrap(), 1e300, 1e-15);
    assert_close(std_dev(&[1e-200, -1e-200], 0).unwrap(), 1e-200, 1e-15);
    assert_close(std_dev(&[3e-320, 1e-320], 0).unwrap(), 1e-320, 1e-3);
    assert_eq!(mean(&[f64::MAX, f64::MIN]), Some(0.0));
    assert_close(mean(&[f64::MAX, f64::MAX, f64::MIN]).unwrap(), f64::MAX / 3.0, 1e-12);
}

#[test]
fn too_few_values_have_none() {
    assert_eq!(mean(&[]), None);
    assert_eq!(std_dev(&[], 0), None);
    assert_eq!(std_dev(&[1.0], 1), None);
    assert_eq!(std_dev(&[1.0, 2.0], usize::MAX), None);
}

proptest! {
    #[test]
    fn shift_and_scale(values in prop::collection::vec(-1e3..1e3f64, 2..100), shift in -1e6..1e6f64, scale in 1e-3..1e3f64) {
        let spread = std_dev(&values, 1).unwrap();
        let moved: Vec<f64> = values.iter().map(|value| value * scale + shift).collect();
        prop_assert!((std_dev(&moved, 1).unwrap() - spread * scale).abs() <= 1e-8 * (1.0 + spread * scale));
        let want = mean(&values).unwrap() * scale + shift;
        prop_assert!((mean(&moved).unwrap() - want).abs() <= 1e-9 * (1.0 + want.abs()));
    }
}
