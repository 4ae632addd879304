"""Registration, certificate and resolution asked over real connections of the sandbox's registry, name server and hosts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select, text

from sandbox.market.market import Market
from sandbox.web.certificates import kind_of
from store.archive.warc import iterate, read
from store.db.tables import Capture, Certificate, Registration, Resolution
from tests.support.programs.sandbox_crawl import control, crawl, market, port

__all__ = ["market", "port"]


def quiet_day(market: Market) -> int:
    return next(d for d in range(60, market.parameters.days) if not market.outages["registration"][d])


def test_what_the_played_world_says_of_its_domains_is_what_is_stored(
    port: int, market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "delegated-latest"
    table.write_text(
        "a|CN|ipv4|203.0.113.0|101|20200101|allocated\na|HK|ipv4|203.0.113.101|155|20200101|allocated\n"
    )
    monkeypatch.setenv("KAMENGWATCH_PLACES_FILE", str(table))
    day = quiet_day(market)
    now = market.parameters.moment(day + 0.5)
    control(port, "clock", {"now": now.isoformat()})
    control(port, "faults", {})
    there = [p for p in market.platforms if p.opened_day <= day and not p.ended(day)]
    engine, event = crawl(port, tmp_path, [p.host for p in there], now)
    assert event["outcome"] == "ok"
    with engine.connect() as connection:
        stored = {r.subject: r for r in connection.execute(select(Registration))}
        names = {r.subject: r for r in connection.execute(select(Resolution))}
        shown = {r.subject: r for r in connection.execute(select(Certificate))}
        cited = connection.scalar(text("select count(*) from certificate where capture_id is null"))
        kept = connection.execute(select(Capture.archive, Capture.offset, Capture.payload_sha256)).all()
    engine.dispose()
    assert {h: (r.registered_on, r.expires_on, r.registrar) for h, r in stored.items()} == {
        p.host: (p.registered_on, p.expires_on, p.registrar) for p in there
    }
    assert {r.provider for h, r in stored.items() if h.endswith("faka.test")} == {"whois"}
    assert {r.provider for h, r in stored.items() if not h.endswith("faka.test")} == {"rdap"}
    assert kept and all(read(tmp_path / "archive", name, at).sha256 == sha for name, at, sha in kept)
    assert set(names) == set(stored) and all(r.found and r.ipv4 for r in names.values())
    assert {place for r in names.values() for place in r.places or ()} == {"CN", "HK"}
    assert all(r.places is None for r in names.values() if r.ipv6)
    assert set(shown) == {p.host for p in there if kind_of(p.index) != "none"} and cited == 0
    for p in there:
        if p.host in shown:
            kind, row = kind_of(p.index), shown[p.host]
            assert (row.issuer_kind == "self_signed") == (kind == "self_signed")
            assert (row.not_after < now) == (kind == "expired") and row.matches == (kind != "other_name")


def test_nobody_who_registered_a_name_is_kept_and_nobody_is_asked_twice_at_once(
    port: int, market: Market, tmp_path: Path
) -> None:
    day = quiet_day(market)
    now = market.parameters.moment(day + 0.5)
    control(port, "clock", {"now": now.isoformat()})
    control(port, "faults", {})
    there = [p for p in market.platforms if p.opened_day <= day and p.host.endswith("faka.test")]
    crawl(port, tmp_path, [p.host for p in there], now)[0].dispose()
    kept = b"".join(a.payload for path in (tmp_path / "archive").iterdir() for _, a in iterate(path))
    kept += b"".join(path.read_bytes() for path in tmp_path.glob("k.db*"))
    for p in there:
        assert p.person.encode() not in kept and b"@mail.test" not in kept
    log = [json.loads(line) for line in control(port, "log").splitlines()]
    tunnels = [x for x in log if x["method"] == "CONNECT"]
    assert tunnels and max(x["concurrency"] for x in tunnels if x["host"] == "whois.sandbox.test") == 1


def test_a_registry_that_is_asked_too_often_blocks_and_is_left_alone(
    port: int, market: Market, tmp_path: Path
) -> None:
    out = next(d for d in range(30, market.parameters.days) if market.outages["registration"][d])
    now = market.parameters.moment(out + 0.5)
    control(port, "clock", {"now": now.isoformat()})
    hosts = [p.host for p in market.platforms if p.opened_day <= out and p.host.endswith("faka.test")]
    before = len(control(port, "log").splitlines())
    engine, event = crawl(port, tmp_path, hosts, now)
    engine.dispose()
    assert event["outcome"] == "blocked"
    log = [json.loads(line) for line in control(port, "log").splitlines()[before:]]
    assert len([x for x in log if x["host"] == "whois.sandbox.test"]) == 1
