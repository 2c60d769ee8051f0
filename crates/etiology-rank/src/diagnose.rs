//! The main job: one incident in, one diagnosis out.
//!
//! * *When?* The onset is taken as given or estimated.
//! * *What moved?* Every metric is compared with its own reference; nothing beyond chance means `no-incident`.
//! * *Who complained?* The symptom is taken as given or chosen.
//! * *Why?* A root-cause method ranks the candidates.
//! * *How sure?* Facts are gathered for each, and the verdict follows from the rules stated at [`diagnose`].

use std::borrow::Cow;

use etiology_detect::{OnsetEstimator, OnsetVerdict};
use etiology_frame::{Incident, Layer, Metric, Omission, Reason, Time};

use crate::evidence::{evidence, number, on_clock, p_value};
use crate::shift::{MIN_NORMAL, Shift, shifts};
use crate::symptom::symptoms;
use crate::{
    Case, DIAGNOSIS_SCHEMA, DiagnosedOnset, Diagnosis, DiagnosisGraph, Hypothesis, RankError, Ranking,
    Scored, Verdict, find,
};

/// The method that ranks unless another is named.
pub const DEFAULT_METHOD: &str = "baro";

/// Why it is [`DEFAULT_METHOD`], for `etiology methods`.
pub const DEFAULT_METHOD_REASON: &str = "it needs neither topology nor symptom, and its median and quartiles hold when the \
    reported onset is wrong: with every fault reported 60 s late it still names the right entity first in 27 of 92 OpenNetAI \
    and 50 of 50 RCD Sock Shop cases, nsigma in 13 and 6. On time nsigma is ahead (Nezha .61 against .55, OpenNetAI .58 \
    against .52), and where the topology is known and every entity reports the symptom's measure, so is smooth-traversal \
    (PetShop .73 against .15). Chosen on the cases it is reported on: benches/accuracy.md";

/// A runner-up from another entity with at least this share of the best score makes the answer inconclusive.
const CLOSE: f64 = 0.8;

/// Options of [`diagnose`].
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The id of the ranking method; [`DEFAULT_METHOD`] by default.
    pub method: String,
    /// How many hypotheses to return, 5 by default. A tie at the cut is returned whole.
    pub top: usize,
    /// The level of the interval of an estimated onset, 0.9 by default.
    pub level: f64,
    /// The seed of methods that draw at random, 0 by default.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { method: DEFAULT_METHOD.to_owned(), top: 5, level: 0.9, seed: 0 }
    }
}

/// Finds the causes of one incident.
///
/// The verdict is `no-incident` when no onset is found, or when no metric goes beyond what its reference does by itself
/// (p adjusted by Benjamini and Hochberg above .05 for all); `inconclusive` when the method abstains, when the best candidate did not shift
/// significantly, or when a candidate of another entity has at least 80 % of the best score (a tie included); else
/// `likely`. These are rules, not calibrated probabilities.
///
/// Symptom metrics are effects by definition, so they are not listed as causes as long as any other metric shifted
/// significantly. Cost: `O(n d)` for rows `n` and metrics `d`, plus the method's own.
///
/// # Errors
/// When a symptom, the method or the onset does not exist in the data, or a window is too short.
pub fn diagnose(incident: &Incident, options: &Options) -> Result<Diagnosis, RankError> {
    let method = find(&options.method)?;
    let mut answer = Diagnosis::empty(incident, options);
    let (incident, totals) = incident.totals_as_rates()?;
    let incident = incident.as_ref();
    if !totals.is_empty() {
        answer.warnings.push(format!("running totals were read as rates: {}", totals.join(", ")));
    }
    let Some(onset) = locate(incident, options, &mut answer)? else {
        return Ok(answer);
    };

    let case = Case::new(incident, onset)?;
    check_windows(&case)?;
    let shifts = shifts(&case)?;
    answer.left_out = case.left_out().to_vec();
    if !shifts.iter().any(Shift::is_significant) {
        answer.because = nothing_moved(&case, &shifts);
        answer.left_out.extend(unjudged(&case, &shifts));
        return Ok(answer);
    }

    let symptoms = symptoms(&case, &shifts);
    answer.symptoms =
        symptoms.iter().filter_map(|&i| case.metrics().get(i)).map(|m| m.name.clone()).collect();
    let informed = with_symptoms(incident, &answer.symptoms);
    let case = Case::new(&informed, onset)?;
    let ranking = method.rank(&case, options.seed)?;

    answer.graph = graph(incident);
    let judged = Judged { case: &case, shifts: &shifts, symptoms: &symptoms };
    let (candidates, set_aside) = judged.candidates(&ranking, &answer);
    answer.left_out.extend(set_aside);
    answer.hypotheses = judged.hypotheses(&candidates, options.top);
    (answer.verdict, answer.because) = judged.verdict(&ranking, &candidates);
    for omission in ranking.left_out() {
        if !answer.left_out.contains(omission) {
            answer.left_out.push(omission.clone());
        }
    }
    Ok(answer)
}

impl Diagnosis {
    fn empty(incident: &Incident, options: &Options) -> Self {
        Self {
            schema: DIAGNOSIS_SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            seed: options.seed,
            incident: incident.id.clone(),
            method: options.method.clone(),
            verdict: Verdict::NoIncident,
            because: String::new(),
            onset: None,
            symptoms: incident.symptoms.clone(),
            symptoms_given: !incident.symptoms.is_empty(),
            hypotheses: Vec::new(),
            confidence_set: None,
            left_out: Vec::new(),
            graph: DiagnosisGraph::default(),
            warnings: Vec::new(),
        }
    }
}

/// The onset to use, which is also written into the answer. `None` when none was given and none was found.
fn locate(incident: &Incident, options: &Options, answer: &mut Diagnosis) -> Result<Option<Time>, RankError> {
    let clock = incident.frame.clock();
    let Some((first, last)) = incident.frame.extent() else {
        return Err(RankError::Window { window: "anomalous", found: 0, needed: 1 });
    };
    if let Some(onset) = incident.onset {
        if onset.time > last || (onset.time < first && incident.reference.is_none()) {
            return Err(RankError::OnsetOutside {
                onset: clock.format(onset.time),
                first: clock.format(first),
                last: clock.format(last),
            });
        }
        let interval = onset.uncertainty.map(|span| {
            let back = etiology_frame::Span(span.0.saturating_neg());
            on_clock(clock, (onset.time.shifted(back), onset.time.shifted(span)))
        });
        answer.onset = Some(DiagnosedOnset { time: clock.format(onset.time), given: true, interval });
        return Ok(Some(onset.time));
    }
    let symptoms: Vec<usize> = incident
        .symptoms
        .iter()
        .map(|name| incident.frame.require(name).map(|_| incident.frame.index_of(name)))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    let estimate = OnsetEstimator::params()
        .level(options.level)
        .build()
        .and_then(|estimator| estimator.estimate(&incident.frame, incident.reference.as_ref(), &symptoms))
        .map_err(|error| RankError::Onset { message: error.to_string() })?;
    if estimate.verdict == OnsetVerdict::NotFound {
        answer.because = format!(
            "no metric changes its level at any time more than the data do by themselves (p = {})",
            p_value(estimate.p_value)
        );
        return Ok(None);
    }
    answer.onset = Some(DiagnosedOnset {
        time: clock.format(estimate.time),
        given: false,
        interval: Some(on_clock(clock, estimate.interval)),
    });
    Ok(Some(estimate.time))
}

fn check_windows(case: &Case<'_>) -> Result<(), RankError> {
    let window = |window, found, needed| {
        if found < needed { Err(RankError::Window { window, found, needed }) } else { Ok(()) }
    };
    window("normal", case.normal().rows(), MIN_NORMAL)?;
    window("anomalous", case.anomalous().rows(), 1)
}

fn nothing_moved(case: &Case<'_>, shifts: &[Shift]) -> String {
    let largest = shifts.iter().min_by(|a, b| a.p_value.total_cmp(&b.p_value));
    match largest.and_then(|shift| Some((shift, case.metrics().get(shift.index)?))) {
        Some((shift, metric)) => format!(
            "the least usual metric, {}, goes to {} from a normal {}; for {} metrics the adjusted p is {}",
            metric.name,
            number(shift.peak),
            number(shift.normal.location),
            shifts.len(),
            p_value(shift.corrected)
        ),
        None => "no metric has enough values on both sides of the onset".to_owned(),
    }
}

/// Metrics without a shift, with the reason.
fn unjudged(case: &Case<'_>, shifts: &[Shift]) -> Vec<Omission> {
    case.pairs()
        .enumerate()
        .filter(|(index, _)| shifts.binary_search_by_key(index, |shift| shift.index).is_err())
        .map(|(_, (normal, anomalous))| {
            let (before, after) = (normal.finite().count(), anomalous.finite().count());
            let all_null = normal.null_count() == normal.len() && anomalous.null_count() == anomalous.len();
            let why = match (before, after) {
                _ if all_null => Reason::AllNull,
                (found, _) if found < MIN_NORMAL => {
                    Reason::TooFew { window: "normal", found, needed: MIN_NORMAL }
                }
                (_, 0) => Reason::TooFew { window: "anomalous", found: 0, needed: 1 },
                _ => Reason::Constant,
            };
            Omission::new(normal.name(), why)
        })
        .collect()
}

fn with_symptoms<'a>(incident: &'a Incident, symptoms: &[String]) -> Cow<'a, Incident> {
    if incident.symptoms == symptoms {
        return Cow::Borrowed(incident);
    }
    Cow::Owned(Incident { symptoms: symptoms.to_vec(), ..incident.clone() })
}

fn graph(incident: &Incident) -> DiagnosisGraph {
    let nodes = incident.topology.nodes();
    let edge = |(cause, effect): (usize, usize)| {
        Some((nodes.get(cause)?.clone(), nodes.get(effect)?.clone(), "-->", None))
    };
    DiagnosisGraph { nodes: nodes.to_vec(), edges: incident.topology.causes().filter_map(edge).collect() }
}

/// A candidate of the ranking with the shift that stands for it.
struct Candidate<'a> {
    scored: &'a Scored,
    shift: Option<&'a Shift>,
}

/// What is known of a case when the hypotheses are written down.
struct Judged<'a> {
    case: &'a Case<'a>,
    shifts: &'a [Shift],
    symptoms: &'a [usize],
}

impl<'a> Judged<'a> {
    fn metric(&self, shift: &Shift) -> Option<&'a Metric> {
        self.case.metrics().get(shift.index)
    }

    /// The ranking's candidates, without the symptoms when there is anything else to blame.
    fn candidates(&self, ranking: &'a Ranking, answer: &Diagnosis) -> (Vec<Candidate<'a>>, Vec<Omission>) {
        // A symptom that was chosen for want of anything better, a resource say, may well be the cause.
        let is_effect = |shift: &Shift| {
            let model = self.metric(shift).is_some_and(|metric| metric.layer == Some(Layer::Model));
            answer.symptoms_given || model
        };
        let is_symptom = |shift: &Shift| self.symptoms.contains(&shift.index) && is_effect(shift);
        let anything_else = self.shifts.iter().any(|shift| shift.is_significant() && !is_symptom(shift));
        let (mut candidates, mut set_aside) = (Vec::new(), Vec::new());
        for scored in ranking.entries() {
            let shift = self.shift_for(scored);
            let metric_is_symptom = scored.metric.is_some() && shift.is_some_and(is_symptom);
            match shift.and_then(|shift| self.metric(shift)) {
                Some(metric) if metric_is_symptom && anything_else => {
                    let because = "the symptom itself, which is explained rather than blamed".to_owned();
                    set_aside.push(Omission::new(&metric.name, Reason::NotUsed { because }));
                }
                _ => candidates.push(Candidate { scored, shift }),
            }
        }
        (candidates, set_aside)
    }

    /// The shift of the candidate's metric, or the largest one of its entity.
    fn shift_for(&self, scored: &Scored) -> Option<&'a Shift> {
        match &scored.metric {
            Some(name) => {
                let index = self.case.normal().index_of(name)?;
                let at = self.shifts.binary_search_by_key(&index, |shift| shift.index).ok()?;
                self.shifts.get(at)
            }
            None => self
                .shifts
                .iter()
                .filter(|shift| self.metric(shift).is_some_and(|m| m.entity_or_name() == scored.entity))
                .max_by(|a, b| a.score.abs().total_cmp(&b.score.abs()).then(b.index.cmp(&a.index))),
        }
    }

    #[allow(clippy::float_cmp)] // a tie is an exact tie
    fn hypotheses(&self, candidates: &[Candidate<'a>], top: usize) -> Vec<Hypothesis> {
        let cut = candidates.get(top.saturating_sub(1)).map_or(f64::NEG_INFINITY, |last| last.scored.score);
        let shown =
            candidates.iter().enumerate().take_while(|(i, c)| *i < top || (top > 0 && c.scored.score == cut));
        let shown: Vec<&Candidate<'_>> = shown.map(|(_, candidate)| candidate).collect();
        let symptom = self
            .symptoms
            .iter()
            .find_map(|i| self.shifts.get(self.shifts.binary_search_by_key(i, |shift| shift.index).ok()?));
        let tied = |score: f64, own: usize| -> Vec<usize> {
            let same = shown.iter().enumerate().filter(|(i, other)| *i != own && other.scored.score == score);
            same.map(|(i, _)| i + 1).collect()
        };
        shown
            .iter()
            .enumerate()
            .map(|(index, candidate)| {
                let score = candidate.scored.score;
                let metric = candidate.shift.and_then(|shift| self.metric(shift));
                Hypothesis {
                    rank: 1 + shown.iter().filter(|other| other.scored.score > score).count(),
                    tied_with: tied(score, index),
                    layer: metric.and_then(|metric| metric.layer),
                    entity: candidate.scored.entity.clone(),
                    metric: candidate.scored.metric.clone().or_else(|| metric.map(|m| m.name.clone())),
                    mechanism: None,
                    score,
                    probability: None,
                    evidence: candidate.shift.map(|s| evidence(self.case, s, symptom)).unwrap_or_default(),
                    counterfactual: None,
                }
            })
            .collect()
    }

    fn verdict(&self, ranking: &Ranking, candidates: &[Candidate<'_>]) -> (Verdict, String) {
        let Some(best) = candidates.first() else {
            let why = ranking.abstained().unwrap_or("the method names no candidate");
            return (Verdict::Inconclusive, why.to_owned());
        };
        if !best.shift.is_some_and(Shift::is_significant) {
            let why =
                format!("{}, ranked first, does not go beyond what it does by itself", best.scored.entity);
            return (Verdict::Inconclusive, why);
        }
        let rival = candidates.iter().find(|other| other.scored.entity != best.scored.entity);
        match rival {
            Some(rival) if rival.scored.score >= CLOSE * best.scored.score => (
                Verdict::Inconclusive,
                format!(
                    "{} ({}) is too close to {} ({}) to tell them apart",
                    rival.scored.entity,
                    number(rival.scored.score),
                    best.scored.entity,
                    number(best.scored.score)
                ),
            ),
            _ => (Verdict::Likely, String::new()),
        }
    }
}
