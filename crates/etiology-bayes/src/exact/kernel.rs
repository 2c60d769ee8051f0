//! Products and sums of tables: the one hot loop of exact inference.
//!
//! [`combine_scaled`] walks over the joint states of a scope, multiplies all tables that bear on it and adds the products up in each
//! of its sinks. The product itself is never stored: the walk goes block by block, a block being the trailing variables of
//! the scope (at most [`BLOCK`] cells, so that it stays in the first cache), and memory is that of the inputs and sinks. How a
//! table lies over a block is worked out once ([`Pattern`]); from block to block only its start moves.
//!
//! Variables are numbered by their place in the elimination order and scopes are ascending. What is summed out therefore
//! stands in front, and long runs of a block match long runs of a message.

use std::borrow::Cow;

/// Most cells of a block, unless one variable has more states.
const BLOCK: usize = 512;

/// From this length on, runs are handled run by run; shorter ones cell by cell.
const RUN: usize = 8;

/// Most tables in one product; numbers down to 1e-9 do not make it underflow.
const MANY: usize = 32;

/// Numbers over the joint states of some variables, the last variable fastest. They stand for `values * 2^exponent`.
#[derive(Debug, Clone)]
pub(super) struct Table<'t> {
    pub(super) vars: Vec<usize>,
    pub(super) values: Cow<'t, [f64]>,
}

/// Where products are added up, or their maximum taken.
#[derive(Debug)]
pub(super) struct Sink {
    pub(super) vars: Vec<usize>,
    pub(super) values: Vec<f64>,
    maximum: bool,
}

impl Sink {
    /// A sink over `vars`, an ascending part of the scope. `cards` holds the number of states of every variable.
    pub(super) fn new(vars: Vec<usize>, cards: &[usize], maximum: bool) -> Self {
        let cells = vars.iter().map(|&v| cards[v]).product();
        Self { vars, values: vec![0.0; cells], maximum }
    }

    /// Scales by a power of two so that the largest value lies in `[1, 2)`, which no rounding attends, and gives the table
    /// with the exponent that was taken out. All zeros stay so.
    pub(super) fn into_table(mut self) -> (Table<'static>, i64) {
        let exponent = rescale(&mut self.values);
        (Table { vars: self.vars, values: Cow::Owned(self.values) }, exponent)
    }
}

/// Divides by the power of two under the largest value; gives its exponent.
pub(super) fn rescale(values: &mut [f64]) -> i64 {
    let largest = values.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 || !largest.is_finite() {
        return 0;
    }
    // The exponent of a subnormal number is only bounded by this; scaling it by as much as can be is enough.
    let exponent = i64::try_from((largest.to_bits() >> 52) & 0x7ff).unwrap_or(0) - 1023;
    let exponent = exponent.clamp(-1022, 1022);
    if exponent != 0 {
        let scale = 2.0_f64.powi(i32::try_from(-exponent).unwrap_or(0));
        for value in values {
            *value *= scale;
        }
    }
    exponent
}

/// [`combine`] for any number of factors: many are first multiplied in groups and rescaled, since the product of many small
/// numbers underflows. Gives the exponent that was taken out.
pub(super) fn combine_scaled(
    cards: &[usize],
    scope: &[usize],
    factors: &[&Table<'_>],
    sinks: &mut [Sink],
) -> i64 {
    if factors.len() <= MANY {
        combine(cards, scope, factors, sinks);
        return 0;
    }
    // Neighbours in this order are over the same or similar variables.
    let mut sorted = factors.to_vec();
    sorted.sort_by(|a, b| a.vars.cmp(&b.vars));
    let (mut products, mut taken_out) = (Vec::new(), 0);
    for group in sorted.chunks(MANY) {
        let mut vars: Vec<usize> = group.iter().flat_map(|table| &table.vars).copied().collect();
        vars.sort_unstable();
        vars.dedup();
        let mut sinks = [Sink::new(vars.clone(), cards, false)];
        combine(cards, &vars, group, &mut sinks);
        let [sink] = sinks;
        let (product, exponent) = sink.into_table();
        products.push(product);
        taken_out += exponent;
    }
    taken_out + combine_scaled(cards, scope, &products.iter().collect::<Vec<_>>(), sinks)
}

/// Adds the product of `factors` over every joint state of `scope` to each sink. `O(cells * (factors + sinks))`.
///
/// `cards` holds the number of states of every variable; the scope is ascending and contains every variable of the factors
/// and sinks.
fn combine(cards: &[usize], scope: &[usize], factors: &[&Table<'_>], sinks: &mut [Sink]) {
    let scope_cards: Vec<usize> = scope.iter().map(|&v| cards[v]).collect();
    let (mut split, mut cells) = (scope.len(), 1);
    while split > 0 && (cells * scope_cards[split - 1] <= BLOCK || cells == 1) {
        split -= 1;
        cells *= scope_cards[split];
    }
    let (outer, inner) = scope_cards.split_at(split);
    let place = |vars: &[usize]| Placed::new(scope, cards, vars, split, inner);
    let mut sources: Vec<(Placed, &[f64])> = factors.iter().map(|f| (place(&f.vars), &*f.values)).collect();
    // Those that do not vary within a block come first and are one number a block.
    sources.sort_by_key(|(placed, _)| !matches!(placed.pattern, Pattern::Constant));
    let constant =
        sources.iter().take_while(|(placed, _)| matches!(placed.pattern, Pattern::Constant)).count();
    let mut targets: Vec<Placed> = sinks.iter().map(|sink| place(&sink.vars)).collect();
    let mut block = vec![0.0; cells];
    let mut index = vec![0; outer.len()];
    loop {
        let scale: f64 = sources[..constant].iter().map(|(placed, values)| values[placed.at]).product();
        if scale != 0.0 {
            fill(&mut block, scale, &sources[constant..]);
            for (placed, sink) in targets.iter().zip(sinks.iter_mut()) {
                if sink.maximum {
                    placed.maximise(&block, &mut sink.values);
                } else {
                    placed.add(&block, &mut sink.values);
                }
            }
        }
        let mut axis = outer.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            index[axis] += 1;
            let placed = sources.iter_mut().map(|(placed, _)| placed).chain(&mut targets);
            if index[axis] < outer[axis] {
                placed.for_each(|placed| placed.at += placed.steps[axis]);
                break;
            }
            index[axis] = 0;
            placed.for_each(|placed| placed.at -= placed.steps[axis] * (outer[axis] - 1));
        }
    }
}

fn fill(block: &mut [f64], scale: f64, sources: &[(Placed, &[f64])]) {
    block.fill(scale);
    for (placed, values) in sources {
        placed.multiply(block, values);
    }
}

/// How a table lies over a scope.
struct Placed {
    /// Where the block starts in the table.
    at: usize,
    /// How far the start moves with each variable before the block.
    steps: Vec<usize>,
    pattern: Pattern,
}

/// How a table lies over a block.
enum Pattern {
    /// One cell of the table for the whole block.
    Constant,
    /// Cell by cell in the same order.
    Same,
    /// Runs of equal length, each a run of the table that starts at an offset.
    Runs { length: usize, offsets: Vec<usize> },
    /// Runs of equal length, each over one cell of the table.
    Repeats { length: usize, offsets: Vec<usize> },
    /// An offset per cell.
    Cells(Vec<usize>),
}

impl Placed {
    fn new(scope: &[usize], cards: &[usize], vars: &[usize], split: usize, inner: &[usize]) -> Self {
        let mut steps = vec![0; scope.len()];
        let mut step = 1;
        for &v in vars.iter().rev() {
            if let Ok(position) = scope.binary_search(&v) {
                steps[position] = step;
            }
            step *= cards[v];
        }
        let pattern = Pattern::new(inner, &steps[split..]);
        steps.truncate(split);
        Self { at: 0, steps, pattern }
    }

    #[inline]
    fn multiply(&self, block: &mut [f64], values: &[f64]) {
        let values = &values[self.at..];
        match &self.pattern {
            Pattern::Constant => block.iter_mut().for_each(|x| *x *= values[0]),
            Pattern::Same => block.iter_mut().zip(values).for_each(|(x, y)| *x *= y),
            Pattern::Runs { length, offsets } => {
                for (run, &offset) in block.chunks_exact_mut(*length).zip(offsets) {
                    run.iter_mut().zip(&values[offset..offset + length]).for_each(|(x, y)| *x *= y);
                }
            }
            Pattern::Repeats { length, offsets } => {
                for (run, &offset) in block.chunks_exact_mut(*length).zip(offsets) {
                    let y = values[offset];
                    run.iter_mut().for_each(|x| *x *= y);
                }
            }
            Pattern::Cells(offsets) => block.iter_mut().zip(offsets).for_each(|(x, &o)| *x *= values[o]),
        }
    }

    #[inline]
    fn add(&self, block: &[f64], values: &mut [f64]) {
        let values = &mut values[self.at..];
        match &self.pattern {
            Pattern::Constant => values[0] += sum(block),
            Pattern::Same => values.iter_mut().zip(block).for_each(|(x, y)| *x += y),
            Pattern::Runs { length, offsets } => {
                for (run, &offset) in block.chunks_exact(*length).zip(offsets) {
                    values[offset..offset + length].iter_mut().zip(run).for_each(|(x, y)| *x += y);
                }
            }
            Pattern::Repeats { length, offsets } => {
                for (run, &offset) in block.chunks_exact(*length).zip(offsets) {
                    values[offset] += sum(run);
                }
            }
            Pattern::Cells(offsets) => block.iter().zip(offsets).for_each(|(y, &o)| values[o] += y),
        }
    }

    fn maximise(&self, block: &[f64], values: &mut [f64]) {
        let values = &mut values[self.at..];
        let raise = |x: &mut f64, y: f64| *x = x.max(y);
        match &self.pattern {
            Pattern::Constant => block.iter().for_each(|&y| raise(&mut values[0], y)),
            Pattern::Same => values.iter_mut().zip(block).for_each(|(x, &y)| raise(x, y)),
            Pattern::Runs { length, offsets } => {
                for (run, &offset) in block.chunks_exact(*length).zip(offsets) {
                    values[offset..offset + length].iter_mut().zip(run).for_each(|(x, &y)| raise(x, y));
                }
            }
            Pattern::Repeats { length, offsets } => {
                for (run, &offset) in block.chunks_exact(*length).zip(offsets) {
                    run.iter().for_each(|&y| raise(&mut values[offset], y));
                }
            }
            Pattern::Cells(offsets) => {
                block.iter().zip(offsets).for_each(|(&y, &o)| raise(&mut values[o], y));
            }
        }
    }
}

impl Pattern {
    fn new(cards: &[usize], steps: &[usize]) -> Self {
        if steps.iter().all(|&step| step == 0) {
            return Self::Constant;
        }
        // The longest run at the end, of following cells or of one cell.
        let run = |follows: bool| {
            let (mut axis, mut length) = (cards.len(), 1);
            while axis > 0 && (cards[axis - 1] == 1 || steps[axis - 1] == if follows { length } else { 0 }) {
                axis -= 1;
                length *= cards[axis];
            }
            (axis, length)
        };
        let (follow, repeat) = (run(true), run(false));
        if follow.0 == 0 {
            Self::Same
        } else if follow.1 >= RUN {
            Self::Runs { length: follow.1, offsets: offsets(&cards[..follow.0], &steps[..follow.0]) }
        } else if repeat.1 >= RUN {
            Self::Repeats { length: repeat.1, offsets: offsets(&cards[..repeat.0], &steps[..repeat.0]) }
        } else {
            Self::Cells(offsets(cards, steps))
        }
    }
}

/// The offset of every joint state, the last axis fastest.
pub(super) fn offsets(cards: &[usize], steps: &[usize]) -> Vec<usize> {
    let mut offsets = Vec::with_capacity(cards.iter().product());
    offsets.push(0);
    // Grow from the last axis to the first, each time repeating what is there.
    for (&card, &step) in cards.iter().zip(steps).rev() {
        let length = offsets.len();
        for state in 1..card {
            for i in 0..length {
                let offset = offsets[i] + state * step;
                offsets.push(offset);
            }
        }
    }
    offsets
}

/// A sum with eight running parts, which the processor adds side by side.
fn sum(values: &[f64]) -> f64 {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut parts = [0.0; 8];
    for chunk in chunks {
        for (part, value) in parts.iter_mut().zip(chunk) {
            *part += value;
        }
    }
    parts.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same sums, cell by cell.
    fn by_force(
        cards: &[usize],
        scope: &[usize],
        factors: &[Table<'_>],
        vars: &[usize],
        maximum: bool,
    ) -> Vec<f64> {
        let place = |state: &[usize], vars: &[usize]| vars.iter().fold(0, |at, &v| at * cards[v] + state[v]);
        let mut result = vec![0.0; vars.iter().map(|&v| cards[v]).product()];
        for mut cell in 0..scope.iter().map(|&v| cards[v]).product() {
            let mut state = vec![0; cards.len()];
            for &v in scope.iter().rev() {
                state[v] = cell % cards[v];
                cell /= cards[v];
            }
            let product: f64 = factors.iter().map(|f| f.values[place(&state, &f.vars)]).product();
            let target: &mut f64 = &mut result[place(&state, vars)];
            *target = if maximum { target.max(product) } else { *target + product };
        }
        result
    }

    fn vars(max: usize) -> impl Strategy<Value = Vec<usize>> {
        proptest::sample::subsequence((0..max).collect::<Vec<_>>(), 0..=max)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn equals_the_sum_cell_by_cell(
            cards in proptest::collection::vec(1..6_usize, 6),
            scopes in proptest::collection::vec(vars(6).prop_shuffle(), 0..4),
            sink in vars(6),
            maximum: bool,
            seed in 0..1000_u64,
        ) {
            let scope: Vec<usize> = (0..6).collect();
            let mut random = seed;
            let mut next = || {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                f64::from(u32::try_from(random >> 40).unwrap() % 8)
            };
            let factors: Vec<Table<'_>> = scopes.into_iter().map(|vars| {
                let cells = vars.iter().map(|&v| cards[v]).product();
                Table { vars, values: (0..cells).map(|_| next()).collect::<Vec<_>>().into() }
            }).collect();
            let mut sinks = [Sink::new(sink.clone(), &cards, maximum)];
            combine(&cards, &scope, &factors.iter().collect::<Vec<_>>(), &mut sinks);
            prop_assert_eq!(&sinks[0].values, &by_force(&cards, &scope, &factors, &sink, maximum));
        }
    }

    #[test]
    fn scaling_is_exact_and_leaves_zeros() {
        let mut values = vec![0.3e-200, 0.1e-200, 0.0];
        let exponent = rescale(&mut values);
        assert!((1.0..2.0).contains(&values[0]) && values[2] == 0.0);
        let back = 2.0_f64.powi(i32::try_from(exponent).unwrap());
        assert!((values[1] * back).to_bits() == 0.1e-200_f64.to_bits());
        assert_eq!(rescale(&mut [0.0, 0.0]), 0);
        assert_eq!(rescale(&mut []), 0);
    }
}
