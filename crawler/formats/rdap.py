"""RDAP answers (RFC 9083) and IANA's bootstrap list (RFC 9224). Only the registrar is kept of the entities. Pure."""

from __future__ import annotations

import json
from typing import Any

from crawler.nesting import json_in
from store.dates import day_in

KNOWN = {
    "com": "https://rdap.verisign.com/com/v1/",
    "net": "https://rdap.verisign.com/net/v1/",
    "org": "https://rdap.publicinterestregistry.org/rdap/",
    "top": "https://rdap.zdnsgtld.com/top/",
    "xyz": "https://rdap.centralnic.com/xyz/",
    "cc": "https://tld-rdap.verisign.com/cc/v1/",
}
"""The registries of most sites of the trade, for a day on which the bootstrap list cannot be had."""
_DATES = {"registration": "registered_on", "expiration": "expires_on"}


def servers_of(text: str) -> dict[str, str]:
    """Top-level domain -> server; raises ValueError when the list cannot be read."""
    try:
        services = json_in(text)["services"]
        return {tld.lower(): urls[0] for tlds, urls in services for tld in tlds if urls}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("not a bootstrap list") from None


def facts_of(text: str) -> dict[str, Any]:
    """registered_on, expires_on (China days) and registrar of a domain object, as far as stated; ValueError if it is none."""
    try:
        document = json_in(text)
        events = document["events"]
        dates = {
            _DATES[e["eventAction"]]: day_in(e.get("eventDate"))
            for e in events
            if e.get("eventAction") in _DATES
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("an RDAP answer without events") from None
    return {"registrar": registrar_of(document), **dates}


def project(text: str) -> str:
    """The answer without its people: of the entities only the registrar's name stays. Raises ValueError if not JSON."""
    document = json_in(text)
    if isinstance(document, dict) and "entities" in document:
        name = registrar_of(document)
        kept = {"roles": ["registrar"], "vcardArray": ["vcard", [["fn", {}, "text", name]]]}
        document["entities"] = [kept] if name else []
    return json.dumps(document, ensure_ascii=False)


def registrar_of(document: dict[str, Any]) -> str | None:
    """The registrar's name, where an entity of that role states one."""
    entities = document.get("entities")
    for entity in entities if isinstance(entities, list) else ():
        if isinstance(entity, dict) and "registrar" in _list(entity.get("roles")):
            card = entity.get("vcardArray")
            for entry in _list(card[1]) if isinstance(card, list) and len(card) > 1 else ():
                if isinstance(entry, list) and len(entry) > 3 and entry[0] == "fn":
                    return str(entry[3])[:200]
    return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
