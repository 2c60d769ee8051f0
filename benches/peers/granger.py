"""Times Granger tests and lagged discovery of other packages on the same series as ours, and scores their summary graphs.

    python granger.py DATA [--sets SET,...] [--out FILE]

DATA holds NAME.csv (or .csv.gz) and NAME.json ({"nodes": [...], "edges": [[cause, effect, lag, ...], ...]}). One thread; the time
is the best of the repetitions, after the data are in memory. A line of JSON a run: tool, version, set, seconds, and precision,
recall and F1 of the summary graph (pairs of different series) and F1 of the lagged links, where the tool tells lags.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import importlib.metadata
import json
import time
import warnings

import numpy
import pandas

warnings.filterwarnings("ignore")

REPEATS = 3
LAG = 3


def load(folder, name):
    truth = json.load(open(os.path.join(folder, name + ".json")))
    path = os.path.join(folder, name + ".csv")
    frame = pandas.read_csv(path if os.path.exists(path) else path + ".gz")
    return frame[truth["nodes"]], truth


def statsmodels_pairs(frame):
    """Every ordered pair at lags 1 to 5; links where the F test of lag 5 is below .01."""
    from statsmodels.tsa.stattools import grangercausalitytests

    values, p = frame.to_numpy(), frame.shape[1]

    def run():
        links = []
        for effect in range(p):
            for cause in range(p):
                if cause != effect:
                    result = grangercausalitytests(values[:, [effect, cause]], maxlag=5)
                    if result[5][0]["ssr_ftest"][1] < 0.01:
                        links.append((cause, effect, None))
        return links

    return run


def statsmodels_conditional(frame):
    """Every ordered pair in one VAR(3); links where the F test is below .01."""
    from statsmodels.tsa.api import VAR

    values, p = frame.to_numpy(), frame.shape[1]

    def run():
        fitted = VAR(values).fit(LAG)
        return [
            (cause, effect, None)
            for effect in range(p)
            for cause in range(p)
            if cause != effect and fitted.test_causality(effect, cause, kind="f").pvalue < 0.01
        ]

    return run


def tigramite(frame, plus):
    from tigramite import data_processing
    from tigramite.independence_tests.parcorr import ParCorr
    from tigramite.pcmci import PCMCI

    data = data_processing.DataFrame(frame.to_numpy())

    def run():
        search = PCMCI(dataframe=data, cond_ind_test=ParCorr(significance="analytic"), verbosity=0)
        if plus:
            graph = search.run_pcmciplus(tau_min=0, tau_max=LAG, pc_alpha=0.01)["graph"]
        else:
            graph = search.run_pcmci(tau_min=1, tau_max=LAG, pc_alpha=0.05, alpha_level=0.01)["graph"]
        return [tuple(map(int, at)) for at in numpy.argwhere(graph == "-->")]

    return run


def antecedent(frame, plus):
    from antecedent import discovery

    config = (discovery.PCMCIPlus if plus else discovery.PCMCI)(max_lag=LAG, alpha=0.01, fdr=False, max_cond_size=20)
    columns = {name: frame[name].to_numpy() for name in frame.columns}
    number = {name: index for index, name in enumerate(frame.columns)}

    def run():
        result, _ = discovery.run_temporal_discovery(columns, config, threads=1)
        return [(number[l.source], number[l.target], int(l.source_lag)) for l in result.links]

    return run


def lingam_var(frame, prune):
    import lingam

    values = frame.to_numpy()
    cutoff = 0.0 if prune else 0.1

    def run():
        model = lingam.VARLiNGAM(lags=LAG, criterion=None, prune=prune)
        model.fit(values)
        lagged = model.adjacency_matrices_
        return [(int(j), int(i), lag) for lag in range(len(lagged)) for i, j in numpy.argwhere(numpy.abs(lagged[lag]) > cutoff)]

    return run


def causal_learn_lasso(frame):
    from causallearn.search.Granger.Granger import Granger

    values, p = frame.to_numpy(), frame.shape[1]

    def run():
        coefficients = Granger(maxlag=LAG).granger_lasso(values)
        return [(int(at % p), int(effect), int(at // p) + 1) for effect, at in numpy.argwhere(numpy.abs(coefficients) > 0.05)]

    return run


TOOLS = {
    "statsmodels grangercausalitytests, lags 1-5": ("statsmodels", statsmodels_pairs),
    "statsmodels VAR(3), conditional": ("statsmodels", statsmodels_conditional),
    "tigramite PCMCI": ("tigramite", lambda frame: tigramite(frame, False)),
    "tigramite PCMCI+": ("tigramite", lambda frame: tigramite(frame, True)),
    "antecedent PCMCI": ("antecedent", lambda frame: antecedent(frame, False)),
    "antecedent PCMCI+": ("antecedent", lambda frame: antecedent(frame, True)),
    "lingam VAR-LiNGAM(3), effects above .1": ("lingam", lambda frame: lingam_var(frame, False)),
    "lingam VAR-LiNGAM(3), pruned": ("lingam", lambda frame: lingam_var(frame, True)),
    "causal-learn lasso(3)": ("causal-learn", causal_learn_lasso),
}


def scores(found, true):
    hit = len(found & true)
    precision, recall = hit / max(len(found), 1), hit / max(len(true), 1)
    return precision, recall, 2 * hit / max(len(found) + len(true), 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--sets", default="ts_p20_T1000_L3_s1,ts_p20_T1000_L3_s2,ts_p20_T1000_L3_s3")
    parser.add_argument("--out")
    options = parser.parse_args()
    out = open(options.out, "w") if options.out else None
    for name in options.sets.split(","):
        frame, truth = load(options.data, name)
        number = {node: index for index, node in enumerate(truth["nodes"])}
        true = {(number[cause], number[effect], lag) for cause, effect, lag, *_ in truth["edges"]}
        for tool, (package, make) in TOOLS.items():
            try:
                run = make(frame)
                seconds, links = float("inf"), []
                for _ in range(1 if "pruned" in tool else REPEATS):
                    started = time.perf_counter()
                    links = run()
                    seconds = min(seconds, time.perf_counter() - started)
                pairs = {(cause, effect) for cause, effect, _ in links if cause != effect}
                p, r, f = scores(pairs, {(cause, effect) for cause, effect, _ in true if cause != effect})
                lagged = None if any(lag is None for _, _, lag in links) else scores(set(links), true)[2]
                line = {"seconds": seconds, "precision": p, "recall": r, "f1": f, "lagged_f1": lagged}
            except Exception as error:  # a peer that fails is a row of the table, not the end of it
                line = {"error": f"{type(error).__name__}: {error}"[:200]}
            line = {"tool": tool, "version": importlib.metadata.version(package), "set": name, **line}
            print(json.dumps(line), flush=True)
            if out:
                print(json.dumps(line), file=out, flush=True)


if __name__ == "__main__":
    main()
