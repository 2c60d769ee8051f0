"""Makes the tables of benches/structure.md: ours, peers run beside them, and peers that were measured before.

    python structure_table.py OURS.jsonl PEERS.json QUOTED.csv

OURS.jsonl comes from the example `time_learners`, PEERS.json from structure.py, QUOTED.csv holds times of peers that do not
install from a package registry, measured on a machine of the same kind (marked with a dagger). Prints Markdown.
"""

import csv
import json
import sys

GROUPS = [
    ("Constraint-based, numbers, alpha .01", ("pc-stable", " pc", "pcfast"), "lg_"),
    ("Score-based and permutation-based, numbers", ("ges", "hc", "tabu", "mmhc", "boss", "grasp", "notears", "dagma"), "lg_"),
    ("Categories, n = 5 000", ("",), "_n5000"),
    ("LiNGAM, uniform noise (against the true DAG)", ("",), "lingam_"),
]


def rows(ours, peers, quoted):
    for line in open(ours):
        row = json.loads(line)
        row["tool"] += f" ({row['threads']} thread{'s' if row['threads'] > 1 else ''})"
        yield row
    yield from json.load(open(peers))
    for row in csv.DictReader(open(quoted)):
        row["tool"] += " †"
        for field in ("seconds", "skeleton_f1", "arrow_f1", "shd"):
            row[field] = float(row[field]) if row[field] else None
        row["error"] = row["error"].replace("timeout>", "more than ").replace("error: ?", "failed")
        yield row


def seconds(value):
    return f"{value:.4f} s" if value < 0.1 else f"{value:.3f} s" if value < 1 else f"{value:.1f} s"


def cell(row):
    if row is None:
        return "-"
    if row.get("seconds") is None:
        return "error" if not row.get("error") else row["error"].split(":")[0][:16]
    text = seconds(row["seconds"])
    if row.get("shd") is not None:
        text += f" / {row['skeleton_f1']:.3f} / {row['shd']:.0f}"
    return text


def main():
    everything = list(rows(*sys.argv[1:4]))
    for title, methods, sets in GROUPS:
        found = [
            row
            for row in everything
            if sets in row["set"]
            and (sets != "lg_" or row["set"].startswith("lg_"))
            and any(method in row["tool"] for method in methods)
        ]
        names = sorted({row["set"] for row in found}, key=lambda s: ("sf" in s, len(s), s))
        tools = list(dict.fromkeys(row["tool"] for row in found))
        print(f"\n## {title}\n\nBest time / skeleton F1 / SHD.\n")
        print("| tool | " + " | ".join(n.replace("_n2000_s1", "").replace("lg_", "") for n in names) + " |")
        print("|---" * (len(names) + 1) + "|")
        for tool in tools:
            by_set = {row["set"]: row for row in found if row["tool"] == tool}
            mark = "**" if tool.startswith("etiology") else ""
            print(f"| {mark}{tool}{mark} | " + " | ".join(cell(by_set.get(name)) for name in names) + " |")


if __name__ == "__main__":
    main()
