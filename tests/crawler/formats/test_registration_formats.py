"""WHOIS, RDAP and certificates as they are written: dates in their zones, no person kept, nothing concluded from noise."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.formats import domain_records

REAL = os.environ.get("KAMENGWATCH_REAL_DATA")


def test_cnnic_times_are_china_times() -> None:
    text = "Domain Name: lanxi.cn\nSponsoring Registrar: 示例\nRegistration Time: 2024-06-02 04:07:35\nExpiration Time: 2027-06-02 04:07:35\n"
    found = domain_records.registered(text)
    assert found.registered_at == dt.datetime(2024, 6, 1, 20, 7, 35, tzinfo=dt.UTC)
    assert found.expires_at == dt.datetime(2027, 6, 1, 20, 7, 35, tzinfo=dt.UTC)


def test_times_with_a_zone_keep_it_and_bare_days_are_midnight_in_china() -> None:
    text = "Domain Name: A.COM\nRegistrar: X\nCreation Date: 1997-09-15T04:00:00Z\nRegistry Expiry Date: 2028-09-14T04:00:00+02:00\n"
    found = domain_records.registered(text)
    assert found.registered_at == dt.datetime(1997, 9, 15, 4, tzinfo=dt.UTC)
    assert found.expires_at == dt.datetime(2028, 9, 14, 2, tzinfo=dt.UTC)
    old = domain_records.registered("Domain Name: a.cn\nRegistration Date: 2002-03-06\n")
    assert old.registered_at == dt.datetime(2002, 3, 5, 16, tzinfo=dt.UTC) and old.expires_at is None


@pytest.mark.parametrize(
    ("text", "state"),
    [("No matching record.", "not_found"), ("no matching record.\r\n", "not_found"), ('No match for "X.COM".', "not_found"),
     ("Sorry, The domain you requested is in the reserved list.", "reserved"), ("The domain you requested is prohibited.", "reserved"),
     ("Queried interval is too short.", "refused"), ("查询过于频繁", "refused"), ("", "unknown"), ("<html>busy</html>", "unknown"),
     ("Domain Name: a.cn\nDomain Status: ok\n", "unknown")],
)  # fmt: skip
def test_only_a_clear_answer_is_a_state(text: str, state: str) -> None:
    assert domain_records.state_of(text) == state
    assert domain_records.state_of(domain_records.project_whois(text.encode())) == state


PERSON = st.text("张三李四王五丰小明", min_size=2, max_size=4)
KEY = st.sampled_from(
    [
        "Registrant",
        "Registrant Name",
        "Registrant Contact Email",
        "Administrative Email",
        "Registrant ID",
        "Tech Name",
    ]
)


@given(st.lists(st.tuples(KEY, PERSON), max_size=6), st.sampled_from(["utf-8", "gb18030"]))
def test_whoever_registered_a_name_is_not_kept(people: list[tuple[str, str]], encoding: str) -> None:
    lines = [
        "Domain Name: lanxi.cn",
        "Registration Time: 2024-06-02 04:07:35",
        "Sponsoring Registrar: 示例注册商",
    ]
    lines += [f"{key}: {name} {name.encode().hex()}@mail.test" for key, name in people]
    kept = domain_records.project_whois("\n".join(lines).encode(encoding))
    assert (
        "示例注册商" in kept
        and "@" not in kept
        and not any(name.encode().hex() in kept for _, name in people)
    )
    assert domain_records.state_of(kept) == "registered"


@given(st.binary(max_size=600))
def test_noise_is_projected_and_read_without_an_error(body: bytes) -> None:
    assert domain_records.state_of(domain_records.project_whois(body)) in (
        "registered",
        "not_found",
        "reserved",
        "refused",
        "unknown",
    )
    assert "unreadable" in json.loads(domain_records.project_certificate(body))


def test_the_longest_ending_names_the_server() -> None:
    servers = {".cn": "a", ".com.cn": "b"}
    assert [domain_records.server_of(n, servers) for n in ("x.cn", "x.com.cn", "x.com", "cn")] == [
        "a",
        "b",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("names", "host", "right"),
    [(["a.cn"], "a.cn", True), (["a.cn"], "www.a.cn", False), (["*.a.cn"], "www.a.cn", True), (["*.a.cn"], "a.cn", False),
     (["*.a.cn"], "x.www.a.cn", False), ([], "a.cn", False), (["*.cn"], "A.CN.", True)],
)  # fmt: skip
def test_a_wildcard_stands_for_one_label(names: list[str], host: str, right: bool) -> None:
    assert domain_records.covers(names, host) is right


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"events": 3}', '{"events": [3]}', "<html>"])
def test_an_rdap_answer_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RDAP"):
        domain_records.facts_of(text)
    with pytest.raises(ValueError, match="bootstrap"):
        domain_records.servers_of(text)


@pytest.mark.real_data
@pytest.mark.skipif(not REAL, reason="KAMENGWATCH_REAL_DATA is not set")
def test_real_answers_of_registries_are_read() -> None:
    folder = Path(REAL or "") / "whois_rdap"

    def text(name: str) -> str:
        return (folder / f"{name}.txt").read_text(encoding="utf-8")

    states = {"cn_not_found": "not_found", "cnnic_cn_status_available": "not_found", "cnnic_cn_status_reserved": "reserved",
              "cnnic_cn_property_status_reserved_list": "reserved", "verisign_com_status_available": "not_found"}  # fmt: skip
    assert {name: domain_records.state_of(text(name)) for name in states} == states
    modern = domain_records.registered(text("cn_modern"))
    assert modern.registered_at == dt.datetime(2024, 6, 1, 20, 7, 35, tzinfo=dt.UTC)
    first = domain_records.registered(text("cnnic_cn_property_status_ok"))
    assert first.registered_at == dt.datetime(2002, 3, 5, 16, tzinfo=dt.UTC) and first.registrar
    dotcom = domain_records.registered(text("verisign_com_status_registered"))
    assert dotcom.domain == "google.com" and dotcom.registered_at == dt.datetime(
        1997, 9, 15, 4, tzinfo=dt.UTC
    )
    found = domain_records.facts_of((folder / "com_rdap_found.json").read_text(encoding="utf-8"))
    assert found["registrar"] == "MarkMonitor Inc." and found["registered_on"].year == 1997
    listed = domain_records.servers_of((folder / "iana_rdap_bootstrap_dns.json").read_text(encoding="utf-8"))
    assert listed["br"].startswith("https://") and "cn" not in listed
    for path in folder.glob("*.txt"):
        kept = domain_records.project_whois(path.read_bytes())
        assert "@" not in kept and "Ireland" not in kept and "康科陶艺" not in kept
