#!/usr/bin/env bash
# Times reading, scoring and start-up beside pandas, polars and scikit-learn on the same files.
#
#   benches/speed.sh [FOLDER]       FOLDER keeps the generated tables (default: benches/data, not committed)
#
# Needs python3 with benches/peers/requirements.txt installed. Prints what benches/README.md quotes.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-benches/data}
mkdir -p "$folder"

cargo build --release --quiet -p etiology-cli
etiology="${CARGO_TARGET_DIR:-target}/release/etiology"

echo "== reading 1 000 metrics x 10 000 rows: peers"
python3 benches/peers/read_csv.py "$folder"
echo "== reading: ours, in process"
cargo bench --quiet -p etiology-io --bench read
echo "== NSigma and BARO on 1 000 metrics x 10 000 rows: peers, one thread"
python3 benches/peers/score.py "$folder"
echo "== NSigma and BARO: ours, one thread"
cargo bench --quiet -p etiology-rank --bench score
echo "== start-up: diagnose on a small CSV, whole process"
python3 - "$etiology" <<'PY'
import statistics, subprocess, sys, time
command = [sys.argv[1], "diagnose", "datasets/plain/gpu-leak.csv", "--format", "json", "--threads", "1"]
times = []
for _ in range(41):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    times.append((time.perf_counter() - start) * 1e3)
print(f"median {statistics.median(times[1:]):.1f} ms, best {min(times[1:]):.1f} ms of {len(times) - 1} runs")
PY
