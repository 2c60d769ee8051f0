//! Comparisons and a small seeded generator, so that no test depends on a crate's stream staying the same.

/// Asserts a relative error, absolute below magnitude 1e-300.
#[track_caller]
pub(crate) fn assert_close(got: f64, want: f64, relative: f64) {
    let error = (got - want).abs();
    assert!(error <= relative * want.abs().max(1e-300), "got {got:e}, want {want:e}");
}

#[track_caller]
pub(crate) fn assert_all_close(got: &[f64], want: &[f64], relative: f64) {
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        assert_close(*got, *want, relative);
    }
}

/// Ten values with an outlier, a tie and a negative number.
pub(crate) const MIXED: [f64; 10] = [3.1, -2.0, 7.25, 0.5, 11.0, 4.4, 4.4, -9.75, 1e3, 2.2];

/// Seven values, so that the median is one of them.
pub(crate) const ODD: [f64; 7] = [0.1, 0.2, 0.30000000000000004, 0.7, 1.9, 1e-3, 5.5];

/// Steele, Lea and Flood's `SplitMix64` (2014).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    /// Uniform on (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((z >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Student's t with 3 degrees of freedom.
    pub(crate) fn t3(&mut self) -> f64 {
        let chi_squared: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
        self.normal() / (chi_squared / 3.0).sqrt()
    }

    /// A stationary first-order autoregression with unit variance.
    pub(crate) fn autoregression(&mut self, coefficient: f64, n: usize) -> Vec<f64> {
        let noise = (1.0 - coefficient * coefficient).sqrt();
        let mut value = self.normal();
        (0..n)
            .map(|_| {
                value = coefficient * value + noise * self.normal();
                value
            })
            .collect()
    }
}
