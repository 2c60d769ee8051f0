//! Fitting, sampling and approximate inference on ALARM (37 nodes, 509 parameters) with 5 000 rows; needs the shared data.

use std::hint::black_box;
use std::io::Read;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use etiology_bayes::{
    DiscreteEstimator, DiscreteNetwork, Evidence, ExpectationMaximization, GibbsSampler, LikelihoodWeighting,
    ParameterPrior,
};
use etiology_graph::{Dag, Nodes};
use etiology_stats::{DiscreteColumn, DiscreteTable};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/oracles/causal/data/alarm_n5000");

fn alarm() -> Option<(Dag, DiscreteTable)> {
    let mut text = String::new();
    let bytes = std::fs::read(format!("{DATA}.csv.gz")).ok()?;
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).ok()?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().ok()?.iter().map(str::to_owned).collect();
    let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().ok()?;
    let columns = (0..names.len()).map(|i| DiscreteColumn::from_labels(records.iter().map(|r| r.get(i))));
    let table = DiscreteTable::new(columns.collect::<Result<_, _>>().ok()?).ok()?;
    let truth: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(format!("{DATA}.json")).ok()?).ok()?;
    let nodes = Nodes::new(names).ok()?;
    let end = |edge: &serde_json::Value, i: usize| nodes.index_of(edge[i].as_str()?);
    let edges = truth["edges"].as_array()?.iter().map(|e| Some((end(e, 0)?, end(e, 1)?)));
    let edges: Vec<_> = edges.collect::<Option<_>>()?;
    Some((Dag::from_edges(nodes, edges).ok()?, table))
}

/// Every twentieth value is lost.
fn holes(table: &DiscreteTable) -> Option<DiscreteTable> {
    let columns = table.columns().iter().enumerate().map(|(node, column)| {
        let lost = |row: usize| (row * 7 + node * 13).is_multiple_of(20);
        let codes = column.codes().iter().enumerate();
        let codes = codes.map(|(row, &code)| if lost(row) { DiscreteColumn::MISSING } else { code });
        DiscreteColumn::new(codes.collect(), column.levels().clone())
    });
    DiscreteTable::new(columns.collect::<Result<_, _>>().ok()?).ok()
}

fn smoothed(dag: &Dag, table: &DiscreteTable) -> Option<DiscreteNetwork> {
    let prior = ParameterPrior::Bdeu { weight: 10.0 };
    Some(DiscreteEstimator::new().with_prior(prior).fit_table(dag, table).ok()?.network)
}

fn benches(c: &mut Criterion) {
    let Some((dag, table)) = alarm() else { return };
    let (Some(network), Some(holes)) = (smoothed(&dag, &table), holes(&table)) else { return };
    c.bench_function("fit ALARM, 5000 rows", |b| {
        b.iter(|| DiscreteEstimator::new().fit_table(black_box(&dag), black_box(&table)));
    });
    let em = ExpectationMaximization::new().with_tolerance(1e-6);
    c.bench_function("EM on ALARM, 5000 rows, 5 % missing", |b| {
        b.iter(|| em.fit(black_box(&dag), black_box(&holes)));
    });
    let targets: Vec<usize> = (0..network.len()).collect();
    let findings = [("HRBP", "HIGH"), ("CO", "LOW"), ("BP", "HIGH")];
    let Ok(evidence) = Evidence::from_names(&network, &findings) else { return };
    let mut group = c.benchmark_group("ALARM");
    group.throughput(Throughput::Elements(100_000));
    group.bench_function("sample 100 000 rows", |b| b.iter(|| network.sample(100_000, 1)));
    group.bench_function("likelihood weighting, 100 000 samples, all marginals", |b| {
        b.iter(|| LikelihoodWeighting::new().run(&network, black_box(&targets), &evidence));
    });
    group.throughput(Throughput::Elements(22_000));
    group.bench_function("Gibbs, 22 000 sweeps, all marginals", |b| {
        b.iter(|| GibbsSampler::new().run(&network, black_box(&targets), &evidence));
    });
    group.finish();
}

criterion_group! {
    name = fit;
    config = Criterion::default().sample_size(20);
    targets = benches
}
criterion_main!(fit);
