//! Onsets of the injected faults of OpenNetAI's Sock Shop recording (container chaos, one row a minute), when the data
//! lies beside the checkout.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etiology_detect::{OnsetEstimator, OnsetVerdict};
use etiology_frame::{Clock, FrameBuilder, Metric, MetricFrame, Time};

const MINUTE: i64 = 60_000_000_000;

fn folder() -> Option<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|above| above.join("shared/data/opennetai/new-version/test/container-chaos"))
        .find(|path| path.is_dir())
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_end().split(',').map(|cell| cell.trim_matches('"')).collect()
}

/// `16/8/2023 06:10:09` or `2023-08-16 06:10:09`.
fn minute(text: &str) -> i64 {
    let iso = match text.split_once(' ') {
        Some((date, time)) if date.contains('/') => {
            let parts: Vec<u32> = date.split('/').map(|part| part.parse().unwrap()).collect();
            format!("{:04}-{:02}-{:02} {time}", parts[2], parts[1], parts[0])
        }
        _ => text.to_owned(),
    };
    Clock::Utc.parse(&iso).unwrap().0 / MINUTE
}

/// Every pod's metrics by minute.
fn load(folder: &Path) -> MetricFrame {
    let mut columns: BTreeMap<String, BTreeMap<i64, f64>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some(pod) = name.strip_prefix("metric-pod-") else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        let header = cells(text.lines().next().unwrap());
        let time = header.iter().position(|cell| *cell == "timestamp").unwrap();
        for line in text.lines().skip(1) {
            let row = cells(line);
            let at = minute(row[time]);
            for (what, value) in header.iter().zip(&row) {
                if *what != "timestamp" && *what != "container_last_seen" {
                    let Ok(value) = value.parse() else { continue };
                    columns.entry(format!("{pod}_{what}")).or_default().insert(at, value);
                }
            }
        }
    }
    let mut minutes: Vec<i64> = columns.values().flat_map(|c| c.keys().copied()).collect();
    minutes.sort_unstable();
    minutes.dedup();
    let builder = FrameBuilder::new(Clock::Utc, minutes.iter().map(|m| m * MINUTE).collect());
    let add = |b: FrameBuilder, (name, values): (String, BTreeMap<i64, f64>)| {
        b.column(Metric::new(name), minutes.iter().map(|m| values.get(m).copied()).collect::<Vec<_>>())
    };
    columns.into_iter().fold(builder, add).build().unwrap().0
}

#[test]
fn injected_faults_are_dated_and_quiet_stretches_mostly_left_alone() {
    let Some(folder) = folder() else {
        println!("skipped: no OpenNetAI recording beside the checkout");
        return;
    };
    let frame = load(&folder);
    let faults = std::fs::read_to_string(folder.join("container-chaos-info.csv")).unwrap();
    let faults: Vec<i64> = faults.lines().skip(1).map(|line| minute(cells(line)[0])).collect();
    let cut = |from: i64, to: i64| frame.between(Time(from * MINUTE), Time(to * MINUTE));
    let quiet_row = |m: i64| faults.iter().all(|&fault| m < fault - 1 || m >= fault + 15);
    let estimator = OnsetEstimator::params().build().unwrap();
    let (mut found, mut close, mut alarms, mut cases) = (0, 0, 0, 0);
    for &fault in &faults {
        let past = cut(fault - 300, fault - 16);
        let rows: Vec<usize> =
            (0..past.rows()).filter(|&row| past.time(row).is_some_and(|t| quiet_row(t.0 / MINUTE))).collect();
        if rows.len() < 60 || cut(fault - 15, fault - 1).rows() < 10 || cut(fault - 8, fault + 7).rows() < 10
        {
            continue;
        }
        let reference = take(&past, &rows);
        // Eight quiet minutes and seven of fault; the quiet fourteen before as control.
        let (incident, quiet) = (cut(fault - 8, fault + 7), cut(fault - 15, fault - 1));
        cases += 1;
        let answer = estimator.estimate(&incident, Some(&reference), &[]).unwrap();
        if answer.verdict == OnsetVerdict::Found {
            found += 1;
            close += usize::from((answer.time.0 / MINUTE - fault).abs() <= 2);
        }
        let control = estimator.estimate(&quiet, Some(&reference), &[]).unwrap();
        alarms += usize::from(control.verdict == OnsetVerdict::Found);
    }
    println!(
        "{} metrics, {cases} faults: {found} found, {close} within 2 minutes; {alarms} quiet alarms",
        frame.width()
    );
    // The recording's own history is not stationary: pods that a fault restarted keep a new level.
    assert!(found >= 60 && close >= 50 && alarms <= 18, "{found} {close} {alarms}");
}

/// These rows of a frame.
fn take(frame: &MetricFrame, rows: &[usize]) -> MetricFrame {
    let builder = FrameBuilder::new(frame.clock(), rows.iter().map(|&row| frame.ticks()[row]).collect());
    let columns = frame.columns();
    columns
        .fold(builder, |b, column| {
            b.column(column.metric().clone(), rows.iter().map(|&row| column.get(row)).collect::<Vec<_>>())
        })
        .build()
        .unwrap()
        .0
}
