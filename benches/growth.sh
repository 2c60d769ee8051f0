#!/usr/bin/env bash
# Times structure learners at doubled numbers of columns and rows and prints the table of growth in structure.md.
#
#   benches/growth.sh        RAYON_NUM_THREADS (default 1) sets the threads
set -euo pipefail
cd "$(dirname "$0")/.."
export RAYON_NUM_THREADS="${RAYON_NUM_THREADS:-1}"
cargo bench --quiet -p etiology-structure --bench constraint --bench equivalence > /dev/null 2>&1
python3 - "${CARGO_TARGET_DIR:-target}/criterion" <<'PYTHON'
import json, math, pathlib, sys

times = {}
for file in pathlib.Path(sys.argv[1]).glob("*/*/new/estimates.json"):
    benchmark = json.loads((file.parent / "benchmark.json").read_text())
    name, _, kind = benchmark["group_id"].rpartition(", ")
    if kind in ("columns", "rows"):
        seconds = json.loads(file.read_text())["median"]["point_estimate"] / 1e9
        times.setdefault((kind, name), {})[int(benchmark["value_str"])] = seconds

def exponent(sizes):
    """Least squares slope of the logarithm of time on that of size."""
    x, y = [math.log(size) for size in sizes], [math.log(time) for time in sizes.values()]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)

for kind, fixed in (("columns", "n = 2 000"), ("rows", "p = 100")):
    rows = {name: dict(sorted(sizes.items())) for (k, name), sizes in times.items() if k == kind}
    header = sorted({size for sizes in rows.values() for size in sizes})
    print(f"\n| {kind}, {fixed} | " + " | ".join(map(str, header)) + " | exponent |")
    print("|---|" + "---|" * (len(header) + 1))
    for name, sizes in sorted(rows.items()):
        cells = " | ".join(f"{sizes[size] * 1e3:.3g} ms" for size in header)
        print(f"| {name} | {cells} | {exponent(sizes):.2f} |")
PYTHON
