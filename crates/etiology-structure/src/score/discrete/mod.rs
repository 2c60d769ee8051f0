//! [`DiscreteScore`]: scores of networks over categories, from counts.

mod terms;

use etiology_stats::{CountSession, Counter, DiscreteTable, FamilyCounts};

use self::terms::{Entropy, Quantum, Regrets, RisingTables};
use crate::{LocalScore, ScoreSession, StructureError};

/// How a discrete family is scored. `r` is the node's number of levels, `q` the number of configurations of its parents,
/// `n_jk` the rows with configuration `j` and level `k`, `n_j` their sum, `p` the number of variables.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum DiscreteCriterion {
    /// `sum n_jk ln(n_jk / n_j)`, which every added edge raises.
    LogLikelihood,
    /// The log-likelihood less `penalty (r - 1) q / 2 ln n` (Schwarz 1978 at penalty 1).
    Bic {
        /// The factor on Schwarz's penalty, at least 0.
        penalty: f64,
    },
    /// The log-likelihood less `(r - 1) q` (Akaike 1974).
    Aic,
    /// BIC less `2 gamma ln p` for every parent (Chen & Chen 2008; Foygel & Drton 2010, on the scale of the log-likelihood).
    Ebic {
        /// Weight of the prior over graphs, at least 0.
        gamma: f64,
    },
    /// The marginal likelihood under the prior `Dirichlet(iss / (q r))` (Buntine 1991; Heckerman, Geiger & Chickering 1995).
    Bdeu {
        /// The imaginary sample size, above 0.
        iss: f64,
    },
    /// BDeu with the imaginary rows spread over the configurations that occur (Scutari 2016). Not score equivalent.
    Bds {
        /// The imaginary sample size, above 0.
        iss: f64,
    },
    /// The marginal likelihood under the prior `Dirichlet(1)` (Cooper & Herskovits 1992). Not score equivalent.
    K2,
    /// The marginal likelihood under Jeffreys' prior, `Dirichlet(1/2)` (Suzuki 2017). Not score equivalent.
    Bdj,
    /// The factorised normalised maximum likelihood (Silander, Roos, Kontkanen & Myllymaki 2008). Not score equivalent.
    Fnml,
    /// The quotient normalised maximum likelihood (Silander, Leppa-aho, Jaasaari & Roos 2018), free of tuning parameters.
    Qnml,
}

impl DiscreteCriterion {
    /// The default, BDeu with an imaginary sample size of 1.
    pub const DEFAULT: Self = Self::Bdeu { iss: 1.0 };

    /// Whether Markov-equivalent graphs have one score.
    #[must_use]
    pub fn is_score_equivalent(self) -> bool {
        !matches!(self, Self::Bds { .. } | Self::K2 | Self::Bdj | Self::Fnml)
    }

    /// Whether the criterion is a penalised likelihood.
    fn is_likelihood(self) -> bool {
        matches!(self, Self::LogLikelihood | Self::Bic { .. } | Self::Aic | Self::Ebic { .. })
    }

    fn name(self) -> &'static str {
        match self {
            Self::LogLikelihood => "loglik",
            Self::Bic { .. } => "bic",
            Self::Aic => "aic",
            Self::Ebic { .. } => "ebic",
            Self::Bdeu { .. } => "bdeu",
            Self::Bds { .. } => "bds",
            Self::K2 => "k2",
            Self::Bdj => "bdj",
            Self::Fnml => "fnml",
            Self::Qnml => "qnml",
        }
    }
}

/// Scores of discrete networks.
///
/// # Options
/// The criterion, by default [`DiscreteCriterion::DEFAULT`]; [`DiscreteScore::with_expected_parents`], a prior for sparse graphs.
///
/// # Assumes
/// Independent rows; categories without order; a table of probabilities for every configuration of a node's parents.
/// Levels count whether or not they occur: drop those that cannot.
///
/// # Missing values
/// With a penalised likelihood, a family is scored on the rows complete in it, and its log-likelihood scaled up to all rows:
/// the node-average likelihood (Balov 2013). That is sound when values are missing completely at random; BIC's penalty is
/// then too small for consistency (Bodewes & Scutari 2021 ask for one that grows faster than the square root of `n`), so
/// raise `penalty`. The other criteria refuse missing values.
///
/// # When not to use it
/// With many levels and few rows: a parent of 50 levels costs 49 parameters a level of the child, and no edge pays for
/// itself, and where the configurations that may occur times the node's levels exceed both four million and `16 n` the score is
/// minus infinity. Group levels first. BDeu with a large `iss` favours dense graphs.
///
/// # Complexity
/// `O(n k)` for a fresh set of `k` parents and `O(n)` for one candidate added to the last set, whatever the number of
/// configurations (with more cells than `4 n`, `O(n ln n)`). Sums are exact, see below, and a score is the same bits for any
/// order of rows and columns.
///
/// # Exact ties
/// Terms are rounded to multiples of a power of two (`2^-33` at 5 000 rows) small enough for sums without rounding errors, so
/// the two directions of an edge between score-equivalent graphs tie exactly and a search meets them in its stated order.
///
/// # References
/// As at each [`DiscreteCriterion`]; N. Balov, *Consistent model selection of discrete Bayesian networks from incomplete
/// data*, Electronic Journal of Statistics 7, 2013; M. Scutari, *An empirical-Bayes score for discrete Bayesian networks*,
/// PGM 2016.
#[derive(Debug, Clone)]
pub struct DiscreteScore {
    columns: Counter,
    missing: Vec<bool>,
    criterion: DiscreteCriterion,
    quantum: Quantum,
    entropy: Entropy,
    /// What every parent adds.
    per_edge: f64,
}

impl DiscreteScore {
    /// Of the columns of a table, by the default criterion and, from three columns on, one expected parent
    /// ([`DiscreteScore::with_expected_parents`]): the pair that ended nearest to the truth on samples of six reference networks,
    /// see the crate's page.
    ///
    /// # Errors
    /// When there is no row, or more than 4 294 967 294, or a value is missing, which the default criterion does not take.
    pub fn new(table: &DiscreteTable) -> Result<Self, StructureError> {
        let score = Self::with(table, DiscreteCriterion::DEFAULT)?;
        if table.width() > 2 { score.with_expected_parents(1.0) } else { Ok(score) }
    }

    /// Of the columns of a table, by a criterion, all graphs equally likely.
    ///
    /// # Errors
    /// As [`DiscreteScore::new`]; when a parameter of the criterion is out of range.
    pub fn with(table: &DiscreteTable, criterion: DiscreteCriterion) -> Result<Self, StructureError> {
        if table.rows() == 0 || table.rows() >= u32::MAX as usize {
            return Err(StructureError::NoData {
                message: format!(
                    "a discrete score needs between 1 and 4294967294 rows and the table has {}",
                    table.rows()
                ),
            });
        }
        check(criterion)?;
        let missing = table.columns().iter().position(|column| column.missing() > 0);
        if let (false, Some(column)) = (criterion.is_likelihood(), missing) {
            return Err(StructureError::NoData {
                message: format!(
                    "{} needs complete columns and {} of the {} values of column {column} are missing; keep complete rows, \
                     impute, or use bic",
                    criterion.name(),
                    table.columns()[column].missing(),
                    table.rows()
                ),
            });
        }
        let quantum = Quantum::new(table.rows());
        let entropy = Entropy::new(table.rows(), quantum);
        let missing = table.columns().iter().map(|column| column.missing() > 0).collect();
        Ok(Self { columns: Counter::new(table)?, missing, criterion, quantum, entropy, per_edge: 0.0 })
    }

    /// Adds a prior over graphs in which each of the `p - 1` other variables is a parent with probability `expected / (p - 1)`,
    /// on its own: every parent then adds the log of its odds.
    ///
    /// # Errors
    /// When `expected` is not above 0 and below `p - 1`.
    pub fn with_expected_parents(mut self, expected: f64) -> Result<Self, StructureError> {
        let share = expected / (self.columns.width() as f64 - 1.0);
        if !(share > 0.0 && share < 1.0) {
            return Err(StructureError::Parameter {
                parameter: "the expected number of parents",
                value: expected,
                expected: "above 0 and below the number of other variables",
            });
        }
        self.per_edge = self.quantum.round((share / (1.0 - share)).ln());
        Ok(self)
    }

    /// The criterion.
    #[must_use]
    pub fn criterion(&self) -> DiscreteCriterion {
        self.criterion
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.rows()
    }
}

fn check(criterion: DiscreteCriterion) -> Result<(), StructureError> {
    let (parameter, value, least) = match criterion {
        DiscreteCriterion::Bic { penalty } => ("the BIC penalty", penalty, true),
        DiscreteCriterion::Ebic { gamma } => ("the EBIC gamma", gamma, true),
        DiscreteCriterion::Bdeu { iss } | DiscreteCriterion::Bds { iss } => {
            ("the imaginary sample size", iss, iss > 0.0)
        }
        _ => return Ok(()),
    };
    if value.is_finite() && value >= 0.0 && least {
        return Ok(());
    }
    let expected = if least { "finite and at least 0" } else { "finite and above 0" };
    Err(StructureError::Parameter { parameter, value, expected })
}

impl LocalScore for DiscreteScore {
    fn name(&self) -> &'static str {
        self.criterion.name()
    }

    fn variables(&self) -> usize {
        self.columns.width()
    }

    fn session(&self) -> Box<dyn ScoreSession + '_> {
        Box::new(Session {
            score: self,
            counts: self.columns.session(),
            parents: Vec::new(),
            rising: RisingTables::default(),
            regrets: Regrets::default(),
        })
    }
}

struct Session<'a> {
    score: &'a DiscreteScore,
    counts: CountSession<'a>,
    parents: Vec<usize>,
    rising: RisingTables,
    regrets: Regrets,
}

impl Session<'_> {
    /// The score of a family; `None` where there are too many configurations to count.
    fn family(&mut self, node: usize, parents: &[usize]) -> Option<f64> {
        let score = self.score;
        let cardinality = |column: usize| score.columns.cardinality(column) as f64;
        let occurring = parents.iter().map(|&parent| cardinality(parent)).product::<f64>();
        if occurring.min(score.rows() as f64) * cardinality(node) > score.most_cells() {
            return None;
        }
        let counts = self.counts.family(node, parents)?;
        let (levels, configurations) = (counts.child_levels() as f64, counts.configurations());
        Some(match score.criterion {
            DiscreteCriterion::Bdeu { iss } => {
                let (cell, config) = (iss / (configurations * levels), iss / configurations);
                dirichlet(counts, cell, config, score.quantum, &mut self.rising)
            }
            DiscreteCriterion::Bds { iss } => {
                let seen = counts.rows().count() as f64;
                dirichlet(counts, iss / (seen * levels), iss / seen, score.quantum, &mut self.rising)
            }
            DiscreteCriterion::K2 => dirichlet(counts, 1.0, levels, score.quantum, &mut self.rising),
            DiscreteCriterion::Bdj => dirichlet(counts, 0.5, 0.5 * levels, score.quantum, &mut self.rising),
            DiscreteCriterion::Fnml => {
                let regret = |rows: &[u32]| self.regrets.of(rows.iter().sum(), levels);
                let price: f64 = counts.rows().map(regret).map(|value| score.quantum.round(value)).sum();
                likelihood(counts, &score.entropy).0 - price
            }
            DiscreteCriterion::Qnml => {
                let (likelihood, rows) = likelihood(counts, &score.entropy);
                let mut regret = |outcomes: f64| score.quantum.round(self.regrets.of(rows, outcomes));
                likelihood - regret(configurations * levels) + regret(configurations)
            }
            _ => {
                let missing = parents.iter().chain([&node]).any(|&column| score.missing[column]);
                score.penalised(counts, parents.len(), missing)
            }
        })
    }
}

impl DiscreteScore {
    /// Larger tables are not counted.
    fn most_cells(&self) -> f64 {
        (16.0 * self.rows() as f64).max(f64::from(1 << 22))
    }

    fn penalised(&self, counts: FamilyCounts<'_>, parents: usize, missing: bool) -> f64 {
        let (mut likelihood, complete) = likelihood(counts, &self.entropy);
        let rows = self.rows() as f64;
        if missing {
            if complete == 0 {
                return if parents == 0 { 0.0 } else { f64::NEG_INFINITY };
            }
            likelihood *= rows / f64::from(complete);
        }
        let half_log = 0.5 * rows.ln();
        let round = |value: f64| self.quantum.round(value);
        let (unit, per_parent) = match self.criterion {
            DiscreteCriterion::Bic { penalty } => (round(penalty * half_log), 0.0),
            DiscreteCriterion::Ebic { gamma } => {
                (round(half_log), round(2.0 * gamma * (self.columns.width() as f64).ln()))
            }
            DiscreteCriterion::Aic => (1.0, 0.0),
            _ => (0.0, 0.0),
        };
        let parameters = (counts.child_levels() as f64 - 1.0).max(0.0) * counts.configurations();
        let price = if unit > 0.0 { parameters * unit } else { 0.0 };
        likelihood - price - parents as f64 * per_parent
    }
}

/// The log-likelihood, and how many rows are complete.
fn likelihood(counts: FamilyCounts<'_>, entropy: &Entropy) -> (f64, u32) {
    let (mut sum, mut rows) = (0.0, 0);
    for counts in counts.rows() {
        let mut total = 0;
        for &count in counts {
            total += count;
            sum += entropy.of(count);
        }
        rows += total;
        sum -= entropy.of(total);
    }
    (sum, rows)
}

/// The marginal likelihood under a Dirichlet prior of `cell` a level and `config` a configuration.
fn dirichlet(
    counts: FamilyCounts<'_>,
    cell: f64,
    config: f64,
    quantum: Quantum,
    tables: &mut RisingTables,
) -> f64 {
    if !(cell > 0.0 && config.is_finite()) {
        return f64::NEG_INFINITY;
    }
    let (mut cells, mut configs) = (tables.take(cell, quantum), tables.take(config, quantum));
    let mut sum = 0.0;
    for counts in counts.rows() {
        let mut total = 0;
        for &count in counts {
            total += count;
            sum += cells.of(count);
        }
        sum -= configs.of(total);
    }
    tables.put(cells);
    tables.put(configs);
    sum
}

impl ScoreSession for Session<'_> {
    fn local(&mut self, node: usize, parents: &[usize]) -> f64 {
        match self.family(node, parents) {
            Some(value) if value.is_finite() => value + parents.len() as f64 * self.score.per_edge,
            _ => f64::NEG_INFINITY,
        }
    }

    fn with_each(&mut self, node: usize, base: &[usize], candidates: &[usize], out: &mut Vec<f64>) {
        // The candidate comes last, so that the rows stay grouped by `base`.
        let mut parents = std::mem::take(&mut self.parents);
        out.clear();
        for &candidate in candidates {
            parents.clear();
            parents.extend_from_slice(base);
            parents.push(candidate);
            out.push(self.local(node, &parents));
        }
        self.parents = parents;
    }
}
