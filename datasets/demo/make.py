#!/usr/bin/env python3
"""Makes the demo incident: a SIMULATED data-parallel training job in which one GPU throttles.

    python3 datasets/demo/make.py            # writes metrics.csv, topology.csv and events.csv beside this file

Python's standard library only, one seed: rerunning gives the same bytes. The mechanism is written as equations, one
comment a line, so that what causes what can be read here and checked against the answer:

    cooling of rank2 fails at FAULT_AT
      -> temperature climbs from 80 C towards 95 C with a time constant of 10 s
      -> above 84 C the driver lowers the clock, 36 MHz a degree
      -> rank2's compute time grows as 1 / clock
      -> the step of every rank ends with an all-reduce, which waits for the slowest rank:
         the other ranks wait longer, rank2 waits less
      -> the job's samples per second fall

The loader, the batches and the model's learning go on as before; their noise is drawn from the same generator.
"""

import csv
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

SEED = 20240817
ROWS = 420
FAULT_AT = 300
FAULTY = 2
RANKS = range(4)
BATCH = 4 * 256
START = datetime(2024, 8, 17, 9, 30, 0, tzinfo=timezone.utc)
HERE = Path(__file__).resolve().parent

NOMINAL_MHZ = 1980.0
COMPUTE_S = 0.210  # forward and backward of one step at the nominal clock
EXCHANGE_S = 0.018  # the all-reduce itself, once every rank has arrived


def simulate():
    rng = random.Random(SEED)
    temperature = [78.5, 79.0, 80.0, 78.0]
    target = list(temperature)
    slow_load = 0.0
    rows = []
    for second in range(ROWS):
        if second == FAULT_AT:
            target[FAULTY] = 95.0
        # What every rank shares: batches of varying length make all of them slower or faster together.
        slow_load = 0.9 * slow_load + rng.gauss(0.0, 0.4)
        shared = 1.0 + 0.004 * slow_load + rng.gauss(0.0, 0.004)
        compute, clock = [], []
        for rank in RANKS:
            temperature[rank] += (target[rank] - temperature[rank]) / 10.0 + rng.gauss(0.0, 0.15)
            throttle = 36.0 * max(0.0, temperature[rank] - 84.0)
            clock.append(NOMINAL_MHZ - throttle + rng.gauss(0.0, 6.0))
            compute.append(COMPUTE_S * shared * NOMINAL_MHZ / clock[rank] * (1.0 + rng.gauss(0.0, 0.006)))
        slowest = max(compute)
        loader = 0.041 * (1.0 + rng.gauss(0.0, 0.08)) + (0.02 if rng.random() < 0.02 else 0.0)
        row = {"time": (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for rank in RANKS:
            wait = slowest - compute[rank] + EXCHANGE_S * (1.0 + abs(rng.gauss(0.0, 0.5)))
            step = compute[rank] + wait
            row[f"rank{rank}_gpu_util"] = round(min(100.0, 100.0 * (compute[rank] / step) ** 0.3 + rng.gauss(0.0, 0.5)), 1)
            row[f"rank{rank}_gpu_memory_used"] = round(61.5 + 0.3 * rank + rng.gauss(0.0, 0.12), 2)
            row[f"rank{rank}_gpu_sm_clock"] = round(clock[rank])
            row[f"rank{rank}_gpu_temp"] = round(temperature[rank] + rng.gauss(0.0, 0.3), 1)
            row[f"rank{rank}_compute_time"] = round(compute[rank], 4)
            row[f"rank{rank}_allreduce_wait"] = round(wait, 4)
        row["loader_latency"] = round(loader, 4)
        row["loader_missing_rate"] = round(max(0.0, 0.0021 + rng.gauss(0.0, 0.0006)), 5)
        row["loader_brightness"] = round(0.473 + rng.gauss(0.0, 0.009), 4)
        row["job_train_loss"] = round(2.31 - 0.0006 * second + rng.gauss(0.0, 0.025), 4)
        row["job_grad_norm"] = round(1.12 + 0.12 * abs(rng.gauss(0.0, 1.0)), 4)
        row["job_samples_per_s"] = round(BATCH / (slowest + EXCHANGE_S), 1)
        rows.append(row)
    return rows


def write(name, rows):
    with open(HERE / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main():
    write("metrics.csv", simulate())
    links = [("loader", f"rank{rank}", "feeds") for rank in RANKS] + [(f"rank{rank}", "job", "feeds") for rank in RANKS]
    write("topology.csv", [{"source": s, "target": t, "kind": k} for s, t, k in links])
    at = lambda second: (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")
    write(
        "events.csv",
        [
            {"time": at(120), "entity": "job", "kind": "checkpoint", "message": "step 480 saved"},
            {"time": at(FAULT_AT + 6), "entity": "rank2", "kind": "throttle", "message": "clocks event: SW thermal slowdown"},
        ],
    )


if __name__ == "__main__":
    main()
