"""Files about single sites: the same whether made anew or linked from the snapshot before, and found wherever they lie."""

import datetime as dt
import errno
import hashlib
import io
import re
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.web import api
from scoring.engine.rate import rate
from scoring.fork_pool import ProcessLost
from scoring.publish.exports import csv_rows
from scoring.publish.publisher import publish
from scoring.publish.site_pages import _past_lines
from scoring.snapshot.integrity import integrity_errors
from scoring.snapshot.reader import Snapshot
from store.db.engine import DATABASE, default_url, open_engine
from store.db.tables import Response
from store.evidence import ingest
from store.text.safe_text import cell_text
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.scoring import DAY, complaints, market

HOSTS = 30


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """A snapshot, and another one after three sites got a new complaint the same day."""
    folder = tmp_path_factory.mktemp("sites")
    engine = database(folder, market(np.random.default_rng(5), hosts=HOSTS))
    rate(engine, folder, DAY, NOW)
    first = publish(engine, folder, NOW)
    more = [c for n in (3, 11, 20) for c in complaints(f"m{n}.example", [100], prefix="late")]
    saved = ingest.import_records(ingest.Ingest(engine, NOW, accept_new=True), more)
    assert not saved.refused
    rate(engine, folder, DAY, NOW)
    return engine, folder, first, publish(engine, folder, NOW + dt.timedelta(hours=1))


def test_only_sites_about_which_something_changed_are_written_anew(twice):
    _, _, first, second = twice
    changed = {f"m{n}.example" for n in (3, 11, 20)}
    for kind in ("s", "badges", "feeds"):
        files = [f for f in sorted((first / kind).iterdir()) if f.stem not in ("all", "bulletins")]
        linked = {f.stem for f in files if f.samefile(second / kind / f.name)}
        assert len(files) == HOSTS and len(linked) >= HOSTS - 15, "the new complaints move few others"
        # A badge or feed that came out the same may be a link too; a page says how many complaints there are.
        assert kind != "s" or not changed & linked
    assert list(integrity_errors(second)) == []


def test_linked_or_made_anew_the_bytes_are_the_same(twice, tmp_path):
    engine, folder, _, second = twice
    (tmp_path / "rated").symlink_to(folder / "rated")
    alone = publish(engine, tmp_path, NOW)
    sums = {
        line.split("  ")[1]: line.split("  ")[0] for line in (alone / "SHA256SUMS").read_text().splitlines()
    }
    for line in (second / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert sums[name] == digest or name == "manifest.json"


CELLS = st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=2, max_size=4)


def test_no_bracket_of_an_english_page_clings_to_the_word_before(twice):
    for page in (twice[2] / "s").glob("*.html"):
        text = re.sub(r'<span class="zh">.*?</span>', "", page.read_text("utf-8"))
        text = re.sub(r"</?span[^>]*>", "", re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL))
        assert re.findall(r"[A-Za-z\d](?:\((?!s\))|（)[^)]{0,20}", text) == []


def test_no_day_within_a_line_of_a_page_breaks_at_its_hyphens(twice):
    for file in (twice[2] / "s").glob("*.html"):
        body = re.sub(
            r"<details.*?</details>", "", file.read_text("utf-8").partition("</head>")[2], flags=re.DOTALL
        )
        assert re.search(r'class="nb">20\d\d-', body), file.name
        between = re.sub(r"<[^>]*>", "<>", body)
        assert re.findall(r"[^<>\n]{0,9}[^<>\s]20\d\d-\d\d-\d\d", between) == [], file.name


@given(st.lists(CELLS, max_size=5))
def test_a_line_of_the_csv_before_is_taken_over_as_it_stands(rows):
    with tempfile.TemporaryDirectory() as folder:
        file, whole = Path(folder) / "ratings.csv", io.StringIO(newline="")
        csv_rows(rows, whole)
        file.write_text(whole.getvalue(), "utf-8", newline="")
        lines = list(_past_lines(file))
    assert len(lines) == len(rows) and "".join(line for _, line in lines) == whole.getvalue()
    assert [host for host, _ in lines] == [cell_text(row[0]) for row in rows]


def test_a_page_altered_together_with_its_sum_is_noticed(twice, tmp_path):
    *_, second = twice
    copy = tmp_path / second.name
    shutil.copytree(second, copy)
    page = copy / "s/m1.example.html"
    page.unlink()
    page.write_text("<p>all is well</p>")
    sums = copy / "SHA256SUMS"
    old = next(line for line in sums.read_text().splitlines() if line.endswith("  s/m1.example.html"))
    digest = hashlib.sha256(page.read_bytes()).hexdigest()
    sums.write_text(sums.read_text().replace(old, f"{digest}  s/m1.example.html"))
    assert [fault.partition(":")[0] for fault in integrity_errors(copy)] == ["SHA256SUMS"]


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Two folders of a market of four sites: published, and rated once more after that."""
    published, rated_again = tmp_path_factory.mktemp("four"), tmp_path_factory.mktemp("again")
    engine = database(published, market(np.random.default_rng(5), hosts=4))
    rate(engine, published, DAY, NOW)
    publish(engine, published, NOW)
    engine.dispose()
    shutil.copytree(published, rated_again, symlinks=True, dirs_exist_ok=True)
    engine = open_engine(default_url(rated_again))
    with engine.begin() as connection:  # one site answers: what is said of the others stays what it was
        said = {"platform_id": 1, "received_at": NOW - dt.timedelta(days=220), "text": "款项已退回。"}
        connection.execute(insert(Response).values(said))
    rate(engine, rated_again, DAY, NOW)
    engine.dispose()
    return published, rated_again


@pytest.fixture
def damaged(four, tmp_path):
    """A way to publish a market of four sites, once it was published and something was done to that snapshot."""
    published, rated_again = four
    shutil.copytree(published, tmp_path, symlinks=True, dirs_exist_ok=True)

    def again(again_rated):
        if again_rated:
            shutil.rmtree(tmp_path / "rated")
            shutil.copytree(rated_again / "rated", tmp_path / "rated", symlinks=True)
            shutil.copyfile(rated_again / DATABASE, tmp_path / DATABASE)
        return publish(open_engine(default_url(tmp_path)), tmp_path, NOW + dt.timedelta(hours=1))

    return (tmp_path / "snapshots" / "latest").resolve(), again


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ratings.csv", None),
        pytest.param("ratings.csv", b"", marks=pytest.mark.soak),
        ("ratings.csv", b"host\n\xff\xfe\n"),
        pytest.param("SHA256SUMS", None, marks=pytest.mark.soak),
        ("SHA256SUMS", b""),
        pytest.param("SHA256SUMS", b"host\n\xff\xfe\n", marks=pytest.mark.soak),
    ],
)
def test_after_a_damaged_snapshot_a_whole_one_is_published(damaged, name, content):
    first, again = damaged
    (first / name).unlink()
    if content is not None:
        (first / name).write_bytes(content)
    second = again(True)
    assert second != first and list(integrity_errors(second)) == []
    assert len((second / "ratings.csv").read_text("utf-8").splitlines()) == 1 + 4


DAMAGE = {
    "s/m2.example.html": b"<p>",
    "badges/m2.example.svg": None,
    "feeds/m2.example.atom": None,
    "ratings.parquet": b"PAR1",
    "responses.parquet": b"PAR1",
    "changes.parquet": b"PAR1",
    "manifest.json": b"null",
}
LIKE_ANOTHER = ("feeds/m2.example.atom", "responses.parquet")
"""Of the same kind as one of the others."""


@pytest.mark.parametrize("again_rated", [pytest.param(False, marks=pytest.mark.soak), True])
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.soak] if name in LIKE_ANOTHER else []) for name in DAMAGE]
)
def test_publishing_again_is_the_remedy_for_a_damaged_snapshot(damaged, name, again_rated):
    first, again = damaged
    (first / name).unlink()  # not written over: other names of the file keep their bytes
    if DAMAGE[name] is not None:
        (first / name).write_bytes(DAMAGE[name])
    second = again(again_rated)
    assert second != first and list(integrity_errors(second)) == []
    assert Snapshot.latest(first.parents[1]).id == second.name
    assert again(False) == second, "and once it is whole nothing is added"


@pytest.mark.parametrize("step", ["write_slim", "datapackage", "sync_tree"])
def test_what_a_failed_publication_wrote_is_gone(damaged, monkeypatch, step):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    first, again = damaged
    monkeypatch.setattr(f"scoring.publish.publisher.{step}", full)
    with pytest.raises(OSError, match="No space"):
        again(True)
    assert not list(first.parent.glob(".tmp-*"))


def test_the_link_a_killed_publication_was_making_is_taken_away(damaged):
    first, again = damaged
    (first.parent / ".tmp-latest-1").symlink_to(first.name)
    again(True)
    assert not list(first.parent.glob(".tmp-*")) and first.is_dir()


@pytest.fixture
def many(twice, tmp_path, monkeypatch):
    """The same snapshot published as if it had too many sites for one folder."""
    engine, folder, *_ = twice
    monkeypatch.setattr("store.text.query.FLAT", 10)
    monkeypatch.setattr("scoring.publish.feeds.FLAT", 10)
    (tmp_path / "rated").symlink_to(folder / "rated")
    return publish(engine, tmp_path, NOW)


def test_many_sites_lie_in_folders_and_every_link_leads_somewhere(many):
    pages = sorted(many.glob("s/*/*.html"))
    assert len(pages) == HOSTS and not list(many.glob("s/*.html"))
    links = 0
    for file in [*pages, *many.glob("feeds/**/*.atom")]:
        for target in re.findall(r'href="(\.\./[^"?]+\.\w+)"', file.read_text("utf-8")):
            links += 1
            assert (file.parent / target).is_file(), f"{file.relative_to(many)} → {target}"
    assert links > HOSTS and list(integrity_errors(many)) == []


def test_the_dashboard_serves_them_under_the_same_addresses(many, monkeypatch):
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(many.parent.parent))
    with TestClient(Starlette(routes=api.ROUTES), base_url="http://testserver") as client:
        page = client.get("/s/m3.example.html")
        assert page.status_code == 200 and page.history[0].status_code == 307
        feed = re.search(r'href="([^"]+\.atom)"', page.text).group(1)
        assert client.get(urljoin(str(page.url), feed)).status_code == 200
        assert client.get("/badge/m3.example.svg").headers["content-type"].startswith("image/svg")
        assert client.get("/s/nobody.example.html").status_code == 404


def test_without_hard_links_copies_are_as_good(twice, tmp_path, monkeypatch):
    engine, folder, *_ = twice

    def refused(*_):
        raise OSError("no links here")

    monkeypatch.setattr("os.link", refused)
    (tmp_path / "rated").symlink_to(folder / "rated")
    first = publish(engine, tmp_path, NOW)
    rate(engine, tmp_path, DAY + dt.timedelta(days=1), NOW)
    second = publish(engine, tmp_path, NOW + dt.timedelta(hours=1))
    assert second != first and list(integrity_errors(second)) == [] == list(integrity_errors(first))


def test_a_killed_process_leaves_the_snapshot_before(twice, monkeypatch):
    engine, folder, _, second = twice

    def killed(*_):
        raise ProcessLost

    monkeypatch.setattr("scoring.publish.site_pages.map_ordered", killed)
    with pytest.raises(ProcessLost):
        publish(engine, folder, NOW + dt.timedelta(hours=2))
    assert Snapshot.latest(folder).id == second.name
