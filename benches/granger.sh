#!/usr/bin/env bash
# Times Granger tests and lagged discovery beside other packages on the same series, and prints the tables of granger.md.
#
#   benches/granger.sh DATA [WORK]     DATA holds NAME.csv(.gz) and NAME.json; WORK keeps results (default: benches/data)
#
# Needs python3 with benches/peers/requirements-granger.txt installed.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:?the folder with the data}
work=${2:-benches/data}
mkdir -p "$work"

cargo build --release --quiet -p etiology-granger --example time_granger
ours="${CARGO_TARGET_DIR:-target}/release/examples/time_granger"
sets="ts_p20_T1000_L3_s1 ts_p20_T1000_L3_s2 ts_p20_T1000_L3_s3"
for threads in 1 2; do
    "$ours" "$data" "$threads" $sets
done > "$work/granger-ours.jsonl"
python3 benches/peers/granger.py "$data" --sets "${sets// /,}" --out "$work/granger-peers.jsonl" > /dev/null
for threads in 1 2; do
    "$ours" growth "$threads"
done > "$work/granger-growth.jsonl"
python3 benches/peers/granger_table.py "$work/granger-ours.jsonl" "$work/granger-peers.jsonl" "$work/granger-growth.jsonl"
