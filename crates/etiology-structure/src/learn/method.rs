//! The learners by name, and what each is.

use std::str::FromStr;

use serde::Serialize;

use crate::StructureError;

/// A learner, by the name users write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Method {
    /// PC as first published: the adjacency search uses removals at once.
    Pc,
    /// PC-stable.
    PcStable,
    /// Conservative PC.
    ConservativePc,
    /// Majority-rule PC.
    MajorityPc,
    /// PC with missing values and their correction.
    MvPc,
    /// FCI.
    Fci,
    /// RFCI.
    Rfci,
    /// GES.
    Ges,
    /// FGES.
    Fges,
    /// XGES.
    Xges,
    /// Hill climbing.
    HillClimbing,
    /// Tabu search.
    Tabu,
    /// Max-min hill climbing.
    Mmhc,
    /// BOSS.
    Boss,
    /// GRaSP.
    Grasp,
    /// DirectLiNGAM.
    DirectLingam,
    /// ICA-LiNGAM.
    IcaLingam,
    /// NOTEARS.
    Notears,
    /// DAGMA.
    Dagma,
    /// MIIC.
    Miic,
}

/// What a learner reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reads {
    /// An independence test.
    Test,
    /// A decomposable score.
    Score,
    /// Both.
    TestAndScore,
    /// Columns of numbers.
    Numbers,
    /// Columns of categories.
    Categories,
}

/// A learner's card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LearnerCard {
    /// The name users write.
    pub name: &'static str,
    /// In one line, what it does.
    pub summary: &'static str,
    /// What it reads.
    pub reads: Reads,
    /// What it returns: a DAG, a CPDAG or a PAG.
    pub finds: &'static str,
    /// What must hold for the answer to be right.
    pub assumes: &'static str,
    /// How its cost grows.
    pub complexity: &'static str,
    /// Where it is published.
    pub cites: &'static str,
}

const FAITHFUL: &str = "no hidden common cause, independent rows, a distribution faithful to the graph";
const SCORED: &str = "no hidden common cause, independent rows, the score's likelihood";
const LINEAR: &str =
    "no hidden common cause, linear effects, independent non-Gaussian noise (at most one Gaussian)";

/// Every learner with its card, in the order they are listed.
const CARDS: [(Method, LearnerCard); 20] = [
    (
        Method::Xges,
        LearnerCard {
            name: "xges",
            summary: "greedy search over equivalence classes that prefers deletions, then retries from forced deletions",
            reads: Reads::Score,
            finds: "CPDAG",
            assumes: SCORED,
            complexity: "polynomial on sparse graphs, exponential in the largest clique",
            cites: "Nazaret & Blei 2024, \"Extremely Greedy Equivalence Search\", UAI",
        },
    ),
    (
        Method::Ges,
        LearnerCard {
            name: "ges",
            summary: "greedy equivalence search: forward insertions, backward deletions",
            reads: Reads::Score,
            finds: "CPDAG",
            assumes: SCORED,
            complexity: "polynomial on sparse graphs, exponential in the largest clique",
            cites: "Chickering 2002, \"Optimal Structure Identification with Greedy Search\", JMLR 3",
        },
    ),
    (
        Method::Fges,
        LearnerCard {
            name: "fges",
            summary: "GES with cached effects that are scored anew only where the graph changed",
            reads: Reads::Score,
            finds: "CPDAG",
            assumes: SCORED,
            complexity: "as GES; near linear in the edges on sparse graphs",
            cites: "Ramsey, Glymour, Sanchez-Romero & Glymour 2017, Int. J. Data Science and Analytics 3",
        },
    ),
    (
        Method::Boss,
        LearnerCard {
            name: "boss",
            summary: "best-order score search: moves variables in an order, grow-shrink trees find parents",
            reads: Reads::Score,
            finds: "CPDAG",
            assumes: SCORED,
            complexity: "O(p^2) tree look-ups a pass",
            cites: "Andrews, Ramsey, Sanchez-Romero, Camchong & Kummerfeld 2023, NeurIPS",
        },
    ),
    (
        Method::Grasp,
        LearnerCard {
            name: "grasp",
            summary: "greedy relaxations of the sparsest permutation by tucks of covered edges",
            reads: Reads::Score,
            finds: "CPDAG",
            assumes: "as BOSS, under weaker faithfulness than PC and GES",
            complexity: "exponential in its depths, bounded by them",
            cites: "Lam, Andrews & Ramsey 2022, UAI",
        },
    ),
    (
        Method::HillClimbing,
        LearnerCard {
            name: "hc",
            summary: "hill climbing over DAGs by additions, deletions and reversals, with restarts",
            reads: Reads::Score,
            finds: "CPDAG of the best DAG",
            assumes: SCORED,
            complexity: "O(p^2) scores at first, O(p) a step",
            cites: "Heckerman, Geiger & Chickering 1995, Machine Learning 20",
        },
    ),
    (
        Method::Tabu,
        LearnerCard {
            name: "tabu",
            summary: "hill climbing that walks on through worse graphs, never back to one it just left",
            reads: Reads::Score,
            finds: "CPDAG of the best DAG",
            assumes: SCORED,
            complexity: "as hill climbing",
            cites: "Glover 1989, ORSA J. Computing 1; Bouckaert 1995",
        },
    ),
    (
        Method::Mmhc,
        LearnerCard {
            name: "mmhc",
            summary: "hill climbing among the pairs that max-min parents and children keeps",
            reads: Reads::TestAndScore,
            finds: "CPDAG of the best DAG",
            assumes: FAITHFUL,
            complexity: "exponential in the largest neighbourhood, bounded by the depth",
            cites: "Tsamardinos, Brown & Aliferis 2006, Machine Learning 65",
        },
    ),
    (
        Method::PcStable,
        LearnerCard {
            name: "pc-stable",
            summary: "PC whose skeleton does not depend on the order of the columns",
            reads: Reads::Test,
            finds: "CPDAG, <-> where findings conflict",
            assumes: FAITHFUL,
            complexity: "O(p^2) tests on sparse graphs, exponential in the largest neighbourhood",
            cites: "Colombo & Maathuis 2014, JMLR 15",
        },
    ),
    (
        Method::Pc,
        LearnerCard {
            name: "pc",
            summary: "PC as first published; depends on the order of the columns",
            reads: Reads::Test,
            finds: "CPDAG, <-> where findings conflict",
            assumes: FAITHFUL,
            complexity: "as pc-stable, with fewer tests",
            cites: "Spirtes, Glymour & Scheines 2000, Causation, Prediction, and Search, 5.4.2",
        },
    ),
    (
        Method::ConservativePc,
        LearnerCard {
            name: "conservative-pc",
            summary: "PC-stable that orients a collider only when every separating set agrees",
            reads: Reads::Test,
            finds: "CPDAG, ambiguous triples unoriented",
            assumes: "as PC, with weaker orientation faithfulness",
            complexity: "as pc-stable, and the subsets around each unshielded triple",
            cites: "Ramsey, Zhang & Spirtes 2006, UAI",
        },
    ),
    (
        Method::MajorityPc,
        LearnerCard {
            name: "majority-pc",
            summary: "PC-stable that orients a collider when most separating sets agree",
            reads: Reads::Test,
            finds: "CPDAG, ambiguous triples unoriented",
            assumes: FAITHFUL,
            complexity: "as conservative-pc",
            cites: "Colombo & Maathuis 2014, JMLR 15",
        },
    ),
    (
        Method::MvPc,
        LearnerCard {
            name: "mvpc",
            summary: "PC on rows with missing values, corrected where missingness depends on other columns",
            reads: Reads::Test,
            finds: "CPDAG, <-> where findings conflict",
            assumes: "as PC; linear effects and Gaussian noise; no column hides its own values, the causes of missingness are observed",
            complexity: "as pc-stable",
            cites: "Tu, Zhang, Ackermann, Mohan, Kjellstrom & Zhang 2019, AISTATS",
        },
    ),
    (
        Method::Fci,
        LearnerCard {
            name: "fci",
            summary: "PC's reasoning with hidden common causes and selection allowed",
            reads: Reads::Test,
            finds: "PAG",
            assumes: "independent rows, a distribution faithful to the graph",
            complexity: "exponential in the largest possible-d-separating set",
            cites: "Spirtes, Meek & Richardson 1999; Zhang 2008, Artificial Intelligence 172",
        },
    ),
    (
        Method::Rfci,
        LearnerCard {
            name: "rfci",
            summary: "FCI for many columns: tests what it is about to orient instead of possible-d-separating sets",
            reads: Reads::Test,
            finds: "PAG, with edges too many where no set of neighbours separates",
            assumes: "as FCI",
            complexity: "as pc-stable, and two tests an unshielded triple",
            cites: "Colombo, Maathuis, Kalisch & Richardson 2012, Annals of Statistics 40",
        },
    ),
    (
        Method::DirectLingam,
        LearnerCard {
            name: "lingam",
            summary: "linear non-Gaussian model found root by root, effects pruned by the adaptive lasso",
            reads: Reads::Numbers,
            finds: "DAG with effects",
            assumes: LINEAR,
            complexity: "O(n p^3)",
            cites: "Shimizu et al. 2011, JMLR 12; Hyvarinen & Smith 2013, JMLR 14",
        },
    ),
    (
        Method::IcaLingam,
        LearnerCard {
            name: "ica-lingam",
            summary: "linear non-Gaussian model from independent component analysis",
            reads: Reads::Numbers,
            finds: "DAG with effects",
            assumes: LINEAR,
            complexity: "O(n p^2) an iteration; may end in a local optimum",
            cites: "Shimizu, Hoyer, Hyvarinen & Kerminen 2006, JMLR 7",
        },
    ),
    (
        Method::Notears,
        LearnerCard {
            name: "notears",
            summary: "least squares with an l1 penalty under a smooth acyclicity constraint",
            reads: Reads::Numbers,
            finds: "DAG with effects",
            assumes: "no hidden common cause, linear effects, noise of equal variance; the scale of columns matters",
            complexity: "O(p^3) an iteration",
            cites: "Zheng, Aragam, Ravikumar & Xing 2018, NeurIPS",
        },
    ),
    (
        Method::Dagma,
        LearnerCard {
            name: "dagma",
            summary: "as NOTEARS, with a log-determinant barrier",
            reads: Reads::Numbers,
            finds: "DAG with effects",
            assumes: "as NOTEARS",
            complexity: "O(p^3) an iteration",
            cites: "Bello, Aragam & Ravikumar 2022, NeurIPS",
        },
    ),
    (
        Method::Miic,
        LearnerCard {
            name: "miic",
            summary: "information-theoretic: removes what others explain, orients by three-point information",
            reads: Reads::Categories,
            finds: "partially directed graph, <-> for a hidden common cause",
            assumes: "independent rows, a distribution faithful to the graph",
            complexity: "O(p^3) at first, then by the contributors of each edge",
            cites: "Verny, Sella, Affeldt, Singh & Isambert 2017, PLoS Computational Biology 13",
        },
    ),
];

impl Method {
    /// Every learner, in the order they are listed.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        CARDS.iter().map(|&(method, _)| method)
    }

    /// The learner's card.
    #[must_use]
    pub fn card(self) -> &'static LearnerCard {
        CARDS.iter().find(|(method, _)| *method == self).map_or(&CARDS[0].1, |(_, card)| card)
    }

    /// The name users write.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.card().name
    }
}

impl FromStr for Method {
    type Err = StructureError;

    fn from_str(name: &str) -> Result<Self, StructureError> {
        Self::all()
            .find(|method| method.name() == name)
            .ok_or_else(|| unknown("learner", name, Self::all().map(Self::name)))
    }
}

/// An unknown name, with the known ones.
pub(super) fn unknown(
    what: &'static str,
    name: &str,
    known: impl Iterator<Item = &'static str>,
) -> StructureError {
    let known: Vec<&str> = known.collect();
    StructureError::Unsuitable {
        message: format!("no {what} is called `{name}`; there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_every_card_is_complete() {
        for method in Method::all() {
            assert_eq!(method.name().parse::<Method>().unwrap(), method);
            let card = method.card();
            for text in [card.summary, card.finds, card.assumes, card.complexity, card.cites] {
                assert!(!text.is_empty(), "{}", card.name);
            }
        }
        assert!("pc2".parse::<Method>().unwrap_err().to_string().contains("pc-stable"));
    }
}
