"""Who answers is verified wherever the operator's key or a source's word is at stake; a shop's bad certificate is a fact told of it."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadConnectionRefusedError
from scrapy.http import Response
from scrapy.statscollectors import StatsCollector
from scrapy.utils.project import get_project_settings

from crawler.download.api_key import KEYED, Secret
from crawler.download.failures import classify_failure
from crawler.download.handlers import GuardedHandler
from crawler.download.politeness import HostStopMiddleware, SameSiteRedirectMiddleware
from crawler.download.tls import BAD_CERTIFICATE, SHOP_PAGE
from crawler.guard import Guard, Refused
from tests.support.programs import forked
from tests.support.servers.certificates import server
from tests.support.servers.polite_server import Answer, Visits, serving

KEY = "geheim-0123456789"
SHOP = '<html><title>甲卡盟</title><body><ul><li class="item"><a href="/p/1">商品一</a> ¥1.50 库存：1</li></ul></body></html>'


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return server(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server of an authority, and the file that names it."""
    folder = tmp_path_factory.mktemp("known")
    return server(folder, folder / "authority.pem"), folder / "authority.pem"


def answer(path: str) -> Answer:
    return (404, "text/plain", "") if path == "/robots.txt" else (200, "text/html", SHOP)


async def fetched(url: str, meta: dict[str, Any], **settings: Any) -> tuple[Request, Response]:
    values = get_project_settings()
    values.setdict({"GUARD_ALLOWED_HOSTS": ["localhost", "127.0.0.1"], **settings}, priority="cmdline")
    crawler = Crawler(type("Named", (Spider,), {"name": "named"}), values)
    stops = HostStopMiddleware()
    crawler.get_downloader_middleware = lambda cls: stops  # type: ignore[method-assign,assignment,return-value]
    crawler.spider, crawler.stats = crawler.spidercls(), StatsCollector(crawler)
    handler, request = GuardedHandler(crawler), Request(url, meta=meta)
    try:
        return request, await handler.download_request(request)
    finally:
        await handler.close()


@pytest.mark.parametrize("meta", [{}, {KEYED: True}, {KEYED: True, SHOP_PAGE: True}])
def test_a_stranger_in_the_place_of_a_service_is_told_nothing(
    meta: dict[str, Any], stranger: ssl.SSLContext
) -> None:
    with serving(answer, context=stranger) as place:
        url = f"https://localhost:{place.port}/query?domain=a.test"
        with pytest.raises(DownloadConnectionRefusedError) as error:
            asyncio.run(fetched(url, dict(meta), ICP_BASE=url, ICP_KEY=f"Authorization: Bearer {KEY}"))
        outcome, kind, reason = classify_failure(error.value)
        assert (outcome, kind) == ("failed", "tls_error") and "certificate is not valid: self" in reason
        assert place.paths == [] and KEY not in reason


def test_a_service_of_a_known_authority_gets_the_key(
    known: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = known
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with serving(answer, context=context) as place:
        base = f"https://localhost:{place.port}"
        settings = {"ICP_BASE": base, "ICP_KEY": f"Authorization: Bearer {KEY}"}
        _, response = asyncio.run(fetched(f"{base}/query", {KEYED: True}, **settings))
        assert response.status == 200 and KEY in place.heads[0]
        _, response = asyncio.run(fetched(f"{base}/page", {SHOP_PAGE: True}))
        assert BAD_CERTIFICATE not in _.meta


def test_a_shop_is_read_under_a_bad_certificate_which_the_request_then_tells(
    stranger: ssl.SSLContext,
) -> None:
    with serving(answer, context=stranger) as place:
        url = f"https://localhost:{place.port}/"
        request, response = asyncio.run(fetched(url, {SHOP_PAGE: True}))
        assert response.status == 200 and "self" in request.meta[BAD_CERTIFICATE]


@pytest.mark.parametrize(
    "url",
    ["http://icp.example/query", "https://icp.example:8443/query", "https://www.icp.example/query", "https://icp.example.evil.example/",
     "https://icp.example@evil.example/"],
)  # fmt: skip
def test_the_key_goes_to_the_configured_service_only(url: str) -> None:
    secret = Secret(f"key={KEY}", service="https://icp.example/api")
    assert secret.is_for("https://ICP.example:443/query?x=1") and not secret.is_for(url)


def test_a_redirect_of_the_service_does_not_take_the_key_along() -> None:
    with serving(answer) as service, serving(answer) as other:
        settings = {"ICP_BASE": f"http://localhost:{service.port}", "ICP_KEY": f"key={KEY}"}
        first = Request(f"http://localhost:{service.port}/query", meta={KEYED: True})
        moved = Response(first.url, status=302, headers={"Location": f"http://localhost:{other.port}/query"})
        named = Crawler(type("Named", (Spider,), {"name": "named"}), get_project_settings())
        redirect = SameSiteRedirectMiddleware.from_crawler(named).process_response(first, moved)
        assert isinstance(redirect, Request) and redirect.meta[KEYED]
        with pytest.raises(Refused, match="KAMENGWATCH_ICP_BASE"):
            asyncio.run(fetched(redirect.url, dict(redirect.meta), **settings))
        assert other.paths == [] and service.paths == []


def crawl(spider: str, place: Visits, control: str, *more: str) -> tuple[list[dict[str, Any]], str]:
    out = Path(os.environ["KAMENGWATCH_DATA_DIR"]) / f"{spider}.jsonl"
    out.parent.mkdir(parents=True, exist_ok=True)
    words = ["scrapy", "crawl", spider, "-a", f"platform=127.0.0.1:{place.port}", "-O", str(out)]
    for setting in ("SHOP_SCHEMES=https", f"CONTROLS={control}", "GUARD_ALLOWED_HOSTS=127.0.0.1", "DOWNLOAD_DELAY=0.05",
                    "AUTOTHROTTLE_START_DELAY=0.05", "RETRY_ENABLED=False", *more):  # fmt: skip
        words += ["-s", setting]
    done = forked.run(words, os.environ)
    text = out.read_text("utf-8") if out.is_file() else ""
    return [json.loads(line) for line in text.splitlines()], done.stderr


@pytest.mark.parametrize("spider", ["availability", "storefront"])
def test_a_bad_certificate_is_a_fact_told_of_the_shop(
    spider: str, stranger: ssl.SSLContext, data_dir: Path
) -> None:
    with serving(answer, context=stranger) as place, serving(answer) as control:
        records, said = crawl(spider, place, f"http://127.0.0.1:{control.port}/")
        probes = [(r["outcome"], r["class"], r["status"]) for r in records if r["kind"] == "probe"]
        assert probes == [("ok", "tls_error", 200)], said
        assert spider == "availability" or any(r["kind"] == "page" for r in records)


def test_where_our_own_line_shows_bad_certificates_nothing_is_told_of_a_shop(
    stranger: ssl.SSLContext, data_dir: Path
) -> None:
    """A control behind the same stranger: somebody stands between us and everybody."""
    with serving(answer, context=stranger) as place:
        records, _ = crawl("storefront", place, f"https://127.0.0.1:{place.port}/")
        assert not any(r["kind"] == "probe" for r in records)


@pytest.mark.parametrize(
    ("url", "passes"),
    [
        ("http://a.example/", True), ("https://a.example:443/x", True), ("http://a.example:80/", True), ("http://a.example:22/", False),
        ("https://a.example:8443/", False), ("http://a.example:6379/", False), ("http://a.example:0/", False), ("tls://a.example:25/", False),
        ("http://a.example:99999/", False), ("http://[2606:4700::1111/", False), ("http://icp.example:16181/q", True),
        ("http://icp.example:16182/q", False), ("http://127.0.0.1:16181/q", False),
    ],
)  # fmt: skip
def test_only_the_usual_ports_and_the_services_own_are_open(url: str, passes: bool) -> None:
    guard = Guard(False, [], ["icp.example"], services=["http://icp.example:16181"])
    if passes:
        guard.check_url(url)
    else:
        with pytest.raises(Refused):
            guard.check_url(url)


def test_the_operator_opens_other_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    values = get_project_settings()
    values.setdict(
        {"EGRESS_PORTS": "80,443,8443", "BLOCKLISTS": '{"a": "https://lists.example:9443/l.txt"}'}, "cmdline"
    )
    guard = Guard.of(Crawler(type("Named", (Spider,), {"name": "named"}), values))
    guard.check_url("https://a.example:8443/")
    guard.check_url("https://lists.example:9443/l.txt")
    with pytest.raises(Refused, match="KAMENGWATCH_EGRESS_PORTS"):
        guard.check_url("https://a.example:9443/")
