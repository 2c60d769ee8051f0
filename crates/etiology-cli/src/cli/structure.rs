//! The options of `learn`, `fit` and `query`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Answer, at_least_one, number, positive};

const LEARN: &str = "\
Examples:
  etiology learn samples.csv                                   the default learner for what the columns hold
  etiology learn samples.csv --method pc-stable --alpha 0.01
  etiology learn alarm.csv --discrete --score bdeu -o alarm.dot
  etiology learn metrics.csv --layer-priors --knowledge known.json --bootstrap 200
  etiology learn samples.csv --method fci --test fisher-z --format json

INPUT is a table of samples (a row a case, no time column needed) or a metric frame, whose time column is passed over. Columns of
text are categories; --discrete makes categories of numbers too. Columns that are constant, empty, infinite or copies of another
are left out, and the answer says so.

The knowledge file is JSON by column name, where * stands for any characters:
  { \"tiers\": [[\"gpu*_temp\"], [\"gpu*_clock\"], [\"step_time\"]],
    \"required\": [[\"gpu0_temp\", \"gpu0_clock\"]], \"forbidden\": [[\"train_loss\", \"*\"]] }

Edges: a --> b (a causes b), a --- b (either way), a <-> b (a hidden common cause, or findings in conflict), a o-> b (b does not
cause a), a o-o b (undecided). The fourth item of an edge in JSON is its strength, or its share of the bootstrap replicates.";

/// A causal graph from a table
///
/// Learns which columns cause which, as far as data can tell: a DAG, an equivalence class (CPDAG) or, when hidden common causes
/// are allowed for (fci), a partial ancestral graph.
#[derive(Debug, Args)]
#[command(after_long_help = LEARN)]
pub(crate) struct Learn {
    #[command(flatten)]
    pub(crate) table: Samples,
    /// The learner; `etiology methods learners` lists them [default: xges]
    #[arg(long, value_name = "NAME")]
    pub(crate) method: Option<String>,
    /// The independence test of constraint-based learners [default: by what the columns hold]
    #[arg(long, value_name = "NAME")]
    pub(crate) test: Option<String>,
    /// The score of score-based learners [default: by what the columns hold]
    #[arg(long, value_name = "NAME")]
    pub(crate) score: Option<String>,
    /// Level of the independence tests
    #[arg(long, value_name = "ALPHA", default_value_t = 0.01, value_parser = level)]
    pub(crate) alpha: f64,
    /// Factor of the score's penalty; 1 is plain BIC, which overfits beyond a few dozen columns [default: the learner's]
    #[arg(long, value_name = "FACTOR", value_parser = positive)]
    pub(crate) penalty: Option<f64>,
    /// Imaginary sample size of the score bdeu [default: the score's]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) iss: Option<f64>,
    /// Largest conditioning set of constraint-based learners [default: no limit]
    #[arg(long, value_name = "N")]
    pub(crate) max_depth: Option<usize>,
    /// Most parents a node may have in score-based learners [default: no limit]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) max_parents: Option<usize>,
    /// Most independence tests; what is left untested is said [default: no limit]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) max_tests: Option<usize>,
    /// Required and forbidden edges and tiers, as JSON; enforced strictly
    #[arg(long, value_name = "FILE")]
    pub(crate) knowledge: Option<PathBuf>,
    /// Forbid edges from the model layer to the data and compute layers: a loss cannot heat a GPU
    #[arg(long)]
    pub(crate) layer_priors: bool,
    /// Learn from N resamples too, and give each edge the share that has it
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) bootstrap: Option<usize>,
    /// How the graph is written
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<GraphFormat>,
    /// Write the graph to FILE; the extension (.json, .dot, .graphml) chooses the format unless --format does
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// A table of samples, and how to read it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Samples {
    /// A table of samples or of metrics (.csv, .csv.gz, .tsv, .parquet, .arrow, .feather)
    #[arg(value_name = "INPUT")]
    pub(crate) path: PathBuf,
    /// Read every column as categories; numbers with more than --bins values are cut into intervals of equal frequency
    #[arg(long, help_heading = "Reading the input")]
    pub(crate) discrete: bool,
    /// Intervals that --discrete cuts numbers into
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = at_least_one, help_heading = "Reading the input")]
    pub(crate) bins: usize,
    /// Leave a column out; may be repeated
    #[arg(long, value_name = "COLUMN", help_heading = "Reading the input")]
    pub(crate) exclude: Vec<String>,
}

/// The forms a graph can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For reading
    Text,
    /// For programs: nodes, edges, what was left out
    Json,
    /// For Graphviz
    Dot,
    /// For network tools
    Graphml,
}

const FIT: &str = "\
Examples:
  etiology fit alarm.bif samples.csv -o fitted.bif          the structure of a network, parameters from data
  etiology fit graph.json samples.csv -o fitted.json        numbers: a linear-Gaussian network
  etiology fit graph.dot samples.csv --discrete --prior bdeu --iss 10 -o fitted.bif

GRAPH is what `etiology learn` writes (.json, .dot, .graphml) or a network (.bif, .xml). A graph with undirected edges is directed
without new colliders or cycles first, and the answer says so. Missing values: categories are completed by
expectation-maximisation, numbers are used where a row is complete.";

/// A Bayesian network's parameters, from a graph and data
#[derive(Debug, Args)]
#[command(after_long_help = FIT)]
pub(crate) struct Fit {
    /// The graph (.json, .dot, .graphml) or a network whose structure is taken (.bif, .xml)
    #[arg(value_name = "GRAPH")]
    pub(crate) graph: PathBuf,
    #[command(flatten)]
    pub(crate) table: Samples,
    /// What is believed of the parameters before the data, for categories
    #[arg(long, value_enum, default_value_t = Prior::None, value_name = "PRIOR")]
    pub(crate) prior: Prior,
    /// Imaginary sample size of the prior `bdeu`
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = positive)]
    pub(crate) iss: f64,
    /// Write the network to FILE: .bif, .xml or .json [default: a summary on stdout]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How the summary is written
    #[arg(long, value_enum, default_value_t = super::Format::Text, value_name = "FORMAT")]
    pub(crate) format: super::Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Prior {
    /// Maximum likelihood
    None,
    /// One imaginary case a cell (Laplace)
    K2,
    /// --iss imaginary cases spread evenly over a node's table
    Bdeu,
}

const QUERY: &str = "\
Examples:
  etiology query alarm.bif --target HYPOVOLEMIA --evidence HRBP=HIGH,CO=LOW,BP=HIGH
  etiology query alarm.bif                                   the marginals of every node
  etiology query treatment.bif --target recovered --do drug=yes
  etiology query alarm.bif --evidence BP=LOW --explain       the most probable explanation
  etiology query big.bif --target X --method gibbs --samples 1000000

`--evidence` is what was seen, `--do` what was set by intervention: setting a node cuts it from its causes.";

/// What a Bayesian network says of a node, given what was seen or set
#[derive(Debug, Args)]
#[command(after_long_help = QUERY)]
pub(crate) struct Query {
    /// The network (.bif, .xml, or .json of `etiology fit`); .gz is unpacked
    #[arg(value_name = "NETWORK")]
    pub(crate) network: PathBuf,
    /// A node to ask for; may be repeated [default: every node]
    #[arg(long, value_name = "NODE")]
    pub(crate) target: Vec<String>,
    /// What was seen: NODE=STATE, separated by commas
    #[arg(long, value_name = "A=1,B=2", value_delimiter = ',', value_parser = assignment)]
    pub(crate) evidence: Vec<(String, String)>,
    /// What was set by intervention: NODE=STATE, separated by commas
    #[arg(long = "do", value_name = "C=0", value_delimiter = ',', value_parser = assignment)]
    pub(crate) interventions: Vec<(String, String)>,
    /// The most probable joint state of all other nodes instead of marginals
    #[arg(long, conflicts_with = "target")]
    pub(crate) explain: bool,
    /// How the answer is computed
    #[arg(long, alias = "engine", value_enum, default_value_t = QueryMethod::Auto, value_name = "METHOD")]
    pub(crate) method: QueryMethod,
    /// Draws when sampling
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = at_least_one)]
    pub(crate) samples: usize,
    /// Megabytes exact inference may use
    #[arg(long, value_name = "MB", default_value_t = 4096, value_parser = at_least_one)]
    pub(crate) memory: usize,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryMethod {
    /// Exact where it fits in --memory, else likelihood weighting
    Auto,
    /// Exact, or a refusal that says what it would need
    Exact,
    /// Sampling with standard errors, for any evidence that is not too rare
    #[value(alias = "sampling")]
    LikelihoodWeighting,
    /// Sampling with standard errors and warnings, for networks without zeros in their tables
    Gibbs,
}

pub(crate) fn level(text: &str) -> Result<f64, String> {
    number(text, |n| n > 0.0 && n < 1.0, "a level between 0 and 1, such as 0.01")
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((node, state)) if !node.trim().is_empty() && !state.trim().is_empty() => {
            Ok((node.trim().to_owned(), state.trim().to_owned()))
        }
        _ => Err("write NODE=STATE, such as CO=LOW".to_owned()),
    }
}
