//! What a metric's name says: its entity, layer, kind and unit, read by one table that users can extend.
//!
//! The table is text (`names/table.txt`), parsed once. Its patterns are kept in a trie over words, read from a name's
//! last word to its first, so that one pass finds every known measure a name ends in; the cost is linear in the name.
//!
//! **Split rule.** A name is cut at a `_`, `:` or `/`. Of the cuts that leave a known measure on the right, the one
//! that leaves the *longest* is taken, and a name that is known as a whole is not cut: `gpu0_memory_usage_bytes` is
//! `gpu0` and `memory_usage_bytes`, `train_loss` has no entity. An ending alone (a unit, a percentile's `_total`) is
//! not a measure. Where no cut leaves a known measure but the last words are one (`node.0.gpu.util`), the name stays
//! whole and still gets a layer, kind and unit.
//!
//! **Row rule.** Rows match the chosen measure with or without the endings it carries. Rows added later by
//! [`NameTable::extend`] go before all earlier ones; then rows without `*` go before rows with it; then, among rows
//! without `*`, the one that leaves the fewest endings over; then the first in the table.
//!
//! **Resource or service?** Methods that tell *internal* metrics (CPU, memory, disk, sockets) from *external* ones
//! (latency, errors, workload) need no table of their own: [`Layer::Compute`] is internal, the other two are external.

mod index;
mod labels;
mod pattern;
mod table;
mod words;

use std::cmp::Reverse;
use std::sync::OnceLock;

use crate::metric::{Layer, MetricKind};
use index::Token;
pub use table::NameTable;
pub use table::NamesError;
use table::{Row, Unit};

/// Longer names are carried but not read: no exporter writes them, and a table should not spend time on them.
const LONGEST_NAME: usize = 1024;

/// Ways to take endings off one name that are looked at; real names have one to four.
const MOST_ENDINGS: usize = 16;

/// What a name says about its metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inferred {
    /// What it is measured on, when the name or its labels say so.
    pub entity: Option<String>,
    /// What is measured; the whole name when no entity was found.
    pub measure: String,
    /// The layer, when the measure is known and belongs to one.
    pub layer: Option<Layer>,
    /// How its values relate in time; a gauge when nothing says otherwise.
    pub kind: MetricKind,
    /// The unit, when the name or the exporter that defines it says so.
    pub unit: Option<String>,
    /// The pattern of the row that decided, to answer "why this layer?".
    pub rule: Option<String>,
}

/// One way to read a name without some of its endings.
struct Ending {
    /// Words that remain.
    end: usize,
    said: Said,
}

/// What endings have said so far; the outermost that speaks wins.
#[derive(Clone, Default)]
struct Said {
    kind: Option<MetricKind>,
    unit: Unit,
}

impl Said {
    fn or(&self, kind: Option<MetricKind>, unit: &Unit) -> Self {
        let unit = if self.unit == Unit::Silent { unit } else { &self.unit };
        Self { kind: self.kind.or(kind), unit: unit.clone() }
    }
}

/// A row that matches, and what it is ranked by: whether it begins apart from any separator, its first word, the row
/// rule, and last how many endings were taken off.
struct Candidate<'t, 'e> {
    rank: (bool, usize, Reverse<u32>, bool, usize, usize, usize),
    row: &'t Row,
    ending: &'e Ending,
    start: usize,
}

/// What the table makes of a name without labels.
struct Reading<'t> {
    /// Where the measure begins, in bytes.
    start: usize,
    row: Option<&'t Row>,
    said: Said,
}

impl NameTable {
    /// The table that ships with Etiology, parsed on first use.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<NameTable> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            let mut table = Self::empty();
            let parsed = table.extend(include_str!("names/table.txt"));
            debug_assert!(parsed.is_ok(), "{parsed:?}");
            table
        })
    }

    /// Everything the name says. Never fails: an unknown name has no layer and no entity, and is a gauge without unit
    /// unless its endings say more.
    ///
    /// A series in Prometheus notation, `metric{label="value"}`, takes its entity from its labels; the labels that did
    /// not name the entity stay in the measure, sorted, so that series of one metric stay apart.
    #[must_use]
    pub fn infer(&self, name: &str) -> Inferred {
        match labels::parse(name) {
            Some(series) => self.infer_series(series),
            None => {
                let reading = self.read(name);
                let (entity, measure) = cut(name, reading.start);
                reading.inferred(entity.map(str::to_owned), measure.to_owned())
            }
        }
    }

    /// The entity and measure in a name without labels; see the split rule at the top of this module.
    #[must_use]
    pub fn split<'n>(&self, name: &'n str) -> (Option<&'n str>, &'n str) {
        if labels::parse(name).is_some() { (None, name) } else { cut(name, self.read(name).start) }
    }

    fn infer_series(&self, mut series: labels::Series<'_>) -> Inferred {
        let mut reading = self.read(series.metric);
        let (in_name, measure) = match series.take_entity(self.roles()) {
            Some(entity) => (Some(entity), series.metric),
            None => {
                let (entity, measure) = cut(series.metric, reading.start);
                (entity.map(str::to_owned), measure)
            }
        };
        if series.has("quantile") {
            reading.said.kind = Some(MetricKind::Quantile);
        } else if series.has("le") {
            reading.said = Said { kind: Some(MetricKind::Counter), unit: Unit::None };
        }
        reading.inferred(in_name, format!("{measure}{series}"))
    }

    fn read(&self, name: &str) -> Reading<'_> {
        if name.len() > LONGEST_NAME {
            return Reading { start: 0, row: None, said: Said::default() };
        }
        let (head, written) = words::bracketed(name);
        let outside = Said { kind: None, unit: written.map_or(Unit::Silent, |unit| self.written_unit(unit)) };
        let words = words::split(head);
        let tokens: Vec<Token> = words.iter().map(|word| self.token(&word.text)).collect();

        let endings = self.endings(&tokens, outside.clone());
        let mut best: Option<Candidate<'_, '_>> = None;
        for (taken, ending) in endings.iter().enumerate() {
            self.metrics.scan(tokens.get(..ending.end).unwrap_or_default(), |found| {
                let (Some(row), Some(word)) = (self.row(found.row), words.get(found.first)) else { return };
                let apart = found.first > 0 && !follows_separator(head, word.start);
                let over = if found.wide { 0 } else { taken };
                let rank = (apart, found.first, Reverse(row.generation), found.wide, over, found.row, taken);
                if best.as_ref().is_none_or(|best| rank < best.rank) {
                    best = Some(Candidate { rank, row, ending, start: if apart { 0 } else { word.start } });
                }
            });
        }
        let Some(Candidate { rank: (_, first, ..), row, ending, start }) = best else {
            // One-letter units are too short to be told from a word of an unknown name.
            let said = self.ending_says(&tokens, 0, outside, |row| row.pattern.chars().count() > 1);
            return Reading { start: 0, row: None, said };
        };
        let measure = tokens.get(..ending.end).unwrap_or_default();
        let said = self.ending_says(measure, first, ending.said.or(row.kind, &row.unit), |_| true);
        Reading { start: if first == 0 { 0 } else { start }, row: Some(row), said }
    }

    /// Every way to take endings off, fewest first.
    fn endings(&self, tokens: &[Token], outside: Said) -> Vec<Ending> {
        let mut endings = vec![Ending { end: tokens.len(), said: outside }];
        let mut next = 0;
        while let Some(Ending { end, said }) = endings.get(next) {
            let said = said.clone();
            let mut shorter = Vec::new();
            self.suffixes
                .scan(tokens.get(..*end).unwrap_or_default(), |found| shorter.push((found.first, found.row)));
            for (first, id) in shorter {
                let new = first > 0 && endings.iter().all(|ending| ending.end != first);
                if let (true, true, Some(row)) = (new, endings.len() < MOST_ENDINGS, self.row(id)) {
                    endings.push(Ending { end: first, said: said.or(row.kind, &row.unit) });
                }
            }
            next += 1;
        }
        endings
    }

    /// What the endings within a measure add to what is already said, the longest ending first at each step.
    fn ending_says(&self, tokens: &[Token], first: usize, said: Said, counts: impl Fn(&Row) -> bool) -> Said {
        let (mut said, mut end) = (said, tokens.len());
        loop {
            let mut longest: Option<(usize, &Row)> = None;
            self.suffixes.scan(tokens.get(..end).unwrap_or_default(), |found| {
                if let Some(row) = self.row(found.row).filter(|row| found.first > first && counts(row)) {
                    longest = Some((found.first, row));
                }
            });
            let Some((at, row)) = longest else { return said };
            said = said.or(row.kind, &row.unit);
            end = at;
        }
    }
}

impl Reading<'_> {
    fn inferred(self, entity: Option<String>, measure: String) -> Inferred {
        Inferred {
            entity,
            measure,
            layer: self.row.and_then(|row| row.layer),
            kind: self.said.kind.unwrap_or_default(),
            unit: match self.said.unit {
                Unit::Is(unit) => Some(unit),
                Unit::Silent | Unit::None => None,
            },
            rule: self.row.map(|row| row.pattern.clone()),
        }
    }
}

const SEPARATORS: [char; 3] = ['_', ':', '/'];

fn follows_separator(name: &str, at: usize) -> bool {
    name.get(..at).is_some_and(|before| before.ends_with(SEPARATORS))
}

/// The entity before byte `start` and the measure from there; a name of separators and a measure has no entity.
fn cut(name: &str, start: usize) -> (Option<&str>, &str) {
    let (before, measure) = name.split_at_checked(start).unwrap_or(("", name));
    match before.trim_end_matches(SEPARATORS) {
        "" => (None, name),
        entity => (Some(entity), measure),
    }
}

#[cfg(test)]
mod tests;
