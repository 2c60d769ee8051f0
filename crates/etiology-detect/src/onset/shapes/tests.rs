use super::*;
use crate::testing::Noise;

/// Residual sum of squares of `values` on intercept, slope and `regressor`, by Gram-Schmidt.
fn rss_by_projection(values: &[f64], regressors: &[Vec<f64>]) -> f64 {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let strip = |v: &mut Vec<f64>, basis: &[Vec<f64>]| {
        for b in basis {
            let c = dot(v, b) / dot(b, b);
            v.iter_mut().zip(b).for_each(|(x, y)| *x -= c * y);
        }
    };
    for regressor in regressors {
        let mut v = regressor.clone();
        strip(&mut v, &basis);
        basis.push(v);
    }
    let mut rest = values.to_vec();
    strip(&mut rest, &basis);
    dot(&rest, &rest)
}

fn line(n: usize) -> Vec<Vec<f64>> {
    vec![vec![1.0; n], (0..n).map(|t| t as f64).collect()]
}

#[test]
fn gains_are_those_of_least_squares() {
    let n = 41;
    let values = Noise::new(3).autoregressive(0.5, n);
    let mut shapes = Shapes::default();
    shapes.load(&values, 3);
    let flat = rss_by_projection(&values, &line(n));
    assert!((shapes.rss - flat).abs() < 1e-9);
    let check = |change: Change, gain: f64| {
        let mut regressors = line(n);
        regressors.push((0..n).map(|at| change.regressor(at)).collect());
        let expected = flat - rss_by_projection(&values, &regressors);
        assert!((gain - expected).abs() < 1e-9, "{change:?} {gain} {expected}");
        let mut rest = Vec::new();
        shapes.residuals_after(&change, &mut rest);
        let left: f64 = rest.iter().map(|r| r * r).sum();
        if change.size != 0.0 {
            assert!((flat - left - gain).abs() < 1e-9, "{change:?}");
        }
    };
    for k in 5..=n - 5 {
        let at = |shape, end| Change { shape, start: k, end, gain: 0.0, size: 0.0 };
        check(at(Shape::Step, n), shapes.step_gain(k));
        check(at(Shape::Ramp, n), shapes.ramp_gain(k));
        check(at(Shape::Bump, (k + 4).min(n)), shapes.interval_gain(k, (k + 4).min(n)));
    }
    let step = shapes.best_step(0);
    check(step, step.gain);
    let ramp = shapes.best_ramp(0);
    check(ramp, ramp.gain);
    let bump = shapes.best_bump(0, &step);
    check(bump, bump.gain);
}

#[test]
fn the_best_of_each_shape_is_where_it_was_planted() {
    let n = 200;
    let noise = Noise::new(8).autoregressive(0.0, n);
    let planted = |g: &dyn Fn(usize) -> f64| {
        let values: Vec<f64> = noise.iter().enumerate().map(|(t, e)| e + g(t)).collect();
        let mut shapes = Shapes::default();
        shapes.load(&values, 3);
        shapes
    };
    let step = planted(&|t| if t >= 120 { 5.0 } else { 0.0 }).best_step(0);
    assert_eq!((step.start, step.end), (120, n));
    let ramp = planted(&|t| 0.3 * (t as f64 - 119.0).max(0.0)).best_ramp(0);
    assert!(ramp.start.abs_diff(120) <= 5 && (ramp.size - 0.3).abs() < 0.03, "{ramp:?}");
    let shapes = planted(&|t| if (60..75).contains(&t) { -5.0 } else { 0.0 });
    let bump = shapes.best_bump(0, &shapes.best_step(0));
    assert_eq!((bump.start, bump.end), (60, 75));
    assert!(bump.size < -4.0);
}

#[test]
fn a_bump_is_rarely_worse_than_the_best_of_all_pairs() {
    let n = 80;
    let mut far = 0;
    for seed in 0..100 {
        let values = Noise::new(seed).autoregressive(0.0, n);
        let mut shapes = Shapes::default();
        shapes.load(&values, 3);
        let found = shapes.best_bump(0, &shapes.best_step(0)).gain;
        let all = (3..=n - 3).flat_map(|a| (a + 3..=n - 3).map(move |b| (a, b)));
        let best = all.map(|(a, b)| shapes.interval_gain(a, b)).fold(0.0, f64::max);
        assert!(found <= best + 1e-9);
        far += usize::from(found < 0.8 * best);
    }
    assert!(far <= 40, "{far}");
}

#[test]
fn candidates_respect_the_shortest_stretch() {
    let mut shapes = Shapes::default();
    shapes.load(&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0], 3);
    assert_eq!(shapes.steps(0), 3..6);
    assert_eq!(shapes.steps(5), 5..6);
    assert_eq!(shapes.ramp_gain(4), 0.0);
    assert_eq!(shapes.best_ramp(0), Change::none(Shape::Ramp, 8));
}
