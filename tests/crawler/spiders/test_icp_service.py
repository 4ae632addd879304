"""The filing source against every kind of query service: what each answer becomes, how it is set up, and where its key never is."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.download.api_key import Secret, sent_in_clear, signed
from crawler.formats.icp import PROVIDERS
from crawler.run import spiders
from store.db.engine import migrate, open_engine
from store.evidence.ingest import Ingest, import_records
from tests.crawler.formats.test_icp_providers import QUIRKS, SAMPLES
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command
from tests.support.programs.spider_replay import play
from tests.support.servers.polite_server import Answer, serving

BASE = "https://icp.test"
KEY = "geheim-0123456789"
KEYS = {"aliyun": "AccessKeyId=LTAI-testid&AccessKeySecret=testsecret"}


def asked(
    folder: Path, provider: str, body: str, host: str = "shop.a.test", **settings: str
) -> dict[str, Any]:
    """What the crawl says when `provider` gives this answer about `host`."""
    url = PROVIDERS[provider].request(BASE, host)[1]
    case = {
        "platforms": [{"host": host}],
        "settings": {"ICP_BASE": BASE, "ICP_PROVIDER": provider, "ICP_KEY": KEYS.get(provider, "")}
        | settings,
        "exchanges": [{"url": url, "body": body}],
    }
    (folder / "case.json").write_text(json.dumps(case), "utf-8")
    return play(spiders()["icp"], folder)


def state_of(said: dict[str, Any], host: str) -> str:
    """filed or not_filed where a record was made; unknown where the host was not answered and no record was made."""
    if said["records"]:
        assert said["hosts"][host] == ["ok", None]
        return "filed" if said["records"][0]["found"] else "not_filed"
    assert said["hosts"][host][0] in ("failed", "blocked") and said["hosts"][host][1]
    return "unknown"


@pytest.mark.parametrize(("provider", "body", "state", "stop"), QUIRKS)
def test_an_unclear_answer_never_becomes_a_record(
    provider: str, body: str, state: str, stop: bool, tmp_path: Path
) -> None:
    assert state_of(asked(tmp_path, provider, body), "shop.a.test") == state


@pytest.mark.real_data
@pytest.mark.parametrize(("file", "provider", "domain", "state", "number"), SAMPLES, ids=lambda v: str(v))
def test_every_recorded_answer_through_the_crawl(
    real_data: Path, tmp_path: Path, file: str, provider: str, domain: str, state: str, number: str | None
) -> None:
    said = asked(tmp_path, provider, (real_data / "icp" / file).read_text(encoding="utf-8"), domain)
    assert state_of(said, domain) == state
    if state == "filed":
        assert said["records"][0]["number"] == number
        assert said["records"][0]["provider"] == ("miit" if provider == "ymicp" else provider)


def test_a_natural_persons_name_is_gone_before_anything_is_kept() -> None:
    spider = spiders()["icp"]()
    answers = [
        '{"code":1,"data":{"domain":"a.test","icp_no":"粤ICP备2099000001号","icp_org":"王小明"}}',
        '{"code":200,"data":{"type":"personal","company":"王小明","siteName":"王小明的小站","number":"粤ICP备2099000001号"}}',
        '({"reCode":0,"data":{"results":{"isDomainICPOk":1,"Orgnization":"王小明","ICPSerial":"粤ICP备2099000001号"}}})',
        '{"success":true,"info":{"name":"王小明","nature":"个人","icp":"粤ICP备2099000001号"}}',
        '{"code":200,"data":[{"domain_owner":"王小明","domain_type":"个人","website_licence":"粤ICP备2099000001号"}]}',
    ]
    for answer in answers:
        kept = spider.project(BASE, Response(BASE, body=answer.encode())).decode()
        assert "王小明" not in kept and "2099000001" in kept, answer


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"ICP_BASE": ""}, "ICP_BASE"),
        ({"ICP_BASE": f"https://icp.test/x?key={KEY}"}, "ICP_KEY"),
        ({"ICP_BASE": f"https://me:{KEY}@icp.test"}, "ICP_KEY"),
        ({"ICP_PROVIDER": "nosuch"}, "ymicp"),
        ({"ICP_KEY": KEY}, "name=value"),
        ({"ICP_BASE": "http://icp.test", "ICP_KEY": f"key={KEY}"}, "in clear"),
        ({"ICP_BASE": "http://127.0.0.1.icp.test", "ICP_KEY": f"X-Key: {KEY}"}, "in clear"),
    ],
)
def test_a_wrong_set_up_says_what_to_set_and_asks_nothing(
    settings: dict[str, str], named: str, tmp_path: Path
) -> None:
    (tmp_path / "case.json").write_text(
        json.dumps(
            {"platforms": [{"host": "a.test"}], "exchanges": [], "settings": {"ICP_BASE": BASE} | settings}
        )
    )
    said = play(spiders()["icp"], tmp_path)
    assert said["outcome"] == "failed" and "not configured" in said["reason"] and named in said["reason"]
    assert KEY not in json.dumps(said) and not said["asked"]


@pytest.mark.parametrize(
    ("base", "key", "provider", "clear"),
    [
        ("http://icp.example", "key=geheim", "uomg", True),
        ("HTTP://icp.example", "Authorization: Bearer x", "ymicp", True),
        ("http://10.0.0.1:16181", "key=geheim", "ymicp", True),
        ("https://icp.example", "key=geheim", "uomg", False),
        ("http://icp.example", " ", "ymicp", False),
        ("http://127.0.0.1:16181", "key=geheim", "ymicp", False),
        ("http://[::1]:16181", "key=geheim", "ymicp", False),
        ("http://localhost", "key=geheim", "ymicp", False),
        ("http://icp.example", KEYS["aliyun"], "aliyun", False),
    ],
)
def test_a_key_leaves_in_clear_only_to_this_machine(base: str, key: str, provider: str, clear: bool) -> None:
    assert sent_in_clear(base, key, provider) is clear


def test_doctor_names_a_key_that_would_be_sent_in_clear(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAMENGWATCH_ICP_BASE", "http://icp.example")
    monkeypatch.setenv("KAMENGWATCH_ICP_KEY", f"key={KEY}")
    said = command(capsys, "doctor", "--data-dir", data_dir, expect=1)
    assert "in clear" in said.out and KEY not in said.out + said.err


def test_the_key_is_added_as_parameters_or_as_a_header() -> None:
    request = Request(f"{BASE}/query?domain=a.test")
    assert Secret(f"id=1&key={KEY}").applied(request).url == f"{request.url}&id=1&key={KEY}"
    sent = Secret(f"Authorization: Bearer {KEY}").applied(request)
    assert sent.headers["Authorization"] == f"Bearer {KEY}".encode() and sent.url == request.url
    assert Secret("").applied(request) is request
    told = Response(BASE, headers={"X-Echo": f"Bearer {KEY}"}, body=f"wrong key {KEY}".encode())
    clean = Secret(f"Authorization: Bearer {KEY}").scrubbed(told)
    assert KEY.encode() not in clean.body + clean.headers["X-Echo"]


def test_a_signed_request_is_signed_as_the_service_documents_it() -> None:
    """The parameters and the signature are the worked example of the service's own documentation."""
    at = dt.datetime(2016, 2, 23, 20, 46, 24, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    url = "http://icp.example/?Format=XML&Action=DescribeRegions&Version=2014-05-26"
    told = signed(url, "testid", "testsecret", at, "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf")
    sent = dict(parse_qsl(urlsplit(told).query))
    assert sent["Signature"] == "OLeaidS1JvxuMvnyHOwuJ+uX5qY=" and sent["Timestamp"] == "2016-02-23T12:46:24Z"
    assert "testsecret" not in told


@pytest.mark.parametrize("key", ["", "id=1&key=2", "AccessKeyId=only-half"])
def test_a_signing_service_says_which_key_it_wants(key: str, tmp_path: Path) -> None:
    said = asked(tmp_path, "aliyun", "{}", ICP_KEY=key)
    assert said["outcome"] == "failed" and "AccessKeySecret" in said["reason"] and not said["asked"]


def test_each_question_to_a_signing_service_is_signed_and_its_secret_stays_here(data_dir: Path) -> None:
    paths, done = crawled(
        data_dir, "aliyun", f"AccessKeyId=LTAI-testid&AccessKeySecret={KEY}", ["a.example", "b.example"],
        lambda path: {"RequestId": "1", "Status": "DomainIsRegistration", "Message": f"string to sign is {path}"},
    )  # fmt: skip
    sent = [dict(parse_qsl(urlsplit(path).query)) for path in paths]
    assert {s["DomainName"] for s in sent} == {"a.example", "b.example"}
    assert all(s["Action"] == "CheckCdnDomainICP" and s["Version"] == "2018-05-10" for s in sent)
    assert len({s["SignatureNonce"] for s in sent}) == len({s["Signature"] for s in sent}) == 2
    assert not any(KEY in path for path in paths)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not found_in(data_dir, done, KEY) and not found_in(data_dir, done, "LTAI-testid")


def test_the_key_is_in_no_file_no_log_and_no_output(data_dir: Path) -> None:
    paths, done = crawled(
        data_dir, "uomg", f"id=1&key={KEY}", ["shop.example"],
        lambda path: {"code": 1, "domain": "shop.example", "icp": "粤ICP备2099000001号", "you_sent": path},
    )  # fmt: skip
    assert any(KEY in path for path in paths), "the service was asked with the key"
    assert done.returncode == 0, done.stdout + done.stderr
    with open_engine(f"sqlite:///{data_dir / 'kamengwatch.db'}").connect() as connection:
        assert connection.exec_driver_sql("select found, number, provider from filing").all() == [
            (1, "粤ICP备2099000001号", "uomg")
        ]
    assert not found_in(data_dir, done, KEY)


def crawled(
    data_dir: Path, provider: str, key: str, hosts: list[str], said: Callable[[str], dict[str, Any]]
) -> tuple[list[str], subprocess.CompletedProcess[str]]:
    """A crawl of `hosts` against a service that answers `said(path)`: what it was asked, and what the crawl printed."""
    url = f"sqlite:///{data_dir / 'kamengwatch.db'}"
    engine = open_engine(url)
    migrate(engine)
    import_records(Ingest(engine, _now(), accept_new=True), [{"kind": "platform", "host": h} for h in hosts])

    def answer(path: str) -> Answer:
        if path == "/robots.txt":
            return 404, "text/plain", ""
        return 200, "application/json", json.dumps(said(path), ensure_ascii=False)

    with serving(answer) as visits:
        done = forked.run(
            ["crawler.run", "--source", "icp", "--now", _now().isoformat(), "--data-dir", str(data_dir), "--database", url],
            os.environ | {"KAMENGWATCH_ICP_PROVIDER": provider, "KAMENGWATCH_ICP_KEY": key,
                          "KAMENGWATCH_ICP_BASE": f"http://127.0.0.1:{visits.port}", "SCRAPY_LOG_LEVEL": "DEBUG"},
        )  # fmt: skip
    return [path for path in visits.paths if path != "/robots.txt"], done


def found_in(data_dir: Path, done: subprocess.CompletedProcess[str], word: str) -> list[str]:
    """Where `word` was left behind: files of the data folder, or what was printed."""
    kept = [path for path in data_dir.rglob("*") if path.is_file()]
    assert any(path.suffix == ".gz" for path in kept)
    found = ["output"] if word in done.stdout + done.stderr else []
    for path in kept:
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found += [path.name] if word.encode() in body else []
    return found


def _now() -> dt.datetime:
    return dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)


FILED = json.dumps({"code": 200, "success": True, "params": {"list": [{"domain": "known.test", "mainLicence": "粤ICP备2099000012号", "natureName": "企业", "serviceLicence": "粤ICP备2099000012号-1", "unitName": "甲有限公司", "updateRecordTime": "2025-01-02 03:04:05", "limitAccess": "否"}], "total": 1}})  # fmt: skip
EMPTY = json.dumps({"code": 200, "success": True, "params": {"list": [], "total": 0}})


def round_of(folder: Path, control: list[str], sites: dict[str, str]) -> dict[str, Any]:
    """A round with the control `known.test`, which answers one of `control` after the other."""

    def url(domain: str) -> str:
        return PROVIDERS["ymicp"].request(BASE, domain)[1]

    case = {
        "platforms": [{"host": host} for host in sites],
        "settings": {"ICP_BASE": BASE, "ICP_CONTROL": "known.test"},
        "exchanges": [{"url": url("known.test"), "bodies": control}, *({"url": url(h), "body": body} for h, body in sites.items())],
    }  # fmt: skip
    (folder / "case.json").write_text(json.dumps(case), "utf-8")
    return play(spiders()["icp"], folder)


def test_not_filed_is_told_once_the_control_was_found_filed_before_and_after(tmp_path: Path) -> None:
    said = round_of(
        tmp_path, [FILED, FILED], {"a.test": EMPTY, "b.test": FILED.replace("known.test", "b.test")}
    )
    assert said["outcome"] == "ok" and len(said["asked"]) == 4
    assert {r["host"]: r["found"] for r in said["records"]} == {"a.test": False, "b.test": True}
    assert said["hosts"] == {"a.test": ["ok", None], "b.test": ["ok", None]}


def test_a_service_that_knows_nobody_is_not_asked_about_anybody(tmp_path: Path) -> None:
    said = round_of(tmp_path, [EMPTY], {"a.test": EMPTY, "b.test": EMPTY})
    assert said["outcome"] == "blocked" and not said["records"] and len(said["asked"]) == 1
    assert {outcome for outcome, _ in said["hosts"].values()} <= {"blocked"}


@pytest.mark.parametrize("last", [EMPTY, "<html>创宇盾</html>", '{"code": 122, "message": "查询失败"}'])
def test_a_service_that_forgets_everybody_on_the_way_calls_nobody_unfiled(last: str, tmp_path: Path) -> None:
    said = round_of(
        tmp_path, [FILED, last], {"a.test": EMPTY, "b.test": FILED.replace("known.test", "b.test")}
    )
    assert said["outcome"] == "blocked"
    assert {r["host"]: r["found"] for r in said["records"]} == {"b.test": True}
    assert said["hosts"]["a.test"][0] == "blocked" and said["hosts"]["b.test"] == ["ok", None]
