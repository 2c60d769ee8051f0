//! Every layout on a small generated folder, whole and broken.
#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code)] // each test file uses the layouts it needs
mod common;

use std::fs;
use std::path::Path;

use common::{nezha, opennetai, petshop, put, rcaeval, rcd};
use etiology_bench::{Cases, LoadOptions, find_suite};
use etiology_frame::{Clock, Incident, MetricKind, Windows};
use tempfile::{TempDir, tempdir};

fn made(make: fn(&Path)) -> TempDir {
    let folder = tempdir().unwrap();
    make(folder.path());
    folder
}

fn load(suite: &str, folder: &Path) -> Cases {
    find_suite(suite).unwrap().load(folder, &LoadOptions::default()).unwrap()
}

/// The message of the first error, from the suite or from its first case, without the folder's own name.
fn message(suite: &str, folder: &TempDir) -> String {
    let loaded = find_suite(suite).unwrap().load(folder.path(), &LoadOptions::default());
    let error = match loaded {
        Err(error) => error,
        Ok(cases) => cases.faults.iter().find_map(|case| case.load(0.0).err()).unwrap(),
    };
    error.to_string().replace(folder.path().to_str().unwrap(), "").trim_start_matches('/').to_owned()
}

fn windows(incident: &Incident) -> Windows {
    incident.windows(incident.onset.unwrap().time).unwrap()
}

fn names(incident: &Incident) -> Vec<&str> {
    incident.frame.metrics().iter().map(|metric| metric.name.as_str()).collect()
}

#[test]
fn a_suite_that_does_not_exist() {
    assert_eq!(
        find_suite("petshops").unwrap_err().to_string(),
        "no suite `petshops`; there are petshop, nezha, opennetai, rcd, rcaeval, incidents"
    );
}

#[test]
fn every_card_is_filled_in() {
    for suite in etiology_bench::suites() {
        let card = suite.card();
        for text in
            [card.name, card.summary, card.layout, card.source, card.licence, card.cites, card.protocol]
        {
            assert!(!text.is_empty(), "{card:?}");
        }
    }
}

#[test]
fn petshop_reads_three_header_rows_the_graph_and_the_splits() {
    let folder = made(petshop);
    let cases = load("petshop", folder.path());
    let ids: Vec<_> = cases.faults.iter().map(|case| (case.id.as_str(), case.groups[0].as_str())).collect();
    assert_eq!(
        ids,
        [("train/issue_0", "latency"), ("test/issue_0", "availability"), ("test/issue_1", "latency")]
    );
    let case = cases.faults[0].load(0.0).unwrap();
    assert_eq!(case.truth.entities().collect::<Vec<_>>(), ["db"]);
    assert_eq!(
        names(&case.incident),
        ["web_latency_Average", "db_latency_Average", "web_availability_Average"]
    );
    let metric = &case.incident.frame.metrics()[1];
    assert_eq!((metric.entity.as_deref(), metric.measure.as_str()), (Some("db"), "latency_Average"));
    assert_eq!(case.incident.symptoms, ["web_latency_Average"]);
    assert_eq!(case.incident.topology.nodes(), ["web", "db"]);
    assert_eq!(case.incident.topology.causes().collect::<Vec<_>>(), [(1, 0)]);
    assert_eq!((windows(&case.incident).normal.rows(), windows(&case.incident).anomalous.rows()), (20, 5));
    assert_eq!(case.incident.frame.column(2).unwrap().null_count(), 5);
    let cuts: Vec<_> =
        cases.normal.iter().map(|case| windows(&case.load(0.0).unwrap().incident).normal.rows()).collect();
    assert_eq!(cuts, [10, 12, 14, 16, 18, 10, 12, 14, 16, 18]);
    let late = cases.faults[0].load(300.0).unwrap().incident;
    assert_eq!(windows(&late).anomalous.rows(), 4);
}

#[test]
fn petshop_scenarios_side_by_side_keep_their_names() {
    let folder = tempdir().unwrap();
    petshop(&folder.path().join("dataset/low_traffic"));
    petshop(&folder.path().join("dataset/high_traffic"));
    let cases = load("petshop", folder.path());
    assert_eq!(cases.faults[0].id, "high_traffic/train/issue_0");
    assert_eq!(cases.faults[5].groups, ["low_traffic/latency"]);
}

#[test]
fn petshop_broken() {
    let folder = tempdir().unwrap();
    assert_eq!(
        message("petshop", &folder),
        ": not the layout of `petshop`: a scenario folder with noissue/metrics.csv, graph.csv, train/ and test/"
    );
    let folder = made(petshop);
    put(folder.path(), "noissue/metrics.csv", "time,web\n1,2\n3,4\n5,6\n");
    assert_eq!(
        message("petshop", &folder),
        "noissue/metrics.csv, line 1: the first cells of the header rows are [\"time\", \"1\", \"3\", \"5\"], expected \
         [\"microservice\", \"metric\", \"statistic\", \"unix_timestamp\"]"
    );
    let folder = made(petshop);
    put(folder.path(), "train/issue_0/target.json", "{\"target\": 3}");
    assert!(message("petshop", &folder).starts_with("train/issue_0/target.json, line 1: invalid type"));
    let folder = made(petshop);
    fs::remove_file(folder.path().join("graph.csv")).unwrap();
    assert!(message("petshop", &folder).starts_with("graph.csv: No such file"));
    let folder = made(petshop);
    let issue = folder.path().join("train/issue_0/metrics.csv");
    fs::write(&issue, fs::read_to_string(&issue).unwrap().replace(",90,", ",slow,")).unwrap();
    let said = message("petshop", &folder);
    assert_eq!(
        said,
        "train/issue_0/metrics.csv, line 5: column `db_latency_Average`: `slow` is not a number"
    );
}

#[test]
fn nezha_puts_pods_on_one_grid_and_keeps_faults_out_of_the_reference() {
    let folder = made(nezha);
    let cases = load("nezha", folder.path());
    let ids: Vec<&str> = cases.faults.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["2022-08-22/01-cartservice-cpu_contention", "2022-08-22/02-frontend-return"]);
    let case = cases.faults[0].load(0.0).unwrap();
    assert_eq!(case.incident.id, "nezha-2022-08-22-1");
    assert_eq!(case.truth.entities().collect::<Vec<_>>(), ["cartservice"]);
    assert_eq!(case.truth.metrics().collect::<Vec<_>>(), ["cartservice_CpuUsageRate(%)"]);
    assert_eq!(case.incident.topology.nodes(), ["frontend", "cartservice"]);
    assert_eq!(case.incident.symptoms, ["frontend_PodServerLatencyP90(s)", "frontend_SuccessRate(%)"]);
    let windows = windows(&case.incident);
    let cpu = |frame: &etiology_frame::MetricFrame| {
        frame.require("cartservice_CpuUsageRate(%)").unwrap().to_finite()
    };
    // Injected at 03:09:50: the rows of 03:10:10 to 03:14:10, four of them hot.
    assert_eq!(cpu(&windows.anomalous), [99.0, 99.0, 99.0, 99.0, 2.0]);
    // Seven rows a fault are kept out of the reference.
    assert_eq!(windows.normal.rows(), 120 - 14);
    assert!(cpu(&windows.normal).iter().all(|value| *value < 10.0));
    assert_eq!(cases.faults[1].load(0.0).unwrap().truth.metrics().count(), 0);
    // Reported a minute late: one hot row is taken for normal.
    let late = cases.faults[0].load(60.0).unwrap().incident;
    let normal = late.windows(late.onset.unwrap().time).unwrap().normal;
    assert_eq!(cpu(&normal).iter().filter(|value| **value > 10.0).count(), 1);
    let quiet = cases.normal[0].load(0.0).unwrap().incident;
    assert!(quiet.frame.time(0).unwrap() >= Clock::Utc.parse("2022-08-22T03:50:50Z").unwrap());
}

#[test]
fn nezha_broken() {
    let folder = tempdir().unwrap();
    assert!(message("nezha", &folder).contains("rca_data/<day>/<day>-fault_list.json"));
    let folder = made(nezha);
    fs::remove_file(folder.path().join("construct_data/root_cause_hipster.json")).unwrap();
    assert_eq!(
        message("nezha", &folder),
        ": not the layout of `nezha`: root_cause_hipster.json in construct_data/"
    );
    let folder = made(nezha);
    let front = folder.path().join("rca_data/2022-08-22/metric/front_service.csv");
    fs::write(&front, "Time,SuccessRate(%)\nyesterday,1\n").unwrap();
    assert_eq!(
        message("nezha", &folder),
        "rca_data/2022-08-22/metric/front_service.csv, line 2: `yesterday` is not a time: expected a date such as \
         2022-08-22 03:51:19.6 +0000 UTC m=+0.1"
    );
    fs::remove_file(&front).unwrap();
    assert!(message("nezha", &folder).contains("no metric `frontend_SuccessRate(%)`"));
    let folder = made(nezha);
    put(
        folder.path(),
        "rca_data/2022-08-22/2022-08-22-fault_list.json",
        r#"{"03":[{"inject_time":"a","inject_timestamp":"b","inject_pod":"p-1-2","inject_type":"t"}]}"#,
    );
    assert!(message("nezha", &folder).contains("inject_timestamp of p-1-2: `b` is not a time"));
}

#[test]
fn opennetai_reads_by_header_and_says_which_fault_has_no_data() {
    let folder = made(opennetai);
    let cases = load("opennetai", folder.path());
    assert_eq!((cases.faults.len(), cases.faults[0].groups[0].as_str()), (2, "cpu-stress"));
    let case = cases.faults[0].load(0.0).unwrap();
    let entities: Vec<_> = case.incident.frame.metrics().iter().map(|m| m.entity.clone().unwrap()).collect();
    assert_eq!(entities, ["node-192.168.31.103", "carts-5ff676694b-fzj9z", "user-778fc86b85-5ktzw"]);
    assert_eq!(case.truth.entities().collect::<Vec<_>>(), ["carts-5ff676694b-fzj9z"]);
    // Published as rates, whatever the name says.
    assert_eq!(case.incident.frame.metrics()[1].kind, MetricKind::Rate);
    let windows = windows(&case.incident);
    assert_eq!((windows.normal.rows(), windows.anomalous.rows()), (20, 6));
    assert_eq!(windows.anomalous.column(1).unwrap().to_finite(), [50.0, 50.0, 50.0, 50.0, 50.0, 1.0]);
    let said = cases.faults[1].load(0.0).unwrap_err().to_string();
    assert!(said.ends_with(
        "fault 2 begins at 2023-08-16T09:40:30Z, after the recording's end at 2023-08-16T06:59:09Z"
    ));
}

#[test]
fn opennetai_broken() {
    let folder = tempdir().unwrap();
    assert!(message("opennetai", &folder).starts_with("container-chaos-info.csv: No such file"));
    let info = "timestamp,duration,fault-type,target\n2023-08-16 06:40:30,soon,cpu,carts\n";
    put(folder.path(), "container-chaos-info.csv", info);
    assert_eq!(
        message("opennetai", &folder),
        "container-chaos-info.csv, line 2: `soon` is not a duration: expected one such as 5m or 30s"
    );
    put(folder.path(), "container-chaos-info.csv", &info.replace("soon", "5m"));
    assert!(message("opennetai", &folder).contains("metric-pod-<pod>.csv files beside"));
    put(folder.path(), "metric-pod-carts-1-2.csv", "timestamp,cpu\n2023-08-16 06:40:30,1\n");
    assert!(message("opennetai", &folder).contains(
        "metric-pod-carts-1-2.csv, line 2: `2023-08-16 06:40:30` is not a time: expected a date such as 16/8/2023"
    ));
    put(folder.path(), "metric-pod-carts-1-2.csv", "cpu,mem\n1,2\n");
    assert!(message("opennetai", &folder).contains("no column `timestamp`; the header has cpu, mem"));
}

#[test]
fn rcd_joins_the_two_recordings_at_the_fault() {
    let folder = made(rcd);
    let cases = load("rcd", folder.path());
    let case = cases.faults[0].load(0.0).unwrap();
    assert_eq!((cases.faults[0].id.as_str(), case.incident.id.as_str()), ("carts-cpu/1", "rcd-1"));
    assert_eq!(
        names(&case.incident),
        ["carts_cpu", "carts-db_cpu", "front-end_cpu", "carts_mem", "carts_lat_90"]
    );
    assert_eq!(case.incident.frame.metrics()[1].entity.as_deref(), Some("carts"));
    assert_eq!(
        (case.truth.entities().next(), case.truth.metrics().next()),
        (Some("carts"), Some("carts_cpu"))
    );
    let extent = case.incident.frame.extent().unwrap();
    assert_eq!((extent.0.0, extent.1.0), (-40, 39));
    assert_eq!((windows(&case.incident).normal.rows(), windows(&case.incident).anomalous.rows()), (40, 40));
    assert_eq!(windows(&cases.faults[0].load(10.0).unwrap().incident).normal.rows(), 50);
    let quiet = cases.normal[0].load(0.0).unwrap();
    assert_eq!((windows(&quiet.incident).normal.rows(), windows(&quiet.incident).anomalous.rows()), (30, 10));
    assert_eq!(quiet.truth.0.len(), 0);
    // As published: memory in megabytes.
    let options = LoadOptions { published: true, ..LoadOptions::default() };
    let published =
        find_suite("rcd").unwrap().load(folder.path(), &options).unwrap().faults[0].load(0.0).unwrap();
    assert_eq!(published.incident.frame.require("carts_mem").unwrap().get(0), Some(3.0));
}

#[test]
fn rcd_broken() {
    let folder = tempdir().unwrap();
    assert!(message("rcd", &folder).contains("<service>-<fault>/<k>/normal.csv and anomalous.csv"));
    let folder = made(rcd);
    put(folder.path(), "sock-shop-data/carts-cpu/1/normal.csv", "time,carts_cpu\n");
    assert_eq!(
        message("rcd", &folder),
        "sock-shop-data/carts-cpu/1: normal.csv or anomalous.csv has no rows"
    );
    fs::remove_file(folder.path().join("sock-shop-data/carts-cpu/1/normal.csv")).unwrap();
    assert!(message("rcd", &folder).starts_with("sock-shop-data/carts-cpu/1/normal.csv: No such file"));
}

#[test]
fn rcaeval_follows_the_published_column_rules_and_windows() {
    let folder = made(rcaeval);
    let cases = load("rcaeval", folder.path());
    let groups: Vec<_> =
        cases.faults.iter().map(|case| (case.id.as_str(), case.groups[0].as_str())).collect();
    assert_eq!(
        groups,
        [("RE1-OB/adservice_delay/1", "RE1-OB/delay"), ("RE2-TT/ts-auth-service_cpu/1", "RE2-TT/cpu")]
    );
    let case = cases.faults[0].load(0.0).unwrap();
    assert_eq!(names(&case.incident), ["adservice_cpu", "adservice_latency", "frontend_latency"]);
    assert_eq!(case.truth.metrics().collect::<Vec<_>>(), ["adservice_latency"]);
    // Not the true service's own latency.
    assert_eq!(case.incident.symptoms, ["frontend_latency"]);
    assert_eq!((windows(&case.incident).normal.rows(), windows(&case.incident).anomalous.rows()), (600, 600));
    let latency =
        windows(&case.incident).normal.column(1).unwrap().iter().skip(499).take(4).collect::<Vec<_>>();
    assert_eq!(latency, [Some(0.0), Some(f64::INFINITY), None, Some(0.0)]);

    let options = LoadOptions { published: true, length_minutes: 10.0 };
    let published = find_suite("rcaeval").unwrap().load(folder.path(), &options).unwrap();
    let incident = published.faults[0].load(0.0).unwrap().incident;
    assert_eq!((windows(&incident).normal.rows(), windows(&incident).anomalous.rows()), (300, 300));
    let cleaned = windows(&incident).normal.column(1).unwrap().iter().skip(199).take(4).collect::<Vec<_>>();
    assert_eq!(cleaned, [Some(0.0), Some(0.0), Some(0.0), Some(0.0)]);

    let train = cases.faults[1].load(0.0).unwrap();
    assert_eq!(names(&train.incident), ["ts-auth-service_cpu", "ts-ui-dashboard_latency"]);
    assert_eq!(train.truth.entities().collect::<Vec<_>>(), ["ts-auth-service"]);
    let late = cases.faults[1].load(60.0).unwrap_err().to_string();
    assert!(late.contains("no row at or after the onset 2023-11-14T22:15:10Z"), "{late}");
}

#[test]
fn rcaeval_broken() {
    let folder = tempdir().unwrap();
    assert!(message("rcaeval", &folder).contains("with inject_time.txt and data.csv or simple_metrics.csv"));
    let folder = made(rcaeval);
    put(folder.path(), "RE1-OB/adservice_delay/1/inject_time.txt", "soon");
    assert!(
        message("rcaeval", &folder)
            .starts_with("RE1-OB/adservice_delay/1/inject_time.txt, line 1: `soon` is not a time")
    );
    let folder = made(rcaeval);
    fs::remove_file(folder.path().join("RE1-OB/adservice_delay/1/data.csv")).unwrap();
    assert!(message("rcaeval", &folder).contains("data.csv or simple_metrics.csv beside inject_time.txt"));
    let options = LoadOptions { length_minutes: f64::NAN, ..LoadOptions::default() };
    let error = find_suite("rcaeval").unwrap().load(folder.path(), &options).unwrap_err().to_string();
    assert_eq!(error, "a length of NaN minutes leaves no window; give at least 0.1");
}

#[test]
fn incident_folders_give_their_truth_to_the_scorer_only() {
    let folder = made(common::incidents);
    let cases = load("incidents", folder.path());
    let ids: Vec<_> = cases.faults.iter().map(|case| (case.id.as_str(), case.groups[0].as_str())).collect();
    assert_eq!(ids, [("gpu0-hot", "thermal"), ("gpu0-undated", "thermal")]);
    assert_eq!(cases.normal.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["quiet"]);
    assert_eq!(cases.notes, ["left out: unlabelled states no truth"]);
    let case = cases.faults[0].load(5.0).unwrap();
    assert_eq!(
        (case.truth.entities().next(), case.truth.metrics().next()),
        (Some("gpu0"), Some("gpu0_util"))
    );
    assert_eq!((case.incident.id.as_str(), case.incident.onset.unwrap().time.0), ("incidents-1", 55));
    assert_eq!(case.incident.symptoms, ["gpu1_util"]);
    assert!(cases.faults[1].load(0.0).unwrap().incident.onset.is_none());
}

#[test]
fn incident_folders_may_stand_in_splits() {
    let folder = tempdir().unwrap();
    common::incidents(&folder.path().join("test"));
    let cases = load("incidents", folder.path());
    assert_eq!(
        (cases.faults[0].id.as_str(), cases.faults[0].split.as_deref()),
        ("test/gpu0-hot", Some("test"))
    );
}

#[test]
fn incident_folders_broken() {
    let folder = tempdir().unwrap();
    assert!(message("incidents", &folder).contains("folders that hold an incident.json with a `truth`"));
    put(folder.path(), "a/incident.json", r#"{"schema":"etiology.incident/1","truth":7}"#);
    assert!(message("incidents", &folder).contains("a/incident.json"));
    put(folder.path(), "a/incident.json", r#"{"schema":"etiology.incident/1","truth":[{"entity":"x"}]}"#);
    assert!(message("incidents", &folder).contains("no metrics table"), "{}", message("incidents", &folder));
}
