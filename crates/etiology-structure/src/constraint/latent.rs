//! From a skeleton to the graph on which the rules of FCI and RFCI work: circles, what the knowledge says, colliders.

use etiology_graph::{EdgeMarks, Mark, Pag};

use super::collider::{Kind, Triple};
use super::skeleton::Skeleton;
use crate::Knowledge;

/// Circles everywhere, but for the marks of the knowledge.
pub(super) fn circles(skeleton: &Skeleton, knowledge: &Knowledge) -> Pag {
    let mut graph = Pag::from_skeleton(knowledge.nodes().clone(), &skeleton.adjacent);
    for (a, near) in skeleton.adjacent.iter().enumerate() {
        for b in near {
            if knowledge.requires(a, b) {
                graph.set(a, b, EdgeMarks::DIRECTED);
            } else if !knowledge.allows(a, b) && !knowledge.requires(b, a) {
                graph.set_mark(b, a, Mark::Arrow);
            }
        }
    }
    graph
}

/// Two arrowheads at each collider, unless a tail stands against one of them.
pub(super) fn orient_colliders(graph: &mut Pag, triples: &[Triple]) {
    for &Triple { a, b, c, .. } in triples.iter().filter(|triple| triple.kind == Kind::Collider) {
        if [a, c].iter().all(|&end| graph.mark(end, b) != Some(Mark::Tail)) {
            graph.set_mark(a, b, Mark::Arrow);
            graph.set_mark(c, b, Mark::Arrow);
        }
    }
}

/// The triples that imply nothing, in the order of the judged ones.
pub(super) fn ambiguous(triples: &[Triple]) -> Vec<(usize, usize, usize)> {
    triples.iter().filter(|t| t.kind == Kind::Ambiguous).map(|t| (t.a, t.b, t.c)).collect()
}
