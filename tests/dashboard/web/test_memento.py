"""Earlier snapshots by date: of the API in the words of RFC 7089, and of the command line; wrong and early dates are told in one line."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from html import unescape

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard import first_paint, page_list
from dashboard.app_shell import Page
from dashboard.presenters import current_snapshot
from dashboard.web.api import ELSE, ROUTES
from dashboard.web.gate import Gate
from kamengwatch.pipeline.look import Look
from scoring.snapshot.delta import write_delta
from scoring.snapshot.reader import DELTA, Snapshot
from tests.dashboard.pages.test_dashboard_pages import open_page, shown
from tests.support.markets import snapshots
from tests.support.programs.in_process_cli import command

DAYS = (dt.date(2026, 11, 7), dt.date(2026, 11, 14), snapshots.AS_OF)
NAMES = [f"{day:%Y%m%d}T080000-2026.11.1" for day in DAYS]
SITE = f"/api/v1/sites/{snapshots.ORANGE}"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Three snapshots, a week apart; in the earlier two the orange site was yellow, and one site was not there yet."""
    data = tmp_path_factory.mktemp("memento")
    for day, name in zip(DAYS, NAMES, strict=True):
        rows = snapshots.tables()
        for row in rows["ratings"]:
            row["as_of"] = day
            if row["host"] == snapshots.ORANGE and day != DAYS[-1]:
                row |= {"verdict": "黄", "tier": 2, "grade": "C", "warning_state": "watch"}
        if day == DAYS[0]:
            rows["ratings"] = [row for row in rows["ratings"] if row["host"] != snapshots.BLUE]
        folder = snapshots.build(data, name=name, rows=rows)
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        manifest |= {"as_of": day.isoformat(), "created_at": f"{day}T00:00:00+00:00"}
        (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return data


@pytest.fixture
def client(published, monkeypatch) -> TestClient:
    monkeypatch.setenv(current_snapshot.DATA_DIR_VARIABLE, str(published))
    return TestClient(Gate(Starlette(routes=[*ROUTES, *ELSE]), ROUTES), follow_redirects=False)


def relations(header: str) -> dict[str, dict[str, str]]:
    """Link header: rel → its address and parameters, as any reader of RFC 8288 has them."""
    found = {}
    for target, more in re.findall(r'<([^>]*)>((?:; [a-z]+="[^"]*")*)', header):
        told = dict(re.findall(r'([a-z]+)="([^"]*)"', more))
        for rel in told["rel"].split():
            found.setdefault(rel, told | {"at": target})
    return found


def test_a_resource_is_its_own_timegate(client):
    now = client.get(SITE)
    assert now.status_code == 200 and "memento-datetime" not in now.headers
    assert "Accept-Datetime" in now.headers["vary"]
    links = relations(now.headers["link"])
    assert links["timegate"]["at"] == links["original"]["at"] == SITE
    moved = client.get(SITE, headers={"Accept-Datetime": "Mon, 16 Nov 2026 09:00:00 GMT"})
    assert moved.status_code == 302 and "Accept-Datetime" in moved.headers["vary"]
    memento = client.get(moved.headers["location"])
    assert memento.headers["memento-datetime"] == "Sat, 14 Nov 2026 00:00:00 GMT"
    assert memento.json()["card"]["verdict"] == "黄" and memento.json()["snapshot"] == NAMES[1]
    links = relations(memento.headers["link"])
    assert links["original"]["at"] == SITE and links["first"]["datetime"] == "Sat, 07 Nov 2026 00:00:00 GMT"
    assert links["memento"]["at"] and links["last"]["datetime"] == "Sat, 21 Nov 2026 00:00:00 GMT"
    # The address of a memento answers alike whatever is asked for, and an early date leads to the first.
    again = client.get(
        moved.headers["location"], headers={"Accept-Datetime": "Sat, 07 Nov 2026 09:00:00 GMT"}
    )
    assert again.status_code == 200 and again.json() == memento.json()
    early = client.get(SITE, headers={"Accept-Datetime": "Thu, 01 Jan 2015 00:00:00 GMT"})
    assert NAMES[0] in early.headers["location"]


def test_the_timemap_lists_the_snapshots_that_hold_the_site(client):
    def listed(host: str) -> list[str]:
        answer = client.get(f"/api/v1/timemap/sites/{host}")
        assert answer.headers["content-type"].startswith("application/link-format")
        lines = [line for line in answer.text.splitlines() if "memento" in line]
        for line in lines:
            assert client.get(re.match("<([^>]+)>", line)[1]).status_code == 200
        return [re.search(r"snapshot=([^>]+)>", line)[1] for line in lines]

    assert listed(snapshots.ORANGE) == NAMES
    assert listed(snapshots.BLUE) == NAMES[1:], "the site was not there before"
    assert client.get("/api/v1/timemap/sites/nobody.test").status_code == 404
    assert (
        relations(client.get(SITE).headers["link"])["timemap"]["at"]
        == f"/api/v1/timemap/sites/{snapshots.ORANGE}"
    )


@pytest.mark.parametrize(
    "path", [SITE, f"/api/v1/check?q={snapshots.ORANGE}", "/api/v1/rank", "/api/v1/events"]
)
def test_as_of_answers_from_what_was_published_of_that_day(client, path):
    more = "&" if "?" in path else "?"
    answer = client.get(f"{path}{more}as_of=2026-11-18")
    assert answer.json()["snapshot"] == NAMES[1]
    assert answer.headers["memento-datetime"] and f"snapshot={NAMES[1]}" in answer.headers["content-location"]
    same = client.get(f"{path}{more}as_of=2026-11-18", headers={"If-None-Match": answer.headers["etag"]})
    assert same.status_code == 304
    assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 200


def test_a_look_of_today_is_no_answer_of_an_earlier_day(client, published):
    folder = published / "looks"
    folder.mkdir()
    Look("a" * 32, "looked.test", "done", at := "2026-11-21T12:00:00+08:00", ended_at=at).write(folder)
    words = [
        client.get(f"/api/v1/check?q=looked.test{day}").json()["cards"][0]["word"]
        for day in ("", "&as_of=2026-11-18")
    ]
    assert words == ["灰·初查", "灰·尚未收录"]


@pytest.mark.parametrize(
    ("asked", "headers", "status", "said"),
    [
        ("as_of=2026-11-01", {}, 404, "2026-11-07"),
        ("as_of=yesterday", {}, 400, "YYYY-MM-DD"),
        ("as_of=2026-02-31", {}, 400, "YYYY-MM-DD"),
        ("snapshot=../../etc", {}, 404, NAMES[0]),
        ("", {"Accept-Datetime": "2026-11-14"}, 400, "GMT"),
    ],
)  # fmt: skip
def test_a_date_that_leads_nowhere_is_told_in_one_line(client, asked, headers, status, said):
    answer = client.get(f"{SITE}?{asked}", headers=headers)
    assert answer.status_code == status and answer.headers["content-type"].startswith(
        "application/problem+json"
    )
    assert said in answer.json()["detail"] and "\n" not in answer.json()["detail"]


def test_the_command_line_answers_of_a_day(published, capsys):
    def run(*words: str, expect: int = 0):
        return command(capsys, *words, "--data-dir", published, expect=expect)

    assert (
        json.loads(run("check", snapshots.ORANGE, "--as-of", "2026-11-18", "--json").out)["verdict"] == "黄"
    )
    assert json.loads(run("check", snapshots.ORANGE, "--json").out)["verdict"] == "橙"
    ranked = json.loads(run("rank", "--as-of", "2026-11-10", "--json").out)
    assert snapshots.BLUE not in [row["host"] for row in ranked] and {row["as_of"] for row in ranked} == {
        "2026-11-07"
    }
    early = run("check", snapshots.ORANGE, "--as-of", "2026-11-01", expect=2).err
    assert "2026-11-07" in early and len(early.strip().splitlines()) == 1
    assert "--as-of" in run("rank", "--as-of", "soon", expect=2).err
    assert "--live" in run("check", snapshots.ORANGE, "--live", "--as-of", "2026-11-18", expect=2).err


# Pages that can be read of a day: ranking, check, site.


@pytest.fixture
def pages(published, monkeypatch) -> TestClient:
    monkeypatch.setenv(current_snapshot.DATA_DIR_VARIABLE, str(published))
    shell = "<html><head><title>Streamlit</title></head><body><div id=root></div></body></html>"
    paths = [f"/{page.url_path}" for page in page_list.discover()]
    routes = [Route(path, lambda request: HTMLResponse(shell)) for path in paths]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Page, pages=paths)]), follow_redirects=False)  # fmt: skip


def told(html: str) -> str:
    return unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL))


@pytest.mark.parametrize("path, query", [("rank", {}), ("", {"q": snapshots.ORANGE}), ("site", {"host": snapshots.ORANGE})])  # fmt: skip
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_of_a_day_says_what_was_published_then_and_leads_back(pages, path, query, lang):
    query = query | ({"lang": "en"} if lang == "en" else {})
    words = {"zh": ("黄·有疑点", "不是今天的结论", "看最新结论"), "en": ("Yellow", "not today's verdict", "See the latest")}[lang]  # fmt: skip
    early = pages.get(f"/{path}", params=query | {"as_of": "2026-11-18"})
    app = open_page(path, **query, as_of="2026-11-18")
    for place, html in {"first paint": early.text, "app": shown(app)}.items():
        said = told(html)
        assert words[1] in said and "2026-11-14" in said, place
        assert words[0] in said or path == "rank", place
        back = re.search(rf'<a href="([^"]+)">{words[2]}</a>', html)
        assert back and "as_of" not in back[1] and all(v in back[1] for v in query.values()), place
        within = re.findall(r'href="(\./(?:site|rank|)\?[^"]*host=[^"]*)"', html)
        assert all("as_of=2026-11-18" in href for href in within), place
        other = re.findall(r'href="(\./(?:help|compare|alerts|report)[^"]*)"', html)
        assert other and not [href for href in other if "as_of" in href], place
    assert early.headers["memento-datetime"] == "Sat, 14 Nov 2026 00:00:00 GMT"
    assert "noindex" in early.headers["x-robots-tag"]
    links = relations(early.headers["link"])
    assert "as_of" not in links["original"]["at"] and NAMES[1] in early.headers["content-location"]
    same = pages.get(early.headers["content-location"])
    assert same.headers["memento-datetime"] == early.headers["memento-datetime"]
    assert words[1] in told(same.text)
    today = pages.get(f"/{path}", params=query)
    assert words[1] not in told(today.text) and "memento-datetime" not in today.headers
    moved = pages.get(f"/{path}", params=query, headers={"Accept-Datetime": "Mon, 16 Nov 2026 09:00:00 GMT"})
    assert moved.status_code == 302 and NAMES[1] in moved.headers["location"]


def test_the_ranking_of_a_day_is_chosen_from_the_days_there_are_and_keeps_its_filters(pages):
    html = pages.get("/rank", params={"tier": "2", "as_of": "2026-11-14"}).text
    days = html[html.index('class="kw kw-days"') :]
    assert re.findall(r"<option[^>]*>([\d-]+)</option>", days) == [f"{day}" for day in reversed(DAYS)]
    assert "<option selected>2026-11-14</option>" in days and 'name="tier" value="2"' in days
    assert 'name="as_of" value="2026-11-14"' in html.partition("kw-filters")[2].partition("</form>")[0]


@pytest.mark.parametrize("day", ["2026-11-01", "yesterday", "2026-02-31"])
def test_a_page_of_a_day_that_is_not_kept_says_so_and_leads_back(pages, day):
    answer = pages.get("/rank", params={"as_of": day})
    assert answer.status_code == 404
    for html in (answer.text, shown(open_page("rank", as_of=day))):
        assert "没有这一天的数据" in html and day in html and ">看最新结论</a>" in html
    assert "没有这一天的数据" not in pages.get("/alerts", params={"as_of": day}).text


def test_a_file_of_a_day_is_that_of_its_snapshot(client):
    assert "黄" in client.get("/download/ratings.csv", params={"as_of": "2026-11-18"}).text.partition(snapshots.ORANGE)[2][:800]  # fmt: skip


def test_what_the_newest_snapshot_changed_is_offered_with_its_hash(client, published):
    assert client.get("/delta.zip").status_code == 404
    base = published / "snapshots"
    write_delta(Snapshot(base / NAMES[1]), Snapshot(base / NAMES[2]), base / DELTA)
    try:
        offered = client.get("/delta.zip").content
        page = told(first_paint.shown("/data", "lang=en", "en").body)
        assert hashlib.sha256(offered).hexdigest() in page
        assert f"{NAMES[1]} → {NAMES[2]}" in page and "kamengwatch delta --verify" in page
        assert f"sha256sum {DELTA}\nkamengwatch" in page, "two commands, two lines"
    finally:
        (base / DELTA).unlink()
