//! How anomalous each node's series is at one row of the anomalous window.
//!
//! Two scores are in use. The *distance* score is `|x - centre| / scale` with centre and scale of the normal window
//! ([`ScoreRule`] says which). The *information-theoretic* score of Orchard et al. (2024) is the log rarity of a
//! distance among the normal ones ([`NodeScores::rarity_at`]).

use etiology_frame::{Omission, Reason};
use etiology_stats::{Center, Floor, LocationScale, Scratch, Spread};

use super::like_for_like::LikeForLike;
use super::marginal::{it_score, refused};
use crate::{Case, RankError};

/// How a node's values become distance scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ScoreRule {
    /// The centre that is subtracted.
    pub(crate) center: Center,
    /// The spread that is divided by.
    pub(crate) spread: Spread,
    /// What the scale may not shrink below.
    pub(crate) floor: Floor,
    /// Whether a node that is constant in the normal window is scored as `|x - mean|` against a threshold of 0, as
    /// PetShop's baseline does, instead of by the floored scale.
    pub(crate) raw_constants: bool,
    /// Fewest normal values a node needs to be scored.
    pub(crate) min_normal: usize,
}

/// Fewest normal values, as PetShop's baseline has it.
pub(crate) const MIN_NORMAL: usize = 10;

impl ScoreRule {
    /// `|x - median| / MAD` without a floor: PetShop's baseline.
    pub(crate) const MAD_PUBLISHED: Self = Self {
        center: Center::Median,
        spread: Spread::Mad,
        floor: Floor::None,
        raw_constants: true,
        min_normal: MIN_NORMAL,
    };

    /// `|x - mean| / std` without a floor.
    pub(crate) const Z_PUBLISHED: Self =
        Self { center: Center::Mean, spread: Spread::Std { ddof: 0 }, ..Self::MAD_PUBLISHED };

    /// The same distances with a scale of at least 1 % of the centre, and no rule apart for constants.
    pub(crate) fn floored(self) -> Self {
        Self { floor: Floor::default(), raw_constants: false, ..self }
    }
}

/// One node's normal behaviour.
#[derive(Debug, Clone)]
struct NodeModel {
    column: usize,
    fit: LocationScale,
    raw: bool,
}

impl NodeModel {
    fn score(&self, value: f64) -> f64 {
        if self.raw { (value - self.fit.location).abs() } else { self.fit.standardize(value).abs() }
    }
}

/// The fitted models of all nodes.
#[derive(Debug, Clone)]
pub(crate) struct NodeScores {
    /// One entry a node; `None` when it has no series or too few normal values.
    models: Vec<Option<NodeModel>>,
}

impl NodeScores {
    pub(crate) fn fit(
        case: &Case<'_>,
        view: &mut LikeForLike<'_>,
        rule: &ScoreRule,
    ) -> Result<Self, RankError> {
        let mut scratch = Scratch::new();
        let mut normal = Vec::new();
        let mut models = vec![None; view.graph.len()];
        for place in &view.nodes {
            let Some(column) = case.normal().column(place.column) else { continue };
            normal.clear();
            column.finite_into(&mut normal);
            if normal.len() < rule.min_normal.max(1) {
                let why =
                    Reason::TooFew { window: "normal", found: normal.len(), needed: rule.min_normal.max(1) };
                view.left_out.push(Omission::new(column.name(), why));
                continue;
            }
            let raw = rule.raw_constants && column.is_constant();
            let center = if raw { Center::Mean } else { rule.center };
            let fit = match LocationScale::fit(&normal, center, rule.spread, rule.floor, &mut scratch) {
                Ok(fit) => fit,
                Err(error) => {
                    view.left_out.push(Omission::new(column.name(), refused(column.name(), error)?));
                    continue;
                }
            };
            if let Some(slot) = models.get_mut(place.node) {
                *slot = Some(NodeModel { column: place.column, fit, raw });
            }
        }
        Ok(Self { models })
    }

    fn model(&self, node: usize) -> Option<&NodeModel> {
        self.models.get(node)?.as_ref()
    }

    /// Whether a node can be scored.
    pub(crate) fn has(&self, node: usize) -> bool {
        self.model(node).is_some()
    }

    /// A node's distance score in a row of the anomalous window; 0 for a null. `None` without a model.
    pub(crate) fn score(&self, case: &Case<'_>, node: usize, row: usize) -> Option<f64> {
        let model = self.model(node)?;
        let value = case.anomalous().column(model.column)?.get(row);
        Some(value.map_or(0.0, |value| model.score(value)))
    }

    /// The score if it is over `threshold` (over 0 for a node in raw units), else `None`.
    pub(crate) fn anomaly(&self, case: &Case<'_>, node: usize, row: usize, threshold: f64) -> Option<f64> {
        let limit = if self.model(node)?.raw { 0.0 } else { threshold };
        self.score(case, node, row).filter(|&score| score > limit)
    }

    /// The row of the anomalous window in which a node scores highest, the first of equals.
    pub(crate) fn loudest_row(&self, case: &Case<'_>, node: usize) -> Option<usize> {
        let mut loudest: Option<(usize, f64)> = None;
        for row in 0..case.anomalous().rows() {
            let score = self.score(case, node, row)?;
            if loudest.is_none_or(|(_, best)| score > best) {
                loudest = Some((row, score));
            }
        }
        loudest.map(|(row, _)| row)
    }

    /// The information-theoretic score ([`it_score`]) in a row, of the distance `|x - centre|` among those of the normal
    /// values. 0 for a null; `None` without a model. `O(n)`.
    pub(crate) fn rarity_at(&self, case: &Case<'_>, node: usize, row: usize) -> Option<f64> {
        let model = self.model(node)?;
        let Some(value) = case.anomalous().column(model.column)?.get(row) else { return Some(0.0) };
        let normal = case.normal().column(model.column)?;
        let distance = (value - model.fit.location).abs();
        Some(it_score(normal.finite().map(|x| (x - model.fit.location).abs()), distance))
    }
}
