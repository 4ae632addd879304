"""What is on record about a domain: its registration, the certificate its host shows, and how its name resolves.

    scrapy crawl registration -a platform=a.example -O out.jsonl

The registry is asked over RDAP (found through IANA's bootstrap list, or RDAP_BASE), CNNIC over WHOIS. A registry that
cannot be asked leaves the domain unknown, never young. Names of registrants are dropped before anything is kept.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.download.failures import classify_failure
from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats import domain_records
from crawler.pages.decoding import text_of
from crawler.pages.ip_country import Places
from crawler.source_spider import Record, SourceSpider
from store.china_time import SHANGHAI
from store.evidence.crawl_ledger import Expected, SourceCard
from store.text.hosts import address_in
from store.text.ip_addresses import is_public
from store.text.query import host_key, host_of, registrable

_EXTRAS = ("certificate", "resolution", "network", "transparency")


class RegistrationSpider(SourceSpider):
    """Arguments: `platform` hosts. Setting PLACES_FILE: a registry's delegated statistics, to tell where addresses lie."""

    name = "registration"
    card = SourceCard(
        id="registration",
        kind="registration",
        title_zh="域名登记、证书与解析",
        title_en="Domain registration, certificates, name resolution",
        publisher="各域名注册局",
        family="registry",
        tier="A",
        cadence_hours=24 * 30,
        blind_zh="域名可买卖，注册时间不等于开站时间；注册人不可见也不保存；证书与解析只说明主机，不说明经营者；证书日志里没有不等于新，第一张证书只说明最晚何时已在运行。",
        blind_en="Domains are traded, so registration is not opening; registrants are neither visible nor kept; "
        "certificate and resolution tell of the host, not of who runs it; no certificate on record is not new, and the first one says only "
        "that the name was in use by then.",
        # A resolution is told twice: as found, and once its network's owner is known.
        expected=Expected(1, 5, selectors={"dated": 0.8}),
    )
    visits_platforms = True
    of_the_host = True
    brings: ClassVar[tuple[str, ...]] = ("registration", "certificate", "resolution", "sighting")
    legal: ClassVar[tuple[str, str]] = (
        "注册局的公开查询；每域名每月一次，并向地址登记机关查询其公网 IP 属于哪个机构，遇限频即停；姓名、邮箱与联系方式在存证之前删去。对网站主机只握手一次，不取页面。",
        "Public look-ups of the registries, once a month for a domain, and for the organisation its public address belongs to, stopped when told to slow down; names, e-mail and "
        "contacts are removed before archiving. Of a site's host one handshake, no page.",
    )

    def project(self, url: str, response: Response) -> bytes | None:
        """The answer without its people; a resolution names none and is kept as it is."""
        if url.startswith("dns:"):
            return None
        if url.startswith("tls:"):
            return domain_records.project_certificate(response.body).encode()
        if url.startswith("whois:"):
            return domain_records.project_whois(response.body).encode()
        if url.startswith(self._log):
            return domain_records.project_transparency(text_of(response)).encode()
        if url == self.settings.get("RDAP_BOOTSTRAP"):
            return domain_records.project_bootstrap(text_of(response)).encode()
        if "/ip/" in urlsplit(url).path:
            return domain_records.project_network(text_of(response)).encode()
        try:
            return domain_records.project_rdap(text_of(response)).encode()
        except ValueError:
            return b"" if response.status == 404 else f"unreadable {len(response.body)}".encode()

    @property
    def _log(self) -> str:
        """The index of certificate logs."""
        return f"{str(self.settings['CT_BASE']).rstrip('/')}/?"

    def begin(self) -> Iterator[Request]:
        """Registry, resolution and certificate of each domain; the bootstrap list first where a registry must be found."""
        self._places = self._table()
        base = self.settings.get("RDAP_BASE")
        servers = domain_records.SERVERS | self.settings.getdict("WHOIS_SERVERS")
        waiting: list[str] = []
        asked: list[str] = []
        for host in (target.host for target in self.targets):
            if address_in(host) is not None:
                self.visit(host).downgrade("failed", "an address has no registration")
                self.end(host)
                continue
            domain = registrable(host)
            server = domain_records.server_of(domain, servers)
            if not (server or base):
                waiting.append(host)
                continue
            asked.append(host)
            self.visit(host).pending += 1  # the visit stays open until its extras are asked
            yield (
                self.ask(f"whois://{server}/{domain}", "whois", host) if server else self._domain(base, host)
            )
        # After every domain: where one service answers for domains and addresses, its refusal of an address ends no domain's question.
        for host in asked:
            if host not in self.books.done:
                self.visit(host).pending -= 1
                yield from self._extras(host)
        if not self.settings.get("RDAP_BOOTSTRAP"):
            yield from self._asked(waiting, domain_records.KNOWN)
        elif waiting:
            yield self.ask(
                self.settings["RDAP_BOOTSTRAP"], "bootstrap", known={"waiting": waiting}, priority=1
            )

    def read_bootstrap(self, response: Response, host: None, waiting: list[str]) -> Iterator[Request]:
        """IANA's list: top-level domain → server."""
        try:
            servers = domain_records.servers_of(text_of(response))
        except ValueError:
            raise SourceChanged("the RDAP bootstrap list cannot be read") from None
        yield from self._asked(waiting, servers)

    def read_domain(self, response: Response, host: str) -> Iterator[Record]:
        """The dates and registrar of one domain, over RDAP."""
        if response.status == 404:
            self.visit(host).reason, self.visit(host).stated_nothing = "not registered", True
            return
        if response.status in (401, 403, 429):
            raise SourceBlocked(f"HTTP {response.status}")
        if response.status != 200:
            raise NotAnswered(f"HTTP {response.status}")
        try:
            facts = domain_records.facts_of(text_of(response))
        except ValueError as error:
            raise SourceChanged(str(error)) from None
        yield self._registration(host, "rdap", facts)

    def read_whois(self, response: Response, host: str) -> Iterator[Record]:
        """The dates and registrar of one domain, over WHOIS."""
        text = text_of(response)
        state = domain_records.state_of(text)
        if response.status == 429 or state == "refused":
            raise SourceBlocked("the registry says that it is asked too often")
        if state in ("not_found", "reserved"):
            self.visit(host).reason = "not registered" if state == "not_found" else "reserved by the registry"
            self.visit(host).stated_nothing = True
            return
        if state == "unknown":
            raise SourceChanged("a WHOIS answer without a registration")
        found = domain_records.registered(text)
        if found.domain != registrable(host):
            raise SourceChanged(f"asked for {registrable(host)}, answered for {found.domain[:80]}")
        facts = {
            "registrar": found.registrar,
            "registered_on": _china_day(found.registered_at),
            "expires_on": _china_day(found.expires_at),
        }
        yield self._registration(host, "whois", facts)

    def _table(self) -> Places | None:
        """The operator's table of address ranges, if there is one; without it nothing is said of places."""
        if not (named := self.settings.get("PLACES_FILE")):
            return None
        try:
            return Places.of(Path(named))
        except (OSError, ValueError) as error:
            why_not = error.strerror if isinstance(error, OSError) else str(error)
            self.measured["places"] = f"KAMENGWATCH_PLACES_FILE {Path(named).name}: {why_not}"
            self.logger.warning("KAMENGWATCH_PLACES_FILE %s: %s", Path(named).name, why_not)
            return None

    def read_resolution(self, response: Response, host: str) -> Iterator[Record | Request]:
        """How the name resolves, and the question to whom the first address belongs; the addresses themselves stay in the capture."""
        found = json.loads(text_of(response))
        if found["rcode"] not in ("NOERROR", "NXDOMAIN"):
            self.visit(host).notes["resolution"] = found["rcode"]
            return
        there = found["rcode"] == "NOERROR"
        aliases = [name for name in found.get("CNAME", ()) if host_of(name)]
        record = {
            "kind": "resolution",
            "source": self.name,
            "host": host,
            "observed_at": self.at(host),
            "found": there,
            "ipv4": len(found.get("A", ())) if there else None,
            "ipv6": len(found.get("AAAA", ())) if there else None,
            "alias_of": host_key(aliases[-1]) if aliases else None,
            "name_servers": found.get("NS", [])[:20],
            "takes_mail": any(found.get("MX", ())) if there else None,
            **(
                {"places": self._places.of_all([*found.get("A", ()), *found.get("AAAA", ())])}
                if self._places
                else {}
            ),
        }
        yield record
        # The played world's addresses are those of documentation, which no registry knows.
        asked = [a for a in (*found.get("A", ()), *found.get("AAAA", ())) if is_public(a) or self.settings.get("SANDBOX_PROXY")]  # fmt: skip
        if there and asked and (base := self.settings.get("RDAP_BASE") or self.settings.get("RDAP_NETWORKS")):
            yield self._network(f"{base.rstrip('/')}/ip/{asked[0]}", host, record)

    def _network(self, url: str, host: str, record: Record, led: bool = False) -> Request:
        headers = {"Accept": "application/rdap+json, application/json"}
        return self.ask(url, "network", host, known={"record": record, "led": led}, headers=headers, priority=-3)  # fmt: skip

    def read_network(
        self, response: Response, host: str, record: Record, led: bool
    ) -> Iterator[Record | Request]:
        """Whose network the address is in, by the registry of its region; one that does not say so leaves the resolution as it is."""
        if response.status in range(300, 400) and not led:
            try:
                where = urlsplit((response.headers.get("Location") or b"").decode("latin-1"))
            except ValueError:
                where = urlsplit("")
            if where.hostname in domain_records.ADDRESS_REGISTRIES:
                # ARIN leads on by http or https.
                yield self._network(f"https://{where.hostname}{where.path}", host, record, led=True)
                return
        found = json.loads(text_of(response)) if response.status == 200 else {}
        if "network_owner" not in found:
            self.visit(host).notes["network"] = f"HTTP {response.status}" if not found else "unreadable"
            return
        facts = {key: found[key] for key in ("network_owner", "network_abuse")}
        if any(facts.values()):
            yield {**record, **facts}

    def read_certificate(self, response: Response, host: str) -> Iterator[Record]:
        """Issuer, period and host names of the certificate the host shows."""
        facts = json.loads(text_of(response))
        if "unreadable" in facts:
            self.visit(host).notes["certificate"] = "unreadable"
            return
        yield {
            "kind": "certificate",
            "source": self.name,
            "host": host,
            "observed_at": self.at(host),
            **facts,
            "matches": domain_records.covers(facts["names"], host),
        }

    def read_transparency(self, response: Response, host: str) -> Iterator[Record]:
        """What the certificate logs have of the domain; an error page in place of the list says nothing."""
        try:
            if response.status != 200:
                raise ValueError(f"HTTP {response.status}")
            facts = domain_records.transparency_facts(text_of(response), host)
        except ValueError as error:
            self.visit(host).notes["transparency"] = str(error)[:80]
            return
        yield {
            "kind": "sighting",
            "source": self.name,
            "provider": "ct",
            "host": host,
            "observed_at": self.at(host),
            **facts,
        }

    def on_failure(self, failure: Failure) -> Iterator[Any]:
        """A host without TLS, or one that does not resolve, is no failure of the registry's answer.

        Without the bootstrap list the registries we know are asked.
        """
        request: Request = failure.request  # type: ignore[attr-defined]
        step, host = request.cb_kwargs["step"], request.cb_kwargs["host"]
        assert failure.value is not None
        if step in _EXTRAS:
            self.visit(host).notes[step] = classify_failure(failure.value)[2]
            yield from self._close_page(request, None, host, [], [])
        elif step == "bootstrap":
            self.measured["bootstrap"] = classify_failure(failure.value)[2]
            waiting = request.cb_kwargs["known"]["waiting"]
            yield from self._close_page(
                request, None, None, [], [*self._asked(waiting, domain_records.KNOWN)]
            )
        else:
            yield from super().on_failure(failure)

    def _asked(self, hosts: list[str], servers: dict[str, str]) -> Iterator[Request]:
        for host in hosts:
            if server := servers.get(host.rsplit(".", 1)[-1]):
                yield self._domain(server, host)
            else:
                self.visit(host).downgrade("failed", "its top-level domain has no public RDAP")
            yield from self._extras(host)

    def _extras(self, host: str) -> Iterator[Request]:
        """Asked together with the registry: a visit ends when nothing more is pending."""
        yield self.ask(f"dns://{host}/", "resolution", host, priority=-1)
        yield self.ask(f"tls://{host}/", "certificate", host, priority=-2)
        # Last: the index is slow, and what it does not answer is no failure of the visit.
        yield self.ask(f"{self._log}q={registrable(host)}&output=json", "transparency", host, priority=-3)

    def _registration(self, host: str, provider: str, facts: dict[str, Any]) -> Record:
        self.tally("dated", int(bool(facts.get("registered_on"))), host=host)
        if not facts.get("registered_on"):
            raise NotAnswered("the registry states no registration date")
        return {"kind": "registration", "source": self.name, "provider": provider, "host": host,
                "observed_at": self.at(host), **facts}  # fmt: skip

    def _domain(self, base: str, host: str) -> Request:
        headers = {"Accept": "application/rdap+json, application/json"}
        return self.ask(f"{base.rstrip('/')}/domain/{registrable(host)}", "domain", host, headers=headers)


def _china_day(moment: dt.datetime | None) -> dt.date | None:
    return moment.astimezone(SHANGHAI).date() if moment else None
