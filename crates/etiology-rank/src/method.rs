//! The trait every root-cause method implements, and the card that describes it.

use serde::Serialize;

use crate::{Case, Level, RankError, Ranking};

/// Whether a method is as its authors published it, quirks included, or with a known defect repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// As in the paper or its code, quirks included: for reproducing published numbers.
    Published,
    /// Without the quirks that [`MethodCard::repairs`] names: for use.
    Repaired,
}

impl Variant {
    /// `published` or `repaired`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Repaired => "repaired",
        }
    }
}

/// What a method cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Rows before the onset or a reference.
    Reference,
    /// A topology.
    Topology,
    /// A symptom metric.
    Symptom,
}

/// What `etiology methods` says about a method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MethodCard {
    /// Its name on the command line, in kebab case.
    pub name: &'static str,
    /// As published or repaired.
    pub variant: Variant,
    /// What it ranks by nature; a metric ranking can be folded into one of entities.
    pub level: Level,
    /// One line: how it scores.
    pub summary: &'static str,
    /// What it cannot do without.
    pub needs: &'static [Need],
    /// What must hold for its answer to mean anything.
    pub assumes: &'static str,
    /// What the repair changes, or which quirk the published form keeps; empty when there is neither.
    pub repairs: &'static str,
    /// Authors, year, where.
    pub cites: &'static str,
    /// Cost in rows `n`, metrics `d`, entities `k`.
    pub complexity: &'static str,
}

impl MethodCard {
    /// `name` for the repaired form, `name:published` for the published one: what `--method` and `--methods` take.
    #[must_use]
    pub fn id(&self) -> String {
        match self.variant {
            Variant::Repaired => self.name.to_owned(),
            Variant::Published => format!("{}:published", self.name),
        }
    }
}

/// Scores the candidates of one incident.
///
/// A method is a value with its options inside, cheap to make and shared between threads. It must give the same ranking
/// for the same case and seed, on any number of threads, and may not depend on the order of columns except through ties,
/// which it leaves as ties.
pub trait RootCauseMethod: std::fmt::Debug + Send + Sync {
    /// What it is.
    fn card(&self) -> MethodCard;

    /// Ranks the candidates of `case`. An empty ranking is an abstention; [`Ranking::abstain`] says why.
    ///
    /// # Errors
    /// When the case lacks what the method needs. A degenerate metric is not an error: it is left out and said.
    fn rank(&self, case: &Case<'_>, seed: u64) -> Result<Ranking, RankError>;
}
