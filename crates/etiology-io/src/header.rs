//! Decides from a table's column names which column is the time, whether the table is wide or long, and which columns
//! are metrics. Shared by every table format.

use std::collections::{BTreeMap, HashSet};

use etiology_frame::{Omission, Reason, TIME_COLUMN};

use crate::error::{IoError, name_list};
use crate::time_column::{TIME_NAMES, looks_like_time};
use crate::{DuplicateColumns, Layout, ReadOptions};

/// What each column of a table is for.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) layout: Layout,
    pub(crate) time: usize,
    /// Only in a long table.
    pub(crate) entity: Option<usize>,
    /// Only in a long table.
    pub(crate) metric: Option<usize>,
    /// Columns of numbers: position and name. In a long table the one column of values.
    pub(crate) values: Vec<(usize, String)>,
    pub(crate) left_out: Vec<Omission>,
}

impl Plan {
    /// The columns wanted as text, in column order.
    pub(crate) fn texts(&self) -> Vec<usize> {
        let mut texts: Vec<usize> =
            [Some(self.time), self.entity, self.metric].into_iter().flatten().collect();
        texts.sort_unstable();
        texts
    }
}

/// Plans the reading of a table. `first` is its first row, as far as that is text.
pub(crate) fn plan(
    origin: &str,
    names: &[String],
    first: &[&[u8]],
    options: &ReadOptions,
) -> Result<Plan, IoError> {
    let time = time_column(origin, names, first, options)?;
    match long_columns(names, time, options.layout) {
        Some([entity, metric, value]) => {
            let (Some(metric), Some(value)) = (metric, value) else {
                return Err(IoError::Shape {
                    file: origin.to_owned(),
                    what: format!("a long table needs columns `metric` and `value`, found {}", list(names)),
                    remedy: "rename the columns, or read it as a wide table".to_owned(),
                });
            };
            let used = [Some(time), entity, Some(metric), Some(value)];
            let others = (0..names.len()).filter(|&column| !used.contains(&Some(column)));
            let because = "it is not one of the columns of a long table: time, entity, metric, value";
            let left_out = others
                .map(|column| {
                    Omission::new(shown(names, column), Reason::NotUsed { because: because.to_owned() })
                })
                .collect();
            let values = vec![(value, "value".to_owned())];
            Ok(Plan { layout: Layout::Long, time, entity, metric: Some(metric), values, left_out })
        }
        None => wide(origin, names, time, options),
    }
}

fn wide(origin: &str, names: &[String], time: usize, options: &ReadOptions) -> Result<Plan, IoError> {
    let (mut values, mut left_out) = (Vec::new(), Vec::new());
    for (column, name) in names.iter().enumerate().filter(|&(column, _)| column != time) {
        if name.is_empty() || is_time_name(name) && options.time.is_none() || name == TIME_COLUMN {
            left_out.push(Omission::new(shown(names, column), Reason::NotAMeasurement));
        } else {
            values.push((column, name.clone()));
        }
    }
    match options.duplicate_columns {
        DuplicateColumns::Refuse => refuse_duplicates(origin, names)?,
        DuplicateColumns::First => {
            let mut seen = HashSet::new();
            values.retain(|(_, name)| {
                let new = seen.insert(name.clone());
                if !new {
                    let because = "a column of the same name stands before it".to_owned();
                    left_out.push(Omission::new(name, Reason::NotUsed { because }));
                }
                new
            });
        }
        DuplicateColumns::Number => number_duplicates(&mut values),
    }
    Ok(Plan { layout: Layout::Wide, time, entity: None, metric: None, values, left_out })
}

fn time_column(
    origin: &str,
    names: &[String],
    first: &[&[u8]],
    options: &ReadOptions,
) -> Result<usize, IoError> {
    let missing = |what: String| IoError::NoTime { file: origin.to_owned(), what, columns: list(names) };
    if let Some(wanted) = &options.time {
        return names
            .iter()
            .position(|name| name == wanted)
            .or_else(|| names.iter().position(|name| name.eq_ignore_ascii_case(wanted)))
            .ok_or_else(|| missing(format!("no column `{wanted}`")));
    }
    let candidates: Vec<usize> = TIME_NAMES.iter().flat_map(|known| named(names, known)).collect();
    let readable = |column: &&usize| first.get(**column).is_none_or(|cell| looks_like_time(cell));
    let chosen = if options.time_format.is_some() { None } else { candidates.iter().find(readable) };
    chosen
        .or(candidates.first())
        .copied()
        .ok_or_else(|| missing(format!("no time column (looked for {})", TIME_NAMES.join(", "))))
}

fn named<'a>(names: &'a [String], wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
    names.iter().enumerate().filter(|(_, name)| name.eq_ignore_ascii_case(wanted)).map(|(column, _)| column)
}

fn is_time_name(name: &str) -> bool {
    TIME_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The columns `entity`, `metric` and `value` when the table is long.
fn long_columns(names: &[String], time: usize, layout: Option<Layout>) -> Option<[Option<usize>; 3]> {
    let at = |wanted| named(names, wanted).find(|&column| column != time);
    let found = ["entity", "metric", "value"].map(at);
    match layout {
        Some(Layout::Wide) => None,
        Some(Layout::Long) => Some(found),
        None => {
            let [entity, metric, value] = found;
            let complete = metric.is_some() && value.is_some() && (entity.is_some() || names.len() == 3);
            complete.then_some(found)
        }
    }
}

pub(crate) fn refuse_duplicates(origin: &str, names: &[String]) -> Result<(), IoError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        *counts.entry(name).or_default() += 1;
    }
    let mut repeated = counts.into_iter().filter(|&(_, count)| count > 1);
    let Some((name, count)) = repeated.next() else { return Ok(()) };
    let others: Vec<&str> = repeated.map(|(name, _)| name).collect();
    let others = match others.as_slice() {
        [] => String::new(),
        some => format!(" (and so do {})", name_list(some.iter().copied())),
    };
    Err(IoError::DuplicateColumns { file: origin.to_owned(), name: name.to_owned(), count, others })
}

fn number_duplicates(values: &mut [(usize, String)]) {
    let mut taken: HashSet<String> = values.iter().map(|(_, name)| name.clone()).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (_, name) in values {
        match seen.get_mut(name) {
            None => {
                seen.insert(name.clone(), 0);
            }
            Some(count) => {
                let numbered = loop {
                    *count += 1;
                    let candidate = format!("{name}.{count}");
                    if taken.insert(candidate.clone()) {
                        break candidate;
                    }
                };
                *name = numbered;
            }
        }
    }
}

fn shown(names: &[String], column: usize) -> String {
    match names.get(column).map(String::as_str) {
        None | Some("") => format!("(column {} without a name)", column + 1),
        Some(name) => name.to_owned(),
    }
}

fn list(names: &[String]) -> String {
    name_list(names.iter().map(String::as_str))
}
