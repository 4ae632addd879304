"""A card handed on: picture, text and previews say what the card says, for how long it holds, and nothing a stranger typed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import first_paint
from dashboard.presenters import current_snapshot, share_card, verdict_card
from dashboard.web.api import ROUTES
from dashboard.web.gate import Gate
from dashboard.web.rate_limit import Rate
from scoring.publish import site_pages
from scoring.snapshot.reader import VERDICT_LOOK, Snapshot
from tests.support.markets import snapshots
from tests.support.programs.in_process_cli import command

SITES = {
    "蓝": snapshots.BLUE, "黄": snapshots.YELLOW, "橙": snapshots.ORANGE, "红": snapshots.RED, "灰": snapshots.GREY,
}  # fmt: skip
LONG = ".".join(letter * 60 for letter in "abcd") + ".test"

pytestmark = pytest.mark.skipif(share_card.font_files() is None, reason="no font here draws Chinese")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    data = tmp_path_factory.mktemp("share")
    snapshots.build(data)
    return data


@pytest.fixture
def snapshot(published, monkeypatch) -> Snapshot:
    monkeypatch.setenv(current_snapshot.DATA_DIR_VARIABLE, str(published))
    monkeypatch.setenv("KAMENGWATCH_PUBLIC_HOSTS", "watch.example")
    return Snapshot.latest(published)


def drawn(card: verdict_card.Card) -> Image.Image:
    return Image.open(io.BytesIO(share_card.picture(card))).convert("RGB")


@pytest.mark.parametrize("verdict", SITES)
def test_a_picture_is_1080_wide_and_its_band_has_the_verdicts_colour(snapshot, verdict):
    image = drawn(replace(share_card.card_of(snapshot, SITES[verdict], "zh"), demo=False))
    assert image.width == 1080 and 800 < image.height < 2600
    colour = tuple(bytes.fromhex(VERDICT_LOOK[verdict][1].lstrip("#")))
    assert {image.getpixel((x, 4)) for x in (2, 540, 1077)} == {colour}
    others = {
        tuple(bytes.fromhex(look[1].lstrip("#"))) for word, look in VERDICT_LOOK.items() if word != verdict
    }
    assert not others & {pixel for _, pixel in image.getcolors(1 << 20)}, "no other verdict's colour is on it"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_runs_over_the_edge_however_long_it_is(snapshot, lang):
    words = "不间断" * 400 + "unbreakable" * 90
    card = share_card.card_of(snapshot, snapshots.ORANGE, lang)
    figures = tuple(replace(figure, value=words, note=words, label=words) for figure in card.figures)
    image = drawn(
        replace(card, host=LONG, name=words, sentence=words, advice=words, word=words, mall=words, figures=figures, demo=False)
    )  # fmt: skip
    assert image.height <= 4000
    for x in (1, 20, 1058, 1078):  # below the band and above the line that closes the picture
        column = {image.getpixel((x, y)) for y in range(700, image.height - 20)}
        assert column == {(255, 255, 255)}, x


def test_every_line_fits_and_what_is_cut_says_so():
    font = share_card._font(38, False)
    for words in ("很长的句子，" * 40, "word " * 200, "x" * 900, "（（（（" * 100, " \n ", ""):
        lines = share_card.wrapped(words, font, 500, 3)
        assert len(lines) <= 3 and all(font.getlength(line) <= 500 for line in lines)
        assert not any(line.startswith(("，", "。", "）")) for line in lines)
        assert len("".join(words.split())) == len("".join("".join(lines).split())) or lines[-1].endswith("…")


def test_the_code_leads_to_the_sites_page_and_stands_free(snapshot):
    card = replace(share_card.card_of(snapshot, snapshots.ORANGE, "zh"), demo=False)
    image = drawn(card)
    rows = share_card.modules("https://watch.example/site?host=cheng.test")
    n = len(rows)
    scale = max(3, share_card._QR // (n + 8))
    left = 1080 - share_card._MARGIN - scale * (n + 8)
    # The finder pattern's first row tells where the code begins.
    top = next(
        y for y in range(image.height // 2, image.height)
        if all(image.getpixel((left + (4 + x) * scale + 1, y)) == (0, 0, 0) for x in range(7))
    )  # fmt: skip
    found = [
        [image.getpixel((left + (4 + x) * scale + 1, top + y * scale + 1)) == (0, 0, 0) for x in range(n)]
        for y in range(n)
    ]
    assert found == rows
    quiet = {image.getpixel((left + x * scale + 1, top + y * scale)) for x in range(4) for y in range(n)}
    assert quiet == {(255, 255, 255)}


def test_without_a_public_address_there_is_neither_code_nor_link(snapshot, monkeypatch):
    monkeypatch.delenv("KAMENGWATCH_PUBLIC_HOSTS")
    card = share_card.card_of(snapshot, snapshots.ORANGE, "zh")
    assert share_card.page_of(card) == "" and "https://" not in share_card.text(card)
    tags = dict(share_card.preview_tags([card], "zh"))
    assert tags["twitter:card"] == "summary" and not {"og:url", "og:image"} & set(tags)
    assert not any("://" in value for value in tags.values())


def test_demonstration_data_is_marked_all_over(snapshot):
    card = share_card.card_of(snapshot, snapshots.ORANGE, "zh")
    plain, marked = drawn(replace(card, demo=False)), drawn(replace(card, demo=True))
    assert card.demo and plain.size == marked.size
    for part in range(4):
        box = (0, plain.height * part // 4, 1080, plain.height * (part + 1) // 4)
        assert plain.crop(box).tobytes() != marked.crop(box).tobytes(), part


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_text_says_what_the_card_says_and_until_when_it_holds(snapshot, lang):
    card = share_card.card_of(snapshot, snapshots.ORANGE, lang)
    text = share_card.text(card)
    for part in (
        card.word,
        card.host,
        card.sentence,
        card.advice,
        card.as_of,
        *(figure.value for figure in card.figures),
    ):
        assert part in text
    until = date.fromisoformat(card.as_of).toordinal() + current_snapshot.STALE_AFTER_DAYS
    assert date.fromordinal(until).isoformat() in text


def test_a_shops_name_cannot_turn_stack_or_hide_what_is_drawn(snapshot):
    card = share_card.card_of(snapshot, snapshots.ORANGE, "zh")
    name = share_card._name(replace(card, name="好\u202e店\u200b" + "\u0301" * 30 + "\x00🔵 A-1"))
    assert name == "好店 A-1"


def test_an_english_sentence_is_not_torn_by_quotation_marks_as_wide_as_a_character(snapshot):
    card = verdict_card.card_for(snapshot, snapshots.ORANGE, "en")
    assert card
    curly, straight = (replace(card, sentence=said) for said in ("It is “closed” now", 'It is "closed" now'))
    assert share_card.picture(curly) == share_card.picture(straight)


def test_a_name_somebody_typed_is_no_picture(snapshot):
    assert share_card.card_of(snapshot, "我编的一句话", "zh") is None
    unknown = share_card.card_of(snapshot, "https://nobody.test/我编的一句话?x=1", "zh")
    assert (unknown.host, unknown.verdict, unknown.name) == ("nobody.test", "灰", "nobody.test")


# --- The API, previews and the command line ----------------------------------------------------------------------------


@pytest.fixture
def client(snapshot) -> TestClient:
    return TestClient(Gate(Starlette(routes=ROUTES), ROUTES))


def test_the_api_sends_a_picture_once(client):
    first = client.get("/api/v1/picture/cheng.test.png")
    assert (first.status_code, first.headers["content-type"]) == (200, "image/png")
    again = client.get("/api/v1/picture/cheng.test.png", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and again.headers["etag"] == first.headers["etag"]
    assert client.get("/api/v1/picture/cheng.test.png?lang=en").headers["etag"] != first.headers["etag"]
    assert client.get("/api/v1/picture/nobody.test.png").status_code == 200
    refused = client.get("/api/v1/picture/%E5%8F%A5%E5%AD%90.png")
    assert refused.status_code == 404 and refused.headers["content-type"].startswith(
        "application/problem+json"
    )


def test_pictures_cost_a_visitor_more_than_answers(snapshot):
    gate = Gate(Starlette(routes=ROUTES), ROUTES, rate=Rate(60, 1e-6), stopwatch=lambda: 0.0)
    client = TestClient(gate, client=("203.0.113.9", 1))
    codes = [client.get(f"/api/v1/picture/a{n % 2}.test.png").status_code for n in range(12)]
    assert codes.count(200) == 10 and codes[-1] == 429


def test_the_first_bytes_of_a_page_carry_its_preview(snapshot):
    for path, query in (("/", f"q={snapshots.ORANGE}"), ("/site", f"host={snapshots.ORANGE}")):
        head = first_paint.shown(path, query, "zh").head
        assert 'property="og:image" content="https://watch.example/api/v1/picture/cheng.test.png"' in head
        assert 'name="twitter:card" content="summary_large_image"' in head and "橙·高风险迹象" in head
    assert "og:image" not in first_paint.shown("/rank", "", "zh").head
    hostile = first_paint.shown("/site", f"host={snapshots.HOSTILE_HOST}", "zh").head
    assert "<script>" not in hostile and "\u202e" not in hostile


def test_a_static_page_names_its_picture_only_under_a_public_address(snapshot, monkeypatch):
    row = snapshot.site(snapshots.ORANGE)
    parts = {
        name: snapshot.rows(f"select * from {name} where host = ?", [row["host"]])
        for name in site_pages.PARTS
    }
    made_by = site_pages.made_by()
    page = site_pages.page_of(row, parts, "../", "feeds/cheng.test.atom", (), {})
    assert 'og:image" content="https://watch.example/api/v1/picture/cheng.test.png"' in page
    monkeypatch.delenv("KAMENGWATCH_PUBLIC_HOSTS")
    page = site_pages.page_of(row, parts, "../", "feeds/cheng.test.atom", (), {})
    assert site_pages.made_by() != made_by, "pages made under another address are made anew"
    assert "og:image" not in page and 'name="twitter:card" content="summary"' in page


def test_a_static_page_says_its_evidence_in_words_and_folds_ids_and_hashes_away(snapshot):
    row = snapshot.site(snapshots.ORANGE)
    parts = {name: snapshot.rows(f"select * from {name} where host = ?", [row["host"]]) for name in site_pages.PARTS}  # fmt: skip
    one = parts["evidence"][0] | {
        "id": "complaint:heimao:17409684387",
        "kind": "complaint",
        "source": "heimao",
        "tier": "C",
    }
    parts["evidence"] = [one | {"sha256": "ab" * 32}]
    parts["responses"] = [{"on": date(2026, 11, 2), "text": "请打 [手机号#1]"}]
    parts["disputes"] = [parts["disputes"][0] | {"about": "drop_rate"}] if parts["disputes"] else []
    page = site_pages.page_of(row, parts, "../", "f", (), {"heimao": ("黑猫投诉", "Heimao complaints")})
    seen = page.partition('<details class="no s">')[0]
    assert "黑猫投诉" in seen and "Heimao complaints" in seen and "17409684387" in seen and "C 级" in seen
    assert "complaint:heimao" not in seen and "abababab" not in seen, "raw ids and hashes are folded away"
    assert "complaint:heimao:17409684387 · abababababab" in page
    assert "[手机号#1]" in seen and "[mobile number 1]" in seen, "each reader is told what was taken out"
    assert "drop_rate" not in seen and "停运 （" not in page


def test_the_command_writes_the_picture_or_says_why_not(snapshot, published, tmp_path, monkeypatch, capsys):
    def check(*words: object, expect: int = 0) -> str:
        return command(capsys, "check", *words, "--data-dir", published, expect=expect).err

    file = tmp_path / "card.png"
    assert str(file) in check("cheng.test", "--picture", file)
    assert Image.open(file).width == 1080
    for words in ("a.test b.test", "某某卡盟"):
        assert "--picture" in check(words, "--picture", tmp_path / "none.png", expect=2)
    assert "nowhere" in check("cheng.test", "--picture", tmp_path / "nowhere" / "card.png", expect=2)
    monkeypatch.setenv("KAMENGWATCH_FONT", str(tmp_path / "missing.ttf"))
    assert "KAMENGWATCH_FONT" in check("cheng.test", "--picture", tmp_path / "none.png", expect=2)
    assert not (tmp_path / "none.png").exists()
