//! Whole runs on a generated suite: scores, failures, abstentions, resuming, and the same report on any number of threads.
#![allow(missing_docs, clippy::unwrap_used, clippy::float_cmp)]

#[allow(dead_code)] // each test file uses the layouts it needs
mod common;

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use etiology_bench::{Cases, LoadOptions, Report, RunOptions, Style, SuiteCard, find_suite, run};
use etiology_rank::{Case, Level, MethodCard, RankError, Ranking, RootCauseMethod, Scored, Variant};
use tempfile::tempdir;

/// What a test method does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    /// Scores each metric by how far its mean moved.
    Shift,
    /// Gives every metric the same infinite score.
    Tie,
    /// Names nobody.
    Silent,
    /// Fails.
    Fail,
}

#[derive(Debug)]
struct Method(&'static str, Act);

impl RootCauseMethod for Method {
    fn card(&self) -> MethodCard {
        MethodCard {
            name: self.0,
            variant: Variant::Repaired,
            level: Level::Metric,
            summary: "test",
            needs: &[],
            assumes: "nothing",
            repairs: "",
            cites: "none",
            complexity: "O(1)",
        }
    }

    fn rank(&self, case: &Case<'_>, _seed: u64) -> Result<Ranking, RankError> {
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let entries = case.pairs().map(|(before, after)| {
            let moved = (mean(after.to_finite()) - mean(before.to_finite())).abs();
            Scored::metric(before.metric(), if self.1 == Act::Tie { f64::INFINITY } else { moved })
        });
        match self.1 {
            Act::Shift | Act::Tie => Ranking::new(self.0, Level::Metric, entries.collect(), Vec::new()),
            Act::Silent => Ok(Ranking::abstain(Level::Metric, "nothing stands out", Vec::new())),
            Act::Fail => Err(RankError::Window { window: "normal", found: 0, needed: 9 }),
        }
    }
}

fn methods() -> Vec<Box<dyn RootCauseMethod>> {
    [("shift", Act::Shift), ("tie", Act::Tie), ("silent", Act::Silent), ("fail", Act::Fail)]
        .map(|(name, act)| Box::new(Method(name, act)) as Box<dyn RootCauseMethod>)
        .into_iter()
        .collect()
}

fn petshop() -> (tempfile::TempDir, SuiteCard, Cases) {
    let folder = tempdir().unwrap();
    common::petshop(folder.path());
    let suite = find_suite("petshop").unwrap();
    let cases = suite.load(folder.path(), &LoadOptions::default()).unwrap();
    (folder, suite.card(), cases)
}

fn go(card: &SuiteCard, cases: &Cases, options: &RunOptions) -> Report {
    run(card, cases, &methods(), options, &|_| ()).unwrap()
}

#[test]
fn accuracy_failures_abstentions_and_silence_are_counted_apart() {
    let (_folder, card, cases) = petshop();
    let report = go(&card, &cases, &RunOptions { specificity: true, ..RunOptions::default() });
    assert_eq!((report.cases, report.methods.len()), (3, 4));
    let row = |name: &str| report.methods.iter().find(|method| method.method == name).unwrap();

    // db moved in the first case and nothing in the other two: one hit, and two ties of `web` with `db`.
    let shift = row("shift");
    assert_eq!(shift.standing.ac["1"], 1.0 / 3.0);
    assert_eq!(shift.cases[0].ranking, ["db", "web"]);
    assert_eq!((shift.standing.failed, shift.standing.abstained), (0, 0));
    assert_eq!(
        shift.groups.iter().map(|g| (g.name.as_str(), g.cases)).collect::<Vec<_>>(),
        [("latency", 2), ("availability", 1)]
    );

    let tie = row("tie");
    assert_eq!((tie.standing.ac["1"], tie.standing.ac["3"]), (0.0, 1.0));
    assert_eq!(tie.standing.ac_tie_expected["1"], 0.5);
    assert_eq!(tie.standing.ac_listed["1"], 2.0 / 3.0);
    assert_eq!((tie.standing.mrr, tie.standing.mrr_tie_expected), (0.5, 0.75));
    assert_eq!(tie.specificity.as_ref().unwrap().share, 0.0);

    let silent = row("silent");
    assert_eq!((silent.standing.ac["5"], silent.standing.abstained, silent.standing.failed), (0.0, 3, 0));
    let quiet = silent.specificity.as_ref().unwrap();
    assert_eq!((quiet.cases, quiet.silent, quiet.share), (10, 10, 1.0));

    let fail = row("fail");
    assert_eq!((fail.standing.ac["5"], fail.standing.failed, fail.standing.abstained), (0.0, 3, 0));
    assert_eq!(fail.errors[0].why, "the normal window has 0 rows, 9 needed; move the onset or add data");
    assert_eq!(fail.specificity.as_ref().unwrap().silent, 0);
}

#[test]
fn intervals_are_exact() {
    // The roots of the binomial tails at 0.025 for k = 0, 1, 3 of 3: 1 - a^(1/3), (1 - (1 - a)^(1/3), ...), a^(1/3).
    let (_folder, card, cases) = petshop();
    let report = go(&card, &cases, &RunOptions::default());
    let interval = |name: &str, at: &str| {
        report.methods.iter().find(|method| method.method == name).unwrap().standing.ci95[at]
    };
    let close = |found: [f64; 2], expected: [f64; 2]| {
        assert!((found[0] - expected[0]).abs() < 1e-9 && (found[1] - expected[1]).abs() < 1e-9, "{found:?}");
    };
    close(interval("silent", "ac1"), [0.0, 0.707_598_226_178_713]);
    close(interval("shift", "ac1"), [0.008_403_758_659_613, 0.905_700_675_949_754]);
    close(interval("tie", "ac3"), [0.292_401_773_821_287, 1.0]);
}

#[test]
fn floors_stand_beside_the_methods() {
    let (_folder, card, cases) = petshop();
    let report = go(&card, &cases, &RunOptions::default());
    let floor = |name: &str| report.floors.iter().find(|floor| floor.name == name).unwrap();
    // Two entities, web first; the truth is db, web, web.
    assert_eq!((floor("chance").ac["1"], floor("chance").ac["3"], floor("chance").mrr), (0.5, 1.0, 0.75));
    assert_eq!(floor("column-order").ac["1"], 2.0 / 3.0);
    let best = floor("best-constant");
    assert_eq!(
        (best.ac["1"], best.oracle, best.answer.as_slice()),
        (2.0 / 3.0, true, &["web".to_owned(), "db".to_owned()][..])
    );
    assert_eq!(best.groups["latency"]["1"], 0.5);
}

#[test]
fn metrics_are_scored_where_the_true_one_is_known() {
    let folder = tempdir().unwrap();
    common::nezha(folder.path());
    let suite = find_suite("nezha").unwrap();
    let cases = suite.load(folder.path(), &LoadOptions::default()).unwrap();
    let report = go(&suite.card(), &cases, &RunOptions::default());
    let level = |level| report.methods.iter().find(|m| m.method == "shift" && m.level == level).unwrap();
    assert_eq!((level(Level::Entity).standing.scored, level(Level::Metric).standing.scored), (2, 1));
    assert_eq!(level(Level::Metric).standing.ac["1"], 1.0);
    assert_eq!(level(Level::Metric).cases[0].ranking[0], "cartservice_CpuUsageRate(%)");
}

#[test]
fn a_case_without_data_is_listed_and_not_scored() {
    let folder = tempdir().unwrap();
    common::opennetai(folder.path());
    let suite = find_suite("opennetai").unwrap();
    let cases = suite.load(folder.path(), &LoadOptions::default()).unwrap();
    let report = go(&suite.card(), &cases, &RunOptions::default());
    assert_eq!((report.cases, report.unreadable.len()), (1, 1));
    assert_eq!(report.unreadable[0].id, "02-cpu-stress-carts-5ff676694b-fzj9z");
    assert_eq!(report.methods[0].standing.ac["1"], 1.0);
    assert!(report.to_table(Style::Text).contains("not scored: 02-cpu-stress"));
}

#[test]
fn a_split_is_chosen_by_name() {
    let (_folder, card, cases) = petshop();
    let split = |name: &str| RunOptions { split: Some(name.to_owned()), ..RunOptions::default() };
    assert_eq!(go(&card, &cases, &split("test")).cases, 2);
    let error = run(&card, &cases, &methods(), &split("dev"), &|_| ()).unwrap_err().to_string();
    assert_eq!(error, "split `dev` has no cases; there are test, train");
    let shifted = RunOptions { shift_seconds: f64::NAN, ..RunOptions::default() };
    let error = run(&card, &cases, &methods(), &shifted, &|_| ()).unwrap_err().to_string();
    assert_eq!(error, "a shift of NaN seconds is not a time; give a number of seconds");
    let error = run(&card, &cases, &[], &RunOptions::default(), &|_| ()).unwrap_err().to_string();
    assert_eq!(error, "no method is named; `etiology methods` lists them");
}

#[test]
fn the_same_report_on_any_number_of_threads() {
    let (_folder, card, cases) = petshop();
    let on = |jobs| {
        go(&card, &cases, &RunOptions { jobs: Some(jobs), specificity: true, ..RunOptions::default() })
    };
    let one = on(1).without_seconds().to_json().unwrap();
    for jobs in [2, 4] {
        assert_eq!(on(jobs).without_seconds().to_json().unwrap(), one, "{jobs} threads");
    }
}

#[test]
fn progress_counts_every_case() {
    let (_folder, card, cases) = petshop();
    let seen = AtomicUsize::new(0);
    run(&card, &cases, &methods(), &RunOptions::default(), &|progress| {
        assert_eq!(progress.total, 3);
        seen.fetch_max(progress.done, Ordering::SeqCst);
    })
    .unwrap();
    assert_eq!(seen.load(Ordering::SeqCst), 3);
}

#[test]
fn a_run_goes_on_where_it_was_stopped_and_gives_the_same_report() {
    let (folder, card, cases) = petshop();
    let file = folder.path().join("results.jsonl");
    let options = RunOptions { resume: Some(file.clone()), ..RunOptions::default() };
    let plain = go(&card, &cases, &RunOptions::default()).without_seconds();
    assert_eq!(go(&card, &cases, &options).without_seconds(), plain);
    let whole = fs::read_to_string(&file).unwrap();
    assert_eq!(whole.lines().count(), 1 + 3 * 4);

    // Stopped in the middle of a line: seven results are whole.
    let kept: String = whole.lines().take(8).map(|line| format!("{line}\n")).collect();
    fs::write(&file, format!("{kept}{}", &whole.lines().nth(8).unwrap()[..20])).unwrap();
    assert_eq!(go(&card, &cases, &options).without_seconds(), plain);
    assert!(fs::read_to_string(&file).unwrap().starts_with(&kept));
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1 + 3 * 4);

    // Everything is there: the answers are those of the file, which stays as it is.
    let retold = whole.replace("nothing stands out", "as the file says");
    fs::write(&file, &retold).unwrap();
    let report = go(&card, &cases, &options);
    assert_eq!(report.methods[2].cases[0].abstained.as_deref(), Some("as the file says"));
    assert_eq!(fs::read_to_string(&file).unwrap(), retold);
    fs::write(&file, &whole).unwrap();
    let before = fs::read_to_string(&file).unwrap();
    assert_eq!(go(&card, &cases, &options).without_seconds(), plain);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn results_of_another_run_are_refused() {
    let (folder, card, cases) = petshop();
    let file = folder.path().join("results.jsonl");
    let options = RunOptions { resume: Some(file.clone()), ..RunOptions::default() };
    go(&card, &cases, &options);
    let said = |options: RunOptions| {
        let error = run(&card, &cases, &methods(), &options, &|_| ()).unwrap_err().to_string();
        error.replace(folder.path().to_str().unwrap(), "")
    };
    assert_eq!(
        said(RunOptions { seed: 7, ..options.clone() }),
        "/results.jsonl: these results are of another run: the seed was 0 and is now 7; give another --resume file or the same options"
    );
    assert!(
        said(RunOptions { shift_seconds: 60.0, ..options.clone() }).contains("the shift was 0 and is now 60")
    );
    fs::write(&file, "a,b\n1,2\n").unwrap();
    assert!(said(options.clone()).contains("results.jsonl, line 1: not a results file"));
    let header =
        r#"{"suite":"petshop","seed":0,"shift_seconds":0.0,"published":false,"length_minutes":20.0}"#;
    fs::write(&file, format!("{header}\nnonsense\n")).unwrap();
    assert!(said(options).contains("results.jsonl, line 2: not a result"));
}

#[test]
fn the_document_is_the_contracts() {
    let (_folder, card, cases) = petshop();
    let report = go(&card, &cases, &RunOptions { specificity: true, ..RunOptions::default() });
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert_eq!(json["schema"], "etiology.bench/1");
    assert_eq!((&json["suite"], &json["cases"]), (&"petshop".into(), &3.into()));
    let method = &json["methods"][1];
    for key in [
        "method",
        "variant",
        "level",
        "ac",
        "ac_tie_expected",
        "ac_listed",
        "avg5",
        "mrr",
        "ci95",
        "failed",
        "abstained",
        "seconds_per_case",
        "groups",
        "specificity",
        "errors",
        "cases",
    ] {
        assert!(!method[key].is_null(), "{key}");
    }
    assert_eq!((&method["variant"], &method["level"]), (&"repaired".into(), &"entity".into()));
    assert_eq!(method["ci95"]["ac1"].as_array().unwrap().len(), 2);
    assert_eq!(method["groups"][0]["name"], "latency");
    assert_eq!(method["cases"][0]["id"], "train/issue_0");
    // JSON has no infinity.
    assert_eq!(method["cases"][0]["scores"][0], "inf");
}

#[test]
fn a_table_to_read() {
    let (_folder, card, cases) = petshop();
    let report =
        go(&card, &cases, &RunOptions { specificity: true, ..RunOptions::default() }).without_seconds();
    let table = report.to_table(Style::Text);
    let expected = "\
petshop: 3 cases, onset reported 0 s late, seed 0

Ranking of entities, 3 cases

method                         AC@1       95 %   tie  AC@3  Avg@5   MRR  latency (2)  availability (1)  silent  failed  abst.  ms/case
shift                          .333  .008-.906  .667   1.0   .867  .667    .500/.750         .000/.500    .000       0      0     0.00
";
    let lines = |text: &str| text.lines().take(6).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&table), lines(expected));
    assert!(table.contains("[best-constant, in hindsight]  .667"), "{table}");
    let markdown = report.to_table(Style::Markdown);
    assert!(
        markdown.contains("| method | AC@1 | 95 % | tie |") && markdown.contains("| :-- | --: |"),
        "{markdown}"
    );
}

#[test]
fn an_undated_incident_gets_an_estimated_onset_and_the_report_says_so() {
    let folder = tempdir().unwrap();
    common::incidents(folder.path());
    let suite = find_suite("incidents").unwrap();
    let cases = suite.load(folder.path(), &LoadOptions::default()).unwrap();
    let report = go(&suite.card(), &cases, &RunOptions { specificity: true, ..RunOptions::default() });
    let shift = &report.methods[0];
    assert_eq!((shift.standing.scored, shift.standing.ac["1"], shift.standing.failed), (2, 1.0, 0));
    assert!(report.notes.contains(&"onset estimated: gpu0-undated".to_owned()), "{:?}", report.notes);
    assert_eq!(
        report.methods.iter().find(|m| m.method == "silent").unwrap().specificity.as_ref().unwrap().cases,
        1
    );
}
