//! The ends of an edge, and how a pair of them is written.

use std::fmt;

/// What stands at one end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mark {
    /// `-`: this node is a cause of the other (in an ancestral graph: an ancestor of it or of the selection).
    Tail,
    /// `>`: this node does not cause the other.
    Arrow,
    /// `o`: not decided.
    Circle,
}

/// Both ends of an edge between `a` and `b`, read from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeMarks {
    /// The mark at `a`.
    pub at_a: Mark,
    /// The mark at `b`.
    pub at_b: Mark,
}

impl EdgeMarks {
    /// `a --> b`.
    pub const DIRECTED: Self = Self { at_a: Mark::Tail, at_b: Mark::Arrow };
    /// `a --- b`.
    pub const UNDIRECTED: Self = Self { at_a: Mark::Tail, at_b: Mark::Tail };
    /// `a <-> b`.
    pub const BIDIRECTED: Self = Self { at_a: Mark::Arrow, at_b: Mark::Arrow };
    /// `a o-o b`.
    pub const UNDECIDED: Self = Self { at_a: Mark::Circle, at_b: Mark::Circle };

    /// The same edge read from the other end.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { at_a: self.at_b, at_b: self.at_a }
    }

    /// Reads `-->`, `<--`, `---`, `<->`, `o->`, `<-o`, `o-o`, `o--`, `--o`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [left, b'-', right] = *text.as_bytes() else { return None };
        let at_a = match left {
            b'-' => Mark::Tail,
            b'<' => Mark::Arrow,
            b'o' => Mark::Circle,
            _ => return None,
        };
        let at_b = match right {
            b'-' => Mark::Tail,
            b'>' => Mark::Arrow,
            b'o' => Mark::Circle,
            _ => return None,
        };
        Some(Self { at_a, at_b })
    }
}

impl fmt::Display for EdgeMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = match self.at_a {
            Mark::Tail => '-',
            Mark::Arrow => '<',
            Mark::Circle => 'o',
        };
        let right = match self.at_b {
            Mark::Tail => '-',
            Mark::Arrow => '>',
            Mark::Circle => 'o',
        };
        write!(f, "{left}-{right}")
    }
}
