//! Incident folders, and the topology and events in them.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use etiology_frame::{
    Clock, Event, EventLog, FrameBuilder, Incident, Layer, LinkKind, Metric, MetricFrame, Onset, RootCause,
    Span, Time, Truth,
};
use etiology_io::{
    Bundle, ReadOptions, TableFormat, read_events, read_incident, read_topology, read_truth, write_incident,
    write_incident_as,
};
use proptest::prelude::*;
use tempfile::TempDir;

fn read(path: &Path) -> Result<Bundle, String> {
    read_incident(path, &ReadOptions::new())
        .map_err(|error| error.to_string().replace(&format!("{}/", path.display()), ""))
}

fn folder(manifest: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("incident.json"), manifest).unwrap();
    let metrics = "time,web_latency,gpu0_util\n2022-08-22T03:50:00Z,1,2\n2022-08-22T03:51:00Z,2,3\n2022-08-22T03:52:00Z,2,3\n";
    fs::write(folder.path().join("metrics.csv"), metrics).unwrap();
    folder
}

fn with(fields: &str) -> Result<Bundle, String> {
    read(folder(&format!("{{\"schema\": \"etiology.incident/1\",\n{fields}}}")).path())
}

#[test]
fn every_field_of_a_folder_is_read() {
    let folder = folder(
        r#"{ "schema": "etiology.incident/1", "id": "payment-mem-3", "onset": "2022-08-22T03:51:00Z", "onset_uncertainty_s": 60,
             "symptom": ["web_latency"], "layers": {"gpu0_util": "data", "gone": "model"}, "period_s": 1.0, "colour": "red",
             "truth": [{"entity": "payment", "metric": "payment_mem", "layer": "compute", "mechanism": "memory-leak"}] }"#,
    );
    fs::write(folder.path().join("topology.csv"), "source,target,kind\nweb,db,\nloader,gpu0,feeds\n")
        .unwrap();
    fs::write(folder.path().join("events.csv"), "time,entity,kind,message\n2022-08-22T03:51:00,web,deploy,\"v2, canary\"\n2022-08-22T03:50:30Z,,alert,hot\n").unwrap();
    fs::write(folder.path().join("reference.csv"), "time,gpu0_util,name\n2022-08-21T00:00:00Z,1,x\n")
        .unwrap();
    let bundle = read(folder.path()).unwrap();
    let incident = &bundle.incident;
    assert_eq!(incident.id, "payment-mem-3");
    let onset = Onset { time: Time(1_661_140_260_000_000_000), uncertainty: Some(Span(60_000_000_000)) };
    assert_eq!(incident.onset, Some(onset));
    assert_eq!(incident.symptoms, ["web_latency"]);
    assert_eq!(incident.frame.metrics()[1].layer, Some(Layer::Data));
    assert_eq!(incident.reference.as_ref().unwrap().metrics()[0].layer, Some(Layer::Data));
    assert_eq!(incident.topology.nodes(), ["web", "db", "loader", "gpu0"]);
    assert_eq!(incident.topology.links()[1].kind, LinkKind::Feeds);
    let events: Vec<_> =
        incident.events.events().iter().map(|e| (e.entity.as_deref(), e.message.as_str())).collect();
    assert_eq!(events, [(None, "hot"), (Some("web"), "v2, canary")]);
    assert_eq!(
        bundle.warnings,
        [
            "incident.json: unknown fields are ignored: `colour`",
            "incident.json: `layers` names no such metrics: `gone`",
            "incident.json: `period_s` is 1 but the rows are 60 apart; the rows count",
            "events: column `time`: 1 of 2 times have no zone and are read as UTC"
        ]
    );
    assert_eq!(bundle.left_out[0].metric, "name");
    let truth = read_truth(folder.path()).unwrap().unwrap();
    assert_eq!(truth.entities().collect::<Vec<_>>(), ["payment"]);
    assert_eq!(bundle.truth, Some(truth));
    let by_file = read_incident(&folder.path().join("incident.json"), &ReadOptions::new()).unwrap();
    assert_eq!(by_file.incident.id, "payment-mem-3");
}

#[test]
fn onset_and_symptom_come_in_several_forms() {
    let onset = |fields: &str| with(fields).unwrap().incident.onset.map(|onset| onset.time.0);
    let expected = Some(1_661_140_260_000_000_000);
    assert_eq!(onset(r#""onset": 1661140260"#), expected);
    assert_eq!(onset(r#""onset": 1661140260000"#), expected);
    assert_eq!(onset(r#""onset": "1661140260""#), expected);
    assert_eq!(onset(r#""onset": null"#), None);
    assert_eq!(with(r#""symptom": "gpu0_util""#).unwrap().incident.symptoms, ["gpu0_util"]);
}

#[test]
fn a_bad_manifest_names_field_and_line() {
    let error = |fields: &str| with(fields).unwrap_err();
    assert_eq!(
        error("\"layers\": {\"gpu0_util\": \"gpu\"}"),
        "incident.json: line 2: field `layers`: unknown variant `gpu`, expected one of `data`, `model`, `compute`; correct it; the formats page shows every field"
    );
    assert!(
        error("\"id\": 7")
            .starts_with("incident.json: line 2: field `id`: invalid type: integer `7`, expected a string")
    );
    assert!(
        error("\"id\": \"x\",").starts_with("incident.json: line 2: field `id`: "),
        "{}",
        error("\"id\": \"x\",")
    );
    assert_eq!(
        error("\"symptom\": \"web_latncy\""),
        "incident.json: field `symptom`: no metric `web_latncy`; did you mean `web_latency`?; name a metric of the table"
    );
    assert!(
        error("\"symptom\": 3")
            .contains("field `symptom`: `3` is neither a metric's name nor a list of them")
    );
    assert!(error("\"onset\": \"soon\"").contains("field `onset`: `soon` is not a time"));
    assert!(error("\"onset\": []").contains("field `onset`: `[]` is not a time"));
    assert!(
        error("\"onset\": 0, \"onset_uncertainty_s\": -1")
            .contains("field `onset_uncertainty_s`: -1 is not a length of time")
    );
    assert!(read(folder("{\"schema\": \"etiology.incident/9\"}").path()).unwrap_err().contains(
        "field `schema`: `etiology.incident/9` is not known; this version reads `etiology.incident/1`"
    ));
    assert!(read(folder("{}").path()).unwrap_err().contains("missing field `schema`"));
}

#[test]
fn a_truth_that_cannot_be_read_does_not_touch_the_incident() {
    let folder = folder("{\"schema\": \"etiology.incident/1\", \"truth\": \"payment\"}");
    let bundle = read(folder.path()).unwrap();
    assert_eq!((bundle.truth, bundle.warnings), (None, vec![]));
    let error = read_truth(folder.path()).unwrap_err().to_string();
    assert!(error.contains("field `truth`: invalid type: string"), "{error}");
}

#[test]
fn faulty_folders_are_explained() {
    let empty = TempDir::new().unwrap();
    assert!(read(empty.path()).unwrap_err().contains("no incident.json; write one"));
    let two = folder("{\"schema\": \"etiology.incident/1\"}");
    fs::write(two.path().join("metrics.tsv"), "x").unwrap();
    assert!(
        read(two.path()).unwrap_err().contains("both metrics.csv and metrics.tsv exist; keep one of them")
    );
    fs::remove_file(two.path().join("metrics.tsv")).unwrap();
    fs::write(two.path().join("reference.csv"), "step,a\n1,2\n").unwrap();
    assert!(
        read(two.path()).unwrap_err().contains("one frame is in UTC time and the other in integer steps")
    );
    fs::remove_file(two.path().join("metrics.csv")).unwrap();
    assert!(read(two.path()).unwrap_err().contains("no metrics table; put the metrics beside incident.json"));
}

#[test]
fn a_plain_table_is_an_incident_of_which_only_the_metrics_are_known() {
    let folder = folder("{\"schema\": \"etiology.incident/1\"}");
    let path = folder.path().join("metrics.csv");
    let bundle = read_incident(&path, &ReadOptions::new()).unwrap();
    assert_eq!((bundle.incident.id.as_str(), bundle.incident.onset), ("metrics", None));
    assert_eq!(read_truth(&path).unwrap(), None);
}

#[test]
fn faulty_topologies_and_events_name_their_lines() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.csv");
    let topology = |text: &str| {
        fs::write(&path, text).unwrap();
        read_topology(&path).map_err(|error| error.to_string().split_once("t.csv: ").unwrap().1.to_owned())
    };
    assert_eq!(
        topology("Target,Source\na,b\n\nc,\n").unwrap_err(),
        "line 4: the source is empty; name it or remove the line"
    );
    assert_eq!(topology("source,target\nb,a\nc,\n").unwrap().nodes(), ["b", "a", "c"]);
    assert_eq!(
        topology("from,to\na,b\n").unwrap_err(),
        "line 1: no column `source`, found `from`, `to`; begin with a header that has source,target"
    );
    assert_eq!(
        topology("source,target,kind\na,b,knows\n").unwrap_err(),
        "line 2: `knows` is no kind of link; use calls or feeds"
    );
    assert_eq!(
        topology("source,target\na\n").unwrap_err(),
        "line 2 has 1 fields, the header has 2; fix the line or quote fields that hold the separator"
    );
    let events = |text: &str, clock| {
        fs::write(&path, text).unwrap();
        read_events(&path, clock)
            .map_err(|error| error.to_string().split_once("t.csv: ").unwrap().1.to_owned())
    };
    assert_eq!(events("time,kind\n5,x\n3,y\n", Clock::Step).unwrap().events()[0].kind, "y");
    assert_eq!(
        events("time,kind\n2024-01-01,x\n", Clock::Step).unwrap_err(),
        "line 2: column `time`: `2024-01-01` is not a step; write an integer, because the metrics count steps"
    );
    assert!(
        events("time,kind\n2024-01-01,x\nsoon,y\n", Clock::Utc)
            .unwrap_err()
            .starts_with("line 3: column `time`: `soon` is not a time")
    );
}

#[test]
fn a_folder_with_something_in_it_is_not_overwritten() {
    let folder = folder("{\"schema\": \"etiology.incident/1\"}");
    let incident = read(folder.path()).unwrap().incident;
    let error = write_incident(&incident, None, folder.path()).unwrap_err().to_string();
    assert!(error.contains("is not empty; choose another folder or remove it first"), "{error}");
}

fn cells() -> impl Strategy<Value = Option<f64>> {
    proptest::option::of(any::<f64>().prop_filter("NaN is null", |value| !value.is_nan()))
}

fn frames(clock: Clock) -> impl Strategy<Value = MetricFrame> {
    let name =
        proptest::sample::select(vec!["web_latency", "gpu0_util", "x, \"y\"", "a:b/c", "loss", "é", "n/a"]);
    let names = proptest::collection::btree_set(name, 1..5);
    let ticks = proptest::collection::btree_set(any::<i64>(), 1..12);
    (names, ticks)
        .prop_flat_map(|(names, ticks)| {
            let column = proptest::collection::vec(cells(), ticks.len());
            let columns = proptest::collection::vec((proptest::option::of(0..3_usize), column), names.len());
            (Just(names), Just(ticks), columns)
        })
        .prop_map(move |(names, ticks, columns)| {
            let builder = FrameBuilder::new(clock, ticks.into_iter().collect());
            let layers = [Layer::Data, Layer::Model, Layer::Compute];
            names
                .into_iter()
                .zip(columns)
                .fold(builder, |builder, (name, (layer, values))| {
                    let metric = Metric::infer(name);
                    let metric = match layer {
                        Some(layer) => metric.with_layer(layers[layer]),
                        None => metric,
                    };
                    builder.column(metric, values)
                })
                .build()
                .unwrap()
                .0
        })
}

fn incidents() -> impl Strategy<Value = (Incident, Option<Truth>)> {
    let clock = prop_oneof![Just(Clock::Utc), Just(Clock::Step)];
    clock.prop_flat_map(|clock| {
        let onset = (any::<i64>(), proptest::option::of(0..1_000_000_i64));
        let event = (any::<i64>(), proptest::option::of("[a-z]{1,5}"), "[ -~]{0,12}");
        let links = proptest::collection::vec((0..4_usize, 0..4_usize, any::<bool>()), 0..6);
        (
            frames(clock),
            proptest::option::of(frames(clock)),
            proptest::option::of(onset),
            proptest::collection::vec(event, 0..4),
            links,
            proptest::option::of("[a-z]{1,5}"),
        )
            .prop_map(move |(frame, reference, onset, events, links, truth)| {
                let mut incident = Incident::new("an id", frame);
                incident.symptoms = vec![incident.frame.metrics()[0].name.clone()];
                incident.reference = reference;
                let scale = if clock == Clock::Utc { 1_000_000 } else { 1 };
                incident.onset = onset.map(|(time, span)| Onset {
                    time: Time(time),
                    uncertainty: span.map(|s| Span(s * scale)),
                });
                incident.events = EventLog::new(
                    events
                        .into_iter()
                        .map(|(time, entity, message)| Event {
                            time: Time(time),
                            entity,
                            kind: "k".into(),
                            message,
                        })
                        .collect(),
                );
                for (source, target, feeds) in links {
                    let name = |index: usize| ["web", "db", "a, b", "é"][index];
                    let kind = if feeds { LinkKind::Feeds } else { LinkKind::Calls };
                    incident.topology.add_link(name(source), name(target), kind);
                }
                let truth = truth.map(|entity| {
                    Truth(vec![RootCause {
                        entity: Some(entity),
                        layer: Some(Layer::Model),
                        ..RootCause::default()
                    }])
                });
                (incident, truth)
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_written_is_read_back((incident, truth) in incidents(), csv in any::<bool>()) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("new");
        let format = if csv { TableFormat::Csv } else { TableFormat::Parquet };
        write_incident_as(&incident, truth.as_ref(), &path, format).unwrap();
        let bundle = read_incident(&path, &ReadOptions::new()).unwrap();
        let again = &bundle.incident;
        prop_assert_eq!(&again.id, &incident.id);
        prop_assert_eq!(again.onset, incident.onset);
        prop_assert_eq!(&again.symptoms, &incident.symptoms);
        prop_assert_eq!(again.topology.nodes(), incident.topology.nodes());
        prop_assert_eq!(again.topology.links(), incident.topology.links());
        prop_assert_eq!(&again.events, &incident.events);
        prop_assert_eq!(&bundle.truth, &truth);
        prop_assert_eq!(&bundle.warnings, &Vec::<String>::new());
        let same = |a: &MetricFrame, b: &MetricFrame| a.ticks() == b.ticks()
            && a.columns().zip(b.columns()).all(|(x, y)| x.iter().eq(y.iter()));
        prop_assert!(same(&again.frame, &incident.frame));
        prop_assert_eq!(again.reference.is_some(), incident.reference.is_some());
        if let (Some(a), Some(b)) = (&again.reference, &incident.reference) {
            prop_assert!(same(a, b));
        }
        if !csv {
            prop_assert_eq!(again.frame.metrics(), incident.frame.metrics());
        }
    }
}
