//! The walks of one level, dealt out to threads.
//!
//! The number of conditioning sets grows with the degree to the power of the level, so that one hub can hold half the work of
//! a level. Its walk is cut by targets: each share goes through the same sets with some of the targets, makes the tests that
//! the whole would have made of them, and finds what the whole would have found. Shares are taken one at a time, the
//! largest first, by whichever thread is free, and their outcomes put back in order.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::budget::subsets;
use super::walk::Walk;

/// Cuts the walks that would keep one thread busy after the others have run out of work, without changing their order.
pub(super) fn shares(walks: Vec<Walk<'_>>) -> Vec<Walk<'_>> {
    let threads = rayon::current_num_threads();
    let total = walks.iter().map(cost).fold(0, u64::saturating_add);
    let large = (total / (4 * threads as u64)).max(SMALL);
    if threads == 1 || total <= SMALL {
        return walks;
    }
    let mut out = Vec::with_capacity(walks.len());
    for walk in walks {
        let parts = if cost(&walk) > large { threads } else { 1 };
        let size = walk.targets.len().div_ceil(parts).max(1);
        out.extend(walk.targets.chunks(size).map(|targets| Walk { targets, ..walk }));
    }
    out
}

/// Work that is done before another thread has woken up.
const SMALL: u64 = 20_000;

/// Some measure of the work of a walk: what goes on once a set, and once a set and target.
fn cost(walk: &Walk<'_>) -> u64 {
    subsets(walk.pool.len(), walk.size).min(walk.max_sets).saturating_mul(walk.targets.len() as u64 + 8)
}

/// Runs `work` on every walk, with one `state` a thread; the outcomes are in the order of the walks.
pub(super) fn in_turn<S, R: Send>(
    walks: &[Walk<'_>],
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &Walk<'_>) -> R + Sync,
) -> Vec<R> {
    let threads = rayon::current_num_threads();
    if threads == 1 || walks.iter().map(cost).fold(0, u64::saturating_add) <= SMALL {
        let mut state = state();
        return walks.iter().map(|walk| work(&mut state, walk)).collect();
    }
    let mut order: Vec<usize> = (0..walks.len()).collect();
    order.sort_by_key(|&at| Reverse(cost(&walks[at])));
    let next = AtomicUsize::new(0);
    let take = |_| {
        let (mut state, mut done) = (state(), Vec::new());
        while let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((at, work(&mut state, &walks[at])));
        }
        done
    };
    let mut done: Vec<(usize, R)> =
        (0..threads).into_par_iter().with_max_len(1).flat_map_iter(take).collect();
    done.sort_unstable_by_key(|&(at, _)| at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}
