//! Finished results on disk, one JSON object a line, so that a run that was stopped goes on where it was.
//!
//! The first line names the run's settings; a file of other settings is refused. A last line that was cut short by the
//! stop is dropped. Scores are kept as text, because JSON has no infinity and must give back every bit: a tie must stay
//! a tie.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use etiology_rank::{Level, Ranking, Scored};
use serde::{Deserialize, Serialize};

use crate::BenchError;
use crate::run::Answer;

/// What must be equal for results to be of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) suite: String,
    pub(crate) seed: u64,
    pub(crate) shift_seconds: f64,
    pub(crate) published: bool,
    pub(crate) length_minutes: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    case: String,
    method: String,
    seconds: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    abstained: Option<String>,
    #[serde(default)]
    metric_level: bool,
    /// Entity, metric, score.
    #[serde(default)]
    ranking: Vec<(String, Option<String>, String)>,
}

/// The file, and what was in it.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    finished: HashMap<(String, String), Answer>,
    file: Mutex<File>,
}

impl Journal {
    /// Opens `path`, or begins it.
    pub(crate) fn open(path: &Path, settings: &Settings) -> Result<Self, BenchError> {
        let io = |error| BenchError::io(path, error);
        let text = if path.exists() { fs::read_to_string(path).map_err(io)? } else { String::new() };
        let whole = text.rfind('\n').map_or("", |end| text.get(..=end).unwrap_or_default());
        let mut lines = whole.lines().enumerate();
        let mut finished = HashMap::new();
        if let Some((_, first)) = lines.next() {
            let found: Settings = serde_json::from_str(first).map_err(|_| {
                let message = "not a results file: the first line does not hold a run's settings; give another --resume file";
                BenchError::content(path, Some(1), message)
            })?;
            settings.check(&found, path)?;
        }
        for (index, line) in lines {
            let number = u64::try_from(index + 1).ok();
            let line: Line = serde_json::from_str(line)
                .map_err(|error| BenchError::content(path, number, format!("not a result: {error}")))?;
            let answer =
                line.answer().ok_or_else(|| BenchError::content(path, number, "a score is not a number"))?;
            finished.insert((line.case, line.method), answer);
        }
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(io)?;
        let kept = u64::try_from(whole.len()).unwrap_or_default();
        file.set_len(kept).map_err(io)?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).map_err(io)?;
        let journal = Self { path: path.to_owned(), finished, file: Mutex::new(file) };
        if whole.is_empty() {
            journal.write(settings)?;
        }
        Ok(journal)
    }

    /// The answer that is already there.
    pub(crate) fn finished(&self, case: &str, method: &str) -> Option<Answer> {
        self.finished.get(&(case.to_owned(), method.to_owned())).cloned()
    }

    /// Adds an answer to the file.
    pub(crate) fn add(&self, case: &str, method: &str, answer: &Answer) -> Result<(), BenchError> {
        self.write(&Line::new(case, method, answer))
    }

    fn write(&self, value: &impl Serialize) -> Result<(), BenchError> {
        let io = |error| BenchError::io(&self.path, error);
        let mut line = serde_json::to_vec(value).map_err(|error| io(error.into()))?;
        line.push(b'\n');
        // A thread that panicked while holding the lock wrote a whole line or none.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).and_then(|()| file.flush()).map_err(io)
    }
}

impl Settings {
    fn check(&self, found: &Self, path: &Path) -> Result<(), BenchError> {
        let differs = |what, found: String, wanted: String| {
            if found == wanted {
                Ok(())
            } else {
                Err(BenchError::Resume { path: path.to_owned(), what, found, wanted })
            }
        };
        differs("the suite", found.suite.clone(), self.suite.clone())?;
        differs("the seed", found.seed.to_string(), self.seed.to_string())?;
        differs("the shift", found.shift_seconds.to_string(), self.shift_seconds.to_string())?;
        differs("published cleaning", found.published.to_string(), self.published.to_string())?;
        differs("the length", found.length_minutes.to_string(), self.length_minutes.to_string())
    }
}

impl Line {
    fn new(case: &str, method: &str, answer: &Answer) -> Self {
        let mut line = Self {
            case: case.to_owned(),
            method: method.to_owned(),
            seconds: answer.seconds,
            error: None,
            abstained: None,
            metric_level: false,
            ranking: Vec::new(),
        };
        match &answer.result {
            Err(message) => line.error = Some(message.clone()),
            Ok(ranking) => {
                line.metric_level = ranking.level() == Level::Metric;
                line.abstained = ranking.abstained().map(str::to_owned);
                line.ranking = ranking
                    .entries()
                    .iter()
                    .map(|entry| (entry.entity.clone(), entry.metric.clone(), entry.score.to_string()))
                    .collect();
            }
        }
        line
    }

    fn answer(&self) -> Option<Answer> {
        let level = if self.metric_level { Level::Metric } else { Level::Entity };
        let result = match (&self.error, &self.abstained) {
            (Some(message), _) => Err(message.clone()),
            (None, Some(why)) => Ok(Ranking::abstain(level, why, Vec::new())),
            (None, None) => {
                let entries: Option<Vec<Scored>> = self
                    .ranking
                    .iter()
                    .map(|(entity, metric, score)| {
                        let score = score.parse().ok()?;
                        Some(Scored { entity: entity.clone(), metric: metric.clone(), score })
                    })
                    .collect();
                Ok(Ranking::new(&self.method, level, entries?, Vec::new()).ok()?)
            }
        };
        Some(Answer { result, seconds: self.seconds })
    }
}
