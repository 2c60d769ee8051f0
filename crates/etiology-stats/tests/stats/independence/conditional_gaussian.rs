use crate::counts::{column, table};
use crate::support::{Rng, assert_close};
use etiology_stats::{
    ConditionalGaussianTest, ContingencyTest, CorrelationReference, DiscreteColumn, IndependenceTest,
    MixedColumn, Moments, PartialCorrelationTest, std_dev,
};

fn numbers(seed: u64, rows: usize) -> Vec<Vec<f64>> {
    let mut rng = Rng::new(seed);
    let base: Vec<f64> = (0..rows).map(|_| rng.normal()).collect();
    (0..4).map(|_| base.iter().map(|b| 0.4 * b + rng.normal()).collect()).collect()
}

#[test]
fn continuous_columns_give_the_gaussian_ratio() {
    let data = numbers(1, 90);
    let moments = Moments::from_columns(&data).unwrap();
    let plain = PartialCorrelationTest::new(&moments, CorrelationReference::MutualInformation).unwrap();
    let mixed =
        ConditionalGaussianTest::new(data.into_iter().map(MixedColumn::Continuous).collect()).unwrap();
    for given in [&[][..], &[2], &[3, 2]] {
        let (got, want) =
            (mixed.session().test(0, 1, given).unwrap(), plain.session().test(0, 1, given).unwrap());
        assert_close(got.statistic, want.statistic, 1e-9);
        assert_close(got.p_value, want.p_value, 1e-8);
        assert_eq!(got.df, want.df);
    }
}

#[test]
fn discrete_columns_give_g_squared() {
    let table = table(2, 300, &[3, 4, 2, 3], 0.05);
    let plain = ContingencyTest::g_squared(&table).unwrap();
    let columns = table.columns().iter().cloned().map(MixedColumn::Discrete).collect();
    let mixed = ConditionalGaussianTest::new(columns).unwrap();
    for given in [&[][..], &[2], &[3, 2]] {
        let (got, want) =
            (mixed.session().test(0, 1, given).unwrap(), plain.session().test(0, 1, given).unwrap());
        assert_close(got.statistic, want.statistic, 1e-9);
        assert_eq!(got.df, want.df);
    }
}

/// Two groups with their own mean and variance against one: `n ln s^2 - sum n_g ln s_g^2`, two degrees of freedom.
#[test]
fn a_group_and_a_number() {
    let value = numbers(3, 60).remove(0);
    let group: Vec<u16> = (0..60).map(|i| u16::from(i % 3 == 0)).collect();
    let part =
        |g: u16| value.iter().zip(&group).filter(|pair| *pair.1 == g).map(|pair| *pair.0).collect::<Vec<_>>();
    let term = |values: &[f64]| values.len() as f64 * 2.0 * std_dev(values, 0).unwrap().ln();
    let want = term(&value) - term(&part(0)) - term(&part(1));
    let columns =
        vec![MixedColumn::Discrete(column(2, group.clone())), MixedColumn::Continuous(value.clone())];
    let test = ConditionalGaussianTest::new(columns).unwrap();
    let got = test.session().test(0, 1, &[]).unwrap();
    assert_close(got.statistic, want, 1e-9);
    assert_eq!(got.df, Some(2.0));
    assert_eq!(test.session().test(1, 0, &[]).unwrap().df, got.df);
}

#[test]
fn hostile_columns() {
    let data = numbers(4, 50);
    let columns = vec![
        MixedColumn::Continuous(data[0].clone()),
        MixedColumn::Continuous(data[0].iter().map(|v| 2.0 * v).collect()),
        MixedColumn::Continuous(vec![3.0; 50]),
        MixedColumn::Continuous(vec![f64::NAN; 50]),
        MixedColumn::Discrete(column(1, vec![0; 50])),
        MixedColumn::Discrete(column(2, vec![DiscreteColumn::MISSING; 50])),
        MixedColumn::Discrete(column(50, (0..50).collect())),
        MixedColumn::Discrete(column(2, (0..50).map(|i| i % 2).collect())),
    ];
    let test = ConditionalGaussianTest::new(columns).unwrap();
    let mut session = test.session();
    for (x, y, given) in [
        (0, 1, &[][..]),
        (0, 2, &[]),
        (0, 3, &[]),
        (0, 4, &[]),
        (0, 5, &[]),
        (0, 6, &[]),
        (7, 4, &[]),
        (0, 7, &[1, 2]),
        (0, 7, &[6]),
        (0, 0, &[]),
        (0, 7, &[0]),
        (0, 8, &[]),
        (0, 7, &[8]),
    ] {
        assert!(session.test(x, y, given).is_none(), "{x} {y} {given:?}");
    }
    assert!(session.test(0, 7, &[]).is_some());
    assert!(session.test(6, 7, &[]).is_some());
    assert!(ConditionalGaussianTest::new(vec![]).unwrap().session().test(0, 1, &[]).is_none());
    let uneven = vec![MixedColumn::Continuous(vec![1.0]), MixedColumn::Discrete(column(2, vec![]))];
    assert!(ConditionalGaussianTest::new(uneven).is_err());
}
