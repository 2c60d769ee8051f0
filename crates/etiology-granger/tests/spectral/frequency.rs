//! Geweke's measures and the test of Breitung and Candelon.

use etiology_granger::{
    GrangerError, SpectralBootstrap, SpectralGranger, Trend, Var, VarProcess, breitung_candelon,
};
use nalgebra::DMatrix;

use super::{normals, series};

fn square(values: &[f64]) -> DMatrix<f64> {
    let size = values.len().isqrt();
    DMatrix::from_row_slice(size, size, values)
}

/// Ding, Chen and Bressler, "Granger causality: basic theory and application to neuroscience" (2006), example 1.
fn ding() -> VarProcess {
    VarProcess::new(
        vec![square(&[0.9, 0.0, 0.16, 0.8]), square(&[-0.5, 0.0, -0.2, -0.5])],
        square(&[1.0, 0.4, 0.4, 0.7]),
    )
    .unwrap()
}

/// Series 0 acts on 1 and 2, 2 on 0 and 1, within correlated errors.
fn three() -> VarProcess {
    VarProcess::new(
        vec![
            square(&[0.5, 0.0, 0.2, 0.4, 0.3, 0.25, 0.3, 0.0, 0.4]),
            square(&[-0.3, 0.0, 0.0, -0.2, 0.1, 0.0, 0.0, 0.2, -0.2]),
        ],
        square(&[1.0, 0.2, 0.1, 0.2, 0.8, 0.3, 0.1, 0.3, 1.2]),
    )
    .unwrap()
}

fn close(got: f64, want: f64, by: f64) {
    assert!((got - want).abs() < by, "{got} and {want}");
}

#[test]
fn a_known_bivariate_process_has_its_closed_form() {
    let process = ding();
    let forth = SpectralGranger::new(&process, &[0], &[1], &[]).unwrap();
    let back = SpectralGranger::new(&process, &[1], &[0], &[]).unwrap();
    // numpy, from the transfer function of the process.
    for (frequency, want) in
        [(0.05, 0.0174984989215), (0.1, 0.064669511285), (0.2, 0.0988577038294), (0.35, 0.0387189891525)]
    {
        close(forth.at(frequency).unwrap(), want, 1e-11);
        close(back.at(frequency).unwrap(), 0.0, 1e-12);
    }
    // x_t = c y_(t-1) + e, y_t = a y_(t-1) + n.
    let (a, c) = (0.7, 0.6);
    let process = VarProcess::new(vec![square(&[0.0, c, 0.0, a])], square(&[2.0, 0.0, 0.0, 3.0])).unwrap();
    let spectral = SpectralGranger::new(&process, &[1], &[0], &[]).unwrap();
    for step in 0..=10 {
        let frequency = f64::from(step) / 20.0;
        let power = 1.0 + a * a - 2.0 * a * (std::f64::consts::TAU * frequency).cos();
        close(spectral.at(frequency).unwrap(), (1.0 + c * c * 3.0 / (2.0 * power)).ln(), 1e-12);
    }
}

/// numpy: autoregressions of order 120 from the exact autocovariances of each part, and the partition of Chen, Bressler and
/// Ding (Journal of Neuroscience Methods 150, 2006).
#[test]
fn conditional_measures_equal_those_of_long_autoregressions() {
    let process = three();
    let cases: [(usize, usize, &[usize], [f64; 3], f64); 5] = [
        (0, 1, &[2], [0.0707746316171, 0.22814384551, 0.164840748377], 0.187630830366),
        (1, 2, &[0], [0.05281937345, 0.0288122607182, 0.015110757954], 0.0253830968249),
        (0, 1, &[], [0.114000804264, 0.193659847612, 0.169023011307], 0.17966039072),
        (1, 0, &[2], [0.0; 3], 0.0),
        (0, 2, &[], [0.155034112527, 0.189891715843, 0.0266811498969], 0.0943676140143),
    ];
    for (cause, effect, given, want, total) in cases {
        let spectral = SpectralGranger::new(&process, &[cause], &[effect], given).unwrap();
        for (frequency, want) in [0.02, 0.15, 0.4].into_iter().zip(want) {
            close(spectral.at(frequency).unwrap(), want, 1e-9);
        }
        close(spectral.total(), total, 1e-9);
    }
}

#[test]
fn the_mean_over_all_frequencies_is_the_measure_in_time() {
    for (causes, effects, given) in [
        (vec![0], vec![1], vec![2]),
        (vec![1], vec![2], vec![0]),
        (vec![0], vec![1], vec![]),
        (vec![0, 2], vec![1], vec![]),
        (vec![0], vec![1, 2], vec![]),
    ] {
        let spectral = SpectralGranger::new(&three(), &causes, &effects, &given).unwrap();
        close(spectral.band(0.0, 0.5, 500).unwrap(), spectral.total(), 1e-9);
        let parts = spectral.band(0.0, 0.2, 200).unwrap() * 0.4 + spectral.band(0.2, 0.5, 200).unwrap() * 0.6;
        close(parts, spectral.total(), 1e-9);
    }
}

#[test]
fn units_and_the_order_of_series_change_nothing() {
    let process = three();
    let (order, scale) = ([2, 0, 1], [1e6, 1e-4, 3.0]);
    let moved = |matrix: &DMatrix<f64>, covariance: bool| {
        DMatrix::from_fn(3, 3, |i, j| {
            let by = if covariance { scale[i] * scale[j] } else { scale[i] / scale[j] };
            matrix[(order[i], order[j])] * by
        })
    };
    let lags = [
        square(&[0.5, 0.0, 0.2, 0.4, 0.3, 0.25, 0.3, 0.0, 0.4]),
        square(&[-0.3, 0.0, 0.0, -0.2, 0.1, 0.0, 0.0, 0.2, -0.2]),
    ];
    let sigma = square(&[1.0, 0.2, 0.1, 0.2, 0.8, 0.3, 0.1, 0.3, 1.2]);
    let other =
        VarProcess::new(lags.iter().map(|lag| moved(lag, false)).collect(), moved(&sigma, true)).unwrap();
    let a = SpectralGranger::new(&process, &[0], &[1], &[2]).unwrap();
    let b = SpectralGranger::new(&other, &[1], &[2], &[0]).unwrap();
    for frequency in [0.0, 0.1, 0.31, 0.5] {
        close(a.at(frequency).unwrap(), b.at(frequency).unwrap(), 1e-8);
    }
}

fn simulated(rows: usize, seed: u64, effect: f64) -> etiology_granger::Series {
    let mut columns = normals(3, rows, seed);
    for row in 1..rows {
        let [a, b, c] = [columns[0][row - 1], columns[1][row - 1], columns[2][row - 1]];
        columns[0][row] += 0.4 * a + effect * b;
        columns[1][row] += 0.5 * b;
        columns[2][row] += 0.2 * c - 0.4 * a;
    }
    series(columns)
}

/// numpy and scipy: least squares of the first series on three lags of all, Wald statistics of the restrictions.
#[test]
fn breitung_and_candelons_statistic_equals_the_wald_statistic_of_a_regression() {
    let var = Var::from_series(&simulated(200, 21, 0.3), 3, Trend::Constant).unwrap();
    for (frequency, cause, value, p_value) in [
        (0.0, 1, 9.3653458581346, 0.00253650417774),
        (0.0, 2, 0.0043259916831463, 0.947629395124),
        (0.1, 1, 13.437303282286, 3.52616638476e-6),
        (0.1, 2, 0.95551280851315, 0.386484528817),
        (0.25, 1, 8.8079054212733, 0.000220991739747),
        (0.25, 2, 1.5225457647613, 0.220847642108),
        (0.5, 1, 0.71619537617003, 0.398476391963),
        (0.5, 2, 1.043397338783, 0.308352296021),
    ] {
        let test = breitung_candelon(&var, cause, 0, frequency).unwrap();
        close(test.value, value, 1e-8);
        close(test.p_value, p_value, 1e-9);
        assert_eq!(test.df()[1], 187.0);
    }
}

#[test]
fn breitung_and_candelons_p_values_are_uniform_without_an_effect() {
    let runs = 1000;
    let mut low = [0; 3];
    for seed in 0..runs {
        let var = Var::from_series(&simulated(150, 5000 + seed, 0.0), 3, Trend::Constant).unwrap();
        for (count, frequency) in low.iter_mut().zip([0.0, 0.1, 0.3]) {
            *count += usize::from(breitung_candelon(&var, 1, 0, frequency).unwrap().p_value < 0.1);
        }
    }
    // 100 expected, standard deviation 9.5.
    assert!(low.iter().all(|count| (70..130).contains(count)), "{low:?} of {runs} below .1");
}

#[test]
fn the_bootstrap_finds_an_effect_and_holds_its_level_without_one() {
    let bootstrap = SpectralBootstrap::new(1, vec![0.02, 0.2, 0.4]).with_resamples(39);
    let found = bootstrap.test(&simulated(300, 1, 0.4), 1, 0).unwrap();
    assert!(found.largest.p_value <= 0.025 && found.at[0].p_value <= 0.025, "{found:?}");
    assert_eq!(found, bootstrap.test(&simulated(300, 1, 0.4), 1, 0).unwrap());
    let runs = 60;
    let bootstrap = bootstrap.with_resamples(19);
    let low = (0..runs)
        .filter(|&seed| {
            let data = simulated(120, 300 + seed, 0.0);
            bootstrap.clone().with_seed(seed).test(&data, 1, 0).unwrap().largest.p_value <= 0.1
        })
        .count();
    // 6 expected, standard deviation 2.3.
    assert!(low <= 13, "{low} of {runs} at or below .1");
}

#[test]
fn what_has_no_spectrum_is_refused_with_a_reason() {
    let unit = square(&[1.0, 0.0, 0.0, 1.0]);
    let refused = |lag: DMatrix<f64>, sigma: DMatrix<f64>| VarProcess::new(vec![lag], sigma).unwrap_err();
    assert!(refused(square(&[1.0, 0.0, 0.0, 0.5]), unit.clone()).to_string().contains("do not fade"));
    assert!(refused(square(&[f64::NAN, 0.0, 0.0, 0.5]), unit.clone()).to_string().contains("finite"));
    assert!(
        refused(square(&[0.1, 0.0, 0.0, 0.5]), square(&[1.0, 1.0, 1.0, 1.0]))
            .to_string()
            .contains("definite")
    );
    assert!(refused(square(&[0.1]), unit).to_string().contains("one size"));
    assert!(VarProcess::new(vec![], DMatrix::zeros(0, 0)).is_err());
    let process = ding();
    for (cause, effect) in [(vec![], vec![0]), (vec![0], vec![0]), (vec![7], vec![0]), (vec![0, 0], vec![1])]
    {
        assert!(SpectralGranger::new(&process, &cause, &effect, &[]).is_err());
    }
    let spectral = SpectralGranger::new(&process, &[0], &[1], &[]).unwrap();
    for frequency in [-0.1, 0.6, f64::NAN] {
        assert!(matches!(spectral.at(frequency), Err(GrangerError::Parameter { .. })));
    }
    assert!(spectral.band(0.2, 0.2, 10).is_err() && spectral.band(0.1, 0.2, 0).is_err());
    // White noise without a past.
    let white = VarProcess::new(vec![], square(&[1.0, 0.3, 0.3, 1.0])).unwrap();
    assert_eq!(SpectralGranger::new(&white, &[0], &[1], &[]).unwrap().at(0.2).unwrap(), 0.0);
    // Shocks that fade in some thousand rows.
    let slow =
        VarProcess::new(vec![square(&[0.9995, 0.1, 0.0, 0.999])], square(&[1.0, 0.0, 0.0, 1.0])).unwrap();
    let slow = SpectralGranger::new(&slow, &[1], &[0], &[]).unwrap();
    assert!(slow.total() > 0.0 && slow.at(0.0).unwrap().is_finite());
    let var = Var::from_series(&simulated(60, 3, 0.0), 2, Trend::Constant).unwrap();
    assert!(breitung_candelon(&var, 0, 0, 0.1).is_err() && breitung_candelon(&var, 9, 0, 0.1).is_err());
    assert!(breitung_candelon(&var, 1, 0, 0.7).is_err());
    assert!(SpectralBootstrap::new(1, vec![]).test(&simulated(60, 3, 0.0), 1, 0).is_err());
}
