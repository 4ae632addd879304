"""What people write around a grievance changes nothing of what they complain of: manners, marks, spelling, script, asides."""

from __future__ import annotations

from pathlib import Path

import opencc
import pytest

from research.complaint_kinds.held_out_figures import read
from store.complaint_kinds.classify import classify, classify_many

ROOT = Path(__file__).resolve().parents[3]
TEXTS = [record["text"] for record in read(ROOT / "tests/corpora/kinds/heldout5.jsonl")][::2]
_TRADITIONAL = opencc.OpenCC("s2t")
MISSPELT = {"充值": "冲值", "订单": "定单", "到账": "到帐", "退款": "退宽", "账号": "帐号"}


def misspelt(text: str) -> str:
    """The text with usual homophones."""
    for right, wrong in MISSPELT.items():
        text = text.replace(right, wrong)
    return text


def changed(tell) -> float:
    """Share of texts whose primary kind is another one when told otherwise."""
    as_they_are, told = classify_many(TEXTS), classify_many([tell(text) for text in TEXTS])
    return sum(one.primary != other.primary for one, other in zip(as_they_are, told, strict=True)) / len(
        TEXTS
    )


@pytest.mark.parametrize(
    "tell",
    [
        lambda t: "您好，我要反映一个情况。" + t + "。请平台尽快处理，谢谢。",
        lambda t: "尊敬的客服人员，打扰您一下，想请教个问题。" + t,
        lambda t: t + "。麻烦了，祝您生活愉快！",
        lambda t: "以前掉单过一次，后来补了。" + t,
        lambda t: t + "。他们店里贴的公告：“请认准唯一客服，谨防冒充，虚拟物品售出不退。”",
        lambda t: "".join(c for c in t if c not in "，。！？、,.!?；：“”\"…~ "),
        lambda t: " ".join(t),
    ],
    ids=["courtesy around", "courtesy before", "courtesy after", "an earlier case, solved", "a notice quoted", "no marks", "blanks"],
)  # fmt: skip
def test_what_stands_around_a_grievance_hardly_changes_its_kind(tell) -> None:
    assert changed(tell) <= 0.075


@pytest.mark.parametrize(
    "tell",
    [misspelt, _TRADITIONAL.convert, lambda t: t.replace("，", "！！").replace(",", "!!") + "！！！"],
    ids=["homophones", "traditional", "marks"],
)
def test_spelling_script_and_marks_change_nothing(tell) -> None:
    assert changed(tell) == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("买的游戏号用了三天被原号主找回去了", "account_taken_back"),
        ("会员没几天就被官方收回了", "account_taken_back"),
        ("说好质保一年，第二个月坏了不给换", "guarantee_not_kept"),
        ("承诺掉了包补，掉了不补", "guarantee_not_kept"),
        ("卡密输进去显示无效", "invalid_card"),
    ],
)
def test_goods_that_arrive_and_die_have_kinds_of_their_own_and_are_no_drops(text: str, kind: str) -> None:
    found = classify(text)
    assert found.primary == kind and not any(k.startswith("drop.") for k in found.kinds)


def test_a_notice_by_itself_is_no_complaint() -> None:
    assert (
        classify("公告：“请认准唯一客服，谨防冒充，虚拟物品售出概不退换，掉单请联系客服补发。”").primary
        == "other"
    )


@pytest.mark.parametrize(
    "text",
    [
        "一直没收到货，我气得不行，后来查账单才发现钱根本没付出去，不好意思",
        "说好秒发结果没到账，投诉写到一半再一看是我付款没成功，一分没扣",
    ],
)
def test_a_complaint_its_writer_takes_back_is_no_drop(text: str) -> None:
    assert not classify(text).primary.startswith("drop.")
