use crate::support::{Rng, assert_close};
use etiology_stats::{Moments, PairwiseMoments, std_dev};
use proptest::prelude::*;

fn columns(seed: u64, rows: usize, width: usize) -> Vec<Vec<f64>> {
    let mut rng = Rng::new(seed);
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for i in 0..width {
        let offset = 10.0 * i as f64;
        let column = (0..rows).map(|row| {
            let parent = if i == 0 { 0.0 } else { columns[i / 2][row] - 10.0 * (i / 2) as f64 };
            offset + 0.7 * parent + rng.normal()
        });
        let column = column.collect();
        columns.push(column);
    }
    columns
}

/// The textbook double sum.
fn naive_comoment(x: &[f64], y: &[f64], weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let mean = |v: &[f64]| v.iter().zip(weights).map(|(v, w)| v * w).sum::<f64>() / total;
    let (mx, my) = (mean(x), mean(y));
    x.iter().zip(y).zip(weights).map(|((x, y), w)| w * (x - mx) * (y - my)).sum()
}

fn assert_same(left: &Moments, right: &Moments, tolerance: f64) {
    assert_eq!(left.rows(), right.rows());
    assert_close(left.weight(), right.weight(), 1e-12);
    for (a, b) in left.means().iter().zip(right.means()) {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{a} {b}");
    }
    let scale = right.comoments().amax();
    assert!((left.comoments() - right.comoments()).amax() <= tolerance * scale);
}

/// `numpy.cov([[2.1, 2.5, 3.6, 4.0], [8, 10, 12, 14]])`.
#[test]
fn the_covariance_is_numpys() {
    let moments = Moments::from_columns(&[vec![2.1, 2.5, 3.6, 4.0], vec![8.0, 10.0, 12.0, 14.0]]).unwrap();
    let covariance = moments.covariance(1);
    assert_close(covariance[(0, 0)], 0.803_333_333_333_333_3, 1e-14);
    assert_close(covariance[(0, 1)], 2.266_666_666_666_667, 1e-14);
    assert_close(covariance[(1, 1)], 6.666_666_666_666_667, 1e-14);
}

/// More columns than a block and more rows than a panel, neither a multiple.
#[test]
fn blocks_hold_the_textbook_sums() {
    let data = columns(3, 1_111, 150);
    let moments = Moments::from_columns(&data).unwrap();
    let ones = vec![1.0; 1_111];
    for (i, j) in [(0, 0), (0, 149), (127, 128), (128, 127), (149, 149), (5, 60), (130, 140)] {
        let want = naive_comoment(&data[i], &data[j], &ones);
        assert!((moments.comoments()[(i, j)] - want).abs() < 1e-8 * 1_111.0, "{i} {j}");
        assert_eq!(moments.comoments()[(i, j)], moments.comoments()[(j, i)]);
    }
    assert_close(moments.covariance(0)[(7, 7)].sqrt(), std_dev(&data[7], 0).unwrap(), 1e-12);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let data = columns(4, 3_000, 300);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Moments::from_columns(&data).unwrap())
    };
    let one = run(1);
    assert!(one == run(2) && one == run(5));
}

#[test]
fn rows_columns_and_parts_agree() {
    let data = columns(5, 400, 6);
    let whole = Moments::from_columns(&data).unwrap();
    let mut pushed = Moments::new(6);
    for row in 0..400 {
        pushed.push(&data.iter().map(|column| column[row]).collect::<Vec<_>>()).unwrap();
    }
    assert_same(&pushed, &whole, 1e-12);
    let part = |range: std::ops::Range<usize>| {
        Moments::from_columns(&data.iter().map(|c| &c[range.clone()]).collect::<Vec<_>>()).unwrap()
    };
    let (a, b, c) = (part(0..1), part(1..250), part(250..400));
    let (mut left, mut right, mut tail) = (a.clone(), a, b.clone());
    left.merge(&b).unwrap();
    left.merge(&c).unwrap();
    tail.merge(&c).unwrap();
    right.merge(&tail).unwrap();
    assert_same(&left, &whole, 1e-12);
    assert_same(&right, &left, 1e-13);
    let mut with_nothing = whole.clone();
    with_nothing.merge(&Moments::new(6)).unwrap();
    assert_eq!(with_nothing, whole);
}

#[test]
fn a_weight_counts_as_equal_rows() {
    let data = columns(6, 60, 4);
    let weights: Vec<f64> = (0..60).map(|row| f64::from(row % 3)).collect();
    let weighted = Moments::from_weighted_columns(&data, &weights).unwrap();
    let repeat = |column: &Vec<f64>| {
        column
            .iter()
            .zip(&weights)
            .flat_map(|(&v, &w)| std::iter::repeat_n(v, w as usize))
            .collect::<Vec<_>>()
    };
    let repeated = Moments::from_columns(&data.iter().map(repeat).collect::<Vec<_>>()).unwrap();
    assert_close(weighted.weight(), repeated.weight(), 1e-15);
    assert!((weighted.comoments() - repeated.comoments()).amax() < 1e-10);
    let mut pushed = Moments::new(4);
    for row in 0..60 {
        let values: Vec<f64> = data.iter().map(|column| column[row]).collect();
        pushed.push_weighted(&values, weights[row]).unwrap();
    }
    assert_same(&pushed, &weighted, 1e-12);
    assert!(Moments::from_weighted_columns(&data, &vec![-1.0; 60]).is_err());
}

#[test]
fn a_large_offset_costs_no_digits() {
    let base = columns(7, 500, 2);
    let moved: Vec<Vec<f64>> = base.iter().map(|c| c.iter().map(|v| v + 1e9).collect()).collect();
    let (here, there) = (Moments::from_columns(&base).unwrap(), Moments::from_columns(&moved).unwrap());
    // An offset of 1e9 rounds the values themselves to 1e-7.
    assert!((here.correlation()[(0, 1)] - there.correlation()[(0, 1)]).abs() < 1e-7);
}

#[test]
fn degenerate_columns_are_named_and_harmless() {
    let good: Vec<f64> = (0..50).map(|i| f64::from(i * 7 % 50)).collect();
    let mut holed = good.clone();
    holed[3] = f64::NAN;
    let data = [
        good.clone(),
        vec![0.1; 50],
        holed,
        vec![f64::INFINITY; 50],
        vec![1e300; 50],
        good.iter().map(|v| v * 1e200).collect(),
    ];
    let moments = Moments::from_columns(&data).unwrap();
    assert_eq!(moments.degenerate(), [1, 2, 3, 4, 5]);
    assert!(moments.correlation().iter().chain(moments.comoments()).all(|v| v.is_finite()));
    let mut pushed = Moments::new(6);
    for row in 0..50 {
        pushed.push(&data.iter().map(|column| column[row]).collect::<Vec<_>>()).unwrap();
    }
    assert_eq!(pushed.degenerate(), [1, 2, 3, 4, 5]);
    pushed.merge(&moments).unwrap();
    assert_eq!(pushed.degenerate(), [1, 2, 3, 4, 5]);
    assert!(pushed.comoments().iter().all(|v| v.is_finite()));
    for empty in [Moments::new(0), Moments::from_columns::<Vec<f64>>(&[]).unwrap()] {
        assert_eq!(empty.correlation().len(), 0);
    }
    assert_eq!(Moments::from_columns(&[[], []] as &[[f64; 0]]).unwrap().degenerate(), [0, 1]);
    assert_eq!(Moments::from_columns(&[[1.0], [2.0]]).unwrap().degenerate(), [0, 1]);
    assert!(Moments::from_columns(&[vec![1.0], vec![]]).is_err());
    assert!(Moments::new(2).push(&[1.0]).is_err());
    assert!(Moments::new(2).merge(&Moments::new(3)).is_err());
}

#[test]
fn moments_survive_being_written() {
    let mut data = columns(8, 30, 5);
    data[4][2] = f64::NAN;
    let moments = Moments::from_columns(&data).unwrap();
    let text = serde_json::to_string(&moments).unwrap();
    assert_same(&serde_json::from_str::<Moments>(&text).unwrap(), &moments, 1e-15);
    assert!(serde_json::from_str::<Moments>(&text.replacen("\"upper\":[", "\"upper\":[1.0,", 1)).is_err());
    let pairwise = PairwiseMoments::from_columns(&data).unwrap();
    let text = serde_json::to_string(&pairwise).unwrap();
    assert!(
        (serde_json::from_str::<PairwiseMoments>(&text).unwrap().correlation() - pairwise.correlation())
            .amax()
            < 1e-14
    );
}

/// Each pair's numbers are those of [`Moments`] on the rows it shares.
#[test]
fn pairs_use_the_rows_they_share() {
    let mut data = columns(9, 700, 8);
    let mut rng = Rng::new(10);
    for column in &mut data[..6] {
        for value in column.iter_mut() {
            if rng.uniform() < 0.2 {
                *value = f64::NAN;
            }
        }
    }
    let pairwise = PairwiseMoments::from_columns(&data).unwrap();
    let mut merged =
        PairwiseMoments::from_columns(&data.iter().map(|c| &c[..123]).collect::<Vec<_>>()).unwrap();
    merged
        .merge(&PairwiseMoments::from_columns(&data.iter().map(|c| &c[123..]).collect::<Vec<_>>()).unwrap())
        .unwrap();
    assert!((merged.covariance(1) - pairwise.covariance(1)).amax() < 1e-10);
    for i in 0..8 {
        for j in 0..i {
            let rows: Vec<usize> =
                (0..700).filter(|&r| !data[i][r].is_nan() && !data[j][r].is_nan()).collect();
            let pick = |c: usize| rows.iter().map(|&r| data[c][r]).collect::<Vec<_>>();
            let want = Moments::from_columns(&[pick(i), pick(j)]).unwrap();
            assert_eq!(pairwise.count(i, j), rows.len() as f64);
            assert_close(pairwise.correlation()[(i, j)], want.correlation()[(0, 1)], 1e-10);
            assert_close(pairwise.covariance(1)[(j, i)], want.covariance(1)[(0, 1)], 1e-10);
        }
    }
    assert!(pairwise.degenerate().is_empty());
    let nothing =
        PairwiseMoments::from_columns(&[vec![f64::NAN; 5], vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![0.3; 5]])
            .unwrap();
    assert_eq!(nothing.degenerate(), [0, 2]);
    assert!(nothing.correlation().iter().all(|r| r.is_finite()));
}

proptest! {
    #[test]
    fn correlation_ignores_units_and_order(seed in 0u64..1000, scale in 1e-3..1e3f64, shift in -1e3..1e3f64) {
        let data = columns(seed, 40, 3);
        let moved = [
            data[2].iter().map(|v| v * scale + shift).collect::<Vec<_>>(),
            data[0].clone(),
            data[1].iter().map(|v| -v).collect(),
        ];
        let (here, there) = (Moments::from_columns(&data).unwrap().correlation(), Moments::from_columns(&moved).unwrap().correlation());
        prop_assert!((here[(2, 0)] - there[(0, 1)]).abs() < 1e-9);
        prop_assert!((here[(0, 1)] + there[(1, 2)]).abs() < 1e-9);
    }
}
