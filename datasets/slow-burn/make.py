#!/usr/bin/env python3
"""Makes metrics.csv and links.json: SIMULATED metrics of a training node in which heat, clock and loader act with a delay.

    python3 datasets/slow-burn/make.py       # writes the files beside this one

Python's standard library only, one seed: rerunning gives the same bytes. LINKS is the whole model: what acts on what, how many
rows later and how strongly, in units of each metric's own noise; every metric also keeps a share of its last value. The
recorder was down for a while, and a few readings of the loader's queue are missing.
"""

import csv
import json
import random
from pathlib import Path

SEED = 11
ROWS = 720
PERIOD = 10
START = 1_714_730_400
WARM_UP = 200
DOWN = range(400, 430)
HERE = Path(__file__).resolve().parent

# name: (mean, scale, share of its last value, digits)
METRICS = {
    "inlet_temp": (24.0, 0.6, 0.8, 2),
    "gpu0_temp": (71.0, 1.5, 0.6, 2),
    "gpu0_sm_clock": (1850.0, 40.0, 0.5, 1),
    "disk_read_mb_s": (420.0, 35.0, 0.6, 1),
    "loader_queue": (48.0, 6.0, 0.5, 2),
    "step_time_ms": (182.0, 9.0, 0.3, 2),
    "grad_norm": (1.4, 0.2, 0.4, 4),
}

# cause, effect, rows, strength
LINKS = [
    ("inlet_temp", "gpu0_temp", 3, 0.5),
    ("gpu0_temp", "gpu0_sm_clock", 1, -0.5),
    ("disk_read_mb_s", "loader_queue", 2, 0.5),
    ("gpu0_sm_clock", "step_time_ms", 1, -0.5),
    ("loader_queue", "step_time_ms", 1, -0.4),
]


def simulate():
    rng = random.Random(SEED)
    past = []
    for row in range(WARM_UP + ROWS):
        now = {}
        for name, (_, _, keep, _) in METRICS.items():
            value = rng.gauss(0.0, 1.0)
            if row:
                value += keep * past[row - 1][name]
            for cause, effect, lag, strength in LINKS:
                if effect == name and row >= lag:
                    value += strength * past[row - lag][cause]
            now[name] = value
        past.append(now)
    return past[WARM_UP:], rng


def main():
    rows, rng = simulate()
    with open(HERE / "metrics.csv", "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["time", *METRICS])
        for number, row in enumerate(rows):
            cells = [f"{mean + scale * row[name]:.{digits}f}" for name, (mean, scale, _, digits) in METRICS.items()]
            if rng.random() < 0.01:
                cells[list(METRICS).index("loader_queue")] = ""
            if number not in DOWN:
                out.writerow([START + PERIOD * number, *cells])
    links = {
        "nodes": list(METRICS),
        "edges": [[f"{cause}@-{lag}", effect, "-->", strength] for cause, effect, lag, strength in LINKS],
    }
    (HERE / "links.json").write_text(json.dumps(links, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
