use super::*;

/// statsmodels' macrodata is checked in the oracles test; here, a process with known coefficients.
pub(crate) fn pair(rows: usize, seed: u64) -> Series {
    let noise = crate::testing::normals(2 * (rows + 50), seed);
    let (mut a, mut b) = (vec![0.0; 2], vec![0.0; 2]);
    for t in 2..rows + 50 {
        let now = 0.5 * a[t - 1] - 0.2 * a[t - 2] + noise[2 * t];
        b.push(1.0 + 0.6 * b[t - 1] + 0.4 * a[t - 2] + noise[2 * t + 1]);
        a.push(now);
    }
    let cut = |column: Vec<f64>| column[50..].to_vec();
    Series::new(Nodes::new(["a", "b"]).unwrap(), vec![cut(a), cut(b)]).unwrap()
}

#[test]
fn both_ways_to_fit_agree_and_find_the_coefficients() {
    let series = pair(3000, 1);
    for trend in [Trend::None, Trend::Constant] {
        let from_moments = Var::fit(&series.moments(4).unwrap(), series.nodes(), 2, trend).unwrap();
        let from_rows = Var::from_series(&series, 2, trend).unwrap();
        assert_eq!((from_moments.rows(), from_rows.rows()), (2998, 2998));
        assert!((&from_moments.coefficients - &from_rows.coefficients).amax() < 1e-11);
        assert!((from_moments.sigma() - from_rows.sigma()).amax() < 1e-11);
        assert!((from_moments.log_likelihood() - from_rows.log_likelihood()).abs() < 1e-8);
    }
    let var = Var::from_series(&series, 2, Trend::Constant).unwrap();
    let expected =
        [(0, 0, 1, 0.5), (0, 0, 2, -0.2), (0, 1, 2, 0.4), (1, 1, 1, 0.6), (1, 0, 1, 0.0), (0, 1, 1, 0.0)];
    for (cause, effect, lag, value) in expected {
        let error = (var.coefficient(cause, effect, lag) - value).abs();
        assert!(error < 4.0 * var.std_error(cause, effect, lag).unwrap(), "{cause} {effect} {lag}: {error}");
    }
    assert!((var.intercept()[1] - 1.0).abs() < 4.0 * var.intercept_std_errors().unwrap()[1]);
    assert!(var.is_stable());
    assert!(var.whiteness(&series, 10, true).unwrap().test.p_value > 0.001);
    assert!(var.normality(&series).unwrap().test.p_value > 0.001);
}

#[test]
fn residuals_have_the_products_of_the_fit_and_skip_gaps() {
    let series = pair(400, 2).with_starts(vec![150]);
    let var = Var::fit(&series.moments(2).unwrap(), series.nodes(), 2, Trend::Constant).unwrap();
    let residuals = var.residuals(&series).unwrap();
    assert_eq!(residuals.rows.len(), 396);
    assert!(!residuals.rows.contains(&150) && !residuals.rows.contains(&151));
    for i in 0..2 {
        for j in 0..2 {
            let dot: f64 = residuals.columns[i].iter().zip(&residuals.columns[j]).map(|(a, b)| a * b).sum();
            assert!((dot - var.squares[(i, j)]).abs() < 1e-8);
        }
    }
    assert_eq!(residuals.apart(1).count(), 394);
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let series = pair(60, 3);
    let text = |result: Result<Var, GrangerError>| result.unwrap_err().to_string();
    assert!(text(Var::from_series(&series, 0, Trend::Constant)).contains("lag order"));
    assert!(text(Var::from_series(&series, 20, Trend::Constant)).contains("needs at least 42 rows"));
    let copy = vec![series.column(0).to_vec(), series.column(1).to_vec(), series.column(0).to_vec()];
    let twice = Series::new(Nodes::new(["a", "b", "copy"]).unwrap(), copy).unwrap();
    for result in [
        Var::from_series(&twice, 2, Trend::Constant),
        Var::fit(&twice.moments(2).unwrap(), twice.nodes(), 2, Trend::Constant),
    ] {
        assert!(text(result).contains("`copy`"));
    }
    let flat = Series::new(Nodes::numbered(2), vec![series.column(0).to_vec(), vec![3.1; 60]]).unwrap();
    assert!(text(Var::from_series(&flat, 1, Trend::Constant)).contains("`X2`"));
    assert!(text(Var::fit(&flat.moments(1).unwrap(), flat.nodes(), 1, Trend::Constant)).contains("`X2`"));
    let mut step = vec![1.0; 60];
    step[59] = 2.0;
    let late = Series::new(Nodes::numbered(2), vec![series.column(0).to_vec(), step]).unwrap();
    assert!(text(Var::fit(&late.moments(1).unwrap(), late.nodes(), 1, Trend::Constant)).contains("`X2`"));
    let none = Series::new(Nodes::numbered(0), vec![]).unwrap();
    assert!(Var::fit(&none.moments(1).unwrap(), none.nodes(), 1, Trend::Constant).is_err());
    let huge = Series::new(
        Nodes::numbered(2),
        vec![series.column(0).to_vec(), series.column(1).iter().map(|v| v * 1e200).collect()],
    )
    .unwrap();
    assert!(Var::fit(&huge.moments(1).unwrap(), huge.nodes(), 1, Trend::Constant).is_err());
}

/// The same error, by fitting each fold and predicting row by row.
#[test]
fn cross_validation_equals_predictions_row_by_row() {
    let series = pair(203, 4);
    let (max, blocks) = (3, 4);
    for (folds, trend) in [
        (Folds::Expanding, Trend::Constant),
        (Folds::Blocked, Trend::None),
        (Folds::Blocked, Trend::Constant),
    ] {
        let cv = CrossValidation::new(&series, max, trend, folds, blocks).unwrap();
        let bounds: Vec<usize> = (0..=blocks).map(|block| 203 * block / blocks).collect();
        let past = if folds == Folds::Expanding { max } else { 0 };
        let part = |from: usize, to: usize, first: usize| -> Series {
            let columns: Vec<Vec<f64>> = series
                .columns()
                .iter()
                .map(|column| {
                    (0..203)
                        .map(|row| {
                            if (from.saturating_sub(first)..to).contains(&row) {
                                column[row]
                            } else {
                                f64::NAN
                            }
                        })
                        .collect()
                })
                .collect();
            Series::new(series.nodes().clone(), columns).unwrap()
        };
        for order in 1..=max {
            let mut squares = [0.0; 2];
            let mut rows = 0;
            for block in usize::from(folds == Folds::Expanding)..blocks {
                // Rows the largest order can use: those of lower orders are dropped.
                let mut moments = LaggedMoments::new(2, max);
                for other in 0..blocks {
                    if other < block || (folds == Folds::Blocked && other != block) {
                        let other = part(bounds[other], bounds[other + 1], past);
                        moments.merge(&other.moments(max).unwrap()).unwrap();
                    }
                }
                let at = moments.at(max).unwrap().select(&(0..2 * (order + 1)).collect::<Vec<_>>());
                let var =
                    Var::from_factor(Factor::from_moments(&at, 2, trend), series.nodes(), trend).unwrap();
                let residuals = var.residuals(&part(bounds[block], bounds[block + 1], past)).unwrap();
                for (position, row) in residuals.rows.iter().enumerate() {
                    if *row >= (bounds[block] + max).saturating_sub(past) {
                        squares
                            .iter_mut()
                            .zip(&residuals.columns)
                            .for_each(|(sum, column)| *sum += column[position].powi(2));
                        rows += 1;
                    }
                }
            }
            assert_eq!(cv.rows(), rows);
            let mut all = etiology_stats::Moments::new(2);
            for block in 0..blocks {
                let whole =
                    part(bounds[block], bounds[block + 1], past).moments(max).unwrap().at(max).unwrap();
                all.merge(&whole.select(&[0, 1])).unwrap();
            }
            let expected: f64 = (0..2)
                .map(|at| squares[at] / rows as f64 / (all.comoments()[(at, at)] / all.rows() as f64))
                .sum::<f64>()
                / 2.0;
            let got = cv.error(order).unwrap();
            assert!((got - expected).abs() < 1e-9, "{folds:?} {trend:?} {order}: {got} {expected}");
        }
        assert!(cv.error(0).unwrap() > cv.error(2).unwrap());
    }
}

#[test]
fn cross_validation_finds_the_order_and_refuses_what_it_cannot_split() {
    for folds in [Folds::Expanding, Folds::Blocked] {
        let cv = CrossValidation::new(&pair(3000, 5), 5, Trend::Constant, folds, 5).unwrap();
        assert!(matches!(cv.best(), Some(2..=3)), "{:?}", cv.best());
        assert!(CrossValidation::new(&pair(9, 5), 3, Trend::Constant, folds, 5).is_err());
        assert!(CrossValidation::new(&pair(90, 5), 3, Trend::Constant, folds, 1).is_err());
        assert!(CrossValidation::new(&pair(90, 5), usize::MAX, Trend::Constant, folds, 3).is_err());
        let flat = Series::new(Nodes::numbered(1), vec![vec![1.0; 50]]).unwrap();
        assert!(CrossValidation::new(&flat, 2, Trend::Constant, folds, 4).is_err());
        let none = Series::new(Nodes::numbered(0), vec![]).unwrap();
        assert!(CrossValidation::new(&none, 2, Trend::Constant, folds, 4).is_err());
    }
}
