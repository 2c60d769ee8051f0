//! A delimited text before its body is parsed: encoding, separator, header, and where faults lie.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr_iter};

use super::parse::{self, Body, Role};
use super::scan::{Fault, line_of, record, unescape};
use crate::cell::{Cell, classify};
use crate::error::{IoError, excerpt};

/// Text in UTF-8 (as far as its head shows) with its separator.
#[derive(Debug)]
pub(super) struct Text<'a, 'o> {
    bytes: &'a [u8],
    pub(super) origin: &'o str,
    separator: u8,
}

impl<'a, 'o> Text<'a, 'o> {
    /// Looks at the head of the bytes; what lies further in is checked as it is parsed.
    pub(super) fn check(bytes: &'a [u8], origin: &'o str) -> Result<Self, IoError> {
        const HEAD: usize = 8192;
        let encoding =
            |what: &str, from| IoError::Encoding { file: origin.to_owned(), what: what.to_owned(), from };
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(encoding("is UTF-16 text, not UTF-8", "UTF-16"));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let head = bytes.get(..HEAD).unwrap_or(bytes);
        let zeros = memchr_iter(0, head).count();
        if zeros > 0 {
            let regular = head.iter().skip(1).step_by(2).filter(|&&b| b == 0).count();
            if head.len() > 3 && 5 * regular > 2 * head.len() {
                return Err(encoding("looks like UTF-16 text, not UTF-8", "UTF-16LE"));
            }
            let what = "holds binary data, not text".to_owned();
            return Err(IoError::Format { file: origin.to_owned(), what });
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(IoError::Empty { file: origin.to_owned(), what: "the file is empty" });
        }
        let line = memchr(b'\n', bytes).map_or(bytes, |end| bytes.get(..end).unwrap_or(bytes));
        Ok(Self { bytes, origin, separator: separator(line) })
    }

    pub(super) fn get(&self, span: &Range<usize>) -> &'a [u8] {
        self.bytes.get(span.clone()).unwrap_or_default()
    }

    pub(super) fn line(&self, at: usize) -> usize {
        line_of(self.bytes, at)
    }

    /// Column names and where the body begins.
    pub(super) fn header(&self) -> Result<(Vec<String>, usize), IoError> {
        let found = record(self.bytes, 0, self.separator).map_err(|fault| self.fault(fault, 0))?;
        let (fields, next) = found.unwrap_or_default();
        if let Some(span) = fields.iter().find(|span| std::str::from_utf8(self.get(span)).is_err()) {
            return Err(self.fault(Fault::Utf8 { at: span.start }, 0));
        }
        let numeric = |span: &Range<usize>| matches!(classify(self.get(span)), Cell::Number(_));
        if !fields.is_empty() && fields.iter().all(numeric) {
            let line = self.bytes.get(..next).unwrap_or_default().trim_ascii();
            return Err(IoError::NoHeader { file: self.origin.to_owned(), first: excerpt(line) });
        }
        let names = fields.iter().map(|span| unescape(self.get(span)).trim().to_owned()).collect();
        Ok((names, next))
    }

    pub(super) fn first_record(&self, at: usize) -> Result<Vec<Range<usize>>, IoError> {
        let found = record(self.bytes, at, self.separator).map_err(|fault| self.fault(fault, 0))?;
        Ok(found.map(|(fields, _)| fields).unwrap_or_default())
    }

    pub(super) fn parse(&self, start: usize, roles: &[Role]) -> Result<Body, IoError> {
        parse::parse(self.bytes, start, self.separator, roles).map_err(|fault| self.fault(fault, roles.len()))
    }

    pub(super) fn warning(&self) -> Option<String> {
        let name = match self.separator {
            b';' => "semicolons",
            b'|' => "bars",
            _ => return None,
        };
        Some(format!("fields are separated by {name}"))
    }

    fn fault(&self, fault: Fault, expected: usize) -> IoError {
        let file = self.origin.to_owned();
        match fault {
            Fault::Quote { at, what } => IoError::Quote { file, line: self.line(at), what },
            Fault::Ragged { at, found } => IoError::Ragged { file, line: self.line(at), found, expected },
            Fault::Utf8 { at } => {
                let what = format!("line {} is not UTF-8 text", self.line(at));
                IoError::Encoding { file, what, from: "ISO-8859-1" }
            }
        }
    }
}

/// A comma, unless the header has none but another usual separator.
fn separator(header: &[u8]) -> u8 {
    let count = |byte| memchr_iter(byte, header).count();
    if count(b'\t') > count(b',') {
        return b'\t';
    }
    if count(b',') > 0 {
        return b',';
    }
    [b';', b'|']
        .into_iter()
        .max_by_key(|&byte| (count(byte), byte == b';'))
        .filter(|&byte| count(byte) > 0)
        .unwrap_or(b',')
}

/// One record of a small table, with the line it begins on.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) line: usize,
    pub(crate) fields: Vec<Cow<'a, str>>,
}

/// All records of a small table, header first, every one as long as the header.
pub(crate) fn records<'a>(bytes: &'a [u8], origin: &str) -> Result<Vec<Record<'a>>, IoError> {
    let text = Text::check(bytes, origin)?;
    if let Err(error) = std::str::from_utf8(text.bytes) {
        return Err(text.fault(Fault::Utf8 { at: error.valid_up_to() }, 0));
    }
    let (mut all, mut at): (Vec<Record<'a>>, usize) = (Vec::new(), 0);
    while let Some((spans, next)) =
        record(text.bytes, at, text.separator).map_err(|fault| text.fault(fault, 0))?
    {
        let start = spans.first().map_or(at, |span| span.start);
        let expected = all.first().map_or(spans.len(), |header| header.fields.len());
        if spans.len() != expected {
            return Err(text.fault(Fault::Ragged { at: start, found: spans.len() }, expected));
        }
        let fields = spans.iter().map(|span| unescape(text.get(span))).collect();
        all.push(Record { line: text.line(start), fields });
        at = next;
    }
    Ok(all)
}
