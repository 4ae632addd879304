"""The source article's rows that are words and lists of the help flow, the table that maps them, and the errors nobody may repeat."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from dashboard.help import checklist, deadlines, letters, prepay_coach, texts
from dashboard.help.letters import Fields, write
from dashboard.help.triage import Answers, Step, path_for
from scoring import method
from scoring.indicators.platform_practice import PRACTICES
from scoring.tables.practices import IMPROVE, practice_rows
from tests.support.markets.judged_records import database, judged
from tests.support.markets.records import HOST, platform

ROOT = Path(__file__).parents[3]
TODAY = dt.date(2026, 11, 23)


def steps(**answers: object) -> list[str]:
    return [step.id for step in path_for(Answers(**answers)).steps]


def test_evidence_comes_first_then_talk_then_several_channels_at_once_then_prevention() -> None:
    order = ["stop_paying", "keep_evidence", "write_platform", "payment_channel", "escalate_24h", "day_15", "court", "aftercare"]  # fmt: skip
    assert [step for step in steps() if step in order] == order
    told = texts.text("step", "escalate_24h", "zh")
    assert "同时走" in told and "12315" in told and "黑猫" in told and "编号" in told
    assert texts.text("step", "keep_evidence", "zh").startswith("现在就保存证据")


def test_the_checklist_asks_for_exactly_what_proves_payment_order_and_anomaly() -> None:
    named = {g: [texts.text("proof", item, "zh") for item in items] for g, items in checklist.GROUPS.items()}
    assert named["payment"] == ["支付账单里的订单号", "金额", "收款商户名称", "支付时间"]
    assert named["order"] == ["订单状态", "商品信息", "下单时间"]
    assert "未开通" in named["anomaly"][0] and "客服" in named["chats"][0]
    assert "备案号" in named["site"][0]


def test_only_the_channel_the_site_itself_publishes_and_a_warning_of_a_second_loss() -> None:
    assert "网站自己公布的客服渠道" in texts.text("step", "write_platform", "zh")
    assert "新客服" in texts.text("step", "site_gone", "zh")
    assert "代追款" in texts.text("step", "aftercare", "zh") and "aftercare" in steps()


def test_what_is_ticked_is_what_the_letter_attaches_and_own_words_are_added() -> None:
    body = write("platform", Fields(proofs=("payment", "chats"), said="客服 11 月 20 日说缺货"), TODAY)
    assert "附件：支付账单、聊天记录。" in body and "补充：客服 11 月 20 日说缺货" in body
    assert "订单页截图" in write("platform", Fields(), TODAY)


def test_the_complaint_names_the_filing_by_which_operator_and_venue_are_found() -> None:
    body = write("r12315", Fields(filing="粤ICP备18046372号（广东）"), TODAY)
    assert "备案号 粤ICP备18046372号（广东）" in body and "见网站执照" in body
    assert "住所地的市场监管部门" in texts.text("ui", "venue", "zh")


def test_a_minor_and_a_private_payment_bring_their_articles_and_a_reseller_no_consumer_rule() -> None:
    body = write("platform", Fields(branches=("minor", "off_platform", "prepaid")), TODAY)
    assert "第一百四十五条" in body and "第五条" in body and "第五十三条" in body
    for_resale = path_for(Answers(branches=frozenset({"reseller", "prepaid"})))
    laws = {name for step in for_resale.steps for name in step.laws}
    assert "breach" in laws and not laws & {"refund_15", "prepaid", "market_regulator"}


def test_before_paying_says_what_to_keep_and_speaks_of_a_peak_only_where_one_was_found() -> None:
    keep = " ".join(texts.text("before", f"keep_{n}", "zh") for n in (1, 2, 3))
    assert "订单提醒" in keep and "有效的联系方式" in keep and "备案号" in keep
    quiet = " ".join(prepay_coach.coach(30, "card", "licensed", 20, "zh"))
    assert "还没有测出来" in quiet
    peak = prepay_coach.Peak(4, 20, 0.62, 0.31, 180)
    told = " ".join(prepay_coach.coach(30, "card", "licensed", 20, "zh", peak))
    assert "周五 20 点" in told and "62%" in told and "180 起" in told and "还没有测出来" not in told
    assert "不在其中" in " ".join(prepay_coach.coach(30, "card", "licensed", 9, "zh", peak))


def test_each_practice_the_pages_lack_is_named_with_what_to_do(tmp_path: Path) -> None:
    signs = {
        "features": ["order_query", "auto_retry"],
        "promises": [{"kind": "compensation"}],
        "delivery": {},
    }
    page = {"kind": "page", "source": "storefront", "host": HOST, "observed_at": "2026-03-02T00:00:00Z",
            "role": "home", "text": "甲卡盟", "signs": signs}  # fmt: skip
    row = practice_rows(judged(database(tmp_path, [platform(), page]), dt.date(2026, 3, 3)))[0]
    assert row["stated"] == ["order_query", "auto_retry", "compensation"]
    assert row["lacking"] == ["automatic_delivery", "order_reminder", "timeout_refund", "drop_priority"]
    assert row["improve_zh"] == [IMPROVE[name][0] for name in row["lacking"]]
    assert set(IMPROVE) == set(PRACTICES)
    for name, word in (("automatic_delivery", "实时"), ("auto_retry", "报警"), ("drop_priority", "掉单优先处理"),
                       ("compensation", "补偿标准"), ("timeout_refund", "原路退款")):  # fmt: skip
        assert word in IMPROVE[name][0]


def test_a_province_s_ceiling_has_year_and_source_or_none_is_given() -> None:
    assert len(letters.provinces()) == 31
    for found in letters.ceilings().values():
        assert found.province in letters.provinces() and found.source and found.read_at
        assert abs(found.ceiling * 4 - found.by_consent) <= 4, "half a year's wage, and twice it"
        told = " ".join(letters.check(found.province, Decimal(168), TODAY, "zh"))
        assert f"{found.since}" in told and found.source in told and f"{found.verified_on}" in told
        assert "在限额以内" in told and ("较早的限额" in told) == found.old(TODAY)
    unknown = " ".join(letters.check("北京", Decimal(168), TODAY, "zh"))
    assert "没有核实到" in unknown and "怎么问" in unknown and not re.search(r"\d{4,}", unknown)


@pytest.mark.parametrize(
    ("amount", "word"), [("64610", "在限额以内"), ("64610.01", "约定适用"), ("258440", "约定适用"), ("258441", "不适用小额诉讼")]
)  # fmt: skip
def test_an_amount_is_held_against_both_figures(amount: str, word: str) -> None:
    assert word in letters.check("江苏", Decimal(amount), TODAY, "zh")[1]


def test_a_missing_defendant_a_strange_province_and_an_old_reading() -> None:
    assert "下落不明" in letters.check("江苏", Decimal(10), TODAY, "zh", barred=True)[0]
    with pytest.raises(ValueError, match="Atlantis"):
        letters.check("Atlantis", None, TODAY, "zh")
    later = TODAY + deadlines.LONGEST_UNREAD + dt.timedelta(days=1)
    assert "没有核实到" in letters.check("江苏", Decimal(10), later, "zh")[0]


def test_every_figure_and_fact_is_old_after_180_days_and_not_before() -> None:
    for rule in (*deadlines.facts().values(), *letters.ceilings().values()):
        old = rule.unread if isinstance(rule, letters.Ceiling) else rule.old
        assert not old(rule.verified_on + dt.timedelta(days=180))
        assert old(rule.verified_on + dt.timedelta(days=181))
    assert not [f.province for f in letters.ceilings().values() if f.unread(dt.date.today())], (
        "read them again"
    )


def test_what_was_read_in_an_older_text_or_a_copy_is_marked_and_the_page_says_so() -> None:
    marked = {name for name, rule in deadlines.facts().items() if rule.recheck}
    assert {"refund_15", "market_regulator", "auto_renew", "taking_money", "living_consumption"} <= marked
    assert all(
        "待复核" in deadlines.fact(name).cite("zh") and "re-read" in deadlines.fact(name).cite("en")
        for name in marked
    )


SAID = ("dashboard", "scoring", "crawler", "kamengwatch", "store", "docs", "README.md", "README.zh-CN.md")
ERRORS = {
    r"消费者协会.{0,6}12315|12315.{0,8}消费者协会|消协.{0,4}12315": "12315 is the market regulator's",
    r"(?<!没有)五百元.{0,6}(起诉|小额诉讼|立案)|(超过|满|大于) ?(500|五百) ?元.{0,12}(小额|起诉)": "there is no lower limit",
    r"备案.{0,6}(即|就是|等于|说明|意味着)(持牌|可靠|合法经营)|ICP.{0,10}(licensed business|proves honest)": "a filing is no licence",
    r"(选择|优先|首选).{0,4}头部平台|头部平台.{0,8}(更|风险低|可靠)": "size is no virtue",
    r"(法定|依法|法律规定).{0,6}24 ?小时|24 ?小时.{0,4}(是法定|为法定)": "24 hours are a habit",
    r"根据行业经验|行业经验表明": "claims without data",
    r"避开.{0,4}(凌晨|节假日|高峰).{0,6}(充值|购买|付款)(?!”|“|目前|.{0,6}没有)": "an untested advice",
}


def test_no_text_of_the_product_repeats_an_error_of_the_source() -> None:
    files = [f for name in SAID for f in ([ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).rglob("*")))]  # fmt: skip
    found = []
    for file in files:
        if file.suffix not in (".py", ".toml", ".md", ".html", ".svg") or not file.is_file():
            continue
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            found += [
                f"{file.name}:{number}: {why}" for wrong, why in ERRORS.items() if re.search(wrong, line)
            ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "wrong",
    ["向消费者协会12315投诉", "金额超过500元可以小额诉讼", "有备案就是持牌", "优先选择头部平台", "法定24小时内答复", "根据行业经验，掉单多在夜里", "避开凌晨集中充值"],
)  # fmt: skip
def test_each_error_would_be_found(wrong: str) -> None:
    assert any(re.search(pattern, wrong) for pattern in ERRORS)


def test_what_the_source_leaves_out_is_in_the_flow() -> None:
    assert (
        "《电子商务法》第四十九条" in deadlines.fact("contract").cite("zh")
        and "格式条款" in deadlines.fact("contract").zh
    )
    assert "payment_channel" in steps() and "police" in steps(fraud="asked_more")
    assert Step("court_missing", ("small_claims", "home_court", "limitation")) in path_for(Answers(order="no_site")).steps  # fmt: skip
    assert "seller_identity" in {n for s in path_for(Answers(branches=frozenset({"off_platform"}))).steps for n in s.laws}  # fmt: skip
    assert "size" not in method.WEIGHTS and not [w for w in method.WEIGHTS if "head" in w or "big" in w]


def test_the_source_checklist_is_complete_and_every_file_and_test_it_names_exists() -> None:
    page = (ROOT / "docs/source-checklist.md").read_text("utf-8")
    rows = re.findall(r"^\| (S\d\d) \|(.*)\|(.*)\|(.*)\|$", page, re.M)
    assert [row[0] for row in rows] == [f"S{n:02d}" for n in range(1, 65)]
    named = {path for path in re.findall(r"`([\w./]+/[\w./]+)`", page) if not path.startswith("/")}
    assert not [path for path in named if not (ROOT / path).exists()]
    missing = []
    for number, _, _, tested in rows:
        tests = re.findall(r"`(test_\w+)::(test_\w+)(?:\[([^\]]+)\])?`", tested)
        assert tests, f"{number} names no test"
        for file, name, case in tests:
            (path,) = (ROOT / "tests").rglob(f"{file}.py")
            source = path.read_text("utf-8")
            known = not case or case in source or (ROOT / f"tests/cases/{case}.json").is_file()
            if f"def {name}(" not in source or not known:
                missing.append(f"{number}: {file}::{name}[{case}]")
    assert not missing, missing
