//! Methods that walk the topology: cases worked by hand, a reference implementation's answers, properties, hostile input.

#![allow(missing_docs, clippy::unwrap_used, clippy::float_cmp, clippy::single_range_in_vec_init)]

use etiology_frame::{Clock, FrameBuilder, Incident, LinkKind, Metric, Onset, Time, Topology};
use etiology_rank::methods::{PageRank, RandomWalk, SimpleTraversal, SmoothTraversal, Traversal, Trigger};
use etiology_rank::{Case, RankError, Ranking, RootCauseMethod};
use etiology_stats::Floor;
use proptest::prelude::*;
use serde_json::Value;

const NORMAL_ROWS: i64 = 40;

/// A world in which each entity's latency alternates between 9 and 11 (mean and median 10, std and raw MAD 1), and then
/// takes the given values. The first entity is the symptom's.
fn incident(calls: &[(&str, &str)], after: &[(&str, &[Option<f64>])]) -> Incident {
    let rows = after.first().map_or(0, |(_, values)| values.len());
    let ticks = (0..NORMAL_ROWS + rows as i64).collect();
    let normal = || (0..NORMAL_ROWS).map(|i| Some(if i % 2 == 0 { 9.0 } else { 11.0 }));
    let builder = after.iter().fold(FrameBuilder::new(Clock::Step, ticks), |builder, (entity, values)| {
        let metric = Metric::new(format!("{entity}_latency")).with_parts(*entity, "latency");
        builder.column(metric, normal().chain(values.iter().copied()))
    });
    let mut incident = Incident::new("by hand", builder.build().unwrap().0);
    incident.symptoms = after.first().map(|(entity, _)| format!("{entity}_latency")).into_iter().collect();
    incident.onset = Some(Onset { time: Time(NORMAL_ROWS), uncertainty: None });
    incident.topology = Topology::from_calls(calls.iter().copied());
    incident
}

fn rank(method: &dyn RootCauseMethod, incident: &Incident) -> Result<Ranking, RankError> {
    method.rank(&Case::new(incident, incident.onset.unwrap().time)?, 0)
}

fn scores(method: &dyn RootCauseMethod, incident: &Incident) -> Vec<(String, f64)> {
    let ranking = rank(method, incident).unwrap();
    ranking.entries().iter().map(|entry| (entry.entity.clone(), entry.score)).collect()
}

fn abstention(method: &dyn RootCauseMethod, incident: &Incident) -> String {
    let ranking = rank(method, incident).unwrap();
    assert!(ranking.is_empty(), "{ranking:?}");
    ranking.abstained().unwrap().to_owned()
}

#[track_caller]
fn assert_scores(found: &[(String, f64)], expected: &[(&str, f64)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((name, score), (expected_name, expected_score)) in found.iter().zip(expected) {
        let close = (score - expected_score).abs() <= 1e-9 * expected_score.abs().max(1.0);
        assert!(name == expected_name && close, "{found:?} against {expected:?}");
    }
}

fn every_method() -> Vec<Box<dyn RootCauseMethod>> {
    vec![
        Box::new(Traversal::repaired()),
        Box::new(Traversal::published()),
        Box::new(Traversal::z()),
        Box::new(SimpleTraversal::repaired()),
        Box::new(SimpleTraversal::published()),
        Box::new(SmoothTraversal::repaired()),
        Box::new(SmoothTraversal::published()),
        Box::new(RandomWalk::repaired()),
        Box::new(RandomWalk::published()),
        Box::new(PageRank::repaired()),
        Box::new(PageRank::published()),
    ]
}

// --- known answers ---------------------------------------------------------------------------------------------------

/// A reference script in Python that is itself checked against PetShop's published numbers.
#[test]
fn the_small_incident_is_ranked_as_by_the_reference_implementation() {
    let answers: Value = serde_json::from_str(include_str!("known/answers.json")).unwrap();
    let mut incident = small();
    incident.onset =
        Some(Onset { time: Clock::Utc.parse("2022-08-22T03:51:00Z").unwrap(), uncertainty: None });
    let methods: [(&str, Box<dyn RootCauseMethod>); 5] = [
        ("baseline", Box::new(Traversal::published())),
        ("z_argmax", Box::new(Traversal::z())),
        ("z_forward", Box::new(Traversal::z().trigger(Trigger::FirstFrom(2)))),
        ("simple", Box::new(SimpleTraversal::published())),
        ("smooth", Box::new(SmoothTraversal::published())),
    ];
    for (name, method) in methods {
        let known = answers["answers"]["walks"]["methods"][name]["ranking"].as_array().unwrap();
        let known: Vec<(&str, f64)> =
            known.iter().map(|entry| (entry[0].as_str().unwrap(), entry[1].as_f64().unwrap())).collect();
        assert_scores(&scores(&*method, &incident), &known);
    }
}

fn small() -> Incident {
    let mut lines = include_str!("known/small/metrics.csv").lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let ticks = rows.iter().map(|row| Clock::Utc.parse(row[0]).unwrap().0).collect();
    let columns = names.iter().enumerate();
    let builder = columns.fold(FrameBuilder::new(Clock::Utc, ticks), |builder, (index, name)| {
        builder.column(Metric::infer(*name), rows.iter().map(|row| row[index + 1].parse().ok()))
    });
    let calls = include_str!("known/small/topology.csv").lines().skip(1);
    let mut incident = Incident::new("small", builder.build().unwrap().0);
    incident.symptoms = vec!["front-end_latency".into()];
    incident.topology = Topology::from_calls(calls.filter_map(|line| line.split_once(',')));
    incident
}

// --- by hand ---------------------------------------------------------------------------------------------------------

const CHAIN: [(&str, &str); 3] = [("web", "orders"), ("orders", "payment"), ("web", "user")];

fn chain() -> Incident {
    let row = |value: f64| [Some(10.0), Some(10.0), Some(value)];
    incident(
        &CHAIN,
        &[("web", &row(30.0)), ("orders", &row(40.0)), ("payment", &row(60.0)), ("user", &row(11.0))],
    )
}

#[test]
fn a_chain_by_hand() {
    // z scores at row 2: web 20, orders 30, payment 50, user 1.
    assert_scores(&scores(&Traversal::z(), &chain()), &[("payment", 100.0)]);
    // The MAD is 1, so the scale is 1.4826 and floored at 1 % of 10 = .1.
    let mad = 100.0 * 0.674_489_750_196_081_7;
    assert_scores(&scores(&Traversal::published(), &chain()), &[("payment", mad)]);
    assert_scores(&scores(&Traversal::repaired(), &chain()), &[("payment", mad)]);
    assert_scores(&scores(&SimpleTraversal::repaired(), &chain()), &[("payment", 50.0)]);
    // Gaps: payment 50 - 0, user 1 - 0, orders 30 - 50 clipped.
    let smooth = [("payment", 50.0), ("user", 1.0), ("orders", 0.0)];
    assert_scores(&scores(&SmoothTraversal::repaired(), &chain()), &smooth);
    // Nothing normal is as far as payment: ln(40.5 / .5); everything normal is as far as user.
    let top = 81.0_f64.ln();
    let smooth = [("payment", top), ("orders", 0.0), ("user", 0.0)];
    assert_scores(&scores(&SmoothTraversal::published(), &chain()), &smooth);
    assert_scores(&scores(&SimpleTraversal::published(), &chain()), &[("payment", top)]);
}

#[test]
fn a_null_breaks_a_path_but_not_the_ancestry() {
    let calls = [("web", "orders"), ("orders", "payment")];
    let incident =
        incident(&calls, &[("web", &[Some(30.0)]), ("orders", &[None]), ("payment", &[Some(60.0)])]);
    assert_eq!(
        abstention(&Traversal::z(), &incident),
        "no anomalous entity leads to `web` through anomalous entities"
    );
    assert_scores(&scores(&SimpleTraversal::repaired(), &incident), &[("payment", 50.0)]);
}

#[test]
fn the_published_trigger_never_looks_at_the_first_two_rows() {
    let early = |value: f64| [Some(value), Some(value), Some(10.0)];
    let incident = incident(&[("web", "orders")], &[("web", &early(30.0)), ("orders", &early(40.0))]);
    assert_eq!(
        abstention(&Traversal::published(), &incident),
        "the symptom on `web` is not anomalous: no score over 5"
    );
    assert_scores(&scores(&Traversal::z(), &incident), &[("orders", 50.0)]);
    assert_scores(&scores(&Traversal::z().trigger(Trigger::FirstFrom(1)), &incident), &[("orders", 50.0)]);
}

#[test]
fn a_mad_of_zero_is_infinite_as_published_and_finite_repaired() {
    let mut incident = chain();
    // Mostly 10 with one 11 in the normal window: the MAD is 0, the standard deviation is not.
    let ticks = incident.frame.ticks().to_vec();
    let flat = |last: f64| {
        let values = (0..ticks.len()).map(move |i| {
            Some(if i == 7 {
                11.0
            } else if i == 42 {
                last
            } else {
                10.0
            })
        });
        values.collect::<Vec<_>>()
    };
    let metric = |entity: &str| Metric::new(format!("{entity}_latency")).with_parts(entity, "latency");
    incident.frame = [("web", 20.0), ("user", 30.0), ("orders", 40.0)]
        .iter()
        .fold(FrameBuilder::new(Clock::Step, ticks.clone()), |builder, (entity, last)| {
            builder.column(metric(entity), flat(*last))
        })
        .build()
        .unwrap()
        .0;
    let infinite = [("user", f64::INFINITY), ("orders", f64::INFINITY)];
    let ranking = rank(&Traversal::published(), &incident).unwrap();
    assert_eq!(ranking.ties(), [0..2]);
    let found: Vec<(&str, f64)> = ranking.entries().iter().map(|e| (e.entity.as_str(), e.score)).collect();
    assert_eq!(found, infinite);
    // The scale is the standard deviation of 39 tens and one 11, which is above the floor of .1.
    let scale = (39.0_f64 / 1600.0).sqrt();
    let expected = [("orders", 40.0 / scale), ("user", 30.0 / scale)];
    assert_scores(&scores(&Traversal::repaired(), &incident), &expected);
}

#[test]
fn a_circle_ties_repaired_and_is_refused_as_published() {
    let calls = [("web", "a"), ("a", "b"), ("b", "a")];
    let incident = incident(&calls, &[("web", &[Some(30.0)]), ("a", &[Some(40.0)]), ("b", &[Some(50.0)])]);
    let ranking = rank(&Traversal::repaired(), &incident).unwrap();
    assert_eq!(ranking.ties(), [0..2]);
    assert_eq!(
        abstention(&Traversal::z(), &incident),
        "the anomalous entities a, b cause each other in a circle"
    );
}

#[test]
fn a_topology_of_metrics_is_taken_at_its_word() {
    let values =
        |last: f64| (0..41).map(move |i| Some(if i == 40 { last } else { 9.0 + 2.0 * f64::from(i % 2) }));
    let frame = FrameBuilder::new(Clock::Step, (0..41).collect())
        .column(Metric::infer("step_time"), values(30.0))
        .column(Metric::infer("gpu0_util"), values(90.0))
        .build()
        .unwrap()
        .0;
    let mut incident = Incident::new("metrics as nodes", frame);
    incident.symptoms = vec!["step_time".into()];
    incident.onset = Some(Onset { time: Time(40), uncertainty: None });
    incident.topology.add_link("gpu0_util", "step_time", LinkKind::Feeds);
    assert_scores(&scores(&Traversal::z(), &incident), &[("gpu0_util", 100.0)]);
}

#[test]
fn page_rank_as_published_never_looks_at_the_metrics() {
    let loud = chain();
    let row = [Some(10.0)];
    let quiet = incident(&CHAIN, &[("web", &row), ("orders", &row), ("payment", &row), ("user", &row)]);
    assert_eq!(scores(&PageRank::published(), &loud), scores(&PageRank::published(), &quiet));
    let restarting = scores(&PageRank::repaired(), &loud);
    assert_eq!(restarting[0].0, "payment");
    assert!((restarting.iter().map(|(_, score)| score).sum::<f64>() - 1.0).abs() < 1e-12);
    assert_eq!(
        abstention(&PageRank::repaired(), &quiet),
        "no entity of the topology deviates from its normal values"
    );
}

#[test]
fn a_seed_gives_one_random_walk() {
    let noisy = |k: i32| (0..30).map(|i| Some(f64::from((i * k) % 7 + i * (k % 3)))).collect::<Vec<_>>();
    let series: Vec<Vec<Option<f64>>> = [3, 4, 5, 9].map(noisy).to_vec();
    let incident = incident(
        &CHAIN,
        &[("web", &series[0]), ("orders", &series[1]), ("payment", &series[2]), ("user", &series[3])],
    );
    let case = Case::new(&incident, Time(NORMAL_ROWS)).unwrap();
    let method = RandomWalk::published();
    let (one, again) = (method.rank(&case, 1).unwrap(), method.rank(&case, 1).unwrap());
    let other = method.rank(&case, 2).unwrap();
    assert_eq!(one, again);
    assert_ne!(one, other);
    // Entities with causes of their own cannot be named as published; repaired, all but the symptom can.
    assert_eq!(one.entries().len(), 2);
    assert_eq!(method.rank(&case, 1).unwrap().entries().iter().filter(|e| e.entity == "orders").count(), 0);
    assert_eq!(rank(&RandomWalk::repaired(), &incident).unwrap().entries().len(), 3);
}

// --- properties ------------------------------------------------------------------------------------------------------

const NAMES: [&str; 6] = ["web", "a", "b", "c", "d", "e"];

prop_compose! {
    /// Six entities with random links and values, nulls among them.
    fn world()(
        links in prop::collection::vec((0usize..6, 0usize..6), 1..14),
        values in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.9, -50i16..200), 6), 6),
        order in Just([0usize, 1, 2, 3, 4, 5]).prop_shuffle(),
    ) -> (Vec<(usize, usize)>, Vec<Vec<Option<f64>>>, [usize; 6]) {
        let values = values.into_iter().map(|row| row.into_iter().map(|v| v.map(f64::from)).collect()).collect();
        (links, values, order)
    }
}

fn build(links: &[(usize, usize)], values: &[Vec<Option<f64>>], order: &[usize; 6], scale: f64) -> Incident {
    let calls: Vec<_> = links.iter().map(|&(a, b)| (NAMES[a], NAMES[b])).collect();
    let after: Vec<(&str, &[Option<f64>])> =
        order.iter().map(|&i| (NAMES[i], values[i].as_slice())).collect();
    let mut incident = incident(&calls, &after);
    let frame = &incident.frame;
    let builder =
        frame.columns().fold(FrameBuilder::new(Clock::Step, frame.ticks().to_vec()), |builder, column| {
            builder.column(column.metric().clone(), column.iter().map(|value| value.map(|v| v * scale)))
        });
    incident.frame = builder.build().unwrap().0;
    incident.symptoms = vec!["web_latency".into()];
    incident.topology = Topology::new();
    incident.topology.add_node("web");
    calls.iter().for_each(|(a, b)| incident.topology.add_link(a, b, LinkKind::Calls));
    incident
}

fn by_name(ranking: &Ranking) -> Vec<(String, f64)> {
    let mut entries: Vec<_> = ranking.entries().iter().map(|e| (e.entity.clone(), e.score)).collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    entries
}

fn same(a: &[(String, f64)], b: &[(String, f64)]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|((n, x), (m, y))| n == m && (x == y || (x - y).abs() <= 1e-9 * x.abs().max(1.0)))
}

proptest! {
    #[test]
    fn the_order_of_columns_and_links_changes_no_score((links, values, order) in world()) {
        let straight = build(&links, &values, &[0, 1, 2, 3, 4, 5], 1.0);
        let reversed: Vec<_> = links.iter().rev().copied().collect();
        let shuffled = build(&reversed, &values, &order, 1.0);
        for method in every_method() {
            if method.card().id() == "random-walk:published" {
                continue; // sampled: a seed's walks depend on how nodes are numbered
            }
            let (a, b) = (rank(&*method, &straight).unwrap(), rank(&*method, &shuffled).unwrap());
            prop_assert!(same(&by_name(&a), &by_name(&b)), "{}: {a:?} {b:?}", method.card().id());
        }
    }

    #[test]
    fn a_change_of_unit_changes_no_score((links, values, order) in world(), exponent in -20..30i32) {
        // Powers of two, so that rounding cannot break ties between rows.
        let scale = 2.0_f64.powi(exponent);
        let (one, other) = (build(&links, &values, &order, 1.0), build(&links, &values, &order, scale));
        for method in every_method().iter().filter(|method| !method.card().id().ends_with(":published")) {
            let (a, b) = (rank(&**method, &one).unwrap(), rank(&**method, &other).unwrap());
            prop_assert!(same(&by_name(&a), &by_name(&b)), "{}: {a:?} {b:?}", method.card().id());
        }
    }

    #[test]
    fn any_values_and_links_give_scores_that_are_numbers(
        links in prop::collection::vec((0usize..8, 0usize..8), 0..20),
        values in prop::collection::vec(prop::collection::vec(prop::option::of(any::<f64>()), 0..25), 6),
    ) {
        let rows = values.iter().map(Vec::len).min().unwrap();
        let names = ["web", "a", "b", "c", "d", "e", "unknown", "nobody"];
        let builder = (0..6).fold(FrameBuilder::new(Clock::Step, (0..rows as i64).collect()), |builder, i| {
            let metric = Metric::new(format!("{}_latency", names[i])).with_parts(names[i], "latency");
            builder.column(metric, values[i][..rows].iter().copied())
        });
        let mut incident = Incident::new("any", builder.build().unwrap().0);
        incident.symptoms = vec!["web_latency".into()];
        incident.onset = Some(Onset { time: Time(15), uncertainty: None });
        incident.topology = Topology::from_calls(links.iter().map(|&(a, b)| (names[a], names[b])));
        for method in every_method() {
            if let Ok(ranking) = rank(&*method, &incident) {
                prop_assert!(ranking.entries().iter().all(|entry| !entry.score.is_nan()));
                prop_assert_eq!(ranking.is_empty(), ranking.abstained().is_some());
            }
        }
    }
}

// --- hostile input ---------------------------------------------------------------------------------------------------

#[track_caller]
fn refused(incident: &Incident) -> String {
    let message = rank(&Traversal::repaired(), incident).unwrap_err().to_string();
    for method in every_method() {
        let name = method.card().name;
        if name != "page-rank" {
            let other = rank(&*method, incident).unwrap_err().to_string();
            assert_eq!(other.replace(name, "traversal"), message);
        }
    }
    message
}

#[test]
fn without_a_topology_or_a_symptom_the_remedy_is_said() {
    let mut incident = chain();
    incident.topology = Topology::new();
    assert_eq!(
        refused(&incident),
        "`traversal` needs a topology, and this incident has none; give --topology FILE, or topology.csv in the \
         incident folder (`source,target`)"
    );
    assert!(rank(&PageRank::repaired(), &incident).unwrap_err().to_string().contains("--topology FILE"));

    let mut incident = chain();
    incident.symptoms.clear();
    assert_eq!(
        refused(&incident),
        "`traversal` needs a symptom, and this incident has none; name the metric that somebody complained about with \
         --symptom"
    );

    let mut incident = chain();
    incident.topology = Topology::from_calls([("x", "y")]);
    assert_eq!(
        refused(&incident),
        "`traversal` needs a symptom on an entity that the topology names, and this incident has none; add its entity \
         to the topology, or name another metric with --symptom"
    );
}

#[test]
fn entities_that_only_one_side_knows_are_left_out_and_said() {
    let mut incident = chain();
    incident.topology = Topology::from_calls([("web", "orders"), ("orders", "ghost"), ("web", "web")]);
    let ranking = rank(&Traversal::z(), &incident).unwrap();
    let said: Vec<String> = ranking.left_out().iter().map(|o| format!("{}: {}", o.metric, o.why)).collect();
    assert_eq!(
        said,
        [
            "payment_latency: the topology does not name `payment`",
            "user_latency: the topology does not name `user`",
            "ghost: the topology names it, but it has no `latency` in both windows",
        ]
    );
    assert_scores(&by_name(&ranking), &[("orders", 50.0)]);
}

#[test]
fn nothing_anomalous_nothing_measured_and_no_rows_are_abstentions() {
    let row = [Some(10.0), Some(11.0), Some(9.0)];
    let calm = incident(&CHAIN, &[("web", &row), ("orders", &row), ("payment", &row), ("user", &row)]);
    let nulls = [None, None, None];
    let empty =
        incident(&CHAIN, &[("web", &nulls), ("orders", &nulls), ("payment", &nulls), ("user", &nulls)]);
    let none = incident(&CHAIN, &[("web", &[]), ("orders", &[]), ("payment", &[]), ("user", &[])]);
    for method in [Traversal::published(), Traversal::repaired(), Traversal::z()] {
        for incident in [&calm, &empty, &none] {
            assert!(abstention(&method, incident).starts_with("the symptom on `web` is not anomalous"));
        }
    }
    let mut short = chain();
    short.onset = Some(Onset { time: Time(4), uncertainty: None });
    assert_eq!(
        abstention(&Traversal::repaired(), &short),
        "`web` has fewer than 10 normal values of the symptom"
    );
    assert!(abstention(&SmoothTraversal::repaired(), &short).contains("too few values"));
    assert!(abstention(&RandomWalk::published(), &empty).starts_with("no entity linked to `web` correlates"));
}

/// 700 diamonds in a row have 2^700 simple paths and 2 100 nodes.
#[test]
fn many_paths_and_many_nodes_take_no_time() {
    let diamonds = 700;
    let name = |i: usize, part: &str| format!("{part}{i}");
    let mut topology = Topology::new();
    let mut entities = vec![name(0, "join")];
    for i in 0..diamonds {
        for side in ["left", "right"] {
            topology.add_link(&name(i, "join"), &name(i, side), LinkKind::Calls);
            topology.add_link(&name(i, side), &name(i + 1, "join"), LinkKind::Calls);
            entities.push(name(i, side));
        }
        entities.push(name(i + 1, "join"));
    }
    let values = [Some(60.0)];
    let after: Vec<(&str, &[Option<f64>])> =
        entities.iter().map(|e| (e.as_str(), values.as_slice())).collect();
    let mut incident = incident(&[], &after);
    incident.topology = topology;
    let depth = 2.0 * f64::from(700_u16) + 1.0;
    assert_scores(&scores(&Traversal::z(), &incident), &[("join700", 50.0 * depth)]);
    for method in every_method() {
        rank(&*method, &incident).unwrap();
    }
}

#[test]
fn a_node_whose_values_overflow_is_left_out_and_a_wrong_floor_is_an_error() {
    let mut incident = chain();
    let frame = &incident.frame;
    let huge = |row: usize| Some(if row.is_multiple_of(2) { f64::MAX } else { f64::MIN });
    let builder =
        frame.columns().fold(FrameBuilder::new(Clock::Step, frame.ticks().to_vec()), |builder, column| {
            let rows = 0..frame.rows();
            match column.name() {
                "user_latency" => builder.column(column.metric().clone(), rows.map(huge)),
                _ => builder.column(column.metric().clone(), column.iter()),
            }
        });
    incident.frame = builder.build().unwrap().0;
    let ranking = rank(&Traversal::repaired(), &incident).unwrap();
    assert_eq!(ranking.entries().iter().map(|e| e.entity.as_str()).collect::<Vec<_>>(), ["payment"]);
    assert_eq!(ranking.left_out().len(), 1);
    assert_eq!(ranking.left_out()[0].metric, "user_latency");

    let wrong = rank(&Traversal::repaired().floor(Floor::relative(-1.0)), &incident).unwrap_err().to_string();
    assert!(wrong.contains("relative floor"), "{wrong}");
}
