"""Every page as a reader meets it: full, empty, missing, damaged, hostile, in both languages."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import re
from html import unescape
from pathlib import Path

import pytest
from streamlit.util import calc_hash

from dashboard import app_pages, page_list
from dashboard.components import site_sections
from dashboard.presenters import translations
from scoring.snapshot.reader import whole_points
from tests.support.markets import snapshots
from tests.support.servers.streamlit_app import AppTest

APP = Path(app_pages.__file__).parent.parent / "app.py"
PAGES = [page.url_path for page in page_list.discover()]
VERDICT_WORDS = {
    snapshots.BLUE: ("蓝·目前未见明显异常", "Blue · Nothing notable seen"),
    snapshots.YELLOW: ("黄·有疑点", "Yellow · Questions to resolve"),
    snapshots.ORANGE: ("橙·高风险迹象", "Orange · High-risk signs"),
    snapshots.RED: ("红·严重警示", "Red · Severe warning"),
    snapshots.GREY: ("灰·证据不足，不予评级", "Grey · Not rated: too little evidence"),
}


def open_page(url_path: str = "", **query: str) -> AppTest:
    """The page after its first run, with the given query parameters."""
    at = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in query.items():
        at.query_params[name] = value
    at._page_hash = calc_hash(url_path) if url_path else ""
    return at.run()


def shown(at: AppTest) -> str:
    """The HTML a reader gets, styles left out."""
    assert not at.exception, at.exception
    return "\n".join(h.value for h in at.html if not h.value.startswith("<style>"))


def words(at: AppTest) -> str:
    """The same as plain text."""
    whole = re.sub(r'<span class="kw-nb[^"]*">(.*?)</span>(<wbr>)?', r"\1", shown(at))
    return unescape(re.sub(r"<[^>]+>", " ", whole))


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """Data folders nothing is written to: with a full snapshot, and with an empty one."""
    made = {"full": snapshots.unwritten(), "empty": tmp_path_factory.mktemp("empty")}
    snapshots.build(made["empty"], rows=snapshots.empty())
    return made


@pytest.fixture
def full(folders, data_dir, monkeypatch) -> Path:
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(folders["full"]))
    return (folders["full"] / "snapshots/latest").resolve()


@pytest.fixture
def empty(folders, data_dir, monkeypatch) -> None:
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(folders["empty"]))


@pytest.mark.parametrize(
    ("lang", "host"), [("en", snapshots.ORANGE), ("zh", snapshots.HOSTILE_HOST)], ids=["en", "zh-hostile"]
)
@pytest.mark.parametrize("url_path", PAGES)
def test_a_full_snapshot_shows_every_page_with_its_date_and_hostile_text_stays_text(
    full, url_path, lang, host
):
    at = open_page(url_path, lang=lang, host=host, **({"q": host} if lang == "zh" else {}))
    content, markup = words(at), shown(at)
    assert "2026-11-21" in content
    assert translations.say(lang, "app.demo") in content
    assert translations.say(lang, "app.failed_title") not in content
    assert len(re.findall("<h1>", markup)) == 1
    for forbidden in ("<script", "<img", 'href="javascript:', "\u202e", "\u200b"):
        assert forbidden not in markup
    assert "长" * 500 not in markup, "a name of 10,000 characters is cut"
    assert all("window.hacked" not in m.value for m in at.markdown)


@pytest.mark.parametrize("lang", ["zh"])
@pytest.mark.parametrize("url_path", PAGES)
def test_an_empty_snapshot_shows_every_page(empty, url_path, lang):
    content = words(open_page(url_path, lang=lang, host=snapshots.ORANGE, q=snapshots.ORANGE))
    assert translations.say(lang, "app.failed_title") not in content
    assert "2026-11-21" in content
    if url_path in ("", "rank", "alerts", "sector", "status"):
        assert translations.say(lang, "app.empty") in content, "it says what to do next"


@pytest.mark.parametrize("url_path", PAGES)
def test_without_a_snapshot_every_page_says_so(data_dir, url_path):
    content = words(open_page(url_path, host=snapshots.ORANGE, site=snapshots.ORANGE))
    assert translations.say("zh", "app.missing_title") in content
    assert f"没有 {snapshots.ORANGE} 的记录" not in content, "what is on record cannot be read"
    assert translations.say("zh", "app.failed_title") not in content


@pytest.mark.parametrize("damage", ["truncated", "gone", "manifest"])
@pytest.mark.parametrize("url_path", ["", "site", "rank"])
def test_a_damaged_snapshot_shows_a_message_and_no_verdict(data_dir, url_path, damage):
    full = snapshots.build(data_dir)
    if damage == "truncated":
        (full / "ratings.parquet").write_bytes((full / "ratings.parquet").read_bytes()[:300])
    elif damage == "gone":
        (full / "evidence.parquet").unlink()
    else:
        (full / "manifest.json").write_text("{")
    content = words(open_page(url_path, host=snapshots.ORANGE, q=snapshots.ORANGE))
    assert translations.say("zh", "app.damaged_title") in content
    assert "橙·高风险迹象" not in content
    assert str(full.parent) not in content


@pytest.mark.parametrize("host", VERDICT_WORDS)
@pytest.mark.parametrize("lang", translations.LANGUAGES)
def test_check_shows_the_verdict_with_everything_that_belongs_to_it(full, host, lang):
    content = words(open_page(q=host, lang=lang))
    assert VERDICT_WORDS[host][translations.LANGUAGES.index(lang)] in content
    for key in ("card.filing", "card.drop_rate", "card.warning", "card.blind", "card.response_title"):
        assert translations.say(lang, key) in content
    assert translations.say(lang, "card.as_of", date="2026-11-21") in content


def test_an_unknown_site_is_grey_with_a_self_check_and_near_misses(full):
    at = open_page(q="chenq.test")
    content = words(at)
    assert "灰·尚未收录" in content
    assert "尚未收录。没有记录不代表可靠。" in content
    assert "60 秒自查" in content
    assert "kw-card kw-grey" in shown(at)
    assert "橙子卡盟" in content, "a site one letter away is offered"


@pytest.mark.parametrize("host", ["10.0.0.1", "printer.local", "gov.cn", "co.uk"])
def test_what_can_be_nobodys_own_site_is_not_offered_to_be_looked_at(full, host):
    asked, of_another = ({button.label for button in open_page(q=q).button} for q in (host, "nobody.example"))
    assert {"请求收录"} <= of_another - asked
    assert "灰·尚未收录" in words(open_page(q=host))


def test_a_name_shared_by_two_sites_lists_both(full):
    content = words(open_page(q="蓝天卡盟"))
    assert snapshots.BLUE in content and "lan-b.test" in content


def test_a_filing_number_finds_its_sites_whatever_its_last_part(full):
    assert snapshots.BLUE in words(open_page(q="粤ICP备18046372号"))


def test_only_the_host_of_a_pasted_address_stays_in_the_address_bar(full):
    at = open_page()
    at.text_input(key="q").set_value("快来 https://cheng.test/order?id=20261121000123 充值").run()
    assert at.text_input(key="q").value == snapshots.ORANGE
    assert at.query_params["q"] == snapshots.ORANGE
    assert "橙·高风险迹象" in words(at)
    assert "20261121000123" not in shown(at)


def test_the_unrated_stay_in_sight_under_every_tier(full):
    for tier in ("", "1", "3"):
        content = words(open_page("rank", tier=tier))
        assert "不予评级（灰）" in content
        assert snapshots.GREY in content


def test_ranking_order_is_tier_then_lower_bound(full):
    markup = shown(open_page("rank"))
    order = re.findall(r"site\?host=([a-z.-]+)\"", markup)
    assert order[:2] == [snapshots.BLUE, "lan-b.test"]
    assert order.index(snapshots.ORANGE) < order.index(snapshots.CLOSED) < order.index(snapshots.RED)
    assert order.index(snapshots.RED) < order.index(snapshots.GREY)


def test_ranking_filters_come_from_the_address(full):
    at = open_page("rank", warning="alarm")
    assert '<option value="alarm" selected>' in shown(at)
    assert snapshots.RED in words(at)
    assert f"host={snapshots.BLUE}" not in shown(at)
    assert f"host={snapshots.BLUE}" in shown(open_page("rank"))
    at = open_page("rank", text="橙子")
    assert snapshots.ORANGE in words(at) and snapshots.RED not in words(at)


def test_ranking_can_be_sorted_both_ways_and_says_which(full):
    names = re.compile(r'site\?host=([a-z.-]+)"')
    by_score = shown(open_page("rank", sort="score"))
    rising = shown(open_page("rank", sort="score", way="up"))
    rated = len(names.findall(by_score.partition('id="unrated"')[0]))
    first, last = (names.findall(page)[:rated] for page in (by_score, rising))
    assert 'aria-sort="descending"' in by_score and 'aria-sort="ascending"' in rising
    scores = {r["host"]: r["score"] for r in snapshots.ratings()}
    assert [scores[h] for h in first] == sorted((scores[h] for h in first), reverse=True)
    assert [scores[h] for h in last] == sorted(scores[h] for h in last)


def test_ranking_pages_keep_their_place_in_the_address(data_dir):
    many = [snapshots.rating(f"s{n:03}.test", score_low=90 - n / 10) for n in range(60)]
    snapshots.build(data_dir, rows={"ratings": many})
    assert "s000.test" in words(open_page("rank"))
    second = words(open_page("rank", page="2"))
    assert "s025.test" in second and "s000.test" not in second


def test_alerts_are_dated_those_of_the_week_come_first_and_the_period_is_chosen(full):
    content = words(open_page("alerts", days="7"))
    assert "2026-11-20" in content and "2026-11-17" in content and "2026-09-02" not in content
    whole = words(open_page("alerts", days="all"))
    assert max(whole.index("2026-11-20"), whole.index("2026-11-17")) < whole.index("2026-09-02")


def test_alerts_unasked_tell_what_a_site_did_across_an_interruption_of_our_data(data_dir):
    """alarm → interrupted → normal ends in normal; what came back as it was before has not changed."""
    base = snapshots.tables()["warnings"][0]
    path = [("normal", "alarm", 10), ("alarm", "stale", 12), ("stale", "normal", 14)]
    same = [("watch", "stale", 12), ("stale", "watch", 14)]
    rows = [
        base | {"host": host, "on": dt.date(2026, 11, day), "from_state": a, "to_state": b}
        for host, steps in ((snapshots.ORANGE, path), (snapshots.YELLOW, same))
        for a, b, day in steps
    ]
    snapshots.build(data_dir, rows=snapshots.tables() | {"warnings": rows})
    content = words(open_page("alerts"))
    _, _, every = content.partition("全部变化")
    assert "正常 → 警报" in every and "警报 → 数据中断 → 正常" in every
    assert snapshots.YELLOW not in every


def test_a_link_that_was_sent_keeps_no_message_in_the_address(full):
    at = open_page(q=f"看看这个 https://{snapshots.ORANGE}/pay?order=778899 靠谱吗")
    assert "橙·高风险迹象" in words(at) and "已去掉网址中的路径和参数" in words(at)
    assert at.query_params["q"] == [snapshots.ORANGE] or at.query_params["q"] == snapshots.ORANGE


def test_site_page_shows_evidence_with_dates_and_hash(full):
    markup = shown(open_page("site", host=snapshots.ORANGE))
    assert 'id="e-E-1"' in markup and 'capture=E-1#capture"' in markup
    piece = shown(open_page("site", host=snapshots.ORANGE, capture="E-2"))
    assert "https://source.example/2" in piece
    assert re.search(r"\b[0-9a-f]{64}\b", piece)


def test_points_taken_away_by_a_rule_are_shown_with_their_sign(full):
    content = words(open_page("site", host=snapshots.ORANGE))
    assert "封顶与降级规则" in content and "−1.5" in content
    named = {"": "unscored", "A": "A"}
    assert {d: site_sections._group({"dimension": d, "indicator": "said_elsewhere"}) for d in named} == named


def test_the_site_page_says_what_would_change_the_tier(full):
    assert snapshots.WOULD_BE_BETTER in words(open_page("site", host=snapshots.ORANGE))


def test_the_menu_keeps_english(full):
    at = open_page(lang="en")
    del at.query_params["lang"]
    at.run()
    assert "Check a card-trading site before you pay" in words(at)
    assert at.query_params["lang"] == "en"


def test_a_new_snapshot_is_picked_up_without_a_restart(data_dir):
    snapshots.build(data_dir)
    at = open_page(q=snapshots.BLUE)
    assert "蓝·目前未见明显异常" in words(at)
    worse = [snapshots.rating(snapshots.BLUE, grade="D", verdict="橙", tier=3, warning_state="warning")]
    snapshots.build(data_dir, name="20261122T080000-2026.11.1", rows={"ratings": worse})
    assert "橙·高风险迹象" in words(at.run())


def test_real_data_carries_no_demonstration_mark(data_dir):
    snapshots.build(data_dir, demo=False)
    at = open_page()
    assert "演示数据" not in words(at)
    assert not any("演示数据" in h.value for h in at.html)


def test_every_page_file_declares_what_the_menu_needs():
    found = page_list.discover()
    files = {f.stem for f in Path(app_pages.__file__).parent.glob("*.py")} - {"__init__"}
    assert {page.module for page in found} == files
    assert len({page.url_path for page in found}) == len(found)
    assert [page.url_path for page in found if page.url_path == ""] == [""]


def test_pages_import_no_database_and_no_other_room():
    allowed = {
        "scoring.snapshot.reader",
        "store.text.query",
        "store.redaction.redact",
        "store.complaint_kinds.classify",
        "store.text.safe_text",
        "store.settings",
    }
    rooms = {"store", "scoring", "crawler", "kamengwatch", "sandbox", "sqlalchemy"}
    for file in APP.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name.split(".")[0] not in rooms or name in allowed, f"{file.name} imports {name}"


def test_the_examples_of_the_data_page_can_be_tried(full):
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from dashboard.web.api import ROUTES

    client = TestClient(Starlette(routes=ROUTES))
    for path in re.findall(r'href="\./((?:api|badge|s|feeds|download)/[^"]+)"', shown(open_page("data"))):
        answer = client.get("/" + path.replace("&amp;", "&"))
        assert answer.status_code == 200, (path, answer.text)


def test_the_card_carries_its_site_to_the_next_pages(full):
    html = shown(open_page("", q="cheng.test"))
    for path in (
        "help?site=cheng.test",
        "compare?h=cheng.test",
        "appeals?site=cheng.test",
        "follow?host=cheng.test",
    ):
        assert f'href="./{path}"' in html
    at = open_page("appeals", site="cheng.test")
    assert [box.value for box in at.text_input if box.key.startswith("answer-site")] == ["cheng.test"]


def test_how_to_follow_a_site_is_explained_with_its_address(full):
    html = shown(open_page("follow", host="cheng.test"))
    assert 'href="./feeds/cheng.test.atom"' in html and 'href="./feeds/all.atom"' in html
    unknown = shown(open_page("follow", host="nobody.example"))
    assert "feeds/nobody" not in unknown and "还没有收录" in unknown


@pytest.mark.parametrize(
    "host, lang", [(snapshots.BLUE, "zh"), (snapshots.ORANGE, "en"), (snapshots.RED, "zh")]
)
def test_the_figures_of_one_site_agree_wherever_they_are_told(full, host, lang, capsys):
    """Verdict, day, score, complaints, state and drop rate, rounded alike: pages and their first bytes, ranking, API, static page,
    command line, text and tags to share, CSV, badge."""
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from dashboard import first_paint
    from dashboard.presenters import current_snapshot, share_card, verdict_card
    from dashboard.web.api import ROUTES
    from tests.support.programs.in_process_cli import command

    row = next(r for r in snapshots.ratings() if r["host"] == host)
    client = TestClient(Starlette(routes=ROUTES))
    more = {"lang": "en"} if lang == "en" else {}
    line = re.search(
        rf'<tr role="row"><td[^>]*><a href="\./site\?host={host}[^"]*">.*?</tr>',
        shown(open_page("rank", **more)),
        re.S,
    )
    early = {
        path: first_paint.shown(f"/{path}", f"{name}={host}&lang={lang}", lang)
        for path, name in (("", "q"), ("site", "host"))
    }
    checked = client.get("/api/v1/check", params={"q": host} | more).json()["cards"][0]
    whole = client.get(f"/api/v1/sites/{host}", params=more).json()["card"]
    sheet = next(
        r for r in csv.DictReader(io.StringIO((full / "ratings.csv").read_text("utf-8"))) if r["host"] == host
    )
    card = share_card.card_of(current_snapshot.current(), host, lang)
    assert checked == whole, "the card of a question and of a site"

    def flat(html: str) -> str:
        return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S)).split())

    def told(answer: dict) -> str:
        return " ".join(str(answer[k]) for k in ("word", "as_of", "score", "warning", "figures", "drop_rate"))

    static = (full / "s" / f"{host}.html").read_text("utf-8").partition("<body>")[2]
    places = {
        "check page": flat(shown(open_page(q=host, **more))),
        "site page": flat(shown(open_page("site", host=host, **more))),
        "first bytes of check": flat(early[""].body),
        "first bytes of site": flat(early["site"].body),
        "ranking": flat(line[0]),
        "API check": told(checked),
        "API site": told(whole),
        "static page": flat(static),
        "command line": command(capsys, "check", host, "--data-dir", full.parent.parent, "--lang", lang).out,
        "text to share": share_card.text(card),
        "tags of previews": unescape(early["site"].head),
        "CSV": f"{sheet['verdict']} {sheet['as_of']} {whole_points(float(sheet['score']))}",
        "badge": unescape(client.get(f"/badge/{host}.svg", params=more).text),
    }

    def say(key: str, **values: object) -> str:
        return translations.say(lang, key, **values)

    word = say(f"verdict.{verdict_card.STATES[row['verdict']].code}")
    state = translations.word(lang, "warning", row["warning_state"])
    recent, total = row["complaints_30d"], row["complaints_total"]
    complained = say("card.complained", recent=recent, total=total)
    short = {
        "ranking": say(f"rank.colour_{verdict_card.STATES[row['verdict']].code}"),
        "CSV": row["verdict"],
        "badge": row["verdict"],
    }
    figures = (
        "check page",
        "site page",
        "first bytes of check",
        "first bytes of site",
        "API check",
        "API site",
        "static page",
        "command line",
    )
    for place, said in places.items():
        assert short.get(place, word) in said, place
        if place != "ranking":  # whose caption has the day, for every line
            assert row["as_of"].isoformat() in said, place
        if place in (*figures, "ranking", "CSV"):
            assert re.search(rf"(?<!\d){whole_points(row['score'])}(?!\d)", said), place
        if place in ("check page", "site page", "static page"):
            assert f"{whole_points(row['score_low'])}–{whole_points(row['score_high'])}" in said, place
        if place in (*figures, "ranking"):
            assert state in said, place
        if place in (*figures, "text to share"):
            assert complained in " ".join(said.split()), place
            if place != "static page":  # which has the sentence of the snapshot
                assert verdict_card.drop_short(row, lang) in said, place
    assert (
        f"{recent} / {total}" in places["ranking"] and verdict_card.drop_line(row, lang) in places["ranking"]
    )
    assert [sheet["complaints_30d"], sheet["complaints_total"]] == [str(recent), str(total)]
