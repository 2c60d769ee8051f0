//! Embedding the engine: metrics in, ranked causes out.
#![allow(clippy::print_stdout)]

use etiology::{Clock, FrameBuilder, Incident, Metric, Onset, Options, Time, Topology, diagnose};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    const ROWS: i64 = 600;
    const FAULT_AT: i64 = 480;
    // A cheap, reproducible stand-in for noise.
    let noise = |i: i64, salt: i64| ((i * 7919 + salt * 104_729) % 1000) as f64 / 1000.0 - 0.5;
    let fault = |i: i64, delay: i64| if i >= FAULT_AT + delay { 1.0 } else { 0.0 };
    let series = |f: &dyn Fn(i64) -> f64| (0..ROWS).map(|i| Some(f(i))).collect::<Vec<_>>();

    let (frame, repairs) = FrameBuilder::new(Clock::Step, (0..ROWS).collect())
        .column(Metric::infer("database_cpu"), series(&|i| 40.0 + 6.0 * noise(i, 1) + 45.0 * fault(i, 0)))
        .column(
            Metric::infer("database_latency"),
            series(&|i| 0.010 + 0.002 * noise(i, 2) + 0.015 * fault(i, 0)),
        )
        .column(Metric::infer("orders_cpu"), series(&|i| 25.0 + 5.0 * noise(i, 3)))
        .column(
            Metric::infer("orders_latency"),
            series(&|i| 0.050 + 0.010 * noise(i, 4) + 0.040 * fault(i, 1)),
        )
        .column(Metric::infer("web_cpu"), series(&|i| 15.0 + 5.0 * noise(i, 5)))
        .column(Metric::infer("web_latency"), series(&|i| 0.120 + 0.030 * noise(i, 6) + 0.060 * fault(i, 2)))
        .build()?;
    assert!(repairs.is_empty(), "the times were in order and unique");

    let mut incident = Incident::new("orders are slow", frame);
    incident.symptoms = vec!["web_latency".into()];
    incident.onset = Some(Onset { time: Time(FAULT_AT), uncertainty: None });
    incident.topology = Topology::from_calls([("web", "orders"), ("orders", "database")]);

    let diagnosis = diagnose(&incident, &Options::default())?;
    println!("{} by `{}`", diagnosis.verdict.as_str(), diagnosis.method);
    for hypothesis in &diagnosis.hypotheses {
        println!("{}. {} (score {:.1})", hypothesis.rank, hypothesis.entity, hypothesis.score);
        for evidence in &hypothesis.evidence {
            println!("   - {}", evidence.says);
        }
    }
    match diagnosis.hypotheses.first() {
        Some(first) if first.entity == "database" => Ok(()),
        other => Err(format!("expected the database first, found {other:?}").into()),
    }
}
