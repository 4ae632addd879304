"""The verdict card never says less, or more, than the data allows."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.presenters import csv_export, current_snapshot, formatting, translations, verdict_card
from scoring.snapshot.reader import GRADES, VERDICTS, WARNING_STATES
from tests.support.markets import snapshots

optional_share = st.none() | st.floats(0, 1)
rows = st.builds(
    lambda **more: snapshots.rating("a.test", **more),
    verdict=st.sampled_from([*VERDICTS, None, "绿"]),
    grade=st.sampled_from([*GRADES, None]),
    warning_state=st.sampled_from([*WARNING_STATES, None]),
    warning_since=st.none() | st.dates(),
    as_of=st.none() | st.dates(),
    score=st.none() | st.floats(0, 100),
    drop_rate=optional_share,
    drop_rate_low=optional_share,
    drop_rate_high=optional_share,
    drop_rate_basis=st.sampled_from(["counted", "estimated", "unknown", None]),
    drop_rate_n=st.none() | st.floats(0, 1e6),
    filing_state=st.sampled_from(["filed", "not_filed", "unknown", None]),
    reasons_zh=st.lists(st.text(max_size=40), max_size=5),
    reason_evidence=st.lists(st.lists(st.text(max_size=5), max_size=3), max_size=3),
    coverage=st.none() | st.floats(0, 100),
    name=st.none() | st.text(max_size=300),
)


@given(rows, st.sampled_from(translations.LANGUAGES))
def test_a_card_is_never_without_filing_drop_rate_warning_state_and_date(row, lang):
    card = verdict_card.card(row, lang)
    assert (
        card.word
        and card.as_of
        and card.filing
        and card.drop_rate
        and card.warning
        and card.sentence
        and card.advice
    )
    assert card.blind_spots and card.next_steps
    assert len(card.reasons) <= 3
    assert card.score is None or card.reasons


@given(rows, st.sampled_from(translations.LANGUAGES))
def test_unrated_stale_or_undated_is_grey_and_without_a_score(row, lang):
    card = verdict_card.card(row, lang)
    if row["grade"] in (None, "NR") or row["warning_state"] in (None, "stale") or row["as_of"] is None:
        # A confirmed red stands until there is evidence to the contrary (scoring.rating.assessment), but without its day nothing does.
        stands = row["verdict"] == "红" and row["as_of"] is not None
        assert card.code == ("red" if stands else "grey")
        assert stands or card.score is None
    if row["verdict"] not in VERDICTS:
        assert card.code == "grey"


@given(rows, st.sampled_from(translations.LANGUAGES))
def test_in_cash_flow_trouble_the_advice_is_to_ask_for_money_back(row, lang):
    row["advice_zh"], row["advice_en"] = "可以继续购买", "go on buying"
    card = verdict_card.card(row, lang)
    if row["warning_state"] in ("warning", "alarm", "closed"):
        assert card.advice == translations.say(lang, "advice.refund_first")


@pytest.mark.parametrize(
    ("lang", "cause", "strong"), [("zh", "停运或打不开", "较强风险"), ("en", "is closed", "strong signs")]
)
def test_the_card_of_a_closed_site_names_the_closure_and_claims_no_more(lang, cause, strong):
    closed = verdict_card.card(
        snapshots.rating("a.test", verdict="橙", grade="C", warning_state="closed"), lang
    )
    assert cause in closed.sentence and strong not in closed.sentence
    warned = verdict_card.card(
        snapshots.rating("a.test", verdict="橙", grade="D", warning_state="warning"), lang
    )
    assert strong in warned.sentence


def test_words_colours_and_shapes_of_the_five_states():
    assert {k: (s.light, s.dark) for k, s in verdict_card.STATES.items()} == {
        "红": ("#6E0017", "#E0436A"),
        "橙": ("#C8500A", "#F28A2E"),
        "黄": ("#E0AC00", "#FFE066"),
        "蓝": ("#0B4FA0", "#6CB6FF"),
        "灰": ("#7C7C7C", "#8A9099"),
    }
    assert len({s.shape for s in verdict_card.STATES.values()}) == 5


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_word_can_be_read_on_its_colour():
    """WCAG 1.4.3: large bold text, as the word is, needs 3:1."""
    for state in verdict_card.STATES.values():
        for ground, ink in ((state.light, state.light_ink), (state.dark, state.dark_ink)):
            high, low = sorted((_luminance(ground), _luminance(ink)), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 3


def test_a_share_of_few_orders_is_said_as_a_count():
    few = snapshots.rating("a.test", drop_rate=2 / 24, drop_rate_basis="counted", drop_rate_n=24.0)
    assert "24 笔已付款订单中 2 笔掉单" in verdict_card.drop_rate(few, "zh")
    many = few | {"drop_rate_n": 30.0}
    assert "8.3%" in verdict_card.drop_rate(many, "zh") and "30 笔" in verdict_card.drop_rate(many, "zh")


def test_an_estimate_says_that_it_is_one_and_an_unknown_rate_says_why():
    assert "估算" in verdict_card.drop_rate(snapshots.rating("a.test"), "zh")
    none = snapshots.rating(
        "a.test", drop_rate=None, drop_rate_basis="unknown", drop_rate_why_zh="没有订单计数"
    )
    assert "没有订单计数" in verdict_card.drop_rate(none, "zh")


def test_a_failed_lookup_is_not_a_missing_filing():
    unknown = verdict_card.filing(
        snapshots.rating("a.test", filing_state="unknown", filing_checked_on=None), "zh"
    )
    assert "未知" in unknown and "未查到备案" not in unknown


def test_the_best_state_says_that_it_is_no_guarantee():
    assert "这不等于安全" in verdict_card.card(snapshots.rating("a.test"), "zh").sentence
    assert "not a safety guarantee" in verdict_card.card(snapshots.rating("a.test"), "en").sentence


@given(st.floats(0, 1))
def test_a_positive_share_is_never_rounded_to_nothing(share):
    shown = formatting.percent(share)
    assert shown.endswith("%")
    if share > 0:
        assert shown not in ("0%", "0.0%")


@given(st.text())
def test_cleaned_text_has_no_control_or_direction_marks(value):
    shown = translations.plain(value, 50)
    assert len(shown) <= 50
    assert not set(shown) & set(
        "\n\r\t\x00\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff"
    )


@given(st.text() | st.sampled_from(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\u202e=1"]))
def test_no_cell_of_a_sheet_starts_a_formula(value):
    written = csv_export.csv_bytes([{"a": value}], ["a"])
    assert written.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    content = read[1][0] if read[1] else ""
    assert not content.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize("lang", translations.LANGUAGES)
def test_no_sentence_of_ours_is_cut_before_its_interval(lang: str) -> None:
    """The longest an indicator says: about the sector's median, then the rate itself, each with its interval."""
    said = (
        "The drop rate is about 3 times the sector's median (90% likely between 1.3 and 6.7). " * 3
        + "(3.1% and 39%)."
    )
    row = snapshots.rating(
        "long.test", reasons_zh=[said], reasons_en=[said], blind_spots_zh=[said], blind_spots_en=[said]
    )
    card = verdict_card.card(row, lang)
    assert card.reasons[0].text == said and card.blind_spots[0] == said


@pytest.mark.parametrize(
    ("seen", "value", "note"),
    [
        ({}, "未观察", "近 90 天没有探测"),
        ({1: 1.0, 8: 1.0}, "能打开", "起每次看都如此"),
        ({1: 0.0, 4: 0.0, 9: 1.0}, "打不开", "自 2026-11-17 起"),
        ({30: 1.0}, "未观察", "之后没有再看"),
    ],
)
def test_whether_a_site_opens_is_said_with_since_when_and_not_known_when_nobody_looked(
    data_dir, seen, value, note
):
    series = [
        {"host": snapshots.BLUE, "on": snapshots.AS_OF - dt.timedelta(days=back), "measure": "availability", "value": share, "n": 3.0}
        for back, share in seen.items()
    ]  # fmt: skip
    figures = [{"host": snapshots.BLUE, "place": "finding:completion_rate", "name": "settled", "value": 0.1, "n": 1.0, "of": 184.0,
                "since": dt.date(2026, 8, 1), "until": dt.date(2026, 11, 1), "unit": "share"}]  # fmt: skip
    snapshots.build(data_dir, rows={"series": series, "figures": figures})
    card = verdict_card.card_for(current_snapshot.current(), snapshots.BLUE, "zh")
    assert card is not None
    reach, complaints, drops = card.figures
    assert reach.value == value and note in reach.note
    assert complaints.value == "184 起投诉，解决 1 起"
    assert drops.value == card.figures[2].value and "估算" in drops.value + drops.note
    assert verdict_card.card_for(current_snapshot.current(), "nobody.example", "zh") is None


def test_a_card_tells_what_the_issues_of_its_software_say(data_dir):
    """Only where that is of concern, and as the software's, not the site's."""
    told = "它所用的 dujiaoka 近一年有 113 张公开问题单，其中 52 张说掉单（说的是软件，不是这个网站）。"
    concern = {
        "indicator": "software_trouble",
        "outcome": "concern",
        "sentence_zh": told,
        "sentence_en": "dujiaoka …",
    }
    finding = snapshots.findings()[0] | concern | {"host": snapshots.BLUE}
    quiet = finding | {"host": snapshots.YELLOW, "outcome": "ok"}
    snapshots.build(data_dir, rows={"findings": [*snapshots.findings(), finding, quiet]})
    now = current_snapshot.current()
    cards = {host: verdict_card.card_for(now, host, "zh") for host in (snapshots.BLUE, snapshots.YELLOW)}
    assert [card.software for card in cards.values() if card] == [told, ""]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_the_line_above_says_is_no_reason_below_it_in_either_language(lang):
    row = snapshots.rating(
        "few.test",
        reason_evidence=[[], ["E-2"]],
        verdict_why_zh="结论为灰，因为不予评级：证据充分度低于 40%。",
        verdict_why_en="Grey because not rated: evidence coverage is below 40%.",
        reasons_zh=["不予评级：证据充分度低于 40%。", "没有查到许可信息。"],
        reasons_en=["Not rated: evidence coverage is below 40%.", "No licence information was found."],
    )
    assert len(verdict_card.card(row, lang).further) == 1


@pytest.mark.parametrize("asked", ["QQ/微信", "../../etc/passwd", "<script>a</script>.test"])
def test_a_name_with_a_stroke_in_it_is_no_merchant_of_a_mall(asked):
    card = verdict_card.unknown_card(asked, "zh", dt.date(2026, 1, 1))
    assert card.unit == "site" and not card.mall and "商城" not in card.filing
