use super::*;
use crate::testing::{Noise, frame};
use crate::{ModifiedZScore, ZScore};
use etiology_frame::{FrameBuilder, Metric};

fn build(columns: &[(&str, Vec<Option<f64>>)], from: i64) -> MetricFrame {
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    let builder = FrameBuilder::new(Clock::Step, (from..).take(rows).collect());
    let add = |b: FrameBuilder, (name, values): &(&str, Vec<Option<f64>>)| {
        b.column(Metric::new(*name), values.iter().copied())
    };
    columns.iter().fold(builder, add).build().unwrap().0
}

fn windows() -> (MetricFrame, MetricFrame) {
    let mut noise = Noise::new(11);
    let mut values = |n: usize, shift: f64| -> Vec<Option<f64>> {
        (0..n).map(|_| Some(50.0 + shift + noise.normal())).collect()
    };
    let normal = build(
        &[
            ("quiet", values(300, 0.0)),
            ("moved", values(300, 0.0)),
            ("flat_then_moved", vec![Some(200.0); 300]),
            ("flat", vec![Some(4.0); 300]),
            ("null", vec![None; 300]),
            ("new", vec![None; 300]),
            ("few", (0..300).map(|t| (t < 4).then_some(f64::from(t))).collect()),
            ("gone", values(300, 0.0)),
        ],
        0,
    );
    let anomalous = build(
        &[
            ("quiet", values(30, 0.0)),
            ("moved", values(30, -12.0)),
            ("flat_then_moved", (0..30).map(|t| Some(if t < 5 { 200.0 } else { 260.0 })).collect()),
            ("flat", vec![Some(4.0); 30]),
            ("null", vec![None; 30]),
            ("new", values(30, 0.0)),
            ("few", values(30, 0.0)),
            ("gone", vec![None; 30]),
        ],
        300,
    );
    (normal, anomalous)
}

#[test]
fn every_metric_is_judged_or_left_out_with_a_reason() {
    let (normal, anomalous) = windows();
    let found = detect(&normal, &anomalous, &DetectOptions::default()).unwrap();
    let names: Vec<&str> = found.metrics.iter().map(|m| m.metric.as_str()).collect();
    assert_eq!(names, ["quiet", "moved", "flat_then_moved"]);
    let said: Vec<String> = found.left_out.iter().map(|o| format!("{}: {}", o.metric, o.why)).collect();
    assert_eq!(
        said,
        [
            "flat: constant",
            "null: all values are null",
            "new: absent from the normal window",
            "few: 4 usable values in the normal window, 10 needed",
            "gone: absent from the anomalous window"
        ]
    );
    let [quiet, moved, flat] = &found.metrics[..] else { panic!() };
    assert!(quiet.p_value > 0.05 && quiet.change_points.is_empty(), "{quiet:?}");
    assert!(moved.p_value < 0.01 && moved.q_value <= 2.0 * moved.p_value, "{moved:?}");
    assert_eq!((moved.direction, &moved.change_points), (Direction::Down, &vec![Time(300)]));
    let modified = &moved.detectors["modified-z-score"];
    assert_eq!(
        (modified.score, modified.first_flagged, modified.flagged),
        (-moved.score, Some(Time(300)), 1.0)
    );
    // The floor is 1 % of 200: (260 - 200) / 2.
    assert_eq!((flat.score, flat.direction), (30.0, Direction::Up));
    assert!(flat.p_value < 0.01, "{flat:?}");
    assert_eq!(flat.detectors["iqr-fences"].score, 28.5);
    assert_eq!(flat.change_points, [Time(305)]);
    assert!((flat.detectors["z-score"].flagged - 25.0 / 30.0).abs() < 1e-12);
    let ranked: Vec<&str> = found.anomalous(0.05).iter().map(|m| m.metric.as_str()).collect();
    assert_eq!(ranked.len(), 2, "{ranked:?}");
}

#[test]
fn the_document_is_the_one_promised() {
    let (normal, anomalous) = windows();
    let options = DetectOptions::named(&["z-score"]).unwrap();
    let json = serde_json::to_value(detect(&normal, &anomalous, &options).unwrap()).unwrap();
    let flat = &json["metrics"][2];
    assert_eq!(flat["metric"], "flat_then_moved");
    assert_eq!(flat["change_points"], serde_json::json!(["305"]));
    assert_eq!(flat["detectors"]["z-score"]["first_flagged"], "305");
    assert_eq!((&flat["direction"], &flat["detectors"]["z-score"]["score"]), (&"up".into(), &flat["score"]));
    assert_eq!(json["left_out"][0], serde_json::json!({"metric": "flat", "why": "constant"}));
}

#[test]
fn p_values_of_quiet_metrics_are_not_too_small() {
    for (name, degrees) in [("normal", 200), ("heavy", 3)] {
        let mut small = 0;
        for seed in 0..10 {
            let mut noise = Noise::new(seed);
            let mut quiet = |rows: usize| {
                let column = |noise: &mut Noise| (0..rows).map(|_| noise.student(degrees)).collect();
                frame(&(0..20).map(|_| column(&mut noise)).collect::<Vec<Vec<f64>>>())
            };
            let (normal, anomalous) = (quiet(300), quiet(30));
            let found = detect(&normal, &anomalous, &DetectOptions::default()).unwrap();
            small += found.metrics.iter().filter(|m| m.p_value <= 0.05).count();
        }
        assert!(small <= 17, "{name}: {small} of 200 at 5 %");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let (normal, anomalous) = windows();
    let error =
        |n: &MetricFrame, a: &MetricFrame| detect(n, a, &DetectOptions::default()).unwrap_err().to_string();
    assert_eq!(
        error(&normal, &anomalous.select(&[0, 2]).unwrap()),
        "metric 1 is `moved` in the normal window and `flat_then_moved` in the anomalous one; match the columns by name first"
    );
    assert!(
        error(&normal.select(&[0]).unwrap(), &anomalous.select(&[0, 1]).unwrap())
            .contains("metric 1 is absent")
    );
    assert_eq!(
        error(&normal, &anomalous.slice(0, 0)),
        "the anomalous window has no rows; move the onset or widen the window"
    );
    assert_eq!(
        error(&normal.slice(0, 0), &anomalous),
        "the normal window has no rows; move the onset or widen the window"
    );
    let none: [&str; 0] = [];
    assert_eq!(
        DetectOptions::named(&none).unwrap_err().to_string(),
        "no detector given; name at least one of `modified-z-score`, `z-score`, `iqr-fences`"
    );
    assert!(DetectOptions::named(&["sigma"]).unwrap_err().to_string().starts_with("no detector `sigma`"));
    assert!(DetectOptions::default().change_alpha(1.0).is_err());
}

#[test]
fn column_order_does_not_matter_and_short_windows_do() {
    let (normal, anomalous) = windows();
    let options = DetectOptions::default()
        .detectors(vec![Box::new(ZScore::default()), Box::new(ModifiedZScore::default())])
        .unwrap()
        .min_reference(1);
    let plain = detect(&normal, &anomalous, &options).unwrap();
    let order = [2, 1, 0];
    let turned =
        detect(&normal.select(&order).unwrap(), &anomalous.select(&order).unwrap(), &options).unwrap();
    let mut back = turned.metrics.clone();
    back.reverse();
    assert_eq!(back, plain.metrics);
    let few = detect(&normal.slice(0, 9), &anomalous, &options).unwrap();
    assert!(few.metrics.is_empty() && few.left_out[0].why.to_string().contains("9 usable values"));
    let one_row = detect(&normal, &anomalous.slice(29, 1), &options).unwrap();
    assert!(one_row.metrics[1].p_value < 0.01 && one_row.metrics[0].change_points.is_empty());
}
