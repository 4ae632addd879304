"""Domain registrations looked up by hand: a saved RDAP answer, or what a WHOIS server said. Dates and registrar, never a person."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from typing import Any

from crawler.formats import domain_records
from crawler.importers.base import Column, Handed, Importer, Record, Row, day_of, time_of
from store.china_time import SHANGHAI
from store.text.query import host_of, registrable

_PROVIDER = "\0provider"
"""Key of a row that names whose answer it was."""


class RegistrationImporter(Importer):
    """One answer a file; a sheet with one domain a row is taken too."""

    id = "registration"
    card = None
    source = "registration"
    brings = ("registration", "crawl")
    reads = ("csv", "xlsx", "json", "txt")
    hint = "也可以直接交 RDAP 的 JSON 或 WHOIS 的文字。a saved RDAP answer or WHOIS text is read too"
    legal = (
        "只保留注册日期、到期日期和注册商；注册人一律不读。",
        "Only the dates and the registrar are kept; registrants are never read.",
    )
    columns = (
        Column("domain", "域名", "domain", True, ("网址", "host", "domain name")),
        Column("registered", "注册日期", "registered_on", True, ("注册时间", "creation date", "registration time")),
        Column("expires", "到期日期", "expires_on", names=("到期时间", "过期时间", "expiration date", "expiration time")),
        Column("registrar", "注册商", "registrar", names=("sponsoring registrar",)),
        Column("checked_at", "查询时间", "checked_at", names=("observed_at",)),
    )  # fmt: skip

    def record(self, row: Row, handed: Handed) -> Iterator[Record]:
        """One domain."""
        host = host_of(str(row.get("domain") or ""))
        if host is None:
            raise ValueError(f"认不出域名 not a domain: {str(row.get('domain') or '')[:60] or '(空 empty)'}")
        at = time_of(row["checked_at"], "checked_at") if row.get("checked_at") else handed.checked_at
        expires = day_of(row["expires"], "expires_on") if row.get("expires") else None
        yield _registration(
            host,
            row.get(_PROVIDER) or "manual",
            at,
            day_of(row.get("registered"), "registered_on"),
            expires,
            row.get("registrar"),
        )

    def answer(self, document: Any, handed: Handed) -> Iterable[tuple[int, Row]]:
        """The domain of an RDAP answer as a row; a list of rows is read as a sheet."""
        if not isinstance(document, dict) or "objectClassName" not in document and "events" not in document:
            if isinstance(document, dict) and "services" in document:
                raise ValueError(
                    "这是 RDAP 服务器名单，不是某个域名的答复 the list of RDAP servers, no answer about a domain"
                )
            return super().answer(document, handed)
        if document.get("objectClassName") != "domain":
            raise ValueError(
                f"不是域名的 RDAP 答复 no RDAP answer about a domain: {document.get('objectClassName')}"
            )
        facts = domain_records.facts_of(json.dumps(document, ensure_ascii=False))
        name = str(document.get("ldhName") or document.get("unicodeName") or handed.stem)
        return [(1, {"domain": name, "registered": facts.get("registered_on"), "expires": facts.get("expires_on"), "registrar": facts.get("registrar"), _PROVIDER: "rdap"})]  # fmt: skip

    def registry_answer(self, text: str, handed: Handed) -> Iterator[Record]:
        """What a WHOIS server said of one name; that it has no such name is a look that found nothing."""
        state = domain_records.state_of(text)
        if state == "registered":
            found = domain_records.registered(text)
            if found.registered_at is None:
                raise ValueError("没有读出注册日期 no registration date was read")
            expires = found.expires_at.astimezone(SHANGHAI).date() if found.expires_at else None
            day = found.registered_at.astimezone(SHANGHAI).date()
            yield _registration(found.domain, "whois", handed.checked_at, day, expires, found.registrar)
            return
        if state in ("refused", "unknown"):
            raise ValueError(
                f"查询没有成功，不能当作未注册 the query failed, which is not “not registered” ({state})"
            )
        host = host_of(handed.stem) if "." in handed.stem else None
        if host is None:
            raise ValueError(
                "答复没写域名：请把文件名改成域名 the answer names no domain: name the file after it"
            )
        said = "not registered" if state == "not_found" else "reserved by the registry"
        yield {"kind": "crawl", "source": "registration", "started_at": handed.checked_at, "finished_at": handed.checked_at,
               "outcome": "ok", "hosts": [host], "reason": said}  # fmt: skip


def _registration(
    host: str, provider: str, at: dt.datetime, registered: dt.date, expires: dt.date | None, registrar: Any
) -> Record:
    return {
        "kind": "registration",
        "source": "registration",
        "provider": provider,
        "host": registrable(host),
        "observed_at": at,
        "registered_on": registered,
        "expires_on": expires,
        "registrar": str(registrar)[:200] if registrar else None,
    }


IMPORTER = RegistrationImporter()
