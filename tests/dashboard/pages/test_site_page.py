"""The site page as a reader meets it: what each section says, with data and without, and what was known on a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dashboard.components import site_evidence
from dashboard.presenters import site_data
from dashboard.presenters.translations import LANGUAGES, say
from scoring.snapshot.reader import Snapshot
from tests.dashboard.pages.test_dashboard_pages import open_page, shown, words
from tests.support.markets import snapshots

SHA = "ab" * 32
DAY = snapshots.AS_OF


def _row(measure: str, on: dt.date | None = None, **more: object) -> dict:
    return {"host": snapshots.ORANGE, "measure": measure, "on": on, **more}


def _tables() -> dict:
    """A site with refunds, probes of every kind, prices, and one capture kept under a hash."""
    series = [
        _row(f"refund_open_{day}d", value=1 - day / 60, n=40.0 - day, low=0.4, high=1.0)
        for day in (0, 7, 15, 30)
    ]
    series += [_row("refund_censored_9d", n=2.0), _row("price_sector_月卡", DAY, value=8.0, low=10.0, n=4.0)]
    series += [
        _row("availability", DAY, value=1.0, n=4.0),
        _row("refused", DAY - dt.timedelta(days=2), value=1.0, n=2.0),
    ]
    series += [_row("availability", DAY - dt.timedelta(days=1), value=0.0, n=4.0)]
    sector = [
        {"measure": "refund_open", "bin": d, "value": 1 - d / 90, "n": 90.0, "low": 0.3, "high": 1.0}
        for d in range(31)
    ]
    evidence = snapshots.tables()["evidence"]
    evidence[0] = evidence[0] | {"host": snapshots.ORANGE, "id": "E-9", "sha256": SHA}
    return {"series": series, "sector": sector, "evidence": evidence}  # fmt: skip


@pytest.fixture
def full(data_dir: Path) -> Path:
    folder = snapshots.build(data_dir, rows=_tables())
    (folder / "captures").mkdir()
    (folder / "captures" / f"{SHA}.txt").write_text("等了三天还没到账\n<script>x</script>", "utf-8")
    return folder


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_chart_says_a_finding_and_has_its_numbers_in_words(full, lang):
    at = open_page("site", host=snapshots.ORANGE, lang=lang)
    content = words(at)
    for said in (
        say(lang, "site.refunds_finding", n=40, share="75 %", sector="83 %"),
        say(lang, "site.prices_finding", count=1, below=1, product="月卡", ratio="80 %"),
        say(lang, "strip.words", ok=1, partly=0, down=1, refused=1, none=87),
        say(lang, "site.promises_finding", count=1, gone=0),
        say(lang, "site.promise_orders", kept=3, broken=9),
    ):
        assert said in content
    assert shown(at).count('class="kw-day') == 90 + 4, "ninety days, and a key with every state that occurs"
    assert len(list(at.get("download_button"))) >= 5


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_missing_is_said(data_dir, lang):
    snapshots.build(
        data_dir, rows={t: [] for t in ("series", "promises", "links", "changes", "history", "evidence")}
    )
    content = words(open_page("site", host=snapshots.ORANGE, lang=lang))
    for key in (
        "refunds_none",
        "availability_none",
        "prices_none",
        "promises_none",
        "links_none",
        "changes_none",
        "history_none",
    ):
        assert say(lang, f"site.{key}") in content
    assert say(lang, "known.none") in content  # fmt: skip


def test_a_day_shows_only_what_had_been_seen_by_then(full):
    before = words(open_page("site", host=snapshots.ORANGE, on="2026-11-20"))
    assert "回看 2026-11-20" in before and say("zh", "known.no_evidence") in before
    after = words(open_page("site", host=snapshots.ORANGE, on="2026-11-21"))
    assert say("zh", "known.no_evidence") not in after, "seen at 02:30 on the 21st in Shanghai"
    assert "回看 2026-11-21" in words(open_page("site", host=snapshots.ORANGE, on="nonsense"))


def test_a_capture_is_shown_as_text_with_its_hash(full):
    at = open_page("site", host=snapshots.ORANGE, capture="E-9")
    assert "等了三天还没到账" in words(at) and SHA in words(at)
    assert "<script>" not in shown(at)
    assert say("zh", "capture.unknown") in words(open_page("site", host=snapshots.ORANGE, capture="../E-9"))


@pytest.mark.parametrize(
    ("sha256", "archive", "why"),
    [("../../manifest", "a", "bad_hash"), ("cd" * 32, "a", "not_here"), (None, None, "none_kept"), ("ef" * 32, "a", "picture")],
)  # fmt: skip
def test_a_capture_that_cannot_be_shown_says_why_and_opens_nothing_else(full, sha256, archive, why):
    (full / "captures" / f"{'ef' * 32}.txt").write_text("�PNG��", "utf-8")
    assert site_evidence.read(Snapshot(full), sha256, archive).why == f"capture.{why}"


def test_bands_are_cut_where_the_method_changed():
    change = {"cause": "method", "on": DAY, "from": "1", "to": "2"}
    first, last = DAY - dt.timedelta(days=9), DAY + dt.timedelta(days=3)
    assert site_data.methods([change], first, last, "2") == [(first, DAY, "1"), (DAY, last, "2")]
    assert site_data.methods([], first, last, "2") == [(first, last, "2")]


@pytest.mark.parametrize(("lang", "name"), [("zh", "异次元发卡 3.6.0"), ("en", "acg-faka 3.6.0")])
def test_the_software_is_named_with_the_version_its_pages_print(full, lang, name):
    page = shown(open_page("site", host=snapshots.BLUE, lang=lang))
    assert say(lang, "site.software", name=name) in page
