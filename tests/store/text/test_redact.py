"""No planted personal datum gets through; prices, dates, filing numbers, products and hosts do (issue 3, Redaction)."""

from __future__ import annotations

import json
import random
import re
import runpy
import sqlite3
import time
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from store.evidence.normalize import row_of
from store.evidence.records import About, AnyRecord, Step, parse_record
from store.redaction import redact as redacting
from store.redaction.fields import Hashed, Kept, kept_link, names_nobody, redact_record
from store.redaction.natural_persons import is_person, without_person
from store.redaction.numbers import TO_DIGITS, id_checks
from store.redaction.redact import clean, contains_personal_data, redact
from store.redaction.rules import FOLD, TOKEN
from store.text import pattern_scan
from tests.support.programs.in_process_cli import command

CORPORA = Path(__file__).parents[2] / "corpora" / "redact"


def _rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (CORPORA / name).read_text(encoding="utf-8").splitlines()]


PLANTED, SURVIVE = _rows("planted.jsonl"), _rows("survive.jsonl")
SPELLINGS = sorted({row["spelling"] for row in PLANTED})


def _digits(text: str) -> str:
    return re.sub(r"\D", "", TOKEN.sub("|", text).translate(FOLD).translate(TO_DIGITS))


def _leaks(secret: str, kept: str) -> bool:
    """As written; as digits in any script; or, for a name, any two of its characters that stand together."""
    number = _digits(secret)
    pairs = (
        {secret[i : i + 2] for i in range(len(secret) - 1)}
        if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", secret)
        else set()
    )
    rest = TOKEN.sub("|", kept)
    return (
        secret in rest
        or (len(number) >= 6 and number in _digits(kept))
        or any(pair in rest for pair in pairs)
    )


def test_the_corpora_are_as_large_as_promised_and_made_by_their_script() -> None:
    assert len(PLANTED) >= 500 and len(SPELLINGS) >= 40 and len(SURVIVE) >= 150
    script = runpy.run_path(str(CORPORA / "make.py"))
    assert list(script["planted"]()) == PLANTED
    assert list(script["survive"]()) == SURVIVE


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_nothing_planted_gets_through(spelling: str) -> None:
    rows = [row for row in PLANTED if row["spelling"] == spelling]
    found = [
        (row["text"], kept) for row in rows for s in row["secrets"] if _leaks(s, kept := clean(row["text"]))
    ]
    assert not found


def test_without_the_parser_python_does_not_publish_the_same_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It makes long texts cheap; a Python that moved it away, or changed it, gets the same answers."""
    text = "。\n".join(row["text"] for row in PLANTED[::9])
    told = redact(text)
    for gone in (None, object()):
        scan = pattern_scan.PatternScan(redacting._SCAN.patterns, redacting._BLANKS)
        monkeypatch.setattr(pattern_scan, "_parser", gone)
        monkeypatch.setattr(redacting, "_SCAN", scan)
        assert not scan.readable and redact(text) == told
        assert [len(found) for found in scan.matches("qq 100012345")] == [
            len(pattern.findall("qq 100012345")) for pattern in scan.patterns
        ]


def test_what_is_no_personal_data_comes_back_unchanged() -> None:
    changed = [(row["text"], kept) for row in SURVIVE if (kept := clean(row["text"])) != row["text"]]
    assert not changed
    assert not [row for row in SURVIVE if contains_personal_data(row["text"])]
    # English words that end as a role does: our own reasons have them.
    for ours in ("not the shop: placeholder (HTTP 200)", "shareholder (of some)", "stakeholders meet"):
        assert clean(ours) == ours
    assert (
        "smith" not in clean("holder: john smith") and "smith" not in clean("card holder John Smith").lower()
    )


def test_two_texts_beside_each_other_are_redacted_as_well_as_alone() -> None:
    for first, second in zip(PLANTED[::7], PLANTED[3::7], strict=False):
        kept = clean(f"{first['text']}。\n{second['text']}")
        assert not [s for s in first["secrets"] + second["secrets"] if _leaks(s, kept)], kept
    for index, kept_row in enumerate(SURVIVE):
        text = f"{PLANTED[index * 3]['text']}。\n{kept_row['text']}"
        assert kept_row["text"] in clean(text)


def test_redacting_again_changes_nothing_and_the_scan_is_silent() -> None:
    for row in PLANTED:
        once = clean(row["text"])
        assert clean(once) == once
        assert contains_personal_data(once) == []


@pytest.mark.parametrize("count", [1, 2, 7, 12, 60])
@pytest.mark.parametrize("between", ["\x00", " ", "\n", "-", "、"])
def test_numbers_that_uncover_one_another_are_all_taken(count: int, between: str) -> None:
    """Each taken out leaves the one before it to be found; what stands on other lines stays."""
    chain = between.join("1".join(["13800138000"] * count))
    once = clean(f"收到货了\n\n{chain}\n\n谢谢")
    assert contains_personal_data(once) == [] and clean(once) == once
    assert once.startswith("收到货了") and once.endswith("谢谢") and (count > 1 or "[手机号#1]" in once)


def test_tokens_are_typed_counted_and_consistent() -> None:
    text = "我叫张三，电话13800001234。张三的另一个号13900004321，还是打138-0000-1234或+8613800001234，邮箱a1@mail.example"
    done = redact(text)
    assert done.text == (
        "我叫[姓名#1]，电话[手机号#1]。[姓名#1]的另一个号[手机号#2]，还是打[手机号#1]或+[手机号#1]，邮箱[邮箱#1]"
    )
    assert done.counts == {"姓名": 2, "手机号": 4, "邮箱": 1}
    assert contains_personal_data(text) == ["姓名", "手机号", "邮箱"]


def test_new_items_never_take_the_number_of_an_old_token() -> None:
    assert clean("[手机号#1]和13900004321") == "[手机号#1]和[手机号#2]"


def test_an_ordinary_complaint_keeps_its_story() -> None:
    text = (
        "2026-03-02 12:30在shop.test买了腾讯视频VIP月卡，付款129.00元，一直显示处理中。客服态度很差，余额也提现不了，"
        "网站页脚写着粤ICP备18046372号-1和粤公网安备44030002008123号。要求退款98元。"
    )
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("身份证110101190001011237", "身份证[身份证#1]"),
        ("卡号6222000000000000", "卡号[银行卡#1]"),
        ("单号20260302000000001", "单号[订单号#1]"),
        ("电话0755-80001234", "电话[电话#1]"),
        ("车牌粤B12345", "车牌[车牌#1]"),
        ("QQ：100012345", "QQ：[QQ#1]"),
        ("微信demo_1234", "微信[微信#1]"),
        ("地址：广东省深圳市示例路8号", "地址：[地址#1]"),
        ("登录IP 203.0.113.9", "登录IP [网络地址#1]"),
        ("张先生", "[姓名#1]先生"),
        ("先追回后收费，联系1000027146。", "先追回后收费，联系[账号#1]。"),
        ("前期零费用1000031422。", "前期零费用[账号#1]。"),
        ("共加100000元，余额100000000元", "共加100000元，余额100000000元"),
    ],
)
def test_each_type_has_its_token(text: str, kept: str) -> None:
    assert clean(text) == kept


def test_the_check_digit_of_an_identity_number() -> None:
    """The two examples printed in GB 11643-1999."""
    assert id_checks("11010519491231002x") and id_checks("440524188001010014")
    assert not id_checks("110105194912310021")


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [r["text"] for r in PLANTED] + [r["text"] for r in SURVIVE] + list("\ue000\ue001İ[]#1一 ")
        ),
        max_size=4,
    ).map("".join)
)
@example("\ue001张三\ue000")
@example("İ13800001234ﷺ")
def test_any_text_is_redacted_without_an_error_and_once_is_enough(text: str) -> None:
    once = redact(text)
    assert clean(once.text) == once.text
    assert (once.text != text) == bool(once.counts)


@given(
    st.integers(3, 9),
    st.text("0123456789", min_size=9, max_size=9),
    st.lists(st.sampled_from(["", "-", " ", ".", "😀", "\u200b"]), min_size=2, max_size=2),
)
def test_every_mobile_number_in_three_groups_goes(second: int, rest: str, signs: list[str]) -> None:
    number = f"1{second}{rest}"
    written = number[:3] + signs[0] + number[3:7] + signs[1] + number[7:]
    kept = clean(f"请打电话{written}，谢谢")
    assert kept == "请打电话[手机号#1]，谢谢"


HOSTILE = ["1", "1 ", "13", "138 ", "一", "a@", "a.", "姓名:", "张", "张先", "我叫", "微信:", "qq ", "订单号 1-", "路1号", "1栋", "广东省深圳",
           "地址:省1", "0755-", "1.", "1:", "f:", "粤b", "[手机号#1]", "\u200b1", "1单元", "62", "2020-1-1", "😀1", "abc at a dot ", "赵丁 13800001234,", "1-", "1,", "0,", "13,", "4 ", "19,9,", "33.3 ", "一1"]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_texts_take_time_in_proportion_to_their_length(unit: str) -> None:
    spent = []
    for _ in range(2):
        begun = time.process_time()
        redact((unit * 10_000)[:10_000])
        spent.append(time.process_time() - begun)
    assert min(spent) < 0.4  # at most 90 ms here; a shared build machine may be four times slower


# Spellings people use to pass numbers and names by a filter, each with the part that must not survive; and what must stay as it is.


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
    # Kinds a fresh corpus of 888 spellings found missing (2026-12-01): scripts and signs of figures, what stands between them, backwards.
    ("号码㈠㈢㈧㈤㈤㈤㈤㈠㈡㈢㈣", "㈤㈠㈡㈢㈣"), ("联系〡〣〨〥〥〥〥〡〢〣〤", "〥〡〢〣〤"), ("打139；5555；0123", "0123"), ("打139x5555x0123找他", "0123"), ("打139转5555转0123", "0123"),
    ("电话1一3一9一5一5一5一5一0一1一2一3", "0一1一2一3"), ("139<br>5555<br>0123", "0123"), ("前三位139，中间5555，最后0123", "0123"), ("139[5555]0123", "0123"),
    ("倒过来写：32105555931", "5555"), ("(+852)6555 0123", "0123"), ("菲律宾 +63 917 555 0123", "0123"), ("打我I3955550123", "5555"),
    ("军官证 军字第5550123号", "5550123"), ("残疾证 755500112233", "00112233"), ("香港身份证 K455012(3)", "455012"), ("病历号 52550123", "52550123"), ("身份证 330106.1990.0101.0123", "0101.0123"),
    ("储蓄卡(5012)", "5012"), ("xxxx xxxx xxxx 0123 这张卡", "0123"), ("中国银行[6012]", "6012"),
    ("v❤信 demo50", "demo50"), ("w信：demo_813", "demo_813"), ("微_信_demo440", "demo440"), ("微芯 demo-3728", "demo-3728"), ("微信👉demo_7785", "demo_7785"), ("微信id→demo_88", "demo_88"),
    ("搜 demo-yu7412 加我", "demo-yu7412"), ("客服Q555012349", "555012349"), ("叩叩五五五〇一二三四", "五〇一二"), ("蝙蝠 demo_8839", "demo_8839"), ("✈️ demo_8891", "demo_8891"),
    ("skype live:demo_6638", "demo_6638"), ("游戏昵称 demo-94", "demo-94"), ("pwd:021287", "021287"), ("验证码 513489", "513489"), ("卡密：demo-8674Z", "8674Z"),
    ("demo88(a)qq.com", "demo88"), ("demo_88_at_foxmail.com", "demo_88"), ("demo_88在foxmail点com", "demo_88"), ("demo88&#64;gmail.com", "demo88"), ("邮箱：demo530，foxmail邮箱", "demo530"),
    ("骗我的人叫袁涛", "袁涛"), ("股东周小红", "周小红"), ("替陈霞投诉", "陈霞"), ("店主王梓轩失联", "王梓轩"), ("客服李晓燕承认发错", "李晓燕"), ("付款给个体户冯建军", "冯建军"), ("姓徐名军", "徐名军"), ("买家：欧阳子轩", "欧阳子轩"), ("（皇甫梓涵）的银行卡", "皇甫"), ("聯絡人：陳淑芬", "陳淑芬"),
    ("收款人→钱小军", "钱小军"), ("户名：王.建.国", "建"), ("收款人 李　建国", "建国"), ("我叫“周晓丽”", "周晓丽"), ("收款人*丽华", "丽华"), ("收款人 wang xiao ming", "xiao ming"),
    ("my name is Michael Zhang", "Michael"), ("Payee: Zhou, Xiaoming", "Xiaoming"), ("Mr. Liu Dehua", "Dehua"), ("收款人阿不都热西提·吐尔逊", "阿不都"), ("经营者 扎西多吉", "多吉"),
    ("我在某大学12舍305", "305"), ("台北市大安區忠孝東路四段101號5樓", "101"), ("Room 1203, Building 5, 88 Demo Road", "1203"), ("取件码3-2-4051", "4051"),
    ("ip 203 . 0 . 113 . 9", "113"), ("IPv6 2001:db8:78a1:1234::5", "78a1"), ("mac地址3c-22-fb-81-1a-9f", "22-fb"), ("设备号 A1B2C3D4-E5F6-7890-ABCD-EF1234567890", "E5F6"), ("序列号 C02XG2JMJG5H", "C02XG"),
    ("坐标 30.2741, 120.1551", "120.1551"), ("unionid：o6_bmasdasdsad6_2sgVt7h", "bmasdas"), ("cookie: PHPSESSID=8f3ab9d2c1e4", "8f3ab9"), ("打U到TYyYWMWb6YfJobvi8ndtu9zT6pAzuR7Uoc", "YfJobvi8"),
    ("钱包0xe0dc3c1047fca4944447606febfd0d7c80a37d84", "fca494"), ("我生日是九三年五月六号", "五月六"), ("90年3月生人", "3月"), ("生于1979年11月", "1979"), ("我是95年8月12号的", "8月12"), ("阴历生日1970年腊月初八", "初八"),
    ("https://weibo.com/u/5550123746", "5550123746"), ("http://wpa.qq.com/msgrd?v=3&uin=55501234&site=qq", "55501234"), ("https://u.wechat.com/kJ8s_92ks", "kJ8s_92ks"), ("http://a.example/?uid=1&name=demo", "=demo"),
    # Kinds another fresh corpus found missing (2026-12-01): homophones, letters among figures, figures told in words, half names, dots.
    ("嶶信 demo_7788", "demo_7788"), ("魏信：demo0099", "demo0099"), ("徽❤信 demo9988", "demo9988"), ("ⅴ信号 demo_kk99", "demo_kk99"), ("TG联系 demo_88", "demo_88"),
    ("蝙蝠号 5550188", "5550188"), ("DOU音 demo_0707", "demo_0707"), ("小红薯：小兔是我", "小兔"), ("微博@爱吃鱼的小林", "小林"), ("旺旺：清风明月", "清风"),
    ("联系我 15O-5555-O1O5", "5555"), ("手机：136-老板好-5555-0100", "0100"), ("电话是137 5555 空格 0133", "0133"), ("电话一三五后面是5555再后面0157", "0157"),
    ("eSIM卡号：89860012345678901234", "8986"), ("SIM 8986 0012 3456 7890", "0012"), ("SN: ABC 12345678", "12345678"), ("token 8f3ab9d2c1e4", "8f3ab9"), ("靓号尾号8861", "8861"),
    ("本人扎西·多吉", "扎西"), ("我叫阿依努尔·买买提", "阿依努尔"), ("实名认证是**芳", "芳"), ("支付宝显示(*小红)", "小红"),
    # Kinds that three further corpora found missing: told in pieces, names beside words to write to, roles, kin and what somebody did.
    ("手机开头139，剩下55550123", "55550123"), ("一百三十九，五五五五，零一二三", "五五五五"), ("号1.3.9.5.5.5.5.0.1.2.3", "5.5.5.5"), ("🅠🅠5550123746 秒回", "5550123746"), ("企 鹅 5 5 5 0 1 2 3", "0 1 2"), ("my qq number is 555012374", "555012374"),
    ("旧号55501237不用了", "55501237"), ("要退款就搜 demo_kk77 ，vx", "demo_kk77"), ("卫❤demo_faka", "demo_faka"), ("他的Vdemomo5501", "demomo5501"), ("位信 demo5501a", "demo5501a"), ("W X : d e m o 5 5 1", "d e m o"),
    ("t点me斜杠demo_kf55", "demo_kf55"), ("纸飞机 @ Demo_kk", "Demo_kk"), ("demo_kk(a)vip.163.com", "demo_kk"), ("举报郑永华冒充客服", "郑永华"), ("特此投诉。—— 郑红梅 2026年1月2日", "郑红梅"), ("判令被告郑伟返还货款", "郑伟"), ("我表姐郑晓丽才上大学", "郑晓丽"),
    ("全名郑嘉莉", "郑嘉莉"), ("店长郑晓峰同意退", "郑晓峰"), ("我系郑耀邦，", "郑耀邦"), ("转给光大的 622555 0123 882914", "0123 882"),
    # Everyday spellings a further fresh corpus found missing (2026-12-02): somebody's part of a site's address, rooms without a unit, names told twice.
    ("邀请 https://km.example/reg/u/demo55", "demo55"), ("km.example/agent/555012", "555012"), ("http://km.example/user/profile/555012", "555012"), ("https://km.example/q?a=1&sign=demo8f3a", "demo8f3a"),
    ("http://km.example/o?email=demo55%40qq.com", "demo55"), ("163邮箱：demo5550", "demo5550"), ("ws号 85255550123", "85255550123"), ("WA：60125550123", "60125550123"), ("老板姓陈，叫陈志明", "陈志明"),
    ("店主姓刘叫刘海波", "刘海波"), ("户主名：赵一鸣", "赵一鸣"), ("示例路22号金运花园B栋1203", "1203"), ("示例路588号A幢902", "902"), ("示例路87号碧桂园24楼801", "801"), ("示例道33号楼2门401", "401"),
    # Kinds a fresh corpus of texts that evade found missing (2026-12-02): names behind a word that leads to them, in two scripts, bare surnames.
    ("傅春莹，你怎么不还我钱", "傅春莹"), ("戴海婷，退我的钱", "戴海婷"), ("转账那页显示(谭玉芬)", "谭玉芬"), ("推销员唐霞让我多充", "唐霞"), ("投诉者：邓飞", "邓飞"),
    ("扣裙70911163", "70911163"), ("腾讯70911163", "70911163"), ("班主任谢文婷收的钱", "谢文婷"), ("物业田海燕介绍的", "田海燕"), ("老总贺建峰早就出国了", "贺建峰"),
    ("有事联系郑永 13955550123", "郑永"), ("找郑文丽退款", "郑文丽"), ("申诉人：石文磊（买家）", "石文磊"), ("快递员谭军说没有", "谭军"), ("小哥马勇琪送来的", "马勇琪"), ("上家张芳伟不给结算", "张芳伟"), ("供货商邵斌红拖欠货款", "邵斌红"),
    ("技术周宇雨说维护", "周宇雨"), ("财务邹鹏审核中", "邹鹏"), ("接待我的是龚梅思", "龚梅思"), ("特此投诉汪思胜诈骗", "汪思胜"), ("我老公金芳永的身份证", "金芳永"), ("魏刚睿（客服）回复：等", "魏刚睿"), ("客服王小明微信 demo_88123", "王小明"),
    ("My name is 孔桂俊, please refund", "孔桂俊"), ("contact 万建 for refund", "万建"), ("Boss: 文飞", "文飞"), ("Mr. 夏春飞 cheated me", "夏春飞"), ("我叫Wang Xiaoming，refund please", "Xiaoming"), ("客服小苏说明天处理", "小苏"), ("找罗老板没用", "罗老板"),
    ("腾讯号 55501234", "55501234"), ("qiuqiu 555012374", "012374"), ("口口：555012374", "012374"), ("Q群外找我55501237", "55501237"), ("➕🌟：demo11981", "demo11981"), ("D音 demo8300", "demo8300"), ("拨 【139】55550123", "0123"), ("22号楼327门口", "327"), ("示例公寓B座1262", "1262"),
    # Names in English said in two or three syllables, after a pause or what was paid; a register's sole trader; a name beside a nickname.
    ("The seller, Li Xiaoming, blocked me", "Xiaoming"), ("I paid 168 to Zhang Wei and got nothing", "Zhang"), ("sent 168 to Chen Xiaohong via Alipay", "Xiaohong"),
    ("店主小名二狗，大名周德彪", "周德彪"), ("个体工商户 魏都区刘小红数码店", "刘小红"),
    ("联系人姓名电话：苗东升/13955550123", "苗东升"), ("Ali pay name: CHEN XIAO HONG", "XIAO"), ("卖家艾尔肯·买买提发来的卡密是空的", "艾尔肯"), ("群主就是 洛桑平措", "洛桑"),
    ("skype live:.cid.8a7b6c5d4e3f", "8a7b6c5d4e3f"), ("号 demo5550123 密 147258abc", "147258abc"), ("号 a13955550123 密 147258abc", "147258abc"), ("账密：demo77889----asd123456", "asd123456"),
    ("邮给我 demo77889----asd123456----密保问题", "asd123456"), ("取件码 88231045", "1045"),
    # Kinds one more fresh corpus found missing (2026-12-03): rare surnames, spaced names, who is a role, cards' other numbers, sites' own ways to name somebody.
    ("担保人仝志强", "仝志强"), ("佟 丽 娜", "佟 丽 娜"), ("名片：骆明海", "骆明海"), ("复核：翁同海", "翁同海"), ("主播叫苗小雨", "苗小雨"), ("苗小雨留", "苗小雨"), ("义乌市骆明海日用百货商行", "骆明海"), ("我老公高德福的卡", "高德福"), ("【欧阳明月】 12:30", "欧阳明月"),
    ("收款人拼音 miao xiao yu", "xiao yu"), ("the seller, Lena Demo, never answered", "Lena"), ("此致 敬礼\n        温小海 敬上", "温小海"), ("骆小宝夫妇", "骆小宝"), ("示例号楼3栋2门401", "401"),
    ("CVV 318", "318"), ("信用卡有效期09/27", "09/27"), ("pass=demo5501", "demo5501"), ("发来 demo77889----asd123456----", "asd123456"), ("串号 356938035643809", "356938"), ("士字第5550123号", "5550123"), ("生日920617", "920617"), ("加➕5550123746", "5550123"),
    ("Discord demo_kk#4821", "demo_kk#4821"), ("dc:demo_kk", "demo_kk"), ("https://km.example/u/demo_kk88", "demo_kk88"), ("https://km.example/people/demo-kk", "demo-kk"), ("会员：demo5501", "demo5501"), ("小红书搜 demo_kk88", "demo_kk88"),
    ("放在金运花园东门丰巢12号柜", "金运花园"), ("菜鸟驿站:示例新村店", "示例新村"),
    # Numbers and codes no word names, names as chats, forms and links show them, rarer surnames: a fresh corpus found them missing (2026-12-03).
    ("原神UID555012374", "555012374"), ("tele gram ID 5550123746", "5550123746"), ("威信：d e m o 5 5 0 1", "d e m o"), ("DOU音：5 5 5 0 1 2 3 7 4", "5 5 5 0"), ("CDK:dm9f3nq7-vw2c", "dm9f3nq7"), ("密码就是demo5501@lcy", "demo5501@lcy"), ("解锁码8D2TQ77", "8D2TQ77"),
    ("苹果设备 D4GX20MKQ19R", "D4GX20MKQ19R"), ("JDVB55501937562 京东的", "55501937562"), ("就诊卡号M00555012", "M00555012"), ("快递是EMS 5550 1237 46 1", "5550 1237"), ("passport no. is L7D30R984", "L7D30R984"), ("911804199001015550", "911804199001015550"),
    ("{lat:30.749836，lng:120.658214}", "120.658214"), ("gps 30.54318 / 120.05752", "120.05752"), ("坐标 N 30°04′12.7″ E 120°22′58.3″", "22′58"), ("plus code是8Q7XGM4F+2VJ", "8Q7XGM4F"), ("坐标三十点八零五六,一百二十点四三一五", "四三一五"), ("IP 203 点 0 点 113 点 86", "113"),
    ("要填生日，我填1999-02-27", "1999-02-27"), ("my birthday is 12 Sep 1996", "12 Sep"), ("寄示例校区南苑9号宿舍楼417寝室", "417"),
    ("“柴小雯”邀请“管小虎”加入了群聊", "管小虎"), ("曝光【仉小明】收了预存款", "仉小明"),
    ("客服:请问怎么称呼？\n我：农小伟，农民的农", "农小伟"), ("https://km.example/i?realname=麻小东&from=h5", "麻小东"), ("——一个普通玩家，郗小墨，写于深夜", "郗小墨"), ("写着向谌小洁付款", "谌小洁"), ("姓名 宿国梁", "宿国梁"), ("签名（手写）:逯小航", "逯小航"), ("对接的是亓官雨桐", "亓官雨桐"), ("车主虞立夫", "虞立夫"),
    ("代付的朋友叫阿依努尔.买买提", "阿依努尔"), ("持卡人姓名填 ZHENG/XIAOMING", "XIAOMING"), ("his real name is Lin Xiaoming", "Xiaoming"), ("a person called Kwong Siu Ming, who", "Kwong"),
    # Names in quotation marks, beside shares, spelt letter by letter, in letters' ends; papers and plates in other signs: another fresh corpus (2026-12-03).
    ("商户单号和“费小宇”三个字", "费小宇"), ("域名注册人牛建设", "牛建设"), ("孟小瑞持股40%", "孟小瑞"), ("我姓逄，逄大海", "逄大海"), ("真名丌永昌", "丌永昌"), ("用户阿依古丽·买买提", "阿依古丽"), ("我朋友迪丽努尔•艾尔肯", "迪丽努尔"), ("管收钱的是巴特尔·苏和", "巴特尔"),
    ("paid 45 USD to Xiaoming Luo and", "Luo"), ("拼给你：f-a-n x-i-a-o y-u", "f-a-n"), ("写成“龚/伟/民”", "龚/伟/民"), ("付给了粟.小.燕", "粟.小.燕"), ("备注写宋小曦买卡的", "宋小曦"), ("其实叫路广生", "路广生"), ("我表弟计小风才13岁", "计小风"), ("https://pay.example/done?payer=岑小墨&a=8", "岑小墨"), ("寄件人写的是我：屈小莹", "屈小莹"),
    ("HKID K384720(5)", "K384720"), ("文字第0580927号", "0580927"), ("支fu宝是 demo0815", "demo0815"), ("车牌鲁Q五八〇Z三", "八〇"), ("放进了丰巢，示例苑东门柜机A07格口", "A07"), ("住示例宿舍A3-528", "A3-528"), ("五八年腊月初九生的", "腊月"), ("身份证上写1959/01/17", "1959"), ("账密是 demo5501abc / 9f7Tq2bn", "9f7Tq2bn"),
    # Who leads to a name in further words, trades under a name, codes beside an account: a further fresh corpus (2026-12-03).
    ("我是消费者傅立群", "傅立群"), ("第二次变成了毛秀英", "毛秀英"), ("挂的是祝永康小吃店的执照", "祝永康"), ("真名应该是房晓东", "房晓东"), ("实际叫冉小虎", "冉小虎"), ("转一分钱试出来是向海波", "向海波"), ("这个人就是应天佑", "应天佑"), ("谢谢。古丽娜尔•阿不力孜", "古丽娜尔"), ("患者管玉兰", "管玉兰"), ("我和解小冬一起拼的", "解小冬"), ("骗子叫马超群，跑了", "马超群"),
    ("The receiver of my payment was Zhao Mingxuan", "Mingxuan"), ("我的外教Daniel Demo让我买", "Daniel"), ("密保是生日，我填的19880409", "19880409"), ("密码他们发的demo7788q", "demo7788q"), ("给的小号 demo55@qq.com:Demo2024kot", "Demo2024kot"), ("礼品卡代码XR4N8K2VTQ7WPL5M", "XR4N8K2V"),
    # What the last fresh corpus of the day found missing (2026-12-03).
    ("个体户符大勇电子产品经营部", "符大勇"), ("举报郝磊，绰号耗子", "郝磊"), ("店家收款名 Zhang Weiqiang", "Weiqiang"), ("seller's real name is Dmitri Demov and", "Dmitri"), ("身份证露出来一角，叫禤锦荣，", "禤锦荣"), ("民警联系了翟洪涛", "翟洪涛"), ("正反面都给了于洋洋", "于洋洋"), ("取件人解语晴", "解语晴"), ("他（贝志伟）收到以后", "贝志伟"),
    ("退伍证 退字20180073", "20180073"), ("放在示例江南南门丰巢柜2号柜37格", "示例江南"), ("用的是203[.]0[.]113[.]72", "113"), ("通行证DemoRiver#51739", "#51739"), ("密码是我名字拼音加生日demo950612", "demo950612"), ("密保答案:红星小学", "红星小学"), ("what3words是///橘子.窗台.慢跑", "窗台"),
]  # fmt: skip
STAYS = [
    "paid 168 to the shop in Hong Kong", "transferred to Bank of China", "he sent the code to me", "朝阳区金鼎网络工作室", "江宁区苏宁电器店", "my boss he said", "哈利·波特周边", "穿越火线·枪战", "格桑梅朵花茶", "product name: Google Play card", "2026-11-01----2026-11-30", "账密 都对", "live: 20:00",
    "电报号 英国", "微信号 实名老号", "抖音号 千粉 可换绑", "快手号 满级", "微博号 会员", "蓝溪发卡平台", "易宝达退款拖着不给", "投诉蓝月亮骗钱不退", "找陆金宝退款", "康恒发一直不处理", "黑猫编号17420665192 请核实",
    "曾先生们怎么看", "手机端 8.0.50.12 版本", "单号后四位0926查不到", "型号 SM-G1234", "商品编码 6923450000013", "网络安全的老师", "受理编号：17384455667", "关联网站", "张学友演唱会", "looking at home. The shop", "20 ms and more", "客服：您好，在的",
    "投诉编号：17384455667", "经营者应当在七日内退款", "客服电话:9:00-21:00", "手机充值 139段 1000 2000 张", "旺旺：未填写", "支付宝（*必填）", "微博@黑猫投诉 已受理", "Ⅱ型会员",
    "eSIM Europe 10GB 30 Days", "eSIM 10GB 30 Days", "Cookie Run 3000", "手机靓号尾号888", "手机卡 150G 1000分钟 2000条", "商品编号：SKU202401", "旺旺：自动发货", "支付宝*可用 微信*推荐",
    "密码 修改失败", "工单", "抖音充值 1000抖币", "抖音 88元", "小红书 会员 30天", "王者荣耀的账号被封", "黄钻的账号", "旺旺客服不回", "证件照 60张", "社保卡充值100元",
    "打到微信余额", "寄到邮箱", "9.9/19.9", "库存 12345678/100", "line up", "Chrome/120.0.0.0", "付晚了几秒,订单关了,钱照收", "祝老板生意兴隆", "健身房换老板了", "朋友那边也进不去", "支付宝那头有记录", "被賣家封鎖", "一直顯示儲值中", "商户名xx科技", "群改名叫“同城交友”了",
    "0.0585 [0.0439, 0.0748]", "充到微信区了", "验证码 60 秒内有效", "提取码无效", "/api/company/info?couid={couid}", "买家秀", "用户评价", "联系人 不一致", "店主马上失联", "老板花钱跑路", "个体户全部拒绝", "微信支付 iphone15", "138元，2023年，2024年", "编号无效", "dota2 id game", "QQ会员 生日礼包", "满100*3减20", "价格#1", "发到2区", "卡号 卡密 自动发货",
    "经营者：广州市天河区智充网络科技工作室", "负责人：石家庄市某某商行", "IP 段 10.0.0.0/8", "涉案网站，请相关受害人向当地公安机关报案", "DNS改成223.5.5.5和8.8.8.8都打不开", "https://km.example/user/login", "https://km.example/item/772345.html", "ws 协议号 100个 8元",
    "收款方名称与执照一致", "激活码 29.9元 库存 12", "激活码 1,280元", "腾讯游戏 2026 新服",
    "收款方显示杭州示例付信息技术有限公司", "收款方显示张小泉剪刀厂", "腾讯客服0755-83765566", "客服明天处理", "技术支持", "代理王者荣耀皮肤", "代理赵云皮肤", "找苏宁退款", "投诉周大福不退", "联系平安银行", "客服关系", "朋友利用时间",
    "财务全面负责", "老板高峰期不在", "让马上发货", "和平精英点券", "用户黄金会员", "contact us", "too long an answer", "red 红榜，black 黑榜", "客服小号", "老板总结", "付款方式", "找金币", "会员石油卡",
    "诸葛亮的新皮肤上架", "司马懿限定皮肤", "欧阳锋礼包", "order#1234 未发货", "卡有效期 30 天", "充值卡有效期到 2027/09/30", "密码错误三次", "pass: 通行证", "会员：7天", "生日礼包 2026", "法人：个人", "备案主体：企业", "快递放驿站了", "去驿站取", "加 500000 金币", "https://km.example/people/index", "https://km.example/@/login", "the seller, as always, was late", "拼音首字母",
    "时间戳 1752819304", "商标注册第 38261704 号", "宝贝ID 673920481527", "区块高度59382017", "订单异常:对接商城金额不够", "客服写工作时间9-24点", "客服写「请稍候」", "浏览 12345678 次", "共 123456789 金币", "CODM2024S1 通行证", "PUBG1800UC", "GTA5R18", "KB5034441 补丁", "0x80072EE7",
    "https://km.example/item/672345123.html", "时间：12:30", "金额: 168", "元宝: 一百个", "上架：2026-01-02 12:00", "a person called again", "20260101 更新", "向商家付款", "请给平安银行转账", "我是代理", "班级群", "密码就是忘了", "生日礼包 2026-05-01", "拍了拍“群主”", "坐标系统", "两点五十分,三点四十",
    "在线客服是机器人，不理人", "累计订单 1,038,472 笔", "拨打12315、12321、96110均可反映", "打95105888咨询", "杭州互联网法院 地址：杭州市上城区钱潮路22号", "市场监督管理局 地址：上海市徐汇区漕溪北路1号", "过了两三分钟微信来消息说", "皮肤是哈利·波特联动", "“王老吉”礼盒", "“周生生”金卡", "“换一批”没反应", "a-b c-d", "best regards",
    "该投诉（编号 17391058824）已分配", "王昭君的凤凰于飞", "李白皮肤", "找赵云代练", "老板林冲皮肤", "我和朋友一起拼的", "密码发的不对", "密码他们发的", "卖的是超市购物卡", "名字应该是对的", "代码都是错的", "the owner was right",
    "公安备案：45010302003817号", "人民法院立案大厅（丹棱街12号）", "材料寄到上海市市场监督管理局", "路由器192.168.1.1", "全部都给了", "给了高级会员", "联系了客服", "已由客服处理", "月卡和年卡一起买", "密码是错的", "叫客服，没人理", "real name is required",
]  # fmt: skip


@pytest.mark.parametrize(("text", "secret"), GONE)
def test_what_names_a_person_does_not_survive(text: str, secret: str) -> None:
    assert secret not in clean(text) and secret not in clean(f"您好，{text}，请尽快处理。")
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("chat", "speaker"),
    [
        ("庄小婷 12:31\n老板在吗", "庄小婷"),
        ("左小浩 2026/5/6 22:14:09\n钱退了没", "左小浩"),
        ("[21:07] 苗小诺：人家用过了吧", "苗小诺"),
        ("成小语撤回了一条消息\n成小语:算了", "成小语"),
    ],
)
def test_who_speaks_in_a_pasted_chat_is_not_named(chat: str, speaker: str) -> None:
    assert speaker not in clean(chat) and speaker not in clean(f"聊天记录：\n{chat}\n没人管")


@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("以上情况全部属实。\n陆小薇\n2025年3月18日", "陆小薇"),
        ("Please help me.\nBest regards,\nPriya Demo", "Priya"),
        ("聊天记录如下——裴小博：钱我转了；对方：收到", "裴小博"),
        ("2026-03-08 21:14:05 路小川\n你再等等\n2026-03-08 21:40:11 我", "路小川"),
        ("昨晚的聊天：鲍小杰：你把验证码发我。鲍小杰：不发没法充", "鲍小杰"),
        ("「戚小瑶：链接打不开」\n- - -\n换个浏览器", "戚小瑶"),
    ],
)
def test_who_signs_a_letter_or_is_quoted_is_not_named(letter: str, name: str) -> None:
    assert name not in clean(letter)


def test_an_english_sentence_loses_the_name_and_no_word_beside_it() -> None:
    assert clean("The seller, Li Xiaoming, blocked me") == "The seller, [姓名#1], blocked me"
    assert clean("paid 168 to Zhang Wei and got nothing") == "paid 168 to [姓名#1] and got nothing"


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


# Personal data planted in every text field of every kind of record: none of it is kept, whatever the field is called.


AT = "2026-11-10T10:00:00+08:00"
NEEDED: dict[str, Any] = {
    "platform": {}, "crawl": {"source": "heimao", "started_at": AT, "finished_at": AT, "outcome": "failed"},
    "complaint": {"source": "heimao", "source_id": "8", "filed_at": AT}, "counters": {"source": "heimao", "observed_at": AT},
    "rank": {"source": "heimao", "observed_at": AT, "board": "black", "place": 1}, "filing": {"source": "icp", "observed_at": AT, "found": True},
    "orders": {"source": "storefront", "observed_at": AT}, "price": {"source": "storefront", "observed_at": AT, "product": "月卡"},
    "probe": {"source": "availability", "observed_at": AT, "outcome": "ok"}, "page": {"source": "storefront", "observed_at": AT, "role": "home"},
    "registration": {"source": "registration", "observed_at": AT},
    "certificate": {"source": "registration", "observed_at": AT, "issuer_kind": "other", "not_before": AT, "not_after": AT, "matches": True},
    "resolution": {"source": "registration", "observed_at": AT, "found": True},
    "move": {"source": "storefront", "observed_at": AT, "to_host": "b.example", "via": "notice"},
    "sighting": {"source": "archives", "observed_at": AT, "provider": "wayback", "count": 1},
    "mention": {"source": "forums", "source_id": "8", "by": "site", "said_at": AT},
    "penalty": {"source": "gsxt", "decided_on": "2026-10-01", "category": "行政处罚"},
    "order": {"source": "a", "order_ref": "1", "paid_at": AT, "state": "missing"},
}  # fmt: skip
"""What a record of each kind cannot be without."""
PHONE, NAME = "13912345678", "赵铁柱"


def leaves(annotation: Any) -> set[Any]:
    """The plain types a field may hold."""
    if get_origin(annotation) is Literal:
        return {Literal}
    inner = [one for one in get_args(annotation) if one not in (type(None), Ellipsis)]
    return set().union(*map(leaves, inner)) if inner else {annotation}


def planted(kind: str, name: str, secret: str) -> Any:
    """A value for the field that holds the secret, or None where its type leaves no room for one."""
    field = MODELS[kind].model_fields[name]
    held = leaves(field.annotation)
    if name == "signs":
        return {f"k{secret}": [f"说 {secret}", {"n": int(secret) if secret.isdigit() else secret}]}
    if name == "contacts":
        return {"phone": [secret]}
    if Step in held:
        return [{"did": secret, "at": None}]
    if str not in held:
        return None
    said = repr(field.annotation)
    return [secret] if "tuple" in said or "list" in said else secret


MODELS: dict[str, type[BaseModel]] = {
    model.model_fields["kind"].annotation.__args__[0]: model for model in get_args(AnyRecord)
}
FIELDS = [(kind, name) for kind, model in MODELS.items() for name in model.model_fields if name != "kind"]
PUBLIC = {"host", "hosts", "to_host", "domain"}
"""Addresses of sites: public by purpose, and the very thing that is rated."""


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_number_and_a_name_planted_in_a_field_reach_no_row(kind: str, name: str) -> None:
    if name in PUBLIC:
        return
    for secret in (PHONE, f"联系人：{NAME}"):
        if (value := planted(kind, name, secret)) is None:
            return
        given = {"kind": kind, "host": "a.example", **NEEDED[kind], name: value}
        try:
            record = parse_record(given)
        except ValueError:
            continue  # refused is not kept
        kept = row_of(record, 1, "a.example", b"key") if isinstance(record, About) else record.model_dump()
        said = repr(kept)
        assert PHONE not in said and NAME not in said, said


def test_only_what_says_why_is_kept_as_it_is() -> None:
    excepted = {
        (kind, name)
        for kind, model in MODELS.items()
        for name, field in model.model_fields.items()
        if any(isinstance(one, (Kept, Hashed)) for one in field.metadata) and name not in ("host", "source")
    }
    assert excepted == {
        ("platform", "host"), ("platform", "uscc"), ("complaint", "source_id"), ("complaint", "complainant"), ("page", "contacts"),
        ("order", "order_ref"), ("mention", "source_id"), ("move", "to_host"),
    } - {("platform", "host")}  # fmt: skip


class Newcomer(BaseModel):
    """A record somebody will add one day without a thought for any of this."""

    remark: str | None = None
    remarks: list[str] = []
    more: dict[str, Any] = {}


def test_a_field_nobody_has_declared_is_redacted() -> None:
    made = Newcomer(remark=f"打 {PHONE}", remarks=[f"我叫{NAME}"], more={"a": {PHONE: [f"qq {PHONE}"]}})
    redact_record(made)
    assert PHONE not in repr(made) and NAME not in repr(made)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://x.example/notice/12?tel=13912345678#a", "https://x.example/notice/12"),
        ("https://x.example/u/13912345678/order", "https://x.example/u/"),
        ("https://zhang:pw@x.example:8080/a", "https://x.example:8080/a"),
        ("https://x.example/u/139%201234%205678", "https://x.example/u/"),
        ("https://tousu.example/complaint/view/17398613248/?sld=ab", "https://tousu.example/complaint/view/17398613248/"),
        ("https://tousu.example/view?id=17398613248&tel=13912345678", "https://tousu.example/view?id=17398613248"),
        ("https://tousu.example/view/17398613248/?sld=0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a&u=13912345678", "https://tousu.example/view/17398613248/?sld=0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"),
        ("javascript:alert(1)", ""),
        ("mailto:a@x.example", ""),
    ],
)  # fmt: skip
def test_a_link_keeps_where_it_leads_and_no_number(url: str, kept: str) -> None:
    assert kept_link(url, "17398613248") == kept


def test_the_number_a_source_gives_stays_and_a_telephone_in_its_place_does_not() -> None:
    assert names_nobody("heimao", "17398613248") and names_nobody("rednet", "1839201")
    assert not names_nobody("heimao", PHONE) and not names_nobody("manual", "17398613248")
    row = row_of(
        parse_record({"kind": "complaint", "host": "a.example", **NEEDED["complaint"], "source_id": PHONE}), 1, "a.example", b"k"
    )  # fmt: skip
    assert row["source_key"] and PHONE not in row["source_key"]


@pytest.mark.parametrize(
    ("name", "nature"),
    [
        ("阿依古丽·买买提", None), ("赵铁柱", None), ("Zhang San", None), ("john smith", None), ("个体户李四", None), ("李四（个体工商户）", None),
        ("张三工作室", None), ("杭州市张三网络科技工作室", None), ("西湖区李四百货店", None), ("某某网络", "自然人"), ("某某网络", "个人备案"), ("某某网络", "Natural Person"),
        # Nature and trade in other spellings, names of other peoples, initials, trades of one person.
        ("某某中心", "個人"), ("某某中心", "个 人"), ("某某中心", "geren"), ("歐陽鋒", None), ("李雷個人工作室", None), ("李雷電腦工作室", None), ("李雷个人", None),
        ("杭州市李雷日用品店", None), ("李雷美容店", None), ("次仁卓玛", None), ("John A. Smith", None), ("Nguyễn Văn An", None), ("Li Lei's Studio", None), ("ZhangSan", None), ("王科技", None),
    ],
)  # fmt: skip
def test_a_natural_person_is_known_by_form_or_nature(name: str, nature: str | None) -> None:
    assert is_person(name, nature)


@pytest.mark.parametrize(
    "name",
    [
        "杭州甲科技有限公司", "星辉工作室", "杭州星辉数码商行", "Alibaba Cloud Computing (Beijing) Co., Ltd.", "GoDaddy.com, LLC", "Let's Encrypt",
        "腾讯云计算（北京）有限责任公司", "中国科学院", "DigiCert Inc", "Dynadot LLC", "Tucows Domains Inc.", "NameSilo, LLC", "Golden Dragon Studio", "GoDaddy", "Registrar B.V.", "快发数码商行", "达瓦未来科技有限公司", "金蝶软件", "方正科技",
    ],
)  # fmt: skip
def test_a_company_is_no_person(name: str) -> None:
    assert not is_person(name) and without_person(name) == name


def test_no_file_of_a_data_folder_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(tmp_path / "data"))
    where = tmp_path
    lines = []
    for kind in MODELS:
        for name in MODELS[kind].model_fields:
            if name in ("kind", *PUBLIC) or (value := planted(kind, name, PHONE)) is None:
                continue
            given = {"kind": kind, "host": "a.example", **NEEDED[kind], name: value}
            lines.append(
                given
                | ({"source_id": name} if kind in ("complaint", "mention") and name != "source_id" else {})
            )
    lines.append(
        {
            "kind": "complaint",
            "platform": f"{NAME}{PHONE}",
            "mentions": [f"微信 {PHONE}"],
            **NEEDED["complaint"],
        }
    )
    (where / "in.jsonl").write_text(
        "\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8"
    )
    for words in (["import", where / "in.jsonl"], ["rate"], ["publish"], ["export", "--evidence", "-o", where / "out.jsonl"], ["review", "--json"]):  # fmt: skip
        said = command(capsys, *words, expect=None)
        assert PHONE not in said.out + said.err, words
    files = [path for path in where.rglob("*") if path.is_file() and path.name != "in.jsonl"]
    assert any(path.name == "out.jsonl" for path in files) and any(
        path.suffix == ".parquet" for path in files
    )
    for path in files:
        assert PHONE.encode() not in path.read_bytes(), path
    with sqlite3.connect(where / "data" / "kamengwatch.db") as database:
        assert database.execute("select count(*) from complaint").fetchone()[0] > 5
        dump = "\n".join(database.iterdump())
    assert PHONE not in dump and NAME not in dump


@pytest.mark.parametrize("between", ["\n。\n", " 🐧", "电话1"])
def test_a_long_text_scanned_at_once_is_redacted_as_rule_by_rule(monkeypatch, between: str) -> None:
    texts = [row["text"] for row in (*PLANTED, *SURVIVE)]
    joined = [between.join(texts[start::9]) for start in range(9)]
    scanned = [redact(text) for text in joined]
    monkeypatch.setattr("store.redaction.redact._SCANNED", 10**9)
    assert [redact(text) for text in joined] == scanned
    one_by_one = [redact(text) for text in texts]
    monkeypatch.setattr("store.redaction.redact._SCANNED", 0)
    assert [redact(text) for text in texts] == one_by_one
