//! Evidence for one hypothesis, in sentences that can be read aloud.

use std::collections::VecDeque;

use etiology_frame::{Clock, Time, Topology};

use crate::shift::Shift;
use crate::{Case, Evidence, EvidenceKind};

/// Everything known for or against the metric behind `shift`, strongest kind first.
pub(crate) fn evidence(case: &Case<'_>, shift: &Shift, symptom: Option<&Shift>) -> Vec<Evidence> {
    [
        Some(shifted(case, shift)),
        symptom.and_then(|symptom| order(case, shift, symptom)),
        symptom.and_then(|symptom| place(case, shift, symptom)),
    ]
    .into_iter()
    .flatten()
    .chain(events(case, shift))
    .collect()
}

fn name<'a>(case: &'a Case<'_>, shift: &Shift) -> &'a str {
    case.metrics().get(shift.index).map_or("", |metric| metric.name.as_str())
}

fn entity<'a>(case: &'a Case<'_>, shift: &Shift) -> &'a str {
    case.metrics().get(shift.index).map_or("", |metric| metric.entity_or_name())
}

fn shifted(case: &Case<'_>, shift: &Shift) -> Evidence {
    let unit = case.metrics().get(shift.index).and_then(|metric| metric.unit.as_deref());
    let with_unit = |value: f64| match unit {
        Some("%") => format!("{}%", number(value)),
        Some(unit) => format!("{} {unit}", number(value)),
        None => number(value),
    };
    let verb = if shift.score >= 0.0 { "rose" } else { "fell" };
    let spread = if shift.normal.floored() {
        format!("flat but for {}", with_unit(shift.normal.raw_scale))
    } else {
        format!("IQR {}", with_unit(shift.normal.scale))
    };
    let p = p_value(shift.p_value);
    let beyond = if shift.is_significant() {
        format!("; a quiet window goes that far with p = {p}")
    } else if shift.p_value <= 0.05 {
        format!(", which among that many metrics may be chance (p = {p})")
    } else {
        format!(", which it also does when nothing is wrong (p = {p})")
    };
    Evidence {
        kind: EvidenceKind::Shift,
        statistic: Some(shift.score),
        p_value: Some(shift.p_value),
        says: format!(
            "{} {verb} to {} (median since the onset {}) from a normal {} ({spread}){beyond}",
            name(case, shift),
            with_unit(shift.peak),
            with_unit(shift.after),
            with_unit(shift.normal.location),
        ),
    }
}

fn order(case: &Case<'_>, shift: &Shift, symptom: &Shift) -> Option<Evidence> {
    if shift.index == symptom.index {
        return None;
    }
    let (own, theirs) = (shift.departed?, symptom.departed?);
    let clock = case.normal().clock();
    let lead = theirs.since(own);
    let says = match lead.0 {
        0 => format!(
            "it left its normal range together with {}, at {}",
            name(case, symptom),
            clock.format(own)
        ),
        1.. => format!(
            "it left its normal range at {}, {} before {}",
            clock.format(own),
            clock.format_span(lead),
            name(case, symptom)
        ),
        _ => format!(
            "it left its normal range at {}, {} after {}",
            clock.format(own),
            clock.format_span(own.since(theirs)),
            name(case, symptom)
        ),
    };
    Some(Evidence {
        kind: EvidenceKind::OnsetOrder,
        statistic: Some(clock.seconds(lead)),
        p_value: None,
        says,
    })
}

fn place(case: &Case<'_>, shift: &Shift, symptom: &Shift) -> Option<Evidence> {
    let topology = &case.incident().topology;
    let (from, to) = (topology.index_of(entity(case, shift))?, topology.index_of(entity(case, symptom))?);
    let says = match path(topology, from, to) {
        Some(path) if path.len() > 1 => {
            let names: Vec<&str> =
                path.iter().filter_map(|&i| topology.nodes().get(i)).map(String::as_str).collect();
            format!("trouble can reach the symptom along {}", names.join(" -> "))
        }
        Some(_) => "it belongs to the entity that shows the symptom".to_owned(),
        None => format!("no known path leads from {} to {}", entity(case, shift), entity(case, symptom)),
    };
    Some(Evidence { kind: EvidenceKind::Topology, statistic: None, p_value: None, says })
}

/// The shortest causal path, by breadth-first search: `O(nodes + links)`.
fn path(topology: &Topology, from: usize, to: usize) -> Option<Vec<usize>> {
    let mut effects = vec![Vec::new(); topology.nodes().len()];
    for (cause, effect) in topology.causes() {
        if let Some(list) = effects.get_mut(cause) {
            list.push(effect);
        }
    }
    let mut came_from: Vec<Option<usize>> = vec![None; effects.len()];
    let mut queue = VecDeque::from([from]);
    while let Some(node) = queue.pop_front() {
        if node == to {
            let mut path: Vec<usize> = std::iter::successors(Some(to), |&at| {
                if at == from { None } else { came_from.get(at).copied()? }
            })
            .collect();
            path.reverse();
            return Some(path);
        }
        for &next in effects.get(node).into_iter().flatten() {
            if let Some(slot @ None) = came_from.get_mut(next).filter(|_| next != from) {
                *slot = Some(node);
                queue.push_back(next);
            }
        }
    }
    None
}

/// Events on the entity from one anomalous window before the onset until it departed.
fn events(case: &Case<'_>, shift: &Shift) -> Vec<Evidence> {
    let clock = case.normal().clock();
    let Some((_, last)) = case.anomalous().extent() else { return Vec::new() };
    let since = Time(case.onset().0.saturating_sub(last.since(case.onset()).0));
    let until = Time(shift.departed.unwrap_or(last).0.saturating_add(1));
    let near = case.incident().events.between(since, until).iter();
    near.filter(|event| event.entity.as_deref() == Some(entity(case, shift)))
        .map(|event| Evidence {
            kind: EvidenceKind::Event,
            statistic: None,
            p_value: None,
            says: format!("{} at {}: {}", event.kind, clock.format(event.time), event.message),
        })
        .collect()
}

/// A number with four significant digits, without an exponent where that reads well.
pub(crate) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if !(1e-3..1e7).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // -3 to 7, by the check above
    let decimals = (3.0 - magnitude.log10().floor()).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A p-value as people write it.
pub(crate) fn p_value(p: f64) -> String {
    match p {
        p if p < 1e-12 => "below 1e-12".to_owned(),
        p if p < 1e-3 => format!("{p:.0e}"),
        p => format!("{p:.3}"),
    }
}

/// What a time says on the case's clock.
pub(crate) fn on_clock(clock: Clock, interval: (Time, Time)) -> [String; 2] {
    [clock.format(interval.0), clock.format(interval.1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits() {
        let texts: Vec<String> = [0.0, 1.0, 0.8312345, 210.04, 12_345.6, -98.76, 1.5e9, 2.5e-7, 1e6]
            .into_iter()
            .map(number)
            .collect();
        assert_eq!(texts, ["0", "1", "0.8312", "210", "12346", "-98.76", "1.500e9", "2.500e-7", "1000000"]);
        assert_eq!([1e-300, 2e-6, 0.04].map(p_value), ["below 1e-12", "2e-6", "0.040"]);
    }

    #[test]
    fn paths_follow_the_causal_direction_and_survive_cycles() {
        let topology =
            Topology::from_calls([("web", "orders"), ("orders", "db"), ("db", "orders"), ("web", "web")]);
        let index = |name| topology.index_of(name).unwrap();
        assert_eq!(
            path(&topology, index("db"), index("web")),
            Some(vec![index("db"), index("orders"), index("web")])
        );
        assert_eq!(path(&topology, index("web"), index("db")), None);
        assert_eq!(path(&topology, index("web"), index("web")), Some(vec![index("web")]));
    }
}
