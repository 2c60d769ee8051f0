//! What simple and smooth traversal share: the symptom's ancestors with one score each, in the symptom's loudest row.

use crate::Level;
use crate::{Case, RankError, Ranking};

use super::like_for_like::LikeForLike;
use super::node_score::ScoreRule;

/// Which score an entity gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeScore {
    /// `-ln` of how rare the distance from the normal mean is among normal distances; saturates at `ln(2n + 1)`.
    Rarity,
    /// `|x - mean| / std` with a floored scale; does not saturate.
    Distance,
}

/// The symptom's ancestors and their scores.
pub(crate) struct Ancestors<'a> {
    pub(crate) view: LikeForLike<'a>,
    /// One entry a node of the topology; `None` for nodes that cannot be scored.
    pub(crate) scores: Vec<Option<f64>>,
    /// The ancestors that can be scored, in column order.
    pub(crate) nodes: Vec<usize>,
}

impl<'a> Ancestors<'a> {
    /// Scores the ancestors, or says why it cannot.
    pub(crate) fn of(
        case: &Case<'a>,
        method: &str,
        score: NodeScore,
    ) -> Result<Result<Self, Ranking>, RankError> {
        let mut view = LikeForLike::of(case, method)?;
        let rule = match score {
            NodeScore::Rarity => ScoreRule::Z_PUBLISHED,
            NodeScore::Distance => ScoreRule::Z_PUBLISHED.floored(),
        };
        let models = view.scores(case, &rule)?;
        let Some(row) = models.loudest_row(case, view.target) else {
            let symptom = view.graph.name(view.target);
            let why = format!("the symptom on `{symptom}` has too few values to choose the row to judge");
            return Ok(Err(Ranking::abstain(Level::Entity, why, view.left_out)));
        };
        let score_of = |node: usize| match score {
            NodeScore::Rarity => models.rarity_at(case, node, row),
            NodeScore::Distance => models.score(case, node, row),
        };
        let scores: Vec<Option<f64>> = (0..view.graph.len()).map(score_of).collect();
        let is_ancestor = view.graph.ancestors(view.target);
        let wanted = |node: &usize| is_ancestor.get(*node) == Some(&true) && models.has(*node);
        let nodes = view.nodes.iter().map(|place| place.node).filter(wanted).collect();
        Ok(Ok(Self { view, scores, nodes }))
    }

    /// A node's score; 0 for a node that cannot be scored.
    pub(crate) fn score(&self, node: usize) -> f64 {
        self.scores.get(node).copied().flatten().unwrap_or(0.0)
    }

    /// The largest score among a node's direct causes, 0 when it has none.
    pub(crate) fn largest_cause(&self, node: usize) -> f64 {
        self.view.graph.causes(node).map(|cause| self.score(cause)).fold(0.0, f64::max)
    }

    /// An abstention that says which symptom could not be explained.
    pub(crate) fn abstain(self, why: &str) -> Ranking {
        let why = format!("{why} `{}`", self.view.graph.name(self.view.target));
        Ranking::abstain(Level::Entity, why, self.view.left_out)
    }
}
