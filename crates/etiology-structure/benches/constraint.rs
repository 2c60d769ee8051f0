//! Growth of PC-stable with columns and rows, on numbers and on categories; `benches/growth.sh` makes a table of it.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{categories, grow, numbers, short};
use criterion::{Criterion, criterion_group, criterion_main};
use etiology_structure::{Learner, Method};

fn constraint(c: &mut Criterion) {
    grow(c, "PC-stable, numbers", &Learner::new(Method::PcStable), numbers);
    grow(c, "PC-stable, categories", &Learner::new(Method::PcStable).with_test("g2"), categories);
}

criterion_group! {
    name = benches;
    config = short();
    targets = constraint
}
criterion_main!(benches);
