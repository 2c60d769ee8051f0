//! Delimited text: header, layout and time column are chosen first, then the body is parsed in one pass.

mod parse;
mod samples;
mod scan;
mod text;

use std::ops::Range;

use arrow_array::Float64Array;

pub(crate) use parse::with_nulls;
pub(crate) use samples::read_text_samples;
pub(crate) use text::{Record, records};

use crate::error::{IoError, excerpt};
use crate::header::{Plan, plan};
use crate::long::{self, LongRows};
use crate::table::{Draft, Table};
use crate::time_column::{self, Times};
use crate::{Layout, ReadOptions};
use parse::{Body, Junk, Role};
use text::Text;

/// Reads a delimited table from memory; `origin` names it in messages.
///
/// The separator is the tab when the header has tabs and no commas, likewise `;` and `|`. Complexity: linear in bytes;
/// tables beyond half a megabyte are parsed on the current rayon pool.
///
/// # Errors
/// Everything [`IoError`] says about text tables.
pub fn read_csv(bytes: &[u8], origin: &str, options: &ReadOptions) -> Result<Table, IoError> {
    let text = Text::check(bytes, origin)?;
    let (names, body_start) = text.header()?;
    let first = text.first_record(body_start)?;
    let first: Vec<&[u8]> = first.iter().map(|span| text.get(span)).collect();
    let plan = plan(origin, &names, &first, options)?;
    let roles: Vec<Role> = (0..names.len()).map(|column| role(&plan, column)).collect();
    let body = text.parse(body_start, &roles)?;
    if body.rows() == 0 {
        return Err(IoError::Empty { file: origin.to_owned(), what: "there is a header but no row" });
    }
    let mut draft = Draft::new(origin);
    draft.warnings.extend(text.warning());
    draft.left_out.extend(plan.left_out.iter().cloned());
    let time_at = plan.texts().iter().position(|&column| column == plan.time).unwrap_or(0);
    let cells: Vec<Range<usize>> = body.text_column(time_at).collect();
    let times = read_times(&text, &names, &plan, &cells, options)?;
    match plan.layout {
        Layout::Wide => wide(draft, &text, &plan, times, body, options),
        Layout::Long => long(draft, &text, &plan, times, body, options),
    }
}

fn role(plan: &Plan, column: usize) -> Role {
    if plan.texts().contains(&column) {
        Role::Text
    } else if plan.values.iter().any(|(at, _)| *at == column) {
        Role::Number
    } else {
        Role::Skip
    }
}

fn read_times(
    text: &Text<'_, '_>,
    names: &[String],
    plan: &Plan,
    spans: &[Range<usize>],
    options: &ReadOptions,
) -> Result<Times, IoError> {
    let cells: Vec<&[u8]> = spans.iter().map(|span| text.get(span)).collect();
    let column = names.get(plan.time).map(String::as_str).unwrap_or_default();
    time_column::from_text(column, &cells, options.time_format.as_deref(), None).map_err(|fault| {
        let line = spans.get(fault.row).map_or(0, |span| text.line(span.start));
        IoError::Time {
            file: text.origin.to_owned(),
            place: format!("line {line}"),
            column: column.to_owned(),
            what: fault.what,
            remedy: fault.remedy,
        }
    })
}

fn wide(
    mut draft: Draft,
    text: &Text<'_, '_>,
    plan: &Plan,
    times: Times,
    body: Body,
    options: &ReadOptions,
) -> Result<Table, IoError> {
    let mut junk = body.junk();
    for (index, (array, (_, name))) in body.into_columns().into_iter().zip(&plan.values).enumerate() {
        match junk.remove(&index) {
            None => draft.column(options.metric(name), array),
            Some(junk) => draft.doubtful(options.metric(name), array, &said(text, &junk)),
        }
    }
    draft.finish(times, options)
}

fn long(
    mut draft: Draft,
    text: &Text<'_, '_>,
    plan: &Plan,
    times: Times,
    body: Body,
    options: &ReadOptions,
) -> Result<Table, IoError> {
    let texts = plan.texts();
    let cells = |column: usize| -> Vec<Range<usize>> {
        texts.iter().position(|&at| at == column).map(|at| body.text_column(at).collect()).unwrap_or_default()
    };
    let metrics = cells(plan.metric.unwrap_or_default());
    let entities = plan.entity.map(cells);
    let content = |span: Option<&Range<usize>>| scan::unescape(span.map(|s| text.get(s)).unwrap_or_default());
    let series = metrics.iter().enumerate().map(|(row, metric)| {
        (content(entities.as_ref().and_then(|spans| spans.get(row))), content(Some(metric)))
    });
    let series = long::intern(series);
    let junk = body.junk().remove(&0).map(|junk| said(text, &junk));
    let values = body.into_columns().pop().unwrap_or_else(|| Float64Array::from(Vec::<f64>::new()));
    if let Some(junk) = junk {
        draft.doubtful_values(&values, &junk)?;
    }
    long::pivot(draft, LongRows { times, series, values }, options)
}

/// Text found among the numbers of a column, ready for messages.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) count: usize,
    pub(crate) place: String,
    pub(crate) example: String,
}

fn said(text: &Text<'_, '_>, junk: &Junk) -> Said {
    Said {
        count: junk.count,
        place: format!("line {}", text.line(junk.first.start)),
        example: excerpt(text.get(&junk.first)),
    }
}
