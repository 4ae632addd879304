"""What our indicators say about P2P lending platforms whose end is known: python research/p2p/measure.py [--docs docs/p2p.md].

The only real set with outcomes known later: 514 platforms described by January-June 2017, their state on 2018-08-22; and
3,794 that failed. Both lie in the folder named by KAMENGWATCH_REAL_DATA (below p2p/); nothing of them is kept here.
`records` maps a platform to the open evidence format, which then goes through the real import and the real judgement.
It must not tune anything: directions are fixed below before looking, and whatever comes out is printed.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from research.p2p.page import page
from scoring.engine.load_market import load_dataset
from scoring.evaluation.metrics import Estimate, auc, bootstrap
from scoring.features.population import fit_population_priors
from scoring.finding import UNKNOWN
from scoring.rating.assessment import Assessment, assess
from scoring.rating.grades import NR
from store.db.engine import default_url, migrate, open_engine
from store.evidence import ingest

AS_OF = dt.date(2017, 6, 30)
SEEN = "2017-06-30T12:00:00+08:00"
DRAWS, SEED = 1000, 1
FAILED, GONE = "问题平台", "停业或转型"
RAW = (
    ("income_rate", -1), ("months_operating", 1), ("icp_licence", 1), ("bank_custody", 1), ("association", 1), ("reg_capital", 1),
    ("draw_score", 1), ("delay_score", 1), ("service_score", 1), ("experience_score", 1), ("net_inflow_mean", 1), ("net_inflow_last", 1),
    ("amount_growth", 1), ("bidder_growth", 1), ("amount_mean", 1), ("leverage", -1), ("top10_still", -1), ("loan_period", 1),
)  # fmt: skip
"""Column -> 1 if more of it is taken to be better, -1 if worse; decided by what it is, not by what came out."""
BANDS = {
    "age": ("months_operating", (0, 12, 24, 36, 60, 1e9)),
    "yield": ("income_rate", (0, 8, 10, 12, 15, 1e9)),
    "withdrawal": ("draw_score", (0, 2, 2.5, 3, 3.5, 6)),
    "service": ("service_score", (0, 3, 3.5, 4, 4.5, 6)),
}
FAILED_BANDS = {
    "yield": ("yield_percent", (0, 10, 14, 18, 22, 1e9)),
    "withdrawal": ("withdraw_speed_score", (0, 1.5, 2, 2.5, 3, 6)),
    "service": ("service_score", (0, 1.5, 2, 3, 4, 6)),
}
AGES = (0, 3, 6, 12, 18, 24, 36, 60)


@dataclass(frozen=True)
class Ranked:
    """How well one thing told platforms that failed from the others: AUC, with n the platforms it speaks about."""

    name: str
    n: int
    problem: Estimate
    ended: Estimate


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one file of the set."""
    with (folder / "p2p" / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def number(row: dict[str, str], column: str) -> float:
    """A cell as a number, nan where it is empty."""
    return float(row[column]) if row[column] != "" else float("nan")


def host(row: dict[str, str]) -> str:
    """A stand-in host: the set names none."""
    return f"p{row['wdzj_plat_id']}.example"


def records(row: dict[str, str]) -> list[dict[str, object]]:
    """One platform in the open evidence format, as it could be seen at the end of June 2017.

    Months in operation become the age of the domain; the telecom permit shown or not, a home page; the advertised yield, the price
    of one yuan of interest a year (100 ÷ yield), so that an unusually high yield is an unusually low price. User scores are no
    complaints and stay outside.
    """
    about = {"host": host(row), "observed_at": SEEN}
    begun = AS_OF - dt.timedelta(days=round(number(row, "months_operating") * 30.44))
    permit = "增值电信业务经营许可证" if row["icp_licence"] == "1" else "首页"
    return [
        {"kind": "platform", "host": host(row)},
        {"kind": "registration", "source": "registration", **about, "registered_on": begun.isoformat()},
        {"kind": "page", "source": "storefront", **about, "role": "home", "text": permit},
        {"kind": "price", "source": "storefront", **about, "product": "一元年息", "price": round(100 / number(row, "income_rate"), 4)},
    ]  # fmt: skip


def judged(rows: list[dict[str, str]], folder: Path) -> Assessment:
    """The whole set imported and judged as of AS_OF."""
    engine = open_engine(default_url(folder))
    migrate(engine)
    crawled = [
        {"kind": "crawl", "source": source, "started_at": SEEN, "finished_at": SEEN, "outcome": "ok"}
        for source in ("registration", "storefront")
    ]
    now = dt.datetime(2017, 7, 1, tzinfo=dt.UTC)
    saved = ingest.import_records(
        ingest.Ingest(engine, now, accept_new=True), [*crawled, *(r for row in rows for r in records(row))]
    )
    assert not saved.refused, saved.refused[:3]
    facts = load_dataset(engine, AS_OF)
    return assess(facts.fitted(fit_population_priors(facts)))


def ranked(name: str, better: np.ndarray, outcome: np.ndarray) -> Ranked:
    """AUC of `better` (higher = better, nan = says nothing), against 问题平台 alone and against every ending."""
    known = np.isfinite(better)
    groups = np.arange(int(known.sum()))

    def of(bad: np.ndarray, use: np.ndarray) -> Estimate:
        worse, y = -better[use], bad[use]
        return bootstrap(lambda w: auc(worse, y, w), np.arange(len(worse)), DRAWS, SEED)

    # Orderly endings are neither good nor bad in the first figure.
    return Ranked(
        name, len(groups), of(outcome == FAILED, known & (outcome != GONE)), of(outcome != "normal", known)
    )


def prospective(
    rows: list[dict[str, str]], folder: Path
) -> tuple[list[Ranked], list[Ranked], dict[str, int]]:
    """(our score and its indicators, the raw columns one at a time, counts)."""
    result = judged(rows, folder)
    place = {site.host: i for i, site in enumerate(result.facts.sites)}
    order = np.array([place[host(row)] for row in rows])
    outcome = np.array([row["outcome_2018_08"] for row in rows])
    ours = [ranked("score", result.score[order, -1], outcome)]
    for name, (definition, finding) in result.found.items():
        says = finding.outcome[order, -1] != UNKNOWN
        value = np.where(says, finding.utility[order, -1], np.nan)
        if definition.weight > 0 and says.any() and np.ptp(value[says]) > 0:
            ours.append(ranked(name, value, outcome))
    raw = [ranked(name, sign * np.array([number(r, name) for r in rows]), outcome) for name, sign in RAW]
    counts = {
        "platforms": len(rows),
        "problem": int((outcome == FAILED).sum()),
        "ended": int((outcome == GONE).sum()),
        "rated": int((result.grade[order, -1] != NR).sum()),
        "coverage": round(float(result.coverage[order, -1].mean())),
    }
    return ours, raw, counts


def shares(rows: list[dict[str, str]]) -> dict[str, list[tuple[str, int, int]]]:
    """For each of BANDS (band, platforms in it, of which became 问题平台 within 14 months)."""
    out = {}
    for what, (column, edges) in BANDS.items():
        value = np.array([number(r, column) for r in rows])
        bad = np.array([r["outcome_2018_08"] == FAILED for r in rows])
        out[what] = [
            (band(a, b), int(here.sum()), int(bad[here].sum()))
            for a, b in zip(edges, edges[1:], strict=False)
            for here in ((value >= a) & (value < b),)
        ]
    return out


def band(low: float, high: float) -> str:
    """A half-open band in words: low up to, not including, high."""
    return f"≥ {low:g}" if high >= 1e9 else f"{low:g}–{high:g}"


def lifetimes(rows: list[dict[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    """(months from opening to failure, whether it vanished) of each failed platform; nan where the dates contradict."""
    dates = [[dt.date.fromisoformat(r[c]) for c in ("opened_on", "failed_on")] for r in rows]
    months = np.array([(end - begin).days / 30.44 for begin, end in dates])
    return np.where(months >= 0, months, np.nan), np.array([r["kind"] == "跑路" for r in rows])


def hazard(months: np.ndarray, event: np.ndarray) -> list[tuple[str, int, float]]:
    """(age band, events, platform-months at risk) among platforms that all failed in the end."""
    known = np.isfinite(months)
    age, on = months[known], event[known]
    out = []
    for low, high in zip(AGES, (*AGES[1:], 1e9), strict=True):
        at_risk = float(np.clip(age - low, 0, high - low).sum())
        out.append((band(low, high), int((on & (age >= low) & (age < high)).sum()), at_risk))
    return out


def by_band(rows: list[dict[str, str]]) -> dict[str, list[tuple[str, int, int, float]]]:
    """For each of FAILED_BANDS (band, failed platforms, of which vanished, median months they lived)."""
    months, vanished = lifetimes(rows)
    out = {}
    for what, (column, edges) in FAILED_BANDS.items():
        value = np.array([number(r, column) for r in rows])
        out[what] = [
            (band(a, b), int(here.sum()), int(vanished[here].sum()), float(np.nanmedian(months[here])) if here.any() else float("nan"))
            for a, b in zip(edges, edges[1:], strict=False)
            for here in ((value >= a) & (value < b),)
        ]  # fmt: skip
    return out


def main() -> int:
    """Print the page, or write it with --docs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", type=Path, help="write the page there instead of printing it")
    options = parser.parse_args()
    named = os.environ.get("KAMENGWATCH_REAL_DATA")
    if not named or not (Path(named) / "p2p").is_dir():
        print("p2p: skipped; name the folder that holds p2p/ with KAMENGWATCH_REAL_DATA", file=sys.stderr)
        return 0
    live = read(Path(named), "prospective_h1_2017_to_2018.csv")
    failed = read(Path(named), "failed_platforms_2011_2017.csv")
    with tempfile.TemporaryDirectory() as folder:
        ours, raw, counts = prospective(live, Path(folder))
    months, vanished = lifetimes(failed)
    everyone = np.ones(len(months), bool)
    counts |= {
        "failed": len(failed),
        "dated": int(np.isfinite(months).sum()),
        "vanished": int(vanished.sum()),
    }
    text = page(
        counts, ours, raw, shares(live), hazard(months, everyone), hazard(months, vanished), by_band(failed)
    )
    if options.docs:
        options.docs.write_text(text, "utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
