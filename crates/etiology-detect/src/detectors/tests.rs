use etiology_stats::{Floor, Scratch};
use proptest::prelude::*;

use crate::{
    DetectError, Detector, IqrFences, ModifiedZScore, ZScore, detectors, find, flagged_rows, score_rows,
};

fn scores(detector: &dyn Detector, reference: &[f64], values: &[f64]) -> Vec<f64> {
    let fitted = detector.fit(reference, &mut Scratch::new()).unwrap();
    values.iter().map(|&value| fitted.score(value)).collect()
}

fn close(found: &[f64], expected: &[f64]) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
    }
}

/// A day of hourly temperatures, a common worked example of the box plot: q1 66, median 70, q3 75.
const TEMPERATURES: [f64; 24] = [
    57.0, 57.0, 57.0, 58.0, 63.0, 66.0, 66.0, 67.0, 67.0, 68.0, 69.0, 70.0, 70.0, 70.0, 70.0, 72.0, 73.0,
    75.0, 75.0, 76.0, 76.0, 78.0, 79.0, 81.0,
];

/// numpy 2.4 (`ddof` 1), scipy 1.17 (`stats.zmap`), statsmodels (`robust.scale.mad`) and numpy's percentiles.
#[test]
fn scores_agree_with_scipy_and_statsmodels() {
    let values = [40.0, 57.0, 70.0, 95.0];
    let expected = [-4.1440531272457815, -1.7286621616510978, 0.11840151792130735, 3.670447055560548];
    close(&scores(&ZScore::default(), &TEMPERATURES, &values), &expected);
    let expected = [-4.233182746055024, -1.7658419454972392, 0.12094807845871428, 3.749390432220163];
    close(&scores(&ZScore::default().ddof(0), &TEMPERATURES, &values), &expected);
    let expected = [-4.496598334640545, -1.9485259450109027, 0.0, 3.747165278867121];
    close(&scores(&ModifiedZScore::default(), &TEMPERATURES, &values), &expected);
    let expected = [-1.3888888888888888, 0.0, 0.0, 0.7222222222222222];
    close(&scores(&IqrFences::default(), &TEMPERATURES, &values), &expected);
}

#[test]
fn names_are_unique_and_found() {
    let names: Vec<&str> = detectors().iter().map(|d| d.card().name).collect();
    assert_eq!(names, ["modified-z-score", "z-score", "iqr-fences"]);
    for name in names {
        assert_eq!(find(name).unwrap().card().name, name);
    }
    assert_eq!(
        find("zscore").unwrap_err().to_string(),
        "no detector `zscore`; use one of `modified-z-score`, `z-score`, `iqr-fences`"
    );
}

#[test]
fn rows_are_scored_and_flagged() {
    let fitted = ZScore::default().fit(&[10.0, 12.0, 14.0], &mut Scratch::new()).unwrap();
    let rows = score_rows(fitted.as_ref(), [Some(12.0), None, Some(f64::NAN), Some(20.0), Some(4.0)]);
    assert_eq!(rows, [Some(0.0), None, None, Some(4.0), Some(-4.0)]);
    assert_eq!(flagged_rows(&rows, 3.0), [3, 4]);
    assert_eq!(flagged_rows(&rows, 4.0), Vec::<usize>::new());
}

#[test]
fn a_flat_reference_gives_a_finite_score_unless_the_floor_is_off() {
    let flat = [200.0; 60];
    for detector in detectors() {
        let found = scores(detector.as_ref(), &flat, &[200.0, 260.0, 140.0, f64::MAX]);
        assert_eq!(found[0], 0.0);
        assert!(found[1] > 10.0 && found[2] < -10.0, "{found:?}");
        assert!(found.iter().all(|score| score.is_finite()), "{found:?}");
    }
    let published = ModifiedZScore::default().floor(Floor::None);
    assert_eq!(scores(&published, &flat, &[200.0, 201.0]), [0.0, f64::INFINITY]);
    let published = IqrFences::default().floor(Floor::None);
    assert_eq!(scores(&published, &flat, &[200.0, 199.0]), [0.0, f64::NEG_INFINITY]);
}

#[test]
fn hostile_references_are_refused_with_a_reason() {
    let mut scratch = Scratch::new();
    let error = ZScore::default().fit(&[1.0], &mut scratch).unwrap_err().to_string();
    assert!(error.starts_with("z-score: location and scale needs at least 2 values and got 1"), "{error}");
    let error = IqrFences::default().fit(&[], &mut scratch).unwrap_err().to_string();
    assert!(error.starts_with("iqr-fences: location and scale needs at least 1 values and got 0"), "{error}");
    let error = ModifiedZScore::default().fit(&[1.0, f64::NAN], &mut scratch).unwrap_err().to_string();
    assert!(error.contains("position 1 is NaN"), "{error}");
}

#[test]
fn options_are_checked() {
    let error = IqrFences::default().k(-1.0).unwrap_err();
    assert_eq!(error.to_string(), "IQR fence factor k is -1 and must be finite and not negative");
    assert!(matches!(ZScore::default().threshold(f64::NAN), Err(DetectError::Option { .. })));
    assert_eq!(ModifiedZScore::default().threshold(5.0).unwrap().card().threshold, 5.0);
    assert_eq!(ZScore::default().ddof(0).card().needs, 1);
}

proptest! {
    #[test]
    fn scores_do_not_depend_on_the_unit(
        reference in proptest::collection::vec(-1e3..1e3_f64, 2..40), value in -1e4..1e4_f64, factor in 1e-3..1e3_f64,
    ) {
        let scaled: Vec<f64> = reference.iter().map(|v| v * factor).collect();
        for detector in detectors() {
            let a = scores(detector.as_ref(), &reference, &[value])[0];
            let b = scores(detector.as_ref(), &scaled, &[value * factor])[0];
            prop_assert!((a - b).abs() <= 1e-6 * a.abs().max(1.0), "{a} {b}");
        }
    }

    #[test]
    fn a_score_grows_with_the_value_and_flips_with_the_sign(
        reference in proptest::collection::vec(-1e3..1e3_f64, 2..40), a in -1e4..1e4_f64, b in -1e4..1e4_f64,
    ) {
        let mirrored: Vec<f64> = reference.iter().map(|v| -v).collect();
        for detector in detectors() {
            let found = scores(detector.as_ref(), &reference, &[a.min(b), a.max(b)]);
            prop_assert!(found[0] <= found[1]);
            let mirror = scores(detector.as_ref(), &mirrored, &[-a])[0];
            let plain = scores(detector.as_ref(), &reference, &[a])[0];
            prop_assert!((mirror + plain).abs() <= 1e-6 * plain.abs().max(1.0));
        }
    }
}
