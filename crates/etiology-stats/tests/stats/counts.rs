//! Counts against a plain loop over the rows, on every path: bits, increments, renumbered groups, sorting.

use std::collections::BTreeMap;

use crate::support::Rng;
use etiology_stats::{Contingency, Counter, DiscreteColumn, DiscreteTable};
use proptest::prelude::*;

pub(crate) fn column(levels: usize, codes: Vec<u16>) -> DiscreteColumn {
    DiscreteColumn::new(codes, (0..levels).map(|level| level.to_string()).collect::<Vec<_>>()).unwrap()
}

/// Random columns of the given numbers of levels; a share of the values is missing.
pub(crate) fn table(seed: u64, rows: usize, levels: &[usize], missing: f64) -> DiscreteTable {
    let mut rng = Rng::new(seed);
    let columns = levels.iter().map(|&levels| {
        let code = |rng: &mut Rng| match rng.uniform() < missing {
            true => DiscreteColumn::MISSING,
            false => (rng.uniform() * levels as f64) as u16,
        };
        column(levels, (0..rows).map(|_| code(&mut rng)).collect())
    });
    DiscreteTable::new(columns.collect()).unwrap()
}

type Naive = BTreeMap<Vec<u16>, BTreeMap<(u16, u16), u64>>;

fn naive(table: &DiscreteTable, x: usize, y: usize, given: &[usize]) -> Naive {
    let mut counts = Naive::new();
    for row in 0..table.rows() {
        let code = |column: usize| table.columns()[column].codes()[row];
        let key: Vec<u16> = given.iter().map(|&member| code(member)).collect();
        if key.iter().chain(&[code(x), code(y)]).all(|&code| code != DiscreteColumn::MISSING) {
            *counts.entry(key).or_default().entry((code(x), code(y))).or_default() += 1;
        }
    }
    counts
}

fn assert_counts(contingency: &Contingency, want: &Naive) {
    assert_eq!(contingency.strata().len(), want.len());
    for (stratum, (key, cells)) in contingency.strata().iter().zip(want) {
        assert_eq!(&stratum.configuration, key);
        let cells: Vec<_> = cells.iter().map(|(&(x, y), &count)| (x, y, count)).collect();
        assert_eq!(stratum.cells, cells);
        assert!(cells.iter().all(|&(x, y, count)| stratum.count(x, y) == count));
    }
}

fn assert_family(
    table: &DiscreteTable,
    session: &mut etiology_stats::CountSession<'_>,
    child: usize,
    parents: &[usize],
) {
    let family = session.family(child, parents).unwrap();
    let got: Vec<Vec<u64>> =
        family.rows().map(|row| row.iter().map(|&count| u64::from(count)).collect()).collect();
    let mut want = Vec::new();
    for cells in naive(table, child, child, parents).values() {
        let mut row = vec![0; table.cardinality(child)];
        cells.iter().for_each(|(&(code, _), &count)| row[usize::from(code)] += count);
        want.push(row);
    }
    assert_eq!(got, want, "{child} {parents:?}");
    assert_eq!(
        family.configurations(),
        parents.iter().map(|&p| table.cardinality(p) as f64).product::<f64>()
    );
}

#[test]
fn every_path_counts_the_same() {
    for missing in [0.0, 0.1] {
        let table = table(1, 700, &[2, 2, 3, 4, 9, 40, 300, 2000, 1], missing);
        let counter = Counter::new(&table).unwrap();
        let mut session = counter.session();
        let mut rng = Rng::new(2);
        for _ in 0..300 {
            let size = (rng.uniform() * 5.0) as usize;
            let mut order: Vec<usize> = (0..9).collect();
            for i in (1..9).rev() {
                order.swap(i, (rng.uniform() * (i + 1) as f64) as usize);
            }
            let (x, y, given) = (order[0], order[1], &order[2..2 + size]);
            assert_counts(&session.contingency(x, y, given).unwrap(), &naive(&table, x, y, given));
            assert_family(&table, &mut session, x, given);
        }
    }
}

#[test]
fn parts_merge_into_the_whole() {
    let levels = [3, 2, 5, 4];
    let whole = table(3, 300, &levels, 0.05);
    let part = |rows: std::ops::Range<usize>| {
        let columns = whole.columns().iter().zip(levels);
        let columns = columns.map(|(c, levels)| column(levels, c.codes()[rows.clone()].to_vec())).collect();
        Counter::new(&DiscreteTable::new(columns).unwrap())
            .unwrap()
            .session()
            .contingency(0, 1, &[2, 3])
            .unwrap()
    };
    let want = Counter::new(&whole).unwrap().session().contingency(0, 1, &[2, 3]).unwrap();
    let mut merged = part(0..10);
    merged.merge(&part(10..200)).unwrap();
    merged.merge(&part(200..300)).unwrap();
    assert_eq!(merged, want);
    let text = serde_json::to_string(&want).unwrap();
    assert_eq!(serde_json::from_str::<Contingency>(&text).unwrap(), want);
    let other = Counter::new(&whole).unwrap().session().contingency(0, 1, &[3, 2]).unwrap();
    assert!(merged.merge(&other).is_err());
}

#[test]
fn hostile_tables() {
    let nothing = Counter::new(&DiscreteTable::new(vec![]).unwrap()).unwrap();
    assert!(nothing.session().family(0, &[]).is_none());
    let empty = Counter::new(&table(1, 0, &[2, 3], 0.0)).unwrap();
    assert_eq!(empty.session().family(0, &[1]).unwrap().rows().count(), 0);
    assert_eq!(empty.session().contingency(0, 1, &[]).unwrap().total(), 0);
    let unlevelled =
        Counter::new(&DiscreteTable::new(vec![column(0, vec![]), column(0, vec![])]).unwrap()).unwrap();
    assert_eq!(unlevelled.session().family(0, &[1]).unwrap().rows().count(), 0);
    let missing = Counter::new(&table(1, 9, &[2, 3, 4], 1.1)).unwrap();
    assert_eq!(missing.session().family(0, &[1, 2]).unwrap().rows().count(), 0);
    // Ten thousand levels, each seen about once: counted, or refused when the table would not fit.
    let wide = table(4, 10_000, &[10_000, 10_000, 10_000, 2], 0.0);
    let counter = Counter::new(&wide).unwrap();
    let mut session = counter.session();
    assert_family(&wide, &mut session, 3, &[0, 1, 2]);
    assert!(session.family(0, &[1, 2]).is_none());
    assert!(session.family(0, &[9]).is_none());
    assert!(session.contingency(3, 9, &[]).is_none());
    assert_counts(&session.contingency(0, 1, &[2]).unwrap(), &naive(&wide, 0, 1, &[2]));
}

proptest! {
    #[test]
    fn any_table(seed in 0u64..10_000, rows in 0usize..150, a in 1usize..6, b in 1usize..20, c in 1usize..70, missing in 0.0..0.5f64) {
        let table = table(seed, rows, &[a, b, c], missing);
        let counter = Counter::new(&table).unwrap();
        let mut session = counter.session();
        for (x, y, given) in [(0, 1, &[][..]), (0, 1, &[2]), (2, 1, &[0]), (1, 0, &[2]), (1, 1, &[2, 0])] {
            assert_counts(&session.contingency(x, y, given).unwrap(), &naive(&table, x, y, given));
            assert_family(&table, &mut session, x, given);
        }
    }
}
