//! PCMCI and PCMCI+ beside tigramite 5.2.10.1, and what must hold on any data.

use etiology_granger::{LagTest, Lagged, LaggedGraph, Nodes, Pcmci, PcmciPlus, Series, TripleRule};
use serde_json::Value;

use crate::support::{aggregated, json, linear, noise, simulated};

fn links(graph: &LaggedGraph) -> Vec<(String, String, u64)> {
    let name = |v: usize| graph.nodes().name(v).to_owned();
    let mut links: Vec<_> =
        graph.edges().iter().map(|e| (name(e.cause), name(e.effect), e.lag.rows() as u64)).collect();
    links.sort();
    links
}

fn peer_links(document: &Value) -> Vec<(String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let edges = document["edges"].as_array().unwrap().iter();
    let mut links: Vec<_> = edges.map(|e| (text(&e[0]), text(&e[1]), e[2].as_u64().unwrap())).collect();
    links.sort();
    links
}

#[test]
fn pcmci_returns_the_values_of_tigramite() {
    let Some(known) = json("oracles/causal/known/oracles_py.json") else { return };
    let known = &known["pcmci_first5_of_ts_p20_s1"];
    let series = simulated(1, 5).unwrap();
    let found = Pcmci::new().learn(&series).unwrap();
    assert_eq!(found.tests().len(), 75);
    for LagTest { cause, effect, lag, outcome, q_value } in found.tests() {
        let at = |table: &str| known[table][*cause][*effect][lag.rows()].as_f64().unwrap();
        let result = outcome.as_ref().unwrap();
        assert!((result.statistic - at("val")).abs() < 1e-6, "{cause} {effect} {lag}");
        assert!((result.p_value - at("p")).abs() < 1e-9 * at("p").max(1e-3), "{cause} {effect} {lag}");
        assert!(q_value.unwrap() >= result.p_value);
    }
    for (effect, parents) in found.parents().iter().enumerate() {
        let of = known["parents"][effect.to_string()].as_array().unwrap();
        let expected: Vec<Lagged> = of
            .iter()
            .map(|p| {
                let lag = p[1].as_i64().unwrap().unsigned_abs();
                Lagged::new(p[0].as_u64().unwrap() as usize, lag as usize)
            })
            .collect();
        assert_eq!(parents, &expected);
    }
}

#[test]
fn pcmci_finds_the_links_of_tigramite() {
    for seed in 1..=3 {
        let name = format!("oracles/causal/peers/ts_tigramite-pcmci__ts_p20_T1000_L3_s{seed}.json");
        let Some(peer) = json(&name) else { return };
        let found = Pcmci::new().learn(&simulated(seed, 20).unwrap()).unwrap();
        assert_eq!(links(found.graph()), peer_links(&peer), "seed {seed}");
    }
}

/// The peer's file lists links from the past; those within the row, all undirected, and the counts are from the same version.
#[test]
fn pcmci_plus_finds_the_links_of_tigramite() {
    let Some(peer) = json("oracles/causal/peers/ts_tigramite-pcmciplus__ts_p20_T1000_L3_s1.json") else {
        return;
    };
    for (seed, count, within) in [(1, 53, "10-19 13-14"), (2, 53, "2-13"), (3, 52, "3-6")] {
        let found = PcmciPlus::new().learn(&simulated(seed, 20).unwrap()).unwrap();
        let row: Vec<String> =
            written(found.graph()).into_iter().filter(|link| !link.contains('@')).collect();
        assert_eq!(row.join(" "), within);
        assert_eq!(found.graph().edges().len(), count);
        if seed == 1 {
            let past = links(found.graph()).into_iter().filter(|link| link.2 > 0);
            assert_eq!(past.collect::<Vec<_>>(), peer_links(&peer));
        }
    }
}

/// Edges within the row as `a>b`, `a-b` or `axb` (conflict), and from the past as `a@lag>b`.
fn written(graph: &LaggedGraph) -> Vec<String> {
    let mut words: Vec<String> = graph
        .edges()
        .iter()
        .map(|e| match (e.lag.rows(), e.marks.to_string().as_str()) {
            (0, "-->") => format!("{}>{}", e.cause, e.effect),
            (0, "---") => format!("{}-{}", e.cause, e.effect),
            (0, "o-o") => format!("{}x{}", e.cause, e.effect),
            (lag, _) => format!("{}@{lag}>{}", e.cause, e.effect),
        })
        .collect();
    words.sort();
    words
}

/// Sums of two rows of the first ten series, `tau_max=2`, `pc_alpha=.05`: many edges within the row, and conflicts.
#[test]
fn edges_within_the_row_are_those_of_tigramite() {
    use TripleRule::{Conservative, Majority, SeparatingSet};
    let past = [
        "0@1>0 1@1>1 4@2>1 2@1>2 7@1>2 3@1>3 7@1>3 8@1>3 0@1>4 0@2>4 4@1>4 0@2>5 5@1>5 6@1>5 7@1>5 8@1>5 9@1>5 6@1>6 7@1>7 8@1>8 9@1>9 9@2>9",
        "0@1>0 2@1>0 4@1>0 8@1>0 1@1>1 5@1>1 8@1>1 0@1>2 2@1>2 4@1>2 9@1>2 1@1>3 1@2>3 3@1>3 4@1>4 9@1>4 5@1>5 6@1>6 7@1>7 3@2>8 7@1>8 8@1>8 8@2>8 9@1>9",
        "0@1>0 0@2>0 1@1>1 8@2>1 2@1>2 2@2>2 6@1>2 2@1>3 3@1>3 4@1>3 4@2>3 6@1>3 8@1>3 4@1>4 1@1>5 5@1>5 5@1>6 5@2>6 6@1>6 6@2>6 7@1>7 5@2>8 8@1>8 0@1>9 1@1>9 6@1>9 9@1>9",
    ];
    let within = [
        (1, Majority, 46, "3>0 7>2 2>4 6>5 8>5 0-6 7>6 2x9 3x9 7-9"),
        (1, Conservative, 48, "3>0 7>2 2>4 6>5 8>5 0-6 7>6 2x9 3>9 7-9"),
        (1, SeparatingSet, 0, "0x3 2x4 8>5 0x6 5x6 2x7 6x7 2x9 3x9 7x9"),
        (2, Majority, 16, "8>0 5>1 8>1 0-4"),
        (2, Conservative, 17, "8>0 5>1 8>1 0-4"),
        (2, SeparatingSet, 0, "5>1 0x4 0x8 1x8"),
        (3, Majority, 30, "1>4 3x4 8>4 5x6 2-8 1-9 6x9"),
        (3, Conservative, 36, "4>3 1>4 8>4 5>6 9>6 2-8 1-9"),
        (3, SeparatingSet, 0, "1x4 3x4 5x6 2x8 4x8 1x9 6x9"),
    ];
    for (seed, rule, ambiguous, within) in within {
        let Some(series) = simulated(seed, 10) else { return };
        let plus = PcmciPlus::new().with_max_lag(2).with_alpha(0.05).with_triple_rule(rule);
        let found = plus.learn(&aggregated(&series, 2)).unwrap();
        let mut expected: Vec<&str> =
            within.split_whitespace().chain(past[seed - 1].split_whitespace()).collect();
        expected.sort_unstable();
        assert_eq!(written(found.graph()), expected, "seed {seed}, {rule:?}");
        assert_eq!(found.ambiguous().len(), ambiguous, "seed {seed}, {rule:?}");
    }
}

fn system(seed: u64) -> Series {
    let edges =
        [(0, 0, 1, 0.6), (1, 1, 1, 0.5), (0, 1, 2, 0.5), (1, 2, 1, -0.6), (3, 4, 0, 0.8), (2, 4, 0, 0.7)];
    linear(5, 600, seed, &edges)
}

#[test]
fn planted_links_are_found() {
    let graph = Pcmci::new().with_alpha(0.001).learn(&system(3)).unwrap().graph().clone();
    for (cause, effect, lag) in [(0, 0, 1), (1, 1, 1), (0, 1, 2), (1, 2, 1)] {
        assert!(graph.has(cause, effect, etiology_granger::Lag::new(lag)), "{cause} {effect} {lag}");
    }
    let plus = PcmciPlus::new().with_alpha(0.001).learn(&system(3)).unwrap();
    assert_eq!(written(plus.graph()), ["0@1>0", "0@2>1", "1@1>1", "1@1>2", "2>4", "3>4"]);
}

/// `(cause, effect, lag, marks)` with names, which survive a new order of the columns.
fn named(graph: &LaggedGraph) -> Vec<(String, String, usize, String)> {
    let mut edges: Vec<_> = graph
        .edges()
        .iter()
        .map(|e| {
            let (mut a, mut b) = (graph.nodes().name(e.cause), graph.nodes().name(e.effect));
            let marks = e.marks.to_string();
            if marks != "-->" && a > b {
                std::mem::swap(&mut a, &mut b);
            }
            (a.to_owned(), b.to_owned(), e.lag.rows(), marks)
        })
        .collect();
    edges.sort();
    edges
}

#[test]
fn neither_order_nor_units_nor_threads_matter() {
    let Some(series) = simulated(3, 10) else { return };
    let series = aggregated(&series, 2);
    let order = [7, 3, 0, 9, 1, 4, 8, 2, 6, 5];
    let turned = series.select(&order);
    let scaled = series.columns().iter().enumerate();
    let scaled = scaled.map(|(v, c)| c.iter().map(|x| 1e6 - x * (v + 1) as f64 * 1e3).collect()).collect();
    let scaled = Series::new(series.nodes().clone(), scaled).unwrap();
    let (pcmci, plus) = (Pcmci::new().with_min_lag(0), PcmciPlus::new().with_alpha(0.05));
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let first = (pcmci.learn(&series).unwrap(), plus.learn(&series).unwrap());
    for other in [&turned, &scaled] {
        assert_eq!(named(first.0.graph()), named(pcmci.learn(other).unwrap().graph()));
        assert_eq!(named(first.1.graph()), named(plus.learn(other).unwrap().graph()));
    }
    for pool in [one, three] {
        let again = pool.install(|| (pcmci.learn(&series).unwrap(), plus.learn(&series).unwrap()));
        assert_eq!(first, again);
    }
}

#[test]
fn moments_in_parts_give_what_whole_series_give() {
    let series = system(5);
    let cut = 250;
    let part = |from: usize, to: usize| -> Vec<Vec<f64>> {
        series.columns().iter().map(|column| column[from..to].to_vec()).collect()
    };
    let moments =
        |columns: Vec<Vec<f64>>| Series::new(series.nodes().clone(), columns).unwrap().moments(6).unwrap();
    let mut merged = moments(part(0, cut));
    merged.merge(&moments(part(cut, 600))).unwrap();
    let broken = series.clone().with_starts(vec![cut]);
    let whole = Pcmci::new().learn(&broken).unwrap();
    let parts = Pcmci::new().learn_from_moments(series.nodes(), &merged).unwrap();
    assert_eq!(named(whole.graph()), named(parts.graph()));
    let whole = PcmciPlus::new().learn(&broken).unwrap();
    let parts = PcmciPlus::new().learn_from_moments(series.nodes(), &merged).unwrap();
    assert_eq!(named(whole.graph()), named(parts.graph()));
    assert!(Pcmci::new().with_max_lag(4).learn_from_moments(series.nodes(), &merged).is_err());
    assert!(Pcmci::new().learn_from_moments(&Nodes::numbered(4), &merged).is_err());
}

/// Rejections of true nulls in autocorrelated pairs that do not act on each other.
#[test]
fn p_values_are_uniform_without_a_link_in_spite_of_autocorrelation() {
    let (mut below, mut tested) = ([0_usize; 3], 0_usize);
    for seed in 0..150 {
        let series = linear(3, 200, 1000 + seed, &[(0, 0, 1, 0.95), (1, 1, 1, 0.9), (2, 2, 1, 0.9)]);
        let found = Pcmci::new().with_max_lag(2).learn(&series).unwrap();
        for test in found.tests().iter().filter(|test| test.cause != test.effect) {
            let p_value = test.outcome.as_ref().unwrap().p_value;
            tested += 1;
            for (count, level) in below.iter_mut().zip([0.01, 0.05, 0.5]) {
                *count += usize::from(p_value <= level);
            }
        }
    }
    // Four standard errors of independent tests, doubled since tests of one sample are not.
    for (count, level) in below.into_iter().zip([0.01_f64, 0.05, 0.5]) {
        let share = count as f64 / tested as f64;
        let error = (level * (1.0 - level) / tested as f64).sqrt();
        assert!((share - level).abs() < 8.0 * error, "{share} at {level}");
    }
}

#[test]
fn hostile_series_are_left_out_or_refused_with_a_reason() {
    let mut next = noise(9);
    let mut fresh = |rows: usize| -> Vec<f64> { (0..rows).map(|_| next()).collect() };
    let (a, b) = (fresh(200), fresh(200));
    let copy: Vec<f64> = a.iter().map(|x| 3.0 - 2.0 * x).collect();
    let mut late = vec![0.5];
    late.extend(&a[..199]);
    let sum: Vec<f64> = a.iter().zip(&b).map(|(x, y)| x + y).collect();
    let wave: Vec<f64> = (0..200).map(|t| f64::from(t).sin()).collect();
    let names = ["a", "b", "constant", "missing", "copy", "late", "sum", "wave"];
    let columns = vec![a, b, vec![4.0; 200], vec![f64::NAN; 200], copy, late, sum, wave];
    let series = Series::new(Nodes::new(names).unwrap(), columns).unwrap();
    let found = Pcmci::new().learn(&series).unwrap();
    let left: Vec<String> = found.left_out().iter().map(|o| format!("{}: {}", o.metric, o.why)).collect();
    assert_eq!(
        left,
        [
            "constant: constant",
            "missing: all values are null",
            "copy: it repeats `a`",
            "late: it repeats `a`"
        ]
    );
    let plus = PcmciPlus::new().learn(&series).unwrap();
    for test in found.tests().iter().chain(plus.tests()) {
        match &test.outcome {
            Ok(result) => assert!(result.statistic.is_finite() && (0.0..=1.0).contains(&result.p_value)),
            Err(why) => assert!(why.to_string().contains("cannot be tested")),
        }
    }
    let short = Series::new(Nodes::numbered(2), vec![vec![1.0, 2.0, 0.0], vec![0.0, 1.0, 5.0]]).unwrap();
    assert!(Pcmci::new().learn(&short).unwrap_err().to_string().contains("lower the maximum lag"));
    assert!(PcmciPlus::new().learn(&Series::new(Nodes::numbered(0), vec![]).unwrap()).is_err());
    // Gaps closer than twice the lag leave no row.
    let gaps = linear(2, 60, 1, &[]).with_starts((0..60).step_by(5).collect());
    assert!(Pcmci::new().learn(&gaps).is_err());
    // Fewer rows than conditions: links without a degree of freedom say so.
    let wide = linear(12, 14, 1, &[]);
    let found = Pcmci::new().with_pc_alpha(0.9).learn(&wide).unwrap();
    assert!(
        found
            .tests()
            .iter()
            .all(|t| t.outcome.as_ref().is_ok_and(|r| r.p_value.is_finite()) || t.outcome.is_err())
    );
    for odd in [f64::NAN, 0.0, 1.0, -1.0] {
        assert!(Pcmci::new().with_alpha(odd).learn(&wide).is_err());
        assert!(PcmciPlus::new().with_alpha(odd).learn(&wide).is_err());
    }
    assert!(Pcmci::new().with_max_lag(0).learn(&wide).is_err());
    assert!(Pcmci::new().with_max_lag(usize::MAX).learn(&wide).is_err());
    assert!(Pcmci::new().with_min_lag(4).learn(&wide).is_err());
}
