//! What a table holds before anything is asked of it: time, gaps, and each metric with what its name says.

use std::fmt::Write as _;

use etiology_frame::{Clock, FrameSummary, Layer, MetricFrame, MetricSummary, Omission};
use serde::{Serialize, Serializer};

use crate::Palette;
use crate::text::{count, hang, lines_of, number, table};

/// The identifier of the JSON format.
const SCHEMA: &str = "etiology.inspection/1";

/// A frame described, with what its reader had to say about it.
#[derive(Debug, Clone)]
pub struct Inspection {
    summary: FrameSummary,
    notes: Vec<String>,
    left_out: Vec<Omission>,
}

impl Inspection {
    /// Describes `frame`. `O(rows x metrics)`.
    #[must_use]
    pub fn of(frame: &MetricFrame) -> Self {
        Self { summary: FrameSummary::of(frame), notes: Vec::new(), left_out: Vec::new() }
    }

    /// Adds what was put right or found odd on reading.
    #[must_use]
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// Adds columns that never became metrics.
    #[must_use]
    pub fn with_left_out(mut self, omissions: impl IntoIterator<Item = Omission>) -> Self {
        self.left_out.extend(omissions);
        self
    }

    /// As text: the frame in a few lines, then a row a metric.
    #[must_use]
    pub fn to_text(&self, palette: Palette) -> String {
        let mut out = self.facts();
        out.push('\n');
        out.push_str(&self.metric_table());
        let missing = self.left_out();
        if !missing.is_empty() {
            let _ = writeln!(
                out,
                "\n{}",
                palette.bold(&format!("would be left out: {}", count(missing.len(), "column")))
            );
            for omission in &missing {
                hang("  - ", &format!("{}: {}", omission.metric, omission.why), &mut out);
            }
        }
        if !self.notes.is_empty() {
            let _ = writeln!(out, "\n{}", palette.warning(&count(self.notes.len(), "note")));
            for note in &self.notes {
                hang("  - ", note, &mut out);
            }
        }
        out
    }

    fn facts(&self) -> String {
        let (summary, clock) = (&self.summary, self.summary.clock);
        let mut out = String::new();
        let mut fact = |name: &str, text: &str| hang(&format!("  {name:<9}"), text, &mut out);
        fact("rows", &summary.rows.to_string());
        if let (Some(start), Some(end)) = (summary.start, summary.end) {
            fact("time", &format!("{} to {}", clock.format(start), clock.format(end)));
        }
        if let Some(period) = summary.period {
            fact("period", &clock.format_span(period));
        }
        let gaps: Vec<String> = summary
            .gaps
            .iter()
            .take(3)
            .map(|gap| {
                let length = clock.format_span(gap.until.since(gap.after));
                format!("{length} after {}", clock.format(gap.after))
            })
            .collect();
        match summary.gaps.len() {
            0 => fact("gaps", "none"),
            n if n > 3 => fact("gaps", &format!("{n}: {}, ...", gaps.join("; "))),
            n => fact("gaps", &format!("{n}: {}", gaps.join("; "))),
        }
        let layers = [Layer::Data, Layer::Model, Layer::Compute].map(|layer| {
            let of = summary.metrics.iter().filter(|m| m.metric.layer == Some(layer)).count();
            format!("{of} {}", layer.as_str())
        });
        let unknown = summary.metrics.iter().filter(|m| m.metric.layer.is_none()).count();
        let unknown = if unknown > 0 { format!(", {unknown} of no known layer") } else { String::new() };
        fact("metrics", &format!("{}: {}{unknown}", summary.metrics.len(), layers.join(", ")));
        out
    }

    fn metric_table(&self) -> String {
        let mut table =
            table(&["metric", "layer", "entity", "kind", "unit", "nulls", "infinite", "min", "mean", "max"]);
        let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
        let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
        for MetricSummary { metric, nulls, infinite, min, mean, max, .. } in &self.summary.metrics {
            table.add_row([
                metric.name.clone(),
                or_dash(metric.layer.map(Layer::as_str)),
                or_dash(metric.entity.as_deref()),
                metric.kind.as_str().to_owned(),
                or_dash(metric.unit.as_deref()),
                nulls.to_string(),
                infinite.to_string(),
                shown(*min),
                shown(*mean),
                shown(*max),
            ]);
        }
        lines_of(&table)
    }

    /// Columns that never became metrics, then metrics that a diagnosis would leave out.
    fn left_out(&self) -> Vec<Omission> {
        let degenerate = self.summary.metrics.iter().filter_map(|summary| {
            summary.left_out.as_ref().map(|why| Omission::new(&summary.metric.name, why.clone()))
        });
        self.left_out.iter().cloned().chain(degenerate).collect()
    }
}

/// Times as text, so that a reader needs no rule for what a tick is.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    rows: usize,
    clock: Clock,
    start: Option<String>,
    end: Option<String>,
    /// Seconds, or steps.
    period: Option<f64>,
    gaps: Vec<GapDocument>,
    metrics: &'a [MetricSummary],
    left_out: Vec<Omission>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct GapDocument {
    after: String,
    until: String,
}

impl Serialize for Inspection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (summary, clock) = (&self.summary, self.summary.clock);
        Document {
            schema: SCHEMA,
            rows: summary.rows,
            clock,
            start: summary.start.map(|time| clock.format(time)),
            end: summary.end.map(|time| clock.format(time)),
            period: summary.period.map(|span| clock.seconds(span)),
            gaps: summary
                .gaps
                .iter()
                .map(|gap| GapDocument { after: clock.format(gap.after), until: clock.format(gap.until) })
                .collect(),
            metrics: &summary.metrics,
            left_out: self.left_out(),
            notes: &self.notes,
        }
        .serialize(serializer)
    }
}
