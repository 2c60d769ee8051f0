//! `etiology diagnose`: the main job.

use etiology::{Diagnosis, FrameError, Incident, Onset, Options, diagnose, io};
use etiology_report::diagnosis_text;

use crate::cli::{Answer, Diagnose, Format, Global, Question};
use crate::failure::Failure;
use crate::input::{self, Reading};
use crate::output;
use crate::progress::Spinner;

pub(crate) fn run(global: &Global, options: &Diagnose) -> Result<(), Failure> {
    let spinner = Spinner::start(global.quiet, "diagnosing");
    let mut reading = input::read(&options.input)?;
    ask(options, &mut reading.incident).map_err(|error| Failure::at(&options.input.path, error))?;
    if let Some(path) = &options.topology {
        reading.incident.topology = io::read_topology(path).map_err(Failure::input)?;
    }
    let diagnosis = judge(global, &options.question, &reading)
        .map_err(|error| Failure::at(&options.input.path, error))?;
    drop(spinner);
    answer(&options.answer, &diagnosis, &reading.incident)
}

/// What the options say of the incident wins over what its folder says.
fn ask(options: &Diagnose, incident: &mut Incident) -> Result<(), FrameError> {
    if let Some(text) = &options.onset {
        incident.onset = Some(Onset { time: incident.frame.clock().parse(text)?, uncertainty: None });
    }
    if !options.symptom.is_empty() {
        incident.symptoms.clear();
    }
    for name in &options.symptom {
        incident.frame.require(name)?;
        if !incident.symptoms.contains(name) {
            incident.symptoms.push(name.clone());
        }
    }
    Ok(())
}

/// The diagnosis, together with what reading left out and put right.
pub(super) fn judge(
    global: &Global,
    question: &Question,
    reading: &Reading,
) -> Result<Diagnosis, etiology::RankError> {
    let mut options = Options { top: question.top, seed: global.seed, ..Options::default() };
    if let Some(method) = &question.method {
        options.method.clone_from(method);
    }
    let mut diagnosis = diagnose(&reading.incident, &options)?;
    diagnosis.left_out.splice(0..0, reading.left_out.iter().cloned());
    diagnosis.warnings.splice(0..0, reading.warnings.iter().cloned());
    if let (Some(level), None) = (question.level, &diagnosis.confidence_set) {
        diagnosis.warnings.push(format!(
            "no confidence set at level {level}: the scores of `{}` are not calibrated as probabilities",
            diagnosis.method
        ));
    }
    Ok(diagnosis)
}

pub(super) fn answer(options: &Answer, diagnosis: &Diagnosis, incident: &Incident) -> Result<(), Failure> {
    let file = options.output.as_deref();
    match options.format {
        Format::Json => output::write_json(file, diagnosis),
        Format::Text => {
            output::write(file, &diagnosis_text(diagnosis, Some(&incident.frame), output::palette(file)))
        }
    }
}
