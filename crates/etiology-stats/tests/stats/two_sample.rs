use crate::support::{Rng, assert_close};
use etiology_stats::{kolmogorov_smirnov, mann_whitney};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const A: [f64; 9] = [1.1, 2.2, 3.3, 4.4, 5.5, 2.2, 2.2, 9.1, 0.3];
const B: [f64; 11] = [2.2, 6.1, 7.7, 4.4, 8.8, 5.1, 9.9, 6.5, 3.9, 2.0, 7.1];

/// `scipy.stats.mannwhitneyu(method="asymptotic")` and `ks_2samp(method="exact")`.
#[test]
fn small_samples_with_ties_are_scipys() {
    let got = mann_whitney(&A, &B).unwrap();
    assert_eq!(got.u, 25.0);
    assert_close(got.p_value, 0.06710702581245641, 1e-12);
    assert!(got.z < 0.0 && got.superiority < 0.5);
    let got = kolmogorov_smirnov(&A, &B).unwrap();
    assert_close(got.statistic, 0.48484848484848486, 1e-15);
    assert_close(got.p_value, 0.13956894498690164, 1e-12);
    assert!(got.exact);

    let (c, d) = ([0.1, 0.7, 1.2, 1.9, 2.4], [3.3, 0.9, 4.5, 5.1]);
    assert_close(mann_whitney(&c, &d).unwrap().p_value, 0.11134688653314041, 1e-12);
    assert_close(kolmogorov_smirnov(&c, &d).unwrap().p_value, 1.0 / 7.0, 1e-14);
}

/// Two of the `C(220, 100)` orderings separate the samples; scipy gives 5.4671118044827636e-65.
#[test]
fn a_tiny_exact_p_value_keeps_its_digits() {
    let a: Vec<f64> = (0..100).map(f64::from).collect();
    let b: Vec<f64> = (1000..1120).map(f64::from).collect();
    let got = kolmogorov_smirnov(&a, &b).unwrap();
    assert_eq!(got.statistic, 1.0);
    let orderings: f64 = (0..100).map(|i| (220 - i) as f64 / (i + 1) as f64).product();
    assert_close(got.p_value, 2.0 / orderings, 1e-12);
    assert_close(got.p_value, 5.4671118044827636e-65, 1e-9);
}

/// `ks_2samp(method="exact")` where ours is asymptotic.
#[test]
fn large_samples_are_within_one_percent_of_exact() {
    let ramp =
        |n: i32, step: f64, start: f64| (0..n).map(|i| start + step * f64::from(i)).collect::<Vec<_>>();
    for (a, b, want) in [
        (ramp(1100, 1.0, 0.0), ramp(1000, 1.0, 60.5), 0.07627929734117815),
        (ramp(3000, 1.0, 0.0), ramp(400, 7.5, 200.25), 0.08060750142759596),
        (ramp(3000, 1.0, 0.0), ramp(400, 7.5, 90.25), 0.8921764089667321),
    ] {
        let got = kolmogorov_smirnov(&a, &b).unwrap();
        assert!(!got.exact);
        assert_close(got.p_value, want, 0.01);
    }
}

/// Looks for a data file beside the checkout; tests that need one say so and pass when it is absent.
fn shared(file: &str) -> Option<Vec<f64>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3)?;
    let path: PathBuf = root.join("shared/data/detect").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no {}", path.display());
        return None;
    };
    Some(text.lines().map(|line| line.trim().parse().unwrap()).collect())
}

/// scipy 1.17.1 on two samples of 200 and 150, and on two of 100 000.
#[test]
fn known_answers_on_files() {
    let (Some(a), Some(b)) = (shared("drift_small_a.csv"), shared("drift_small_b.csv")) else { return };
    let got = kolmogorov_smirnov(&a, &b).unwrap();
    assert_close(got.statistic, 0.17666666666666667, 1e-15);
    assert_close(got.p_value, 0.008445267376362503, 1e-11);
    let got = mann_whitney(&a, &b).unwrap();
    assert_eq!(got.u, 12418.0);
    assert_close(got.p_value, 0.005854779593117324, 1e-11);

    let (Some(a), Some(b)) = (shared("drift_a.csv"), shared("drift_b.csv")) else { return };
    let got = kolmogorov_smirnov(&a, &b).unwrap();
    assert_close(got.statistic, 0.0103, 1e-12);
    assert_close(got.p_value, 4.903762595023736e-05, 0.01);
    let got = mann_whitney(&a, &b).unwrap();
    assert_eq!(got.u, 4959066043.0);
    assert_close(got.p_value, 0.0015206021996922376, 1e-10);
}

/// All orderings of small samples, enumerated.
#[test]
fn exact_p_values_count_orderings() {
    let (n, m) = (4, 5);
    let mut distances = Vec::new();
    for mask in 0_u32..1 << (n + m) {
        if mask.count_ones() == n {
            let side = |first: bool| {
                (0..n + m).filter(|&i| (mask >> i & 1 == 1) == first).map(f64::from).collect::<Vec<_>>()
            };
            distances.push(kolmogorov_smirnov(&side(true), &side(false)).unwrap());
        }
    }
    for result in &distances {
        let at_least = distances.iter().filter(|other| other.statistic >= result.statistic - 1e-12).count();
        assert_close(result.p_value, at_least as f64 / distances.len() as f64, 1e-12);
    }
}

#[test]
fn p_values_under_the_null_are_uniform() {
    let (runs, mut rng) = (2000, Rng::new(3));
    let mut rejected = [0; 2];
    for _ in 0..runs {
        let a: Vec<f64> = (0..40).map(|_| rng.t3()).collect();
        let b: Vec<f64> = (0..25).map(|_| rng.t3()).collect();
        rejected[0] += usize::from(mann_whitney(&a, &b).unwrap().p_value <= 0.05);
        rejected[1] += usize::from(kolmogorov_smirnov(&a, &b).unwrap().p_value <= 0.05);
    }
    // 100 expected, four standard deviations are 39; the exact test is conservative because D is discrete.
    assert!((61..=139).contains(&rejected[0]), "{rejected:?}");
    assert!((50..=139).contains(&rejected[1]), "{rejected:?}");
}

#[test]
fn equal_constants_do_not_differ_and_different_ones_do() {
    let (a, b) = ([5.0; 30], [6.0; 30]);
    let same = mann_whitney(&a, &a).unwrap();
    assert_eq!((same.z, same.superiority, same.p_value), (0.0, 0.5, 1.0));
    let same = kolmogorov_smirnov(&a, &a).unwrap();
    assert_eq!((same.statistic, same.p_value), (0.0, 1.0));
    assert!(mann_whitney(&a, &b).unwrap().p_value < 1e-10);
    assert_eq!(kolmogorov_smirnov(&a, &b).unwrap().statistic, 1.0);
}

#[test]
fn bad_input_is_named() {
    assert!(
        mann_whitney(&[], &A).unwrap_err().to_string().starts_with("the Mann-Whitney test needs at least 1")
    );
    assert!(kolmogorov_smirnov(&A, &[f64::NAN]).unwrap_err().to_string().contains("position 0 is NaN"));
    let one = kolmogorov_smirnov(&[1.0], &[2.0]).unwrap();
    assert_eq!((one.statistic, one.p_value), (1.0, 1.0));
    assert_eq!(mann_whitney(&[1.0], &[2.0]).unwrap().p_value, 1.0);
}

proptest! {
    #[test]
    fn tests_are_symmetric_and_blind_to_monotone_changes(
        a in prop::collection::vec((-20..20i32).prop_map(f64::from), 1..40),
        b in prop::collection::vec((-20..20i32).prop_map(f64::from), 1..40),
    ) {
        let cube = |values: &[f64]| values.iter().map(|value| value.powi(3) + 2.0 * value).collect::<Vec<_>>();
        let (u, v) = (mann_whitney(&a, &b).unwrap(), mann_whitney(&b, &a).unwrap());
        prop_assert_eq!(u.u + v.u, (a.len() * b.len()) as f64);
        prop_assert!((u.p_value - v.p_value).abs() < 1e-12 && (0.0..=1.0).contains(&u.p_value));
        prop_assert_eq!(mann_whitney(&cube(&a), &cube(&b)).unwrap(), u);
        let (d, e) = (kolmogorov_smirnov(&a, &b).unwrap(), kolmogorov_smirnov(&b, &a).unwrap());
        prop_assert_eq!(d.statistic, e.statistic);
        prop_assert!((d.p_value - e.p_value).abs() < 1e-12 && (0.0..=1.0).contains(&d.p_value));
        prop_assert_eq!(kolmogorov_smirnov(&cube(&a), &cube(&b)).unwrap(), d);
    }
}
