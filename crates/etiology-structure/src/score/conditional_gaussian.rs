//! [`ConditionalGaussianScore`]: BIC of networks over columns of both kinds.
//!
//! The joint likelihood of a set of columns takes the continuous ones as Gaussian in every cell of the discrete ones. A family's
//! likelihood is that of node and parents less that of the parents alone, so one routine serves nodes of both kinds.

use std::collections::HashMap;

use etiology_stats::{DiscreteColumn, MixedColumn};

use crate::{Dataset, LocalScore, ScoreSession, StructureError};

/// In a cell, a column whose variance given those before it is below this share of its variance over all rows is determined.
const DETERMINED: f64 = 1e-10;

/// BIC of conditional-Gaussian networks.
///
/// A node's score is the log-likelihood of the node and its parents together less that of the parents, less `penalty / 2 ln n` for
/// every parameter. In networks where no discrete node has a continuous parent that is a regression in every cell of the discrete
/// parents, with coefficients and a variance of its own.
///
/// # Options
/// [`ConditionalGaussianScore::with_penalty`], the factor on Schwarz's penalty (default 1; 0 gives the log-likelihood).
/// [`ConditionalGaussianScore::with_discrete_children`] (default true): whether a discrete node may have continuous parents, whose
/// distribution is then Gaussian in each of its levels. Without, such a family scores minus infinity, as in bnlearn.
///
/// # Parameters
/// With `h` continuous parents and discrete parents of `q` configurations: `q (h + 2)` for a continuous node; `q (r - 1)` and, if
/// `h > 0`, another `q (r - 1) h (h + 3) / 2` for a discrete node of `r` levels.
///
/// # Assumes
/// Independent rows; continuous columns Gaussian in every cell with its own mean and covariance. Score equivalent only where every
/// cell has enough rows.
///
/// # Degenerate input
/// A family scores minus infinity when a cell that occurs holds no more rows than its continuous columns and one, or when these
/// determine each other in it, so that its likelihood has no bound. A node without parents always has a score: a constant one scores
/// 0. Values that are not finite are missing; a family is scored on the rows complete in it, its log-likelihood scaled up to all
/// rows, as in [`DiscreteScore`](crate::DiscreteScore).
///
/// # When not to use it
/// With discrete columns of many levels: each cell needs its own covariance matrix.
///
/// # Complexity
/// `O(n (h^2 + d))` for a set with `d` discrete and `h` continuous columns; likelihoods of sets are remembered.
///
/// # References
/// B. Andrews, J. Ramsey & G. Cooper, *Scoring Bayesian networks of mixed variables*, International Journal of Data Science and
/// Analytics 6, 2018, sections 3 and 4. S. Lauritzen & N. Wermuth, *Graphical models for associations between variables, some of
/// which are qualitative and some quantitative*, Annals of Statistics 17, 1989.
#[derive(Debug, Clone)]
pub struct ConditionalGaussianScore {
    columns: Vec<Column>,
    rows: usize,
    penalty: f64,
    discrete_children: bool,
    any_missing: bool,
}

#[derive(Debug, Clone)]
enum Column {
    Discrete {
        codes: Vec<u16>,
        levels: usize,
    },
    /// Of mean 0 and variance 1 over the rows that have a value, NaN where there is none.
    Continuous {
        values: Vec<f64>,
        log_sd: f64,
    },
    Constant,
}

impl Column {
    fn new(variable: &MixedColumn) -> Self {
        match variable {
            MixedColumn::Discrete(column) => {
                Self::Discrete { codes: column.codes().to_vec(), levels: column.cardinality() }
            }
            MixedColumn::Continuous(values) => {
                let present: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
                // Scaled first, so that no square overflows.
                let largest = present.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
                let n = present.len() as f64;
                let scale = if largest > 0.0 { largest } else { 1.0 };
                let mean = present.iter().map(|value| value / scale).sum::<f64>() / n;
                let square = |value: &f64| (value / scale - mean).powi(2);
                let sd = (present.iter().map(square).sum::<f64>() / n).sqrt();
                if sd.is_nan() || sd <= f64::EPSILON {
                    return Self::Constant;
                }
                let standard = |value: &f64| match value.is_finite() {
                    true => (value / scale - mean) / sd,
                    false => f64::NAN,
                };
                Self::Continuous {
                    values: values.iter().map(standard).collect(),
                    log_sd: sd.ln() + scale.ln(),
                }
            }
        }
    }

    fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Discrete { codes, .. } => codes[row] == DiscreteColumn::MISSING,
            Self::Continuous { values, .. } => values[row].is_nan(),
            Self::Constant => false,
        }
    }
}

impl ConditionalGaussianScore {
    /// Of the columns of a dataset, with penalty 1.
    ///
    /// # Errors
    /// When there is no row.
    pub fn new(dataset: &Dataset) -> Result<Self, StructureError> {
        let rows = dataset.rows();
        if rows == 0 || rows >= u32::MAX as usize {
            return Err(StructureError::NoData {
                message: format!(
                    "a conditional-Gaussian score needs between 1 and 4294967294 rows and got {rows}"
                ),
            });
        }
        let columns: Vec<Column> = dataset.variables().iter().map(Column::new).collect();
        let any_missing = columns.iter().any(|column| (0..rows).any(|row| column.is_missing(row)));
        Ok(Self { columns, rows, penalty: 1.0, discrete_children: true, any_missing })
    }

    /// Takes another factor on the penalty.
    ///
    /// # Errors
    /// When it is negative or not finite.
    pub fn with_penalty(mut self, penalty: f64) -> Result<Self, StructureError> {
        if !(penalty.is_finite() && penalty >= 0.0) {
            let expected = "finite and at least 0";
            return Err(StructureError::Parameter { parameter: "the BIC penalty", value: penalty, expected });
        }
        self.penalty = penalty;
        Ok(self)
    }

    /// Whether discrete nodes may have continuous parents.
    #[must_use]
    pub fn with_discrete_children(mut self, allowed: bool) -> Self {
        self.discrete_children = allowed;
        self
    }
}

impl LocalScore for ConditionalGaussianScore {
    fn name(&self) -> &'static str {
        "bic-cg"
    }

    fn variables(&self) -> usize {
        self.columns.len()
    }

    fn session(&self) -> Box<dyn ScoreSession + '_> {
        Box::new(Session { score: self, known: HashMap::new(), cells: Cells::default() })
    }
}

struct Session<'a> {
    score: &'a ConditionalGaussianScore,
    /// Likelihoods of sets over all rows.
    known: HashMap<Vec<usize>, Option<f64>>,
    cells: Cells,
}

impl Session<'_> {
    fn family(&mut self, node: usize, parents: &[usize]) -> Option<f64> {
        let score = self.score;
        let discrete = |&column: &usize| match score.columns.get(column) {
            Some(Column::Discrete { levels, .. }) => Some(*levels as f64),
            _ => None,
        };
        let configurations: f64 = parents.iter().filter_map(discrete).product();
        let continuous = parents.iter().filter(|parent| discrete(parent).is_none()).count() as f64;
        let own = score.columns.get(node)?;
        let parameters = match own {
            Column::Constant => return parents.is_empty().then_some(0.0),
            Column::Continuous { .. } => configurations * (continuous + 2.0),
            Column::Discrete { .. } if continuous > 0.0 && !score.discrete_children => return None,
            Column::Discrete { levels, .. } => {
                let cells = configurations * (*levels as f64 - 1.0).max(0.0);
                cells * (1.0 + 0.5 * continuous * (continuous + 3.0))
            }
        };
        let mut all = parents.to_vec();
        all.insert(parents.partition_point(|&parent| parent < node), node);
        let complete = match score.any_missing {
            true => (0..score.rows)
                .filter(|&row| !all.iter().any(|&column| score.columns[column].is_missing(row)))
                .count(),
            false => score.rows,
        };
        if complete == 0 {
            return parents.is_empty().then_some(0.0);
        }
        let mut likelihood = self.joint(&all, &all)? - self.joint(parents, &all)?;
        if let Column::Continuous { log_sd, .. } = own {
            likelihood -= complete as f64 * log_sd;
        }
        likelihood *= score.rows as f64 / complete as f64;
        let price = if score.penalty > 0.0 { parameters * score.penalty } else { 0.0 };
        Some(likelihood - 0.5 * price * (score.rows as f64).ln())
    }

    /// The log-likelihood of the columns in `set` over the rows complete in `complete`; `None` where it has no bound.
    fn joint(&mut self, set: &[usize], complete: &[usize]) -> Option<f64> {
        if self.score.any_missing {
            return self.cells.likelihood(self.score, set, complete);
        }
        if let Some(&known) = self.known.get(set) {
            return known;
        }
        let value = self.cells.likelihood(self.score, set, complete);
        self.known.insert(set.to_vec(), value);
        value
    }
}

impl ScoreSession for Session<'_> {
    fn local(&mut self, node: usize, parents: &[usize]) -> f64 {
        match self.family(node, parents) {
            Some(value) if value.is_finite() => value,
            _ => f64::NEG_INFINITY,
        }
    }
}

/// Buffers for the moments of cells.
#[derive(Default)]
struct Cells {
    /// The cell of every row, [`NONE`] where it is not complete.
    ids: Vec<u32>,
    cells: usize,
    relabel: Vec<u32>,
    sorted: Vec<(u64, usize)>,
}

const NONE: u32 = u32::MAX;

impl Cells {
    fn likelihood(
        &mut self,
        score: &ConditionalGaussianScore,
        set: &[usize],
        complete: &[usize],
    ) -> Option<f64> {
        let mut continuous: Vec<&[f64]> = Vec::new();
        self.start(score, complete);
        for &column in set {
            match &score.columns[column] {
                Column::Discrete { codes, levels } => self.refine(codes, *levels),
                Column::Continuous { values, .. } => continuous.push(values),
                Column::Constant => return None,
            }
        }
        let width = continuous.len();
        // By cell: the number of rows, the sums, and the lower triangle of the sums of products.
        let stride = 1 + width + width * (width + 1) / 2;
        let mut moments = vec![0.0; self.cells.checked_mul(stride)?];
        for (row, &id) in self.ids.iter().enumerate() {
            if id == NONE {
                continue;
            }
            let cell = &mut moments[id as usize * stride..][..stride];
            cell[0] += 1.0;
            let (sums, products) = cell[1..].split_at_mut(width);
            let mut at = 0;
            for (i, column) in continuous.iter().enumerate() {
                sums[i] += column[row];
                for other in &continuous[..=i] {
                    products[at] += column[row] * other[row];
                    at += 1;
                }
            }
        }
        let total: f64 = moments.iter().step_by(stride).sum();
        let mut sum = 0.0;
        for cell in moments.chunks_exact_mut(stride).filter(|cell| cell[0] > 0.0) {
            let n = cell[0];
            sum += n * (n / total).ln();
            if width > 0 {
                if n < width as f64 + 2.0 {
                    return None;
                }
                let (sums, products) = cell[1..].split_at_mut(width);
                let log_determinant = log_determinant(sums, products, n)?;
                let constant = width as f64 * ((2.0 * std::f64::consts::PI).ln() + 1.0);
                sum -= 0.5 * n * (constant + log_determinant);
            }
        }
        Some(sum)
    }

    /// One cell of the rows complete in the columns.
    fn start(&mut self, score: &ConditionalGaussianScore, complete: &[usize]) {
        self.cells = 1;
        self.ids.clear();
        if score.any_missing {
            let lacks = |row: usize| complete.iter().any(|&column| score.columns[column].is_missing(row));
            self.ids.extend((0..score.rows).map(|row| if lacks(row) { NONE } else { 0 }));
        } else {
            self.ids.resize(score.rows, 0);
        }
    }

    /// Splits the cells by the levels of a column, numbering those that occur: by first appearance, or where a table of all would
    /// be large, in order.
    fn refine(&mut self, codes: &[u16], levels: usize) {
        let space = self.cells.saturating_mul(levels);
        let mut next = 0;
        if space <= 8 * codes.len() + 1024 {
            self.relabel.clear();
            self.relabel.resize(space, NONE);
            for (id, &code) in self.ids.iter_mut().zip(codes).filter(|(id, _)| **id != NONE) {
                let label = &mut self.relabel[*id as usize * levels + usize::from(code)];
                if *label == NONE {
                    *label = next;
                    next += 1;
                }
                *id = *label;
            }
        } else {
            self.sorted.clear();
            let rows = self.ids.iter().zip(codes).enumerate().filter(|(_, (id, _))| **id != NONE);
            self.sorted.extend(rows.map(|(row, (&id, &code))| (u64::from(id) << 16 | u64::from(code), row)));
            self.sorted.sort_unstable();
            for cell in self.sorted.chunk_by(|a, b| a.0 == b.0) {
                for &(_, row) in cell {
                    self.ids[row] = next;
                }
                next += 1;
            }
        }
        self.cells = next as usize;
    }
}

/// The log-determinant of a cell's covariance matrix from its sums and sums of products, which are overwritten; `None` when it is
/// singular.
fn log_determinant(sums: &[f64], products: &mut [f64], n: f64) -> Option<f64> {
    let width = sums.len();
    let at = |i: usize, j: usize| i * (i + 1) / 2 + j;
    let mut log_determinant = 0.0;
    for i in 0..width {
        for j in 0..=i {
            let covariance = products[at(i, j)] / n - sums[i] / n * (sums[j] / n);
            let explained: f64 = (0..j).map(|k| products[at(i, k)] * products[at(j, k)]).sum();
            let rest = covariance - explained;
            if i == j {
                if rest.is_nan() || rest <= DETERMINED {
                    return None;
                }
                log_determinant += rest.ln();
                products[at(i, i)] = rest.sqrt();
            } else {
                products[at(i, j)] = rest / products[at(j, j)];
            }
        }
    }
    Some(log_determinant)
}
