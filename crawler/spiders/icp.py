"""ICP filing: one question a domain to a query service the operator runs; filed, not filed and no answer kept apart.

    scrapy crawl icp -a platform=a.example -s ICP_BASE=http://127.0.0.1:16181 -O out.jsonl

There is no anonymous machine interface to the registry itself: without ICP_BASE the source is not configured and the
crawl says so. It never solves a captcha, logs in, or takes an error for an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from scrapy import Request
from scrapy.http import Response

from crawler.base import Record, SourceSpider
from crawler.decode import text_of
from crawler.formats import icp as wire
from crawler.outcomes import NotAnswered, SourceBlocked, SourceChanged
from store.ledger import Expected, SourceCard
from store.names import registrable

GIVE_UP = 5
"""So many questions in a row without an answer end the crawl: the service is down, more asking only burdens it."""


class IcpSpider(SourceSpider):
    """Arguments: `platform` hosts. Setting ICP_BASE: address of the query service."""

    name = "icp"
    card = SourceCard(
        id="icp",
        kind="filing",
        title_zh="ICP 备案查询",
        title_en="ICP filing query",
        publisher="工业和信息化部（经运营者自备的查询服务）",
        family="miit",
        tier="A",
        cadence_hours=24 * 7,
        blind_zh="查询失败不等于未备案；已注销的备案与从未备案看起来一样；个人备案不保留姓名。",
        blind_en="A failed query is not “not filed”; a cancelled filing looks like none; a person's name is not kept.",
        expected=Expected(1, 1, selectors={"answered": 0.5}),
    )

    def __init__(self, **kwargs: Any) -> None:
        """See the class."""
        super().__init__(**kwargs)
        self._unanswered = 0

    def project(self, url: str, response: Response) -> bytes:
        """The answer without names of natural persons, as UTF-8."""
        return wire.project(text_of(response)).encode()

    def begin(self) -> Iterator[Request]:
        """One question for each registrable domain."""
        base = (self.settings.get("ICP_BASE") or "").rstrip("/")
        if not base:
            self.outcome, self.reason = "failed", "not configured: set ICP_BASE to a query service"
            return
        for target in self.targets:
            url = f"{base}/query/web?search={quote(registrable(target.host))}&pageNum=1&pageSize=26"
            yield self.ask(url, "answer", target.host)

    def read_answer(self, response: Response, host: str) -> Iterator[Record]:
        """Filed or not filed; anything else leaves the host unknown."""
        if response.status in (401, 403, 407, 429, 456):
            raise SourceBlocked(f"HTTP {response.status}")
        domain = registrable(host)
        try:
            if response.status >= 500:
                raise NotAnswered(f"HTTP {response.status}")
            filed = wire.filing_of(text_of(response), domain)
        except NotAnswered as error:
            self.tally("answered", 0, host=host)
            self._unanswered += 1
            if self._unanswered >= GIVE_UP:
                raise SourceChanged(
                    f"{GIVE_UP} questions in a row were not answered; the last: {error}"
                ) from None
            raise
        self._unanswered = 0
        self.tally("answered", 1, host=host)
        record: Record = {
            "kind": "filing",
            "source": self.name,
            "provider": "miit",
            "host": host,
            "observed_at": self.at(host),
            "found": filed is not None,
            "domain": domain,
        }
        if filed is not None:
            record |= {
                "number": filed.number,
                "entity": filed.entity,
                "nature": filed.nature,
                "limit_access": filed.limit_access,
                "approved_on": filed.approved_on,
            }
        yield record
