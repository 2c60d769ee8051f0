//! A delimited table of samples: numbers first, then once more over the columns that turn out to hold labels.

use std::borrow::Cow;
use std::ops::Range;

use arrow_array::Array;

use super::parse::Role;
use super::said;
use super::scan::unescape;
use super::text::Text;
use crate::error::IoError;
use crate::header::refuse_duplicates;
use crate::samples::{Categories, Draft, Samples};

/// Reads samples from the bytes of a delimited table; `origin` names it in messages.
pub(crate) fn read_text_samples(
    bytes: &[u8],
    origin: &str,
    categories: Categories,
) -> Result<Samples, IoError> {
    let text = Text::check(bytes, origin)?;
    let (names, start) = text.header()?;
    refuse_duplicates(origin, &names)?;
    let mut draft = Draft::new(origin);
    draft.warnings.extend(text.warning());
    let used: Vec<usize> = (0..names.len()).filter(|&column| draft.takes(column, &names[column])).collect();
    let numeric = categories == Categories::Text;
    let wanted = if numeric { Role::Number } else { Role::Text };
    let body = text.parse(start, &roles(names.len(), &used, wanted))?;
    let rows = body.rows();
    if rows == 0 {
        return Err(IoError::Empty { file: origin.to_owned(), what: "there is a header but no row" });
    }
    if !numeric {
        labels(&mut draft, &text, &names, &used, |index| body.text_column(index).collect());
        return draft.finish(rows);
    }
    let junk = body.junk();
    let arrays = body.into_columns();
    let is_text = |index: usize| {
        let numbers = arrays.get(index).map_or(0, |array| array.len() - array.null_count());
        junk.get(&index).is_some_and(|junk| junk.count >= numbers)
    };
    let texts: Vec<usize> =
        used.iter().enumerate().filter(|&(index, _)| is_text(index)).map(|(_, &column)| column).collect();
    let again = text.parse(start, &roles(names.len(), &texts, Role::Text))?;
    for (index, (array, &column)) in arrays.into_iter().zip(&used).enumerate() {
        match texts.iter().position(|&other| other == column) {
            Some(at) => labels(&mut draft, &text, &names, &[column], |_| again.text_column(at).collect()),
            None => {
                let junk = junk.get(&index).map(|junk| said(&text, junk));
                draft.numbers(&names[column], array, junk.as_ref());
            }
        }
    }
    draft.finish(rows)
}

fn roles(width: usize, columns: &[usize], role: Role) -> Vec<Role> {
    (0..width).map(|column| if columns.contains(&column) { role } else { Role::Skip }).collect()
}

fn labels(
    draft: &mut Draft,
    text: &Text<'_, '_>,
    names: &[String],
    columns: &[usize],
    spans: impl Fn(usize) -> Vec<Range<usize>>,
) {
    for (index, &column) in columns.iter().enumerate() {
        let cells: Vec<Cow<'_, str>> = spans(index).iter().map(|span| unescape(text.get(span))).collect();
        draft.labels(&names[column], cells.iter().map(|cell| cell.as_bytes()), &[]);
    }
}
