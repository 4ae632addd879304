"""Every filing service's every answer, its traps among them: a failed query is never "not filed"."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.formats.icp import PROVIDERS, parse_answer

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
@settings(max_examples=60, deadline=None)
def test_no_answer_breaks_the_reader(provider: str, document: object) -> None:
    answer = parse_answer(provider, json.dumps(document, ensure_ascii=False), "a.test")
    assert answer.state in ("filed", "not_filed", "unknown")
    assert answer.state != "filed" or answer.number is None or "失败" not in answer.number
