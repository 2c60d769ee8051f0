//! What one cell of a text table says: a number, nothing, or text.
//!
//! Every format that carries numbers as text comes through here, so that `n/a` means the same in a CSV file and in a
//! Parquet column of strings. The crate's front page lists the tokens.

/// The meaning of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell {
    /// A number; possibly infinite, never NaN.
    Number(f64),
    /// One of the tokens for a missing value.
    Missing,
    /// Anything else.
    Text,
}

const MISSING: [&str; 12] =
    ["na", "n/a", "#n/a", "<na>", "nan", "-nan", "+nan", "null", "none", "nil", "-", "?"];

/// Reads a cell without its quotes.
pub(crate) fn classify(bytes: &[u8]) -> Cell {
    let cell = bytes.trim_ascii();
    if cell.is_empty() || is_one_of(cell, &MISSING) {
        return Cell::Missing;
    }
    match fast_float2::parse::<f64, _>(cell) {
        Ok(value) if value.is_finite() => Cell::Number(value),
        // Digits that leave the range of f64 are not infinity.
        Ok(value) if value.is_infinite() && !cell.iter().any(u8::is_ascii_digit) => Cell::Number(value),
        _ if cell.eq_ignore_ascii_case(b"true") => Cell::Number(1.0),
        _ if cell.eq_ignore_ascii_case(b"false") => Cell::Number(0.0),
        _ => Cell::Text,
    }
}

/// A cell's number, with NaN for a missing one and `None` for text.
pub(crate) fn number(bytes: &[u8]) -> Option<f64> {
    match classify(bytes) {
        Cell::Number(value) => Some(value),
        Cell::Missing => Some(f64::NAN),
        Cell::Text => None,
    }
}

fn is_one_of(cell: &[u8], words: &[&str]) -> bool {
    cell.len() <= 5 && words.iter().any(|word| cell.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_missing_tokens_and_text_are_told_apart() {
        for (text, value) in [
            ("1", 1.0),
            (" -2.5e3 ", -2500.0),
            ("+7", 7.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("true", 1.0),
            ("False", 0.0),
            ("inf", f64::INFINITY),
            ("+Inf", f64::INFINITY),
            ("-inf", f64::NEG_INFINITY),
            ("Infinity", f64::INFINITY),
            ("-INFINITY", f64::NEG_INFINITY),
            ("1e-400", 0.0),
        ] {
            assert_eq!(classify(text.as_bytes()), Cell::Number(value), "{text}");
        }
        for text in [
            "", "  ", "NA", "n/a", "N/A", "#N/A", "<NA>", "NaN", "nan", "-nan", "null", "NULL", "None", "-",
            "?",
        ] {
            assert_eq!(classify(text.as_bytes()), Cell::Missing, "{text}");
        }
        for text in ["1,5", "1 000", "5ms", "0x1f", "1e999", "--", "abc", "1_000", "12%", "yes"] {
            assert_eq!(classify(text.as_bytes()), Cell::Text, "{text}");
        }
    }
}
