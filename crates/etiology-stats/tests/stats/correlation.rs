use crate::support::{Rng, assert_close};
use etiology_stats::{correlation_p_value, pearson, rank, spearman};
use proptest::prelude::*;

const X: [f64; 8] = [43.0, 21.0, 25.0, 42.0, 57.0, 59.0, 2.5, 42.0];
const Y: [f64; 8] = [99.0, 65.0, 79.0, 75.0, 87.0, 81.0, -3.5, 75.5];

/// `scipy.stats.pearsonr`, `spearmanr` and `rankdata`.
#[test]
fn correlations_are_scipys() {
    let got = pearson(&X, &Y).unwrap();
    assert_close(got.coefficient, 0.7940949795669968, 1e-14);
    assert_close(got.p_value, 0.018592813741022493, 1e-12);
    assert_eq!(got.n, 8);
    let got = spearman(&X, &Y).unwrap();
    assert_close(got.coefficient, 0.8263621207201486, 1e-14);
    assert_close(got.p_value, 0.011442764999941228, 1e-12);
    assert_eq!(rank(&X), [6.0, 2.0, 3.0, 4.5, 7.0, 8.0, 1.0, 4.5]);
}

/// `2 * scipy.stats.t.sf(r * sqrt((n - 2) / (1 - r * r)), n - 2)`.
#[test]
fn p_values_keep_their_digits_far_out() {
    assert_close(correlation_p_value(0.3, 100), 0.002425733462583033, 1e-11);
    assert_close(correlation_p_value(-0.3, 100), 0.002425733462583033, 1e-11);
    assert_close(correlation_p_value(0.9999, 100), 4.5151008073609885e-183, 1e-9);
    assert_close(correlation_p_value(0.0, 100), 1.0, 1e-12);
    assert_eq!(correlation_p_value(1.0, 100), 0.0);
    assert_eq!(correlation_p_value(1.0, 2), 1.0);
    assert_eq!(correlation_p_value(f64::NAN, 100), 1.0);
}

#[test]
fn neither_offset_nor_magnitude_costs_digits() {
    let offset = |values: &[f64]| values.iter().map(|value| value + 1e9).collect::<Vec<_>>();
    assert_close(pearson(&offset(&X), &offset(&Y)).unwrap().coefficient, 0.7940949795669968, 1e-14);
    for magnitude in [1e-300, 1e300] {
        let scaled: Vec<f64> = X.iter().map(|value| value * magnitude).collect();
        assert_close(pearson(&scaled, &Y).unwrap().coefficient, 0.7940949795669968, 1e-13);
    }
    let noisy: Vec<f64> = (0..1000).map(|i| 1e9 + f64::from(i % 7) * 1e-3).collect();
    assert_close(pearson(&noisy, &noisy).unwrap().coefficient, 1.0, 1e-15);
}

#[test]
fn p_values_of_unrelated_samples_are_uniform() {
    let (runs, level) = (2000, 0.05);
    let mut rng = Rng::new(1);
    let mut rejected = [0; 2];
    for _ in 0..runs {
        let x: Vec<f64> = (0..30).map(|_| rng.normal()).collect();
        let y: Vec<f64> = (0..30).map(|_| rng.normal()).collect();
        rejected[0] += usize::from(pearson(&x, &y).unwrap().p_value <= level);
        rejected[1] += usize::from(spearman(&x, &y).unwrap().p_value <= level);
    }
    // 100 expected; four binomial standard deviations are 39.
    assert!(rejected.iter().all(|&rejected| (61..=139).contains(&rejected)), "{rejected:?}");
}

#[test]
fn bad_input_is_named() {
    let message = |x: &[f64], y: &[f64]| pearson(x, y).unwrap_err().to_string();
    assert_eq!(
        message(&[1.0, 2.0], &[1.0]),
        "Pearson's correlation pairs two slices value by value, but one has 2 values and the other 1"
    );
    assert!(message(&[], &[]).contains("at least 2 values and got 0"));
    assert!(message(&[1.0, f64::INFINITY], &[1.0, 2.0]).contains("position 1 is inf"));
    assert_eq!(
        message(&[1.0, 2.0, 3.0], &[0.1; 3]),
        "Pearson's correlation is undefined: all 3 values equal 0.1; leave the constant metric out"
    );
    assert!(message(&[f64::MIN, f64::MAX], &[1.0, 2.0]).contains("largest finite number"));
    assert!(spearman(&[7.0; 3], &X[..3]).unwrap_err().to_string().contains("all 3 values equal 7"));
    assert_eq!(rank(&[]), [0.0; 0]);
    assert_eq!(rank(&[0.0, -0.0]), [1.5, 1.5]);
}

proptest! {
    #[test]
    fn correlation_is_symmetric_and_blind_to_units(
        pairs in prop::collection::vec((-1e3..1e3f64, -1e3..1e3f64), 3..60),
        scale in 1e-3..1e3f64, shift in -1e3..1e3f64,
    ) {
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let moved: Vec<f64> = x.iter().map(|value| shift - scale * value).collect();
        for correlate in [pearson, spearman] {
            let Ok(got) = correlate(&x, &y) else { continue };
            prop_assert!(got.coefficient.abs() <= 1.0 && (0.0..=1.0).contains(&got.p_value));
            prop_assert!((correlate(&y, &x).unwrap().coefficient - got.coefficient).abs() < 1e-12);
            prop_assert!((correlate(&moved, &y).unwrap().coefficient + got.coefficient).abs() < 1e-6);
        }
    }

    #[test]
    fn ranks_sum_to_what_they_must(values in prop::collection::vec((-5..5i32).prop_map(f64::from), 0..60)) {
        let n = values.len() as f64;
        prop_assert_eq!(rank(&values).iter().sum::<f64>(), n * (n + 1.0) / 2.0);
    }
}
