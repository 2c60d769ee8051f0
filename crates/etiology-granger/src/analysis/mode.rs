//! The modes by name, and what each is.

use std::str::FromStr;

use serde::Serialize;

use crate::GrangerError;

/// A way to find lagged causes, by the name users write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Mode {
    /// Granger tests given all other series.
    #[default]
    Conditional,
    /// Granger tests of two series at a time.
    Pairwise,
    /// Granger tests that allow for unit roots.
    TodaYamamoto,
    /// Granger tests between groups of series.
    Block,
    /// Geweke's measure by frequency.
    Spectral,
    /// The test of Breitung and Candelon at one frequency.
    BreitungCandelon,
    /// PCMCI.
    Pcmci,
    /// PCMCI+.
    PcmciPlus,
    /// Optimal causation entropy.
    Ocse,
    /// Transfer entropy by nearest neighbours.
    TransferEntropy,
    /// Lasso Granger.
    Lasso,
    /// Group-lasso Granger.
    GroupLasso,
    /// VAR-LiNGAM.
    VarLingam,
    /// DYNOTEARS.
    Dynotears,
}

/// A mode's card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ModeCard {
    /// The name users write.
    pub name: &'static str,
    /// In one line, what it does.
    pub summary: &'static str,
    /// What a link is.
    pub finds: &'static str,
    /// What must hold for the answer to be right.
    pub assumes: &'static str,
    /// How its cost grows, for n rows, k series and L lags.
    pub complexity: &'static str,
    /// Where it is published.
    pub cites: &'static str,
}

/// Every mode with its card, in the order they are listed.
const CARDS: [(Mode, ModeCard); 14] = [
    (
        Mode::Conditional,
        ModeCard {
            name: "conditional",
            summary: "does the past of a series foretell another beyond the past of all others",
            finds: "lagged links with p-values",
            assumes: "linear effects, stationary series, no common cause left out, effects take at least one row",
            complexity: "O(n k^2 L + k^3 L^3)",
            cites: "Granger 1969, Econometrica 37; Geweke 1984, JASA 79",
        },
    ),
    (
        Mode::Pairwise,
        ModeCard {
            name: "pairwise",
            summary: "does the past of a series foretell another beyond its own past",
            finds: "lagged links with p-values, indirect ones too",
            assumes: "as conditional, and that no third series acts on both",
            complexity: "O(n k^2 L + k^2 L^3)",
            cites: "Granger 1969, Econometrica 37",
        },
    ),
    (
        Mode::TodaYamamoto,
        ModeCard {
            name: "toda-yamamoto",
            summary: "as conditional, with untested extra lags that allow for series with unit roots",
            finds: "lagged links with p-values",
            assumes: "as conditional, but integrated and cointegrated series are allowed",
            complexity: "O(n k^2 L + k^3 L^3)",
            cites: "Toda & Yamamoto 1995, Journal of Econometrics 66",
        },
    ),
    (
        Mode::Block,
        ModeCard {
            name: "block",
            summary: "does the past of a group of series foretell another group beyond the past of all others",
            finds: "links between groups with p-values",
            assumes: "as conditional",
            complexity: "O(n k^2 L^2 + k^3 L^3)",
            cites: "Luetkepohl 2005, section 3.6; Geweke 1982, JASA 77",
        },
    ),
    (
        Mode::Spectral,
        ModeCard {
            name: "spectral",
            summary: "the share of a series' power in a band that comes from the past of another, given all others",
            finds: "links with the measure's mean over the band; p-values by residual bootstrap",
            assumes: "as conditional",
            complexity: "a fit of the autoregression for each pair and resample",
            cites: "Geweke 1982, JASA 77, and 1984, JASA 79; Dhamala, Rangarajan & Ding 2008, NeuroImage 41",
        },
    ),
    (
        Mode::BreitungCandelon,
        ModeCard {
            name: "breitung-candelon",
            summary: "does the past of a series move another at one frequency, given all others",
            finds: "links with p-values",
            assumes: "as conditional; three lags or more",
            complexity: "O(n k^2 L^2 + k^3 L^3)",
            cites: "Breitung & Candelon 2006, Journal of Econometrics 132",
        },
    ),
    (
        Mode::Pcmci,
        ModeCard {
            name: "pcmci",
            summary: "selects the parents of each series, then tests each link given the parents of both ends",
            finds: "lagged links with p-values",
            assumes: "no common cause left out, effects take at least one row, faithfulness; linear effects with parcorr",
            complexity: "O(n k^2 L) and O(k^2 L) tests where parents are few",
            cites: "Runge, Nowack, Kretschmer, Flaxman & Sejdinovic 2019, Science Advances 5",
        },
    ),
    (
        Mode::PcmciPlus,
        ModeCard {
            name: "pcmci-plus",
            summary: "as pcmci, with links within the row, directed by colliders and time",
            finds: "lagged links, and a CPDAG within the row",
            assumes: "no common cause left out, faithfulness; linear effects with parcorr",
            complexity: "as pcmci, and exponential in the largest neighbourhood within the row",
            cites: "Runge 2020, UAI",
        },
    ),
    (
        Mode::Ocse,
        ModeCard {
            name: "ocse",
            summary: "adds to the parents of a series the past value that tells most, then removes what tells nothing",
            finds: "lagged links of any additive form, with the entropy they carry",
            assumes: "no common cause left out, effects take at least one row, causes whose effects add up",
            complexity: "O(k^2 L q) regressions for q parents a series",
            cites: "Sun, Taylor & Bollt 2015, SIAM Journal on Applied Dynamical Systems 14",
        },
    ),
    (
        Mode::TransferEntropy,
        ModeCard {
            name: "transfer-entropy",
            summary: "what the past of a series tells of another beyond its own past, by nearest neighbours",
            finds: "links of any form with p-values by permutation, indirect ones too",
            assumes: "stationary series, no third series that acts on both",
            complexity: "O(n log n) for each pair and resample",
            cites: "Schreiber 2000, Physical Review Letters 85; Kraskov, Stoegbauer & Grassberger 2004, Physical Review E 69",
        },
    ),
    (
        Mode::Lasso,
        ModeCard {
            name: "lasso",
            summary: "a penalised autoregression of each series on the past of all; more series than rows are no obstacle",
            finds: "lagged links with coefficients",
            assumes: "as conditional, and few causes a series",
            complexity: "O(n k^2 L) and O(k L) a step",
            cites: "Arnold, Liu & Abe 2007, KDD; Basu & Michailidis 2015, Annals of Statistics 43",
        },
    ),
    (
        Mode::GroupLasso,
        ModeCard {
            name: "group-lasso",
            summary: "as lasso, with all lags of a series kept or dropped together",
            finds: "links with coefficients",
            assumes: "as conditional, and few causes a series",
            complexity: "as lasso",
            cites: "Lozano, Abe, Liu & Rosset 2009, Bioinformatics 25",
        },
    ),
    (
        Mode::VarLingam,
        ModeCard {
            name: "var-lingam",
            summary: "vector autoregression whose residuals are unmixed by DirectLiNGAM; pruned by the adaptive lasso",
            finds: "lagged links and links within the row, with effects",
            assumes: "linear effects, non-Gaussian noise, no cycles within a row, no hidden common cause",
            complexity: "O(n k^2 L + n k^2 + k^4 L^3)",
            cites: "Hyvarinen, Zhang, Shimizu & Hoyer 2010, JMLR 11",
        },
    ),
    (
        Mode::Dynotears,
        ModeCard {
            name: "dynotears",
            summary: "penalised least squares over effects within the row and from the past, under a smooth acyclicity constraint",
            finds: "lagged links and links within the row, with effects",
            assumes: "linear effects, noise of equal variance in the units used, no cycles within a row, no hidden common cause",
            complexity: "O(k^3 L^2) an iteration",
            cites: "Pamfil et al. 2020, AISTATS",
        },
    ),
];

impl Mode {
    /// Every mode, in the order they are listed.
    pub fn all() -> impl Iterator<Item = Self> {
        CARDS.iter().map(|(mode, _)| *mode)
    }

    /// What it is.
    #[must_use]
    pub fn card(self) -> &'static ModeCard {
        // Every mode has a card, which a test asserts.
        CARDS.iter().find(|(mode, _)| *mode == self).map_or(&CARDS[0].1, |(_, card)| card)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.card().name
    }
}

impl FromStr for Mode {
    type Err = GrangerError;

    fn from_str(text: &str) -> Result<Self, GrangerError> {
        let plain = |name: &str| name.to_lowercase().replace(['_', ' ', '-'], "").replace('+', "plus");
        Self::all().find(|mode| plain(mode.name()) == plain(text)).ok_or_else(|| {
            let names: Vec<&str> = Self::all().map(Self::name).collect();
            GrangerError::Unsuitable {
                message: format!("there is no mode `{text}`; the modes are {}", names.join(", ")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for mode in Mode::all() {
            assert_eq!(mode.name().parse(), Ok(mode));
            assert_eq!(mode.name().to_uppercase().replace('-', "_").parse(), Ok(mode));
        }
        let said = "grangr".parse::<Mode>().map_err(|error| error.to_string());
        assert!(said.is_err_and(|text| text.contains("conditional, pairwise")));
    }
}
