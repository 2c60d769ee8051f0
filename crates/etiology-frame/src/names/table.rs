//! The table itself: its text format, what a row holds, and how a file of one's own extends it.

use std::collections::HashMap;

use thiserror::Error;

use super::index::{Index, Step, Token};
use super::labels::{Role, Roles};
use super::{pattern, words};
use crate::metric::{Layer, MetricKind};

/// What is wrong with a table of metric names, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NamesError {
    /// A heading that is none of the sections.
    #[error(
        "line {line}: `{found}` is not a section; use one of [metrics], [metrics FAMILY], [classes], [units], \
         [suffixes], [labels]"
    )]
    Section {
        /// Where, from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
    /// A row with too few or too many columns.
    #[error("line {line}: {found} columns separated by `|`, expected {expected}")]
    Columns {
        /// Where, from 1.
        line: usize,
        /// Columns found.
        found: usize,
        /// The columns this section has.
        expected: &'static str,
    },
    /// A pattern that cannot be read.
    #[error("line {line}: pattern `{pattern}`: {why}")]
    Pattern {
        /// Where, from 1.
        line: usize,
        /// The pattern.
        pattern: String,
        /// What is wrong with it and what to do.
        why: &'static str,
    },
    /// A field that holds none of its allowed words.
    #[error("line {line}: {field} `{value}` is not known; use one of {allowed}")]
    Word {
        /// Where, from 1.
        line: usize,
        /// Which field: layer, kind, class, role.
        field: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        allowed: String,
    },
    /// An empty field that must hold something.
    #[error("line {line}: {field} is empty; write {allowed}")]
    Empty {
        /// Where, from 1.
        line: usize,
        /// Which field.
        field: &'static str,
        /// What it may hold.
        allowed: &'static str,
    },
    /// More word classes than a table can hold.
    #[error("line {line}: class `{class}` is one too many; a table holds 64 classes")]
    Classes {
        /// Where, from 1.
        line: usize,
        /// The class.
        class: String,
    },
}

/// A table that says what metric names mean: start from [`NameTable::builtin`], clone it and [`extend`](Self::extend)
/// the clone to add names of one's own.
#[derive(Debug, Clone)]
pub struct NameTable {
    pub(super) metrics: Index,
    pub(super) suffixes: Index,
    rows: Vec<Row>,
    vocabulary: HashMap<String, u32>,
    /// The classes each word of the vocabulary is listed in, a bit each.
    listed: Vec<u64>,
    classes: Vec<String>,
    units: HashMap<String, String>,
    roles: Roles,
    generation: u32,
}

/// One row of [metrics] or [suffixes].
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) pattern: String,
    pub(super) layer: Option<Layer>,
    pub(super) kind: Option<MetricKind>,
    pub(super) unit: Unit,
    /// Which call of [`NameTable::extend`] brought it; later ones stand first.
    pub(super) generation: u32,
}

/// What a row says of the unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nothing.
    #[default]
    Silent,
    /// That there is none.
    None,
    /// This one.
    Is(String),
}

const NUMBER: u32 = 0;
const PERCENTILE: u32 = 1;
const MOST_CLASSES: usize = 64;

impl NameTable {
    pub(super) fn empty() -> Self {
        Self {
            metrics: Index::new(),
            suffixes: Index::new(),
            rows: Vec::new(),
            vocabulary: HashMap::new(),
            listed: Vec::new(),
            classes: vec!["n".to_owned(), "p".to_owned()],
            units: HashMap::new(),
            roles: Roles::default(),
            generation: 0,
        }
    }

    /// Adds the rows of `text`, which stand before all rows already there; within `text` earlier rows stand first.
    /// Classes gain words, units gain spellings, and labels go to the front of their role. The page on metric names
    /// describes the format.
    ///
    /// # Errors
    /// [`NamesError`] names the line, the bad field and what is allowed there; the table is then as it was.
    pub fn extend(&mut self, text: &str) -> Result<(), NamesError> {
        let mut next = self.clone();
        next.generation += 1;
        next.roles.next_file();
        let mut section = Section::Metrics;
        for (number, line) in text.lines().enumerate() {
            let at = Line { number: number + 1, text: line.trim_start_matches('\u{feff}').trim() };
            if at.text.is_empty() || at.text.starts_with('#') {
                continue;
            }
            if at.text.starts_with('[') {
                section = at.section()?;
            } else {
                next.add(section, &at)?;
            }
        }
        *self = next;
        Ok(())
    }

    pub(super) fn row(&self, id: usize) -> Option<&Row> {
        self.rows.get(id)
    }

    pub(super) fn roles(&self) -> &Roles {
        &self.roles
    }

    /// A unit written in brackets, in the table's spelling where it has one, else as written.
    pub(super) fn written_unit(&self, text: &str) -> Unit {
        Unit::Is(self.units.get(text).map_or(text, String::as_str).to_owned())
    }

    pub(super) fn token(&self, word: &str) -> Token {
        let id = self.vocabulary.get(word).copied();
        let listed = id.and_then(|id| self.listed.get(usize::try_from(id).ok()?).copied()).unwrap_or(0);
        let number = u64::from(words::is_number(word)) << NUMBER;
        let percentile = u64::from(words::is_percentile(word)) << PERCENTILE;
        Token { word: id, classes: listed | number | percentile }
    }

    fn add(&mut self, section: Section, line: &Line<'_>) -> Result<(), NamesError> {
        match section {
            Section::Metrics => {
                let [pattern, layer, kind, unit] =
                    line.columns("pattern | layer | kind | unit | what it measures")?;
                let layer = line.word("layer", layer, "data, model, compute, -")?;
                self.add_row(section, line, pattern, layer, kind, unit)
            }
            Section::Suffixes => {
                let [pattern, kind, unit] = line.columns("suffix | kind | unit | what it means")?;
                self.add_row(section, line, pattern, None, kind, unit)
            }
            Section::Classes => {
                let [class, members] = line.columns("class | words")?;
                self.add_class(line, class, members)
            }
            Section::Units => {
                let [unit, spellings] = line.columns("unit | spellings")?;
                self.units.extend(
                    spellings.split_whitespace().map(|spelling| (spelling.to_owned(), unit.to_owned())),
                );
                Ok(())
            }
            Section::Labels => {
                let [role, labels] = line.columns("role | labels")?;
                let role = Role::ALL
                    .into_iter()
                    .find(|known| known.name() == role)
                    .ok_or_else(|| line.unknown("role", role, Role::ALL.map(Role::name).join(", ")))?;
                self.roles.add(role, labels.split_whitespace());
                Ok(())
            }
        }
    }

    fn add_row(
        &mut self,
        section: Section,
        line: &Line<'_>,
        pattern: &str,
        layer: Option<Layer>,
        kind: &str,
        unit: &str,
    ) -> Result<(), NamesError> {
        let kind = line.word("kind", kind, "gauge, counter, quantile, rate, -")?;
        let unit = match unit {
            "" => return Err(line.empty("unit", "a unit, none or -")),
            "-" => Unit::Silent,
            "none" => Unit::None,
            unit => Unit::Is(unit.to_owned()),
        };
        let sequences = pattern::parse(pattern).map_err(|why| NamesError::Pattern {
            line: line.number,
            pattern: pattern.to_owned(),
            why,
        })?;
        let steps = sequences
            .iter()
            .map(|sequence| sequence.iter().map(|part| self.step(line, part)).collect())
            .collect::<Result<Vec<Vec<Step>>, NamesError>>()?;

        let row = self.rows.len();
        let generation = self.generation;
        self.rows.push(Row { pattern: pattern.to_owned(), layer, kind, unit, generation });
        let rows = &self.rows;
        let keeps = |old: usize, _| rows.get(old).is_some_and(|old| old.generation == generation);
        let index = if section == Section::Suffixes { &mut self.suffixes } else { &mut self.metrics };
        for steps in &steps {
            index.insert(steps, row, keeps);
        }
        Ok(())
    }

    fn step(&mut self, line: &Line<'_>, part: &pattern::Part) -> Result<Step, NamesError> {
        match part {
            pattern::Part::Star => Ok(Step::Star),
            pattern::Part::Word(word) => Ok(Step::Word(self.word(word))),
            pattern::Part::Class(class) => {
                let known = (0..).zip(&self.classes).find(|(_, known)| *known == class);
                known
                    .map(|(number, _)| Step::Class(number))
                    .ok_or_else(|| line.unknown("class", class, self.classes.join(", ")))
            }
        }
    }

    fn word(&mut self, word: &str) -> u32 {
        if let Some(id) = self.vocabulary.get(word) {
            return *id;
        }
        // A table of four thousand million words does not fit in memory.
        let id = u32::try_from(self.listed.len()).unwrap_or(u32::MAX);
        self.vocabulary.insert(word.to_owned(), id);
        self.listed.push(0);
        id
    }

    fn add_class(&mut self, line: &Line<'_>, class: &str, members: &str) -> Result<(), NamesError> {
        if class.is_empty() || members.is_empty() {
            return Err(line.empty("class", "a class and its words"));
        }
        let number = match self.classes.iter().position(|known| known == class) {
            Some(number) => number,
            None if self.classes.len() < MOST_CLASSES => {
                self.classes.push(class.to_owned());
                self.classes.len() - 1
            }
            None => return Err(NamesError::Classes { line: line.number, class: class.to_owned() }),
        };
        for member in members.split_whitespace() {
            let [word] = &words::split(member)[..] else {
                let why = "a class lists single words, without separators or CamelCase";
                return Err(NamesError::Pattern { line: line.number, pattern: member.to_owned(), why });
            };
            let id = self.word(&word.text);
            if let Some(bits) = usize::try_from(id).ok().and_then(|id| self.listed.get_mut(id)) {
                *bits |= 1 << number;
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Metrics,
    Classes,
    Units,
    Suffixes,
    Labels,
}

struct Line<'a> {
    number: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn section(&self) -> Result<Section, NamesError> {
        let inside = self.text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let word = inside.and_then(|inside| inside.split_whitespace().next());
        match (word, inside) {
            (Some("metrics"), _) => Ok(Section::Metrics),
            (_, Some("classes")) => Ok(Section::Classes),
            (_, Some("units")) => Ok(Section::Units),
            (_, Some("suffixes")) => Ok(Section::Suffixes),
            (_, Some("labels")) => Ok(Section::Labels),
            _ => Err(NamesError::Section { line: self.number, found: self.text.to_owned() }),
        }
    }

    /// The first `N` columns; in rows of three and more, one further column is a remark.
    fn columns<const N: usize>(&self, expected: &'static str) -> Result<[&'a str; N], NamesError> {
        let fields: Vec<&str> = self.text.split('|').map(str::trim).collect();
        let with_remark = if N > 2 { N + 1 } else { N };
        let wrong = || NamesError::Columns { line: self.number, found: fields.len(), expected };
        if fields.len() > with_remark {
            return Err(wrong());
        }
        fields.get(..N).and_then(|fields| fields.try_into().ok()).ok_or_else(wrong)
    }

    /// A word such as a layer or kind, `-` for none.
    fn word<T: std::str::FromStr>(
        &self,
        field: &'static str,
        value: &str,
        allowed: &'static str,
    ) -> Result<Option<T>, NamesError> {
        match value {
            "-" => Ok(None),
            "" => Err(self.empty(field, allowed)),
            word => word.parse().map(Some).map_err(|_| self.unknown(field, word, allowed.to_owned())),
        }
    }

    fn unknown(&self, field: &'static str, value: &str, allowed: String) -> NamesError {
        NamesError::Word { line: self.number, field, value: value.to_owned(), allowed }
    }

    fn empty(&self, field: &'static str, allowed: &'static str) -> NamesError {
        NamesError::Empty { line: self.number, field, allowed }
    }
}
