use crate::support::assert_close;
use etiology_stats::{clopper_pearson, wilson};

/// `scipy.stats.binomtest(k, n).proportion_ci(level, method)`: k, n, level, exact ends, Wilson ends.
type Row = (u64, u64, f64, [f64; 2], [f64; 2]);

const SCIPY: [Row; 10] = [
    (0, 10, 0.95, [0.0, 0.30849710781876294], [0.0, 0.27753279986288926]),
    (10, 10, 0.95, [0.6915028921812371, 1.0], [0.7224672001371109, 1.0]),
    (3, 20, 0.95, [0.03207093718554477, 0.37892682654529564], [0.05236874589621662, 0.3604188647407569]),
    (28, 52, 0.95, [0.3946982291118571, 0.6776896818264017], [0.4050361132695788, 0.6665952531824317]),
    (50, 50, 0.95, [0.9288782635357954, 1.0], [0.9286524008666412, 1.0]),
    (1, 1, 0.9, [0.04999999999999999, 1.0], [0.2698659487840541, 1.0]),
    (7, 1000, 0.99, [0.002041386571444228, 0.0170469318350892], [0.002741177154732507, 0.01775771144002663]),
    (
        1,
        1_000_000,
        0.95,
        [2.5317805139113815e-08, 5.571630655512304e-06],
        [1.765245767453709e-07, 5.664911804311442e-06],
    ),
    (
        999_999,
        1_000_000,
        0.95,
        [0.9999944283693444, 0.9999999746821948],
        [0.9999943350881957, 0.9999998234754233],
    ),
    (
        500_123,
        1_000_000,
        0.95,
        [0.49914251886872063, 0.5011034804188558],
        [0.4991430194471593, 0.5011029796078454],
    ),
];

#[test]
fn intervals_are_scipys() {
    for (successes, trials, level, exact, score) in SCIPY {
        let got = clopper_pearson(successes, trials, level).unwrap();
        let precision = if trials <= 1000 { 1e-11 } else { 1e-6 };
        assert_close(got.low, exact[0], precision);
        assert_close(got.high, exact[1], precision);
        let got = wilson(successes, trials, level).unwrap();
        assert_close(got.low, score[0], 1e-8);
        assert_close(got.high, score[1], 1e-8);
    }
}

/// The definition: at each end, what was observed or more extreme has probability (1 - level) / 2.
#[test]
fn the_ends_invert_the_binomial_test() {
    let (successes, trials) = (4_u64, 11_u64);
    let interval = clopper_pearson(successes, trials, 0.9).unwrap();
    let mass = |k: u64, p: f64| {
        let ways: f64 = (0..k).map(|i| (trials - i) as f64 / (i + 1) as f64).product();
        ways * p.powf(k as f64) * (1.0 - p).powf((trials - k) as f64)
    };
    assert_close((successes..=trials).map(|k| mass(k, interval.low)).sum(), 0.05, 1e-10);
    assert_close((0..=successes).map(|k| mass(k, interval.high)).sum(), 0.05, 1e-10);
}

#[test]
fn the_interval_holds_the_share_and_widens_with_the_level() {
    for interval in [clopper_pearson, wilson] {
        for trials in [1, 2, 13, 50] {
            for successes in 0..=trials {
                let share = successes as f64 / trials as f64;
                let (narrow, wide) =
                    (interval(successes, trials, 0.5).unwrap(), interval(successes, trials, 0.99).unwrap());
                assert!(0.0 <= wide.low && wide.low <= narrow.low && narrow.low <= share);
                assert!(share <= narrow.high && narrow.high <= wide.high && wide.high <= 1.0);
            }
        }
    }
}

#[test]
fn impossible_questions_are_named() {
    for interval in [clopper_pearson, wilson] {
        assert_eq!(interval(0, 0, 0.95).unwrap_err().to_string(), "trials is 0 and must be at least 1");
        assert_eq!(
            interval(3, 2, 0.95).unwrap_err().to_string(),
            "successes is 3 and must be no more than the trials"
        );
        for level in [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(interval(1, 2, level).unwrap_err().to_string().contains("strictly between 0 and 1"));
        }
    }
}

#[test]
fn what_cannot_be_computed_exactly_is_refused() {
    assert!(clopper_pearson(5_000_000, 10_000_000, 0.95).is_ok());
    assert_eq!(
        clopper_pearson(3, 10_000_001, 0.95).unwrap_err().to_string(),
        "trials is 10000001 and must be at most 10000000 for an exact interval; use Wilson's"
    );
    let interval = wilson(u64::MAX / 2, u64::MAX, 1.0 - f64::EPSILON / 2.0).unwrap();
    assert!(interval.low < 0.5 && interval.high > 0.5 && interval.high - interval.low < 1e-8);
}
