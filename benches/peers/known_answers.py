"""Reference answers for the small incident, from published packages where one runs, else from the papers' definitions.

Reads an incident folder made by `make_incident.py small` and writes `answers.json`, the oracle of the known-answer
tests. Every entry says where it comes from. Rankings that a package returns are stored beside the scores, so a
difference between the two would show; this script fails if there is one.

Packages: `pip install -r requirements.txt`, then `pip install --no-deps -r requirements-no-deps.txt`.

Usage: known_answers.py FOLDER OUT.json
"""

import argparse
import itertools
import json
import math
import warnings
from importlib.metadata import version
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
from scipy import stats
from sklearn.preprocessing import RobustScaler, StandardScaler

import petshop_reference as walk

warnings.filterwarnings("ignore")

INTERNAL = {"cpu", "mem", "diskio", "socket"}
EXTERNAL = {"latency", "error", "workload"}


def versioned(*packages):
    """`name version, ...` for a source line."""
    return ", ".join(f"{name} {version(name)}" for name in packages)


def read_incident(folder):
    """The metrics, the row of the onset, the symptom and the calls."""
    about = json.loads((folder / "incident.json").read_text())
    table = pd.read_csv(folder / "metrics.csv")
    onset = int(pd.Timestamp(about["onset"]).timestamp())
    calls = pd.read_csv(folder / "topology.csv")
    return table, onset, about["symptom"][0], list(calls.itertuples(index=False, name=None))


def ranked(scores):
    """Names by falling score; equal scores in the order given."""
    return [name for name, _ in sorted(scores.items(), key=lambda item: -item[1])]


def constant(column):
    """Whether all values equal the first one, as RCAEval decides it (a null is unlike anything)."""
    return not (column != column.iloc[0]).any()


def split(table, onset):
    """The two windows without the time column."""
    before = table["time"] < onset
    metrics = table.drop(columns="time")
    return metrics[before], metrics[~before]


def kept(normal, anomalous):
    """(columns that vary in both windows, the others)."""
    varying = [c for c in normal if not constant(normal[c]) and not constant(anomalous[c])]
    return varying, [c for c in normal if c not in varying]


def signed_maximum(scaler, normal, anomalous, columns):
    """Largest scaled value of the anomalous window with the scaler fitted on the normal one; nulls ignored."""
    scores, centres, scales = {}, {}, {}
    for name in columns:
        fitted = scaler().fit(normal[[name]].to_numpy())
        scores[name] = float(np.nanmax(fitted.transform(anomalous[[name]].to_numpy())))
        centres[name] = float(fitted.mean_[0] if hasattr(fitted, "mean_") else fitted.center_[0])
        scales[name] = float(fitted.scale_[0])
    return {"scores": scores, "ranking": ranked(scores), "centre": centres, "scale": scales}


def published_scorers(table, onset, normal, anomalous):
    """NSigma and BARO as published, with the packages' own rankings beside them."""
    from baro import root_cause_analysis as baro_package
    from RCAEval import e2e
    from RCAEval.e2e.baro import baro

    columns, dropped = kept(normal, anomalous)
    answers = {}
    for name, scaler in (("nsigma_published", StandardScaler), ("baro_published", RobustScaler)):
        entry = signed_maximum(scaler, normal, anomalous, columns)
        package = {
            "nsigma_published": (baro_package.nsigma, e2e.nsigma),
            "baro_published": (baro_package.robust_scorer, baro),
        }[name]
        for run in package:
            ranks = run(table.copy(), inject_time=onset, dataset="sock-shop-1")["ranks"]
            assert ranks == entry["ranking"], (name, run, ranks, entry["ranking"])
        entry["dropped"] = dropped
        entry["source"] = (
            f"{scaler.__name__} of {versioned('scikit-learn')} fitted on the normal window, signed maximum over the "
            "anomalous one, a scale of 0 read as 1, columns constant in either window dropped; the ranking equals "
            f"that of {versioned('RCAEval', 'fse-baro')}"
        )
        answers[name] = entry
    return answers


def two_sided(normal, anomalous):
    """max |Z| with a scale of 0 read as 1, and the robust score with a relative floor."""
    columns = [c for c in normal if not constant(pd.concat([normal, anomalous])[c])]
    plain, floored = {}, {}
    for name in columns:
        sample, seen = normal[name].to_numpy(), anomalous[name].to_numpy()
        deviation = np.nanstd(sample) or 1.0
        plain[name] = float(np.nanmax(np.abs(seen - np.nanmean(sample))) / deviation)
        low, centre, high = np.nanpercentile(sample, [25, 50, 75])
        scale = max(high - low, 0.05 * abs(centre)) or 1.0
        floored[name] = float(np.nanmax(np.abs(seen - centre)) / scale)
    note = "columns constant over both windows dropped; nulls ignored; a scale of 0 read as 1"
    return {
        "max_abs_z": {
            "source": f"numpy, |x - mean| / std (ddof 0), largest over the anomalous window; {note}",
            "scores": plain,
            "ranking": ranked(plain),
        },
        "robust_floor": {
            "source": f"numpy, |x - median| / max(IQR, .05 |median|), linear quantiles, largest over time; {note}",
            "scores": floored,
            "ranking": ranked(floored),
        },
        "alert_count": alert_count(plain),
    }


def alert_count(scores):
    """Columns over 3 sigma, by service."""
    counts = {}
    for name, score in scores.items():
        service = name.rsplit("_", 1)[0]
        counts[service] = counts.get(service, 0) + int(score > 3.0)
    return {
        "source": "count of columns with max_abs_z > 3 by service (SimpleRCA-style alert counting)",
        "scores": counts,
        "ranking": ranked(counts),
        "alerting": [n for n, s in scores.items() if s > 3.0],
    }


def prism_properties(normal, anomalous):
    """Score and scale of every property: z score, scale at least 1 % of |centre|, scaleless ones capped."""
    columns = [c for c in normal if not constant(pd.concat([normal, anomalous])[c])]
    raw, scales = {}, {}
    for name in columns:
        centre = np.nanmean(normal[name])
        scales[name] = float(max(np.nanstd(normal[name]), 0.01 * abs(centre)))
        raw[name] = float(np.nanmax(np.abs(anomalous[name] - centre)))
    scores = {n: raw[n] / scales[n] for n in columns if scales[n] > 0}
    cap = float(np.percentile(list(scores.values()), 99))
    scores.update({n: min(raw[n] / 1e-9, cap) for n in columns if scales[n] == 0})
    return {n: scores[n] for n in columns}, scales, cap


def mean_shifts(normal, anomalous):
    """|mean after - mean before| / std, the scale falling back to |mean| and then to 1."""
    shifts = {}
    for name in normal:
        mean, deviation = np.nanmean(normal[name]), np.nanstd(normal[name])
        scale = deviation if deviation > 1e-9 else abs(mean) if abs(mean) > 1e-9 else 1.0
        shifts[name] = float(abs(np.nanmean(anomalous[name]) - mean) / scale)
    return shifts


def pool(scores):
    """(S_I, S_E) by service: the largest internal and the largest external property score."""
    pooled = {}
    for name, score in scores.items():
        service, kind = name.rsplit("_", 1)
        inside, outside = pooled.setdefault(service, (0.0, 0.0))
        if kind in INTERNAL:
            pooled[service] = (max(inside, score), outside)
        elif kind in EXTERNAL:
            pooled[service] = (inside, max(outside, score))
    return pooled


def prism(normal, anomalous):
    """PRISM, additive and conjunctive, and with the shift of the mean instead of the maximum over time."""
    properties, scales, cap = prism_properties(normal, anomalous)
    pooled = pool(properties)
    additive = {n: sum(pair) - math.log1p(sum(pair)) for n, pair in pooled.items()}
    conjunctive = {n: min(pair) for n, pair in pooled.items()}
    shifted = pool(mean_shifts(normal, anomalous))
    shift = {n: sum(pair) - math.log1p(sum(pair)) for n, pair in shifted.items()}

    def by_external(scores):
        return sorted(scores, key=lambda n: (-scores[n], -pooled[n][1]))

    paper = "numpy transcription of Pham 2026 (arXiv 2601.21359), sections 3.1-3.3"
    shared = {
        "internal": {n: p[0] for n, p in pooled.items()},
        "external": {n: p[1] for n, p in pooled.items()},
        "properties": properties,
        "scale": scales,
        "cap": cap,
    }
    details = "z score, largest over time, scale at least 1 % of |mean|, scaleless ones capped at the 99th percentile"
    return {
        "prism_additive": {
            "source": f"{paper}, eq. 3; {details}",
            "scores": additive,
            "ranking": by_external(additive),
            **shared,
        },
        "prism_conjunctive": {
            "source": f"{paper}, eq. 4; {details}",
            "scores": conjunctive,
            "ranking": by_external(conjunctive),
        },
        "prism_mean_shift": {
            "source": f"{paper}, eq. 3; |difference of the windows' means| / std, std 0 read as |mean|, then as 1",
            "scores": shift,
            "ranking": ranked(shift),
            "internal": {n: p[0] for n, p in shifted.items()},
            "external": {n: p[1] for n, p in shifted.items()},
        },
    }


def bootstrap_thresholds(normal, alpha, times, seed):
    """PyRCA's thresholds: per replicate, the (1 - alpha) quantile over all pairs of squared correlations."""
    rng = np.random.default_rng(seed)
    values = normal.to_numpy()
    first, second = np.triu_indices(values.shape[1], 1)
    thresholds = []
    for _ in range(times):
        draw = np.column_stack([rng.choice(column, len(column)) for column in values.T])
        covariance = np.cov(draw.T)
        variance = np.diag(covariance)
        with np.errstate(divide="ignore", invalid="ignore"):
            squared = covariance[first, second] ** 2 / (variance[first] * variance[second])
        thresholds.append(np.quantile(np.nan_to_num(squared, nan=0.0, posinf=0.0), 1 - alpha))
    return np.array(thresholds)


def epsilon_diagnosis(normal, anomalous):
    """The deterministic statistic, the spread of the random threshold, and PyRCA's own run."""
    from pyrca.analyzers.epsilon_diagnosis import EpsilonDiagnosis

    columns, dropped = kept(normal, anomalous)
    columns = [c for c in columns if not normal[c].isna().any() and not anomalous[c].isna().any()]
    rows = min(len(normal), len(anomalous))
    before, after = normal[columns].tail(rows), anomalous[columns].head(rows)
    statistic = {}
    for name in columns:
        x, y = before[name].to_numpy(), after[name].to_numpy()
        product = x.var() * y.var()
        statistic[name] = float(np.cov(x, y)[0, 1] ** 2 / product) if product > 0 else 0.0
    ranges, package = {}, {}
    for alpha in (0.05, 0.01):
        thresholds = bootstrap_thresholds(before, alpha, 200, seed=0)
        ranges[str(alpha)] = {"min": thresholds.min(), "mean": thresholds.mean(), "max": thresholds.max()}
        np.random.seed(0)
        model = EpsilonDiagnosis(EpsilonDiagnosis.config_class(alpha=alpha, bootstrap_time=200, root_cause_top_k=3))
        model.train(before)
        result = model.find_root_causes(after).root_cause_nodes
        assert all(math.isclose(model.correlations[n], statistic[n], rel_tol=1e-9) for n in columns)
        package[str(alpha)] = [[name, float(score)] for name, score in result]
    beta = {str(a): float(stats.beta.ppf(1 - a, 0.5, (rows - 2) / 2)) for a in (0.05, 0.01)}
    return {
        "source": f"statistic: equal to {versioned('sfr-pyrca')} to 1e-9; thresholds: numpy, 200 replicates",
        "rows": rows,
        "columns": columns,
        "left_out": dropped + [c for c in kept(normal, anomalous)[0] if c not in columns],
        "statistic": statistic,
        "ranking": ranked(statistic),
        "threshold_range": {a: {k: float(v) for k, v in r.items()} for a, r in ranges.items()},
        "beta_quantile": beta,
        "package_result_seed_0": package,
    }


def walk_matrix(graph, table, anomalies, rho):
    """Node weights, self weights and the transition matrix of PyRCA's walk."""
    nodes = list(table.columns)
    correlation = table.corr().fillna(0.0)

    def weight(anomaly, node):
        if node == anomaly:
            return 1.0
        return 0.0 if graph.has_edge(anomaly, node) else abs(float(correlation.loc[anomaly, node]))

    per_anomaly = {a: {n: weight(a, n) for n in nodes} for a in anomalies}
    node_weight = {n: max(per_anomaly[a][n] for a in anomalies) for n in nodes}
    self_weight = {}
    for node in nodes:
        surplus = [
            max(0.0, per_anomaly[a][node] - max((per_anomaly[a][p] for p in graph.predecessors(node)), default=0.0))
            for a in anomalies
        ]
        self_weight[node] = 0.0 if node in anomalies else max(surplus)
    matrix = pd.DataFrame(0.0, index=nodes, columns=nodes)
    for node in nodes:
        for cause in graph.predecessors(node):
            matrix.loc[node, cause] += node_weight[cause]
        for effect in graph.successors(node):
            matrix.loc[node, effect] += rho * node_weight[effect]
        matrix.loc[node, node] += self_weight[node]
        matrix.loc[node] /= matrix.loc[node].sum()
    return node_weight, self_weight, matrix


def visit_shares(matrix, anomalies, steps):
    """Expected share of visits of each node over walks of `steps` steps, averaged over the starts."""
    shares = np.zeros(len(matrix))
    for start in anomalies:
        position = (matrix.index == start).astype(float)
        for _ in range(steps):
            position = position @ matrix.to_numpy()
            shares += position / (steps * len(anomalies))
    return dict(zip(matrix.index, shares.tolist(), strict=True))


def random_walk(anomalous, calls):
    """PyRCA's random walk on the services' latencies, exactly and sampled."""
    from pyrca.analyzers.random_walk import RandomWalk, RandomWalkConfig

    services = list(dict.fromkeys(itertools.chain.from_iterable(calls)))
    graph = nx.DiGraph()
    graph.add_nodes_from(services)
    graph.add_edges_from((callee, caller) for caller, callee in calls)
    table = anomalous[[f"{s}_latency" for s in services]]
    table.columns = services
    answers = {}
    for name, anomalies in (("symptom", ["front-end"]), ("three", ["front-end", "orders", "payment"])):
        node_weight, self_weight, matrix = walk_matrix(graph, table, anomalies, rho=0.1)
        shares = visit_shares(matrix, anomalies, steps=10)
        adjacency = nx.to_pandas_adjacency(graph, nodelist=services)
        model = RandomWalk(RandomWalkConfig(adjacency, False, 0.1, 10, 1000, 5))
        sampled = model.find_root_causes(anomalies, table, random_seed=0).root_cause_nodes
        assert all(abs(score - shares[node]) < 0.02 for node, score in sampled), (sampled, shares)
        answers[name] = {
            "anomalies": anomalies,
            "node_weight": node_weight,
            "self_weight": self_weight,
            "transition": {n: matrix.loc[n].to_dict() for n in matrix.index},
            "expected_share": shares,
            "level_0": [n for n in services if graph.in_degree(n) == 0],
            "package_sampled_seed_0": [[n, float(s)] for n, s in sampled],
        }
    return {
        "source": f"numpy transcription of the random walk of {versioned('sfr-pyrca')}, expected visits by matrix "
        "powers; the package's own 1000 sampled walks agree within .02",
        "columns": "the _latency column of every service, anomalous window",
        "cases": answers,
    }


def pagerank():
    """PageRank of a fixed weighted graph with a dangling node: converged, and scikit-network's ten iterations."""
    from sknetwork.ranking import PageRank

    nodes = ["front-end", "orders", "carts", "payment", "user"]
    edges = [
        ("front-end", "orders", 0.9),
        ("front-end", "carts", 0.4),
        ("front-end", "user", 0.1),
        ("orders", "payment", 0.8),
        ("orders", "carts", 0.2),
        ("orders", "user", 0.3),
        ("carts", "orders", 0.05),
        ("user", "front-end", 0.25),
    ]
    graph = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_weighted_edges_from(edges)
    weights = nx.to_numpy_array(graph, nodelist=nodes)
    out = weights.sum(axis=1)
    steps = np.divide(weights, out[:, None], out=np.zeros_like(weights), where=out[:, None] > 0)
    restart = (1 - 0.85 * (out > 0)) / len(nodes)
    ten = restart.copy()
    for _ in range(10):
        following = 0.85 * steps.T @ ten + restart * ten.sum()
        following /= following.sum()
        if np.abs(ten - following).sum() < 1e-6:
            break
        ten = following
    ten /= ten.sum()
    assert np.allclose(ten, PageRank().fit_predict(weights), atol=1e-12)
    exact = nx.pagerank(graph, alpha=0.85, tol=1e-14, max_iter=10_000)
    personal = nx.pagerank(graph, alpha=0.85, tol=1e-14, max_iter=10_000, personalization={"front-end": 1.0})
    return {
        "source": f"{versioned('networkx', 'scikit-network')}; walks follow the edges; damping .85",
        "nodes": nodes,
        "edges": edges,
        "converged": exact,
        "converged_restart_at_front_end": personal,
        "scikit_network_ten_iterations": dict(zip(nodes, ten.tolist(), strict=True)),
        "note": "networkx spreads a dangling node's mass over the restart distribution; scikit-network (RCAEval's "
        "head) instead gives node i the restart weight 1/n when i is dangling and .15/n otherwise, starts from that "
        "vector and renormalises, so the two differ on graphs with dangling nodes",
    }


def walks_over_latency(normal, anomalous, symptom, calls):
    """Traversal, smooth traversal, score ordering and ranked correlation on the services' latencies."""
    graph = nx.DiGraph((callee, caller) for caller, callee in calls)
    kind = symptom.rsplit("_", 1)[1]
    columns = [c for c in normal if c.rsplit("_", 1)[1] == kind]
    services = [c.rsplit("_", 1)[0] for c in columns]
    before, after = normal[columns].set_axis(services, axis=1), anomalous[columns].set_axis(services, axis=1)
    target = symptom.rsplit("_", 1)[0]
    answers = {}
    for name, analyse in walk.METHODS.items():
        ranking, row = analyse(graph, before, after, target)
        answers[name] = {"row": row, "ranking": walk.jsonable(ranking)}
    answers["scores_at_baseline_row"] = node_scores(before, after, answers["baseline"]["row"])
    answers["scores_at_loudest_row"] = node_scores(before, after, answers["z_argmax"]["row"])
    return {
        "source": "petshop_reference.py, which reproduces PetShop's published numbers; one node a service, "
        f"the {kind} column of each; row counts from the onset",
        "methods": answers,
    }


def node_scores(before, after, row):
    """MAD, z and IT score of every node at one row."""
    return {
        "mad": {n: float(s[row]) for n, s in walk.scores_and_thresholds(before, after, "mad", 5.0)[0].items()},
        "z": {n: float(s[row]) for n, s in walk.scores_and_thresholds(before, after, "std", 5.0)[0].items()},
        "it": walk.it_scores(before, after, row),
    }


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the small incident's folder")
    parser.add_argument("out", type=Path, help="where to write answers.json")
    options = parser.parse_args()
    table, onset, symptom, calls = read_incident(options.folder)
    normal, anomalous = split(table, onset)
    answers = {
        **published_scorers(table, onset, normal, anomalous),
        **two_sided(normal, anomalous),
        **prism(normal, anomalous),
        "epsilon_diagnosis": epsilon_diagnosis(normal, anomalous),
        "random_walk": random_walk(anomalous, calls),
        "pagerank": pagerank(),
        "walks": walks_over_latency(normal, anomalous, symptom, calls),
    }
    document = {
        "incident": "small",
        "made_by": "benches/peers/known_answers.py",
        "packages": versioned("numpy", "pandas", "scipy", "scikit-learn", "networkx"),
        "rows": {"normal": len(normal), "anomalous": len(anomalous)},
        "answers": answers,
    }
    options.out.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
    for name, entry in answers.items():
        print(f"{name:20s}", entry.get("ranking", "")[:5])


if __name__ == "__main__":
    main()
