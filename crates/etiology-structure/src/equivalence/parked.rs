//! [`Parked`]: operators that one semi-directed path (or a full degree) keeps from being valid. Each is filed under every
//! step of the path found and comes back when one of these steps is gone, so that no operator is tried twice in vain.

use std::collections::HashMap;

use super::operator::Operator;

/// A step `a, b` of a path; `a, a` stands for the degree of `a`.
pub(super) type Step = (usize, usize);

#[derive(Debug, Default)]
pub(super) struct Parked {
    operators: Vec<(Operator, bool)>,
    /// Looked up by step only; its own order reaches nothing.
    by_step: HashMap<Step, Vec<usize>>,
    undo: Vec<Undo>,
    trying: bool,
}

#[derive(Debug)]
enum Undo {
    Filed(Step),
    Taken(Step, Vec<usize>),
    Woken(usize),
}

impl Parked {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Begins a trial, of which everything can be taken back.
    pub(super) fn begin(&mut self) -> usize {
        self.trying = true;
        self.operators.len()
    }

    /// Keeps what the trial changed.
    pub(super) fn keep(&mut self) {
        self.trying = false;
        self.undo.clear();
    }

    /// Takes back what the trial changed; `mark` is what [`Parked::begin`] gave.
    pub(super) fn rollback(&mut self, mark: usize) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Filed(step) => {
                    if let Some(list) = self.by_step.get_mut(&step) {
                        list.pop();
                    }
                }
                Undo::Taken(step, list) => {
                    self.by_step.insert(step, list);
                }
                Undo::Woken(at) => self.operators[at].1 = true,
            }
        }
        self.operators.truncate(mark);
        self.trying = false;
    }

    pub(super) fn park(&mut self, operator: Operator, steps: impl IntoIterator<Item = Step>) {
        let at = self.operators.len();
        self.operators.push((operator, true));
        for step in steps {
            self.by_step.entry(step).or_default().push(at);
            if self.trying {
                self.undo.push(Undo::Filed(step));
            }
        }
    }

    /// The operators filed under a step, which is gone.
    pub(super) fn wake(&mut self, step: Step, out: &mut Vec<Operator>) {
        let Some(list) = self.by_step.get_mut(&step) else { return };
        let list = std::mem::take(list);
        for &at in &list {
            let (operator, asleep) = &mut self.operators[at];
            if std::mem::take(asleep) {
                out.push(*operator);
                if self.trying {
                    self.undo.push(Undo::Woken(at));
                }
            }
        }
        if self.trying && !list.is_empty() {
            self.undo.push(Undo::Taken(step, list));
        }
    }
}
