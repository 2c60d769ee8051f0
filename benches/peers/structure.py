"""Times structure learners of other packages on the same data as ours, and scores their graphs.

    python structure.py DATA [--only TOOL,...] [--sets SET,...] [--limit SECONDS] [--out FILE]

DATA holds NAME.csv (or .csv.gz) and NAME.json ({"nodes": [...], "edges": [[from, to, ...], ...]}). Every run is a process of
its own with one thread; the time is the best of the repetitions inside it, after the data are in memory. A line of JSON a run:
tool, version, set, seconds, and skeleton F1, arrow F1 and SHD against the true graph (its CPDAG, or the DAG for LiNGAM sets).
"""

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
import time

GAUSSIAN = [f"lg_{kind}_p{p}_n2000_s1" for kind in ("er", "sf") for p in (20, 50, 100, 200)]
DISCRETE = ["alarm_n5000", "insurance_n5000", "hepar2_n5000", "andes_n5000"]
NON_GAUSSIAN = [f"lingam_er_p30_n2000_s{seed}" for seed in (1, 2, 3)]

# tool -> (package, sets)
TOOLS = {
    "antecedent pc": ("antecedent", GAUSSIAN),
    "antecedent ges": ("antecedent", GAUSSIAN),
    "antecedent lingam": ("antecedent", NON_GAUSSIAN),
    "causal-learn pc": ("causal-learn", GAUSSIAN[:3] + GAUSSIAN[4:6]),
    "causal-learn boss": ("causal-learn", GAUSSIAN[:3] + GAUSSIAN[4:7]),
    "causal-learn grasp": ("causal-learn", GAUSSIAN[:3] + GAUSSIAN[4:7]),
    "causal-learn pc chisq": ("causal-learn", DISCRETE),
    "causal-learn pc gsq": ("causal-learn", DISCRETE[:1]),
    "causal-learn ges bdeu": ("causal-learn", DISCRETE[:1]),
    "dagma linear": ("dagma", GAUSSIAN[:2] + GAUSSIAN[4:6]),
    "lingam direct": ("lingam", NON_GAUSSIAN),
    "lingam ica": ("lingam", NON_GAUSSIAN),
    "pgmpy pc": ("pgmpy", DISCRETE[:1]),
    "pyAgrum pc": ("pyagrum", DISCRETE),
    "pyAgrum hc": ("pyagrum", DISCRETE),
    "pyAgrum tabu": ("pyagrum", DISCRETE[:1]),
    "pyAgrum miic": ("pyagrum", DISCRETE[:3]),
}


def load(folder, name):
    import pandas

    truth = json.load(open(os.path.join(folder, name + ".json")))
    path = os.path.join(folder, name + ".csv")
    path = path if os.path.exists(path) else path + ".gz"
    if name.endswith("n5000"):
        frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    else:
        frame = pandas.read_csv(path)
    return frame[truth["nodes"]], truth


def from_causal_learn(graph, nodes):
    """Edges of a causal-learn graph matrix: m[i, j] = -1, m[j, i] = 1 is i --> j."""
    m = graph.graph
    edges = []
    for i in range(len(nodes)):
        for j in range(i + 1, len(nodes)):
            if m[i, j] == 0 and m[j, i] == 0:
                continue
            if m[i, j] == -1 and m[j, i] == 1:
                edges.append((nodes[i], nodes[j], "-->"))
            elif m[i, j] == 1 and m[j, i] == -1:
                edges.append((nodes[j], nodes[i], "-->"))
            else:
                edges.append((nodes[i], nodes[j], "---"))
    return edges


def from_matrix(weights, nodes, cutoff):
    """Edges of a weight matrix in which w[i, j] is i --> j."""
    p = len(nodes)
    return [(nodes[i], nodes[j], "-->") for i in range(p) for j in range(p) if abs(weights[i, j]) > cutoff]


def learner(tool, frame):
    """A function that learns and returns (edges, whether they are a DAG)."""
    nodes = list(frame.columns)
    package, method = tool.split(" ", 1)
    if package == "antecedent":
        from antecedent import discovery

        columns = {name: frame[name].to_numpy() for name in nodes}
        config = {
            "pc": lambda: discovery.PC(alpha=0.01, fdr=False, max_cond_size=len(nodes)),
            "ges": lambda: discovery.GES(max_cond_size=len(nodes)),
            "lingam": lambda: discovery.LiNGAM(max_cond_size=len(nodes), prune_threshold=0.1),
        }[method]()

        def run():
            result, _ = discovery.run_static_discovery(columns, config, threads=1)
            edges = []
            for edge in result.graph_edges:
                ends = (edge.at_source, edge.at_target)
                if ends == ("arrow", "tail"):
                    edges.append((edge.target, edge.source, "-->"))
                else:
                    edges.append((edge.source, edge.target, "-->" if ends == ("tail", "arrow") else "---"))
            return edges, method == "lingam"

        return run
    if package == "causal-learn":
        if method.startswith("pc"):
            from causallearn.search.ConstraintBased.PC import pc

            test = {"pc": "fisherz", "pc chisq": "chisq", "pc gsq": "gsq"}[method]
            data = frame.to_numpy() if method == "pc" else codes(frame)
            return lambda: (
                from_causal_learn(pc(data, 0.01, test, show_progress=False).G, nodes),
                False,
            )
        if method == "ges bdeu":
            from causallearn.search.ScoreBased.GES import ges

            data = codes(frame)
            return lambda: (from_causal_learn(ges(data, "local_score_BDeu")["G"], nodes), False)
        if method == "boss":
            from causallearn.search.PermutationBased.BOSS import boss as search
        else:
            from causallearn.search.PermutationBased.GRaSP import grasp as search
        data = frame.to_numpy()
        return lambda: (from_causal_learn(search(data, verbose=False), nodes), False)
    if package == "dagma":
        from dagma.linear import DagmaLinear

        data = frame.to_numpy()
        return lambda: (from_matrix(DagmaLinear("l2").fit(data.copy(), lambda1=0.02), nodes, 0.0), True)
    if package == "lingam":
        import lingam

        data = frame.to_numpy()

        def run():
            model = lingam.DirectLiNGAM() if method == "direct" else lingam.ICALiNGAM(random_state=0)
            model.fit(data)
            return from_matrix(model.adjacency_matrix_.T, nodes, 0.1), True

        return run
    if package == "pgmpy":
        from pgmpy.causal_discovery import PC

        data = frame.astype("category")

        def run():
            model = PC(ci_test="chi_square", significance_level=0.01, show_progress=False, n_jobs=1)
            graph = model.fit(data).causal_graph_
            return [(a, b, "-->") for a, b in graph.directed_edges] + [
                (a, b, "---") for a, b in graph.undirected_edges
            ], False

        return run
    import pyagrum

    path = f"/tmp/etiology-peer-{os.getpid()}.csv"
    frame.to_csv(path, index=False)

    def run():
        learner = pyagrum.BNLearner(path, ["@@missing@@"])
        if method == "miic":
            learner.useMIIC()
            return from_agrum(learner.learnPDAG(), learner), False
        if method == "pc":
            learner.usePC()
            learner.setPCalpha(0.01) if hasattr(learner, "setPCalpha") else None
            return from_agrum(learner.learnPDAG(), learner), False
        learner.useScoreBIC()
        learner.useGreedyHillClimbing() if method == "hc" else learner.useLocalSearchWithTabuList()
        return from_agrum(learner.learnDAG(), learner), True

    return run


def from_agrum(graph, learner):
    name = learner.nameFromId
    edges = [(name(a), name(b), "-->") for a, b in graph.arcs()]
    if hasattr(graph, "edges"):
        edges += [(name(a), name(b), "---") for a, b in graph.edges()]
    return edges


def codes(frame):
    import numpy

    return numpy.column_stack([frame[c].astype("category").cat.codes for c in frame.columns])


def cpdag(children, p):
    """The CPDAG of a DAG: its v-structures, closed under Meek's first three rules (the fourth needs knowledge)."""
    joined = {frozenset((a, b)) for a in range(p) for b in children[a]}
    arrow = set()
    parents = [[a for a in range(p) if b in children[a]] for b in range(p)]
    for c in range(p):
        for i, a in enumerate(parents[c]):
            for b in parents[c][i + 1 :]:
                if frozenset((a, b)) not in joined:
                    arrow |= {(a, c), (b, c)}
    while True:
        new = set()
        for pair in joined:
            for a, b in (tuple(pair), tuple(pair)[::-1]):
                if (a, b) in arrow or (b, a) in arrow or (b, a) in new:
                    continue
                far = any((x, a) in arrow and frozenset((x, b)) not in joined for x in range(p) if x != b)
                through = any((a, x) in arrow and (x, b) in arrow for x in range(p))
                side = [
                    x
                    for x in range(p)
                    if (x, b) in arrow
                    and frozenset((a, x)) in joined
                    and (a, x) not in arrow
                    and (x, a) not in arrow
                ]
                kite = any(frozenset((x, y)) not in joined for i, x in enumerate(side) for y in side[i + 1 :])
                if far or through or kite:
                    new.add((a, b))
        if not new:
            return {(a, b) for a, b in arrow} | {
                (a, b) for pair in joined for a, b in (tuple(pair), tuple(pair)[::-1]) if (b, a) not in arrow
            }
        arrow |= new


def arcs(edges, index, dag, p):
    """Ordered pairs: both for an undirected edge."""
    found = set()
    for a, b, mark in edges:
        a, b = index[a], index[b]
        found.add((a, b))
        if mark != "-->":
            found.add((b, a))
    if dag:
        children = [set() for _ in range(p)]
        for a, b in found:
            children[a].add(b)
        return cpdag(children, p)
    return found


def f1(estimated, true):
    hit = len(estimated & true)
    precision = hit / len(estimated) if estimated else 1.0
    recall = hit / len(true) if true else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def score(edges, dag, truth, against_dag):
    nodes = truth["nodes"]
    index, p = {name: i for i, name in enumerate(nodes)}, len(nodes)
    true = arcs([(e[0], e[1], "-->") for e in truth["edges"]], index, not against_dag, p)
    found = arcs(edges, index, dag and not against_dag, p)
    skeleton = lambda pairs: {frozenset(pair) for pair in pairs}
    directed = lambda pairs: {(a, b) for a, b in pairs if (b, a) not in pairs}
    state = lambda pairs, pair: tuple(q in pairs for q in (tuple(sorted(pair)), tuple(sorted(pair))[::-1]))
    either = skeleton(true) | skeleton(found)
    return {
        "edges": len(skeleton(found)),
        "skeleton_f1": round(f1(skeleton(found), skeleton(true)), 4),
        "arrow_f1": round(f1(directed(found), directed(true)), 4),
        "shd": sum(state(true, pair) != state(found, pair) for pair in either),
    }


def one(folder, tool, name, budget):
    frame, truth = load(folder, name)
    run = learner(tool, frame)
    best, spent, repetitions = float("inf"), 0.0, 0
    while repetitions < 5 and (repetitions == 0 or spent < budget):
        start = time.perf_counter()
        edges, dag = run()
        took = time.perf_counter() - start
        best, spent, repetitions = min(best, took), spent + took, repetitions + 1
    row = {"tool": tool, "version": importlib.metadata.version(TOOLS[tool][0]), "set": name, "seconds": best}
    print(json.dumps(row | score(edges, dag, truth, name.startswith("lingam"))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--only", default=",".join(TOOLS))
    parser.add_argument("--sets", default="")
    parser.add_argument("--limit", type=float, default=150.0, help="seconds a process may take")
    parser.add_argument("--out")
    parser.add_argument("--one", action="store_true", help="run in this process")
    options = parser.parse_args()
    if options.one:
        return one(options.data, options.only, options.sets, 5.0)
    rows = []
    threads = {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL", "RAYON", "NUMEXPR")}
    for tool in options.only.split(","):
        for name in options.sets.split(",") if options.sets else TOOLS[tool][1]:
            command = [sys.executable, __file__, options.data, "--one", "--only", tool, "--sets", name]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=options.limit, env=os.environ | threads
                )
                lines = [line for line in done.stdout.splitlines() if line.startswith('{"tool"')]
                failed = done.stderr.strip().splitlines()[-1:] or ["no output"]
                row = json.loads(lines[-1]) if lines else {"tool": tool, "set": name, "error": failed[0][:200]}
            except subprocess.TimeoutExpired:
                row = {"tool": tool, "set": name, "error": f"more than {options.limit:.0f} s"}
            rows.append(row)
            print(json.dumps(row), flush=True)
    if options.out:
        with open(options.out, "w") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
