"""Exact inference beside pgmpy and pyAgrum: the largest difference of any posterior marginal, and times.

Reads BIF files (plain or gzipped), runs the example `time_inference` on each, and the peers on the same evidence: none, and
the first state of two nodes of the file (their last), or that given for the network below. For values, networks of at most
`--nodes` nodes are compared. pgmpy's rows are normalised, as ours are. pyAgrum parses BIF in single precision, so its tables
are filled anew from pgmpy's doubles before values are compared; its times are those of the file as it reads it.

Build first: cargo build --release -p etiology-bayes --example time_inference
Usage: bayes_inference.py BINARY FILE.bif[.gz]... [--nodes 60] [--seconds 60]
"""

import argparse
import gzip
import json
import multiprocessing
import re
import subprocess
import tempfile
import time
from pathlib import Path

EVIDENCE = {
    "alarm": {"HRBP": "HIGH", "CO": "LOW", "BP": "HIGH"},
    "asia": {"asia": "yes", "dysp": "yes"},
}


def read(path):
    data = Path(path).read_bytes()
    return (gzip.decompress(data) if path.endswith(".gz") else data).decode()


def states(text):
    pattern = r"variable\s+(\S+)\s*\{\s*type discrete \[ \d+ \] \{ (.*?) \};"
    return {name: values.split(", ") for name, values in re.findall(pattern, text)}


def ours(binary, path, evidence):
    given = ",".join(f"{k}={v}" for k, v in evidence.items())
    command = [binary, path, "--marginals"] + (["--evidence", given] if given else [])
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def pgmpy_model(text):
    from pgmpy.readwrite import BIFReader

    model = BIFReader(string=text).get_model()
    for cpd in model.get_cpds():
        cpd.normalize()
    return model


def pgmpy_marginals(model, evidence):
    from pgmpy.inference import VariableElimination

    engine, result = VariableElimination(model), {}
    for node in model.nodes():
        if node not in evidence:
            factor = engine.query([node], evidence=evidence, show_progress=False)
            result[node] = dict(zip(factor.state_names[node], factor.values.tolist()))
    return result


def agrum_from_pgmpy(model, levels):
    import pyagrum as gum

    bn = gum.BayesNet()
    for name, values in levels.items():
        bn.add(gum.LabelizedVariable(name, name, values))
    for child in levels:
        for parent in model.get_cpds(child).variables[1:]:
            bn.addArc(parent, child)
    for child in levels:
        factor = model.get_cpds(child).to_factor()
        table = bn.cpt(child)
        instance = gum.Instantiation(table)
        while not instance.end():
            names = {table.variable(i).name(): table.variable(i).label(instance.val(i)) for i in range(table.nbrDim())}
            index = tuple(factor.get_state_no(v, names[v]) for v in factor.variables)
            table.set(instance, float(factor.values[index]))
            instance.inc()
    return bn


def agrum_marginals(bn, evidence, levels):
    import pyagrum as gum

    engine = gum.LazyPropagation(bn)
    engine.setNumberOfThreads(1)
    engine.setEvidence(evidence)
    engine.makeInference()
    return {n: dict(zip(levels[n], engine.posterior(n).toarray().tolist())) for n in levels if n not in evidence}


def difference(mine, levels, theirs):
    return max(abs(mine[node][i] - row[state]) for node, row in theirs.items() for i, state in enumerate(levels[node]))


def agrum_times(path, levels, queue):
    """Load, all marginals and the marginal of the file's last node, in milliseconds; put one by one as they are known."""
    import pyagrum as gum

    def best(run):
        least, begin = float("inf"), time.perf_counter()
        while True:
            start = time.perf_counter()
            run()
            least = min(least, time.perf_counter() - start)
            if time.perf_counter() - begin > 0.5:
                return least * 1e3

    with tempfile.NamedTemporaryFile("w", suffix=".bif") as file:
        file.write(read(path))
        file.flush()
        start = time.perf_counter()
        bn = gum.loadBN(file.name)
        queue.put(("load", (time.perf_counter() - start) * 1e3))

    last = list(levels)[-1]

    def query(everything):
        engine = gum.LazyPropagation(bn)
        engine.setNumberOfThreads(1)
        if not everything:
            engine.setTargets({last})
        engine.makeInference()
        for node in levels if everything else [last]:
            engine.posterior(node)

    queue.put(("query", best(lambda: query(False))))
    queue.put(("marginals", best(lambda: query(True))))


def limited(path, levels, seconds):
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=agrum_times, args=(path, levels, queue))
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    times = {}
    while not queue.empty():
        key, value = queue.get()
        times[key] = value
    return {key: f"{times[key]:.3g}" if key in times else f"> {seconds} s" for key in ("load", "query", "marginals")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--nodes", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    print("| network | evidence | max difference, pgmpy | pyAgrum (doubles) |\n|---|---|---|---|", flush=True)
    for path in options.files:
        text = read(path)
        levels = states(text)
        if len(levels) > options.nodes:
            continue
        name = Path(path).name.split(".")[0]
        model = pgmpy_model(text)
        bn = agrum_from_pgmpy(model, levels)
        leaves = {n: levels[n][0] for n in list(levels)[-2:]}
        for evidence in ({}, EVIDENCE.get(name, leaves)):
            mine = ours(options.binary, path, evidence)["marginals"]
            a = difference(mine, levels, pgmpy_marginals(model, evidence))
            b = difference(mine, levels, agrum_marginals(bn, evidence, levels))
            given = ", ".join(f"{k} = {v}" for k, v in evidence.items()) or "none"
            print(f"| {name} | {given} | {a:.1e} | {b:.1e} |", flush=True)
    print("\nMilliseconds, one thread, without evidence; the query is the file's last node.\n")
    print("| network | nodes | treewidth | cells | load | all marginals | one query | pyAgrum: load | all marginals | one query |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for path in options.files:
        mine = ours(options.binary, path, {})
        peer = limited(path, states(read(path)), options.seconds)
        name = Path(path).name.split(".")[0]
        print(
            f"| {name} | {mine['nodes']} | {mine['treewidth']} | {mine['cells']:.2g} | {mine['load_ms']:.3g} | "
            f"{mine['marginals_ms']:.3g} | {mine['query_ms']:.3g} | {peer['load']} | {peer['marginals']} | {peer['query']} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
