//! [`PrefixCholesky`]: the Cholesky factor of a principal block of one symmetric matrix, kept between calls. Searches ask
//! for sets that begin alike (`{a, b}`, then `{a, b, c}`), so only the rows after the common prefix are computed: a node
//! appended to `k` others costs `k^2 / 2` multiplications instead of `k^3 / 6`.

/// A row-major symmetric matrix.
#[derive(Debug, Clone)]
pub(super) struct Symmetric {
    width: usize,
    values: Vec<f64>,
}

impl Symmetric {
    /// Takes `width * width` values; the caller has made them symmetric.
    pub(super) fn new(width: usize, values: Vec<f64>) -> Self {
        Self { width, values }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.width..(i + 1) * self.width]
    }
}

/// Buffers of [`PrefixCholesky::partial`], which leaves its answers in `own` and `shared`.
#[derive(Debug, Default)]
pub(super) struct Partial {
    solved: Vec<f64>,
    node: Vec<f64>,
    /// The variance of each node that the block leaves unexplained.
    pub(super) own: Vec<f64>,
    /// The covariance of each node with the asked one given the block.
    pub(super) shared: Vec<f64>,
}

/// The factor of the block of `members`, rows packed one after the other, diagonals stored inverted.
#[derive(Debug)]
pub(super) struct PrefixCholesky<'a> {
    matrix: &'a Symmetric,
    /// A Schur complement at or below this is singular.
    tolerance: f64,
    members: Vec<usize>,
    /// Row `i` starts at `i (i + 1) / 2`.
    rows: Vec<f64>,
    scratch: Vec<f64>,
}

impl<'a> PrefixCholesky<'a> {
    pub(super) fn new(matrix: &'a Symmetric, tolerance: f64) -> Self {
        Self { matrix, tolerance, members: Vec::new(), rows: Vec::new(), scratch: Vec::new() }
    }

    /// Factors the block of `members`; false when it is singular.
    pub(super) fn factor(&mut self, members: &[usize]) -> bool {
        let common = self.members.iter().zip(members).take_while(|(a, b)| a == b).count();
        self.members.truncate(common);
        self.rows.truncate(common * (common + 1) / 2);
        members[common..].iter().all(|&node| self.push(node))
    }

    /// The variance of `node` that the factored block leaves unexplained: the Schur complement.
    pub(super) fn residual(&mut self, node: usize) -> f64 {
        let mut z = std::mem::take(&mut self.scratch);
        let residual = self.solve(node, &mut z);
        self.scratch = z;
        residual
    }

    /// `z = L^-1 m[members, node]`; returns the Schur complement `m[node, node] - z . z`.
    pub(super) fn solve(&self, node: usize, z: &mut Vec<f64>) -> f64 {
        let row = self.matrix.row(node);
        z.clear();
        let mut residual = row[node];
        let mut start = 0;
        for (i, &member) in self.members.iter().enumerate() {
            let factor = &self.rows[start..=start + i];
            let dot: f64 = factor.iter().zip(z.iter()).map(|(a, b)| a * b).sum();
            let value = (row[member] - dot) * factor[i];
            residual -= value * value;
            z.push(value);
            start += i + 1;
        }
        residual
    }

    /// For every node `x` at once: the row `L^-1 m[members, x]` folded into its unexplained variance and its covariance with
    /// `node` given the block. `k^2 / 2` passes over rows of the matrix, which the processor takes several entries a step.
    pub(super) fn partial(&self, node: usize, buffers: &mut Partial) {
        let width = self.matrix.width();
        let z = &mut buffers.node;
        self.solve(node, z);
        buffers.solved.resize(self.members.len() * width, 0.0);
        buffers.shared.clear();
        buffers.shared.extend_from_slice(self.matrix.row(node));
        buffers.own.clear();
        buffers.own.extend((0..width).map(|x| self.matrix.values[x * width + x]));
        let mut start = 0;
        for (i, &member) in self.members.iter().enumerate() {
            let (done, rest) = buffers.solved.split_at_mut(i * width);
            let current = &mut rest[..width];
            current.copy_from_slice(self.matrix.row(member));
            for (j, factor) in self.rows[start..start + i].iter().enumerate() {
                for (value, before) in current.iter_mut().zip(&done[j * width..(j + 1) * width]) {
                    *value -= factor * before;
                }
            }
            let inverse = self.rows[start + i];
            for ((value, own), shared) in current.iter_mut().zip(&mut buffers.own).zip(&mut buffers.shared) {
                *value *= inverse;
                *own -= *value * *value;
                *shared -= *value * z[i];
            }
            start += i + 1;
        }
    }

    /// Logarithm of the determinant of the factored block.
    pub(super) fn log_determinant(&self) -> f64 {
        (0..self.members.len()).map(|i| -2.0 * self.rows[i * (i + 3) / 2].ln()).sum()
    }

    fn push(&mut self, node: usize) -> bool {
        let mut z = std::mem::take(&mut self.scratch);
        let residual = self.solve(node, &mut z);
        let regular = residual > self.tolerance;
        if regular {
            self.rows.extend_from_slice(&z);
            self.rows.push(1.0 / residual.sqrt());
            self.members.push(node);
        }
        self.scratch = z;
        regular
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_reused_without_changing_the_answer() {
        let values = vec![4.0, 2.0, 0.6, 2.0, 3.0, 0.4, 0.6, 0.4, 2.0];
        let matrix = Symmetric::new(3, values);
        let mut kept = PrefixCholesky::new(&matrix, 1e-12);
        for (members, node) in [(&[0][..], 2), (&[0, 1], 2), (&[1], 0), (&[1, 2], 0), (&[], 1), (&[0, 2], 1)]
        {
            let mut fresh = PrefixCholesky::new(&matrix, 1e-12);
            assert!(kept.factor(members) && fresh.factor(members));
            assert_eq!(kept.residual(node).to_bits(), fresh.residual(node).to_bits());
            assert_eq!(kept.log_determinant().to_bits(), fresh.log_determinant().to_bits());
        }
        assert!(kept.factor(&[0, 1]));
        assert!((kept.log_determinant() - 8f64.ln()).abs() < 1e-14);
        assert!(
            (kept.residual(2) - (2.0 - (0.6 * 0.6 * 3.0 - 2.0 * 0.6 * 0.4 * 2.0 + 0.4 * 0.4 * 4.0) / 8.0))
                .abs()
                < 1e-14
        );
    }

    #[test]
    fn a_singular_block_is_refused_and_leaves_the_factor_usable() {
        let matrix = Symmetric::new(3, vec![1.0, 1.0, 0.5, 1.0, 1.0, 0.5, 0.5, 0.5, 1.0]);
        let mut block = PrefixCholesky::new(&matrix, 1e-10);
        assert!(!block.factor(&[0, 1]));
        assert!(block.factor(&[0, 2]) && (block.log_determinant() - 0.75f64.ln()).abs() < 1e-15);
    }
}
