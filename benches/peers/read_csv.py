"""Times reading one wide incident table: pandas (C and pyarrow engines), polars, and Parquet through pandas.

Makes a table of 10 000 rows x 1 000 metrics (`make_incident.py big`) in a folder, once, and reads it `--repeats` times
each way; the best time counts. With `--etiology BINARY` the same file is also read by `etiology inspect`, process start
and analysis included; with `--criterion DIR` (a criterion `new` folder) that estimate is put beside the others.

Usage: read_csv.py FOLDER [--rows 10000] [--cols 1000] [--repeats 5] [--etiology BINARY] [--criterion DIR]
"""

import argparse
from pathlib import Path

import pandas as pd

import make_incident
import timing


def prepare(folder, rows, cols):
    """Writes the CSV and the Parquet file unless they are there already."""
    onset = make_incident.describe("read", rows // 2, "svc-000_latency", make_incident.big_culprit(cols))
    for form in ("csv", "parquet"):
        part = folder / f"{form}-{rows}x{cols}"
        if not (part / f"metrics.{form}").exists():
            table = make_incident.big_table(rows, cols, 0)
            make_incident.write_folder(part, table, make_incident.big_calls(cols), onset, form, "%.6g")
    return tuple(folder / f"{form}-{rows}x{cols}" / f"metrics.{form}" for form in ("csv", "parquet"))


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--cols", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--etiology", type=Path, help="release binary to time beside the peers")
    parser.add_argument("--criterion", type=Path, help="criterion result folder with estimates.json")
    options = parser.parse_args()
    csv, parquet = prepare(options.folder, options.rows, options.cols)
    ways = {
        "pandas.read_csv": lambda: pd.read_csv(csv),
        "pandas.read_csv engine=pyarrow": lambda: pd.read_csv(csv, engine="pyarrow"),
        "pandas.read_parquet": lambda: pd.read_parquet(parquet),
    }
    try:
        import polars
    except ImportError:
        polars = None
    if polars:
        ways["polars.read_csv"] = lambda: polars.read_csv(csv)
        ways["polars.read_parquet"] = lambda: polars.read_parquet(parquet)
    seconds = {label: timing.best_of(options.repeats, way)[0] for label, way in ways.items()}
    if options.etiology:
        for path in (csv, parquet):
            run = [str(options.etiology), "inspect", str(path), "--quiet"]
            seconds[f"etiology inspect {path.suffix} (process)"] = timing.program_seconds(options.repeats, run)
    if options.criterion:
        seconds["etiology (criterion)"] = timing.criterion_seconds(options.criterion)
    setting = f"{options.rows} rows x {options.cols} metrics, {csv.stat().st_size / 1e6:.0f} MB as CSV"
    timing.report("read_csv", setting, seconds)


if __name__ == "__main__":
    main()
