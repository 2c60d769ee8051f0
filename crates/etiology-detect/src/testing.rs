//! Seeded noise and frames for tests.

use etiology_frame::{Clock, FrameBuilder, Metric, MetricFrame};

/// A small generator (splitmix64), so that tests need no dependency and stay the same for ever.
#[derive(Debug)]
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678_9ABC_DEF1)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform on (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Student t with `degrees` degrees of freedom.
    pub(crate) fn student(&mut self, degrees: u32) -> f64 {
        let squares: f64 = (0..degrees).map(|_| self.normal().powi(2)).sum();
        self.normal() / (squares / f64::from(degrees)).sqrt()
    }

    /// A stationary first-order autoregression of unit variance; white noise for `phi` 0.
    pub(crate) fn autoregressive(&mut self, phi: f64, n: usize) -> Vec<f64> {
        let innovation = (1.0 - phi * phi).sqrt();
        let mut value = self.normal();
        (0..n)
            .map(|_| {
                let now = value;
                value = phi * value + innovation * self.normal();
                now
            })
            .collect()
    }
}

/// A frame of steps 0, 1, 2, ... with columns `m0`, `m1`, ...
pub(crate) fn frame(columns: &[Vec<f64>]) -> MetricFrame {
    let rows = columns.first().map_or(0, Vec::len);
    let builder = FrameBuilder::new(Clock::Step, (0..).take(rows).collect());
    columns
        .iter()
        .enumerate()
        .fold(builder, |builder, (i, values)| {
            builder.column(Metric::new(format!("m{i}")), values.iter().map(|&v| Some(v)))
        })
        .build()
        .unwrap()
        .0
}
