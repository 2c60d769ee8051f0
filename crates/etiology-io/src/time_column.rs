//! Reads a time column: ISO 8601, epoch numbers or integer steps, decided by the *whole* column.
//!
//! One rule for all formats. Numbers are kept as exact decimals until they are ticks, so `1661140279.640328427` keeps
//! its nanoseconds. The unit of epoch numbers follows from the largest magnitude in the column; whole numbers below
//! 10^8, and every column named after steps, count steps.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use etiology_frame::Clock;
use rayon::prelude::*;

use crate::error::excerpt;

/// Columns that hold the time, in order of preference; compared without case.
pub(crate) const TIME_NAMES: [&str; 6] = ["time", "timestamp", "ts", "date", "unix_timestamp", "step"];
const STEP_NAMES: [&str; 7] = ["step", "steps", "global_step", "epoch", "epochs", "iteration", "iterations"];

/// A time column that was read.
#[derive(Debug)]
pub(crate) struct Times {
    pub(crate) ticks: Vec<i64>,
    pub(crate) clock: Clock,
    pub(crate) warnings: Vec<String>,
}

/// The first row that is no time, what is wrong with it and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TimeFault {
    pub(crate) row: usize,
    pub(crate) what: String,
    pub(crate) remedy: String,
}

const USUAL: &str = "write ISO 8601 (2024-01-02T03:04:05Z), an epoch number or a step, or say how it is written with `--time-format`";

impl TimeFault {
    fn new(row: usize, what: String, remedy: &str) -> Self {
        Self { row, what, remedy: remedy.to_owned() }
    }

    fn not_a_time(row: usize, cell: &[u8], beside: &str) -> Self {
        if cell.trim_ascii().is_empty() {
            return Self::new(row, "the time is empty".to_owned(), "fill it in or remove the row");
        }
        Self::new(row, format!("`{}` is not a time{beside}", excerpt(cell)), USUAL)
    }
}

/// Reads times from text. `clock` forces what they count, when a frame already says so.
pub(crate) fn from_text(
    column: &str,
    cells: &[&[u8]],
    format: Option<&str>,
    clock: Option<Clock>,
) -> Result<Times, TimeFault> {
    if let Some(format) = format {
        return by_format(cells, format);
    }
    let Some(first) = cells.first() else {
        let clock = clock.unwrap_or(if is_step_name(column) { Clock::Step } else { Clock::Utc });
        return Ok(Times { ticks: Vec::new(), clock, warnings: Vec::new() });
    };
    if Decimal::parse(first).is_some() {
        let numbers = each(cells, Decimal::parse)
            .map_err(|row| fault_at(cells, row, ", while the rows before it are numbers"))?;
        return from_decimals(column, &numbers, clock);
    }
    if clock == Some(Clock::Step) {
        return Err(TimeFault::new(
            0,
            format!("`{}` is not a step", excerpt(first)),
            "write an integer, because the metrics count steps",
        ));
    }
    let times = each(cells, parse_iso).map_err(|row| match row {
        0 => fault_at(cells, row, ""),
        _ => fault_at(cells, row, ", while the rows before it are ISO 8601"),
    })?;
    let without_zone = times.iter().filter(|(_, zoned)| !zoned).count();
    let mut warnings = Vec::new();
    if without_zone > 0 {
        warnings.push(format!(
            "column `{column}`: {without_zone} of {} times have no zone and are read as UTC",
            times.len()
        ));
    }
    Ok(Times { ticks: times.into_iter().map(|(tick, _)| tick).collect(), clock: Clock::Utc, warnings })
}

fn fault_at(cells: &[&[u8]], row: usize, beside: &str) -> TimeFault {
    TimeFault::not_a_time(row, cells.get(row).copied().unwrap_or_default(), beside)
}

/// Whether a cell reads as a time: how one of several time columns is chosen.
pub(crate) fn looks_like_time(cell: &[u8]) -> bool {
    Decimal::parse(cell).is_some() || parse_iso(cell).is_some()
}

/// Reads every cell, or says which row is the first that cannot be read.
fn each<T: Send>(cells: &[&[u8]], read: impl Fn(&[u8]) -> Option<T> + Sync) -> Result<Vec<T>, usize> {
    const PARALLEL: usize = 1 << 14;
    let one = |(row, cell): (usize, &&[u8])| read(cell).ok_or(row);
    if cells.len() < PARALLEL {
        return cells.iter().enumerate().map(one).collect();
    }
    // Collected first, so that the fault reported is the first one on any number of threads.
    let read: Vec<Result<T, usize>> = cells.par_iter().enumerate().map(one).collect();
    read.into_iter().collect()
}

fn by_format(cells: &[&[u8]], format: &str) -> Result<Times, TimeFault> {
    let read = |cell: &[u8]| {
        let text = std::str::from_utf8(cell).ok()?.trim();
        DateTime::parse_from_str(text, format)
            .map(|time| time.to_utc())
            .or_else(|_| NaiveDateTime::parse_from_str(text, format).map(|time| time.and_utc()))
            .ok()
            .or_else(|| Some(NaiveDate::parse_from_str(text, format).ok()?.and_hms_opt(0, 0, 0)?.and_utc()))?
            .timestamp_nanos_opt()
    };
    let ticks = each(cells, read).map_err(|row| {
        let cell = cells.get(row).copied().unwrap_or_default();
        TimeFault::new(
            row,
            format!("`{}` does not fit the time format `{format}`", excerpt(cell)),
            "correct `--time-format` (a strftime pattern such as %d/%m/%Y %H:%M:%S) or the row",
        )
    })?;
    Ok(Times { ticks, clock: Clock::Utc, warnings: Vec::new() })
}

fn is_step_name(column: &str) -> bool {
    STEP_NAMES.iter().any(|name| column.eq_ignore_ascii_case(name))
}

/// Reads times from exact numbers.
pub(crate) fn from_decimals(
    column: &str,
    numbers: &[Decimal],
    clock: Option<Clock>,
) -> Result<Times, TimeFault> {
    const LARGEST_STEP: f64 = 1e8;
    let magnitude = |number: &Decimal| number.approximate().abs();
    let largest = numbers.iter().map(magnitude).fold(0.0, f64::max);
    let all_whole = numbers.iter().all(|number| number.whole().is_some());
    let steps = match clock {
        Some(clock) => clock == Clock::Step,
        None => is_step_name(column) || (all_whole && largest < LARGEST_STEP),
    };
    if steps {
        let calendar =
            |number: &Decimal| number.whole().is_some_and(|n| (19_000_101..=21_001_231).contains(&n));
        if clock.is_none() && !is_step_name(column) && !numbers.is_empty() && numbers.iter().all(calendar) {
            let first = numbers.first().and_then(Decimal::whole).unwrap_or_default();
            let what = format!("`{first}` may be a calendar date or a step");
            return Err(TimeFault::new(
                0,
                what,
                "say `--time-format %Y%m%d`, or rename the column to `step`",
            ));
        }
        let whole = |(row, number): (usize, &Decimal)| {
            let fault = || {
                let what = format!("`{}` is not a whole number of steps", number.approximate());
                TimeFault::new(row, what, "number the steps, or rename the column if it holds times")
            };
            number.whole().and_then(|whole| i64::try_from(whole).ok()).ok_or_else(fault)
        };
        let ticks = numbers.iter().enumerate().map(whole).collect::<Result<_, _>>()?;
        return Ok(Times { ticks, clock: Clock::Step, warnings: Vec::new() });
    }
    let unit = Clock::epoch_unit(largest);
    let mut warnings = Vec::new();
    let other_unit =
        |number: &&Decimal| magnitude(number) > 0.0 && Clock::epoch_unit(magnitude(number)) != unit;
    if let Some(odd) = numbers.iter().find(other_unit) {
        warnings.push(format!(
            "column `{column}`: epoch numbers from {} to {largest} are all read in one unit, {}",
            odd.approximate(),
            unit_name(unit)
        ));
    }
    if largest < LARGEST_STEP {
        warnings
            .push(format!("column `{column}`: fractional numbers below 10^8 are read as seconds since 1970"));
    }
    let tick = |(row, number): (usize, &Decimal)| {
        number.times(unit).ok_or_else(|| {
            let what = format!("`{}` lies outside the years 1677 to 2262", number.approximate());
            TimeFault::new(row, what, "correct the row, or name another column with `--time`")
        })
    };
    let ticks = numbers.iter().enumerate().map(tick).collect::<Result<_, _>>()?;
    Ok(Times { ticks, clock: Clock::Utc, warnings })
}

fn unit_name(nanos: i64) -> &'static str {
    match nanos {
        1 => "nanoseconds",
        1_000 => "microseconds",
        1_000_000 => "milliseconds",
        _ => "seconds",
    }
}

/// A number as it was written: `mantissa / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    mantissa: i128,
    scale: i32,
}

impl Decimal {
    pub(crate) fn integer(value: i64) -> Self {
        Self { mantissa: i128::from(value), scale: 0 }
    }

    /// The shortest decimal that is this number.
    pub(crate) fn float(value: f64) -> Option<Self> {
        Self::parse(format!("{value:?}").as_bytes())
    }

    pub(crate) fn parse(cell: &[u8]) -> Option<Self> {
        const MOST_DIGITS: usize = 30;
        let cell = cell.trim_ascii();
        let (negative, digits) = match cell.split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, cell),
        };
        let (mut mantissa, mut scale, mut point, mut seen, mut exponent) = (0_i128, 0, false, 0, 0_i32);
        let mut bytes = digits.iter();
        while let Some(&byte) = bytes.next() {
            match byte {
                b'0'..=b'9' => {
                    seen += 1;
                    if seen > MOST_DIGITS {
                        return None;
                    }
                    mantissa = mantissa * 10 + i128::from(byte - b'0');
                    scale += i32::from(point);
                }
                b'.' if !point => point = true,
                b'e' | b'E' if seen > 0 => {
                    exponent = std::str::from_utf8(bytes.as_slice()).ok()?.parse().ok()?;
                    break;
                }
                _ => return None,
            }
        }
        let in_range = seen > 0 && exponent.abs() <= 400;
        in_range
            .then(|| Self { mantissa: if negative { -mantissa } else { mantissa }, scale: scale - exponent })
    }

    fn approximate(&self) -> f64 {
        self.mantissa as f64 / 10_f64.powi(self.scale)
    }

    fn whole(&self) -> Option<i128> {
        if self.scale <= 0 {
            return self.mantissa.checked_mul(power_of_ten(self.scale.unsigned_abs())?);
        }
        let divisor = power_of_ten(self.scale.unsigned_abs()).unwrap_or(i128::MAX);
        (self.mantissa % divisor == 0).then(|| self.mantissa / divisor)
    }

    /// This number of units, rounded to the nearest tick.
    fn times(&self, unit: i64) -> Option<i64> {
        let product = self.mantissa.checked_mul(i128::from(unit))?;
        let factor = power_of_ten(self.scale.unsigned_abs());
        let ticks = if self.scale <= 0 {
            product.checked_mul(factor?)?
        } else {
            factor.map_or(0, |factor| (product + product.signum() * (factor / 2)) / factor)
        };
        i64::try_from(ticks).ok()
    }
}

fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// Reads ISO 8601 with a date, and Go's way of printing times; says whether a zone was given.
pub(crate) fn parse_iso(cell: &[u8]) -> Option<(i64, bool)> {
    const NANOS: i64 = 1_000_000_000;
    let cell = cell.trim_ascii();
    let (year, month, day) = (digits(cell, 0, 4)?, digits(cell, 5, 2)?, digits(cell, 8, 2)?);
    if cell.get(4) != Some(&b'-') || cell.get(7) != Some(&b'-') {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        u32::try_from(month).ok()?,
        u32::try_from(day).ok()?,
    )?;
    let midnight = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
    if cell.len() == 10 {
        return Some((midnight.checked_mul(NANOS)?, false));
    }
    if !matches!(cell.get(10), Some(b'T' | b't' | b' ')) || cell.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (digits(cell, 11, 2)?, digits(cell, 14, 2)?);
    let (mut at, mut second, mut nanos) = (16, 0, 0);
    if cell.get(16) == Some(&b':') {
        second = digits(cell, 17, 2)?;
        at = 19;
        if matches!(cell.get(19), Some(b'.' | b',')) {
            let fraction = cell.get(20..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if fraction == 0 {
                return None;
            }
            let kept = fraction.min(9);
            nanos = digits(cell, 20, kept)? * 10_i64.pow(u32::try_from(9 - kept).ok()?);
            at = 20 + fraction;
        }
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (offset, zoned) = parse_zone(cell.get(at..)?)?;
    let seconds = midnight + hour * 3600 + minute * 60 + second - offset;
    // Before 1970 the sum is negative and may only fit once the fraction is added.
    let ticks = i128::from(seconds) * i128::from(NANOS) + i128::from(nanos);
    Some((i64::try_from(ticks).ok()?, zoned))
}

/// The offset in seconds that the rest of a time states.
fn parse_zone(rest: &[u8]) -> Option<(i64, bool)> {
    let rest = rest.trim_ascii();
    // Go appends the reading of its monotonic clock.
    let rest = match rest.windows(3).position(|window| window == b" m=") {
        Some(end) => rest.get(..end)?.trim_ascii(),
        None => rest,
    };
    let named = |rest: &[u8]| [&b"Z"[..], b"UTC", b"GMT"].iter().any(|zone| rest.eq_ignore_ascii_case(zone));
    if rest.is_empty() {
        return Some((0, false));
    }
    if named(rest) {
        return Some((0, true));
    }
    let sign = match rest.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = digits(rest, 1, 2)?;
    let (minutes, end) = match rest.get(3) {
        Some(b':') => (digits(rest, 4, 2)?, 6),
        Some(byte) if byte.is_ascii_digit() => (digits(rest, 3, 2)?, 5),
        _ => (0, 3),
    };
    let behind = rest.get(end..)?.trim_ascii();
    let fits = hours <= 23 && minutes <= 59 && (behind.is_empty() || named(behind));
    fits.then_some((sign * (hours * 3600 + minutes * 60), true))
}

fn digits(cell: &[u8], from: usize, count: usize) -> Option<i64> {
    cell.get(from..from + count)?
        .iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

#[cfg(test)]
mod tests;
