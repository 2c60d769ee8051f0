//! Lagged discovery on 20 series, and how it grows. `cargo bench -p etiology-granger --bench discovery`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use etiology_granger::{Nodes, Ocse, Pcmci, PcmciPlus, Series};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Each series follows itself and two others at lags 1 to 3.
fn series(width: usize, rows: usize) -> Series {
    let mut rng = StdRng::seed_from_u64(1);
    let links: Vec<[(usize, usize); 2]> =
        (0..width).map(|_| [(); 2].map(|()| (rng.random_range(0..width), rng.random_range(1..4)))).collect();
    let mut columns = vec![vec![0.0; rows]; width];
    for row in 3..rows {
        for effect in 0..width {
            let causes: f64 = links[effect].iter().map(|&(cause, lag)| columns[cause][row - lag]).sum();
            columns[effect][row] =
                0.4 * columns[effect][row - 1] + 0.2 * causes + rng.random_range(-1.0..1.0);
        }
    }
    Series::new(Nodes::numbered(width), columns).unwrap()
}

fn discovery(c: &mut Criterion) {
    for (width, rows) in [(20, 1000), (20, 10_000), (40, 1000)] {
        let series = series(width, rows);
        let of = |method: &str| format!("{method} p={width} T={rows}");
        c.bench_function(&of("pcmci"), |b| b.iter(|| Pcmci::new().learn(black_box(&series)).unwrap()));
        c.bench_function(&of("pcmci+"), |b| {
            b.iter(|| PcmciPlus::new().learn(black_box(&series)).unwrap());
        });
        c.bench_function(&of("ocse"), |b| b.iter(|| Ocse::new().learn(black_box(&series)).unwrap()));
    }
}

criterion_group!(benches, discovery);
criterion_main!(benches);
