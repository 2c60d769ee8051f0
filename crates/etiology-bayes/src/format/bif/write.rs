//! Writes BIF in the dialect of the bnlearn repository.

use std::fmt::Write;

use super::lexer::ends_word;
use crate::DiscreteNetwork;

/// Writes a network as BIF. Numbers have all their digits, so [`crate::read_bif`] gives the same network back.
#[must_use]
pub fn write_bif(network: &DiscreteNetwork) -> String {
    let mut out = String::from("network unknown {\n}\n");
    // Writing to a string cannot fail.
    let _ = write_network(&mut out, network);
    out
}

fn write_network(out: &mut String, network: &DiscreteNetwork) -> std::fmt::Result {
    for node in 0..network.len() {
        let states: Vec<String> = network.states(node).iter().map(|state| quoted(state)).collect();
        let (name, count) = (quoted(network.name(node)), states.len());
        writeln!(out, "variable {name} {{\n  type discrete [ {count} ] {{ {} }};\n}}", states.join(", "))?;
    }
    for node in 0..network.len() {
        write!(out, "probability ( {}", quoted(network.name(node)))?;
        for (i, &parent) in network.parents(node).iter().enumerate() {
            write!(out, "{}{}", if i == 0 { " | " } else { ", " }, quoted(network.name(parent)))?;
        }
        out.push_str(" ) {\n");
        let parents = network.parents(node);
        let states: Vec<Vec<String>> =
            parents.iter().map(|&p| network.states(p).iter().map(|state| quoted(state)).collect()).collect();
        let mut configuration = vec![0; parents.len()];
        for row in 0..network.rows(node) {
            if parents.is_empty() {
                out.push_str("  table");
            } else {
                for (i, &state) in configuration.iter().enumerate() {
                    write!(out, "{}{}", if i == 0 { "  (" } else { ", " }, states[i][state])?;
                }
                out.push(')');
            }
            for (i, value) in network.row(node, row).iter().enumerate() {
                write!(out, "{}{value}", if i == 0 { " " } else { ", " })?;
            }
            out.push_str(";\n");
            for (i, state) in configuration.iter_mut().enumerate().rev() {
                *state += 1;
                if *state < network.cardinality(parents[i]) {
                    break;
                }
                *state = 0;
            }
        }
        out.push_str("}\n");
    }
    Ok(())
}

/// The name, in quotes if a reader would not take it for one word.
fn quoted(name: &str) -> String {
    let keyword =
        matches!(name, "network" | "variable" | "probability" | "property" | "type" | "table" | "default");
    let plain = !name.is_empty() && !keyword && !name.contains("//") && !name.contains("/*");
    if plain && !name.bytes().any(|byte| ends_word(byte) || byte == b'\\') {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
