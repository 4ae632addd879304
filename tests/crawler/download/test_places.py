"""Where addresses lie, from a registry's table on this machine: whole answers only, and bad tables are named."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.pages.ip_country import Places

TABLE = """2|apnic|20261101|4|19850701|20261101|+1000
apnic|*|ipv4|*|3|summary
apnic|CN|ipv4|203.0.113.0|128|20200101|allocated
apnic|HK|ipv4|203.0.113.128|64|20200101|assigned
apnic||ipv4|203.0.113.192|64||available
apnic|CN|ipv6|2001:db8:1::|48|20200101|allocated
apnic|CN|asn|64496|1|20200101|allocated
"""


@pytest.mark.parametrize(
    ("addresses", "places"),
    [
        (["203.0.113.0"], ["CN"]),
        (["203.0.113.127", "203.0.113.128"], ["CN", "HK"]),
        (["2001:db8:1:ffff::1"], ["CN"]),
        (["203.0.113.200"], None),
        (["203.0.113.1", "198.51.100.1"], None),
        (["2001:db8:2::1"], None),
        ([], None),
    ],
)
def test_every_address_has_a_place_or_nothing_is_said(addresses: list[str], places: list[str] | None) -> None:
    assert Places(TABLE.splitlines()).of_all(addresses) == places


@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 300)), min_size=1, max_size=20))
def test_only_addresses_inside_a_range_are_found(ranges: list[tuple[int, int]]) -> None:
    apart, at = [], 0
    for gap, many in ranges:
        apart.append((at + gap, many))
        at += gap + many
    table = Places(
        f"x|CN|ipv4|{ipaddress.ip_address(first)}|{many}|20200101|allocated" for first, many in apart
    )
    inside = {value for first, many in apart for value in (first, first + many - 1)}
    outside = {v for first, many in apart for v in (first - 1, first + many) if v >= 0} - {
        v for first, many in apart for v in range(first, first + many)
    }
    assert all(table.of_all([str(ipaddress.ip_address(v))]) == ["CN"] for v in inside)
    assert not any(table.of_all([str(ipaddress.ip_address(v))]) for v in outside)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("network,country\n203.0.113.0/24,CN\n", "utf-8")
    with pytest.raises(ValueError, match="delegated statistics"):
        Places.of(other)
