"""Hostile text in any field is shown as text in every output: static page, badge, feed, CSV files and API.

Live pages are in test_browser_dashboard.py, what their policy refuses in test_page_states.py.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from selectolax.lexbor import LexborHTMLParser
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.presenters import csv_export, current_snapshot, verdict_card
from dashboard.web.api import PREFIX, ROUTES
from scoring.publish import site_pages
from scoring.publish.exports import ratings_csv
from scoring.publish.feeds import feed_of
from scoring.snapshot.reader import TABLES
from tests.support.markets import snapshots

HIDDEN = {"\u202e", "\u202c", "\u202d", "\u200b", "\u2066", "\u2069", "\x00", "\x07", "\ufffe", "\uffff"}
FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "＝1", '=HYPERLINK("http://x")')
EVIL = snapshots.HOSTILE + "\u2066\x00\x07\ufffe\uffff" + "长" * 10_000


def poisoned() -> dict:
    """The tables with every text of the hostile site, but its host and codes, replaced."""
    codes = {"host", "grade", "warning_state", "verdict", "filing_state", "drop_rate_basis", "confidence", "method_version",
             "outcome", "dimension", "from_state", "to_state", "tier", "id", "indicator", "kind"}  # fmt: skip
    rows = snapshots.tables()
    for table in rows.values():
        for row in table:
            if row.get("host") == snapshots.HOSTILE_HOST:
                row |= {k: EVIL for k, v in row.items() if isinstance(v, str) and k not in codes}
                row |= {
                    k: [EVIL] * 3
                    for k, v in row.items()
                    if isinstance(v, list) and k.startswith(("reasons", "blind"))
                }
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return snapshots.build(tmp_path_factory.mktemp("hostile"), rows=poisoned())


def test_the_static_page_runs_nothing_and_stays_small(folder):
    body = (folder / "s/hostile.test.html").read_text("utf-8")
    tree = LexborHTMLParser(body)
    assert not tree.css("script, img, iframe, object, [onerror], [onclick], [onload]")
    assert not [a for a in tree.css("[href], [src]") if "javascript" in str(a.attributes)]
    assert "<script>window.hacked=1</script>" in tree.body.text()
    assert not HIDDEN & set(body)
    assert len(body.encode()) < 60_000


def test_the_badge_is_an_image_of_words(folder):
    tree = ET.fromstring((folder / "badges/hostile.test.svg").read_text("utf-8"))
    assert {e.tag.rpartition("}")[2] for e in tree.iter()} == {"svg", "title", "a", "rect", "text"}
    assert [e.get("href") for e in tree.iter() if e.tag.endswith("}a")] == ["../s/hostile.test.html"]
    assert not HIDDEN & set("".join(tree.itertext()))


@pytest.mark.parametrize("name", ["all", "hostile.test"])
def test_the_feed_stays_wellformed_and_plain(folder, name):
    tree = ET.fromstring((folder / f"feeds/{name}.atom").read_bytes())
    words = "".join(tree.itertext())
    assert "<script>window.hacked=1</script>" in words
    assert not HIDDEN & set(words)
    assert {e.tag.rpartition("}")[2] for e in tree.iter()} <= {
        "feed",
        "id",
        "title",
        "updated",
        "author",
        "name",
        "entry",
        "link",
        "summary",
    }


def test_every_id_of_a_feed_is_a_uri():
    host = "[2001:db8::1]:8080"
    parts = {"warnings": [{"host": host, "on": snapshots.AS_OF, "from_state": "normal", "to_state": "watch",
                           "reason_zh": "退款变慢", "reason_en": "refunds slowed down"}],
             "corrections": [{"host": host, "on": snapshots.AS_OF, "outcome": "amended", "sentence_zh": "更正", "sentence_en": "corrected"}]}  # fmt: skip
    tree = ET.fromstring(feed_of(host, parts, snapshots.AS_OF, "../"))
    ids = [e.text for e in tree.iter() if e.tag.endswith("}id")]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"urn:kamengwatch:[\w.:%-]+", i, re.ASCII) for i in ids), ids


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_csv_file_is_a_formula(tmp_path, formula):
    row = dict.fromkeys(TABLES["ratings"].names) | snapshots.rating(
        "a.test", name=formula, operator=EVIL, reasons_zh=[formula]
    )
    ratings_csv([row], tmp_path / "ratings.csv")
    downloads = [
        (tmp_path / "ratings.csv").read_text("utf-8-sig"),
        csv_export.csv_bytes([row], list(row)).decode("utf-8-sig"),
    ]
    for text in downloads:
        cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
        assert not [
            c
            for c in cells
            if c.startswith(("=", "+", "@", "\t", "\r", "＝")) or (c.startswith("-") and not c[1:2].isdigit())
        ]
        assert not HIDDEN & set("".join(cells))


def test_the_api_answers_json_that_no_browser_takes_for_a_page(folder, monkeypatch):
    monkeypatch.setenv(current_snapshot.DATA_DIR_VARIABLE, str(folder.parent.parent))
    client = TestClient(Starlette(routes=ROUTES))
    for path in (
        "check?q=hostile.test",
        "sites/hostile.test",
        "sites/hostile.test/evidence",
        "rank",
        "events",
    ):
        answer = client.get(f"{PREFIX}/{path}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        answer.json()


@pytest.mark.parametrize("word", site_pages.WORDS)
def test_a_published_picture_has_the_colours_of_the_live_page(word):
    state = verdict_card.STATES[word]
    assert site_pages.WORDS[word][3:] == (state.light, state.light_ink)
    assert site_pages.WORDS[word][0] == state.shape


@pytest.mark.parametrize("name", ["contradiction.test", "hui.test", "stale.test"])
def test_what_is_not_rated_is_grey_whatever_its_row_says(folder, name):
    badge = (folder / f"badges/{name}.svg").read_text("utf-8")
    page = (folder / f"s/{name}.html").read_text("utf-8")
    assert "#7C7C7C" in badge and "灰·" in badge and "#0B4FA0" not in badge
    assert "background:#7C7C7C" in page and "等级 grade" not in page
