"""Which country an address was given to, from the registries' delegated statistics the operator has put on this machine.

The file format is the regional internet registries' exchange format, one range a line:
`registry|country|ipv4|first address|how many|date|status` or `…|ipv6|prefix|length|…`. Nothing is looked up outside.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

_COUNTRY = re.compile(r"[A-Z]{2}")
_KINDS = {"ipv4": 4, "ipv6": 6}
Range = tuple[int, int, str]
"""First address, last address, country code."""


class Places:
    """Ranges of both families, searched by address."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Lines that are no range (headers, summaries, remarks) are passed over; raises ValueError when there is none at all."""
        found: dict[int, list[Range]] = {4: [], 6: []}
        for line in lines:
            if read := _range_of(line):
                found[read[0]].append(read[1])
        if not any(found.values()):
            raise ValueError("no address ranges in it; want delegated statistics (registry|CN|ipv4|…)")
        self._ranges = {family: sorted(ranges) for family, ranges in found.items()}
        self._firsts = {family: [r[0] for r in ranges] for family, ranges in self._ranges.items()}

    @classmethod
    def of(cls, path: Path) -> Places:
        """Read a file; raises OSError, or ValueError for a file of another kind."""
        with path.open(encoding="utf-8", errors="replace") as lines:
            return cls(lines)

    def of_all(self, addresses: Iterable[str]) -> list[str] | None:
        """The countries of all `addresses`, sorted; None when one of them is in no range: half an answer could mislead."""
        found = {self._of(address) for address in addresses}
        return None if not found or None in found else sorted(place for place in found if place)

    def _of(self, address: str) -> str | None:
        ip = ipaddress.ip_address(address)
        at = bisect_right(self._firsts[ip.version], int(ip)) - 1
        if at < 0:
            return None
        _, last, country = self._ranges[ip.version][at]
        return country if int(ip) <= last else None


def _range_of(line: str) -> tuple[int, Range] | None:
    parts = line.strip().split("|")
    if len(parts) < 7 or parts[2] not in _KINDS or not _COUNTRY.fullmatch(parts[1]):
        return None
    try:
        first, size = ipaddress.ip_address(parts[3]), int(parts[4])
    except ValueError:
        return None
    family = _KINDS[parts[2]]
    if first.version != family or size < 1 or (family == 6 and size > 128):
        return None
    many = size if family == 4 else 1 << (128 - size)
    return family, (int(first), int(first) + many - 1, parts[1])
