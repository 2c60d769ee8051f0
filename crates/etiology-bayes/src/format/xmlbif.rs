//! XMLBIF 0.3, the interchange format as XML.
//!
//! Variables have a `NAME` and `OUTCOME`s, definitions `FOR`, `GIVEN`s and a `TABLE` in which the node's own state varies
//! fastest, then the last `GIVEN`. Properties and comments are skipped, and networks of decision or utility nodes refused. Names
//! keep every character that XML can hold; numbers keep all their digits.

use std::fmt::Write;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::parts::{Family, Parts, TableOrder, Values};
use crate::{BayesError, DiscreteNetwork};

const FORMAT: &str = "XMLBIF";

/// Reads a discrete network from XMLBIF. Linear in the text.
///
/// # Errors
/// [`BayesError::Syntax`] with the line: for anything that is not XMLBIF, an unknown name, a table of the wrong size or with a
/// row that does not sum to one. [`BayesError::Graph`] when the parents close a cycle.
pub fn read_xmlbif(text: &str) -> Result<DiscreteNetwork, BayesError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut reading = Reading::new(text);
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                reading.seek(reader.error_position());
                return Err(reading.error(error));
            }
        };
        reading.seek(reader.buffer_position());
        if !reading.take(event)? {
            return reading.finish();
        }
    }
}

/// Writes a network as XMLBIF 0.3.
///
/// # Errors
/// When a name holds a control character, which XML cannot.
pub fn write_xmlbif(network: &DiscreteNetwork) -> Result<String, BayesError> {
    let names: Result<Vec<String>, _> = network.nodes().names().iter().map(|name| escaped(name)).collect();
    let names = names?;
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BIF VERSION=\"0.3\">\n<NETWORK>\n<NAME>unknown</NAME>\n",
    );
    for (node, name) in names.iter().enumerate() {
        let _ = writeln!(out, "<VARIABLE TYPE=\"nature\">\n  <NAME>{name}</NAME>");
        for state in network.states(node) {
            let _ = writeln!(out, "  <OUTCOME>{}</OUTCOME>", escaped(state)?);
        }
        out.push_str("</VARIABLE>\n");
    }
    for (node, name) in names.iter().enumerate() {
        let _ = writeln!(out, "<DEFINITION>\n  <FOR>{name}</FOR>");
        for &parent in network.parents(node) {
            let _ = writeln!(out, "  <GIVEN>{}</GIVEN>", names[parent]);
        }
        out.push_str("  <TABLE>");
        for (i, value) in network.table(node).iter().enumerate() {
            // One row a line.
            let space = if i == 0 {
                ""
            } else if i % network.cardinality(node) == 0 {
                "\n    "
            } else {
                " "
            };
            let _ = write!(out, "{space}{value}");
        }
        out.push_str("</TABLE>\n</DEFINITION>\n");
    }
    out.push_str("</NETWORK>\n</BIF>\n");
    Ok(out)
}

/// A name as text. Blanks at its ends are written by reference, since readers trim.
fn escaped(name: &str) -> Result<String, BayesError> {
    let mut out = String::with_capacity(name.len());
    let last = name.char_indices().next_back().map_or(0, |(at, _)| at);
    for (at, c) in name.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if c.is_whitespace() && (at == 0 || at == last) => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                let message = format!("the name {name:?} holds a character that XML cannot; rename it");
                return Err(BayesError::Syntax { format: FORMAT, message });
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

/// What has been read so far.
struct Reading<'t> {
    text: &'t str,
    parts: Parts<'t>,
    /// Names of open elements.
    open: Vec<String>,
    /// Text of the innermost element, and whether it ends in characters that may be trimmed.
    content: String,
    trims: bool,
    line: usize,
    counted: usize,
    /// Line of the variable or definition that is open.
    begin: usize,
    name: Option<String>,
    states: Vec<String>,
    given: Vec<String>,
    table: Option<Vec<f64>>,
    /// Line, child, parents, values: definitions may come before the variables they name.
    families: Vec<(usize, String, Vec<String>, Vec<f64>)>,
}

impl<'t> Reading<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            parts: Parts::new(FORMAT),
            open: Vec::new(),
            content: String::new(),
            trims: false,
            line: 1,
            counted: 0,
            begin: 1,
            name: None,
            states: Vec::new(),
            given: Vec::new(),
            table: None,
            families: Vec::new(),
        }
    }

    /// Counts the lines up to a byte.
    fn seek(&mut self, position: u64) {
        let end = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len()).max(self.counted);
        let passed = &self.text.as_bytes()[self.counted..end];
        self.line += passed.iter().filter(|&&byte| byte == b'\n').count();
        self.counted = end;
    }

    fn error(&self, message: impl std::fmt::Display) -> BayesError {
        self.parts.error(self.line, message)
    }

    /// Takes in one event; false at the end of the text.
    fn take(&mut self, event: Event<'_>) -> Result<bool, BayesError> {
        match event {
            Event::Start(element) => {
                let tag = element.local_name().into_inner().to_uppercase();
                if tag == "VARIABLE" || tag == "DEFINITION" || tag == "PROBABILITY" {
                    self.begin = self.line;
                    (self.name, self.table) = (None, None);
                    self.states.clear();
                    self.given.clear();
                    for attribute in element.attributes() {
                        let attribute = attribute.map_err(|error| self.error(error))?;
                        let kind = attribute.key.local_name().into_inner().eq_ignore_ascii_case("type");
                        if kind && &*attribute.value != "nature" && &*attribute.value != "discrete" {
                            return Err(self.error("only nodes of type `nature` are read"));
                        }
                    }
                }
                self.content.clear();
                self.trims = false;
                self.open.push(tag);
            }
            Event::End(_) => {
                let tag = self.open.pop().unwrap_or_default();
                if self.trims {
                    self.content.truncate(self.content.trim_end().len());
                }
                let content = std::mem::take(&mut self.content);
                self.close(&tag, content)?;
            }
            Event::Text(text) => self.add_text(&text.xml10_content()),
            Event::CData(text) => self.add_text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let c = match reference.resolve_char_ref().map_err(|error| self.error(error))? {
                    Some(c) => c,
                    None => match &*reference {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        other => return Err(self.error(format_args!("entity `&{other};` is not known"))),
                    },
                };
                self.content.push(c);
                self.trims = false;
            }
            Event::Eof if !self.open.is_empty() => return Err(self.error("the text ends within an element")),
            Event::Eof => return Ok(false),
            _ => {}
        }
        Ok(true)
    }

    fn add_text(&mut self, text: &str) {
        let text = if self.content.is_empty() { text.trim_start() } else { text };
        if !text.is_empty() {
            self.content.push_str(text);
            self.trims = true;
        }
    }

    fn close(&mut self, tag: &str, content: String) -> Result<(), BayesError> {
        match (self.open.last().map(String::as_str), tag) {
            (Some("VARIABLE"), "NAME") | (Some("DEFINITION" | "PROBABILITY"), "FOR") => {
                if let Some(first) = self.name.replace(content) {
                    return Err(
                        self.error(format_args!("`{first}` is followed by a second <{tag}>; keep one"))
                    );
                }
            }
            (Some("VARIABLE"), "OUTCOME" | "VALUE") => self.states.push(content),
            (Some("DEFINITION" | "PROBABILITY"), "GIVEN") => self.given.push(content),
            (Some("DEFINITION" | "PROBABILITY"), "TABLE") => {
                let values: Result<Vec<f64>, _> = content
                    .split(|c: char| c.is_whitespace() || c == ',')
                    .filter(|word| !word.is_empty())
                    .map(|word| word.parse().map_err(|_| self.error(format_args!("`{word}` is no number"))))
                    .collect();
                self.table = Some(values?);
            }
            (_, "VARIABLE") => {
                let name = self.name.take().ok_or_else(|| self.error("a <VARIABLE> has no <NAME>"))?;
                self.parts.declare(self.begin, name, std::mem::take(&mut self.states))?;
            }
            (_, "DEFINITION" | "PROBABILITY") => {
                let name = self.name.take().ok_or_else(|| self.error("a <DEFINITION> has no <FOR>"))?;
                let missing = || {
                    self.parts.error(self.begin, format_args!("the definition of `{name}` has no <TABLE>"))
                };
                let table = self.table.take().ok_or_else(missing)?;
                self.families.push((self.begin, name, std::mem::take(&mut self.given), table));
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<DiscreteNetwork, BayesError> {
        if self.parts.is_empty() {
            return Err(self.error("the text declares no variable"));
        }
        for (line, name, given, values) in std::mem::take(&mut self.families) {
            let child = self.parts.variable(line, &name)?;
            let parents: Result<Vec<usize>, _> =
                given.iter().map(|name| self.parts.variable(line, name)).collect();
            let values = Values::Table { values, order: TableOrder::ChildFastest };
            self.parts.define(child, Family { line, parents: parents?, values })?;
        }
        self.parts.finish()
    }
}
