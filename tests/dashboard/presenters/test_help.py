"""The help flow: the right path for each case, letters that say what must be said, clocks, the evidence pack, and nothing kept."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from dashboard.help import checklist, deadlines, evidence_pack, letters, prepay_coach, texts, triage
from dashboard.help.deadlines import after_working_days, clocks, ics
from dashboard.help.letters import LETTERS, Fields, docx, file_name, lint, title, write
from dashboard.help.triage import BRANCHES, CASES, QUESTIONS, Answers, asked, case_of, path_for
from scoring.finding import definitions
from tests.support.programs.in_process_cli import command

TODAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
FULL = Fields(
    "a.test", "腾讯视频VIP月卡", Decimal(168), dt.date(2026, 11, 20), "某某科技", "支付宝", "X1", "甲公司"
)
ALL_ANSWERS = [
    Answers(**dict(zip((name for name, _ in QUESTIONS), given, strict=True)))
    for given in product(*(options for _, options in QUESTIONS))
]


def test_a_saved_letter_is_called_what_it_is_whom_it_is_about_and_of_which_day() -> None:
    for lang in ("zh", "en"):
        names = [file_name(letter, "b/../../x y.test", dt.date(2026, 11, 15), lang) for letter in LETTERS]
        assert len(set(names)) == len(LETTERS)
        for letter, name in zip(LETTERS, names, strict=True):
            assert (
                name.endswith("x-y.test-2026-11-15")
                and "/" not in name
                and not re.search(r'[\s<>:"|?*\\]', name)
            )
            assert re.match(r"\w+", title(letter, lang))[0] in name


def test_no_legal_fact_is_older_than_180_days() -> None:
    old = [rule.id for rule in deadlines.facts().values() if rule.old(dt.date.today())]
    assert not old, f"read {old} again in the official text, then set verified_on in legal_facts.toml"


def test_each_provision_an_indicator_names_is_a_fact_with_article_text_and_day() -> None:
    named = {name for definition in definitions() for name in definition.law}
    assert {"deliver", "refund_15", "void_terms"} <= named
    for rule in map(deadlines.fact, sorted(named)):
        assert rule.article and rule.zh and rule.en and rule.verified_on, rule.id


def test_every_fact_has_article_source_and_both_languages() -> None:
    for rule in deadlines.facts().values():
        assert rule.article and rule.source and rule.zh and rule.en and rule.holds(TODAY)
        assert "第" in rule.article, rule.id


@pytest.mark.parametrize(
    ("answers", "case"),
    [
        (Answers(order="paid_not_active"), "payment_not_synced"),
        (Answers(order="processing"), "stuck"),
        (Answers(order="gone"), "record_lost"),
        (Answers(order="no_site"), "site_gone"),
        (Answers(paid="page_only"), "payment_failed"),
        (Answers(delivered="expired"), "not_renewed"),
        (Answers(delivered="other_item"), "wrong_item"),
        (Answers(stage="refund_promised"), "refund_wait"),
        (Answers(fraud="asked_more", delivered="expired"), "fraud"),
    ],
)
def test_the_case_follows_from_the_answers(answers: Answers, case: str) -> None:
    assert case_of(answers) == case


def test_every_answer_has_a_case_and_every_sentence_exists_in_both_languages() -> None:
    seen = set()
    for answers in ALL_ANSWERS:
        path = path_for(Answers(**{**answers.__dict__, "branches": frozenset(BRANCHES)}))
        seen.add(path.case)
        for lang in ("zh", "en"):
            assert texts.text("case", path.case, lang)
            for step in path.steps:
                assert texts.text("step", step.id, lang)
                assert all(deadlines.fact(name).text(lang) for name in step.laws)
    assert seen == set(CASES)


def test_fraud_comes_before_everything_and_a_site_in_trouble_means_money_first() -> None:
    steps = [step.id for step in path_for(Answers(fraud="all_dead")).steps]
    assert steps[:2] == ["stop_paying", "police"]
    calm, warned = path_for(Answers()), path_for(Answers(), "warning")
    assert not calm.refund_first and warned.refund_first
    assert "refund_first" in [step.id for step in warned.steps]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["fraud"]),
        ({"fraud": "asked_more"}, ["fraud"]),
        ({"fraud": "none", "paid": "no"}, ["fraud", "paid"]),
        ({"fraud": "none", "paid": "bill_shows", "delivered": "yes"}, ["fraud", "paid", "delivered"]),
        ({"fraud": "none", "paid": "bill_shows", "delivered": "no", "order": "no_site"}, ["fraud", "paid", "delivered", "order"]),
        ({"fraud": "none", "paid": "bill_shows", "delivered": "no", "order": "gone"}, ["fraud", "paid", "delivered", "order", "stage"]),
    ],
)  # fmt: skip
def test_only_what_still_matters_is_asked(given: dict, names: list[str]) -> None:
    assert asked(given) == names


def test_sentences_fit_the_case() -> None:
    """No lawsuit for what has arrived; the payment channel before the site where the money is asked back."""
    delivered = [step.id for step in path_for(Answers(delivered="yes")).steps]
    assert "if_refused" not in delivered and "court" not in delivered
    back = [step.id for step in path_for(Answers(), "warning").steps]
    assert back.index("payment_channel") < back.index("write_refund")
    usual = [step.id for step in path_for(Answers()).steps]
    assert usual.index("write_platform") < usual.index("payment_channel")


def test_an_answer_nobody_offered_is_refused() -> None:
    with pytest.raises(ValueError, match="maybe"):
        case_of(Answers(paid="maybe"))
    with pytest.raises(ValueError, match="alien"):
        case_of(Answers(branches=frozenset({"alien"})))


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_letter_states_the_facts_and_leaves_blanks_for_what_is_not_known(letter: str, lang: str) -> None:
    body = write(letter, FULL, TODAY, lang)
    assert "168" in body and "2026-11-20" in body and "腾讯视频VIP月卡" in body
    assert "{" not in body and "待复核" not in body
    empty = write(letter, Fields(), TODAY, lang)
    assert ("〔" if lang == "zh" else "[") in empty and "None" not in empty


def test_a_lost_record_puts_the_burden_on_the_site() -> None:
    path = path_for(Answers(order="gone"))
    assert any("records" in step.laws for step in path.steps)
    body = write("explanation", Fields(case="record_lost"), TODAY)
    assert "异常原因" in body and "第三十一条" in body and "查不到" in body


@pytest.mark.parametrize(
    ("ago", "words"),
    [(16, "至今已超过十五日，仍未退款。\n"), (15, "2026-11-21 起再发"), (None, "超过十五日之后再发")],
)
def test_the_letter_of_day_15_says_when_it_may_be_sent(ago: int | None, words: str) -> None:
    demanded = None if ago is None else dt.date(2026, 11, 20) - dt.timedelta(days=ago)
    assert words in write("day15", Fields(site="a.example", demanded_on=demanded), dt.date(2026, 11, 20))


def test_vague_and_abusive_words_are_named() -> None:
    found = " ".join(lint(Fields(), "我的SVIP没到，骗子"))
    assert "没写金额" in found and "没到" in found and "“骗”" in found
    assert lint(FULL, "请核实") == []
    assert not any("订单号" in line for line in lint(Fields(case="record_lost")))


@given(st.text(max_size=300))
def test_what_is_typed_cannot_change_the_letter_s_frame(typed: str) -> None:
    fields = Fields(site=typed, product=typed, payee=typed, channel=typed, order_no=typed, company=typed)
    plain = write("platform", Fields(), TODAY).count("\n")
    assert write("platform", fields, TODAY).count("\n") == plain


def test_the_word_file_opens_and_names_nobody() -> None:
    made = Document(io.BytesIO(docx("信", write("platform", FULL, TODAY))))
    assert "168" in "\n".join(p.text for p in made.paragraphs)
    assert not made.core_properties.author
    with zipfile.ZipFile(io.BytesIO(docx("信", "一句"))) as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {1980}, (
            "it tells no time, and repeats to the byte"
        )


def test_the_clocks_of_a_case() -> None:
    found = {
        c.id: c
        for c in clocks(dt.date(2026, 9, 1), dt.date(2026, 9, 2), dt.date(2026, 9, 21), dt.date(2026, 12, 31))
    }
    assert found["reply_24h"].on == dt.date(2026, 9, 3)
    assert found["refund_15d"].on == dt.date(2026, 9, 18), "the day after fifteen full days"
    assert found["limitation"].on == dt.date(2029, 9, 1)
    assert found["expiry_3d"].on == dt.date(2026, 12, 28)
    assert found["accept_7wd"].on > dt.date(2026, 9, 30), "the October holidays do not count"
    with pytest.raises(ValueError, match="demanded_on"):
        clocks(dt.date(2026, 9, 2), dt.date(2026, 9, 1))


def test_holidays_not_published_yet_are_said() -> None:
    assert after_working_days(dt.date(2026, 9, 21), 3)[1]
    assert not after_working_days(dt.date(2031, 1, 1), 3)[1]


def test_the_calendar_file_names_no_site() -> None:
    calendar = Calendar.from_ical(ics(clocks(TODAY, TODAY), NOW, "zh"))
    events = calendar.walk("VEVENT")
    assert len(events) == 3 and all(event.walk("VALARM") for event in events)


def test_the_meter_says_which_gap_hurts_most() -> None:
    assert checklist.meter([]).percent == 0 and checklist.meter([]).gaps[0] == "payment"
    everything = [item for items in checklist.GROUPS.values() for item in items]
    assert checklist.meter(everything) == checklist.Meter(100, ())
    assert sum(checklist.WEIGHTS.values()) == 100
    with pytest.raises(ValueError, match="passport"):
        checklist.meter(["passport"])


def test_a_pack_holds_originals_captures_and_hashes_and_notices_a_change(tmp_path: Path) -> None:
    items = [
        evidence_pack.Item("../../../etc/账单.png", b"bill"),
        evidence_pack.Item("home.txt", b"page", "capture", "http://a.test/", "2026-11-01"),
    ]
    made = evidence_pack.make(items, "a.test", NOW)
    assert made == evidence_pack.make(items, "a.test", NOW), "the same files make the same pack"
    file = tmp_path / "pack.zip"
    file.write_bytes(made)
    assert evidence_pack.verify(file) == []
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        assert all(".." not in name and not name.startswith("/") for name in names)
        assert "不能证明之前的内容真实" in archive.read("cover.html").decode()
        assert archive.read("cover.pdf").startswith(b"%PDF")
        contents = {name: archive.read(name) for name in names}
    contents[names[0]] = b"forged"
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    assert any("changed" in line for line in evidence_pack.verify(file))


@pytest.mark.parametrize("content", [b"", b"not a zip", json.dumps({"files": []}).encode()])
def test_what_is_no_pack_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(content)
    with pytest.raises(evidence_pack.PackError, match="x.zip"):
        evidence_pack.verify(file)


def test_the_coach_knows_that_crypto_cannot_be_called_back() -> None:
    said = " ".join(prepay_coach.coach(30, "card", "usdt", 20, "zh"))
    assert "不建议这样付" in said and "元" not in said
    assert "预付" in " ".join(prepay_coach.coach(30, "balance", "balance_only", 20, "zh"))
    for kind, channel, lang in product(texts.keys("kind"), texts.keys("channel"), ("zh", "en")):
        assert all(prepay_coach.coach(1000, kind, channel, 3, lang))


def test_the_coach_assumes_nothing_that_was_not_answered() -> None:
    said = prepay_coach.coach(None, None, None, None, "zh")
    assert said[0].startswith("先选怎么付") and not [line for line in said if "元" in line or "账单" in line]
    only = " ".join(
        prepay_coach.coach(None, None, "licensed", None, "zh", prepay_coach.Peak(4, 20, 0.62, 0.31, 180))
    )
    assert "商户名" in only and "周五 20 点" in only and "你选的" not in only and "你打算付的" not in only


def test_where_the_verdict_advises_against_paying_no_sum_is_called_sensible() -> None:
    for kind, channel, lang in product(texts.keys("kind"), texts.keys("channel"), ("zh", "en")):
        said = " ".join(prepay_coach.coach(1000, kind, channel, 3, lang, warned=True))
        assert texts.text("recourse", channel, lang) in said
        assert not [
            key for key in ("maximum", "above", "night") if texts.text("before", key, lang)[:8] in said
        ]


def test_every_letter_and_ui_text_is_there_in_both_languages() -> None:
    for group in (
        "ui",
        "question",
        "answer",
        "branch",
        "case",
        "step",
        "proof",
        "gap",
        "kind",
        "channel",
        "recourse",
        "before",
    ):
        for key in texts.keys(group):
            assert texts.text(group, key, "zh") and texts.text(group, key, "en"), f"{group}.{key}"
    assert all(letters.title(name, lang) for name in LETTERS for lang in ("zh", "en"))
    assert triage.BRANCHES


ANSWERED = (
    "help-me",
    "--fraud",
    "none",
    "--paid",
    "bill_shows",
    "--delivered",
    "no",
    "--order",
    "gone",
    "--stage",
    "fresh",
)


def test_the_wizard_in_a_terminal_asks_and_answers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n9\n1\n1\n3\n1\n1,5\n"))
    told = command(capsys, "help-me").out
    assert "掉单：订单记录消失" in told and "第三十一条" in told
    assert "12315 一般不受理" in told and "余额" in told, "branches are asked for as well"
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert "--fraud" in command(capsys, "help-me", expect=2).err


def test_the_terminal_gives_letter_dates_court_and_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAMENGWATCH_NOW", NOW.isoformat())
    dates = (
        "--paid-on",
        "2026-11-18",
        "--demanded-on",
        "2026-11-19",
        "--complained-on",
        "2026-11-20",
        "--amount",
        "168",
    )
    files = ("--ics", tmp_path / "a.ics", "--docx", tmp_path / "a.docx")
    told = json.loads(
        command(capsys, *ANSWERED, *dates, *files, "--province", "江苏", "--letter", "day15", "--json").out
    )
    assert [c["on"] for c in told["clocks"]][:2] == ["2026-11-20", "2026-12-01"]
    assert "64610" in told["court"][0] and "168" in told["letter"] and "day15" in told["letters"]
    assert len(Calendar.from_ical((tmp_path / "a.ics").read_bytes()).walk("VEVENT")) == 5
    assert "168" in "".join(p.text for p in Document(str(tmp_path / "a.docx")).paragraphs)
    for wrong, named in ((("--paid-on", "soon"), "soon"), (("--province", "火星"), "火星"), (("--also", "alien"), "alien"),
                         (("--amount", "-1"), "-1"), (("--ics", tmp_path / "b.ics"), "--paid-on"),
                         (("--paid-on", "2026-11-18", "--demanded-on", "2026-11-01"), "demanded_on")):  # fmt: skip
        assert named in command(capsys, *ANSWERED, *wrong, expect=2).err


def test_pack_on_the_command_line_is_checked_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bill, out = tmp_path / "账单.png", tmp_path / "pack.zip"
    bill.write_bytes(b"bill")
    command(capsys, "pack", "shop.example", bill, "-o", out, "--data-dir", tmp_path / "none")
    command(capsys, "pack", "--verify", out)
    assert "账单.png" in command(capsys, "pack", "--verify", bill, expect=2).err
    missing = ("pack", "shop.example", tmp_path / "no.png", "-o", tmp_path / "b.zip")
    assert "no.png" in command(capsys, *missing, expect=2).err and not (tmp_path / "b.zip").exists()
