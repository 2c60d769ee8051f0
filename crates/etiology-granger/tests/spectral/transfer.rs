//! Transfer entropy.

use etiology_granger::{NearestNeighbours, Series, Shuffle, TransferEntropy, TransferEstimator, Trend, Var};

use super::{normals, series};

/// The square of series 0 drives series 1; series 2 is driven by series 1.
fn squares(rows: usize, seed: u64, strength: f64) -> Series {
    let mut columns = normals(3, rows, seed);
    for row in 1..rows {
        let before = [columns[0][row - 1], columns[1][row - 1], columns[2][row - 1]];
        columns[0][row] += 0.4 * before[0];
        columns[1][row] += strength * before[0].powi(2) + 0.3 * before[1];
        columns[2][row] += 0.5 * before[2] + 0.6 * before[1];
    }
    series(columns)
}

#[test]
fn if_gaussian_it_is_half_the_log_likelihood_ratio_of_grangers_test() {
    let data = squares(200, 5, 0.3);
    let gaussian = TransferEntropy::new(2).with_estimator(TransferEstimator::Gaussian);
    for (cause, effect) in [(0, 1), (1, 2), (2, 1)] {
        let found = gaussian.test(&data, cause, effect, &[]).unwrap();
        let variance = |used: &[usize]| {
            Var::from_series(&data.select(used), 2, Trend::Constant).unwrap().sigma_ml()[(0, 0)]
        };
        let ratio = variance(&[effect]) / variance(&[effect, cause]);
        assert!((found.entropy - 0.5 * ratio.ln()).abs() < 1e-10);
        assert!((found.test.value - 198.0 * ratio.ln()).abs() < 1e-7);
        let other = 3 - cause - effect;
        let given = gaussian.test(&data, cause, effect, &[other]).unwrap();
        let ratio = variance(&[effect, other]) / variance(&[effect, other, cause]);
        assert!((given.entropy - 0.5 * ratio.ln()).abs() < 1e-10);
    }
}

/// Every distance taken and counted in Python, digamma of scipy 1.13: four neighbours, standardised columns.
#[test]
fn by_neighbours_it_equals_another_program() {
    let estimator = TransferEstimator::Nearest(NearestNeighbours::new(4).unwrap());
    let transfer = TransferEntropy::new(2).with_estimator(estimator).with_resamples(1).unwrap();
    let data = squares(250, 17, 0.5);
    for (cause, effect, given, want) in [
        (0, 1, &[][..], 0.15880669066760467),
        (1, 0, &[], 0.005059732420298335),
        (1, 2, &[0], 0.11609422189706664),
    ] {
        let got = transfer.test(&data, cause, effect, given).unwrap().entropy;
        assert!((got - want).abs() < 1e-10, "{got} and {want}");
    }
}

#[test]
fn an_effect_without_correlation_is_found_by_neighbours_alone() {
    let data = squares(400, 8, 0.7);
    let nearest = TransferEntropy::new(1).with_resamples(99).unwrap();
    let forth = nearest.test(&data, 0, 1, &[]).unwrap();
    assert!(forth.test.p_value <= 0.01, "{forth:?}");
    assert!(nearest.test(&data, 1, 0, &[]).unwrap().test.p_value > 0.05);
    assert_eq!(forth, nearest.test(&data, 0, 1, &[]).unwrap());
    let gaussian = TransferEntropy::new(1).with_estimator(TransferEstimator::Gaussian);
    assert!(gaussian.test(&data, 0, 1, &[]).unwrap().test.p_value > 0.01);
}

#[test]
fn p_values_are_uniform_without_an_effect() {
    let gaussian = TransferEntropy::new(2).with_estimator(TransferEstimator::Gaussian);
    let low = (0..1000)
        .filter(|&seed| {
            let found = gaussian.test(&squares(300, 7000 + seed, 0.0), 0, 1, &[]).unwrap();
            found.test.p_value <= 0.1
        })
        .count();
    // 100 expected, standard deviation 9.5.
    assert!((70..135).contains(&low), "{low} of 1000 at or below .1");
    let nearest = TransferEntropy::new(1).with_resamples(19).unwrap();
    let low = (0..100)
        .filter(|&seed| {
            let data = squares(80, 400 + seed, 0.0);
            nearest.clone().with_seed(seed).test(&data, 2, 1, &[]).unwrap().test.p_value <= 0.1
        })
        .count();
    // 10 expected, standard deviation 3; here the effect acts on the cause.
    assert!(low <= 19, "{low} of 100 at or below .1");
}

#[test]
fn gaps_and_odd_series_have_a_result_or_a_reason() {
    let data = squares(120, 2, 0.3);
    let gaussian = TransferEntropy::new(2).with_estimator(TransferEstimator::Gaussian);
    assert_eq!(gaussian.test(&data.clone().with_starts(vec![40, 80]), 0, 1, &[]).unwrap().rows, 114);
    let mut columns = data.columns().to_vec();
    columns[0][50] = f64::NAN;
    columns[2] = vec![1.0; 120];
    columns.push(columns[1].clone());
    let odd = series(columns);
    assert_eq!(gaussian.test(&odd, 0, 1, &[]).unwrap().rows, 115);
    assert!(gaussian.test(&odd, 2, 1, &[]).unwrap_err().to_string().contains("constant"));
    assert!(gaussian.test(&odd, 3, 1, &[]).unwrap().entropy < 1e-9);
    for shuffle in [Shuffle::Complete, Shuffle::Circular { least: 5 }, Shuffle::Blocks { length: 8 }] {
        let nearest = TransferEntropy::new(1).with_resamples(5).unwrap().with_shuffle(shuffle);
        for (cause, effect) in [(2, 1), (1, 2), (3, 1), (0, 1)] {
            assert!(nearest.test(&odd, cause, effect, &[]).unwrap().entropy.is_finite());
        }
    }
    let nearest = TransferEntropy::new(1);
    for (cause, effect, given) in [(0, 0, &[][..]), (0, 9, &[]), (0, 1, &[1])] {
        assert!(nearest.test(&data, cause, effect, given).is_err());
    }
    assert!(TransferEntropy::new(0).test(&data, 0, 1, &[]).is_err());
    assert!(TransferEntropy::new(60).test(&data, 0, 1, &[]).is_err());
    assert!(nearest.with_resamples(0).is_err());
}
