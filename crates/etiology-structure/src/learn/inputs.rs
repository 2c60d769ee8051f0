//! One run of one learner, and what it says in words.

use etiology_graph::GraphDocument;

use super::{Learned, Learner, Method, read};
use crate::{
    Boss, Budget, ColliderRule, Dagma, Dataset, DirectLingam, Fci, Fges, Ges, Grasp, HillClimbing, IcaLingam,
    Knowledge, LearnedClass, LearnedDag, LinearSem, LocalScore, Miic, Mmhc, Mmpc, MvPc, Notears, Pc,
    PcParams, PcVariant, Rfci, SearchReport, StructureError, TabuSearch, Untested, Xges,
};

/// Columns beyond which XGES may apply only so many operators a column. At 2 000 columns and rows noise takes 1 a column to the
/// end; with 200 rows the search goes on adding edges for ten minutes and more, and takes 21 s to this limit.
const WIDE: usize = 1000;
const OPERATORS_A_COLUMN: u64 = 20;

/// One run of a learner.
#[derive(Debug)]
pub(super) struct Inputs<'a> {
    pub(super) options: &'a Learner,
    pub(super) data: &'a Dataset,
    pub(super) knowledge: &'a Knowledge,
    pub(super) seed: u64,
}

impl Inputs<'_> {
    pub(super) fn run(&self) -> Result<Learned, StructureError> {
        let parents = self.options.max_parents;
        match self.options.method {
            Method::Pc => self.pc(Pc::params().with_variant(PcVariant::Original)),
            Method::PcStable => self.pc(Pc::params()),
            Method::ConservativePc => self.pc(Pc::params().with_collider_rule(ColliderRule::Conservative)),
            Method::MajorityPc => self.pc(Pc::params().with_collider_rule(ColliderRule::Majority)),
            Method::Xges => self.xges(),
            Method::Ges => self.class(|score, known| {
                limited(Ges::new(), parents, Ges::with_max_parents).learn(score, known)
            }),
            Method::Fges => self.class(|score, known| {
                limited(Fges::new(), parents, Fges::with_max_parents).learn(score, known)
            }),
            Method::HillClimbing => self.search(|score, known| {
                let learner = HillClimbing::default().with_seed(self.seed);
                limited(learner, parents, HillClimbing::with_max_parents).learn(score, known)
            }),
            Method::Tabu => self.search(|score, known| {
                limited(TabuSearch::default(), parents, TabuSearch::with_max_parents).learn(score, known)
            }),
            Method::MvPc => self.mvpc(),
            Method::Fci => self.fci(),
            Method::Rfci => self.rfci(),
            Method::Mmhc => self.mmhc(),
            Method::Miic => {
                let table = read::categories(self.data)?;
                let found =
                    Miic::new().with_knowledge(self.knowledge.clone()).learn(self.data.nodes(), &table)?;
                let absent =
                    found.left_out().iter().map(|o| format!("`{}` took no part: {}", o.metric, o.why));
                let notes = found.warnings().iter().cloned().chain(absent).collect();
                let read = "mutual information with NML complexity".to_owned();
                Ok(Learned { graph: found.to_document(), read, notes })
            }
            Method::Boss => self.search(|score, known| {
                limited(Boss::new().with_seed(self.seed), parents, Boss::with_max_parents).learn(score, known)
            }),
            Method::Grasp => self.search(|score, known| {
                limited(Grasp::new().with_seed(self.seed), parents, Grasp::with_max_parents)
                    .learn(score, known)
            }),
            Method::DirectLingam => {
                let learner = DirectLingam::new().with_knowledge(self.knowledge.clone());
                Ok(effects(&learner.learn(self.data.nodes(), &read::numbers(self.data)?)?))
            }
            Method::IcaLingam => {
                let learner = IcaLingam::new().with_knowledge(self.knowledge.clone()).with_seed(self.seed);
                Ok(effects(&learner.learn(self.data.nodes(), &read::numbers(self.data)?)?))
            }
            Method::Notears => {
                let covariance = read::moments(self.data)?.covariance(0);
                let learner = Notears::new().with_knowledge(self.knowledge.clone());
                Ok(effects(&learner.learn(self.data.nodes(), &covariance)?))
            }
            Method::Dagma => {
                let covariance = read::moments(self.data)?.covariance(0);
                let learner = Dagma::new().with_knowledge(self.knowledge.clone());
                Ok(effects(&learner.learn(self.data.nodes(), &covariance)?))
            }
        }
    }

    fn pc(&self, params: PcParams) -> Result<Learned, StructureError> {
        let (test, read) = read::test(self.options, self.data, self.seed)?;
        let pc = params.with_alpha(self.options.alpha).with_budget(self.budget()).build()?;
        let found = pc.learn(test.as_ref(), self.knowledge)?;
        let mut notes = self.tested(&found.report);
        notes.extend(ambiguous(found.ambiguous.len()));
        if !found.conflicts.is_empty() {
            let count = found.conflicts.len();
            notes.push(format!(
                "{count} colliders conflict with others; `<->` marks edges that both ends claim"
            ));
        }
        Ok(Learned { graph: found.graph.to_document(), read, notes })
    }

    fn mvpc(&self) -> Result<Learned, StructureError> {
        let mvpc = MvPc::params()
            .with_pc(Pc::params().with_budget(self.budget()))
            .with_alpha(self.options.alpha)
            .build()?;
        let columns = read::numbers(self.data)?.iter().map(|column| column.to_vec()).collect();
        let found = mvpc.learn(columns, self.knowledge)?;
        let name = |v: usize| self.data.nodes().name(v);
        let mut notes = self.tested(&found.report);
        for (column, causes) in
            found.missingness_causes.iter().enumerate().filter(|(_, causes)| !causes.is_empty())
        {
            let causes: Vec<&str> = causes.iter().map(|&cause| name(cause)).collect();
            notes.push(format!("whether `{}` is missing depends on {}", name(column), causes.join(", ")));
        }
        for &(a, b) in &found.corrected {
            notes.push(format!(
                "{} - {} was an artefact of missing values and was removed",
                name(a),
                name(b)
            ));
        }
        let read = format!("fisher-z, corrected for missing values, alpha {}", self.options.alpha);
        Ok(Learned { graph: found.graph.to_document(), read, notes })
    }

    fn fci(&self) -> Result<Learned, StructureError> {
        let (test, read) = read::test(self.options, self.data, self.seed)?;
        let fci = Fci::params().with_alpha(self.options.alpha).with_budget(self.budget()).build()?;
        let found = fci.learn(test.as_ref(), self.knowledge)?;
        let mut notes = self.tested(&found.report);
        notes.extend(ambiguous(found.ambiguous.len()));
        Ok(Learned { graph: found.graph.to_document(), read, notes })
    }

    fn rfci(&self) -> Result<Learned, StructureError> {
        let (test, read) = read::test(self.options, self.data, self.seed)?;
        let rfci = Rfci::params().with_alpha(self.options.alpha).with_budget(self.budget()).build()?;
        let found = rfci.learn(test.as_ref(), self.knowledge)?;
        let mut notes = self.tested(&found.report);
        notes.extend(ambiguous(found.ambiguous.len()));
        Ok(Learned { graph: found.graph.to_document(), read, notes })
    }

    fn mmhc(&self) -> Result<Learned, StructureError> {
        let (test, by_test) = read::test(self.options, self.data, self.seed)?;
        let (score, by_score) = read::score(self.options, self.data)?;
        let neighbours = Mmpc::params().with_alpha(self.options.alpha).with_budget(self.budget()).build()?;
        let search = HillClimbing::new().with_seed(self.seed);
        let search = limited(search, self.options.max_parents, HillClimbing::with_max_parents);
        let found = Mmhc::new(neighbours).with_hill_climbing(search).learn(
            test.as_ref(),
            score.as_ref(),
            self.knowledge,
        )?;
        let mut notes = self.tested(&found.neighbours.report);
        notes.extend(complete(found.learned.complete));
        Ok(Learned {
            graph: found.learned.class.to_document(),
            read: format!("{by_test}; {by_score}"),
            notes,
        })
    }

    fn xges(&self) -> Result<Learned, StructureError> {
        self.class(|score, known| {
            let mut xges = limited(Xges::new(), self.options.max_parents, Xges::with_max_parents);
            if self.data.width() > WIDE {
                xges = xges.with_max_operators(OPERATORS_A_COLUMN * self.data.width() as u64);
            }
            xges.learn(score, known)
        })
    }

    fn class(
        &self,
        learn: impl Fn(&dyn LocalScore, &Knowledge) -> Result<LearnedClass, StructureError>,
    ) -> Result<Learned, StructureError> {
        let (score, read) = read::score(self.options, self.data)?;
        let found = learn(score.as_ref(), self.knowledge)?;
        let mut notes = complete(found.work.complete);
        if found.work.truncated > 0 {
            let count = found.work.truncated;
            notes.push(format!(
                "{count} nodes have so many neighbours that only their smaller subsets were tried"
            ));
        }
        Ok(Learned { graph: found.graph.to_document(), read, notes })
    }

    fn search(
        &self,
        learn: impl Fn(&dyn LocalScore, &Knowledge) -> Result<LearnedDag, StructureError>,
    ) -> Result<Learned, StructureError> {
        let (score, read) = read::score(self.options, self.data)?;
        let found = learn(score.as_ref(), self.knowledge)?;
        Ok(Learned { graph: found.class.to_document(), read, notes: complete(found.complete) })
    }

    fn budget(&self) -> Budget {
        let budget = limited(Budget::unlimited(), self.options.max_depth, Budget::with_max_depth);
        limited(budget, self.options.max_tests, Budget::with_max_tests)
    }

    /// What the data or the budget left open.
    fn tested(&self, report: &SearchReport) -> Vec<String> {
        const SHOWN: usize = 5;
        let nodes = self.data.nodes();
        let mut notes = Vec::new();
        if !report.untested.is_empty() {
            let pair = |edge: &Untested| {
                format!(
                    "{} - {} (from {} conditioning columns on)",
                    nodes.name(edge.a),
                    nodes.name(edge.b),
                    edge.depth
                )
            };
            let shown: Vec<String> = report.untested.iter().take(SHOWN).map(pair).collect();
            let more = report.untested.len().saturating_sub(SHOWN);
            let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.push(format!("the budget left edges untested, which are kept: {}{tail}", shown.join(", ")));
        }
        if report.untestable > 0 {
            let all = report.total_tests() + report.untestable;
            notes.push(format!(
                "{} of {all} tests could not be judged by these data and removed no edge",
                report.untestable
            ));
        }
        notes
    }
}

/// With the option set, when there is one.
fn limited<T, V>(learner: T, limit: Option<V>, set: impl Fn(T, V) -> T) -> T {
    match limit {
        Some(limit) => set(learner, limit),
        None => learner,
    }
}

fn ambiguous(triples: usize) -> Option<String> {
    (triples > 0).then(|| format!("{triples} unshielded triples are ambiguous and orient nothing"))
}

fn complete(complete: bool) -> Vec<String> {
    if complete { Vec::new() } else { vec!["the search stopped at its limit".to_owned()] }
}

fn effects(model: &LinearSem) -> Learned {
    let graph: GraphDocument = model.to_document();
    let absent = model.left_out().iter().map(|o| format!("`{}` took no part: {}", o.metric, o.why));
    let notes = model.warnings().iter().cloned().chain(absent).collect();
    Learned { graph, read: "an edge's number is its effect".to_owned(), notes }
}
