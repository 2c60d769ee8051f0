//! [`KnowledgeDocument`]: background knowledge as people write it, by name.
//!
//! ```json
//! { "tiers": [["gpu*_temp"], ["gpu*_clock"], ["step_time"]],
//!   "required": [["gpu0_temp", "gpu0_clock"]],
//!   "forbidden": [["train_loss", "*"]],
//!   "forbidden_within": [["batch_size", "learning_rate"]] }
//! ```

use std::collections::BTreeSet;

use etiology_graph::Nodes;
use serde::{Deserialize, Serialize};

use crate::{Knowledge, StructureError};

/// Statements on edges by column name; `*` in a name stands for any characters, so one statement can cover many columns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnowledgeDocument {
    /// Groups in order of time or of cause: no edge from a later group to an earlier one.
    pub tiers: Vec<Vec<String>>,
    /// Edges `[from, to]` that are in every answer.
    pub required: Vec<[String; 2]>,
    /// Edges `[from, to]` that are in none.
    pub forbidden: Vec<[String; 2]>,
    /// Groups without edges among their members.
    pub forbidden_within: Vec<Vec<String>>,
}

impl KnowledgeDocument {
    /// The statements over `nodes`. A name that is in `left_out` instead is passed over and returned in the second result;
    /// a pattern may match nothing, a plain name must be known.
    ///
    /// # Errors
    /// When a plain name is neither in `nodes` nor in `left_out`, or statements contradict each other.
    pub fn resolve(
        &self,
        nodes: &Nodes,
        left_out: &[&str],
    ) -> Result<(Knowledge, Vec<String>), StructureError> {
        let mut passed_over = BTreeSet::new();
        let mut find = |name: &String| -> Result<Vec<usize>, StructureError> {
            if name.contains('*') {
                return Ok((0..nodes.len()).filter(|&v| name_matches(name, nodes.name(v))).collect());
            }
            match nodes.index_of(name) {
                Some(node) => Ok(vec![node]),
                None if left_out.contains(&name.as_str()) => {
                    passed_over.insert(name.clone());
                    Ok(Vec::new())
                }
                None => Err(StructureError::Knowledge {
                    message: format!("`{name}` is not a column; correct the name, or use `*` for a pattern"),
                }),
            }
        };
        let mut group = |names: &[String]| -> Result<Vec<usize>, StructureError> {
            Ok(names.iter().map(&mut find).collect::<Result<Vec<_>, _>>()?.concat())
        };
        let mut known = Knowledge::none(nodes.clone());
        let tiers = self.tiers.iter().map(|tier| group(tier)).collect::<Result<Vec<_>, _>>()?;
        if let Some(twice) = repeated(&tiers) {
            let message = format!("`{}` stands in two tiers; keep it in one", nodes.name(twice));
            return Err(StructureError::Knowledge { message });
        }
        known = known.tiers(&tiers)?;
        for names in &self.forbidden_within {
            known = known.forbid_within(&group(names)?)?;
        }
        for (edges, required) in [(&self.forbidden, false), (&self.required, true)] {
            for [from, to] in edges {
                let (sources, targets) =
                    (group(std::slice::from_ref(from))?, group(std::slice::from_ref(to))?);
                for (&a, &b) in sources.iter().flat_map(|a| targets.iter().map(move |b| (a, b))) {
                    let by_pattern = from.contains('*') || to.contains('*');
                    if a == b && by_pattern {
                        continue;
                    }
                    known = if required { known.require(a, b)? } else { known.forbid(a, b)? };
                }
            }
        }
        Ok((known, passed_over.into_iter().collect()))
    }
}

fn repeated(groups: &[Vec<usize>]) -> Option<usize> {
    let mut seen = BTreeSet::new();
    groups.iter().find_map(|group| {
        let distinct: BTreeSet<usize> = group.iter().copied().collect();
        distinct.into_iter().find(|&member| !seen.insert(member))
    })
}

/// Whether `name` has the form of `pattern`, in which `*` stands for any characters.
#[must_use]
pub fn name_matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Nodes {
        Nodes::new(["gpu0_temp", "gpu1_temp", "gpu0_clock", "loss"]).unwrap()
    }

    fn document(text: &str) -> KnowledgeDocument {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("gpu*_temp", "gpu12_temp", true),
            ("gpu*_temp", "gpu_temp", true),
            ("gpu*_temp", "gpu0_temperature", false),
            ("*", "anything", true),
            ("*a*b", "xaybzb", true),
            ("*a*b", "xbya", false),
            ("plain", "plain", true),
            ("plain", "plainer", false),
            ("aa*aa", "aaa", false),
        ] {
            assert_eq!(name_matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn names_become_statements() {
        let text = r#"{"tiers": [["gpu*_temp"], ["gpu0_clock", "gone"]], "required": [["gpu0_temp", "gpu0_clock"]],
            "forbidden": [["loss", "*"]], "forbidden_within": [["gpu*_temp"]]}"#;
        let (known, passed_over) = document(text).resolve(&nodes(), &["gone"]).unwrap();
        assert_eq!(passed_over, ["gone"]);
        assert!(known.requires(0, 2) && !known.allows(2, 1) && !known.allows_adjacency(0, 1));
        assert!((0..3).all(|v| !known.allows(3, v) && known.allows(v, 3)));
    }

    #[test]
    fn contradictions_and_unknown_names_are_refused() {
        let refuse = |text: &str| document(text).resolve(&nodes(), &[]).unwrap_err().to_string();
        assert!(refuse(r#"{"required": [["los", "gpu0_temp"]]}"#).contains("`los` is not a column"));
        assert!(refuse(r#"{"tiers": [["loss"], ["lo*"]]}"#).contains("two tiers"));
        let clash = refuse(r#"{"tiers": [["gpu0_temp"], ["loss"]], "required": [["loss", "gpu0_temp"]]}"#);
        assert!(clash.contains("both required and forbidden"), "{clash}");
        assert!(serde_json::from_str::<KnowledgeDocument>(r#"{"teirs": []}"#).is_err());
    }
}
