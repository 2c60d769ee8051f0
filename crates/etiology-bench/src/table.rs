//! A report as a table to read: methods down, groups across.

use std::fmt::Write;

use etiology_rank::{Level, Variant};

use crate::report::{MethodReport, Report, Standing};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Columns aligned with spaces.
    Text,
    /// A Markdown table.
    Markdown,
}

impl Report {
    /// The report as one table a level. Accuracies are shares with ties in the worst order; `tie` is AC@1 in the mean over
    /// all orders of the ties; a group's column is its AC@1, worst and mean where they differ.
    #[must_use]
    pub fn to_table(&self, style: Style) -> String {
        let mut out = String::new();
        self.headline(&mut out);
        for level in [Level::Entity, Level::Metric] {
            let rows = self.rows(level);
            if rows.len() > 1 {
                let scored =
                    self.methods.iter().find(|method| method.level == level).map_or(0, |m| m.standing.scored);
                let what = if level == Level::Entity { "entities" } else { "metrics" };
                line(&mut out, &format!("\nRanking of {what}, {scored} cases\n"));
                match style {
                    Style::Text => text(&mut out, &rows),
                    Style::Markdown => markdown(&mut out, &rows),
                }
            }
        }
        for case in &self.unreadable {
            line(&mut out, &format!("not scored: {}: {}", case.id, case.why));
        }
        for note in &self.notes {
            line(&mut out, &format!("note: {note}"));
        }
        out
    }

    fn headline(&self, out: &mut String) {
        let split = self.split.as_ref().map(|split| format!(", split {split}")).unwrap_or_default();
        let cleaning = if self.published_cleaning { ", values cleaned as published" } else { "" };
        line(
            out,
            &format!(
                "{}: {} cases{split}, onset reported {} s late, seed {}{cleaning}",
                self.suite, self.cases, self.shift_seconds, self.seed
            ),
        );
    }

    fn rows(&self, level: Level) -> Vec<Vec<String>> {
        let methods: Vec<&MethodReport> =
            self.methods.iter().filter(|method| method.level == level).collect();
        let mut groups: Vec<(&str, usize)> = Vec::new();
        for group in methods.iter().flat_map(|method| &method.groups) {
            if !groups.iter().any(|(name, _)| *name == group.name) {
                groups.push((&group.name, group.cases));
            }
        }
        let silence = methods.iter().any(|method| method.specificity.is_some());
        let mut header: Vec<String> =
            ["method", "AC@1", "95 %", "tie", "AC@3", "Avg@5", "MRR"].map(str::to_owned).to_vec();
        header.extend(groups.iter().map(|(name, cases)| format!("{name} ({cases})")));
        if silence {
            header.push("silent".to_owned());
        }
        header.extend(["failed", "abst.", "ms/case"].map(str::to_owned));
        let mut rows = vec![header];
        rows.extend(methods.iter().map(|method| method_row(method, &groups, silence)));
        if !methods.is_empty() {
            rows.extend(self.floor_rows(level, &groups, silence));
        }
        rows
    }

    fn floor_rows(&self, level: Level, groups: &[(&str, usize)], silence: bool) -> Vec<Vec<String>> {
        let floors = self.floors.iter().filter(|floor| floor.level == level);
        floors
            .map(|floor| {
                let at = |k: &str| floor.ac.get(k).copied().unwrap_or_default();
                let oracle = if floor.oracle { ", in hindsight" } else { "" };
                let mut row =
                    vec![format!("[{}{oracle}]", floor.name), share(at("1")), String::new(), String::new()];
                row.extend([at("3"), floor.avg5, floor.mrr].map(share));
                row.extend(groups.iter().map(|(name, _)| {
                    floor
                        .groups
                        .get(*name)
                        .and_then(|ac| ac.get("1"))
                        .map_or_else(String::new, |ac| share(*ac))
                }));
                row.extend(vec![String::new(); if silence { 4 } else { 3 }]);
                row
            })
            .collect()
    }
}

fn method_row(method: &MethodReport, groups: &[(&str, usize)], silence: bool) -> Vec<String> {
    let standing = &method.standing;
    let name = match method.variant {
        Variant::Repaired => method.method.clone(),
        Variant::Published => format!("{}:published", method.method),
    };
    let interval = standing.ci95.get("ac1");
    let interval =
        interval.map_or_else(String::new, |[low, high]| format!("{}-{}", share(*low), share(*high)));
    let mut row = vec![name, share(standing.ac_at(1)), interval, share(tie_expected(standing))];
    row.extend([standing.ac_at(3), standing.avg5, standing.mrr].map(share));
    row.extend(groups.iter().map(|(name, _)| {
        let group = method.groups.iter().find(|group| group.name == *name);
        group.map_or_else(String::new, |group| worst_and_mean(&group.standing))
    }));
    if silence {
        row.push(method.specificity.as_ref().map_or_else(String::new, |silent| share(silent.share)));
    }
    row.extend([standing.failed.to_string(), standing.abstained.to_string()]);
    row.push(format!("{:.2}", method.seconds_per_case * 1e3));
    row
}

fn tie_expected(standing: &Standing) -> f64 {
    standing.ac_tie_expected.get("1").copied().unwrap_or_default()
}

fn worst_and_mean(standing: &Standing) -> String {
    let (worst, mean) = (share(standing.ac_at(1)), share(tie_expected(standing)));
    if worst == mean { worst } else { format!("{worst}/{mean}") }
}

/// `.681` for 0.681, `1.0` for 1.
fn share(value: f64) -> String {
    let text = format!("{value:.3}");
    match text.strip_prefix('0') {
        Some(rest) => rest.to_owned(),
        None if text == "1.000" => "1.0".to_owned(),
        None => text,
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn text(out: &mut String, rows: &[Vec<String>]) {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    for row in rows {
        let mut written = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            // Writing to a string cannot fail.
            let _ = if column == 0 {
                write!(written, "{cell:<width$}")
            } else {
                write!(written, "  {cell:>width$}")
            };
        }
        line(out, written.trim_end());
    }
}

fn markdown(out: &mut String, rows: &[Vec<String>]) {
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        line(out, &format!("| {} |", cells.join(" | ")));
        if index == 0 {
            let rule: Vec<&str> =
                (0..row.len()).map(|column| if column == 0 { ":--" } else { "--:" }).collect();
            line(out, &format!("| {} |", rule.join(" | ")));
        }
    }
}
