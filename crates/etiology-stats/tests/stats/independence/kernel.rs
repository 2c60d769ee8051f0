use crate::oracle::numbers;
use crate::support::{Rng, assert_close};
use etiology_stats::{IndependenceTest, KernelTest};

/// causal-learn 0.1.4.9's `kci` on the first 300 rows.
#[test]
fn causal_learns_kci() {
    let Some((_, columns)) = numbers("data/lg_er_p20_n2000_s1.csv") else { return };
    let columns: Vec<&[f64]> = columns.iter().map(|column| &column[..300]).collect();
    let test = KernelTest::new(&columns).unwrap();
    let mut session = test.session();
    assert_close(session.test(0, 1, &[]).unwrap().p_value, 0.8150626797450968, 1e-9);
    assert!(session.test(0, 6, &[]).unwrap().p_value < 1e-12);
    assert!(session.test(3, 14, &[1]).unwrap().p_value < 1e-12);
}

fn columns(seed: u64, rows: usize) -> Vec<Vec<f64>> {
    let mut rng = Rng::new(seed);
    let z: Vec<f64> = (0..rows).map(|_| rng.normal()).collect();
    let bent = |rng: &mut Rng| z.iter().map(|z| z.sin() + 0.5 * rng.normal()).collect::<Vec<_>>();
    let (x, y, w) = (bent(&mut rng), bent(&mut rng), (0..rows).map(|_| rng.normal()).collect());
    vec![x, y, z, w]
}

#[test]
fn the_order_of_questions_and_of_the_pair_and_units_change_nothing() {
    let data = columns(1, 70);
    let test = KernelTest::new(&data).unwrap();
    let moved: Vec<Vec<f64>> = data.iter().map(|c| c.iter().map(|v| 1e3 * v - 4.0).collect()).collect();
    let there = KernelTest::new(&moved).unwrap();
    let mut session = test.session();
    for given in [&[][..], &[2], &[2, 3], &[3], &[]] {
        let one = session.test(0, 1, given).unwrap();
        assert_eq!(Some(one), test.session().test(0, 1, given));
        assert_close(session.test(1, 0, given).unwrap().p_value, one.p_value, 1e-9);
        assert_close(there.session().test(0, 1, given).unwrap().p_value, one.p_value, 1e-6);
    }
}

#[test]
fn hostile_columns() {
    let good: Vec<f64> = (0..30).map(|i| f64::from(i * 7 % 30)).collect();
    let data = vec![good.clone(), good.clone(), vec![1.0; 30], vec![f64::NAN; 30], columns(2, 30).remove(0)];
    let test = KernelTest::new(&data).unwrap();
    assert_eq!(test.degenerate(), [2, 3]);
    let mut session = test.session();
    for (x, y, given) in
        [(0, 2, &[][..]), (3, 0, &[]), (0, 4, &[2]), (0, 0, &[]), (0, 4, &[0]), (0, 9, &[]), (0, 4, &[9])]
    {
        assert!(session.test(x, y, given).is_none(), "{x} {y} {given:?}");
    }
    // A copy, alone and given itself.
    assert!(session.test(0, 1, &[]).unwrap().p_value < 1e-6);
    assert!(session.test(0, 4, &[1]).is_none_or(|result| result.p_value.is_finite()));
    assert!(session.test(0, 4, &[1, 1]).is_none_or(|result| result.p_value.is_finite()));
    for rows in 0..7 {
        let few: Vec<&[f64]> = data.iter().map(|column| &column[..rows]).collect();
        let result = KernelTest::new(&few).unwrap().session().test(0, 4, &[]);
        assert!(result.is_none_or(|result| rows >= 6 && result.p_value.is_finite()));
    }
    assert!(KernelTest::new(&[vec![0.0; 5_001]]).is_err());
    assert!(KernelTest::new(&[vec![0.0], vec![]]).is_err());
    assert!(KernelTest::new(&data).unwrap().with_ridge(0.0).is_err());
}
