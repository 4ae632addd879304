"""WHOIS answers of CNNIC (and of registries that answer like it): dates and registrar, never a person. Pure.

CNNIC prints times without a zone; they are China time. Answers are UTF-8 today and were GBK once; keys changed in 2013.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from crawler.decode import decode
from store.dates import CHINA, moment_in

__all__ = ["CHINA", "SERVERS", "Registered", "project", "registered", "server_of", "state_of"]

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


def project(body: bytes) -> str:
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
    return "".join(f"{key}: {value}\n" for key, value in lines if "@" not in value)


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
