//! Adjusted p-values for many tests looked at together.
//!
//! One incident has hundreds of metrics; at a level of 5 %, one in twenty of the quiet ones stands out by chance. An
//! adjusted p-value is the smallest level at which its hypothesis is rejected by the whole procedure, so it is compared
//! with the level directly. Outputs are in the order of the inputs. All are O(n log n).
//!
//! | procedure | controls | when |
//! |---|---|---|
//! | [`holm`] | the chance of any false claim | any dependence |
//! | [`benjamini_hochberg`] | the expected share of false claims | independent or positively dependent tests |
//! | [`benjamini_yekutieli`] | the expected share of false claims | any dependence, at the price of a factor `ln n` |

use crate::error::StatsError;

/// Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (Scandinavian Journal of Statistics, 1979):
/// `max over j <= i of (n - j + 1) p_(j)`, at most 1.
///
/// # Errors
///
/// [`StatsError::Parameter`] when a p-value is NaN or outside `[0, 1]`.
///
/// ```
/// let adjusted = etiology_stats::holm(&[0.25, 0.0625])?;
/// assert_eq!(adjusted, [0.25, 0.125]);
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    let ascending = ascending_order(p_values)?;
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (below, &position) in ascending.iter().enumerate() {
        largest = largest.max((p_values.len() - below) as f64 * p_values[position]).min(1.0);
        adjusted[position] = largest;
    }
    Ok(adjusted)
}

/// Benjamini and Hochberg, "Controlling the False Discovery Rate" (Journal of the Royal Statistical Society B, 1995):
/// `min over j >= i of (n / j) p_(j)`, at most 1.
///
/// # Errors
///
/// [`StatsError::Parameter`] when a p-value is NaN or outside `[0, 1]`.
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    step_up(p_values, 1.0)
}

/// Benjamini and Yekutieli, "The Control of the False Discovery Rate in Multiple Testing under Dependency" (Annals of
/// Statistics, 2001, theorem 1.3): [`benjamini_hochberg`] times `1 + 1/2 + ... + 1/n`, at most 1.
///
/// # Errors
///
/// [`StatsError::Parameter`] when a p-value is NaN or outside `[0, 1]`.
pub fn benjamini_yekutieli(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    let harmonic = (1..=p_values.len()).rev().map(|i| 1.0 / i as f64).sum();
    step_up(p_values, harmonic)
}

fn step_up(p_values: &[f64], factor: f64) -> Result<Vec<f64>, StatsError> {
    let ascending = ascending_order(p_values)?;
    let mut adjusted = vec![1.0; p_values.len()];
    let mut smallest = 1.0_f64;
    for (below, &position) in ascending.iter().enumerate().rev() {
        let share = p_values.len() as f64 / (below + 1) as f64;
        smallest = smallest.min(factor * share * p_values[position]);
        adjusted[position] = smallest;
    }
    Ok(adjusted)
}

fn ascending_order(p_values: &[f64]) -> Result<Vec<usize>, StatsError> {
    if let Some(&value) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(StatsError::Parameter { parameter: "p-value", value, expected: "between 0 and 1" });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    Ok(order)
}
