"""ICP, licence, police and USCC numbers (icp_sites.md §1.1; rules F1 and F2 of §1.7)."""

import datetime as dt

import pytest

from store.text.query import (
    find_icp,
    find_licences,
    find_police,
    parse_icp,
    parse_query,
    province_of,
    same_main,
    uscc_is_valid,
)

GOOD_ICP = [
    "京ICP备10046444号",
    "黑ICP备2021006633号",
    "闽ICP备17019386号",
    "粤ICP备2020133024号",
    "京ICP备10046444号-9",
    "蜀ICP备20005033号-1",
    "粤ICP备2025398951号-1",
    "蜀ICP备2026021532号",
    "晋ICP备2026010787号-1",
    "新ICP备2026003876号-1",
    "沪ICP备11036640-1",
    "京ICP证030173号",
    "京ICP证030173号-1",
    "京ICP证120439号",
    "粤B2-20090059-5",
    "浙B2-20080224-1",
    "浙B2-20080101-4",
    "苏B2-20130048号",
    "川B2-20220497",
    "粤B2-20100348",
    "A2.B1.B2-20050001",
]


@pytest.mark.parametrize("number", GOOD_ICP)
def test_numbers_seen_in_public_pages_parse_without_a_flag(number: str) -> None:
    for text in (
        number,
        f"Copyright © {number} 版权所有",
        number.translate({ord("-"): "－"}),
        number.lower(),
    ):
        found = parse_icp(text)
        assert found is not None and found.flags == ()
        assert found.sequence == (int(number.rsplit("-", 1)[1]) if number[-2] == "-" else None)
        assert same_main(text, number)


@pytest.mark.parametrize(
    ("number", "flag"),
    [
        ("粤ICP备12345678号", "placeholder"),
        ("粤ICP备xxxxxxxx号-1", "placeholder"),
        ("京ICP备10000000号", "placeholder"),
        ("京ICP备2020123456号", "placeholder"),
        ("京ICP备00000000号", "placeholder"),
        ("粤ICP备1804637号", "bad_length"),
        ("粤ICP备180463721号", "bad_length"),
        ("粤ICP备99046372号", "bad_year"),
        ("粤ICP备1999046372号", "bad_year"),
        ("京ICP证03017号", "bad_length"),
        ("粤B2-19980059", "bad_year"),
    ],
)
def test_impossible_numbers_are_flagged_not_dropped(number: str, flag: str) -> None:
    found = parse_icp(number)
    assert found is not None and flag in found.flags


def test_a_number_from_the_future_is_flagged_when_the_day_is_known() -> None:
    assert parse_icp("粤ICP备2031046372号").flags == ()
    assert parse_icp("粤ICP备2031046372号", dt.date(2026, 11, 22)).flags == ("bad_year",)


@pytest.mark.parametrize(
    "number",
    """粤公网安备44030002008123号 川公网安备\u00a051110202000301号 沪公网安备31011002004975号 京公网安备\u00a011010502033607号
    新公网安备65010402002238号 晋公网安备14102402000497号 浙公网安备\u00a033010602009975号 苏公网安备32011402010009号""".replace(
        "备\u00a0", "备_"
    ).split(),
)
def test_police_numbers_agree_with_their_province(number: str) -> None:
    (found,) = find_police(number.replace("_", " "))
    assert found.flags == () and found.main == number.replace("_", "")
    assert find_police(number.replace(number[0], "琼", 1).replace("_", " "))[0].flags == ("bad_province",)


def test_several_numbers_of_a_footer_are_all_found() -> None:
    footer = "© 甲公司 粤ICP备18046372号-1 粤ICP备18046372号-2 粤公网安备44030002008123号 粤B2-20090059 浙D3-20210002"
    assert [(n.main, n.sequence) for n in find_icp(footer)] == [
        ("粤ICP备18046372号", 1),
        ("粤ICP备18046372号", 2),
    ]
    assert [n.main for n in find_licences(footer)] == ["粤B2-20090059"]
    assert [n.main for n in find_police(footer)] == ["粤公网安备44030002008123号"]


def test_provinces_and_main_numbers() -> None:
    assert same_main("川ICP备20005033号-1", "蜀ICP备20005033号")
    assert not same_main("粤ICP备18046372号", "粤ICP备18046373号") and not same_main("", "")
    assert [
        province_of(n) for n in ("蜀ICP备20005033号", "粤B2-20090059", "苏公网安备32011402010009号", "x")
    ] == [
        "四川",
        "广东",
        "江苏",
        None,
    ]


def test_uscc_check_digit() -> None:
    """The example code of GB 32100-2015."""
    assert uscc_is_valid("91350100M000100Y43")
    assert not uscc_is_valid("91350100M000100Y44") and not uscc_is_valid("91350100M000100I43")


@pytest.mark.parametrize("letter", ["A", "X", "K", "a", "Ａ"])
def test_an_app_or_mini_program_files_no_site(letter: str) -> None:
    app = f"粤ICP备2023012345号-2{letter}"
    assert find_icp(f"APP备案 {app} ©") == [] and parse_icp(app) is None
    assert [n.sequence for n in find_icp(f"{app} 粤ICP备2023012345号-1")] == [1]
    assert parse_icp(app, apps=True).main == parse_query(app).number == "粤ICP备2023012345号"
    assert parse_icp("粤ICP备2023012345号-2All rights reserved").sequence == 2
