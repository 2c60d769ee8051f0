#!/usr/bin/env python3
"""Makes gpu-leak.csv: a SIMULATED inference service whose worker leaks GPU memory. One plain table, no side files.

    python3 datasets/plain/make.py           # writes gpu-leak.csv beside this file

Python's standard library only, one seed: rerunning gives the same bytes. From FAULT_AT on, worker1 keeps 0.12 GiB a row
that it should free; as memory fills up the scheduler preempts requests, its latency rises, and with that
the gateway's.
"""

import csv
import random
from pathlib import Path

SEED = 7
ROWS = 360
FAULT_AT = 260
START = 1_723_887_000  # seconds since 1970, UTC
HERE = Path(__file__).resolve().parent


def simulate():
    rng = random.Random(SEED)
    demand, rows = 0.0, []
    for i in range(ROWS):
        demand = 0.85 * demand + rng.gauss(0.0, 1.0)
        load = 42.0 + 2.0 * demand
        row = {"timestamp": START + 15 * i}
        latencies = []
        for worker in range(3):
            leaked = 0.12 * max(0, i - FAULT_AT) if worker == 1 else 0.0
            memory = min(78.0, 51.0 + 0.02 * load + leaked + rng.gauss(0.0, 0.15))
            preemptions = max(0.0, 0.4 * max(0.0, memory - 53.0) + abs(rng.gauss(0.0, 0.3)))
            latency = 0.080 + 0.0004 * load + 0.006 * preemptions + rng.gauss(0.0, 0.003)
            latencies.append(latency)
            row[f"worker{worker}_gpu_memory_used"] = round(memory, 2)
            row[f"worker{worker}_gpu_util"] = round(min(100.0, 0.9 * load + 20.0 + rng.gauss(0.0, 2.0)), 1)
            row[f"worker{worker}_preemptions"] = round(preemptions, 2)
            row[f"worker{worker}_latency"] = round(latency, 4)
        row["gateway_requests"] = round(load)
        row["gateway_latency"] = round(0.012 + sum(latencies) / 3 + 0.3 * (max(latencies) - min(latencies)), 4)
        rows.append(row)
    return rows


def main():
    rows = simulate()
    with open(HERE / "gpu-leak.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
