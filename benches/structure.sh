#!/usr/bin/env bash
# Times structure learners beside other packages on the same data, one thread and two, and prints the tables of structure.md.
#
#   benches/structure.sh DATA [WORK]     DATA holds NAME.csv(.gz) and NAME.json; WORK keeps results (default: benches/data)
#
# Needs python3 with benches/peers/requirements-structure.txt installed.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:?the folder with the data}
work=${2:-benches/data}
mkdir -p "$work"

cargo build --release --quiet -p etiology-structure --example time_learners
learners="${CARGO_TARGET_DIR:-target}/release/examples/time_learners"

small_er=lg_er_p20_n2000_s1,lg_er_p50_n2000_s1
small=$small_er,lg_sf_p20_n2000_s1,lg_sf_p50_n2000_s1
middle=$small,lg_er_p100_n2000_s1,lg_sf_p100_n2000_s1
for threads in 1 2; do
    "$learners" "$data" "$threads" pc-stable xges fges "boss@$middle,lg_er_p200_n2000_s1,lg_sf_p200_n2000_s1" \
        "hc@$middle" "tabu@$middle" "mmhc@$middle" "grasp@$middle" \
        pc-stable:g2 pc-stable:chi2 hc:bic@alarm_n5000,insurance_n5000,hepar2_n5000,andes_n5000 xges:bdeu xges:bic@alarm_n5000,insurance_n5000,hepar2_n5000,andes_n5000 \
        tabu:bic@alarm_n5000,insurance_n5000 mmhc@alarm_n5000,insurance_n5000 miic@alarm_n5000,insurance_n5000,hepar2_n5000 lingam
done > "$work/structure-ours.jsonl"
"$learners" "$data" 1 "notears@$small" "dagma@$small" ica-lingam ges@$small >> "$work/structure-ours.jsonl"
python3 benches/peers/structure.py "$data" --limit 150 --out "$work/structure-peers.json" > /dev/null
python3 benches/peers/structure_table.py "$work/structure-ours.jsonl" "$work/structure-peers.json" benches/peers/structure_quoted.csv
