//! Suites and their cases: what a loader hands out.
//!
//! A [`CaseSource`] knows where a case lies and reads it when asked, so that a suite of thousands of cases does not sit
//! in memory; what cases share (a reference, a recording of a whole day) is read once and handed out as views. The truth
//! travels beside the [`Incident`], never in it, so no method can see it.

use std::fmt;
use std::path::Path;

use etiology_frame::{Incident, Time, Truth};

use crate::BenchError;

/// What `bench list` says about a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuiteCard {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// The folder `--data` points at.
    pub layout: &'static str,
    /// Where to get it.
    pub source: &'static str,
    /// Its licence.
    pub licence: &'static str,
    /// Authors, year, where.
    pub cites: &'static str,
    /// How it is read here: windows, entities, symptom, what is left out.
    pub protocol: &'static str,
}

/// How a suite is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadOptions {
    /// Clean the values as the suite's own code does (`RCAEval`: infinite to null, last value carried forward, the rest 0)
    /// instead of keeping nulls: only for reproducing published numbers. Default false.
    pub published: bool,
    /// Minutes of data around the fault, half on either side, for the suites whose protocol has such a length (`RCAEval`).
    /// Default 20, as in its released benchmark; its first paper used 10.
    pub length_minutes: f64,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { published: false, length_minutes: 20.0 }
    }
}

/// A public suite in its published folder layout.
pub trait Suite: fmt::Debug + Send + Sync {
    /// What it is.
    fn card(&self) -> SuiteCard;

    /// Finds the cases under `folder` and reads what they share.
    ///
    /// # Errors
    /// When the folder is not in the suite's layout; the message names the file and what was expected.
    fn load(&self, folder: &Path, options: &LoadOptions) -> Result<Cases, BenchError>;
}

/// The cases of a suite.
#[derive(Debug, Default)]
pub struct Cases {
    /// Incidents with a truth.
    pub faults: Vec<CaseSource>,
    /// Stretches without a fault, cut as if one had been reported: the right answer is none.
    pub normal: Vec<CaseSource>,
    /// What the loader left aside, said.
    pub notes: Vec<String>,
    /// How they were loaded: results of different loads are never mixed.
    pub options: LoadOptions,
}

impl Cases {
    pub(crate) fn loaded_with(options: &LoadOptions) -> Self {
        Self { options: *options, ..Self::default() }
    }
}

/// An incident with its truth, which stays with the scorer.
#[derive(Debug, Clone)]
pub struct LabelledIncident {
    /// What a method may see.
    pub incident: Incident,
    /// What it is scored against; empty on a stretch without a fault.
    pub truth: Truth,
}

type Load = dyn Fn(f64) -> Result<LabelledIncident, BenchError> + Send + Sync;

/// One case, not yet read.
pub struct CaseSource {
    /// Its name, unique in the suite.
    pub id: String,
    /// The groups it is counted in: fault type, symptom.
    pub groups: Vec<String>,
    /// The published split it belongs to, if there are splits.
    pub split: Option<String>,
    load: Box<Load>,
}

impl CaseSource {
    /// A case that `load` reads, given by how many seconds the reported onset is off (later is positive).
    pub fn new(
        id: impl Into<String>,
        groups: Vec<String>,
        load: impl Fn(f64) -> Result<LabelledIncident, BenchError> + Send + Sync + 'static,
    ) -> Self {
        Self { id: id.into(), groups, split: None, load: Box::new(load) }
    }

    /// The same case in a published split.
    #[must_use]
    pub fn in_split(mut self, split: impl Into<String>) -> Self {
        self.split = Some(split.into());
        self
    }

    /// Reads the case, with its onset reported `shift_seconds` late (early when negative).
    ///
    /// # Errors
    /// When its files cannot be read or hold nothing after the onset.
    pub fn load(&self, shift_seconds: f64) -> Result<LabelledIncident, BenchError> {
        (self.load)(shift_seconds)
    }
}

impl fmt::Debug for CaseSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, groups, split, load: _ } = self;
        f.debug_struct("CaseSource")
            .field("id", id)
            .field("groups", groups)
            .field("split", split)
            .finish_non_exhaustive()
    }
}

/// Every suite.
#[must_use]
pub fn suites() -> Vec<Box<dyn Suite>> {
    crate::suites::all()
}

/// The suite called `name`.
///
/// # Errors
/// [`BenchError::NoSuite`], with the names there are.
pub fn find_suite(name: &str) -> Result<Box<dyn Suite>, BenchError> {
    let mut all = suites();
    match all.iter().position(|suite| suite.card().name == name) {
        Some(index) => Ok(all.swap_remove(index)),
        None => {
            let known: Vec<&str> = all.iter().map(|suite| suite.card().name).collect();
            Err(BenchError::NoSuite { name: name.to_owned(), known: known.join(", ") })
        }
    }
}

/// `time` as it is reported when the report is off by `seconds`.
pub(crate) fn reported(clock: etiology_frame::Clock, time: Time, seconds: f64) -> Time {
    time.shifted(clock.span(seconds))
}
