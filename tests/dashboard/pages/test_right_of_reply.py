"""What the rated and the public handed in, as everybody sees it: objections with both clocks, corrections everywhere, reports of tier D."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import insert

from dashboard.components import shared_tables
from dashboard.presenters.translations import say
from scoring.engine.rate import rate
from scoring.publish.publisher import publish
from scoring.snapshot.reader import LATER, Snapshot, SnapshotError
from store.db.tables import Correction, Dispute, Review
from tests.dashboard.pages.test_dashboard_pages import open_page, words
from tests.support.markets import snapshots
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.records import HOST, complaint, platform, probe
from tests.support.programs.in_process_cli import command

DAY = dt.date(2026, 3, 30)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot, Snapshot, str]:
    """A site published twice: before, and after an objection, a correction and reports came in."""
    folder = tmp_path_factory.mktemp("told")
    engine = database(folder, [platform(), complaint(1), *(probe(day) for day in (1, 2))])
    rate(engine, folder, DAY, NOW, history=False)
    before = Snapshot(publish(engine, folder, NOW))
    noon = dt.datetime(2026, 3, 20, 4, tzinfo=dt.UTC)
    detail = {"received_on": "2026-03-19", "host": HOST, "happened": "drop.stuck", "on": "2026-03-18",
              "amount_band": "10-50", "product": "svip", "state": "open"}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(
            insert(Dispute).values(platform_id=1, received_at=noon, about="掉单率", text="不公开的理由")
        )
        connection.execute(insert(Correction).values(platform_id=1, made_at=noon, outcome="amended",
                                                     sentence_zh="备案号已更正", sentence_en="filing corrected"))  # fmt: skip
        for n, decision in enumerate(("confirmed", "rejected", "confirmed", None)):
            about = detail if n != 2 else detail | {"host": "unwatched.example"}
            connection.execute(insert(Review).values(kind="report", key=f"report:{n:032x}", subject=about["host"],
                detail=about, opened_at=noon, decision=decision, decided_at=noon if decision else None))  # fmt: skip
    rate(engine, folder, DAY, NOW, history=False)
    return folder, before, Snapshot(publish(engine, folder, NOW + dt.timedelta(hours=1))), HOST


def test_an_accepted_report_is_evidence_of_tier_d_without_words_or_weight(told) -> None:
    _, before, after, host = told
    found = after.rows("select * from evidence where kind = 'report'")
    assert [(r["host"], r["tier"], r["event_on"]) for r in found] == [(host, "D", dt.date(2026, 3, 18))]
    assert "订单卡在处理中" in found[0]["claim_zh"] and "未能核实" in found[0]["claim_zh"]
    assert found[0]["link"] is None and found[0]["sha256"] is None
    a, b = before.site(host), after.site(host)
    assert a["score"] == b["score"] and a["complaints_total"] == b["complaints_total"]
    assert a["evidence_n"] == b["evidence_n"], "a report is shown and does not count as checked evidence"


def test_an_objection_is_published_with_its_days_and_not_its_words(told) -> None:
    _, _, after, host = told
    assert after.of("disputes", host) == [
        {"host": host, "about": "掉单率", "received_on": dt.date(2026, 3, 20),
         "acknowledged_on": None, "decided_on": None, "outcome": None}
    ]  # fmt: skip
    page = (after.path / "s" / f"{host}.html").read_text("utf-8")
    assert "异议处理中" in page and "掉单率" in page and "不公开的理由" not in page
    assert "异议处理中" in (after.path / "badges" / f"{host}.svg").read_text("utf-8")


def test_a_correction_goes_everywhere_the_error_went(told) -> None:
    _, before, after, host = told
    for name in (host, "all"):
        atom = "{http://www.w3.org/2005/Atom}"
        titles = [e.findtext(f"{atom}title") for e in ET.parse(after.path / "feeds" / f"{name}.atom").getroot().iter(f"{atom}entry")]  # fmt: skip
        assert any("2026-03-20" in t and "更正" in t for t in titles)
    page = (after.path / "s" / f"{host}.html").read_text("utf-8")
    assert "备案号已更正" in page and "amended" in page
    assert "备案号已更正" not in (before.path / "s" / f"{host}.html").read_text("utf-8")


def test_a_badge_says_for_thirty_days_that_something_was_corrected(data_dir: Path) -> None:
    folder = snapshots.build(data_dir)
    assert "2026-10-30 有更正" in (folder / "badges" / f"{snapshots.BLUE}.svg").read_text("utf-8")
    assert "更正" not in (folder / "badges" / f"{snapshots.YELLOW}.svg").read_text("utf-8")


def test_both_clocks_are_shown_with_dates_and_what_is_late_is_said(data_dir: Path) -> None:
    # 2026-11-19 is a Thursday: two working days end on Monday, seven on Monday the 30th.
    assert shared_tables.due(dt.date(2026, 11, 19)) == (dt.date(2026, 11, 23), dt.date(2026, 11, 30))
    snapshots.build(data_dir)
    shown = words(open_page("appeals"))
    assert "期限 2026-11-23" in shown and "期限 2026-11-30" in shown and "异议处理中" in shown
    assert "2026-10-27" in shown and "更正" in shown
    assert "没有权重" in say("zh", "report.intro")
    late = [{"host": snapshots.ORANGE, "about": "备案", "received_on": dt.date(2026, 10, 12), "acknowledged_on": None,
             "decided_on": None, "outcome": None}]  # fmt: skip
    snapshots.build(data_dir, "20261121T090000-later", {"disputes": late})
    assert words(open_page("appeals")).count("已超期") == 2


def test_what_would_improve_a_site_is_shown_to_it_and_explained(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshots.build(data_dir)
    shown = words(open_page("site", host=snapshots.ORANGE))
    assert "怎样做会更好" in shown and "原路退款" in shown and "掉单率" in shown
    told = command(capsys, "explain", snapshots.ORANGE, "--data-dir", data_dir).out
    assert "网站可以改进：写明多久未到账自动原路退款" in told
    as_json = json.loads(command(capsys, "explain", snapshots.ORANGE, "--json", "--data-dir", data_dir).out)
    assert len(as_json["improve"]) == 1


def test_a_snapshot_from_before_these_tables_is_read_as_having_none(data_dir: Path) -> None:
    folder = snapshots.build(data_dir)
    for table in LATER:
        (folder / f"{table}.parquet").unlink()
    assert Snapshot(folder).of("disputes", snapshots.ORANGE) == []
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(
        json.dumps(manifest | {"files": {"disputes.parquet": "0"}}), "utf-8"
    )
    with pytest.raises(SnapshotError, match="disputes"):
        Snapshot(folder)
