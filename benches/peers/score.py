"""Times NSigma and BARO with scikit-learn on 5 000 normal and 5 000 anomalous rows of 1 000 metrics, one thread.

Loading is not counted. Each method is timed twice: metric by metric, as the published code runs it, and on the whole
matrix at once, the fastest plain numpy can do. With `--criterion NAME=DIR` (repeatable; a criterion `new` folder) that
estimate is put beside them; with `--etiology BINARY` a whole `etiology diagnose` of the same incident is timed per
method, process start and loading included.

Usage: score.py FOLDER [--rows 10000] [--cols 1000] [--repeats 5] [--etiology BINARY] [--criterion NAME=DIR]...
"""

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.preprocessing import RobustScaler, StandardScaler

import read_csv
import timing


def by_metric(scaler, normal, anomalous):
    """Fits and transforms one metric after another, as the published scorers do."""
    scores = []
    for column in normal.columns:
        fitted = scaler().fit(normal[column].to_numpy().reshape(-1, 1))
        scores.append((column, max(fitted.transform(anomalous[column].to_numpy().reshape(-1, 1))[:, 0])))
    return sorted(scores, key=lambda pair: pair[1], reverse=True)


def whole_matrix(scaler, normal, anomalous):
    """Fits and transforms all metrics at once."""
    scores = scaler().fit(normal).transform(anomalous).max(axis=0)
    return np.argsort(-scores, kind="stable")


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--cols", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--etiology", type=Path, help="release binary to time beside the peers")
    parser.add_argument("--criterion", action="append", default=[], metavar="NAME=DIR")
    options = parser.parse_args()
    _, parquet = read_csv.prepare(options.folder, options.rows, options.cols)
    table = pd.read_parquet(parquet).drop(columns="time")
    half = options.rows // 2
    normal, anomalous = table.iloc[:half], table.iloc[half:]
    matrices = np.ascontiguousarray(normal.to_numpy()), np.ascontiguousarray(anomalous.to_numpy())
    seconds = {}
    for name, scaler in (("nsigma", StandardScaler), ("baro", RobustScaler)):
        ways = {
            "by metric": partial(by_metric, scaler, normal, anomalous),
            "whole matrix": partial(whole_matrix, scaler, *matrices),
        }
        for label, way in ways.items():
            seconds[f"{name} {label}"] = timing.best_of(options.repeats, way)[0]
        if options.etiology:
            run = [str(options.etiology), "diagnose", str(parquet.parent), "--method", f"{name}:published"]
            run += ["--threads", "1", "--quiet"]
            seconds[f"etiology diagnose {name} (process)"] = timing.program_seconds(options.repeats, run)
    for pair in options.criterion:
        name, _, folder = pair.partition("=")
        seconds[f"etiology {name} (criterion)"] = timing.criterion_seconds(folder)
    size = f"{half} normal + {options.rows - half} anomalous rows x {options.cols} metrics"
    timing.report("score", f"{size}, one thread, loading excluded", seconds)


if __name__ == "__main__":
    main()
