//! Detections: one row a metric, the least usual first.

use std::fmt::Write as _;

use etiology_detect::{Detection, Direction};

use crate::Palette;
use crate::text::{count, hang, lines_of, number, table};

/// Adjusted p-values up to this are marked.
const LEVEL: f64 = 0.05;

/// The table of a detection, what was left out of it, and how to read it.
#[must_use]
pub fn detection_text(detection: &Detection, palette: Palette) -> String {
    let metrics = detection.anomalous(1.0);
    let names: Vec<&str> =
        metrics.first().map(|metric| metric.detectors.keys().copied().collect()).unwrap_or_default();
    let mut header = vec!["", "metric", "side", "p", "q", "changes at"];
    header.extend(&names);
    let mut table = table(&header);
    for metric in &metrics {
        let mark = if metric.q_value <= LEVEL { "*" } else { "" };
        let changes: Vec<String> =
            metric.change_points.iter().map(|&time| detection.clock.format(time)).collect();
        let mut row = vec![
            mark.to_owned(),
            metric.metric.clone(),
            side(metric.direction).to_owned(),
            number(metric.p_value),
            number(metric.q_value),
            if changes.is_empty() { "-".to_owned() } else { changes.join(", ") },
        ];
        row.extend(metric.detectors.values().map(|result| number(result.score)));
        table.add_row(row);
    }
    let mut out = lines_of(&table);
    let marked = metrics.iter().filter(|metric| metric.q_value <= LEVEL).count();
    let summary = format!("{marked} of {} unusual (q up to {LEVEL})", count(metrics.len(), "metric"));
    let _ = writeln!(out, "\n{}", palette.bold(&summary));
    let reading = "p: how often the metric's own past goes this far in as long a stretch. q: p corrected for the number of \
                   metrics. The columns behind are each detector's largest score, signed.";
    hang("  ", reading, &mut out);
    if !detection.left_out.is_empty() {
        let title = format!("left out: {}", count(detection.left_out.len(), "metric"));
        let _ = writeln!(out, "\n{}", palette.bold(&title));
        for omission in &detection.left_out {
            hang("  - ", &format!("{}: {}", omission.metric, omission.why), &mut out);
        }
    }
    out
}

fn side(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::None => "-",
    }
}
