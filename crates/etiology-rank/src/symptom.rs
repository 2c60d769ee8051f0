//! Chooses the symptom when nobody named one.

use etiology_frame::Layer;

use crate::Case;
use crate::shift::Shift;

/// The positions of the symptoms among the case's metrics: those that were named, else one that is chosen.
///
/// The choice is what a user of the system would notice. Of the metrics that shifted beyond what the reference does by
/// itself, those of the model layer come first (loss, accuracy, a service's latency and errors), among them those of
/// entities that no other entity depends on, and of these the most shifted one.
pub(crate) fn symptoms(case: &Case<'_>, shifts: &[Shift]) -> Vec<usize> {
    let given = case.symptoms();
    if !given.is_empty() {
        return given;
    }
    let topology = &case.incident().topology;
    let at_the_edge = |index: usize| {
        let entity = case.metrics().get(index).and_then(|metric| metric.entity.as_deref());
        let node = entity.and_then(|entity| topology.index_of(entity));
        node.is_some_and(|node| topology.causes().all(|(cause, effect)| cause != node || effect == node))
    };
    let is_model = |index: usize| case.metrics().get(index).is_some_and(|m| m.layer == Some(Layer::Model));
    let best = shifts.iter().filter(|shift| shift.is_significant()).max_by(|a, b| {
        let key = |s: &Shift| (is_model(s.index), at_the_edge(s.index));
        // The first of equals in column order wins, so the later one must compare as smaller.
        key(a).cmp(&key(b)).then(a.score.abs().total_cmp(&b.score.abs())).then(b.index.cmp(&a.index))
    });
    best.map(|shift| shift.index).into_iter().collect()
}
