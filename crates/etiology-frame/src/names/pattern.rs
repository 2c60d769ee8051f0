//! Patterns of the table: words, `*`, `<class>` and `?`, written out into plain sequences of steps.

use super::words;

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// This word.
    Word(String),
    /// Any word of the class of this name.
    Class(String),
    /// One or more words.
    Star,
}

/// Parts that may be absent double the sequences; more than this many are a mistake.
const MOST_OPTIONAL: usize = 6;

/// The sequences of parts a pattern stands for, or what is wrong with it.
pub(super) fn parse(pattern: &str) -> Result<Vec<Vec<Part>>, &'static str> {
    let mut sequences: Vec<Vec<Part>> = vec![Vec::new()];
    let mut optional = 0;
    for piece in pattern.split(['_', '-', '.', ':', '/', ' ']).filter(|piece| !piece.is_empty()) {
        let (piece, may_be_absent) = match piece.strip_suffix('?') {
            Some(piece) => (piece, true),
            None => (piece, false),
        };
        let parts = self::parts(piece)?;
        let longer: Vec<_> =
            sequences.iter().map(|sequence| [sequence.as_slice(), &parts].concat()).collect();
        if may_be_absent {
            optional += 1;
            sequences.extend(longer);
        } else {
            sequences = longer;
        }
        if optional > MOST_OPTIONAL {
            return Err("it has more than 6 parts marked `?`; write two rows");
        }
    }
    if sequences.iter().any(Vec::is_empty) {
        return Err("it must have at least one word that may not be absent");
    }
    if sequences.iter().any(|sequence| sequence.first() == Some(&Part::Star)) {
        return Err(
            "it must not begin with `*`, which would swallow the entity; the entity needs no pattern",
        );
    }
    Ok(sequences)
}

fn parts(piece: &str) -> Result<Vec<Part>, &'static str> {
    if piece == "*" {
        return Ok(vec![Part::Star]);
    }
    if let Some(class) = piece.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        return Ok(vec![Part::Class(class.to_owned())]);
    }
    if piece.contains(['*', '<', '>', '?']) {
        return Err("`*`, `<class>` and `?` stand for whole words; set them apart with `_`");
    }
    let parts: Vec<Part> = words::split(piece).into_iter().map(|word| Part::Word(word.text)).collect();
    if parts.is_empty() { Err("it has a part without letters or digits") } else { Ok(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pattern: &str) -> Vec<String> {
        let show = |part: &Part| match part {
            Part::Word(word) => word.clone(),
            Part::Class(class) => format!("<{class}>"),
            Part::Star => "*".to_owned(),
        };
        parse(pattern)
            .unwrap()
            .iter()
            .map(|parts| parts.iter().map(show).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn patterns_are_written_out() {
        assert_eq!(written("node_memory_*_bytes"), ["node memory * bytes"]);
        assert_eq!(written("<phase>?_loss"), ["loss", "<phase> loss"]);
        assert_eq!(written("CpuUsage"), ["cpu usage"]);
        assert_eq!(written("vllm:num_*?"), ["vllm num", "vllm num *"]);
    }

    #[test]
    fn wrong_patterns_say_why() {
        for (pattern, why) in [
            ("", "at least one word"),
            ("a?", "at least one word"),
            ("*_util", "must not begin with `*`"),
            ("a?_*_b", "must not begin with `*`"),
            ("gpu*_util", "whole words"),
            ("<phase_loss", "whole words"),
            ("a_{}", "without letters"),
            ("x_a?_b?_c?_d?_e?_f?_g?", "more than 6"),
        ] {
            let found = parse(pattern).unwrap_err();
            assert!(found.contains(why), "{pattern}: {found}");
        }
    }
}
