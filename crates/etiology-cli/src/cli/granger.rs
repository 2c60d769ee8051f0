//! The options of `granger`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::structure::{GraphFormat, level};
use super::{Input, at_least_one};

const GRANGER: &str = "\
Examples:
  etiology granger metrics.csv --max-lag 5                      which metric's past foretells which, given all the others
  etiology granger run/ --max-lag 3 --mode pcmci-plus --alpha 0.01
  etiology granger metrics.csv --max-lag 4 --difference integrated --format json | jq '.tests[] | select(.q_value < 0.01)'
  etiology granger metrics.csv --max-lag 2 --mode var-lingam -o links.dot
  etiology granger metrics.csv --max-lag 6 --mode spectral --band 0.001:0.01
  etiology granger metrics.csv --max-lag 2 --mode block --group 'gpu=gpu*' --group 'loss=train_loss,val_loss'

A row is paired with its past only within a stretch: never across a gap in time, and only where every series of the model has a
value. A pair that cannot be tested says why. Series that look integrated are named and not changed unless --difference says so.

Granger causality is foretelling: `a` helps to foretell `b` beyond `b`'s own past (pairwise) or beyond the past of every other
series (conditional). It is causation if nothing that acts on both is left out and effects take at least one row.";

/// Which series act on which, and how many rows later
///
/// Tests every ordered pair of metrics, or learns a graph over lags, and says lag, strength, p-value and the p-value adjusted
/// for all pairs.
#[derive(Debug, Args)]
#[command(after_long_help = GRANGER)]
pub(crate) struct Granger {
    #[command(flatten)]
    pub(crate) input: Input,
    /// The furthest past, in rows
    #[arg(long, value_name = "L", default_value_t = 5, value_parser = at_least_one)]
    pub(crate) max_lag: usize,
    /// How links are found; `etiology methods lagged` lists the modes [default: conditional]
    #[arg(long, value_name = "NAME")]
    pub(crate) mode: Option<String>,
    /// Level of the links: of the adjusted p-value, unless --fdr none
    #[arg(long, value_name = "ALPHA", default_value_t = 0.05, value_parser = level)]
    pub(crate) alpha: f64,
    /// How p-values are adjusted for the number of pairs
    #[arg(long, value_enum, value_name = "RULE", default_value_t = Fdr::Bh)]
    pub(crate) fdr: Fdr,
    /// The statistic of the regression modes
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Statistic::F)]
    pub(crate) statistic: Statistic,
    /// How the order is chosen, up to --max-lag; `max` takes --max-lag itself
    #[arg(long, value_enum, value_name = "RULE", default_value_t = Order::Max)]
    pub(crate) order: Order,
    /// The independence test of pcmci and pcmci-plus
    #[arg(long, value_enum, value_name = "NAME", default_value_t = LaggedTest::Parcorr)]
    pub(crate) test: LaggedTest,
    /// Replace series by their change from row to row
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Difference::None)]
    pub(crate) difference: Difference,
    /// A group of metrics for the mode block: a name and metrics, where * stands for any characters; may be repeated
    /// [default: the metrics of each layer]
    #[arg(long, value_name = "NAME=METRIC,...")]
    pub(crate) group: Vec<String>,
    /// The band of the mode spectral, in cycles a second (a step, where the table counts steps) [default: all]
    #[arg(long, value_name = "LOW:HIGH")]
    pub(crate) band: Option<String>,
    /// The frequency of the mode breitung-candelon, in cycles a second (a step); 0 is the long run
    #[arg(long, value_name = "F", default_value_t = 0.0)]
    pub(crate) frequency: f64,
    /// Resamples of the modes that resample
    #[arg(long, value_name = "N", default_value_t = 199, value_parser = at_least_one)]
    pub(crate) resamples: usize,
    /// Which graph is written by --format dot and graphml
    #[arg(long, value_enum, value_name = "GRAPH", default_value_t = LaggedView::Summary)]
    pub(crate) graph: LaggedView,
    /// How the answer is written
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<GraphFormat>,
    /// Write the answer to FILE; the extension (.json, .dot, .graphml) chooses the format unless --format does
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fdr {
    /// Benjamini and Hochberg: the share of false links
    Bh,
    /// Benjamini and Yekutieli: the same under any dependence
    By,
    /// Holm: the chance of any false link
    Holm,
    /// As they are
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Statistic {
    /// Fisher's F on the sums of squares
    F,
    /// Its large-sample form
    Chi2,
    /// The likelihood ratio
    Lr,
    /// Wald's, from the coefficients and their covariance
    Wald,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// --max-lag
    Max,
    /// Akaike
    Aic,
    /// Schwarz
    Bic,
    /// Hannan and Quinn
    Hqic,
    /// Final prediction error
    Fpe,
    /// Error one row ahead on later rows, by expanding windows
    Cv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LaggedTest {
    /// Partial correlation
    Parcorr,
    /// Partial correlation of normal scores: monotone dependence, and no harm from outliers
    Robust,
    /// The likelihood ratio of counts, for series of few values
    G2,
    /// Conditional mutual information by nearest neighbours: any dependence, slow
    Cmiknn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Difference {
    /// No series
    None,
    /// Series that look integrated by ADF and KPSS, as often as they say
    Integrated,
    /// Every series
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LaggedView {
    /// One node a series
    Summary,
    /// One node a series and lag
    Lagged,
}
