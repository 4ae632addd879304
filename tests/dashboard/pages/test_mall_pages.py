"""A merchant and its mall as readers meet them: card, API, files, badge, feed and page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from crawler import ownership_check
from crawler.guard import Guard
from dashboard.presenters import site_search, verdict_card
from dashboard.web.api import ELSE, ROUTES
from scoring.snapshot.reader import Snapshot
from store.text.query import file_stem, site_files
from tests.dashboard.pages.test_dashboard_pages import open_page, words
from tests.support.markets import snapshots
from tests.support.programs.in_process_cli import command

MALL, GOOD, BAD = "pay.x.test", "pay.x.test/shop/A1", "pay.x.test/shop/B2"


@pytest.fixture
def data(data_dir: Path) -> Path:
    rows = snapshots.tables()
    rows["ratings"] += [
        snapshots.rating(MALL, filing_state="filed"),
        snapshots.rating(GOOD),
        snapshots.rating(BAD),
    ]
    snapshots.build(data_dir, rows=rows)
    return data_dir


@pytest.fixture
def client(data: Path) -> TestClient:
    return TestClient(Starlette(routes=[*ROUTES, *ELSE]), follow_redirects=False)


def test_the_api_says_which_of_the_two_it_answered(client: TestClient) -> None:
    body = client.get("/api/v1/check", params={"q": f"https://{GOOD}?invite=77"}).json()
    assert (body["understood"]["host"], body["understood"]["unit"], body["understood"]["mall"]) == (
        GOOD,
        "merchant",
        MALL,
    )
    card = body["cards"][0]
    assert (card["host"], card["unit"], card["known"]) == (GOOD, "merchant", True)
    assert MALL in card["filing"] and "属于商城" in card["filing"]
    assert "invite" not in json.dumps(body)
    body = client.get("/api/v1/check", params={"q": f"https://{MALL}/item/990077"}).json()
    assert (body["understood"]["unit"], body["cards"][0]["host"]) == ("mall", MALL)
    assert "没有写明是哪家商户" in body["understood"]["notices"][0]
    assert "990077" not in json.dumps(body)


def test_an_unknown_merchant_is_grey_whatever_its_mall_is(client: TestClient) -> None:
    body = client.get("/api/v1/check", params={"q": f"{MALL}/shop/NEW9"}).json()
    card = body["cards"][0]
    assert (card["host"], card["known"], card["code"]) == (f"{MALL}/shop/NEW9", False, "grey")
    assert [near["host"] for near in body["near"]] == [MALL]


@pytest.mark.parametrize("host", [GOOD, GOOD.replace("/", "%2F"), f"www.{GOOD}"])
def test_the_routes_of_a_site_take_a_merchant_plain_or_encoded(client: TestClient, host: str) -> None:
    assert client.get(f"/api/v1/sites/{host}").json()["rating"]["host"] == GOOD
    assert client.get(f"/api/v1/sites/{host}/evidence").json()["host"] == GOOD
    assert client.get(f"/badge/{host}.json").json()["label"] == GOOD
    assert client.get(f"/badge/{host}.svg").status_code == (404 if host.startswith("www.") else 200)


def test_the_mall_lists_its_merchants_and_a_plain_site_none(client: TestClient) -> None:
    body = client.get(f"/api/v1/sites/{MALL}").json()
    assert [card["host"] for card in body["merchants"]] == [GOOD, BAD]
    assert body["rating"]["filing_state"] == "filed"
    assert "merchants" not in client.get(f"/api/v1/sites/{snapshots.ORANGE}").json()


@pytest.mark.parametrize("path", [f"/s/{GOOD}.html", f"/feeds/{GOOD}.atom"])
def test_page_and_feed_of_a_merchant_lead_to_one_file_inside_their_folder(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 307
    stem = file_stem(GOOD)
    assert answer.headers["location"].startswith(f"../../{stem}.")
    kind = path.split("/")[1]
    found = client.get(f"/{kind}/{answer.headers['location'].removeprefix('../../')}")
    assert found.status_code == 200
    assert GOOD in found.text


@pytest.mark.parametrize("path", ["/s/pay.x.test/shop/..%2F..%2Fmanifest.html", "/s/pay.x.test/..%2F/A1.html",
                                  "/s/pay.x.test/order/20261101.html", "/feeds/pay.x.test/shop/NOBODY.atom"])  # fmt: skip
def test_no_other_path_leads_anywhere(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_static_pages_tell_merchant_and_mall_apart(data: Path) -> None:
    folder = Snapshot.latest(data).path
    names = {host: site_files(host, 0)["s"] for host in (MALL, GOOD, BAD)}
    assert len(set(names.values())) == 3
    assert all((folder / name).resolve().parent == (folder / "s").resolve() for name in names.values())
    merchant, mall = ((folder / names[host]).read_text("utf-8") for host in (GOOD, MALL))
    assert "属于商城" in merchant
    assert f"../{names[MALL]}" in merchant
    assert f"../{names[GOOD]}" in mall and f"../{names[BAD]}" in mall
    assert "商户" not in (folder / site_files(snapshots.ORANGE, 0)["s"]).read_text("utf-8")


def test_the_command_line_says_which_of_the_two_it_answered(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(data))
    assert f"商户 · 在商城 {MALL} 里" in command(capsys, "check", f"http://{GOOD}/?a=1").out
    assert "平台 · 商城" in command(capsys, "check", MALL).out
    said = json.loads(command(capsys, "check", f"{MALL}/item/1", "--json").out)
    assert (said["understood"]["unit"], said["host"]) == ("mall", MALL)
    assert "商城" not in command(capsys, "check", snapshots.ORANGE).out


@pytest.mark.parametrize(
    ("page", "robots", "found"),
    [
        ("<p>公告：{token}</p>", "", "page"),
        ("<p>公告：{token}0</p>", "", None),
        ("<p>没有</p>", "", None),
        ("<p>{token}</p>", "User-agent: *\nDisallow: /shop/", None),
    ],
)
def test_a_merchant_proves_itself_on_its_own_page_and_not_by_its_malls_domain(
    monkeypatch: pytest.MonkeyPatch, page: str, robots: str, found: str | None
) -> None:
    token, asked = "kamengwatch-proof=abcdef123456", []

    async def got(session: object, url: str, longest: int = 0) -> tuple[int, str, bytes]:
        asked.append(url)
        body = robots if url.endswith("robots.txt") else page.format(token=token)
        return 200, "text/plain", body.encode()

    async def records(name: str) -> list[str]:
        raise AssertionError("the mall's name server answers for the mall")

    monkeypatch.setattr(ownership_check, "_get", got)
    guard = Guard(sandbox=False, allowed_hosts=[])
    assert ownership_check.prove(GOOD, token, guard, records).found == found
    assert not [url for url in asked if "well-known" in url]


def test_the_words_above_the_card_name_the_unit(data: Path) -> None:
    snapshot = Snapshot.latest(data)
    assert "商户" in site_search.understood(site_search.find(snapshot, GOOD).query, "zh")[0]
    assert "merchant" in site_search.understood(site_search.find(snapshot, GOOD).query, "en")[0]
    assert verdict_card.filing_short({"host": GOOD, "filing_state": "unknown"}, "zh") == "属于商城"


def test_the_page_of_a_mall_lists_its_merchants_and_a_merchants_leads_to_its_mall(data: Path) -> None:
    shown = words(open_page("site", host=MALL))
    assert "这个商城里的商户" in shown
    assert GOOD in shown and BAD in shown
    shown = words(open_page("site", host=f"https://{GOOD}/?invite=77"))
    assert f"看商城 {MALL} 的页面" in shown
    assert "invite" not in shown
    assert "商城" not in words(open_page("site", host=snapshots.ORANGE))


def test_the_search_says_merchant_or_platform(data: Path) -> None:
    assert f"商户 · 在商城 {MALL} 里" in words(open_page(q=GOOD))
    assert "平台 · 商城" in words(open_page(q=f"https://{MALL}/item/990077"))
