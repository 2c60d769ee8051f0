//! Tables of samples: what becomes a number, what a category, and what is said of the rest.
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use etiology_io::{Categories, Samples, read_samples};

fn file(name: &str, text: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::File::create(&path).unwrap().write_all(text).unwrap();
    (folder, path)
}

fn read(text: &str, categories: Categories) -> Samples {
    let (_folder, path) = file("samples.csv", text.as_bytes());
    read_samples(&path, categories).unwrap()
}

fn refuse(text: &str) -> String {
    let (_folder, path) = file("samples.csv", text.as_bytes());
    read_samples(&path, Categories::Text).unwrap_err().to_string()
}

fn labels(batch: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let column = batch.column_by_name(column).unwrap().as_dictionary::<UInt32Type>();
    let values = column.values().as_string::<i32>();
    column.keys().iter().map(|key| key.map(|key| values.value(key as usize).to_owned())).collect()
}

#[test]
fn numbers_and_categories_are_told_apart() {
    let samples = read("time,x,risk,\n1,0.5,LOW,1\n2,NA,None,2\n3,2,?,3\n", Categories::Text);
    let batch = &samples.batch;
    assert_eq!(batch.num_columns(), 2);
    assert_eq!(batch.column_by_name("x").unwrap().null_count(), 1);
    assert_eq!(labels(batch, "risk"), [Some("LOW".into()), Some("None".into()), None]);
    let left: Vec<&str> = samples.left_out.iter().map(|o| o.metric.as_str()).collect();
    assert_eq!(left, ["time", "(column 4 without a name)"]);
}

#[test]
fn every_column_can_be_read_as_categories() {
    let samples = read("a,b\n1,x\n01,\"y,z\"\n,x\n", Categories::All);
    assert_eq!(labels(&samples.batch, "a"), [Some("1".into()), Some("01".into()), None]);
    assert_eq!(labels(&samples.batch, "b"), [Some("x".into()), Some("y,z".into()), Some("x".into())]);
}

#[test]
fn stray_text_among_numbers_is_missing_and_said() {
    let samples = read("a,b\n1,1\n2,oops\n3,3\n", Categories::Text);
    assert_eq!(samples.batch.column_by_name("b").unwrap().data_type(), &DataType::Float64);
    assert!(samples.warnings[0].contains("1 of 3 cells are not numbers"), "{:?}", samples.warnings);
}

/// An ordered dictionary (a pandas `Categorical` with `ordered=True`) says in which order its levels stand, and which there are
/// besides those that occur; the order of another is a matter of encoding.
#[test]
fn declared_levels_keep_their_order() {
    let keys = || [1, 0, 1].into_iter().map(Some).collect::<arrow_array::UInt32Array>();
    let values = Arc::new(StringArray::from(vec!["slow", "fast", "absurd"]));
    let column = || {
        Arc::new(DictionaryArray::<UInt32Type>::try_new(keys(), Arc::clone(&values) as ArrayRef).unwrap())
            as ArrayRef
    };
    let field = |name: &str, ordered| {
        let kind = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
        Field::new(name, kind, true).with_dict_is_ordered(ordered)
    };
    let schema = Arc::new(Schema::new(vec![field("ordered", true), field("plain", false)]));
    let batch = RecordBatch::try_new(schema, vec![column(), column()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.arrow");
    let file = std::fs::File::create(&path).unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let read = read_samples(&path, Categories::Text).unwrap().batch;
    let levels = |name: &str| -> Vec<String> {
        let column = read.column_by_name(name).unwrap().as_dictionary::<UInt32Type>();
        column.values().as_string::<i32>().iter().map(|level| level.unwrap().to_owned()).collect()
    };
    assert_eq!(levels("ordered"), ["slow", "fast", "absurd"]);
    assert_eq!(levels("plain"), ["fast", "slow"]);
    for name in ["ordered", "plain"] {
        let expected = ["fast", "slow", "fast"].map(|label| Some(label.to_owned()));
        assert_eq!(labels(&read, name), expected, "{name}");
    }
}

#[test]
fn parquet_gives_what_csv_gives() {
    let (folder, path) = file("samples.csv", b"a,b\n1,u\n2,v\n");
    let first = read_samples(&path, Categories::Text).unwrap().batch;
    let copy = folder.path().join("samples.parquet");
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(std::fs::File::create(&copy).unwrap(), first.schema(), None)
            .unwrap();
    writer.write(&first).unwrap();
    writer.close().unwrap();
    let again = read_samples(&copy, Categories::Text).unwrap().batch;
    assert_eq!(labels(&again, "b"), labels(&first, "b"));
    assert_eq!(again.column(0), first.column(0));
}

#[test]
fn faults_name_place_and_remedy() {
    assert!(refuse("a,a\n1,2\n").contains("column `a` appears 2 times"));
    assert!(refuse("a,b\n").contains("no row"));
    assert!(refuse("a,b\n1\n").contains("line 2 has 1 fields"));
    assert!(refuse("").contains("empty"));
    assert!(refuse("time,step\n1,2\n").contains("no column holds samples"));
}
