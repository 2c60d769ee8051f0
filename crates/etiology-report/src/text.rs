//! Helpers every report shares: numbers, wrapped sentences, tables, JSON.

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// Columns a report keeps to.
pub(crate) const WIDTH: usize = 96;

/// A value as one indented JSON document that ends in a newline. Infinite numbers become null, as JSON has none.
///
/// # Errors
/// When the value cannot be written as JSON, which no type of this workspace does.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(value).map(|text| text + "\n")
}

/// A number in at most four significant digits, in scientific form when it is very large or very small.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() || value.is_infinite() || size == 0.0 {
        return if size == 0.0 { "0".to_owned() } else { value.to_string() };
    }
    if !(1e-3..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = match size {
        s if s >= 1000.0 => 0,
        s if s >= 100.0 => 1,
        s if s >= 10.0 => 2,
        s if s >= 1.0 => 3,
        s if s >= 0.1 => 4,
        _ => 5,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Breaks `text` at spaces into lines of at most `width` characters; a longer word stands alone.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut room = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if length < room => {
                line.push(' ');
                line.push_str(word);
                room -= length + 1;
            }
            _ => {
                lines.push(word.to_owned());
                room = width.saturating_sub(length);
            }
        }
    }
    lines
}

/// `text` wrapped at [`WIDTH`], its first line after `head` and the others below it.
pub(crate) fn hang(head: &str, text: &str, out: &mut String) {
    let indent = head.chars().count();
    let lines = wrap(text, WIDTH.saturating_sub(indent));
    for (index, line) in lines.iter().enumerate() {
        match index {
            0 => out.push_str(head),
            _ => out.extend(std::iter::repeat_n(' ', indent)),
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// A borderless table with a line under its header.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().copied());
    table
}

/// The table as lines without trailing blanks.
pub(crate) fn lines_of(table: &Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// `1 row`, `2 rows`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits_and_no_noise() {
        let said: Vec<String> =
            [0.0, 1.0, 0.25, 12.3456, 1234.5, 0.000_012_3, 2.5e9, -0.5, f64::INFINITY].map(number).into();
        assert_eq!(said, ["0", "1", "0.25", "12.35", "1234", "1.23e-5", "2.50e9", "-0.5", "inf"]);
    }

    #[test]
    fn sentences_break_at_spaces_and_long_words_stand_alone() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a unbreakable b", 5), ["a", "unbreakable", "b"]);
        assert!(wrap("  ", 5).is_empty());
    }
}
