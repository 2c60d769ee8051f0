//! Series in Prometheus notation, `metric{label="value", ...}`: their labels, and the entity these name.

use std::borrow::Cow;
use std::fmt;

/// What a label says about the entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Device,
    Rank,
    Host,
    Pod,
    Service,
    Container,
    Model,
    Job,
}

impl Role {
    pub(super) const ALL: [Self; 8] = [
        Self::Device,
        Self::Rank,
        Self::Host,
        Self::Pod,
        Self::Service,
        Self::Container,
        Self::Model,
        Self::Job,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Rank => "rank",
            Self::Host => "host",
            Self::Pod => "pod",
            Self::Service => "service",
            Self::Container => "container",
            Self::Model => "model",
            Self::Job => "job",
        }
    }

    /// What stands before a bare number: `gpu="0"` is `gpu0`.
    fn prefix(self) -> &'static str {
        match self {
            Self::Device => "gpu",
            Self::Rank => "rank",
            _ => "",
        }
    }
}

/// Which roles may name the entity, first come first served, by how the metric's name begins. What is measured on a
/// machine carries labels of the exporter's own pod and service, which are not what the metric is about.
const ORDERS: [(&str, &[Role]); 6] = [
    ("node_", &[Role::Host]),
    ("machine_", &[Role::Host]),
    ("kubelet_", &[Role::Host]),
    ("kube_node_", &[Role::Host]),
    ("container_", &[Role::Pod, Role::Container, Role::Host]),
    ("DCGM_", &[Role::Device, Role::Host, Role::Pod]),
];
const USUAL_ORDER: &[Role] = &[
    Role::Device,
    Role::Rank,
    Role::Pod,
    Role::Container,
    Role::Service,
    Role::Host,
    Role::Model,
    Role::Job,
];

/// The labels of each role, the one to be preferred first.
#[derive(Debug, Clone, Default)]
pub(super) struct Roles {
    labels: Vec<(Role, String)>,
    /// Where the file being read inserts: before the labels of files read earlier.
    at: usize,
}

impl Roles {
    pub(super) fn next_file(&mut self) {
        self.at = 0;
    }

    pub(super) fn add<'l>(&mut self, role: Role, labels: impl Iterator<Item = &'l str>) {
        let before = self.labels.len();
        let at = self.at.min(before);
        self.labels.splice(at..at, labels.map(|label| (role, label.to_owned())));
        self.at += self.labels.len() - before;
    }
}

/// A series: a metric's name and its labels.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Series<'n> {
    pub(super) metric: &'n str,
    /// Sorted by label, so that the order in which they were written does not matter.
    labels: Vec<(&'n str, Cow<'n, str>)>,
}

impl Series<'_> {
    pub(super) fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|(known, _)| *known == label)
    }

    /// Takes out the labels that name the entity. A device is named together with its host.
    pub(super) fn take_entity(&mut self, roles: &Roles) -> Option<String> {
        let order =
            ORDERS.iter().find(|(start, _)| self.metric.starts_with(start)).map_or(USUAL_ORDER, |(_, o)| o);
        let (role, entity) = order.iter().find_map(|&role| Some((role, self.take(role, roles)?)))?;
        match (role == Role::Device).then(|| self.take(Role::Host, roles)).flatten() {
            Some(host) => Some(format!("{host}/{entity}")),
            None => Some(entity),
        }
    }

    fn take(&mut self, role: Role, roles: &Roles) -> Option<String> {
        let wanted = roles
            .labels
            .iter()
            .filter(|(known, _)| *known == role)
            .find_map(|(_, label)| self.labels.iter().position(|(key, _)| key == label))?;
        let (_, value) = self.labels.remove(wanted);
        let bare = value.chars().all(|c| c.is_ascii_digit());
        Some(if bare { format!("{}{value}", role.prefix()) } else { value.into_owned() })
    }
}

/// The labels that are left, in Prometheus notation; nothing when none are.
impl fmt::Display for Series<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (label, value)) in self.labels.iter().enumerate() {
            let before = if i == 0 { "{" } else { "," };
            write!(f, "{before}{label}=\"")?;
            for c in value.chars() {
                match c {
                    '"' => f.write_str("\\\"")?,
                    '\\' => f.write_str("\\\\")?,
                    '\n' => f.write_str("\\n")?,
                    c => write!(f, "{c}")?,
                }
            }
            f.write_str("\"")?;
        }
        f.write_str(if self.labels.is_empty() { "" } else { "}" })
    }
}

/// The series `name` denotes, or nothing when it is not written as one: then it is a plain name.
pub(super) fn parse(name: &str) -> Option<Series<'_>> {
    let (metric, mut rest) = name.trim().strip_suffix('}')?.split_once('{')?;
    let metric = metric.trim();
    if metric.is_empty() {
        return None;
    }
    let mut labels = Vec::new();
    rest = rest.trim();
    while !rest.is_empty() {
        let (label, value) = rest.split_once('=')?;
        let label = label.trim();
        let (value, after) = quoted(value.trim_start())?;
        let repeated = labels.iter().any(|(known, _)| *known == label);
        if repeated || !is_label(label) {
            return None;
        }
        labels.push((label, value));
        rest = match after.trim_start() {
            "" => "",
            more => more.strip_prefix(',')?.trim_start(),
        };
    }
    // To Prometheus an empty label is an absent one.
    labels.retain(|(_, value)| !value.is_empty());
    labels.sort_unstable_by_key(|(label, _)| *label);
    Some(Series { metric, labels })
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with(|c: char| c.is_ascii_digit())
        && label.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

/// A quoted value with its escapes undone, and what follows it.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let text = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {
                value.push(if c == 'n' { '\n' } else { c });
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => {
                let (raw, rest) = text.split_at(at);
                let value = if raw == value { Cow::Borrowed(raw) } else { Cow::Owned(value) };
                return Some((value, rest.strip_prefix('"')?));
            }
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_with_escapes_and_sorted() {
        let series = parse(r#"m{b="x,}\"\\\n", a = "1" ,}"#).unwrap();
        assert_eq!(series.metric, "m");
        assert_eq!(series.labels, [("a", "1".into()), ("b", "x,}\"\\\n".into())]);
        assert_eq!(series.to_string(), r#"{a="1",b="x,}\"\\\n"}"#);
        assert_eq!(parse("m{}").unwrap().to_string(), "");
    }

    #[test]
    fn what_is_not_a_series_is_a_plain_name() {
        for name in [
            "",
            "m",
            "{",
            "}",
            "{}",
            "m}",
            "m{",
            "m{a}",
            "m{a=}",
            "m{a=1}",
            "m{a=\"1}",
            "m{a=\"1\" b=\"2\"}",
            "m{a=\"1\",a=\"2\"}",
            "{a=\"1\"}",
            "m{0=\"1\"}",
            "m{=\"1\"}",
            "m{,}",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
