//! Exact inference: a generated network, and the reference networks where the shared data is beside the checkout.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::hint::black_box;
use std::io::Read;

use criterion::{Criterion, criterion_group, criterion_main};
use etiology_bayes::{DiscreteNetwork, Evidence, JunctionTree, VariableElimination, read_bif};
use etiology_graph::{Dag, Nodes};

/// Two hundred variables of three states, each with the two before it and one further back as parents.
fn generated() -> DiscreteNetwork {
    let n = 200;
    let edges = (1..n).flat_map(|v: usize| {
        let parents = [Some(v - 1), v.checked_sub(2), v.checked_sub(7).filter(|_| v.is_multiple_of(4))];
        parents.into_iter().flatten().map(move |p| (p, v))
    });
    let dag = Dag::from_edges(Nodes::numbered(n), edges).unwrap();
    let states = vec![["a", "b", "c"].map(str::to_owned).to_vec(); n];
    let tables = (0..n)
        .map(|v| {
            let rows = 3_usize.pow(u32::try_from(dag.parents(v).len()).unwrap());
            (0..rows)
                .flat_map(|row| if (row + v).is_multiple_of(2) { [0.6, 0.3, 0.1] } else { [0.2, 0.1, 0.7] })
                .collect()
        })
        .collect();
    DiscreteNetwork::new(dag, states, tables).unwrap()
}

fn network(name: &str) -> Option<(String, DiscreteNetwork)> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let path = format!("{shared}/data/networks/pgmpy/utils/example_models/{name}.bif.gz");
    let Ok(file) = std::fs::File::open(path) else {
        eprintln!("skipped {name}: no shared data beside the checkout");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let network = read_bif(&text).unwrap();
    Some((text, network))
}

fn questions(c: &mut Criterion, name: &str, network: &DiscreteNetwork) {
    let (evidence, last) = (Evidence::new(), network.len() - 1);
    c.bench_function(&format!("{name}/all marginals, tree included"), |b| {
        b.iter(|| {
            JunctionTree::new(black_box(network)).unwrap().calibrate(&evidence).unwrap().log_evidence()
        });
    });
    c.bench_function(&format!("{name}/one query"), |b| {
        b.iter(|| VariableElimination::new(black_box(network)).posterior(last, &evidence).unwrap());
    });
}

fn benches(c: &mut Criterion) {
    questions(c, "generated", &generated());
    for name in ["alarm", "andes", "munin2"] {
        if let Some((text, network)) = network(name) {
            c.bench_function(&format!("{name}/read"), |b| b.iter(|| read_bif(black_box(&text)).unwrap()));
            questions(c, name, &network);
        }
    }
}

criterion_group!(exact, benches);
criterion_main!(exact);
