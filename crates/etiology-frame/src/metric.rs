//! What a column of a frame measures, and how that is written into Arrow field metadata.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use arrow_schema::{DataType, Field};
use serde::{Deserialize, Serialize};

use crate::{FrameError, NameTable};

const LAYER: &str = "etiology.layer";
const ENTITY: &str = "etiology.entity";
const MEASURE: &str = "etiology.measure";
const KIND: &str = "etiology.kind";
const UNIT: &str = "etiology.unit";

/// The layer of an AI system that a metric belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Quality and arrival of inputs: missing values, drift, pipeline latency, request mix.
    Data,
    /// Behaviour and learning: loss, accuracy, gradients; for a service its own latency and errors.
    Model,
    /// Resources that carry it: GPU, CPU, memory, disk, network, collectives.
    Compute,
}

/// How a metric's values relate to each other in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// A level that can go up and down.
    #[default]
    Gauge,
    /// A running total that only grows, except when it is reset.
    Counter,
    /// A percentile of a distribution over each interval.
    Quantile,
    /// An amount per unit of time.
    Rate,
}

macro_rules! words {
    ($type:ident, $what:literal, $allowed:literal, $($variant:ident => $word:literal),+) => {
        impl $type {
            /// The word that stands for it in files and on the command line.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = FrameError;

            fn from_str(word: &str) -> Result<Self, FrameError> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(FrameError::Word {
                        metric: String::new(),
                        what: $what,
                        value: word.to_owned(),
                        allowed: $allowed,
                    }),
                }
            }
        }
    };
}

words!(Layer, "layer", "data, model, compute", Data => "data", Model => "model", Compute => "compute");
words!(
    MetricKind, "kind", "gauge, counter, quantile, rate",
    Gauge => "gauge", Counter => "counter", Quantile => "quantile", Rate => "rate"
);

/// What a column measures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// The column's name, unique in its frame.
    pub name: String,
    /// What it is measured on (a pod, a rank, a service, a feature), when that is known.
    pub entity: Option<String>,
    /// What is measured, without the entity: `latency` of `front-end_latency`.
    pub measure: String,
    /// The layer, when declared or inferred.
    pub layer: Option<Layer>,
    /// How its values relate in time.
    pub kind: MetricKind,
    /// The unit, carried or absent, never assumed.
    pub unit: Option<String>,
}

impl Metric {
    /// A gauge with this name and nothing else known: no entity, no layer, no unit.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { measure: name.clone(), name, entity: None, layer: None, kind: MetricKind::Gauge, unit: None }
    }

    /// A metric described by what the built-in [`NameTable`] says about its name.
    #[must_use]
    pub fn infer(name: impl Into<String>) -> Self {
        Self::infer_with(NameTable::builtin(), name)
    }

    /// A metric described by what `table` says about its name.
    #[must_use]
    pub fn infer_with(table: &NameTable, name: impl Into<String>) -> Self {
        let name = name.into();
        let found = table.infer(&name);
        Self {
            name,
            entity: found.entity,
            measure: found.measure,
            layer: found.layer,
            kind: found.kind,
            unit: found.unit,
        }
    }

    /// The same metric on `entity` measuring `measure`, whatever its name says.
    #[must_use]
    pub fn with_parts(mut self, entity: impl Into<String>, measure: impl Into<String>) -> Self {
        self.entity = Some(entity.into());
        self.measure = measure.into();
        self
    }

    /// The same metric in `layer`.
    #[must_use]
    pub fn with_layer(mut self, layer: Layer) -> Self {
        self.layer = Some(layer);
        self
    }

    /// The entity, or the whole name when none is known: what a ranking of entities calls this metric.
    #[must_use]
    pub fn entity_or_name(&self) -> &str {
        self.entity.as_deref().unwrap_or(&self.name)
    }

    /// The Arrow field that carries this metric: nullable `f64` with the description in its metadata.
    #[must_use]
    pub fn to_field(&self) -> Field {
        let mut metadata = HashMap::from([
            (MEASURE.to_owned(), self.measure.clone()),
            (KIND.to_owned(), self.kind.to_string()),
        ]);
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                metadata.insert(key.to_owned(), value);
            }
        };
        put(LAYER, self.layer.map(|layer| layer.to_string()));
        put(ENTITY, self.entity.clone());
        put(UNIT, self.unit.clone());
        Field::new(&self.name, DataType::Float64, true).with_metadata(metadata)
    }

    /// Reads a metric back from an Arrow field. A field without any of our metadata is described by its name through
    /// `table`; metadata that is present wins over the name.
    ///
    /// # Errors
    /// [`FrameError::Word`] when the metadata names a layer or kind that does not exist.
    pub fn from_field(field: &Field, table: &NameTable) -> Result<Self, FrameError> {
        let metadata = field.metadata();
        let known = [LAYER, ENTITY, MEASURE, KIND, UNIT].iter().any(|key| metadata.contains_key(key));
        if !known {
            return Ok(Self::infer_with(table, field.name()));
        }
        let named = |mut error: FrameError| {
            if let FrameError::Word { metric, .. } = &mut error {
                metric.clone_from(field.name());
            }
            error
        };
        Ok(Self {
            name: field.name().clone(),
            entity: metadata.get(ENTITY).cloned(),
            measure: metadata.get(MEASURE).unwrap_or(field.name()).clone(),
            layer: metadata.get(LAYER).map(|word| word.parse()).transpose().map_err(named)?,
            kind: metadata.get(KIND).map(|word| word.parse()).transpose().map_err(named)?.unwrap_or_default(),
            unit: metadata.get(UNIT).cloned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_carries_the_whole_metric() {
        let metric = Metric {
            name: "gpu0_util".into(),
            entity: Some("gpu0".into()),
            measure: "util".into(),
            layer: Some(Layer::Compute),
            kind: MetricKind::Gauge,
            unit: Some("%".into()),
        };
        assert_eq!(Metric::from_field(&metric.to_field(), NameTable::builtin()), Ok(metric));
    }

    #[test]
    fn a_wrong_word_in_the_metadata_names_metric_and_choices() {
        let field = Field::new("x", DataType::Float64, true)
            .with_metadata(HashMap::from([(LAYER.to_owned(), "gpu".to_owned())]));
        let message = Metric::from_field(&field, NameTable::builtin()).unwrap_err().to_string();
        assert_eq!(message, "metric `x`: `gpu` is not a layer; use one of data, model, compute");
    }
}
