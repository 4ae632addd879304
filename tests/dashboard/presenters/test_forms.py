"""Forms: what the preview shows is all that is kept, after consent, in one place; nothing typed goes anywhere else."""

from __future__ import annotations

import datetime as dt
import html
import json
import logging
import os
import re
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.forms import inbox, records, report_codes
from dashboard.presenters import translations
from dashboard.web import rate_limit
from store.evidence.records import OrderRecord, parse_record
from store.redaction import rules
from store.redaction.redact import contains_personal_data
from tests.dashboard.pages.test_dashboard_pages import open_page, words
from tests.support.markets import snapshots
from tests.support.servers.streamlit_app import AppTest

TODAY = dt.date(2026, 11, 21)
ID = "0123456789abcdef" * 2
PHONE, ORDER = "13812345678", "订单号 20261120123456789"
TOLD = f"付款后一直没到账，客服电话{PHONE}，{ORDER}，我叫张伟明"


def filled(**more):
    fields = {"site": "https://www.Cheng.test/order?no=991", "happened": "drop.stuck", "band": "10-50",
              "on": dt.date(2026, 11, 20), "product": "svip", "state": "open", "text": ""}  # fmt: skip
    return records.report(ID, TODAY, **(fields | more))


@pytest.fixture
def published(data_dir: Path, monkeypatch) -> Path:
    monkeypatch.setattr(rate_limit, "FORM_VISITORS", rate_limit.Buckets(rate_limit.FORM_VISITOR))
    monkeypatch.setattr(rate_limit, "FORMS", rate_limit.Buckets(rate_limit.FORM_ALL, most=1))
    snapshots.build(data_dir)
    return data_dir


def files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def widget(at: AppTest, kind: str, name: str):
    return next(w for w in getattr(at, kind) if (w.key or "").startswith(name))


def previews(at: AppTest) -> list[str]:
    """What would be kept, as the page shows it."""
    shown = "".join(str(part.value) for part in at.html)
    return [html.unescape(found) for found in re.findall(r"<pre>(.*?)</pre>", shown, re.DOTALL)]


def fill_report(at: AppTest, **more: object) -> AppTest:
    given_ = {"site": "cheng.test/x?order=991", "on": dt.date(2026, 11, 20), "text": TOLD} | more
    widget(at, "text_input", "report-site").set_value(given_["site"])
    widget(at, "selectbox", "report-happened").set_value("drop.stuck")
    widget(at, "date_input", "report-on").set_value(given_["on"])
    widget(at, "text_area", "report-text").set_value(given_["text"])
    return at.run()


def test_whoever_hands_in_orders_is_shown_a_line_that_the_import_takes(published: Path) -> None:
    at = open_page("appeals", site="cheng.test")
    widget(at, "radio", "answer-kind").set_value("feed")
    (line,) = [told for told in previews(at.run()) if told.startswith("{")]
    taken = parse_record(json.loads(line))
    assert isinstance(taken, OrderRecord) and taken.host == "cheng.test"


def send(at: AppTest, name: str) -> AppTest:
    widget(at, "checkbox", f"{name}-consent").check()
    at.run()
    widget(at, "button", f"{name}-send").click()
    return at.run()


def inbox_lines(data: Path) -> list[str]:
    return [
        line for f in sorted((data / "inbox").glob("*.jsonl")) for line in f.read_text("utf-8").splitlines()
    ]


def test_a_report_keeps_exactly_what_the_preview_showed_and_writes_nothing_else(published, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    before = files(published)
    at = fill_report(open_page("report"))
    assert files(published) == before, "nothing is kept before consent"
    preview = previews(at)[0]
    assert PHONE not in preview and "[手机号#1]" in preview and "order=991" not in preview
    shown = words(at)
    public, kept = shown.split("核对采纳后公开：")[1].split("只供核对，不公开：")
    assert "cheng.test" in public and "2026-11-20" in public and "一直显示处理中" in public
    assert "付款后一直" in kept and "付款后一直" not in public
    at = send(at, "report")
    assert inbox_lines(published) == [preview]
    written = set(files(published)) - set(before)
    assert written - {"inbox/.lock"} == {"inbox/2026-11-21.jsonl"}
    assert {k: v for k, v in files(published).items() if k in before} == before
    record = json.loads(preview)
    assert record["host"] == "cheng.test" and record["happened"] == "drop.stuck"
    assert not contains_personal_data(record["text"])
    assert record["id"][:8] in words(at), "the receipt names it"
    printed = capfd.readouterr()
    logged = "\n".join(r.getMessage() for r in caplog.records) + printed.out + printed.err
    assert not [t for t in (PHONE, "付款后一直", "张伟明", "order=991") if t in logged]


def test_what_was_taken_out_is_named_in_the_language_of_the_page(published):
    at = open_page("report", lang="en")
    at = fill_report(at, text="Call 13812345678")
    assert "[mobile number 1]" in words(at) and "Published once checked" in words(at)
    assert "[手机号#1]" in previews(at)[0], "the record itself is what is kept"
    for kind in rules._KINDS.split("|"):
        assert not re.search(r"[\u4e00-\u9fff]", translations.tokens(f"[{kind}#1]", "en"))


def test_the_code_of_a_report_is_shown_once_and_kept_as_a_hash_alone(published):
    (published / report_codes.KEY).write_bytes(b"k" * 32)
    at = send(fill_report(open_page("report")), "report")
    (line,) = inbox_lines(published)
    (code,) = re.findall(r"\b(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}\b", words(at))
    assert json.loads(line)["code"] == report_codes.keyed(published, code) and code not in line
    widget(at, "text_input", "report-life-code").set_value(code.lower())
    widget(at, "radio", "report-life-say").set_value("withdrawn")
    widget(at, "button", "report-life-button").click()
    assert "2026-11-21 收到" in words(at.run()) and "已记下撤回" in words(at)
    assert json.loads(inbox_lines(published)[-1])["state"] == "withdrawn"


def test_a_form_handed_in_is_empty_again_and_consent_holds_for_one_record_only(published):
    at = send(fill_report(open_page("report")), "report")
    assert widget(at, "text_area", "report-text").value == "" and not previews(at)
    at = fill_report(at, text="第一句")
    widget(at, "checkbox", "report-consent").check()
    at = fill_report(at.run(), text="另一句")
    assert widget(at, "checkbox", "report-consent").value is False
    assert widget(at, "button", "report-send").disabled
    assert len(inbox_lines(published)) == 1


def test_the_fourth_report_of_a_session_has_to_wait(published):
    at = open_page("report")
    for n in range(4):
        at = send(fill_report(at, text=f"第{n}条"), "report")
    assert len(inbox_lines(published)) == 3
    assert "太频繁" in words(at)


def test_what_is_missing_is_said_and_nothing_can_be_sent(published):
    at = open_page("report", lang="en")
    assert "which site" in words(at) and "what happened" in words(at)
    assert not at.checkbox and not (published / "inbox").exists()


def test_a_response_shows_what_to_put_on_the_site_and_until_when_we_answer(published):
    at = open_page("appeals")
    widget(at, "radio", "answer-kind").set_value("dispute")
    at.run()
    widget(at, "text_input", "answer-site").set_value("https://cheng.test/")
    widget(at, "text_input", "answer-about").set_value("备案")
    widget(at, "text_area", "answer-text").set_value("备案号已更新，联系 13812345678")
    at = at.run()
    preview = previews(at)[0]
    assert not (published / "inbox").exists(), "nothing is kept before consent"
    at = send(at, "answer")
    assert inbox_lines(published) == [preview]
    record = json.loads(preview)
    assert (record["kind"], record["host"], record["about"]) == ("dispute", "cheng.test", "备案")
    assert PHONE not in record["text"]
    content = words(at)
    assert records.proof_text(record["proof"]) in content
    assert "https://cheng.test/.well-known/kamengwatch.txt" in content
    # 2026-11-21 is a Saturday: working days run from Monday the 23rd.
    assert "2026-11-24" in content and "2026-12-01" in content


def test_when_the_inbox_cannot_be_written_the_page_says_so(published):
    (published / "inbox").write_text("a file where the folder belongs", "utf-8")
    at = send(fill_report(open_page("report")), "report")
    assert "没有保存任何内容" in words(at)
    assert (published / "inbox").read_text("utf-8") == "a file where the folder belongs"


@settings(deadline=None)
@given(site=st.text(max_size=80) | st.sampled_from(["../../etc/passwd", "..\\x", "/a/b", "\x00", "http://../x", "a.test/../../b", "\ud800某卡盟"]), text=st.text(max_size=700))  # fmt: skip
def test_nothing_typed_reaches_a_path_or_breaks_the_line(tmp_path_factory, site, text):
    folder = tmp_path_factory.mktemp("data")
    try:
        line = records.line(filled(site=site, text=text))
    except records.Incomplete:
        return
    assert len(line.splitlines()) == 1 and set(json.loads(line)) <= {"kind", "id", "received_on", "host", "name", "happened", "amount_band", "on", "product", "state", "text"}  # fmt: skip
    inbox.append(folder, line, TODAY)
    assert set(files(folder)) - {"inbox/.lock"} == {"inbox/2026-11-21.jsonl"}


@settings(deadline=None)
@given(st.text(max_size=2000))
def test_words_are_cut_and_hold_no_control_characters(text):
    try:
        kept = records.answer("response", ID, ID, TODAY, site="a.example", text=text)["text"]
    except records.Incomplete:
        return
    assert not [c for c in kept if ord(c) < 32 and c != "\n"]
    assert not contains_personal_data(kept)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"site": " "}, "form.need_site"),
        ({"happened": "spam"}, "form.need_happened"),
        ({"happened": None}, "form.need_happened"),
        ({"on": TODAY + dt.timedelta(days=1)}, "form.need_day"),
        ({"on": None}, "form.need_day"),
    ],
)
def test_a_report_without_its_facts_is_no_report(wrong, key):
    with pytest.raises(records.Incomplete) as error:
        filled(**wrong)
    assert error.value.missing == (key,)


NOBODYS_OWN = ("127.0.0.1", "http://127.1/", "https://0x7f000001/x", "http://[::1]:8080/", "10.0.0.1:80", "printer.local", "metadata.google.internal", "127.0.0.1.nip.io", "gov.cn", "co.uk", "http://localhost/")  # fmt: skip
HANDED_IN = {
    "report": lambda site: filled(site=site),
    "answer": lambda site: records.answer("response", ID, ID, TODAY, site=site, text="已补发"),
    "look": lambda site: records.about_site("look", ID, TODAY, site),
    "include": lambda site: records.about_site("include", ID, TODAY, site),
}


@pytest.mark.parametrize("form", HANDED_IN)
@pytest.mark.parametrize("site", NOBODYS_OWN)
def test_no_form_takes_an_address_that_is_no_public_site_of_anybodys_own(form, site):
    with pytest.raises(records.Incomplete) as error:
        HANDED_IN[form](site)
    (zh,), (en,) = error.value.reasons("zh"), error.value.reasons("en")
    assert ("公开" in zh or "公共" in zh or "许多人共用" in zh) and en.isascii()


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("http://中文.公司:8080/路径", "xn--fiq228c.xn--55qx5d"),
        ("XN--FIQ228C.XN--55QX5D", "xn--fiq228c.xn--55qx5d"),
        ("ｓｈｏｐ。ｅｘａｍｐｌｅ", "shop.example"),
        ("https://shop.example:8443/a?b=c", "shop.example"),
        ("http://[2606:4700::1111]/", "2606:4700::1111"),
    ],
)
def test_every_form_keeps_one_spelling_of_a_host(typed, host):
    assert {make(typed)["host"] for make in HANDED_IN.values()} == {host}


def test_a_code_that_is_not_offered_becomes_unknown():
    record = filled(band="'; drop table", product="<b>", state="?")
    assert (record["amount_band"], record["product"], record["state"]) == ("unknown", "unknown", "open")


def test_many_at_once_lose_and_mix_nothing(tmp_path):
    lines = [json.dumps({"n": n, "pad": "字" * 500}, ensure_ascii=False) for n in range(40)]
    threads = [threading.Thread(target=inbox.append, args=(tmp_path, x, TODAY)) for x in lines]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(inbox_lines(tmp_path)) == sorted(lines)


def test_a_torn_line_spoils_itself_alone(tmp_path):
    file = inbox.append(tmp_path, "{}", TODAY)
    with file.open("ab") as stream:
        stream.write(b'{"torn')
    inbox.append(tmp_path, '{"whole": 1}', TODAY)
    assert inbox_lines(tmp_path) == ["{}", '{"torn', '{"whole": 1}']


def test_a_full_day_takes_no_more_and_keeps_what_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(inbox, "LARGEST_DAY", 10)
    inbox.append(tmp_path, "12345678", TODAY)
    with pytest.raises(inbox.InboxClosed):
        inbox.append(tmp_path, "9", TODAY)
    assert inbox_lines(tmp_path) == ["12345678"]
    inbox.append(tmp_path, "9", TODAY + dt.timedelta(days=1))


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine", "utf-8")
    (tmp_path / "inbox").mkdir()
    os.symlink(outside, tmp_path / "inbox" / "2026-11-21.jsonl")
    with pytest.raises(inbox.InboxClosed):
        inbox.append(tmp_path, "{}", TODAY)
    assert outside.read_text("utf-8") == "mine"
