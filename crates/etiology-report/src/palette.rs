//! Colour, or none: the one place that knows escape codes.
//!
//! A [`Palette`] is handed to every text function, so whether a terminal is there is decided once, by the caller.

use etiology_rank::Verdict;

/// Wraps words in escape codes, or leaves them as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    coloured: bool,
}

impl Palette {
    /// No escape codes: for files, pipes and `NO_COLOR`.
    #[must_use]
    pub fn plain() -> Self {
        Self { coloured: false }
    }

    /// The sixteen standard colours, which follow the terminal's own theme.
    #[must_use]
    pub fn coloured() -> Self {
        Self { coloured: true }
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(crate) fn accent(self, text: &str) -> String {
        self.wrap("36", text)
    }

    pub(crate) fn warning(self, text: &str) -> String {
        self.wrap("33", text)
    }

    /// Red where something is to be done, yellow where it is open, green where nothing is wrong.
    pub(crate) fn verdict(self, verdict: Verdict) -> String {
        let code = match verdict {
            Verdict::Confirmed | Verdict::Likely => "1;31",
            Verdict::Inconclusive => "1;33",
            Verdict::NoIncident => "1;32",
        };
        self.wrap(code, verdict.as_str())
    }
}
