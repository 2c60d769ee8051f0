"""Reference answers on PetShop for the graph-walking baselines, case by case.

PetShop (Hardt et al., 2023, arXiv 2311.04806) is public under CC-BY-4.0; this script reads one scenario folder of it
(`graph.csv`, `noissue/metrics.csv`, `{train,test}/issue_k/{metrics.csv,target.json}`) and writes, for every issue and
every method below, the ranking, its scores and the accuracy, so that another implementation can be compared case by
case rather than by an average. It is written from the methods' definitions and shares no code with them.

Methods (the causal graph is the call graph with every edge reversed: a callee's trouble causes its caller's):

* `baseline`          MAD score > 5, trigger row 2 or the first later anomalous row, roots of the anomalous subgraph
                      that reach the target through anomalous nodes, ranked by the best path's summed score.
* `z_argmax`          the same with |x - mean| / std > 5 at the row where the target scores highest.
* `z_forward`         |x - mean| / std > 5 with the baseline's trigger rule (row 2, then forward).
* `simple`            (Orchard et al., 2024) IT score > 3 at that row, ancestors of the target without anomalous parent.
* `smooth`            (Orchard et al., 2024) IT score minus the largest IT score of a parent, ancestors of the target.
* `smooth_z`          the same gap taken on z scores.
* `score_ordering`    (Orchard et al., 2024) all nodes with data, by z score at that row, no graph.
* `score_ordering_it` the same, by IT score.
* `ranked_correlation` anomalous nodes by -(p-value) of Pearson's correlation with the target over the issue's rows.

Usage: petshop_reference.py SCENARIO_DIR [--out FILE]
"""

import argparse
import json
import math
import warnings
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
from scipy import stats

MAD_TO_SIGMA = stats.norm.ppf(0.75)
TRIGGER_ROW = 2
MIN_POINTS = 10


def read_metrics(path):
    """One PetShop table: rows by unix time, columns by (node, metric, statistic)."""
    return pd.read_csv(path, header=[0, 1, 2], index_col=0)


def read_scenario(folder):
    """The causal graph, the normal metrics and the issues, issues in numeric order, train before test."""
    adjacency = pd.read_csv(folder / "graph.csv", index_col=0)
    causal = nx.from_pandas_adjacency(adjacency, create_using=nx.DiGraph).reverse()
    issues = []
    for split in ("train", "test"):
        folders = (folder / split).glob("issue_*")
        for issue in sorted(folders, key=lambda p: int(p.name.split("_")[1])):
            target = json.loads((issue / "target.json").read_text())
            issues.append((f"{split}/{issue.name}", read_metrics(issue / "metrics.csv"), target))
    return causal, read_metrics(folder / "noissue" / "metrics.csv"), issues


def nodes_of(metrics, metric, statistic):
    """The columns of one metric and statistic, named by node, in file order."""
    chosen = [c for c in metrics.columns if c[1:] == (metric, statistic)]
    table = metrics[chosen]
    table.columns = [c[0] for c in chosen]
    return table


def centre_and_scale(values, kind):
    """Location and scale of a normal sample; a MAD of 0 stays 0, so that scores become infinite as published."""
    if kind == "mad":
        centre = np.median(values)
        return centre, np.median(np.abs(values - centre)) / MAD_TO_SIGMA
    return values.mean(), values.std()


def scores_and_thresholds(normal, issue, kind, threshold):
    """Absolute scores of the issue's rows (nulls score 0) and each node's threshold.

    Nodes with fewer than 10 normal values have no model. A node constant in the normal data is scored in raw units
    against a threshold of 0. 0/0 counts as 0 and x/0 as infinity.
    """
    scores, limits = {}, {}
    for node in issue.columns:
        if node not in normal:
            continue
        sample = normal[node].dropna().to_numpy()
        if len(sample) < MIN_POINTS:
            continue
        constant = sample.std() == 0
        centre, scale = (sample.mean(), 1.0) if constant else centre_and_scale(sample, kind)
        with np.errstate(divide="ignore", invalid="ignore"):
            score = np.abs(issue[node].to_numpy() - centre) / scale
        scores[node] = np.nan_to_num(score, nan=0.0, posinf=np.inf)
        limits[node] = 0.0 if constant else threshold
    return scores, limits


def it_scores(normal, issue, row):
    """-ln((#{normal |z| >= |z|} + .5) / (n + .5)) of one row; a null value scores 0."""
    result = {}
    for node in issue.columns:
        if node not in normal:
            continue
        sample = normal[node].dropna().to_numpy()
        if len(sample) < MIN_POINTS:
            continue
        value = issue[node].iloc[row]
        if np.isnan(value):
            result[node] = 0.0
            continue
        distance = np.abs(sample - sample.mean())
        exceed = np.count_nonzero(distance >= abs(value - sample.mean()))
        result[node] = math.log((len(sample) + 0.5) / (exceed + 0.5))
    return result


def first_anomalous_row(target_scores, limit):
    """The trigger row, or the first later row on which the target is anomalous; None when there is none."""
    return next((r for r in range(TRIGGER_ROW, len(target_scores)) if target_scores[r] > limit), None)


def traverse(causal, target, anomalous):
    """Roots of the anomalous subgraph with the best path score to the target, in `anomalous` order.

    A path visits anomalous nodes only and has at least one edge, so the target is never its own cause.
    """
    inside = causal.subgraph(anomalous)
    if not nx.is_directed_acyclic_graph(inside):
        raise ValueError("the anomalous subgraph is cyclic")
    if target not in inside:
        return []
    found = []
    for node in anomalous:
        if node == target or any(True for _ in inside.predecessors(node)):
            continue
        paths = nx.all_simple_paths(inside, node, target)
        best = max((math.fsum(anomalous[n] for n in path) for path in paths), default=None)
        if best is not None:
            found.append((node, best))
    return found


def baseline(causal, normal, issue, target, kind="mad", threshold=5.0):
    """PetShop's own traversal. Returns the ranking and the row it looked at."""
    scores, limits = scores_and_thresholds(normal, issue, kind, threshold)
    if target not in scores:
        return [], None
    row = first_anomalous_row(scores[target], limits[target])
    if row is None:
        return [], None
    anomalous = {n: float(s[row]) for n, s in scores.items() if s[row] > limits[n]}
    return traverse(causal, target, anomalous), row


def loudest_row(normal, issue, target):
    """The row where the target's z score is highest, with all z scores and limits."""
    scores, limits = scores_and_thresholds(normal, issue, "std", 5.0)
    row = int(np.argmax(scores[target])) if target in scores else TRIGGER_ROW
    return row, scores, limits


def z_argmax(causal, normal, issue, target):
    """Traversal over z > 5 at the target's loudest row, as IDI (Nagalapatti et al., 2025) evaluates it."""
    row, scores, limits = loudest_row(normal, issue, target)
    anomalous = {n: float(s[row]) for n, s in scores.items() if s[row] > limits[n]}
    return traverse(causal, target, anomalous), row


def z_forward(causal, normal, issue, target):
    """Traversal over z > 5 with PetShop's own trigger row."""
    return baseline(causal, normal, issue, target, kind="std")


def ancestors_in_order(causal, target, order):
    """The target's ancestors that have data, in column order; the target is not among them."""
    wanted = nx.ancestors(causal, target)
    return [n for n in order if n in wanted]


def gaps(causal, target, scores):
    """Each ancestor's score minus its largest parent's, clipped at 0; a parent without data scores 0."""
    result = []
    for node in ancestors_in_order(causal, target, scores):
        parents = [scores.get(p, 0.0) for p in causal.predecessors(node)]
        result.append((node, max(scores[node] - max(parents, default=0.0), 0.0)))
    return result


def smooth(causal, normal, issue, target):
    """Smooth traversal on IT scores."""
    row, _, _ = loudest_row(normal, issue, target)
    return gaps(causal, target, it_scores(normal, issue, row)), row


def smooth_z(causal, normal, issue, target):
    """Smooth traversal on z scores."""
    row, scores, _ = loudest_row(normal, issue, target)
    return gaps(causal, target, {n: float(s[row]) for n, s in scores.items()}), row


def simple(causal, normal, issue, target):
    """Ancestors with an IT score over 3 and no parent over 3, by score."""
    row, _, _ = loudest_row(normal, issue, target)
    scores = it_scores(normal, issue, row)
    found = []
    for node in ancestors_in_order(causal, target, scores):
        quiet_parents = all(scores.get(p, 0.0) <= 3.0 for p in causal.predecessors(node))
        if scores[node] > 3.0 and quiet_parents:
            found.append((node, scores[node]))
    return found, row


def score_ordering(causal, normal, issue, target):
    """Every node but the target, by z score."""
    row, scores, _ = loudest_row(normal, issue, target)
    return [(n, float(s[row])) for n, s in scores.items() if n != target], row


def score_ordering_it(causal, normal, issue, target):
    """Every node but the target, by IT score."""
    row, _, _ = loudest_row(normal, issue, target)
    return [(n, s) for n, s in it_scores(normal, issue, row).items() if n != target], row


def ranked_correlation(causal, normal, issue, target):
    """PetShop's ranked correlation: MAD-anomalous nodes, -(p-value) of Pearson's r over the issue's rows, first 3."""
    scores, limits = scores_and_thresholds(normal, issue, "mad", 5.0)
    row = first_anomalous_row(scores[target], limits[target]) if target in scores else None
    if row is None:
        return [], None
    found = []
    for node, score in scores.items():
        if node == target or not score[row] > limits[node]:
            continue
        both = issue[[target, node]].dropna()
        if len(both) < 2:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            p_value = stats.pearsonr(both[target], both[node])[1]
        if not np.isnan(p_value):
            found.append((node, -float(p_value)))
    return sorted(found, key=lambda pair: -pair[1])[:3], row


METHODS = {
    "baseline": baseline,
    "z_argmax": z_argmax,
    "z_forward": z_forward,
    "simple": simple,
    "smooth": smooth,
    "smooth_z": smooth_z,
    "score_ordering": score_ordering,
    "score_ordering_it": score_ordering_it,
    "ranked_correlation": ranked_correlation,
}


def hit(ranking, truth, k):
    """(column order, expected under random tie-breaking, worst order) chance that `truth` is among the first k."""
    score = dict(ranking).get(truth)
    if score is None:
        return 0.0, 0.0, 0.0
    above = sum(s > score for _, s in ranking)
    tied = sum(s == score for _, s in ranking)
    order = [n for n, _ in sorted(ranking, key=lambda pair: -pair[1])]
    expected = min(max((k - above) / tied, 0.0), 1.0)
    return float(truth in order[:k]), expected, float(above + tied <= k)


def specificity(causal, normal_all, metric, statistic, target):
    """PetShop's no-fault protocol: cut the normal rows at 50 %, 60 %, ... 90 % and count empty answers."""
    n = len(normal_all)
    table = nodes_of(normal_all, metric, statistic)
    cases = []
    for cut in range(n // 2, n - 3, int(n * 0.1)):
        ranking, row = baseline(causal, table.iloc[:cut], table.iloc[cut:], target)
        cases.append({"cut": cut, "row": None if row is None else cut + row, "ranking": ranking})
    return cases


def jsonable(ranking):
    """The ranking by falling score, ties in column order, infinities as strings."""
    ordered = sorted(ranking, key=lambda pair: -pair[1])
    return [[n, s if math.isfinite(s) else "inf"] for n, s in ordered]


def run(folder):
    """Every method on every issue of one scenario, with the summaries."""
    causal, normal_all, issues = read_scenario(folder)
    cases = []
    for name, metrics, target in issues:
        goal = target["target"]
        normal = nodes_of(normal_all, goal["metric"], goal["agg"])
        issue = nodes_of(metrics, goal["metric"], goal["agg"])
        truth = target["root_cause"]["node"]
        case = {"id": name, "metric": goal["metric"], "truth": truth, "methods": {}}
        for method, analyse in METHODS.items():
            ranking, row = analyse(causal, normal, issue, goal["node"])
            hits = {k: hit(ranking, truth, k) for k in (1, 3, 5)}
            case["methods"][method] = {
                "row": row,
                "ranking": jsonable(ranking),
                "ac_column_order": {k: h[0] for k, h in hits.items()},
                "ac_tie_expected": {k: h[1] for k, h in hits.items()},
                "ac_worst": {k: h[2] for k, h in hits.items()},
            }
        cases.append(case)
    quiet = {m: specificity(causal, normal_all, m, "Average", "PetSite") for m in ("latency", "availability")}
    return {
        "cases": cases,
        "summary": summarise(cases),
        "specificity": {m: float(np.mean([not c["ranking"] for c in s])) for m, s in quiet.items()},
        "specificity_cases": {m: [{**c, "ranking": jsonable(c["ranking"])} for c in s] for m, s in quiet.items()},
    }


def summarise(cases):
    """Mean accuracies by method, metric and split."""
    rows = {}
    for method in METHODS:
        for metric in ("latency", "availability"):
            for split in ("all", "train", "test"):
                chosen = [c for c in cases if c["metric"] == metric and (split == "all" or c["id"].startswith(split))]
                answers = [c["methods"][method] for c in chosen]
                row = {"n": len(chosen), "empty": sum(not a["ranking"] for a in answers)}
                for key in ("ac_column_order", "ac_tie_expected", "ac_worst"):
                    row[key] = {k: round(float(np.mean([a[key][k] for a in answers])), 4) for k in (1, 3, 5)}
                rows[f"{method}/{metric}/{split}"] = row
    return rows


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", type=Path, help="a PetShop scenario folder, such as dataset/low_traffic")
    parser.add_argument("--out", type=Path, help="write the full answers here as JSON")
    options = parser.parse_args()
    answers = run(options.scenario)
    if options.out:
        options.out.write_text(json.dumps(answers, indent=1))
    for name, row in answers["summary"].items():
        print(f"{name:40s} n={row['n']:2d} empty={row['empty']:2d}", row["ac_column_order"], row["ac_tie_expected"])
    print("specificity", answers["specificity"])


if __name__ == "__main__":
    main()
