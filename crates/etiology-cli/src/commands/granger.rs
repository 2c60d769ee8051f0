//! `etiology granger`: which metrics act on which, and how many rows later.

use std::path::Path;

use etiology::granger::{
    self, Analysis, Correction, Criterion, CrossValidation, Findings, Folds, GrangerError, Mode, OrderRule,
    Series, StationarityReport, TestStatistic, Trend, Verdict,
};
use etiology::graph::{GraphDocument, GraphEdge};
use etiology::structure::name_matches;
use etiology::{Layer, MetricFrame, Omission};
use etiology_report::lagged_text;
use serde::Serialize;

use super::learn::format_of;
use crate::cli::{Difference, Fdr, Global, Granger, GraphFormat, LaggedTest, LaggedView, Order, Statistic};
use crate::failure::Failure;
use crate::input::{self, Reading};
use crate::output;
use crate::progress::Spinner;
use crate::samples;

/// The published document.
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    version: &'static str,
    seed: u64,
    mode: &'static str,
    read: &'a str,
    max_lag: usize,
    rows: u64,
    tests: Vec<Test<'a>>,
    graph: Graph<'a>,
    stationarity: Vec<Stationarity<'a>>,
    left_out: &'a [Omission],
    warnings: &'a [String],
}

/// One ordered pair.
#[derive(Serialize)]
struct Test<'a> {
    cause: &'a str,
    effect: &'a str,
    lag: Option<usize>,
    strength: Option<f64>,
    statistic: Option<f64>,
    df: Vec<f64>,
    p_value: Option<f64>,
    q_value: Option<f64>,
    linked: bool,
    /// Why there is no statistic.
    why: Option<String>,
}

/// The tests of one series before any differencing; null where one could not be made.
#[derive(Serialize)]
struct Stationarity<'a> {
    metric: &'a str,
    adf_p_value: Option<f64>,
    kpss_p_value: Option<f64>,
    verdict: Verdict,
    integration: usize,
}

#[derive(Serialize)]
struct Graph<'a> {
    nodes: &'a [String],
    edges: &'a [GraphEdge],
}

pub(crate) fn run(global: &Global, options: &Granger) -> Result<(), Failure> {
    let mode: Mode = match &options.mode {
        Some(name) => name.parse().map_err(Failure::input)?,
        None => Mode::default(),
    };
    let spinner = Spinner::start(global.quiet, "looking for lagged causes");
    let Reading { incident, left_out, mut warnings } = input::read(&options.input)?;
    let wrong = |error: &dyn std::fmt::Display| Failure::at(&options.input.path, error);
    let series = Series::from_frame(&incident.frame).map_err(|error| wrong(&error))?;
    let stationarity = StationarityReport::new(&series, options.alpha).map_err(|error| wrong(&error))?;
    let (series, said) = differenced(series, &stationarity, options.difference);
    warnings.extend(said);
    let max_lag = match options.order {
        Order::Cv => {
            validated_order(&series, options.max_lag, &mut warnings).map_err(|error| wrong(&error))?
        }
        _ => options.max_lag,
    };
    let analysis = by_frequency(analysis(mode, max_lag, options), options, &incident.frame)?
        .with_groups(groups(options, &incident.frame)?)
        .with_integration(stationarity.max_integration().max(1))
        .with_resamples(options.resamples)
        .with_seed(global.seed);
    let mut findings = analysis.run(&series).map_err(|error| wrong(&error))?;
    drop(spinner);
    findings.left_out.splice(0..0, left_out);
    findings.notes.append(&mut warnings);
    write(global, options, mode, &series, &stationarity, &findings)
}

fn stationarity<'a>(report: &StationarityReport, series: &'a Series) -> Vec<Stationarity<'a>> {
    let one = |entry: &etiology::granger::SeriesStationarity| Stationarity {
        metric: series.nodes().name(entry.series),
        adf_p_value: entry.adf.as_ref().ok().map(|test| test.p_value),
        kpss_p_value: entry.kpss.as_ref().ok().map(|test| test.p_value),
        verdict: entry.verdict,
        integration: entry.integration,
    };
    report.entries().iter().map(one).collect()
}

/// The series differenced as asked for, and what was done or should be known. Nothing is differenced silently.
fn differenced(
    series: Series,
    report: &StationarityReport,
    difference: Difference,
) -> (Series, Option<String>) {
    let names = |numbers: &[usize]| -> String {
        let all: Vec<String> = numbers.iter().map(|&at| series.nodes().name(at).to_owned()).collect();
        samples::names(&all)
    };
    match difference {
        Difference::All => {
            let all: Vec<usize> = (0..series.width()).collect();
            (series.differenced(&all, 1), Some("every series was replaced by its change".to_owned()))
        }
        Difference::Integrated => {
            let orders = 1..=report.max_integration();
            let steps: Vec<(usize, Vec<usize>)> =
                orders.map(|order| (order, report.integrated(order))).collect();
            let mut changed = series.clone();
            let mut said = Vec::new();
            for (order, numbers) in steps.iter().filter(|(_, numbers)| !numbers.is_empty()) {
                changed = changed.differenced(numbers, *order);
                let times = if *order == 1 { String::new() } else { format!(" of order {order}") };
                said.push(format!("replaced by their change{times}: {}", names(numbers)));
            }
            (changed, (!said.is_empty()).then(|| said.join("; ")))
        }
        Difference::None => {
            let integrated: Vec<usize> =
                (1..=report.max_integration()).flat_map(|order| report.integrated(order)).collect();
            let said = (!integrated.is_empty()).then(|| {
                format!(
                    "these series look integrated (ADF, KPSS) and were left as they are, which makes F and chi-squared tests \
                     unreliable: {}; see --difference integrated and --mode toda-yamamoto",
                    names(&integrated)
                )
            });
            (series, said)
        }
    }
}

/// The order up to `max_lag` that foretells later rows best, at least 1.
fn validated_order(
    series: &Series,
    max_lag: usize,
    warnings: &mut Vec<String>,
) -> Result<usize, GrangerError> {
    const BLOCKS: usize = 5;
    let screened = series.clone().screened();
    let validation = CrossValidation::new(&screened, max_lag, Trend::Constant, Folds::Expanding, BLOCKS)?;
    let best = validation.best().unwrap_or(max_lag);
    warnings.push(match best {
        0 => "by cross-validation no past foretells anything; order 1 was taken".to_owned(),
        _ => format!("order {best} was chosen by cross-validation over {BLOCKS} expanding windows"),
    });
    Ok(best.max(1))
}

fn analysis(mode: Mode, max_lag: usize, options: &Granger) -> Analysis {
    Analysis::new(mode, max_lag)
        .with_alpha(options.alpha)
        .with_correction(match options.fdr {
            Fdr::Bh => Correction::BenjaminiHochberg,
            Fdr::By => Correction::BenjaminiYekutieli,
            Fdr::Holm => Correction::Holm,
            Fdr::None => Correction::None,
        })
        .with_statistic(match options.statistic {
            Statistic::F => TestStatistic::F,
            Statistic::Chi2 => TestStatistic::ChiSquared,
            Statistic::Lr => TestStatistic::LikelihoodRatio,
            Statistic::Wald => TestStatistic::Wald,
        })
        .with_test(match options.test {
            LaggedTest::Parcorr => granger::LaggedTest::PartialCorrelation,
            LaggedTest::Robust => granger::LaggedTest::Robust,
            LaggedTest::G2 => granger::LaggedTest::GSquared,
            LaggedTest::Cmiknn => granger::LaggedTest::NearestNeighbours,
        })
        .with_order(match options.order {
            Order::Max | Order::Cv => OrderRule::MaxLag,
            Order::Aic => OrderRule::By(Criterion::Aic),
            Order::Bic => OrderRule::By(Criterion::Bic),
            Order::Hqic => OrderRule::By(Criterion::Hqic),
            Order::Fpe => OrderRule::By(Criterion::Fpe),
        })
}

/// Frequencies as users write them, in cycles a second, as cycles a row.
fn by_frequency(analysis: Analysis, options: &Granger, frame: &MetricFrame) -> Result<Analysis, Failure> {
    let period = frame.period().map_or(1.0, |period| frame.clock().seconds(period));
    let analysis = analysis.with_frequency(options.frequency * period);
    let Some(band) = &options.band else { return Ok(analysis) };
    let ends = band
        .split_once(':')
        .and_then(|(low, high)| Some((low.trim().parse::<f64>().ok()?, high.trim().parse::<f64>().ok()?)));
    match ends {
        Some((low, high)) if low >= 0.0 && low < high && high.is_finite() => {
            Ok(analysis.with_band(low * period, (high * period).min(0.5)))
        }
        _ => Err(Failure::Input(format!(
            "--band {band}: give the lower and the upper end in cycles a second, such as 0.001:0.01"
        ))),
    }
}

/// The groups asked for, each with its metrics; by layer where none are.
fn groups(options: &Granger, frame: &MetricFrame) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let names = || frame.metrics().iter().map(|metric| metric.name.clone());
    if options.group.is_empty() {
        let layers = [Layer::Data, Layer::Model, Layer::Compute];
        let of = |layer: Layer| frame.metrics().iter().filter(move |metric| metric.layer == Some(layer));
        let group = |layer: Layer| {
            (layer.as_str().to_owned(), of(layer).map(|metric| metric.name.clone()).collect::<Vec<_>>())
        };
        return Ok(layers.map(group).into_iter().filter(|(_, of)| !of.is_empty()).collect());
    }
    let mut groups = Vec::new();
    for text in &options.group {
        let wrong = |why: &str| Failure::Input(format!("--group {text}: {why}"));
        let (name, patterns) = text.split_once('=').ok_or_else(|| wrong("write NAME=METRIC,METRIC,..."))?;
        let mut of = Vec::new();
        for pattern in patterns.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()) {
            let found: Vec<String> = names().filter(|name| name_matches(pattern, name)).collect();
            if found.is_empty() {
                return Err(wrong(&format!("no metric is called `{pattern}`")));
            }
            of.extend(found);
        }
        of.sort_unstable();
        of.dedup();
        groups.push((name.trim().to_owned(), of));
    }
    Ok(groups)
}

fn write(
    global: &Global,
    options: &Granger,
    mode: Mode,
    series: &Series,
    report: &StationarityReport,
    findings: &Findings,
) -> Result<(), Failure> {
    let file: Option<&Path> = options.output.as_deref();
    let lagged = findings.graph.to_document();
    let drawn = || -> GraphDocument {
        match options.graph {
            LaggedView::Summary => findings.graph.to_summary_document(),
            LaggedView::Lagged => lagged.clone(),
        }
    };
    match options.format.unwrap_or_else(|| format_of(file)) {
        GraphFormat::Json => output::write_json(
            file,
            &Answer {
                schema: "etiology.granger/1",
                version: env!("CARGO_PKG_VERSION"),
                seed: global.seed,
                mode: mode.name(),
                read: &findings.read,
                max_lag: options.max_lag,
                rows: findings.rows,
                tests: tests(findings),
                graph: Graph { nodes: &lagged.nodes, edges: &lagged.edges },
                stationarity: stationarity(report, series),
                left_out: &findings.left_out,
                warnings: &findings.notes,
            },
        ),
        GraphFormat::Dot => output::write(file, &drawn().to_dot()),
        GraphFormat::Graphml => {
            let text = drawn().to_graphml().map_err(|error| Failure::at(&options.input.path, error))?;
            output::write(file, &text)
        }
        GraphFormat::Text => {
            let gaps = series.starts().len();
            let plural = if gaps == 1 { "" } else { "s" };
            let facts = [
                ("mode", format!("{}: {}", mode.name(), mode.card().summary)),
                ("read", findings.read.clone()),
                (
                    "data",
                    format!(
                        "{} series, {} rows, {gaps} gap{plural} in time; {} rows with an unbroken past",
                        findings.graph.nodes().len(),
                        series.rows(),
                        findings.rows
                    ),
                ),
            ];
            output::write(file, &lagged_text(&facts, findings, output::palette(file)))
        }
    }
}

fn tests(findings: &Findings) -> Vec<Test<'_>> {
    let name = |number: usize| findings.graph.nodes().name(number);
    let test = |pair: &etiology::granger::PairFinding| -> Test<'_> {
        let tested = pair.test.as_ref().ok().copied().flatten();
        Test {
            cause: name(pair.cause),
            effect: name(pair.effect),
            lag: pair.lag.map(etiology::graph::Lag::rows),
            strength: pair.strength,
            statistic: tested.map(|test| test.value),
            df: tested.map(|test| test.df()).unwrap_or_default(),
            p_value: tested.map(|test| test.p_value),
            q_value: pair.q_value,
            linked: pair.linked,
            why: pair.test.as_ref().err().map(ToString::to_string),
        }
    };
    findings.pairs.iter().map(test).collect()
}
