//! Reading graphs and networks by their extension; `.gz` is unpacked.

use std::io::Read;
use std::path::Path;

use etiology::bayes::{Network, read_bif, read_xmlbif};
use etiology::graph::{Dag, GraphDocument, consistent_extension};

use crate::failure::Failure;

/// Reads a Bayesian network: `.bif`, `.xml` (XMLBIF) or `.json`.
pub(crate) fn read_network(path: &Path) -> Result<Network, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::at(path, error);
    let text = read_text(path)?;
    match extension(path).as_str() {
        "bif" => Ok(Network::Discrete(read_bif(&text).map_err(|e| wrong(&e))?)),
        "xml" | "xmlbif" | "bifxml" => Ok(Network::Discrete(read_xmlbif(&text).map_err(|e| wrong(&e))?)),
        "json" => Network::from_json(&text).map_err(|e| wrong(&e)),
        other => Err(wrong(&format!("`.{other}` is no format of networks; use .bif, .xml or .json"))),
    }
}

/// A graph to fit.
pub(crate) struct GivenGraph {
    pub(crate) dag: Dag,
    /// The states of each node, where the graph came with a network of categories.
    pub(crate) states: Option<Vec<Vec<String>>>,
    pub(crate) note: Option<String>,
}

/// Reads a graph as a DAG: `.json`, `.dot`, `.graphml`, or the structure and states of a `.bif` or `.xml` network. A graph with
/// undirected edges is directed without new colliders or cycles, which the note says.
pub(crate) fn read_dag(path: &Path) -> Result<GivenGraph, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::at(path, error);
    let document = match extension(path).as_str() {
        "json" => GraphDocument::from_json(&read_text(path)?),
        "dot" | "gv" => GraphDocument::from_dot(&read_text(path)?),
        "graphml" => GraphDocument::from_graphml(&read_text(path)?),
        "bif" | "xml" | "xmlbif" | "bifxml" => {
            let network = read_network(path)?;
            let states = (0..network.dag().len()).map(|node| network.states(node).map(<[_]>::to_vec));
            let states = states.collect();
            return Ok(GivenGraph { dag: network.dag().clone(), states, note: None });
        }
        other => {
            let known = ".json, .dot, .graphml, .bif or .xml";
            return Err(wrong(&format!("`.{other}` is no format of graphs; use {known}")));
        }
    };
    let graph = document.and_then(|document| document.to_pdag()).map_err(|e| wrong(&e))?;
    let undirected = graph.edges().filter(|(_, _, marks)| marks.to_string() == "---").count();
    let dag = consistent_extension(&graph).map_err(|e| wrong(&e))?;
    let note = (undirected > 0).then(|| {
        format!("{undirected} undirected edges were directed without new colliders; the fit is the same for every way to do so")
    });
    Ok(GivenGraph { dag, states: None, note })
}

/// The last extension, `.gz` aside, in lower case.
pub(crate) fn extension(path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map(|(_, extension)| extension.to_owned()).unwrap_or_default()
}

fn read_text(path: &Path) -> Result<String, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::at(path, format!("cannot be read: {error}"));
    let bytes = std::fs::read(path).map_err(|e| wrong(&e))?;
    let bytes = if bytes.starts_with(b"\x1f\x8b") {
        let mut unpacked = Vec::new();
        let mut decoder = flate2::read::MultiGzDecoder::new(bytes.as_slice());
        decoder.read_to_end(&mut unpacked).map_err(|e| wrong(&e))?;
        unpacked
    } else {
        bytes
    };
    String::from_utf8(bytes).map_err(|_| Failure::at(path, "is not UTF-8 text; convert it first"))
}
