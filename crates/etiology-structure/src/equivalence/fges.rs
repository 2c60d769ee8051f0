//! [`Fges`]: greedy equivalence search for many variables.

use super::operator::Kind;
use super::report::{LearnedClass, Limits, limit_setters};
use super::search::Search;
use crate::{Knowledge, LocalScore, StructureError};

/// Fast greedy equivalence search (Ramsey et al. 2017): [`Ges`](crate::Ges) whose operators are kept between steps, whose first gains are
/// computed on all threads, and which may assume that causes show in single correlations.
///
/// The operators kept and the threads are shared by all searches of this crate; without the assumption the result
/// equals that of [`Ges`](crate::Ges).
///
/// # Options
/// * [`Fges::with_faithfulness`] (default off): variables that are independent by themselves are joined only while a third is
///   joined to both (two causes of one effect need that for a while). Saves most of the work on thousands of variables
///   and misses edges whose effects cancel out.
/// * [`Fges::with_max_degree`], [`Fges::with_max_parents`], [`Fges::with_max_operators`]: as in [`Ges`](crate::Ges).
///
/// # Assumes
/// As [`Ges`](crate::Ges); with the assumption also that no two paths cancel exactly.
///
/// # Complexity
/// As [`Ges`](crate::Ges).
///
/// # When not to use it
/// When a worse optimum is no price for speed: see [`Xges`](crate::Xges), which is about as fast here.
///
/// # References
/// J. Ramsey, M. Glymour, R. Sanchez-Romero & C. Glymour, *A million variables and more: the Fast Greedy Equivalence
/// Search algorithm*, International Journal of Data Science and Analytics 3, 2017.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fges {
    faithfulness: bool,
    limits: Limits,
}

impl Fges {
    /// Without the assumption and without limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to join only variables that are dependent by themselves or joined to a common third.
    #[must_use]
    pub fn with_faithfulness(mut self, faithfulness: bool) -> Self {
        self.faithfulness = faithfulness;
        self
    }

    limit_setters!();

    /// Learns an equivalence class.
    ///
    /// # Errors
    /// When the knowledge is about another number of variables than the score, or requires what cannot be fitted.
    pub fn learn(
        &self,
        score: &dyn LocalScore,
        knowledge: &Knowledge,
    ) -> Result<LearnedClass, StructureError> {
        let mut search = Search::new(score, knowledge, self.limits)?;
        search.prefill(score);
        if self.faithfulness {
            search.assume_faithfulness();
        }
        search.run(&[Kind::Insert]);
        search.run(&[Kind::Delete]);
        search.finish()
    }
}
