"""Spellings people use to pass numbers and names by a filter, each with the part that must not survive; and what must stay as it is."""

from __future__ import annotations

import random

import pytest

from store.redaction.redact import clean

GONE = [
    ("护照号 E12345678 丢了", "E12345678"), ("港澳通行证 C87654321", "C87654321"), ("台胞证：08123456", "08123456"), ("学号 2020123999", "2020123999"),
    ("驾驶证 4401061990", "4401061990"), ("身份证4401**********1234", "1234"), ("身份证号110101xxxxxxxx7758", "7758"),
    ("微：abc_12345", "abc_12345"), ("薇♥ hello2024", "hello2024"), ("➕薇❤：lisi_99", "lisi_99"), ("绿色软件号 abc_54321", "abc_54321"),
    ("加我 🐧：1234567", "1234567"), ("lisi#qq.com 把#换成@", "lisi#qq"), ("wang.wu*163.com", "wang.wu"), ("生日1990-05-12", "1990-05-12"),
    ("出生日期：1990年5月12日", "5月12"), ("自称李小龙，说", "李小龙"), ("小红书号：tiantian_88", "tiantian_88"), ("抖音号 lisi12345", "lisi12345"),
    ("快手 id kuaishou888", "kuaishou888"), ("旺旺 小甜甜88", "小甜甜88"), ("钱打到农行张翠花的卡上", "张翠花"), ("转到建设银行李翠花", "李翠花"),
    ("寄到 朝阳区望京SOHO塔3 2501", "2501"), ("游戏账号 player007 密码 abc123", "abc123"), ("13812345/678", "678"), ("Passport No. E89321175", "E89321175"), ("护照尾页号码：E52855966", "E52855966"), ("用护照（E60190735）实名", "E60190735"),
    ("办的港澳通行证，号是C09565807", "C09565807"), ("港澳通行证（C41276849）", "C41276849"), ("微信搜 happy_8746", "happy_8746"), ("加我wei abc-75867", "abc-75867"),
    ("联系V nb_5673", "nb_5673"), ("dy号 king1100", "king1100"), ("我1973年8月20日生的", "8月20"), ("本人1976/09/11生", "1976/09/11"), ("DOB 1991-10-22", "1991-10-22"),
    ("有人自称吴梅联系我", "吴梅"), ("自称店长陆宇勇", "陆宇勇"), ("自称“沈龙勇”", "沈龙勇"), ("打到支付宝金福志", "金福志"), ("于轩小姐", "于轩"), ("老板于梓", "于梓"),
    ("身份证 440106 19670112 2856", "2856"), ("我的号 196|842|55897", "55897"), ("uid love-418181", "418181"), ("支付宝账号kf708", "kf708"), ("tel:一叁8-1234-伍陆柒捌", "伍陆柒捌"),
]  # fmt: skip
STAYS = [
    "密码 修改失败", "工单", "抖音充值 1000抖币", "抖音 88元", "小红书 会员 30天", "王者荣耀的账号被封", "黄钻的账号", "旺旺客服不回", "证件照 60张", "社保卡充值100元",
    "打到微信余额", "寄到邮箱", "9.9/19.9", "库存 12345678/100", "line up", "dota2 id game", "QQ会员 生日礼包", "满100*3减20", "价格#1", "发到2区", "卡号 卡密 自动发货",
]  # fmt: skip


@pytest.mark.parametrize(("text", "secret"), GONE)
def test_what_names_a_person_does_not_survive(text: str, secret: str) -> None:
    assert secret not in clean(text) and secret not in clean(f"您好，{text}，请尽快处理。")
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", STAYS)
def test_what_names_nobody_stays(text: str) -> None:
    assert clean(text) == text


def test_made_numbers_of_every_kind_are_taken_wherever_they_stand() -> None:
    draw = random.Random(7)
    forms = [
        "护照{d8}",
        "通行证号 H{d8}",
        "🐧{d9}",
        "微：wx{d6}",
        "学号:{d10}",
        "身份证 {d6}********{d4}",
        "生日 19{d2}-0{n}-1{n}",
        "抖音号 dy{d6}",
    ]
    for _ in range(300):
        number = {f"d{k}": str(draw.randrange(10 ** (k - 1), 10**k)) for k in (2, 4, 6, 8, 9, 10)}
        form = draw.choice(forms).format(**number, n=draw.randint(1, 9))
        left = clean(f"买了月卡没到账 {form} 一直不处理")
        assert form not in left and "#1]" in left, form
