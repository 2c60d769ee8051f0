"""Deterministic synthetic incidents, as incident folders.

Two kinds:

* `small` writes the fixture of the known-answer tests: six services of a web shop, 240 normal and 60 anomalous rows at
  1 s, a memory leak in `payment` that slows `orders` and `front-end`. Beside the four ordinary metrics a service has,
  there are columns that make trouble on purpose (see `trouble_columns`).
* `big` writes a wide table for timing: `--cols` metrics named `svc-000_cpu, svc-000_mem, ...`, half of its `--rows`
  before the onset, with a leak in one service.

An incident folder holds `incident.json`, `metrics.csv` (or `metrics.parquet`) and `topology.csv` (`source,target`:
source calls target).

Usage:
    make_incident.py small FOLDER
    make_incident.py big FOLDER [--rows 10000] [--cols 1000] [--seed 0] [--format csv|parquet] [--digits 6]
"""

import argparse
import json
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pandas as pd

START = 1_661_140_020
KINDS = ("cpu", "mem", "latency", "error")
CALLS = [
    ("front-end", "catalogue"),
    ("front-end", "carts"),
    ("front-end", "user"),
    ("front-end", "orders"),
    ("orders", "carts"),
    ("orders", "payment"),
    ("orders", "user"),
]
SERVICES = ("front-end", "carts", "orders", "payment", "user", "catalogue")
NORMAL_ROWS, ANOMALOUS_ROWS = 240, 60


def smooth_noise(rng, rows, memory):
    """Stationary first-order autoregressive noise of unit variance."""
    shocks = rng.standard_normal(rows)
    shocks[1:] *= np.sqrt(1 - memory**2)
    for row in range(1, rows):
        shocks[row] += memory * shocks[row - 1]
    return shocks


def service_metrics(rng, service, load):
    """The four metrics of one healthy service, driven by the shared load."""
    rows = len(load)
    level = rng.uniform(0.5, 2.0)
    errors = np.where(rng.random(rows) < 0.04, rng.uniform(0.01, 0.05, rows), 0.0)
    return {
        f"{service}_cpu": 12 * level + 2.0 * load + 0.8 * smooth_noise(rng, rows, 0.5),
        f"{service}_mem": 180 * level + 1.5 * smooth_noise(rng, rows, 0.9),
        f"{service}_latency": 0.02 * level + 0.002 * load + 0.0015 * smooth_noise(rng, rows, 0.3),
        f"{service}_error": errors,
    }


def inject_leak(columns, rows, onset):
    """Payment's memory grows from the onset on; latency follows there, then in its callers, then errors."""
    since = np.arange(rows) - onset
    ramp = np.clip(since, 0, None)
    late = np.clip(since - 8, 0, None)
    later = np.clip(since - 12, 0, None)
    columns["payment_mem"] = columns["payment_mem"] + 2.5 * ramp
    columns["payment_cpu"] = columns["payment_cpu"] + 0.25 * ramp
    columns["payment_latency"] = columns["payment_latency"] + 0.0012 * late
    columns["orders_latency"] = columns["orders_latency"] + 0.0012 * late + 0.0004 * later
    columns["front-end_latency"] = columns["front-end_latency"] + 0.0020 * later
    columns["orders_error"] = columns["orders_error"] + 0.002 * later


def trouble_columns(rng, rows, onset):
    """Columns that break careless code.

    `catalogue_socket` never changes; `user_diskio` is constant until the onset; `payment_socket` is zero until then;
    `carts_diskio` is constant after it; `carts_workload` has nulls; `user_workload` is heavy-tailed. The `_error`
    columns of every service are mostly zero, so their interquartile range is zero.
    """
    after = np.arange(rows) >= onset
    workload = 300 + 10 * smooth_noise(rng, rows, 0.6)
    workload[rng.random(rows) < 0.08] = np.nan
    workload[[0, onset]] = 300.0
    return {
        "catalogue_socket": np.full(rows, 64.0),
        "user_diskio": np.where(after, 8 + 0.4 * smooth_noise(rng, rows, 0.2), 8.0),
        "payment_socket": np.where(after, np.floor(rng.exponential(2.0, rows)), 0.0),
        "carts_diskio": np.where(after, 20.0, 20 + smooth_noise(rng, rows, 0.2)),
        "carts_workload": workload,
        "user_workload": 50 * (1 + rng.pareto(1.5, rows)),
    }


def small_table():
    """The fixture's metrics by name, rounded to 6 decimals, behind an integer time column."""
    rng = np.random.default_rng(20220822)
    rows, onset = NORMAL_ROWS + ANOMALOUS_ROWS, NORMAL_ROWS
    load = smooth_noise(rng, rows, 0.8)
    columns = {}
    for service in SERVICES:
        columns.update(service_metrics(rng, service, load))
    inject_leak(columns, rows, onset)
    columns.update(trouble_columns(rng, rows, onset))
    table = pd.DataFrame(columns).round(6)
    table.insert(0, "time", START + np.arange(rows))
    return table


def big_table(rows, cols, seed):
    """A wide table of realistic magnitudes with a leak in one service from the middle on."""
    rng = np.random.default_rng(seed)
    centre = {"cpu": 35.0, "mem": 2.5e8, "latency": 0.08, "error": 0.4}
    spread = {"cpu": 4.0, "mem": 3.0e6, "latency": 0.01, "error": 0.1}
    names = [f"svc-{i // len(KINDS):03d}_{KINDS[i % len(KINDS)]}" for i in range(cols)]
    values = rng.standard_normal((rows, cols))
    for column, name in enumerate(names):
        kind = name.rsplit("_", 1)[1]
        values[:, column] = centre[kind] + spread[kind] * values[:, column]
    ramp = np.clip(np.arange(rows) - rows // 2, 0, None) / max(rows // 2, 1)
    culprit = big_culprit(cols)
    for kind, height in (("mem", 60.0), ("latency", 40.0), ("cpu", 10.0)):
        name = f"{culprit}_{kind}"
        if name in names:
            values[:, names.index(name)] += height * spread[kind] * ramp
    table = pd.DataFrame(values, columns=names)
    table.insert(0, "time", START + np.arange(rows))
    return table


def big_culprit(cols):
    """The service that leaks in a big incident of `cols` metrics."""
    services = max(cols // len(KINDS), 1)
    return f"svc-{min(7, services - 1):03d}"


def big_calls(cols):
    """A call tree: service i is called by service (i - 1) // 3."""
    services = max(cols // len(KINDS), 1)
    return [(f"svc-{(i - 1) // 3:03d}", f"svc-{i:03d}") for i in range(1, services)]


def write_folder(folder, table, calls, description, form="csv", number_format=None):
    """Writes one incident folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if form == "parquet":
        table.to_parquet(folder / "metrics.parquet", index=False)
    else:
        table.to_csv(folder / "metrics.csv", index=False, float_format=number_format, lineterminator="\n")
    pd.DataFrame(calls, columns=["source", "target"]).to_csv(folder / "topology.csv", index=False, lineterminator="\n")
    (folder / "incident.json").write_text(json.dumps(description, indent=2) + "\n")


def describe(name, onset_row, symptom, entity):
    """The `incident.json` of a leak in `entity`."""
    onset = datetime.fromtimestamp(START + onset_row, tz=timezone.utc)
    return {
        "schema": "etiology.incident/1",
        "id": name,
        "onset": onset.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "symptom": [symptom],
        "period_s": 1.0,
        "truth": [{"entity": entity, "metric": f"{entity}_mem", "layer": "compute", "mechanism": "memory-leak"}],
    }


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("small", "big"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--cols", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--digits", type=int, default=6, help="significant digits of a CSV's numbers; 0: all of them")
    options = parser.parse_args()
    if options.kind == "small":
        description = describe("payment-mem-leak", NORMAL_ROWS, "front-end_latency", "payment")
        write_folder(options.folder, small_table(), CALLS, description)
        return
    name = f"big-{options.rows}x{options.cols}-{options.seed}"
    description = describe(name, options.rows // 2, "svc-000_latency", big_culprit(options.cols))
    number_format = f"%.{options.digits}g" if options.digits else None
    table = big_table(options.rows, options.cols, options.seed)
    write_folder(options.folder, table, big_calls(options.cols), description, options.format, number_format)


if __name__ == "__main__":
    main()
