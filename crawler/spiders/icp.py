"""ICP filing: one question a domain to a query service the operator runs; filed, not filed and no answer kept apart.

    scrapy crawl icp -a platform=a.example -s ICP_BASE=http://127.0.0.1:16181 -O out.jsonl

There is no anonymous machine interface to the registry itself: without ICP_BASE the source is not configured and the
crawl says so. It never solves a captcha, logs in, or takes an error for an answer.

A domain known to be filed (KAMENGWATCH_ICP_CONTROL) is asked first and last; in a look after the one domain, and only if
it is not found (decision 0028). “Not filed” is held back until the last question found the control filed: a service that answers an
ordinary empty list for everybody marks nobody unfiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.download.api_key import KEYED, Secret, sent_in_clear
from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats import icp as wire
from crawler.formats.icp import PROVIDERS, Answer, parse_answer, unknown
from crawler.pages.decoding import text_of
from crawler.source_spider import Record, SourceSpider
from store.evidence.crawl_ledger import NOT_CONFIGURED, Expected, SourceCard
from store.text.query import registrable

GIVE_UP = 5
"""So many questions in a row without an answer end the crawl: the service is down, more asking only burdens it."""


@dataclass(frozen=True)
class Unfiled:
    """An answer “not filed”, held back until the control has been asked again."""

    request: Request
    host: str
    record: Record
    captures: Sequence[Any]


class IcpSpider(SourceSpider):
    """Arguments: `platform` hosts. Settings: ICP_PROVIDER (whose format), ICP_BASE (its address), ICP_KEY (if it wants one)."""

    name = "icp"
    of_the_host = True
    card = SourceCard(
        id="icp",
        kind="filing",
        title_zh="ICP 备案查询",
        title_en="ICP filing query",
        publisher="工业和信息化部（经运营者自备的查询服务）",
        family="miit",
        tier="A",
        cadence_hours=24 * 7,
        blind_zh="查询失败不等于未备案；已注销的备案与从未备案看起来一样；个人备案不保留姓名；备案系统的违法违规名单没有查询：“在名单上”的回答是什么样，没有见过。",
        blind_en="A failed query is not “not filed”; a cancelled filing looks like none; a person's name is not kept; the registry's list of illegal sites is not asked: no recorded answer shows what a hit looks like.",
        expected=Expected(1, 1, selectors={"answered": 0.5}),
    )

    def __init__(self, **kwargs: Any) -> None:
        """See the class."""
        super().__init__(**kwargs)
        self._unanswered = 0
        self._asked = 0
        self._unfiled: list[Unfiled] = []
        self._checked = False

    def project(self, url: str, response: Response) -> bytes:
        """The answer without names of natural persons, as UTF-8."""
        return wire.project(text_of(response)).encode()

    def begin(self) -> Iterator[Request]:
        """The control, but not in a look, then one question for each registrable domain."""
        provider = self._provider
        if wrong := self._misconfigured(provider):
            self.outcome, self.reason = "failed", f"{NOT_CONFIGURED}: {wrong}"
            return
        control = self.settings.get("ICP_CONTROL")
        if control and self.settings.getbool("ICP_CONTROL_FIRST"):
            yield self._question(control, None, "control")
        else:
            yield from self._questions()

    def _questions(self) -> Iterator[Request]:
        for target in self.targets:
            if target.host not in self.books.done:
                self._asked += 1
                yield self._question(target.host, target.host, "answer")

    def _question(self, domain: str, host: str | None, step: str) -> Request:
        method, url, form = PROVIDERS[self._provider].request(self.settings["ICP_BASE"], domain)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        meta = {KEYED: True, "dont_redirect": True}  # a redirect would carry the key along
        return self.ask(url, step, host, method=method, body=form, headers=headers, meta=meta)

    def read_control(self, response: Response, host: None) -> Iterator[Request]:
        """The control must be filed, whenever it is asked."""
        control = registrable(self.settings["ICP_CONTROL"])
        answer = self._answer(response, control)
        if answer.state != "filed":
            # Sites whose answer was held back stay open, and share the crawl's fate.
            raise SourceBlocked(f"{control} is filed, and the service says: {answer.reason or answer.state}")
        if not self._asked:
            yield from self._questions()
        else:
            self._checked = True

    def on_page(
        self, response: Response, step: str, host: str | None, known: dict[str, Any]
    ) -> Iterator[Any]:
        """As every page; after the last site the control is asked again, and what was held back is told."""
        yield from super().on_page(response, step, host, known)
        yield from self._go_on(step)

    def on_failure(self, failure: Failure) -> Iterator[Any]:
        """As every failure; a control without an answer confirms nothing."""
        yield from super().on_failure(failure)
        yield from self._go_on(failure.request.cb_kwargs["step"])  # type: ignore[attr-defined]

    def _go_on(self, step: str) -> Iterator[Any]:
        if step == "answer":
            self._asked -= 1
            if self._asked == 0 and self._unfiled and not self.fault:
                self._asked = -1  # the last question of the round
                yield from self._sent(iter([self._question(self.settings["ICP_CONTROL"], None, "control")]))
        if self._checked:
            held, self._unfiled = self._unfiled, []
            for each in held:
                each.request.meta["captures"] = each.captures
                yield from self._close_page(each.request, None, each.host, [each.record], [])

    @property
    def _provider(self) -> str:
        return str(self.settings.get("ICP_PROVIDER") or "ymicp")

    def _misconfigured(self, provider: str) -> str | None:
        """What the operator has to set right, or None; it never repeats an address or a key."""
        base = urlsplit(self.settings.get("ICP_BASE") or "")
        if not base.hostname:
            return "set KAMENGWATCH_ICP_BASE to a query service"
        if base.query or base.fragment or base.username:
            return "KAMENGWATCH_ICP_BASE is an address without key, question mark or login; the key belongs into KAMENGWATCH_ICP_KEY"
        if sent_in_clear(base.geturl(), self.settings.get("ICP_KEY") or "", provider):
            return "KAMENGWATCH_ICP_BASE begins with http:// and the key would be sent in clear; use https://, or a service on this machine"
        if provider not in PROVIDERS:
            return f"KAMENGWATCH_ICP_PROVIDER must be one of {', '.join(PROVIDERS)}"
        try:
            Secret.of(self.crawler)
        except ValueError as error:
            return f"KAMENGWATCH_ICP_KEY: {error}"
        return None

    def read_answer(self, response: Response, host: str) -> Iterator[Record]:
        """Filed or not filed; anything else leaves the host unknown."""
        if response.status in (401, 403, 407, 429, 456):
            raise SourceBlocked(f"HTTP {response.status}")
        domain = registrable(host)
        answer = self._answer(response, domain)
        if answer.state == "unknown":
            self._no_answer(answer, host)
        self._unanswered = 0
        self.tally("answered", 1, host=host)
        record: Record = {
            "kind": "filing",
            "source": self.name,
            "provider": PROVIDERS[self._provider].says or self._provider,
            "host": host,
            "observed_at": self.at(host),
            "found": answer.state == "filed",
            "domain": domain,
        }
        if answer.state == "filed":
            record |= {
                "number": answer.number,
                "entity": answer.entity,
                "nature": answer.nature,
                "limit_access": answer.limit_access,
                "approved_on": answer.approved_on,
                **{k: v for k in ("site_name", "content") if (v := getattr(answer, k))},
            }
        if answer.state == "filed" or not self.settings.get("ICP_CONTROL"):
            yield record
            return
        assert response.request is not None
        self.visit(host).pending += 1  # the visit stays open until the control was asked again
        captures = response.request.meta.pop("captures", ())
        self._unfiled.append(Unfiled(response.request, host, record, captures))

    def _answer(self, response: Response, domain: str) -> Answer:
        if response.status >= 500 or 300 <= response.status < 400:
            return unknown(f"HTTP {response.status}", "failed", stop=False)
        return parse_answer(self._provider, text_of(response), domain)

    def _no_answer(self, answer: Answer, host: str) -> None:
        """Raise what an unknown answer means: the end of the crawl, or one more host that is not known."""
        reason = answer.reason or "no answer"
        if answer.stop:
            raise SourceBlocked(reason) if answer.outcome == "blocked" else SourceChanged(reason)
        self.tally("answered", 0, host=host)
        self._unanswered += 1
        if self._unanswered >= GIVE_UP:
            raise SourceChanged(f"{GIVE_UP} questions in a row were not answered; the last: {reason}")
        raise NotAnswered(reason, answer.outcome)
