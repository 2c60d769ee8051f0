use crate::support::{MIXED, assert_close};
use etiology_stats::{Center, Floor, LocationScale, ScaleBasis, Scratch, Spread, StatsError};
use proptest::prelude::*;

const CENTERS: [Center; 2] = [Center::Mean, Center::Median];
const SPREADS: [Spread; 4] = [Spread::Std { ddof: 0 }, Spread::Std { ddof: 1 }, Spread::Mad, Spread::Iqr];

fn fit(values: &[f64], center: Center, spread: Spread, floor: Floor) -> Result<LocationScale, StatsError> {
    LocationScale::fit(values, center, spread, floor, &mut Scratch::new())
}

fn robust(values: &[f64], floor: Floor) -> LocationScale {
    fit(values, Center::Median, Spread::Iqr, floor).unwrap()
}

/// numpy's mean, median and standard deviations, statsmodels' MAD.
#[test]
fn every_pair_of_centre_and_spread_is_fitted() {
    let locations = [102.11, 3.75];
    let scales = [299.3428676284103, 315.5350876773541, 5.003782487456407, 5.6125];
    for (center, location) in CENTERS.into_iter().zip(locations) {
        for (spread, scale) in SPREADS.into_iter().zip(scales) {
            let got = fit(&MIXED, center, spread, Floor::None).unwrap();
            assert_close(got.location, location, 1e-15);
            assert_close(got.scale, scale, 1e-14);
            assert_eq!((got.raw_scale, got.floored(), got.n), (got.scale, false, 10));
        }
    }
}

/// `sklearn.preprocessing.RobustScaler().fit_transform` (1.9.1) of 0..9 at 20.
#[test]
fn a_robust_score_is_scikit_learns() {
    let values: Vec<f64> = (0..10).map(f64::from).collect();
    assert_close(robust(&values, Floor::UnitWhenZero).standardize(20.0), 3.4444444444444446, 1e-15);
}

#[test]
fn a_flat_metric_is_floored_by_its_own_level() {
    let flat = robust(&[200.0; 60], Floor::default());
    assert_eq!((flat.scale, flat.raw_scale, flat.basis), (2.0, 0.0, ScaleBasis::Relative));
    assert_eq!(flat.standardize(203.0), 1.5);
    assert_eq!(robust(&[-200.0; 60], Floor::relative(0.05)).scale, 10.0);
    let absolute = Floor::Relative { relative: 0.01, absolute: 3.0 };
    let flat = robust(&[200.0; 60], absolute);
    assert_eq!((flat.scale, flat.basis), (3.0, ScaleBasis::Absolute));
}

#[test]
fn a_spread_above_the_floor_is_kept() {
    let values = [90.0, 95.0, 100.0, 105.0, 110.0];
    let kept = robust(&values, Floor::default());
    assert_eq!((kept.scale, kept.basis, kept.floored()), (10.0, ScaleBasis::Spread, false));
}

#[test]
fn a_counter_that_was_mostly_silent_is_scaled_by_its_standard_deviation() {
    let mut values = vec![0.0; 99];
    values.push(10.0);
    let sparse = robust(&values, Floor::default());
    assert_eq!(sparse.basis, ScaleBasis::StandardDeviation);
    assert_close(sparse.scale, (10.0_f64 * 10.0 * 0.01 * 0.99).sqrt(), 1e-14);
}

#[test]
fn a_counter_that_was_always_silent_is_scaled_by_one() {
    let silent = robust(&[0.0; 60], Floor::default());
    assert_eq!((silent.scale, silent.basis, silent.standardize(7.0)), (1.0, ScaleBasis::Unit, 7.0));
}

#[test]
fn the_published_floors_are_reproduced() {
    let flat = robust(&[5e8; 60], Floor::UnitWhenZero);
    assert_eq!((flat.scale, flat.basis), (1.0, ScaleBasis::Unit));
    assert_eq!(flat.standardize(5e8 + 48_000.0), 48_000.0);

    let bare = robust(&[5e8; 60], Floor::none());
    assert_eq!((bare.scale, bare.floored()), (0.0, false));
    assert_eq!(bare.standardize(5e8), 0.0);
    assert_eq!(bare.standardize(5e8 + 1.0), f64::INFINITY);
    assert_eq!(bare.standardize(5e8 - 1.0), f64::NEG_INFINITY);
}

/// scikit-learn 1.9.1: a standard deviation that rounding explains counts as 0 in `StandardScaler`, an interquartile
/// range counts as 0 below ten machine epsilons in `RobustScaler`.
#[test]
fn scikit_learn_takes_rounding_for_zero() {
    let jitter: Vec<f64> = (0..600).map(|i| 1e9 + f64::from(i % 2) * 1.2e-7).collect();
    let std = Spread::Std { ddof: 0 };
    assert_eq!(fit(&jitter, Center::Mean, std, Floor::UnitWhenZero).unwrap().scale, 1.0);
    let tiny = [0.0, 1e-16, 2e-16, 3e-16, 4e-16];
    assert_eq!(robust(&tiny, Floor::UnitWhenZero).scale, 1.0);
    assert!(fit(&tiny, Center::Mean, std, Floor::UnitWhenZero).unwrap().scale < 1e-15);
}

#[test]
fn a_score_is_finite_unless_the_scale_is_zero() {
    let tiny = robust(&[1e-300, 2e-300, 3e-300], Floor::default());
    assert_eq!(tiny.standardize(1e300), f64::MAX);
    assert_eq!(tiny.standardize(-1e300), f64::MIN);
    let low = robust(&[f64::MIN; 3], Floor::default());
    assert_close(low.standardize(f64::MAX), 200.0, 1e-12);
    assert!(low.standardize(f64::NAN).is_nan());
}

#[test]
fn bad_input_is_named() {
    let message =
        |values: &[f64], spread, floor| fit(values, Center::Median, spread, floor).unwrap_err().to_string();
    assert_eq!(
        message(&[], Spread::Iqr, Floor::default()),
        "location and scale needs at least 1 values and got 0; widen the window or leave the metric out"
    );
    assert!(
        message(&[1.0], Spread::Std { ddof: 1 }, Floor::default()).contains("at least 2 values and got 1")
    );
    assert_eq!(
        message(&[1.0, f64::NAN], Spread::Iqr, Floor::default()),
        "location and scale: the value at position 1 is NaN; drop missing and infinite values before calling"
    );
    assert_eq!(
        message(&[1.0], Spread::Iqr, Floor::relative(-0.5)),
        "relative floor is -0.5 and must be finite and not negative"
    );
    assert!(
        message(&[f64::MIN, f64::MIN, f64::MAX, f64::MAX], Spread::Iqr, Floor::default())
            .contains("divide the values by a constant")
    );
}

#[test]
fn a_fit_survives_json() {
    let fitted = robust(&MIXED, Floor::default());
    let back: LocationScale = serde_json::from_str(&serde_json::to_string(&fitted).unwrap()).unwrap();
    assert_eq!(back, fitted);
    assert_eq!(serde_json::to_string(&Spread::Std { ddof: 1 }).unwrap(), r#"{"std":{"ddof":1}}"#);
    assert_eq!(serde_json::to_string(&Floor::UnitWhenZero).unwrap(), r#""unit-when-zero""#);
}

/// Columns as metrics come: noisy, flat, mostly zero, or nearly flat far from zero.
fn columns() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        prop::collection::vec(-1e3..1e3f64, 2..80),
        (1.0..1e6f64, 2..80usize).prop_map(|(value, n)| vec![value; n]),
        prop::collection::vec(prop_oneof![9 => Just(0.0), 1 => 1.0..50.0f64], 20..80)
            .prop_filter("not all zero", |values| values.iter().any(|&value| value > 0.0)),
        (1e3..1e6f64, prop::collection::vec(-0.1..0.1f64, 2..80))
            .prop_map(|(level, noise)| noise.into_iter().map(|noise| level + noise).collect()),
    ]
}

proptest! {
    #[test]
    fn scores_do_not_depend_on_the_unit(values in columns(), value in -1e4..1e4f64, factor in 1e-9..1e9f64) {
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        for center in CENTERS {
            for spread in SPREADS {
                let score = fit(&values, center, spread, Floor::default()).unwrap().standardize(value);
                let again = fit(&scaled, center, spread, Floor::default()).unwrap().standardize(value * factor);
                prop_assert!((score - again).abs() <= 1e-6 * (1.0 + score.abs()), "{score} {again}");
            }
        }
    }

    #[test]
    fn shifting_matters_only_through_the_floor(values in prop::collection::vec(-1e3..1e3f64, 8..80), shift in 0.0..1e3f64, value in -1e4..1e4f64) {
        let moved: Vec<f64> = values.iter().map(|value| value + shift).collect();
        let (at_home, away) = (robust(&values, Floor::default()), robust(&moved, Floor::default()));
        prop_assume!(!at_home.floored() && !away.floored());
        let (score, again) = (at_home.standardize(value), away.standardize(value + shift));
        prop_assert!((score - again).abs() <= 1e-6 * (1.0 + score.abs()), "{score} {again}");
    }

    #[test]
    fn the_default_floor_never_gives_an_infinite_score(values in columns(), value in any::<f64>()) {
        prop_assume!(value.is_finite());
        for center in CENTERS {
            for spread in SPREADS {
                let fitted = fit(&values, center, spread, Floor::default()).unwrap();
                prop_assert!(fitted.scale > 0.0 && fitted.standardize(value).is_finite());
            }
        }
    }

    #[test]
    fn no_bit_pattern_panics(bits in prop::collection::vec(any::<u64>(), 0..20), value in any::<f64>(), relative in any::<f64>()) {
        let values: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
        for floor in [Floor::relative(relative), Floor::default(), Floor::UnitWhenZero, Floor::None] {
            for spread in SPREADS {
                if let Ok(fitted) = fit(&values, Center::Mean, spread, floor) {
                    prop_assert!(!fitted.standardize(value).is_nan() || value.is_nan());
                }
            }
        }
    }
}
