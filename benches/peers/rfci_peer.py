"""RFCI by antecedent (pip install antecedent pandas) on tables of which every fifth column is hidden.

    python rfci_peer.py lg_er_p20_n2000_s1.csv.gz ...

prints, for each table, its edges as `A o-> B`, sorted as in the table, and the seconds taken. Compared in docs/compare-latent.md.
"""
import sys
import time

import pandas as pd
from antecedent.discovery import RFCI

LEFT = {"circle": "o", "arrow": "<", "tail": "-"}
RIGHT = {"circle": "o", "arrow": ">", "tail": "-"}

for path in sys.argv[1:]:
    table = pd.read_csv(path)
    table = table[[name for i, name in enumerate(table.columns) if i % 5 != 4]]
    start = time.perf_counter()
    found = RFCI(alpha=0.01, fdr=False, max_cond_size=10).run(table)
    seconds = time.perf_counter() - start
    print(f"{path}: {len(found.graph_edges)} edges in {seconds:.3f} s")
    for edge in found.graph_edges:
        print(f"{edge.source} {LEFT[edge.at_source]}-{RIGHT[edge.at_target]} {edge.target}")
