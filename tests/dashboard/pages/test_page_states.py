"""Every page in a real Chromium, in each state its data can be in: full, empty, stale, damaged, and nothing published.

The everyday run visits every page once, each in another combination of width, language and theme, and the first page of
two other states; the whole grid is marked soak.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from dashboard import page_list
from dashboard.help.texts import text
from dashboard.presenters.translations import say
from store.text.safe_text import plain
from tests.support.markets import snapshots
from tests.support.servers.browsing import Visit, readers, served

pytestmark = pytest.mark.browser
WIDTHS, LANGS, SCHEMES = (360, 1280), ("zh", "en"), ("light", "dark")
COMBINATIONS = list(itertools.product(WIDTHS, LANGS, SCHEMES))
MORE = {"check": ("/?q=cheng.test", "/?q=nobody.example"), "site": ("/site?host=cheng.test&on=2026-11-10&capture=E-1", "/site?host=nobody.example"),
        "compare": ("/compare?h=lan.test cheng.test hui.test",)}  # fmt: skip
PATHS = [path for page in page_list.discover() for path in (f"/{page.url_path}", *MORE.get(page.module, ()))]
STATES = ("full", "empty", "stale", "damaged-ratings", "damaged-manifest", "damaged-history", "missing")
# In a Chinese page Latin letters stand for names, formats, addresses and codes only.
NAMES = {"english", "wcag", "axe", "svip", "csv", "json", "atom", "api", "dns", "txt", "pdf", "rdap", "whois", "icp", "https", "http", "url", "sha", "xlsx",
         "warc", "openapi", "javascript", "word", "ics", "zip", "usdt", "github", "qq", "app", "kamengwatch", "publish", "crawl", "delay",
         "robots", "peer", "talk", "drop", "rate", "parquet", "wechat", "iso", "cc", "by", "yyyy", "mm", "dd", "acg", "faka", "dujiaoka",
         "manifest", "ratings", "history", "snapshots", "latest", "data", "dir", "max", "min", "post", "utc", "jsonl", "frictionless", "validate",
         "followthemoney", "ndjson", "stix", "misp", "png", "rfc", "host", "operator", "cluster",
         "feeder", "netnewswire", "thunderbird"}  # fmt: skip
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NOT_SHOWN = {
    "damaged-ratings": "app.damaged_title",
    "damaged-manifest": "app.damaged_title",
    "damaged-history": "app.damaged_title",
    "missing": "app.missing_title",
}


def prepare(data: Path, state: str) -> str:
    """Fill a data folder for a state; returns the clock its server is given."""
    data.mkdir(exist_ok=True)
    if state == "missing":
        return ""
    folder = snapshots.build(
        data, rows=snapshots.empty() if state == "empty" else None, demo=state != "stale"
    )
    if state.startswith("damaged"):
        name = {"ratings": "ratings.parquet", "manifest": "manifest.json", "history": "history.parquet"}[
            state[8:]
        ]
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])
    return "2026-12-24T12:00:00+08:00" if state == "stale" else ""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A function from a state to the address of a dashboard in it; each is started once."""
    running: dict[str, tuple[object, str]] = {}

    def of(state: str) -> str:
        if state not in running:
            data = tmp_path_factory.mktemp(state)
            context = served(data, prepare(data, state))
            running[state] = (context, context.__enter__())
        return running[state][1]

    yield of
    for context, _ in running.values():
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, shipped by a package; nothing is loaded from outside."""
    return AXE_SCRIPT


def look(visit: Visit, path: str, state: str, axe: str) -> list[str]:
    """Everything wrong with one page."""
    gone = NOT_SHOWN.get(state)
    page = visit.open(path, say(visit.lang, gone) if gone else "")
    unread = "the server responded with a status of 503" if gone else None  # which its own first bytes carry
    wrong = [f"console: {t}" for t in visit.troubles if not (unread and unread in t)]
    visit.troubles.clear()
    wrong += [f"its policy refuses {line}" for line in visit.refused()]
    expected = "zh-CN" if visit.lang == "zh" else "en"
    if page.evaluate("document.documentElement.lang") != expected:
        wrong.append("lang")
    if page.evaluate("window.hacked") or page.locator(".kw script").count():
        wrong.append("hostile text is more than text")
    if visit.overflow() > 0:
        wrong.append(f"scrolls sideways by {visit.overflow()}")
    if page.locator("[data-testid=stException]").count():
        wrong.append("exception")
    if page.locator("h1").count() != 1:
        wrong.append(f"{page.locator('h1').count()} first-level headings")
    if page.get_by_text(say(visit.lang, "app.failed_title")).count():
        wrong.append("the page failed")
    if state == "stale" and not page.locator(".kw-stale").count():
        wrong.append("does not say that its data is old")
    if visit.lang == "zh":
        wrong += [f"English: {word}" for word in english(page)]
    page.evaluate(axe)
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS)
    wrong += [
        f"axe {v['id']}: {n['target']} {n.get('failureSummary', '')[:200]}"
        for v in found["violations"]
        for n in v["nodes"][:3]
    ]
    return [f"{state} {path} {w}" for w in wrong]


def english(page) -> list[str]:
    """Latin words a Chinese reader would see that are no name, address, code or foreign text."""
    shown = page.evaluate(
        "() => { const c = document.body.cloneNode(true);"
        " for (const e of c.querySelectorAll('script,style,[data-testid=stIconMaterial],[data-testid=stFileUploaderDropzoneInstructions],code,pre,.mono,[lang=en],noscript,svg')) e.remove();"
        " document.body.append(c); const t = c.innerText; c.remove(); return t }"
    )
    for foreign in (plain(snapshots.HOSTILE), plain(snapshots.HOSTILE, 400), plain(snapshots.HOSTILE, 200)):
        shown = shown.replace(foreign, " ")
    shown = shown.replace(say("zh", "app.empty"), " ").replace("watch add", " ")
    shown = re.sub(r"<script>.*", " ", shown)
    shown = re.sub(r"\S*[./_]\S*|[A-Z]+-\d+|\b\w*\d\w*\b", " ", shown)
    return sorted({w for w in re.findall(r"[A-Za-z]{3,}", shown) if w.lower() not in NAMES})


@pytest.fixture(scope="module")
def tour(chromium, address, axe):
    """A function from a state, a combination and paths to everything wrong with those pages."""
    with readers(chromium) as reader:

        def of(state: str, combination: tuple[int, str, str], paths: list[str]) -> list[str]:
            width, lang, scheme = combination
            visit = Visit(chromium, address(state), width, scheme, lang, reader(lang))
            try:
                return [
                    f"{width} {lang} {scheme} {w}" for path in paths for w in look(visit, path, state, axe)
                ]
            finally:
                visit.page.close()

        yield of


@pytest.mark.parametrize("turn", range(len(COMBINATIONS)), ids=["-".join(map(str, c)) for c in COMBINATIONS])
def test_every_page_is_whole_in_some_width_language_and_theme(tour, turn):
    assert tour("full", COMBINATIONS[turn], PATHS[turn :: len(COMBINATIONS)]) == []


OTHERS = ("stale", "damaged-ratings")


@pytest.mark.parametrize(("turn", "state"), list(enumerate(OTHERS)), ids=OTHERS)
def test_a_page_in_other_states_is_whole(tour, turn, state):
    assert tour(state, COMBINATIONS[turn + 1], ["/"]) == []


def test_every_button_is_legible_in_the_dark(chromium, address, axe):
    visit = Visit(chromium, address("full"), 360, "dark")
    for path in ("/help", "/"):
        page = visit.open(path)
        page.locator("#root button").first.wait_for()
        page.evaluate(axe)
        found = page.evaluate("axe.run('button', {runOnly: ['color-contrast']})")
        assert found["violations"] == [] and found["passes"], path
    visit.context.close()


def test_what_is_damaged_is_named_with_the_remedy_and_no_verdict_is_shown(chromium, address):
    visit = Visit(chromium, address("damaged-ratings"), 360)
    page = visit.open("/?q=cheng.test", say("zh", "app.damaged_title"))
    page.locator("#root").get_by_text(say("zh", "app.operators")).click()
    assert page.locator("#root").get_by_text("kamengwatch publish").first.is_visible()
    assert page.locator(".kw-card").count() == 0
    visit.context.close()


def test_where_nothing_can_be_read_nothing_is_said_of_it_and_the_site_goes_along(chromium, address):
    """No “none at present”, no “our data show”; who answers for it stays in sight, and the next step knows the site."""
    for state in ("damaged-manifest", "missing"):
        visit = Visit(chromium, address(state), 360)
        page = visit.open("/appeals")
        shown = page.locator("#root").inner_text()
        assert say("zh", "appeals.none") not in shown and shown.count(say("zh", "appeals.unread")) == 2
        assert text("before", "no_peak", "zh") not in visit.open("/before").locator("#root").inner_text()
        page = visit.open("/site?host=cheng.test", say("zh", NOT_SHOWN[state]))
        page.locator("#root").get_by_text(say("zh", "app.footer")).wait_for()
        assert (
            page.locator("#root .kw-actions a[href*='help']")
            .first.get_attribute("href")
            .endswith("site=cheng.test")
        )
        assert page.locator("#root .kw-foot nav a").evaluate_all(
            "all => all.map(a => a.getAttribute('href'))"
        ) == ["./about", "./appeals"]
        page = visit.open("/rank", say("zh", NOT_SHOWN[state]))
        assert page.locator("#root .kw-nav a[aria-current]").get_attribute("href") == "./rank"
        visit.context.close()


def test_without_sites_no_page_counts_them_and_each_leads_on(chromium, address):
    visit = Visit(chromium, address("empty"), 360)
    for page_info in page_list.discover():
        if page_info.url_path in page_list.OF_SITES:
            page = visit.open(f"/{page_info.url_path}")
            main = page.locator("#root")
            assert main.get_by_text(say("zh", "app.empty_page")).count() == 1, page_info.module
            assert main.locator("form, [data-testid=stDownloadButton]").count() == 0, page_info.module
            assert main.locator(".kw-note a[href*=help]").count() == 1, page_info.module
    visit.context.close()


def test_the_last_days_of_old_data_are_not_called_the_last_days(chromium, address):
    visit = Visit(chromium, address("stale"), 360)
    shown = visit.open("/alerts").locator("#root").inner_text()
    assert "数据最后 7 天" in shown and "最近 7 天状态" not in shown
    visit.context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_tablet_clips_no_column_and_has_room_to_type(chromium, address, lang):
    visit = Visit(chromium, address("full"), 768, lang=lang)
    page = visit.open("/rank")
    assert page.locator("#root .kw-filters input[type=text]").bounding_box()["width"] > 150
    for table in page.locator("#root .kw-rank").all():
        box = table.bounding_box()
        assert box["x"] + box["width"] <= 768
        cut = "all => all.filter(c => c.clientWidth && c.scrollWidth > c.clientWidth).map(c => c.innerText)"
        assert table.locator("td:not(:first-child)").evaluate_all(cut) == []
    page = visit.open("/compare?h=lan.test cheng.test hui.test hong.test")
    table = page.locator("#root .kw-compare")
    wide = "all => all.filter(n => n.getBoundingClientRect().right > n.closest('td').getBoundingClientRect().right + 1).map(n => n.innerText)"
    assert table.locator("td *").evaluate_all(wide) == []
    widths = {round(cell.bounding_box()["width"]) for cell in table.locator("th:not(:first-child)").all()}
    assert max(widths) - min(widths) <= 1 and table.bounding_box()["width"] <= 768 - table.bounding_box()["x"]
    assert (
        page.evaluate("(m => m.scrollWidth - m.clientWidth)(document.querySelector('[data-testid=stMain]'))")
        <= 0
    )
    lines = "(e) => e.getClientRects().length"
    for number in visit.open("/?q=cheng.test").locator("#root .kw-nb").all():
        if number.is_visible():
            assert number.evaluate(lines) == 1, number.inner_text()
    page = visit.open("/appeals")
    page.get_by_test_id("stRadioOption").nth(2).wait_for()
    assert min(o.bounding_box()["height"] for o in page.get_by_test_id("stRadioOption").all()) >= 44
    visit.context.close()


def test_a_phone_s_scale_keeps_its_ticks_apart_and_evenly_spaced_and_no_choice_is_cut(chromium, address):
    visit = Visit(chromium, address("full"), 360, lang="en")
    page = visit.open("/compare?h=lan.test cheng.test")
    ticks = page.locator("#root .kw-ticks i").evaluate_all(
        "all => all.filter(i => i.offsetWidth).map(i => i.innerText)"
    )
    assert ticks == ["0", "50", "100"]
    page = visit.open("/alerts")
    for select in page.locator("#root .kw-filters select").all():
        wide = "s => { const c = s.cloneNode(true); c.style.width = 'auto'; c.style.position = 'absolute'; s.after(c); const w = c.offsetWidth; c.remove(); return w - s.offsetWidth }"
        assert select.evaluate(wide) <= 1, select.get_attribute("name")
    visit.context.close()


def test_the_keyboard_alone_goes_on_with_enter_and_sees_where_it_is(chromium, address):
    visit = Visit(chromium, address("full"), 360)
    page = visit.open("/help")
    page.locator("#root .st-key-help-site input").fill("cheng.test")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="有没有这些情况？").wait_for()
    page.wait_for_function("() => document.activeElement.tagName === 'H2'")
    assert page.locator("#root .kw-note", has_text="cheng.test").count() == 1
    page = visit.open("/rank")
    for every in page.locator("#root .kw-all").all():
        every.focus()
        label = page.locator(f"#root label[for={every.get_attribute('id')}]")
        assert abs(label.bounding_box()["y"] - every.bounding_box()["y"]) < 60
    visit.context.close()


def test_the_keyboard_goes_on_in_a_sorted_or_filtered_ranking_and_is_seen_on_boxes_to_tick(chromium, address):
    visit = Visit(chromium, address("full"), 1280, lang="en")
    page = visit.open("/rank")
    page.locator("#root .kw-rank th a", has_text="Score").press("Enter")
    page.wait_for_url("**sort=score**")
    page.wait_for_function("() => document.activeElement.closest('#root th')?.ariaSort === 'descending'")
    page.locator("#root .kw-filters input[name=text]").fill("test")
    page.keyboard.press("Enter")
    page.wait_for_url("**text=test**")
    page.wait_for_function("() => document.activeElement.matches('#root .kw-filters button')")
    seen = "e => { const style = getComputedStyle(e.closest('label')); return style.outlineStyle + style.outlineWidth }"
    page = visit.open("/appeals")
    page.locator("#root [data-testid=stRadio] input").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#root [data-testid=stRadio] input:focus").evaluate(seen) == "solid3px"
    visit.context.close()


def test_what_a_finger_aims_at_on_a_phone_is_44_pixels_high(chromium, address):
    """Where a tap reaches the line, not how large its frame looks."""
    reached = """e => { e.scrollIntoView({ block: 'center' }); const r = e.getBoundingClientRect();
let high = 0; for (let y = r.top - 9; y < r.bottom + 9; y += .5) if (document.elementFromPoint(r.left + 12, y) === e) high += .5; return high }"""
    visit = Visit(chromium, address("full"), 360)
    for path, what in (
        ("/", ".st-key-q input"),
        ("/compare?h=lan.test cheng.test", ".st-key-compare-sites input, #root .kw-linklist a"),
        ("/before", "[data-testid=stNumberInputContainer] input"),
        ("/report", "[data-testid=stTextInput] input"),
    ):
        found = visit.open(path).locator(f"#root {what}")
        found.first.wait_for()
        assert min(one.evaluate(reached) for one in found.all()) >= 43.5, path
    visit.context.close()


def test_on_a_wide_screen_no_day_is_broken_and_an_interval_shows_beside_its_score(chromium, address):
    lines = "all => all.filter(e => e.offsetWidth && e.getClientRects().length > 1).map(e => e.innerText)"
    for width in (768, 1440):
        visit = Visit(chromium, address("full"), width, lang="en")
        table = visit.open("/compare?h=lan.test cheng.test hui.test hong.test").locator("#root .kw-compare")
        assert table.locator(".kw-nb").evaluate_all(lines) == []
        tall = (
            "all => all.filter(e => /^\\d{4}-\\d\\d-\\d\\d$/.test(e.innerText) && e.offsetHeight > 34).length"
        )
        assert table.locator(".kw-nb").count() and table.locator(".kw-nb").evaluate_all(tall) == 0
        visit.context.close()
    visit = Visit(chromium, address("full"), 1440)
    seen = (
        visit.open("/rank")
        .locator("#root .kw-rank .kw-fill")
        .evaluate_all("all => all.map(bar => [bar.offsetWidth, bar.nextElementSibling.offsetWidth])")
    )
    assert seen and all(bar >= 2 * dot for bar, dot in seen if bar > 1), seen
    visit.context.close()


def test_the_address_of_a_merchant_is_neither_cut_nor_broken_inside_its_hosts_name(chromium, tmp_path):
    rows = snapshots.tables()
    mall = "daji-mall.test"
    rows["ratings"] += [
        snapshots.rating(host) for host in (mall, f"{mall}/shop/DROPS22", f"{mall}/shop/GONE303")
    ]
    snapshots.build(tmp_path, rows=rows)
    seen = """all => all.filter(e => e.offsetWidth && e.innerText.includes('/shop/')).map(e => [e.innerText,
e.scrollWidth <= e.clientWidth + 1 || getComputedStyle(e).display === 'inline', ...[...e.querySelectorAll('.kw-nb')].map(part => part.getClientRects().length)])"""
    with served(tmp_path) as site:
        for width, lang in ((768, "zh"), (768, "en"), (1440, "en"), (360, "zh")):
            visit = Visit(chromium, site, width, lang=lang)
            for path in ("/rank", f"/site?host={mall}"):
                found = visit.open(path).locator("#root .kw-table .soft").evaluate_all(seen)
                assert len(found) == 2, (path, width)
                assert all(whole and parts == [1, 1] for _, whole, *parts in found), (path, width, found)
                assert visit.overflow() <= 0
                inside = """all => all.filter(td => [...td.querySelectorAll('.kw-nb')].some(part =>
part.getBoundingClientRect().right > td.getBoundingClientRect().right + 1)).map(td => td.innerText)"""
                assert visit.page.locator("#root .kw-rank td:first-child").evaluate_all(inside) == []
            visit.context.close()


def test_reasons_stand_below_each_other_in_a_comparison_and_no_line_begins_with_a_stop(chromium, address):
    begins = """all => all.filter(day => { const next = day.nextSibling; if (!next || !/^[，。；）]/.test(next.data || '')) return false;
const r = document.createRange(); r.setStart(next, 0); r.setEnd(next, 1); return r.getBoundingClientRect().top > day.getBoundingClientRect().top + 4 }).map(day => day.parentElement.innerText)"""
    for width in (768, 1440):
        visit = Visit(chromium, address("full"), width)
        table = visit.open("/compare?h=lan.test cheng.test hui.test").locator("#root .kw-compare")
        assert table.locator(".kw-nb").evaluate_all(begins) == []
        points = table.locator(".kw-points:has(> :nth-child(2))").first.locator("[role=listitem]")
        tops = points.evaluate_all("all => all.map(point => point.getBoundingClientRect().top)")
        assert len(tops) > 1 and tops == sorted(set(tops))
        visit.context.close()


def test_what_the_lines_of_the_ranking_mean_stands_below_the_sites_it_is_about(chromium, address):
    visit = Visit(chromium, address("full"), 1440)
    page = visit.open("/rank")
    legend = page.locator("#root p", has_text=say("zh", "rank.legend"))
    tables = page.locator("#root .kw-rank")
    assert tables.first.bounding_box()["y"] < legend.bounding_box()["y"] < tables.last.bounding_box()["y"]
    assert tables.first.locator("th a").count() and not tables.last.locator("th a").count(), (
        "the unrated are not sorted by a heading"
    )
    visit.context.close()


def test_on_a_wide_screen_no_cell_of_the_ranking_is_cut_and_where_nothing_matches_it_says_so(
    chromium, address
):
    cut = "all => all.filter(td => td.scrollWidth > td.clientWidth + 1).map(td => td.innerText)"
    for lang, width in (("zh", 1010), ("en", 1010), ("zh", 1440), ("en", 1440)):
        visit = Visit(chromium, address("full"), width, lang=lang)
        cells = visit.open("/rank").locator("#root .kw-rank td:not(:first-child)")
        assert cells.evaluate_all(cut) == []
        page = visit.open("/rank?text=zzz")
        assert page.locator("#root .kw-note", has_text=say(lang, "rank.nothing")).count() == 1
        visit.context.close()


def test_the_menu_of_a_phone_opens_over_the_page_and_its_button_stays_under_the_finger(chromium, address):
    visit = Visit(chromium, address("full"), 360)
    page = visit.open("/")
    button, heading = page.locator("#root .kw-menu > summary"), page.locator("#root h1")
    before = button.bounding_box(), heading.bounding_box()
    button.click()
    page.locator("#root .kw-menu nav a", has_text="榜单").wait_for()
    assert (button.bounding_box(), heading.bounding_box()) == before
    about = page.locator("#root .kw-menu nav a").last
    about.scroll_into_view_if_needed()
    about.click()
    page.wait_for_url("**/about")
    visit.context.close()


def test_compared_facts_are_named_without_a_break_inside_a_word(chromium, address):
    broken = """all => all.flatMap(cell => { const t = document.createTreeWalker(cell, 4), found = [];
while (t.nextNode()) for (const m of t.currentNode.data.matchAll(/[A-Za-z]+/g)) { const r = document.createRange();
r.setStart(t.currentNode, m.index); r.setEnd(t.currentNode, m.index + m[0].length); if (r.getClientRects().length > 1) found.push(m[0]) } return found })"""
    for width in (768, 1440):
        visit = Visit(chromium, address("full"), width, lang="en")
        cells = visit.open("/compare?h=lan.test cheng.test hui.test").locator(
            "#root .kw-compare td:first-child"
        )
        cells.first.wait_for()
        assert cells.evaluate_all(broken) == [], width
        visit.context.close()


def test_an_objection_handed_in_shows_its_receipt_where_its_sender_looks(chromium, address):
    """From the fields to the receipt on a phone, which is in sight and has the keyboard, with a line to copy."""
    visit = Visit(chromium, address("full"), 360)
    page = visit.open("/appeals?site=cheng.test")
    page.get_by_test_id("stRadioOption").nth(1).click()
    page.locator("[class*=st-key-answer-about] input").fill("掉单率")
    page.keyboard.press("Tab")
    page.locator("[class*=st-key-answer-text] textarea").fill("订单已全部补发")
    page.keyboard.press("Tab")
    page.locator("[class*=st-key-answer-consent] label").first.click()
    page.locator("[class*=st-key-answer-send] button:not([disabled])").click()
    receipt = page.locator("#root .kw-receipt")
    receipt.wait_for()
    page.wait_for_function("() => document.activeElement.classList.contains('kw-receipt')")
    box = receipt.bounding_box()
    assert (
        "已收到对 cheng.test 的异议" in receipt.inner_text()
        and box["y"] >= 0
        and box["y"] + box["height"] <= 900
    )
    assert page.locator("#root .kw-letter code").inner_text().startswith("kamengwatch-proof=")
    assert page.get_by_text("https://cheng.test/.well-known/kamengwatch.txt").is_visible()
    visit.context.close()


def test_what_is_printed_from_a_dark_screen_is_dark_on_white(chromium, address):
    visit = Visit(chromium, address("full"), 794, "dark")
    for path in ("/?q=cheng.test", "/help", "/report"):
        page = visit.open(path)
        page.emulate_media(media="print", color_scheme="dark")
        assert luminance(page.locator(".stApp").evaluate("e => getComputedStyle(e).backgroundColor")) == 1
        inks = "all => [...new Set(all.filter(e => e.innerText?.trim() && e.offsetWidth).map(e => getComputedStyle(e).color))]"
        for ink in page.locator("#root :is(.kw p, .kw-body, .kw li, .kw h1, .kw h2, label p)").evaluate_all(
            inks
        ):
            assert luminance(ink) < 0.3, (path, ink)
        page.emulate_media(media="screen", color_scheme="dark")
    visit.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_one_types_or_chooses_in_has_an_edge_that_can_be_seen(chromium, address, scheme):
    """WCAG 1.4.11: 3:1 between the edge and the page."""
    edges = """all => all.map(e => [getComputedStyle(e).borderTopColor, getComputedStyle(document.querySelector('.stApp')).backgroundColor])"""
    boxes = ["stTextInputRootElement", "stTextAreaRootElement", "stDateInputField", "stNumberInputContainer"]
    found = ", ".join(f"#root [data-testid={name}]" for name in boxes)
    found += ", #root [data-testid=stSelectbox] [role=group], #root [data-testid=stRadioOption]:not([data-selected]) > div > div:first-child, #root .kw-filters select"
    visit = Visit(chromium, address("full"), 360, scheme)
    for path, least in (("/report", 8), ("/before", 4), ("/appeals", 4), ("/alerts", 3)):
        shown = visit.open(path).locator(found)
        shown.nth(least - 1).wait_for()  # the app's client fetches each kind of box when one is shown
        pairs = shown.evaluate_all(edges)
        for edge, ground in pairs:
            one, other = sorted((luminance(edge), luminance(ground)))
            assert (other + 0.05) / (one + 0.05) >= 3, (path, edge, ground)
    visit.context.close()


def luminance(colour: str) -> float:
    """Of an opaque `rgb(r, g, b)`, as WCAG defines it."""
    assert colour.startswith("rgb("), colour
    parts = [int(n) / 255 for n in re.findall(r"\d+", colour)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_old_data_are_called_old_without_scripts_too(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address('stale')}/?q=cheng.test")
    assert page.get_by_text("数据已过期").first.is_visible()
    assert page.get_by_text("橙·高风险迹象").first.is_visible()
    page.goto(f"{address('damaged-ratings')}/?q=cheng.test")
    assert page.locator(".kw-card").count() == 0
    context.close()


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("state", STATES)
def test_the_whole_grid(tour, state, record_property):
    wrong = []
    for combination in COMBINATIONS:
        wrong += tour(state, combination, PATHS)
    record_property("page views", len(COMBINATIONS) * len(PATHS))
    record_property("violations", len(wrong))
    assert not wrong, "\n".join(wrong)
