//! `incident.json`: read, checked against the frame, and written.

use std::collections::BTreeMap;
use std::path::Path;

use etiology_frame::{Clock, Layer, Metric, MetricFrame, Span, Time, Truth};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{IoError, excerpt, name_list};
use crate::table::read_bytes;

const SCHEMA: &str = "etiology.incident/1";

/// The fields as they stand in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Fields {
    schema: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) onset: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) onset_uncertainty_s: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) symptom: Option<Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) layers: BTreeMap<String, Layer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    period_s: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) truth: Option<Value>,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

impl Fields {
    pub(super) fn new(id: &str) -> Self {
        Self { schema: SCHEMA.to_owned(), id: Some(id.to_owned()), ..Self::default() }
    }
}

/// An `incident.json` whose JSON is sound.
#[derive(Debug)]
pub(super) struct Manifest {
    file: String,
    fields: Fields,
}

impl Manifest {
    pub(super) fn read(path: &Path) -> Result<Self, IoError> {
        let file = path.display().to_string();
        let bytes = read_bytes(path)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let fields: Fields = serde_json::from_slice(bytes).map_err(|error| {
            let text = String::from_utf8_lossy(bytes);
            let field = field_before(&text, error.line(), error.column());
            let place = match field {
                Some(field) => format!("line {}: field `{field}`", error.line()),
                None => format!("line {}", error.line()),
            };
            let said = error.to_string();
            let what = said.split(" at line ").next().unwrap_or(&said).to_owned();
            let remedy = "correct it; the formats page shows every field".to_owned();
            IoError::Content { file: file.clone(), place, what, remedy }
        })?;
        let manifest = Self { file, fields };
        if manifest.fields.schema != SCHEMA {
            let what = format!("`{}` is not known", excerpt(manifest.fields.schema.as_bytes()));
            return Err(manifest.fault("schema", what, &format!("this version reads `{SCHEMA}`")));
        }
        Ok(manifest)
    }

    fn fault(&self, field: &str, what: String, remedy: &str) -> IoError {
        let place = format!("field `{field}`");
        IoError::Content { file: self.file.clone(), place, what, remedy: remedy.to_owned() }
    }

    pub(super) fn id(&self) -> Option<String> {
        self.fields.id.clone().filter(|id| !id.is_empty())
    }

    pub(super) fn warnings(&self) -> Option<String> {
        let unknown = &self.fields.unknown;
        let names = || name_list(unknown.keys().map(String::as_str).collect::<Vec<_>>().into_iter());
        (!unknown.is_empty()).then(|| format!("incident.json: unknown fields are ignored: {}", names()))
    }

    /// What `layers` names that no frame has.
    pub(super) fn unknown_layers(&self, frames: &[&MetricFrame]) -> Option<String> {
        let absent: Vec<&str> = self
            .fields
            .layers
            .keys()
            .map(String::as_str)
            .filter(|name| frames.iter().all(|frame| frame.index_of(name).is_none()))
            .collect();
        let names = || name_list(absent.iter().copied());
        (!absent.is_empty()).then(|| format!("incident.json: `layers` names no such metrics: {}", names()))
    }

    /// The frame with the layers that the file declares.
    pub(super) fn with_layers(&self, frame: &MetricFrame) -> Result<MetricFrame, IoError> {
        if self.fields.layers.is_empty() {
            return Ok(frame.clone());
        }
        let declared = |metric: &Metric| match self.fields.layers.get(&metric.name) {
            Some(&layer) => metric.clone().with_layer(layer),
            None => metric.clone(),
        };
        frame.describe(declared).map_err(|error| IoError::frame(&self.file, error))
    }

    /// What is odd when the declared period is not that of the rows.
    pub(super) fn period_warning(&self, frame: &MetricFrame) -> Option<String> {
        const TOLERANCE: f64 = 0.01;
        let declared = self.fields.period_s?;
        let found = frame.clock().seconds(frame.period()?);
        let differs = (declared - found).abs() > TOLERANCE * found.abs();
        (differs || !declared.is_finite()).then(|| {
            format!("incident.json: `period_s` is {declared} but the rows are {found} apart; the rows count")
        })
    }

    pub(super) fn symptoms(&self, frame: &MetricFrame) -> Result<Vec<String>, IoError> {
        let wrong = |found: &Value| {
            let what = format!(
                "`{}` is neither a metric's name nor a list of them",
                excerpt(found.to_string().as_bytes())
            );
            self.fault("symptom", what, "write \"name\" or [\"name\", ...]")
        };
        let names: Vec<String> = match &self.fields.symptom {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(name)) => vec![name.clone()],
            Some(Value::Array(names)) => names
                .iter()
                .map(|name| name.as_str().map(str::to_owned).ok_or_else(|| wrong(name)))
                .collect::<Result<_, _>>()?,
            Some(other) => return Err(wrong(other)),
        };
        for name in &names {
            if let Err(error) = frame.require(name) {
                return Err(self.fault("symptom", error.to_string(), "name a metric of the table"));
            }
        }
        Ok(names)
    }

    pub(super) fn onset(&self, clock: Clock) -> Result<Option<(Time, Option<Span>)>, IoError> {
        let text = match &self.fields.onset {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(other) => {
                let what = format!("`{}` is not a time", excerpt(other.to_string().as_bytes()));
                return Err(self.fault("onset", what, "write ISO 8601, an epoch number or a step"));
            }
        };
        let remedy = "write ISO 8601, an epoch number or a step, as the metrics have it";
        let time = clock.parse(&text).map_err(|error| self.fault("onset", error.to_string(), remedy))?;
        let uncertainty = match self.fields.onset_uncertainty_s {
            None => None,
            Some(seconds) if seconds.is_finite() && seconds >= 0.0 => Some(clock.span(seconds)),
            Some(seconds) => {
                let what = format!("{seconds} is not a length of time");
                return Err(self.fault("onset_uncertainty_s", what, "write seconds, 0 or more"));
            }
        };
        Ok(Some((time, uncertainty)))
    }

    pub(super) fn truth(&self) -> Result<Option<Truth>, IoError> {
        let truth = match &self.fields.truth {
            None | Some(Value::Null) => return Ok(None),
            Some(truth) => truth.clone(),
        };
        serde_json::from_value(truth).map(Some).map_err(|error| {
            let remedy = "write [{\"entity\": ..., \"metric\": ..., \"layer\": ..., \"mechanism\": ...}]";
            self.fault("truth", error.to_string(), remedy)
        })
    }
}

/// The top-level field whose value an error position lies in.
fn field_before(text: &str, line: usize, column: usize) -> Option<String> {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let bytes = text.as_bytes().get(..before.saturating_add(column).min(text.len()))?;
    let (mut depth, mut at, mut last, mut field) = (0_usize, 0, None, None);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let start = at + 1;
                at = start;
                while let Some(&inside) = bytes.get(at).filter(|&&inside| inside != b'"') {
                    at += if inside == b'\\' { 2 } else { 1 };
                }
                last = bytes.get(start..at);
            }
            b':' if depth == 1 => field = last,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    field.map(excerpt)
}
