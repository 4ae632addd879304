"""Hosts that no site of their own can be: inner addresses, public suffixes, and hosts that many share. Pure, no network.

Whoever puts a site on the watchlist asks here first: `watch add`, lists, suggestions, imports and the review.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import unquote

from store.text.hosts import host_key, ip_of, is_public_suffix, prepare
from store.text.ip_addresses import address_spelled, is_public
from store.text.malls import host_part

_LIST = Path(__file__).with_name("shared_hosts.toml")
_PREFIXES = ("www.", "m.", "wap.", "mobile.", "h5.")
"""What the same host is also called; they name no part of it that belongs to somebody."""
_INNER = frozenset(
    (
        "localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "localnet",
        "home.arpa", "in-addr.arpa", "ip6.arpa", "invalid", "onion", "alt", "i2p",
        "localtest.me", "lvh.me", "lacolhost.com", "vcap.me",
    )
)  # fmt: skip
"""Names of one machine or of a private network (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal), and public names known to lead there."""
_ADDRESS_IN_NAME = ("nip.io", "sslip.io", "xip.io", "traefik.me")
"""Services whose names carry the address they lead to: 127.0.0.1.nip.io."""
_AUTHORITY = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+-]{1,9}):[/\\]{1,4})?(?:[^@/\\?#\s]{0,200}@)?(?P<host>\[[^\]\s]{2,60}\]|[^:/\\?#\s]{1,253})(?::\d{0,5})?(?:[/\\?#].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a host is not taken: a code (inner, suffix, shared) and the reason in Chinese and English."""

    code: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} {self.en}"


@lru_cache(maxsize=65_536)
def refusal(host: str) -> Refusal | None:
    """Why `host` (a key as host_key gives it) cannot be watched; None when it can. Of a merchant its mall's host decides."""
    host = host_part(host)
    if address := ip_of(host) or _ip_with_port(host):
        return None if is_public(address) else _inner(host)
    name = host.rstrip(".")
    if any(parent in _INNER for parent in _parents(name)) or _carries_inner(name):
        return _inner(host)
    if kind := _shared(name):
        return Refusal(
            "shared",
            f"{host} 是许多人共用的网站（{kind[0]}），不是某一家的网站，不能整体观察；请给出这家自己的网址",
            f"many share {host} ({kind[1]}); it is nobody's own site and cannot be watched as one: give the site's own address",
        )
    if is_public_suffix(name.removeprefix("www.")):
        return Refusal(
            "suffix",
            f"{host} 是公共后缀，下面是许多互不相干的网站；请写完整的域名",
            f"{host} is a public suffix with many unrelated sites below it: give the whole name",
        )
    return None


def refusal_of_text(text: str) -> Refusal | None:
    """Why what somebody typed cannot be watched, also where it spells an inner address in a form that no host is read from."""
    match = _AUTHORITY.fullmatch(unquote(prepare(text)).strip())
    if match is None:
        return None
    host = match["host"].lower().rstrip(".")
    # A bare number may be anything; with a scheme, a dot or a 0x it is an address.
    numeric = bool(match["scheme"]) or any(sign in host for sign in ".:x") or len(host) >= 8
    if numeric and (address := address_spelled(host)):
        if not is_public(address):
            return _inner(address)
        return None if ip_of(host) else _odd_spelling(host, address)
    if "." not in host:
        return _inner(host) if host in _INNER or match["scheme"] else None
    return refusal(host_key(host))


def _inner(host: str) -> Refusal:
    return Refusal(
        "inner",
        f"{host} 是本机或内部网络的地址，不是公开的网站",
        f"{host} is an address of this machine or of a private network, no public site",
    )


def _odd_spelling(host: str, address: str) -> Refusal:
    return Refusal(
        "spelling",
        f"{host} 是 IP 地址的另一种写法；请写 {address}",
        f"{host} spells an IP address: write {address}",
    )


def _ip_with_port(host: str) -> str | None:
    name, _, port = host.rpartition(":")
    return ip_of(name) if port.isdigit() else None


def _parents(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[n:]) for n in range(len(labels))]


def _carries_inner(name: str) -> bool:
    service = next((one for one in _ADDRESS_IN_NAME if name == one or name.endswith(f".{one}")), None)
    if service is None:
        return False
    if name == service:
        return True
    numbers = re.search(r"(?:^|[.-])(\d{1,3}(?:[.-]\d{1,3}){3})$", name.removesuffix(f".{service}"))
    address = ip_of(numbers[1].replace("-", ".")) if numbers else None
    return address is None or not is_public(address)


def _shared(name: str) -> tuple[str, str] | None:
    domains, hosts = _shared_hosts()
    for parent in _parents(name):
        if kind := domains.get(parent):
            return kind
    stems = [name, *(name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix))]
    return next((hosts[stem] for stem in stems if stem in hosts), None)


@cache
def _shared_hosts() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """Domains and single hosts of the list, each with what kind of place it is in Chinese and English."""
    domains: dict[str, tuple[str, str]] = {}
    hosts: dict[str, tuple[str, str]] = {}
    for part in tomllib.loads(_LIST.read_text("utf-8")).values():
        kind = (part["zh"], part["en"])
        domains.update(dict.fromkeys(part.get("domains", ()), kind))
        hosts.update(dict.fromkeys(part.get("hosts", ()), kind))
    return domains, hosts
