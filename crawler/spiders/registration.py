"""Domain registration over RDAP: when the domain was registered and when it expires, as its registry states it.

    scrapy crawl registration -a platform=a.example -O out.jsonl

The registry is found through IANA's bootstrap list, or RDAP_BASE. A top-level domain without RDAP (.cn) is unknown, never
young. Names of registrants are dropped before anything is kept.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler.base import Record, SourceSpider
from crawler.decode import text_of
from crawler.outcomes import NotAnswered, SourceBlocked, SourceChanged
from store.ledger import Expected, SourceCard
from store.names import registrable

_DATES = {"registration": "registered_on", "expiration": "expires_on"}


class RegistrationSpider(SourceSpider):
    """Arguments: `platform` hosts."""

    name = "registration"
    card = SourceCard(
        id="registration",
        kind="registration",
        title_zh="域名注册信息（RDAP）",
        title_en="Domain registration (RDAP)",
        publisher="各域名注册局",
        family="registry",
        tier="A",
        cadence_hours=24 * 30,
        blind_zh="域名可买卖，注册时间不等于开站时间；.cn 没有公开 RDAP。",
        blind_en="Domains are traded, so registration is not opening; .cn has no public RDAP.",
        expected=Expected(1, 1, selectors={"dated": 0.8}),
    )

    def project(self, url: str, response: Response) -> bytes:
        """The answer without its people: of the entities only the registrar's name stays."""
        try:
            document = json.loads(text_of(response))
        except ValueError:
            return b"" if response.status == 404 else f"unreadable {len(response.body)}".encode()
        if isinstance(document, dict) and "entities" in document:
            name = _registrar(document)
            document["entities"] = (
                [{"roles": ["registrar"], "vcardArray": ["vcard", [["fn", {}, "text", name]]]}]
                if name
                else []
            )
        return json.dumps(document, ensure_ascii=False).encode()

    def begin(self) -> Iterator[Request]:
        """The bootstrap list, or each domain at the configured server."""
        base = self.settings.get("RDAP_BASE")
        if base:
            for target in self.targets:
                yield self._domain(base, target.host)
        elif self.targets:
            yield self.ask(self.settings["RDAP_BOOTSTRAP"], "bootstrap")

    def read_bootstrap(self, response: Response, host: None) -> Iterator[Request]:
        """IANA's list: top-level domain → server."""
        try:
            services = json.loads(text_of(response))["services"]
        except (ValueError, KeyError, TypeError):
            raise SourceChanged("the RDAP bootstrap list cannot be read") from None
        servers = {tld: urls[0] for tlds, urls in services for tld in tlds if urls}
        for target in self.targets:
            server = servers.get(target.host.rsplit(".", 1)[-1])
            if server:
                yield self._domain(server, target.host)
            else:
                self.visit(target.host).worsen("failed", "its top-level domain has no public RDAP")
                self.end(target.host)

    def read_domain(self, response: Response, host: str) -> Iterator[Record]:
        """The dates and registrar of one domain."""
        if response.status == 404:
            self.visit(host).reason, self.visit(host).stated_nothing = "not registered", True
            return
        if response.status in (401, 403, 429):
            raise SourceBlocked(f"HTTP {response.status}")
        if response.status != 200:
            raise NotAnswered(f"HTTP {response.status}")
        try:
            document = json.loads(text_of(response))
            events = document["events"]
        except (ValueError, KeyError, TypeError):
            raise SourceChanged("an RDAP answer without events") from None
        dates = {
            _DATES[e["eventAction"]]: _day(e.get("eventDate"))
            for e in events
            if e.get("eventAction") in _DATES
        }
        self.tally("dated", int(bool(dates.get("registered_on"))), host=host)
        if not dates.get("registered_on"):
            raise NotAnswered("the registry states no registration date")
        yield {
            "kind": "registration",
            "source": self.name,
            "provider": "rdap",
            "host": host,
            "observed_at": self.at(host),
            "registrar": _registrar(document),
            **dates,
        }

    def _domain(self, base: str, host: str) -> Request:
        headers = {"Accept": "application/rdap+json, application/json"}
        return self.ask(f"{base.rstrip('/')}/domain/{registrable(host)}", "domain", host, headers=headers)


def _registrar(document: dict[str, Any]) -> str | None:
    for entity in document.get("entities") or ():
        if "registrar" in (entity.get("roles") or ()):
            for entry in (entity.get("vcardArray") or [None, []])[1]:
                if entry[0] == "fn":
                    return str(entry[3])[:200]
    return None


def _day(value: Any) -> dt.date | None:
    try:
        return dt.datetime.fromisoformat(str(value).replace("Z", "+00:00")).date()
    except ValueError:
        return None
