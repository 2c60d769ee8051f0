//! [`Parked`]: operators that one semi-directed path (or a full degree) keeps from being valid. They wait in groups, each filed under
//! every step of the paths that block it, and come back when one of these steps is gone, so that none is tried twice in vain.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::operator::Operator;

/// A step `a, b` of a path; `a, a` stands for the degree of `a`.
pub(super) type Step = (usize, usize);

#[derive(Debug, Default)]
pub(super) struct Parked {
    groups: Vec<Vec<Operator>>,
    /// Looked up by step only; its own order reaches nothing.
    by_step: HashMap<Step, Vec<usize>, BuildHasherDefault<StepHasher>>,
    undo: Vec<Undo>,
    trying: bool,
}

#[derive(Debug)]
enum Undo {
    Filed(Step),
    Taken(Step, Vec<usize>),
    Woken(usize, Vec<Operator>),
    Joined(usize),
}

impl Parked {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Begins a trial, of which everything can be taken back.
    pub(super) fn begin(&mut self) -> usize {
        self.trying = true;
        self.groups.len()
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
                Undo::Woken(group, operators) => self.groups[group] = operators,
                Undo::Joined(group) => {
                    self.groups[group].pop();
                }
            }
        }
        self.groups.truncate(mark);
        self.trying = false;
    }

    /// A new group without operators or steps.
    pub(super) fn group(&mut self) -> usize {
        self.groups.push(Vec::new());
        self.groups.len() - 1
    }

    pub(super) fn park(&mut self, operator: Operator, group: usize) {
        self.groups[group].push(operator);
        if self.trying {
            self.undo.push(Undo::Joined(group));
        }
    }

    /// Lets a group come back when a step is gone.
    pub(super) fn file(&mut self, group: usize, step: Step) {
        self.by_step.entry(step).or_default().push(group);
        if self.trying {
            self.undo.push(Undo::Filed(step));
        }
    }

    /// The operators filed under a step, which is gone.
    pub(super) fn wake(&mut self, step: Step, out: &mut Vec<Operator>) {
        let Some(list) = self.by_step.get_mut(&step) else { return };
        let list = std::mem::take(list);
        for &group in &list {
            let operators = std::mem::take(&mut self.groups[group]);
            out.extend_from_slice(&operators);
            if self.trying && !operators.is_empty() {
                self.undo.push(Undo::Woken(group, operators));
            }
        }
        if self.trying && !list.is_empty() {
            self.undo.push(Undo::Taken(step, list));
        }
    }
}

/// Two multiplications a step; the keys are node numbers, not input to be guarded against.
#[derive(Debug, Default)]
pub(super) struct StepHasher(u64);

impl Hasher for StepHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_usize(usize::from(byte)));
    }

    fn write_usize(&mut self, word: usize) {
        self.0 = (self.0.rotate_left(29) ^ word as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}
