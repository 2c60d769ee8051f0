use etiology_graph::{EdgeMarks, GraphDocument, GraphEdge, Nodes, Pdag};
use etiology_stats::{DiscreteColumn, DiscreteTable};
use etiology_structure::{Bootstrap, Dataset, DirectLingam, Resample, Resampling, StructureError};

use crate::support::{Noise, planted, slices};

#[test]
fn strengths_of_a_planted_model() {
    let data = planted(6, 600, 2.0, Noise::Uniform, 2);
    let columns = slices(&data.columns);
    let strengths = Bootstrap::new()
        .with_replicates(60)
        .run(&data.nodes, 600, |resample| {
            let drawn = resample.columns(&columns);
            Ok(DirectLingam::new().learn(&data.nodes, &slices(&drawn))?.dag().to_document())
        })
        .unwrap();
    assert_eq!((strengths.replicates(), strengths.failed()), (60, 0));
    let averaged = strengths.averaged(None);
    for (from, to) in data.dag.edges() {
        assert!(strengths.strength(from, to) > 0.9 && strengths.direction(from, to) > 0.9);
        assert!(averaged.has_directed(from, to));
    }
    let document = strengths.to_document(Some(0.9));
    assert!(document.edges.iter().all(|edge| edge.strength.unwrap() > 0.9));
    assert_eq!(document.edges.len(), data.dag.edge_count());
}

#[test]
fn the_same_on_any_number_of_threads() {
    let nodes = Nodes::numbered(5);
    let run = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let learn = |resample: &Resample| {
            let bits = resample.rows().iter().fold(resample.seed(), |h, &row| h.rotate_left(5) ^ row as u64);
            let mut graph = Pdag::empty(nodes.clone());
            for (k, (a, b)) in (0..5).flat_map(|a| (a + 1..5).map(move |b| (a, b))).enumerate() {
                match bits >> (3 * k) & 7 {
                    0 | 1 => graph.set_directed(a, b),
                    2 => graph.set_directed(b, a),
                    3 => graph.set_bidirected(a, b),
                    4 => graph.set_undirected(a, b),
                    _ => {}
                }
            }
            Ok(graph.to_document())
        };
        pool.install(|| Bootstrap::new().with_seed(seed).run(&nodes, 40, learn).unwrap())
    };
    assert_eq!(run(1, 3), run(4, 3));
    assert_ne!(run(1, 3), run(1, 4));
    let strengths = run(2, 3);
    let edge = strengths.edges()[0];
    // 5 of 8 values join; 2 forward, 1 backward, 2 without a direction.
    assert!((edge.present - 0.625).abs() < 0.12 && (edge.direction() - 0.6).abs() < 0.12);
    assert!((strengths.direction(0, 1) + strengths.direction(1, 0) - 1.0).abs() < 1e-12);
}

#[test]
fn rows_are_drawn_as_said() {
    let draw = |how: Resampling, replicate| Bootstrap::new().with_resampling(how).resample(1000, replicate);
    let rows = draw(Resampling::Rows, 0);
    assert_eq!(rows.rows().len(), 1000);
    let weights = rows.weights();
    assert_eq!(weights.iter().sum::<f64>(), 1000.0);
    // A row is missed with probability exp(-1).
    let missed = weights.iter().filter(|&&w| w == 0.0).count() as f64 / 1000.0;
    assert!((missed - 0.368).abs() < 0.05, "{missed}");
    assert_ne!(rows, draw(Resampling::Rows, 1));
    assert_ne!(rows.seed(), draw(Resampling::Rows, 1).seed());

    assert_eq!(draw(Resampling::Share(0.1), 0).rows().len(), 100);
    let half = draw(Resampling::Subsample(0.5), 0);
    assert!(half.rows().len() == 500 && half.rows().windows(2).all(|pair| pair[0] < pair[1]));
    let blocks = draw(Resampling::Blocks(50), 0);
    assert_eq!(blocks.rows().len(), 1000);
    let steps = blocks.rows().windows(2).filter(|pair| (pair[0] + 1) % 1000 == pair[1]).count();
    assert!((979..=999).contains(&steps), "{steps}");
}

#[test]
fn tables_and_datasets_are_drawn_by_row() {
    let column =
        |codes: Vec<u16>| DiscreteColumn::new(codes, ["a", "b", "c"].map(String::from).to_vec()).unwrap();
    let table = DiscreteTable::new(vec![column(vec![0, 1, 2, DiscreteColumn::MISSING]); 2]).unwrap();
    let resample = Bootstrap::new().resample(4, 0);
    let drawn = resample.table(&table).unwrap();
    let expected: Vec<u16> = resample.rows().iter().map(|&row| table.columns()[1].codes()[row]).collect();
    assert_eq!(drawn.columns()[1].codes(), expected);
    assert_eq!(drawn.cardinality(0), 3);

    let nodes = Nodes::numbered(1);
    let numbers =
        Dataset::new(nodes, vec![etiology_stats::MixedColumn::Continuous(vec![0.0, 10.0, 20.0, 30.0])])
            .unwrap();
    let drawn = resample.dataset(&numbers).unwrap();
    let expected: Vec<f64> = resample.rows().iter().map(|&row| 10.0 * row as f64).collect();
    assert_eq!(drawn.continuous().unwrap()[0], expected);
    assert!(Bootstrap::new().resample(9, 0).dataset(&numbers).is_err());
}

#[test]
fn failures_are_counted_and_bad_options_refused() {
    let nodes = Nodes::numbered(2);
    let odd = |resample: &Resample| {
        if resample.seed() % 2 == 1 {
            return Err(StructureError::NoData { message: "odd".to_owned() });
        }
        let edges = vec![GraphEdge::new(&nodes, 1, 0, EdgeMarks::DIRECTED)];
        Ok(GraphDocument { nodes: nodes.names().to_vec(), edges })
    };
    let strengths = Bootstrap::new().run(&nodes, 5, odd).unwrap();
    assert!((60..140).contains(&strengths.failed()));
    assert_eq!(strengths.strength(0, 1), 1.0);
    assert_eq!(strengths.direction(1, 0), 1.0);
    assert_eq!(strengths.first_failure().unwrap().to_string(), "odd");
    let fail = |_: &Resample| Err(StructureError::NoData { message: "no".to_owned() });
    assert_eq!(Bootstrap::new().run(&nodes, 5, fail).unwrap_err().to_string(), "no");
    let ok = |_: &Resample| Ok(Pdag::empty(Nodes::numbered(2)).to_document());
    assert!(Bootstrap::new().with_replicates(0).run(&nodes, 5, ok).is_err());
    assert!(Bootstrap::new().run(&nodes, 0, ok).is_err());
    for how in
        [Resampling::Share(0.0), Resampling::Subsample(1.5), Resampling::Blocks(0), Resampling::Blocks(6)]
    {
        assert!(Bootstrap::new().with_resampling(how).run(&nodes, 5, ok).is_err(), "{how:?}");
    }
    let stranger = |_: &Resample| {
        let other = Nodes::new(["a", "b"]).unwrap();
        let edges = vec![GraphEdge::new(&other, 0, 1, EdgeMarks::DIRECTED)];
        Ok(GraphDocument { nodes: other.names().to_vec(), edges })
    };
    assert!(Bootstrap::new().run(&nodes, 5, stranger).is_err());
}
