"""What people paste: several sites, links through other sites, companies, and what is no site at all."""

import pytest

from store.text.query import parse_query, queries_in


@pytest.mark.parametrize(
    "text", ["13800138000", "+86 138 0013 8000", "QQ 2885550142", "加微信 abc12345", "哪家卡盟靠谱？", "老板发货吗", "🙂🙂", "请问怎么退款"]
)  # fmt: skip
def test_a_number_of_somebody_a_question_or_an_emoji_is_no_site(text):
    assert parse_query(text).kind == "empty"


def test_every_site_of_a_pasted_text_is_read_once():
    text = "看看 a.example 和 http://b.example/x?id=9，还有 www.b.example、c.example/y"
    assert sorted(q.host for q in queries_in(text)) == ["a.example", "b.example", "c.example"]
    assert [q.name for q in queries_in("叮咚卡盟")] == ["叮咚卡盟"]


@pytest.mark.parametrize(
    "between", list("，；！？、。：|｜　\n") + ["，  ", " 和 ", "和", "还有", "（备用）", "】【"]
)
@pytest.mark.parametrize("lead", ["", "http://", "https://www."])
@pytest.mark.parametrize("path", ["", "/x", "/item/9?id=1"])
def test_sites_side_by_side_are_read_each_whatever_stands_between(between, lead, path):
    if not lead and path and between in "：":  # here it may as well be the path's
        return
    text = between.join(f"{lead}{site}{path}" for site in ("one.com", "two.vip", "three.net"))
    assert [query.host for query in queries_in(text)] == ["one.com", "two.vip", "three.net"]


@pytest.mark.parametrize(
    "text",
    [
        "https://c.pc.qq.com/middlem.html?pfurl=http%3A%2F%2Fshop.example%2Fa%3Fid%3D7&x=1",
        "https://link.zhihu.com/?target=https%3A//shop.example",
        "https://www.google.com/url?sa=t&url=https://shop.example/a",
        "alipays://platformapi/startapp?appId=20000067&url=http%3A%2F%2Fshop.example%2F",
    ],
)
def test_a_link_that_only_leads_on_is_the_site_it_leads_to(text):
    query = parse_query(f"看这个 {text} 便宜")
    assert (query.host, [notice.code for notice in query.notices][0]) == ("shop.example", "redirect")
    assert [one.host for one in queries_in(f"{text} other.example")] == ["shop.example", "other.example"]
    assert parse_query("https://shop.example/?url=https://other.example").host == "shop.example"


@pytest.mark.parametrize(
    "label", ["", "加我", "微信：", "vx ", "薇：", "扣扣", "q群 ", "Q：", "订单号 ", "手机：", "客服微信号："]
)
@pytest.mark.parametrize("number", ["13812345678", "wx_kami8888", "2885550142", "20261201123456789012"])
def test_a_number_of_somebody_is_no_name_whatever_stands_before_it(label, number):
    query = parse_query(label + number)
    assert (
        query.kind == "empty"
        or number.startswith("wx")
        and label in ("", "扣扣", "加我", "q群 ", "Q：", "订单号 ", "手机：")
    )
    assert "13812345678" not in (parse_query(f"叮咚卡盟 {label}13812345678").name or "")


def test_a_company_is_read_out_of_what_stands_around_it():
    for text in (
        "公司名称：青岛叮咚网络科技有限公司 法定代表人：张三",
        "青岛叮咚网络科技有限公司 电话 0532-1234567",
        "青岛叮咚网络科技有限公司（存续）怎么样？",
    ):
        assert parse_query(text).name == "青岛叮咚网络科技有限公司"
    for spaced in ("9135 0100 M000 100Y 43", "91350100-M000100Y-43", "91350100m000100y43"):
        assert parse_query(spaced).number == "91350100M000100Y43"
