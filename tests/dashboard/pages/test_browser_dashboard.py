"""The dashboard in a real Chromium, as on a phone and on a desk: what is drawn, what is asked for, what the keyboard does."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

import pytest

from dashboard.help.evidence_pack import verify
from tests.support.markets import snapshots
from tests.support.servers.browsing import FOOT, Visit, readers, served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard that serves the test snapshot."""
    data = tmp_path_factory.mktemp("data")
    snapshots.build(data)
    with served(data) as address:
        yield address


@pytest.fixture(scope="module")
def reader(chromium):
    with readers(chromium) as of:
        yield of


@pytest.fixture
def visit(reader, chromium, site):
    opened: list[Visit] = []

    def make(width: int = 360, scheme: str = "light", lang: str = "zh") -> Visit:
        opened.append(Visit(chromium, site, width, scheme, lang, reader(lang)))
        return opened[-1]

    yield make
    for one in opened:
        one.page.close()
        assert not one.troubles, one.troubles


@pytest.mark.parametrize(
    ("width", "lang", "word", "date", "reason"),
    [
        (360, "zh", "橙·高风险迹象", "截至 2026-11-21", "近 30 天至少 9 名不同投诉人称未到账"),
        (
            1280,
            "en",
            "Orange · High-risk signs",
            "as of 2026-11-21",
            "At least 9 distinct complainants in 30 days",
        ),
    ],
)
def test_the_verdict_its_date_and_its_reasons_are_seen(visit, width, lang, word, date, reason):
    one = visit(width, lang=lang)
    page = one.open("/?q=cheng.test")
    for text in (word, date, reason):
        assert page.get_by_text(text, exact=False).first.is_visible()
    if width == 360:
        all_on_the_first_screen(page)
    assert page.evaluate("document.documentElement.lang") == ("zh-CN" if lang == "zh" else "en")
    assert one.overflow() <= 0


COLOURS = {
    "lan.test": {"light": "rgb(11, 79, 160)", "dark": "rgb(108, 182, 255)"},
    "huang.test": {"light": "rgb(224, 172, 0)", "dark": "rgb(255, 224, 102)"},
    "cheng.test": {"light": "rgb(200, 80, 10)", "dark": "rgb(242, 138, 46)"},
    "hong.test": {"light": "rgb(110, 0, 23)", "dark": "rgb(224, 67, 106)"},
    "hui.test": {"light": "rgb(124, 124, 124)", "dark": "rgb(138, 144, 153)"},
    "nobody.test": {"light": "rgb(124, 124, 124)", "dark": "rgb(138, 144, 153)"},
}


def test_each_state_has_its_colour_in_both_themes(visit, chromium, site):
    """The card of the first bytes and that of the app have one style sheet: every state is looked at in the one, one also in the other."""
    plain = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    first_bytes, app = plain.new_page(), visit().open("/?q=cheng.test")
    for host, colours in COLOURS.items():
        first_bytes.goto(f"{site}/?q={host}")
        for page in (first_bytes, app) if host == "cheng.test" else (first_bytes,):
            band = page.locator(".kw-band").first
            for scheme, colour in colours.items():
                page.emulate_media(color_scheme=scheme)
                page.wait_for_timeout(300)
                assert band.evaluate("e => getComputedStyle(e).backgroundColor") == colour, host
            assert band.locator(".kw-shape").bounding_box()["width"] >= 16
    plain.close()


@pytest.mark.parametrize("path", ["/?q=hostile.test", "/site?host=hostile.test"])
def test_hostile_text_is_drawn_as_text(visit, path):
    """Of every other page test_page_states.py says the same."""
    one = visit()
    page = one.open(path)
    assert page.evaluate("window.hacked") is None
    assert (
        page.locator(".kw")
        .get_by_text("<script>window.hacked=1</script>", exact=False)
        .locator("visible=true")
        .count()
    )
    assert page.locator(".kw img, .kw script").count() == 0
    assert one.overflow() <= 0


def test_chinese_characters_are_drawn_and_enter_in_the_search_box_answers_and_changes_the_address(visit):
    """Two characters and a code point no font has must give three different pictures: no boxes."""
    one = visit()
    page = one.open("/")
    drawn = page.evaluate(
        """() => { const family = getComputedStyle(document.querySelector('.kw')).fontFamily;
        return ['卡', '盟', '\\u{10FFFD}'].map(c => { const canvas = document.createElement('canvas');
          canvas.width = canvas.height = 48; const pen = canvas.getContext('2d');
          pen.font = '40px ' + family; pen.fillText(c, 2, 40); return canvas.toDataURL() }) }"""
    )
    assert len(set(drawn)) == 3
    box = page.get_by_label("网址、网站名或备案号")
    box.fill("看看这个 https://hong.test/pay?order=778899 靠谱吗")
    box.press("Enter")
    page.get_by_text("红·严重警示").first.wait_for()
    page.wait_for_function("() => location.search.includes('q=hong.test')")
    assert "778899" not in page.url
    page.go_back()
    page.wait_for_function("() => !location.search.includes('q=')")  # not the message as it was pasted
    box = page.locator(".st-key-q input")
    box.fill("13800138000")
    box.press("Enter")
    page.get_by_text("没认出网址").first.wait_for()
    box.focus()
    page.get_by_text("/20000").wait_for(state="attached")
    page.evaluate(
        """text => { const given = new DataTransfer(); given.setData('text', text);
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: given, bubbles: true, cancelable: true})) }""",
        "看看这个 https://hong.test/ " + "字" * 30_000,
    )
    assert "20000" in box.evaluate("e => e.validationMessage")
    box.press("Enter")
    page.get_by_text("只读了前 20,000 个字").or_(page.get_by_text("只读了前 20000 个字")).first.wait_for()
    page.get_by_text("红·严重警示").first.wait_for()
    # The canvas names a font, which is fetched when the browser comes to it.
    one.troubles = [told for told in one.troubles if "font" not in told]


def test_the_keyboard_alone_reaches_box_button_and_links(visit):
    page = visit(1280).open("/?q=cheng.test")
    page.locator("#kw-early").wait_for(state="detached")
    for key in ("Tab", "Enter", "Tab"):  # the link past the menu
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.ariaLabel") == "网址、网站名或备案号"
    page.locator("#root .kw-brand").focus()
    reached = set()
    for _ in range(45):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(document.activeElement.innerText || document.activeElement.ariaLabel || '').trim()"
            )
        )
    assert {"English", "查", "看全部证据", "榜单", "我们看不到 后台订单，另 1 项"} <= {
        " ".join(r.split()) for r in reached
    }
    assert "网址、网站名或备案号" in reached


def test_wherever_the_keyboard_is_an_outline_says_so(visit):
    page = visit().open(f"/?q={snapshots.ORANGE}")
    bare = "() => { const e = document.activeElement; return getComputedStyle(e).outlineStyle === 'none' && e !== document.body ? e.outerHTML.slice(0, 120) : '' }"
    for _ in range(28):
        page.keyboard.press("Tab")
        assert page.evaluate(bare) == ""


def test_from_the_card_to_the_evidence(visit):
    page = visit().open("/?q=cheng.test")
    page.get_by_role("link", name="看全部证据").click()
    page.get_by_text("网站档案 · cheng.test").wait_for()
    page.get_by_text(FOOT["zh"]).first.wait_for()
    page.locator("#kw-early").wait_for(state="detached")
    page.locator("#root").get_by_role("link", name="看这一条").first.click()
    page.locator("#root .kw-piece").get_by_text("第 1 条公开投诉称未到账").wait_for()
    page.wait_for_function(
        "() => { const t = document.querySelector('#root .kw-piece').getBoundingClientRect().top; return t > -60 && t < 800 }"
    )


def test_a_link_to_folded_evidence_from_another_page_opens_and_arrives_at_it(visit):
    page = visit().open("/site?host=cheng.test#e-E-12")
    page.wait_for_function(
        "() => { const row = document.getElementById('e-E-12'), t = row?.getBoundingClientRect().top;"
        " return row?.closest('details').open && t > -60 && t < 800 }"
    )


def test_one_part_of_a_site_is_in_sight_at_a_time_and_its_address_can_be_shared(visit):
    one = visit(1280)
    page = one.open("/site?host=cheng.test")
    page.locator("#kw-early").wait_for(state="detached")
    parts = page.locator("#root [class*=st-key-part-]")
    assert [parts.nth(n).is_visible() for n in range(parts.count())] == [True] + [False] * 5
    heights = []
    for name in ("why", "changes", "evidence", "identity", "prices", "points"):
        page.locator(f'#root .kw-contents a[href="#{name}"]').click()
        page.wait_for_function("name => document.documentElement.dataset.part === name", arg=name)
        assert page.locator(f"#root .st-key-part-{name}").is_visible()
        assert page.locator("#root .kw-line").is_visible() == (name != "points"), "the verdict stays in sight"
        assert page.locator(f'#root .kw-contents a[href="#{name}"]').get_attribute("aria-current") == "true"
        heights.append(page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight"))
    assert max(heights) <= 3500 and one.overflow() <= 0
    page.go_back()
    page.wait_for_function("() => document.documentElement.dataset.part === 'prices'")
    again = visit(360).open("/site?host=cheng.test#identity")
    again.wait_for_function("() => document.documentElement.dataset.part === 'identity'")
    again.locator("#kw-early").wait_for(state="detached")
    assert again.locator("#root .st-key-part-identity").is_visible()


def test_a_filter_survives_copying_the_address(visit):
    one = visit(1280)
    page = one.open("/rank")
    page.locator("#kw-early").wait_for(state="detached")
    page.locator("#root select[name=warning]").select_option("alarm")
    page.locator("#root").get_by_role("button", name="筛选").click()
    page.wait_for_function("() => location.search.includes('warning=alarm')")
    copied = page.url.removeprefix(one.site)
    assert copied == "/rank?warning=alarm", "a view is its address"
    again = visit(1280).open(copied)
    again.locator("#kw-early").wait_for(state="detached")
    assert again.locator("#root .kw-rank").first.locator("tbody tr").count() == 1
    assert again.get_by_text("不予评级（灰）").first.is_visible()


def test_the_language_switch_keeps_the_question(visit):
    page = visit().open("/?q=cheng.test")
    page.get_by_role("link", name="English").click()
    page.get_by_text("Orange · High-risk signs").first.wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    assert "q=cheng.test" in page.url


def test_the_static_page_prints_without_scripts(chromium, site):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{site}/s/cheng.test.html")
    assert page.get_by_text("高风险迹象").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_the_static_page_keeps_the_reader_s_language_and_darkness(chromium, site):
    context = chromium.new_context(java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{site}/s/cheng.test.html#en")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 17, 23)"
    way = page.locator(".do a:visible").first
    assert way.inner_text() == "I have not paid yet" and way.get_attribute("href").endswith("lang=en")
    context.close()


def test_a_phone_s_first_screen_has_all_one_must_know_before_paying(visit):
    all_on_the_first_screen(visit(360).open("/site?host=cheng.test"))


def test_a_verdict_breaks_at_its_punctuation_on_a_phone(visit):
    pieces = """e => [...e.firstChild.data.matchAll(/[^·，：]+/g)].filter(m => { const r = document.createRange();
r.setStart(e.firstChild, m.index); r.setEnd(e.firstChild, m.index + m[0].length); return r.getClientRects().length > 1 }).map(m => m[0])"""
    for host in ("lan.test", "cheng.test", "hui.test", "nobody.test"):
        word = visit(360).open(f"/?q={host}").locator("#root .kw-card .kw-word")
        assert word.evaluate(pieces) == [], host


def all_on_the_first_screen(page):
    card = page.locator(".kw-card")
    assert card.count() == 1, "the shell's verdict did not give way to the page's"
    for part in (".kw-word", ".kw-date", ".kw-sentence", ".kw-do summary", ".kw-three > div >> nth=2", ".kw-reasons li >> nth=2"):  # fmt: skip
        box = card.locator(part).first.bounding_box()
        assert box["y"] + box["height"] <= 800, part


def test_the_verdict_stands_there_without_scripts_and_hostile_text_is_text(chromium, site):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{site}/?q=cheng.test")
    assert page.get_by_text("橙·高风险迹象").first.is_visible()
    page.goto(f"{site}/?q=nobody.example&lang=en")
    assert page.get_by_text("Grey · Not in our records").first.is_visible()
    page.goto(f"{site}/site?host=hostile.test")
    assert page.get_by_text("<script>window.hacked=1</script>", exact=False).first.is_visible()
    assert page.locator("#kw-early img, #kw-early script").count() == 0
    context.close()


def test_the_evidence_of_a_site_is_one_press_away(visit, tmp_path):
    page = visit().open("/site?host=cheng.test")
    page.locator(".kw-card").get_by_role("link", name="下载证据").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="证据包（ZIP）").click()
    file = tmp_path / "pack.zip"
    started.value.save_as(file)
    assert verify(file) == []
    assert "lists/001_evidence.csv" in zipfile.ZipFile(file).namelist()


def test_the_waterfall_has_words_for_those_who_cannot_see_it_and_a_bar_leads_to_its_indicator(visit):
    page = visit().open("/site?host=cheng.test#why")
    page.locator("#root .kw-bars .kw-fill").first.wait_for()
    assert page.get_by_label("瀑布图", exact=False).count() >= 1
    page.locator("#kw-early").wait_for(state="detached")
    page.locator(".kw-bars a").nth(1).click()
    page.wait_for_function("() => location.hash.startsWith('#e-')")
    assert page.evaluate("!!document.getElementById(location.hash.slice(1))")


def test_back_leads_to_the_question_before(visit):
    page = visit().open("/?q=cheng.test")
    page.locator("#kw-early").wait_for(state="detached")
    box = page.get_by_label("网址、网站名或备案号")
    box.fill("hong.test")
    box.press("Enter")
    page.get_by_text("红·严重警示").first.wait_for()
    page.wait_for_url("**/?q=hong.test")
    page.go_back()
    page.wait_for_url("**/?q=cheng.test")
    page.locator("#root .kw-card .kw-word").get_by_text("橙·高风险迹象").wait_for()


def test_who_types_before_the_app_is_there_is_not_interrupted(visit):
    one = visit()
    page = one.page
    page.route("**/static/js/*", lambda route: (page.wait_for_timeout(5), route.continue_()))
    page.goto(one.site + "/", wait_until="commit")
    box = page.locator("#kw-early input[name=q]")
    box.fill("hong.test")
    page.locator("#root .kw-foot").wait_for(state="attached")
    assert box.input_value() == "hong.test"
    box.press("Enter")
    page.locator("#root .kw-card .kw-word").get_by_text("红·严重警示").wait_for()


def test_a_filter_keeps_the_language(visit):
    page = visit(1280, lang="en").open("/alerts?lang=en")
    page.locator("#kw-early").wait_for(state="detached")
    page.select_option("#root select[name=sort]", "worst")
    page.locator("#root form.kw-filters button").click()
    page.wait_for_url("**/alerts?*sort=worst*")
    assert "lang=en" in page.url
    page.locator("#root .kw-foot").get_by_text("Appeals and corrections").wait_for()


def test_the_download_of_a_view_keeps_its_order(visit):
    page = visit(1280).open("/rank?sort=host&way=down")
    page.locator("#kw-early").wait_for(state="detached")
    with page.expect_download() as started:
        page.get_by_text("下载这份榜单").first.click()
    rows = started.value.path().read_text("utf-8-sig").splitlines()[1:]
    hosts = [row.split(",", 1)[0] for row in rows]
    shown = page.locator("#root table").first.inner_text()
    rated = [host for host in hosts if host in shown]
    assert len(rated) > 2 and rated == sorted(rated, reverse=True) == hosts[: len(rated)]
