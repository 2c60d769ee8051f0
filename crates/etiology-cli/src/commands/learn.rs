//! `etiology learn`: a causal graph from a table.

use std::path::Path;

use etiology::graph::{GraphDocument, GraphEdge};
use etiology::structure::{DataKind, Dataset, Knowledge, KnowledgeDocument, Learner, Method};
use etiology::{Metric, Omission};
use etiology_report::graph_text;
use serde::Serialize;

use crate::cli::{Global, GraphFormat, Learn};
use crate::failure::Failure;
use crate::{output, samples};

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    version: &'static str,
    seed: u64,
    method: &'static str,
    read: &'a str,
    rows: usize,
    nodes: &'a [String],
    edges: &'a [GraphEdge],
    left_out: &'a [Omission],
    warnings: &'a [String],
}

pub(crate) fn run(global: &Global, options: &Learn) -> Result<(), Failure> {
    let (data, mut warnings) = samples::read(&options.table)?;
    let learner = learner(global, options)?;
    let (data, dropped) = if learner.takes_missing() {
        (data, 0)
    } else {
        data.complete().map_err(|error| Failure::at(&options.table.path, error))?
    };
    if dropped > 0 {
        let of = data.rows() + dropped;
        warnings.push(format!("{dropped} of {of} rows have a missing value and were dropped"));
    }
    let data = data.screened().map_err(|error| Failure::at(&options.table.path, error))?;
    let knowledge = knowledge(options, &data, &mut warnings)?;
    let learned = learner.learn(&data, &knowledge).map_err(|e| Failure::at(&options.table.path, e))?;
    warnings.extend(learned.notes);
    let file = options.output.as_deref();
    let GraphDocument { nodes, edges } = &learned.graph;
    match options.format.unwrap_or_else(|| format_of(file)) {
        GraphFormat::Json => output::write_json(
            file,
            &Answer {
                schema: "etiology.graph/1",
                version: env!("CARGO_PKG_VERSION"),
                seed: global.seed,
                method: learner.method().name(),
                read: &learned.read,
                rows: data.rows(),
                nodes,
                edges,
                left_out: data.left_out(),
                warnings: &warnings,
            },
        ),
        GraphFormat::Dot => output::write(file, &learned.graph.to_dot()),
        GraphFormat::Graphml => {
            let text = learned.graph.to_graphml().map_err(|e| Failure::at(&options.table.path, e))?;
            output::write(file, &text)
        }
        GraphFormat::Text => {
            let hold = match data.kind() {
                DataKind::Continuous => "numbers",
                DataKind::Discrete => "categories",
                DataKind::Mixed => "numbers and categories",
            };
            let facts = [
                ("learner", format!("{}, {}", learner.method().name(), learned.read)),
                ("data", format!("{} columns of {hold}, {} rows", data.width(), data.rows())),
                ("finds", learner.method().card().finds.to_owned()),
            ];
            let palette = output::palette(file);
            output::write(file, &graph_text(&facts, &learned.graph, data.left_out(), &warnings, palette))
        }
    }
}

fn learner(global: &Global, options: &Learn) -> Result<Learner, Failure> {
    let mut learner = match &options.method {
        Some(name) => Learner::new(name.parse::<Method>().map_err(Failure::input)?),
        None => Learner::default(),
    };
    learner = learner.with_alpha(options.alpha).with_seed(global.seed);
    if let Some(test) = &options.test {
        learner = learner.with_test(test);
    }
    if let Some(score) = &options.score {
        learner = learner.with_score(score);
    }
    if let Some(penalty) = options.penalty {
        learner = learner.with_penalty(penalty);
    }
    if let Some(iss) = options.iss {
        learner = learner.with_iss(iss);
    }
    if let Some(depth) = options.max_depth {
        learner = learner.with_max_depth(depth);
    }
    if let Some(parents) = options.max_parents {
        learner = learner.with_max_parents(parents);
    }
    if let Some(tests) = options.max_tests {
        learner = learner.with_max_tests(tests as u64);
    }
    if let Some(replicates) = options.bootstrap {
        learner = learner.with_bootstrap(replicates);
    }
    Ok(learner)
}

fn knowledge(options: &Learn, data: &Dataset, warnings: &mut Vec<String>) -> Result<Knowledge, Failure> {
    let nodes = data.nodes();
    let mut known = Knowledge::none(nodes.clone());
    if let Some(path) = &options.knowledge {
        let wrong = |error: &dyn std::fmt::Display| Failure::at(path, error);
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
        let document: KnowledgeDocument = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        let left_out: Vec<&str> = data
            .left_out()
            .iter()
            .map(|omission| omission.metric.as_str())
            .chain(options.table.exclude.iter().map(String::as_str))
            .collect();
        let (resolved, passed_over) = document.resolve(nodes, &left_out).map_err(|error| wrong(&error))?;
        known = resolved;
        if !passed_over.is_empty() {
            let which = samples::names(&passed_over);
            warnings.push(format!(
                "the background knowledge about columns that were left out was not used: {which}"
            ));
        }
    }
    if options.layer_priors {
        let layers: Vec<_> = nodes.names().iter().map(|name| Metric::infer(name).layer).collect();
        known = known.with_layer_priors(&layers);
    }
    Ok(known)
}

pub(super) fn format_of(file: Option<&Path>) -> GraphFormat {
    match file.and_then(Path::extension).and_then(|extension| extension.to_str()) {
        Some("json") => GraphFormat::Json,
        Some("dot" | "gv") => GraphFormat::Dot,
        Some("graphml" | "xml") => GraphFormat::Graphml,
        _ => GraphFormat::Text,
    }
}
