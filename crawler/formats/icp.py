"""Answers of a self-hosted ICP query service (ymicp-compatible): filed, not filed, or no answer at all. Pure.

A failed query is never "not filed": everything that is not a clear list raises. A natural person's filing keeps no name.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any

from crawler.formats.answers import ORGANISATION
from crawler.nesting import json_in
from crawler.outcomes import NotAnswered, SourceBlocked, SourceChanged
from store import natural_persons
from store.dates import CHINA, day_in
from store.names import host_key, registrable

__all__ = [
    "CHINA",
    "PERSONAL",
    "Filed",
    "document_of",
    "filed_of",
    "filing_of",
    "is_person",
    "project",
    "unwrapped",
    "words",
]
PERSONAL = "个人"
_LOGIN = {401}
_SETTINGS = {101, 102}
_BUSY = {429}
_NATURE_KEYS = ("natureName", "nature", "type", "domain_type")
_OWNER_KEYS = ("unitName", "unit", "name", "icp_org", "company", "domain_owner", "Orgnization")
"""Under these the known services name who filed."""
_SITE_KEYS = ("serviceName", "siteName", "title")
_WRAPPED = re.compile(r"^[\w.$]*\(\s*(.*?)\s*\)\s*;?$", re.S)
_WALL = ("创宇盾", "疑似黑客", "访问频次过高")


@dataclass(frozen=True)
class Filed:
    """One filing as the registry states it; `entity` is None for a natural person."""

    domain: str
    number: str
    nature: str
    entity: str | None
    limit_access: bool | None
    approved_on: dt.date | None
    site_name: str | None = None
    content: str | None = None


def filing_of(body: str, domain: str) -> Filed | None:
    """The filing of registrable `domain`, or None when the registry clearly has none.

    Raises SourceBlocked (rate limit, an HTML page), NotAnswered (the service's failure on this query), SourceChanged.
    """
    document = document_of(body)
    rows = document["params"]["list"]
    same = [row for row in rows if isinstance(row, dict) and _is(row.get("domain"), domain)]
    if rows and not same:
        raise NotAnswered(f"{len(rows)} filings came back, none for {domain}")
    return filed_of(same[0]) if same else None


def document_of(body: str) -> dict[str, Any]:
    """The parsed success answer with a list in it; raises for everything else (HTTP is 200 even for errors)."""
    text = body.strip()
    if text.startswith("<"):
        raise SourceBlocked("an HTML page instead of JSON (firewall)")
    try:
        document = json_in(text)
    except ValueError:
        raise SourceChanged(f"not JSON: {text[:60]!r}") from None
    if not isinstance(document, dict):
        raise SourceChanged("not a JSON object")
    said = " ".join(str(document[k]) for k in ("msg", "message", "error") if document.get(k))
    code = _code(document.get("code"))
    if code in _BUSY:
        raise SourceBlocked(f"code {code}: {said}")
    if code in _LOGIN or any(word in said for word in _WALL):
        # It is the operator's own service that says so of one query: that host is unknown; several in a row end the crawl.
        raise NotAnswered(f"code {code}: {said}", "blocked")
    if code in _SETTINGS:
        raise SourceChanged(f"code {code}: {said}")
    if code != 200 or document.get("success") is False:
        raise NotAnswered(f"code {code}: {said}")
    params = document.get("params")
    if not isinstance(params, dict) or not isinstance(params.get("list"), list):
        raise SourceChanged("code 200 without a list")
    if not params["list"] and _code(params.get("total", 0)) not in (0, None):
        raise NotAnswered("the list is empty but the total is not")
    return document


def filed_of(row: dict[str, Any]) -> Filed:
    """One row of the list; raises SourceChanged when number or nature is missing."""
    number = str(row.get("serviceLicence") or row.get("mainLicence") or "").strip()
    nature = str(row.get("natureName") or "").strip()
    if not number or not nature or "查询失败" in number:
        raise SourceChanged("a filing without number or nature")
    owner = str(row.get("unitName") or "").strip()
    personal = nature == PERSONAL or is_person(nature, owner)
    return Filed(
        domain=str(row.get("domain")),
        number=number,
        nature=nature,
        entity=None if personal else owner or None,
        limit_access={"是": True, "否": False}.get(str(row.get("limitAccess") or "")),
        approved_on=day_in(row.get("updateRecordTime")),
        site_name=None if personal else words(row.get("serviceName")),
        content=words(row.get("contentTypeName")),
    )


def words(value: Any) -> str | None:
    """A text of the registry's answer, at most 200 characters; None for an empty one."""
    return str(value or "").strip()[:200] or None


def project(body: str) -> str:
    """The answer without the names of natural persons; an answer that is no JSON keeps only its length."""
    try:
        document = json_in(unwrapped(body))
    except ValueError:
        # Keep that it was a page, and which: the reader must still tell a firewall from an answer.
        wall = next((word for word in _WALL if word in body), "")
        return (
            f"<html>{wall} {len(body)}</html>" if body.strip().startswith("<") else f"unreadable {len(body)}"
        )
    _anonymise(document)
    return json.dumps(document, ensure_ascii=False)


def unwrapped(body: str) -> str:
    """The JSON inside a callback or brackets, where a service wraps its answer so."""
    text = body.strip().lstrip("\ufeff")
    found = _WRAPPED.match(text)
    return found.group(1) if found else text


def is_person(nature: Any, name: Any) -> bool:
    """Whether a filing is a natural person's: its nature says so, or, where a service names none, the name is no organisation's."""
    said, owner = str(nature or "").strip(), str(name or "").strip()
    return natural_persons.is_person(owner, said) if said else not ORGANISATION.search(owner)


def _anonymise(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _anonymise(item)
    elif isinstance(value, dict):
        value.pop("leaderName", None)
        nature = next((value[key] for key in _NATURE_KEYS if isinstance(value.get(key), str)), None)
        owner = next((value[key] for key in _OWNER_KEYS if value.get(key)), None)
        if owner and is_person(nature, owner):
            for key in (*_OWNER_KEYS, *_SITE_KEYS):
                value.pop(key, None)
        for item in value.values():
            _anonymise(item)


def _is(value: Any, domain: str) -> bool:
    return bool(value) and registrable(host_key(str(value).strip().lower())) == domain


def _code(value: Any) -> int | None:
    text = str(value if value is not None else "")
    return int(text) if text.lstrip("-").isdigit() else None
