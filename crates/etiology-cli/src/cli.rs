//! The command line: every command, option and help text, defined once. No behaviour lives here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod granger;
mod input;
mod structure;

pub(crate) use granger::{Difference, Fdr, Granger, LaggedTest, LaggedView, Order, Statistic};
pub(crate) use input::{Input, Layout, Period};
pub(crate) use structure::{Fit, GraphFormat, Learn, Prior, Query, QueryMethod, Samples};

const EXAMPLES: &str = "\
Examples:
  etiology demo                                          an incident that ships inside the binary
  etiology diagnose run/metrics.csv                      onset estimated, symptom chosen
  etiology diagnose run/ --format json | jq .hypotheses  an incident folder, for a program
  etiology inspect run/metrics.parquet                   what would be left out, and why

Exit codes:
  0  done; `inconclusive` and `no-incident` are answers too
  2  the input or the options are wrong: one line on stderr says what, where, and what to do
  1  a bug of ours";

/// Finds why an AI system went wrong: ranked causes across data, model and compute.
#[derive(Debug, Parser)]
#[command(name = "etiology", version, max_term_width = 100, after_long_help = EXAMPLES, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Seed of every random choice; the same input and seed give the same bytes
    #[arg(long, global = true, default_value_t = 0, value_name = "N", help_heading = "Global options")]
    pub(crate) seed: u64,
    /// Threads to use [default: all cores]; the answer does not depend on it
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096), help_heading = "Global options")]
    pub(crate) threads: Option<u16>,
    /// No progress bars and no notes on stderr; errors are still said
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Diagnose(Diagnose),
    Demo(Demo),
    Inspect(Inspect),
    Detect(Detect),
    Learn(Learn),
    Fit(Fit),
    Query(Query),
    Granger(Granger),
    #[command(subcommand)]
    Bench(Bench),
    Methods(Methods),
    Convert(Convert),
    Completions(Completions),
    Man(Man),
}

/// How an answer is written and where it goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Answer {
    /// How the answer is written; `json` is exactly one document
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) format: Format,
    /// Write the answer to FILE instead of stdout; the file appears whole or not at all
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For reading
    Text,
    /// For programs
    Json,
}

const DIAGNOSE: &str = "\
Examples:
  etiology diagnose run/
  etiology diagnose metrics.csv --symptom front-end_latency --onset 2022-08-22T03:51:00Z
  etiology diagnose metrics.csv --topology calls.csv --method traversal
  etiology diagnose after.parquet --reference before.parquet --top 10
  etiology diagnose scrape.csv --time ts --time-format '%d/%m/%Y %H:%M:%S' --align 15s

An incident folder holds incident.json beside metrics.csv or metrics.parquet, and may hold topology.csv
(source,target), events.csv (time,entity,kind,message) and reference.csv. Options given here win over what it says.

Verdicts:
  likely        the first cause moved beyond what it does by itself and stands clear of the others
  inconclusive  something happened, but the evidence does not separate the candidates
  no-incident   nothing goes beyond what these metrics do by themselves";

/// The main job: the ranked causes of one incident
///
/// Finds when the incident began (unless --onset says so), which metric shows it (unless --symptom says so), ranks what may
/// have caused it, and says what speaks for each candidate, how sure the answer is and what was left out.
#[derive(Debug, Args)]
#[command(after_long_help = DIAGNOSE)]
pub(crate) struct Diagnose {
    #[command(flatten)]
    pub(crate) input: Input,
    /// When the incident began, as the table writes its times (ISO 8601, an epoch number, or a step)
    ///
    /// Without it the onset is estimated, and the answer gives an interval.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) onset: Option<String>,
    /// A metric somebody complained about; may be repeated
    ///
    /// Without it the symptom is chosen: what a user of the system would notice, by layer, topology and size of the change.
    #[arg(long, value_name = "METRIC")]
    pub(crate) symptom: Vec<String>,
    /// Who calls or feeds whom: a CSV with the columns source,target and optionally kind (calls or feeds)
    #[arg(long, value_name = "FILE")]
    pub(crate) topology: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// How an incident is judged, whatever it is read from.
#[derive(Debug, Clone, Args)]
pub(crate) struct Question {
    /// The method that ranks; `etiology methods` lists them [default: the one marked there]
    #[arg(long, value_name = "NAME")]
    pub(crate) method: Option<String>,
    /// How many causes to show; a tie at the end is shown whole
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = at_least_one)]
    pub(crate) top: usize,
    /// How often a confidence set should hold the cause, between 0 and 1
    ///
    /// No method here is calibrated yet, so `confidence_set` is null; when a level is asked for, a warning says so.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) level: Option<f64>,
}

const DEMO: &str = "\
The incident is simulated: a training job on four GPUs in which one overheats, lowers its clock and holds up the others. Its
files and the script that makes them are in datasets/demo of the source.";

/// The main job on an incident that ships inside the binary
#[derive(Debug, Args)]
#[command(after_long_help = DEMO)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

const INSPECT: &str = "\
Examples:
  etiology inspect metrics.csv
  etiology inspect metrics.csv --format json | jq '.left_out'
  etiology inspect metrics.csv --names my-names.txt      check how names are read";

/// What a table holds: metrics, layers, period, gaps, nulls, constants, and what would be left out and why
#[derive(Debug, Args)]
#[command(after_long_help = INSPECT)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

const DETECT: &str = "\
Examples:
  etiology detect metrics.csv                            each metric against its past, from the estimated onset on
  etiology detect metrics.csv --onset 1723890900 --detector z-score --detector iqr
  etiology detect after.csv --reference before.csv --format json";

/// Anomalies of each metric, one row a metric
#[derive(Debug, Args)]
#[command(after_long_help = DETECT)]
pub(crate) struct Detect {
    #[command(flatten)]
    pub(crate) input: Input,
    /// A detector; may be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) detector: Vec<String>,
    /// From when on metrics are judged; what lies before is their reference. Estimated when absent
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) onset: Option<String>,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

/// Public incident suites, scored
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    List(BenchList),
    Run(BenchRun),
    Export(BenchExport),
}

/// The suites that can be read, where to get them, and how they are scored
#[derive(Debug, Args)]
pub(crate) struct BenchList {
    #[command(flatten)]
    pub(crate) answer: Answer,
}

const BENCH_RUN: &str = "\
Examples:
  etiology bench run --suite petshop --data petshop/dataset/low_traffic --methods all
  etiology bench run --suite nezha --data nezha --methods baro,nsigma:published --format json -o nezha.json
  etiology bench run --suite petshop --data ... --methods all --split test --shift 300 --resume run.jsonl

A method's bare name is its repaired form, `name:published` the form of its authors. Loaders hand methods an incident without
its truth; a failure counts as a miss.";

/// Score methods on a suite
#[derive(Debug, Args)]
#[command(after_long_help = BENCH_RUN)]
pub(crate) struct BenchRun {
    /// The suite; `etiology bench list` names them
    #[arg(long, value_name = "NAME")]
    pub(crate) suite: String,
    /// The folder that holds it, in its published layout
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// `all`, or names separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', required = true)]
    pub(crate) methods: Vec<String>,
    /// Only the cases of this published split
    #[arg(long, value_name = "NAME")]
    pub(crate) split: Option<String>,
    /// Report every onset this many seconds late (early when negative)
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, allow_hyphen_values = true, value_parser = finite)]
    pub(crate) shift: f64,
    /// Cases in work at the same time [default: --threads]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) jobs: Option<usize>,
    /// Keep finished cases in FILE and skip those that are there already
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
    /// Only the first N cases
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) limit: Option<usize>,
    /// Only this level of the results [default: both]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) level: Option<ScoredLevel>,
    /// Clean values as the suite's own code does: only for reproducing published numbers
    #[arg(long)]
    pub(crate) published_cleaning: bool,
    /// Minutes of data around the fault, for suites whose protocol has such a length
    #[arg(long, value_name = "MINUTES", default_value_t = 20.0, value_parser = positive)]
    pub(crate) length: f64,
    /// Skip the stretches without a fault, on which a method should stay silent
    #[arg(long)]
    pub(crate) skip_normal: bool,
    /// How the results are written; `json` is exactly one document
    #[arg(long, value_enum, default_value_t = TableFormat::Text, value_name = "FORMAT")]
    pub(crate) format: TableFormat,
    /// Write the results to FILE instead of stdout; the file appears whole or not at all
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

const BENCH_EXPORT: &str = "\
Examples:
  etiology bench export --suite petshop --data petshop/dataset/low_traffic --case test/issue_0 issue_0/
  etiology diagnose issue_0/

`etiology bench run ... --format json` lists the cases' ids. The truth goes along, for `bench`; `diagnose` does not read it.";

/// Write one case of a suite as an incident folder
#[derive(Debug, Args)]
#[command(after_long_help = BENCH_EXPORT)]
pub(crate) struct BenchExport {
    /// The suite; `etiology bench list` names them
    #[arg(long, value_name = "NAME")]
    pub(crate) suite: String,
    /// The folder that holds it, in its published layout
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// The case, by its id
    #[arg(long, value_name = "ID")]
    pub(crate) case: String,
    /// The folder to write; it must not exist
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// For reading
    Text,
    /// For a page
    Markdown,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoredLevel {
    /// Pods, ranks, services
    Entity,
    /// Single metrics
    Metric,
}

/// Every ranking method, structure learner and lagged mode: what it needs, assumes, cites
#[derive(Debug, Args)]
pub(crate) struct Methods {
    /// One of them, in full; `learners` lists the structure learners, `lagged` the modes of `granger`
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) answer: Answer,
}

const CONVERT: &str = "\
Examples:
  etiology convert metrics.csv metrics.parquet           with layer, entity, kind and unit in the schema
  etiology convert scrape.csv aligned.arrow --align 15s
  etiology convert run/ run.csv                          the metrics of an incident folder

The extension says the format: .csv, .csv.gz, .tsv, .tsv.gz, .parquet, .arrow, .feather.";

/// Read a table and write it in another format
#[derive(Debug, Args)]
#[command(after_long_help = CONVERT)]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) input: Input,
    /// The file to write
    #[arg(value_name = "OUT")]
    pub(crate) to: PathBuf,
}

const COMPLETIONS: &str = "\
Examples:
  etiology completions bash > ~/.local/share/bash-completion/completions/etiology
  etiology completions zsh > ~/.zfunc/_etiology
  etiology completions fish > ~/.config/fish/completions/etiology.fish";

/// A completion script for a shell
#[derive(Debug, Args)]
#[command(after_long_help = COMPLETIONS)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// The manual page, in roff: `etiology man | man -l -`
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The page of one command, such as `diagnose` or `bench-run`
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n >= 1).ok_or_else(|| "give a whole number from 1".to_owned())
}

fn number(text: &str, accept: impl Fn(f64) -> bool, wanted: &str) -> Result<f64, String> {
    text.parse().ok().filter(|&n| accept(n)).ok_or_else(|| format!("give {wanted}"))
}

fn share(text: &str) -> Result<f64, String> {
    number(text, |n| n > 0.0 && n < 1.0, "a number between 0 and 1, such as 0.9")
}

fn positive(text: &str) -> Result<f64, String> {
    number(text, |n| n.is_finite() && n > 0.0, "a number above 0")
}

fn finite(text: &str) -> Result<f64, String> {
    number(text, f64::is_finite, "a number of seconds")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }
}
