"""The API beside the app: answers, problem documents, caching, and the same caution as the pages."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.forms import inbox, records, report_codes
from dashboard.web import api, look_api, rate_limit, report_api, schemas
from dashboard.web.api import ELSE, ROUTES
from dashboard.web.gate import Gate
from tests.support.markets import snapshots


@pytest.fixture
def client(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A reader of the usual snapshot; nothing may be written there."""
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(snapshots.unwritten()))
    return TestClient(Gate(Starlette(routes=[*ROUTES, *ELSE]), ROUTES))


@pytest.fixture
def own(data_dir: Path) -> TestClient:
    """A reader of a snapshot of this test alone, in `data_dir`."""
    snapshots.build(data_dir)
    return TestClient(Gate(Starlette(routes=[*ROUTES, *ELSE]), ROUTES))


def test_check_returns_the_card_with_what_was_understood(client):
    body = client.get("/api/v1/check", params={"q": "https://cheng.test/a?order=1"}).json()
    assert body["understood"]["host"] == snapshots.ORANGE
    card = body["cards"][0]
    assert (card["code"], card["word"], card["warning_state"]) == ("orange", "橙·高风险迹象", "warning")
    assert card["filing"] and card["drop_rate"] and card["as_of"] == "2026-11-21"
    assert "order=1" not in json.dumps(body)


def test_an_unknown_site_is_grey_and_not_an_error(client):
    answer = client.get("/api/v1/check", params={"q": "nobody.test", "lang": "en"})
    assert answer.status_code == 200
    assert answer.json()["cards"][0]["code"] == "grey"
    assert answer.json()["cards"][0]["known"] is False


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/check", 400),
        ("/api/v1/check?q=", 400),
        ("/api/v1/sites/nobody.test", 404),
        ("/api/v1/sites/cheng.test/secrets", 404),
        ("/api/v1/rank?page=x", 400),
        ("/api/v1/events?since=yesterday", 400),
        ("/api/v1/nothing", 404),
        ("/api/nothing", 404),
        ("/download/ratings.exe", 404),
        ("/download/secrets.csv", 404),
        ("/s/nobody.test.html", 404),
        ("/snapshot/../../etc/passwd", 404),
        ("/snapshot/manifest.json.bak", 404),
    ],
)
def test_errors_are_problem_documents(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    if path.startswith(("/api/", "/download/")):
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert {"type", "title", "status"} <= set(answer.json())


@pytest.mark.parametrize("damage", ["nothing published", "truncated"])
def test_without_a_readable_snapshot_everything_says_so(data_dir, damage):
    if damage == "truncated":
        folder = snapshots.build(data_dir)
        (folder / "ratings.parquet").write_bytes(b"PAR1")
    client = TestClient(Starlette(routes=ROUTES))
    for path in ("/healthz", "/api/v1/check?q=a.test", "/api/v1/rank", "/feeds/all.atom", "/s/a.test.html"):
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert str(data_dir) not in answer.text
    for lang, words in (("zh", "付了款没到账怎么办"), ("en", "Paid but nothing arrived?")):
        page = client.get("/s/a.test.html", params={"lang": lang}, headers={"Accept": "text/html,*/*;q=0.8"})
        assert page.status_code == 503 and page.headers["content-type"].startswith("text/html")
        assert words in page.text and 'href="../help?site=a.test' in page.text, (
            "who follows a link gets no JSON"
        )


def test_an_unchanged_snapshot_is_not_sent_twice(own, data_dir):
    first = own.get("/api/v1/rank")
    tag = first.headers["etag"]
    assert own.get("/api/v1/rank", headers={"If-None-Match": tag}).status_code == 304
    snapshots.build(data_dir, name="20261122T080000-2026.11.1")
    assert own.get("/api/v1/rank", headers={"If-None-Match": tag}).status_code == 200


def test_what_was_erased_from_a_snapshot_is_no_longer_the_same_answer(own, data_dir):
    before = own.get("/s/cheng.test.html")
    folder = (data_dir / "snapshots/latest").resolve()
    (folder / "s/cheng.test.html").write_text("<p>…</p>")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"content_sha256": "ab" * 32}), "utf-8")
    after = own.get("/s/cheng.test.html", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200 and after.text == "<p>…</p>"


def test_an_answer_that_is_not_sent_again_says_how_long_it_holds(client):
    first = client.get("/badge/cheng.test.svg")
    again = client.get("/badge/cheng.test.svg", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    for name in ("etag", "cache-control", "access-control-allow-origin"):
        assert again.headers[name] == first.headers[name]


def test_what_lies_outside_the_snapshot_is_not_served_whatever_its_list_says(own, data_dir):
    folder, secret = (data_dir / "snapshots/latest").resolve(), data_dir / "secret.txt"
    secret.write_text("secret")
    for name in ("s/cheng.test.html", "badges/cheng.test.svg", "feeds/cheng.test.atom", "ratings.csv"):
        assert own.get(f"/snapshot/{name}").status_code == 200
        (folder / name).unlink()
        (folder / name).symlink_to(secret)
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  ../../secret.txt\n{'0' * 64}  {secret}\n")
    asked = (
        "s/cheng.test.html",
        "ratings.csv",
        "badges/cheng.test.svg",
        "%2e%2e/%2e%2e/secret.txt",
        f"/{secret}",
    )
    for path in (
        *(f"/snapshot/{name}" for name in asked),
        "/s/cheng.test.html",
        "/badge/cheng.test.svg",
        "/feeds/cheng.test.atom",
    ):
        answer = own.get(path)
        assert answer.status_code == 404 and "secret" not in answer.text, path


def test_the_ranking_is_ordered_filtered_and_lists_the_unrated(client):
    body = client.get("/api/v1/rank").json()
    assert [s["host"] for s in body["sites"]][0] == snapshots.BLUE
    assert snapshots.GREY in [s["host"] for s in body["unrated_sites"]]
    assert {s["code"] for s in body["unrated_sites"]} == {"grey"}
    only = client.get("/api/v1/rank", params={"tier": "3"}).json()
    assert {s["code"] for s in only["sites"]} == {"orange", "red"}
    assert only["unrated"] == body["unrated"]


@pytest.mark.parametrize("part", ["evidence", "history", "response", "changes", "series"])
def test_parts_of_a_site(client, part):
    assert client.get(f"/api/v1/sites/cheng.test/{part}").json()[part]


def test_events_since_a_day(client):
    body = client.get("/api/v1/events?since=2026-11-16").json()
    assert {e["on"] for e in body["events"]} == {"2026-11-17", "2026-11-20"}


def test_the_badge_is_dated_and_escapes(client):
    badge = client.get(f"/badge/{snapshots.HOSTILE_HOST}.svg")
    root = ElementTree.fromstring(badge.text)
    assert "2026-11-21" in "".join(root.itertext())
    assert "灰" in client.get("/badge/nobody.test.json").json()["message"]
    said = root.attrib["aria-label"]
    assert said.count(snapshots.HOSTILE_HOST) == 1 and "Kameng" not in said.split("·")[0]
    words = root.findall(".//{http://www.w3.org/2000/svg}text")[1]
    assert float(words.attrib["x"]) + float(words.attrib["textLength"]) + 9 == float(root.attrib["width"])


def test_feeds_are_well_formed_and_dated_first(client):
    for path in ("/feeds/all.atom", f"/feeds/{snapshots.HOSTILE_HOST}.atom"):
        root = ElementTree.fromstring(client.get(path).text)
        titles = [t.text for t in root.iter("{http://www.w3.org/2005/Atom}title")][1:]
        assert titles and all(re.match(r"\d{4}-\d\d-\d\d ", t) for t in titles)


def test_who_follows_a_link_to_a_site_we_do_not_know_gets_a_page_that_looks_it_up(client):
    """A program is told in JSON; a reader gets a page, its search filled in, below the root the address had."""
    for path, root in (("/s/nobody.test.html", "../"), ("/s/mall.test/shop/X.html", "../../../")):
        answer = client.get(path, params={"lang": "en"}, headers={"Accept": "text/html,*/*;q=0.8"})
        assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
        assert f'action="{root}"' in answer.text and "There is no such page" in answer.text
        assert f'value="{path[3:-5]}"' in answer.text
        assert client.get(path).headers["content-type"] == "application/problem+json"


def test_the_static_page_needs_no_script_and_stays_small(client):
    for host in (snapshots.ORANGE, snapshots.HOSTILE_HOST):
        answer = client.get(f"/s/{host}.html")
        assert "<script" not in answer.text
        assert len(answer.content) < 60_000 or host == snapshots.HOSTILE_HOST
        assert 'property="og:title"' in answer.text


def test_files_of_the_snapshot_can_be_fetched_and_match_their_hash(client):
    import hashlib

    sums = client.get("/snapshot/SHA256SUMS").text
    digest, name = sums.splitlines()[0].split("  ")
    assert hashlib.sha256(client.get(f"/snapshot/{name}").content).hexdigest() == digest


def test_the_description_names_every_route_and_has_the_schema_of_every_answer(client):
    described = client.get("/api/v1/openapi.json").json()
    paths = described["paths"]
    assert {route.path.replace(":path", "") for route in ROUTES} == {*paths, "/api/v1/openapi.json"}
    for path, methods in paths.items():
        assert list(methods) == ["get"] and methods["get"]["summary"], path
        names = [p["name"] for p in methods["get"].get("parameters", ()) if p["in"] == "path"]
        assert names == re.findall(r"{(\w+)}", path)
        file = path.endswith(".png") or "/timemap/" in path
        if not file and (path.startswith("/api/") or path.endswith((".json", "healthz"))):
            assert methods["get"]["responses"]["200"]["content"]["application/json"]["schema"], path
    rating = described["components"]["schemas"]["Rating"]["properties"]
    assert {"type": "number"} in rating["score"]["anyOf"] and {"type": "integer"} in rating["tier"]["anyOf"]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/healthz", schemas.Health),
        ("/api/v1/check?q=cheng.test", schemas.Checked),
        ("/api/v1/check?q=nobody.test&lang=en", schemas.Checked),
        ("/api/v1/sites/cheng.test", schemas.Site),
        *((f"/api/v1/sites/cheng.test/{part}", model) for part, model in schemas.PARTS.items()),
        ("/api/v1/rank", schemas.Ranking),
        ("/api/v1/rank?page=", schemas.Ranking),
        ("/api/v1/rank?page=99999999999999999999&tier=9&nobody=asks", schemas.Ranking),
        ("/api/v1/events", schemas.Events),
        ("/badge/cheng.test.json", schemas.Badge),
        ("/api/v1/nothing", schemas.Problem),
        ("/api/v1/rank?page=x", schemas.Problem),
    ],
)
def test_answers_keep_to_their_models_numbers_as_numbers(client, path, model):
    model.model_validate_json(client.get(path).content, strict=True)


def test_nothing_can_be_written_through_the_api(client):
    answer = client.post("/api/v1/check")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("asked", ["W/{}", '"older", {}', "*"])
def test_a_tag_made_weak_or_listed_is_still_known(client, asked):
    tag = client.get("/api/v1/rank").headers["etag"]
    assert client.get("/api/v1/rank", headers={"If-None-Match": asked.format(tag)}).status_code == 304


def test_whole_tables_come_as_csv_for_excel_and_as_json_lines(client):
    answer = client.get("/download/ratings.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    lines = [json.loads(line) for line in client.get("/download/ratings.jsonl").text.splitlines()]
    assert [r["host"] for r in rows] == [line["host"] for line in lines] and len(rows) == 10
    assert not [v for r in rows for v in r.values() if v and v[0] in "=+@\t\r"]


def test_every_published_address_may_be_read_by_pages_of_other_sites():
    assert [path for path in api._HANDLERS if not path.startswith(rate_limit.OPEN)] == []


def test_papers_are_written_when_asked_for_and_nobody_unknown_has_one(client):
    for path, kind in (
        ("/dossier/cheng.test.pdf", b"%PDF"),
        ("/dossier/cheng.test.docx?lang=en", b"PK"),
        ("/dossier/cheng.test.txt?of=cluster", b"cheng"),
    ):
        answer = client.get(path)
        assert answer.status_code == 200 and kind in answer.content[:100], path
        assert "attachment" in answer.headers["content-disposition"]
    told = client.get("/dossier/lan.test.txt").text
    assert "异次元发卡" in told and "信用分：" in told, "the words of the site's page"
    rows = list(
        csv.DictReader(io.StringIO(client.get("/bulletins/provisions.csv").content.decode("utf-8-sig")))
    )
    assert all(r["law"] and r["verified_on"] and r["host"] for r in rows)
    client = TestClient(
        client.app, client=("192.0.2.7", 50000)
    )  # Papers are dear: another reader asks for these.
    for path in (
        "/dossier/nobody.test.pdf",
        "/dossier/cheng.test.exe",
        "/bulletins/latest.pdf",
        "/bulletins/..%2f..%2fmanifest.pdf",
        "/bulletins/week-2026-99-99.pdf",
    ):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    ("address", "body", "headers", "status"),
    [
        ("?q=unknown.test&lang=en", b"", {}, 503),  # asked, but no worker of looks lives here
        ("", b"q=unknown.test&lang=en", {}, 503),
        ("?lang=en", b"", {}, 400),
        ("?lang=en", b"q=" + b"a" * 4_000, {}, 413),
        ("?lang=en", b"0\r\n\r\n", {"transfer-encoding": "chunked", "content-length": ""}, 413),
    ],
)
def test_a_look_is_asked_for_in_the_address_or_the_body_and_a_refusal_names_what_is_wrong(
    data_dir, address, body, headers, status
):
    snapshots.build(data_dir)
    client = TestClient(Starlette(routes=look_api.ROUTES))
    sort = {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post(look_api.PATH + address, content=body, headers=sort | headers)
    assert answer.status_code == status and answer.json()["status"] == status
    assert "address" not in answer.json()["title"]


def test_a_report_is_looked_up_by_its_code_alone(data_dir, monkeypatch):
    snapshots.build(data_dir)
    monkeypatch.setattr(rate_limit, "WRONG_CODE_SECONDS", 0.01)
    monkeypatch.setattr(rate_limit, "CODE_VISITORS", rate_limit.Buckets(rate_limit.CODE_VISITOR))
    client = TestClient(Starlette(routes=report_api.ROUTES))
    code = report_codes.new_code()
    (data_dir / report_codes.KEY).write_bytes(b"k" * 32)
    day = dt.date(2026, 11, 21)
    record = records.report(
        "1" * 32,
        day,
        site="cheng.test",
        happened="drop.stuck",
        band="0-10",
        on=day,
        product="svip",
        state="open",
        code=report_codes.keyed(data_dir, code),
    )
    inbox.append(data_dir, records.line(record), day)
    told = client.post(report_api.PATH, data={"code": code.lower(), "lang": "en"})
    assert told.json()["state"] == "received" and told.headers["cache-control"] == "no-store"
    assert client.post(report_api.PATH, data={"code": code, "say": "settled"}).status_code == 202
    assert client.post(report_api.PATH, json={"code": code, "lang": "en"}).json()["said"], "as JSON, too"
    assert client.post(f"{report_api.PATH}?code={code}").status_code == 404
    assert client.get(report_api.PATH).status_code == 405, "a code never stands in an address"
    wrong = [
        client.post(report_api.PATH, data={"code": report_codes.new_code(), "say": "withdrawn"})
        for _ in range(6)
    ]
    assert {a.status_code for a in wrong} == {404, 429} and len(
        {a.text for a in wrong if a.status_code == 404}
    ) == 1
    for odd in (b"[1]", b"{", b'{"code": 1}', b"[" * 900):
        said = client.post(report_api.PATH, content=odd, headers={"Content-Type": "application/json"})
        assert said.status_code in (404, 429)
    lines = [json.loads(x) for x in (data_dir / "inbox" / f"{day}.jsonl").read_text("utf-8").splitlines()]
    assert [x["kind"] for x in lines] == ["report", "report_state"] and code not in str(lines)


def test_a_site_that_was_looked_at_has_the_card_of_its_look_wherever_it_is_asked_for(data_dir, own):
    """Alone and among several, by the API and an assistant: never “nobody has looked at it”, and an orange look before a grey one."""
    from kamengwatch.config import Config, UserError
    from kamengwatch.pipeline.look import Look
    from kamengwatch.read import assistant

    unseen = own.get("/api/v1/check", params={"q": "calm.test"})
    (data_dir / "looks").mkdir()
    for host, verdict in (("calm.test", "灰"), ("bad.test", "橙")):
        at = "2026-11-15T12:00:00+08:00"
        Look("a" * 32, host, "done", at, ended_at=at, verdict=verdict).write(data_dir / "looks")
    kept = {"If-None-Match": unseen.headers["etag"]}
    alone = own.get("/api/v1/check", params={"q": "calm.test"}, headers=kept).json()["cards"][0]
    assert alone["word"] == "灰·初查" and unseen.headers["cache-control"] == "no-cache"
    cards = own.get("/api/v1/check", params={"q": "calm.test、nobody.test，bad.test"}).json()["cards"]
    assert [(card["host"], card["word"]) for card in cards] == [
        ("bad.test", "橙·初查"),
        ("calm.test", "灰·初查"),
        ("nobody.test", "灰·尚未收录"),
    ]
    told = assistant.check(Config(data_dir), "calm.test、nobody.test，bad.test")
    assert told["word"] == "橙·初查" and [one["host"] for one in told["other_sites"]] == [
        "calm.test",
        "nobody.test",
    ]
    for nothing in ("13800138000", "老板发货吗", ""):
        with pytest.raises(UserError, match="没认出网址"):
            assistant.check(Config(data_dir), nothing)
