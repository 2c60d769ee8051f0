//! `etiology fit`: a network's parameters from a graph and data.

use etiology::Omission;
use etiology::bayes::{
    ExpectationMaximization, Network, NetworkEstimator, ParameterPrior, write_bif, write_xmlbif,
};
use etiology::stats::MixedColumn;
use etiology::structure::{DataKind, Dataset};
use etiology_report::page;
use serde::Serialize;

use crate::cli::{Fit, Format, Global, Prior};
use crate::failure::Failure;
use crate::graphs::GivenGraph;
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
    let GivenGraph { dag, states, note } = graphs::read_dag(&options.graph)?;
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
    let columns = match states {
        Some(states) => with_states(options, &data, &states)?,
        None => data.variables().to_vec(),
    };
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

/// The columns with the categories in the order of the network's states.
fn with_states(options: &Fit, data: &Dataset, states: &[Vec<String>]) -> Result<Vec<MixedColumn>, Failure> {
    let column = |(index, variable): (usize, &MixedColumn)| match variable {
        MixedColumn::Discrete(column) => match column.with_levels(states[index].clone()) {
            Ok(column) => Ok(MixedColumn::Discrete(column)),
            Err(error) => Err(Failure::at(
                &options.table.path,
                format!(
                    "column `{}`: {error}; to take the states from the data, give the graph as .json",
                    data.nodes().name(index)
                ),
            )),
        },
        MixedColumn::Continuous(_) => Ok(variable.clone()),
    };
    data.variables().iter().enumerate().map(column).collect()
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
