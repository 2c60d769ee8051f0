//! What the reports look like, as whole texts.
#![allow(missing_docs, clippy::unwrap_used)]

use etiology_frame::{Clock, FrameBuilder, Layer, Metric, MetricFrame, Omission, Reason};
use etiology_rank::{
    ConfidenceSet, Counterfactual, DIAGNOSIS_SCHEMA, DiagnosedOnset, Diagnosis, DiagnosisGraph, Evidence,
    EvidenceKind, Hypothesis, Level, MethodCard, Need, Variant, Verdict,
};
use etiology_report::{Inspection, Palette, diagnosis_text, method_list, method_page, to_json};

const START: i64 = 1_723_887_000_000_000_000;
const SECOND: i64 = 1_000_000_000;

fn frame() -> MetricFrame {
    let ticks: Vec<i64> = (0..90).filter(|i| !(20..30).contains(i)).map(|i| START + i * SECOND).collect();
    let from = |at: i64, low: f64, high: f64| {
        let value = move |&tick: &i64| Some(if tick >= START + at * SECOND { high } else { low });
        ticks.iter().map(value).collect::<Vec<_>>()
    };
    FrameBuilder::new(Clock::Utc, ticks.clone())
        .column(Metric::infer("rank2_gpu_sm_clock"), from(60, 1980.0, 1650.0))
        .column(Metric::infer("job_samples_per_s"), from(64, 4400.0, 3700.0))
        .column(Metric::infer("job_train_loss"), from(0, 2.5, 2.5))
        .column(Metric::infer("rank1_gpu_util"), ticks.iter().map(|_| None))
        .build()
        .unwrap()
        .0
}

fn hypothesis(rank: usize, tied_with: Vec<usize>, entity: &str, metric: &str, score: f64) -> Hypothesis {
    Hypothesis {
        rank,
        tied_with,
        layer: Some(Layer::Compute),
        entity: entity.to_owned(),
        metric: Some(metric.to_owned()),
        mechanism: None,
        score,
        probability: None,
        evidence: vec![Evidence {
            kind: EvidenceKind::Shift,
            statistic: Some(score),
            p_value: Some(0.002),
            says: format!(
                "{metric} goes to 1650 from a normal 1980, {score} normal spreads away; the reference by itself goes that \
                 far with p = 0.002"
            ),
        }],
        counterfactual: None,
    }
}

fn diagnosis() -> Diagnosis {
    Diagnosis {
        schema: DIAGNOSIS_SCHEMA,
        version: "0.1.0",
        seed: 0,
        incident: "throughput fell".to_owned(),
        method: "baro".to_owned(),
        verdict: Verdict::Likely,
        because: String::new(),
        onset: Some(DiagnosedOnset {
            time: "2024-08-17T09:31:00Z".to_owned(),
            given: false,
            interval: Some(["2024-08-17T09:30:58Z".to_owned(), "2024-08-17T09:31:03Z".to_owned()]),
        }),
        symptoms: vec!["job_samples_per_s".to_owned()],
        symptoms_given: true,
        hypotheses: vec![
            hypothesis(1, vec![], "rank2", "rank2_gpu_sm_clock", 55.25),
            hypothesis(2, vec![3], "rank0", "rank0_allreduce_wait", 12.5),
            hypothesis(2, vec![2], "rank1", "rank1_allreduce_wait", 12.5),
        ],
        confidence_set: None,
        left_out: vec![
            Omission::new("job_train_loss", Reason::Constant),
            Omission::new("rank1_gpu_util", Reason::AllNull),
            Omission::new("job_learning_rate", Reason::Constant),
        ],
        graph: DiagnosisGraph::default(),
        warnings: vec!["rows were not in time order: sorted 80 rows".to_owned()],
    }
}

#[test]
fn a_likely_cause() {
    insta::assert_snapshot!(diagnosis_text(&diagnosis(), Some(&frame()), Palette::plain()));
}

#[test]
fn a_calibrated_answer_with_a_counterfactual() {
    let mut answer = diagnosis();
    answer.verdict = Verdict::Confirmed;
    answer.confidence_set = Some(ConfidenceSet { level: 0.9, members: vec![1, 2] });
    answer.hypotheses.truncate(1);
    answer.hypotheses[0].probability = Some(0.81);
    answer.hypotheses[0].mechanism = Some("thermal-throttling".to_owned());
    answer.hypotheses[0].counterfactual = Some(Counterfactual {
        target: "job_samples_per_s".to_owned(),
        observed: 3700.0,
        had_it_been_normal: 4390.0,
        interval: [4310.0, 4460.0],
    });
    insta::assert_snapshot!(diagnosis_text(&answer, None, Palette::plain()));
}

#[test]
fn an_abstention() {
    let mut answer = diagnosis();
    answer.verdict = Verdict::NoIncident;
    answer.because = "the least usual metric, job_train_loss, goes to 2.52 from a normal 2.5".to_owned();
    answer.onset = None;
    answer.symptoms_given = false;
    answer.symptoms.clear();
    answer.hypotheses.clear();
    answer.left_out.clear();
    answer.warnings.clear();
    insta::assert_snapshot!(diagnosis_text(&answer, Some(&frame()), Palette::plain()));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = diagnosis_text(&diagnosis(), Some(&frame()), Palette::plain());
    let coloured = diagnosis_text(&diagnosis(), Some(&frame()), Palette::coloured());
    assert_ne!(plain, coloured);
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, escaped)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = escaped.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, plain);
}

#[test]
fn no_line_of_a_diagnosis_is_wider_than_100_columns() {
    let text = diagnosis_text(&diagnosis(), Some(&frame()), Palette::plain());
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert_eq!(line.trim_end(), line);
    }
}

#[test]
fn infinite_scores_are_null_in_json_and_inf_in_text() {
    let mut answer = diagnosis();
    answer.hypotheses[0].score = f64::INFINITY;
    let json: serde_json::Value = serde_json::from_str(&to_json(&answer).unwrap()).unwrap();
    assert!(json["hypotheses"][0]["score"].is_null());
    assert!(diagnosis_text(&answer, None, Palette::plain()).contains("inf"));
}

#[test]
fn an_inspection_as_text_and_as_json() {
    let inspection = Inspection::of(&frame())
        .with_left_out([Omission::new("host", Reason::NotNumeric { example: "node-a".to_owned() })])
        .with_notes(["times carry no zone and count as UTC".to_owned()]);
    insta::assert_snapshot!("inspection_text", inspection.to_text(Palette::plain()));
    insta::assert_snapshot!("inspection_json", to_json(&inspection).unwrap());
}

fn card() -> MethodCard {
    MethodCard {
        name: "nsigma",
        variant: Variant::Repaired,
        level: Level::Metric,
        summary: "the largest absolute z-score after the onset against the mean and standard deviation before it",
        needs: &[Need::Reference],
        assumes: "normal behaviour is stationary and not heavy-tailed",
        repairs: "a floor under the standard deviation, so that a flat reference is not infinitely surprising",
        cites: "Shewhart 1931",
        complexity: "O(n d)",
    }
}

#[test]
fn methods_in_a_table_and_in_full() {
    let published = MethodCard { variant: Variant::Published, needs: &[], level: Level::Entity, ..card() };
    insta::assert_snapshot!("method_list", method_list(&[card(), published], "nsigma", "needs nothing else"));
    insta::assert_snapshot!(
        "method_page",
        method_page(&card(), Some("needs nothing else"), Palette::plain())
    );
}
