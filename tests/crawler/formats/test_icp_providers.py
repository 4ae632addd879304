"""Every filing service's every answer, its traps among them: a failed query is never "not filed"."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.formats import domain_records
from crawler.formats.icp import PROVIDERS, parse_answer
from store.evidence.records import parse_record

# (folder/file of the real-data folder, provider, domain asked, state, number)
SAMPLES = [
    ("thirdparty/apihz_found.json", "apihz", "baidu.com", "filed", "京ICP证030173号"),
    ("thirdparty/apihz_not_found.json", "apihz", "shop.example.test", "unknown", None),
    ("thirdparty/fghwett_error.json", "fghwett", "shop.example.test", "unknown", None),
    ("thirdparty/fghwett_found.json", "fghwett", "baidu.com", "filed", "京ICP证030173号"),
    ("thirdparty/fghwett_not_found.json", "fghwett", "shop.example.test", "not_filed", None),
    ("thirdparty/qq_urlsec_found.txt", "urlsec", "qq.com", "filed", "粤B2-20090059-5"),
    ("thirdparty/uapis_found.json", "uapis", "baidu.com", "filed", "京ICP证030173号"),
    ("thirdparty/uapis_not_found_TRAP_code_is_200.json", "uapis", "shop.example.test", "unknown", None),
    ("thirdparty/uomg_found.json", "uomg", "baidu.com", "filed", "京ICP证030173号"),
    ("thirdparty/uomg_not_found.json", "uomg", "shop.example.test", "not_filed", None),
    ("thirdparty/uutool_found.json", "uutool", "baidu.com", "filed", "京ICP证030173号-1"),
    ("thirdparty/uutool_not_found.constructed.json", "uutool", "shop.example.test", "not_filed", None),
    ("thirdparty/vvhan_found.json", "vvhan", "bing.com", "filed", "京ICP备10036305号-11"),
    ("thirdparty/yitd_error.json", "yitd", "shop.example.test", "unknown", None),
    ("thirdparty/yitd_found.json", "yitd", "qq.com", "filed", "粤B2-20090059-5"),
    ("thirdparty/yitd_not_found.json", "yitd", "shop.example.test", "not_filed", None),
    ("thirdparty/yzxmz_found.json", "yzxmz", "qq.com", "filed", "粤B2-20090059-5"),
    ("thirdparty/zeapi_error.json", "zeapi", "shop.example.test", "unknown", None),
    ("thirdparty/zeapi_found.json", "zeapi", "qq.com", "filed", "粤B2-20090059-5"),
    ("ymicp/err_101_no_search.json", "ymicp", "a.test", "unknown", None),
    ("ymicp/err_102_type.json", "ymicp", "a.test", "unknown", None),
    ("ymicp/err_122_query.json", "ymicp", "a.test", "unknown", None),
    ("ymicp/err_122_upstream.json", "ymicp", "a.test", "unknown", None),
    ("ymicp/err_201_old.json", "ymicp", "a.test", "unknown", None),
    ("ymicp/err_401_login.json", "ymicp", "a.test", "unknown", None),
    ("ymicp/err_405_forbidden.json", "ymicp", "a.test", "unknown", None),
    ("ymicp/err_500_captcha.json", "ymicp", "a.test", "unknown", None),
    ("ymicp/err_500_waf.json", "ymicp", "a.test", "unknown", None),
    ("ymicp/web_found_company.json", "ymicp", "qq.com", "filed", "粤B2-20090059-5"),
    ("ymicp/web_found_personal.synthetic.json", "ymicp", "shop.example.test", "filed", "粤ICP备2099000001号-1"),
    ("ymicp/web_limited_access.synthetic.json", "ymicp", "shop2.example.test", "filed", "浙ICP备2099000002号-2"),
    ("ymicp/web_not_found.json", "ymicp", "shop.example.test", "not_filed", None),
    ("miit/auth_ok.json", "ymicp", "a.test", "unknown", None),
    ("miit/error_415.json", "ymicp", "a.test", "unknown", None),
    ("miit/error_429.json", "ymicp", "a.test", "unknown", None),
    ("miit/error_500.json", "ymicp", "a.test", "unknown", None),
]  # fmt: skip

# (provider, its answer about shop.a.test, state, whether asking on is rude or useless)
QUIRKS = [
    ("uapis", '{"code":"200","serviceLicence":"查询失败"}', "unknown", False),
    ("uapis", '{"code":200,"serviceLicence":"粤ICP备2099000001号"}', "filed", False),
    ("apihz", '{"code":400,"msg":"查询失败或没有备案。"}', "unknown", False),
    ("apihz", '{"code":400,"msg":"调用频率过高"}', "unknown", True),
    ("vvhan", '{"success":false,"message":"没有备案"}', "unknown", False),
    ("zeapi", '{"code":200,"data":[],"total":0}', "not_filed", False),
    ("zeapi", '{"code":200,"data":[],"total":3}', "unknown", False),
    ("zeapi", '{"code":200,"data":[{"domain_name":"b.test","website_licence":"粤ICP备2099000001号"}],"total":1}', "unknown", False),
    ("yzxmz", '{"code":200,"data":{"exists":false,"domain":"a.test"}}', "not_filed", False),
    ("yzxmz", '{"code":200,"data":{"exists":null,"domain":"a.test"}}', "unknown", False),
    ("uomg", '{"code":1,"domain":"b.test","icp":"未备案"}', "unknown", False),
    ("uomg", '{"code":201901,"msg":"域名格式错误"}', "unknown", False),
    ("uutool", '{"status":0,"error":"次数已用完"}', "unknown", True),
    ("uutool", '{"status":1,"data":{"is_icp":1,"icp_no":""}}', "unknown", False),
    ("yitd", '{"icp":"","msg":"查询成功","result":"1"}', "unknown", False),
    ("urlsec", '({"reCode":0,"data":{"results":{"url":"a.test","isDomainICPOk":0}}})', "not_filed", False),
    ("urlsec", 'cb({"reCode":-1,"data":{}});', "unknown", False),
    ("aliyun", '{"Status":"DomainIsRegistration"}', "filed", False),
    ("aliyun", '{"Status":"DomainNotRegistration"}', "not_filed", False),
    ("aliyun", '{"Code":"Throttling.User"}', "unknown", True),
    ("ymicp", '{"code":401,"message":"未登录或会话已过期"}', "unknown", False),
    ("ymicp", "<html>创宇盾</html>", "unknown", True),
    ("fghwett", '{"code":0,"data":{}}', "unknown", False),
    ("fghwett", "", "unknown", True),
    ("ymicp", '{"code":101,"msg":"参数错误,请指定search参数"}', "unknown", True),
    ("ymicp", '{"code":102,"msg":"不是支持的查询类型"}', "unknown", True),
    ("ymicp", '{"code":122,"message":"查询失败","error":"x"}', "unknown", False),
    ("ymicp", '{"code":201,"error":"验证码识别失败"}', "unknown", False),
    ("ymicp", '{"code":405,"message":"不允许的查询内容"}', "unknown", False),
    ("ymicp", '{"code":500,"message":"当前访问已被创宇盾拦截"}', "unknown", False),
    ("ymicp", '{"success":false,"code":429,"msg":"您目前访问频次过高"}', "unknown", True),
    ("ymicp", '{"code":200,"params":{"list":[],"total":0}}', "not_filed", False),
    ("ymicp", '{"code":200,"params":{"list":[],"total":2}}', "unknown", False),
    ("ymicp", '{"code":200,"params":{"list":[{"domain":"b.test","serviceLicence":"粤ICP备2099000001号","natureName":"企业"}],"total":1}}', "unknown", False),
    ("yitd", '{"msg":"服务器请求频率过高，请稍后再试","result":"0"}', "unknown", True),
    ("fghwett", '{"code":-1,"msg":"x"}', "unknown", False),
]  # fmt: skip


@pytest.mark.real_data
@pytest.mark.parametrize(("file", "provider", "domain", "state", "number"), SAMPLES, ids=lambda v: str(v))
def test_sample(
    real_data: Path, file: str, provider: str, domain: str, state: str, number: str | None
) -> None:
    answer = parse_answer(provider, (real_data / "icp" / file).read_text(encoding="utf-8"), domain)
    assert (answer.state, answer.number) == (state, number)
    assert (answer.reason is None) == (state != "unknown")


@pytest.mark.real_data
def test_every_sample_of_the_folder_is_tried(real_data: Path) -> None:
    tried = {file for file, *_ in SAMPLES}
    have = {
        f"{p.parent.name}/{p.name}"
        for folder in ("thirdparty", "ymicp", "miit")
        for p in (real_data / "icp" / folder).iterdir()
    }
    assert {name for name in have - tried if "bweb" not in name} == set()


@pytest.mark.real_data
def test_another_domains_filing_is_no_answer(real_data: Path) -> None:
    for file, provider, domain, state, _ in SAMPLES:
        body = (real_data / "icp" / file).read_text(encoding="utf-8")
        if state == "filed" and '"domain' in body + '"url"' and domain in body:
            assert parse_answer(provider, body, "somebody-else.test").state == "unknown", file


@pytest.mark.real_data
def test_a_natural_person_keeps_no_name(real_data: Path) -> None:
    body = (real_data / "icp/ymicp/web_found_personal.synthetic.json").read_text(encoding="utf-8")
    answer = parse_answer("ymicp", body, "shop.example.test")
    assert (answer.nature, answer.entity) == ("个人", None)
    personal = '{"code":200,"data":{"type":"personal","domain":"a.test","exists":true,"number":"粤ICP备2099000001号","company":"王小明"}}'
    assert parse_answer("yzxmz", personal, "a.test").entity is None


@pytest.mark.parametrize(("provider", "body", "state", "stop"), QUIRKS)
def test_quirk(provider: str, body: str, state: str, stop: bool) -> None:
    answer = parse_answer(provider, body, "shop.a.test")
    assert (answer.state, answer.stop) == (state, stop)


def test_how_a_service_is_asked() -> None:
    assert PROVIDERS["uutool"].request("https://api.uutool.cn/", "www.a.test") == (
        "POST", "https://api.uutool.cn/beian/icp/", "domain=a.test",
    )  # fmt: skip
    assert (
        PROVIDERS["zeapi"].request("https://icp.example", "shop.a.test")[1]
        == "https://icp.example/query/a.test"
    )


def test_a_chinese_domain_is_asked_and_matched_in_its_letters() -> None:
    host = "www.xn--fsqu00a.xn--fiqs8s"
    asked = PROVIDERS["ymicp"].request("https://icp.example", host)[1]
    assert parse_qs(urlsplit(asked).query)["search"] == ["例子.中国"]
    for domain in ("例子.中国", "xn--fsqu00a.xn--fiqs8s"):
        row = {
            "domain": domain,
            "serviceLicence": "粤ICP备2099000001号-1",
            "natureName": "企业",
            "unitName": "甲公司",
        }
        body = {"code": 200, "success": True, "params": {"total": 1, "list": [row]}}
        assert parse_answer("ymicp", json.dumps(body), host).state == "filed", domain
        assert (
            parse_answer("uomg", json.dumps({"code": 1, "domain": domain, "icp": "未备案"}), host).state
            == "not_filed"
        )
    assert parse_answer("uomg", '{"code":1,"domain":"别的.中国","icp":"未备案"}', host).state == "unknown"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 500) | st.sampled_from(["", "200", "1", "未备案", "查询失败", "a.test", "是"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["code", "data", "params", "list", "icp", "msg", "status", "result", "total", "exists", "is_icp", "success", "info"]),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("provider", PROVIDERS)
@given(document=_JSON)
def test_no_answer_breaks_the_reader(provider: str, document: object) -> None:
    answer = parse_answer(provider, json.dumps(document, ensure_ascii=False), "a.test")
    assert answer.state in ("filed", "not_filed", "unknown")
    assert answer.state != "filed" or answer.number is None or "失败" not in answer.number


# WHOIS, RDAP and certificates as they are written: dates in their zones, no person kept, nothing concluded from noise.


REAL = os.environ.get("KAMENGWATCH_REAL_DATA")


def test_cnnic_times_are_china_times() -> None:
    text = "Domain Name: lanxi.cn\nSponsoring Registrar: 示例\nRegistration Time: 2024-06-02 04:07:35\nExpiration Time: 2027-06-02 04:07:35\n"
    found = domain_records.registered(text)
    assert found.registered_at == dt.datetime(2024, 6, 1, 20, 7, 35, tzinfo=dt.UTC)
    assert found.expires_at == dt.datetime(2027, 6, 1, 20, 7, 35, tzinfo=dt.UTC)


def test_times_with_a_zone_keep_it_and_bare_days_are_midnight_in_china() -> None:
    text = "Domain Name: A.COM\nRegistrar: X\nCreation Date: 1997-09-15T04:00:00Z\nRegistry Expiry Date: 2028-09-14T04:00:00+02:00\n"
    found = domain_records.registered(text)
    assert found.registered_at == dt.datetime(1997, 9, 15, 4, tzinfo=dt.UTC)
    assert found.expires_at == dt.datetime(2028, 9, 14, 2, tzinfo=dt.UTC)
    old = domain_records.registered("Domain Name: a.cn\nRegistration Date: 2002-03-06\n")
    assert old.registered_at == dt.datetime(2002, 3, 5, 16, tzinfo=dt.UTC) and old.expires_at is None


@pytest.mark.parametrize(
    ("text", "state"),
    [("No matching record.", "not_found"), ("no matching record.\r\n", "not_found"), ('No match for "X.COM".', "not_found"),
     ("Sorry, The domain you requested is in the reserved list.", "reserved"), ("The domain you requested is prohibited.", "reserved"),
     ("Queried interval is too short.", "refused"), ("查询过于频繁", "refused"), ("", "unknown"), ("<html>busy</html>", "unknown"),
     ("Domain Name: a.cn\nDomain Status: ok\n", "unknown")],
)  # fmt: skip
def test_only_a_clear_answer_is_a_state(text: str, state: str) -> None:
    assert domain_records.state_of(text) == state
    assert domain_records.state_of(domain_records.project_whois(text.encode())) == state


PERSON = st.text("张三李四王五丰小明", min_size=2, max_size=4)
KEY = st.sampled_from(
    [
        "Registrant",
        "Registrant Name",
        "Registrant Contact Email",
        "Administrative Email",
        "Registrant ID",
        "Tech Name",
    ]
)


@given(st.lists(st.tuples(KEY, PERSON), max_size=6), st.sampled_from(["utf-8", "gb18030"]))
def test_whoever_registered_a_name_is_not_kept(people: list[tuple[str, str]], encoding: str) -> None:
    lines = [
        "Domain Name: lanxi.cn",
        "Registration Time: 2024-06-02 04:07:35",
        "Sponsoring Registrar: 示例注册商",
    ]
    lines += [f"{key}: {name} {name.encode().hex()}@mail.test" for key, name in people]
    kept = domain_records.project_whois("\n".join(lines).encode(encoding))
    assert (
        "示例注册商" in kept
        and "@" not in kept
        and not any(name.encode().hex() in kept for _, name in people)
    )
    assert domain_records.state_of(kept) == "registered"


REGISTRY = json.loads(
    (Path(__file__).parents[2] / "fixtures/registration/normal_network/case.json").read_text("utf-8")
)["exchanges"]
ANSWERS = {
    ("domain", "network")["/ip/" in said["url"]]: said["json"]
    for said in REGISTRY
    if "objectClassName" in said.get("json", {})
}
OF_PEOPLE = (
    "张三丰",
    "联系人：张三丰 13800138000",
    "Zhang Sanfeng",
    "zsf@mail.test",
    "abuse@张三丰",
    "+86.13800138000",
    "负责人张三丰，QQ 123456789",
)
SECRETS = ("张三丰", "Sanfeng", "zsf", "13800138000", "123456789")


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a document that holds a value, as (holder, key)."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in pairs for place in ((value, key), *places(inner))]


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(sorted(ANSWERS)))
def test_a_registry_may_name_people_anywhere_and_none_is_kept(data: Any, kind: str) -> None:
    """Whatever the answer is made of: facts that can be stored, or a refusal, and nobody's name, mailbox or telephone."""
    document = json.loads(json.dumps(ANSWERS[kind]))
    odd = st.sampled_from([None, True, 0, [], {}, [[]], "", *OF_PEOPLE])
    for _ in range(data.draw(st.integers(0, 4))):
        holder, key = data.draw(st.sampled_from(places(document)))
        said = data.draw(odd)
        with contextlib.suppress(KeyError, IndexError):
            holder[key] = data.draw(
                st.sampled_from([said, [said], {"x": said}, ["vcard", [["fn", {}, "text", said]]]])
            )
    try:
        if kind == "network":
            kept = domain_records.project_network(json.dumps(document))
            record = {k: v for k, v in json.loads(kept).items() if k.startswith("network_")}
            parse_record({"kind": "resolution", "source": "registration", "host": "lanxi.cn", "observed_at": "2026-03-02T00:00:00Z",
                          "found": True, **record})  # fmt: skip
        else:
            kept = domain_records.project_rdap(json.dumps(document))
            domain_records.facts_of(kept)
    except ValueError as refused:
        kept = str(refused)
    assert not [secret for secret in SECRETS if secret in kept], kept


@given(st.binary(max_size=600))
def test_noise_is_projected_and_read_without_an_error(body: bytes) -> None:
    assert domain_records.state_of(domain_records.project_whois(body)) in (
        "registered",
        "not_found",
        "reserved",
        "refused",
        "unknown",
    )
    assert "unreadable" in json.loads(domain_records.project_certificate(body))


def test_the_longest_ending_names_the_server() -> None:
    servers = {".cn": "a", ".com.cn": "b"}
    assert [domain_records.server_of(n, servers) for n in ("x.cn", "x.com.cn", "x.com", "cn")] == [
        "a",
        "b",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("names", "host", "right"),
    [(["a.cn"], "a.cn", True), (["a.cn"], "www.a.cn", False), (["*.a.cn"], "www.a.cn", True), (["*.a.cn"], "a.cn", False),
     (["*.a.cn"], "x.www.a.cn", False), ([], "a.cn", False), (["*.cn"], "A.CN.", True)],
)  # fmt: skip
def test_a_wildcard_stands_for_one_label(names: list[str], host: str, right: bool) -> None:
    assert domain_records.covers(names, host) is right


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"events": 3}', '{"events": [3]}', "<html>"])
def test_an_rdap_answer_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RDAP"):
        domain_records.facts_of(text)
    with pytest.raises(ValueError, match="bootstrap"):
        domain_records.servers_of(text)


@pytest.mark.real_data
@pytest.mark.skipif(not REAL, reason="KAMENGWATCH_REAL_DATA is not set")
def test_real_answers_of_registries_are_read() -> None:
    folder = Path(REAL or "") / "whois_rdap"

    def text(name: str) -> str:
        return (folder / f"{name}.txt").read_text(encoding="utf-8")

    states = {"cn_not_found": "not_found", "cnnic_cn_status_available": "not_found", "cnnic_cn_status_reserved": "reserved",
              "cnnic_cn_property_status_reserved_list": "reserved", "verisign_com_status_available": "not_found"}  # fmt: skip
    assert {name: domain_records.state_of(text(name)) for name in states} == states
    modern = domain_records.registered(text("cn_modern"))
    assert modern.registered_at == dt.datetime(2024, 6, 1, 20, 7, 35, tzinfo=dt.UTC)
    first = domain_records.registered(text("cnnic_cn_property_status_ok"))
    assert first.registered_at == dt.datetime(2002, 3, 5, 16, tzinfo=dt.UTC) and first.registrar
    dotcom = domain_records.registered(text("verisign_com_status_registered"))
    assert dotcom.domain == "google.com" and dotcom.registered_at == dt.datetime(
        1997, 9, 15, 4, tzinfo=dt.UTC
    )
    found = domain_records.facts_of((folder / "com_rdap_found.json").read_text(encoding="utf-8"))
    assert found["registrar"] == "MarkMonitor Inc." and found["registered_on"].year == 1997
    listed = domain_records.servers_of((folder / "iana_rdap_bootstrap_dns.json").read_text(encoding="utf-8"))
    assert listed["br"].startswith("https://") and "cn" not in listed
    for path in folder.glob("*.txt"):
        kept = domain_records.project_whois(path.read_bytes())
        assert "@" not in kept and "Ireland" not in kept and "康科陶艺" not in kept
