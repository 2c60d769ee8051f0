//! Reads BIF.

use std::borrow::Cow;

use super::lexer::{Lexer, Token};
use crate::format::parts::{Family, Parts, RowKey, TableOrder, Values};
use crate::{BayesError, DiscreteNetwork};

/// Reads a discrete network from a text in the Bayesian Interchange Format. Linear in the text.
///
/// `table` with parents is ambiguous between dialects. The original proposal lists the node's own state slowest, and that is
/// tried first; where its rows do not sum to one, the node's own state is taken to vary fastest.
///
/// ```
/// let text = "network test { }
///   variable rain { type discrete [ 2 ] { no, yes }; }
///   variable wet { type discrete [ 2 ] { no, yes }; }
///   probability ( rain ) { table 0.8, 0.2; }
///   probability ( wet | rain ) { (yes) 0.1, 0.9; (no) 1.0, 0.0; }";
/// let network = etiology_bayes::read_bif(text)?;
/// assert_eq!(network.row(1, 1), [0.1, 0.9]);
/// # Ok::<(), etiology_bayes::BayesError>(())
/// ```
///
/// # Errors
/// [`BayesError::Syntax`] with the line: for anything that is not BIF, an unknown name, a row missing, given twice, or not
/// summing to one. [`BayesError::Graph`] when the parents close a cycle.
pub fn read_bif(text: &str) -> Result<DiscreteNetwork, BayesError> {
    let mut reader = Reader { lexer: Lexer::new(text), parts: Parts::new("BIF") };
    // Families may name variables that are declared after them.
    let mut families = Vec::new();
    while let Some(token) = reader.lexer.next()? {
        match token {
            Token::Word("network") => reader.skip_block()?,
            Token::Word("property") => reader.skip_statement()?,
            Token::Word("variable") => reader.variable()?,
            Token::Word("probability") => families.push(reader.family()?),
            Token::Mark(b';') => {}
            other => return Err(reader.unexpected(Some(other), "`network`, `variable` or `probability`")),
        }
    }
    if reader.parts_is_empty(&families) {
        return Err(reader.lexer.error("the text declares no variable"));
    }
    let Reader { mut parts, .. } = reader;
    for raw in families {
        raw.resolve(&mut parts)?;
    }
    parts.finish()
}

type Name<'t> = Cow<'t, str>;

struct Reader<'t> {
    lexer: Lexer<'t>,
    parts: Parts<'t>,
}

/// A family before its names are looked up.
struct RawFamily<'t> {
    line: usize,
    /// The child, then its parents.
    names: Vec<Name<'t>>,
    rows: Vec<RawRow<'t>>,
    default: Option<Vec<f64>>,
    table: Option<Vec<f64>>,
}

struct RawRow<'t> {
    line: usize,
    text: &'t str,
    states: Vec<Name<'t>>,
    values: Vec<f64>,
}

impl<'t> Reader<'t> {
    fn parts_is_empty(&self, families: &[RawFamily<'_>]) -> bool {
        families.is_empty() && self.parts.is_empty()
    }

    fn unexpected(&mut self, token: Option<Token<'_>>, expected: &str) -> BayesError {
        match token {
            None => self.lexer.error(format_args!("the text ends where {expected} should stand")),
            Some(Token::Word(word)) => {
                self.lexer.error(format_args!("`{word}` stands where {expected} should"))
            }
            Some(Token::Quoted(name)) => {
                self.lexer.error(format_args!("\"{name}\" stands where {expected} should"))
            }
            Some(Token::Mark(mark)) => {
                self.lexer.error(format_args!("`{}` stands where {expected} should", char::from(mark)))
            }
        }
    }

    fn expect(&mut self, mark: u8) -> Result<(), BayesError> {
        match self.lexer.next()? {
            Some(Token::Mark(found)) if found == mark => Ok(()),
            other => Err(self.unexpected(other, &format!("`{}`", char::from(mark)))),
        }
    }

    fn name(&mut self, what: &str) -> Result<Name<'t>, BayesError> {
        match self.lexer.next()? {
            Some(Token::Word(word)) => Ok(Cow::Borrowed(word)),
            Some(Token::Quoted(name)) => Ok(name),
            other => Err(self.unexpected(other, what)),
        }
    }

    /// Skips an optional name and a block in braces.
    fn skip_block(&mut self) -> Result<(), BayesError> {
        loop {
            match self.lexer.next()? {
                Some(Token::Mark(b'{')) => break,
                Some(Token::Word(_) | Token::Quoted(_)) => {}
                other => return Err(self.unexpected(other, "`{`")),
            }
        }
        let mut depth = 1;
        while depth > 0 {
            match self.lexer.next()? {
                Some(Token::Mark(b'{')) => depth += 1,
                Some(Token::Mark(b'}')) => depth -= 1,
                Some(_) => {}
                None => return Err(self.unexpected(None, "`}`")),
            }
        }
        Ok(())
    }

    fn skip_statement(&mut self) -> Result<(), BayesError> {
        loop {
            match self.lexer.next()? {
                Some(Token::Mark(b';')) => return Ok(()),
                Some(_) => {}
                None => return Err(self.unexpected(None, "`;`")),
            }
        }
    }

    fn variable(&mut self) -> Result<(), BayesError> {
        let name = self.name("the name of a variable")?.into_owned();
        let line = self.lexer.line();
        self.expect(b'{')?;
        let mut states: Option<Vec<String>> = None;
        loop {
            match self.lexer.next()? {
                Some(Token::Mark(b'}')) => break,
                Some(Token::Mark(b';')) => {}
                Some(Token::Word("property")) => self.skip_statement()?,
                Some(Token::Word("type")) => states = Some(self.states(&name)?),
                other => return Err(self.unexpected(other, "`type`, `property` or `}`")),
            }
        }
        match states {
            Some(states) => self.parts.declare(line, name, states),
            None => Err(self.lexer.error(format_args!("variable `{name}` has no type"))),
        }
    }

    /// `discrete [ 2 ] { yes, no };`
    fn states(&mut self, variable: &str) -> Result<Vec<String>, BayesError> {
        match self.lexer.next()? {
            Some(Token::Word("discrete")) => {}
            other => return Err(self.unexpected(other, "`discrete` (no other type is supported)")),
        }
        self.expect(b'[')?;
        let declared = self.name("the number of states")?;
        let Ok(declared) = declared.parse::<usize>() else {
            return Err(self
                .lexer
                .error(format_args!("variable `{variable}`: `{declared}` is no number of states")));
        };
        self.expect(b']')?;
        self.expect(b'{')?;
        let mut states = Vec::new();
        loop {
            match self.lexer.next()? {
                Some(Token::Mark(b'}')) => break,
                Some(Token::Word(word)) => states.push(word.to_owned()),
                Some(Token::Quoted(name)) => states.push(name.into_owned()),
                other => return Err(self.unexpected(other, "a state or `}`")),
            }
        }
        if states.len() != declared {
            let got = states.len();
            let message = format!("variable `{variable}` declares {declared} states and lists {got}");
            return Err(self.lexer.error(message));
        }
        self.expect(b';')?;
        Ok(states)
    }

    fn family(&mut self) -> Result<RawFamily<'t>, BayesError> {
        self.expect(b'(')?;
        let mut names = vec![self.name("the name of a variable")?];
        let line = self.lexer.line();
        loop {
            match self.lexer.next()? {
                Some(Token::Mark(b')')) => break,
                Some(Token::Mark(b'|')) if names.len() == 1 => {}
                Some(Token::Word(word)) => names.push(Cow::Borrowed(word)),
                Some(Token::Quoted(name)) => names.push(name),
                other => return Err(self.unexpected(other, "the name of a parent or `)`")),
            }
        }
        let mut family = RawFamily { line, names, rows: Vec::new(), default: None, table: None };
        self.expect(b'{')?;
        loop {
            match self.lexer.next()? {
                Some(Token::Mark(b'}')) => return Ok(family),
                Some(Token::Mark(b';')) => {}
                Some(Token::Word("property")) => self.skip_statement()?,
                Some(Token::Word("default")) if family.default.is_none() => {
                    family.default = Some(self.numbers()?);
                }
                Some(Token::Word("table")) if family.table.is_none() => {
                    family.table = Some(self.numbers()?);
                }
                Some(Token::Mark(b'(')) => {
                    let row = self.row()?;
                    family.rows.push(row);
                }
                other => {
                    let expected = format!(
                        "a row of probabilities of `{}`, `table`, `default` or `}}`",
                        family.names[0]
                    );
                    return Err(self.unexpected(other, &expected));
                }
            }
        }
    }

    /// `yes, no) 0.9, 0.1;`
    fn row(&mut self) -> Result<RawRow<'t>, BayesError> {
        let line = self.lexer.line();
        let begin = self.lexer.start + 1;
        let mut states = Vec::new();
        loop {
            match self.lexer.next()? {
                Some(Token::Mark(b')')) => break,
                Some(Token::Word(word)) => states.push(Cow::Borrowed(word)),
                Some(Token::Quoted(name)) => states.push(name),
                other => return Err(self.unexpected(other, "a state or `)`")),
            }
        }
        let text = self.lexer.text[begin..self.lexer.start].trim();
        Ok(RawRow { line, text, states, values: self.numbers()? })
    }

    /// Numbers up to `;`.
    fn numbers(&mut self) -> Result<Vec<f64>, BayesError> {
        let mut values = Vec::new();
        loop {
            match self.lexer.next()? {
                Some(Token::Mark(b';')) => return Ok(values),
                Some(Token::Word(word)) => match word.parse() {
                    Ok(value) => values.push(value),
                    Err(_) => return Err(self.lexer.error(format_args!("`{word}` is no number"))),
                },
                other => return Err(self.unexpected(other, "a number or `;`")),
            }
        }
    }
}

impl<'t> RawFamily<'t> {
    /// Looks the names up and adds the family.
    fn resolve(self, parts: &mut Parts<'t>) -> Result<(), BayesError> {
        let line = self.line;
        let numbers: Result<Vec<usize>, _> =
            self.names.iter().map(|name| parts.variable(line, name)).collect();
        let numbers = numbers?;
        let (child, parents) = (numbers[0], &numbers[1..]);
        let states = parts.cardinality(child);
        let width = |line: usize, values: &[f64]| {
            if values.len() == states {
                return Ok(());
            }
            let (name, got) = (parts.name(child), values.len());
            Err(parts
                .error(line, format_args!("a row of `{name}` has {got} probabilities and needs {states}")))
        };
        let values = match (self.table, self.rows.is_empty(), self.default) {
            (Some(values), true, None) => Values::Table { values, order: TableOrder::ChildSlowestIfItSums },
            (Some(_), _, _) => {
                let message = format!("`{}` has both a table and rows; keep one", parts.name(child));
                return Err(parts.error(line, message));
            }
            (None, _, default) => {
                if let Some(default) = &default {
                    width(line, default)?;
                }
                let (steps, _) = parts.row_steps(line, child, parents)?;
                let mut rows = Vec::with_capacity(self.rows.len());
                for raw in self.rows {
                    width(raw.line, &raw.values)?;
                    if raw.states.len() != parents.len() {
                        let (name, needs, got) = (parts.name(child), parents.len(), raw.states.len());
                        let message =
                            format!("a row of `{name}` gives {got} states and it has {needs} parents");
                        return Err(parts.error(raw.line, message));
                    }
                    let mut row = 0;
                    for ((state, &parent), step) in raw.states.iter().zip(parents).zip(&steps) {
                        row += parts.state(raw.line, parent, state)? * step;
                    }
                    rows.push((RowKey { row, line: raw.line, text: raw.text }, raw.values));
                }
                Values::Rows { rows, default }
            }
        };
        let parents = parents.to_vec();
        parts.define(child, Family { line, parents, values })
    }
}
