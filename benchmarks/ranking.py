"""How often the ranking puts a healthy shop of the sandbox above a failing one, read from a finished demonstration.

    python benchmarks/ranking.py [DATA_DIR] [SEED]

The product never reads the truth; this does, afterwards. Baseline in the same run: the raw complaint count, fewest first.
Failing = the simulator has the shop in cash-flow stress or ended on the snapshot's day; healthy = neither, and not sloppy.
"""

import datetime as dt
import sys
from itertools import product
from pathlib import Path

from sandbox.market.market import build_market
from sandbox.market.parameters import MarketParameters
from scoring.snapshot.reader import Snapshot


def share(pairs: list[tuple[float, float]]) -> str:
    """The share of (healthy, failing) pairs in order, ties counted half."""
    if not pairs:
        return "no pairs"
    right = sum(
        1.0 if healthy > failing else 0.5 if healthy == failing else 0.0 for healthy, failing in pairs
    )
    return f"{right / len(pairs):.3f} of {len(pairs)} pairs"


def main() -> None:
    """Print the shares and the table of verdicts by truth."""
    snapshot = Snapshot.latest(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    as_of = dt.date.fromisoformat(snapshot.manifest["as_of"])
    truth = {p["host"]: p for p in build_market(MarketParameters(seed=seed)).truth()["platforms"]}
    rows = snapshot.rows("select host, verdict, score, complaints_total, warning_state from ratings")
    failing, healthy = [], []
    table: dict[tuple[str, str], int] = {}
    for row in rows:
        told = truth[row["host"]]
        start = told["stress_start"]
        bad = bool(told["ended"]) or (start is not None and dt.date.fromisoformat(start) <= as_of)
        kind = "failing" if bad else told["character"]
        table[kind, row["verdict"]] = table.get((kind, row["verdict"]), 0) + 1
        if row["verdict"] != "灰" and (bad or kind == "healthy"):
            (failing if bad else healthy).append(row)
    print(f"as of {as_of}, method {snapshot.manifest['method_version']}, {len(rows)} shops")
    print("score:               ", share([(h["score"], f["score"]) for h, f in product(healthy, failing)]))
    print(
        "raw complaint count: ",
        share([(-h["complaints_total"], -f["complaints_total"]) for h, f in product(healthy, failing)]),
    )
    tier = {"蓝": 3, "黄": 2, "橙": 1, "红": 1}
    print(
        "tier:                ",
        share([(tier[h["verdict"]], tier[f["verdict"]]) for h, f in product(healthy, failing)]),
    )
    for (kind, verdict), count in sorted(table.items()):
        print(f"  {kind:12} {verdict} {count}")


if __name__ == "__main__":
    main()
