//! What really went wrong, for scoring. Kept apart from [`Incident`](crate::Incident) so that no method can read it.

use serde::{Deserialize, Serialize};

use crate::Layer;

/// One true cause. What is `None` is not known, and is not scored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RootCause {
    /// The entity at fault.
    pub entity: Option<String>,
    /// The metric that shows the fault at its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The layer at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<Layer>,
    /// How it failed, for example `memory-leak`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mechanism: Option<String>,
}

/// All true causes of one incident.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Truth(pub Vec<RootCause>);

impl Truth {
    /// The truth that one entity is at fault.
    #[must_use]
    pub fn entity(name: impl Into<String>) -> Self {
        Self(vec![RootCause { entity: Some(name.into()), ..RootCause::default() }])
    }

    /// The entities at fault.
    pub fn entities(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|cause| cause.entity.as_deref())
    }

    /// The metrics at fault.
    pub fn metrics(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|cause| cause.metric.as_deref())
    }
}
