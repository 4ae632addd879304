"""Known sinkholes: the addresses to which name servers of mainland lines point a name that they divert."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from crawler.guard import Refused

_FILE = Path(__file__).with_suffix(".toml")


class Diverted(Refused):
    """The name resolves to known sinkholes only: whoever answers there is not the site, and is not asked."""

    def __init__(self, host: str, address: str) -> None:
        """Name both."""
        super().__init__(f"{host} resolves to {address}, a known sinkhole: diverted where we look from")
        self.address = address


@cache
def sinkholes() -> frozenset[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses of sinkholes.toml."""
    return frozenset(map(ipaddress.ip_address, tomllib.loads(_FILE.read_text("utf-8"))["addresses"]))


def check_diverted(host: str, addresses: Iterable[str]) -> None:
    """Raise Diverted when every address of a name is a sinkhole; one that is not may still be the site."""
    found = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    if found and all(address in sinkholes() for address in found):
        raise Diverted(host, str(found[0]))
