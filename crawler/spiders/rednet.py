"""红网百姓呼声: public messages to offices in Hunan about the trade or a watched site, with the state of each.

    scrapy crawl rednet -a platform=a.example [-a pages=5] -O out.jsonl

One search for each trade word and each watched name, then the messages not seen before or in another state than then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from scrapy import Request
from scrapy.http import Response

from crawler.errors import SourceChanged
from crawler.formats import json_api
from crawler.formats import rednet as wire
from crawler.pages.decoding import text_of
from crawler.pages.mentions import TRADE, Watched, hosts_in
from crawler.source_spider import Record, SourceSpider
from store.evidence.crawl_ledger import Expected, SourceCard

WORDS = ("卡盟", "发卡", "卡密", "点卡充值")
PAGE_SIZE = 10
MOST_NAMES = 100
MOST_MESSAGES = 300
REMEMBERED = 3_000


class RednetSpider(SourceSpider):
    """Arguments: `platform` hosts, `pages` of each search (at most 5)."""

    name = "rednet"
    card = SourceCard(
        id="rednet",
        kind="complaints",
        title_zh="红网百姓呼声",
        title_en="Rednet public message board",
        publisher="湖南红网",
        family="rednet",
        tier="C",
        cadence_hours=24 * 3,
        blind_zh="以湖南网民为主；每个词只看前几页；留言是单方说法；办结不等于退款。",
        blind_en="Mostly people in Hunan; the first pages of each search only; one side's words; an answer is not a refund.",
        expected=Expected(
            0,
            5_200,
            "crawl",
            "检索命中",
            "search hits",
            {"concerns": 0.3, "complaint.text": 0.9, "complaint.filed_at": 0.9},
        ),
    )
    whole_source = True
    brings: ClassVar[tuple[str, ...]] = ("complaint",)
    legal: ClassVar[tuple[str, str]] = (
        "公开检索与公开留言，无需登录和签名；留言人信息在写盘之前即丢弃，正文先脱敏。",
        "Open search and open messages, no login or signature; who wrote is dropped and the text redacted before anything is kept.",
    )

    def __init__(self, pages: str | int = 5, **kwargs: Any) -> None:
        """See the class."""
        super().__init__(**kwargs)
        self.pages = min(int(pages), 5)
        self._watched = Watched(self.targets)
        self._states: dict[str, int] = {}
        self._before: dict[str, int] = self.books.previous().get("states") or {}
        self._asked: set[str] = set()
        self._searches = 0

    def project(self, url: str, response: Response) -> bytes:
        """What may be kept of an answer, as UTF-8."""
        return json_api.projected(text_of(response), wire.keep).encode()

    def begin(self) -> Iterator[Request]:
        """One search for each word. A name that holds a trade word is searched once for its past, then found by the word."""
        self._base = str(self.settings["REDNET_BASE"]).rstrip("/")
        # The service answers the board's own page; a browser names the page it asks from.
        self._headers = {"Referer": str(self.settings["REDNET_BOARD"])}
        names = self._watched.names(MOST_NAMES)
        before: list[str] = self.books.previous().get("names") or []
        self.measured["names"] = names
        for word in (*WORDS, *names):
            if word in WORDS or word not in before or not any(trade in word for trade in WORDS):
                yield self._search(word, 1)

    def read_search(self, response: Response, host: None, word: str, page: int) -> Iterator[Request]:
        """One page of hits; its new messages, and the next page while pages are full."""
        rows = wire.rows_of(json_api.data_of(response.status, text_of(response)), first=page == 1)
        self._searches += 1
        for row in rows:
            number, state = str(row["id"]), int(row["is_reply"])
            self._states[number] = state
            if number in self._asked or self._before.get(number) == state:
                continue
            if len(self._asked) >= MOST_MESSAGES:
                self.measured["left_for_next_time"] = True
                self._states.pop(number)
                continue
            self._asked.add(number)
            url = f"{self._base}/front/msg/detail?id={number}"
            yield self.ask(url, "detail", known={"row": row}, headers=self._headers)
        if len(rows) >= PAGE_SIZE and page < self.pages:
            yield self._search(word, page + 1)
        states = dict(list((self._before | self._states).items())[-REMEMBERED:])
        self.measured |= {"searches": self._searches, "hits": len(self._states), "states": states}

    def read_detail(self, response: Response, host: None, row: dict[str, Any]) -> Iterator[Record]:
        """One message, if it is about a watched site or the trade."""
        if wire.is_gone(json_api.json_of(response.status, text_of(response))):
            self.measured["gone"] = self.measured.get("gone", 0) + 1
            return
        complaint = wire.complaint_of(json_api.data_of(response.status, text_of(response)), row)
        if complaint["source_id"] != str(row["id"]):
            raise SourceChanged("the detail is of another message")
        text = f"{complaint['title']} {complaint['text']}"
        target = self._watched.of(text)
        concerns = target is not None or bool(TRADE.search(text))
        self.tally("concerns", int(concerns))
        if not concerns:
            return
        whom = {"host": target.host} if target else {"platform": "未写明"}
        seen = self.at(None, response)
        yield {
            "kind": "complaint",
            "source": self.name,
            **whom,
            "mentions": hosts_in(text),
            **complaint,
            "url": response.url,
            "seen_at": seen,
            "observed_at": seen,
        }

    def counted(self) -> int | None:
        """Messages the searches listed; none is an answer, the site says how many there are."""
        return len(self._states)

    def _search(self, word: str, page: int) -> Request:
        """The question is in the body; behind # it is written once more, never sent, so that archive and replay know it."""
        body = json.dumps({"search": word, "page": page, "page_num": PAGE_SIZE}, ensure_ascii=False)
        return self.ask(
            f"{self._base}/front/msg/index#search={quote(word)}&page={page}",
            "search",
            known={"word": word, "page": page},
            method="POST",
            body=body,
            headers={"Content-Type": "application/json", **self._headers},
            priority=10,
        )
