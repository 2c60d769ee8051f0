use crate::support::{Rng, assert_close};
use etiology_stats::{IndependenceTest, RandomFeatureTest, RandomFeatureVariant};

fn columns(seed: u64, rows: usize) -> Vec<Vec<f64>> {
    let mut rng = Rng::new(seed);
    let z: Vec<f64> = (0..rows).map(|_| rng.normal()).collect();
    let bent = |rng: &mut Rng| z.iter().map(|z| z.sin() + 0.5 * rng.normal()).collect::<Vec<_>>();
    let (x, y, w) = (bent(&mut rng), bent(&mut rng), (0..rows).map(|_| rng.normal()).collect());
    vec![x, y, z, w]
}

#[test]
fn the_order_of_questions_and_of_the_pair_and_units_change_nothing() {
    let data = columns(1, 250);
    let moved: Vec<Vec<f64>> = data.iter().map(|c| c.iter().map(|v| 1e3 * v - 4.0).collect()).collect();
    for variant in [RandomFeatureVariant::Rcit, RandomFeatureVariant::Rcot] {
        let test = RandomFeatureTest::new(&data, 9).unwrap().with_variant(variant);
        let there = RandomFeatureTest::new(&moved, 9).unwrap().with_variant(variant);
        let mut session = test.session();
        for given in [&[][..], &[2], &[2, 3]] {
            let one = session.test(0, 1, given).unwrap();
            assert_eq!(session.test(1, 0, given), Some(one));
            let turned: Vec<usize> = given.iter().rev().copied().collect();
            assert_eq!(test.session().test(0, 1, &turned), Some(one));
            assert_close(there.session().test(0, 1, given).unwrap().p_value, one.p_value, 1e-5);
        }
        let other = RandomFeatureTest::new(&data, 10).unwrap().with_variant(variant);
        assert_ne!(other.session().test(0, 3, &[2]), test.session().test(0, 3, &[2]));
    }
}

#[test]
fn hostile_columns() {
    let good: Vec<f64> = (0..150).map(|i| f64::from(i * 7 % 150)).collect();
    let data =
        vec![good.clone(), good.clone(), vec![1.0; 150], vec![f64::INFINITY; 150], columns(2, 150).remove(0)];
    let test = RandomFeatureTest::new(&data, 1).unwrap();
    assert_eq!(test.degenerate(), [2, 3]);
    let mut session = test.session();
    for (x, y, given) in
        [(0, 2, &[][..]), (3, 0, &[]), (0, 4, &[2]), (0, 0, &[]), (0, 4, &[0]), (0, 9, &[]), (0, 4, &[9])]
    {
        assert!(session.test(x, y, given).is_none(), "{x} {y} {given:?}");
    }
    assert!(session.test(0, 1, &[]).unwrap().p_value < 1e-6);
    assert!(session.test(0, 4, &[1, 1]).is_none_or(|result| result.p_value.is_finite()));
    for rows in [0, 1, 5, 10, 11, 50, 111] {
        let few: Vec<&[f64]> = data.iter().map(|column| &column[..rows]).collect();
        let test = RandomFeatureTest::new(&few, 1).unwrap();
        assert!(test.session().test(0, 4, &[]).is_none_or(|result| rows > 10 && result.p_value.is_finite()));
        assert!(
            test.session().test(0, 4, &[1]).is_none_or(|result| rows > 110 && result.p_value.is_finite())
        );
    }
    assert!(RandomFeatureTest::new(&[vec![0.0], vec![]], 1).is_err());
    for (pair, given) in [(0, 5), (5, 0), (41, 5)] {
        assert!(RandomFeatureTest::new(&data, 1).unwrap().with_features(pair, given).is_err());
    }
}
