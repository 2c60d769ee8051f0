//! A diagnosis for the terminal: what happened first, why next, and what the answer does not rest on last.

use std::fmt::Write as _;

use etiology_frame::{Layer, MetricFrame, Omission, Time};
use etiology_rank::{Diagnosis, Hypothesis, Verdict};

use crate::Palette;
use crate::sparkline::sparkline;
use crate::text::{WIDTH, count, hang, number, wrap};

/// The whole answer as text. With the incident's frame, the symptom and the candidates are drawn around the onset.
#[must_use]
pub fn diagnosis_text(diagnosis: &Diagnosis, frame: Option<&MetricFrame>, palette: Palette) -> String {
    let picture = Picture::new(diagnosis, frame);
    let mut out = headline(diagnosis, palette);
    facts(diagnosis, &picture, palette, &mut out);
    if !diagnosis.hypotheses.is_empty() {
        out.push('\n');
        causes(diagnosis, &picture, palette, &mut out);
    }
    left_out(&diagnosis.left_out, palette, &mut out);
    warnings(&diagnosis.warnings, palette, &mut out);
    out
}

/// What sparklines are drawn from.
struct Picture<'a> {
    frame: Option<&'a MetricFrame>,
    onset: Option<Time>,
}

impl<'a> Picture<'a> {
    fn new(diagnosis: &Diagnosis, frame: Option<&'a MetricFrame>) -> Self {
        let onset = diagnosis.onset.as_ref().and_then(|onset| frame?.clock().parse(&onset.time).ok());
        Self { frame, onset }
    }

    fn of(&self, metric: &str) -> Option<String> {
        sparkline(self.frame?, metric, self.onset?)
    }
}

fn headline(diagnosis: &Diagnosis, palette: Palette) -> String {
    let verdict = palette.verdict(diagnosis.verdict);
    let leaders: Vec<&str> =
        diagnosis.hypotheses.iter().filter(|h| h.rank == 1).map(|h| h.entity.as_str()).collect();
    let says = match (diagnosis.verdict, leaders.as_slice()) {
        (Verdict::NoIncident, _) => "nothing goes beyond what these metrics do by themselves".to_owned(),
        (_, []) => "no cause can be named".to_owned(),
        (Verdict::Confirmed, [one, ..]) => format!("{} is the cause", palette.bold(one)),
        (Verdict::Likely, [one, ..]) => format!("{} is the likely cause", palette.bold(one)),
        (Verdict::Inconclusive, [one]) => format!("{} comes first, but not clearly", palette.bold(one)),
        (Verdict::Inconclusive, many) => format!("{} candidates share the first place", many.len()),
    };
    format!("{verdict}: {says}\n\n")
}

fn facts(diagnosis: &Diagnosis, picture: &Picture<'_>, palette: Palette, out: &mut String) {
    fact("incident", &diagnosis.incident, out);
    if let Some(onset) = &diagnosis.onset {
        let source = if onset.given { "as given" } else { "estimated" };
        let between = match &onset.interval {
            Some([first, last]) if first == last => ", to the row".to_owned(),
            Some([first, last]) => format!(", between {first} and {last}"),
            None => String::new(),
        };
        fact("onset", &format!("{}, {source}{between}", onset.time), out);
    }
    for (index, symptom) in diagnosis.symptoms.iter().enumerate() {
        let source = if diagnosis.symptoms_given { "as given" } else { "chosen" };
        fact(if index == 0 { "symptom" } else { "" }, &format!("{symptom}, {source}"), out);
        if let Some(line) = picture.of(symptom) {
            // Not wrapped: the line's blanks are gaps in the data.
            let _ = writeln!(out, "  {:<10}{}", "", palette.accent(&line));
        }
    }
    fact("method", &diagnosis.method, out);
    if !diagnosis.because.is_empty() {
        fact("because", &diagnosis.because, out);
    }
}

fn fact(name: &str, text: &str, out: &mut String) {
    hang(&format!("  {name:<10}"), text, out);
}

fn causes(diagnosis: &Diagnosis, picture: &Picture<'_>, palette: Palette, out: &mut String) {
    let entity_width = widest(&diagnosis.hypotheses, |h| h.entity.as_str(), 6, 28);
    let metric_width = widest(&diagnosis.hypotheses, |h| h.metric.as_deref().unwrap_or("-"), 6, 40);
    let header = format!(
        "  {:<6}{:<9}{:<entity_width$}  {:<metric_width$}  score",
        "rank", "layer", "entity", "metric"
    );
    let _ = writeln!(out, "{}", palette.dim(&header));
    for hypothesis in &diagnosis.hypotheses {
        // `3=` is a shared third place.
        let tie = if hypothesis.tied_with.is_empty() { "" } else { "=" };
        let row = format!(
            "  {:<6}{:<9}{:<entity_width$}  {:<metric_width$}  {}",
            format!("{}{tie}", hypothesis.rank),
            hypothesis.layer.map_or("-", Layer::as_str),
            hypothesis.entity,
            hypothesis.metric.as_deref().unwrap_or("-"),
            number(hypothesis.score),
        );
        let probability =
            hypothesis.probability.map(|p| format!("  probability {}", number(p))).unwrap_or_default();
        let _ = writeln!(out, "{}{probability}", if hypothesis.rank == 1 { palette.bold(&row) } else { row });
        support(hypothesis, picture, palette, out);
    }
    let _ = writeln!(out);
    let note = "A score is the method's own scale, not a probability; `=` marks an exact tie.";
    let _ = writeln!(out, "  {}", palette.dim(note));
    if let Some(set) = &diagnosis.confidence_set {
        let members: Vec<String> = set.members.iter().map(ToString::to_string).collect();
        let level = number(set.level * 100.0);
        let _ = writeln!(out, "  With {level} % confidence the cause is among {}.", members.join(", "));
    }
}

fn support(hypothesis: &Hypothesis, picture: &Picture<'_>, palette: Palette, out: &mut String) {
    if let Some(mechanism) = &hypothesis.mechanism {
        hang("        mechanism: ", mechanism, out);
    }
    if let Some(line) = hypothesis.metric.as_deref().and_then(|metric| picture.of(metric)) {
        let _ = writeln!(out, "        {}", palette.accent(&line));
    }
    for evidence in &hypothesis.evidence {
        hang("        - ", &evidence.says, out);
    }
    if let Some(what_if) = &hypothesis.counterfactual {
        let [low, high] = what_if.interval;
        let says = format!(
            "{} is {}; had this metric been normal it would be {} ({} to {})",
            what_if.target,
            number(what_if.observed),
            number(what_if.had_it_been_normal),
            number(low),
            number(high)
        );
        hang("        - ", &says, out);
    }
}

fn widest<'a>(
    of: &'a [Hypothesis],
    name: impl Fn(&'a Hypothesis) -> &'a str,
    low: usize,
    high: usize,
) -> usize {
    of.iter().map(|h| name(h).chars().count()).max().unwrap_or(low).clamp(low, high)
}

/// What took no part, grouped by reason in the order in which the reasons first appear.
fn left_out(omissions: &[Omission], palette: Palette, out: &mut String) {
    const NAMED: usize = 6;
    if omissions.is_empty() {
        return;
    }
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for omission in omissions {
        let why = omission.why.to_string();
        match groups.iter_mut().find(|(known, _)| *known == why) {
            Some((_, metrics)) => metrics.push(&omission.metric),
            None => groups.push((why, vec![&omission.metric])),
        }
    }
    let _ = writeln!(out, "\n{}", palette.bold(&format!("left out: {}", count(omissions.len(), "metric"))));
    for (why, metrics) in groups {
        let more = metrics.len().saturating_sub(NAMED);
        let named = metrics.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        hang("  - ", &format!("{why} ({}): {named}{more}", metrics.len()), out);
    }
}

fn warnings(warnings: &[String], palette: Palette, out: &mut String) {
    if warnings.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", palette.warning(&count(warnings.len(), "warning")));
    for warning in warnings {
        for (index, line) in wrap(warning, WIDTH - 4).iter().enumerate() {
            let _ = writeln!(out, "  {}{line}", if index == 0 { "- " } else { "  " });
        }
    }
}
