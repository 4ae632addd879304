"""Heimao over the sandbox's real connections: places on its lists, steps of complaints, the volume of the whole site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select, text

from sandbox.market.market import Market
from sandbox.web.tunnel import kind_of
from store.archive.warc import iterate, read
from store.db.tables import Capture, Certificate, Complaint, Rank, Registration, Resolution
from tests.support.data.leaks import leaks
from tests.support.programs.sandbox_crawl import control, crawl, market, port

__all__ = ["market", "port"]


def test_lists_steps_and_volume_are_what_the_played_site_shows(
    port: int, market: Market, tmp_path: Path
) -> None:
    out = market.outages["heimao"]
    day = next(d for d in range(1, market.parameters.days - 1) if not out[d] and not out[d + 1])
    there = [p for p in market.platforms if p.opened_day <= day and p.couid]
    names = {p.host: p.name for p in there[:5]}  # few and early: a young market is quick to read
    measured, running = [], []
    for turn in (day, day + 1):
        now = market.parameters.moment(turn + 0.5)
        control(port, "clock", {"now": now.isoformat()})
        engine, event = crawl(port, tmp_path, list(names), now, "heimao", names)
        assert event["outcome"] == "ok"
        measured.append(event["measured"])
        shown = market.complaints.filed <= turn + 0.5
        running.append(int(market.complaints.running[shown].max()))
    assert 40_000 < running[1] - running[0] < 48_000, "as many as the real site takes in"
    assert measured[0]["site_per_day"] is None and measured[1]["site_per_day"] == running[1] - running[0]
    assert measured[0]["ranks"]["lists"] == 9 and measured[1]["ranks"] == measured[0]["ranks"]
    with engine.connect() as connection:
        places = connection.execute(select(Rank.board, Rank.field, Rank.place, Rank.platform_id)).all()
        told = connection.execute(
            select(Complaint.status, Complaint.steps).where(Complaint.steps.is_not(None))
        ).all()
    engine.dispose()
    assert len(places) == measured[0]["ranks"]["places"] == len({p[:3] for p in places})
    assert {p.board for p in places} == {"red", "black", "reply"} and all(p.platform_id for p in places)
    assert told and all(row.steps[0]["did"] == "发起" for row in told)
    assert all("回复" in {s["did"] for s in row.steps} for row in told if row.status == "replied")
    filed = [i for i in range(len(market.complaints)) if market.complaints.filed[i] <= day + 1]
    planted = {value for i in filed for value in market.words(i).planted}
    assert len(planted) > 20 and leaks(tmp_path, planted) == []


def test_a_feed_that_forgets_is_polled_all_day(port: int, market: Market, tmp_path: Path) -> None:
    """The site as busy as it is: half an hour later a poll reads only what is new, a day later it has missed 98 of 100."""
    out = market.outages["heimao"]
    day = next(d for d in range(1, market.parameters.days - 1) if not out[d] and not out[d + 1])
    names = {p.host: p.name for p in market.platforms if p.opened_day <= day and p.couid}
    control(port, "faults", {"heimao": {"mode": "busy"}})
    polls = []
    try:
        for hours in (0.0, 0.33, 24.0):
            now = market.parameters.moment(day + 0.5 + hours / 24)
            control(port, "clock", {"now": now.isoformat()})
            engine, event = crawl(port, tmp_path, list(names), now, "heimao", names)
            engine.dispose()
            assert event["outcome"] == "ok", event
            polls.append(event)
    finally:
        control(port, "faults", {})
    first, second, third = (e["measured"] for e in polls)
    assert first["pages"] == third["pages"] == 50 and second["pages"] < 40, "down to what was known"
    assert (
        second["window_from"] == first["sn_max"] + 1
        and second["reached_known"]
        and second["old_numbers"] == 1
    )
    assert second["coverage"] > 0.49, "every number that was published"
    assert 0.008 < third["coverage"] < 0.02, "once a day sees one or two in a hundred"
    assert polls[1]["requests"] < second["pages"] + 8 < polls[0]["requests"], (
        "companies are counted once a day"
    )
    assert second["daily_at"] == first["daily_at"] < third["daily_at"]


# Registration, certificate and resolution asked over real connections of the sandbox's registry, name server and hosts.


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
    owners = [(r.network_owner, r.network_abuse) for r in names.values()]
    assert {"云上示例网络有限公司", "Demo Hosting Ltd."} <= {owner for owner, _ in owners}, (
        "whose address it is"
    )
    assert (None, None) in owners, (
        "a registry that refused or answered in pieces leaves the rest of the visit as it is"
    )
    assert "示例人" not in str(owners) and {desk for _, desk in owners} == {None, "hosting-demo.test"}
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
    assert "示例人".encode() not in kept and b"@hosting-demo" not in kept
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
