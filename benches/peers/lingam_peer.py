"""Times lingam's DirectLiNGAM and ICA-LiNGAM on the samples of a data folder, and compares its models with ours.

    cargo run --release -p etiology-structure --example functional_timing -- DATA OUT
    python lingam_peer.py DATA OUT

Needs lingam 1.13.0 with numpy and pandas. A model is the causal order and the weights; an ICA order is unique only up to
unrelated variables, so for ICA the weights alone are compared.
"""

import json
import sys
from pathlib import Path

import lingam
import numpy as np
import pandas as pd

from timing import best_of


def ours(path, names):
    """Order and weights, `[to, from]`, of a model that the timing example wrote."""
    document = json.loads(path.read_text())
    weights = np.zeros((len(names), len(names)))
    for tail, head, _, strength in document["graph"]["edges"]:
        weights[names.index(head), names.index(tail)] = strength
    return document["order"], weights


def main(data, out):
    learners = {"direct": lambda: lingam.DirectLiNGAM(), "ica": lambda: lingam.ICALiNGAM(random_state=0)}
    for seed in (1, 2, 3):
        name = f"lingam_er_p30_n2000_s{seed}"
        table = pd.read_csv(Path(data) / f"{name}.csv.gz")
        for label, learner in learners.items():
            seconds, model = best_of(2, lambda: learner().fit(table.to_numpy()))
            order, weights = ours(Path(out) / f"{name}__{label}.json", list(table.columns))
            theirs = model.adjacency_matrix_
            print(
                f"{name} {label}: lingam {seconds:.3f} s; same order: {list(map(int, model.causal_order_)) == order}; "
                f"edges {np.count_nonzero(theirs)} and {np.count_nonzero(weights)}, "
                f"in both {np.count_nonzero((theirs != 0) & (weights != 0))}; "
                f"largest difference of weights {np.abs(theirs - weights).max():.2e}"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
