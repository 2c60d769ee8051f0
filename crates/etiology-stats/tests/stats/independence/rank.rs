use crate::support::{Rng, assert_close};
use etiology_stats::{
    CorrelationReference, IndependenceTest, PartialCorrelationTest, RankCorrelation, spearman,
};

const KINDS: [RankCorrelation; 3] =
    [RankCorrelation::Spearman, RankCorrelation::Nonparanormal, RankCorrelation::Skeptic];

fn columns(seed: u64) -> Vec<Vec<f64>> {
    let mut rng = Rng::new(seed);
    let x: Vec<f64> = (0..80).map(|_| rng.normal()).collect();
    let y: Vec<f64> = x.iter().map(|x| 0.8 * x + rng.normal()).collect();
    let z = (0..80).map(|_| rng.normal()).collect();
    vec![x, y, z]
}

#[test]
fn spearmans_rho_and_its_sine() {
    let data = columns(1);
    let rho = spearman(&data[0], &data[1]).unwrap().coefficient;
    assert_close(RankCorrelation::Spearman.matrix(&data).unwrap().0[(0, 1)], rho, 1e-12);
    let sine = 2.0 * (std::f64::consts::PI * rho / 6.0).sin();
    assert_close(RankCorrelation::Skeptic.matrix(&data).unwrap().0[(0, 1)], sine, 1e-12);
    assert_close(RankCorrelation::Skeptic.matrix(&data).unwrap().0[(1, 1)], 1.0, 1e-12);
}

/// `scipy.stats.norm.ppf` of ranks over n + 1 for five values; the cut at .0739 leaves them alone.
#[test]
fn normal_scores() {
    let (x, y) = ([3.0, 1.0, 2.0, 5.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0]);
    let s = [
        -0.967_421_566_101_701_f64,
        -0.430_727_299_295_457_44,
        0.0,
        0.430_727_299_295_457_6,
        0.967_421_566_101_701,
    ];
    let products: f64 = [2, 0, 1, 4, 3].iter().zip(s).map(|(&rank, y): (&usize, f64)| s[rank] * y).sum();
    let want = products / s.iter().map(|v| v * v).sum::<f64>();
    assert_close(RankCorrelation::Nonparanormal.matrix(&[x, y]).unwrap().0[(0, 1)], want, 1e-9);
}

#[test]
fn increasing_functions_change_nothing() {
    let data = columns(2);
    let bent: Vec<Vec<f64>> =
        data.iter().map(|c| c.iter().map(|v| (3.0 * v).exp() - 7.0).collect()).collect();
    for kind in KINDS {
        assert_eq!(kind.matrix(&data).unwrap().0, kind.matrix(&bent).unwrap().0);
    }
}

#[test]
fn hostile_columns() {
    let data = [
        vec![1.0; 9],
        vec![f64::NAN; 9],
        (0..9).map(f64::from).collect(),
        vec![2.0, 1.0, 2.0, 1.0, 5.0, 9.0, 9.0, 1.0, 0.0],
    ];
    for kind in KINDS {
        let test = PartialCorrelationTest::rank(&data, kind, CorrelationReference::FisherZ).unwrap();
        assert_eq!(test.degenerate(), [0, 1]);
        assert!(test.session().test(0, 2, &[]).is_none());
        assert!(test.session().test(2, 3, &[]).unwrap().p_value.is_finite());
        for rows in 0..3 {
            let few: Vec<&[f64]> = data.iter().map(|column| &column[..rows]).collect();
            assert!(kind.matrix(&few).unwrap().0.iter().all(|r| r.is_finite()));
        }
        assert!(kind.matrix(&[vec![1.0], vec![]]).is_err());
    }
}
