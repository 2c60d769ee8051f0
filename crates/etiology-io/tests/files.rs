//! Files of every format: round trips with their metadata, and what is said about files that cannot be read.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float32Array, Float64Array, Int64Array,
    RecordBatch, StringArray, TimestampMillisecondArray, TimestampSecondArray, UInt8Array, types::Int32Type,
};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use etiology_frame::{Clock, FrameBuilder, Layer, Metric, MetricFrame, MetricKind};
use etiology_io::{ReadOptions, read_csv, read_table, write_table};
use proptest::prelude::*;
use tempfile::TempDir;

const FORMATS: [&str; 8] = ["csv", "csv.gz", "tsv", "tsv.gz", "parquet", "arrow", "feather", "ipc"];

fn frame(clock: Clock) -> MetricFrame {
    let odd = Metric {
        name: "a, \"b\"\tc".into(),
        entity: Some("somewhere".into()),
        measure: "else".into(),
        layer: Some(Layer::Data),
        kind: MetricKind::Counter,
        unit: Some("furlong".into()),
    };
    let start = if clock == Clock::Utc { 1_661_140_279_640_328_427 } else { 1_661_140_279 };
    FrameBuilder::new(clock, vec![start, start + 1, start + 3])
        .column(Metric::infer("gpu0_util"), [Some(0.1 + 0.2), None, Some(f64::INFINITY)])
        .column(odd, [Some(-1e300), Some(5e-324), Some(3.0)])
        .build()
        .unwrap()
        .0
}

fn error_of(path: &Path) -> String {
    let error = read_table(path, &ReadOptions::new()).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error.replace(&format!("{}/", path.parent().unwrap().display()), "")
}

fn read_batch(columns: Vec<(&str, ArrayRef)>) -> Result<etiology_io::Table, String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.arrow");
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = FileWriter::try_new(fs::File::create(&path).unwrap(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    read_table(&path, &ReadOptions::new())
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn every_format_gives_back_what_was_written() {
    let folder = TempDir::new().unwrap();
    for clock in [Clock::Utc, Clock::Step] {
        let frame = frame(clock);
        for format in FORMATS {
            let path = folder.path().join(format!("m.{format}"));
            write_table(&frame, &path).unwrap();
            let table = read_table(&path, &ReadOptions::new()).unwrap();
            assert_eq!((&table.left_out, &table.warnings), (&vec![], &vec![]), "{format}");
            assert_eq!(table.frame.ticks(), frame.ticks(), "{format}");
            assert_eq!(table.frame.clock(), clock, "{format}");
            for (ours, theirs) in frame.columns().zip(table.frame.columns()) {
                assert_eq!(ours.name(), theirs.name());
                assert_eq!(ours.iter().collect::<Vec<_>>(), theirs.iter().collect::<Vec<_>>(), "{format}");
            }
            if !format.starts_with("csv") && !format.starts_with("tsv") {
                assert_eq!(table.frame.batch(), frame.batch(), "{format}");
            }
        }
    }
}

#[test]
fn the_content_wins_over_the_extension() {
    let folder = TempDir::new().unwrap();
    let frame = frame(Clock::Utc);
    for (written, called) in [("parquet", "a.csv"), ("arrow", "b.dat"), ("csv.gz", "c.csv"), ("csv", "d.txt")]
    {
        let path = folder.path().join(format!("m.{written}"));
        write_table(&frame, &path).unwrap();
        let renamed = folder.path().join(called);
        fs::rename(path, &renamed).unwrap();
        assert_eq!(read_table(&renamed, &ReadOptions::new()).unwrap().frame.rows(), 3, "{called}");
    }
}

#[test]
fn a_file_read_in_parts_says_the_same_as_its_bytes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("large.csv");
    let text: String = (0..700_000).map(|row| format!("{row},{}.5\n", row * 3)).collect();
    let text = format!("step,a\n{text}");
    assert!(text.len() > 1 << 23);
    fs::write(&path, &text).unwrap();
    let from_file = read_table(&path, &ReadOptions::new()).unwrap();
    let from_bytes = read_csv(text.as_bytes(), "memory", &ReadOptions::new()).unwrap();
    assert_eq!(from_file.frame.batch(), from_bytes.frame.batch());
    assert_eq!(from_file.frame.rows(), 700_000);
}

#[test]
fn arrow_streams_of_several_batches_are_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("s.arrow");
    let frame = frame(Clock::Utc);
    let mut writer =
        StreamWriter::try_new(fs::File::create(&path).unwrap(), &frame.batch().schema()).unwrap();
    writer.write(&frame.batch().slice(0, 2)).unwrap();
    writer.write(&frame.batch().slice(2, 1)).unwrap();
    writer.finish().unwrap();
    assert_eq!(read_table(&path, &ReadOptions::new()).unwrap().frame.batch(), frame.batch());
}

#[test]
fn wide_parquet_is_read_in_groups() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.parquet");
    let rows = 3_000;
    let frame = (0..200)
        .fold(FrameBuilder::new(Clock::Step, (0..rows).collect()), |builder, c| {
            builder.column(
                Metric::infer(format!("n{c}_cpu")),
                (0..rows).map(|r| (r % 7 != 0).then_some((r * c) as f64)),
            )
        })
        .build()
        .unwrap()
        .0;
    write_table(&frame, &path).unwrap();
    assert_eq!(read_table(&path, &ReadOptions::new()).unwrap().frame.batch(), frame.batch());
}

#[test]
fn columns_of_every_arrow_type() {
    let table = read_batch(vec![
        ("ts", Arc::new(TimestampMillisecondArray::from(vec![1000, 2000]))),
        ("half", Arc::new(Float32Array::from(vec![Some(0.5), None]))),
        ("small", Arc::new(UInt8Array::from(vec![7, 8]))),
        ("up", Arc::new(BooleanArray::from(vec![true, false]))),
        ("text_numbers", Arc::new(StringArray::from(vec!["1.5", "n/a"]))),
        ("text", Arc::new(StringArray::from(vec!["x", "y"]))),
        ("kind", Arc::new(["p", "q"].into_iter().collect::<DictionaryArray<Int32Type>>())),
        ("created", Arc::new(TimestampSecondArray::from(vec![1, 2]))),
    ])
    .unwrap();
    let column = |name: &str| table.frame.column_named(name).unwrap().iter().collect::<Vec<_>>();
    assert_eq!(table.frame.ticks(), [1_000_000_000, 2_000_000_000]);
    assert_eq!(column("half"), [Some(0.5), None]);
    assert_eq!(column("small"), [Some(7.0), Some(8.0)]);
    assert_eq!(column("up"), [Some(1.0), Some(0.0)]);
    assert_eq!(column("text_numbers"), [Some(1.5), None]);
    let left_out: Vec<String> = table.left_out.iter().map(|o| format!("{}: {}", o.metric, o.why)).collect();
    assert_eq!(
        left_out,
        [
            "text: not numeric (for example `x`)",
            "kind: not numeric (for example `p`)",
            "created: an identifier or a clock, not a measurement"
        ]
    );
    assert_eq!(table.warnings, ["column `ts`: the times have no zone and are read as UTC"]);
}

#[test]
fn time_columns_of_every_arrow_type() {
    let one = || Arc::new(Float64Array::from(vec![1.0])) as ArrayRef;
    let expected = 1_661_126_400_000_000_000;
    let times: Vec<(&str, ArrayRef)> = vec![
        ("time", Arc::new(TimestampSecondArray::from(vec![1_661_126_400]).with_timezone("+02:00"))),
        ("date", Arc::new(Date32Array::from(vec![19_226]))),
        ("unix_timestamp", Arc::new(Int64Array::from(vec![1_661_126_400_000]))),
        ("ts", Arc::new(Float64Array::from(vec![1_661_126_400.0]))),
        ("timestamp", Arc::new(StringArray::from(vec!["2022-08-22T02:00:00+02:00"]))),
    ];
    for (name, column) in times {
        let table = read_batch(vec![(name, column), ("a", one())]).unwrap();
        assert_eq!(table.frame.ticks(), [expected], "{name}");
    }
    let long = read_batch(vec![
        ("time", Arc::new(Int64Array::from(vec![1, 1]))),
        ("entity", Arc::new(StringArray::from(vec!["x", "y"]))),
        ("metric", Arc::new(StringArray::from(vec!["cpu", "cpu"]))),
        ("value", Arc::new(Int64Array::from(vec![3, 4]))),
    ])
    .unwrap();
    assert_eq!(long.frame.column_named("y_cpu").unwrap().get(0), Some(4.0));
}

#[test]
fn bad_columnar_tables_are_explained() {
    let a = || Arc::new(Float64Array::from(vec![1.0, 2.0])) as ArrayRef;
    let time: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    assert_eq!(
        read_batch(vec![("time", time), ("a", a())]).unwrap_err(),
        "x.arrow: row 2: column `time`: the time is empty or out of range; fill it in or remove the row"
    );
    assert_eq!(
        read_batch(vec![("a", a())]).unwrap_err(),
        "x.arrow: no time column (looked for time, timestamp, ts, date, unix_timestamp, step); the columns are `a`; name the one that holds the time with `--time COLUMN`"
    );
    let none: ArrayRef = Arc::new(Int64Array::from(Vec::<i64>::new()));
    assert_eq!(
        read_batch(vec![("time", none.clone()), ("a", none)]).unwrap_err(),
        "x.arrow: there are columns but no row; export it again with a header line and at least one row"
    );
}

#[test]
fn files_that_are_not_tables_are_refused_with_one_clear_line() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let put = |name: &str, bytes: &[u8]| {
        fs::write(at(name), bytes).unwrap();
        error_of(&at(name))
    };
    assert_eq!(error_of(&at("absent.csv")), "absent.csv: no such file or folder; check the path");
    fs::create_dir(at("folder.csv")).unwrap();
    assert_eq!(
        error_of(&at("folder.csv")),
        "folder.csv: is a folder, not a table; name a file in it, or put an incident.json beside its metrics table"
    );
    assert_eq!(
        put("empty.parquet", b""),
        "empty.parquet: the file is empty; export it again with a header line and at least one row"
    );
    assert_eq!(
        put("a.docx", b"PK\x03\x04\0\0"),
        "a.docx: unknown extension `.docx` and content; use .csv, .csv.gz, .tsv, .tsv.gz, .parquet, .arrow, .ipc or .feather"
    );
    assert!(put("noext", b"just words").starts_with("noext: no extension and unknown content; use .csv"));
    assert_eq!(
        put("j.parquet", b"time,a\n1,2\n"),
        "j.parquet: is not a Parquet file, or a corrupt one (it does not begin with PAR1); copy or export the file again"
    );
    assert!(put("j.arrow", b"junk").starts_with("j.arrow: is not an Arrow file, or a corrupt one"));
    assert!(put("j.csv.gz", b"time,a\n").starts_with("j.csv.gz: is not gzip data"));
    assert!(put("bin.csv", &[0, 159, 146, 150, 0, 1, 2]).starts_with("bin.csv: holds binary data, not text"));
}

#[test]
fn truncated_files_are_called_so() {
    let folder = TempDir::new().unwrap();
    for (format, expected) in [
        ("csv.gz", "the gzip data is truncated"),
        ("parquet", "the Parquet data is truncated or corrupt"),
        ("arrow", "the Arrow data is truncated or corrupt"),
    ] {
        let path = folder.path().join(format!("t.{format}"));
        write_table(&frame(Clock::Utc), &path).unwrap();
        let bytes = fs::read(&path).unwrap();
        for keep in [bytes.len() - 1, bytes.len() / 2, 12] {
            fs::write(&path, &bytes[..keep]).unwrap();
            let error = error_of(&path);
            assert!(error.contains(expected), "{error}");
            assert!(error.ends_with("copy or export the file again"), "{error}");
        }
    }
}

#[test]
fn writing_says_what_is_wrong_and_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let frame = frame(Clock::Utc);
    let path = folder.path().join("m.xlsx");
    let error = write_table(&frame, &path).unwrap_err().to_string();
    assert!(error.contains("cannot write `.xlsx`; use .csv"), "{error}");
    let error = write_table(&frame, &folder.path().join("no/such/m.csv")).unwrap_err().to_string();
    assert!(error.contains("cannot write"), "{error}");
    write_table(&frame, &folder.path().join("m.csv")).unwrap();
    write_table(&frame, &folder.path().join("m.csv")).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let text = fs::read_to_string(folder.path().join("m.csv")).unwrap();
    assert!(text.contains("\n2022-08-22T03:51:19.640328427Z,0.30000000000000004,-1e300\n"), "{text}");
    assert!(text.contains(",inf,3\n"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn flipped_bytes_never_panic(format in 0_usize..8, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(format!("m.{}", FORMATS[format]));
        write_table(&frame(Clock::Utc), &path).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        fs::write(&path, bytes).unwrap();
        let _ = read_table(&path, &ReadOptions::new());
    }
}
