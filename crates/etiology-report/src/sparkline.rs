//! A metric around the onset in one line of block characters, with a bar where the incident begins.
//!
//! The stretch shown is everything after the onset and twice as long before it. It is cut into equal parts of time; each
//! shows the mean of its finite values between the smallest and largest of those means, and a blank where it has none.

use etiology_frame::{MetricFrame, Time};

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const PARTS: i64 = 36;

/// The line, or `None` when there is nothing on one side of the onset or no such metric.
pub(crate) fn sparkline(frame: &MetricFrame, metric: &str, onset: Time) -> Option<String> {
    let column = frame.column_named(metric)?;
    let (first, last) = frame.extent()?;
    let after = last.0.checked_sub(onset.0)?.checked_add(1)?;
    let start = onset.0.saturating_sub(after.checked_mul(2)?).max(first.0);
    let before = onset.0.checked_sub(start)?;
    if before <= 0 || after <= 0 {
        return None;
    }
    let whole = i128::from(before) + i128::from(after);
    let left = i64::try_from(i128::from(before) * i128::from(PARTS) / whole).ok()?.clamp(4, PARTS - 4);
    let mut means = bucket_means(frame, &column, (start, onset.0), left);
    means.extend(bucket_means(frame, &column, (onset.0, onset.0.checked_add(after)?), PARTS - left));
    let mut line: Vec<char> = blocks(&means)?;
    line.insert(usize::try_from(left).ok()?.min(line.len()), '│');
    Some(line.into_iter().collect())
}

/// Means of the finite values in `parts` equal parts of `[start, end)`.
fn bucket_means(
    frame: &MetricFrame,
    column: &etiology_frame::Column<'_>,
    (start, end): (i64, i64),
    parts: i64,
) -> Vec<Option<f64>> {
    let at = |part: i64| {
        let offset = i128::from(end.saturating_sub(start)) * i128::from(part) / i128::from(parts.max(1));
        frame.row_at(Time(start.saturating_add(i64::try_from(offset).unwrap_or(i64::MAX))))
    };
    (0..parts)
        .map(|part| {
            let rows = at(part)..at(part + 1);
            let values = rows.filter_map(|row| column.get(row)).filter(|value| value.is_finite());
            let (mut mean, mut count) = (0.0, 0.0);
            for value in values {
                count += 1.0;
                mean += (value - mean) / count;
            }
            (count > 0.0).then_some(mean)
        })
        .collect()
}

fn blocks(means: &[Option<f64>]) -> Option<Vec<char>> {
    let low = means.iter().flatten().copied().reduce(f64::min)?;
    let high = means.iter().flatten().copied().reduce(f64::max)?;
    let block = |mean: f64| {
        let share = if high > low { (mean / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) } else { 0.0 };
        let step = BLOCKS.iter().rposition(|&block| share >= threshold(block)).unwrap_or(0);
        BLOCKS.get(step).copied().unwrap_or(' ')
    };
    Some(means.iter().map(|mean| mean.map_or(' ', block)).collect())
}

/// The smallest share of the range that shows as `block`.
fn threshold(block: char) -> f64 {
    let step = u32::from(block).saturating_sub(u32::from('▁'));
    f64::from(step) / 8.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use etiology_frame::{Clock, FrameBuilder, Metric};

    fn frame(values: impl Fn(i64) -> Option<f64>) -> MetricFrame {
        let ticks: Vec<i64> = (0..90).collect();
        let values: Vec<Option<f64>> = ticks.iter().map(|&tick| values(tick)).collect();
        FrameBuilder::new(Clock::Step, ticks).column(Metric::new("x"), values).build().unwrap().0
    }

    #[test]
    fn a_step_shows_where_it_happens() {
        let line = sparkline(&frame(|t| Some(f64::from(u8::from(t >= 60)))), "x", Time(60)).unwrap();
        assert_eq!(line, format!("{}│{}", "▁".repeat(24), "█".repeat(12)));
    }

    #[test]
    fn gaps_are_blank_and_flat_is_flat() {
        let line = sparkline(&frame(|t| (t < 60).then_some(5.0)), "x", Time(60)).unwrap();
        assert_eq!(line, format!("{}│{}", "▁".repeat(24), " ".repeat(12)));
    }

    #[test]
    fn nothing_to_show_is_no_line() {
        let empty = frame(|_| None);
        assert_eq!(sparkline(&empty, "x", Time(60)), None);
        assert_eq!(sparkline(&empty, "y", Time(60)), None);
        assert_eq!(sparkline(&frame(|_| Some(1.0)), "x", Time(0)), None);
        assert_eq!(sparkline(&frame(|_| Some(1.0)), "x", Time(i64::MIN)), None);
        assert_eq!(sparkline(&frame(|_| Some(1.0)), "x", Time(i64::MAX)), None);
        assert!(
            sparkline(&frame(|t| Some(if t > 60 { f64::MAX } else { f64::MIN })), "x", Time(60)).is_some()
        );
    }
}
