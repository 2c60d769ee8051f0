//! Decomposable scores behind one small trait that every score-based learner uses.

/// A decomposable score over variables numbered `0..variables()`: a graph's score is the sum of its nodes' local scores,
/// and higher is better.
pub trait LocalScore: Sync {
    /// The score's name as users write it, such as `bic`.
    fn name(&self) -> &'static str;

    /// Number of variables.
    fn variables(&self) -> usize;

    /// Buffers and caches for one thread.
    fn session(&self) -> Box<dyn ScoreSession + '_>;
}

/// One thread's view of a [`LocalScore`].
pub trait ScoreSession {
    /// The score of `node` given `parents`, which are distinct, in ascending order and without `node`. Minus infinity, never
    /// NaN, where the model cannot be fitted (a singular or too large parent set), so that no search picks it.
    fn local(&mut self, node: usize, parents: &[usize]) -> f64;
}
