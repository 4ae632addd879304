"""Domain records: WHOIS and RDAP answers, IANA's bootstrap list, certificates. Dates and registrar, never a person. Pure.

CNNIC prints times without a zone; they are China time. Answers are UTF-8 today and were GBK once; keys changed in 2013.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from crawler.formats.json_api import picked
from crawler.pages.decoding import decode
from crawler.pages.safe_parse import parse_json_bounded
from store.redaction.natural_persons import without_person
from store.redaction.redact import clean
from store.text.dates import day_in, moment_in
from store.text.hosts import address_in
from store.text.query import host_of, registrable

__all__ = ["SERVERS", "Registered", "project_whois", "registered", "server_of", "state_of"]

SERVERS = {
    ".cn": "whois.cnnic.cn",
    ".xn--fiqs8s": "cwhois.cnnic.cn",
    ".xn--fiqz9s": "cwhois.cnnic.cn",
}
"""Endings of names whose registry has no public RDAP -> its WHOIS server (.cn, .中国, .中國)."""
_LINE = re.compile(r"^[ \t]*([A-Za-z][A-Za-z /-]{2,40}?)[ \t]*:[ \t]*(.*?)[ \t\r]*$", re.M)
_KEPT = (
    "domain name",
    "domain status",
    "sponsoring registrar",
    "registrar",
    "name server",
    "registration time",
    "registration date",
    "creation date",
    "expiration time",
    "expiration date",
    "registry expiry date",
    "dnssec",
)
_BEGAN = ("registration time", "registration date", "creation date")
_ENDS = ("expiration time", "expiration date", "registry expiry date")
_NOT_FOUND = re.compile(
    r"^[ \t]*(?:no matching record|no match for\b|not found\b|domain not found)", re.I | re.M
)
_RESERVED = re.compile(r"reserved list|is prohibited|cannot be registered|保留列表|禁止注册", re.I)
_REFUSED = re.compile(
    r"interval is too short|exceed|too many|rate limit|query limit|access denied|blacklist|查询过于频繁|次数超",
    re.I,
)


@dataclass(frozen=True)
class Registered:
    """A registered name: when its registration began and ends (aware UTC), and who sponsors it."""

    domain: str
    registered_at: dt.datetime | None
    expires_at: dt.datetime | None
    registrar: str | None


def server_of(name: str, servers: dict[str, str]) -> str | None:
    """The WHOIS server for a name, by the longest ending that fits."""
    fitting = [ending for ending in servers if name.endswith(ending)]
    return servers[max(fitting, key=len)] if fitting else None


def state_of(text: str) -> str:
    """`registered`, `not_found`, `reserved` (not to be registered), `refused` (asked too often) or `unknown`."""
    if "domain name" in _values(text) and any(key in _values(text) for key in _BEGAN):
        return "registered"
    if _NOT_FOUND.search(text):
        return "not_found"
    if _RESERVED.search(text):
        return "reserved"
    return "refused" if _REFUSED.search(text) else "unknown"


def registered(text: str) -> Registered:
    """The facts of a `registered` answer; a time that cannot be read is None."""
    values = _values(text)
    first = {key: found[0] for key, found in values.items()}
    registrar = first.get("sponsoring registrar") or first.get("registrar")
    return Registered(
        first["domain name"].lower(),
        _moment(next((first[key] for key in _BEGAN if key in first), "")),
        _moment(next((first[key] for key in _ENDS if key in first), "")),
        registrar[:200] if registrar else None,
    )


def project_whois(body: bytes) -> str:
    """What may be kept: the lines about the name itself, or the registry's sentence where there is no such name.

    Registrants, contacts, e-mail addresses and all free text are left out.
    """
    text = decode(body)
    state = state_of(text)
    if state != "registered":
        return {"not_found": "No matching record.\n", "reserved": "in the reserved list\n", "refused": "query limit\n"}.get(
            state, f"unreadable {len(body)}\n"
        )  # fmt: skip
    lines = ((m[1], m[2]) for m in _LINE.finditer(text) if m[1].lower() in _KEPT and m[2])
    told = (
        (key, clean(without_person(value) or "") if "registrar" in key.lower() else value)
        for key, value in lines
    )
    return "".join(f"{key}: {value}\n" for key, value in told if "@" not in value)


def _values(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for match in _LINE.finditer(text):
        if match[1].lower() in _KEPT and match[2]:
            found.setdefault(match[1].lower(), []).append(match[2])
    return found


def _moment(value: str) -> dt.datetime | None:
    """A time in UTC; one without a zone is China time, a bare day its midnight there."""
    moment = moment_in(value)
    return moment.astimezone(dt.UTC) if moment else None


KNOWN = {
    "com": "https://rdap.verisign.com/com/v1/",
    "net": "https://rdap.verisign.com/net/v1/",
    "org": "https://rdap.publicinterestregistry.org/rdap/",
    "top": "https://rdap.zdnsgtld.com/top/",
    "xyz": "https://rdap.centralnic.com/xyz/",
    "cc": "https://tld-rdap.verisign.com/cc/v1/",
}
"""The registries of most sites of the trade, for a day on which the bootstrap list cannot be had."""
ADDRESS_REGISTRIES = {
    "rdap.afrinic.net",
    "rdap.apnic.net",
    "rdap.arin.net",
    "rdap.db.ripe.net",
    "rdap.lacnic.net",
}
"""The five registries of addresses (IANA's RDAP bootstrap of IPv4); each leads on to the one that has an address."""
_DATES = {"registration": "registered_on", "expiration": "expires_on"}


_TLD = re.compile(r"[A-Za-z0-9-]{2,63}")
_WEB = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[\w./-]*)?", re.ASCII)


def servers_of(text: str) -> dict[str, str]:
    """Top-level domain -> server; raises ValueError when the list cannot be read."""
    try:
        services = parse_json_bounded(text)["services"]
        return {
            tld.lower(): urls[0]
            for tlds, urls in services
            for tld in tlds
            if _TLD.fullmatch(tld) and urls and _WEB.fullmatch(urls[0])
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("not a bootstrap list") from None


def project_bootstrap(text: str) -> str:
    """What may be kept of IANA's list, as a list of the same form."""
    try:
        return json.dumps({"services": [[[tld], [url]] for tld, url in servers_of(text).items()]})
    except ValueError:
        return json.dumps({"unreadable": len(text)})


def facts_of(text: str) -> dict[str, Any]:
    """registered_on, expires_on (China days) and registrar of a domain object, as far as stated; ValueError if it is none."""
    try:
        document = parse_json_bounded(text)
        events = document["events"]
        dates = {
            _DATES[e["eventAction"]]: day_in(e.get("eventDate"))
            for e in events
            if e.get("eventAction") in _DATES
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("an RDAP answer without events") from None
    return {"registrar": registrar_of(document), **dates}


_STATUS = re.compile(
    r"active|inactive|locked|validated|(?:client|server) (?:hold|(?:delete|renew|transfer|update) prohibited)|"
    r"(?:(?:add|auto renew|renew|transfer|redemption) period)|pending (?:create|delete|renew|restore|transfer|update)"
)
"""What a registry says of a name (RFC 9083, 10.2.2, and RFC 8056)."""


def project_rdap(text: str) -> str:
    """The answer without its people: what is kept is named here, and of the entities only the registrar. Raises ValueError if no object.

    Remarks, notices and who made an event are free text; contacts stand in name servers, too.
    """
    document = parse_json_bounded(text)
    if not isinstance(document, dict):
        raise ValueError("no RDAP object")
    kept: dict[str, Any] = (
        {"objectClassName": "domain"} if document.get("objectClassName") == "domain" else {}
    )
    if isinstance(host := document.get("ldhName"), str) and "@" not in host and host_of(host):
        kept["ldhName"] = host_of(host)
    kept["status"] = [s for s in _list(document.get("status")) if isinstance(s, str) and _STATUS.fullmatch(s)]
    if isinstance(document.get("events"), list):
        kept["events"] = [
            {"eventAction": event["eventAction"], "eventDate": at.isoformat()}
            for event in document["events"]
            if isinstance(event, dict)
            and event.get("eventAction") in (*_DATES, "last changed", "transfer")
            and (at := moment_in(event.get("eventDate")))
        ]
    name = registrar_of(document)
    card = ["vcard", [["fn", {}, "text", clean(name or "")]]]
    kept["entities"] = [{"roles": ["registrar"], "vcardArray": card}] if name else []
    return json.dumps(kept, ensure_ascii=False)


def registrar_of(document: dict[str, Any]) -> str | None:
    """The registrar's name, where an entity of that role states one that is no person's."""
    for entity in _list(document.get("entities")):
        if isinstance(entity, dict) and "registrar" in _list(entity.get("roles")):
            return without_person(_stated(_card(entity), "fn"))
    return None


def _stated(card: list[Any], name: str) -> str | None:
    """The first value of a name in a contact's card (RFC 7095), where it is a text."""
    for entry in card:
        if isinstance(entry, list) and len(entry) > 3 and entry[0] == name:
            return entry[3][:200] if isinstance(entry[3], str) else None
    return None


def network_facts(text: str) -> dict[str, str | None]:
    """network_owner and network_abuse of an RDAP network object (RFC 9083, 5.4); ValueError if it is none.

    The owner is the organisation registered for it, else the network's own name; of a person neither name nor mailbox is read. Of
    the published abuse mailbox only the domain is told, and only of a mailbox of that name: any other may be somebody's.
    """
    document = parse_json_bounded(text)
    if not isinstance(document, dict) or document.get("objectClassName") != "ip network":
        raise ValueError("no RDAP network")
    owner, abuse = None, None
    for entity in _entities(document):
        card, roles = _card(entity), _list(entity.get("roles"))
        if "registrant" in roles and _stated(card, "kind") == "org":
            owner = owner or _stated(card, "fn")
        mailbox, _, domain = (_stated(card, "email") or "").lower().partition("@")
        if "abuse" in roles and mailbox == "abuse":
            abuse = abuse or host_of(domain)
    named = document.get("name")
    name = without_person(owner) or without_person(named if isinstance(named, str) else None)
    return {"network_owner": clean(name)[:200] if name else None, "network_abuse": abuse}


def project_network(text: str) -> str:
    """What may be kept of a network object, as JSON: its range and the two facts."""
    try:
        facts, document = network_facts(text), parse_json_bounded(text)
    except ValueError:
        return json.dumps({"unreadable": len(text)})
    ends = {key: document.get(key) for key in ("startAddress", "endAddress")}
    kept = {key: said for key, said in ends.items() if isinstance(said, str) and address_in(said)}
    return json.dumps({**kept, **facts}, ensure_ascii=False)


def _entities(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The entities of an object, and those named within them: an organisation's abuse desk stands inside it."""
    for entity in _list(document.get("entities")):
        if isinstance(entity, dict):
            yield entity
            yield from (inner for inner in _list(entity.get("entities")) if isinstance(inner, dict))


def _card(entity: dict[str, Any]) -> list[Any]:
    card = entity.get("vcardArray")
    return _list(card[1]) if isinstance(card, list) and len(card) > 1 else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


MOST_NAMES = 100
_NO_END = dt.datetime(9998, 12, 31, tzinfo=dt.UTC)
"""The last day a record may have: a certificate without an end (RFC 5280, 4.1.2.5) says the last second of 9999."""
_AUTOMATED = ("let's encrypt", "zerossl", "google trust services", "buypass", "cloudflare")
"""Issuers that certify control of a host name only, free and by machine: their certificate says nothing of the owner."""


def certificate_facts(der: bytes) -> dict[str, Any]:
    """The facts of one certificate, JSON-ready; raises ValueError when it is none.

    Keys: issuer (None when the host signed it itself), issuer_kind `self_signed` `automated` `other`, not_before and
    not_after (ISO 8601, UTC), names (host names, `*.` kept, at most 100), fingerprint (sha256 of the certificate).
    """
    try:
        found = x509.load_der_x509_certificate(der)
    except x509.InvalidVersion as error:  # no ValueError of its own
        raise ValueError(str(error)) from error
    own = found.issuer == found.subject
    issuer = None if own else _named(found.issuer)
    kind = "self_signed" if own else "automated" if (issuer or "").lower().startswith(_AUTOMATED) else "other"
    return {
        "issuer": issuer,
        "issuer_kind": kind,
        "not_before": found.not_valid_before_utc.isoformat(),
        "not_after": min(found.not_valid_after_utc, _NO_END).isoformat(),
        "names": _names(found),
        "fingerprint": hashlib.sha256(der).hexdigest(),
    }


def project_certificate(der: bytes) -> str:
    """What may be kept of a certificate, as JSON."""
    try:
        return json.dumps(certificate_facts(der), ensure_ascii=False)
    except ValueError:
        return json.dumps({"unreadable": len(der)})


MOST_ROWS = 10_000
"""The index of certificate logs ends here without saying so."""
MOST_DOMAINS = 4
"""A certificate for more registrable domains is a delivery network's or a host's: its other names say nothing of the site."""
_CT_KEPT = ("common_name", "name_value", "entry_timestamp", "not_before", "not_after", "serial_number")


def transparency_facts(text: str, host: str) -> dict[str, Any]:
    """What an index of certificate logs (crt.sh's JSON) has of a domain: first_on, last_on, count, at_least, names.

    A certificate is logged twice and counts once (its serial number). Names of other domains come first: they share a certificate
    for few domains with this one. Raises ValueError for anything but a list of certificates, an error page among them.
    """
    rows = parse_json_bounded(text)
    if not isinstance(rows, list):
        raise ValueError("no list of certificates")
    days: dict[str, dt.date] = {}
    names: dict[str, None] = {}
    own = registrable(host)
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or (day := _utc_day(row.get("not_before"))) is None:
            raise ValueError("a certificate without a time")
        days.setdefault(str(row.get("serial_number") or number), day)
        told = f"{row.get('common_name') or ''}\n{row.get('name_value') or ''}".split("\n")
        hosts = [name for said in told if "@" not in (name := said.strip().lower().rstrip(".")) and host_of(name.removeprefix("*."))]  # fmt: skip
        few = len({registrable(name.removeprefix("*.")) for name in hosts}) <= MOST_DOMAINS
        names |= dict.fromkeys(name for name in hosts if few or registrable(name.removeprefix("*.")) == own)
    ordered = sorted(names, key=lambda name: (registrable(name.removeprefix("*.")) == own, name))
    return {
        "first_on": min(days.values(), default=None), "last_on": max(days.values(), default=None), "count": len(days),
        "at_least": len(rows) >= MOST_ROWS, "names": ordered[:200],
    }  # fmt: skip


def project_transparency(text: str) -> str:
    """What may be kept of such a list: names of hosts and times; an address of a person among the names is dropped."""
    try:
        rows = parse_json_bounded(text)
    except ValueError:
        return f"unreadable {len(text)}"
    kept = [picked(row, _CT_KEPT) for row in rows] if isinstance(rows, list) else []
    for row in kept:
        for key in ("common_name", "name_value"):
            if isinstance(row, dict) and "@" in str(row.get(key)):
                row[key] = "\n".join(name for name in str(row[key]).split("\n") if "@" not in name)
    return json.dumps(kept, ensure_ascii=False)


def _utc_day(said: Any) -> dt.date | None:
    """The day of a time in UTC without a zone, as the index prints it."""
    try:
        return dt.datetime.fromisoformat(str(said)).date()
    except ValueError:
        return None


def covers(names: list[str], host: str) -> bool:
    """Whether a certificate for `names` is for `host`; `*.` stands for exactly one label (RFC 6125 §6.4.3)."""
    host = host.lower().rstrip(".")
    _, _, parent = host.partition(".")
    return host in names or bool(parent) and f"*.{parent}" in names


def _named(name: x509.Name) -> str | None:
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if values := name.get_attributes_for_oid(oid):
            return str(values[0].value)[:200]
    return None


def _names(found: x509.Certificate) -> list[str]:
    try:
        extension = found.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except (x509.ExtensionNotFound, ValueError):
        return []
    assert isinstance(extension.value, x509.SubjectAlternativeName)
    said = (name.lower().rstrip(".") for name in extension.value.get_values_for_type(x509.DNSName))
    return [name for name in dict.fromkeys(said) if host_of(name.removeprefix("*."))][:MOST_NAMES]
