use etiology_graph::Nodes;
use etiology_structure::{DirectLingam, IcaLingam, Knowledge, LinearSem, Pruning, StructureError};

use crate::support::{Noise, Planted, numbers, planted, slices, truth};

fn direct(data: &Planted) -> LinearSem {
    DirectLingam::new().learn(&data.nodes, &slices(&data.columns)).unwrap()
}

/// lingam 1.13.0 on its README's example: causal order and coefficients (`known/oracles_py.json`, six digits).
#[test]
fn equals_lingam_on_its_readme() {
    let Some((nodes, columns)) = numbers("known/lingam_readme_n1000.csv") else { return };
    let model = DirectLingam::new().learn(&nodes, &slices(&columns)).unwrap();
    assert_eq!(model.order(), [3, 0, 2, 1, 4, 5]);
    let expected = [
        (3, 0, 2.993607),
        (0, 1, 2.994591),
        (2, 1, 1.993071),
        (3, 2, 5.956639),
        (0, 4, 7.998196),
        (2, 4, -1.004773),
        (0, 5, 3.979808),
    ];
    assert_eq!(model.dag().edge_count(), expected.len());
    for (from, to, weight) in expected {
        assert!((model.weights()[(from, to)] - weight).abs() < 1e-6, "{from} --> {to}");
    }
    assert!((model.total_effects()[(3, 1)] - 20.836).abs() < 0.01);
    assert!(model.warnings().is_empty());
}

/// Every edge of the three models with |weight| > .1 and no other: 52, 43 and 43 edges.
#[test]
fn recovers_all_edges_at_30_variables() {
    for (name, edges) in
        [("lingam_er_p30_n2000_s1", 52), ("lingam_er_p30_n2000_s2", 43), ("lingam_er_p30_n2000_s3", 43)]
    {
        let Some((nodes, columns)) = numbers(&format!("data/{name}.csv.gz")) else { return };
        let truth = truth(name, &nodes).unwrap();
        assert_eq!(truth.edge_count(), edges);
        let model = DirectLingam::new().learn(&nodes, &slices(&columns)).unwrap();
        assert_edges(&model, &truth, 0.1, name);
        let by_ica = IcaLingam::new().learn(&nodes, &slices(&columns)).unwrap();
        assert_edges(&by_ica, &truth, 0.1, name);
    }
}

fn assert_edges(model: &LinearSem, truth: &etiology_graph::Dag, above: f64, what: &str) {
    for from in 0..truth.len() {
        for to in 0..truth.len() {
            let found = model.weights()[(from, to)].abs() > above;
            assert_eq!(found, truth.has_edge(from, to), "{what}: {from} --> {to}");
        }
    }
}

#[test]
fn recovers_planted_models() {
    for seed in 0..4 {
        let data = planted(12, 4000, 2.5, Noise::Uniform, seed);
        let model = direct(&data);
        assert_edges(&model, &data.dag, 0.1, &format!("seed {seed}"));
        for (from, to) in data.dag.edges() {
            let error = model.weights()[(from, to)] - data.weights[(from, to)];
            assert!(error.abs() < 0.1, "seed {seed}: {from} --> {to}: {error}");
        }
    }
}

#[test]
fn column_order_and_units_do_not_matter() {
    let data = planted(9, 800, 3.0, Noise::Uniform, 7);
    let model = direct(&data);
    let order = [4, 0, 8, 2, 6, 1, 7, 5, 3];
    let unit = |v: usize| [1e-6, -3.0, 1e5][v % 3];
    let columns: Vec<Vec<f64>> = order
        .iter()
        .map(|&v| data.columns[v].iter().map(|value| unit(v) * value + 40.0 * unit(v)).collect())
        .collect();
    let moved = DirectLingam::new().learn(&data.nodes, &slices(&columns)).unwrap();
    let back: Vec<usize> = moved.order().iter().map(|&v| order[v]).collect();
    assert_eq!(back, model.order());
    for (i, &a) in order.iter().enumerate() {
        for (j, &b) in order.iter().enumerate() {
            let (here, there) = (model.weights()[(a, b)], moved.weights()[(i, j)]);
            assert!((here - there * unit(a) / unit(b)).abs() < 1e-8, "{a} --> {b}: {here}");
        }
    }
}

#[test]
fn the_search_equals_the_exhaustive_one() {
    for seed in 20..26 {
        let data = planted(8, 150, 3.0, Noise::Gauss, seed);
        assert_eq!(direct(&data).order(), exhaustive(&data.columns), "seed {seed}");
    }
}

/// The causal order by the definition: every pair compared in every round.
fn exhaustive(columns: &[Vec<f64>]) -> Vec<usize> {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let standard = |x: &[f64]| -> Vec<f64> {
        let m = mean(x);
        let sd = (x.iter().map(|v| (v - m).powi(2)).sum::<f64>() / x.len() as f64).sqrt();
        x.iter().map(|v| (v - m) / sd).collect()
    };
    let entropy = |x: &[f64]| {
        let log_cosh = x.iter().map(|u| u.cosh().ln()).sum::<f64>() / x.len() as f64;
        let odd = x.iter().map(|u| u * (-u * u / 2.0).exp()).sum::<f64>() / x.len() as f64;
        -79.047 * (log_cosh - 0.37457).powi(2) - 7.4129 * odd.powi(2)
    };
    let residual = |x: &[f64], y: &[f64]| -> Vec<f64> {
        let xy: f64 = x.iter().zip(y).map(|(a, b)| a * b).sum();
        let yy: f64 = y.iter().map(|b| b * b).sum();
        standard(&x.iter().zip(y).map(|(a, b)| a - xy / yy * b).collect::<Vec<_>>())
    };
    let mut left: Vec<(usize, Vec<f64>)> = columns.iter().map(|c| standard(c)).enumerate().collect();
    let mut order = Vec::new();
    while left.len() > 1 {
        let badness = |i: usize| -> f64 {
            let x = &left[i].1;
            let others = left.iter().enumerate().filter(|&(j, _)| j != i);
            others
                .map(|(_, (_, y))| {
                    let d = entropy(y) + entropy(&residual(x, y)) - entropy(x) - entropy(&residual(y, x));
                    d.min(0.0).powi(2)
                })
                .sum()
        };
        let best = (0..left.len()).min_by(|&a, &b| badness(a).total_cmp(&badness(b))).unwrap();
        let (name, cause) = left.remove(best);
        order.push(name);
        for (_, column) in &mut left {
            *column = residual(column, &cause);
        }
    }
    order.push(left[0].0);
    order
}

#[test]
fn ica_agrees_whatever_seed_order_and_units() {
    let data = planted(9, 3000, 2.5, Noise::Uniform, 8);
    let model = IcaLingam::new().learn(&data.nodes, &slices(&data.columns)).unwrap();
    assert_edges(&model, &data.dag, 0.1, "ICA");
    let again = IcaLingam::new().with_seed(77).learn(&data.nodes, &slices(&data.columns)).unwrap();
    assert_edges(&again, &data.dag, 0.1, "ICA, another seed");
    let order = [4, 0, 8, 2, 6, 1, 7, 5, 3];
    let moved: Vec<Vec<f64>> = order
        .iter()
        .map(|&v| data.columns[v].iter().map(|x| [1e-7, -2.0, 1e6][v % 3] * x + 5.0).collect())
        .collect();
    let moved = IcaLingam::new().learn(&data.nodes, &slices(&moved)).unwrap();
    for (from, to) in moved.dag().edges() {
        let scaled = moved.weights()[(from, to)] * [1e-7, -2.0, 1e6][order[from] % 3]
            / [1e-7, -2.0, 1e6][order[to] % 3];
        if scaled.abs() > 0.1 {
            assert!((scaled - model.weights()[(order[from], order[to])]).abs() < 1e-6);
        }
    }
    assert!(model.warnings().is_empty(), "{:?}", model.warnings());
    let short = IcaLingam::new().with_max_iter(1).learn(&data.nodes, &slices(&data.columns)).unwrap();
    assert!(short.warnings()[0].contains("did not converge"));
}

#[test]
fn knowledge_is_enforced() {
    let data = planted(8, 300, 3.0, Noise::Uniform, 3);
    // Against the truth on purpose: the last cause last made first, the first edge forbidden.
    let order = data.dag.topological_order();
    let (source, sink) = (order[0], order[7]);
    let (a, b) = data.dag.edges().next().unwrap();
    let known = Knowledge::none(data.nodes.clone()).require(sink, source).unwrap();
    let known = if (a, b) == (source, sink) { known } else { known.forbid(a, b).unwrap() };
    for pruning in [Pruning::AdaptiveLasso, Pruning::Threshold(0.9), Pruning::None] {
        let learner = DirectLingam::new().with_pruning(pruning).with_knowledge(known.clone());
        let model = learner.learn(&data.nodes, &slices(&data.columns)).unwrap();
        assert!(model.dag().has_edge(sink, source) && !model.dag().has_edge(a, b));
        let learner = IcaLingam::new().with_pruning(pruning).with_knowledge(known.clone());
        let model = learner.learn(&data.nodes, &slices(&data.columns)).unwrap();
        assert!(model.dag().has_edge(sink, source) && !model.dag().has_edge(a, b));
    }
    let tiers =
        Knowledge::none(data.nodes.clone()).tiers(&[vec![3, 5], vec![0, 1, 2], vec![4, 6, 7]]).unwrap();
    let columns = slices(&data.columns);
    let direct = DirectLingam::new().with_knowledge(tiers.clone()).learn(&data.nodes, &columns);
    let by_ica = IcaLingam::new().with_knowledge(tiers.clone()).learn(&data.nodes, &columns);
    let tier = |v: &usize| [1, 1, 1, 0, 2, 0, 2, 2][*v];
    for model in [direct.unwrap(), by_ica.unwrap()] {
        assert!(model.dag().edges().all(|(a, b)| tiers.allows(a, b)));
        assert!(model.order().is_sorted_by_key(tier));
    }
}

#[test]
fn thresholds_and_no_pruning() {
    let data = planted(6, 500, 2.0, Noise::Uniform, 11);
    let full = DirectLingam::new().with_pruning(Pruning::None);
    let full = full.learn(&data.nodes, &slices(&data.columns)).unwrap();
    assert_eq!(full.dag().edge_count(), 15);
    let none = DirectLingam::new().with_pruning(Pruning::Threshold(1e9));
    assert_eq!(none.learn(&data.nodes, &slices(&data.columns)).unwrap().dag().edge_count(), 0);
}

#[test]
fn hostile_columns_are_named() {
    let mut data = planted(5, 200, 2.0, Noise::Uniform, 5);
    data.columns[1] = vec![3.0; 200];
    data.columns[3] = data.columns[0].iter().map(|x| 2.0 * x - 7.0).collect();
    let model = direct(&data);
    let left_out: Vec<String> = model.left_out().iter().map(|o| format!("{}: {}", o.metric, o.why)).collect();
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    assert!(left_out[0].starts_with("X2") && left_out[1].starts_with("X4"));
    assert!(model.dag().edges().all(|(a, b)| ![1, 3].contains(&a) && ![1, 3].contains(&b)));
    assert!(model.weights().iter().all(|w| w.is_finite()));
    let by_ica = IcaLingam::new().learn(&data.nodes, &slices(&data.columns)).unwrap();
    assert_eq!(by_ica.left_out(), model.left_out());

    let wide = planted(30, 20, 2.0, Noise::Uniform, 5);
    let error = DirectLingam::new().learn(&wide.nodes, &slices(&wide.columns)).unwrap_err();
    assert!(matches!(&error, StructureError::NoData { message } if message.contains("20 rows")), "{error}");

    assert!(IcaLingam::new().learn(&wide.nodes, &slices(&wide.columns)).is_err());

    let nodes = Nodes::numbered(2);
    let learn = |a: &[f64], b: &[f64]| DirectLingam::new().learn(&nodes, &[a, b]);
    assert!(learn(&[], &[]).is_err() && learn(&[1.0], &[2.0]).is_err());
    assert!(learn(&[1.0, 2.0, 3.0], &[1.0, 2.0]).is_err());
    let gap = learn(&[1.0, f64::NAN, 3.0], &[1.0, 2.0, 2.5]).unwrap_err().to_string();
    assert!(gap.contains("`X1` is NaN in row 1"), "{gap}");
    assert!(learn(&[1.0; 9], &[2.0; 9]).is_err());
    assert!(DirectLingam::new().learn(&Nodes::numbered(0), &[]).is_err());
    assert!(DirectLingam::new().learn(&nodes, &[&[1.0, 2.0]]).is_err());
    let foreign = DirectLingam::new().with_knowledge(Knowledge::none(Nodes::numbered(3)));
    assert!(foreign.learn(&nodes, &[&[1.0, 2.0], &[1.0, 3.0]]).is_err());
}

#[test]
fn gaussian_noise_is_reported() {
    let gauss = direct(&planted(6, 2000, 2.0, Noise::Gauss, 1));
    assert!(gauss.warnings()[0].contains("looks Gaussian"), "{:?}", gauss.warnings());
    assert!(direct(&planted(6, 2000, 2.0, Noise::Uniform, 1)).warnings().is_empty());
}
