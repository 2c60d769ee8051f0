//! Small folders in every layout, made of numbers that tell where they came from.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

pub(crate) fn put(root: &Path, relative: &str, text: &str) {
    let path = root.join(relative);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Two nodes, `web` calls `db`; `db` slow in the training issue, `web` at fault in both test issues.
pub(crate) fn petshop(root: &Path) {
    let header = "microservice,web,db,web\nmetric,latency,latency,availability\nstatistic,Average,Average,Average\n\
                  unix_timestamp,,,\n";
    let rows = |start: u64, count: u64, db: f64| {
        (0..count).fold(header.to_owned(), |mut text, row| {
            let wobble = (row % 3) as f64;
            writeln!(text, "{}.0,{},{},", start + 300 * row, 1.0 + wobble, db + wobble).unwrap();
            text
        })
    };
    put(root, "noissue/metrics.csv", &rows(1_700_000_000, 20, 1.0));
    put(root, "graph.csv", ",web,db\nweb,0,1\ndb,0,0\n");
    for (issue, metric, cause, db) in [
        ("train/issue_0", "latency", "db", 90.0),
        ("test/issue_0", "availability", "web", 1.0),
        ("test/issue_1", "latency", "web", 1.0),
    ] {
        put(root, &format!("{issue}/metrics.csv"), &rows(1_600_000_000, 5, db));
        let label = format!(
            r#"{{"target":{{"node":"web","metric":"{metric}","agg":"Average","timestamp":1}},"root_cause":{{"node":"{cause}","metric":null}}}}"#
        );
        put(root, &format!("{issue}/target.json"), &label);
    }
}

/// Two hours of two services, two faults.
pub(crate) fn nezha(root: &Path) {
    let day = "rca_data/2022-08-22";
    let time = |minute: u64, millis: u64| {
        format!("2022-08-22 {:02}:{:02}:10.{millis:03} +0000 UTC m=+0.1", 3 + minute / 60, minute % 60)
    };
    for (pod, jitter) in [("frontend-579b9bff58-t2dbm", 100), ("cartservice-579f59597d-wc2lz", 900)] {
        let mut text =
            "Time,TimeStamp,PodName,CpuUsageRate(%),PodServerLatencyP90(s),PodClientLatencyP90(s)\n"
                .to_owned();
        for minute in 0..120 {
            let cpu = if pod.starts_with("cart") && (10..14).contains(&minute) { 99 } else { minute % 4 };
            writeln!(text, "{},9,{pod},{cpu},0.{},NaN", time(minute, jitter), minute % 5).unwrap();
        }
        put(root, &format!("{day}/metric/{pod}_metric.csv"), &text);
    }
    let mut text = "Time,TimeStamp,ServiceName,SuccessRate(%),LatencyP90(s)\n".to_owned();
    for minute in 0..120 {
        writeln!(text, "{},9,Frontend,100,0.{}", time(minute, 0), minute % 5).unwrap();
    }
    put(root, &format!("{day}/metric/front_service.csv"), &text);
    put(root, &format!("{day}/metric/source_50.csv"), "time,frontend_cartservice\nx,1\n");
    put(
        root,
        &format!("{day}/metric/dependency.csv"),
        "Source,Target,Weight\nfrontend,cartservice,1\ncartservice,33.33.33.1,1\n",
    );
    put(
        root,
        &format!("{day}/2022-08-22-fault_list.json"),
        r#"{"03":[{"inject_time":"2022-08-22 03:09:50","inject_timestamp":"1661137790","inject_pod":"cartservice-579f59597d-wc2lz","inject_type":"cpu_contention"},
                  {"inject_time":"2022-08-22 03:20:50","inject_timestamp":"1661138450","inject_pod":"frontend-579b9bff58-t2dbm","inject_type":"return"}]}"#,
    );
    put(
        root,
        "construct_data/root_cause_hipster.json",
        r#"{"cartservice":{"cpu_contention":"CpuUsageRate(%)"},"frontend":{"return":"a region of the log"}}"#,
    );
}

/// Two pods and a node, one fault; the pods' columns differ in order.
pub(crate) fn opennetai(root: &Path) {
    let table = |header: &str, cells: &dyn Fn(u64, String) -> String| {
        (0..60).fold(format!("{header}\n"), |mut text, minute| {
            let time = format!("\"16/8/2023 06:{minute:02}:09\"");
            writeln!(text, "{}", cells(minute, time)).unwrap();
            text
        })
    };
    let first = table(
        "\"timestamp\",\"container_cpu_usage_seconds_total\",\"container_last_seen\"",
        &|minute, time| {
            format!("{time},\"{}\",\"77\"", if (41..46).contains(&minute) { 50 } else { minute % 3 })
        },
    );
    put(root, "metric-pod-carts-5ff676694b-fzj9z.csv", &first);
    let second = table("\"_id\",\"container_cpu_usage_seconds_total\",\"timestamp\"", &|minute, time| {
        format!("\"64dc\",\"{}\",{time}", minute % 3)
    });
    put(root, "metric-pod-user-778fc86b85-5ktzw.csv", &second);
    put(
        root,
        "metric-node-192.168.31.103:9100.csv",
        &table("\"timestamp\",\"cpu_usage\"", &|minute, time| format!("{time},\"{}\"", minute % 2)),
    );
    put(
        root,
        "container-chaos-info.csv",
        "\"timestamp\",\"duration\",\"fault-type\",\"kind\",\"target\"\n\
         \"2023-08-16 06:40:30\",\"5m\",\"cpu-stress\",\"StressChaos\",\"carts-5ff676694b-fzj9z\"\n\
         \"2023-08-16 09:40:30\",\"5m\",\"cpu-stress\",\"StressChaos\",\"carts-5ff676694b-fzj9z\"\n",
    );
}

/// One fault of `carts`, days between the recordings.
pub(crate) fn rcd(root: &Path) {
    for (file, start, cpu) in [("normal", 1_652_565_600, 1), ("anomalous", 1_652_812_675, 90)] {
        let mut text =
            "time,carts_cpu,carts-db_cpu,front-end_cpu,carts_mem,carts_lat_50,carts_lat_90\n".to_owned();
        for row in 0..40 {
            writeln!(text, "{},{},{},1,3000000,,0.{row}", start + row, cpu + row % 2, row % 5).unwrap();
        }
        put(root, &format!("sock-shop-data/carts-cpu/1/{file}.csv"), &text);
    }
}

/// One delay of `adservice` (Online Boutique's form) and one CPU fault of Train Ticket's `ts-auth-service`.
pub(crate) fn rcaeval(root: &Path) {
    let header = "time,time.1,adservice_cpu,adservice_latency-50,adservice_latency-90,frontend_latency-90\n";
    let mut text = header.to_owned();
    for row in 0..1500_u64 {
        let latency = match row {
            700 => "inf".to_owned(),
            701 => String::new(),
            row if row >= 800 => "9".to_owned(),
            row => format!("0.{}", row % 3),
        };
        writeln!(text, "{},x,{},1,{latency},0.{}", 1_700_000_000 + row, row % 7, row % 5).unwrap();
    }
    put(root, "RE1-OB/adservice_delay/1/data.csv", &text.replace(",x,", ",0,"));
    put(root, "RE1-OB/adservice_delay/1/inject_time.txt", "1700000800\n");
    let mut text = "time,ts-auth-service_cpu,ts-ui-dashboard_latency-90,mongo_cpu\n".to_owned();
    for row in 0..100 {
        writeln!(text, "{},{},0.{},5", 1_700_000_000 + row, if row < 50 { row % 2 } else { 80 }, row % 4)
            .unwrap();
    }
    put(root, "RE2-TT/ts-auth-service_cpu/1/simple_metrics.csv", &text);
    put(root, "RE2-TT/ts-auth-service_cpu/1/inject_time.txt", "1700000050");
}

/// Three incidents and a quiet stretch, one of the incidents undated and one without a truth.
pub(crate) fn incidents(root: &Path) {
    let metrics = |from: u64| {
        (0..80_u64).fold("time,gpu0_util,gpu1_util\n".to_owned(), |mut text, row| {
            let noise = |salt: u64| ((row * row + salt) * 7919 % 101) as f64 / 50.0;
            let high = if row >= from { 60.0 } else { 0.0 };
            writeln!(text, "{row},{},{}", 20.0 + noise(3) + high, 20.0 + noise(11)).unwrap();
            text
        })
    };
    let truth = r#""truth":[{"entity":"gpu0","metric":"gpu0_util","layer":"compute","mechanism":"thermal"}]"#;
    let manifests = [
        ("gpu0-hot", format!(r#""onset":50,"symptom":["gpu1_util"],{truth}"#), 50),
        ("gpu0-undated", truth.to_owned(), 50),
        ("quiet", r#""onset":60,"truth":[]"#.to_owned(), 999),
        ("unlabelled", r#""onset":50"#.to_owned(), 50),
    ];
    for (name, fields, from) in manifests {
        put(
            root,
            &format!("{name}/incident.json"),
            &format!(r#"{{"schema":"etiology.incident/1","id":"{name}",{fields}}}"#),
        );
        put(root, &format!("{name}/metrics.csv"), &metrics(from));
    }
}
