//! Parses the body of a delimited table, piece by piece and in parallel, into numbers and spans of text.
//!
//! A piece is parsed row by row into one row-major tile: a number is read straight from the bytes and the byte behind
//! it tells whether the field ended, so that in the common case each byte is looked at once. [`transpose`] then turns
//! the tiles into one buffer per column, eight columns (one cache line of a tile's row) at a time. Values are copied
//! once; NaN in a tile stands for a missing value.

use std::collections::BTreeMap;
use std::ops::Range;

use arrow_array::Float64Array;
use arrow_buffer::NullBuffer;
use rayon::prelude::*;

use super::scan::{End, Fault, blank_line, field, pieces};
use crate::cell;

/// What is wanted of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Number,
    Text,
    Skip,
}

/// Cells of a number column that hold text.
#[derive(Debug, Clone)]
pub(crate) struct Junk {
    pub(crate) count: usize,
    /// The first of them.
    pub(crate) first: Range<usize>,
}

/// A parsed piece, or with [`Body`] the whole of them.
#[derive(Debug, Default)]
struct Tile {
    rows: usize,
    numbers: Vec<f64>,
    texts: Vec<Range<usize>>,
    junk: BTreeMap<usize, Junk>,
}

/// The parsed body of a table.
#[derive(Debug)]
pub(crate) struct Body {
    tiles: Vec<Tile>,
    number_columns: usize,
    text_columns: usize,
}

/// Bytes a piece has at least: enough that its fixed costs vanish, small enough to stay in the second-level cache.
const PIECE: usize = 1 << 19;
/// Pieces there are at most, so that huge files do not make countless tiles.
const MOST_PIECES: usize = 4096;

/// Parses `text[start..]`.
pub(crate) fn parse(text: &[u8], start: usize, separator: u8, roles: &[Role]) -> Result<Body, Fault> {
    parse_in_pieces(text, start, separator, roles, PIECE.max(text.len() / MOST_PIECES))
}

fn parse_in_pieces(
    text: &[u8],
    start: usize,
    separator: u8,
    roles: &[Role],
    size: usize,
) -> Result<Body, Fault> {
    let pieces = pieces(text, start, size);
    let one = |piece: &Range<usize>| parse_piece(text, piece.clone(), separator, roles);
    let parsed: Vec<Result<Tile, Fault>> = if pieces.len() > 1 {
        pieces.par_iter().map(one).collect()
    } else {
        pieces.iter().map(one).collect()
    };
    let count = |role| roles.iter().filter(|&&other| other == role).count();
    Ok(Body {
        tiles: parsed.into_iter().collect::<Result<_, _>>()?,
        number_columns: count(Role::Number),
        text_columns: count(Role::Text),
    })
}

fn parse_piece(text: &[u8], piece: Range<usize>, separator: u8, roles: &[Role]) -> Result<Tile, Fault> {
    let bytes = text.get(piece.clone()).unwrap_or_default();
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(Fault::Utf8 { at: piece.start + error.valid_up_to() });
    }
    // A piece ends with a whole line, so nothing behind it is ever looked at.
    let text = text.get(..piece.end).unwrap_or(text);
    let mut tile = Tile::default();
    let mut at = piece.start;
    while at < piece.end {
        if let Some(next) = blank_line(text, at) {
            at = next;
            continue;
        }
        at = tile.row(text, at, separator, roles)?;
        if tile.rows == 1 {
            // The first row tells how much room the others need.
            let expected = bytes.len() / (at - piece.start).max(1) + 2;
            tile.numbers.reserve(tile.numbers.len() * expected);
            tile.texts.reserve(tile.texts.len() * expected);
        }
    }
    Ok(tile)
}

impl Tile {
    fn row(&mut self, text: &[u8], start: usize, separator: u8, roles: &[Role]) -> Result<usize, Fault> {
        let mut at = start;
        let last = roles.len().saturating_sub(1);
        let mut number = 0;
        for (column, role) in roles.iter().enumerate() {
            let wanted = if column == last { b'\n' } else { separator };
            if *role == Role::Number {
                let index = number;
                number += 1;
                let rest = text.get(at..).unwrap_or_default();
                if let Ok((value, length)) = fast_float2::parse_partial::<f64, _>(rest)
                    && rest.get(length) == Some(&wanted)
                    && value.is_finite()
                {
                    self.numbers.push(value);
                    at += length + 1;
                    continue;
                }
                let found = field(text, at, separator)?;
                self.slow_number(text, index, found.content);
                at = check_end(text, start, at, column, last, separator, found.end, found.next)?;
            } else {
                let found = field(text, at, separator)?;
                if *role == Role::Text {
                    self.texts.push(found.content);
                }
                at = check_end(text, start, at, column, last, separator, found.end, found.next)?;
            }
        }
        self.rows += 1;
        Ok(at)
    }

    fn slow_number(&mut self, text: &[u8], index: usize, content: Range<usize>) {
        let value = cell::number(text.get(content.clone()).unwrap_or_default());
        self.numbers.push(value.unwrap_or(f64::NAN));
        if value.is_none() {
            self.junk.entry(index).or_insert(Junk { count: 0, first: content }).count += 1;
        }
    }
}

/// Where the next field begins, unless the line ends too early or too late.
#[allow(clippy::too_many_arguments)] // a step of the loop above, kept out of it because it is long
fn check_end(
    text: &[u8],
    start: usize,
    at: usize,
    column: usize,
    last: usize,
    separator: u8,
    end: End,
    next: usize,
) -> Result<usize, Fault> {
    match end {
        End::Line if column == last => Ok(next),
        End::Separator if column < last => Ok(next),
        End::Line => Err(Fault::Ragged { at: start, found: column + 1 }),
        End::Separator => {
            let (mut at, mut found) = (at, column);
            loop {
                let more = field(text, at, separator)?;
                found += 1;
                at = more.next;
                if more.end == End::Line {
                    return Err(Fault::Ragged { at: start, found });
                }
            }
        }
    }
}

impl Body {
    pub(crate) fn rows(&self) -> usize {
        self.tiles.iter().map(|tile| tile.rows).sum()
    }

    /// The spans of one text column, by its position among the text columns.
    pub(crate) fn text_column(&self, index: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let width = self.text_columns.max(1);
        self.tiles.iter().flat_map(move |tile| tile.texts.iter().skip(index).step_by(width).cloned())
    }

    /// The text found in number columns, by their position among the number columns.
    pub(crate) fn junk(&self) -> BTreeMap<usize, Junk> {
        let mut all: BTreeMap<usize, Junk> = BTreeMap::new();
        for (&column, junk) in self.tiles.iter().flat_map(|tile| &tile.junk) {
            all.entry(column).and_modify(|seen| seen.count += junk.count).or_insert_with(|| junk.clone());
        }
        all
    }

    /// The number columns as Arrow arrays. `O(cells)`, in parallel over columns.
    pub(crate) fn into_columns(self) -> Vec<Float64Array> {
        const TOGETHER: usize = 8;
        let (rows, width) = (self.rows(), self.number_columns);
        let firsts: Vec<usize> = (0..width).step_by(TOGETHER).collect();
        let group =
            |&first: &usize| transpose(&self.tiles, rows, width, first..(first + TOGETHER).min(width));
        let groups: Vec<Vec<Float64Array>> = if rows * width > 1 << 14 {
            firsts.par_iter().map(group).collect()
        } else {
            firsts.iter().map(group).collect()
        };
        groups.into_iter().flatten().collect()
    }
}

fn transpose(tiles: &[Tile], rows: usize, width: usize, columns: Range<usize>) -> Vec<Float64Array> {
    let mut buffers: Vec<Vec<f64>> = columns.clone().map(|_| Vec::with_capacity(rows)).collect();
    for row in tiles.iter().flat_map(|tile| tile.numbers.chunks_exact(width.max(1))) {
        for (buffer, &value) in buffers.iter_mut().zip(row.get(columns.clone()).unwrap_or_default()) {
            buffer.push(value);
        }
    }
    buffers.into_iter().map(with_nulls).collect()
}

/// An array in which NaN is null.
pub(crate) fn with_nulls(mut values: Vec<f64>) -> Float64Array {
    if !values.iter().any(|value| value.is_nan()) {
        return Float64Array::new(values.into(), None);
    }
    let nulls: NullBuffer = values.iter().map(|value| !value.is_nan()).collect::<Vec<bool>>().into();
    for value in values.iter_mut().filter(|value| value.is_nan()) {
        *value = 0.0;
    }
    Float64Array::new(values.into(), Some(nulls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(text: &str, roles: &[Role], size: usize) -> Vec<Vec<Option<f64>>> {
        let body = parse_in_pieces(text.as_bytes(), 0, b',', roles, size).unwrap();
        body.into_columns().iter().map(|array| array.iter().collect()).collect()
    }

    #[test]
    fn cells_of_every_kind() {
        let text = "1,a,2\n,b,-inf\r\n\r\nx,\"c,\n\",\"3\"\n NaN ,d, 4 \n5,e,6";
        let roles = [Role::Number, Role::Text, Role::Number];
        for size in [1, 7, 1000] {
            assert_eq!(
                table(text, &roles, size),
                [
                    vec![Some(1.0), None, None, None, Some(5.0)],
                    vec![Some(2.0), Some(f64::NEG_INFINITY), Some(3.0), Some(4.0), Some(6.0)]
                ]
            );
            let body = parse_in_pieces(text.as_bytes(), 0, b',', &roles, size).unwrap();
            let texts: Vec<&str> = body.text_column(0).map(|span| &text[span]).collect();
            assert_eq!(texts, ["a", "b", "c,\n", "d", "e"]);
            let junk = body.junk();
            assert_eq!((junk[&0].count, &text[junk[&0].first.clone()]), (1, "x"));
        }
    }

    #[test]
    fn ragged_rows_are_counted() {
        let roles = [Role::Number; 3];
        let fault = |text: &str| parse(text.as_bytes(), 0, b',', &roles).unwrap_err();
        assert_eq!(fault("1,2,3\n4,5\n"), Fault::Ragged { at: 6, found: 2 });
        assert_eq!(fault("1,2,3,4,5\n"), Fault::Ragged { at: 0, found: 5 });
        assert_eq!(fault("1,2,3,\n"), Fault::Ragged { at: 0, found: 4 });
        assert_eq!(parse(b"1,\xe9,3\n", 0, b',', &roles).unwrap_err(), Fault::Utf8 { at: 2 });
    }

    proptest! {
        #[test]
        fn pieces_do_not_change_the_answer(
            rows in proptest::collection::vec((any::<f64>(), proptest::option::of(any::<i32>()), any::<bool>()), 0..30),
            size in 1_usize..200,
        ) {
            let text: String = rows.iter().map(|(a, b, quote)| {
                let b = b.map(|b| b.to_string()).unwrap_or_default();
                if *quote { format!("\"{a:?}\",\"{b}\"\r\n") } else { format!("{a:?},{b}\n") }
            }).collect();
            let expected = [
                rows.iter().map(|(a, ..)| Some(*a).filter(|a| !a.is_nan())).collect::<Vec<_>>(),
                rows.iter().map(|(_, b, _)| b.map(f64::from)).collect(),
            ];
            prop_assert_eq!(table(&text, &[Role::Number; 2], size), expected);
        }
    }
}
