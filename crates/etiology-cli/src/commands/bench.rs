//! `etiology bench`: public suites, listed and scored.

use etiology::io::write_incident;
use etiology::{Level, RootCauseMethod, find, registry};
use etiology_bench::{LoadOptions, RunOptions, Style, SuiteCard, find_suite, suites};
use etiology_report::page;
use serde::Serialize;

use crate::cli::{BenchExport, BenchList, BenchRun, Format, Global, ScoredLevel, TableFormat};
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
            let pages: Vec<String> =
                suites.iter().map(|suite| page(suite.name, &suite.fields(), palette)).collect();
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
            return Err(Failure::input(
                "--level metric: none of the named methods ranks metrics; name another",
            ));
        }
    }
    let file = options.output.as_deref();
    match options.format {
        TableFormat::Json => output::write_json(file, &report),
        TableFormat::Text => output::write(file, &report.to_table(Style::Text)),
        TableFormat::Markdown => output::write(file, &report.to_table(Style::Markdown)),
    }
}

pub(crate) fn export(options: &BenchExport) -> Result<(), Failure> {
    let suite = find_suite(&options.suite).map_err(Failure::input)?;
    let cases = suite.load(&options.data, &LoadOptions::default()).map_err(Failure::input)?;
    let Some(case) = cases.faults.iter().find(|case| case.id == options.case) else {
        let known: Vec<&str> = cases.faults.iter().take(3).map(|case| case.id.as_str()).collect();
        let message = format!(
            "--case: no case `{}`; there are {} like {}",
            options.case,
            cases.faults.len(),
            known.join(", ")
        );
        return Err(Failure::input(message));
    };
    if options.out.exists() {
        return Err(Failure::input(format!("{}: exists already; name a new folder", options.out.display())));
    }
    let labelled = case.load(0.0).map_err(Failure::input)?;
    write_incident(&labelled.incident, Some(&labelled.truth), &options.out).map_err(Failure::input)
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
