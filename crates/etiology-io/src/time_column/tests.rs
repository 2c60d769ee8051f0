use super::*;
use proptest::prelude::*;

fn read(column: &str, cells: &[&str]) -> Result<Times, TimeFault> {
    let cells: Vec<&[u8]> = cells.iter().map(|cell| cell.as_bytes()).collect();
    from_text(column, &cells, None, None)
}

fn ticks(column: &str, cells: &[&str]) -> (Clock, Vec<i64>) {
    let times = read(column, cells).unwrap();
    (times.clock, times.ticks)
}

#[test]
fn one_instant_in_every_spelling() {
    let expected = 1_661_140_279_640_328_427;
    for text in [
        "2022-08-22T03:51:19.640328427Z",
        "2022-08-22 03:51:19.640328427",
        "2022-08-22t03:51:19,640328427z",
        "2022-08-22T05:51:19.640328427+02:00",
        "2022-08-22T05:51:19.640328427+0200",
        "2022-08-22 02:51:19.640328427-01",
        "2022-08-22 03:51:19.640328427 UTC",
        "2022-08-22 03:51:19.640328427 +0000 UTC m=+0.14",
        "1661140279.640328427",
        "1661140279640.328427",
        "1661140279640328427",
        "1.661140279640328427e9",
    ] {
        assert_eq!(ticks("time", &[text]), (Clock::Utc, vec![expected]), "{text}");
    }
    assert_eq!(ticks("date", &["2022-08-22"]).1, [1_661_126_400_000_000_000]);
    assert_eq!(ticks("date", &["2022-08-22 03:51"]).1, [1_661_140_260_000_000_000]);
}

#[test]
fn the_whole_column_decides_the_unit() {
    assert_eq!(
        ticks("t", &["99999999999", "100000000000"]).1,
        [99_999_999_999_000_000, 100_000_000_000_000_000]
    );
    let mixed = read("t", &["1661140279", "1661140279000"]).unwrap();
    assert_eq!(mixed.ticks[1], 1_661_140_279_000_000_000);
    assert_eq!(
        mixed.warnings,
        ["column `t`: epoch numbers from 1661140279 to 1661140279000 are all read in one unit, milliseconds"]
    );
}

#[test]
fn steps_are_small_whole_numbers_or_named_so() {
    assert_eq!(ticks("time", &["0", "10", "20"]), (Clock::Step, vec![0, 10, 20]));
    assert_eq!(ticks("time", &["0.0", "1.0"]), (Clock::Step, vec![0, 1]));
    assert_eq!(ticks("Step", &["1661140279"]), (Clock::Step, vec![1_661_140_279]));
    let fault = read("step", &["1", "1.5"]).unwrap_err();
    assert_eq!((fault.row, fault.what.as_str()), (1, "`1.5` is not a whole number of steps"));
    let relative = read("time", &["0", "0.5"]).unwrap();
    assert_eq!((relative.clock, relative.ticks), (Clock::Utc, vec![0, 500_000_000]));
    assert!(relative.warnings[0].contains("seconds since 1970"));
}

#[test]
fn a_time_without_zone_is_utc_and_that_is_said() {
    let times = read("ts", &["2022-08-22T03:51:19", "2022-08-22T03:51:19Z"]).unwrap();
    assert_eq!(times.ticks[0], times.ticks[1]);
    assert_eq!(times.warnings, ["column `ts`: 1 of 2 times have no zone and are read as UTC"]);
}

#[test]
fn what_is_no_time_is_named_with_its_row() {
    for (cells, row, what) in [
        (&["2022-08-22", "soon"][..], 1, "`soon` is not a time, while the rows before it are ISO 8601"),
        (&["16/8/2023 06:10:09"], 0, "`16/8/2023 06:10:09` is not a time"),
        (&["5", "x"], 1, "`x` is not a time, while the rows before it are numbers"),
        (&["5", ""], 1, "the time is empty"),
        (&["2022-02-30"], 0, "`2022-02-30` is not a time"),
        (&["2022-08-22T25:00:00Z"], 0, "`2022-08-22T25:00:00Z` is not a time"),
        (&["1e300"], 0, "lies outside the years 1677 to 2262"),
        (&["20230816", "20230817"], 0, "`20230816` may be a calendar date or a step"),
    ] {
        let fault = read("time", cells).unwrap_err();
        assert_eq!(fault.row, row, "{cells:?}");
        assert!(fault.what.contains(what), "{}", fault.what);
    }
}

#[test]
fn a_format_reads_what_the_rules_refuse() {
    let read =
        |cell: &str, format| from_text("t", &[cell.as_bytes()], Some(format), None).map(|t| t.ticks[0]);
    assert_eq!(read("16/8/2023 06:10:09", "%d/%m/%Y %H:%M:%S"), Ok(1_692_166_209_000_000_000));
    assert_eq!(read("20230816", "%Y%m%d"), Ok(1_692_144_000_000_000_000));
    assert_eq!(
        read("8/16/2023 06:10:09", "%d/%m/%Y %H:%M:%S").unwrap_err().what,
        "`8/16/2023 06:10:09` does not fit the time format `%d/%m/%Y %H:%M:%S`"
    );
}

proptest! {
    #[test]
    fn printed_times_read_back(ticks in proptest::collection::vec(any::<i64>(), 1..20)) {
        let texts: Vec<String> = ticks.iter().map(|&t| Clock::Utc.format(etiology_frame::Time(t))).collect();
        let cells: Vec<&str> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(read("time", &cells).unwrap().ticks, ticks);
    }

    #[test]
    fn any_text_is_answered(cell in "\\PC{0,40}") {
        let _ = read("time", &[&cell]);
    }
}
