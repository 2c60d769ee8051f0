//! Growth of the score-based learners with columns and rows; `benches/growth.sh` makes a table of it.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{categories, grow, numbers, short};
use criterion::{Criterion, criterion_group, criterion_main};
use etiology_structure::{Learner, Method};

fn equivalence(c: &mut Criterion) {
    grow(c, "XGES, numbers", &Learner::new(Method::Xges), numbers);
    grow(c, "BOSS, numbers", &Learner::new(Method::Boss), numbers);
    grow(c, "Hill climbing, categories", &Learner::new(Method::HillClimbing).with_score("bic"), categories);
}

criterion_group! {
    name = benches;
    config = short();
    targets = equivalence
}
criterion_main!(benches);
