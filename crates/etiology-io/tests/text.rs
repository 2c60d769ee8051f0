//! Delimited text: what is read from it, and what is said when it is bad.
#![allow(missing_docs, clippy::unwrap_used)]

use etiology_frame::{Clock, DuplicateTimes, Layer, NameTable};
use etiology_io::{DuplicateColumns, Layout, ReadOptions, Table, read_csv};
use proptest::prelude::*;
use regex::Regex;

fn read_with(text: &str, options: &ReadOptions) -> Result<Table, String> {
    read_csv(text.as_bytes(), "m.csv", options).map_err(|error| error.to_string())
}

fn read(text: &str) -> Result<Table, String> {
    read_with(text, &ReadOptions::new())
}

fn names(table: &Table) -> Vec<&str> {
    table.frame.metrics().iter().map(|metric| metric.name.as_str()).collect()
}

fn values(table: &Table, name: &str) -> Vec<Option<f64>> {
    table.frame.column_named(name).unwrap().iter().collect()
}

fn left_out(table: &Table) -> Vec<String> {
    table.left_out.iter().map(|omission| format!("{}: {}", omission.metric, omission.why)).collect()
}

#[test]
fn a_wide_table_with_everything_at_once() {
    let table = read(
        "\u{feff}Timestamp,gpu0_util,note,up,\"odd, name\"\r\n\
         2024-01-02T03:04:06Z,1.5,ok,true,-\r\n\
         2024-01-02T03:04:05Z,,\"a, b\",FALSE,-Inf\r\n\
         \r\n\
         2024-01-02T03:04:07Z,\"2\",x,NA,1e-3",
    )
    .unwrap();
    assert_eq!(names(&table), ["gpu0_util", "up", "odd, name"]);
    assert_eq!(table.frame.clock(), Clock::Utc);
    assert_eq!(values(&table, "gpu0_util"), [None, Some(1.5), Some(2.0)]);
    assert_eq!(values(&table, "up"), [Some(0.0), Some(1.0), None]);
    assert_eq!(values(&table, "odd, name"), [Some(f64::NEG_INFINITY), None, Some(0.001)]);
    assert_eq!(left_out(&table), ["note: not numeric (for example `ok`)"]);
    assert_eq!(table.warnings, ["rows were not in time order: sorted 3 rows"]);
    assert_eq!(table.frame.metrics()[0].layer, Some(Layer::Compute));
    assert_eq!(table.frame.metrics()[0].entity.as_deref(), Some("gpu0"));
}

#[test]
fn other_separators_are_seen() {
    assert_eq!(values(&read("time\ta\n1\t2\n").unwrap(), "a"), [Some(2.0)]);
    let table = read("time;a;b\n1;2;3\n").unwrap();
    assert_eq!(values(&table, "b"), [Some(3.0)]);
    assert_eq!(table.warnings, ["fields are separated by semicolons"]);
}

#[test]
fn junk_among_numbers_is_missing_and_said() {
    let table = read("time,a\n1,5\n2,oops\n3,6\n4,7ms\n5,8\n").unwrap();
    assert_eq!(values(&table, "a"), [Some(5.0), None, Some(6.0), None, Some(8.0)]);
    assert_eq!(
        table.warnings,
        ["column `a`: 2 of 5 cells are not numbers and count as missing, first in line 3: `oops`"]
    );
    let thousands = read("time,a,b\n1,\"1,000\",1\n2,\"2,000\",2\n").unwrap();
    assert_eq!(left_out(&thousands), ["a: not numeric (for example `1,000`)"]);
}

#[test]
fn an_empty_column_is_kept_as_null() {
    let table = read("time,a,b\n1,,1\n2,NaN,2\n").unwrap();
    assert_eq!(values(&table, "a"), [None, None]);
}

#[test]
fn the_time_column_is_found_or_named() {
    let table = read("b,STEP,date\n1,0,soon\n2,10,later\n").unwrap();
    assert_eq!((table.frame.clock(), table.frame.ticks()), (Clock::Step, &[0, 10][..]));
    assert_eq!(left_out(&table), ["date: an identifier or a clock, not a measurement"]);
    let named = ReadOptions::new().time("When");
    assert_eq!(read_with("when,a\n1,2\n", &named).unwrap().frame.rows(), 1);
    assert_eq!(
        read("when,a,b\n1,2,3\n").unwrap_err(),
        "m.csv: no time column (looked for time, timestamp, ts, date, unix_timestamp, step); the columns are `when`, `a`, `b`; name the one that holds the time with `--time COLUMN`"
    );
    assert_eq!(
        read_with("when,a\n1,2\n", &ReadOptions::new().time("x")).unwrap_err(),
        "m.csv: no column `x`; the columns are `when`, `a`; name the one that holds the time with `--time COLUMN`"
    );
}

#[test]
fn times_that_cannot_be_read_name_line_and_text() {
    assert_eq!(
        read("time,a\n16/8/2023 06:10:09,1\n").unwrap_err(),
        "m.csv: line 2: column `time`: `16/8/2023 06:10:09` is not a time; write ISO 8601 (2024-01-02T03:04:05Z), an epoch number or a step, or say how it is written with `--time-format`"
    );
    let format = ReadOptions::new().time_format("%d/%m/%Y %H:%M:%S");
    assert_eq!(
        read_with("time,a\n16/8/2023 06:10:09,1\n", &format).unwrap().frame.ticks(),
        [1_692_166_209_000_000_000]
    );
    assert!(
        read("time,a\n1,1\n\n,1\n")
            .unwrap_err()
            .starts_with("m.csv: line 4: column `time`: the time is empty")
    );
    assert!(
        read("time,a\n2024-01-01,1\nsoon,1\n")
            .unwrap_err()
            .contains("line 3: column `time`: `soon` is not a time")
    );
}

#[test]
fn times_without_zone_are_warned_about() {
    let table = read("ts,a\n2024-01-02 03:04:05,1\n").unwrap();
    assert_eq!(table.warnings, ["column `ts`: 1 of 1 times have no zone and are read as UTC"]);
}

#[test]
fn repeated_times_and_columns_follow_their_rules() {
    let text = "time,a\n1,5\n1,7\n";
    assert_eq!(values(&read(text).unwrap(), "a"), [Some(7.0)]);
    assert!(read(text).unwrap().warnings[0].contains("1 rows repeat the time of another row"));
    let refuse = ReadOptions::new().duplicates(DuplicateTimes::Refuse);
    assert_eq!(
        read_with(text, &refuse).unwrap_err(),
        "m.csv: time 1 appears 2 times; merge the rows or choose how repeated times are merged"
    );

    let text = "time,a,a,b,a,b,a.1\n1,2,3,4,5,6,7\n";
    assert_eq!(
        read(text).unwrap_err(),
        "m.csv: column `a` appears 3 times (and so do `b`); rename all but one of them, or choose how repeated columns are kept"
    );
    let first = read_with(text, &ReadOptions::new().duplicate_columns(DuplicateColumns::First)).unwrap();
    assert_eq!(names(&first), ["a", "b", "a.1"]);
    assert_eq!(left_out(&first)[0], "a: a column of the same name stands before it");
    let numbered = read_with(text, &ReadOptions::new().duplicate_columns(DuplicateColumns::Number)).unwrap();
    assert_eq!(names(&numbered), ["a", "a.2", "b", "a.3", "b.1", "a.1"]);
    assert_eq!(values(&numbered, "a.3"), [Some(5.0)]);
}

#[test]
fn pandas_numbered_columns_and_its_index_are_understood() {
    let table = read(",time,time.1,a\n0,5,50,1\n1,6,60,2\n").unwrap();
    assert_eq!(names(&table), ["time.1", "a"]);
    assert_eq!(left_out(&table), ["(column 1 without a name): an identifier or a clock, not a measurement"]);
}

#[test]
fn a_long_table_becomes_columns() {
    let text = "Time,Entity,Metric,Value,extra\n2,web,latency,0.5,x\n1,web,latency,0.4,x\n1,db,cpu,10,x\n1,,load,NA,x\n2,,load,3,x\n";
    let table = read(text).unwrap();
    assert_eq!(names(&table), ["web_latency", "db_cpu", "load"]);
    assert_eq!(table.frame.ticks(), [1, 2]);
    assert_eq!(values(&table, "db_cpu"), [Some(10.0), None]);
    assert_eq!(values(&table, "load"), [None, Some(3.0)]);
    let metric = &table.frame.metrics()[1];
    assert_eq!(
        (metric.entity.as_deref(), metric.measure.as_str(), metric.layer),
        (Some("db"), "cpu", Some(Layer::Compute))
    );
    assert_eq!(
        left_out(&table),
        ["extra: it is not one of the columns of a long table: time, entity, metric, value"]
    );
    // The layout can be forced the other way.
    let wide = read_with(text, &ReadOptions::new().layout(Layout::Wide)).unwrap();
    assert_eq!(names(&wide), ["Value"]);
}

#[test]
fn long_tables_state_their_faults() {
    let table = read("time,metric,value\n1,a,1\n1,a,3\n2,a,x\n").unwrap();
    assert_eq!(values(&table, "a"), [Some(3.0)].into_iter().chain([None]).collect::<Vec<_>>());
    assert_eq!(
        table.warnings,
        [
            "column `value`: 1 of 3 cells are not numbers and count as missing, first in line 4: `x`",
            "1 values repeat a time of their series: merged, the last value that is not null is kept"
        ]
    );
    let mean = ReadOptions::new().duplicates(DuplicateTimes::Mean);
    assert_eq!(
        values(&read_with("time,metric,value\n1,a,1\n1,a,3\n1,a,8\n", &mean).unwrap(), "a"),
        [Some(4.0)]
    );
    assert_eq!(
        read("time,metric,value\n1,a,x\n").unwrap_err(),
        "m.csv: column `value` holds no number, for example `x` in line 2; put the numbers there, or read it as a wide table"
    );
    assert_eq!(
        read_with("time,a\n1,2\n", &ReadOptions::new().layout(Layout::Long)).unwrap_err(),
        "m.csv: a long table needs columns `metric` and `value`, found `time`, `a`; rename the columns, or read it as a wide table"
    );
}

#[test]
fn a_name_pattern_splits_names() {
    let options =
        ReadOptions::new().name_pattern(Regex::new("^(?<metric>[^@]+)@(?<entity>.+)$").unwrap()).unwrap();
    let table = read_with("time,cpu@node-1,plain_cpu\n1,2,3\n", &options).unwrap();
    let parts: Vec<_> =
        table.frame.metrics().iter().map(|m| (m.entity.as_deref(), m.measure.as_str())).collect();
    assert_eq!(parts, [(Some("node-1"), "cpu"), (Some("plain"), "cpu")]);
    let error = ReadOptions::new().name_pattern(Regex::new("(?<entity>.)").unwrap()).unwrap_err().to_string();
    assert_eq!(
        error,
        "--name-pattern: `(?<entity>.)`: has not both named groups `entity` and `metric`; write it like ^(?<entity>.+)_(?<metric>[^_]+)$"
    );
}

#[test]
fn a_name_table_of_ones_own_is_used() {
    let mut own = NameTable::builtin().clone();
    own.extend("[metrics]\nfrobs | data | counter | none | frobs done\n").unwrap();
    let table = read_with("time,a_frobs\n1,2\n", &ReadOptions::new().names(own)).unwrap();
    assert_eq!(table.frame.metrics()[0].layer, Some(Layer::Data));
}

#[test]
fn bad_text_is_refused_with_one_clear_line() {
    let long_row = format!("time,a\n1,{}\n", "2,".repeat(50));
    let cases: [(&[u8], &str); 17] = [
        (b"", "m.csv: the file is empty; export it again with a header line and at least one row"),
        (b" \n\n", "m.csv: the file is empty; export it again with a header line and at least one row"),
        (
            b"time,a\n",
            "m.csv: there is a header but no row; export it again with a header line and at least one row",
        ),
        (
            b"1,2,3\n4,5,6\n",
            "m.csv: line 1 holds numbers (`1,2,3`), not column names; add a header line such as `time,latency,cpu`",
        ),
        (
            b"time,a,b\n1,2,3\n\n4,5\n",
            "m.csv: line 4 has 2 fields, the header has 3; fix the line or quote fields that hold the separator",
        ),
        (
            b"time,a\n1,2,\n",
            "m.csv: line 2 has 3 fields, the header has 2; fix the line or quote fields that hold the separator",
        ),
        (
            long_row.as_bytes(),
            "m.csv: line 2 has 52 fields, the header has 2; fix the line or quote fields that hold the separator",
        ),
        (
            b"time,a\n1,\"2\n3,4\n",
            "m.csv: line 2: a quote is opened here and never closed; quote the whole field and double each quote inside it",
        ),
        (
            b"time,a\n1,2\n2,5\"\n",
            "m.csv: line 3: a quote stands inside an unquoted field; quote the whole field and double each quote inside it",
        ),
        (
            b"time,a\n1,\"2\"x\n",
            "m.csv: line 2: text follows a closing quote; quote the whole field and double each quote inside it",
        ),
        (
            b"time,a\n1,caf\xe9\n",
            "m.csv: line 2 is not UTF-8 text; convert it first, for example with `iconv -f ISO-8859-1 -t UTF-8`",
        ),
        (
            b"time,caf\xe9\n1,2\n",
            "m.csv: line 1 is not UTF-8 text; convert it first, for example with `iconv -f ISO-8859-1 -t UTF-8`",
        ),
        (
            b"\xff\xfet\0i\0",
            "m.csv: is UTF-16 text, not UTF-8; convert it first, for example with `iconv -f UTF-16 -t UTF-8`",
        ),
        (
            b"t\0i\0m\0e\0,\0a\0\n\0",
            "m.csv: looks like UTF-16 text, not UTF-8; convert it first, for example with `iconv -f UTF-16LE -t UTF-8`",
        ),
        (
            b"\x7fELF\x01\x02\0\0\0\0\x03\x04\x05",
            "m.csv: holds binary data, not text; use .csv, .csv.gz, .tsv, .tsv.gz, .parquet, .arrow, .ipc or .feather",
        ),
        (
            b"time,a\n1,x\n2,y\n",
            "m.csv: no column holds metrics: `a` is not numeric (for example `x`); give a time column and at least one column of numbers",
        ),
        (
            b"time\n1\n",
            "m.csv: no column holds metrics; give a time column and at least one column of numbers",
        ),
    ];
    for (bytes, expected) in cases {
        let error = read_csv(bytes, "m.csv", &ReadOptions::new()).unwrap_err().to_string();
        assert_eq!(error, expected);
        assert!(!error.contains('\n'));
    }
}

#[test]
fn ten_thousand_columns_and_many_pieces() {
    let header: String = (0..10_000).map(|i| format!(",pod{i}_cpu")).collect();
    let row = |r: usize| format!("{r}{}\n", (0..10_000).map(|c| format!(",{}", r * c)).collect::<String>());
    let text = format!("step{header}\n{}", (0..40).map(row).collect::<String>());
    let table = read(&text).unwrap();
    assert_eq!((table.frame.width(), table.frame.rows()), (10_000, 40));
    let column = table.frame.column(9_999).unwrap();
    assert!(column.iter().enumerate().all(|(r, v)| v == Some((r * 9_999) as f64)));
}

#[test]
fn faults_far_into_a_large_file_name_their_line() {
    let mut text = String::from("time,a,b\n");
    for row in 0..200_000 {
        text.push_str(&format!("{row},{row}.25,{}\n", if row == 150_000 { "oops" } else { "1" }));
    }
    let table = read(&text).unwrap();
    assert_eq!(
        table.warnings,
        ["column `b`: 1 of 200000 cells are not numbers and count as missing, first in line 150002: `oops`"]
    );
    text.push_str("7,8\n");
    assert!(read(&text).unwrap_err().starts_with("m.csv: line 200002 has 2 fields"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_csv(&bytes, "x", &ReadOptions::new());
    }

    #[test]
    fn any_table_like_text_is_answered(text in "(time|metric|value|a|\"|,|;|\n|\r|1|-|\\.|e| |x){0,60}") {
        if let Err(error) = read(&text) {
            prop_assert!(error.starts_with("m.csv: ") && !error.contains('\n'), "{}", error);
        }
        if let Err(error) = read(&format!("time,metric,value\n{text}")) {
            prop_assert!(error.starts_with("m.csv: ") && !error.contains('\n'), "{}", error);
        }
    }

    #[test]
    fn column_order_does_not_matter(rows in proptest::collection::vec((any::<i32>(), any::<f64>()), 1..20)) {
        let a: String = rows.iter().enumerate().map(|(t, (x, y))| format!("{t},{x},{y:?}\n")).collect();
        let b: String = rows.iter().enumerate().map(|(t, (x, y))| format!("{y:?},{t},{x}\n")).collect();
        let (a, b) = (read(&format!("time,x,y\n{a}")).unwrap(), read(&format!("y,time,x\n{b}")).unwrap());
        prop_assert_eq!(values(&a, "x"), values(&b, "x"));
        prop_assert_eq!(values(&a, "y"), values(&b, "y"));
    }
}
