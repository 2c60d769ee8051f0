//! What costs nothing to reach: a table without these rows cannot be judged.

use std::collections::BTreeMap;

use etiology_rank::Level;
use serde::Serialize;

use crate::report::{group_names, truth};
use crate::run::{CaseRun, Facts};
use crate::score::{DEPTH, Listing, Marks};

/// One floor at one level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FloorReport {
    /// `chance`: the exact mean of a random order of the candidates. `column-order`: the candidates as the input lists
    /// them. `best-constant`: the same answer to every case, the one that would have scored best.
    pub name: &'static str,
    /// What is ranked.
    pub level: Level,
    /// Whether it was chosen with the answers in hand, so that no method could have known it.
    pub oracle: bool,
    /// The first names of a constant answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answer: Vec<String>,
    /// Cases counted.
    pub scored: usize,
    /// AC@k.
    pub ac: BTreeMap<String, f64>,
    /// Mean of AC@1 to AC@5.
    pub avg5: f64,
    /// Mean reciprocal rank.
    pub mrr: f64,
    /// AC@k by group.
    pub groups: BTreeMap<String, BTreeMap<String, f64>>,
}

/// The three floors at each level at which some truth is known.
pub(crate) fn floors(faults: &[(&CaseRun, &Facts)]) -> Vec<FloorReport> {
    let mut reports = Vec::new();
    for level in [Level::Entity, Level::Metric] {
        let scored: Vec<(&CaseRun, &Facts)> =
            faults.iter().filter(|(_, facts)| truth(facts, level).is_some()).copied().collect();
        if scored.is_empty() {
            continue;
        }
        let constant = most_frequent(&scored, level);
        let names = constant.iter().take(DEPTH).map(|name| (*name).to_owned()).collect();
        reports.push(floor("chance", level, &scored, |facts, t| {
            Listing::of_names(candidates(facts, level), false, t).score().expected
        }));
        reports.push(floor("column-order", level, &scored, |facts, t| {
            Listing::of_names(candidates(facts, level), true, t).score().worst
        }));
        let best = floor("best-constant", level, &scored, |_, t| {
            Listing::of_names(constant.iter().copied(), true, t).score().worst
        });
        reports.push(FloorReport { oracle: true, answer: names, ..best });
    }
    reports
}

fn candidates(facts: &Facts, level: Level) -> impl Iterator<Item = &str> {
    let names = if level == Level::Entity { &facts.entities } else { &facts.metrics };
    names.iter().map(String::as_str)
}

/// True names from the most to the least frequent over the suite, by name where they are equally frequent. With one true
/// cause a case, no constant answer has a better AC@k at any k.
fn most_frequent<'a>(scored: &[(&CaseRun, &'a Facts)], level: Level) -> Vec<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in scored.iter().filter_map(|(_, facts)| truth(facts, level)).flatten() {
        *counts.entry(name).or_default() += 1;
    }
    let mut names: Vec<(&str, usize)> = counts.into_iter().collect();
    names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    names.into_iter().map(|(name, _)| name).collect()
}

fn floor(
    name: &'static str,
    level: Level,
    scored: &[(&CaseRun, &Facts)],
    marks: impl Fn(&Facts, &std::collections::BTreeSet<&str>) -> Marks,
) -> FloorReport {
    let marked: Vec<(&CaseRun, Marks)> =
        scored.iter().filter_map(|(run, facts)| Some((*run, marks(facts, &truth(facts, level)?)))).collect();
    let all: Vec<Marks> = marked.iter().map(|(_, marks)| *marks).collect();
    let groups = group_names(scored).into_iter().map(|group| {
        let members = marked.iter().filter(|(run, _)| run.groups.iter().any(|g| g == group));
        (group.to_owned(), accuracy(&members.map(|(_, marks)| *marks).collect::<Vec<_>>()))
    });
    FloorReport {
        name,
        level,
        oracle: false,
        answer: Vec::new(),
        scored: all.len(),
        ac: accuracy(&all),
        avg5: mean(&all, Marks::avg5),
        mrr: mean(&all, |marks| marks.reciprocal_rank),
        groups: groups.collect(),
    }
}

fn accuracy(all: &[Marks]) -> BTreeMap<String, f64> {
    [1, 3, 5].into_iter().map(|k: usize| (k.to_string(), mean(all, |marks| marks.at(k)))).collect()
}

fn mean(all: &[Marks], value: impl Fn(&Marks) -> f64) -> f64 {
    all.iter().map(value).sum::<f64>() / all.len().max(1) as f64
}
