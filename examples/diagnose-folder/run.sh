#!/usr/bin/env bash
# Diagnoses two incidents from the command line. Uses $ETIOLOGY when set, else builds the command first.
set -euo pipefail
cd "$(dirname "$0")/../.."

etiology() {
    if [ -n "${ETIOLOGY:-}" ]; then "$ETIOLOGY" "$@"; else cargo run --quiet --release -p etiology-cli -- "$@"; fi
}

# The entity of the first hypothesis in a diagnosis on stdin.
first_entity() { grep -m 1 '"entity"' | cut -d '"' -f 4; }

expect() {
    if [ "$1" != "$2" ]; then echo "expected $2 first, found $1" >&2; exit 1; fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== what the demo's table holds"
etiology inspect datasets/demo

echo "== why throughput fell"
etiology diagnose datasets/demo --top 3
expect "$(etiology diagnose datasets/demo --format json | first_entity)" rank2

echo "== an incident folder made from a plain table"
etiology convert datasets/plain/gpu-leak.csv "$work/metrics.parquet"
cat > "$work/incident.json" <<'JSON'
{ "schema": "etiology.incident/1", "id": "the gateway is slow", "symptom": ["gateway_latency"] }
JSON
printf 'source,target\ngateway,worker0\ngateway,worker1\ngateway,worker2\n' > "$work/topology.csv"
etiology diagnose "$work" --top 3
expect "$(etiology diagnose "$work" --format json | first_entity)" worker1
