//! Decomposable scores behind one small trait that every score-based learner uses.

use etiology_graph::Dag;

/// A decomposable score over variables numbered `0..variables()`: a graph's score is the sum of its nodes' local scores,
/// and higher is better.
pub trait LocalScore: Sync {
    /// The score's name as users write it, such as `bic`.
    fn name(&self) -> &'static str;

    /// Number of variables.
    fn variables(&self) -> usize;

    /// Buffers and caches for one thread.
    fn session(&self) -> Box<dyn ScoreSession + '_>;

    /// The score of a graph over the same variables; minus infinity when a node's parents cannot be fitted.
    fn total(&self, dag: &Dag) -> f64 {
        let mut session = self.session();
        let nodes = 0..dag.len().min(self.variables());
        nodes.map(|node| session.local(node, &dag.parents(node).iter().collect::<Vec<_>>())).sum()
    }
}

/// One thread's view of a [`LocalScore`].
pub trait ScoreSession {
    /// The score of `node` given `parents`, which are distinct, in ascending order and without `node`. Minus infinity, never
    /// NaN, where the model cannot be fitted (a singular or too large parent set), so that no search picks it.
    fn local(&mut self, node: usize, parents: &[usize]) -> f64;

    /// The scores of `node` given `base` and one candidate more, for each candidate; none of them is in `base` or is `node`.
    /// Scores whose work on `base` can be shared do so, and may then differ from [`ScoreSession::local`] by rounding.
    fn with_each(&mut self, node: usize, base: &[usize], candidates: &[usize], out: &mut Vec<f64>) {
        let mut parents = Vec::with_capacity(base.len() + 1);
        out.clear();
        for &candidate in candidates {
            join(base, candidate, &mut parents);
            out.push(self.local(node, &parents));
        }
    }

    /// The candidates that raise the score of `node` when one of them joins `base`, each with its gain. What
    /// [`ScoreSession::with_each`] says of candidates and rounding holds here too.
    fn improvements(
        &mut self,
        node: usize,
        base: &[usize],
        candidates: &[usize],
        out: &mut Vec<(usize, f64)>,
    ) {
        let without = self.local(node, base);
        let mut scores = Vec::with_capacity(candidates.len());
        self.with_each(node, base, candidates, &mut scores);
        out.clear();
        out.extend(candidates.iter().copied().zip(scores).filter_map(|(candidate, with)| {
            let gain = with - without;
            (gain > 0.0).then_some((candidate, gain))
        }));
    }

    /// Whether a local score costs no more than looking it up in a table, so that caches are better left out.
    fn is_cheap(&self) -> bool {
        false
    }
}

/// Writes `base` with `candidate` at its place into `out`.
pub(crate) fn join(base: &[usize], candidate: usize, out: &mut Vec<usize>) {
    let at = base.partition_point(|&other| other < candidate);
    out.clear();
    out.extend_from_slice(&base[..at]);
    out.push(candidate);
    out.extend_from_slice(&base[at..]);
}
