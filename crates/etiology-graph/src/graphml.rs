//! Graphs in GraphML, written and read as a [`GraphDocument`].
//!
//! A node's id is its name. An edge that is not `-->` carries its marks as data named `marks`, a strength as data named
//! `strength`; programs that know neither see directed edges. On reading, an edge without marks is directed or undirected as
//! the file says, a numeric `weight` (as networkx writes it) stands for a missing strength, and where every node has data named
//! `name` (as igraph writes it) those are the names. Nested graphs and hyperedges are refused; ports are left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::{EdgeMarks, GraphDocument, GraphEdge, GraphError};

impl GraphDocument {
    /// Writes GraphML, nodes and edges in their order.
    ///
    /// # Errors
    /// [`GraphError::Unwritable`] when a name has a control character, which XML cannot hold.
    pub fn to_graphml(&self) -> Result<String, GraphError> {
        let mut text = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n  \
             <key id=\"marks\" for=\"edge\" attr.name=\"marks\" attr.type=\"string\"/>\n  \
             <key id=\"strength\" for=\"edge\" attr.name=\"strength\" attr.type=\"double\"/>\n  \
             <graph edgedefault=\"directed\">\n",
        );
        for node in &self.nodes {
            let _ = writeln!(text, "    <node id=\"{}\"/>", escaped(node)?);
        }
        for edge in &self.edges {
            let mut data = String::new();
            if edge.marks != EdgeMarks::DIRECTED {
                let _ = write!(data, "<data key=\"marks\">{}</data>", escaped(&edge.marks.to_string())?);
            }
            if let Some(strength) = edge.strength.filter(|strength| strength.is_finite()) {
                let _ = write!(data, "<data key=\"strength\">{strength:?}</data>");
            }
            let (a, b) = (escaped(&edge.a)?, escaped(&edge.b)?);
            let _ = if data.is_empty() {
                writeln!(text, "    <edge source=\"{a}\" target=\"{b}\"/>")
            } else {
                writeln!(text, "    <edge source=\"{a}\" target=\"{b}\">{data}</edge>")
            };
        }
        Ok(text + "  </graph>\n</graphml>\n")
    }

    /// Reads GraphML.
    ///
    /// # Errors
    /// [`GraphError::Syntax`] with the line where the text is not GraphML, an edge joins what is no node, or something is nested.
    pub fn from_graphml(text: &str) -> Result<Self, GraphError> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut reading = Reading::default();
        loop {
            let position = reader.buffer_position();
            let event = reader.read_event().map_err(|error| Fault::new(reader.error_position(), error));
            let more = event.and_then(|event| reading.take(position, event));
            match more {
                Ok(true) => {}
                Ok(false) => return reading.document().map_err(|fault| fault.in_text(text)),
                Err(fault) => return Err(fault.in_text(text)),
            }
        }
    }
}

/// A name as attribute value or text; blanks other than the space are kept by reference.
fn escaped(name: &str) -> Result<String, GraphError> {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                return Err(GraphError::Unwritable { format: "GraphML", name: name.to_owned() });
            }
            c => escaped.push(c),
        }
    }
    Ok(escaped)
}

/// What is wrong, and at which byte.
struct Fault {
    position: u64,
    message: String,
}

impl Fault {
    fn new(position: u64, message: impl ToString) -> Self {
        Self { position, message: message.to_string() }
    }

    fn in_text(self, text: &str) -> GraphError {
        let end = usize::try_from(self.position).unwrap_or(usize::MAX).min(text.len());
        // The position of an element starts with the blanks before it.
        let blanks = text.as_bytes()[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let line = 1 + text.as_bytes()[..end + blanks].iter().filter(|&&byte| byte == b'\n').count();
        GraphError::Syntax { format: "GraphML", line, message: self.message }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    /// Names of data by the id of their key.
    keys: BTreeMap<String, String>,
    /// Elements that are open.
    depth: usize,
    graphs: usize,
    undirected: bool,
    nodes: Vec<RawNode>,
    edges: Vec<RawEdge>,
    inside: Inside,
    /// Name and text of the data element that is open.
    data: Option<(String, String)>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Inside {
    #[default]
    Neither,
    Node,
    Edge,
}

struct RawNode {
    id: String,
    name: Option<String>,
}

struct RawEdge {
    position: u64,
    source: String,
    target: String,
    marks: EdgeMarks,
    strength: Option<f64>,
    weight: Option<f64>,
}

impl Reading {
    /// Takes in one event; false at the end of the text.
    fn take(&mut self, position: u64, event: Event<'_>) -> Result<bool, Fault> {
        match event {
            Event::Start(element) => {
                self.depth += 1;
                self.open(position, &element)?;
            }
            Event::End(element) => {
                self.depth = self.depth.saturating_sub(1);
                match element.local_name().into_inner() {
                    "data" => self.close_data(position)?,
                    "node" | "edge" => self.inside = Inside::Neither,
                    _ => {}
                }
            }
            Event::Text(text) => self.add_text(&text.xml10_content()),
            Event::CData(text) => self.add_text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let c = match reference.resolve_char_ref().map_err(|error| Fault::new(position, error))? {
                    Some(c) => c,
                    None => match &*reference {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        other => {
                            return Err(Fault::new(position, format!("entity `&{other};` is not known")));
                        }
                    },
                };
                self.add_text(c.encode_utf8(&mut [0; 4]));
            }
            Event::Eof if self.depth > 0 => {
                return Err(Fault::new(position, "the text ends within an element"));
            }
            Event::Eof => return Ok(false),
            _ => {}
        }
        Ok(true)
    }

    fn open(&mut self, position: u64, element: &BytesStart<'_>) -> Result<(), Fault> {
        let attributes = attributes(position, element)?;
        let need = |name: &str| {
            let element = element.name().into_inner().to_owned();
            let missing = || Fault::new(position, format!("<{element}> has no `{name}`"));
            attributes.get(name).cloned().ok_or_else(missing)
        };
        match element.local_name().into_inner() {
            "key" => {
                let id = need("id")?;
                let name = attributes.get("attr.name").unwrap_or(&id).clone();
                self.keys.insert(id, name);
            }
            "graph" => {
                self.graphs += 1;
                if self.graphs > 1 {
                    return Err(Fault::new(
                        position,
                        "more than one <graph>, side by side or nested; keep one",
                    ));
                }
                self.undirected = attributes.get("edgedefault").is_some_and(|value| value == "undirected");
            }
            "node" => {
                self.nodes.push(RawNode { id: need("id")?, name: None });
                self.inside = Inside::Node;
            }
            "edge" => {
                let undirected = attributes
                    .get("directed")
                    .map_or(self.undirected, |value| value == "false" || value == "0");
                let marks = if undirected { EdgeMarks::UNDIRECTED } else { EdgeMarks::DIRECTED };
                let (source, target) = (need("source")?, need("target")?);
                self.edges.push(RawEdge { position, source, target, marks, strength: None, weight: None });
                self.inside = Inside::Edge;
            }
            "hyperedge" => return Err(Fault::new(position, "hyperedges are not read; join pairs of nodes")),
            "data" => {
                let key = need("key")?;
                self.data = Some((self.keys.get(&key).unwrap_or(&key).clone(), String::new()));
            }
            _ => {}
        }
        Ok(())
    }

    fn add_text(&mut self, text: &str) {
        if let Some((_, content)) = &mut self.data {
            content.push_str(text);
        }
    }

    fn close_data(&mut self, position: u64) -> Result<(), Fault> {
        let Some((name, text)) = self.data.take() else { return Ok(()) };
        let trimmed = text.trim();
        match (self.inside, name.as_str()) {
            (Inside::Node, "name") => {
                if let Some(node) = self.nodes.last_mut() {
                    node.name = Some(text);
                }
            }
            (Inside::Edge, "marks") => {
                let marks = EdgeMarks::parse(trimmed).ok_or_else(|| {
                    Fault::new(position, format!("`{trimmed}` is no edge; write for example `-->`"))
                })?;
                if let Some(edge) = self.edges.last_mut() {
                    edge.marks = marks;
                }
            }
            (Inside::Edge, "strength" | "weight") => {
                let number: Option<f64> = trimmed.parse().ok().filter(|number: &f64| number.is_finite());
                if number.is_none() && name == "strength" {
                    return Err(Fault::new(position, format!("strength `{trimmed}` is no finite number")));
                }
                if let Some(edge) = self.edges.last_mut() {
                    if name == "strength" {
                        edge.strength = number;
                    } else {
                        edge.weight = number;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn document(self) -> Result<GraphDocument, Fault> {
        if self.graphs == 0 {
            return Err(Fault::new(0, "no <graph> element"));
        }
        let by_name = self.nodes.iter().all(|node| node.name.is_some());
        let mut names = BTreeMap::new();
        let mut nodes = Vec::with_capacity(self.nodes.len());
        for RawNode { id, name } in self.nodes {
            let name = name.filter(|_| by_name).unwrap_or_else(|| id.clone());
            names.insert(id, name.clone());
            nodes.push(name);
        }
        let edges = self.edges.into_iter().map(|edge| {
            let name = |id: &str| {
                let unknown =
                    || Fault::new(edge.position, format!("the edge joins `{id}`, which is no node"));
                names.get(id).cloned().ok_or_else(unknown)
            };
            let strength = edge.strength.or(edge.weight);
            Ok(GraphEdge { a: name(&edge.source)?, b: name(&edge.target)?, marks: edge.marks, strength })
        });
        Ok(GraphDocument { nodes, edges: edges.collect::<Result<_, Fault>>()? })
    }
}

fn attributes(position: u64, element: &BytesStart<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut attributes = BTreeMap::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| Fault::new(position, error))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| Fault::new(position, error))?;
        attributes.insert(attribute.key.into_inner().to_owned(), value.into_owned());
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::any_document;
    use proptest::prelude::*;

    fn edges(document: &GraphDocument) -> Vec<String> {
        let edge = |edge: &GraphEdge| format!("{} {} {} {:?}", edge.a, edge.marks, edge.b, edge.strength);
        document.edges.iter().map(edge).collect()
    }

    /// As networkx 3 writes a weighted directed graph.
    const NETWORKX: &str = r#"<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
  <key id="d0" for="edge" attr.name="weight" attr.type="double" />
  <graph edgedefault="directed">
    <node id="a" />
    <node id="b&amp;c" />
    <edge source="a" target="b&amp;c">
      <data key="d0">0.5</data>
    </edge>
  </graph>
</graphml>"#;

    #[test]
    fn what_other_programs_write() {
        let document = GraphDocument::from_graphml(NETWORKX).unwrap();
        assert_eq!(document.nodes, ["a", "b&c"]);
        assert_eq!(edges(&document), ["a --> b&c Some(0.5)"]);
        // igraph: ids of its own, names as data.
        let igraph = r#"<graphml><key id="v_name" for="node" attr.name="name" attr.type="string"/>
            <graph id="G" edgedefault="undirected"><node id="n0"><data key="v_name">x&#32;1</data></node>
            <node id="n1"><data key="v_name"><![CDATA[<y>]]></data></node>
            <edge source="n1" target="n0"/><edge source="n0" target="n1" directed="true"/></graph></graphml>"#;
        let document = GraphDocument::from_graphml(igraph).unwrap();
        assert_eq!(document.nodes, ["x 1", "<y>"]);
        assert_eq!(edges(&document), ["<y> --- x 1 None", "x 1 --> <y> None"]);
    }

    #[test]
    fn refusals_name_the_line() {
        let says = |text: &str| GraphDocument::from_graphml(text).unwrap_err().to_string();
        let of = |body: &str| says(&format!("<graphml>\n<graph>\n{body}\n</graph>\n</graphml>"));
        assert_eq!(says(""), "GraphML, line 1: no <graph> element");
        assert_eq!(of("<node/>"), "GraphML, line 3: <node> has no `id`");
        assert_eq!(
            of("<node id=\"a\"/>\n<edge source=\"a\" target=\"b\"/>"),
            "GraphML, line 4: the edge joins `b`, which is no node"
        );
        assert!(of("<node id=\"a\"><graph/></node>").contains("more than one <graph>"));
        assert!(of("<hyperedge/>").starts_with("GraphML, line 3: hyperedges"));
        assert!(
            of("<node id=\"a\"/><edge source=\"a\" target=\"a\"><data key=\"marks\">?</data></edge>")
                .contains("`?` is no edge")
        );
        assert!(says("<graphml><graph>").contains("ends within"));
        assert!(of("</node>").starts_with("GraphML, line 3"));
        let control = GraphDocument { nodes: vec!["a\u{1}".into()], edges: vec![] };
        assert!(control.to_graphml().unwrap_err().to_string().contains("rename"));
    }

    proptest! {
        #[test]
        fn round_trips(document in any_document()) {
            let text = document.to_graphml().unwrap();
            prop_assert_eq!(GraphDocument::from_graphml(&text).unwrap(), document);
        }

        #[test]
        fn any_text_is_answered(text in ".*", cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let _ = GraphDocument::from_graphml(&text);
            let mut bytes = NETWORKX.as_bytes().to_vec();
            let at = cut.index(bytes.len());
            bytes[at] = byte;
            let _ = GraphDocument::from_graphml(&String::from_utf8_lossy(&bytes));
            let _ = GraphDocument::from_graphml(&String::from_utf8_lossy(&bytes[at..]));
            let _ = GraphDocument::from_graphml(&String::from_utf8_lossy(&bytes[..at]));
        }

        #[test]
        fn any_elements_are_answered(like in "(<(/)?(graphml|graph|node|edge|data|key|hyperedge)( (id|key|source|target)=\"[a&;]?\")?(/)?>|a|&amp;|&#0;|&x;|<!|]]>|\n){0,20}") {
            let _ = GraphDocument::from_graphml(&like);
        }
    }
}
