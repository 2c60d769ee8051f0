//! Time as Etiology keeps it: UTC nanoseconds or integer steps, never local time.
//!
//! A [`Time`] is a bare tick; which of the two it counts is the frame's [`Clock`]. Reading and printing of times for
//! every file format and command line goes through [`Clock`], so there is one rule for what `1661140279` means.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

use crate::FrameError;

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// A point on a frame's clock: nanoseconds since 1970-01-01 UTC, or a step number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub i64);

/// A distance between two [`Time`]s on the same clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(pub i64);

impl Time {
    /// This time moved by `span`, saturating at the ends of the range.
    #[must_use]
    pub fn shifted(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The distance from `earlier` to this time, saturating.
    #[must_use]
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// What a frame's times count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    Utc,
    /// Integer steps, as in a training run.
    Step,
}

impl Clock {
    /// Reads a time: on [`Clock::Utc`] ISO 8601 (a missing offset means UTC) or an epoch number whose unit follows
    /// from its size (see [`Clock::epoch_unit`]); on [`Clock::Step`] an integer.
    ///
    /// # Errors
    /// [`FrameError::Time`] when the text is neither.
    pub fn parse(self, text: &str) -> Result<Time, FrameError> {
        let trimmed = text.trim();
        match self {
            Self::Step => trimmed.parse().map(Time).map_err(|_| FrameError::Time {
                text: text.to_owned(),
                expected: "an integer step, because the frame counts steps",
            }),
            Self::Utc => {
                parse_iso(trimmed).or_else(|| parse_epoch(trimmed)).ok_or_else(|| FrameError::Time {
                    text: text.to_owned(),
                    expected: "ISO 8601 such as 2024-01-02T03:04:05Z, or an epoch number in s, ms, us or ns",
                })
            }
        }
    }

    /// Prints a time so that [`Clock::parse`] reads it back: RFC 3339 in UTC with as many decimals as needed, or the
    /// step number.
    #[must_use]
    pub fn format(self, time: Time) -> String {
        match self {
            Self::Step => time.0.to_string(),
            Self::Utc => DateTime::from_timestamp_nanos(time.0).to_rfc3339_opts(SecondsFormat::AutoSi, true),
        }
    }

    /// Prints a span: seconds with a unit that suits its size, or a number of steps.
    #[must_use]
    pub fn format_span(self, span: Span) -> String {
        match self {
            Self::Step if span.0.abs() == 1 => format!("{} step", span.0),
            Self::Step => format!("{} steps", span.0),
            Self::Utc => {
                let seconds = self.seconds(span);
                match seconds.abs() {
                    s if s >= 172_800.0 => format!("{:.1} d", seconds / 86_400.0),
                    s if s >= 7_200.0 => format!("{:.1} h", seconds / 3_600.0),
                    s if s >= 120.0 => format!("{:.1} min", seconds / 60.0),
                    s if s >= 1.0 || s == 0.0 => format!("{} s", (seconds * 1e3).round() / 1e3),
                    _ => format!("{} ms", (seconds * 1e6).round() / 1e3),
                }
            }
        }
    }

    /// The span of `seconds` on this clock; on [`Clock::Step`] one second is one step.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // a float-to-int `as` saturates, which is what we want
    pub fn span(self, seconds: f64) -> Span {
        match self {
            Self::Utc => Span((seconds * NANOS_PER_SECOND as f64).round() as i64),
            Self::Step => Span(seconds.round() as i64),
        }
    }

    /// The length of `span` in seconds (or in steps).
    #[must_use]
    pub fn seconds(self, span: Span) -> f64 {
        match self {
            Self::Utc => span.0 as f64 / NANOS_PER_SECOND as f64,
            Self::Step => span.0 as f64,
        }
    }

    /// Nanoseconds in one unit of an epoch number of this size: below 10^11 it counts seconds (up to the year 5138),
    /// below 10^14 milliseconds, below 10^17 microseconds, and nanoseconds from there on.
    #[must_use]
    pub fn epoch_unit(magnitude: f64) -> i64 {
        match magnitude.abs() {
            m if m < 1e11 => NANOS_PER_SECOND,
            m if m < 1e14 => 1_000_000,
            m if m < 1e17 => 1_000,
            _ => 1,
        }
    }
}

fn parse_iso(text: &str) -> Option<Time> {
    if let Ok(with_offset) = DateTime::parse_from_rfc3339(text) {
        return with_offset.timestamp_nanos_opt().map(Time);
    }
    const WITH_OFFSET: [&str; 3] =
        ["%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f %z"];
    const WITHOUT: [&str; 6] = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.fZ",
        "%Y-%m-%d %H:%M:%S%.fZ",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ];
    WITH_OFFSET
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok().map(|t| t.to_utc()))
        .or_else(|| {
            let bare = text.trim_end_matches(" UTC");
            WITHOUT
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(bare, format).ok().map(|t| t.and_utc()))
        })
        .or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(|t| t.and_utc())
        })?
        .timestamp_nanos_opt()
        .map(Time)
}

fn parse_epoch(text: &str) -> Option<Time> {
    if let Ok(whole) = text.parse::<i64>() {
        return whole.checked_mul(Clock::epoch_unit(whole as f64)).map(Time);
    }
    let number: f64 = text.parse().ok()?;
    let nanos = number * Clock::epoch_unit(number) as f64;
    #[allow(clippy::cast_possible_truncation)] // the range is checked first
    (nanos.is_finite() && nanos.abs() < i64::MAX as f64).then(|| Time(nanos.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_in_every_spelling() {
        let expected = Time(1_661_140_279_000_000_000);
        for text in [
            "2022-08-22T03:51:19Z",
            "2022-08-22T03:51:19",
            "2022-08-22 03:51:19",
            "2022-08-22 03:51:19+00:00",
            "2022-08-22T05:51:19+02:00",
            "2022-08-22T05:51:19+0200",
            "2022-08-22 03:51:19 +0000",
            "2022-08-22 03:51:19 UTC",
            "1661140279",
            "1661140279.0",
            "1661140279000",
            "1661140279000000",
            "1661140279000000000",
            " 1661140279 ",
        ] {
            assert_eq!(Clock::Utc.parse(text), Ok(expected), "{text}");
        }
        assert_eq!(Clock::Utc.format(expected), "2022-08-22T03:51:19Z");
    }

    #[test]
    fn steps_are_integers_and_say_so() {
        assert_eq!(Clock::Step.parse("17"), Ok(Time(17)));
        let error = Clock::Step.parse("2022-08-22").unwrap_err().to_string();
        assert_eq!(
            error,
            "`2022-08-22` is not a time: expected an integer step, because the frame counts steps"
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "yesterday", "2022-13-01T00:00:00Z", "nan", "1e300", "99999999999999999999"] {
            let message = Clock::Utc.parse(text).unwrap_err().to_string();
            assert!(message.contains("is not a time"), "{message}");
        }
    }

    #[test]
    fn spans_read_well() {
        assert_eq!(Clock::Utc.format_span(Clock::Utc.span(90.0)), "90 s");
        assert_eq!(Clock::Utc.format_span(Clock::Utc.span(300.0)), "5.0 min");
        assert_eq!(Clock::Utc.format_span(Clock::Utc.span(0.25)), "250 ms");
        assert_eq!(Clock::Step.format_span(Span(1)), "1 step");
    }
}
