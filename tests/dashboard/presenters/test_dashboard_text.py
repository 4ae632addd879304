"""The catalogue is complete in both languages and never judges a site with a forbidden word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.pages import block_pages
from dashboard.presenters import translations, verdict_card
from dashboard.presenters.html import days
from kamengwatch.pipeline import look_facts
from scoring.snapshot.reader import DROP_KINDS, OUTCOMES, WARNING_STATES

FOLDER = Path(translations.__file__).parents[1]
FORBIDDEN_ZH = ("骗子", "诈骗网站", "黑平台", "跑路", "安全", "放心", "认证", "官方", "推荐", "征信", "实锤")
FORBIDDEN_EN = re.compile(r"\b(scam\w*|safe|verified|trusted)\b", re.I)
ALLOWED = ("不等于安全", "通过网站的官方客服联系")
SOURCES = sorted([*FOLDER.rglob("*.py"), *FOLDER.rglob("templates/*")])


@pytest.mark.parametrize("key", translations.catalogue())
def test_every_sentence_exists_in_both_languages_with_the_same_placeholders(key):
    entry = translations.catalogue()[key]
    assert set(entry) == set(translations.LANGUAGES)
    assert all(entry[lang].strip() for lang in translations.LANGUAGES)
    assert translations.placeholders(entry["zh"]) == translations.placeholders(entry["en"])
    assert re.search(r"[\u4e00-\u9fff]", entry["zh"]) or key in ("app.switch", "app.switch_label", "card.response", "site.change", "look.comma", "look.colon", "site.terms_change", "site.of_weight", "drop.short_counted", "compare.score"), key  # fmt: skip


COUNTED = re.compile(
    r"\{(?:count|n|days|minutes|hours|sites|evidence|sources|weight|of|places)\} (?:[a-z]+ ){0,2}?(?:sites|complaints|days|minutes|orders|items|sources|files|facts|parts|points|places|changes|captures)\b"
)


def test_english_sentences_agree_with_any_count():
    assert not {k: e["en"] for k, e in translations.catalogue().items() if COUNTED.search(e["en"])}
    assert translations.say("en", "check.each", count=1).startswith("1 site is named")
    assert translations.say("en", "check.each", count=1001).startswith("1,001 sites are named")


@pytest.mark.parametrize("file", SOURCES, ids=lambda f: f.name)
def test_every_key_that_is_used_exists(file):
    used = re.findall(
        r"""(?:\b(?:t|translate)|say)\((?:self\.|view\.)?(?:lang, )?["']([a-z_]+\.[a-z_0-9]+)["']""",
        file.read_text("utf-8"),
    )
    assert set(used) <= set(translations.catalogue())


def test_no_sentence_is_left_over():
    everything = "\n".join(f.read_text("utf-8") for f in SOURCES)
    dynamic = ("verdict.", "sentence.", "advice.", "warning.", "outcome.", "dimension.", "tier.", "sells.", "software.", "health.", "aspect.",
               "selfcheck.", "next.", "confidence.", "word.", "column.", "filing.", "drop.", "drop_kind.", "check.kind_", "rank.", "alerts.",
               "site.cause_", "menu.", "reach.", "contents.", "look.", "crawl_why.", "capture.field_", "site.role_", "province.", "data.holds_", "sector.", "about.", "data.api_", "app.", "promise.", "strip.", "relation.", "correction.", "appeals.kind_", "appeals.receipt_", "method.short_", "report.", "form.of_", "report_kind.", "report_band.", "report_state.", "site.dossier_", "cluster.export_", "identifier.", "via.", "place_state.", "look_class.", "notify.", "notify_role.")  # fmt: skip
    left = [k for k in translations.catalogue() if f"{k}" not in everything and not k.startswith(dynamic)]
    assert not left


ROOT = FOLDER.parent
# Everything that speaks to a reader; scoring/observations/product_names.py lists words that shops use of themselves.
SPEAKING = [*SOURCES, *sorted(FOLDER.rglob("*.toml")), *sorted(ROOT.glob("scoring/templates/*")), *sorted(ROOT.glob("kamengwatch/**/*.py")),
            *sorted(f for f in ROOT.glob("scoring/**/*.py") if f.name != "product_names.py")]  # fmt: skip


@pytest.mark.parametrize("file", SPEAKING, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_no_forbidden_word_judges_a_site(file):
    content = file.read_text("utf-8")
    for allowed in ALLOWED:
        content = content.replace(allowed, "")
    assert not [w for w in FORBIDDEN_ZH if w in content]
    if file.suffix in (".toml", ".html", ".svg", ".xml"):
        content = re.sub(r"\|\s*safe\b", "|unsafe-filter", content)
        assert not FORBIDDEN_EN.search(content)


def test_templates_never_switch_escaping_off():
    for file in FOLDER.rglob("templates/*"):
        assert not re.search(r"\|\s*safe\b|autoescape false", file.read_text("utf-8")), file.name
    for file in FOLDER.rglob("*.py"):
        assert "unsafe_allow" not in file.read_text("utf-8"), file.name


def test_every_code_of_the_vocabulary_has_a_word():
    for section, codes in (("warning", WARNING_STATES), ("outcome", OUTCOMES), ("drop_kind", DROP_KINDS)):
        for code in codes:
            assert f"{section}.{code}" in translations.catalogue()
    assert {f"verdict.{state.code}" for state in verdict_card.STATES.values()} <= set(
        translations.catalogue()
    )


def test_every_class_of_a_page_in_front_of_a_site_has_words_on_the_page_and_in_a_look():
    told = re.search(r"availability indicator: (.*?)\.", block_pages.__doc__, re.S)[1]
    classes = set(re.findall(r"[a-z_]+", told.replace("and for failures", ""))) - {"up"}
    assert len(classes) > 15
    assert not {c for c in classes if f"look_class.{c}" not in translations.catalogue()}
    assert not classes - {"slow"} - set(look_facts._CLASSES)


def test_an_address_of_ours_breaks_at_its_strokes_only():
    whole = ["api/", "v1/", "picture/", "banxia-dianka.test.png"]
    assert days("api/v1/picture/banxia-dianka.test.png") == "<wbr>".join(
        f'<span class="kw-nb">{part}</span>' for part in whole
    )
    assert '<span class="kw-nb kw-whole">YYYY-MM-DD</span>' in days("add as_of=YYYY-MM-DD")
