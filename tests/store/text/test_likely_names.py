"""Names of people that no word leads to."""

import json
from pathlib import Path

import pytest

from store.redaction.likely_names import find_likely
from store.redaction.redact import clean
from store.redaction.rules import fold

HELD_OUT = Path(__file__).parents[2] / "corpora/redact/heldout9.jsonl"


def test_what_a_stranger_wrote_keeps_few_names_and_nearly_all_its_words():
    """Texts of a writer who had read nothing, and of whom the weights have read nothing."""
    rows = [json.loads(line) for line in HELD_OUT.read_text("utf-8").splitlines()]
    told = [row for row in rows if row.get("secrets")]
    leaking = [row["text"] for row in told if any(secret in clean(row["text"]) for secret in row["secrets"])]
    changed = [row["text"] for row in rows if not row.get("secrets") and clean(row["text"]) != row["text"]]
    assert len(told) == 250 and len(leaking) <= 4, leaking
    assert len(rows) - len(told) == 200 and len(changed) <= 7, changed


@pytest.mark.parametrize("name", ["郝志坚", "欧阳晓峰", "禤锦荣", "于洋洋", "贝志伟"])
@pytest.mark.parametrize(
    "text", ["平台已经通知{}三天内处理", "面单背面印着{}和一串数字", "昨晚{}说明天补发", "最后还是{}退的一半"]
)
def test_a_name_is_found_wherever_it_stands(text, name):
    assert name not in clean(text.format(name))


@pytest.mark.parametrize(
    "text",
    ["客服是怎么回事", "于是白天高级会员都能用", "温馨提示：钱包余额满一百可提现", "明明写着安全方便", "王者荣耀和平精英都有", "从安卓区转到苹果区要钱"],
)  # fmt: skip
def test_everyday_words_that_begin_as_names_do_are_none(text):
    assert not list(find_likely(fold(text)))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("转给Gareth Pembroke了，一直没发货", "Gareth Pembroke"),
        ("I bought from Deepak Varma last week and got nothing.", "Deepak Varma"),
        ("then Zhou Meiqi stopped answering", "Zhou Meiqi"),
        ("signed, HE JIANGUO", "HE JIANGUO"),
        ("他的主页 https://t.example.org/~linhaoyu/ 已经打不开", "linhaoyu"),
        ("主页 https://shop.example.com/user/wangdali88 没了", "wangdali88"),
        ("回执发 zhou_li【at】yeah.net", "zhou_li"),
        ("我妈1958年农历九月初六生人", "九月初六"),
        ("发货人是古力努尔，新疆的", "古力努尔"),
    ],
)
def test_capitals_links_and_sounds_show_whose_a_name_is(text, secret):
    assert secret not in clean(text)


@pytest.mark.parametrize(
    "text",
    ["Steam Wallet 50", "the Google Play Gift Card never came", "买了Apple Music和Xbox Game Pass", "sent from Hong Kong", "HE NAN 移动流量卡", "Alan Game Studio 出品",
     "https://pay.example.com/user/login 打不开", "Office Pro Plus 2021 密钥", "Genshin Impact 创世结晶", "Elden Ring 豪华版"],
)  # fmt: skip
def test_products_and_places_with_capitals_stay(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("收款的是栗小燕，不是公司", "栗小燕"),
        ("賣家鄺麗儀叫我再等", "鄺麗儀"),
        ("户主〖方  佳〗", "方  佳"),
        ("一起被骗的还有努尔江·哈力别克", "努尔江"),
        ("微信备注是Zhuang Meilin", "Zhuang Meilin"),
        ("跳到 https://pay.example.net/?payee=%E6%9D%8E%E5%BC%BA&amt=30", "%E6%9D%8E"),
        ("他的ip,39.144. 7 .56", "39.144. 7 .56"),
        ("医保卡(卡号B73820155)", "B73820155"),
        ("Xbox 卡密 QX4TG 7VN2D 9HJRC KW6PF Y38BM", "QX4TG 7VN2D"),
    ],
)
def test_rarer_ways_to_write_what_is_somebodys(text, secret):
    assert secret not in clean(text)
