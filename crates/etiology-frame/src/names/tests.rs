use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use proptest::prelude::*;

use super::pattern::{self, Part};
use super::*;

const TABLE: &str = include_str!("table.txt");

/// Name, entity, measure (`=` for the whole name), layer, kind and unit, `-` where there is none.
const KNOWN: &str = include_str!("known.txt");

fn columns(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .filter(|line| line.contains('|') && !line.starts_with('#'))
        .map(|line| line.split('|').map(str::trim).collect())
}

fn infer(name: &str) -> Inferred {
    NameTable::builtin().infer(name)
}

fn parts(name: &str) -> (Option<String>, String) {
    let found = infer(name);
    (found.entity, found.measure)
}

#[test]
fn known_names_of_every_family() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in columns(KNOWN) {
        let [name, entity, measure, layer, kind, unit] = row[..] else { panic!("{row:?}") };
        let found = infer(name);
        let read = [
            found.entity.as_deref().unwrap_or("-"),
            if found.measure == name { "=" } else { &found.measure },
            found.layer.map_or("-", Layer::as_str),
            found.kind.as_str(),
            found.unit.as_deref().unwrap_or("-"),
        ];
        if read != [entity, measure, layer, kind, unit] {
            wrong.push(format!("{name}: expected {:?}, found {read:?}", &row[1..]));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 250, "{count} names");
}

#[test]
fn the_longest_known_measure_is_taken_from_a_separator_on() {
    let whole = |name: &str| (None, name.to_owned());
    let cut = |entity: &str, measure: &str| (Some(entity.to_owned()), measure.to_owned());
    assert_eq!(parts("gpu0_memory_usage_bytes"), cut("gpu0", "memory_usage_bytes"));
    assert_eq!(parts("a_b:c/latency"), cut("a_b:c", "latency"));
    assert_eq!(parts("a__latency"), cut("a", "latency"));
    assert_eq!(parts("a-latency"), whole("a-latency"));
    assert_eq!(infer("a-latency").layer, Some(Layer::Model), "known all the same");
    assert_eq!(parts("_latency"), whole("_latency"));
    assert_eq!(parts("carts-db_lod"), whole("carts-db_lod"));
    assert_eq!(parts("frontend_bytes"), whole("frontend_bytes"), "a unit is not a measure");
    assert_eq!(parts("frontend_bytes_total"), whole("frontend_bytes_total"));
    for name in ["train_loss", "front-end_latency", "carts-db_lod", "node1::DCGM_FI_DEV_GPU_UTIL"] {
        let (entity, measure) = NameTable::builtin().split(name);
        assert_eq!((entity.map(str::to_owned), measure.to_owned()), parts(name));
    }
}

#[test]
fn labels_name_the_entity_and_the_rest_keeps_series_apart() {
    let one = r#"DCGM_FI_DEV_GPU_UTIL{gpu="0",Hostname="node1",modelName="H100"}"#;
    assert_eq!(parts(one), (Some("node1/gpu0".into()), r#"DCGM_FI_DEV_GPU_UTIL{modelName="H100"}"#.into()));
    let turned = r#"DCGM_FI_DEV_GPU_UTIL{ modelName="H100", Hostname="node1",gpu="0", }"#;
    assert_eq!(infer(one), infer(turned));
    let pod =
        r#"container_cpu_usage_seconds_total{pod="p-1",container="app",service="kubelet",instance="n:1"}"#;
    assert_eq!(infer(pod).entity.as_deref(), Some("p-1"));
    assert!(infer(pod).measure.ends_with(r#"{container="app",instance="n:1",service="kubelet"}"#));
    assert_eq!(NameTable::builtin().split(one), (None, one));
}

#[test]
fn prism_classes_follow_from_the_layer() {
    for internal in ["a_cpu", "a_mem", "a_diskio", "a_socket"] {
        assert_eq!(infer(internal).layer, Some(Layer::Compute), "{internal}");
    }
    for external in ["a_latency", "a_error", "a_workload"] {
        assert_ne!(infer(external).layer, Some(Layer::Compute), "{external}");
    }
}

#[test]
fn no_row_is_hidden_by_another() {
    let mut sample: BTreeMap<&str, &str> = BTreeMap::from([("n", "7"), ("p", "p7")]);
    let mut section = "";
    let mut hidden = Vec::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if line.starts_with('[') {
            section = line;
            continue;
        }
        let row: Vec<&str> = line.split('|').map(str::trim).collect();
        if section == "[classes]" {
            sample.extend(row[1].split(' ').next().map(|word| (row[0], word)));
        }
        if !section.starts_with("[metrics") {
            continue;
        }
        let sequences = pattern::parse(row[0]).unwrap();
        let decides = |parts: &Vec<Part>| {
            let word = |part: &Part| match part {
                Part::Word(word) => word.clone(),
                Part::Class(class) => sample[class.as_str()].to_owned(),
                Part::Star => "anything".to_owned(),
            };
            let name = parts.iter().map(word).collect::<Vec<_>>().join("_");
            let found = infer(&name);
            found.entity.is_none() && found.rule.as_deref() == Some(row[0])
        };
        if !sequences.iter().any(decides) {
            hidden.push(row[0].to_owned());
        }
    }
    assert!(hidden.is_empty(), "{hidden:?}");
}

#[test]
fn rows_of_ones_own_go_first() {
    let mut table = NameTable::builtin().clone();
    let own = "# ours\nlatency | data | counter | ms | turned round\nwidget_*_heat | compute | gauge | K\n\
               foo | model | - | none\nfoo | data | - | none\n\
               [classes]\nphase | warmup\n[units]\nfurlong | fur\n[suffixes]\nmoons | rate | moon\n\
               [labels]\npod | cell box\n";
    table.extend(own).unwrap();
    let read = |name: &str| {
        let found = table.infer(name);
        (found.entity, found.measure, found.layer, found.kind, found.unit)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        read("a_latency"),
        (some("a"), "latency".into(), Some(Layer::Data), MetricKind::Counter, some("ms"))
    );
    assert_eq!(
        read("a_latency_p99"),
        (some("a"), "latency_p99".into(), Some(Layer::Data), MetricKind::Quantile, some("ms")),
        "an ending says more than the row"
    );
    assert_eq!(read("f1/widget_left_heat").4, some("K"));
    assert_eq!(table.infer("foo").layer, Some(Layer::Model), "the first of two equal rows");
    assert_eq!(read("warmup_loss").0, None);
    assert_eq!(read("a_disk(fur)").4, some("furlong"));
    assert_eq!(read("a_disk_moons").3, MetricKind::Rate);
    assert_eq!(read(r#"m{pod="x",box="y",cell="z"}"#).0, some("z"));
    table.extend("latency | compute | - | -\n").unwrap();
    assert_eq!(table.infer("a_latency").layer, Some(Layer::Compute), "the file read last");
    assert_eq!(infer("a_latency").layer, Some(Layer::Model), "the built-in table is untouched");
}

#[test]
fn errors_name_the_line_the_field_and_what_is_allowed() {
    for (text, message) in [
        (
            "\n# x\na_b | gpu | gauge | -\n",
            "line 3: layer `gpu` is not known; use one of data, model, compute, -",
        ),
        (
            "a | data | level | -",
            "line 1: kind `level` is not known; use one of gauge, counter, quantile, rate, -",
        ),
        ("a | data | gauge |  | x", "line 1: unit is empty; write a unit, none or -"),
        ("a |  | gauge | s", "line 1: layer is empty; write data, model, compute, -"),
        (
            "a | data",
            "line 1: 2 columns separated by `|`, expected pattern | layer | kind | unit | what it measures",
        ),
        (
            "a | data | - | - | x | y",
            "line 1: 6 columns separated by `|`, expected pattern | layer | kind | unit | what it measures",
        ),
        (
            "*_util | compute | - | -",
            "line 1: pattern `*_util`: it must not begin with `*`, which would swallow the entity; the entity needs no \
             pattern",
        ),
        (
            "gpu*_util | compute | - | -",
            "line 1: pattern `gpu*_util`: `*`, `<class>` and `?` stand for whole words; set them apart with `_`",
        ),
        (
            "[classes]\nlay er | a-b",
            "line 2: pattern `a-b`: a class lists single words, without separators or CamelCase",
        ),
        ("[classes]\n | a", "line 2: class is empty; write a class and its words"),
        (
            "[gpus]\n",
            "line 1: `[gpus]` is not a section; use one of [metrics], [metrics FAMILY], [classes], [units], [suffixes], \
             [labels]",
        ),
        (
            "[labels]\nsite | dc",
            "line 2: role `site` is not known; use one of device, rank, host, pod, service, container, model, job",
        ),
    ] {
        let mut table = NameTable::builtin().clone();
        assert_eq!(table.extend(text).unwrap_err().to_string(), message);
        assert_eq!(table.infer("a_b").layer, None, "a file with an error changes nothing");
    }
    let unknown_class =
        NameTable::builtin().clone().extend("<colour>_x | data | - | -").unwrap_err().to_string();
    assert!(
        unknown_class.starts_with("line 1: class `colour` is not known; use one of n, p, phase"),
        "{unknown_class}"
    );
    let many: String = (0..64).map(|i| format!("class{i} | word\n")).collect();
    let too_many =
        NameTable::builtin().clone().extend(&format!("[classes]\n{many}")).unwrap_err().to_string();
    assert!(too_many.ends_with("is one too many; a table holds 64 classes"), "{too_many}");
}

#[test]
fn strange_names_are_carried_as_they_are() {
    let long = "latency_".repeat(1_300);
    for name in [
        "",
        " ",
        "_",
        "_:/",
        "{",
        "}",
        "{}",
        "x{",
        "x{a=\"",
        "((",
        "x)(",
        "[]",
        "%",
        "\u{0}",
        "😀_😀",
        "…",
        &long,
    ] {
        let found = infer(name);
        assert_eq!((found.entity, found.measure.as_str(), found.layer), (None, name, None), "{name:?}");
        assert_eq!((found.kind, found.rule), (MetricKind::Gauge, None), "{name:?}");
    }
    assert_eq!(parts("größe/latency"), (Some("größe".into()), "latency".into()));
}

#[test]
fn ten_thousand_names_take_milliseconds() {
    let names: Vec<String> = (0..10_000)
        .map(|i| match i % 4 {
            0 => format!("payment-{i}_latency-90"),
            1 => format!("node{i}/node_network_receive_bytes_total"),
            2 => format!(r#"DCGM_FI_DEV_GPU_UTIL{{gpu="{i}",Hostname="node1"}}"#),
            _ => format!("service{i}_something_nobody_knows_{i}"),
        })
        .collect();
    let start = Instant::now();
    let mut table = NameTable::empty();
    table.extend(TABLE).unwrap();
    let parsed = start.elapsed();
    let start = Instant::now();
    let known = names.iter().filter(|name| table.infer(name).layer.is_some()).count();
    let inferred = start.elapsed();
    println!("table parsed in {parsed:?}, 10 000 names inferred in {inferred:?}");
    assert_eq!(known, 7_500);
    assert!(inferred.as_secs_f64() < 2.0, "{inferred:?}");
}

fn shared_data() -> Option<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let data = checkout.parent()?.join("shared/data");
    let here = data.is_dir();
    if !here {
        println!("skipped: no data at {}", data.display());
    }
    here.then_some(data)
}

fn csv_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "csv")).collect();
    files.sort();
    files
}

fn header(path: &Path, lines: usize) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let cells =
        |line: &str| line.trim_end().split(',').map(|cell| cell.trim_matches('"').to_owned()).collect();
    text.lines().take(lines).map(cells).collect()
}

/// Each measure must be known, alone and behind an entity.
fn all_known(suite: &str, entity: &str, measures: &BTreeSet<String>) {
    let mut counts = BTreeMap::new();
    for measure in measures {
        let found = infer(measure);
        assert_eq!(found.entity, None, "{suite}: {measure}");
        assert!(found.layer.is_some(), "{suite}: {measure} has no layer");
        *counts.entry(found.layer.map(Layer::as_str)).or_insert(0) += 1;
        let name = format!("{entity}_{measure}");
        assert_eq!(parts(&name), (Some(entity.to_owned()), measure.clone()), "{suite}: {name}");
    }
    println!("{suite}: {} names, by layer {counts:?}", measures.len());
    assert!(!measures.is_empty(), "{suite}");
}

#[test]
fn every_column_of_opennetai_is_known() {
    let Some(data) = shared_data() else { return };
    let files = csv_files(&data.join("opennetai/new-version/test/container-chaos"));
    let metric_files =
        files.iter().filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("metric-"));
    let measures: BTreeSet<String> = metric_files
        .flat_map(|path| header(path, 1).remove(0))
        // Two of the files were exported with the database's own row key.
        .filter(|column| column != "timestamp" && column != "_id")
        .collect();
    all_known("OpenNetAI", "carts-db-d765fd64d-67pr6", &measures);
}

#[test]
fn every_metric_column_of_nezha_is_known() {
    let Some(data) = shared_data() else { return };
    let folders = [
        "rca_data/2022-08-22",
        "rca_data/2022-08-23",
        "construct_data/2022-08-22",
        "construct_data/2022-08-23",
    ];
    // The other files hold one number an edge: their columns are pairs of services, their file names the metric.
    let by_metric = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.ends_with("_metric.csv") || name == "front_service.csv"
    };
    let measures: BTreeSet<String> = folders
        .iter()
        .flat_map(|folder| csv_files(&data.join("nezha").join(folder).join("metric")))
        .filter(by_metric)
        .flat_map(|path| header(&path, 1).remove(0))
        .filter(|column| !["Time", "TimeStamp", "PodName", "ServiceName"].contains(&column.as_str()))
        .collect();
    all_known("Nezha", "adservice-5f6585d649-fnmft", &measures);
}

#[test]
fn every_column_of_petshop_splits_into_node_and_metric() {
    let Some(data) = shared_data() else { return };
    let scenario = data.join("petshop/dataset/low_traffic");
    let folders = ["train", "test"].map(|split| scenario.join(split));
    let issues = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut names = BTreeSet::new();
    for path in issues
        .map(|issue| issue.unwrap().path().join("metrics.csv"))
        .chain([scenario.join("noissue/metrics.csv")])
    {
        if let [nodes, metrics, statistics] = &header(&path, 3)[..] {
            let columns = nodes.iter().zip(metrics).zip(statistics).skip(1);
            names.extend(
                columns.map(|((node, metric), statistic)| (node.clone(), format!("{metric}_{statistic}"))),
            );
        }
    }
    let mut counts = BTreeMap::new();
    for (node, measure) in &names {
        let found = infer(&format!("{node}_{measure}"));
        assert_eq!((found.entity.as_ref(), &found.measure), (Some(node), measure));
        assert!(found.layer.is_some(), "{node}_{measure}");
        *counts.entry(found.layer.map(Layer::as_str)).or_insert(0) += 1;
    }
    println!("PetShop: {} names, by layer {counts:?}", names.len());
    assert!(names.len() > 200);
}

#[test]
fn the_page_says_what_the_table_does() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metric-names.md");
    let Ok(page) = std::fs::read_to_string(&page) else {
        println!("skipped: no page at {}", page.display());
        return;
    };
    let table_after = |heading: &str| -> Vec<Vec<String>> {
        let after = page.split_once(heading).unwrap().1.lines().skip_while(|line| !line.starts_with('|'));
        let rows = after.take_while(|line| line.starts_with('|')).skip(2);
        rows.map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect())
            .collect()
    };
    let families: BTreeSet<String> =
        table_after("## Families").into_iter().map(|row| row[1].clone()).collect();
    let headings = TABLE.lines().filter_map(|line| line.strip_prefix("[metrics ")?.strip_suffix(']'));
    assert_eq!(families, headings.map(str::to_owned).collect::<BTreeSet<_>>());

    let examples = table_after("# Metric names");
    assert!(examples.len() >= 10);
    for row in examples {
        let found = infer(&row[1]);
        let layer = found.layer.map_or("", Layer::as_str);
        let read = [&found.entity.unwrap_or_default(), &found.measure, layer, found.kind.as_str()];
        assert_eq!(read, row[2..6], "{}", row[1]);
        assert_eq!(found.unit.unwrap_or_default(), row[6], "{}", row[1]);
    }

    let own = page.split_once("```text\n").unwrap().1.split_once("```").unwrap().0;
    let mut table = NameTable::builtin().clone();
    table.extend(own).unwrap();
    assert_eq!(table.infer("shop_basket_size").entity.as_deref(), Some("shop"));
    assert_eq!(table.infer("val_shape_score").layer, Some(Layer::Model));
}

/// Known names that hold a measure and nothing else.
fn bare_names() -> Vec<String> {
    let names = columns(KNOWN).map(|row| row[0].to_owned());
    let is_bare = |name: &String| {
        let read = infer(name);
        read.layer.is_some() && read.entity.is_none() && !name.contains(['{', '.', ' '])
    };
    names.filter(is_bare).collect()
}

proptest! {
    #[test]
    fn any_text_is_a_name(name in ".{0,80}") {
        let found = infer(&name);
        let plain = !name.contains('{');
        match &found.entity {
            Some(entity) => prop_assert!(!entity.is_empty()),
            None => prop_assert!(!plain || found.measure == name),
        }
    }

    #[test]
    fn names_from_known_words_lose_nothing(
        words in prop::collection::vec(
            prop::sample::select(vec!["latency", "p99", "_", ":", "/", "-", "gpu", "0", "memory", "bytes", "(s)", "total", "Ü"]),
            0..12,
        )
    ) {
        let name = words.concat();
        let found = infer(&name);
        let entity = found.entity.unwrap_or_default();
        prop_assert!(name.starts_with(&entity));
        let between = &name[entity.len()..name.len() - found.measure.len()];
        prop_assert!(between.chars().all(|c| SEPARATORS.contains(&c)));
        prop_assert!(name.ends_with(&found.measure));
    }

    #[test]
    fn an_entity_in_front_does_not_change_what_is_measured(
        name in prop::sample::select(bare_names()),
        entity in "x[0-9]{1,4}",
    ) {
        let bare = infer(&name);
        let behind = infer(&format!("{entity}/{name}"));
        prop_assert_eq!(behind.entity, Some(entity));
        prop_assert_eq!((behind.measure, behind.layer, behind.kind, behind.unit), (name, bare.layer, bare.kind, bare.unit));
    }

    #[test]
    fn series_of_one_metric_stay_apart(
        (keys, a, b) in prop::collection::btree_set(
            prop::sample::select(vec!["pod", "container", "instance", "service", "zone", "le", "job"]), 1..6,
        ).prop_flat_map(|keys| {
            let values = || prop::collection::vec("[a-z\"\\\\,}{]{1,3}", keys.len());
            (Just(keys.clone()), values(), values())
        })
    ) {
        let written = |values: &[String]| {
            let label = |(key, value): (&&str, &String)| {
                format!("{key}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
            };
            format!("m{{{}}}", keys.iter().zip(values).map(label).collect::<Vec<_>>().join(","))
        };
        prop_assert_eq!(a == b, parts(&written(&a)) == parts(&written(&b)));
    }

    #[test]
    fn any_text_extends_the_table_or_says_why_not(text in "([a-z<>*?_|\\[\\] #-]{0,40}\n){0,6}") {
        let mut table = NameTable::empty();
        if let Err(error) = table.extend(&text) {
            prop_assert!(error.to_string().starts_with("line "));
        }
    }
}
