//! Numbering of the joint states of a few discrete variables: mixed radix, the last variable changing fastest.

/// The most joint states that an enumeration may have.
pub(crate) const STATE_LIMIT: usize = 1 << 22;

/// Cardinalities of an ordered set of variables, with the number of their joint states.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Configurations {
    cardinalities: Vec<usize>,
    count: usize,
}

impl Configurations {
    /// `None` when the joint states cannot be numbered.
    pub(crate) fn new(cardinalities: Vec<usize>) -> Option<Self> {
        let count = cardinalities.iter().try_fold(1_usize, |count, &c| count.checked_mul(c))?;
        Some(Self { cardinalities, count })
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The number of a joint state.
    #[inline]
    pub(crate) fn index(&self, states: impl IntoIterator<Item = usize>) -> usize {
        states.into_iter().zip(&self.cardinalities).fold(0, |index, (state, c)| index * c + state)
    }

    /// The joint state of a number.
    pub(crate) fn states(&self, mut index: usize) -> Vec<usize> {
        let mut states = vec![0; self.cardinalities.len()];
        for (state, &c) in states.iter_mut().zip(&self.cardinalities).rev() {
            *state = index % c.max(1);
            index /= c.max(1);
        }
        states
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_states_are_inverse() {
        let configurations = Configurations::new(vec![2, 3, 4]).unwrap();
        for index in 0..24 {
            assert_eq!(configurations.index(configurations.states(index)), index);
        }
        assert_eq!(configurations.states(1), [0, 0, 1]);
        assert_eq!(Configurations::new(vec![]).unwrap().count(), 1);
        assert!(Configurations::new(vec![usize::MAX, 3]).is_none());
    }
}
