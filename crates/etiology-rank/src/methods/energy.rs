//! The energy coefficient of two samples of numbers, and of two resamples of one.
//!
//! In one dimension `2 E|X-Y| - E|X-X'| - E|Y-Y'|` is twice the integral of `(F - G)^2`, and `E|X-Y|` the integral of
//! `F (1-G) + G (1-F)`, with `F` and `G` the two empirical distribution functions (Szekely and Rizzo, "Testing for Equal
//! Distributions in High Dimension", 2004). So one sort gives both, and a resample of a sorted sample, known by how often
//! each value was drawn, needs no sort at all.

use rand::RngExt;
use rand::rngs::StdRng;

/// Working memory, reusable.
#[derive(Debug, Default)]
pub(super) struct Energy {
    /// Value, and how often it occurs in either sample.
    points: Vec<(f64, [f64; 2])>,
}

impl Energy {
    /// `H = (2 E|X-Y| - E|X-X'| - E|Y-Y'|) / (2 E|X-Y|)`: 0 for the same distribution, at most 1, free of units.
    /// `O(m log m)` in the number of values of both.
    pub(super) fn between(&mut self, x: &[f64], y: &[f64]) -> f64 {
        self.points.clear();
        self.points.extend(x.iter().map(|&value| (value, [1.0, 0.0])));
        self.points.extend(y.iter().map(|&value| (value, [0.0, 1.0])));
        self.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let observed = self.coefficient(x.len(), y.len());
        // What follows are resamples of `x`.
        self.points.retain(|(_, [from_x, _])| *from_x > 0.0);
        observed
    }

    /// `H` between two resamples of `x`, of the sizes of `x` and `other`. To be called after [`Energy::between`] with the
    /// same `x`. `O(x + other)`.
    pub(super) fn resampled(&mut self, x: &[f64], other: usize, random: &mut StdRng) -> f64 {
        self.points.iter_mut().for_each(|(_, counts)| *counts = [0.0; 2]);
        let last = self.points.len().max(1);
        for (sample, size) in [x.len(), other].into_iter().enumerate() {
            for _ in 0..size {
                let drawn = self.points.get_mut(random.random_range(0..last));
                if let Some(count) = drawn.and_then(|(_, counts)| counts.get_mut(sample)) {
                    *count += 1.0;
                }
            }
        }
        self.coefficient(x.len(), other)
    }

    fn coefficient(&self, x_len: usize, y_len: usize) -> f64 {
        let [step_x, step_y] = [x_len, y_len].map(|len| 1.0 / len.max(1) as f64);
        // Dividing before subtracting keeps the distance of two huge values finite; the unit cancels.
        let unit = self.points.iter().fold(0.0_f64, |unit, (value, _)| unit.max(value.abs()));
        if unit == 0.0 {
            return 0.0;
        }
        let (mut in_x, mut in_y, mut apart, mut across) = (0.0, 0.0, 0.0, 0.0);
        for (here, next) in self.points.iter().zip(self.points.iter().skip(1)) {
            let (value, [from_x, from_y]) = here;
            in_x += from_x;
            in_y += from_y;
            let gap = next.0 / unit - value / unit;
            let (f, g) = (in_x * step_x, in_y * step_y);
            apart += (f - g).powi(2) * gap;
            across += (f * (1.0 - g) + g * (1.0 - f)) * gap;
        }
        if across > 0.0 { (apart / across).clamp(0.0, 1.0) } else { 0.0 }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by construction
mod tests {
    use super::*;

    fn naive(x: &[f64], y: &[f64]) -> f64 {
        let mean_distance = |a: &[f64], b: &[f64]| {
            let total: f64 = a.iter().flat_map(|a| b.iter().map(move |b| (a - b).abs())).sum();
            total / (a.len() * b.len()) as f64
        };
        let across = 2.0 * mean_distance(x, y);
        (across - mean_distance(x, x) - mean_distance(y, y)) / across
    }

    #[test]
    fn agrees_with_the_definition() {
        let (x, y) = ([3.0, -1.0, 4.0, 1.5, 5.0], [9.0, 2.0, 6.5]);
        assert!((Energy::default().between(&x, &y) - naive(&x, &y)).abs() < 1e-14);
        assert_eq!(Energy::default().between(&[1.0, 1.0], &[2.0]), 1.0);
        assert_eq!(Energy::default().between(&[1.0, 2.0], &[2.0, 1.0]), 0.0);
    }
}
