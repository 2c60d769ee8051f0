use crate::support::{Rng, assert_close};
use etiology_stats::{TailCalibration, TailOptions};
use proptest::prelude::*;

fn calibrate(reference: &[f64], window: usize) -> TailCalibration {
    TailCalibration::fit(reference, window, &TailOptions::default()).unwrap()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// Blocks of the window's length: (1 + number at or above) / (1 + number of blocks).
#[test]
fn inside_the_reference_the_p_value_is_a_rank() {
    let reference: Vec<f64> = (0..400).map(f64::from).collect();
    let tail = calibrate(&reference, 10);
    assert_eq!(tail.blocks(), 40);
    assert_close(tail.p_value(400.0 - 0.5), 1.0 / 41.0, 0.2);
    assert_close(tail.p_value(399.0), 2.0 / 41.0, 1e-12);
    assert_close(tail.p_value(300.0), 11.0 / 41.0, 1e-12);
    assert_eq!(tail.p_value(9.0), 1.0);
    assert_eq!(tail.p_value(-5.0), 1.0);
    assert_close(tail.smallest_resolved(), 1.0 / 41.0, 1e-12);
}

/// The chance that the largest of m rows beats n exchangeable ones is m / (n + m), whatever the blocks.
#[test]
fn a_window_as_long_as_the_reference_beats_it_half_of_the_time() {
    let reference: Vec<f64> = (0..607).map(|i| f64::from(i * 389 % 607)).collect();
    for window in [607, 1000, 123, 61, 30] {
        let tail = calibrate(&reference, window);
        let want = window as f64 / (607.0 + window as f64);
        assert_close(tail.smallest_resolved(), want, 1e-12);
    }
}

/// Brute force: 12 exchangeable blocks, 9 of the reference and 3 of the window.
#[test]
fn the_rank_formula_counts_orderings() {
    let reference: Vec<f64> = (1..=90).map(f64::from).collect();
    let options = TailOptions { min_blocks: 9, ..TailOptions::default() };
    let tail = TailCalibration::fit(&reference, 30, &options).unwrap();
    let choices: Vec<u32> = (0_u32..1 << 12).filter(|mask| mask.count_ones() == 3).collect();
    for at_or_above in 0..9_u32 {
        // Ranks are counted from the top; the best of the window's three has at most this many above it.
        let favourable = choices.iter().filter(|mask| mask.trailing_zeros() <= at_or_above).count();
        let observed = f64::from(90 - 10 * at_or_above) + 0.5;
        let want = favourable as f64 / choices.len() as f64;
        let got = if at_or_above == 0 { tail.smallest_resolved() } else { tail.p_value(observed) };
        assert_close(got, want, 1e-12);
    }
}

#[test]
fn no_row_is_left_out_when_blocks_do_not_divide_the_reference() {
    for n in [31, 59, 100, 101, 607] {
        for peak in [0, n / 2, n - 1] {
            let mut reference = vec![1.0; n];
            reference[peak] = 50.0;
            for window in [1, 7, 13, n] {
                let tail = calibrate(&reference, window);
                assert!(tail.p_value(50.0) > tail.smallest_resolved());
            }
        }
    }
}

struct Null {
    name: &'static str,
    draw: fn(&mut Rng, usize) -> Vec<f64>,
}

const NULLS: [Null; 4] = [
    Null { name: "normal", draw: |rng, n| (0..n).map(|_| rng.normal().abs()).collect() },
    Null {
        name: "autoregression 0.95",
        draw: |rng, n| rng.autoregression(0.95, n).iter().map(|value| value.abs()).collect(),
    },
    Null { name: "Student t, 3 degrees of freedom", draw: |rng, n| (0..n).map(|_| rng.t3().abs()).collect() },
    Null {
        name: "rounded to whole numbers",
        draw: |rng, n| (0..n).map(|_| (rng.normal() * 2.0).round().abs()).collect(),
    },
];

/// Share of quiet windows, directly after their reference, whose p-value is at most each level.
fn rejection_rates(null: &Null, n: usize, window: usize, levels: &[f64], runs: usize) -> Vec<f64> {
    let mut rng = Rng::new(n as u64 * 1000 + window as u64);
    let mut rejected = vec![0_usize; levels.len()];
    for _ in 0..runs {
        let series = (null.draw)(&mut rng, n + window);
        let (reference, fresh) = series.split_at(n);
        let p = calibrate(reference, window).p_value(largest(fresh));
        for (count, level) in rejected.iter_mut().zip(levels) {
            *count += usize::from(p <= *level);
        }
    }
    rejected.into_iter().map(|count| count as f64 / runs as f64).collect()
}

/// The promise of a p-value: a quiet window has p <= level with a probability of at most the level. Every rate must stay
/// below the level plus three binomial standard deviations and, for slowly wandering series whose window starts where the
/// reference ended, a quarter of the level.
#[test]
fn quiet_windows_are_not_accused() {
    const LEVELS: [f64; 5] = [0.001, 0.01, 0.05, 0.1, 0.2];
    const RUNS: usize = 1500;
    for null in &NULLS {
        for (n, window) in [(600, 600), (600, 60), (600, 20), (600, 5), (100, 10), (60, 60)] {
            let rates = rejection_rates(null, n, window, &LEVELS, RUNS);
            for (rate, level) in rates.iter().zip(LEVELS) {
                let band = 3.0 * (level * (1.0 - level) / RUNS as f64).sqrt() + level / 4.0;
                assert!(*rate <= level + band, "{}, n {n}, window {window}: {rate} at {level}", null.name);
            }
        }
    }
}

/// Where the reference holds many windows, the promise is not kept by being timid: rates match the level.
#[test]
fn with_many_blocks_p_values_are_uniform() {
    const LEVELS: [f64; 4] = [0.05, 0.1, 0.2, 0.5];
    const RUNS: usize = 1500;
    for null in &NULLS[..3] {
        let rates = rejection_rates(null, 1000, 5, &LEVELS, RUNS);
        for (rate, level) in rates.iter().zip(LEVELS) {
            let band = 4.0 * (level * (1.0 - level) / RUNS as f64).sqrt();
            assert!((rate - level).abs() <= band, "{}: {rate} at {level}", null.name);
        }
    }
}

#[test]
fn the_same_score_is_less_surprising_of_a_heavy_tailed_metric() {
    let mut rng = Rng::new(9);
    let light: Vec<f64> = (0..1000).map(|_| rng.normal().abs()).collect();
    let heavy: Vec<f64> = (0..1000).map(|_| rng.t3().abs()).collect();
    let (light, heavy) = (calibrate(&light, 10), calibrate(&heavy, 10));
    assert!(heavy.shape() > light.shape());
    for score in [6.0, 10.0, 30.0] {
        assert!(light.p_value(score) < heavy.p_value(score) / 5.0, "{score}");
    }
}

#[test]
fn scores_beyond_the_reference_stay_ordered() {
    let mut rng = Rng::new(4);
    let noise: Vec<f64> = (0..600).map(|_| rng.normal().abs()).collect();
    for reference in [noise, vec![0.0; 600], vec![3.0; 10]] {
        for window in [1, 10, 600] {
            let tail = calibrate(&reference, window);
            let (mut last, mut score) = (tail.smallest_resolved(), largest(&reference) + 0.01);
            while score < 1e9 {
                let p = tail.p_value(score);
                assert!(p > 0.0 && p < last, "{score}: {p} after {last}");
                (last, score) = (p, score * 1.3);
            }
        }
    }
}

#[test]
fn the_p_value_is_continuous_where_the_rank_ends() {
    let mut rng = Rng::new(5);
    let reference: Vec<f64> = (0..600).map(|_| rng.t3().abs()).collect();
    for window in [1, 10, 100, 600] {
        let tail = calibrate(&reference, window);
        assert_close(tail.p_value(largest(&reference) * (1.0 + 1e-12)), tail.smallest_resolved(), 1e-6);
    }
}

/// A metric that was flat but for rounding does not make any change infinitely surprising.
#[test]
fn rounding_noise_is_no_scale() {
    let reference: Vec<f64> = (0..600).map(|i| f64::from(i % 3) * 1e-15).collect();
    let tail = calibrate(&reference, 10);
    assert!(tail.p_value(1e-12) > 0.9 * tail.smallest_resolved());
    assert!(tail.p_value(50.0) < 0.01 * tail.smallest_resolved());
}

#[test]
fn hostile_scores_have_a_p_value() {
    let mut rng = Rng::new(6);
    let reference: Vec<f64> = (0..100).map(|_| rng.normal().abs()).collect();
    let tail = calibrate(&reference, 10);
    assert_eq!(tail.p_value(f64::NAN), 1.0);
    assert_eq!(tail.p_value(f64::NEG_INFINITY), 1.0);
    assert_eq!(tail.p_value(f64::INFINITY), f64::MIN_POSITIVE);
    assert!(tail.p_value(f64::MAX) > 0.0);
    let wide = calibrate(&[0.0, 1e300, 1.0, 5.0, 1e-300, 2.0, 2.0, 2.0, 9.0, 1e200], 3);
    assert!((0.0..=1.0).contains(&wide.p_value(1e305)) && wide.p_value(1e305) > 0.0);
    let huge_window = calibrate(&reference, usize::MAX);
    assert!(huge_window.p_value(5.0) > 0.9);
}

#[test]
fn bad_input_is_named() {
    let message = |scores: &[f64], window, options: &TailOptions| {
        TailCalibration::fit(scores, window, options).unwrap_err().to_string()
    };
    let default = TailOptions::default();
    let ten = [1.0; 10];
    assert!(
        message(&[1.0; 9], 3, &default).starts_with("tail calibration needs at least 10 values and got 9")
    );
    assert_eq!(message(&ten, 0, &default), "window is 0 and must be at least 1");
    let mut broken = ten;
    broken[4] = f64::INFINITY;
    assert!(message(&broken, 3, &default).contains("position 4 is inf"));
    assert!(message(&ten, 3, &TailOptions { min_blocks: 0, ..default }).contains("min_blocks is 0"));
    for resolution in [0.0, -1.0, f64::NAN] {
        assert!(message(&ten, 3, &TailOptions { resolution, ..default }).contains("finite and positive"));
    }
    let mut ends = [f64::MIN; 10];
    ends[0] = f64::MAX;
    assert!(message(&ends, 1, &default).contains("largest finite number"));
}

proptest! {
    #[test]
    fn p_values_never_rise_with_the_score(
        reference in prop::collection::vec(prop_oneof![0.0..10.0f64, (0..3i32).prop_map(f64::from), 0.0..1e12f64], 10..200),
        window in 1..300usize,
        mut scores in prop::collection::vec(prop_oneof![0.0..20.0f64, 0.0..1e15f64, any::<f64>()], 2..30),
    ) {
        let tail = calibrate(&reference, window);
        scores.retain(|score| !score.is_nan());
        scores.sort_by(f64::total_cmp);
        let p: Vec<f64> = scores.iter().map(|&score| tail.p_value(score)).collect();
        prop_assert!(p.iter().all(|&p| p > 0.0 && p <= 1.0), "{p:?}");
        prop_assert!(p.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-12)), "{p:?}");
    }

    #[test]
    fn no_bit_pattern_panics(bits in prop::collection::vec(any::<u64>(), 0..60), window in any::<usize>(), score in any::<f64>()) {
        let reference: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
        if let Ok(tail) = TailCalibration::fit(&reference, window, &TailOptions::default()) {
            let p = tail.p_value(score);
            prop_assert!(p > 0.0 && p <= 1.0);
        }
    }
}
