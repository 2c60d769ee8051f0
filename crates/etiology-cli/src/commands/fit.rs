//! `etiology fit`: a network's parameters from a graph and data.

use etiology::Omission;
use etiology::bayes::{
    self, ExpectationMaximization, Network, NetworkEstimator, ParameterPrior, write_bif, write_xmlbif,
};
use etiology::stats::MixedColumn;
use etiology::structure::{DataKind, Dataset};
use etiology_report::page;
use serde::Serialize;

use crate::cli::{Fit, Format, Global, Prior};
use crate::failure::Failure;
use crate::{graphs, output, samples};

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    version: &'static str,
    seed: u64,
    kind: &'static str,
    nodes: usize,
    edges: usize,
    parameters: usize,
    rows: usize,
    log_likelihood: Option<f64>,
    left_out: &'a [Omission],
    warnings: &'a [String],
}

pub(crate) fn run(global: &Global, options: &Fit) -> Result<(), Failure> {
    let (dag, note) = graphs::read_dag(&options.graph)?;
    let (data, mut warnings) = samples::read_unscreened(&options.table)?;
    warnings.extend(note);
    let at = |error: &dyn std::fmt::Display| Failure::at(&options.table.path, error);
    let order: Vec<usize> = dag
        .nodes()
        .names()
        .iter()
        .map(|name| data.nodes().index_of(name))
        .collect::<Option<_>>()
        .ok_or_else(|| missing_columns(options, &dag, &data))?;
    let data = data.select(&order).map_err(|e| at(&e))?;
    let mut estimator = NetworkEstimator::new().with_prior(match options.prior {
        Prior::None => ParameterPrior::None,
        Prior::K2 => ParameterPrior::LAPLACE,
        Prior::Bdeu => ParameterPrior::Bdeu { weight: options.iss },
    });
    if data.kind() == DataKind::Discrete && data.has_missing() {
        warnings.push("missing values were completed by expectation-maximisation".to_owned());
        estimator =
            estimator.with_expectation_maximization(ExpectationMaximization::new().with_seed(global.seed));
    }
    let columns: Vec<bayes::MixedColumn<'_>> = data
        .variables()
        .iter()
        .map(|variable| match variable {
            MixedColumn::Continuous(values) => bayes::MixedColumn::Continuous(values),
            MixedColumn::Discrete(column) => bayes::MixedColumn::Discrete(column),
        })
        .collect();
    let fit = estimator.fit(&dag, &columns).map_err(|e| at(&e))?;
    warnings.extend(fit.notes.iter().map(ToString::to_string));
    if let Some(path) = &options.output {
        output::write(Some(path), &written(options, &fit.network)?)?;
    }
    let answer = Answer {
        schema: "etiology.fit/1",
        version: env!("CARGO_PKG_VERSION"),
        seed: global.seed,
        kind: fit.network.kind(),
        nodes: dag.len(),
        edges: dag.edge_count(),
        parameters: fit.network.parameters(),
        rows: data.rows(),
        log_likelihood: fit.log_likelihood,
        left_out: data.left_out(),
        warnings: &warnings,
    };
    match options.format {
        Format::Json => output::write_json(None, &answer),
        Format::Text => output::write(None, &text(options, &answer)),
    }
}

/// The network in the form that the file's name asks for.
fn written(options: &Fit, network: &Network) -> Result<String, Failure> {
    let path = options.output.as_deref().unwrap_or(&options.graph);
    match (graphs::extension(path).as_str(), network) {
        ("bif", Network::Discrete(network)) => Ok(write_bif(network)),
        ("xml" | "xmlbif" | "bifxml", Network::Discrete(network)) => {
            write_xmlbif(network).map_err(|error| Failure::at(path, error))
        }
        ("json", network) => network.to_json().map_err(|error| Failure::Bug(error.to_string())),
        ("bif" | "xml" | "xmlbif" | "bifxml", _) => Err(Failure::at(
            path,
            format!("a {} network has no such form; write it as .json", network.kind()),
        )),
        (other, _) => {
            Err(Failure::at(path, format!("`.{other}` is no format of networks; use .bif, .xml or .json")))
        }
    }
}

fn missing_columns(options: &Fit, dag: &etiology::graph::Dag, data: &Dataset) -> Failure {
    let absent: Vec<String> =
        dag.nodes().names().iter().filter(|name| data.nodes().index_of(name).is_none()).cloned().collect();
    Failure::at(
        &options.table.path,
        format!("no column for the nodes {}; rename columns or nodes", samples::names(&absent)),
    )
}

fn text(options: &Fit, answer: &Answer<'_>) -> String {
    let likelihood = answer.log_likelihood.map(|value| format!("{value:.4}")).unwrap_or_default();
    let wrote = options.output.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let notes = answer.warnings.join("; ");
    let fields = [
        ("nodes", answer.nodes.to_string()),
        ("edges", answer.edges.to_string()),
        ("free", format!("{} parameters", answer.parameters)),
        ("rows", answer.rows.to_string()),
        ("loglik", likelihood),
        ("wrote", wrote),
        ("notes", notes),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
    page(&format!("{} network", answer.kind), &fields, output::palette(None))
}
