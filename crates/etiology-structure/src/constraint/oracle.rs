//! [`DSeparation`]: the answers an endless sample of a known graph would give.

use etiology_graph::{Dag, NodeSet, d_separated};
use etiology_stats::{IndependenceTest, TestResult, TestSession};

/// A test that reads independence off a DAG by d-separation, some of whose nodes may be hidden. With it a learner shows what
/// it can recover at best, and on a graph with a known answer whether it is right.
///
/// Variables are the observed nodes in order. A query costs `O(p + edges)`.
///
/// ```
/// use etiology_graph::{Dag, Nodes};
/// use etiology_stats::IndependenceTest;
/// use etiology_structure::DSeparation;
///
/// let chain = Dag::from_edges(Nodes::numbered(3), [(0, 1), (1, 2)])?;
/// let test = DSeparation::new(chain);
/// assert_eq!(test.session().independent(0, 2, &[1], 0.05), Some(true));
/// assert_eq!(test.session().independent(0, 2, &[], 0.05), Some(false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DSeparation {
    dag: Dag,
    observed: Vec<usize>,
    selection: NodeSet,
}

impl DSeparation {
    /// All nodes observed.
    #[must_use]
    pub fn new(dag: Dag) -> Self {
        let (observed, selection) = ((0..dag.len()).collect(), NodeSet::new(dag.len()));
        Self { dag, observed, selection }
    }

    /// The nodes in `latent` hidden, and every sample selected by those in `selection`, which are hidden too.
    #[must_use]
    pub fn with_hidden(dag: Dag, latent: &NodeSet, selection: &NodeSet) -> Self {
        let observed = (0..dag.len()).filter(|&v| !latent.contains(v) && !selection.contains(v)).collect();
        Self { dag, observed, selection: selection.clone() }
    }
}

impl IndependenceTest for DSeparation {
    fn name(&self) -> &'static str {
        "d-separation"
    }

    fn variables(&self) -> usize {
        self.observed.len()
    }

    fn session(&self) -> Box<dyn TestSession + '_> {
        Box::new(Session { oracle: self, given: NodeSet::new(self.dag.len()) })
    }
}

struct Session<'a> {
    oracle: &'a DSeparation,
    given: NodeSet,
}

impl TestSession for Session<'_> {
    fn test(&mut self, x: usize, y: usize, given: &[usize]) -> Option<TestResult> {
        let DSeparation { dag, observed, selection } = self.oracle;
        self.given.clear();
        self.given.union_with(selection);
        for &z in given {
            self.given.insert(*observed.get(z)?);
        }
        let separated = d_separated(dag, *observed.get(x)?, *observed.get(y)?, &self.given);
        let p_value = if separated { 1.0 } else { 0.0 };
        Some(TestResult { statistic: 1.0 - p_value, df: None, p_value })
    }
}
