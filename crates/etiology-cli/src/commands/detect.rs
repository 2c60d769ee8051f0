//! `etiology detect`: each metric against its own past.

use etiology::detect::{DetectOptions, Detection, OnsetEstimator, OnsetVerdict, detect};
use etiology::{Incident, Omission, Time};
use etiology_report::detection_text;
use serde::Serialize;

use crate::cli::{Detect, Format, Global};
use crate::failure::Failure;
use crate::input::{self, Reading};
use crate::output;
use crate::progress::Spinner;

/// The published document: the detection, and from when on metrics were judged.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    onset: &'a Cut,
    #[serde(flatten)]
    detection: &'a Detection,
    warnings: &'a [String],
}

/// Where the frame was cut.
#[derive(Serialize)]
struct Cut {
    time: String,
    given: bool,
    #[serde(skip)]
    at: Time,
}

pub(crate) fn run(global: &Global, options: &Detect) -> Result<(), Failure> {
    let spinner = Spinner::start(global.quiet, "detecting");
    let Reading { incident, left_out, mut warnings } = input::read(&options.input)?;
    let wrong = |error: &dyn std::fmt::Display| Failure::at(&options.input.path, error);
    let detectors = match options.detector.as_slice() {
        [] => DetectOptions::default(),
        names => DetectOptions::named(names).map_err(Failure::input)?,
    };
    let cut = cut(options, &incident, &mut warnings)?;
    let windows = incident.windows(cut.at).map_err(|error| wrong(&error))?;
    let mut detection =
        detect(&windows.normal, &windows.anomalous, &detectors).map_err(|error| wrong(&error))?;
    let before: Vec<Omission> = left_out.into_iter().chain(windows.left_out).collect();
    detection.left_out.splice(0..0, before);
    drop(spinner);

    let file = options.answer.output.as_deref();
    match options.answer.format {
        Format::Json => {
            let schema = "etiology.detection/1";
            let document = Document { schema, onset: &cut, detection: &detection, warnings: &warnings };
            output::write_json(file, &document)
        }
        Format::Text => {
            for warning in &warnings {
                output::note(global.quiet, warning);
            }
            let source = if cut.given { "as given" } else { "estimated" };
            let head = format!("judged from {} on, {source}\n\n", cut.time);
            output::write(file, &(head + &detection_text(&detection, output::palette(file))))
        }
    }
}

/// The onset from the options, else from the incident, else estimated.
fn cut(options: &Detect, incident: &Incident, warnings: &mut Vec<String>) -> Result<Cut, Failure> {
    let clock = incident.frame.clock();
    let wrong = |error: &dyn std::fmt::Display| Failure::at(&options.input.path, error);
    let given = match &options.onset {
        Some(text) => Some(clock.parse(text).map_err(|error| wrong(&error))?),
        None => incident.onset.map(|onset| onset.time),
    };
    if let Some(at) = given {
        return Ok(Cut { time: clock.format(at), given: true, at });
    }
    let estimate = OnsetEstimator::params()
        .build()
        .and_then(|estimator| estimator.estimate(&incident.frame, incident.reference.as_ref(), &[]))
        .map_err(|error| wrong(&error))?;
    if estimate.verdict != OnsetVerdict::Found {
        let at = clock.format(estimate.time);
        warnings.push(format!("no onset stands out; judged from {at} on, where the metrics change most"));
    }
    Ok(Cut { time: clock.format(estimate.time), given: false, at: estimate.time })
}
