use crate::support::assert_all_close;
use etiology_stats::{benjamini_hochberg, benjamini_yekutieli, holm};
use proptest::prelude::*;

const P: [f64; 26] = [
    0.001, 0.9, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275,
    0.34, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.008, 0.942, 0.975,
];

/// `statsmodels.stats.multitest.multipletests(p, method="holm" | "fdr_bh" | "fdr_by")[1]`.
#[test]
fn adjusted_p_values_are_statsmodels() {
    let mut want_holm = [1.0; 26];
    for (position, value) in [(0, 0.026), (2, 0.2), (3, 0.897), (4, 0.902), (5, 0.902), (23, 0.2)] {
        want_holm[position] = value;
    }
    assert_all_close(&holm(&P).unwrap(), &want_holm, 1e-14);

    let middle = 0.47666666666666674;
    let want_bh = [
        0.026,
        0.975,
        0.06933333333333333,
        0.182,
        0.182,
        0.182,
        0.22285714285714286,
        0.24049999999999996,
        middle,
        middle,
        middle,
        middle,
        middle,
        middle,
        middle,
        0.5215294117647059,
        0.5215294117647059,
        0.5546666666666666,
        0.7721999999999999,
        0.7721999999999999,
        0.8617142857142857,
        0.9005454545454545,
        0.975,
        0.06933333333333333,
        0.975,
        0.975,
    ];
    assert_all_close(&benjamini_hochberg(&P).unwrap(), &want_bh, 1e-14);

    let mut want_by = [1.0; 26];
    for (position, value) in [
        (0, 0.10021491262159118),
        (2, 0.26723976699090984),
        (3, 0.7015043883511383),
        (4, 0.7015043883511383),
        (5, 0.7015043883511383),
        (6, 0.8589849653279243),
        (7, 0.9269879417497183),
        (23, 0.26723976699090984),
    ] {
        want_by[position] = value;
    }
    assert_all_close(&benjamini_yekutieli(&P).unwrap(), &want_by, 1e-14);
}

#[test]
fn one_test_needs_no_adjustment_and_none_has_none() {
    for adjust in [holm, benjamini_hochberg, benjamini_yekutieli] {
        assert_eq!(adjust(&[0.03]).unwrap(), [0.03]);
        assert_eq!(adjust(&[]).unwrap(), [0.0; 0]);
    }
}

#[test]
fn what_is_not_a_probability_is_named() {
    for adjust in [holm, benjamini_hochberg, benjamini_yekutieli] {
        assert_eq!(
            adjust(&[0.1, 1.5]).unwrap_err().to_string(),
            "p-value is 1.5 and must be between 0 and 1"
        );
        assert!(adjust(&[f64::NAN]).is_err());
        assert!(adjust(&[-0.1]).is_err());
    }
}

proptest! {
    #[test]
    fn adjustment_keeps_the_order_and_never_lowers(p in prop::collection::vec(0.0..=1.0f64, 1..60)) {
        for adjust in [holm, benjamini_hochberg, benjamini_yekutieli] {
            let adjusted = adjust(&p).unwrap();
            for i in 0..p.len() {
                // n / n times p may round by one bit.
                prop_assert!(adjusted[i] >= p[i] * (1.0 - 1e-15) && adjusted[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_tests_does_not_matter(p in prop::collection::vec(0.0..=1.0f64, 1..60)) {
        let backwards: Vec<f64> = p.iter().rev().copied().collect();
        for adjust in [holm, benjamini_hochberg, benjamini_yekutieli] {
            let mut again = adjust(&backwards).unwrap();
            again.reverse();
            prop_assert_eq!(adjust(&p).unwrap(), again);
        }
    }
}
