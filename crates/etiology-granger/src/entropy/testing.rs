//! Data for tests that other programs can make as well: a linear congruential generator (Knuth's MMIX constants, the upper
//! 53 bits) and the cosine half of Box and Muller's transform.

/// `width` columns of independent standard normal values, drawn row by row.
pub(crate) fn normals(width: usize, rows: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut state = seed;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let mut columns = vec![Vec::with_capacity(rows); width];
    for _ in 0..rows {
        for column in &mut columns {
            let (radius, angle) = (uniform(), uniform());
            column.push((-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos());
        }
    }
    columns
}
