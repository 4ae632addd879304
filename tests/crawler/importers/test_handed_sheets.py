"""What people really hand in: sheets as spreadsheets and other tools save them. Nothing vanishes unsaid, nothing is merged or made up."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from sqlalchemy import Engine, create_engine, text

from crawler.importers import found
from crawler.importers.base import amount
from kamengwatch.intake.evidence_import import _take_handed
from store.db.engine import migrate, open_engine
from store.evidence.ingest import Ingest
from store.text.dates import Serial1904, day_in, moment_in
from tests.support.programs.in_process_cli import command

Capsys = pytest.CaptureFixture[str]
UTC = dt.UTC
GSXT = "企业名称,统一社会信用代码,网址,类别,列入原因,列入日期\n示例科技有限公司,91440300708461136T,a.example,经营异常,通过登记的住所无法联系,2026/6/5\n"
HEIMAO = "投诉编号,投诉标题,投诉详情,投诉对象,日期,网址\n"


@pytest.fixture
def watched(data_dir: Path, capsys: Capsys) -> Path:
    command(capsys, "watch", "add", "a.example", "--name", "甲卡盟")
    return data_dir


def report(capsys: Capsys, file: Path, *words: str, expect: int | None = 0) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(command(capsys, "import", file, "--json", *words, expect=expect).out)[0]
    assert made["rows"] == made["inserted"] + made["unchanged"] + made["unmatched"] + len(made["refused"])
    return made


def rows(data_dir: Path, query: str) -> list[Any]:
    with create_engine(f"sqlite:///{data_dir / 'kamengwatch.db'}").connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def without_size(path: Path, lines: list[list[Any]]) -> Path:
    """A workbook whose sheet claims to be A1 only, as WPS writes it."""
    import zipfile

    book = Workbook()
    for line in lines:
        book.active.append(line)
    whole = path.with_suffix(".whole")
    book.save(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name.endswith("sheet1.xml"):
                import re

                body = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', body)
                assert b'ref="A1"' in body
            new.writestr(name, body)
    return path


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("u16.txt", GSXT.replace(",", "\t").encode("utf-16")),
        ("u16le.txt", GSXT.replace(",", "\t").encode("utf-16-le")),
        ("u16be.csv", GSXT.encode("utf-16-be")),
        ("sep.csv", ("\ufeffsep=,\n" + GSXT).encode()),
        ("semicolon.csv", ("sep=;\r\n" + GSXT.replace(",", ";")).encode("gb18030")),
        ("title.csv", ("\ufeff国家企业信用信息公示系统查询结果,,,,,\n查询时间：2026年6月6日,,,,,\n\n" + GSXT).encode()),
        ("title_alone.csv", ("查询结果\n" + GSXT).encode()),
        ("bar.txt", GSXT.replace(",", "|").encode()),
        ("old_mac.csv", GSXT.replace("\n", "\r").encode()),
        ("nbsp.csv", GSXT.replace("a.example", "\u00a0a.example\u200b ").encode()),
    ],
)  # fmt: skip
def test_a_sheet_is_read_however_it_was_saved(
    name: str, body: bytes, watched: Path, tmp_path: Path, capsys: Capsys
) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    made = report(capsys, file, "--format", "gsxt")
    assert (made["rows"], made["inserted"], made["refused"]) == (1, 1, [])
    assert bool(made["notes"]) == name.startswith("title"), "what stands above the headings is named"
    assert rows(watched, "select category, decided_on from penalty") == [("经营异常", "2026-06-05")]


@pytest.mark.parametrize(
    "body", ["domain,topic\na.example,卡盟\nb.example,发卡\n", "||a.example^\n||b.example^\n||c.example^\n"]
)
def test_a_list_of_sites_is_no_answer_of_a_registry_and_the_way_to_watch_them_is_named(
    body: str, watched: Path, tmp_path: Path, capsys: Capsys
) -> None:
    (tmp_path / "list.csv").write_text(body, "utf-8")
    made = report(capsys, tmp_path / "list.csv", expect=2)
    assert [r["line"] for r in made["refused"]] == [1] and "watch import" in made["refused"][0]["reason"]


def test_a_workbook_is_read_whatever_size_it_claims_and_other_sheets_are_named(
    watched: Path, tmp_path: Path, capsys: Capsys
) -> None:
    lines = [line.split(",") for line in GSXT.splitlines()]
    made = report(capsys, without_size(tmp_path / "wps.xlsx", [["查询结果"], *lines]), "--format", "gsxt")
    assert (made["rows"], made["inserted"]) == (1, 1)
    book = Workbook()
    book.active.title = "空"
    second = book.create_sheet("六月")
    for line in lines:
        second.append(line)
    book.create_sheet("七月").append(["不在这里"])
    book.save(tmp_path / "two.xlsx")
    made = report(capsys, tmp_path / "two.xlsx", "--format", "gsxt")
    assert made["rows"] == 1 and any("七月" in note for note in made["notes"])


@pytest.mark.parametrize("number", ["1.73986E+10", "1.7E+15", "1,73986E+10", "17398613248123000000"])
def test_a_number_a_spreadsheet_rewrote_is_refused_and_never_merged(
    number: str, watched: Path, tmp_path: Path, capsys: Capsys
) -> None:
    quoted = f'"{number}"'
    said = HEIMAO + "".join(
        f"{quoted},{title},付款{day}天没到,甲卡盟,2026-06-1{day},a.example\n"
        for day, title in ((5, "不发货"), (6, "不到账"))
    )
    (tmp_path / "sci.csv").write_text(said, "utf-8-sig")
    made = report(capsys, tmp_path / "sci.csv", expect=2)
    assert [r["line"] for r in made["refused"]] == [2, 3] and number in made["refused"][0]["reason"]
    assert rows(watched, "select * from complaint") == []
    open_ = "kind,source,source_id,host,filed_at,title\n" + "".join(
        f"complaint,heimao,{quoted},a.example,2026-06-1{n}T10:00:00+08:00,不发货\n" for n in (5, 6)
    )
    if "E" in number:
        (tmp_path / "open.csv").write_text(open_, "utf-8")
        made = report(capsys, tmp_path / "open.csv", expect=2)
        assert [r["line"] for r in made["refused"]] == [2, 3] and rows(
            watched, "select * from complaint"
        ) == []


def test_numbers_with_an_apostrophe_or_from_a_numeric_cell_are_the_same(
    watched: Path, tmp_path: Path, capsys: Capsys
) -> None:
    line = "付款后不发货,付款后一直没收到,甲卡盟,2026-06-15,a.example\n"
    (tmp_path / "a.csv").write_text(HEIMAO + f"'17398613248,{line}" + f'"=""17398613249""",{line}', "utf-8")
    book = Workbook()
    book.active.append(HEIMAO.strip().split(","))
    book.active.append([17398613248.0, *line.strip().split(",")])
    book.save(tmp_path / "b.xlsx")
    assert report(capsys, tmp_path / "a.csv")["inserted"] == 2
    made = report(capsys, tmp_path / "b.xlsx")
    assert made["unchanged"] == 1, made
    assert rows(watched, "select source_key from complaint order by 1") == [
        ("17398613248",),
        ("17398613249",),
    ]


MOMENTS = {
    "2026-06-15 下午3:05": "2026-06-15T07:05:00", "2026年06月15日15时32分": "2026-06-15T07:32:00", "2026-06-15 00:30:00 UTC": "2026-06-15T00:30:00",
    "2026/6/15 上午12:05": "2026-06-14T16:05:00", "2026年6月15日 晚上8点半": "2026-06-15T12:30:00", "2026-06-15 中午12:30": "2026-06-15T04:30:00",
    "2026.6.15": "2026-06-14T16:00:00", "2026-06-15T10:00:00+09:00": "2026-06-15T01:00:00", "2026-06-15 10:00 GMT+8": "2026-06-15T02:00:00",
    "Jun 15, 2026 3:05 PM": "2026-06-15T07:05:00", "6/15/2026": "2026-06-14T16:00:00", "20260615150500": "2026-06-15T07:05:00",
    "46188.5": "2026-06-15T04:00:00", "1781508737": "2026-06-15T07:32:17", "２０２６－０６－１５ 星期一 10:00": "2026-06-15T02:00:00",
    "15点32分5秒 ": None, "5/6/2026": None, "2026年6月": None, "昨天": None, "2026-13-01": None, "2026-06-15 上午15:05": None,
    "2026-06-15 晚上12点": None, "2026-06-15 至 2026-06-20": None, "June 2026": None, "2026-06-15 25:00": None, "": None, "26-6-15": None,
    f"22 Nov 2025 10:{'9' * 30}": None, f"Sat, 22 Nov 2025 {'9' * 40}": None,
}  # fmt: skip


@pytest.mark.parametrize(("said", "moment"), MOMENTS.items())
def test_times_as_people_write_them(said: str, moment: str | None) -> None:
    read = moment_in(said)
    assert (read and read.astimezone(UTC).replace(tzinfo=None).isoformat()) == moment


@given(st.text(max_size=60) | st.integers() | st.floats() | st.dates() | st.datetimes() | st.none())
def test_anything_is_a_moment_or_none_of_today(value: Any) -> None:
    read = moment_in(value)
    assert read is None or read.tzinfo is not None
    assert day_in(value) is None or isinstance(day_in(value), dt.date)


def test_a_workbook_whose_days_count_from_1904(watched: Path, tmp_path: Path, capsys: Capsys) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(["企业名称", "列入原因", "列入日期"])
    book.active.append(["甲卡盟科技有限公司", "失联", dt.datetime(2026, 6, 5)])
    book.active.append(["甲卡盟科技有限公司", "年报", 44716])  # a number nobody formatted as a date
    book.save(tmp_path / "mac.xlsx")
    made = report(capsys, tmp_path / "mac.xlsx", "--format", "gsxt")
    assert made["refused"] == [] and moment_in(Serial1904(44716)) is not None
    assert rows(watched, "select distinct decided_on from penalty") == [("2026-06-05",)]


def test_hosts_of_one_cell_placeholders_and_shared_hosts(
    watched: Path, tmp_path: Path, capsys: Capsys
) -> None:
    said = "网址,名称\na.example;b.example、c.example,甲\nhttps://github.com/example/registry,丁\n暂无,乙\nhttps://a.example https://d.example,丙\n-,N/A\n"
    (tmp_path / "list.csv").write_text(said, "utf-8")
    command(capsys, "watch", "remove", "a.example")
    made = json.loads(command(capsys, "watch", "import", tmp_path / "list.csv", "--json", expect=2).out)[0]
    assert [r["line"] for r in made["refused"]] == [3, 6] and "github.com" in made["refused"][0]["reason"]
    assert (made["queued"], made["waiting"]) == (5, 1), "a is named twice and asked once"
    waits = [row["subject"] for row in json.loads(command(capsys, "review", "--json").out)]
    assert waits == ["a.example", "b.example", "c.example", "乙", "d.example"]


def test_a_row_about_several_hosts_is_about_the_one_that_is_watched_or_waits(
    watched: Path, tmp_path: Path, capsys: Capsys
) -> None:
    line = "付款后不发货,付款后一直没收到,,2026-06-15,"
    said = (
        HEIMAO
        + f"17398613248,{line}a.example；x.example\n17398613249,{line}x.example y.example\n17398613250,{line}暂无\n17398613251,{line}https://t.me/kami\n"
    )
    (tmp_path / "x.csv").write_text(said, "utf-8")
    made = report(capsys, tmp_path / "x.csv", expect=2)
    assert (made["inserted"], made["unmatched"], [r["line"] for r in made["refused"]]) == (1, 1, [4, 5])
    assert "t.me" in made["refused"][1]["reason"]
    assert rows(watched, "select source_key, platform_id is not null from complaint order by 1") == [
        ("17398613248", 1),
        ("17398613249", 0),
    ]


def test_rows_that_cannot_be_read_cost_themselves_only(watched: Path, tmp_path: Path, capsys: Capsys) -> None:
    good = "17398613248,不发货,付款后没收到,甲卡盟,2026-06-15,a.example\n"
    said = HEIMAO + good + '17398613249,"不发货,付款后没收到,甲卡盟,2026-06-15,a.example\n' + "17398613250,不发货,付款后，真的,没,收到,甲卡盟,2026-06-15,a.example\n,,,,,\n" + good.replace("248", "251")  # fmt: skip
    (tmp_path / "x.csv").write_text(said, "utf-8")
    made = report(capsys, tmp_path / "x.csv", expect=2)
    assert (made["rows"], made["inserted"], [r["line"] for r in made["refused"]]) == (4, 2, [3, 4])


@pytest.mark.parametrize(
    ("said", "yuan"),
    [
        ("129", 129),
        ("约1,299.50元", 1299.5),
        ("￥1.2万", 12000),
        ("人民币 300 元左右", 300),
        ("129.0", 129),
        ("", None),
        ("暂无", None),
        ("1**元", None),
        ("0", None),
    ],
)
def test_amounts_as_people_write_them(said: str, yuan: float | None) -> None:
    assert amount(said) == yuan


@pytest.mark.parametrize("said", ["$9.9", "9.9 USDT", "100-200元", "很多钱", "-5"])
def test_an_amount_nobody_can_read_is_refused_by_row(said: str) -> None:
    with pytest.raises(ValueError, match="金额"):
        amount(said)


def test_columns_nobody_reads_are_named(watched: Path, tmp_path: Path, capsys: Capsys) -> None:
    (tmp_path / "x.csv").write_text(
        GSXT.replace("列入日期", "列入日期,备注,姓名", 1).replace("2026/6/5", "2026/6/5,x,王小明"), "utf-8"
    )
    made = report(capsys, tmp_path / "x.csv", "--format", "gsxt")
    assert made["keys_not_read"] == {"备注": 1} and made["identity_columns_not_read"] == ["姓名"]


def test_a_register_row_without_a_company_is_refused_and_never_named_after_its_file(
    watched: Path, tmp_path: Path, capsys: Capsys
) -> None:
    (tmp_path / "六月公示有限公司.csv").write_text("企业名称,列入原因,列入日期\n,失联,2026-06-05\n", "utf-8")
    made = report(capsys, tmp_path / "六月公示有限公司.csv", "--format", "gsxt", expect=2)
    assert "没有企业名称" in made["refused"][0]["reason"]
    pasted = json.dumps([{"speCause_CN": "失联", "abntime": "2025年3月1日"}], ensure_ascii=False)
    for name, taken in (("结果.json", 0), ("某某科技有限公司.json", 1), ("a.example.json", 1)):
        (tmp_path / name).write_text(pasted, "utf-8")
        made = report(capsys, tmp_path / name, expect=None)
        assert made["inserted"] + made["unmatched"] == taken, name


def test_the_open_format_in_a_sheet_as_people_save_it(watched: Path, tmp_path: Path, capsys: Capsys) -> None:
    said = "投诉台账\nsource,kind,source_id,host,filed_at,status\nheimao,complaint,'17398613248,a.example,2026-06-15 下午3:05,商家已回复\nheimao,complaint,17398613249,a.example,昨天,open\n"
    (tmp_path / "open.txt").write_bytes(said.replace(",", "\t").encode("utf-16"))
    made = report(capsys, tmp_path / "open.txt", expect=2)
    assert (made["read_as"], made["rows"], made["inserted"], [r["line"] for r in made["refused"]]) == (
        "csv",
        2,
        1,
        [4],
    )
    assert rows(watched, "select source_key, filed_at, status from complaint") == [
        ("17398613248", "2026-06-15 07:05:00.000000", "replied")
    ]
    lines = [line.split(",") for line in said.splitlines()[1:3]]
    made = report(capsys, without_size(tmp_path / "open.xlsx", [["投诉台账"], *lines]))
    assert (made["rows"], made["unchanged"]) == (1, 1)
    body = json.dumps({"kind": "platform", "host": "b.example"}) + "\n"
    (tmp_path / "open.jsonl").write_bytes(body.encode("utf-16"))
    assert report(capsys, tmp_path / "open.jsonl")["inserted"] == 1


ICP = {
    "fghwett": ({"code": 0, "data": {"isRecorded": True, "unitName": "甲科技有限公司", "mainLicence": "粤ICP备2025000011号", "natureName": "企业"}}, True),
    "fghwett_no": ({"code": 0, "data": {"isRecorded": False}}, False),
    "yitd": ({"icp": "粤ICP备2025000011号-1", "unitName": "甲科技有限公司", "natureName": "企业", "msg": "查询成功", "result": "1"}, True),
    "yitd_no": ({"icp": "未备案", "unitName": "未备案", "natureName": "未备案", "msg": "查询成功", "result": "1"}, False),
    "yitd_busy": ({"msg": "服务器请求频率过高，请稍后再试", "result": "0"}, None),
    "uomg": ({"code": 1, "domain": "a.example", "icp": "粤ICP备2025000011号"}, True),
    "uomg_no": ({"code": 1, "domain": "a.example", "icp": "未备案"}, False),
    "uutool": ({"status": 1, "data": {"domain": "a.example", "is_icp": 1, "icp_org": "甲科技有限公司", "icp_no": "粤ICP备2025000011号-1"}}, True),
    "uutool_no": ({"status": 1, "data": {"domain": "a.example", "is_icp": 0, "icp_org": "", "icp_no": ""}}, False),
    "vvhan": ({"success": True, "domain": "a.example", "info": {"name": "甲科技有限公司", "nature": "企业", "icp": "粤ICP备2025000011号-1", "time": "2022-10-20 21:57:37"}}, True),
    "vvhan_no": ({"success": False, "message": "查询失败"}, None),
    "uapis": ({"code": "200", "serviceLicence": "粤ICP备2025000011号-1", "unitName": "甲科技有限公司"}, True),
    "uapis_trap": ({"code": "200", "serviceLicence": "查询失败", "unitName": "查询失败", "msg": "query success"}, None),
    "apihz": ({"code": 200, "icp": "粤ICP备2025000011号", "unit": "甲科技有限公司"}, True),
    "apihz_no": ({"code": 400, "msg": "查询失败或没有备案。"}, None),
    "zeapi": ({"code": 200, "total": 1, "msg": "success", "data": [{"domain_name": "a.example", "domain_owner": "甲科技有限公司", "domain_type": "企业", "website_licence": "粤ICP备2025000011号-1", "domain_status": "否"}]}, True),
    "zeapi_no": ({"code": 200, "total": 0, "msg": "success", "data": []}, False),
    "yzxmz": ({"code": 200, "data": {"type": "enterprise", "domain": "a.example", "exists": True, "number": "粤ICP备2025000011号-1", "company": "甲科技有限公司", "auditTime": "2022-09-06"}}, True),
    "urlsec": ({"reCode": 0, "data": {"results": {"url": "a.example", "isDomainICPOk": 1, "Orgnization": "甲科技有限公司", "ICPSerial": "粤ICP备2025000011号"}}}, True),
    "aliyun": ({"Status": "DomainIsRegistration", "RequestId": "x"}, True),
    "aliyun_no": ({"Status": "DomainNotRegistration", "RequestId": "x"}, False),
    "other_site": ({"code": 1, "domain": "b.example", "icp": "粤ICP备2025000011号"}, "b.example"),
}  # fmt: skip


@pytest.mark.parametrize("id_", ICP)
def test_every_services_answer_is_known_by_its_form(id_: str, tmp_path: Path) -> None:
    from crawler.importers.files import read
    from crawler.importers.recognise import importer_of

    document, right = ICP[id_]
    file = tmp_path / "a.example.json"
    body = json.dumps(document, ensure_ascii=False)
    file.write_text(f"({body})" if id_ == "urlsec" else body, "utf-8")
    content = read(file)
    importer = importer_of(content, found())
    made = list(importer.take(content, importer.handed(file, dt.datetime(2026, 3, 2, tzinfo=UTC))))
    assert importer.id == "icp" and len(made) == 1
    if right is None:
        assert "不能当作未备案" in made[0].reason
        return
    filing = made[0]
    assert filing["host"] == (right if isinstance(right, str) else "a.example")
    assert filing["found"] is bool(right) and filing["provider"] == id_.split("_")[0].replace("other", "uomg")
    file = file.rename(tmp_path / "answer.json")
    without = list(importer.take(content, importer.handed(file)))
    assert isinstance(without[0], dict) == ("a.example" in body or isinstance(right, str)), (
        "whose it is must be said"
    )


def test_registrations_by_hand(watched: Path, tmp_path: Path, capsys: Capsys) -> None:
    said = "Domain Name: a.example\nROID: 1\nRegistrant: 王小明\nRegistrant Contact Email: x@y.example\nSponsoring Registrar: 某注册商\nRegistration Time: 2024-02-20 10:00:00\nExpiration Time: 2027-02-20 10:00:00\n"
    (tmp_path / "whois.txt").write_text(said, "gb18030")
    rdap = {
        "objectClassName": "domain",
        "ldhName": "A.EXAMPLE",
        "events": [{"eventAction": "registration", "eventDate": "2024-02-20T20:00:00Z"}],
    }
    (tmp_path / "rdap.json").write_text(json.dumps(rdap))
    (tmp_path / "free.example.txt").write_text("No matching record.\n")
    (tmp_path / "busy.txt").write_text("% query limit exceeded\n")
    assert report(capsys, tmp_path / "whois.txt", "--checked-at", "2026-03-01")["inserted"] == 1
    assert report(capsys, tmp_path / "rdap.json", "--checked-at", "2026-03-02")["inserted"] == 1
    assert report(capsys, tmp_path / "free.example.txt")["inserted"] == 1
    assert "不能当作未注册" in report(capsys, tmp_path / "busy.txt", expect=2)["refused"][0]["reason"]
    assert rows(watched, "select provider, registered_on, expires_on, registrar from registration order by observed_at") == [
        ("whois", "2024-02-20", "2027-02-20", "某注册商"), ("rdap", "2024-02-21", None, None)]  # fmt: skip
    assert "王小明" not in (watched / "kamengwatch.db").read_bytes().decode("utf-8", "ignore")


@pytest.mark.real_data
def test_the_39_real_complaints_and_the_counters_as_the_site_answers(
    real_data: Path, data_dir: Path, capsys: Capsys
) -> None:
    folder = real_data / "complaints/aiteemo__house"
    files = sorted(folder.glob("*.json"))
    made = [report(capsys, file) for file in files]
    assert {r["read_as"] for r in made} == {"heimao_export"} and not any(r["refused"] for r in made)
    assert sum(r["unmatched"] for r in made) == 39 + 2
    assert sorted(rows(data_dir, "select status, count(*) from complaint group by 1")) == [
        ("completed", 15),
        ("open", 19),
        ("replied", 5),
    ]
    assert len(rows(data_dir, "select * from counters")) == 2


@pytest.mark.real_data
def test_real_whois_and_rdap_files_are_taken_or_refused_with_a_reason(real_data: Path) -> None:
    from crawler.importers.files import read

    importer = found()["registration"]
    for file in sorted((real_data / "whois_rdap").iterdir()):
        content = read(file, importer.reads_column)
        (made,) = importer.take(content, importer.handed(file))
        taken = isinstance(made, dict)
        assert taken == any(
            word in file.name
            for word in ("registered", "modern", "found.json", "status_ok", "pendingdelete", "nameserver")
        ), file.name
        assert not taken or made["kind"] == "registration" and made["registered_on"]


CELLS = st.sampled_from(
    ["", "甲卡盟", "a.example", "new.example", "https://a.example/x?y=1", "暂无", "a.example;b.example", "t.me/x", "2026-06-15", "2026-06-15 下午3:05",
     "46188", "昨天", "1.73986E+10", "17398613248", "'17398613249", "已解决", "搁置", "129元", "付款后不发货", "示例科技有限公司", "王小明", "#", "# 备注",
     "失联", "\u200b", " ", "=1+1", "粤ICP备2025000011号-1", "有", "无", "127.0.0.1"]
)  # fmt: skip
BROKEN = st.sampled_from(["", "", "", '"', ',,,,x,"y'])


@pytest.fixture(scope="module")
def engine_of_all(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('sheets') / 'k.db'}")
    migrate(engine)
    return engine


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(found())),
    st.lists(st.tuples(st.lists(CELLS, min_size=14, max_size=14), BROKEN), max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "xlsx"]),
    st.sampled_from(["", "sep=,", "查询结果", "# 说明"]),
)
def test_every_row_of_any_sheet_is_taken_refused_or_waits(
    engine_of_all: Engine, tmp_path: Path, id_: str, table: list[Any], encoding: str, above: str
) -> None:
    columns = [column.zh for column in found()[id_].columns]
    # Two quotation marks left open are one cell of several lines, as any spreadsheet reads them: one row, and no broken one.
    opened = next((n for n, (_, tail) in enumerate(table) if '"' in tail), None)
    said = [
        (cells[: len(columns)], tail if '"' not in tail or n == opened else "")
        for n, (cells, tail) in enumerate(table)
    ]
    file = tmp_path / ("x.xlsx" if encoding == "xlsx" else "x.csv")
    if encoding == "xlsx":
        said = [(cells, "") for cells, _ in said]
        without_size(
            file,
            [[above] if above and "sep" not in above else columns, columns, *(cells for cells, _ in said)],
        )
    else:
        stream = io.StringIO()
        csv.writer(stream).writerow(columns)
        for cells, tail in said:
            line = io.StringIO()
            csv.writer(line).writerow(cells)
            stream.write(line.getvalue().rstrip("\r\n") + tail + "\r\n")
        file.write_bytes((f"{above}\r\n" * bool(above) + stream.getvalue()).encode(encoding))
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ingest = Ingest(engine_of_all, dt.datetime(2026, 11, 22, tzinfo=UTC))
        taken = _take_handed(ingest, file, id_, dt.datetime(2026, 11, 22, tzinfo=UTC))
    unseen = str.maketrans("", "", "\u200b")
    blank = sum(not any(c.translate(unseen).strip() for c in cells) and not tail for cells, tail in said)
    notes = sum(
        cells[0].startswith("#") and not any(c.translate(unseen).strip() for c in cells[1:]) and not tail
        for cells, tail in said
    )
    again = 1 if encoding == "xlsx" and not (above and "sep" not in above) else 0
    saved = taken.saved
    assert taken.rows == saved.inserted + saved.unchanged + saved.unmatched + len(taken.refused)
    expected = len(said) - blank - notes + again
    whole = [r for r in taken.refused if r[0] == 1]
    assert taken.rows == expected or whole or (expected == 0 and taken.rows == 1), (taken, said)
