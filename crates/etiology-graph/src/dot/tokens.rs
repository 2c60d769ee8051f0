//! The words and signs of DOT, blanks and comments left out, each with its line.

use super::syntax;
use crate::GraphError;

/// A piece of DOT.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name, and whether it was quoted: a quoted keyword is none.
    Name(String, bool),
    /// `->` or `--`.
    Edge { directed: bool },
    /// One of `{ } [ ] ; , = : +`.
    Sign(char),
}

/// The tokens, each with its line.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, GraphError> {
    let mut scanner = Scanner { rest: text, line: 1, line_start: true };
    let mut tokens = Vec::new();
    while scanner.skip_blanks()? {
        let line = scanner.line;
        tokens.push((scanner.token()?, line));
    }
    Ok(tokens)
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    line_start: bool,
}

impl Scanner<'_> {
    fn bump(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        self.line_start = c == '\n' || (self.line_start && c.is_whitespace());
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.rest.chars().next().filter(|&c| keep(c)) {
            taken.push(c);
            self.bump();
        }
        taken
    }

    /// Skips blanks, comments and preprocessor lines; false at the end of the text.
    fn skip_blanks(&mut self) -> Result<bool, GraphError> {
        loop {
            self.take_while(|c| c.is_whitespace() || c == '\u{feff}');
            if self.rest.starts_with("//") || (self.line_start && self.rest.starts_with('#')) {
                self.take_while(|c| c != '\n');
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                let line = self.line;
                let Some(length) = comment.find("*/") else {
                    return Err(syntax(line, "the comment does not end; close it with `*/`"));
                };
                for _ in 0..comment[..length].chars().count() + 4 {
                    self.bump();
                }
            } else {
                return Ok(!self.rest.is_empty());
            }
        }
    }

    fn token(&mut self) -> Result<Token, GraphError> {
        for (sign, directed) in [("->", true), ("--", false)] {
            if self.rest.starts_with(sign) {
                self.bump();
                self.bump();
                return Ok(Token::Edge { directed });
            }
        }
        let line = self.line;
        match self.rest.chars().next().unwrap_or(' ') {
            '"' => self.quoted().map(|name| Token::Name(name, true)),
            '<' => self.html().map(|name| Token::Name(name, true)),
            sign @ ('{' | '}' | '[' | ']' | ';' | ',' | '=' | ':' | '+') => {
                self.bump();
                Ok(Token::Sign(sign))
            }
            '-' | '.' | '0'..='9' => {
                let number = self.take_while(|c| c.is_ascii_digit() || c == '.' || c == '-');
                match number.parse::<f64>() {
                    Ok(_) if !number[1..].contains('-') => Ok(Token::Name(number, false)),
                    _ => Err(syntax(
                        line,
                        format!("`{number}` is no number; put names with such signs in quotes"),
                    )),
                }
            }
            c if c == '_' || c.is_alphabetic() || !c.is_ascii() => {
                Ok(Token::Name(self.take_while(|c| c == '_' || c.is_alphanumeric() || !c.is_ascii()), false))
            }
            c => Err(syntax(line, format!("`{c}` is unexpected here; put names with such signs in quotes"))),
        }
    }

    fn quoted(&mut self) -> Result<String, GraphError> {
        let line = self.line;
        let mut name = String::new();
        self.bump();
        while let Some(c) = self.bump() {
            match c {
                '"' => return Ok(name),
                '\\' => match self.bump() {
                    Some(c @ ('"' | '\\')) => name.push(c),
                    // A line goes on after a backslash.
                    Some('\n') => {}
                    Some(other) => name.extend(['\\', other]),
                    None => break,
                },
                c => name.push(c),
            }
        }
        Err(syntax(line, "the quoted name does not end; close it with `\"`"))
    }

    fn html(&mut self) -> Result<String, GraphError> {
        let line = self.line;
        let (mut name, mut depth) = (String::new(), 0usize);
        while let Some(c) = self.bump() {
            name.push(c);
            match c {
                '<' => depth += 1,
                '>' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(name);
            }
        }
        Err(syntax(line, "the HTML name does not end; close it with `>`"))
    }
}
