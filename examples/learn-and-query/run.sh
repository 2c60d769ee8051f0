#!/usr/bin/env bash
# Learns a graph, fits a network and asks it. Uses $ETIOLOGY when set, else builds the command first.
set -euo pipefail
cd "$(dirname "$0")/../.."

etiology() {
    if [ -n "${ETIOLOGY:-}" ]; then "$ETIOLOGY" "$@"; else cargo run --quiet --release -p etiology-cli -- "$@"; fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
samples=datasets/slow-step/samples.csv

echo "== who causes what"
etiology learn "$samples" | tee "$work/graph.txt"
for edge in "fan +--> gpu_temp" "gpu_clock +--> step_time" "loader +--> step_time"; do
    grep -Eq "$edge" "$work/graph.txt" || { echo "the edge $edge is missing" >&2; exit 1; }
done

echo "== the network's parameters"
etiology learn "$samples" -o "$work/graph.json"
etiology fit "$work/graph.json" "$samples" -o "$work/network.bif"

echo "== a step is very slow though the loader is ahead: is it the fan?"
etiology query "$work/network.bif" --target fan --evidence step_time=very_slow,loader=ahead

echo "== what if the clock were kept at full?"
etiology query "$work/network.bif" --target step_time --do gpu_clock=full
