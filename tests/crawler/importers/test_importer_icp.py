"""Filings looked up by hand: sheets, pasted answers, saved pages. A look-up that failed is never "not filed"."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from crawler.importers import BadRow
from tests.support.data.handed_in import COMPANY, read, sheet


@pytest.mark.parametrize(
    ("row", "found_", "why"),
    [
        ({"result": "found", "serviceLicence": "粤ICP备2025000011号-1"}, True, ""),
        ({"serviceLicence": "粤ICP备2025000011号-1"}, True, ""),
        ({"result": "无"}, False, ""),
        ({"result": "not found"}, False, ""),
        ({"result": "查询失败"}, None, ""),
        ({"result": "could not check"}, None, ""),
        ({"result": ""}, "refused", "未能查询"),
        ({"serviceLicence": "查询失败"}, "refused", "备案号"),
        ({"result": "无", "serviceLicence": "粤ICP备2025000011号"}, "refused", "未备案"),
        ({"result": "maybe"}, "refused", "看不懂"),
        ({"result": "有"}, "refused", "备案号"),
    ],
)
def test_a_look_up_that_failed_is_never_not_filed(
    row: dict[str, str], found_: Any, why: str, tmp_path: Path
) -> None:
    keys = {"domain": "yunhe.test", "result": "", "serviceLicence": ""}
    records, bad = read("icp", sheet(tmp_path / "a.csv", [keys | row]))
    if found_ == "refused":
        assert not records and why in bad[0].reason
    elif found_ is None:
        assert (
            records[0]["kind"] == "crawl"
            and records[0]["outcome"] == "failed"
            and records[0]["hosts"] == ["yunhe.test"]
        )
    else:
        assert records[0]["kind"] == "filing" and records[0]["found"] is found_


def test_a_natural_persons_filing_keeps_no_name(tmp_path: Path) -> None:
    row = {
        "domain": "a.test",
        "unitName": "王小明",
        "natureName": "个人",
        "mainLicence": "粤ICP备2025000011号",
    }
    records, _ = read("icp", sheet(tmp_path / "a.csv", [row]))
    assert records[0]["entity"] is None and "王小明" not in repr(records)


def test_what_the_site_was_filed_for_is_kept(tmp_path: Path) -> None:
    row = {"domain": "a.test", "natureName": "企业", "mainLicence": "粤ICP备2025000011号"}
    row |= {"网站名称": "云鹤花卉展示", "服务内容": "非交互式信息服务"}
    records, bad = read("icp", sheet(tmp_path / "a.csv", [row]))
    assert not bad and (records[0]["site_name"], records[0]["content"]) == (
        "云鹤花卉展示",
        "非交互式信息服务",
    )
    person, _ = read("icp", sheet(tmp_path / "b.csv", [row | {"natureName": "个人"}]))
    assert person[0]["site_name"] is None


@pytest.mark.real_data
def test_the_registrys_own_answers_may_be_pasted(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "icp" / "ymicp"

    def paste(name: str, under: str) -> tuple[list[dict[str, Any]], list[BadRow]]:
        path = tmp_path / under
        path.write_bytes((folder / name).read_bytes())
        return read("icp", path)

    company, _ = paste("web_found_company.json", "answer.json")
    assert (company[0]["host"], company[0]["number"], company[0]["approved_on"]) == (
        "qq.com",
        "粤B2-20090059-5",
        dt.date(2022, 9, 6),
    )
    assert paste("web_found_personal.synthetic.json", "a.json")[0][0]["entity"] is None
    assert paste("web_limited_access.synthetic.json", "a.json")[0][0]["limit_access"] is True
    assert paste("web_not_found.json", "shop.example.test.json")[0][0]["found"] is False
    assert "文件名" in paste("web_not_found.json", "answer.json")[1][0].reason
    for error in folder.glob("err_*.json"):
        records, bad = paste(error.name, "shop.example.test.json")
        assert not records and bad, error.name


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "found_", "number"),
    [
        ("beianx_result", True, "浙ICP备2099000002号-2"),
        ("beianx_not_found", False, None),
        ("chinaz_current", True, "浙ICP备2099000002号-2"),
        ("chinaz_unfiled", False, None),
        ("aizhan_cha", True, "浙ICP备2099000002号-2"),
        ("icplishi", True, "浙ICP备2099000002号-2"),
    ],
)
def test_saved_pages(real_data: Path, tmp_path: Path, name: str, found_: bool, number: str | None) -> None:
    path = tmp_path / "shop2.example.test.html"
    path.write_bytes((real_data / "icp" / "html" / f"{name}.constructed.html").read_bytes())
    records, bad = read("icp", path)
    assert not bad and (records[0]["found"], records[0].get("number"), records[0]["domain"]) == (
        found_,
        number,
        "example.test",
    )
    if name == "icplishi":
        # A page of history says what was filed then, not what is filed now.
        assert records[0]["observed_at"].year == 2099


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<html><script>var arg1='A';acw_sc__v2</script></html>", "验证"),
        ("<html><body>请登录后查看</body></html>", "登录"),
        ("<html><body>weather</body></html>", "认不出"),
        ('<p id="license">查询失败</p>', "备案号"),
        ('<table class="table"><tbody><tr><td>系统繁忙</td></tr></tbody></table>', "没有说|没说"),
        (
            '<div class="mod-panel"><div class="c-bd"><table><tr><td>粤ICP备2025000011号</td></tr></table></div></div>',
            "日期",
        ),
    ],
)
def test_a_page_that_is_no_answer_is_not_read_as_none(html: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "a.test.html"
    path.write_text(html, encoding="utf-8")
    records, bad = read("icp", path)
    assert not records and any(word in bad[0].reason for word in why.split("|"))


def test_a_saved_page_tells_its_domain_itself(tmp_path: Path) -> None:
    path = tmp_path / "page (3).html"
    head = "<!-- saved from url=(0037)https://icp.chinaz.com/www.yunhe-shop.com -->"
    path.write_text(
        f'{head}<p id="comName">{COMPANY}</p><p id="license">粤ICP备2025000011号-1</p>', encoding="utf-8"
    )
    assert read("icp", path)[0][0]["domain"] == "yunhe-shop.com"
    path.write_text('<p id="comName">--</p><p id="license">--</p>', encoding="utf-8")
    assert "文件名" in read("icp", path)[1][0].reason
