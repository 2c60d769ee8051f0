#!/usr/bin/env bash
# Scores every method on every public suite found under DATA and rewrites benches/accuracy.md.
#
#   benches/accuracy.sh DATA        DATA holds petshop/, nezha/, opennetai/, rcd/ as their authors publish them
#
# One configuration of every method for all suites; none was tuned on these cases.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:?"usage: benches/accuracy.sh DATA"}

cargo build --release --quiet -p etiology-cli
etiology="${CARGO_TARGET_DIR:-target}/release/etiology"
out=benches/accuracy.md

run() { # title suite folder [options]
  local title=$1 suite=$2 folder=$3
  shift 3
  if [ ! -d "$data/$folder" ]; then
    echo "skipped $suite: no $data/$folder" >&2
    return
  fi
  printf '\n## %s\n\n' "$title"
  "$etiology" bench run --suite "$suite" --data "$data/$folder" --methods all --format markdown "$@" | sed "s|$data/||g"
}

{
  cat <<'HEAD'
# Accuracy on public suites

Written by `benches/accuracy.sh`. A method's bare name is its repaired form, `:published` the form of its paper, quirks included.
Ties count in the worst order; "tie" is the mean over all orders. Intervals are exact (Clopper and Pearson, 95 %). A failure
or an abstention is a miss. `s/case` is wall time while two cases run side by side.
HEAD
  run "PetShop, low traffic, all issues" petshop petshop/dataset/low_traffic
  run "PetShop, low traffic, test split" petshop petshop/dataset/low_traffic --split test
  run "Nezha, Online Boutique, metrics only" nezha nezha
  run "OpenNetAI, Sock Shop, container chaos" opennetai opennetai/new-version/test/container-chaos
  run "RCD's Sock Shop" rcd rcd/sock-shop-data
  run "RCD's Sock Shop, the fault reported 60 s late" rcd rcd/sock-shop-data --shift 60
  run "RCD's Sock Shop, values cleaned as RCAEval does" rcd rcd/sock-shop-data --published-cleaning
  run "OpenNetAI, the fault reported 60 s late" opennetai opennetai/new-version/test/container-chaos --shift 60
} >"$out.new"
mv "$out.new" "$out"
