"""Open block lists named by the operator, matched on this machine: no watched host is ever sent anywhere.

    scrapy crawl blocklists -a platform=a.example -s BLOCKLISTS='{"My list": "https://lists.example/hosts.txt"}' -O out.jsonl

BLOCKLISTS: name → address or file. A hit says which list, since when we see it there, and nothing more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response

from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats import blocklists as wire
from crawler.formats.json_api import REFUSALS
from crawler.pages.decoding import decode, text_of
from crawler.pages.operator_mappings import mapping_of
from crawler.source_spider import Record, SourceSpider
from store.china_time import SHANGHAI
from store.evidence.crawl_ledger import NOT_CONFIGURED, Expected, SourceCard

CATEGORY = "列入公开名单"


class BlocklistsSpider(SourceSpider):
    """Arguments: `platform` hosts. Setting BLOCKLISTS: list name → address or file."""

    name = "blocklists"
    of_the_host = True
    card = SourceCard(
        id="blocklists",
        kind="lists",
        title_zh="公开名单",
        title_en="Open block lists",
        publisher="各名单的维护者（由运营者指定）",
        family="lists",
        tier="D",
        cadence_hours=24,
        blind_zh="名单很少收录卡盟，未列入不说明任何问题；列入的理由与标准由名单维护者决定，可能有误。",
        blind_en="Such lists hardly know card sites: not being listed means nothing; why a host is listed is its keeper's judgement and may be wrong.",
        expected=Expected(1, 20_000_000, "crawl", "名单条目", "list entries", {"list": 0.5, "entry": 0.5}),
    )
    whole_source = True
    brings: ClassVar[tuple[str, ...]] = ("penalty",)
    legal: ClassVar[tuple[str, str]] = (
        "各名单有各自的许可（有的仅限非商业用途），由运营者选定并负责；只保留域名，不保留路径；不转发名单。",
        "Each list has its own licence (some non-commercial); the operator chooses and answers for them; hosts only are kept, lists are not passed on.",
    )

    def project(self, url: str, response: Response) -> bytes:
        """The list's hosts without any path, as UTF-8."""
        return wire.keep(text_of(response)).encode()

    def begin(self) -> Iterator[Request]:
        """Each list once: files at once, addresses over the network."""
        self._hits: dict[str, dict[str, list[str]]] = self.books.previous().get("hits") or {}
        self.measured |= {"lists": {}, "hits": {}}
        given = self.settings.get("BLOCKLISTS")
        if not given:
            self.outcome, self.reason = (
                "failed",
                f"{NOT_CONFIGURED}: set KAMENGWATCH_BLOCKLISTS (name → address or file)",
            )
            return
        try:
            lists = mapping_of(given)
        except ValueError as error:
            lists, self.reason = None, str(error)
        if not lists:
            self.outcome, self.reason = (
                "failed",
                f"KAMENGWATCH_BLOCKLISTS: {self.reason or 'want name → address or file'}",
            )
            return
        for name, place in lists.items():
            if str(place).startswith(("http://", "https://")):
                yield self.ask(str(place), "list", known={"name": str(name)})
            else:
                self._file(str(name), Path(str(place)))

    def read_list(self, response: Response, host: None, name: str) -> Iterator[Record]:
        """One list; its hits on watched hosts. A list that cannot be read says nothing about the others."""
        try:
            if response.status in REFUSALS:
                raise SourceBlocked(f"HTTP {response.status}")
            if response.status != 200:
                raise NotAnswered(f"HTTP {response.status}")
            records = list(self._matched(name, text_of(response), response.url, self.at(None, response)))
        except (SourceBlocked, SourceChanged, NotAnswered) as error:
            self._unread(name, "blocked" if isinstance(error, SourceBlocked) else "failed", str(error))
            return
        yield from records

    def records_for_failure(
        self, request: Request, host: str | None, kind: str, answer: Response | None
    ) -> Iterator[Record]:
        """A list that could not be had: what was known of it stays remembered."""
        outcome, reason = self.outcome, self.reason or kind
        self.outcome, self.reason = "ok", None
        self._unread(request.cb_kwargs["known"]["name"], outcome, reason)
        return iter(())

    def closed(self, reason: str) -> None:
        """The crawl fails when no list at all could be read; else the reason names those that could not."""
        lists: dict[str, dict[str, Any]] = self.measured.get("lists", {})
        unread = {name: row for name, row in lists.items() if "outcome" in row}
        if unread and self.outcome == "ok":
            first = next(iter(unread.items()))
            self.reason = f"lists that could not be read: {len(unread)} of {len(lists)}; {first[0]}: {first[1]['reason']}"
            if len(unread) == len(lists):
                worst = {row["outcome"] for row in unread.values()}
                self.outcome = "blocked" if worst == {"blocked"} else "failed"
        super().closed(reason)

    def counted(self) -> int | None:
        """Entries of all lists that could be read."""
        return sum(int(row.get("entries", 0)) for row in self.measured["lists"].values())

    def _unread(self, name: str, outcome: str, reason: str) -> None:
        self.tally("list", 0)
        self.measured["lists"][name] = {"outcome": outcome, "reason": reason}
        self.measured["hits"][name] = self._hits.get(name, {})

    def _file(self, name: str, path: Path) -> None:
        """A list in a file of the operator's. Nothing was fetched, so its records are kept without a capture."""
        try:
            text = decode(path.read_bytes())
            records = list(self._matched(name, text, None, self.clock.now()))
        except OSError:
            self._unread(name, "failed", f"no such file: {path.name}")
            return
        except (SourceBlocked, SourceChanged) as error:
            self._unread(name, "failed", str(error))
            return
        saved = self.books.page((), records)
        self.refusals += [refused.reason for refused in saved.refused]
        self.record_count += len(records) - len(saved.refused)

    def _matched(self, name: str, text: str, url: str | None, seen: dt.datetime) -> Iterator[Record]:
        found = wire.read_list(text)
        self.tally("list", 1)
        self.tally("entry", found.entries, found.entries + found.unread)
        before = self._hits.get(name, {})
        hits: dict[str, list[str]] = {}
        today = seen.astimezone(SHANGHAI).date()
        for target in self.targets:
            if entry := found.entry_for(target.host):
                first = before.get(target.host) or [today.isoformat(), str(found.dated or ""), entry]
                hits[target.host] = first
                yield self._hit(name, target.host, first, url)
        self.measured["hits"][name] = hits
        self.measured["lists"][name] = {
            "entries": found.entries,
            "unread": found.unread,
            "dated": str(found.dated or ""),
            "gone": sorted(set(before) - set(hits)),
        }

    def _hit(self, name: str, host: str, first: list[str], url: str | None) -> Record:
        """The same words every day it stays listed, so that it is one record and not one a day."""
        first_on, dated, entry = first
        of = f"（名单自注日期 {dated}）" if dated else ""
        record: dict[str, Any] = {
            "kind": "penalty",
            "source": self.name,
            "host": host,
            "decided_on": first_on,
            "category": CATEGORY,
            "reason": f"公开名单「{name}」{of}列有该域名，条目 {entry}",
            "url": url,
        }
        return record
