"""Best-of-n timing and a pairing with a peer program, shared by the peer benchmarks."""

import json
import platform
import subprocess
import time
from pathlib import Path


def best_of(repeats, run):
    """The smallest wall time of `repeats` calls of `run`, in seconds, and its last result."""
    times, result = [], None
    for _ in range(repeats):
        begin = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - begin)
    return min(times), result


def criterion_seconds(folder):
    """The point estimate, in seconds, of the `estimates.json` in a criterion folder such as `criterion/NAME/new`."""
    estimates = json.loads((Path(folder) / "estimates.json").read_text())
    chosen = estimates.get("slope") or estimates["mean"]
    return chosen["point_estimate"] * 1e-9


def program_seconds(repeats, arguments):
    """Best wall time of a whole run of a program, process start and loading included."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
    return best_of(repeats, lambda: subprocess.run(arguments, **quiet))[0]


def report(name, setting, seconds):
    """Prints a table for people and, last, one JSON line for programs."""
    fastest = min(seconds.values())
    print(f"{name}: {setting}")
    for label, value in sorted(seconds.items(), key=lambda item: item[1]):
        print(f"  {label:42s} {value * 1e3:12.2f} ms {value / fastest:8.2f} x")
    document = {"benchmark": name, "setting": setting, "seconds": seconds, "machine": platform.machine()}
    print(json.dumps(document))
