"""What the crawler refuses to connect to: other schemes, private networks however spelled, and the world outside a sandbox."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetch import GuardedResolver
from crawler.guard import Guard, Refused, is_public

OPEN = Guard(sandbox=False, allowed_hosts=[])
BOX = Guard(sandbox=True, allowed_hosts=[])


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/", "data:text/html,x", "gopher://a.example", "http://", "http://127.0.0.1/", "http://[::1]/",
     "http://10.0.0.8/", "http://172.16.3.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://0.0.0.0/",
     "http://100.64.1.1/", "http://[fd00::1]/", "http://[fe80::1]/", "http://[::ffff:127.0.0.1]/", "http://[2002:7f00:1::]/",
     "http://224.0.0.1/", "http://255.255.255.255/", "http://192.0.2.1/", "http://2130706433/", "http://127.1/", "http://0x7f.1/", "http://0177.0.0.1/"],
)  # fmt: skip
def test_a_scheme_or_address_that_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        OPEN.check_url(url)


INSIDE = ("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1",
          "192.168.255.254", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.254", "192.0.0.8", "192.0.2.7",
          "198.18.0.1", "198.19.255.254", "198.51.100.9", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255")  # fmt: skip
INSIDE_V6 = (
    "::",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%25eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "100::1",
    "2001:10::1",
    "64:ff9b:1::1",
)


def spellings(address: str) -> list[str]:
    """One IPv4 address as resolvers, browsers and attackers write it."""
    a, b, c, d = (int(part) for part in address.split("."))
    whole = int(IPv4Address(address))
    return [address, str(whole), hex(whole), f"0{whole:o}", f"{a}.{b}.{c * 256 + d}", f"{a}.{(b << 16) + (c << 8) + d}",
            f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"user@{address}", f"[::ffff:{address}]", f"[::{address}]",
            f"[64:ff9b::{address}]", f"[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1]", f"{address}."]  # fmt: skip


SPELT = [url for address in INSIDE for url in spellings(address)] + [f"[{address}]" for address in INSIDE_V6]


def test_no_spelling_of_an_inner_address_is_fetched() -> None:
    def let_through(spelt: str) -> bool:
        try:
            OPEN.check_url(f"http://{spelt}:8080/x")
        except (Refused, ValueError):
            return False
        return True

    assert len(set(SPELT)) >= 300
    assert [spelt for spelt in SPELT if let_through(spelt)] == []


@pytest.mark.parametrize(
    "url",
    ["http://a.example/", "https://例子.中国/", "http://93.184.215.14/", "https://[2606:4700::1111]/x?y=1"],
)
def test_public_sites_are_let_through(url: str) -> None:
    OPEN.check_url(url)


def test_a_sandbox_has_no_outside() -> None:
    BOX.check_url("http://shop.test/")
    for url in (
        "https://tousu.sina.com.cn/",
        "http://127.0.0.1/",
        "http://shop.test.example.com/",
        "http://test/",
    ):
        with pytest.raises(Refused):
            BOX.check_url(url)


async def _addresses(guard: Guard, name: str) -> set[str]:
    return {entry["host"] for entry in await GuardedResolver(guard).resolve(name, 80)}


@pytest.mark.parametrize("name", ["localhost"])
def test_a_name_is_judged_by_the_address_it_resolves_to(name: str) -> None:
    with pytest.raises(Refused):
        asyncio.run(_addresses(OPEN, name))


def test_a_host_the_operator_names_may_lie_in_his_own_network() -> None:
    assert asyncio.run(_addresses(Guard(False, ["localhost"]), "localhost")) <= {"127.0.0.1", "::1"}


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_hidden_in_ipv6_is_judged_the_same(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))
