//! Graphs in the DOT language of Graphviz, written and read as a [`GraphDocument`].
//!
//! A mark is an arrow shape: `normal` for an arrowhead, `none` for a tail, `odot` for a circle; so `o->` is
//! `[dir=both, arrowtail=odot]` and `---` is `[dir=none]`. A strength is the attribute `strength`, which Graphviz leaves alone.
//!
//! What is read: one graph, `strict` or not, `--` and `->`, chains, quoted, numeric and HTML names, ports (left out), comments,
//! attributes with the defaults an `edge [...]` statement sets. What is not: subgraphs and clusters. Any shape but `none` and
//! those with a dot is an arrowhead. Nodes are numbered in order of first mention.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::{EdgeMarks, GraphDocument, GraphEdge, GraphError, Mark};

mod tokens;

use tokens::{Token, tokens};

impl GraphDocument {
    /// Writes DOT, nodes and edges in their order.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut text = "digraph {\n".to_owned();
        for node in &self.nodes {
            let _ = writeln!(text, "  {};", quoted(node));
        }
        for edge in &self.edges {
            let mut attributes = attributes_of(edge.marks);
            if let Some(strength) = edge.strength.filter(|strength| strength.is_finite()) {
                // An exponent is no part of a DOT number.
                let number = format!("{strength:?}");
                let number = if number.contains('e') { quoted(&number) } else { number };
                attributes.push(format!("strength={number}"));
            }
            let list =
                if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
            let _ = writeln!(text, "  {} -> {}{list};", quoted(&edge.a), quoted(&edge.b));
        }
        text + "}\n"
    }

    /// Reads DOT.
    ///
    /// # Errors
    /// [`GraphError::Syntax`] with the line where the text is not DOT, or has a subgraph or an attribute that makes no sense.
    pub fn from_dot(text: &str) -> Result<Self, GraphError> {
        Parser {
            tokens: tokens(text)?,
            at: 0,
            numbers: BTreeMap::new(),
            nodes: Vec::new(),
            edges: Vec::new(),
        }
        .graph()
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn attributes_of(marks: EdgeMarks) -> Vec<String> {
    let shape = |mark| match mark {
        Mark::Tail => "none",
        Mark::Arrow => "normal",
        Mark::Circle => "odot",
    };
    match marks {
        EdgeMarks::DIRECTED => Vec::new(),
        EdgeMarks::UNDIRECTED => vec!["dir=none".to_owned()],
        EdgeMarks::BIDIRECTED => vec!["dir=both".to_owned()],
        marks => {
            let (tail, head) = (shape(marks.at_a), shape(marks.at_b));
            vec!["dir=both".to_owned(), format!("arrowtail={tail}"), format!("arrowhead={head}")]
        }
    }
}

fn syntax(line: usize, message: impl Into<String>) -> GraphError {
    GraphError::Syntax { format: "DOT", line, message: message.into() }
}

/// The attributes of edges that carry meaning here; `None` where not said.
#[derive(Debug, Clone, Default)]
struct Attributes {
    dir: Option<String>,
    head: Option<String>,
    tail: Option<String>,
    strength: Option<f64>,
}

impl Attributes {
    fn marks(&self, directed: bool) -> Option<EdgeMarks> {
        let (at_tail, at_head) = match self.dir.as_deref() {
            None => (false, directed),
            Some("forward") => (false, true),
            Some("back") => (true, false),
            Some("both") => (true, true),
            Some("none") => (false, false),
            Some(_) => return None,
        };
        let mark = |drawn: bool, shape: &Option<String>| match shape.as_deref() {
            _ if !drawn => Mark::Tail,
            Some("none") => Mark::Tail,
            Some(shape) if shape.contains("dot") => Mark::Circle,
            _ => Mark::Arrow,
        };
        Some(EdgeMarks { at_a: mark(at_tail, &self.tail), at_b: mark(at_head, &self.head) })
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    numbers: BTreeMap<String, usize>,
    nodes: Vec<String>,
    edges: Vec<GraphEdge>,
}

impl Parser {
    fn graph(mut self) -> Result<GraphDocument, GraphError> {
        if self.keyword("strict") {
            self.at += 1;
        }
        if !self.keyword("graph") && !self.keyword("digraph") {
            return Err(self.error("expected `graph` or `digraph`"));
        }
        self.at += 1;
        if matches!(self.peek(), Some(Token::Name(..))) {
            self.at += 1;
        }
        self.expect('{')?;
        let mut defaults = Attributes::default();
        while !self.eat('}') {
            self.statement(&mut defaults)?;
        }
        match self.peek() {
            None => Ok(GraphDocument { nodes: self.nodes, edges: self.edges }),
            Some(_) => Err(self.error("expected the end of the file; keep one graph a file")),
        }
    }

    fn statement(&mut self, defaults: &mut Attributes) -> Result<(), GraphError> {
        if self.eat(';') {
            return Ok(());
        }
        if self.peek() == Some(&Token::Sign('{')) || self.keyword("subgraph") {
            return Err(self.error("subgraphs are not read; list their nodes and edges in the graph itself"));
        }
        for scope in ["graph", "node", "edge"] {
            if self.keyword(scope) {
                self.at += 1;
                let mut attributes = if scope == "edge" { defaults.clone() } else { Attributes::default() };
                self.attributes(&mut attributes)?;
                if scope == "edge" {
                    *defaults = attributes;
                }
                return Ok(());
            }
        }
        let first = self.name("a node or `}`")?;
        if self.eat('=') {
            self.name("a value")?;
            return Ok(());
        }
        self.port()?;
        let (mut chain, mut signs) = (vec![first], Vec::new());
        while let Some(&Token::Edge { directed }) = self.peek() {
            self.at += 1;
            if self.peek() == Some(&Token::Sign('{')) || self.keyword("subgraph") {
                return Err(self.error("groups of nodes are not read; write one edge for each"));
            }
            chain.push(self.name("a node")?);
            self.port()?;
            signs.push(directed);
        }
        let line = self.line();
        let mut attributes = if signs.is_empty() { Attributes::default() } else { defaults.clone() };
        self.attributes(&mut attributes)?;
        for name in &chain {
            self.mention(name);
        }
        for (pair, directed) in chain.windows(2).zip(signs) {
            let marks = attributes.marks(directed).ok_or_else(|| {
                let dir = attributes.dir.as_deref().unwrap_or_default();
                syntax(line, format!("`dir={dir}` is no direction; write forward, back, both or none"))
            })?;
            let (a, b) = (pair[0].clone(), pair[1].clone());
            self.edges.push(GraphEdge { a, b, marks, strength: attributes.strength });
        }
        Ok(())
    }

    /// Any number of `[name=value, ...]`.
    fn attributes(&mut self, into: &mut Attributes) -> Result<(), GraphError> {
        while self.eat('[') {
            while !self.eat(']') {
                if self.eat(',') || self.eat(';') {
                    continue;
                }
                let name = self.name("an attribute or `]`")?;
                let line = self.line();
                // A name alone means true.
                let value = if self.eat('=') { self.name("a value")? } else { "true".to_owned() };
                match name.as_str() {
                    "dir" => into.dir = Some(value),
                    "arrowhead" => into.head = Some(value),
                    "arrowtail" => into.tail = Some(value),
                    "strength" => {
                        let number = value.parse().ok().filter(|number: &f64| number.is_finite());
                        into.strength = Some(number.ok_or_else(|| {
                            syntax(line, format!("strength `{value}` is no finite number"))
                        })?);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn port(&mut self) -> Result<(), GraphError> {
        while self.eat(':') {
            self.name("a port")?;
        }
        Ok(())
    }

    /// A name; quoted pieces joined by `+` are one.
    fn name(&mut self, expected: &str) -> Result<String, GraphError> {
        let Some(Token::Name(name, _)) = self.peek() else {
            return Err(self.error(&format!("expected {expected}")));
        };
        let mut name = name.clone();
        self.at += 1;
        while self.eat('+') {
            match self.peek() {
                Some(Token::Name(more, true)) => name.push_str(more),
                _ => return Err(self.error("expected a quoted name after `+`")),
            }
            self.at += 1;
        }
        Ok(name)
    }

    fn mention(&mut self, name: &str) {
        if !self.numbers.contains_key(name) {
            self.numbers.insert(name.to_owned(), self.nodes.len());
            self.nodes.push(name.to_owned());
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    /// Whether the next token is this keyword; keywords may be in any case, quoted names are none.
    fn keyword(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(name, false)) if name.eq_ignore_ascii_case(word))
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), GraphError> {
        if self.eat(sign) { Ok(()) } else { Err(self.error(&format!("expected `{sign}`"))) }
    }

    /// The line of the next token, or of the last.
    fn line(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |(_, line)| *line)
    }

    fn error(&self, message: &str) -> GraphError {
        let got = match self.peek() {
            None => "the text ends".to_owned(),
            Some(Token::Name(name, _)) => format!("got `{name}`"),
            Some(Token::Edge { directed }) => format!("got `{}`", if *directed { "->" } else { "--" }),
            Some(Token::Sign(sign)) => format!("got `{sign}`"),
        };
        syntax(self.line(), format!("{message}; {got}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::any_document;
    use proptest::prelude::*;

    fn edges(text: &str) -> Vec<String> {
        let document = GraphDocument::from_dot(text).unwrap();
        document.edges.iter().map(|edge| format!("{} {} {}", edge.a, edge.marks, edge.b)).collect()
    }

    fn refusal(text: &str) -> String {
        GraphDocument::from_dot(text).unwrap_err().to_string()
    }

    #[test]
    fn written_as_promised() {
        let of = |a: &str, b: &str, marks: &str, strength| {
            let marks = EdgeMarks::parse(marks).unwrap();
            GraphEdge { a: a.into(), b: b.into(), marks, strength }
        };
        let document = GraphDocument {
            nodes: vec!["a".into(), "b \"c\"".into(), "d".into()],
            edges: vec![
                of("a", "b \"c\"", "-->", Some(0.5)),
                of("d", "a", "o->", None),
                of("d", "b \"c\"", "---", None),
            ],
        };
        assert_eq!(
            document.to_dot(),
            "digraph {\n  \"a\";\n  \"b \\\"c\\\"\";\n  \"d\";\n  \"a\" -> \"b \\\"c\\\"\" [strength=0.5];\n  \
             \"d\" -> \"a\" [dir=both, arrowtail=odot, arrowhead=normal];\n  \"d\" -> \"b \\\"c\\\"\" [dir=none];\n}\n"
        );
    }

    #[test]
    fn what_other_programs_write() {
        // bnlearn's way: the default is undirected, arrows say so.
        let bnlearn =
            "digraph \"\" { edge [dir=none]; A; B; C; \"A\" -> \"B\"; \"B\" -> \"C\" [dir=\"forward\"]; }";
        assert_eq!(edges(bnlearn), ["A --- B", "B --> C"]);
        // networkx and pydot.
        let pydot = "strict digraph  {\n\tx [color=red];\n\ty;\n\tx -> y  [key=0, weight=\"0.5\"];\n}\n";
        assert_eq!(edges(pydot), ["x --> y"]);
        // Ancestral graphs drawn with arrow shapes.
        let pag = "digraph g { a -> b [dir=both, arrowtail=odot, arrowhead=normal]; a -> c [dir=both arrowhead=odot arrowtail=none];
            c -> d [arrowtail=none, arrowhead=none]; b -> d [dir=back]; a -> d [dir=both]; }";
        assert_eq!(edges(pag), ["a o-> b", "a --o c", "c --- d", "b <-- d", "a <-> d"]);
        let comments = "/* one\n graph */ # not at the start of a line is an error, so this is one";
        assert!(refusal(comments).contains("line 2"));
        let mixed = "// c\n#include\nGraph { rankdir=LR; node [shape=box]\n 1 -- -2.5:n:s -- \"x\" + \"y\"; <b<i>x</i>> ; é -- \"\" }";
        let document = GraphDocument::from_dot(mixed).unwrap();
        assert_eq!(document.nodes, ["1", "-2.5", "xy", "<b<i>x</i>>", "é", ""]);
        assert_eq!(document.edges.len(), 3);
        assert!(document.edges.iter().all(|edge| edge.marks == EdgeMarks::UNDIRECTED));
        assert_eq!(edges("digraph { \"node\" -> \"subgraph\" }"), ["node --> subgraph"]);
    }

    #[test]
    fn refusals_name_the_line() {
        assert_eq!(
            refusal("digraph {\n a -> {b c}\n}"),
            "DOT, line 2: groups of nodes are not read; write one edge for each; got `{`"
        );
        assert_eq!(
            refusal("digraph {\n\n subgraph x { a } }"),
            "DOT, line 3: subgraphs are not read; list their nodes and edges in the graph itself; got `subgraph`"
        );
        assert_eq!(refusal("digraph {\n a -> \n"), "DOT, line 2: expected a node; the text ends");
        assert_eq!(
            refusal("digraph { a -> b [dir=up] }"),
            "DOT, line 1: `dir=up` is no direction; write forward, back, both or none"
        );
        assert!(refusal("digraph { a -> b [strength=NaN] }").contains("no finite number"));
        assert!(refusal("digraph {\n \"a\n").starts_with("DOT, line 2: the quoted name"));
        assert!(refusal("").contains("expected `graph`"));
        assert!(refusal("digraph { a } digraph { b }").contains("one graph a file"));
        assert!(refusal("digraph { 1.2.3 }").contains("is no number"));
    }

    proptest! {
        #[test]
        fn round_trips(document in any_document()) {
            prop_assert_eq!(GraphDocument::from_dot(&document.to_dot()).unwrap(), document);
        }

        #[test]
        fn any_text_is_answered(text in ".*", like in "(strict )?(di)?graph \\{([a-c]|->|--|\\[|\\]|=|;|\"|<|>|\\{|\\}|\\+|:|-|1| |\n|\\\\|/\\*){0,40}") {
            let _ = GraphDocument::from_dot(&text);
            let _ = GraphDocument::from_dot(&like);
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = GraphDocument::from_dot(&format!("digraph {{{}", String::from_utf8_lossy(&bytes)));
        }
    }
}
