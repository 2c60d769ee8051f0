//! Words, quoted names and punctuation of a BIF text. Commas count as white space, as the original proposal has it.

use std::borrow::Cow;

use crate::BayesError;

/// A token and where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    /// A bare word, which may be a name, a keyword or a number.
    Word(&'t str),
    /// A name in quotes, without them.
    Quoted(Cow<'t, str>),
    /// One of `{ } ( ) [ ] | ;`.
    Mark(u8),
}

/// Walks over a text, token by token.
pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    at: usize,
    /// Where the latest token starts.
    pub(super) start: usize,
    /// Line of `counted`, so that lines are counted once.
    line: usize,
    counted: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at, start: at, line: 1, counted: 0 }
    }

    /// The one-based line of the latest token.
    pub(super) fn line(&mut self) -> usize {
        let between = &self.text.as_bytes()[self.counted..self.start];
        self.line += between.iter().filter(|&&byte| byte == b'\n').count();
        self.counted = self.start;
        self.line
    }

    pub(super) fn error(&mut self, message: impl std::fmt::Display) -> BayesError {
        let line = self.line();
        BayesError::Syntax { format: "BIF", message: format!("line {line}: {message}") }
    }

    /// The next token, or none at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<Token<'t>>, BayesError> {
        self.skip_space()?;
        self.start = self.at;
        let bytes = self.text.as_bytes();
        let Some(&first) = bytes.get(self.at) else { return Ok(None) };
        if first == b'"' {
            return self.quoted().map(Some);
        }
        if is_mark(first) {
            self.at += 1;
            return Ok(Some(Token::Mark(first)));
        }
        let length = bytes[self.at..].iter().position(|&b| ends_word(b)).unwrap_or(bytes.len() - self.at);
        self.at += length;
        Ok(Some(Token::Word(&self.text[self.start..self.at])))
    }

    fn skip_space(&mut self) -> Result<(), BayesError> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(byte) if byte.is_ascii_whitespace() || *byte == b',' => self.at += 1,
                Some(b'/') if bytes.get(self.at + 1) == Some(&b'/') => {
                    let rest = &bytes[self.at..];
                    self.at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                }
                Some(b'/') if bytes.get(self.at + 1) == Some(&b'*') => {
                    self.start = self.at;
                    let Some(end) = self.text[self.at + 2..].find("*/") else {
                        return Err(self.error("this comment is never closed"));
                    };
                    self.at += end + 4;
                }
                _ => return Ok(()),
            }
        }
    }

    /// A name in quotes; a backslash makes the quote or backslash after it part of the name.
    fn quoted(&mut self) -> Result<Token<'t>, BayesError> {
        let bytes = self.text.as_bytes();
        let (begin, mut escaped) = (self.at + 1, false);
        let mut end = begin;
        loop {
            match bytes.get(end) {
                None => return Err(self.error("this quote is never closed")),
                Some(b'"') => break,
                Some(b'\\') if matches!(bytes.get(end + 1), Some(b'"' | b'\\')) => {
                    escaped = true;
                    end += 2;
                }
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        let inner = &self.text[begin..end];
        if !escaped {
            return Ok(Token::Quoted(Cow::Borrowed(inner)));
        }
        let (mut name, mut characters) = (String::with_capacity(inner.len()), inner.chars().peekable());
        while let Some(character) = characters.next() {
            match characters.peek() {
                Some(&next @ ('"' | '\\')) if character == '\\' => {
                    name.push(next);
                    characters.next();
                }
                _ => name.push(character),
            }
        }
        Ok(Token::Quoted(Cow::Owned(name)))
    }
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'{' | b'}' | b'(' | b')' | b'[' | b']' | b'|' | b';')
}

pub(super) fn ends_word(byte: u8) -> bool {
    is_mark(byte) || byte.is_ascii_whitespace() || matches!(byte, b',' | b'"')
}
