"""Makes the tables of benches/granger.md: ours and the peers run beside them, then how our scans grow.

    python granger_table.py OURS.jsonl PEERS.jsonl GROWTH.jsonl
"""

import json
import math
import sys


def lines(path):
    return [json.loads(line) for line in open(path)]


def seconds(value):
    if value is None:
        return "-"
    return f"{value * 1e3:.2f} ms" if value < 0.1 else f"{value:.2f} s"


def main():
    ours, peers, growth = (lines(path) for path in sys.argv[1:4])
    for row in ours:
        row["tool"] += f" ({row['threads']} thread{'s' if row['threads'] > 1 else ''})"
    sets = sorted({row["set"] for row in ours})
    print("| tool | time | summary P / R / F1 " + " | ".join(["set 1", "set 2", "set 3"][: len(sets)]) + " | lagged F1, sets 1-3 |")
    print("|---|---|" + "---|" * (len(sets) + 1))
    for tool in dict.fromkeys(row["tool"] for row in ours + peers):
        rows = {row["set"]: row for row in ours + peers if row["tool"] == tool}
        best = min((row["seconds"] for row in rows.values() if row.get("seconds")), default=None)
        cells = []
        for name in sets:
            row = rows.get(name, {})
            cells.append(f"{row['precision']:.2f} / {row['recall']:.2f} / {row['f1']:.3f}" if "f1" in row else row.get("error", "-")[:30])
        lagged = [rows.get(name, {}).get("lagged_f1") for name in sets]
        lagged = "-" if None in lagged else " ".join(f"{value:.3f}" for value in lagged)
        bold = "**" if tool.startswith("etiology") else ""
        print(f"| {bold}{tool}{bold} | {seconds(best)} | " + " | ".join(cells) + f" | {lagged} |")
    print("\n| scan | series | rows | 1 thread | 2 threads |\n|---|---|---|---|---|")
    times = {(row["scan"], row["series"], row["rows"], row["threads"]): row["seconds"] for row in growth}
    for scan, width, rows in dict.fromkeys(key[:3] for key in times):
        print(f"| {scan} | {width} | {rows} | " + " | ".join(seconds(times.get((scan, width, rows, t))) for t in (1, 2)) + " |")
    print()
    for scan in dict.fromkeys(key[0] for key in times):
        for what, fixed in (("series", 10_000), ("rows", 100)):
            at = 1 if what == "series" else 2
            points = sorted((key[at], value) for key, value in times.items() if key[0] == scan and key[3] == 1 and key[3 - at] == fixed)
            points = [(size, value) for size, value in points if what == "rows" or size >= 50]
            xs = [math.log(size) for size, _ in points]
            ys = [math.log(value) for _, value in points]
            mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
            slope = sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)
            print(f"{scan}, time over {what}: exponent {slope:.2f}")


if __name__ == "__main__":
    main()
