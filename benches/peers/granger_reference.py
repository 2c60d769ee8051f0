"""Reference answers of statsmodels for the tests of etiology-granger, on series made here from a fixed seed.

    python granger_reference.py FOLDER

Writes FOLDER/three.csv (80 rows of a, b, c: a acts on b two rows later, b on c one row later, c is a random walk) and FOLDER/three.json:
grangercausalitytests at lags 1 to 5 for every ordered pair, the VAR of each order with its tests, order selection, and ADF and KPSS
in their variants for the three series. The tests read the series as rounded in the csv.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy
import statsmodels
from statsmodels.tsa.api import VAR
from statsmodels.tsa.stattools import adfuller, grangercausalitytests, kpss

warnings.filterwarnings("ignore")


def series():
    noise = numpy.random.default_rng(20).standard_normal((130, 3))
    data = numpy.zeros((130, 3))
    for t in range(2, 130):
        data[t, 0] = 0.5 * data[t - 1, 0] + noise[t, 0]
        data[t, 1] = 2 + 0.3 * data[t - 1, 1] + 0.5 * data[t - 2, 0] + noise[t, 1]
        data[t, 2] = data[t - 1, 2] + 0.2 * data[t - 1, 1] - 0.55 + noise[t, 2]
    return data[50:].round(6)


def pair(data, cause, effect):
    result = grangercausalitytests(data[:, [effect, cause]], 5)
    names = ("ssr_ftest", "ssr_chi2test", "lrtest", "params_ftest")
    return {int(lag): {name: [float(v) for v in tests[name]] for name in names} for lag, (tests, _) in result.items()}


def autoregression(data, order, trend):
    fit = VAR(data).fit(order, trend=trend)
    test = lambda result: [float(result.test_statistic), float(result.pvalue)]
    tests = {}
    for caused, causing in (([1], [0]), ([0], [1]), ([2], [1]), ([2], [0, 1]), ([0, 1], [2])):
        key = "".join(map(str, causing)) + "->" + "".join(map(str, caused))
        tests[key] = {kind: test(fit.test_causality(caused, causing, kind=kind)) for kind in ("f", "wald")}
    return {
        "params": fit.params.tolist(),
        "stderr": fit.stderr.tolist(),
        "sigma_u": fit.sigma_u.tolist(),
        "llf": float(fit.llf),
        "aic": float(fit.aic),
        "bic": float(fit.bic),
        "hqic": float(fit.hqic),
        "fpe": float(fit.fpe),
        "largest_root": float(1 / min(abs(fit.roots))),
        "resid_last": fit.resid[-1].tolist(),
        "causality": tests,
        "instantaneous": [test(fit.test_inst_causality(i)) for i in range(3)],
        "whiteness": test(fit.test_whiteness(10)),
        "whiteness_adjusted": test(fit.test_whiteness(10, adjusted=True)),
        "normality": test(fit.test_normality()),
    }


def order_table(data, maximum):
    table = VAR(data).select_order(maximum)
    return {"ics": {k: [float(v) for v in values] for k, values in table.ics.items()}, "selected": {k: int(v) for k, v in table.selected_orders.items()}}


def stationarity(x):
    out = {"adf": [], "kpss": []}
    for regression in ("n", "c", "ct", "ctt"):
        for autolag in ("aic", "bic", "t-stat", None):
            result = adfuller(x, maxlag=None if autolag else 3, regression=regression, autolag=autolag)
            statistic, p, lags, rows, critical = result[:5]
            critical = [critical["1%"], critical["5%"], critical["10%"]]
            out["adf"].append([regression, autolag or "fixed", float(statistic), float(p), int(lags), int(rows), [float(c) for c in critical]])
    for regression in ("c", "ct"):
        for lags in ("auto", "legacy", 4):
            statistic, p, used, _ = kpss(x, regression=regression, nlags=lags)
            out["kpss"].append([regression, str(lags), float(statistic), float(p), int(used)])
    return out


def main():
    folder = Path(sys.argv[1])
    data = series()
    rows = "\n".join(",".join(f"{v:.6f}" for v in row) for row in data)
    (folder / "three.csv").write_text("a,b,c\n" + rows + "\n")
    answers = {
        "statsmodels": statsmodels.__version__,
        "pairs": {f"{i}->{j}": pair(data, i, j) for i in range(3) for j in range(3) if i != j},
        "var": {f"{trend}{order}": autoregression(data, order, trend) for order, trend in ((1, "c"), (2, "c"), (4, "c"), (2, "n"))},
        "order": order_table(data, 6),
        "stationarity": [stationarity(data[:, i]) for i in range(3)],
    }
    (folder / "three.json").write_text(json.dumps(answers) + "\n")


main()
