//! `etiology bench`: public suites, listed and scored.

use etiology::{Level, RootCauseMethod, find, registry};
use etiology_bench::{LoadOptions, RunOptions, Style, SuiteCard, find_suite, suites};
use etiology_report::page;
use serde::Serialize;

use crate::cli::{BenchList, BenchRun, Format, Global, ScoredLevel, TableFormat};
use crate::failure::Failure;
use crate::output;
use crate::progress::Bar;

#[derive(Serialize)]
struct List {
    schema: &'static str,
    suites: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    summary: &'static str,
    layout: &'static str,
    source: &'static str,
    licence: &'static str,
    cites: &'static str,
    protocol: &'static str,
}

impl From<SuiteCard> for Listed {
    fn from(card: SuiteCard) -> Self {
        let SuiteCard { name, summary, layout, source, licence, cites, protocol } = card;
        Self { name, summary, layout, source, licence, cites, protocol }
    }
}

impl Listed {
    fn fields(&self) -> [(&'static str, &'static str); 6] {
        [
            ("", self.summary),
            ("folder", self.layout),
            ("from", self.source),
            ("licence", self.licence),
            ("cites", self.cites),
            ("scored", self.protocol),
        ]
    }
}

pub(crate) fn list(options: &BenchList) -> Result<(), Failure> {
    let suites: Vec<Listed> = suites().iter().map(|suite| suite.card().into()).collect();
    let file = options.answer.output.as_deref();
    match options.answer.format {
        Format::Json => output::write_json(file, &List { schema: "etiology.suites/1", suites }),
        Format::Text => {
            let palette = output::palette(file);
            let pages: Vec<String> = suites.iter().map(|suite| page(suite.name, &suite.fields(), palette)).collect();
            output::write(file, &pages.join("\n"))
        }
    }
}

pub(crate) fn run(global: &Global, options: &BenchRun) -> Result<(), Failure> {
    let methods = named_methods(&options.methods)?;
    let suite = find_suite(&options.suite).map_err(Failure::input)?;
    let load = LoadOptions { published: options.published_cleaning, length_minutes: options.length };
    let mut cases = suite.load(&options.data, &load).map_err(Failure::input)?;
    if let Some(limit) = options.limit {
        cases.faults.truncate(limit);
        cases.normal.truncate(limit);
    }
    let run = RunOptions {
        split: options.split.clone(),
        shift_seconds: options.shift,
        seed: global.seed,
        jobs: options.jobs.or(global.threads.map(usize::from)),
        specificity: !options.skip_normal,
        resume: options.resume.clone(),
        published: options.published_cleaning,
    };
    let bar = Bar::start(global.quiet);
    let progress = |progress: etiology_bench::Progress| bar.at(progress.done, progress.total);
    let report = etiology_bench::run(&suite.card(), &cases, &methods, &run, &progress);
    drop(bar);
    let mut report = report.map_err(Failure::input)?;
    if let Some(level) = options.level {
        let wanted = match level {
            ScoredLevel::Entity => Level::Entity,
            ScoredLevel::Metric => Level::Metric,
        };
        report.methods.retain(|method| method.level == wanted);
        if report.methods.is_empty() {
            return Err(Failure::input("--level metric: none of the named methods ranks metrics; name another"));
        }
    }
    let file = options.output.as_deref();
    match options.format {
        TableFormat::Json => output::write_json(file, &report),
        TableFormat::Text => output::write(file, &report.to_table(Style::Text)),
        TableFormat::Markdown => output::write(file, &report.to_table(Style::Markdown)),
    }
}

/// The methods of `--methods`, each once.
fn named_methods(names: &[String]) -> Result<Vec<Box<dyn RootCauseMethod>>, Failure> {
    if names.iter().any(|name| name == "all") {
        return Ok(registry());
    }
    let mut methods: Vec<Box<dyn RootCauseMethod>> = Vec::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        let method = find(name).map_err(Failure::input)?;
        if methods.iter().all(|known| known.card().id() != method.card().id()) {
            methods.push(method);
        }
    }
    Ok(methods)
}
