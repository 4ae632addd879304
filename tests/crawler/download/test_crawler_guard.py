"""What the crawler may connect to, and by which address a name is judged; what is tried against it is listed in tests/security."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.download.handlers import GuardedResolver
from crawler.guard import Guard, Refused
from store.text.ip_addresses import is_public

OPEN = Guard(sandbox=False, allowed_hosts=[])
BOX = Guard(sandbox=True, allowed_hosts=[])


@pytest.mark.parametrize(
    "url",
    ["http://a.example/", "https://例子.中国/", "http://93.184.215.14/", "https://[2606:4700::1111]/x?y=1"],
)
def test_public_sites_are_let_through(url: str) -> None:
    OPEN.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://rdap.verisign.example/com/v1/domain/pay.com",
        "https://rdap.registry.example/domain/login.cn",
        "https://rdap.registry.example/rdap/domain/xn--fiqs8s.cart.xn--fiqs8s",
        "https://rdap.registry.example/domain/bill.top",
        "http://icp.service.example/query/pay.com",
        "http://icp.service.example/query/checkout.com.cn",
    ],
)
def test_a_registry_may_be_asked_about_any_name(url: str) -> None:
    Guard(False, [], registries=["icp.service.example"]).check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/query/pay.com",
        "https://shop.example/domain/pay",
        "https://shop.example/domain/login.php",
        "https://shop.example/domain/pay.html",
        "https://shop.example/domain/pay.com/order-search",
        "https://shop.example/pay.com",
        "https://shop.example/login?next=/domain/pay.com",
        "http://icp.service.example/api/auth/login",
    ],
)
def test_a_page_does_not_pass_as_a_name(url: str) -> None:
    with pytest.raises(Refused):
        Guard(False, [], registries=["icp.service.example"]).check_url(url)


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


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_hidden_in_ipv6_is_judged_the_same(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))
