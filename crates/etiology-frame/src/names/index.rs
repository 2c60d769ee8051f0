//! A trie of patterns over words, walked from a name's last word towards its first.
//!
//! One walk reports every position from which some pattern matches all words up to the end, in time linear in the
//! name (the set of open nodes stays small: a star is one node that keeps itself open).

use std::collections::HashMap;

/// A word as the trie sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// Its number in the table's vocabulary, when some pattern mentions it.
    pub(super) word: Option<u32>,
    /// The classes it is in, a bit each.
    pub(super) classes: u64,
}

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// This word.
    Word(u32),
    /// Any word of this class.
    Class(u32),
    /// One or more words.
    Star,
}

#[derive(Debug, Clone, Default)]
struct Node {
    classes: Vec<(u32, usize)>,
    star: Option<usize>,
    /// Consumes any further word and stays open.
    is_star: bool,
    /// A star lies on the way here.
    wide: bool,
    row: Option<usize>,
}

/// One pattern that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    /// The word it begins at.
    pub(super) first: usize,
    /// The row it belongs to.
    pub(super) row: usize,
    /// Whether the pattern has a star.
    pub(super) wide: bool,
}

/// The trie; rows are numbers that mean something to its owner.
#[derive(Debug, Clone)]
pub(super) struct Index {
    nodes: Vec<Node>,
    words: HashMap<(usize, u32), usize>,
}

impl Index {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::default()], words: HashMap::new() }
    }

    /// Adds a pattern for `row`. When another row already has this very pattern, `keeps(old, row)` says whether the
    /// old one stays.
    pub(super) fn insert(&mut self, steps: &[Step], row: usize, keeps: impl Fn(usize, usize) -> bool) {
        let mut at = 0;
        for step in steps.iter().rev() {
            at = self.child(at, *step);
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.row = match node.row {
                Some(old) if keeps(old, row) => Some(old),
                _ => Some(row),
            };
        }
    }

    fn child(&mut self, at: usize, step: Step) -> usize {
        let new = self.nodes.len();
        let is_star = step == Step::Star;
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let wide = node.wide || is_star;
        let child = match step {
            Step::Word(word) => *self.words.entry((at, word)).or_insert(new),
            Step::Class(class) => match node.classes.iter().find(|(c, _)| *c == class) {
                Some((_, child)) => *child,
                None => {
                    node.classes.push((class, new));
                    new
                }
            },
            Step::Star => *node.star.get_or_insert(new),
        };
        if child == new {
            self.nodes.push(Node { is_star, wide, ..Node::default() });
        }
        child
    }

    /// Calls `found` for each pattern that matches all words from some word to the end, longer and longer ones in turn.
    pub(super) fn scan(&self, tokens: &[Token], mut found: impl FnMut(Match)) {
        let (mut open, mut next) = (vec![0], Vec::new());
        for (first, token) in tokens.iter().enumerate().rev() {
            next.clear();
            for &at in &open {
                self.follow(at, *token, &mut next);
            }
            if next.is_empty() {
                return;
            }
            next.sort_unstable();
            next.dedup();
            for node in next.iter().filter_map(|&at| self.nodes.get(at)) {
                if let Some(row) = node.row {
                    found(Match { first, row, wide: node.wide });
                }
            }
            std::mem::swap(&mut open, &mut next);
        }
    }

    fn follow(&self, at: usize, token: Token, next: &mut Vec<usize>) {
        let Some(node) = self.nodes.get(at) else { return };
        next.extend(token.word.and_then(|word| self.words.get(&(at, word))));
        next.extend(
            node.classes.iter().filter(|(class, _)| token.classes >> class & 1 == 1).map(|(_, child)| child),
        );
        next.extend(node.star);
        if node.is_star {
            next.push(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(index: &Index, words: &[u32]) -> Vec<(usize, usize)> {
        let tokens: Vec<_> =
            words.iter().map(|&word| Token { word: Some(word), classes: u64::from(word == 7) }).collect();
        let mut found = Vec::new();
        index.scan(&tokens, |m| found.push((m.first, m.row)));
        found
    }

    #[test]
    fn every_match_that_reaches_the_end_is_reported() {
        let mut index = Index::new();
        index.insert(&[Step::Word(1)], 0, |_, _| true);
        index.insert(&[Step::Word(2), Step::Word(1)], 1, |_, _| true);
        index.insert(&[Step::Word(2), Step::Star], 2, |_, _| true);
        index.insert(&[Step::Word(3), Step::Star, Step::Word(1)], 3, |_, _| true);
        index.insert(&[Step::Class(0)], 4, |_, _| true);
        assert_eq!(matches(&index, &[9, 1]), [(1, 0)]);
        assert_eq!(matches(&index, &[9, 2, 1]), [(2, 0), (1, 1), (1, 2)]);
        assert_eq!(matches(&index, &[3, 1]), [(1, 0)], "a star is at least one word");
        assert_eq!(matches(&index, &[3, 9, 9, 1]), [(3, 0), (0, 3)]);
        assert_eq!(matches(&index, &[7]), [(0, 4)]);
        assert_eq!(matches(&index, &[]), []);
    }
}
