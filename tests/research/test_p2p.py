"""The P2P measurement on made-up rows: it maps, judges, counts and says what it found, and skips without the folder."""

import csv
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
LIVE = [
    "wdzj_plat_id",
    "name",
    "months",
    "outcome_2018_08",
    "detail_type",
    "income_rate",
    "net_inflow_mean",
    "net_inflow_last",
    "amount_growth",
    "bidder_growth",
    "outstanding_last",
    "amount_mean",
    "loan_period",
    "top10_due",
    "top10_still",
    "reg_capital",
    "months_operating",
    "leverage",
    "months_present",
    "draw_score",
    "delay_score",
    "service_score",
    "experience_score",
    "icp_licence",
    "bank_custody",
    "association",
]
FAILED = [
    "plat_id",
    "name",
    "opened_on",
    "failed_on",
    "kind",
    "yield_percent",
    "withdraw_speed_score",
    "service_score",
]


def write(path, names, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "p2p").mkdir()
    rows = []
    for n in range(12):
        row = dict.fromkeys(LIVE, "1") | {
            "wdzj_plat_id": str(n),
            "name": f"平台{n}",
            "service_score": "" if n == 0 else "4",
        }
        row |= {
            "outcome_2018_08": ("问题平台", "normal", "normal", "停业或转型")[n % 4],
            "months_operating": str(6 + 5 * n),
        }
        rows.append(row | {"income_rate": "24" if n % 4 == 0 else str(9 + n / 10), "icp_licence": str(n % 2)})
    write(tmp_path / "p2p" / "prospective_h1_2017_to_2018.csv", LIVE, rows)
    ends = [
        ("2015-01-01", "2015-02-01", "跑路", "25"),
        ("2014-01-01", "2016-01-01", "停业", "12"),
        ("2015-05-01", "2015-01-01", "停业", ""),
    ]
    write(
        tmp_path / "p2p" / "failed_platforms_2011_2017.csv",
        FAILED,
        [{"opened_on": a, "failed_on": b, "kind": k, "yield_percent": y} for a, b, k, y in ends],
    )
    return tmp_path


@pytest.fixture
def p2p():
    return importlib.import_module("research.p2p.measure")


def test_a_set_where_high_yields_fail_is_ranked_by_the_price_indicator(folder, p2p, monkeypatch):
    out = folder / "p2p.md"
    monkeypatch.setenv("KAMENGWATCH_REAL_DATA", str(folder))
    monkeypatch.setattr(sys, "argv", ["measure.py", "--docs", str(out)])
    monkeypatch.setattr(p2p, "DRAWS", 50)
    assert p2p.main() == 0
    text = out.read_text("utf-8")
    assert "| 价格过低 Unusually low prices | 12 | 1.000 [1.000, 1.000] |" in text
    assert "12 platforms: 3 became problem platforms, 3 closed" in text and "0 of 12" in text
    assert "| 0–3 | 1 |" in text and "Dates usable for 2" in text, "contradicting dates are left out"
    assert "平台0" not in text, "no platform is named"


def test_without_the_folder_it_says_what_is_missing_and_does_not_fail(p2p, monkeypatch, capsys):
    monkeypatch.delenv("KAMENGWATCH_REAL_DATA", raising=False)
    monkeypatch.setattr(sys, "argv", ["measure.py"])
    assert p2p.main() == 0
    said = capsys.readouterr()
    assert "KAMENGWATCH_REAL_DATA" in said.err and not said.out


def test_hazards_count_time_at_risk(p2p):
    months = np.array([1.0, 4.0, np.nan, 60.0])
    found = {band: (n, at_risk) for band, n, at_risk in p2p.hazard(months, np.ones(4, bool))}
    assert found["0–3"] == (1, 1.0 + 3.0 + 3.0) and found["3–6"] == (1, 1.0 + 3.0)
    assert found["≥ 60"] == (1, 0.0)
