"""The site page as a reader meets it: what each section says, with data and without, and what was known on a day."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.testclient import TestClient

from crawler import ownership_check
from crawler.guard import Guard
from dashboard.components import shared_tables, site_evidence, site_sections
from dashboard.first_paint import Paper
from dashboard.presenters import site_data, site_search, verdict_card
from dashboard.presenters.translations import LANGUAGES, say
from dashboard.web.api import ELSE, ROUTES
from scoring.engine.rate import rate
from scoring.publish.publisher import publish
from scoring.snapshot.reader import LATER, Snapshot, SnapshotError
from store.db.tables import Correction, Dispute, Review
from store.text.query import file_stem, site_files
from tests.dashboard.pages.test_dashboard_pages import open_page, shown, words
from tests.support.markets import snapshots
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.records import HOST, complaint, platform, probe
from tests.support.programs.in_process_cli import command

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
        say(lang, "site.refunds_finding", n=40, share="75%", sector="83%"),
        say(lang, "site.prices_finding", count=1, below=1, product="月卡", ratio="80%"),
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


def test_an_english_reader_is_told_in_english_what_was_taken_out_of_a_capture(full):
    (full / "captures" / f"{SHA}.txt").write_text("等了三天，打 [手机号#1] 没人接", "utf-8")
    assert "[mobile number 1]" in words(open_page("site", host=snapshots.ORANGE, capture="E-9", lang="en"))
    assert "[手机号#1]" in words(open_page("site", host=snapshots.ORANGE, capture="E-9"))


def test_who_follows_a_sentence_reads_on_from_one_piece_of_its_evidence_to_the_next():
    sentences = [("甲说。", ("a", "b")), ("乙说", ("b", "c", "d")), ("丙说", ("e",))]

    def beside(identity: str, of: str = "") -> dict[str, str]:
        return site_evidence._beside(Paper("zh", None, None, {"of": [of]}), "x.test", identity, sentences)

    assert "乙说" in beside("b")["words"] and "3 条证据，这是第 1 条" in beside("b")["words"]
    assert "capture=c" in beside("b")["after"] and beside("b")["before"] == ""
    assert "“甲说”" in beside("b", "0")["words"] and "of=0" in beside("b", "0")["before"]
    assert "capture=c" in beside("d", "99")["before"] and beside("d")["after"] == ""
    assert beside("e") == {} and beside("nothing") == {}, "one piece alone has no neighbours"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_complaints_about_a_promise_without_a_limit_are_not_told_as_none_late(lang):
    row = {"kept": 0, "broken": 0, "complaints": 32, "complaints_in_time": 0, "complaints_overdue": 0}
    paper = Paper(lang, None, None, {})
    assert site_sections._performance(paper, row) == say(lang, "site.promise_open", n=32)
    told = site_sections._performance(paper, row | {"complaints_overdue": 6})
    assert told == say(lang, "site.promise_complaints", n=32, settled=0, overdue=6)


@pytest.mark.parametrize(
    ("sha256", "archive", "why"),
    [("../../manifest", "a", "bad_hash"), ("cd" * 32, "a", "not_here"), (None, None, "none_kept"), ("ef" * 32, "a", "picture")],
)  # fmt: skip
def test_a_capture_that_cannot_be_shown_says_why_and_opens_nothing_else(full, sha256, archive, why):
    (full / "captures" / f"{'ef' * 32}.txt").write_text("�PNG��", "utf-8")
    piece = {"sha256": sha256, "archive": archive}
    assert site_evidence.read(Snapshot(full), piece).why == f"capture.{why}"


FEED = ('{"lists": [{"main": {"sn": "17390000001", "title": "乙店没到账", "summary": "乙店的事"}}, '
        '{"main": {"sn": "17390000002", "title": "甲店没到账", "summary": "甲店 {括号} 的事", "url": "//x/view/17390000002/?sld=0123456789abcdef"}}, {"main": {"sn": "1739')  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "identity", "link", "shown", "hidden"),
    [
        (FEED, "complaint", "complaint:heimao:17390000002", "https://x.test/view/17390000002/", "甲店 {括号} 的事", "乙店"),
        (FEED.replace("17390000002", "[手机号#2]"), "complaint", "complaint:heimao:17390000002", "https://x.test/1?sld=0123456789abcdef", "甲店没到账", "乙店"),
        (FEED, "complaint", "complaint:heimao:17390000009", "https://x.test/view/17390000009/", None, "乙店"),
        ("other.test\na.test 欠款\nthird.test", "penalty", "penalty:lists:a.test:2026-01-01:ab", None, "a.test 欠款", "other.test"),
        ("other.test\nthird.test", "penalty", "penalty:lists:a.test:2026-01-01:ab", None, None, "other.test"),
        ('{"list": [{"domain": "a.test", "unitName": "甲示例公司"}]}', "filing", "filing:icp:a.test:2026-01-01", None, "甲示例公司", "{"),
        ('{"total": 2, "hits": [{"_source": {"id": 1016087, "title": "a.test 没发货", "created": "2026-10-26"}}, {"_source": {"id": 1013028, "title": "别的帖子"}}]}',
         "mention", "mention:forums:1016087", None, "a.test 没发货", "别的帖子"),
        ('{"code":0,"yxts":437,"orders":"59362","orders1":"58737","gift":[]}', "orders", "orders:storefront:a.test:2026-10-25T200000", None, "59362\n58737", "yxts"),
        ("首页\n公告\n营业中", "page", "page:storefront:a.test:2026-01-01T000000:home", None, "营业中", "\0"),
    ],
)  # fmt: skip
def test_of_a_list_only_the_record_that_is_meant_is_shown(text, kind, identity, link, shown, hidden):
    piece = {"id": identity, "kind": kind, "link": link, "host": "a.test", "claim_zh": ""}
    found = site_evidence.passage(text, piece)
    said = "\n".join([*(value for _, value in found.fields), *found.lines])
    assert hidden not in said
    assert (shown in said) if shown else (said == "" and found.why == "capture.not_found")


def test_bands_are_cut_where_the_method_changed():
    change = {"cause": "method", "on": DAY, "from": "1", "to": "2"}
    first, last = DAY - dt.timedelta(days=9), DAY + dt.timedelta(days=3)
    assert site_data.methods([change], first, last, "2") == [(first, DAY, "1"), (DAY, last, "2")]
    assert site_data.methods([], first, last, "2") == [(first, last, "2")]


@pytest.mark.parametrize(("lang", "name"), [("zh", "异次元发卡 3.6.0"), ("en", "acg-faka 3.6.0")])
def test_the_software_is_named_with_the_version_its_pages_print(full, lang, name):
    page = shown(open_page("site", host=snapshots.BLUE, lang=lang))
    assert say(lang, "site.software", name=name) in page


# What the rated and the public handed in, as everybody sees it: objections with both clocks, corrections everywhere, reports of tier D.


REPLY_DAY = dt.date(2026, 3, 30)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot, Snapshot, str]:
    """A site published twice: before, and after an objection, a correction and reports came in."""
    folder = tmp_path_factory.mktemp("told")
    engine = database(folder, [platform(), complaint(1), *(probe(day) for day in (1, 2))])
    rate(engine, folder, REPLY_DAY, NOW, history=False)
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
    rate(engine, folder, REPLY_DAY, NOW, history=False)
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
    assert "更正。备案号已更正" not in page, "an outcome that the sentence says is not said again before it"
    assert "备案号已更正" not in (before.path / "s" / f"{host}.html").read_text("utf-8")


def test_a_badge_says_for_thirty_days_that_something_was_corrected(data_dir: Path) -> None:
    folder = snapshots.build(data_dir)
    assert "2026-10-30 有更正" in (folder / "badges" / f"{snapshots.BLUE}.svg").read_text("utf-8")
    assert "更正" not in (folder / "badges" / f"{snapshots.YELLOW}.svg").read_text("utf-8")


def test_both_clocks_are_shown_with_dates_and_what_is_late_is_said(data_dir: Path) -> None:
    # 2026-11-19 is a Thursday: two working days end on Monday, seven on Monday the 30th.
    assert shared_tables.due(dt.date(2026, 11, 19)) == (dt.date(2026, 11, 23), dt.date(2026, 11, 30))
    snapshots.build(data_dir)
    shown = " ".join(words(open_page("appeals")).split())
    assert "期限 2026-11-23" in shown and "期限 2026-11-30" in shown and "异议处理中" in shown
    assert "2026-10-27" in shown and "更正" in shown
    assert "没有权重" in say("zh", "report.intro")
    late = [{"host": snapshots.ORANGE, "about": "备案", "received_on": dt.date(2026, 10, 12), "acknowledged_on": None,
             "decided_on": None, "outcome": None}]  # fmt: skip
    snapshots.build(data_dir, "20261121T090000-later", {"disputes": late})
    assert words(open_page("appeals")).count("已超期") == 2


@pytest.mark.parametrize("typed", ["icp_filing", "ICP 备案", "ICP filing"])
def test_what_an_objection_concerns_is_said_in_the_reader_s_language(data_dir: Path, typed: str) -> None:
    one = {"host": snapshots.ORANGE, "about": typed, "received_on": dt.date(2026, 11, 19), "acknowledged_on": None, "decided_on": None, "outcome": None}  # fmt: skip
    finding = next(f for f in snapshots.tables()["findings"] if f["indicator"] == "icp_filing")
    snapshots.build(data_dir, "20261121T090000-later", {"disputes": [one]})
    for lang in ("zh", "en"):
        at = open_page("appeals", lang=lang)
        assert f">{finding[f'title_{lang}']}<" in "".join(str(part.value) for part in at.html)


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


# A merchant and its mall as readers meet them: card, API, files, badge, feed and page.


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
    assert "商城 · 里面有多家商户" in command(capsys, "check", MALL).out
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
    assert "商城 · 里面有多家商户" in words(open_page(q=f"https://{MALL}/item/990077"))


def test_terms_are_compared_line_by_line_between_two_archived_days(data_dir):
    old, new = "ab" * 32, "ba" * 32
    evidence = [
        {"id": f"page:storefront:{snapshots.ORANGE}:{on}:terms", "host": snapshots.ORANGE, "kind": "page", "tier": "B", "claim_zh": "存档页面",
         "claim_en": "page", "source": "storefront", "event_on": on, "seen_at": snapshots.SEEN, "sha256": sha, "archive": "a", "offset": 1}
        for on, sha in ((dt.date(2026, 9, 1), old), (dt.date(2026, 10, 1), new))
    ]  # fmt: skip
    folder = snapshots.build(data_dir, rows={"evidence": evidence})
    (folder / "captures").mkdir()
    (folder / "captures" / f"{old}.txt").write_text("一、说明\n余额可以提现", "utf-8")
    (folder / "captures" / f"{new}.txt").write_text("一、说明\n余额不能提现", "utf-8")
    at = open_page("site", host=snapshots.ORANGE)
    assert "<del>− 余额可以提现</del>" in shown(at) and "<ins>+ 余额不能提现</ins>" in shown(at)
    assert "服务条款：2026-09-01 → 2026-10-01" in words(at)
