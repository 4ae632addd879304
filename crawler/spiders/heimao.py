"""黑猫投诉: the newest complaints as a measured sample, company counters, and detail pages of complaints that concern us.

    scrapy crawl heimao -a platform=a.example [-a keep=all] [-a pages=50] -O out.jsonl

It reads only what is open without login or signature, and stops where the site asks for one. The feed forgets within
half an hour: it is polled all day, each time down to the newest number of the poll before, and how much of the site's
numbering was seen is measured and kept with the crawl. Companies, rankings and known complaints are looked at once a day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.download.failures import classify_failure
from crawler.errors import SourceBlocked, SourceChanged
from crawler.formats import heimao as wire
from crawler.heimao_feed import Poll, Ranks
from crawler.pages.decoding import text_of
from crawler.pages.mentions import SHORTEST, hosts_in, names_in, of_the_trade
from crawler.source_spider import HostVisit, Record, SourceSpider
from store.evidence.crawl_ledger import Expected, SourceCard, Target
from store.text.query import host_key, host_of, host_part, is_merchant, key_of, normal_name

PAGES = 50
"""The feed's own end for visitors who are not logged in."""
REVISIT = dt.timedelta(days=45)
MOST_REVISITED = 60
"""Complaints known to be open are looked at again: the feed forgets them long before they are answered."""
_EXPECTED = Expected(
    1, 500, "crawl", "最新投诉条目", "feed entries",
    {"entry": 0.9, "detail": 0.7, "complaint.text": 0.1, "complaint.filed_at": 0.9, "counters.valid_total": 0.9},
)  # fmt: skip


class HeimaoSpider(SourceSpider):
    """Arguments: `platform` hosts, `pages` of the feed (at most 50), `keep=all` for complaints about anything."""

    name = "heimao"
    card = SourceCard(
        id="heimao",
        kind="complaints",
        title_zh="黑猫投诉",
        title_en="Heimao complaints",
        publisher="新浪",
        family="sina",
        tier="C",
        cadence_hours=24,
        poll_minutes=30,
        blind_zh="只能看到最新约 500 条投诉（约半小时的量）与企业计数，看到多少以编号覆盖为准；未登录看不到关键词搜索和企业投诉列表；多数卡盟未在该平台建档。",
        blind_en="Only about the 500 newest complaints (half an hour's worth) and company counters are open; the share of "
        "numbers seen says how much was read; keyword search and company lists need a login; most card sites have no company page there.",
        expected=_EXPECTED,
    )
    whole_source = True
    played: ClassVar[tuple[str, str]] = (
        "演示市场的最新列表只有市场自己的投诉，一周看一次也大多看得到；真实列表里它们淹没在每天约 22,000 条之中：每天看一次只见到编号的 1–2%，"
        "每半小时看一次见到全部已公开的编号（约一半编号会公开）。默认不这样演，因为按周回放 90 天时市场里几乎不剩投诉，其余指标便无从演示；"
        "搜索与企业投诉列表要登录，不能代替。真实的样子用故障模式 `busy` 演（`tests/crawler/spiders/test_heimao_served.py`）。编号覆盖两种模式都按真实的编号间隔计算，"
        "显示在状态页与结论卡的“看不见什么”里。",
        "The sandbox's newest list holds only its market's own complaints, so that a look a week sees most of them. In the real one they drown among "
        "some 22,000 a day: a poll a day sees 1–2 % of the numbers, one every half hour all that become public (about half of them). That is not the "
        "default because a replay of 90 days by weekly visits would leave the market next to no complaints, and nothing else could be shown; search and "
        "company lists, which want a login, cannot stand in. The fault mode `busy` plays the real thing (`tests/crawler/spiders/test_heimao_served.py`). Coverage by "
        "numbering counts the real distances in both modes and stands on the status page and among each card's blind spots.",
    )

    def __init__(
        self, keep: str = "", pages: str | int = PAGES, known_sn: str | int = 0, **kwargs: Any
    ) -> None:
        """See the class; `known_sn` is the highest number a former poll has seen."""
        super().__init__(**kwargs)
        self.keep_all = keep == "all"
        self.pages = min(int(pages), PAGES)
        self._before = self.books.previous()
        self._ranks = Ranks(self, self._before.get("ranks") or {})
        self.names: dict[str, Target] = {}
        self.companies: dict[str, str] = {}
        self._detailed: set[str] = set()
        self._poll = Poll(self._before, int(known_sn), self.targets)
        self._known = {host_key(h): t for t in self.targets for h in (t.host, *filter(key_of, t.aliases))}
        for target in self.targets:
            for name in filter(None, (target.name, *target.aliases)):
                if not host_of(name) and len(normal_name(name)) >= 2:
                    self.names[normal_name(name)] = target

    def ask(self, url: str, step: str, host: str | None = None, **options: Any) -> Request:
        """As for every source, asked from the site's own page."""
        return super().ask(url, step, host, headers={"Referer": f"{self.base}/"}, **options)

    def project(self, url: str, response: Response) -> bytes:
        """What may be kept of an answer, as UTF-8."""
        return wire.project(url, text_of(response)).encode()

    def begin(self) -> Iterator[Request]:
        """The feed, and one company search for each watched name."""
        self.base = self.settings["HEIMAO_BASE"].rstrip("/")
        if self.pages:
            yield self._feed(1)
        self.measured["companies"] = dict(self._before.get("companies") or {})
        self.measured["daily_of"] = self._poll.daily_of
        if self._poll.daily_is_done(self.clock.now()):
            self.measured["daily_at"] = self._before["daily_at"]
            self.measured["ranks"] = self._before.get("ranks") or {}
            return
        self.measured["daily_at"] = self.clock.now().isoformat()
        for record in self.books.unsettled(self.clock.now() - REVISIT, MOST_REVISITED):
            if request := self._detail(record):
                yield request
        known: dict[str, str] = self._before.get("companies") or {}
        for target in self.targets:
            names = _spelled_once(n for n in (target.name, *target.aliases) if n and not host_of(n))
            if couid := known.get(target.host):
                yield from self._counted(couid, target.host)
            elif names:
                yield self._search(target.host, names)

    def read_feed(self, response: Response, host: None, page: int) -> Iterator[Record | Request]:
        """One page of newest complaints; goes on until numbers already known, the end, or page 50."""
        data = wire.data_of(self._json(response), may_end=page > 1)
        items = wire.items_of(data) if data is not None else []
        if not items and page == 1:
            raise SourceChanged("the feed is empty, which it never is")
        numbers: list[int] = []
        entries: list[Record] = []
        for main in items:
            try:
                complaint = wire.complaint_of(main, self.base)
            except (ValueError, KeyError, TypeError):
                self._poll.skipped += 1
                continue
            numbers.append(int(complaint["source_id"]))
            entries.append(complaint)
        self.tally("entry", len(numbers), len(items))
        if items and not numbers:
            raise SourceChanged("no complaint on the page could be read")
        others = self._poll.take(numbers)
        for complaint in entries:
            if int(complaint["source_id"]) in others:
                yield from self._concerning(complaint, response)
        self.measured |= self._poll.measured(page, not items, self.clock.now())
        if items and page < self.pages and not self._poll.reached(others):
            yield self._feed(page + 1)
        elif not self._poll.daily_is_done(self.clock.now()):
            yield from self._ranks.begin()

    def read_rank_fields(self, response: Response, host: None) -> Iterator[Request]:
        """The industries the site ranks companies by."""
        yield from self._ranks.fields(response)

    def read_rank(
        self, response: Response, host: None, left: list[tuple[str, str, str]]
    ) -> Iterator[Record | Request]:
        """One red, black or reply list."""
        yield from self._ranks.places(response, left)

    def read_search(self, response: Response, host: str, names: list[str]) -> Iterator[Request]:
        """The company a watched name belongs to: sure only when exactly one company bears that very name."""
        rows = wire.companies_of(wire.data_of(self._json(response)))
        name, *others = names
        exact = {
            row["couid"] for row in rows if row["couid"] and normal_name(row["name"]) == normal_name(name)
        }
        if len(exact) == 1:
            yield self._company("rel_service", couid := exact.pop(), host)
            yield from self._counted(couid, host)
            return
        if rows:
            self.visit(host).notes.setdefault("near", {})[name] = [row["name"] for row in rows][:5]
        if others:
            yield self._search(host, others)

    def read_info(self, response: Response, host: str, couid: str) -> Iterator[Record]:
        """The counters of one company."""
        counters = wire.counters_of(wire.data_of(self._json(response)))
        yield {
            "kind": "counters",
            "source": self.name,
            "host": host,
            "observed_at": self.at(host),
            **counters,
        }

    def read_rel_service(self, response: Response, host: str, couid: str) -> Iterator[Record]:
        """The company's services: kept with the crawl, for a person who checks the match."""
        data = wire.data_of(self._json(response))
        rows = data if isinstance(data, list) else data.get("lists", []) if data else []
        names = [wire.plain(row.get("name")) for row in rows if isinstance(row, dict)]
        if names:
            self.measured.setdefault("services", {})[host] = names[:10]
        return iter(())

    def read_detail(self, response: Response, host: str | None, complaint: Record) -> Iterator[Record]:
        """The full text, amount, first reply and completion of a complaint that concerns a watched platform."""
        if response.status == 404:
            return
        self._refuse(response)
        detail = wire.detail_of(text_of(response))
        self.tally("detail", int(detail is not None))
        if detail is None:
            return
        if detail.sn and detail.sn != complaint["source_id"]:
            raise SourceChanged("the detail page is of another complaint")
        seen = self.at(None, response)
        full = {
            "text": detail.text or complaint["text"],
            "amount": detail.amount if detail.amount is not None else complaint["amount"],
            "status": detail.status or complaint["status"],
            "filed_at": detail.filed_at or complaint["filed_at"],
            "replied_at": detail.replied_at,
            "completed_at": detail.completed_at,
            "stars": detail.stars or complaint["stars"],
            "kinds_hint": detail.tags or complaint["kinds_hint"],
            "steps": detail.steps,
        }
        yield {
            **complaint,
            **full,
            "mentions": hosts_in(detail.text or ""),
            "seen_at": seen,
            "observed_at": seen,
        }

    def on_failure(self, failure: Failure) -> Iterator[Any]:
        """A ranking list that got no answer ends the lists, which are an extra; all else is the source's failure."""
        request: Request = failure.request  # type: ignore[attr-defined]
        assert failure.value is not None
        if request.cb_kwargs["step"] in ("rank", "rank_fields"):
            self._ranks.ended(classify_failure(failure.value)[2])
        else:
            yield from super().on_failure(failure)

    def finished(self, host: str, visit: HostVisit) -> Iterator[Record]:
        """Note near names for a person, where no company could be surely matched."""
        if visit.notes.get("near") and host not in self.companies.values():
            self.measured.setdefault("unsure_companies", {})[host] = visit.notes["near"]
        return iter(())

    def counted(self) -> int | None:
        """Entries of the feed; None for a run that was told not to read it."""
        return len(self._poll.numbers) if self.pages else None

    def _concerning(self, complaint: Record, response: Response) -> Iterator[Record | Request]:
        """The record of a complaint about a watched platform or about the trade, and its detail page if watched."""
        couid, company = complaint.pop("couid"), complaint.pop("company")
        text = f"{complaint['title']} {complaint['text']}"
        hosts = hosts_in(text)
        seen = self.at(None, response)
        record: Record = {
            "kind": "complaint",
            "source": self.name,
            "mentions": hosts,
            **complaint,
            "seen_at": seen,
        }
        target = self._target(couid, company, complaint["title"], hosts)
        if target is not None:
            record["host"] = target.host
            if request := self._detail(record):
                # Without observed_at a reply is not dated by this glance at the list: the detail page has its time.
                yield record
                yield request
                return
        elif self.keep_all or self._of_the_trade(f"{company} {text}"):
            record["platform"] = company or "未写明"
        else:
            return
        yield {**record, "observed_at": seen}

    def _detail(self, record: Record) -> Request | None:
        """The detail page of a complaint, once a crawl."""
        url, number = record.get("url"), record["source_id"]
        if not url or not url.startswith(self.base) or number in self._detailed:
            return None
        self._detailed.add(number)
        return self.ask(url, "detail", known={"complaint": record}, priority=-1)

    def _target(self, couid: str, company: str, title: str, hosts: list[str]) -> Target | None:
        """The watched platform a complaint is surely about: its company, its exact name, or the one host it names.

        A complaint filed against a mall is about the merchant it names, if it names one.
        """
        found = self._of_company(couid, company)
        if found is not None:
            inside = [host for host in hosts if is_merchant(host) and host_part(host) == found.host]
            if not inside:
                return found
            return self._known.get(inside[0]) if len(inside) == 1 else None
        mentioned = {self._known[h].host: self._known[h] for h in hosts if h in self._known}
        if len(mentioned) == 1:
            return next(iter(mentioned.values()))
        long = (name for name in self.names if len(name) >= SHORTEST)
        titled = {self.names[n].host: self.names[n] for n in names_in(normal_name(title), long)}
        return next(iter(titled.values())) if len(titled) == 1 else None

    def _of_company(self, couid: str, company: str) -> Target | None:
        if couid in self.companies and (host := host_key(self.companies[couid])) in self._known:
            return self._known[host]
        return self.names.get(normal_name(company)) if company else None

    def _of_the_trade(self, text: str) -> bool:
        if of_the_trade(text):
            return True
        key = normal_name(text)
        return any(len(name) >= 3 and name in key for name in self.names)

    def _search(self, host: str, names: list[str]) -> Request:
        url = f"{self.base}/api/company/main_search?keyword={quote(names[0])}&page=1&page_size=10"
        return self.ask(url, "search", host, known={"names": names})

    def _counted(self, couid: str, host: str) -> Iterator[Request]:
        self.companies[couid] = host
        self.measured["companies"][host] = couid
        yield self._company("info", couid, host)

    def _feed(self, page: int) -> Request:
        url = f"{self.base}/api/index/feed?type=2&page_size=10&page={page}"
        return self.ask(url, "feed", known={"page": page}, priority=10)

    def _company(self, call: str, couid: str, host: str) -> Request:
        return self.ask(f"{self.base}/api/company/{call}?couid={couid}", call, host, known={"couid": couid})

    def _json(self, response: Response) -> str:
        self._refuse(response)
        return text_of(response)

    def _refuse(self, response: Response) -> None:
        if response.status in (301, 302, 303, 307, 401, 403, 407, 429, 456):
            raise SourceBlocked(f"HTTP {response.status}")
        if response.status != 200:
            raise SourceChanged(f"HTTP {response.status}")


def _spelled_once(names: Iterable[str]) -> list[str]:
    """The names in order, each once: a name found on a site's pages is often also one of its aliases."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(normal_name(name), name)
    return list(found.values())
