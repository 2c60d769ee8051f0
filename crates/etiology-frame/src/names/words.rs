//! Cutting names into lower-case words, the same way for names and for patterns.

/// One word of a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Where it begins in the name, in bytes.
    pub(super) start: usize,
    /// The word in lower case.
    pub(super) text: String,
}

/// The words of a name: runs of letters and digits, cut again where `CamelCase` begins a word, and `%`. A decimal
/// point between digits stays inside its word.
pub(super) fn split(name: &str) -> Vec<Word> {
    let chars: Vec<(usize, char)> = name.char_indices().collect();
    let at = |i: usize| chars.get(i).map(|&(_, c)| c);
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for (i, &(start, c)) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(at);
        if !belongs(before, c, at(i + 1)) {
            open = false;
            continue;
        }
        if !open || begins_word(before, c, at(i + 1)) {
            words.push(Word { start, text: String::new() });
        }
        if let Some(word) = words.last_mut() {
            word.text.extend(c.to_lowercase());
        }
        open = c != '%';
    }
    words
}

fn belongs(before: Option<char>, c: char, after: Option<char>) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    c.is_alphanumeric() || c == '%' || (c == '.' && digit(before) && digit(after))
}

/// Whether `c` begins a word although the character before it belongs to one: `cpuUsage`, `GPUUtil`, `P99Latency`.
fn begins_word(before: Option<char>, c: char, after: Option<char>) -> bool {
    let lower_next = after.is_some_and(char::is_lowercase);
    let Some(before) = before else { return true };
    if c == '%' || before == '%' {
        return true;
    }
    c.is_uppercase()
        && (before.is_lowercase()
            || (before.is_uppercase() && lower_next)
            || (before.is_numeric() && lower_next))
}

/// A name without the unit written in brackets at its end, and that unit: `MemoryUsage(Mi)`, `power.draw [W]`.
pub(super) fn bracketed(name: &str) -> (&str, Option<&str>) {
    let inside = |open: char, close: char| -> Option<(&str, &str)> {
        let (head, unit) = name.trim_end().strip_suffix(close)?.rsplit_once(open)?;
        let unit = unit.trim();
        let head = head.trim_end();
        let plain = !unit.is_empty() && !unit.contains(['(', ')', '[', ']', '{', '}', '"']);
        (plain && unit.len() <= LONGEST_UNIT && !head.is_empty()).then_some((head, unit))
    };
    match inside('(', ')').or_else(|| inside('[', ']')) {
        Some((head, unit)) => (head, Some(unit)),
        None => (name, None),
    }
}

const LONGEST_UNIT: usize = 24;

/// A number as names write it: `0`, `99`, `99.9`.
pub(super) fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// A percentile that says so: `p99`, `q50`, `p99.9`, `99th`.
pub(super) fn is_percentile(word: &str) -> bool {
    let number = match word.strip_prefix(['p', 'q']) {
        Some(rest) => rest,
        None => word.strip_suffix("th").unwrap_or_default(),
    };
    number.len() <= 6 && is_number(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(name: &str) -> Vec<String> {
        split(name).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_end_at_separators_and_camel_case() {
        for (name, words) in [
            ("DCGM_FI_DEV_GPU_UTIL", &["dcgm", "fi", "dev", "gpu", "util"][..]),
            ("PodClientLatencyP90", &["pod", "client", "latency", "p90"]),
            ("node_netstat_IpExt_InOctets", &["node", "netstat", "ip", "ext", "in", "octets"]),
            ("GPUUtil", &["gpu", "util"]),
            ("P99Latency", &["p99", "latency"]),
            ("grad_2.0_norm", &["grad", "2.0", "norm"]),
            ("a.b", &["a", "b"]),
            ("cpu_%", &["cpu", "%"]),
            ("cpu%", &["cpu", "%"]),
            ("%%", &["%", "%"]),
            ("_:/", &[]),
            ("", &[]),
            ("Größe_Δt", &["größe", "δt"]),
        ] {
            assert_eq!(texts(name), words, "{name}");
        }
    }

    #[test]
    fn a_unit_in_brackets_comes_off() {
        assert_eq!(bracketed("MemoryUsage(Mi)"), ("MemoryUsage", Some("Mi")));
        assert_eq!(bracketed("power.draw [W]"), ("power.draw", Some("W")));
        assert_eq!(bracketed("(s)"), ("(s)", None));
        assert_eq!(bracketed("x()"), ("x()", None));
        assert_eq!(bracketed("x)("), ("x)(", None));
    }

    #[test]
    fn percentiles_are_told_from_other_words() {
        for yes in ["p99", "q5", "p99.9", "99th"] {
            assert!(is_percentile(yes), "{yes}");
        }
        for no in ["99", "p", "th", "pod", "p9x", ""] {
            assert!(!is_percentile(no), "{no}");
        }
    }
}
