//! Finds fields and lines in delimited text (RFC 4180: quoted fields may hold separators, line ends and doubled quotes).
//!
//! Large bodies are cut into pieces at line ends so that they can be parsed side by side. A line end inside quotes is
//! not a cut: the parity of the number of quotes before it tells.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2, memchr2_iter, memchr3};
use rayon::prelude::*;

/// What ended a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Separator,
    Line,
}

/// A field: where its content lies (without quotes), where the next one begins, and what lies between.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) content: Range<usize>,
    pub(crate) next: usize,
    pub(crate) end: End,
}

/// A fault at a byte of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Quote { at: usize, what: &'static str },
    Ragged { at: usize, found: usize },
    Utf8 { at: usize },
}

/// The field that begins at `at`. The end of the text ends a line.
pub(crate) fn field(text: &[u8], at: usize, separator: u8) -> Result<Found, Fault> {
    let rest = text.get(at..).unwrap_or_default();
    let spaces = rest.iter().take_while(|&&byte| byte == b' ').count();
    if rest.get(spaces) == Some(&b'"') {
        return quoted(text, at + spaces, separator);
    }
    match memchr3(separator, b'\n', b'"', rest) {
        None => Ok(Found { content: at..at + trim_cr(rest), next: text.len(), end: End::Line }),
        Some(length) => match rest.get(length) {
            Some(b'"') => {
                Err(Fault::Quote { at: at + length, what: "a quote stands inside an unquoted field" })
            }
            Some(b'\n') => {
                let content = at..at + trim_cr(rest.get(..length).unwrap_or_default());
                Ok(Found { content, next: at + length + 1, end: End::Line })
            }
            _ => Ok(Found { content: at..at + length, next: at + length + 1, end: End::Separator }),
        },
    }
}

fn quoted(text: &[u8], open: usize, separator: u8) -> Result<Found, Fault> {
    let mut from = open + 1;
    loop {
        let rest = text.get(from..).unwrap_or_default();
        let Some(length) = memchr(b'"', rest) else {
            return Err(Fault::Quote { at: open, what: "a quote is opened here and never closed" });
        };
        let close = from + length;
        if text.get(close + 1) == Some(&b'"') {
            from = close + 2;
            continue;
        }
        let content = open + 1..close;
        let mut next = close + 1;
        while matches!(text.get(next), Some(b' ' | b'\r')) {
            next += 1;
        }
        return match text.get(next) {
            None => Ok(Found { content, next, end: End::Line }),
            Some(b'\n') => Ok(Found { content, next: next + 1, end: End::Line }),
            Some(&byte) if byte == separator => Ok(Found { content, next: next + 1, end: End::Separator }),
            Some(_) => Err(Fault::Quote { at: close, what: "text follows a closing quote" }),
        };
    }
}

fn trim_cr(line: &[u8]) -> usize {
    line.strip_suffix(b"\r").unwrap_or(line).len()
}

/// A field's content as text, with doubled quotes halved.
pub(crate) fn unescape(content: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(content);
    if text.contains("\"\"") { Cow::Owned(text.replace("\"\"", "\"")) } else { text }
}

/// Where the line after `at` begins when the line at `at` is blank.
pub(crate) fn blank_line(text: &[u8], at: usize) -> Option<usize> {
    match (text.get(at), text.get(at + 1)) {
        (Some(b'\n'), _) => Some(at + 1),
        (Some(b'\r'), Some(b'\n')) => Some(at + 2),
        (Some(b'\r'), None) => Some(at + 1),
        _ => None,
    }
}

/// The fields of a record, and where the next one begins.
pub(crate) type Row = (Vec<Range<usize>>, usize);

/// The fields of the record at `at`, and where the next record begins; `None` when only blank lines are left.
pub(crate) fn record(text: &[u8], mut at: usize, separator: u8) -> Result<Option<Row>, Fault> {
    while let Some(next) = blank_line(text, at) {
        at = next;
    }
    if at >= text.len() {
        return Ok(None);
    }
    let mut fields = Vec::new();
    loop {
        let found = field(text, at, separator)?;
        fields.push(found.content);
        at = found.next;
        if found.end == End::Line {
            return Ok(Some((fields, at)));
        }
    }
}

/// The line that holds byte `at`, from 1.
pub(crate) fn line_of(text: &[u8], at: usize) -> usize {
    1 + memchr_iter(b'\n', text.get(..at).unwrap_or(text)).count()
}

/// Cuts `text[start..]` at line ends into pieces of about `size` bytes.
pub(crate) fn pieces(text: &[u8], start: usize, size: usize) -> Vec<Range<usize>> {
    let body = text.get(start..).unwrap_or_default();
    let size = size.max(1);
    let blocks: Vec<usize> = (0..body.len()).step_by(size).collect();
    if blocks.len() <= 1 {
        return std::iter::once(start..text.len()).filter(|piece| !piece.is_empty()).collect();
    }
    let quotes: Vec<usize> = blocks
        .par_iter()
        .map(|&at| memchr_iter(b'"', body.get(at..(at + size).min(body.len())).unwrap_or_default()).count())
        .collect();
    let mut before = 0;
    let mut cuts = vec![0];
    for (&at, count) in blocks.iter().zip(&quotes) {
        if at > 0 {
            cuts.push(next_line(body, at, before % 2 == 1));
        }
        before += count;
    }
    cuts.push(body.len());
    cuts.dedup();
    cuts.iter().zip(cuts.iter().skip(1)).filter(|(a, b)| a < b).map(|(a, b)| start + a..start + b).collect()
}

/// The first line that begins after `at`, given whether `at` lies inside quotes.
fn next_line(body: &[u8], at: usize, mut inside: bool) -> usize {
    let rest = body.get(at..).unwrap_or_default();
    if !inside && memchr2(b'"', b'\n', rest).is_none() {
        return body.len();
    }
    for found in memchr2_iter(b'"', b'\n', rest) {
        match rest.get(found) {
            Some(b'"') => inside = !inside,
            _ if !inside => return at + found + 1,
            _ => {}
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        let bytes = text.as_bytes();
        let (mut at, mut rows) = (0, Vec::new());
        while let Some((ranges, next)) = record(bytes, at, b',').unwrap() {
            rows.push(ranges.into_iter().map(|r| unescape(&bytes[r]).into_owned()).collect());
            at = next;
        }
        rows
    }

    #[test]
    fn quotes_separators_and_line_ends() {
        assert_eq!(
            fields("a,\"b,\"\"c\"\"\nd\", e \r\n\n1,,\"\"\r\nlast, \"x\" ,"),
            [vec!["a", "b,\"c\"\nd", " e "], vec!["1", "", ""], vec!["last", "x", ""]]
        );
    }

    #[test]
    fn stray_quotes_are_located() {
        assert_eq!(
            record(b"a,b\"c", 0, b',').unwrap_err(),
            Fault::Quote { at: 3, what: "a quote stands inside an unquoted field" }
        );
        assert!(matches!(record(b"a,\"b", 0, b','), Err(Fault::Quote { at: 2, .. })));
        assert!(matches!(record(b"a,\"b\"c", 0, b','), Err(Fault::Quote { at: 4, .. })));
    }

    #[test]
    fn pieces_never_cut_inside_quotes_and_cover_the_body() {
        let text = b"h,i\n1,\"a\nb\"\n2,\"\"\"\n\"\n3,x\n4,\"\n\n\n\"\n5,y";
        for size in 1..text.len() {
            let pieces = pieces(text, 4, size);
            assert_eq!(pieces.first().unwrap().start, 4);
            assert_eq!(pieces.last().unwrap().end, text.len());
            for pair in pieces.windows(2) {
                assert_eq!(pair[0].end, pair[1].start);
                assert!([12, 20, 24, 32].contains(&pair[1].start), "{size}: {pieces:?}");
            }
        }
    }
}
