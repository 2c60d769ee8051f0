//! The results of a run as the `etiology.bench/1` document, and how they are summed up.
//!
//! Every case that could be read and whose truth is known at a level counts at that level, whatever the method made of
//! it: a failure and an abstention are misses, counted apart besides. Intervals are exact (Clopper and Pearson) and given
//! where a case is a plain hit or miss, with ties in the worst order.

use std::collections::{BTreeMap, BTreeSet};

use etiology_rank::{Level, MethodCard, Variant};
use etiology_stats::clopper_pearson;
use serde::{Serialize, Serializer};

use crate::floors::{FloorReport, floors};
use crate::run::{CaseRun, Facts, RunOptions, levels};
use crate::score::{Listing, Marks, Score};
use crate::suite::{Cases, SuiteCard};

/// Depths that are reported.
const REPORTED: [usize; 3] = [1, 3, 5];
/// Candidates of each ranking that are kept in the report.
const KEPT: usize = 20;
const CONFIDENCE: f64 = 0.95;

/// A scored run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `etiology.bench/1`.
    pub schema: &'static str,
    /// The suite's name.
    pub suite: String,
    /// Cases that were read and scored.
    pub cases: usize,
    /// The split that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// The seed every method got.
    pub seed: u64,
    /// Seconds by which the onsets were reported late.
    pub shift_seconds: f64,
    /// Whether values were cleaned as the suite's own code does.
    pub published_cleaning: bool,
    /// What the loader left aside, and whose onset was estimated.
    pub notes: Vec<String>,
    /// Cases that could not be read: not scored.
    pub unreadable: Vec<Unreadable>,
    /// What costs nothing to reach.
    pub floors: Vec<FloorReport>,
    /// A row a method and level.
    pub methods: Vec<MethodReport>,
}

/// A case that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// The case.
    pub id: String,
    /// Why.
    pub why: String,
}

/// One method at one level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodReport {
    /// Its name.
    pub method: String,
    /// As published or repaired.
    pub variant: Variant,
    /// What was scored: entities or metrics.
    pub level: Level,
    /// How it did on all cases.
    #[serde(flatten)]
    pub standing: Standing,
    /// Mean seconds of a ranking, reading and windows not counted.
    pub seconds_per_case: f64,
    /// How often it stayed silent where nothing was wrong; absent when that was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specificity: Option<Specificity>,
    /// How it did on each group.
    pub groups: Vec<Group>,
    /// What it failed on.
    pub errors: Vec<Unreadable>,
    /// Its answers.
    pub cases: Vec<CaseReport>,
}

/// Accuracy over some cases.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Standing {
    /// Cases counted here.
    pub scored: usize,
    /// AC@k with ties in the worst order.
    pub ac: BTreeMap<String, f64>,
    /// AC@k, mean over all orders of the ties.
    pub ac_tie_expected: BTreeMap<String, f64>,
    /// AC@k with ties as listed.
    pub ac_listed: BTreeMap<String, f64>,
    /// Mean of AC@1 to AC@5, ties worst.
    pub avg5: f64,
    /// The same, ties expected.
    pub avg5_tie_expected: f64,
    /// The same, ties as listed.
    pub avg5_listed: f64,
    /// Mean reciprocal rank of the first true cause, ties worst.
    pub mrr: f64,
    /// The same, ties expected.
    pub mrr_tie_expected: f64,
    /// The same, ties as listed.
    pub mrr_listed: f64,
    /// Exact 95 % intervals of `ac`, where every case is a plain hit or miss.
    pub ci95: BTreeMap<String, [f64; 2]>,
    /// Cases on which the method failed; misses above.
    pub failed: usize,
    /// Cases on which it named nobody; misses above.
    pub abstained: usize,
}

/// Accuracy on one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The group.
    pub name: String,
    /// Cases in it.
    pub cases: usize,
    /// How the method did on them.
    #[serde(flatten)]
    pub standing: Standing,
}

/// Silence where nothing was wrong.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Specificity {
    /// Stretches without a fault.
    pub cases: usize,
    /// Those on which the method named nobody.
    pub silent: usize,
    /// Those on which it failed; not counted as silent.
    pub failed: usize,
    /// `silent / cases`.
    pub share: f64,
    /// Exact 95 % interval of the share.
    pub ci95: [f64; 2],
    /// The share in each group.
    pub groups: BTreeMap<String, f64>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseReport {
    /// The case.
    pub id: String,
    /// The first 20 candidates, as listed.
    pub ranking: Vec<String>,
    /// Their scores; infinity is the text `inf`, which JSON has no number for.
    pub scores: Vec<ScoreValue>,
    /// How many candidates were ranked.
    pub candidates: usize,
    /// Seconds it took.
    pub seconds: f64,
    /// Why there is no ranking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Why the method named nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abstained: Option<String>,
}

/// A score in JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreValue(pub f64);

impl Serialize for ScoreValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

impl Report {
    /// The report as one JSON document.
    ///
    /// # Errors
    /// Never for a report made by [`run`](crate::run); the type is that of the serialiser.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    /// The same report with every measured time 0: what two runs must agree on.
    #[must_use]
    pub fn without_seconds(&self) -> Self {
        let mut report = self.clone();
        for method in &mut report.methods {
            method.seconds_per_case = 0.0;
            for case in &mut method.cases {
                case.seconds = 0.0;
            }
        }
        report
    }
}

/// Sums up what every method made of every case.
pub(crate) fn summarise(
    suite: &SuiteCard,
    cards: &[MethodCard],
    runs: &[CaseRun],
    cases: &Cases,
    options: &RunOptions,
) -> Report {
    let faults: Vec<(&CaseRun, &Facts)> = readable(runs, false);
    let unreadable = runs.iter().filter(|run| !run.is_normal).filter_map(|run| {
        let why = run.read.as_ref().err()?.clone();
        Some(Unreadable { id: run.id.clone(), why })
    });
    let mut methods = Vec::new();
    for (index, card) in cards.iter().enumerate() {
        let specificity = options.specificity.then(|| specificity(&readable(runs, true), index));
        let known = |level: Level| faults.iter().any(|(_, facts)| truth(facts, level).is_some());
        for &level in levels(card.level).iter().filter(|level| known(**level)) {
            methods.push(method_report(card, level, index, &faults, specificity.clone()));
        }
    }
    Report {
        schema: "etiology.bench/1",
        suite: suite.name.to_owned(),
        cases: faults.len(),
        split: options.split.clone(),
        seed: options.seed,
        shift_seconds: options.shift_seconds,
        published_cleaning: cases.options.published,
        notes: cases
            .notes
            .iter()
            .cloned()
            .chain(estimated_onsets(&faults))
            .chain(unread_normal(runs))
            .collect(),
        unreadable: unreadable.collect(),
        floors: floors(&faults),
        methods,
    }
}

fn estimated_onsets(faults: &[(&CaseRun, &Facts)]) -> Option<String> {
    let ids: Vec<&str> =
        faults.iter().filter(|(_, facts)| facts.onset_estimated).map(|(run, _)| run.id.as_str()).collect();
    (!ids.is_empty()).then(|| format!("onset estimated: {}", ids.join(", ")))
}

fn unread_normal(runs: &[CaseRun]) -> Option<String> {
    let count = runs.iter().filter(|run| run.is_normal && run.read.is_err()).count();
    (count > 0).then(|| format!("{count} stretches without a fault could not be read and are not counted"))
}

fn readable(runs: &[CaseRun], normal: bool) -> Vec<(&CaseRun, &Facts)> {
    let wanted = runs.iter().filter(|run| run.is_normal == normal);
    wanted.filter_map(|run| Some((run, run.read.as_ref().ok()?))).collect()
}

/// The true names of a case at a level; `None` when they are not known.
pub(crate) fn truth(facts: &Facts, level: Level) -> Option<BTreeSet<&str>> {
    let names = match level {
        Level::Entity => &facts.true_entities,
        Level::Metric => &facts.true_metrics,
    };
    (!names.is_empty()).then(|| names.iter().map(String::as_str).collect())
}

/// The group names in order of first appearance.
pub(crate) fn group_names<'a>(faults: &[(&'a CaseRun, &Facts)]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for group in faults.iter().flat_map(|(run, _)| &run.groups) {
        if !names.contains(&group.as_str()) {
            names.push(group);
        }
    }
    names
}

/// One scored case.
#[derive(Debug, Clone, Copy, Default)]
struct Outcome {
    score: Score,
    failed: bool,
    abstained: bool,
}

fn method_report(
    card: &MethodCard,
    level: Level,
    index: usize,
    faults: &[(&CaseRun, &Facts)],
    specificity: Option<Specificity>,
) -> MethodReport {
    let mut outcomes: Vec<(&CaseRun, Outcome)> = Vec::new();
    let mut errors = Vec::new();
    let mut cases = Vec::new();
    let mut seconds = 0.0;
    for (run, facts) in faults {
        let (Some(answer), Some(truth)) = (facts.answers.get(index), truth(facts, level)) else { continue };
        seconds += answer.seconds;
        let mut report = CaseReport {
            id: run.id.clone(),
            ranking: Vec::new(),
            scores: Vec::new(),
            candidates: 0,
            seconds: answer.seconds,
            error: None,
            abstained: None,
        };
        let mut outcome = Outcome::default();
        match &answer.result {
            Err(message) => {
                outcome.failed = true;
                report.error = Some(message.clone());
                errors.push(Unreadable { id: run.id.clone(), why: message.clone() });
            }
            Ok(ranking) => {
                let at_level = if level == Level::Entity { ranking.by_entity() } else { ranking.clone() };
                outcome.score = Listing::of(&at_level, level, &truth).score();
                outcome.abstained = at_level.is_empty();
                report.candidates = at_level.entries().len();
                report.abstained =
                    at_level.is_empty().then(|| at_level.abstained().unwrap_or("no candidate").to_owned());
                let kept = at_level.entries().iter().take(KEPT);
                (report.ranking, report.scores) =
                    kept.map(|entry| (entry.name(level).to_owned(), ScoreValue(entry.score))).unzip();
            }
        }
        outcomes.push((run, outcome));
        cases.push(report);
    }
    let groups = group_names(faults).into_iter().map(|name| {
        let members: Vec<Outcome> = outcomes
            .iter()
            .filter(|(run, _)| run.groups.iter().any(|group| group == name))
            .map(|(_, outcome)| *outcome)
            .collect();
        Group { name: name.to_owned(), cases: members.len(), standing: Standing::of(&members) }
    });
    let all: Vec<Outcome> = outcomes.iter().map(|(_, outcome)| *outcome).collect();
    MethodReport {
        method: card.name.to_owned(),
        variant: card.variant,
        level,
        standing: Standing::of(&all),
        seconds_per_case: seconds / all.len().max(1) as f64,
        specificity,
        groups: groups.filter(|group| group.cases > 0).collect(),
        errors,
        cases,
    }
}

impl Standing {
    fn of(outcomes: &[Outcome]) -> Self {
        let n = outcomes.len().max(1) as f64;
        let mean = |value: &dyn Fn(&Score) -> f64| outcomes.iter().map(|o| value(&o.score)).sum::<f64>() / n;
        let ac = |pick: &dyn Fn(&Score) -> Marks| {
            REPORTED.iter().map(|&k| (k.to_string(), mean(&|score| pick(score).at(k)))).collect()
        };
        Self {
            scored: outcomes.len(),
            ac: ac(&|score| score.worst),
            ac_tie_expected: ac(&|score| score.expected),
            ac_listed: ac(&|score| score.listed),
            avg5: mean(&|score| score.worst.avg5()),
            avg5_tie_expected: mean(&|score| score.expected.avg5()),
            avg5_listed: mean(&|score| score.listed.avg5()),
            mrr: mean(&|score| score.worst.reciprocal_rank),
            mrr_tie_expected: mean(&|score| score.expected.reciprocal_rank),
            mrr_listed: mean(&|score| score.listed.reciprocal_rank),
            ci95: REPORTED
                .iter()
                .filter_map(|&k| Some((format!("ac{k}"), interval_of_hits(outcomes, k)?)))
                .collect(),
            failed: outcomes.iter().filter(|outcome| outcome.failed).count(),
            abstained: outcomes.iter().filter(|outcome| outcome.abstained).count(),
        }
    }

    /// AC@k with ties in the worst order; 0 for a depth that is not reported.
    #[must_use]
    pub fn ac_at(&self, k: usize) -> f64 {
        self.ac.get(&k.to_string()).copied().unwrap_or_default()
    }
}

/// The exact interval of AC@k, when each case is a plain hit or miss.
#[allow(clippy::float_cmp)] // a plain hit is exactly 1, a plain miss exactly 0
fn interval_of_hits(outcomes: &[Outcome], k: usize) -> Option<[f64; 2]> {
    let marks: Vec<f64> = outcomes.iter().map(|outcome| outcome.score.worst.at(k)).collect();
    let plain = marks.iter().all(|mark| *mark == 0.0 || *mark == 1.0);
    plain.then(|| exact_interval(marks.iter().filter(|mark| **mark == 1.0).count(), marks.len())).flatten()
}

fn exact_interval(hits: usize, trials: usize) -> Option<[f64; 2]> {
    let (hits, trials) = (u64::try_from(hits).ok()?, u64::try_from(trials).ok()?);
    let interval = clopper_pearson(hits, trials, CONFIDENCE).ok()?;
    Some([interval.low, interval.high])
}

fn specificity(normal: &[(&CaseRun, &Facts)], index: usize) -> Specificity {
    let mut total = Specificity { ci95: [0.0, 1.0], ..Specificity::default() };
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (run, facts) in normal {
        let Some(answer) = facts.answers.get(index) else { continue };
        let silent = matches!(&answer.result, Ok(ranking) if ranking.is_empty());
        total.cases += 1;
        total.silent += usize::from(silent);
        total.failed += usize::from(answer.result.is_err());
        for group in &run.groups {
            let (quiet, all) = groups.entry(group.clone()).or_default();
            *quiet += usize::from(silent);
            *all += 1;
        }
    }
    total.share = total.silent as f64 / total.cases.max(1) as f64;
    total.ci95 = exact_interval(total.silent, total.cases).unwrap_or(total.ci95);
    total.groups = groups.into_iter().map(|(name, (quiet, all))| (name, quiet as f64 / all as f64)).collect();
    total
}
