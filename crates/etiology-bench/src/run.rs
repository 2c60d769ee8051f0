//! The runner: every method on every case, in parallel over cases, resumable, with results in a fixed order.
//!
//! A case is read once and shown to all methods, then dropped. What a method gets is a [`Case`], which is built from the
//! incident alone. Results are ordered by case and method whatever the threads did, so two runs differ in seconds only.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use etiology_detect::OnsetEstimator;
use etiology_frame::{Incident, Metric, MetricFrame, Time};
use etiology_rank::{Case, Level, Ranking, RootCauseMethod};
use rayon::prelude::*;

use crate::report::{self, Report};
use crate::resume::{Journal, Settings};
use crate::{BenchError, CaseSource, Cases, LabelledIncident, SuiteCard};

/// How a suite is run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Only the cases of this published split.
    pub split: Option<String>,
    /// Seconds by which every reported onset is late (early when negative).
    pub shift_seconds: f64,
    /// The seed every method gets.
    pub seed: u64,
    /// Threads over cases; all cores when `None`.
    pub jobs: Option<usize>,
    /// Also run the stretches without a fault, to see how often a method stays silent on them.
    pub specificity: bool,
    /// A file of finished results (JSON lines): what is in it is not run again, what is run is added to it.
    pub resume: Option<PathBuf>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Cases finished.
    pub done: usize,
    /// Cases in all.
    pub total: usize,
}

/// One method's answer to one case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) result: Result<Ranking, String>,
    pub(crate) seconds: f64,
}

/// One case with what all methods made of it, or why it could not be read.
#[derive(Debug, Clone)]
pub(crate) struct CaseRun {
    pub(crate) id: String,
    pub(crate) groups: Vec<String>,
    pub(crate) is_normal: bool,
    pub(crate) read: Result<Facts, String>,
}

/// What the scorer keeps of a case.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) onset_estimated: bool,
    pub(crate) entities: Vec<String>,
    pub(crate) metrics: Vec<String>,
    pub(crate) true_entities: Vec<String>,
    pub(crate) true_metrics: Vec<String>,
    pub(crate) answers: Vec<Answer>,
}

/// Runs `methods` on the cases of a suite and scores them. `progress` is called after each case, from any thread.
///
/// A method's error, or an abstention, is recorded and counts as a miss. A case whose files cannot be read is no
/// method's fault: it is listed in the report and not scored. An incident whose onset nobody gave gets the estimated one,
/// and the report's notes say so.
///
/// # Errors
/// When no case or no method is left to run, or the resume file is of another run or cannot be written.
pub fn run(
    suite: &SuiteCard,
    cases: &Cases,
    methods: &[Box<dyn RootCauseMethod>],
    options: &RunOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, BenchError> {
    let chosen = choose(cases, options)?;
    if methods.is_empty() {
        return Err(BenchError::Nothing {
            message: "no method is named; `etiology methods` lists them".to_owned(),
        });
    }
    if !options.shift_seconds.is_finite() {
        let message =
            format!("a shift of {} seconds is not a time; give a number of seconds", options.shift_seconds);
        return Err(BenchError::Nothing { message });
    }
    let settings = Settings {
        suite: suite.name.to_owned(),
        seed: options.seed,
        shift_seconds: options.shift_seconds,
        published: cases.options.published,
        length_minutes: cases.options.length_minutes,
    };
    let journal = options.resume.as_deref().map(|path| Journal::open(path, &settings)).transpose()?;
    let ids: Vec<String> = methods.iter().map(|method| method.card().id()).collect();
    let worker = Worker { methods, ids: &ids, options, journal: journal.as_ref() };

    let total = chosen.len();
    let done = AtomicUsize::new(0);
    let work = || -> Result<Vec<CaseRun>, BenchError> {
        chosen
            .par_iter()
            .map(|(source, is_normal)| {
                let outcome = worker.run(source, *is_normal);
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                progress(Progress { done, total });
                outcome
            })
            .collect()
    };
    let runs = match options.jobs {
        None => work(),
        Some(jobs) => rayon::ThreadPoolBuilder::new()
            .num_threads(jobs)
            .build()
            .map_err(|error| BenchError::Threads { jobs, message: error.to_string() })?
            .install(work),
    }?;
    let cards = methods.iter().map(|method| method.card()).collect::<Vec<_>>();
    Ok(report::summarise(suite, &cards, &runs, cases, options))
}

fn choose<'a>(cases: &'a Cases, options: &RunOptions) -> Result<Vec<(&'a CaseSource, bool)>, BenchError> {
    let wanted = |source: &&CaseSource| options.split.is_none() || source.split == options.split;
    let mut chosen: Vec<(&CaseSource, bool)> =
        cases.faults.iter().filter(wanted).map(|source| (source, false)).collect();
    if chosen.is_empty() {
        let mut splits: Vec<&str> = cases.faults.iter().filter_map(|case| case.split.as_deref()).collect();
        splits.sort_unstable();
        splits.dedup();
        let message = match &options.split {
            Some(split) if splits.is_empty() => {
                format!("split `{split}`: this suite has no splits; leave --split out")
            }
            Some(split) => format!("split `{split}` has no cases; there are {}", splits.join(", ")),
            None => "the suite has no cases".to_owned(),
        };
        return Err(BenchError::Nothing { message });
    }
    if options.specificity {
        chosen.extend(cases.normal.iter().map(|source| (source, true)));
    }
    Ok(chosen)
}

struct Worker<'a> {
    methods: &'a [Box<dyn RootCauseMethod>],
    ids: &'a [String],
    options: &'a RunOptions,
    journal: Option<&'a Journal>,
}

impl Worker<'_> {
    fn run(&self, source: &CaseSource, is_normal: bool) -> Result<CaseRun, BenchError> {
        let shift = if is_normal { 0.0 } else { self.options.shift_seconds };
        let read = match source.load(shift) {
            Ok(labelled) => Ok(self.facts(&source.id, &labelled)?),
            Err(error) => Err(error.to_string()),
        };
        Ok(CaseRun { id: source.id.clone(), groups: source.groups.clone(), is_normal, read })
    }

    fn facts(&self, id: &str, labelled: &LabelledIncident) -> Result<Facts, BenchError> {
        let LabelledIncident { incident, truth } = labelled;
        let onset = incident.onset.map_or_else(|| estimated_onset(incident), |given| Ok(given.time));
        let case = onset.and_then(|onset| Case::new(incident, onset).map_err(|error| error.to_string()));
        let mut answers = Vec::with_capacity(self.methods.len());
        for (method, method_id) in self.methods.iter().zip(self.ids) {
            if let Some(answer) = self.journal.and_then(|journal| journal.finished(id, method_id)) {
                answers.push(answer);
                continue;
            }
            let start = Instant::now();
            let result = match &case {
                Ok(case) => method.rank(case, self.options.seed).map_err(|error| error.to_string()),
                Err(message) => Err(message.clone()),
            };
            let answer = Answer { result, seconds: start.elapsed().as_secs_f64() };
            if let Some(journal) = self.journal {
                journal.add(id, method_id, &answer)?;
            }
            answers.push(answer);
        }
        Ok(Facts {
            onset_estimated: incident.onset.is_none(),
            entities: entities(&incident.frame),
            metrics: incident.frame.metrics().iter().map(|metric| metric.name.clone()).collect(),
            true_entities: truth.entities().map(str::to_owned).collect(),
            true_metrics: truth.metrics().map(str::to_owned).collect(),
            answers,
        })
    }
}

/// When an undated incident seems to have begun; the most likely time even where nothing stands out, since every method
/// needs one.
fn estimated_onset(incident: &Incident) -> Result<Time, String> {
    let frame = &incident.frame;
    let symptoms: Vec<usize> = incident.symptoms.iter().filter_map(|name| frame.index_of(name)).collect();
    let estimator = OnsetEstimator::params().build().map_err(|error| error.to_string())?;
    let estimate = estimator.estimate(frame, incident.reference.as_ref(), &symptoms);
    estimate.map(|estimate| estimate.time).map_err(|error| format!("the onset cannot be estimated: {error}"))
}

/// The entities in column order.
fn entities(frame: &MetricFrame) -> Vec<String> {
    let mut seen = HashSet::new();
    let names = frame.metrics().iter().map(Metric::entity_or_name);
    names.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}

/// The levels a method is scored at: entities always, metrics when it ranks them.
pub(crate) fn levels(native: Level) -> &'static [Level] {
    match native {
        Level::Entity => &[Level::Entity],
        Level::Metric => &[Level::Entity, Level::Metric],
    }
}
