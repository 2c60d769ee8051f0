//! The invariants of `docs/architecture.md`, checked against `cargo metadata` and the sources.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each crate may depend on among our own: the table of `docs/architecture.md`.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("etiology-frame", &[]),
    ("etiology-stats", &[]),
    ("etiology-io", &["etiology-frame"]),
    ("etiology-graph", &[]),
    ("etiology-detect", &["etiology-frame", "etiology-stats"]),
    ("etiology-structure", &["etiology-frame", "etiology-stats", "etiology-graph"]),
    ("etiology-granger", &["etiology-frame", "etiology-stats", "etiology-graph", "etiology-structure"]),
    ("etiology-bayes", &["etiology-stats", "etiology-graph"]),
    ("etiology-rank", &["etiology-frame", "etiology-stats", "etiology-detect"]),
    (
        "etiology-bench",
        &["etiology-frame", "etiology-io", "etiology-stats", "etiology-detect", "etiology-rank"],
    ),
    (
        "etiology-report",
        &["etiology-frame", "etiology-graph", "etiology-granger", "etiology-detect", "etiology-rank"],
    ),
    (
        "etiology",
        &[
            "etiology-frame",
            "etiology-stats",
            "etiology-graph",
            "etiology-detect",
            "etiology-structure",
            "etiology-granger",
            "etiology-bayes",
            "etiology-rank",
            "etiology-io",
        ],
    ),
    ("etiology-cli", &["etiology", "etiology-bench", "etiology-report"]),
];

const COMPUTE: [&str; 8] = [
    "etiology-frame",
    "etiology-stats",
    "etiology-graph",
    "etiology-detect",
    "etiology-structure",
    "etiology-granger",
    "etiology-bayes",
    "etiology-rank",
];

/// Everything outside the workspace that a compute crate may use directly: arrays, numbers, graphs, texts, errors;
/// rayon divides work over the threads of the caller's pool.
const COMPUTE_MAY_USE: [&str; 17] = [
    "argmin",
    "argmin-math",
    "arrow-array",
    "arrow-buffer",
    "arrow-schema",
    "arrow-select",
    "chrono",
    "nalgebra",
    "num-bigint",
    "petgraph",
    "quick-xml",
    "rand",
    "rayon",
    "serde",
    "serde_json",
    "statrs",
    "thiserror",
];

/// What reading a file, a clock, the environment, printing or starting a thread looks like.
const EDGE_ONLY: [&str; 9] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "println!",
];

fn packages() -> BTreeMap<String, Package> {
    let metadata = MetadataCommand::new().no_deps().other_options(["--offline".to_owned()]).exec().unwrap();
    metadata.packages.into_iter().map(|package| (package.name.to_string(), package)).collect()
}

fn normal_dependencies(package: &Package) -> BTreeSet<String> {
    let normal = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.clone()).collect()
}

fn sources(package: &Package) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(package.manifest_path.parent().unwrap().join("src").as_std_path(), &mut found);
    found
}

/// The lines of a source that are compiled into the library: no comments, nothing from the first test module on.
fn library_lines(source: &str) -> impl Iterator<Item = &str> {
    source
        .lines()
        .take_while(|line| !line.contains("#[cfg(test)]"))
        .filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn arrows_point_one_way() {
    let packages = packages();
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(
        found, known,
        "a crate is missing from the table here and in docs/architecture.md, or from the workspace"
    );
    for (name, allowed) in MAY_USE {
        let ours = normal_dependencies(&packages[name]).into_iter().filter(|d| known.contains(d.as_str()));
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        for dependency in ours {
            assert!(allowed.contains(dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn the_map_in_the_docs_is_this_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    for (name, allowed) in MAY_USE {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
        let uses = row.rsplit('|').nth(1).unwrap();
        for dependency in allowed {
            let short = dependency.trim_start_matches("etiology-");
            assert!(uses.contains(short), "the row of {name} does not name {short}");
        }
    }
}

#[test]
fn compute_crates_use_nothing_that_reads_prints_or_spawns() {
    let packages = packages();
    for name in COMPUTE {
        for dependency in normal_dependencies(&packages[name]) {
            let allowed =
                dependency.starts_with("etiology-") || COMPUTE_MAY_USE.contains(&dependency.as_str());
            assert!(allowed, "{name} depends on {dependency}, which no compute crate may use");
        }
        for path in sources(&packages[name]) {
            if path.to_string_lossy().ends_with("tests.rs") {
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for line in library_lines(&source) {
                for word in EDGE_ONLY {
                    assert!(
                        !line.contains(word),
                        "{}: `{word}` belongs at the edges: {line}",
                        path.display()
                    );
                }
            }
        }
    }
}

#[test]
fn every_crate_inherits_the_lints_and_lives_in_the_folder_of_its_name() {
    for (name, package) in packages() {
        let folder = package.manifest_path.parent().unwrap();
        assert_eq!(folder.file_name(), Some(name.as_str()));
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{name} does not inherit the workspace's lints"
        );
        assert!(folder.join("README.md").exists() || name == "etiology-cli", "{name} has no README.md");
    }
}
