#!/usr/bin/env python3
"""Makes network.bif, samples.csv and samples-missing.csv: a SIMULATED population of training steps, all categorical.

    python3 datasets/slow-step/make.py       # writes the files beside this one

Python's standard library only, one seed: rerunning gives the same bytes. NETWORK is the whole model: each node with its
states, its parents, and a row of probabilities for each combination of the parents' states, the last parent varying fastest.
"""

import csv
import itertools
import random
from pathlib import Path

SEED = 5
ROWS = 5000
HERE = Path(__file__).resolve().parent

NETWORK = {
    # compute
    "room": (["cool", "hot"], [], [[0.8, 0.2]]),
    "fan": (["running", "failed"], [], [[0.95, 0.05]]),
    "gpu_temp": (["normal", "high"], ["room", "fan"], [[0.95, 0.05], [0.3, 0.7], [0.6, 0.4], [0.05, 0.95]]),
    "gpu_clock": (["full", "throttled"], ["gpu_temp"], [[0.98, 0.02], [0.2, 0.8]]),
    "disk": (["quiet", "busy"], [], [[0.75, 0.25]]),
    # data
    "shard": (["balanced", "skewed"], [], [[0.85, 0.15]]),
    "loader": (["ahead", "behind"], ["disk", "shard"], [[0.95, 0.05], [0.6, 0.4], [0.45, 0.55], [0.15, 0.85]]),
    "labels": (["clean", "noisy"], [], [[0.88, 0.12]]),
    # model
    "step_time": (
        ["usual", "slow", "very_slow"],
        ["gpu_clock", "loader"],
        [[0.9, 0.09, 0.01], [0.3, 0.6, 0.1], [0.2, 0.6, 0.2], [0.05, 0.35, 0.6]],
    ),
    "learning_rate": (["usual", "high"], [], [[0.85, 0.15]]),
    "gradient": (["steady", "exploding"], ["learning_rate", "labels"], [[0.98, 0.02], [0.9, 0.1], [0.6, 0.4], [0.1, 0.9]]),
    "loss": (["falling", "stuck"], ["gradient"], [[0.93, 0.07], [0.15, 0.85]]),
}


def write_bif():
    with open(HERE / "network.bif", "w", encoding="utf-8") as file:
        file.write("network slow_step {\n}\n")
        for node, (states, _, _) in NETWORK.items():
            file.write(f"variable {node} {{\n  type discrete [ {len(states)} ] {{ {', '.join(states)} }};\n}}\n")
        for node, (_, parents, rows) in NETWORK.items():
            if not parents:
                file.write(f"probability ( {node} ) {{\n  table {', '.join(map(str, rows[0]))};\n}}\n")
                continue
            file.write(f"probability ( {node} | {', '.join(parents)} ) {{\n")
            for given, row in zip(itertools.product(*(NETWORK[p][0] for p in parents)), rows):
                file.write(f"  ({', '.join(given)}) {', '.join(map(str, row))};\n")
            file.write("}\n")


def draw(rng):
    seen = {}
    for node, (states, parents, rows) in NETWORK.items():
        at = 0
        for parent in parents:
            at = at * len(NETWORK[parent][0]) + NETWORK[parent][0].index(seen[parent])
        seen[node] = rng.choices(states, rows[at])[0]
    return seen


def write_rows(name, rows):
    with open(HERE / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(NETWORK), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main():
    rng = random.Random(SEED)
    write_bif()
    rows = [draw(rng) for _ in range(ROWS)]
    write_rows("samples.csv", rows)
    holes = [{node: "" if rng.random() < 0.1 else state for node, state in row.items()} for row in rows[:1000]]
    write_rows("samples-missing.csv", holes)


if __name__ == "__main__":
    main()
